//! Verifying everything, and naming the first position where something is wrong.

use crate::chunk::Frames;
use crate::record::Record;
use crate::tiles::Tiles;
use crate::tree::Frontier;
use crate::{Damage, EventLog, Hash, Head, ReadError, index};

/// What a verification found to be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The last record that was verified: the head when the verification began.
    pub head: Head,
}

/// Every how many records the progress is told.
const PROGRESS_RECORDS: u64 = 1024;

impl EventLog {
    /// Verifies every record up to the present head: its checksum, its place, the chain, that commits are
    /// whole, that the last hash is the head's, that the index finds it, and that the tree kept beside the
    /// records is theirs and has the head's root. `progress` is told the position reached, now and then and at
    /// the end. Takes as long as reading the log does.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<Verified, ReadError> {
        let head = self.head();
        let store = self.shared.store()?;
        let mut chain = Chain::start();
        let mut tree = Frontier::default();
        let records = usize::try_from(head.position).unwrap_or(usize::MAX);
        for record in Frames::from(&store.records, 1)?.take(records) {
            let record = record?;
            if !store.index.contains(index::stream_key(&record.stream), record.position)? {
                let what = format!("the index does not find it in its stream {}", record.stream);
                return Err(Damage::at(record.position, what).into());
            }
            chain.follow(&record)?;
            add_leaf(&mut tree, chain.at.hash, &store.tiles)?;
            if record.position.is_multiple_of(PROGRESS_RECORDS) {
                progress(record.position);
            }
        }
        chain.end(head.tip())?;
        if tree.root() != head.root {
            return Err(Damage::at(head.position, "the root of the tree is not the one acknowledged").into());
        }
        progress(head.position);
        Ok(Verified { head })
    }
}

/// Adds a leaf and compares the subtrees that it completes with those that are kept.
fn add_leaf(tree: &mut Frontier, leaf: Hash, kept: &Tiles) -> Result<(), Damage> {
    let mut wrong = None;
    let position = tree.size() + 1;
    tree.push(leaf, |node, hash| {
        if wrong.is_none() && Tiles::keeps(node) && !kept.hash_of(node).is_ok_and(|kept| kept == hash) {
            wrong = Some(node);
        }
    });
    let Some(node) = wrong else { return Ok(()) };
    let what = format!("the tree's tile that holds it, at height {}, is missing or another", node.height);
    Err(Damage::at(position, what))
}

/// Where a chain has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    /// The position of the last record; 0 before the first.
    pub(crate) position: u64,
    /// Its hash; zeros before the first.
    pub(crate) hash: Hash,
}

impl Head {
    pub(crate) fn tip(&self) -> Tip {
        Tip { position: self.position, hash: self.hash }
    }
}

/// Follows the chain of hashes and the boundaries of commits.
pub(crate) struct Chain {
    /// The last record followed.
    at: Tip,
    /// The commit that must go on, and the part that comes next.
    open: Option<(uuid::Uuid, u32, u32)>,
    /// The end of the last whole commit.
    whole: Tip,
}

impl Chain {
    /// Before the first record.
    pub(crate) fn start() -> Chain {
        Chain::after(Head::EMPTY.tip())
    }

    /// After a record that ends a commit.
    pub(crate) fn after(tip: Tip) -> Chain {
        Chain { at: tip, open: None, whole: tip }
    }

    /// Before a record in the middle of the log, whose own `previous` is taken as given.
    pub(crate) fn before(position: u64, previous: Hash) -> Chain {
        Chain::after(Tip { position: position - 1, hash: previous })
    }

    /// After a record in the middle of the log, before one whose place in its commit is taken as given.
    pub(crate) fn resume(tip: Tip, next: &Record) -> Chain {
        let open = (next.part > 1).then_some((next.commit_id, next.part, next.parts));
        Chain { open, ..Chain::after(tip) }
    }

    /// The last record followed.
    pub(crate) fn at(&self) -> Tip {
        self.at
    }

    /// The end of the last whole commit.
    pub(crate) fn whole(&self) -> Tip {
        self.whole
    }

    /// Takes the next record.
    pub(crate) fn follow(&mut self, record: &Record) -> Result<(), Damage> {
        let wrong = |what: &str| Err(Damage::at(record.position, what));
        if record.position != self.at.position + 1 {
            return Err(Damage::at(self.at.position + 1, "it is missing"));
        }
        if record.previous != self.at.hash {
            return wrong("it does not continue the chain: its hash of the record before is another one");
        }
        let begins = record.part == 1 && record.parts >= 1;
        match self.open {
            Some(expected) if expected != (record.commit_id, record.part, record.parts) => {
                return wrong("the commit before it is not whole");
            }
            None if !begins => return wrong("it is a part of a commit whose beginning is missing"),
            _ => {}
        }
        self.at = Tip { position: record.position, hash: record.hash() };
        self.open = (record.part < record.parts).then_some((record.commit_id, record.part + 1, record.parts));
        if self.open.is_none() {
            self.whole = self.at;
        }
        Ok(())
    }

    /// After the last record.
    pub(crate) fn end(&self, head: Tip) -> Result<(), Damage> {
        if self.at.position < head.position {
            return Err(Damage::at(self.at.position + 1, "it is missing"));
        }
        if self.at != head {
            return Err(Damage::at(head.position, "its hash is not the one that was acknowledged"));
        }
        if self.open.is_some() {
            return Err(Damage::at(head.position, "its commit is not whole"));
        }
        Ok(())
    }
}
