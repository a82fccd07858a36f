//! What a ledger says of its log, and whether other ledgers say the same.

use super::super::announcement::{Announcement, Shortage};
use super::end::SessionEnd;
use super::{Ledger, LedgerError, binding};
use crate::Position;
use async_nats::Subject;
use bytes::Bytes;
use event_log::hex;
use event_log::{Hash, State};
use std::sync::atomic::Ordering;

impl Ledger<'_> {
    pub(super) async fn announce(&self) {
        let head = self.log.head();
        self.publish_head(self.link.names.announcements.clone().into(), head.position, head.root).await;
    }

    pub(super) async fn publish_head(&self, subject: Subject, position: Position, root: Hash) {
        let session = self.session.load(Ordering::SeqCst);
        if session == 0 {
            return;
        }
        let created = self.link.ledgers.stream_created();
        let (ledger, name) = (self.id, self.name.to_owned());
        let shortage = match self.log.state() {
            State::ReadOnly { free_bytes, reserve_bytes } => Some(Shortage { free_bytes, reserve_bytes }),
            State::Writable | State::Failed(_) => None,
        };
        let announcement = Announcement { position, created, session, ledger, root, shortage, name };
        self.publish(subject, announcement.to_text().into()).await;
    }

    pub(super) async fn publish(&self, subject: Subject, text: Bytes) {
        if let Err(error) = self.link.client.publish(subject, text).await {
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
            self.publish_head(self.link.names.announcements.clone().into(), other.position, root).await;
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
