//! Reading values out of a view's rows.

use domain::{Timestamp, Uuid};
use proto::Wire;
use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};

/// The message that a column holds.
pub fn message<M: prost::Message + Default>(row: &Row<'_>, column: &str) -> rusqlite::Result<M> {
    let bytes: Vec<u8> = row.get(column)?;
    M::decode(bytes.as_slice())
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))
}

/// The id that a column holds as text.
pub fn uuid(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Uuid> {
    Uuid::try_parse(&row.get::<_, String>(column)?)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault.into()))
}

/// The moment that a column holds as microseconds since 1970.
pub fn timestamp(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, fault.into()))
}

/// The wire form of a moment that a view keeps as microseconds since 1970.
pub fn moment<W>(micros: i64) -> Option<W>
where
    Timestamp: Wire<W>,
{
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_wire())
}
