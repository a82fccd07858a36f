//! Verification of the whole log, down to the first damaged position.

use crate::chunk::Frames;
use crate::record::Record;
use crate::tiles::Tiles;
use crate::tree::Frontier;
use crate::{Damage, EventLog, Hash, Head, ReadError, index};

/// Result of a successful verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The verified head, which was the log's head when the verification started.
    pub head: Head,
}

/// Number of records between two progress reports.
const PROGRESS_RECORDS: u64 = 1024;

impl EventLog {
    /// Verifies every record up to the current head: its checksum, its position, the hash chain, that commits
    /// are complete, that the last hash is the head's, that the index contains the record, and that the stored
    /// tree matches the records and the head's root. `progress` is called with the position reached, from time
    /// to time and at the end. Takes as long as reading the whole log.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<Verified, ReadError> {
        let whole = self.verify_while(|position| {
            progress(position);
            true
        });
        Ok(whole?.expect("it goes on to the end"))
    }

    /// The same, for as long as `progress` answers true; `None` if it did not until the end.
    pub fn verify_while(&self, mut progress: impl FnMut(u64) -> bool) -> Result<Option<Verified>, ReadError> {
        let head = self.head();
        let store = self.shared.store()?;
        let mut chain = Chain::start();
        let mut tree = Frontier::default();
        let records = usize::try_from(head.position).unwrap_or(usize::MAX);
        for record in Frames::from(&store.records, 1)?.take(records) {
            let record = record?;
            if !store.index.contains(index::stream_key(&record.stream), record.position)? {
                let what = format!("the index does not contain it for its stream {}", record.stream);
                return Err(Damage::at(record.position, what).into());
            }
            chain.follow(&record)?;
            add_leaf(&mut tree, chain.head.hash, &store.tiles)?;
            if record.position.is_multiple_of(PROGRESS_RECORDS) && !progress(record.position) {
                return Ok(None);
            }
        }
        chain.expect_end(head.chain_head())?;
        if tree.root() != head.root {
            return Err(Damage::at(
                head.position,
                "the root of the tree does not match the acknowledged one",
            )
            .into());
        }
        progress(head.position);
        Ok(Some(Verified { head }))
    }
}

/// Adds a leaf and compares the subtrees that it completes with the stored ones.
fn add_leaf(tree: &mut Frontier, leaf: Hash, stored: &Tiles) -> Result<(), Damage> {
    let mut wrong = None;
    let position = tree.size() + 1;
    tree.push(leaf, |node, hash| {
        if wrong.is_none()
            && Tiles::is_stored(node)
            && !stored.hash_of(node).is_ok_and(|stored| stored == hash)
        {
            wrong = Some(node);
        }
    });
    let Some(node) = wrong else { return Ok(()) };
    let what = format!("its tile in the tree, at height {}, is missing or does not match", node.height);
    Err(Damage::at(position, what))
}

/// The end of a hash chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChainHead {
    /// Position of the last record; 0 before the first.
    pub(crate) position: u64,
    /// Hash of the last record; zeros before the first.
    pub(crate) hash: Hash,
}

impl Head {
    pub(crate) fn chain_head(&self) -> ChainHead {
        ChainHead { position: self.position, hash: self.hash }
    }
}

/// Verifies the hash chain and the boundaries of commits, record by record.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// The last record followed.
    head: ChainHead,
    /// The commit that must continue, as command id, next part and number of parts.
    open: Option<(uuid::Uuid, u32, u32)>,
    /// End of the last complete commit.
    last_complete: ChainHead,
}

impl Chain {
    /// A chain before the first record.
    pub(crate) fn start() -> Chain {
        Chain::after(Head::EMPTY.chain_head())
    }

    /// A chain after a record that ends a commit.
    pub(crate) fn after(head: ChainHead) -> Chain {
        Chain { head, open: None, last_complete: head }
    }

    /// A chain that starts with a record in the middle of the log, whose `previous` is trusted.
    pub(crate) fn starting_at(position: u64, previous: Hash) -> Chain {
        Chain::after(ChainHead { position: position - 1, hash: previous })
    }

    /// A chain after a record in the middle of the log; the place of the next record in its commit is trusted.
    pub(crate) fn resume(head: ChainHead, next: &Record) -> Chain {
        let open = (next.part > 1).then_some((next.command_id, next.part, next.parts));
        Chain { open, ..Chain::after(head) }
    }

    /// Returns the last record followed.
    pub(crate) fn head(&self) -> ChainHead {
        self.head
    }

    /// Returns the end of the last complete commit.
    pub(crate) fn last_complete(&self) -> ChainHead {
        self.last_complete
    }

    /// Verifies the next record and advances to it.
    pub(crate) fn follow(&mut self, record: &Record) -> Result<(), Damage> {
        let wrong = |what: &str| Err(Damage::at(record.position, what));
        if record.position != self.head.position + 1 {
            return Err(Damage::at(self.head.position + 1, "it is missing"));
        }
        if record.previous != self.head.hash {
            return wrong("it breaks the hash chain: its hash of the previous record does not match");
        }
        let starts_commit = record.part == 1 && record.parts >= 1;
        match self.open {
            Some(expected) if expected != (record.command_id, record.part, record.parts) => {
                return wrong("the commit before it is incomplete");
            }
            None if !starts_commit => return wrong("it belongs to a commit whose first records are missing"),
            _ => {}
        }
        self.head = ChainHead { position: record.position, hash: record.hash() };
        self.open =
            (record.part < record.parts).then_some((record.command_id, record.part + 1, record.parts));
        if self.open.is_none() {
            self.last_complete = self.head;
        }
        Ok(())
    }

    /// Checks that the chain has ended at `head`, with a complete commit.
    pub(crate) fn expect_end(&self, head: ChainHead) -> Result<(), Damage> {
        if self.head.position < head.position {
            return Err(Damage::at(self.head.position + 1, "it is missing"));
        }
        if self.head != head {
            return Err(Damage::at(head.position, "its hash does not match the acknowledged one"));
        }
        if self.open.is_some() {
            return Err(Damage::at(head.position, "its commit is incomplete"));
        }
        Ok(())
    }
}
