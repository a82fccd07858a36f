//! What erasures have taken from the records of a backup, and whether a copy of the keys agrees with that.

use anyhow::Context as _;
use domain::ledger::erasure::{Erasures, Event};
use domain::{Aggregate as _, Uuid};
use event_log::Record;
use journal::payload;
use journal::personal::key_ids;
use proto::record::{EventCodec as _, kind_of};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The erasures that a backup records, and what its records are sealed with.
#[derive(Default)]
pub struct Erased {
    /// The position of the request for each key that was erased, or of the record that a ballot's was given up.
    requests: BTreeMap<Uuid, u64>,
    /// How many records are sealed with exactly these keys.
    sealed: BTreeMap<BTreeSet<Uuid>, u64>,
}

/// What a copy of the keys says beside a backup.
#[derive(Debug, PartialEq, Eq)]
pub struct Compared {
    /// Keys that were erased, by the records of their requests, and are in the copy nevertheless.
    pub still_there: BTreeSet<u64>,
    /// Records with values whose key is not in the copy, although nobody asked for its erasure.
    pub records_without_key: u64,
}

impl Erased {
    /// Notes a record of the backup; they come in order.
    pub fn note(&mut self, record: &Record) -> anyhow::Result<()> {
        let ids = key_ids(&record.payload);
        if !ids.is_empty() {
            *self.sealed.entry(ids).or_default() += 1;
        }
        let category = record.stream.rsplit_once('.').map(|(category, _)| category);
        if category != Some(Erasures::CATEGORY) {
            return Ok(());
        }
        let read = payload::decode(record.position, &record.stream, &record.payload)?;
        for event in &read.events {
            if let Ok(Some(Event::Requested { key_ids, .. } | Event::BallotKeyGivenUp { key_ids, .. })) =
                Erasures::decode(kind_of(event), &event.value)
            {
                self.requests.extend(key_ids.into_iter().map(|id| (id, record.position)));
            }
        }
        Ok(())
    }

    /// How many records each request has taken values from, by its position.
    pub fn by_request(&self) -> BTreeMap<u64, u64> {
        let mut taken = BTreeMap::new();
        for (ids, records) in &self.sealed {
            let requests: BTreeSet<u64> =
                ids.iter().filter_map(|id| self.requests.get(id)).copied().collect();
            requests.into_iter().for_each(|request| *taken.entry(request).or_default() += records);
        }
        taken
    }

    /// Compares with the keys in a copy of `personal-keys`, of which only the names are read.
    pub fn compare(&self, folder: &Path) -> anyhow::Result<Compared> {
        let shown = || folder.display().to_string();
        let mut kept = BTreeSet::new();
        for entry in std::fs::read_dir(folder).with_context(shown)? {
            let name = entry.with_context(shown)?.file_name();
            kept.extend(name.to_str().and_then(|name| Uuid::try_parse(name).ok()));
        }
        let still_there = kept.iter().filter_map(|id| self.requests.get(id)).copied().collect();
        let is_missing = |id: &Uuid| !kept.contains(id) && !self.requests.contains_key(id);
        let without = self.sealed.iter().filter(|(ids, _)| ids.iter().any(is_missing));
        Ok(Compared { still_there, records_without_key: without.map(|(_, records)| records).sum() })
    }
}
