//! Tests of the language that is spoken: how it is chosen, that every sentence has its Chinese, and how help, usage
//! faults, refusals and answers read.

use super::*;
use crate::archive;
use crate::args::Arguments;
use crate::client::{Error, commands, options::Options};
use crate::usage;
use clap::{Args as _, Command, CommandFactory as _, Subcommand as _};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

thread_local! {
    /// The language that a test speaks.
    pub static OF_THIS_TEST: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Runs something in Chinese.
pub fn in_chinese<T>(run: impl FnOnce() -> T) -> T {
    OF_THIS_TEST.set(Some(Language::Chinese));
    let outcome = run();
    OF_THIS_TEST.set(None);
    outcome
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

#[test]
fn the_flag_decides_before_the_variable_and_the_variable_before_the_locale() {
    let choose = |line: &[&str], set: &[(&str, &str)]| {
        let line: Vec<OsString> = line.iter().map(OsString::from).collect();
        chosen(&line, |name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).into()))
    };
    let english = [("HUISHANG_LANG", "en"), ("LANG", "zh_CN")];
    assert_eq!(choose(&["huishang", "board"], &english), Language::English);
    assert_eq!(choose(&["huishang", "--lang", "zh", "board"], &english), Language::Chinese);
    assert_eq!(choose(&["huishang", "board", "--lang=zh"], &english), Language::Chinese);
    assert_eq!(choose(&["huishang", "--", "--lang=zh"], &english), Language::English);
    assert_eq!(choose(&["huishang"], &[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
    assert_eq!(choose(&["huishang"], &[("HUISHANG_LANG", ""), ("LANG", "zh_CN")]), Language::Chinese);
}

#[test]
fn every_sentence_of_the_command_line_has_its_chinese_and_none_is_left_over() {
    let mut sentences = BTreeSet::new();
    collect(&Arguments::command(), &mut sentences);
    collect(&archive::Command::augment_subcommands(Command::new("log")), &mut sentences);
    collect(&Options::augment_args(Command::new("any")).about(None::<&str>), &mut sentences);
    read_sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), &mut sentences);
    sentences.extend([Error::NoToken, Error::Interrupted].map(|error| error.to_string()));
    let known: BTreeSet<String> = client::language::sentences().map(str::to_owned).collect();
    let missing: Vec<_> = sentences.difference(&known).collect();
    assert!(missing.is_empty(), "without Chinese in [text] of platform.toml: {missing:#?}");
    let left: Vec<_> = known.difference(&sentences).collect();
    assert!(left.is_empty(), "left over in [text] of platform.toml: {left:#?}");
}

/// What a command says of itself, of its arguments and of its commands.
fn collect(command: &Command, sentences: &mut BTreeSet<String>) {
    let own = [command.get_about(), command.get_long_about(), command.get_after_help()];
    sentences.extend(own.into_iter().flatten().map(ToString::to_string));
    for argument in command.get_arguments() {
        let help = [argument.get_help(), argument.get_long_help()];
        sentences.extend(help.into_iter().flatten().map(ToString::to_string));
        sentences.extend(argument.get_help_heading().map(str::to_owned));
        let values = argument.get_possible_values();
        sentences.extend(values.iter().filter_map(|value| value.get_help()).map(ToString::to_string));
    }
    command.get_subcommands().for_each(|command| collect(command, sentences));
}

/// The sentences that the code passes to [`say`] and [`text`].
fn read_sources(folder: &Path, sentences: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources").map(|entry| entry.expect("a file").path()) {
        if entry.is_dir() {
            read_sources(&entry, sentences);
        } else if !entry.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&entry).expect("a source");
            for call in ["say(", "text("] {
                // Not the ends of other names, such as `context`.
                let is_call = |at: usize| {
                    !source[..at].ends_with(|before: char| before.is_alphanumeric() || "._".contains(before))
                };
                let calls = source.match_indices(call).filter(|(at, _)| is_call(*at));
                let arguments = calls.map(|(at, call)| source[at + call.len()..].trim_start());
                sentences.extend(arguments.filter_map(|argument| argument.strip_prefix('"')).map(literal));
            }
        }
    }
}

