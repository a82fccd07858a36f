//! State of a log that is read record by record: its hash chain, its commits, its tree.

use crate::record::Record;
use crate::tree::Frontier;
use crate::verify::Chain;
use crate::{Damage, Head};

/// Follows records in order and keeps track of the resulting head.
#[derive(Debug, Clone)]
pub struct ChainState {
    chain: Option<Chain>,
    head: Head,
    tree: Frontier,
}

impl ChainState {
    /// The state before the first record.
    pub fn start() -> ChainState {
        ChainState { chain: Some(Chain::start()), head: Head::EMPTY, tree: Frontier::default() }
    }

    /// The state after a record in the middle of the log, possibly in the middle of a commit.
    pub(crate) fn resume(head: Head, tree: Frontier) -> ChainState {
        ChainState { chain: None, head, tree }
    }

    /// Advances to the next record; on an error the state is unchanged.
    pub(crate) fn follow(&mut self, record: &Record) -> Result<(), Damage> {
        let mut started = None;
        let chain = match &mut self.chain {
            Some(chain) => chain,
            None => started.insert(Chain::resume(self.head.chain_head(), record)),
        };
        chain.follow(record)?;
        self.head.position = record.position;
        self.head.hash = chain.head().hash;
        if started.is_some() {
            self.chain = started;
        }
        self.tree.push(self.head.hash, |_, _| {});
        Ok(())
    }

    /// Returns the head as of the last record.
    pub fn head(&self) -> Head {
        Head { root: self.tree.root(), ..self.head }
    }

    /// Returns the last position.
    pub fn position(&self) -> u64 {
        self.head.position
    }

    /// Returns whether the last record ends its commit, as far as is known.
    pub fn is_complete(&self) -> bool {
        self.chain.as_ref().is_none_or(|chain| chain.last_complete() == self.head.chain_head())
    }

    pub(crate) fn tree(&self) -> &Frontier {
        &self.tree
    }
}
