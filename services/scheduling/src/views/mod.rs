//! What scheduling is asked for in lists. One folded aggregate is asked for itself.

mod directory;
mod session;

pub(crate) use directory::{departments, members, rooms};
pub(crate) use session::{count_sessions, sessions};

use domain::Aggregate as _;
use domain::scheduling::department::Department;
use domain::scheduling::member::Member;
use domain::scheduling::room::Room;
use domain::scheduling::session::Session;
use rusqlite::types::Type;
use rusqlite::{Row, Transaction};
use service_kit::view::ViewError;
use service_kit::{Record, View};

/// The tables behind the lists.
pub(crate) struct SchedulingView;

impl View for SchedulingView {
    const NAME: &'static str = "scheduling";
    const SCHEMA: &'static str = include_str!("schema.sql");

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        match record.stream.category.as_str() {
            Department::CATEGORY => directory::take_department(tables, record),
            Member::CATEGORY => directory::take_member(tables, record),
            Room::CATEGORY => directory::take_room(tables, record),
            Session::CATEGORY => session::take(tables, record),
            _ => Ok(()),
        }
    }
}

/// Reads a column that holds a message.
fn message<M: prost::Message + Default>(row: &Row<'_>, column: &str) -> rusqlite::Result<M> {
    let bytes: Vec<u8> = row.get(column)?;
    M::decode(bytes.as_slice())
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))
}
