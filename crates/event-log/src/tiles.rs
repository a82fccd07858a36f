//! Storage of the tree's hashes: tiles of 256 hashes, outside sled, in the layout of C2SP's tlog-tiles.
//!
//! The tile `tile/<level>/<number>` contains the hashes, 32 bytes each, of 256 consecutive subtrees of
//! 256^level leaves. A tile is written once, when it is full; partial tiles are kept in memory, and are computed
//! from the records and the lower tiles when the log is opened. Tiles are derived from the records: they are
//! synced only when the log is closed, and rebuilt whenever they do not match an acknowledged root.

use crate::Hash;
use crate::tree::{self, Frontier, Node, perfect_root};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::{fs, mem};

/// Hashes in a tile.
const TILE_HASHES: usize = 256;
/// Height of a tile: 256 = 2^8 hashes of one level make one of the next.
const TILE_HEIGHT: u32 = 8;
const TILE_BYTES: usize = TILE_HASHES * size_of::<Hash>();

/// The tree over all leaves pushed.
#[derive(Debug)]
pub(crate) struct Tiles {
    dir: PathBuf,
    growing: RwLock<Growing>,
}

#[derive(Debug, Default)]
struct Growing {
    frontier: Frontier,
    /// For each level, the hashes of the tile that is not full yet.
    edge: Vec<Vec<Hash>>,
}

/// Returns the index of the first leaf that is not in a full tile.
pub(crate) fn first_in_memory(size: u64) -> u64 {
    size - size % TILE_HASHES as u64
}

impl Tiles {
    /// Creates a tree without leaves; existing tiles in the directory are ignored.
    pub(crate) fn empty(dir: &Path) -> Tiles {
        Tiles { dir: dir.to_owned(), growing: RwLock::default() }
    }

    /// Opens the tree of the first `size` leaves; `last_leaves` are those not in a full tile. Fails if a tile is
    /// missing.
    pub(crate) fn resume(dir: &Path, size: u64, last_leaves: Vec<Hash>) -> io::Result<Tiles> {
        let mut edge = vec![last_leaves];
        let mut below = size / TILE_HASHES as u64;
        for level in 0.. {
            if below == 0 {
                break;
            }
            let first = first_in_memory(below);
            let roots = (first..below).map(|number| Ok(perfect_root(&read_tile(dir, level, number)?)));
            edge.push(roots.collect::<io::Result<_>>()?);
            below /= TILE_HASHES as u64;
        }
        let mut growing = Growing { frontier: Frontier::default(), edge };
        growing.frontier = Frontier::of(size, |node| hash_of(dir, &growing.edge, node))?;
        Ok(Tiles { dir: dir.to_owned(), growing: RwLock::new(growing) })
    }

    /// Returns the directory of the tiles.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Adds leaves and returns the root. A full tile is written immediately, but not synced.
    pub(crate) fn push(&self, leaves: &[Hash]) -> io::Result<Hash> {
        let mut growing = self.growing.write().unwrap_or_else(PoisonError::into_inner);
        let Growing { frontier, edge } = &mut *growing;
        for leaf in leaves {
            let mut full = Ok(());
            frontier.push(*leaf, |node, hash| {
                if node.height.is_multiple_of(TILE_HEIGHT) {
                    full = mem::replace(&mut full, Ok(())).and(add(&self.dir, edge, node, hash));
                }
            });
            full?;
        }
        Ok(frontier.root())
    }

