//! Plans are imported: the real one exactly, a bad one not at all, one that is imported again once.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::{DepartmentLevel, ListDepartmentsRequest};
use proto::followup::v1::GetIndicatorsRequest;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::ListItemsRequest;
use std::collections::BTreeSet;
use std::path::Path;
use tests::{Mode, Sandbox, registration, root};

const SMALL: &str = r#"{
  "source": "A small plan",
  "agencies": [{ "code": "A", "name": "Agency A" }, { "code": "B", "name": "Agency B" }],
  "actions": [
    { "id": "1", "title": "First", "text": "Do the first thing", "lead": "A", "support": ["B"] },
    { "id": "2", "title": "Second", "text": "Do the second thing", "lead": "B", "due": "2027-12-31" }
  ]
}"#;

fn import(sandbox: &Sandbox, file: &Path) -> anyhow::Result<std::process::Output> {
    sandbox.run("clerk,supervisor", &["import", "plan", &file.display().to_string()])
}

async fn a_plan_that_is_imported_twice_is_there_once(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let file = sandbox.folder().join("small.json");
    std::fs::write(&file, SMALL)?;
    for _ in 0..2 {
        let output = import(&sandbox, &file)?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let supervisor = sandbox.client(Role::Supervisor, None).await?;
        let at_least_position = supervisor.call(GetHeadRequest {}).await?.position;
        let order_by = "number".into();
        let request = ListItemsRequest { at_least_position, order_by, ..Default::default() };
        let items = supervisor.call(request).await?.items;
        let found: Vec<_> = items
            .iter()
            .map(|item| (item.title.as_str(), item.lead_code.as_str(), item.co_responsible_codes.len()))
            .collect();
        ensure!(found == [("First", "A", 1), ("Second", "B", 0)], "{found:?}");
        ensure!(items[1].due_on == "2027-12-31");
        let printed = String::from_utf8(output.stdout)?;
        let mut proposed = printed.lines().filter_map(|line| Some(line.split_once(": huishang ")?.1));
        let mut run = || -> anyhow::Result<String> {
            let words: Vec<&str> = proposed.next().context("a command is proposed")?.split(' ').collect();
            Ok(String::from_utf8(sandbox.run("auditor", &words)?.stdout)?)
        };
        let (listed, board) = (run()?, run()?);
        ensure!(listed.contains("First") && listed.contains("Second"), "{listed}");
        let all = board.lines().find(|line| line.starts_with("all ")).context("the board has totals")?;
        ensure!(all.split_whitespace().nth(1) == Some("2"), "{board}");
    }
    Ok(())
}
in_both_modes!(a_plan_that_is_imported_twice_is_there_once);

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_plan_changes_nothing() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let file = sandbox.folder().join("bad.json");
    std::fs::write(&file, SMALL.replace(r#""lead": "B""#, r#""lead": "NOBODY""#))?;
    let output = import(&sandbox, &file)?;
    let printed = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success());
    ensure!(printed.contains("line 6: lead names NOBODY"), "{printed}");
    let auditor = sandbox.client(Role::Auditor, None).await?;
    ensure!(auditor.whole_log().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_plan_is_imported_exactly() -> anyhow::Result<()> {
    let file = root().join("../shared/data/ai-action-plan.json");
    if !file.exists() {
        eprintln!("not run: there is no {}", file.display());
        return Ok(());
    }
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let output = import(&sandbox, &file)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    // The file lists 27 agencies, two of them twice; 93 supports, 18 of them by the lead itself.
    ensure!(printed.contains("departments          25 (2 rows repeat others"), "{printed}");
    ensure!(printed.contains("action items         103, led by 18 departments"), "{printed}");
    ensure!(printed.contains("co-responsibilities  75, in 33 items"), "{printed}");
    ensure!(printed.contains("In 18 actions the lead is also named as support"), "{printed}");
    nothing_is_invented(&sandbox).await
}

/// The log has departments, a resolution and its items, and follow-ups: no session, docket or vote.
async fn nothing_is_invented(sandbox: &Sandbox) -> anyhow::Result<()> {
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let at_least_position = auditor.call(GetHeadRequest {}).await?.position;
    // What answers for a position has followed up what was assigned there.
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let indicators =
        supervisor.call(GetIndicatorsRequest { at_least_position, ..Default::default() }).await?.indicators;
    let streams: BTreeSet<String> = auditor
        .whole_log()
        .await?
        .iter()
        .filter_map(|record| Some(record.stream.rsplit_once('.')?.0.to_owned()))
        .collect();
    let expected = [
        "directory.department",
        // A code such as Treasury is not spelled as it reads.
        "directory.spelling",
        "followup.follow_up",
        "resolution.action_item",
        "resolution.register",
        "resolution.resolution",
    ];
    ensure!(streams.iter().eq(&expected), "{streams:?}");
    // Nor is any meeting counted.
    for name in [
        "sessions_convened",
        "sessions_avoided",
        "person_hours_avoided",
        "effective_session_ratio",
        "session_hours_per_person",
        "off_topic_ratio",
    ] {
        let indicator = indicators.iter().find(|indicator| indicator.name == name).context(name)?;
        ensure!(indicator.numerator == 0.0, "{indicator:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn departments_stay_as_the_directory_has_them() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let mut department = registration("A", "The older name");
    if let Some(department) = &mut department.department {
        department.region = Some("North".into());
    }
    let position = clerk.call(department).await?.position;
    let file = sandbox.folder().join("small.json");
    std::fs::write(&file, SMALL)?;
    let output = import(&sandbox, &file)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(
        printed.contains("The directory calls A \"The older name\", and the plan \"Agency A\""),
        "{printed}"
    );
    let request = ListDepartmentsRequest { at_least_position: position, ..Default::default() };
    let found = clerk.call(request).await?.departments.into_iter().find(|department| department.code == "A");
    let found = found.context("department A")?;
    ensure!((found.name.as_str(), found.region()) == ("The older name", "North"), "{found:?}");
    ensure!(found.level() == DepartmentLevel::Municipal, "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_refuses_leaves_nothing_behind() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let file = sandbox.folder().join("small.json");
    std::fs::write(&file, SMALL)?;
    let path = file.display().to_string();
    // A clerk may register departments, and may not record what others decided.
    let output = sandbox.run("clerk", &["import", "plan", &path])?;
    ensure!(output.status.code() == Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    let output = sandbox.run("clerk,supervisor", &["import", "plan", &path, "--decided-on", "2999-01-01"])?;
    ensure!(output.status.code() == Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    // An empty directory does not hide what else is wrong.
    std::fs::write(&file, SMALL.replace("2027-12-31", "2099-01-01"))?;
    let output = sandbox.run("clerk,supervisor", &["import", "plan", &path])?;
    ensure!(output.status.code() == Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(sandbox.client(Role::Auditor, None).await?.whole_log().await?.is_empty());
    Ok(())
}
