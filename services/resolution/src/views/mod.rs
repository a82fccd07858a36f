//! What resolution is asked: resolutions, items, and what happened to an item.

mod history;
mod item;
mod resolution;

pub(crate) use item::{item, items};
pub(crate) use resolution::{resolution, resolutions};

use domain::resolution::action_item::ActionItem;
use domain::resolution::resolution::Resolution;
use domain::{Aggregate as _, Timestamp, Uuid};
use proto::{Invalid, Wire};
use rusqlite::types::Type;
use rusqlite::{Row, Transaction};
use service_kit::view::ViewError;
use service_kit::{Record, View};

/// The tables behind the answers.
pub struct ResolutionView;

impl View for ResolutionView {
    const NAME: &'static str = "resolution";
    const SCHEMA: &'static str = include_str!("schema.sql");

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        match record.stream.category.as_str() {
            Resolution::CATEGORY => resolution::take(tables, record),
            ActionItem::CATEGORY => item::take(tables, record),
            _ => Ok(()),
        }
    }
}

/// How one resolution or item is named in a question.
pub(crate) struct Named {
    /// The column that tells it, with a value to compare.
    condition: &'static str,
    value: String,
}

impl Named {
    /// Reads the two fields of a question of which one must be given; the id goes before the number.
    pub(crate) fn read(id_field: &str, id: &str, number: &str) -> Result<Named, Invalid> {
        match (id, number.trim()) {
            ("", "") => Err(Invalid::field(id_field, "is missing; give the id or the number")),
            ("", number) => Ok(Named { condition: "written = ?1", value: number.to_owned() }),
            (id, _) => Ok(Named { condition: "id = ?1", value: uuid(id_field, id)? }),
        }
    }
}

/// Reads an id that stands in a filter, in the form in which the tables have it.
fn uuid(field: &str, id: &str) -> Result<String, Invalid> {
    Ok(service_kit::serve::read::<Uuid, String>(field, id.to_owned())?.to_string())
}

/// Reads a column that holds a message.
fn message<M: prost::Message + Default>(row: &Row<'_>, column: &str) -> rusqlite::Result<M> {
    let bytes: Vec<u8> = row.get(column)?;
    M::decode(bytes.as_slice())
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))
}

fn moment<W>(micros: i64) -> Option<W>
where
    Timestamp: Wire<W>,
{
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_wire())
}
