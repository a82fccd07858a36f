//! Standard output, for people.

use std::io::Write as _;

/// Prints a line. That nobody reads any more is an error like another, and ends the command quietly.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
