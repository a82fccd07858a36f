//! Members, a row each.

use super::{Query, messages};
use domain::directory::member::{Event, Member};
use prost::Message as _;
use proto::directory::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::ListQuery;
use service_kit::view::ViewError;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Member>(record)? {
        let Event::Registered { profile } = event;
        let wire: pb::Member = profile.to_wire();
        tables
            .prepare_cached(
                "INSERT OR REPLACE INTO members (code, name, department_code, message) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![wire.code, wire.name, wire.department_code, wire.encode_to_vec()])?;
    }
    Ok(())
}

/// The query for members.
pub(crate) fn members(request: &pb::ListMembersRequest) -> Result<Query<pb::Member>, Invalid> {
    Ok(messages(list(request)?))
}

pub(crate) fn list(request: &pb::ListMembersRequest) -> Result<ListQuery, Invalid> {
    let query = ListQuery::new(
        "SELECT * FROM members",
        &["code", "name"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(query.filter_text("department_code = ?", &request.department_code))
}
