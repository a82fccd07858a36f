//! Files are read back by programs that others wrote.

use crate::{Block, Fonts, Language, Paper, PdfError, Proof, docx, pdf};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A sentence of 27 characters with its stop: set without care, every line but one would begin with a stop or a comma.
const SENTENCE: &str = "城中村积水点改造须在汛期前完工并逐点验收，方可办理移交。";

fn paper() -> Paper {
    let mut blocks = vec![
        Block::Mark("防汛会商会议纪要".to_owned()),
        Block::Number("FLOOD〔2027〕1号".to_owned()),
        Block::Rule,
        Block::Title("关于柳树巷排水管网改造的会商".to_owned()),
        Block::Heading("一、柳树巷 <排水> & 管网".to_owned()),
        Block::Subheading("（一）议定事项".to_owned()),
    ];
    // Each paragraph begins a character further on, so that every character comes to stand at every place.
    blocks.extend((0..28).map(|shift| {
        let beginning = "管".repeat(shift);
        Block::Paragraph(format!("{beginning}{}", SENTENCE.repeat(4)))
    }));
    blocks.push(Block::Gap);
    let present = ["水务局 李伟", "城管局 王芳（9时25分离会）", "财政局 Anna Lindqvist-Hernández"].join("、");
    blocks.push(Block::Labelled { label: "出席：".to_owned(), text: format!("{present}、{present}") });
    Paper {
        language: Language::Chinese,
        name: "防汛会商会议纪要".to_owned(),
        dated: "2027-03-08".parse().unwrap(),
        blocks,
        proof: None,
    }
}

fn run(arguments: &[&Path]) -> Vec<u8> {
    let ran = Command::new(harness::root().join("tests/papers/run")).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

fn fonts() -> Fonts {
    let folder = String::from_utf8(run(&[Path::new("fonts")])).unwrap();
    let files = std::fs::read_dir(PathBuf::from(folder.trim())).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
    };
    Fonts::of(files.map(read).collect()).unwrap()
}

fn read_back(name: &str, bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    serde_json::from_slice(&run(&[Path::new("read"), &file])).unwrap()
}

#[test]
fn a_docx_has_the_page_the_lines_and_the_typefaces_of_the_standard() {
    let bytes = docx(&paper());
    assert_eq!(bytes, docx(&paper()), "the same paper has the same bytes");
    let read = read_back("paper.docx", &bytes);
    let section = &read["section"];
    let sizes = ["page_width", "page_height", "top_margin", "left_margin"]
        .map(|name| section[name].as_f64().unwrap());
    assert_eq!(sizes, [210.0, 297.0, 37.0, 28.0]);
    let of = |text: &str| {
        let all = read["paragraphs"].as_array().unwrap();
        all.iter().find(|one| one["text"] == text).unwrap_or_else(|| panic!("{text} is not in {all:?}"))
    };
    assert_eq!(of("防汛会商会议纪要")["red"], true);
    assert_eq!(of("防汛会商会议纪要")["fonts"], serde_json::json!(["方正小标宋简体"]));
    assert_eq!(of("一、柳树巷 <排水> & 管网")["fonts"], serde_json::json!(["黑体"]));
    assert_eq!(of("（一）议定事项")["fonts"], serde_json::json!(["楷体_GB2312"]));
    assert_eq!(of(&SENTENCE.repeat(4))["fonts"], serde_json::json!(["仿宋_GB2312"]));
    assert!(read["footers"].as_array().unwrap().iter().all(|text| text.as_str().unwrap().starts_with("— ")));
    assert_eq!(read["created"], "2027-03-08 00:00:00+00:00");
}

