//! The documents: their links lead somewhere, their commands work, and their tables are complete.
//!
//! A block that is fenced as `sh run` is run, in order, in one shell for each document; as `sh fails` it must
//! fail; as `sh up` it starts a server that the blocks after it use. A block of `text` right after one of
//! them is what it prints, among other lines; `…` stands for anything. What is to happen by itself takes a
//! moment, so the last command of a block is run again until it prints that. The commands in other blocks, and
//! those in sentences, are only parsed.

mod markdown;
mod shell;
mod words;

use anyhow::{Context as _, ensure};
use markdown::{Block, Document};
use service_kit::config::Config;
use service_kit::metrics::Kind;
use shell::Shell;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};
use tests::huishang;

const README_LINES_MAX: usize = 120;
const SHOWN_COLUMNS_MAX: usize = 80;
/// Time in which what happens by itself must have happened.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for document in markdown::all() {
        for (line, target) in document.links() {
            wrong
                .extend(document.follow(&target).err().map(|why| format!("{}:{line}: {why}", document.name)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_readmes_are_short_and_fit_a_terminal() {
    for name in ["README.md", "README.zh.md"] {
        let document = markdown::named(name);
        let lines = document.text.lines().count();
        assert!(lines <= README_LINES_MAX, "{name} has {lines} lines; {README_LINES_MAX} are enough");
        for block in document.blocks() {
            for line in block.text.lines() {
                let columns = columns(line);
                assert!(columns <= SHOWN_COLUMNS_MAX, "{name}: {columns} columns: {line}");
            }
        }
    }
}

/// The columns that a line takes on a terminal; an ideograph takes two.
fn columns(line: &str) -> usize {
    line.chars().map(|letter| if ('\u{2e80}'..='\u{ffef}').contains(&letter) { 2 } else { 1 }).sum()
}

#[test]
fn the_readmes_show_the_same_commands() {
    let shown = |name: &str| {
        let blocks = markdown::named(name).blocks().into_iter().filter(|block| block.info != "text");
        let commands = |text: &str| commands_only(&NAMES_IN_CHINESE.iter().fold(text.to_owned(), in_english));
        blocks.map(|block| (block.info, commands(&block.text))).collect::<Vec<_>>()
    };
    assert_eq!(shown("README.zh.md"), shown("README.md"));
}

/// What the tour's departments and matters are called in the two languages.
const NAMES_IN_CHINESE: [(&str, &str); 17] = [
    ("Flood control", "防汛会商"),
    ("It floods", "柳巷积水"),
    ("Plan 3", "预案三"),
    ("WATER widens the drain.", "水务扩建排水管。"),
    ("Dry after two rains", "两场雨后不积水"),
    ("Dry since Friday", "周五以来没有积水"),
    ("title=Wider drain", "title=扩建排水管"),
    ("deliverable=600 mm", "deliverable=600 毫米"),
    ("Willow Lane", "柳巷内涝"),
    ("Stop the flood", "治理内涝"),
    ("The drain", "排水管"),
    ("WATER", "水务"),
    ("ROADS", "道路"),
    ("FLOOD", "防汛"),
    ("--delegate Li", "--delegate 李伟"),
    ("--delegate Wang", "--delegate 王芳"),
    ("Photo:", "照片:"),
];

fn in_english(text: String, (english, chinese): &(&str, &str)) -> String {
    text.replace(chinese, english)
}

/// A block without the comments that explain it.
fn commands_only(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split("  #").next().unwrap_or_default().trim_end().to_owned()).collect()
}

#[test]
fn the_readme_is_true() -> anyhow::Result<()> {
    run(&markdown::named("README.md"), "en")
}

#[test]
fn the_chinese_readme_is_true() -> anyhow::Result<()> {
    run(&markdown::named("README.zh.md"), "zh")
}

#[test]
fn the_operations_manual_is_true() -> anyhow::Result<()> {
    run(&markdown::named("docs/operations.md"), "en")
}

#[test]
fn the_integration_guide_is_true() -> anyhow::Result<()> {
    run(&markdown::named("docs/integration.md"), "en")
}

/// Runs the blocks of a document that are meant to be run, in this language.
fn run(document: &Document, language: &str) -> anyhow::Result<()> {
    let mut shell = Shell::start()?;
    shell.run(&format!("export HUISHANG_LANG={language}"))?;
    let blocks = document.blocks();
    let mut runs = 0;
    for (at, block) in blocks.iter().enumerate() {
        let printed = match block.info.as_str() {
            "sh up" => shell.start_server(&block.text).map(|()| String::new()),
            "sh run" => shell.run(&block.text),
            "sh fails" => shell.run_failing(&block.text),
            _ => continue,
        };
        let place = || format!("{}:{}:\n{}", document.name, block.line, block.text);
        let mut printed = printed.with_context(place)?;
        if let Some(expected) = blocks.get(at + 1).filter(|next| next.info == "text") {
            let began = Instant::now();
            while let Err(missing) = printed_among_others(expected, &printed) {
                if block.info != "sh run" || began.elapsed() > PATIENCE {
                    return Err(missing).with_context(place);
                }
                printed = shell.run(last_command(&block.text)).with_context(place)?;
            }
        }
        runs += 1;
    }
    ensure!(runs > 1, "{} has nothing to run", document.name);
    Ok(())
}

/// The last command of a block, with the lines over which it goes on.
fn last_command(text: &str) -> &str {
    let text = text.trim_end();
    let mut ends = text.match_indices('\n').filter(|(at, _)| !text[..*at].ends_with('\\'));
    &text[ends.next_back().map_or(0, |(at, _)| at + 1)..]
}

/// Whether the expected lines are among those that were printed, in their order.
fn printed_among_others(expected: &Block, printed: &str) -> anyhow::Result<()> {
    let mut lines = printed.lines();
    for line in expected.text.lines().filter(|line| !line.trim().is_empty()) {
        let found = lines.by_ref().any(|other| fits(line, other));
        ensure!(
            found,
            "line {}: this was not printed, or not in this order:\n{line}\nbut\n{printed}",
            expected.line
        );
    }
    Ok(())
}

/// Whether a line is the pattern, in which `…` stands for anything. Spaces count as one.
fn fits(pattern: &str, line: &str) -> bool {
    let [pattern, line] = [pattern, line].map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut pieces = pattern.split('…').map(str::trim);
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut open = false;
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
        open = piece.is_empty();
    }
    open || rest.trim().is_empty()
}

#[test]
fn shown_commands_are_accepted() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for document in markdown::all().iter().filter(|document| document.name != "README.zh.md") {
        let blocks = document.blocks();
        let shown =
            blocks.iter().filter(|block| block.info == "sh").map(|block| (block.line, block.text.as_str()));
        for (line, text) in shown.chain(document.inline_code()) {
            for command in words::commands(text) {
                wrong.extend(parse(&command)?.map(|why| format!("{}:{line}: {why}", document.name)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

/// Has the binary parse a command of ours, without running it; answers with what it does not accept.
fn parse(command: &[String]) -> anyhow::Result<Option<String>> {
    let ours = match command.iter().position(|word| word == "--") {
        Some(end) if command[..2] == ["cargo", "run"] => &command[end + 1..],
        _ if command[0] == "huishang" => &command[1..],
        _ => return Ok(None),
    };
    // A form, such as `huishang NOUN VERB`.
    if ours.first().is_none_or(|word| word.chars().all(char::is_uppercase)) {
        return Ok(None);
    }
    // What stands before --help is parsed first.
    let answer = Command::new(huishang()).args(ours).arg("--help").env_remove("HUISHANG_DATA").output()?;
    let why = || format!("{}: {}", command.join(" "), String::from_utf8_lossy(&answer.stderr).trim());
    Ok((!answer.status.success()).then(why))
}

#[test]
fn the_glossary_has_every_role() {
    let glossary = markdown::named("docs/glossary.md");
    let rows = glossary.rows();
    let roles = proto::contract::descriptors().get_enum_by_name("huishang.api.v1.Role").unwrap();
    for role in roles.values().filter(|role| role.number() != 0) {
        // Such as: 文书 (`clerk`): prepares sessions and keeps the record.
        let comment = proto::contract::value_comment(&role);
        let (chinese, rest) = comment.split_once(" (").unwrap();
        let (word, _) = rest.split_once(')').unwrap();
        let found = rows.iter().any(|row| row.len() == 3 && row[0] == word && row[1] == chinese);
        assert!(found, "docs/glossary.md lacks the role | {word} | {chinese} |");
    }
}

#[test]
fn the_glossary_has_every_noun_of_the_command_line() -> anyhow::Result<()> {
    let glossary = markdown::named("docs/glossary.md");
    let rows = glossary.rows();
    let help = String::from_utf8(Command::new(huishang()).arg("--help").output()?.stdout)?;
    let nouns: BTreeSet<&str> =
        proto::contract::rpcs().iter().filter_map(|rpc| rpc.command.split(' ').next()).collect();
    for noun in nouns {
        let row = rows.iter().find(|row| row.len() == 3 && row[0].split(", ").any(|word| word == noun));
        let row = row.with_context(|| format!("docs/glossary.md lacks the noun {noun}"))?;
        // The help says of each noun what it is, with its Chinese word in parentheses.
        let chinese = help.split_once(&format!("\n  {noun} ")).and_then(|(_, rest)| {
            let (_, rest) = rest.split_once('(')?;
            rest.split_once(')').map(|(chinese, _)| chinese.trim())
        });
        let chinese = chinese.with_context(|| format!("huishang --help says nothing of {noun}"))?;
        ensure!(row[1] == chinese, "the glossary says {} for {noun}, the help says {chinese}", row[1]);
    }
    Ok(())
}

#[test]
fn the_list_of_metrics_is_the_catalogue() {
    let list = markdown::named("docs/metrics.md");
    let shown: Vec<Vec<&str>> =
        list.rows().into_iter().filter(|row| row[0].starts_with("`huishang_")).collect();
    let expected: Vec<Vec<String>> = service_kit::metrics::ALL
        .iter()
        .map(|metric| {
            let kind = match metric.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram(_) => "histogram",
            };
            let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
            vec![format!("`{}`", metric.name), kind.to_owned(), labels.join(", "), metric.help.to_owned()]
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_manual_has_every_setting() -> anyhow::Result<()> {
    let manual = markdown::named("docs/operations.md");
    let shown: BTreeSet<(String, String)> = manual
        .rows()
        .iter()
        .filter(|row| row.len() == 4 && row[1].starts_with("`HUISHANG_"))
        .map(|row| (row[0].replace('`', ""), row[1].replace('`', "")))
        .collect();
    let mut settings = BTreeSet::new();
    let defaults = serde_json::to_value(Config::default())?;
    for (name, value) in defaults.as_object().context("settings have names")? {
        match value.as_object() {
            Some(group) => settings.extend(group.keys().map(|inner| (name.as_str(), Some(inner.as_str())))),
            None => drop(settings.insert((name.as_str(), None))),
        }
    }
    let expected: BTreeSet<(String, String)> = settings
        .into_iter()
        .map(|(group, name)| {
            let words: Vec<&str> = [Some(group), name].into_iter().flatten().collect();
            (words.join("."), format!("HUISHANG_{}", words.join("__").to_uppercase()))
        })
        .collect();
    assert_eq!(shown, expected);
    Ok(())
}
