//! Personal values in records, and the keys with which they are sealed.
//!
//! What the protos mark as personal is sealed when a record is written, each value with the key of the person whom it
//! is about, and opened when the record is read. Once a key is destroyed, what was sealed with it cannot be read any
//! more, wherever it was copied to; a [`pseudonym`] stands in its place. Records, hashes and proofs stay as they are.
//!
//! Keys are kept apart from the log, in a folder; over NATS, the processes share them in the broker, and the ledgers keep
//! them in their folders. Each person has one key at a time, which is found by a hash of the name; records name the key
//! by a random id, which says nothing about the person once the key is gone.

mod disclosure;
mod folder;
mod key;
mod seal;
mod secret;

pub use disclosure::{ValueKeys, open_disclosed};
pub use key::ValueKey;
use seal::Reader;
pub use seal::{Opened, key_ids, pseudonym};
pub use secret::SecretKeys;

use crate::nats::keys::BrokerKeys;
use crate::{Position, Record};
use domain::ledger::erasure::{Erasures, Event};
use domain::{Aggregate as _, Uuid};
use folder::KeyFolder;
pub(crate) use key::{Key, Tag};
use proto::record::{EventCodec as _, kind_of};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::{Mutex, watch};

/// Whose key the marks of erased persons are made with: nobody's, and no erasure can ask for it.
const MARKING: &str = "process:mark_erased";

/// Why keys could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The folder with the keys cannot be used.
    #[error(
        "the keys of persons cannot be {doing}: {why}; check the folder personal-keys in the data directory"
    )]
    Folder {
        /// What was to be done.
        doing: &'static str,
        /// Why it failed.
        why: String,
    },
    /// The broker cannot be asked for keys.
    #[error("the keys of persons in the broker cannot be used: {0}")]
    Broker(String),
}

/// A payload that is no message, and so has nothing that was sealed.
fn unreadable(payload: &[u8]) -> Opened {
    Opened { payload: payload.to_owned(), missing: BTreeSet::new() }
}

impl KeyError {
    fn folder(doing: &'static str) -> impl Fn(std::io::Error) -> KeyError {
        move |error| KeyError::Folder { doing, why: error.to_string() }
    }
}

/// The keys of persons. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    /// Where they are kept on this disk, if they are.
    folder: Option<KeyFolder>,
    /// Where they are shared with other processes, if they are.
    broker: Option<BrokerKeys>,
    known: RwLock<Known>,
    /// Held while keys are made, so that nobody gets two.
    making: Mutex<()>,
    generation: watch::Sender<u64>,
    /// Position of the last record that the key of an erasure was destroyed.
    erased: watch::Sender<Position>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<Uuid, Arc<Key>>,
    by_tag: HashMap<Tag, Arc<Key>>,
    by_name: HashMap<String, Arc<Key>>,
    /// Keys that are to be destroyed, or are, with the positions of the requests.
    erased: HashMap<Uuid, Position>,
    /// The marks of those who were erased.
    marks: HashSet<Uuid>,
    /// Keys that are in the folder.
    kept: HashSet<Uuid>,
    /// Keys that the broker does not have, so that it is asked, and that is said, once.
    absent: HashSet<Uuid>,
    /// The connection to the broker by which it was asked who has which key.
    connection_epoch: u64,
}

impl Known {
    fn add(&mut self, key: Arc<Key>) {
        if !self.erased.contains_key(&key.id) {
            self.by_tag.insert(key.tag, key.clone());
            self.by_id.insert(key.id, key);
        }
    }

    fn remove(&mut self, id: Uuid) {
        self.by_id.remove(&id);
        self.by_tag.retain(|_, key| key.id != id);
        self.by_name.retain(|_, key| key.id != id);
    }
}

impl Keys {
    /// Keys that last as long as this value.
    pub fn in_memory() -> Keys {
        Keys::new(None, None, Vec::new())
    }

    /// The keys in a folder, which is created if it is not there.
    pub fn open(path: &Path) -> Result<Keys, KeyError> {
        Keys::with(Some(path), None)
    }

    /// The keys in the broker; with a folder, where those are kept that the broker must not be the only one to have.
    pub(crate) fn shared(folder: Option<&Path>, broker: BrokerKeys) -> Result<Keys, KeyError> {
        Keys::with(folder, Some(broker))
    }

