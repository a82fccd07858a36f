//! The lists of the directory. The calendar is read from its own history.

mod department;
mod member;

pub(crate) use department::departments;
#[cfg(test)]
pub(crate) use department::list as list_of_departments;
#[cfg(test)]
pub(crate) use member::list as list_of_members;
pub(crate) use member::members;

use domain::Aggregate as _;
use domain::directory::department::Department;
use domain::directory::member::Member;
use rusqlite::Transaction;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;
use service_kit::{Record, ScopedTables, View};

/// The tables of the lists.
pub(crate) struct DirectoryView;

impl View for DirectoryView {
    const NAME: &'static str = "directory";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const CATEGORIES: &'static [&'static str] = &[Department::CATEGORY, Member::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        match record.stream.category.as_str() {
            Department::CATEGORY => department::project(tables, record),
            Member::CATEGORY => member::project(tables, record),
            _ => Ok(()),
        }
    }
}

type Query<T> = Box<dyn FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<T>> + Send>;

/// A list of the messages in the column `message`.
fn messages<M: prost::Message + Default + 'static>(query: ListQuery) -> Query<M> {
    Box::new(|tables| query.run(tables, |row| message(row, "message")))
}
