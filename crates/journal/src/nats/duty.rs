//! Duties of a realm in the broker: one message for each, in a stream of their own, which its holder writes again and again.
//!
//! A message is written only over the one that its writer has read, so of several who want a duty one gets it. Clocks are
//! not compared: whoever wants it waits until the message has not changed for [`DUTY_EXPIRY`], by their own clock; its
//! holder gives up earlier, when nothing could be written for [`DUTY_RENEWAL_MAX`].

use super::Link;
use super::append::{Outgoing, PublishError, request};
use super::message::EXPECTED_SUBJECT_SEQUENCE;
use super::setup::is_not_found;
use crate::duty::{Duty, Predecessor, Renewal};
use crate::limits::{DUTY_EXPIRY, DUTY_RENEWAL, DUTY_RENEWAL_MAX};
use async_nats::HeaderMap;
use async_nats::jetstream::stream::{
    self, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, StorageType,
};
use domain::Uuid;
use std::sync::Arc;
use tokio::time::Instant;

/// What the message of a duty says: `<holder> <claim> <held or free> <note>`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    holder: Uuid,
    /// Random, chosen at each claim.
    claim: Uuid,
    is_held: bool,
    note: String,
}

impl Entry {
    fn to_text(&self) -> String {
        let Entry { holder, claim, is_held, note } = self;
        format!("{holder} {claim} {} {note}", if *is_held { "held" } else { "free" })
    }

    fn parse(text: &[u8]) -> Option<Entry> {
        let mut fields = std::str::from_utf8(text).ok()?.splitn(4, ' ');
        Some(Entry {
            holder: fields.next()?.parse().ok()?,
            claim: fields.next()?.parse().ok()?,
            is_held: match fields.next()? {
                "held" => true,
                "free" => false,
                _ => return None,
            },
            note: fields.next()?.to_owned(),
        })
    }
}

/// One duty in the broker.
struct Place {
    link: Arc<Link>,
    stream: String,
    subject: String,
}

