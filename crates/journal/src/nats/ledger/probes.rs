//! What a ledger answers to processes that ask whether this is the stream that they know.

use super::super::watermark::Connection;
use super::super::witnesses::{Contradiction, Judgement, Probe, REFUSED, acceptances, judge};
use super::end::SessionEnd;
use super::{Ledger, LedgerError};
use crate::limits::CONTRADICTION_REVIEW_INTERVAL;
use crate::witness::Witness;
use async_nats::{Message, Subject, Subscriber};
use futures::{FutureExt as _, StreamExt as _};
use std::sync::PoisonError;
use tokio::time::Instant;

impl Ledger<'_> {
    /// Verifies the stream once for all pending probes, and replies to them with the head.
    pub(super) async fn answer_probes(
        &self,
        first: Option<Message>,
        more: &mut Subscriber,
        connection: &Connection,
    ) -> Result<(), SessionEnd> {
        let probes = pending(first, more)?;
        self.check_connection(connection)?;
        let stream = self.verified_stream().await?;
        let (head, end) = (self.log.head().position, stream.cached_info().state.last_sequence);
        if end < head {
            return Err(SessionEnd::Interrupted(format!(
                "the stream ends at position {end}, the log at {head}"
            )));
        }
        self.check_same_record(&stream, head).await?;
        self.check_none_ahead(end)?;
        let mut replies = Vec::new();
        for Probe { reply, witness } in probes {
            let judgement = match &witness {
                Some(witness) => judge(self.link, &self.log, &stream, witness).await?,
                None => Judgement::Agrees,
            };
            match judgement {
                Judgement::Agrees => replies.extend(reply),
                Judgement::Outdated(why) => self.refuse(reply, &why).await,
                Judgement::Contradicts(contradiction) => {
                    self.refuse(reply, &contradiction.refusal()).await;
                    self.heed(witness, contradiction).await?;
                }
            }
        }
        for reply in replies {
            self.confirm(reply).await;
        }
        Ok(())
    }

    /// Reports a contradiction that was accepted in advance, or stops following the stream.
    async fn heed(&self, witness: Option<Witness>, contradiction: Contradiction) -> Result<(), SessionEnd> {
        if let Some(accept) = &self.accept {
            // Nobody listens any more when the process ends.
            let _ = accept.send(contradiction);
            return Ok(());
        }
        tracing::error!(ledger = self.name, "the ledger refuses this history: {}", contradiction.refusal());
        // For those to whom it has confirmed the stream.
        let everybody = self.link.names.announcements.clone().into();
        self.refuse(Some(everybody), &contradiction.refusal()).await;
        *self.contradicting.lock().unwrap_or_else(PoisonError::into_inner) = witness;
        Err(SessionEnd::Interrupted(contradiction.what))
    }

    /// Refuses all probes for as long as a witness contradicts the stream.
    pub(super) async fn wait_while_contradicted(&self, probes: &mut Subscriber) -> Result<(), SessionEnd> {
        loop {
            let witness = self.contradicting.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(witness) = witness else { return Ok(()) };
            let stream = self.find_stream().await?;
            let Judgement::Contradicts(contradiction) =
                judge(self.link, &self.log, &stream, &witness).await?
            else {
                tracing::info!(
                    ledger = self.name,
                    witness = witness.name,
                    "the history has what is known of it"
                );
                *self.contradicting.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return Ok(());
            };
            let review = Instant::now() + CONTRADICTION_REVIEW_INTERVAL;
            while let Ok(probe) = tokio::time::timeout_at(review, probes.next()).await {
                for probe in pending(probe, probes)? {
                    self.refuse(probe.reply, &contradiction.refusal()).await;
                }
            }
        }
    }

    async fn refuse(&self, reply: Option<Subject>, why: &str) {
        if let Some(reply) = reply {
            self.publish(reply, format!("{REFUSED}{why}").into()).await;
        }
    }

    /// Tells the other ledgers what this log knows, when the stream is not the one that it followed. What is in the
    /// log of a ledger that commits alone is committed.
    pub(super) async fn testify(&self, error: &LedgerError) {
        let replaced = matches!(error, LedgerError::StreamReplaced { .. } | LedgerError::Diverged { .. });
        let head = self.log.head().position;
        if !replaced || head == 0 || !self.link.ledgers.one_commits() {
            return;
        }
        let Ok(last) = self.log.read(head - 1, 1) else { return };
        let Some(last) = last.first() else { return };
        let witness = Witness {
            position: head,
            command_id: last.command_id,
            accepted: acceptances(&self.log)
                .unwrap_or_default()
                .iter()
                .map(|found| found.command_id)
                .collect(),
            is_live: false,
            name: format!("the ledger {} with the log in {}", self.name, self.log.dir().display()),
        };
        self.publish(self.link.names.probes.clone().into(), witness.to_text().into()).await;
        if let Err(error) = self.link.client.flush().await {
            tracing::debug!(ledger = self.name, %error, "telling the other ledgers failed");
        }
    }
}

/// A probe, and those that have come meanwhile.
fn pending(first: Option<Message>, more: &mut Subscriber) -> Result<Vec<Probe>, SessionEnd> {
    let Some(first) = first else {
        return Err(SessionEnd::Interrupted("the subscription to probes ended".into()));
    };
    let mut probes = vec![Probe::of(first)];
    while let Some(Some(probe)) = more.next().now_or_never() {
        probes.push(Probe::of(probe));
    }
    Ok(probes)
}
