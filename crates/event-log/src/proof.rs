//! What the tree is for: roots, proofs, and that they are right before they leave the house.
//!
//! Tiles are not synced with the records they follow from, so after a power cut one may be missing or torn.
//! Every answer is therefore proved against the head's root, which was acknowledged with the records; when it
//! does not hold, the tiles are written anew from the records.

use crate::chunk::{ChunkReader, Frames};
use crate::store::Store;
use crate::tiles::{Tiles, first_in_memory};
use crate::verify::Tip;
use crate::{Damage, EventLog, Hash, Head, ReadError, tree};
use std::io;

/// How many leaves go to the tree at once while it is made anew.
const REGROWN_LEAVES: usize = 4096;

impl EventLog {
    /// The root of the tree over the first `size` records.
    pub fn root_at(&self, size: u64) -> Result<Hash, ReadError> {
        let proof = self.consistency_proof(size, self.head().position)?;
        Ok(proof.old_root)
    }

    /// Shows that the record at a position is in the tree of the first `size` records.
    pub fn inclusion_proof(&self, position: u64, size: u64) -> Result<InclusionProof, ReadError> {
        self.within(size)?;
        if position == 0 || position > size {
            return Err(ReadError::NotThere { asked: position, head: size });
        }
        let root = self.root_at(size)?;
        let leaf = ChunkReader::new(&self.shared.store()?.records).get(position)?.hash();
        self.proved(|store| {
            let path = store.tiles.inclusion_path(position - 1, size)?;
            let holds = tree::verify_inclusion(&leaf, position - 1, size, &path, &root);
            Ok(holds.then_some(InclusionProof { leaf, size, root, path }))
        })
    }

    /// Shows that the tree of the first `size` records begins with that of the first `old`.
    pub fn consistency_proof(&self, old: u64, size: u64) -> Result<ConsistencyProof, ReadError> {
        let head = self.head();
        self.within(size)?;
        if old > size {
            return Err(ReadError::NotThere { asked: old, head: size });
        }
        self.proved(|store| {
            let tiles = &store.tiles;
            let (old_root, root) = (tiles.root(old)?, tiles.root(size)?);
            let path = tiles.consistency_path(old, size)?;
            let to_head = tiles.consistency_path(size, head.position)?;
            let holds = tree::verify_consistency(old, &old_root, size, &root, &path)
                && tree::verify_consistency(size, &root, head.position, &head.root, &to_head);
            Ok(holds.then_some(ConsistencyProof { old_root, root, path }))
        })
    }

    fn within(&self, size: u64) -> Result<(), ReadError> {
        let head = self.head().position;
        if size <= head { Ok(()) } else { Err(ReadError::NotThere { asked: size, head }) }
    }

    /// What `attempt` makes of the tiles; they are written anew when it fails or answers nothing.
    fn proved<T>(&self, attempt: impl Fn(&Store) -> io::Result<Option<T>>) -> Result<T, ReadError> {
        let store = self.shared.store()?;
        if let Ok(Some(proof)) = attempt(&store) {
            return Ok(proof);
        }
        tracing::warn!("the tree's tiles do not lead to its root; writing them anew from the records");
        let head = self.head();
        regrow(&store, head.tip(), head)?;
        let damaged = || Damage::at(head.position, "the tree of the records does not have the head's root");
        attempt(&store)?.ok_or_else(|| damaged().into())
    }
}

/// Shows that a record is in the log, see [`tree::verify_inclusion`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The record's hash.
    pub leaf: Hash,
    /// The size of the tree that it is shown to be in.
    pub size: u64,
    /// The root of that tree.
    pub root: Hash,
    /// The hashes beside the way from the leaf to the root.
    pub path: Vec<Hash>,
}

/// Shows that the log only grew, see [`tree::verify_consistency`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The root of the smaller tree.
    pub old_root: Hash,
    /// The root of the larger one.
    pub root: Hash,
    /// The hashes from which both follow.
    pub path: Vec<Hash>,
}

/// The tree of the records up to `tip`, and whether it had to be made anew. What was acknowledged at the
/// anchor must be a part of it.
pub(crate) fn grow(store: &Store, tip: Tip, anchor: Head) -> Result<(Tiles, bool), ReadError> {
    let first = first_in_memory(tip.position) + 1;
    let count = (tip.position + 1 - first) as usize;
    let last: Result<Vec<Hash>, ReadError> =
        Frames::from(&store.records, first)?.take(count).map(|record| Ok(record?.hash())).collect();
    let resumed = Tiles::resume(store.tiles.dir(), tip.position, last?);
    match resumed {
        Ok(tiles) if tiles.root(anchor.position).is_ok_and(|root| root == anchor.root) => Ok((tiles, false)),
        _ => Ok((regrow(store, tip, anchor)?, true)),
    }
}

/// Makes the tree anew from the records, and sees that it is the one that was acknowledged.
fn regrow(store: &Store, tip: Tip, anchor: Head) -> Result<Tiles, ReadError> {
    let tiles = Tiles::empty(store.tiles.dir());
    let mut leaves = Vec::with_capacity(REGROWN_LEAVES);
    let count = usize::try_from(tip.position).unwrap_or(usize::MAX);
    for record in Frames::from(&store.records, 1)?.take(count) {
        leaves.push(record?.hash());
        if leaves.len() == REGROWN_LEAVES {
            tiles.push(&leaves)?;
            leaves.clear();
        }
    }
    tiles.push(&leaves)?;
    if tiles.root(anchor.position)? == anchor.root {
        return Ok(tiles);
    }
    Err(Damage::at(anchor.position, "the root of the tree up to it is not the one acknowledged").into())
}
