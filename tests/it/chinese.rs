//! What a person reads who reads Chinese: every line, of what goes well and of what does not.

use crate::commands::{offline, register, text};
use anyhow::{Context as _, ensure};
use domain::Role;
use std::process::Output;
use tests::{Mode, Sandbox};
use unicode_width::UnicodeWidthStr as _;

/// Columns of a page.
const PAGE_COLUMNS: usize = 80;

/// Ensures that no line that a command printed is a sentence in English; codes, paths and hashes may be alone on one.
fn ensure_chinese(output: &Output) -> anyhow::Result<String> {
    let printed = [&output.stdout, &output.stderr].map(|printed| String::from_utf8_lossy(printed)).concat();
    let is_ideograph = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_lowercase());
    for line in printed.lines().filter(|line| !line.contains(is_ideograph)) {
        ensure!(line.split_whitespace().filter(is_word).count() < 2, "{line:?} in:\n{printed}");
    }
    Ok(printed)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_a_story_in_chinese() -> anyhow::Result<()> {
    let mut told = offline(&["demo", "--lang", "zh"])?;
    ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    // The minutes of one session are printed in English too: from their heading to the next empty line.
    let mut is_english = false;
    let all = String::from_utf8(std::mem::take(&mut told.stdout))?;
    let chinese = all.lines().filter(|line| {
        is_english = (is_english || line.contains("■ Minutes:")) && !line.is_empty();
        !is_english
    });
    told.stdout = chinese.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
    let printed = ensure_chinese(&told)?;
    for expected in
        ["住建提出会商申请", "法定人数不足", "[OWN_WORK]", "老旧小区改造-2027-0002/4", "全部校验无误"]
    {
        ensure!(printed.contains(expected), "no {expected} in:\n{printed}");
    }
    for line in printed.lines() {
        ensure!(line.width() <= PAGE_COLUMNS, "{line}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_and_proofs_of_the_log_are_told_in_chinese() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    register(&sandbox.client(Role::Clerk, None).await?, 0..3).await?;
    let [backup, copy, receipt] = ["backup", "copy", "receipt"].map(|name| sandbox.folder().join(name));
    let key = sandbox.run("auditor", &["log", "signed-head", "--json"])?.stdout;
    let key: serde_json::Value = serde_json::from_slice(&key)?;
    let key = key["key"].as_str().context("a key")?;
    std::fs::write(&receipt, sandbox.run("auditor", &["log", "receipt", "2"])?.stdout)?;
    let told = |role, command: &[&str]| {
        let output = sandbox.run(role, &[command, &["--lang", "zh"]].concat())?;
        ensure_chinese(&output).with_context(|| format!("{command:?}"))?;
        anyhow::Ok(output.status.success())
    };
    ensure!(told("operator", &["log", "backup", text(&backup)])?);
    ensure!(told("auditor", &["log", "verify"])?);
    ensure!(told("auditor", &["log", "consistency", "--old-size", "1"])?);
    ensure!(told("auditor", &["log", "verify", "--backup", text(&backup)])?);
    ensure!(told("auditor", &["log", "check-receipt", text(&receipt), "--key", key])?);
    ensure!(!told("auditor", &["log", "consistency", "--old-size", "1", "--old-root", "ff"])?);
    ensure!(!told("auditor", &["log", "check-receipt", text(&receipt), "--key", "no key"])?);
    ensure!(!told("auditor", &["log", "check-receipt", text(&backup.join("head")), "--key", key])?);
    ensure!(!told("operator", &["log", "backup", text(&receipt)])?);
    for name in sandbox.process_names() {
        sandbox.process(&name).kill()?;
    }
    for _ in 0..2 {
        // The second time there is a log already.
        ensure_chinese(&offline(&["log", "restore", text(&backup), "--data", text(&copy), "--lang", "zh"])?)?;
    }
    ensure_chinese(&offline(&["ledger", "repair", "--data", text(&backup), "--lang", "zh"])?)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_import_of_a_plan_is_told_in_chinese() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let file = sandbox.folder().join("plan.json");
    let plan = r#"{ "source": "方案", "agencies": [{ "code": "水务", "name": "市水务局" }], "actions": [
        { "id": "1", "title": "拓宽", "text": "拓宽", "lead": "水务", "support": ["水务"] } ] }"#;
    std::fs::write(&file, plan)?;
    let import = || {
        let command = ["import", "plan", text(&file), "--criterion", "完成", "--lang", "zh"];
        ensure_chinese(&sandbox.run("supervisor,clerk", &command)?)
    };
    ensure!(import()?.contains("决议      PLAN-"));
    ensure!(import()?.contains("此前已导入"));
    std::fs::write(&file, plan.replace("\"lead\": \"水务\"", "\"lead\": \"别处\", \"due\": \"2020-02-30\""))?;
    let refused = import()?;
    ensure!(refused.contains("第 2 行：") && refused.contains("2 月没有 30 日"), "{refused}");
    Ok(())
}
