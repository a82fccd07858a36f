//! The lists of scheduling, and the count of a body's sessions. A single resource is read from its own
//! history.

mod body;
mod room;
mod session;

pub(crate) use body::bodies;
#[cfg(test)]
pub(crate) use body::{list as list_of_bodies, summary};
#[cfg(test)]
pub(crate) use room::list as list_of_rooms;
pub(crate) use room::rooms;
#[cfg(test)]
pub(crate) use session::list as list_of_sessions;
pub(crate) use session::{count_sessions, sessions};

use domain::Aggregate as _;
use domain::scheduling::body::Body;
use domain::scheduling::room::Room;
use domain::scheduling::session::Session;
use rusqlite::Transaction;
use service_kit::view::ViewError;
use service_kit::{Record, View};

/// The tables of the lists.
pub(crate) struct SchedulingView;

impl View for SchedulingView {
    const NAME: &'static str = "scheduling";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const CATEGORIES: &'static [&'static str] = &[Body::CATEGORY, Room::CATEGORY, Session::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        match record.stream.category.as_str() {
            Body::CATEGORY => body::project(tables, record),
            Room::CATEGORY => room::project(tables, record),
            Session::CATEGORY => session::project(tables, record),
            _ => Ok(()),
        }
    }
}
