//! The same as of past positions, in views whose rows changed six times each, from being planned to being done.

use super::{Filled, NOW, ZONE, fill, percentile, slowest};
use crate::report::{self, Line, Target};
use crate::settings::Settings;
use domain::calendar::Zone;
use domain::{Role, Timestamp};
use followup::FollowupView;
use proto::followup::v1::{BoardColumn, GetBoardRequest};
use proto::resolution::v1::ListItemsRequest;
use resolution::ResolutionView;
use rusqlite::{Connection, params};
use service_kit::Scope;
use service_kit::spans::{FOREVER, node};
use std::time::Instant;

/// How often each row changed, the first time included.
const CHANGES: i64 = 6;
/// One row in so many is open at any time.
const ONE_IN: i64 = 20;
/// How far the log had come, in percent of what it has now.
const COME: [i64; 3] = [30, 50, 99];
/// In the name of a list, that it is one department's.
const OF_ONE: &str = ", seen by one department";
/// How often each board is asked for.
const BOARDS: usize = 20;

/// What a follow-up is in one of its spans: ?1 its row, ?2 to ?4 from where to where, ?5 after how many changes.
const FOLLOW_UP_SPAN: &str = "
    INSERT INTO follow_up_spans (follow_up, since, until, node, lead_code, due_on, due_at, acknowledge_by, stage,
        acknowledged, contested, paused, first_due_on, blockages, help_from_code, escalated_to, highest_escalation,
        instructed, was_late, extensions, next_notice_at)
    SELECT rowid, ?2, ?3, ?4, lead_code, due_on, due_at, acknowledge_by,
        CASE ?5 WHEN 5 THEN iif(rowid % 20 = 0, 4, 3) WHEN 4 THEN 2 ELSE 1 END, ?5 > 0, 0, ?5 = 3 AND rowid % 100 = 7,
        first_due_on, iif(?5 = 2 AND rowid % 100 = 3, 'WATER:HEALTH', ''), iif(?5 = 2 AND rowid % 100 = 3, 'HEALTH', NULL),
        iif(?5 = 3 AND rowid % 10 = 0, 1, 0), ?5 > 2 AND rowid % 10 = 0, 0, ?5 > 2 AND rowid % 10 = 0, ?5 = 4 AND rowid % 50 = 0,
        due_at
    FROM follow_ups WHERE rowid = ?1";

/// What an item is in one of its spans, as above.
const ITEM_SPAN: &str = "
    INSERT INTO item_spans (item, since, until, node, lead_code, stage, due_on, due_at, first_due_at, promised_at, called_upon,
        is_blocked, extension_requested, claimed_at, heard_at, returned, extended, reopened)
    SELECT rowid, ?2, ?3, ?4, lead_code, CASE ?5 WHEN 5 THEN iif(rowid % 20 = 0, 6, 5) WHEN 4 THEN 4 WHEN 0 THEN 1 ELSE 3 END,
        due_on, due_at, first_due_at, first_due_at, ' ', ?5 = 2 AND rowid % 100 = 3, 0, iif(?5 > 3, due_at, NULL), led_since, 0, 0, 0
    FROM items WHERE rowid = ?1";

/// What the board keeps of the past, from the spans of follow-ups.
const ACCOUNTS: &str = "
    INSERT OR REPLACE INTO board_spans
    SELECT lead_code, '', since, 1, open, blocked, escalated, unacknowledged, claimed, extended, done, held, cancelled,
        was_late
    FROM follow_up_spans";
const CLOCKS: &str = "
    SELECT lead_code, due_at, at, sum(change) OVER clocks, lead(at, 1, 9223372036854775807) OVER clocks FROM (
        SELECT lead_code, due_at, at, sum(change) AS change FROM (
            SELECT lead_code, due_at, since AS at, 1 AS change FROM follow_up_spans WHERE runs
            UNION ALL
            SELECT lead_code, due_at, until, -1 FROM follow_up_spans WHERE runs AND until < 9223372036854775807
        ) GROUP BY lead_code, due_at, at HAVING sum(change) <> 0
    ) WINDOW clocks AS (PARTITION BY lead_code, due_at ORDER BY at)";
const CLOCK: &str = "
    INSERT INTO running_spans (lead_code, body_code, due_at, since, until, node, follow_ups) VALUES (?1, '', ?2, ?3, ?4, ?5, ?6)";

/// Puts the spans of all rows into a view, as they would have come with the log.
fn fill_spans(tables: &Connection, rows: i64, span: &str) -> anyhow::Result<()> {
    let (head, lag) = (rows * CHANGES, (rows / ONE_IN / (CHANGES - 1)).max(1));
    let mut insert = tables.prepare(span)?;
    for row in 1..=rows {
        for change in 0..CHANGES {
            let item = row - change * lag;
            if item < 1 {
                break;
            }
            let (since, next) = (row * CHANGES + change, (row + lag) * CHANGES + change + 1);
            let is_last = change + 1 == CHANGES || next > head;
            let until = if is_last { FOREVER } else { next };
            insert.execute(params![item, since, until, node(since, until), change])?;
        }
    }
    let moments =
        "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1200)
        INSERT INTO moments SELECT i * ?1 / 1200, ?2 - (1200 - i) * 86400000000 FROM numbers";
    let now: Timestamp = NOW.parse()?;
    tables.execute(moments, [head, now.as_microsecond()])?;
    Ok(())
}

