//! Files next to the log: the ledger's id, the stream that the log follows, and the alarm. They let a ledger
//! recognize a recreated stream even after everything was restarted.

use domain::Uuid;
use event_log::durable_file;
use std::fs;
use std::io;
use std::path::Path;

const FILE: &str = "stream";
const ALARM: &str = "alarm";
const LEDGER: &str = "ledger";

/// Reads the creation time of the stream that the log in `dir` follows, in nanoseconds since 1970; `None` if it
/// has not followed one yet.
pub(in crate::nats) fn read(dir: &Path) -> io::Result<Option<i128>> {
    let text = match fs::read_to_string(dir.join(FILE)) {
        Ok(text) => text,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let created = text.trim().strip_prefix("created ").and_then(|number| number.parse().ok());
    created.map(Some).ok_or_else(|| {
        let path = dir.join(FILE);
        io::Error::other(format!("{} has no valid creation time of the stream", path.display()))
    })
}

/// Durably records which stream the log follows.
pub(in crate::nats) fn write(dir: &Path, created: i128) -> io::Result<()> {
    durable_file::replace(&dir.join(FILE), format!("created {created}\n").as_bytes())
}

/// Reads the ledger's id, assigned when the ledger first runs on the log in `dir`. The log's own identity would
/// not do, since a log restored from a backup has the same.
pub(super) fn ledger_id(dir: &Path) -> io::Result<Uuid> {
    let path = dir.join(LEDGER);
    match fs::read_to_string(&path) {
        Ok(text) => text
            .trim()
            .parse()
            .map_err(|_| io::Error::other(format!("{} has no valid ledger id", path.display()))),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            let id = Uuid::new_v4();
            durable_file::replace(&path, format!("{id}\n").as_bytes())?;
            Ok(id)
        }
        Err(fault) => Err(fault),
    }
}

/// Returns the alarm raised for this log, and its file.
pub(super) fn alarm(dir: &Path) -> io::Result<Option<(String, String)>> {
    let path = dir.join(ALARM);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((text.trim().to_owned(), path.display().to_string()))),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Durably records an alarm, until an operator deletes the file.
pub(super) fn raise(dir: &Path, alarm: &str) -> io::Result<()> {
    durable_file::replace(&dir.join(ALARM), format!("{alarm}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_followed_stream_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        write(folder.path(), 1_800_000_000_000_000_001).unwrap();
        write(folder.path(), 1_800_000_000_000_000_002).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(1_800_000_000_000_000_002));
        fs::write(folder.path().join(FILE), "created soon").unwrap();
        assert!(read(folder.path()).is_err());
    }
}
