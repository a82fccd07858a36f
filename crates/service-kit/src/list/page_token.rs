//! Page tokens: the last row of a page, checked to belong to the same walk.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use proto::Invalid;
use rusqlite::types::Value;
use sha2::{Digest as _, Sha256};

/// Characters of a page token, at most.
const TOKEN_CHARS_MAX: usize = 4096;
/// Bytes that tie a token to its walk.
const CHECK_BYTES: usize = 8;

/// A token that does not belong to the walk that it was sent with.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(Invalid);

/// The refusal of a token.
pub(crate) fn invalid() -> Invalid {
    Invalid::field(
        "page_token",
        "must be the next_page_token of the previous answer, with the same filters and order",
    )
}

/// Whether a token can be one at all.
pub(crate) fn check(token: &str) -> Result<(), Invalid> {
    if !token.is_empty() && decode(token).is_none() {
        return Err(invalid());
    }
    Ok(())
}

/// The token of a page that ends with a row of these values.
pub(crate) fn write(last: &[Value; 2], walk: &str) -> String {
    let mut bytes = Vec::new();
    last.iter().for_each(|value| write_value(value, &mut bytes));
    let mut token = checksum(&bytes, walk).to_vec();
    token.extend(bytes);
    BASE64.encode(token)
}

/// The values of the last row of the page before.
pub(crate) fn read(token: &str, walk: &str) -> Result<[Value; 2], Invalid> {
    let (check, bytes) = decode(token).ok_or_else(invalid)?;
    if check != checksum(&bytes, walk) {
        return Err(invalid());
    }
    let mut rest = bytes.as_slice();
    let last = [read_value(&mut rest).ok_or_else(invalid)?, read_value(&mut rest).ok_or_else(invalid)?];
    Ok(last)
}

/// The refusal as an error of the query.
pub(crate) fn refused(invalid: Invalid) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(Refused(invalid)))
}

/// The refusal that an error of a query carries.
pub(crate) fn refusal(error: &rusqlite::Error) -> Option<&Invalid> {
    let rusqlite::Error::ToSqlConversionFailure(inner) = error else { return None };
    inner.downcast_ref::<Refused>().map(|Refused(invalid)| invalid)
}

fn decode(token: &str) -> Option<([u8; CHECK_BYTES], Vec<u8>)> {
    if token.len() > TOKEN_CHARS_MAX {
        return None;
    }
    let bytes = BASE64.decode(token).ok()?;
    let (check, rest) = bytes.split_first_chunk::<CHECK_BYTES>()?;
    Some((*check, rest.to_vec()))
}

fn checksum(bytes: &[u8], walk: &str) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new().chain_update(walk).chain_update([0]).chain_update(bytes).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

fn write_value(value: &Value, bytes: &mut Vec<u8>) {
    let (kind, content): (u8, Vec<u8>) = match value {
        Value::Null => (0, vec![]),
        Value::Integer(number) => (1, number.to_be_bytes().to_vec()),
        Value::Real(number) => (2, number.to_be_bytes().to_vec()),
        Value::Text(text) => (3, text.clone().into_bytes()),
        Value::Blob(blob) => (4, blob.clone()),
    };
    bytes.push(kind);
    bytes.extend((content.len() as u32).to_be_bytes());
    bytes.extend(content);
}

fn read_value(rest: &mut &[u8]) -> Option<Value> {
    let (&kind, after) = rest.split_first()?;
    let (length, after) = after.split_first_chunk::<4>()?;
    let (content, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = after;
    Some(match kind {
        0 => Value::Null,
        1 => Value::Integer(i64::from_be_bytes(content.try_into().ok()?)),
        2 => Value::Real(f64::from_be_bytes(content.try_into().ok()?)),
        3 => Value::Text(String::from_utf8(content.to_vec()).ok()?),
        4 => Value::Blob(content.to_vec()),
        _ => return None,
    })
}
