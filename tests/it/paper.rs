//! Paper that proves itself: files and pages are made again from a copy of the log, and what was changed in them is named.

use crate::commands::{ensure_failed, json, offline, text};
use crate::in_both_modes;
use crate::pages::items_of_two_departments;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::{GetHeadRequest, GetSignedHeadRequest};
use proto::resolution::v1::UrgeItemRequest;
use std::path::{Path, PathBuf};
use tests::{HttpClient, Mode, Sandbox, command, until};

/// Files of one reader, and what verifies them.
struct Papers<'s> {
    sandbox: &'s Sandbox,
    reader: HttpClient,
    key: String,
}

impl Papers<'_> {
    /// Saves what a page answers with as a file.
    async fn save(&self, page: &str, name: &str) -> anyhow::Result<PathBuf> {
        let answer = self.reader.send("GET", page, &[("accept-language", "en")], "").await?;
        ensure!(answer.status == 200, "{page}: {} {}", answer.status, answer.text());
        let file = self.sandbox.folder().join(name);
        std::fs::write(&file, &answer.body)?;
        Ok(file)
    }

    fn verify(&self, file: &Path, log: &Path) -> anyhow::Result<std::process::Output> {
        offline(&["verify", text(file), "--key", &self.key, "--log", text(log)])
    }

    fn ensure_same(&self, file: &Path, log: &Path) -> anyhow::Result<()> {
        let output = self.verify(file, log)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success() && said.starts_with("same: "), "{}: {said} {error}", file.display());
        Ok(())
    }

    /// The same file with one text in place of another, which is in it.
    fn forged(&self, file: &Path, from: &str, to: &str) -> anyhow::Result<PathBuf> {
        let original = std::fs::read_to_string(file)?;
        ensure!(original.contains(from), "{from} is not in {original}");
        let forged = file.with_file_name(format!("forged-{}", file.file_name().context("a name")?.display()));
        std::fs::write(&forged, original.replacen(from, to, 1))?;
        Ok(forged)
    }
}

async fn a_file_is_verified_by_a_copy_of_the_log_and_a_changed_number_is_named(
    mode: Mode,
) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let item = items_of_two_departments(&sandbox).await?;
    let reader = sandbox.http(Role::Supervisor, Some("OFFICE"))?;
    until("both items are followed up", async || {
        let list = reader.send("GET", "/items?column=open", &[], "").await.ok()?;
        list.text().contains("data-rows=\"2\"").then_some(())
    })
    .await;
    let office = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    let past = office.call(GetHeadRequest {}).await?.position;
    let urge = UrgeItemRequest { item_id: item.clone(), text: "Today".into(), ..command() };
    office.call(urge).await?;
    let key = office.call(GetSignedHeadRequest {}).await?.key;
    let papers = Papers { sandbox: &sandbox, reader, key };
    let backup = sandbox.folder().join("backup");
    let board = papers.save("/board?form=csv", "board.csv").await?;
    let book = papers.save("/due?form=xlsx", "due.xlsx").await?;
    let page = papers.save("/board", "board.html").await?;
    let item_page = papers.save(&format!("/items/{item}"), "item.html").await?;
    let then = papers.save(&format!("/items?column=open&position={past}&form=csv"), "then.csv").await?;

    // The log goes on; what was printed is still what was so then.
    let urge = UrgeItemRequest { item_id: item, text: "Now".into(), ..command() };
    office.call(urge).await?;
    json(&sandbox.run("operator", &["log", "backup", text(&backup), "--json"])?)?;
    for file in [&board, &book, &page, &item_page, &then] {
        papers.ensure_same(file, &backup)?;
    }
    let export = sandbox.folder().join("log.jsonl");
    json(&sandbox.run("operator", &["log", "export", text(&export), "--json"])?)?;
    papers.ensure_same(&board, &export)?;
    let by_server = sandbox.run("operator", &["verify", text(&board), "--key", &papers.key])?;
    ensure!(by_server.status.success(), "{}", String::from_utf8_lossy(&by_server.stderr));

    // A number that was changed is named, in either language.
    let forged = papers.forged(&board, "ROADS,1,", "ROADS,0,")?;
    let found = papers.verify(&forged, &backup)?;
    ensure_failed(&found, 1, "1 of")?;
    let said = String::from_utf8_lossy(&found.stdout);
    ensure!(said.contains("(ROADS 0)") || said.contains("(ROADS 1)"), "{said}");
    ensure!(said.contains("the file has 0, the log gives 1"), "{said}");
    let chinese = ["--lang", "zh", "verify", text(&forged), "--key", &papers.key, "--log", text(&backup)];
    ensure_failed(&offline(&chinese)?, 1, "不一致")?;
    // So is a position, a root, a key that is not this log's.
    let line = format!("huishang-paper/1 {past}");
    let original = std::fs::read_to_string(&then)?;
    ensure!(original.contains(&line) || original.contains("huishang-paper/1 "), "{original}");
    let moved = papers.forged(&then, "column=open", "column=done")?;
    ensure_failed(&papers.verify(&moved, &backup)?, 1, "figures differ")?;
    let (name, _) = papers.key.rsplit_once('+').context("a key")?;
    let other = format!("{name}+{}", "AQ".repeat(22));
    let refused = offline(&["verify", text(&board), "--key", &other, "--log", text(&backup)])?;
    ensure!(!refused.status.success(), "another key");
    let head = original.lines().find(|line| line.starts_with("huishang/")).context("a head")?;
    let renamed = papers.forged(&then, head, "huishang/other/0")?;
    ensure!(!papers.verify(&renamed, &backup)?.status.success(), "another log's head");

    // A printed page has a line that can be typed: what it showed is printed again.
    let html = std::fs::read_to_string(&page)?;
    let (_, line) = html.split_once("class=\"address\">").context("a line")?;
    let typed = sandbox.folder().join("typed.txt");
    std::fs::write(&typed, line.split_once('<').context("its end")?.0.replace("&amp;", "&"))?;
    let printed = papers.verify(&typed, &backup)?;
    let said = String::from_utf8_lossy(&printed.stdout);
    ensure!(printed.status.success() && said.contains("ROADS"), "{said} {printed:?}");
    Ok(())
}
in_both_modes!(a_file_is_verified_by_a_copy_of_the_log_and_a_changed_number_is_named);

