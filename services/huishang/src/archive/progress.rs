//! Progress bars, on standard error, and only where that is a terminal.

use crate::language::text;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar over this many records.
pub fn records(activity: &str, records: u64) -> ProgressBar {
    let bar = ProgressBar::new(records).with_prefix(activity.to_owned());
    let style = text("{prefix} {wide_bar} {human_pos} of {human_len} records, {per_sec}, {eta} left");
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