    /// Syncs all tiles, together with everything else on the same file system.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if self.dir.exists() { Ok(rustix::fs::syncfs(fs::File::open(&self.dir)?)?) } else { Ok(()) }
    }

    /// Returns the root of the tree of the first `size` leaves.
    pub(crate) fn root(&self, size: u64) -> io::Result<Hash> {
        let growing = self.read_lock();
        if size == growing.frontier.size() {
            return Ok(growing.frontier.root());
        }
        tree::root(size, |node| hash_of(&self.dir, &growing.edge, node))
    }

    /// See [`tree::inclusion_path`].
    pub(crate) fn inclusion_path(&self, index: u64, size: u64) -> io::Result<Vec<Hash>> {
        let growing = self.read_lock();
        tree::inclusion_path(index, size, |node| hash_of(&self.dir, &growing.edge, node))
    }

    /// See [`tree::consistency_path`].
    pub(crate) fn consistency_path(&self, old: u64, size: u64) -> io::Result<Vec<Hash>> {
        let growing = self.read_lock();
        tree::consistency_path(old, size, |node| hash_of(&self.dir, &growing.edge, node))
    }

    /// Returns the hash of a complete perfect subtree.
    pub(crate) fn hash_of(&self, node: Node) -> io::Result<Hash> {
        hash_of(&self.dir, &self.read_lock().edge, node)
    }

    /// Returns whether the hash of a subtree is stored rather than computed from others.
    pub(crate) fn is_stored(node: Node) -> bool {
        node.height.is_multiple_of(TILE_HEIGHT)
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, Growing> {
        self.growing.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(dir: &Path, edge: &mut Vec<Vec<Hash>>, node: Node, hash: Hash) -> io::Result<()> {
    let level = (node.height / TILE_HEIGHT) as usize;
    if edge.len() <= level {
        edge.push(Vec::with_capacity(TILE_HASHES));
    }
    edge[level].push(hash);
    if edge[level].len() < TILE_HASHES {
        return Ok(());
    }
    let full = edge[level].concat();
    edge[level].clear();
    let path = tile_path(dir, level, node.index / TILE_HASHES as u64);
    fs::write(&path, &full).or_else(|fault| match (fault.kind(), path.parent()) {
        (io::ErrorKind::NotFound, Some(folder)) => {
            fs::create_dir_all(folder)?;
            fs::write(&path, &full)
        }
        _ => Err(fault),
    })
}

fn hash_of(dir: &Path, edge: &[Vec<Hash>], node: Node) -> io::Result<Hash> {
    let level = (node.height / TILE_HEIGHT) as usize;
    let count = 1_usize << (node.height % TILE_HEIGHT);
    let first = node.index * count as u64;
    let (number, place) = (first / TILE_HASHES as u64, (first % TILE_HASHES as u64) as usize);
    let in_memory = edge.get(level).map(Vec::as_slice).unwrap_or_default();
    let of_tile = |hashes: &[Hash]| hashes.get(place..place + count).map(perfect_root);
    // Only the last tile of a level is partial, and in memory; the higher levels tell how many precede it.
    let full_tiles = full_tiles(edge, level);
    let found =
        if number < full_tiles { of_tile(&read_tile(dir, level, number)?) } else { of_tile(in_memory) };
    found.ok_or_else(|| io::Error::other(format!("the tree has no subtree {node:?}")))
}

/// Returns the number of full tiles of a level: one for each hash of the next level.
fn full_tiles(edge: &[Vec<Hash>], level: usize) -> u64 {
    let above = edge.iter().skip(level + 1).enumerate();
    above.map(|(higher, hashes)| (hashes.len() as u64) << (TILE_HEIGHT * higher as u32)).sum()
}

fn read_tile(dir: &Path, level: usize, number: u64) -> io::Result<Vec<Hash>> {
    let bytes = fs::read(tile_path(dir, level, number))?;
    if bytes.len() != TILE_BYTES {
        return Err(io::Error::other(format!("tile {number} of level {level} has {} bytes", bytes.len())));
    }
    Ok(bytes.as_chunks::<{ size_of::<Hash>() }>().0.to_vec())
}

/// Returns `tile/<level>/<number>`, the number in groups of three digits, all but the last prefixed with an x.
fn tile_path(dir: &Path, level: usize, number: u64) -> PathBuf {
    let mut groups = vec![format!("{:03}", number % 1000)];
    let mut rest = number / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    let folder = dir.join("tile").join(level.to_string());
    groups.iter().rev().fold(folder, |path, group| path.join(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn leaf(number: u64) -> Hash {
        use sha2::{Digest as _, Sha256};
        Sha256::digest(number.to_be_bytes()).into()
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(leaf).collect()
    }

    #[test]
    fn tile_paths_follow_the_tlog_tiles_layout() {
        let path = |number| tile_path(Path::new(""), 1, number).display().to_string();
        assert_eq!(path(67), "tile/1/067");
        assert_eq!(path(1_234_067), "tile/1/x001/x234/067");
    }

    #[test]
    fn a_resumed_tree_equals_the_original() {
        let folder = tempfile::tempdir().unwrap();
        let all = leaves(70_000);
        let tiles = Tiles::empty(folder.path());
        tiles.push(&all).unwrap();
        for size in [70_000, 69_888, 65_792, 65_536, 65_535, 257, 256, 255, 1, 0_u64] {
            let last = all[first_in_memory(size) as usize..size as usize].to_vec();
            let resumed = Tiles::resume(folder.path(), size, last).unwrap();
            assert_eq!(resumed.root(size).unwrap(), tiles.root(size).unwrap(), "{size}");
            let rest = resumed.push(&all[size as usize..]).unwrap();
            assert_eq!(rest, tiles.root(70_000).unwrap(), "{size}");
        }
    }

    #[test]
    fn an_independent_tree_agrees_on_roots_and_proofs() {
        use ct_merkle::mem_backed_tree::MemoryBackedTree;
        use sha2::Sha256;
        let folder = tempfile::tempdir().unwrap();
        let tiles = Tiles::empty(folder.path());
        // The other implementation hashes its items itself, so the same leaf hashes are computed here.
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for number in 0..600_u64 {
            let item = number.to_be_bytes().to_vec();
            let mut hasher = Sha256::default();
            use sha2::Digest as _;
            hasher.update([0x00]);
            hasher.update(&item);
            other.push(item);
            let root = tiles.push(&[hasher.finalize().into()]).unwrap();
            assert_eq!(root[..], other.root().as_bytes()[..], "{number}");
        }
        for index in (0..600).step_by(37) {
            let path = tiles.inclusion_path(index, 600).unwrap();
            assert_eq!(path.concat(), other.prove_inclusion(index as usize).as_bytes(), "{index}");
        }
        for old in [1, 2, 3, 64, 100, 255, 256, 257, 511, 512, 599] {
            let path = tiles.consistency_path(old, 600).unwrap();
            assert_eq!(path.concat(), other.prove_consistency(600 - old as usize).as_bytes(), "{old}");
        }
    }

    #[test]
    fn valid_proofs_verify_and_invalid_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let tiles = Tiles::empty(folder.path());
        let all = leaves(300);
        tiles.push(&all).unwrap();
        for size in [1, 2, 3, 7, 8, 255, 256, 257, 300_u64] {
            let root = tiles.root(size).unwrap();
            for index in (0..size).step_by(11) {
                let path = tiles.inclusion_path(index, size).unwrap();
                assert!(tree::verify_inclusion(&leaf(index), index, size, &path, &root));
                assert!(!tree::verify_inclusion(&leaf(index + 1), index, size, &path, &root));
                assert!(!tree::verify_inclusion(&leaf(index), index + 1, size, &path, &root));
            }
            for old in 0..=size {
                let (before, path) = (tiles.root(old).unwrap(), tiles.consistency_path(old, size).unwrap());
                assert!(tree::verify_consistency(old, &before, size, &root, &path), "{old} of {size}");
                let wrong = leaf(1_000);
                assert!(!tree::verify_consistency(old, &wrong, size, &root, &path), "{old} of {size}");
            }
        }
    }

    #[test]
    fn a_frontier_has_the_root_of_its_leaves() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), tree::EMPTY_ROOT);
        for number in 0..50 {
            frontier.push(leaf(number), |_, _| {});
            let hash_of = |node: Node| {
                let (first, count) = (node.index << node.height, 1 << node.height);
                let part: Vec<Hash> = (first..first + count).map(leaf).collect();
                Ok::<_, Infallible>(perfect_root(&part))
            };
            let Ok(root) = tree::root(number + 1, hash_of);
            assert_eq!(frontier.root(), root);
        }
    }
}
