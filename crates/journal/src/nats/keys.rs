//! The keys of persons in the broker: how the processes of a realm share them.
//!
//! They are in a stream of their own, from which messages are deleted, and overwritten, for good. Each is one message,
//! with the id of the key and the tag of its person in the subject. It is published only where the person has none, so
//! that they have one key at a time, and the broker takes no second message for a subject, so that nobody replaces a key.
//! The ledgers keep copies on their disks, before they commit what was sealed with a key, and put them back when the
//! broker has lost them.

use super::append::{Outgoing, PublishError, request};
use super::message::{EXPECTED_SUBJECT, EXPECTED_SUBJECT_SEQUENCE, Names};
use super::setup::is_not_found;
use crate::personal::{Key, Tag};
use async_nats::jetstream::stream::{
    self, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, StorageType,
};
use async_nats::jetstream::{self, message::StreamMessage};
use async_nats::{Client, HeaderMap};
use domain::Uuid;
use futures::TryStreamExt as _;
use std::collections::BTreeSet;

fn settings(name: String, prefix: &str, replicas: usize) -> stream::Config {
    stream::Config {
        name,
        description: Some("The keys with which personal data is sealed".into()),
        subjects: vec![format!("{prefix}*.*")],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        max_messages_per_subject: 1,
        discard_new_per_subject: true,
        storage: StorageType::File,
        num_replicas: replicas,
        ..stream::Config::default()
    }
}

/// What is wrong with the settings of the keys' stream: with these, a key could be lost or replaced.
pub(super) fn fault(found: &stream::Config, names: &Names) -> Option<String> {
    let describe = |config: &stream::Config| {
        format!(
            "subjects {:?}, retention {:?}, discard {:?}, storage {:?}, messages per subject {} (new ones refused: {}), \
             limits of age {:?}, messages {}, bytes {}",
            config.subjects,
            config.retention,
            config.discard,
            config.storage,
            config.max_messages_per_subject,
            config.discard_new_per_subject,
            config.max_age,
            config.max_messages.max(-1),
            config.max_bytes.max(-1),
        )
    };
    let unlimited = stream::Config {
        max_messages: -1,
        max_bytes: -1,
        ..settings(names.keys_stream(), &names.keys_prefix(), 1)
    };
    let (found, required) = (describe(found), describe(&unlimited));
    (found != required).then(|| {
        format!(
            "the stream {} has the settings {found}, but keys of persons require {required}",
            names.keys_stream()
        )
    })
}

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
        let settings = settings(self.stream.clone(), &self.prefix, replicas);
        self.context.create_stream(settings).await.map(drop).map_err(|error| error.to_string())
    }

    fn subject(&self, key: &Key) -> String {
        format!("{}{}.{}", self.prefix, key.id, key.tag.hex())
    }

    /// The subjects of whatever keys a person has.
    fn of_person(&self, tag: Tag) -> String {
        format!("{}*.{}", self.prefix, tag.hex())
    }

    /// The id of the key in a subject.
    fn id_in(&self, subject: &str) -> Option<Uuid> {
        Uuid::try_parse(subject.strip_prefix(&self.prefix)?.split('.').next()?).ok()
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

    async fn last_key(&self, subject: &str) -> Result<Option<Key>, String> {
        let message = self.last(subject).await?;
        Ok(message.and_then(|message| Key::from_bytes(self.id_in(&message.subject)?, &message.payload)))
    }

    /// The key with this id.
    pub(crate) async fn key(&self, id: Uuid) -> Result<Option<Key>, String> {
        self.last_key(&format!("{}{id}.*", self.prefix)).await
    }

    /// The key of a person.
    pub(crate) async fn key_of(&self, tag: Tag) -> Result<Option<Key>, String> {
        self.last_key(&self.of_person(tag)).await
    }

    /// Publishes a key as that of its person, unless they have one; returns the key that they have then.
    pub(crate) async fn make(&self, key: Key) -> Result<Key, String> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SUBJECT_SEQUENCE, "0");
        headers.insert(EXPECTED_SUBJECT, self.of_person(key.tag));
        if self.publish(&key, headers).await? {
            return Ok(key);
        }
        self.key_of(key.tag).await?.ok_or_else(|| "the key of a person changes just now".into())
    }

    /// Puts a key back that the broker has lost, even if its person has got another one since.
    pub(crate) async fn put_back(&self, key: &Key) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SUBJECT_SEQUENCE, "0");
        self.publish(key, headers).await.map(drop)
    }

    /// The ids of all keys.
    pub(crate) async fn ids(&self) -> Result<BTreeSet<Uuid>, String> {
        self.ids_in(&format!("{}*.*", self.prefix)).await
    }

    /// The ids of all keys that a person has.
    pub(crate) async fn ids_of(&self, tag: Tag) -> Result<BTreeSet<Uuid>, String> {
        self.ids_in(&self.of_person(tag)).await
    }

    async fn ids_in(&self, subjects: &str) -> Result<BTreeSet<Uuid>, String> {
        let stream =
            self.context.get_stream_no_info(&self.stream).await.map_err(|error| error.to_string())?;
        let found = stream.info_with_subjects(subjects).await.map_err(|error| error.to_string())?;
        let found: Vec<_> = found.try_collect().await.map_err(|error| error.to_string())?;
        Ok(found.iter().filter_map(|(subject, _)| self.id_in(subject)).collect())
    }

    /// Destroys a key: the broker overwrites it on its disk.
    pub(crate) async fn destroy(&self, id: Uuid) -> Result<(), String> {
        let Some(message) = self.last(&format!("{}{id}.*", self.prefix)).await? else { return Ok(()) };
        let stream =
            self.context.get_stream_no_info(&self.stream).await.map_err(|error| error.to_string())?;
        stream.delete_message(message.sequence).await.map(drop).map_err(|error| error.to_string())
    }

    /// Publishes a key; returns whether what its headers expect was so.
    async fn publish(&self, key: &Key, headers: HeaderMap) -> Result<bool, String> {
        let (subject, payload) = (self.subject(key), key.to_bytes().to_vec());
        match request(self.client.clone(), Outgoing { subject, headers, payload: payload.into() }).await {
            Ok(_) => Ok(true),
            Err(PublishError::Conflict) => Ok(false),
            Err(PublishError::Retryable(reason) | PublishError::Refused(reason)) => Err(reason),
        }
    }
}
