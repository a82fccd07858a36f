//! Whether the stream is ready to be used.
//!
//! A ledger must have confirmed the stream over the current connection. Until one has, nothing is appended,
//! since a new record could take the position of a committed one, and nothing is read, since the stream could
//! lack committed records or contain others.

use super::Link;
use crate::ReadError;
use std::sync::atomic::Ordering;

impl Link {
    /// Checks that the stream is the one confirmed by a ledger, or returns why that is not known.
    pub(super) async fn ensure_ready(&self) -> Result<(), String> {
        let connection_epoch = self.connection_epoch();
        let current = [connection_epoch, self.ledgers.epoch()];
        let verified = [0, 1].map(|at| self.verified_epochs[at].load(Ordering::Acquire));
        if verified == current && self.ledgers.any_confirmed() {
            return Ok(());
        }
        self.verify_stream(connection_epoch).await
    }

    async fn verify_stream(&self, connection_epoch: u64) -> Result<(), String> {
        let Some(registry_epoch) = self.ledgers.confirmed_epoch(&self.client) else {
            return Err(match self.ledgers.is_refused() {
                true => "a ledger refuses this history, because somebody knows more; its log says who".into(),
                false => "no ledger has confirmed the stream since the connection was made".into(),
            });
        };
        let stream = self.context.get_stream(&self.names.stream).await.map_err(|error| error.to_string())?;
        let info = stream.cached_info();
        let (found, expected) = (info.created.unix_timestamp_nanos(), self.ledgers.stream_created());
        if found != expected {
            self.ledgers.invalidate();
            return Err(format!(
                "the stream was created at {found} ns, but the ledgers follow the one created at {expected} ns"
            ));
        }
        if info.state.messages != info.state.last_sequence {
            self.ledgers.invalidate();
            return Err(format!(
                "the stream has only {} of {} messages",
                info.state.messages, info.state.last_sequence
            ));
        }
        let (end, highest) = (info.state.last_sequence, self.ledgers.highest());
        if end < highest {
            self.ledgers.invalidate();
            return Err(format!(
                "the stream ends at position {end}, although a ledger has everything up to {highest}"
            ));
        }
        self.verified_epochs[0].store(connection_epoch, Ordering::Release);
        self.verified_epochs[1].store(registry_epoch, Ordering::Release);
        Ok(())
    }

    /// Forces the stream to be verified again before its next use.
    pub(super) fn invalidate(&self) {
        self.verified_epochs[0].store(u64::MAX, Ordering::Release);
    }
}

/// Checks that a commit may be published: the stream is ready, and there are ledgers to commit it.
pub(super) async fn ensure_appendable(link: &Link) -> Result<(), String> {
    link.ensure_ready().await?;
    match link.ledgers.are_silent() {
        true => Err("the ledgers are silent".into()),
        false => Ok(()),
    }
}

/// Checks that the stream's records may be returned.
pub(super) async fn ensure_readable(link: &Link) -> Result<(), ReadError> {
    link.ensure_ready().await.map_err(ReadError::Unavailable)
}
