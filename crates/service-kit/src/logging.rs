//! Structured logs on standard error: for people on a terminal, JSON otherwise.

use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt};

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `human` on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One readable line per event.
    Human,
    /// One JSON object per event.
    Json,
}

/// What a filter says unless it says otherwise: the client of NATS reports each attempt to connect, and what follows
/// from that is told by whoever has to do with it.
const FILTER_DEFAULTS: &str = "async_nats=off";

/// Begins logging. `filter` is in the syntax of `RUST_LOG`, such as `info,scheduling=debug`.
pub fn start(format: Format, filter: &str) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(format!("{FILTER_DEFAULTS},{filter}"))?;
    let human = match format {
        Format::Auto => std::io::stderr().is_terminal(),
        Format::Human => true,
        Format::Json => false,
    };
    // Nobody would read a line about lines that cannot be written, and printing one would panic.
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    // A second start in one process, as in tests, keeps the first.
    let _ = if human {
        lines.compact().try_init()
    } else {
        lines.json().flatten_event(true).with_span_list(false).try_init()
    };
    Ok(())
}
