//! What follow-up is asked: the board, the follow-ups, the notices, and the indicators.

mod board;
mod follow_up;
mod indicators;
mod notice;
mod proceedings;

pub(crate) use board::{board, totals};
pub(crate) use follow_up::{follow_ups, next_deadlines};
pub(crate) use indicators::indicators;
pub(crate) use notice::notices;

use domain::deliberation::docket::Docket;
use domain::followup::follow_up::FollowUp;
use domain::scheduling::department::Department;
use domain::scheduling::session::Session;
use domain::{Aggregate as _, Timestamp, Uuid};
use proto::{Invalid, Wire};
use rusqlite::Transaction;
use service_kit::view::ViewError;
use service_kit::{Record, View};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The tables behind the answers.
pub(crate) struct FollowupView;

impl View for FollowupView {
    const NAME: &'static str = "followup";
    const SCHEMA: &'static str = include_str!("schema.sql");

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        match record.stream.category.as_str() {
            FollowUp::CATEGORY => follow_up::take(tables, record),
            Department::CATEGORY => proceedings::take_department(tables, record),
            Session::CATEGORY => proceedings::take_session(tables, record),
            Docket::CATEGORY => proceedings::take_docket(tables, record),
            _ => Ok(()),
        }
    }
}

/// Reads an id that stands in a filter, in the form in which the tables have it; none when it is empty.
fn uuid(field: &str, id: &str) -> Result<Option<String>, Invalid> {
    match id {
        "" => Ok(None),
        id => service_kit::serve::read::<Uuid, String>(field, id.to_owned()).map(|id| Some(id.to_string())),
    }
}

fn moment<W>(micros: i64) -> Option<W>
where
    Timestamp: Wire<W>,
{
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_wire())
}

/// Whole days from one moment to a later one; 0 when it is not later.
fn days_between(from_micros: i64, until_micros: i64) -> u32 {
    u32::try_from((until_micros - from_micros) / DAY_MICROS).unwrap_or(0)
}