impl Place {
    /// What is written, with its sequence; sequence 0 if there is nothing.
    async fn read(&self) -> Result<(u64, Option<Entry>), String> {
        let stream = self.link.context.get_stream_no_info(&self.stream).await;
        let stream = stream.map_err(|error| error.to_string())?;
        match stream.get_last_raw_message_by_subject(&self.subject).await {
            Ok(message) => Ok((message.sequence, Entry::parse(&message.payload))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok((0, None)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Writes over the message with this sequence; returns the new one.
    async fn write(&self, over: u64, entry: &Entry) -> Result<u64, PublishError> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SUBJECT_SEQUENCE, over.to_string());
        let outgoing =
            Outgoing { subject: self.subject.clone(), headers, payload: entry.to_text().into_bytes().into() };
        request(self.link.client.clone(), outgoing).await
    }

    async fn ensure_stream(&self) -> Result<(), String> {
        match self.link.context.get_stream(&self.stream).await {
            Ok(_) => return Ok(()),
            Err(error) if is_not_found(&error) => {}
            Err(error) => return Err(error.to_string()),
        }
        let settings = stream::Config {
            name: self.stream.clone(),
            description: Some("Which process has which duty".into()),
            subjects: vec![self.link.names.duty_subject("*")],
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_messages_per_subject: 1,
            storage: StorageType::File,
            num_replicas: self.link.replicas,
            ..stream::Config::default()
        };
        self.link.context.create_stream(settings).await.map(drop).map_err(|error| error.to_string())
    }
}

/// What somebody who wants a duty has seen of it.
#[derive(Default)]
struct Watched {
    /// The sequence of its message, and since when it is that one.
    sequence: Option<(u64, Instant)>,
}

impl Watched {
    /// Whether the duty can be had, now that its message has this sequence.
    fn is_free(&mut self, sequence: u64, entry: Option<&Entry>, own: Uuid, now: Instant) -> bool {
        let since = match self.sequence {
            Some((known, since)) if known == sequence => since,
            _ => {
                self.sequence = Some((sequence, now));
                now
            }
        };
        match entry {
            Some(entry) if entry.is_held && entry.holder != own => now.duration_since(since) >= DUTY_EXPIRY,
            // What this process held before it was started again is its own.
            _ => true,
        }
    }
}

/// Waits until the duty is had.
pub(super) async fn claim(link: Arc<Link>, duty: &str, holder: Uuid, note: String) -> Duty {
    let place = Place { stream: link.names.duties_stream(), subject: link.names.duty_subject(duty), link };
    let entry = Entry { holder, claim: Uuid::new_v4(), is_held: true, note: note.clone() };
    let (mut watched, mut is_told) = (Watched::default(), false);
    loop {
        match try_claim(&place, &entry, &mut watched).await {
            Ok(Some((sequence, predecessor))) => {
                let renew = |renewal| renew(place, sequence, entry, renewal);
                return Duty::renewed_by(predecessor, note, renew);
            }
            Ok(None) => {}
            Err(reason) if is_told => tracing::debug!(duty, reason, "a duty cannot be claimed"),
            Err(reason) => {
                tracing::warn!(duty, reason, "a duty cannot be claimed, and is not done here; trying again");
                is_told = true;
            }
        }
        tokio::time::sleep(DUTY_RENEWAL).await;
    }
}

/// Claims the duty if it is free; returns the sequence of its message, and whose it was.
async fn try_claim(
    place: &Place,
    entry: &Entry,
    watched: &mut Watched,
) -> Result<Option<(u64, Option<Predecessor>)>, String> {
    place.ensure_stream().await?;
    let (sequence, before) = place.read().await?;
    if !watched.is_free(sequence, before.as_ref(), entry.holder, Instant::now()) {
        return Ok(None);
    }
    match place.write(sequence, entry).await {
        Ok(sequence) => {
            let predecessor = before.map(|Entry { holder, note, .. }| Predecessor { holder, note });
            Ok(Some((sequence, predecessor)))
        }
        // Somebody was faster.
        Err(PublishError::Conflict) => Ok(None),
        Err(PublishError::Retryable(reason) | PublishError::Refused(reason)) => Err(reason),
    }
}

/// Writes that the duty is held, until it is lost or to be given back.
async fn renew(place: Place, mut sequence: u64, mut entry: Entry, renewal: Renewal) {
    let mut renewed_at = Instant::now();
    while renewed_at.elapsed() < DUTY_RENEWAL_MAX {
        let is_over = tokio::select! {
            () = renewal.end.cancelled() => true,
            () = tokio::time::sleep(DUTY_RENEWAL) => false,
        };
        entry.note.clone_from(&renewal.note.borrow());
        entry.is_held = !is_over;
        let writing = Instant::now();
        match place.write(sequence, &entry).await {
            Ok(written) => (sequence, renewed_at) = (written, writing),
            Err(PublishError::Conflict) => match place.read().await {
                // What was written before had no answer, and is there.
                Ok((found, Some(there))) if there.claim == entry.claim => sequence = found,
                Ok(_) => break,
                Err(reason) => tracing::debug!(reason, "a duty could not be read"),
            },
            Err(PublishError::Retryable(reason) | PublishError::Refused(reason)) => {
                tracing::debug!(reason, "a duty could not be renewed");
            }
        }
        if is_over {
            return;
        }
    }
    renewal.lost.cancel();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(holder: Uuid, is_held: bool) -> Entry {
        Entry { holder, claim: Uuid::new_v4(), is_held, note: "42 ab".into() }
    }

    #[test]
    fn an_entry_round_trips() {
        for is_held in [true, false] {
            let entry = entry(Uuid::new_v4(), is_held);
            assert_eq!(Entry::parse(entry.to_text().as_bytes()), Some(entry));
        }
        assert_eq!(Entry::parse(b"held"), None);
    }

    #[test]
    fn a_duty_is_free_when_it_is_given_back_or_its_holder_is_silent() {
        let (own, other, start) = (Uuid::new_v4(), Uuid::new_v4(), Instant::now());
        let mut watched = Watched::default();
        let held = entry(other, true);
        assert!(!watched.is_free(1, Some(&held), own, start));
        assert!(!watched.is_free(1, Some(&held), own, start + DUTY_EXPIRY / 2));
        assert!(!watched.is_free(2, Some(&held), own, start + DUTY_EXPIRY), "it was renewed meanwhile");
        assert!(watched.is_free(2, Some(&held), own, start + DUTY_EXPIRY * 2));
        assert!(Watched::default().is_free(0, None, own, start));
        assert!(Watched::default().is_free(3, Some(&entry(other, false)), own, start));
        assert!(Watched::default().is_free(3, Some(&entry(own, true)), own, start));
        assert!(DUTY_RENEWAL_MAX < DUTY_EXPIRY, "whoever has it gives up before somebody else takes it");
    }
}
