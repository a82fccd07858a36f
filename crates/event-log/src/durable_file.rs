//! Small files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Puts a file with this content in the place of the one before: written beside it, synced, renamed, and
/// the directory synced.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_added_extension("part");
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    rename(&beside, path)
}

/// Gives a synced file its name, and syncs the directory.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_parent(to)
}

/// Syncs the directory that holds a file, as is needed after one was made, renamed or removed.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
