//! What a ledger says and sends of its log, and whether other ledgers say the same.

use super::super::announcement::{Announcement, Shortage};
use super::super::feed::{FeedKey, Sent};
use super::end::SessionEnd;
use super::{Ledger, LedgerError, binding};
use crate::Position;
use async_nats::client::PublishError;
use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use event_log::{Hash, OrderedRecord, State, hex};
use std::sync::atomic::Ordering;

impl Ledger<'_> {
    pub(super) async fn announce(&self) {
        let head = self.log.head();
        self.announce_head(head.position, head.root).await;
    }

    async fn announce_head(&self, position: Position, root: Hash) {
        let Some(announcement) = self.announcement(position, root) else { return };
        self.publish(self.link.names.announcements.clone().into(), announcement).await;
    }

    /// Confirms the stream to a process, and tells it with what this ledger vouches for the records that it sends.
    pub(super) async fn confirm(&self, reply: Subject) {
        let head = self.log.head();
        let Some(announcement) = self.announcement(head.position, head.root) else { return };
        let mut headers = HeaderMap::new();
        headers.insert(FeedKey::HEADER, self.feed_key.to_text());
        self.note(self.link.client.publish_with_headers(reply, headers, announcement).await);
    }

    /// Sends records that the log has to all processes, unless they have them from another ledger.
    pub(super) async fn send(&self, records: &[OrderedRecord]) {
        let Some(last) = records.last() else { return };
        if last.position <= self.link.ledgers.fed().max(*self.link.committed.borrow()) {
            return;
        }
        let session = self.session.load(Ordering::SeqCst);
        for message in Sent::messages(self.id, session, records, &self.feed_key) {
            self.publish(self.link.names.feed.clone().into(), message).await;
        }
    }

    /// The announcement of a head, while the ledger follows the stream.
    fn announcement(&self, position: Position, root: Hash) -> Option<Bytes> {
        let session = self.session.load(Ordering::SeqCst);
        if session == 0 {
            return None;
        }
        let created = self.link.ledgers.stream_created();
        let (ledger, name) = (self.id, self.name.to_owned());
        let shortage = match self.log.state() {
            State::ReadOnly { free_bytes, reserve_bytes } => Some(Shortage { free_bytes, reserve_bytes }),
            State::Writable | State::Failed(_) => None,
        };
        let announcement = Announcement { position, created, session, ledger, root, shortage, name };
        Some(announcement.to_text().into())
    }

    pub(super) async fn publish(&self, subject: Subject, content: Bytes) {
        self.note(self.link.client.publish(subject, content).await);
    }

    fn note(&self, published: Result<(), PublishError>) {
        if let Err(error) = published {
            tracing::debug!(ledger = self.name, %error, "publishing a message failed");
        }
    }

    /// Compares roots with the other ledgers, except those that are ahead, which compare with this one. If roots
    /// differ, neither ledger may commit anything more.
    pub(super) async fn compare_roots(&self) -> Result<(), SessionEnd> {
        let (own, head) = (self.id, self.log.head().position);
        for other in self.link.ledgers.others(own) {
            if other.position > head {
                continue;
            }
            let root =
                self.log.root_at(other.position).map_err(|error| LedgerError::Log(error.to_string()))?;
            if root == other.root {
                continue;
            }
            // Announced so that the other ledger and all processes learn of it as well.
            self.announce_head(other.position, root).await;
            return Err(self.raise_alarm(&other, root).into());
        }
        match self.link.ledgers.dispute_of(own) {
            Some((root, other)) => Err(self.raise_alarm(&other, root).into()),
            None => Ok(()),
        }
    }

    fn raise_alarm(&self, other: &Announcement, root: Hash) -> LedgerError {
        let what = format!(
            "two ledgers have different histories: up to position {} the root of {} ({}) is {}, that of {} ({}) is {}",
            other.position,
            self.name,
            self.id,
            hex::encode(&root),
            other.name,
            other.ledger,
            hex::encode(&other.root),
        );
        if let Err(fault) = binding::raise(self.log.dir(), &what) {
            tracing::error!(%fault, "writing the alarm file failed");
        }
        match binding::alarm(self.log.dir()) {
            Ok(Some((what, file))) => LedgerError::Disputed { what, file },
            _ => LedgerError::Disputed { what, file: "the alarm file".into() },
        }
    }
}
