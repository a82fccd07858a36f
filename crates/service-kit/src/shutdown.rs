//! The end of a process: the first signal drains it, the second ends it.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels the token at the first SIGTERM or SIGINT; at the second, the process ends at once with status 130.
#[expect(clippy::disallowed_methods, reason = "signals are listened to until the process ends")]
pub fn on_signals(token: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut signals = 0;
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            signals += 1;
            if signals > 1 {
                std::process::exit(130);
            }
            tracing::info!(signal = name, "draining; a second signal ends at once");
            token.cancel();
        }
    });
    Ok(())
}