#[test]
fn a_pdf_is_an_archives_and_keeps_to_the_standard() {
    let fonts = fonts();
    let bytes = pdf(&paper(), &fonts).unwrap();
    assert_eq!(bytes, pdf(&paper(), &fonts).unwrap(), "the same paper has the same bytes");
    let read = read_back("paper.pdf", &bytes);
    assert_eq!(read["conformance"], "2B");
    assert_eq!((&read["width_mm"], &read["height_mm"]), (&210.0.into(), &297.0.into()));
    assert_eq!(read["title"], "防汛会商会议纪要");
    assert!(read["created"].as_str().unwrap().starts_with("D:20270308"), "{}", read["created"]);
    let embedded: Vec<&str> =
        read["fonts"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(
        !embedded.is_empty() && embedded.iter().all(|name| name.contains('+') && !name.contains("not")),
        "{embedded:?}"
    );

    let pages = read["pages"].as_array().unwrap();
    for (number, page) in (1..).zip(pages) {
        let lines = page.as_array().unwrap();
        let (last, lines) = lines.split_last().unwrap();
        assert_eq!(last["text"], format!("— {number} —"));
        let [left, right] = ["left_mm", "right_mm"].map(|name| last[name].as_f64().unwrap());
        assert!(if number % 2 == 1 { right > 175.0 } else { left < 36.0 }, "{last}");
        assert!(lines.len() <= 22, "{}", lines.len());
        for line in lines {
            let text = line["text"].as_str().unwrap();
            assert!(!text.starts_with(['，', '。', '、', '）', '：', '；']), "{text}");
            assert!(!text.ends_with(['（', '〔']), "{text}");
            assert!(text.chars().filter(|letter| !letter.is_ascii()).count() <= 28, "{text}");
            let [left, right] = ["left_mm", "right_mm"].map(|name| line[name].as_f64().unwrap());
            // At the margin, two characters from it, or right of the label and its colon.
            let is_in_place = [28.0, 39.1, 55.9].iter().any(|place| (left - place).abs() < 0.6);
            assert!(is_in_place || text.len() < 60, "{line}");
            assert!(right < 185.0, "{line}");
        }
    }
    let said: String = pages
        .iter()
        .flat_map(|page| page.as_array().unwrap())
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert!(said.contains("一、柳树巷 <排水> & 管网") && said.contains(SENTENCE), "{said}");
}

#[test]
fn a_character_that_no_font_has_is_named() {
    let smile = Block::Paragraph("已办结🙂".to_owned());
    let refused = pdf(&Paper { blocks: vec![smile], ..paper() }, &fonts());
    assert_eq!(refused, Err(PdfError::NoGlyph { character: '🙂' }));
    assert_eq!(Fonts::of(vec![]).err(), Some(PdfError::NoFonts));
    let page = ("page.ttf".to_owned(), b"<html>".to_vec());
    assert_eq!(Fonts::of(vec![page]).err(), Some(PdfError::NotAFont { name: "page.ttf".to_owned() }));
}

#[test]
fn a_paper_that_proves_itself_carries_the_line_as_text_as_a_code_and_for_programs() {
    let line = "huishang-paper/1 61 2027-03-23T01:12:00Z zh clerk+chair@WATER \
                /sessions/01890b2e-1c6e-7d43-9f1c-0a9cfd3d1e11/minutes.pdf 62 ijuO/itsGN8gLOHkat4hD6DKeVb6eeidBB8RPB2OCvk=";
    let text = format!("{line}\nhuishang/main/1\n62\nBwcH\n\n— huishang/main/1 abcd<&>\n");
    let proven = Paper { proof: Proof::read(&text).unwrap(), ..paper() };
    let is_said = |said: &str| said.replace(' ', "").contains(&line.replace(' ', ""));

    let bytes = docx(&proven);
    assert_eq!(bytes, docx(&proven), "the same paper has the same bytes");
    let read = read_back("paper.docx", &bytes);
    let paragraphs = read["paragraphs"].as_array().unwrap();
    assert!(paragraphs.iter().any(|one| one["text"] == line), "{paragraphs:?}");
    assert_eq!((&read["proof"], &read["pictures"]), (&text.clone().into(), &1.into()));

    let fonts = fonts();
    let bytes = pdf(&proven, &fonts).unwrap();
    assert_eq!(bytes, pdf(&proven, &fonts).unwrap(), "the same paper has the same bytes");
    let read = read_back("paper.pdf", &bytes);
    assert_eq!((&read["conformance"], &read["proof"]), (&"2B".into(), &text.into()));
    let last = read["pages"].as_array().unwrap().last().unwrap().as_array().unwrap();
    let said: String = last.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert!(is_said(&said) && said.contains("huishang verify"), "{said}");
}
