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

/// The condition that a follow-up, of the table or selection of this name, concerns somebody: the same, looked at by itself.
macro_rules! follow_up_concerns {
    ($follow_up:literal) => {
        concat!(
            $follow_up,
            ".lead_code IN (SELECT value FROM json_each(?, '$.departments')) OR ",
            $follow_up,
            ".body_code IN (SELECT value FROM json_each(?, '$.bodies'))
             OR EXISTS (SELECT 1 FROM called_upon WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
                            AND follow_up = ",
            $follow_up,
            ".rowid)
             OR EXISTS (SELECT 1 FROM supporting WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
                            AND follow_up = ",
            $follow_up,
            ".rowid)"
        )
    };
}

/// Follow-ups as they were, each as often as it changed: what is selected from. With arguments: the
/// column that has the due moment, and the tables in the order in which they are walked.
macro_rules! past_follow_ups {
    () => {
        past_follow_ups!(
            "spans.due_at",
            "follow_ups JOIN follow_up_spans AS spans ON spans.follow_up = follow_ups.rowid"
        )
    };
    ($due_at:literal, $tables:expr) => {
        past_follow_ups!($due_at, "follow_ups.number", "follow_ups.rowid", $tables)
    };
    ($due_at:literal, $number:literal, $rowid:literal, $tables:expr) => {
        concat!(
            "(SELECT ",
            $rowid,
            " AS rowid, ",
            $number,
            " AS number, follow_ups.id AS id, follow_ups.resolution AS resolution, follow_ups.written AS written, follow_ups.title AS title,
                follow_ups.co_responsible_codes AS co_responsible_codes, follow_ups.time_zone AS time_zone,
                follow_ups.body_code AS body_code, follow_ups.was_late AS is_late_ever,
                follow_ups.cancelled AS is_cancelled_ever, ",
            $due_at,
            " AS due_at, spans.span AS span, spans.follow_up AS follow_up, spans.since AS since,
                spans.until AS until, spans.lead_code AS lead_code, spans.due_on AS due_on,
                spans.acknowledge_by AS acknowledge_by, spans.stage AS stage, spans.acknowledged AS acknowledged,
                spans.acceptor_code AS acceptor_code, spans.first_due_on AS first_due_on,
                spans.blockages AS blockages, spans.help_from_code AS help_from_code,
                spans.escalated_to AS escalated_to, spans.highest_escalation AS highest_escalation,
                spans.instructed AS instructed, spans.was_late AS was_late, spans.extensions AS extensions, spans.next_notice_at AS next_notice_at,
                spans.open AS open, spans.blocked AS blocked, spans.escalated AS escalated,
                spans.unacknowledged AS unacknowledged, spans.claimed AS claimed, spans.extended AS extended,
                spans.done AS done, spans.held AS held, spans.cancelled AS cancelled, spans.runs AS runs
            FROM ",
            $tables,
            ")"
        )
    };
}

mod board;
mod condition;
mod emergency;
mod follow_up;
mod indicators;
mod notice;
mod proceedings;
mod reminders;

pub use board::board;
pub(crate) use board::{board_under, due_weeks};
pub(crate) use emergency::{running as running_emergencies, upcoming as upcoming_of_emergency};
#[cfg(test)]
pub(crate) use follow_up::List;
pub use follow_up::follow_ups;
pub(crate) use follow_up::{Reach, coming, follow_ups_under, next_deadlines, open_follow_ups};
pub(crate) use indicators::{Asked as AskedIndicators, indicators};
#[cfg(test)]
pub(crate) use notice::list as list_of_notices;
pub(crate) use notice::{notices, upcoming};
pub(crate) use reminders::{awaiting, upcoming_of_docket, upcoming_of_session};

use domain::Aggregate as _;
use domain::deliberation::docket::Docket;
use domain::directory::department::Department;
use domain::followup::follow_up::FollowUp;
use domain::resolution::resolution::Resolution;
use domain::scheduling::emergency::Emergency;
use domain::scheduling::matter::Matter;
use domain::scheduling::session::Session;
use rusqlite::Transaction;
use service_kit::spans::note_moment;
use service_kit::view::ViewError;
use service_kit::{Record, View};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The tables that queries are answered from.
pub struct FollowupView;

impl View for FollowupView {
    const NAME: &'static str = "followup";
    const SCHEMA: &'static str =
        concat!(origins::tables!(), service_kit::moments_table!(), include_str!("schema.sql"));
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
        note_moment(tables, record)?;
        origins::project(tables, record)?;
        match record.stream.category.as_str() {
            FollowUp::CATEGORY => follow_up::project(tables, record),
            Department::CATEGORY => proceedings::project_department(tables, record),
            Session::CATEGORY => {
                proceedings::project_session(tables, record)?;
                reminders::project_session(tables, record)
            }
            Docket::CATEGORY => {
                proceedings::project_docket(tables, record)?;
                reminders::project_docket(tables, record)
            }
            Emergency::CATEGORY => emergency::project(tables, record),
            _ => Ok(()),
        }
    }
}