fn fill_clocks(tables: &Connection) -> anyhow::Result<()> {
    tables.execute_batch(ACCOUNTS)?;
    let (mut clocks, mut insert) = (tables.prepare(CLOCKS)?, tables.prepare(CLOCK)?);
    let mut clocks = clocks.query([])?;
    while let Some(clock) = clocks.next()? {
        let (lead, due_at): (String, i64) = (clock.get(0)?, clock.get(1)?);
        let (since, count, until): (i64, i64, i64) = (clock.get(2)?, clock.get(3)?, clock.get(4)?);
        if count > 0 {
            insert.execute(params![lead, due_at, since, until, node(since, until), count])?;
        }
    }
    Ok(())
}

fn positions(settings: &Settings) -> impl Iterator<Item = u64> {
    let head = settings.events * CHANGES as u64;
    COME.into_iter().map(move |percent| head * percent as u64 / 100)
}

/// The board and the lists of follow-ups, and those of items, as of past positions.
pub(super) async fn lines(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let now: Timestamp = NOW.parse()?;
    let values = [settings.events as i64, ONE_IN, now.as_microsecond()];
    let mut lines = Vec::new();
    let mut filled = Filled::new::<FollowupView>(settings, (super::FOLLOW_UPS, super::COUNTS), &values)?;
    fill(&filled.file, |tables| {
        tables.execute("UPDATE follow_ups SET planned = rowid * ?1", [CHANGES])?;
        tables.execute("INSERT OR IGNORE INTO dues SELECT DISTINCT due_at FROM follow_ups", [])?;
        tables.execute("INSERT INTO ever_led SELECT lead_code, number, rowid FROM follow_ups", [])?;
        fill_spans(tables, settings.events as i64, FOLLOW_UP_SPAN)?;
        fill_clocks(tables)
    })?;
    lines.push(board(settings, &filled, now).await?);
    lines.push(follow_ups(settings, &filled, "", now).await?);
    filled.scope = department();
    lines.push(follow_ups(settings, &filled, OF_ONE, now).await?);
    filled.stop.cancel();
    let mut filled = Filled::new::<ResolutionView>(settings, (super::ITEMS, ""), &values)?;
    fill(&filled.file, |tables| {
        tables.execute("UPDATE items SET assigned = rowid * ?1", [CHANGES])?;
        tables.execute("INSERT OR IGNORE INTO dues SELECT DISTINCT due_at FROM items", [])?;
        tables.execute("INSERT INTO ever_led SELECT lead_code, number, rowid FROM items", [])?;
        fill_spans(tables, settings.events as i64, ITEM_SPAN)
    })?;
    lines.push(items(settings, &filled, "", now).await?);
    filled.scope = department();
    lines.push(items(settings, &filled, OF_ONE, now).await?);
    filled.stop.cancel();
    Ok(lines)
}

/// One in 40 rows is of this department, which sees those only.
fn department() -> Scope {
    let lead = domain::testing::actor("li", "DEPARTMENT-7", Role::DepartmentLead);
    Scope::of(&lead, &Default::default(), &Default::default())
}

async fn board(settings: &Settings, filled: &Filled, now: Timestamp) -> anyhow::Result<Line> {
    let (zone, mut times) = (Zone::named(ZONE)?, Vec::new());
    for position in positions(settings) {
        for _ in 0..BOARDS {
            let request = GetBoardRequest { as_of_position: Some(position), ..Default::default() };
            let begun = Instant::now();
            filled.view.query(Scope::whole(), 0, followup::board(&request, now, &zone)?).await?;
            times.push(begun.elapsed());
        }
    }
    let (p50, p95) = (percentile(&mut times, 50), percentile(&mut times, 95));
    Ok(Line {
        case: format!("the board as of the past, of {} follow-ups", settings.events),
        measured: format!("p50 {}, p95 {}", report::time(p50), report::time(p95)),
        target: format!("p95 ≤ {}", report::time(super::TARGET)),
        verdict: Target::AtMost(super::TARGET.as_secs_f64()).verdict(p95.as_secs_f64()),
        ..Line::default()
    })
}

async fn follow_ups(
    settings: &Settings,
    filled: &Filled,
    seen: &str,
    now: Timestamp,
) -> anyhow::Result<Line> {
    let mut p95s = Vec::new();
    for position in positions(settings) {
        p95s.extend(filled.follow_ups(BoardColumn::Ahead, now, Some(position)).await?);
    }
    Ok(slowest(&format!("{} follow-ups as of the past{seen}", settings.events), p95s))
}

async fn items(settings: &Settings, filled: &Filled, seen: &str, now: Timestamp) -> anyhow::Result<Line> {
    let stages = [None, Some(1), Some(3), Some(4), Some(5), Some(6)];
    let stages = stages.map(|stage| ListItemsRequest { stage, ..Default::default() });
    let others = [
        ListItemsRequest { late: Some(true), ..Default::default() },
        ListItemsRequest { late: Some(false), ..Default::default() },
        ListItemsRequest { blocked: Some(true), ..Default::default() },
        ListItemsRequest { silent_since_on: Some("2026-03-01".to_owned()), ..Default::default() },
    ];
    let mut p95s = Vec::new();
    for position in positions(settings) {
        let filters = stages.iter().chain(&others).cloned();
        p95s.extend(filled.items(filters, now, Some(position)).await?);
    }
    Ok(slowest(&format!("{} items as of the past{seen}", settings.events), p95s))
}
