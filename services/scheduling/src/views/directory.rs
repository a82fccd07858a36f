//! Departments, members and rooms, a row each.

use super::message;
use domain::scheduling::department::{self, Department};
use domain::scheduling::member::{self, Member};
use domain::scheduling::room::{self, Room};
use prost::Message as _;
use proto::Invalid;
use proto::Wire as _;
use proto::scheduling::events::v1 as values;
use proto::scheduling::v1 as pb;
use rusqlite::{Connection, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::view::ViewError;

pub(super) fn take_department(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Department>(record)? {
        let department::Event::Registered { profile } = event;
        let wire: values::DepartmentProfile = profile.to_wire();
        tables
            .prepare_cached("INSERT OR REPLACE INTO departments (code, name, profile) VALUES (?1, ?2, ?3)")?
            .execute(params![wire.code, wire.name, wire.encode_to_vec()])?;
    }
    Ok(())
}

pub(super) fn take_member(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Member>(record)? {
        let member::Event::Registered { profile } = event;
        let wire: values::MemberProfile = profile.to_wire();
        tables
            .prepare_cached(
                "INSERT OR REPLACE INTO members (code, name, department, profile) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![wire.code, wire.name, wire.department, wire.encode_to_vec()])?;
    }
    Ok(())
}

pub(super) fn take_room(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Room>(record)? {
        // Bookings are told with the sessions that have them.
        let room::Event::Registered { profile } = event else { continue };
        let wire: values::RoomProfile = profile.to_wire();
        tables
            .prepare_cached(
                "INSERT OR REPLACE INTO rooms (code, name, seats, profile) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![wire.code, wire.name, wire.seats, wire.encode_to_vec()])?;
    }
    Ok(())
}

type Ask<T> = Box<dyn FnOnce(&Connection) -> rusqlite::Result<Page<T>> + Send>;

fn profiles<T: prost::Message + Default + 'static>(query: ListQuery) -> Ask<T> {
    Box::new(|tables| query.run(tables, |row| message(row, "profile")))
}

/// The question for departments.
pub(crate) fn departments(
    request: &pb::ListDepartmentsRequest,
) -> Result<Ask<values::DepartmentProfile>, Invalid> {
    let query = ListQuery::new(
        "SELECT profile FROM departments",
        &["code", "name"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(profiles(query))
}

/// The question for members.
pub(crate) fn members(request: &pb::ListMembersRequest) -> Result<Ask<values::MemberProfile>, Invalid> {
    let query = ListQuery::new(
        "SELECT profile FROM members",
        &["code", "name", "department"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(profiles(query.filter_text("department = ?", &request.department)))
}

/// The question for rooms.
pub(crate) fn rooms(request: &pb::ListRoomsRequest) -> Result<Ask<values::RoomProfile>, Invalid> {
    let query = ListQuery::new(
        "SELECT profile FROM rooms",
        &["code", "name", "seats"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(profiles(query.filter("seats >= ?", [i64::from(request.seats_min)])))
}
