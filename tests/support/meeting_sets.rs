//! The public meeting-scheduling sets, and a second count of what plans for them are worth.

use anyhow::Context as _;
use domain::planning::{Meeting, Plan, Problem, Room};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sets, by the number of their meetings.
pub const MEETING_SETS: [u32; 5] = [50, 100, 200, 400, 800];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/planner"))
}

fn file(set: u32) -> PathBuf {
    folder().join(format!("meetings-{set}.json"))
}

/// One of [`MEETING_SETS`].
pub fn meeting_set(set: u32) -> anyhow::Result<Problem> {
    let path = file(set);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let value: Value = serde_json::from_str(&text)?;
    let list = |value: &Value, name: &str| {
        value[name].as_array().cloned().with_context(|| format!("{name} is not a list"))
    };
    let number =
        |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok()).context("a number");
    let numbers =
        |value: &Value, name: &str| list(value, name)?.iter().map(number).collect::<anyhow::Result<_>>();
    let room = |room: &Value| Ok(Room { capacity: number(&room["capacity"])? });
    let meeting = |meeting: &Value| {
        Ok(Meeting {
            grains: number(&meeting["grains"])?,
            required: numbers(meeting, "required")?,
            preferred: numbers(meeting, "preferred")?,
        })
    };
    let rooms = list(&value, "rooms")?.iter().map(room).collect::<anyhow::Result<_>>()?;
    let days =
        list(&value, "grains")?.iter().map(|grain| number(&grain["day"])).collect::<anyhow::Result<_>>()?;
    let meetings = list(&value, "meetings")?.iter().map(meeting).collect::<anyhow::Result<_>>()?;
    Ok(Problem::new(rooms, days, meetings)?)
}

/// Counts the scores of plans for one of [`MEETING_SETS`] again, in Python, and fails when one differs.
pub fn recount(set: u32, plans: &[Plan]) -> anyhow::Result<()> {
    let line = |plan: &Plan| {
        let places: Vec<[u32; 2]> = plan.placements.iter().map(|at| [at.start, at.room]).collect();
        json!({"plan": places, "score": [plan.score.hard, plan.score.medium, plan.score.soft]}).to_string()
    };
    let folder_of_plans = tempfile::tempdir()?;
    let path = folder_of_plans.path().join("plans.jsonl");
    std::fs::write(&path, plans.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    let script = folder().join("recount.py");
    let recounted = Command::new("python3").arg(script).arg(file(set)).arg(&path).output()?;
    let said = String::from_utf8_lossy(&recounted.stdout);
    let complaint = String::from_utf8_lossy(&recounted.stderr);
    let expected = format!("{} plans, 0 differ", plans.len());
    anyhow::ensure!(recounted.status.success() && said.contains(&expected), "{said}\n{complaint}");
    Ok(())
}
