//! A consumer's file that is damaged: it holds nothing that cannot be computed again, so it is moved aside, and the
//! consumer begins another.

use super::open;
use domain::Timestamp;
use rusqlite::{Connection, ErrorCode};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What SQLite keeps beside the file, by the ends of their names.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// A consumer's file that can be neither used nor replaced.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", file.display())]
pub struct Unusable {
    file: PathBuf,
    why: String,
}

impl Unusable {
    fn new(file: &Path, why: String) -> Unusable {
        Unusable { file: file.to_owned(), why }
    }
}

/// Opens a consumer's file; one that is damaged is moved aside first, and begun anew.
pub(crate) fn open_or_begin_anew(file: &Path, schema: &str) -> Result<Connection, Unusable> {
    let opened = match open(file, schema) {
        Err(error) if is_damage(&error) || !is_refused_by_the_system(&error, file) => {
            move_aside(file, &error)?;
            open(file, schema)
        }
        opened => opened,
    };
    opened.map_err(|error| {
        let what_to_do = "this process must be able to read and write it, the files beside it whose names begin \
                          alike, and their folder; check who owns them, and the disk";
        Unusable::new(file, format!("it cannot be opened ({error}); {what_to_do}"))
    })
}

/// Whether an error shows that a file is damaged, whatever was being done with it.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether a file could not be opened for reasons outside of it.
fn is_refused_by_the_system(error: &rusqlite::Error, file: &Path) -> bool {
    match error.sqlite_error_code() {
        // A file in which a later version of SQLite is written is read-only too, and so is one that is damaged there.
        Some(ErrorCode::ReadOnly) => File::options().append(true).open(file).is_err(),
        _ => super::is_about_the_file(error),
    }
}

/// Moves a damaged file aside, with what SQLite keeps beside it. It must not be open in this process any more, except
/// for reading.
#[expect(clippy::disallowed_methods, reason = "a file is named after the machine's clock")]
pub(crate) fn move_aside(file: &Path, damage: &rusqlite::Error) -> Result<(), Unusable> {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%.6fZ").to_string();
    let aside = with_end(file, &format!(".damaged-{now}"));
    for companion in COMPANIONS {
        match fs::rename(with_end(file, companion), with_end(&aside, companion)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let why = format!(
                    "it is damaged ({damage}) and cannot be moved aside ({error}); stop the process, move it and the \
                     files beside it whose names begin alike, and start it again: what was in them is rebuilt"
                );
                return Err(Unusable::new(file, why));
            }
            _ => {}
        }
    }
    tracing::warn!(
        file = %file.display(), %damage, moved_to = %aside.display(),
        "a file that is derived from the log was damaged; it is being rebuilt from the log. Check the disk; what was \
         moved aside can be deleted"
    );
    Ok(())
}

/// Removes a file with everything that begins with its name: what SQLite keeps beside it, and what was moved aside. It
/// must not be open in this process any more, except for reading.
pub(crate) fn remove(file: &Path) -> Result<(), Unusable> {
    let failed = |error: std::io::Error| {
        let why = format!(
            "it holds what was erased and cannot be removed ({error}); stop the process, remove it and the files \
             beside it whose names begin alike, and start it again: what was in them is rebuilt"
        );
        Unusable::new(file, why)
    };
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return Ok(()) };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes()) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}
