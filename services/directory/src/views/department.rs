//! Departments, a row each.

use super::{Query, messages};
use domain::directory::department::{Department, Event};
use prost::Message as _;
use proto::directory::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Transaction, params};
use service_kit::events::decode;
use service_kit::list::ListQuery;
use service_kit::view::ViewError;
use service_kit::{Record, Rows};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Department>(record)? {
        let Event::Registered { profile } = event;
        let wire: pb::Department = profile.to_wire();
        // The row stays where it is: only the indexes of what differs are written.
        let keep = "INSERT INTO departments (code, name, message) VALUES (?1, ?2, ?3)
                    ON CONFLICT (code) DO UPDATE SET name = excluded.name, message = excluded.message";
        tables.prepare_cached(keep)?.execute(params![wire.code, wire.name, wire.encode_to_vec()])?;
    }
    Ok(())
}

/// Everybody knows which departments there are.
const ROWS: Rows = Rows::of_everybody("SELECT * FROM departments");

/// The query for departments.
pub(crate) fn departments(request: &pb::ListDepartmentsRequest) -> Result<Query<pb::Department>, Invalid> {
    Ok(messages(list(request)?))
}

pub(crate) fn list(request: &pb::ListDepartmentsRequest) -> Result<ListQuery, Invalid> {
    ListQuery::new(ROWS, &["code", "name"], "code", &request.order_by, request.page_size, &request.page_token)
}
