//! Roots and proofs, each verified before it is returned.
//!
//! Tiles are not synced together with the records they are derived from, so after a power cut one may be
//! missing or torn. Every result is therefore verified against the head's root, which was acknowledged with
//! the records; if the verification fails, the tiles are rebuilt from the records.

use crate::chunk::{ChunkReader, Frames};
use crate::store::Store;
use crate::tiles::{Tiles, first_in_memory};
use crate::verify::ChainHead;
use crate::{Damage, EventLog, Hash, Head, ReadError, tree};
use std::io;

/// Number of leaves added at once when the tree is rebuilt.
const REBUILD_BATCH_LEAVES: usize = 4096;

impl EventLog {
    /// Returns the root of the tree over the first `size` records.
    pub fn root_at(&self, size: u64) -> Result<Hash, ReadError> {
        let proof = self.consistency_proof(size, self.head().position)?;
        Ok(proof.old_root)
    }

    /// Proves that the record at a position is in the tree of the first `size` records.
    pub fn inclusion_proof(&self, position: u64, size: u64) -> Result<InclusionProof, ReadError> {
        self.check_size(size)?;
        if position == 0 || position > size {
            return Err(ReadError::OutOfRange { position, head: size });
        }
        let root = self.root_at(size)?;
        let leaf = ChunkReader::new(&self.shared.store()?.records).get(position)?.hash();
        self.with_tiles(|store| {
            let path = store.tiles.inclusion_path(position - 1, size)?;
            let holds = tree::verify_inclusion(&leaf, position - 1, size, &path, &root);
            Ok(holds.then_some(InclusionProof { leaf, size, root, path }))
        })
    }

    /// Proves that the tree of the first `size` records is an extension of the tree of the first `old` records.
    pub fn consistency_proof(&self, old: u64, size: u64) -> Result<ConsistencyProof, ReadError> {
        let head = self.head();
        self.check_size(size)?;
        if old > size {
            return Err(ReadError::OutOfRange { position: old, head: size });
        }
        self.with_tiles(|store| {
            let tiles = &store.tiles;
            let (old_root, root) = (tiles.root(old)?, tiles.root(size)?);
            let path = tiles.consistency_path(old, size)?;
            let to_head = tiles.consistency_path(size, head.position)?;
            let holds = tree::verify_consistency(old, &old_root, size, &root, &path)
                && tree::verify_consistency(size, &root, head.position, &head.root, &to_head);
            Ok(holds.then_some(ConsistencyProof { old_root, root, path }))
        })
    }

    fn check_size(&self, size: u64) -> Result<(), ReadError> {
        let head = self.head().position;
        if size <= head { Ok(()) } else { Err(ReadError::OutOfRange { position: size, head }) }
    }

    /// Runs `attempt` on the tiles; if it fails or returns `None`, rebuilds them and runs it once more.
    fn with_tiles<T>(&self, attempt: impl Fn(&Store) -> io::Result<Option<T>>) -> Result<T, ReadError> {
        let store = self.shared.store()?;
        if let Ok(Some(proof)) = attempt(&store) {
            return Ok(proof);
        }
        tracing::warn!("the tree's tiles do not match its root; rebuilding them from the records");
        let head = self.head();
        rebuild(&store, head.chain_head(), head)?;
        let damaged = || Damage::at(head.position, "the root of the records' tree does not match the head");
        attempt(&store)?.ok_or_else(|| damaged().into())
    }
}

/// Proof that a record is in the log; see [`tree::verify_inclusion`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Hash of the record.
    pub leaf: Hash,
    /// Size of the tree that contains the record.
    pub size: u64,
    /// Root of that tree.
    pub root: Hash,
    /// Audit path: the sibling hashes on the way from the leaf to the root.
    pub path: Vec<Hash>,
}

/// Proof that the log has only grown; see [`tree::verify_consistency`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Root of the smaller tree.
    pub old_root: Hash,
    /// Root of the larger tree.
    pub root: Hash,
    /// The hashes from which both roots can be computed.
    pub path: Vec<Hash>,
}

/// Opens the tree of the records up to `end`, which must extend the tree acknowledged at the anchor. Returns
/// the tree and whether it had to be rebuilt.
pub(crate) fn open_tree(store: &Store, end: ChainHead, anchor: Head) -> Result<(Tiles, bool), ReadError> {
    let first = first_in_memory(end.position) + 1;
    let count = (end.position + 1 - first) as usize;
    let last: Result<Vec<Hash>, ReadError> =
        Frames::from(&store.records, first)?.take(count).map(|record| Ok(record?.hash())).collect();
    let resumed = Tiles::resume(store.tiles.dir(), end.position, last?);
    match resumed {
        Ok(tiles) if tiles.root(anchor.position).is_ok_and(|root| root == anchor.root) => Ok((tiles, false)),
        _ => Ok((rebuild(store, end, anchor)?, true)),
    }
}

/// Rebuilds the tree from the records, and verifies it against the acknowledged root.
fn rebuild(store: &Store, end: ChainHead, anchor: Head) -> Result<Tiles, ReadError> {
    let tiles = Tiles::empty(store.tiles.dir());
    let mut leaves = Vec::with_capacity(REBUILD_BATCH_LEAVES);
    let count = usize::try_from(end.position).unwrap_or(usize::MAX);
    for record in Frames::from(&store.records, 1)?.take(count) {
        leaves.push(record?.hash());
        if leaves.len() == REBUILD_BATCH_LEAVES {
            tiles.push(&leaves)?;
            leaves.clear();
        }
    }
    tiles.push(&leaves)?;
    if tiles.root(anchor.position)? == anchor.root {
        return Ok(tiles);
    }
    Err(Damage::at(anchor.position, "the root of the tree up to it does not match the acknowledged one")
        .into())
}
