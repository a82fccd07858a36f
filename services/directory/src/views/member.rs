//! Members, a row each.

use super::Query;
use domain::Code;
use domain::directory::member::{Event, Member};
use prost::Message as _;
use proto::directory::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Transaction, params};
use service_kit::events::decode;
use service_kit::list::ListQuery;
use service_kit::row::message;
use service_kit::view::ViewError;
use service_kit::{Record, Rows};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Member>(record)? {
        let profile = match event {
            Event::Registered { profile } => profile,
            Event::Removed { code, .. } => {
                tables.prepare_cached("DELETE FROM members WHERE code = ?1")?.execute([code.as_str()])?;
                continue;
            }
        };
        let wire: pb::Member = profile.to_wire();
        tables
            .prepare_cached(
                "INSERT OR REPLACE INTO members (code, name, department_code, message) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![wire.code, wire.name, wire.department_code, wire.encode_to_vec()])?;
    }
    Ok(())
}

/// Who works where is known to everybody; how to reach them, within their department.
const ROWS: Rows = Rows::of_everybody("SELECT * FROM members");

/// The query for members. Their addresses are shown to those whose scope has their department.
pub(crate) fn members(request: &pb::ListMembersRequest) -> Result<Query<pb::Member>, Invalid> {
    let query = list(request)?;
    Ok(Box::new(|tables| {
        query.run(tables, |row| {
            let mut member: pb::Member = message(row, "message")?;
            let shown = Code::parse(&member.department_code)
                .is_ok_and(|department| tables.scope().covers_department(&department));
            member.email = member.email.filter(|_| shown);
            Ok(member)
        })
    }))
}

pub(crate) fn list(request: &pb::ListMembersRequest) -> Result<ListQuery, Invalid> {
    let query = ListQuery::new(
        ROWS,
        &["code", "name"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(query.filter_text("department_code = ?", &request.department_code))
}
