//! The hash tree over the log's records: RFC 6962, section 2.1, with SHA-256.
//!
//! A record's hash ([`crate::Record::hash`]) is a leaf; the record at position p is the leaf of index p − 1.
//! Everything here is arithmetic on hashes; where they are kept is the matter of `tiles`.

use crate::Hash;
use sha2::{Digest, Sha256};

/// The root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of a node: SHA-256 (0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x01]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The root of a perfect tree with these leaves; their number is a power of two.
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

/// A perfect subtree: its leaves are `index << height` and the `2^height` from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) height: u32,
    pub(crate) index: u64,
}

/// The perfect subtrees that make up a tree, from the largest on: all that is needed to add leaves and to
/// tell the root.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves, its subtrees' hashes asked for one by one.
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

    /// The hashes of its subtrees, the largest first.
    pub(crate) fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds a leaf; `completed` is told of every perfect subtree that this completes, the leaf first.
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

/// Leaves from `begin` to before `end`, where `begin` is a multiple of the power of two not below their number.
#[derive(Clone, Copy)]
struct Span {
    begin: u64,
    end: u64,
}

impl Span {
    fn len(self) -> u64 {
        self.end - self.begin
    }

    /// The span as one perfect subtree, if it is one.
    fn perfect(self) -> Option<Node> {
        let height = self.len().trailing_zeros();
        self.len().is_power_of_two().then_some(Node { height, index: self.begin >> height })
    }

    /// At the largest power of two that is smaller than its length.
    fn split(self) -> (Span, Span) {
        let middle = self.begin + self.len().next_power_of_two() / 2;
        (Span { end: middle, ..self }, Span { begin: middle, ..self })
    }
}

fn span_root<E>(span: Span, hash_of: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    match span.perfect() {
        Some(node) => hash_of(node),
        None => {
            let (left, right) = span.split();
            Ok(node_hash(&span_root(left, hash_of)?, &span_root(right, hash_of)?))
        }
    }
}

/// The root of the tree of the first `size` leaves.
pub(crate) fn root<E>(size: u64, mut hash_of: impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(EMPTY_ROOT) } else { span_root(Span { begin: 0, end: size }, &mut hash_of) }
}

/// The audit path of a leaf in the tree of the first `size` leaves, from the leaf's sibling on.
pub(crate) fn inclusion_path<E>(
    index: u64,
    size: u64,
    mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let mut span = Span { begin: 0, end: size };
    while span.len() > 1 {
        let (left, right) = span.split();
        let (inside, beside) = if index < left.end { (left, right) } else { (right, left) };
        path.push(span_root(beside, &mut hash_of)?);
        span = inside;
    }
    path.reverse();
    Ok(path)
}

/// The consistency proof between the trees of the first `old` and the first `size` leaves, as in
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
        let (inside, beside) = if old <= left.end { (left, right) } else { (right, left) };
        path.push(span_root(beside, &mut hash_of)?);
        span = inside;
    }
    // The old tree's own root is what the reader knows, unless its last subtree is not all of it.
    if span.begin > 0 {
        path.push(span_root(span, &mut hash_of)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether the audit path shows that the leaf of this index, from 0, is in the tree of this size and root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(beside, &hash);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        (place, last) = (place / 2, last / 2);
    }
    last == 0 && hash == *root
}

/// Whether the path shows that the tree of `size` leaves and `root` begins with that of `old` leaves and
/// `old_root`.
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
    for beside in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            of_old = node_hash(beside, &of_old);
            of_new = node_hash(beside, &of_new);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place / 2, last / 2);
            }
        } else {
            of_new = node_hash(&of_new, beside);
        }
        (place, last) = (place / 2, last / 2);
    }
    last == 0 && of_old == *old_root && of_new == *root
}
