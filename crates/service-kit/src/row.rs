//! Reading values out of a view's rows.

use domain::Timestamp;
use proto::Wire;
use rusqlite::Row;
use rusqlite::types::Type;

/// The message that a column holds.
pub fn message<M: prost::Message + Default>(row: &Row<'_>, column: &str) -> rusqlite::Result<M> {
    let bytes: Vec<u8> = row.get(column)?;
    M::decode(bytes.as_slice())
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))
}

/// The wire form of a moment that a view keeps as microseconds since 1970.
pub fn moment<W>(micros: i64) -> Option<W>
where
    Timestamp: Wire<W>,
{
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_wire())
}