async fn due_dates_and_sessions_are_files(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    items_of_two_departments(&sandbox).await?;
    let reader = sandbox.http(Role::Supervisor, Some("OFFICE"))?;
    until("both items are followed up", async || {
        let csv = reader.send("GET", "/due?form=csv", &[("accept-language", "en")], "").await.ok()?.text();
        csv.contains("WATER").then_some(())
    })
    .await;
    let get = async |page: &str| reader.send("GET", page, &[("accept-language", "en")], "").await;
    let csv = get("/due?form=csv").await?.text();
    let mut lines =
        csv.lines().map(|line| line.trim_start_matches('\u{feff}').split(',').collect::<Vec<_>>());
    let head = lines.next().context("a head")?;
    ensure!(head[..3] == ["Code", "Department", "Late"] && head.last() == Some(&"Later"), "{csv}");
    let sums: Vec<u32> = lines
        .take_while(|line| line.len() == head.len())
        .map(|line| line[2..].iter().filter_map(|count| count.parse::<u32>().ok()).sum())
        .collect();
    ensure!(sums == [1, 1, 2], "each department has one, and the last row has all: {csv}");
    let calendar = get("/due?form=ics").await?;
    ensure!(calendar.header("content-type").starts_with("text/calendar"), "{calendar:?}");
    ensure!(calendar.text().matches("DTSTART;VALUE=DATE:20270315").count() == 2, "{}", calendar.text());
    let of_roads = get("/items?column=open&lead=ROADS&form=ics").await?.text();
    ensure!(of_roads.contains("ROADS") && !of_roads.contains("WATER"), "{of_roads}");
    ensure!(get("/sessions?form=ics").await?.text().starts_with("BEGIN:VCALENDAR"));
    // Whoever sees less has less in the file; and a program that shows no token gets nothing.
    let roads = sandbox.http(Role::DepartmentLead, Some("ROADS"))?;
    let theirs = roads.send("GET", "/due?form=ics", &[], "").await?.text();
    ensure!(theirs.matches("BEGIN:VEVENT").count() == 1 && !theirs.contains("WATER"), "{theirs}");
    let stranger = sandbox.http_with_token(None)?;
    ensure!(stranger.send("GET", "/due?form=csv", &[], "").await?.status == 303);
    let sent = reader.send("POST", "/items?column=open", &[], "action=UrgeItem").await?;
    ensure!(sent.status == 303, "acts are for pages of a session: {}", sent.status);
    Ok(())
}
in_both_modes!(due_dates_and_sessions_are_files);
