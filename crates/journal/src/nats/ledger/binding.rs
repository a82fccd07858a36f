//! Who a ledger is and which stream its log follows, kept beside the log: after a restart of everything, a stream that was made
//! anew is still known as another one.

use domain::Uuid;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

const FILE: &str = "stream";
const ALARM: &str = "alarm";
const LEDGER: &str = "ledger";

/// When the stream that the log in `dir` follows was created, in nanoseconds; `None` before it followed
/// one.
pub(in crate::nats) fn read(dir: &Path) -> io::Result<Option<i128>> {
    let text = match fs::read_to_string(dir.join(FILE)) {
        Ok(text) => text,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let created = text.trim().strip_prefix("created ").and_then(|number| number.parse().ok());
    created.map(Some).ok_or_else(|| {
        let path = dir.join(FILE);
        io::Error::other(format!("{} does not say when the stream was created", path.display()))
    })
}

/// Remembers the stream, durably.
pub(in crate::nats) fn write(dir: &Path, created: i128) -> io::Result<()> {
    keep(dir, FILE, &format!("created {created}\n"))
}

/// The ledger's own identity, given when it first ran over the log in `dir`. The log's identity is not
/// enough: a log that was restored from a backup has the same.
pub(super) fn ledger_id(dir: &Path) -> io::Result<Uuid> {
    let path = dir.join(LEDGER);
    match fs::read_to_string(&path) {
        Ok(text) => {
            text.trim().parse().map_err(|_| io::Error::other(format!("{} holds no identity", path.display())))
        }
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            let id = Uuid::new_v4();
            keep(dir, LEDGER, &format!("{id}\n"))?;
            Ok(id)
        }
        Err(fault) => Err(fault),
    }
}

/// The alarm that was raised over this log, and the file that holds it.
pub(super) fn alarm(dir: &Path) -> io::Result<Option<(String, String)>> {
    let path = dir.join(ALARM);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((text.trim().to_owned(), path.display().to_string()))),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Keeps an alarm until somebody has looked and takes it away.
pub(super) fn raise(dir: &Path, alarm: &str) -> io::Result<()> {
    keep(dir, ALARM, &format!("{alarm}\n"))
}

/// A file is there whole or not at all.
fn keep(dir: &Path, name: &str, text: &str) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, dir.join(name))?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        write(folder.path(), 1_800_000_000_000_000_001).unwrap();
        write(folder.path(), 1_800_000_000_000_000_002).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(1_800_000_000_000_000_002));
        fs::write(folder.path().join(FILE), "created soon").unwrap();
        assert!(read(folder.path()).is_err());
    }
}
