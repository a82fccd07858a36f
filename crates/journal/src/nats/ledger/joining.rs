//! How a ledger finds the stream that its log follows, and whether it has what the log has.

use super::super::received::Received;
use super::super::setup::is_not_found;
use super::end::{SessionEnd, file_error, interrupted};
use super::restore_tail::{self, RestoreTailError};
use super::{Ledger, LedgerError, binding};
use crate::limits::{CONSUMER_SILENCE_MAX, RETRY_PAUSE_MAX};
use crate::{Position, ReadError};
use async_nats::jetstream::stream;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

impl Ledger<'_> {
    /// Verifies that the stream belongs to the log, restores its tail if it was lost, and starts a session.
    pub(super) async fn join(&self) -> Result<stream::Stream, SessionEnd> {
        let stream = self.verified_stream().await?;
        let created = stream.cached_info().created.unix_timestamp_nanos();
        let head = self.log.head().position;
        let end = stream.cached_info().state.last_sequence;
        let bound = self.bound_stream()?;
        if bound.is_none() && end == 0 && head > 0 {
            return Err(LedgerError::StreamEmpty { head }.into());
        }
        self.check_same_record(&stream, head.min(end)).await?;
        self.check_none_ahead(end.max(head))?;
        self.link.keys.put_back().await?;
        if end < head {
            self.restore_tail(end, head).await?;
        }
        if bound.is_none() {
            binding::write(self.log.dir(), created).map_err(file_error)?;
        }
        self.session.store(rand::random::<u64>().max(1), Ordering::SeqCst);
        Ok(stream)
    }

    /// Returns the stream if it is the one that the log follows and has no gaps.
    pub(super) async fn verified_stream(&self) -> Result<stream::Stream, SessionEnd> {
        let stream = self.find_stream().await?;
        let found = stream.cached_info().created.unix_timestamp_nanos();
        let bound = self.bound_stream()?;
        let expected = bound.unwrap_or_else(|| self.link.ledgers.stream_created());
        if found != expected {
            return Err(LedgerError::StreamReplaced { found, expected }.into());
        }
        let state = &stream.cached_info().state;
        if state.messages != state.last_sequence {
            let missing = state.last_sequence - state.messages;
            let what = format!("the stream has lost {missing} of its messages up to here");
            return Err(
                LedgerError::Damaged(ReadError::Damaged { position: state.last_sequence, what }).into()
            );
        }
        Ok(stream)
    }

    /// The creation time of the stream that the log follows; an empty log follows any.
    fn bound_stream(&self) -> Result<Option<i128>, SessionEnd> {
        match self.log.head().position {
            0 => Ok(None),
            _ => Ok(binding::read(self.log.dir()).map_err(file_error)?),
        }
    }

    /// Returns the stream if it exists; retries, because a broker that is just starting may not know it yet.
    pub(super) async fn find_stream(&self) -> Result<stream::Stream, SessionEnd> {
        let name = &self.link.names.stream;
        let deadline = Instant::now() + CONSUMER_SILENCE_MAX;
        loop {
            match self.link.context.get_stream(name).await {
                Ok(stream) => return Ok(stream),
                Err(error) if !is_not_found(&error) => return Err(interrupted(error)),
                Err(_) if Instant::now() >= deadline => {
                    return Err(LedgerError::StreamMissing { stream: name.clone() }.into());
                }
                Err(_) => tokio::time::sleep(RETRY_PAUSE_MAX).await,
            }
        }
    }

    /// Checks that stream and log have the same record at a position.
    pub(super) async fn check_same_record(
        &self,
        stream: &stream::Stream,
        position: Position,
    ) -> Result<(), SessionEnd> {
        if position == 0 {
            return Ok(());
        }
        let message = stream.get_raw_message(position).await.map_err(interrupted)?;
        let logged = self.log.read(position - 1, 1).map_err(|error| LedgerError::Log(error.to_string()))?;
        let (subject, headers, payload) = (message.subject.as_str(), &message.headers, &message.payload);
        let received = Received { position, subject, headers, payload };
        let same = logged.first().is_some_and(|logged| received.is(&self.link.names, logged));
        if same { Ok(()) } else { Err(LedgerError::Diverged { position }.into()) }
    }

    /// Checks that no other ledger has more records than are here. Such a ledger must restore them to the stream
    /// first, before other records are assigned their positions.
    pub(super) fn check_none_ahead(&self, here: Position) -> Result<(), SessionEnd> {
        let highest = self.link.ledgers.highest();
        if highest <= here {
            return Ok(());
        }
        Err(SessionEnd::Interrupted(format!(
            "another ledger has everything up to position {highest}, stream and log only up to {here}; waiting for it to restore the rest"
        )))
    }

    async fn restore_tail(&self, end: Position, head: Position) -> Result<(), SessionEnd> {
        tracing::warn!(
            ledger = self.name,
            stream_ends = end,
            log_ends = head,
            "the stream has lost its tail; restoring it from the log"
        );
        let names = &self.link.names;
        let subject = |stream: &str| names.subject_of(stream);
        restore_tail::restore_tail(&self.link.client, names, &self.log, (end, head), subject, |_| {})
            .await
            .map_err(|fault| match fault {
                RestoreTailError::Log(reason) => LedgerError::Log(reason).into(),
                RestoreTailError::InvalidRecord(error) => error.into(),
                fault => interrupted(fault),
            })
    }

    /// Checks that a silent consumer has not missed records; it may stop delivering without an error.
    pub(super) async fn check_consumer(
        &self,
        stream: &stream::Stream,
        reached: Position,
    ) -> Result<(), SessionEnd> {
        let end = stream.get_info().await.map_err(interrupted)?.state.last_sequence;
        if end == reached {
            return Ok(());
        }
        Err(SessionEnd::Interrupted(format!(
            "the consumer has delivered nothing after position {reached}, although the stream ends at {end}"
        )))
    }
}
