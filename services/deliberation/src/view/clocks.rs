//! The clocks that run in meetings: that of whoever speaks, and the timebox of the topic that is open.

use domain::Timestamp;
use domain::deliberation::docket::Event;
use domain::deliberation::docket::floor_state::{clock_of_topic, clock_of_turn};
use rusqlite::{Row, Transaction, params};
use service_kit::timer::Deadline;
use service_kit::{Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::TopicOpened { topic, time_ends_at, .. } => {
            set(tables, id, clock_of_topic(*topic), *time_ends_at)
        }
        Event::TopicPaused { topic, .. }
        | Event::DebateClosed { topic, .. }
        | Event::TopicTimeEnded { topic, .. } => set(tables, id, clock_of_topic(*topic), None),
        Event::FloorGiven { turn, ends_at, .. } => set(tables, id, clock_of_turn(*turn), *ends_at),
        Event::FloorYielded { turn, .. } | Event::SpeakingTimeEnded { turn, .. } => {
            set(tables, id, clock_of_turn(*turn), None)
        }
        Event::PointOfOrderRaised { turn: Some(turn), .. } => set(tables, id, clock_of_turn(*turn), None),
        Event::PointOfOrderRuled { turn: Some(turn), ends_at, .. } => {
            set(tables, id, clock_of_turn(*turn), *ends_at)
        }
        _ => Ok(()),
    }
}

/// Starts a clock, or stops it.
fn set(tables: &Transaction<'_>, id: &str, number: u32, ends_at: Option<Timestamp>) -> rusqlite::Result<()> {
    tables
        .prepare_cached("DELETE FROM clocks WHERE docket = ?1 AND number = ?2")?
        .execute(params![id, number])?;
    let Some(ends_at) = ends_at else { return Ok(()) };
    tables
        .prepare_cached("INSERT INTO clocks (docket, number, ends_at) VALUES (?1, ?2, ?3)")?
        .execute(params![id, number, ends_at.as_microsecond()])
        .map(drop)
}

/// The clocks, whoever sees them.
const CLOCKS: Rows = Rows::of_those_concerned("SELECT docket, ends_at, number FROM clocks", "FALSE");

/// The clocks that run out first.
pub(crate) fn next_clocks(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    let clock = |row: &Row<'_>| Ok(Deadline { number: row.get("number")?, ..super::deadline(row)? });
    tables.all(&CLOCKS, "TRUE", "ends_at, docket, number", [], max, clock)
}
