//! The view of the board, the follow-ups, the notices, and the indicators.

/// Selects the rowids of the follow-ups that concern somebody: their department leads, supports, is asked for help, or
/// judges, or they are stewards of the body.
macro_rules! follow_ups_concerning {
    () => {
        "SELECT rowid FROM follow_ups WHERE lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT follow_up FROM called_upon WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT follow_up FROM supporting WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT rowid FROM follow_ups WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies'))"
    };
}

mod board;
mod condition;
mod emergency;
mod follow_up;
mod indicators;
mod notice;
mod proceedings;

pub use board::board;
pub(crate) use board::{board_under, due_weeks};
pub(crate) use emergency::{running as running_emergencies, upcoming as upcoming_of_emergency};
pub use follow_up::follow_ups;
#[cfg(test)]
pub(crate) use follow_up::list;
pub(crate) use follow_up::{coming, follow_ups_under, next_deadlines, open_follow_ups};
pub(crate) use indicators::{Asked as AskedIndicators, indicators};
#[cfg(test)]
pub(crate) use notice::list as list_of_notices;
pub(crate) use notice::{notices, upcoming};

use domain::Aggregate as _;
use domain::deliberation::docket::Docket;
use domain::directory::department::Department;
use domain::followup::follow_up::FollowUp;
use domain::resolution::resolution::Resolution;
use domain::scheduling::emergency::Emergency;
use domain::scheduling::matter::Matter;
use domain::scheduling::session::Session;
use rusqlite::Transaction;
use service_kit::view::ViewError;
use service_kit::{Record, View};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The tables that queries are answered from.
pub struct FollowupView;

impl View for FollowupView {
    const NAME: &'static str = "followup";
    const SCHEMA: &'static str = concat!(origins::tables!(), include_str!("schema.sql"));
    const CATEGORIES: &'static [&'static str] = &[
        FollowUp::CATEGORY,
        Department::CATEGORY,
        Session::CATEGORY,
        Docket::CATEGORY,
        Resolution::CATEGORY,
        Matter::CATEGORY,
        Emergency::CATEGORY,
    ];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        origins::project(tables, record)?;
        match record.stream.category.as_str() {
            FollowUp::CATEGORY => follow_up::project(tables, record),
            Department::CATEGORY => proceedings::project_department(tables, record),
            Session::CATEGORY => proceedings::project_session(tables, record),
            Docket::CATEGORY => proceedings::project_docket(tables, record),
            Emergency::CATEGORY => emergency::project(tables, record),
            _ => Ok(()),
        }
    }
}