    fn with(folder: Option<&Path>, broker: Option<BrokerKeys>) -> Result<Keys, KeyError> {
        let folder = folder.map(KeyFolder::open).transpose().map_err(KeyError::folder("opened"))?;
        let keys = folder.as_ref().map(KeyFolder::read).transpose().map_err(KeyError::folder("read"))?;
        Ok(Keys::new(folder, broker, keys.unwrap_or_default()))
    }

    fn new(folder: Option<KeyFolder>, broker: Option<BrokerKeys>, keys: Vec<Key>) -> Keys {
        let mut known = Known { kept: keys.iter().map(|key| key.id).collect(), ..Known::default() };
        for key in keys {
            known.add(Arc::new(key));
        }
        if broker.is_some() {
            known.by_tag.clear();
        }
        let known = RwLock::new(known);
        let (making, generation, erased) = (Mutex::default(), watch::Sender::new(0), watch::Sender::new(0));
        Keys(Arc::new(Inner { folder, broker, known, making, generation, erased }))
    }

    /// A number that changes whenever values that could be read cannot be read any more: what was read before, and is
    /// still in memory, must not be used again.
    pub fn generation(&self) -> u64 {
        *self.0.generation.borrow()
    }

    /// Watches that number.
    pub fn generations(&self) -> watch::Receiver<u64> {
        self.0.generation.subscribe()
    }

    /// Seals the personal values of an encoded payload whose command was issued by `author`; by nobody, if a process
    /// issued it on its own. A person who has no key gets one, which is durable before this returns.
    pub(crate) async fn seal(&self, payload: &[u8], author: Option<&str>) -> Result<Vec<u8>, KeyError> {
        loop {
            match seal::seal(payload, author, |name| self.of_name(name)) {
                Ok(sealed) => return Ok(sealed),
                Err(missing) => self.make(missing).await?,
            }
        }
    }

    /// Opens the personal values of a payload, with pseudonyms in the place of those that cannot be opened. A payload
    /// that is no message is returned as it is.
    pub fn open_values(&self, payload: &[u8]) -> Opened {
        self.open_for(Reader::Service, payload)
    }

    /// The same for somebody who reads the log: secrets that were entrusted to Huishang stay sealed.
    pub fn open_for_reading(&self, payload: &[u8]) -> Opened {
        self.open_for(Reader::OfTheLog, payload)
    }

    fn open_for(&self, reader: Reader, payload: &[u8]) -> Opened {
        let known = self.known();
        let key = |id, sealed: &[u8]| known.by_id.get(&id)?.key_of(sealed);
        seal::open(payload, reader, key).unwrap_or_else(|_| unreadable(payload))
    }

    /// The same, unless the broker has to be asked for a key.
    pub(crate) fn open_here(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let opened = self.open_values(payload);
        let is_whole = opened.missing.iter().all(|id| self.erased_by(*id).is_some());
        is_whole.then_some(opened.payload)
    }

    /// The same, with keys from the broker that are not here yet.
    pub(crate) async fn open_shared(&self, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
        let opened = self.open_values(payload);
        let missing = opened.missing.into_iter().filter(|id| self.erased_by(*id).is_none());
        let mut found = false;
        if let Some(broker) = &self.0.broker {
            for id in missing {
                if let Some(key) = broker.key(id).await.map_err(KeyError::Broker)? {
                    self.known_mut().by_id.insert(id, Arc::new(key));
                    found = true;
                }
            }
        }
        Ok(if found { self.open_values(payload).payload } else { opened.payload })
    }

    /// The position of the request for the erasure of a key; none if there was none.
    pub fn erased_by(&self, key_id: Uuid) -> Option<Position> {
        self.known().erased.get(&key_id).copied()
    }

    /// The ids of the keys with which something is sealed for a person of this name: one, or several where one was put
    /// back after the person had got another.
    pub async fn ids_of(&self, name: &str) -> Result<BTreeSet<Uuid>, KeyError> {
        let tag = Tag::of(name);
        let mut ids = match &self.0.broker {
            Some(broker) => broker.ids_of(tag).await.map_err(KeyError::Broker)?,
            None => BTreeSet::new(),
        };
        let known = self.known();
        ids.extend(known.by_id.values().filter(|key| key.tag == tag).map(|key| key.id));
        ids.retain(|id| !known.erased.contains_key(id));
        Ok(ids)
    }

