//! The lists of scheduling, and what is not settled. A single resource is read from its own
//! history.

mod availability;
mod body;
mod diary;
mod emergency;
mod invitation;
mod matter;
mod member;
mod poll;
mod roles;
mod room;
mod session;
mod similar;
mod timetable;

pub(crate) use availability::subscribed_calendars;
pub(crate) use body::bodies;
#[cfg(test)]
pub(crate) use body::{list as list_of_bodies, summary};
pub(crate) use diary::{Entry, calendar_holders, diaries, entries};
pub(crate) use emergency::next_strikes;
#[cfg(test)]
pub(crate) use invitation::list as list_of_invitations;
pub(crate) use invitation::{invitations, next_answers};
#[cfg(test)]
pub(crate) use matter::list as list_of_matters;
pub(crate) use matter::{matters, next_returns};
#[cfg(test)]
pub(crate) use poll::list as list_of_polls;
pub(crate) use poll::{next_closings, polls};
#[cfg(test)]
pub(crate) use room::list as list_of_rooms;
pub(crate) use room::rooms;
#[cfg(test)]
pub(crate) use session::list as list_of_sessions;
pub(crate) use session::sessions;
pub(crate) use similar::similar_to;
#[cfg(test)]
pub(crate) use timetable::list as list_of_timetables;
pub(crate) use timetable::{timetables, to_be_planned};

use domain::Aggregate as _;
use domain::directory::member::Member;
use domain::resolution::action_item::ActionItem;
use domain::scheduling::availability::Availability;
use domain::scheduling::body::Body;
use domain::scheduling::emergency::Emergency;
use domain::scheduling::matter::Matter;
use domain::scheduling::poll::Poll;
use domain::scheduling::room::Room;
use domain::scheduling::session::Session;
use domain::scheduling::timetable::Timetable;
use rusqlite::Transaction;
use service_kit::view::ViewError;
use service_kit::{Record, View};

/// The tables of the lists.
pub(crate) struct SchedulingView;

impl View for SchedulingView {
    const NAME: &'static str = "scheduling";
    const SCHEMA: &'static str =
        concat!(include_str!("schema.sql"), service_kit::pairs_table!("matter_pairs"));
    const CATEGORIES: &'static [&'static str] = &[
        Body::CATEGORY,
        Room::CATEGORY,
        Session::CATEGORY,
        Emergency::CATEGORY,
        Matter::CATEGORY,
        Timetable::CATEGORY,
        Poll::CATEGORY,
        Availability::CATEGORY,
        Member::CATEGORY,
        ActionItem::CATEGORY,
    ];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        similar::project(tables, record)?;
        match record.stream.category.as_str() {
            Body::CATEGORY => body::project(tables, record),
            Room::CATEGORY => room::project(tables, record),
            Session::CATEGORY => {
                session::project(tables, record)?;
                invitation::project(tables, record)
            }
            Emergency::CATEGORY => emergency::project(tables, record),
            Matter::CATEGORY => matter::project(tables, record),
            Timetable::CATEGORY => timetable::project(tables, record),
            Poll::CATEGORY => poll::project(tables, record),
            Availability::CATEGORY => availability::project(tables, record),
            Member::CATEGORY => member::project(tables, record),
            _ => Ok(()),
        }
    }
}
