//! What people read: standard output, and notes on standard error.

use crate::client::layout::{broken, terminal_columns};
use crate::language::text;
use std::io::Write as _;

/// Prints a line as it is. A closed pipe is an error like any other; it ends the command quietly.
pub fn print_line(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Prints a text for people; on a terminal, its lines break between words.
pub fn print_text(text: &str) -> anyhow::Result<()> {
    print_line(&broken(text, terminal_columns(&std::io::stdout())))
}

/// Prints something that is not part of the result.
pub fn print_note(note: &str) {
    let note = broken(&format!("{}{note}", text("note: ")), terminal_columns(&std::io::stderr()));
    // Nobody can be told that printing failed.
    let _ = writeln!(std::io::stderr(), "{note}");
}
