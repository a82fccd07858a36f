//! Text that people and their programs wrote into files.

use crate::language::say;
use anyhow::Context as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Bytes of a file that is read whole, at most.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The text of a file, without a byte order mark.
///
/// # Errors
/// It cannot be read, is no UTF-8, or has more than [`FILE_BYTES_MAX`].
pub fn read(file: &Path) -> anyhow::Result<String> {
    let unreadable = || say("cannot read {file}", &[("file", &file.display())]);
    let opened = File::open(file).with_context(unreadable)?;
    let mut content = String::new();
    // What is no file of a disk has no size that is known before.
    let bytes = opened.take(FILE_BYTES_MAX + 1).read_to_string(&mut content).with_context(unreadable)?;
    anyhow::ensure!(
        bytes as u64 <= FILE_BYTES_MAX,
        say("{file} has more than {max} bytes", &[("file", &file.display()), ("max", &FILE_BYTES_MAX)])
    );
    Ok(without_bom(&content).to_owned())
}

/// A text without the byte order mark that some programs begin a file with.
pub fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::without_bom;

    #[test]
    fn only_a_mark_at_the_beginning_is_taken_off() {
        assert_eq!(without_bom("\u{feff}{}"), "{}");
        assert_eq!(without_bom("{\u{feff}}"), "{\u{feff}}");
        assert_eq!(without_bom(""), "");
    }
}