/// The string literal at the beginning of a source, after its first quotation mark.
fn literal(source: &str) -> String {
    let mut value = String::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                Some('n') => value.push('\n'),
                Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                Some(escaped) => value.push(escaped),
                None => break,
            },
            letter => value.push(letter),
        }
    }
    value
}

#[test]
fn the_whole_help_is_in_chinese() {
    in_chinese(|| {
        let mut command = Arguments::command_line();
        command.build();
        let mut english = Vec::new();
        find_english(&mut command, "", &mut english);
        assert!(english.is_empty(), "not in Chinese:\n{}", english.join("\n"));
    });
}

fn find_english(command: &mut Command, above: &str, english: &mut Vec<String>) {
    let name = format!("{above} {}", command.get_name());
    let help = command.render_long_help().to_string();
    let of_clap =
        ["Usage:", "Options:", "Arguments:", "Commands:", "[default", "[env", "ossible values", "Print "];
    english.extend(
        of_clap.into_iter().filter(|words| help.contains(words)).map(|words| format!("{name}: {words}")),
    );
    for argument in command.get_arguments() {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        if !is_chinese(&help) {
            english.push(format!("{name} {}: {help}", argument.get_id()));
        }
    }
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    if !is_chinese(&about) {
        english.push(format!("{name}: {about}"));
    }
    command.get_subcommands_mut().for_each(|command| find_english(command, &name, english));
}

#[test]
fn the_help_of_a_command_says_who_may_use_it_and_what_may_be_wrong() {
    let words = ["huishang", "docket", "cast-vote", "--help"].map(OsString::from).to_vec();
    let help = in_chinese(|| Arguments::read(words).expect_err("help").to_string());
    for expected in [
        "部门投票或改票；每个表决部门一票，票权可以拆分。",
        "可用角色：代表 delegate、部门负责人 department-lead、文书 clerk",
        "可能的拒绝原因：NOT_FOUND、",
        "〔可选：yes 赞成、no 反对、abstain 弃权〕",
        "用法：huishang docket cast-vote",
        "连接与输出:",
    ] {
        assert!(help.contains(expected), "{expected} is not in\n{help}");
    }
    assert_eq!(help.matches("HUISHANG_LANG").count(), 1, "{help}");
}

#[test]
fn what_is_wrong_with_a_command_line_is_told_in_chinese() {
    let fault = |line: &[&str]| {
        let words = std::iter::once("huishang").chain(line.iter().copied()).map(OsString::from).collect();
        in_chinese(|| usage::fault(&Arguments::read(words).expect_err("a fault")).expect("a sentence"))
    };
    let command = fault(&["sesion", "list"]);
    assert!(command.starts_with("没有命令 sesion；可用的有 ") && command.contains("session"), "{command}");
    assert_eq!(fault(&["session", "list", "--stge", "admitted"]), "没有参数 --stge；可用的有 --stage");
    assert_eq!(fault(&["member", "list", "--page-size", "many"]), "--page-size <N>：“many”不是有效的数字");
    assert_eq!(fault(&["session", "screen"]), "缺少参数：<SESSION_ID>");
    let level = fault(&["department", "register", "--level", "cosmic"]);
    assert_eq!(level, "--level <LEVEL> 不能是 cosmic，须为下列之一：national, provincial, municipal, county");
    assert!(fault(&["board", "--from-json", "/nowhere"]).starts_with("--from-json /nowhere："));
}

#[test]
fn the_command_help_becomes_the_flag() {
    let without = |line: &[&str]| {
        let words = line.iter().map(OsString::from).collect();
        let words = in_chinese(|| crate::help::without_help_command(words));
        words.into_iter().map(|word| word.into_string().expect("text")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(without(&["huishang", "help"]), "huishang --help");
    assert_eq!(without(&["huishang", "help", "session", "list"]), "huishang session list --help");
    assert_eq!(without(&["huishang", "session", "help", "list"]), "huishang session list --help");
    assert_eq!(
        without(&["huishang", "session", "list", "--text", "help"]),
        "huishang session list --text help"
    );
}

#[test]
fn every_noun_is_described_in_chinese() {
    for noun in commands::NOUNS {
        assert!(
            is_chinese(Language::Chinese.text(noun.about))
                && Language::Chinese.text(noun.about) != noun.about
        );
    }
}
