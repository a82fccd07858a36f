//! Standard output.

use std::io::Write as _;

/// Prints a line. A closed pipe is an error like any other; it ends the command quietly.
pub fn print_line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
