//! The Merkle tree over the log's records: RFC 6962, section 2.1, with SHA-256.
//!
//! Each record's hash ([`crate::Record::hash`]) is a leaf; the record at position p is the leaf with index p − 1.
//! This module only computes hashes; `tiles` stores them.

use crate::Hash;
use sha2::{Digest, Sha256};

/// Root of the empty tree: SHA-256 of the empty string.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Returns the hash of an inner node: SHA-256 (0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x01]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// Returns the root of a perfect tree; the number of leaves must be a power of two.
pub(crate) fn perfect_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            node_hash(&perfect_root(left), &perfect_root(right))
        }
    }
}

/// A perfect subtree with `2^height` leaves, starting with leaf `index << height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) height: u32,
    pub(crate) index: u64,
}

/// The perfect subtrees that make up a tree, the largest first: all that is needed to add leaves and to
/// compute the root.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// Creates the frontier of a tree with `size` leaves; `hash_of` returns the hashes of its subtrees.
    pub(crate) fn of<E>(size: u64, mut hash_of: impl FnMut(Node) -> Result<Hash, E>) -> Result<Frontier, E> {
        let mut begin = 0;
        let mut nodes = Vec::new();
        for height in (0..u64::BITS).rev().filter(|height| size >> height & 1 == 1) {
            nodes.push(hash_of(Node { height, index: begin >> height })?);
            begin += 1 << height;
        }
        Ok(Frontier { size, nodes })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Returns the hashes of its subtrees, the largest first.
    pub(crate) fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds a leaf; `completed` is called for each perfect subtree completed by it, the leaf first.
    pub(crate) fn push(&mut self, leaf: Hash, mut completed: impl FnMut(Node, Hash)) {
        let mut hash = leaf;
        let mut node = Node { height: 0, index: self.size };
        completed(node, hash);
        while node.index % 2 == 1
            && let Some(left) = self.nodes.pop()
        {
            hash = node_hash(&left, &hash);
            node = Node { height: node.height + 1, index: node.index / 2 };
            completed(node, hash);
        }
        self.nodes.push(hash);
        self.size += 1;
    }

    pub(crate) fn root(&self) -> Hash {
        let smaller_first = self.nodes.iter().rev().copied();
        smaller_first.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }
}

/// The root of a log whose records are read one after the other, for whoever has a copy of it.
#[derive(Debug, Clone, Default)]
pub struct GrowingRoot(Frontier);

impl GrowingRoot {
    /// Adds the next record, by its hash.
    pub fn push(&mut self, record: Hash) {
        self.0.push(record, |_, _| {});
    }

    /// The number of records that were read.
    pub fn size(&self) -> u64 {
        self.0.size()
    }

    /// The root of the tree of these records.
    pub fn root(&self) -> Hash {
        self.0.root()
    }
}

/// The leaves from `begin` up to but excluding `end`; `begin` is a multiple of their number rounded up to a
/// power of two.
#[derive(Clone, Copy)]
struct Span {
    begin: u64,
    end: u64,
}

impl Span {
    fn len(self) -> u64 {
        self.end - self.begin
    }

    /// Returns the span as a perfect subtree, if it is one.
    fn as_perfect(self) -> Option<Node> {
        let height = self.len().trailing_zeros();
        self.len().is_power_of_two().then_some(Node { height, index: self.begin >> height })
    }

    /// Splits the span at the largest power of two smaller than its length.
    fn split(self) -> (Span, Span) {
        let middle = self.begin + self.len().next_power_of_two() / 2;
        (Span { end: middle, ..self }, Span { begin: middle, ..self })
    }
}

fn span_root<E>(span: Span, hash_of: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    match span.as_perfect() {
        Some(node) => hash_of(node),
        None => {
            let (left, right) = span.split();
            Ok(node_hash(&span_root(left, hash_of)?, &span_root(right, hash_of)?))
        }
    }
}

/// Returns the root of the tree of the first `size` leaves.
pub(crate) fn root<E>(size: u64, mut hash_of: impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(EMPTY_ROOT) } else { span_root(Span { begin: 0, end: size }, &mut hash_of) }
}

/// Returns the audit path of a leaf in the tree of the first `size` leaves, starting with the leaf's sibling.
pub(crate) fn inclusion_path<E>(
    index: u64,
    size: u64,
    mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let mut span = Span { begin: 0, end: size };
    while span.len() > 1 {
        let (left, right) = span.split();
        let (inside, sibling) = if index < left.end { (left, right) } else { (right, left) };
        path.push(span_root(sibling, &mut hash_of)?);
        span = inside;
    }
    path.reverse();
    Ok(path)
}

/// Returns the consistency proof between the trees of the first `old` and the first `size` leaves; see
/// section 2.1.2 of the RFC.
pub(crate) fn consistency_path<E>(
    old: u64,
    size: u64,
    mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let mut span = Span { begin: 0, end: size };
    if old == 0 || old == size {
        return Ok(path);
    }
    while span.end != old {
        let (left, right) = span.split();
        let (inside, sibling) = if old <= left.end { (left, right) } else { (right, left) };
        path.push(span_root(sibling, &mut hash_of)?);
        span = inside;
    }
    // The verifier knows the old root, so it is omitted if the last subtree is the whole old tree.
    if span.begin > 0 {
        path.push(span_root(span, &mut hash_of)?);
    }
    path.reverse();
    Ok(path)
}

/// Returns whether the audit path proves that the leaf at `index` (from 0) is in the tree of this size and root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (place, last) = (place / 2, last / 2);
    }
    last == 0 && hash == *root
}

/// Returns whether the path proves that the tree of `size` leaves with `root` is an extension of the tree of
/// `old` leaves with `old_root`.
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, path: &[Hash]) -> bool {
    if old == size {
        return path.is_empty() && old_root == root;
    }
    if old == 0 || old > size {
        return old == 0 && path.is_empty() && *old_root == EMPTY_ROOT;
    }
    let (mut place, mut last) = (old - 1, size - 1);
    while place % 2 == 1 {
        (place, last) = (place / 2, last / 2);
    }
    let mut path = path.iter();
    let first = if place == 0 { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut of_old, mut of_new) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            of_old = node_hash(sibling, &of_old);
            of_new = node_hash(sibling, &of_new);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place / 2, last / 2);
            }
        } else {
            of_new = node_hash(&of_new, sibling);
        }
        (place, last) = (place / 2, last / 2);
    }
    last == 0 && of_old == *old_root && of_new == *root
}