    /// By which somebody of this name is known after their erasure. The key that it is made with is kept in the folder from
    /// then on, if there is one.
    pub async fn mark_of(&self, name: &str) -> Result<Uuid, KeyError> {
        self.make(BTreeSet::from([MARKING.to_owned()])).await?;
        let key = self.of_name(MARKING);
        let key = key.ok_or_else(|| KeyError::Broker("the key that marks are made with is gone".into()))?;
        self.keep(BTreeSet::from([key.id])).await?;
        Ok(key.mark(name))
    }

    /// Whether somebody of this name was erased.
    pub async fn is_marked(&self, name: &str) -> Result<bool, KeyError> {
        let key = self.marking().await?;
        Ok(key.is_some_and(|key| self.known().marks.contains(&key.mark(name))))
    }

    /// Keeps the key that marks are made with in the folder, if anybody was marked.
    pub async fn keep_marking(&self) -> Result<(), KeyError> {
        match self.marking().await? {
            Some(key) => self.keep(BTreeSet::from([key.id])).await,
            None => Ok(()),
        }
    }

    /// The key that marks are made with, if anybody was marked.
    async fn marking(&self) -> Result<Option<Arc<Key>>, KeyError> {
        if self.known().marks.is_empty() {
            return Ok(None);
        }
        let (None, Some(broker)) = (self.of_name(MARKING), &self.0.broker) else {
            return Ok(self.of_name(MARKING));
        };
        let found = broker.key_of(Tag::of(MARKING)).await.map_err(KeyError::Broker)?.map(Arc::new);
        found.iter().for_each(|key| self.known_mut().add(key.clone()));
        Ok(found)
    }

    /// Watches the position of the last record read that the key of an erasure was destroyed. What was derived from
    /// the log before must be made again.
    pub fn erased(&self) -> watch::Receiver<Position> {
        self.0.erased.subscribe()
    }

    /// Heeds what a record says about erasures. From the request on, nothing that was sealed with the key is read.
    pub fn observe(&self, record: &Record) {
        if record.stream.category != Erasures::CATEGORY {
            return;
        }
        for event in &record.events {
            match Erasures::decode(kind_of(event), &event.value) {
                Ok(Some(Event::Requested { key_ids, marks, .. })) => {
                    self.known_mut().marks.extend(marks);
                    key_ids.into_iter().for_each(|id| self.forget(id, record.position));
                }
                Ok(Some(Event::KeyDestroyed { .. })) => {
                    self.0.erased.send_if_modified(|last| {
                        let is_later = *last < record.position;
                        *last = record.position.max(*last);
                        is_later
                    });
                }
                Ok(Some(Event::BallotKeyGivenUp { key_ids, .. })) => {
                    let mut known = self.known_mut();
                    for id in key_ids {
                        known.erased.insert(id, record.position);
                        known.remove(id);
                    }
                }
                _ => {}
            }
        }
    }

    fn forget(&self, id: Uuid, requested: Position) {
        let mut known = self.known_mut();
        if known.erased.insert(id, requested).is_none() {
            known.remove(id);
            self.0.generation.send_modify(|generation| *generation += 1);
        }
    }

    /// Destroys a key whose erasure was observed, durably, wherever it is kept. Destroying it again does nothing.
    pub async fn destroy(&self, id: Uuid) -> Result<(), KeyError> {
        self.with_folder("destroyed", move |folder| folder.destroy(id)).await?;
        self.known_mut().kept.remove(&id);
        match &self.0.broker {
            Some(broker) => broker.destroy(id).await.map_err(KeyError::Broker),
            None => Ok(()),
        }
    }

    /// Whether a key is kept nowhere any more.
    pub async fn is_destroyed(&self, id: Uuid) -> Result<bool, KeyError> {
        if self.known().by_id.contains_key(&id) {
            return Ok(false);
        }
        if let Some(broker) = &self.0.broker
            && broker.key(id).await.map_err(KeyError::Broker)?.is_some()
        {
            return Ok(false);
        }
        Ok(!self.0.folder.as_ref().is_some_and(|folder| folder.has(id)))
    }

    /// Forgets who has which key when the connection to the broker is another one than before: it may have lost keys,
    /// and is asked again.
    pub(crate) fn ask_again_after(&self, connection_epoch: u64) {
        if self.known().connection_epoch != connection_epoch {
            let mut known = self.known_mut();
            known.connection_epoch = connection_epoch;
            known.by_tag.clear();
            known.by_name.clear();
        }
    }

