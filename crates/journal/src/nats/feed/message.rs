//! The message in which a ledger sends the records of a group.

use crate::Position;
use crate::limits::FEED_MESSAGE_BYTES_MAX;
use bytes::Bytes;
use domain::Uuid;
use event_log::{OrderedRecord, hex};
use hmac::{Hmac, KeyInit as _, Mac as _};
use prost::Message as _;
use sha2::Sha256;
use std::fmt;

/// Size of the code with which a message begins, in bytes.
const CODE_BYTES: usize = 32;
/// What a record takes beside its stream's name and its payload, about.
const RECORD_OVERHEAD_BYTES: usize = 64;

/// With what a ledger vouches for what it sends. It tells each process with the confirmation that it alone hears, so
/// whoever may publish where ledgers send, and is none, is not believed.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::nats) struct FeedKey([u8; 32]);

// A secret is not for logs.
impl fmt::Debug for FeedKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("FeedKey")
    }
}

impl FeedKey {
    /// Header of a confirmation: the key, in hexadecimal digits.
    pub(in crate::nats) const HEADER: &str = "Huishang-Feed-Key";

    pub(in crate::nats) fn generate() -> FeedKey {
        FeedKey(rand::random())
    }

    pub(in crate::nats) fn to_text(&self) -> String {
        hex::encode(&self.0)
    }

    pub(in crate::nats) fn parse(text: &str) -> Option<FeedKey> {
        hex::decode(text).map(FeedKey)
    }

    fn code(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length will do");
        code.update(content);
        code
    }

    /// Whether the ledger that has this key has sent a message.
    pub(in crate::nats) fn vouches_for(&self, message: &[u8]) -> bool {
        let parts = message.split_first_chunk::<CODE_BYTES>();
        parts.is_some_and(|(code, content)| self.code(content).verify_slice(code).is_ok())
    }
}

/// Records from a position on, as a ledger's log has them: a code over the rest, then this.
#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::nats) struct Sent {
    /// Id of the ledger.
    #[prost(bytes = "vec", tag = "1")]
    ledger: Vec<u8>,
    /// Its session.
    #[prost(uint64, tag = "2")]
    pub(in crate::nats) session: u64,
    /// Position of the first record.
    #[prost(uint64, tag = "3")]
    pub(in crate::nats) first: Position,
    #[prost(message, repeated, tag = "4")]
    pub(in crate::nats) records: Vec<SentRecord>,
}

/// A record with its personal values sealed.
#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::nats) struct SentRecord {
    /// Name of its stream.
    #[prost(string, tag = "1")]
    pub(in crate::nats) stream: String,
    /// An encoded `huishang.log.v1.Payload`.
    #[prost(bytes = "bytes", tag = "2")]
    pub(in crate::nats) payload: Bytes,
}

impl SentRecord {
    /// What it takes in memory or in a message, about.
    pub(in crate::nats) fn bytes(&self) -> usize {
        self.stream.len() + self.payload.len() + RECORD_OVERHEAD_BYTES
    }
}

impl Sent {
    /// The messages with consecutive records, none much larger than [`FEED_MESSAGE_BYTES_MAX`].
    pub(in crate::nats) fn messages(
        ledger: Uuid,
        session: u64,
        records: &[OrderedRecord],
        key: &FeedKey,
    ) -> Vec<Bytes> {
        let mut parts: Vec<Sent> = Vec::new();
        let mut room = 0;
        for record in records {
            let sent = SentRecord { stream: record.stream.clone(), payload: record.payload.clone() };
            let bytes = sent.bytes();
            match parts.last_mut() {
                Some(part) if bytes <= room => part.records.push(sent),
                _ => {
                    let (ledger, first) = (ledger.as_bytes().to_vec(), record.position);
                    parts.push(Sent { ledger, session, first, records: vec![sent] });
                    room = FEED_MESSAGE_BYTES_MAX;
                }
            }
            room = room.saturating_sub(bytes);
        }
        parts.iter().map(|part| part.encode_with(key)).collect()
    }

    fn encode_with(&self, key: &FeedKey) -> Bytes {
        let content = self.encode_to_vec();
        let code = key.code(&content).finalize().into_bytes();
        [code.as_slice(), &content].concat().into()
    }

    /// Reads a message, whoever it is of.
    pub(in crate::nats) fn parse(message: &[u8]) -> Option<Sent> {
        // A copy, so that what is kept of it does not keep all that was received together with it.
        let content = Bytes::copy_from_slice(message.get(CODE_BYTES..)?);
        Sent::decode(content).ok().filter(|sent| sent.first > 0)
    }

    pub(in crate::nats) fn ledger(&self) -> Option<Uuid> {
        Uuid::from_slice(&self.ledger).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(position: Position, bytes: usize) -> OrderedRecord {
        OrderedRecord {
            position,
            stream: format!("sample.thing.{position}"),
            types: vec![],
            time_micros: 0,
            command_id: Uuid::nil(),
            part: 1,
            parts: 1,
            salt: [0; 16],
            payload: vec![7; bytes].into(),
        }
    }

    #[test]
    fn a_group_round_trips_in_messages_that_a_broker_takes() {
        let key = FeedKey::generate();
        let records: Vec<_> = (5..).zip([10, 60_000, 60_000, 200_000, 300_000, 10]).collect();
        let records: Vec<_> = records.into_iter().map(|(position, bytes)| record(position, bytes)).collect();
        let messages = Sent::messages(Uuid::max(), 3, &records, &key);
        let parts: Vec<Sent> = messages.iter().map(|message| Sent::parse(message).unwrap()).collect();
        let places: Vec<_> = parts.iter().map(|part| (part.first, part.records.len())).collect();
        assert_eq!(places, [(5, 3), (8, 1), (9, 1), (10, 1)]);
        let received: Vec<_> = parts.iter().flat_map(|part| &part.records).collect();
        assert!(received.iter().zip(&records).all(|(a, b)| a.stream == b.stream && a.payload == b.payload));
        assert_eq!((parts[0].ledger(), parts[0].session), (Some(Uuid::max()), 3));
    }

    #[test]
    fn only_whoever_has_the_key_is_believed() {
        let key = FeedKey::generate();
        let message = Sent::messages(Uuid::max(), 3, &[record(5, 10)], &key).remove(0);
        assert!(FeedKey::parse(&key.to_text()).unwrap().vouches_for(&message));
        assert!(!FeedKey::generate().vouches_for(&message));
        for at in 0..message.len() {
            let mut forged = message.to_vec();
            forged[at] ^= 1;
            assert!(!key.vouches_for(&forged), "byte {at}");
        }
        for cut in 0..CODE_BYTES {
            assert!(!key.vouches_for(&message[..cut]) && Sent::parse(&message[..cut]).is_none());
        }
    }
}
