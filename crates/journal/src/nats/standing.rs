//! Whether the stream that is there now may be believed.
//!
//! A ledger has to have looked at it over the present connection. Until one has, nothing is appended,
//! because it could take the place of what is committed, and nothing is read, because it could be less
//! than what is committed, or something else.

use super::Link;
use crate::ReadError;
use std::sync::atomic::Ordering;

impl Link {
    /// Sees that the stream is the one that a ledger has looked at, or says why that is not known.
    pub(super) async fn seen_whole(&self) -> Result<(), String> {
        let epoch = self.epoch();
        let now = [epoch, self.heard.tenure()];
        let checked = [0, 1].map(|at| self.checked[at].load(Ordering::Acquire));
        if checked == now && self.heard.is_confirmed() {
            return Ok(());
        }
        self.look(epoch).await
    }

    async fn look(&self, epoch: u64) -> Result<(), String> {
        let Some(tenure) = self.heard.seen_whole(&self.client) else {
            return Err("no ledger has confirmed the stream since the connection was made".into());
        };
        let stream = self.context.get_stream(&self.names.stream).await.map_err(|error| error.to_string())?;
        let info = stream.cached_info();
        let (found, expected) = (info.created.unix_timestamp_nanos(), self.heard.created());
        if found != expected {
            self.heard.doubt();
            return Err(format!(
                "the stream was created at {found} ns; the ledgers follow that of {expected} ns"
            ));
        }
        if info.state.messages != info.state.last_sequence {
            self.heard.doubt();
            return Err(format!(
                "the stream has only {} of {} messages",
                info.state.messages, info.state.last_sequence
            ));
        }
        let (end, highest) = (info.state.last_sequence, self.heard.highest());
        if end < highest {
            self.heard.doubt();
            return Err(format!("the stream ends at {end}, though a ledger has everything up to {highest}"));
        }
        self.checked[0].store(epoch, Ordering::Release);
        self.checked[1].store(tenure, Ordering::Release);
        Ok(())
    }

    /// Has everything looked at again before it is used.
    pub(super) fn doubt(&self) {
        self.checked[0].store(u64::MAX, Ordering::Release);
    }
}

/// Whether a commit may be sent: the stream is whole, and ledgers are there to commit it.
pub(super) async fn may_append(link: &Link) -> Result<(), String> {
    link.seen_whole().await?;
    match link.heard.silent() {
        true => Err("the ledgers are silent".into()),
        false => Ok(()),
    }
}

/// Whether what the stream holds may be given out.
pub(super) async fn may_read(link: &Link) -> Result<(), ReadError> {
    link.seen_whole().await.map_err(ReadError::Unavailable)
}