    /// Keeps these keys in the folder, durably, before what was sealed with them is committed.
    pub(crate) async fn keep(&self, ids: BTreeSet<Uuid>) -> Result<(), KeyError> {
        let (Some(_), Some(broker)) = (&self.0.folder, &self.0.broker) else { return Ok(()) };
        for id in ids {
            let known = {
                let known = self.known();
                if known.kept.contains(&id) || known.erased.contains_key(&id) || known.absent.contains(&id) {
                    continue;
                }
                known.by_id.get(&id).cloned()
            };
            let key = match known {
                Some(key) => Some(key),
                None => broker.key(id).await.map_err(KeyError::Broker)?.map(Arc::new),
            };
            let Some(key) = key else {
                tracing::warn!(
                    key_id = %id,
                    "the broker does not have a key: it was destroyed, or what was sealed with it cannot be read"
                );
                self.known_mut().absent.insert(id);
                continue;
            };
            let stored = key.to_bytes();
            self.with_folder("stored", move |folder| folder.store(id, &stored)).await?;
            let mut known = self.known_mut();
            known.kept.insert(id);
            known.by_id.insert(id, key);
        }
        Ok(())
    }

    /// Puts back what the broker has lost of the keys in the folder.
    pub(crate) async fn put_back(&self) -> Result<(), KeyError> {
        let Some(broker) = &self.0.broker else { return Ok(()) };
        let kept: Vec<Arc<Key>> = {
            let known = self.known();
            known.kept.iter().filter_map(|id| known.by_id.get(id).cloned()).collect()
        };
        let there = broker.ids().await.map_err(KeyError::Broker)?;
        for key in kept.iter().filter(|key| !there.contains(&key.id)) {
            broker.put_back(key).await.map_err(KeyError::Broker)?;
        }
        Ok(())
    }

    /// Destroys what is in the folder of every key whose erasure was observed, such as what was put back from a copy.
    pub async fn destroy_here(&self) -> Result<(), KeyError> {
        let erased: Vec<Uuid> = {
            let known = self.known();
            known.kept.iter().copied().filter(|id| known.erased.contains_key(id)).collect()
        };
        for id in erased {
            self.with_folder("destroyed", move |folder| folder.destroy(id)).await?;
            self.known_mut().kept.remove(&id);
        }
        Ok(())
    }

    fn of_name(&self, name: &str) -> Option<Arc<Key>> {
        let known = self.known();
        if let Some(key) = known.by_name.get(name) {
            return Some(key.clone());
        }
        let key = known.by_tag.get(&Tag::of(name))?.clone();
        drop(known);
        let mut known = self.known_mut();
        if !known.erased.contains_key(&key.id) {
            known.by_name.insert(name.to_owned(), key.clone());
        }
        Some(key)
    }

    /// Makes keys for these persons, unless they have one by now.
    async fn make(&self, names: BTreeSet<String>) -> Result<(), KeyError> {
        let _making = self.0.making.lock().await;
        for name in names {
            if self.of_name(&name).is_none() {
                let key = Arc::new(self.make_one(Tag::of(&name)).await?);
                self.known_mut().add(key);
            }
        }
        Ok(())
    }

    async fn make_one(&self, tag: Tag) -> Result<Key, KeyError> {
        if let Some(broker) = &self.0.broker {
            return match broker.key_of(tag).await.map_err(KeyError::Broker)? {
                Some(theirs) if self.erased_by(theirs.id).is_none() => Ok(theirs),
                Some(_) => Err(KeyError::Broker("the key of a person is being destroyed".into())),
                None => broker.make(Key::generate(tag)).await.map_err(KeyError::Broker),
            };
        }
        let key = Key::generate(tag);
        let (id, stored) = (key.id, key.to_bytes());
        self.with_folder("stored", move |folder| folder.store(id, &stored)).await?;
        self.known_mut().kept.insert(id);
        Ok(key)
    }

    /// Does something with the folder, if there is one, where waiting for the disk blocks nobody.
    async fn with_folder(
        &self,
        doing: &'static str,
        work: impl FnOnce(&KeyFolder) -> std::io::Result<()> + Send + 'static,
    ) -> Result<(), KeyError> {
        let Some(folder) = self.0.folder.clone() else { return Ok(()) };
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        done.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(KeyError::folder(doing))
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}
