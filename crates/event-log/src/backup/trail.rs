//! What was read so far of a log that comes record by record: its chain, its commits, its tree.

use crate::record::Record;
use crate::tree::Frontier;
use crate::verify::Chain;
use crate::{Damage, Head};

/// Follows records in order, and knows the head that they make.
pub(crate) struct Trail {
    chain: Option<Chain>,
    head: Head,
    tree: Frontier,
}

impl Trail {
    /// Before the first record.
    pub(crate) fn start() -> Trail {
        Trail { chain: Some(Chain::start()), head: Head::EMPTY, tree: Frontier::default() }
    }

    /// After a record in the middle of the log, which may also be in the middle of a commit.
    pub(crate) fn resume(head: Head, tree: Frontier) -> Trail {
        Trail { chain: None, head, tree }
    }

    /// Takes the next record, or says what is wrong with it and stays where it was.
    pub(crate) fn follow(&mut self, record: &Record) -> Result<(), Damage> {
        let mut begun = None;
        let chain = match &mut self.chain {
            Some(chain) => chain,
            None => begun.insert(Chain::resume(self.head.tip(), record)),
        };
        chain.follow(record)?;
        self.head.position = record.position;
        self.head.hash = chain.at().hash;
        if begun.is_some() {
            self.chain = begun;
        }
        self.tree.push(self.head.hash, |_, _| {});
        Ok(())
    }

    /// The last record, its hash, and the root up to it.
    pub(crate) fn head(&self) -> Head {
        Head { root: self.tree.root(), ..self.head }
    }

    /// The last position.
    pub(crate) fn position(&self) -> u64 {
        self.head.position
    }

    /// Whether the last record ends its commit, as far as is known.
    pub(crate) fn is_whole(&self) -> bool {
        self.chain.as_ref().is_none_or(|chain| chain.whole() == self.head.tip())
    }

    pub(crate) fn tree(&self) -> &Frontier {
        &self.tree
    }
}
