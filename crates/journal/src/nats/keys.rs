//! The keys of persons in the broker: how the processes of a realm share them.
//!
//! They are in a stream of their own, from which messages are deleted, and overwritten, for good. There are two messages
//! for a key: the key under its id, and its id under the tag of its person. The latter is published only where there is
//! none, so that a person has one key at a time. The ledgers keep copies on their disks, before they commit what was
//! sealed with a key, and put them back when the broker has lost them.

use super::append::{Outgoing, PublishError, request};
use super::message::{EXPECTED_SUBJECT_SEQUENCE, Names};
use super::setup::is_not_found;
use crate::personal::{Key, Tag};
use async_nats::jetstream::stream::{
    self, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, StorageType,
};
use async_nats::jetstream::{self, message::StreamMessage};
use async_nats::{Client, HeaderMap};
use domain::Uuid;

/// The keys in the broker.
#[derive(Clone)]
pub(crate) struct BrokerKeys {
    client: Client,
    context: jetstream::Context,
    stream: String,
    prefix: String,
}

impl BrokerKeys {
    /// Finds the stream, and creates it if there is none.
    pub(super) async fn open(
        client: &Client,
        context: &jetstream::Context,
        names: &Names,
        replicas: usize,
    ) -> Result<BrokerKeys, String> {
        let keys = BrokerKeys {
            client: client.clone(),
            context: context.clone(),
            stream: names.keys_stream(),
            prefix: names.keys_prefix(),
        };
        keys.ensure_stream(replicas).await?;
        Ok(keys)
    }

    async fn ensure_stream(&self, replicas: usize) -> Result<(), String> {
        match self.context.get_stream(&self.stream).await {
            Ok(_) => return Ok(()),
            Err(error) if is_not_found(&error) => {}
            Err(error) => return Err(error.to_string()),
        }
        let settings = stream::Config {
            name: self.stream.clone(),
            description: Some("The keys with which personal data is sealed".into()),
            subjects: vec![format!("{}*.*", self.prefix)],
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::New,
            storage: StorageType::File,
            num_replicas: replicas,
            ..stream::Config::default()
        };
        self.context.create_stream(settings).await.map(drop).map_err(|error| error.to_string())
    }

    fn key_subject(&self, id: Uuid) -> String {
        format!("{}id.{id}", self.prefix)
    }

    fn person_subject(&self, tag: Tag) -> String {
        format!("{}of.{}", self.prefix, tag.hex())
    }

    async fn last(&self, subject: &str) -> Result<Option<StreamMessage>, String> {
        let stream =
            self.context.get_stream_no_info(&self.stream).await.map_err(|error| error.to_string())?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The key with this id.
    pub(crate) async fn key(&self, id: Uuid) -> Result<Option<Key>, String> {
        Ok(self.last(&self.key_subject(id)).await?.and_then(|message| Key::from_bytes(id, &message.payload)))
    }

    /// The key of a person.
    pub(crate) async fn key_of(&self, tag: Tag) -> Result<Option<Key>, String> {
        match self.last(&self.person_subject(tag)).await? {
            Some(message) => match Uuid::from_slice(&message.payload) {
                Ok(id) => self.key(id).await,
                Err(_) => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// Publishes a key as that of its person, unless they have one; returns the key that they have then.
    pub(crate) async fn make(&self, key: Key) -> Result<Key, String> {
        self.publish(self.key_subject(key.id), key.to_bytes().to_vec()).await?;
        if self.publish(self.person_subject(key.tag), key.id.as_bytes().to_vec()).await? {
            return Ok(key);
        }
        let theirs = self.key_of(key.tag).await?;
        match theirs {
            Some(theirs) if theirs.id == key.id => Ok(theirs),
            Some(theirs) => {
                self.delete(&self.key_subject(key.id)).await?;
                Ok(theirs)
            }
            None => Err("the key of a person changes just now".into()),
        }
    }

    /// Puts a key back that the broker has lost. It is its person's again, unless they have another one by now.
    pub(crate) async fn put_back(&self, key: &Key) -> Result<(), String> {
        self.publish(self.key_subject(key.id), key.to_bytes().to_vec()).await?;
        self.publish(self.person_subject(key.tag), key.id.as_bytes().to_vec()).await.map(drop)
    }

    /// How many keys the stream has.
    pub(crate) async fn count(&self) -> Result<u64, String> {
        let stream = self.context.get_stream(&self.stream).await.map_err(|error| error.to_string())?;
        Ok(stream.cached_info().state.messages / 2)
    }

    /// Destroys a key. The name of its person goes first, so that it can be continued after a crash.
    pub(crate) async fn destroy(&self, id: Uuid) -> Result<(), String> {
        if let Some(key) = self.key(id).await? {
            let person = self.person_subject(key.tag);
            let theirs = self.last(&person).await?;
            if theirs.is_some_and(|message| message.payload.as_ref() == id.as_bytes()) {
                self.delete(&person).await?;
            }
            self.delete(&self.key_subject(id)).await?;
        }
        Ok(())
    }

    /// Deletes the message of a subject; the broker overwrites it on its disk.
    async fn delete(&self, subject: &str) -> Result<(), String> {
        let Some(message) = self.last(subject).await? else { return Ok(()) };
        let stream =
            self.context.get_stream_no_info(&self.stream).await.map_err(|error| error.to_string())?;
        stream.delete_message(message.sequence).await.map(drop).map_err(|error| error.to_string())
    }

    /// Publishes a message to a subject that has none; returns whether it had none.
    async fn publish(&self, subject: String, payload: Vec<u8>) -> Result<bool, String> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SUBJECT_SEQUENCE, "0");
        match request(self.client.clone(), Outgoing { subject, headers, payload: payload.into() }).await {
            Ok(_) => Ok(true),
            Err(PublishError::Conflict) => Ok(false),
            Err(PublishError::Retryable(reason) | PublishError::Refused(reason)) => Err(reason),
        }
    }
}
