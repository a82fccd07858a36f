//! A secret ballot (无记名表决): who has voted is public, and how stays sealed until the count.

use super::{Ballot, BallotResult, Choice, Roll, Tally, Vote, Votes};
use crate::{Code, Line};
use std::collections::BTreeMap;

/// Votes that a secret ballot needs at least: with fewer, whoever knows the own vote knows the others'.
pub const SECRET_VOTES_MIN: u32 = 3;

/// A vote that nobody can read before the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedVote {
    /// How it votes and its tracking code, sealed with the key of the ballot.
    pub sealed: Vec<u8>,
    /// The department that cast it, when that is another one: by mandate, or as a substitute.
    pub cast_by: Option<Code>,
}

/// A vote as it is published after the count, without whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenedVote {
    /// The code that only its voter got. It looks random, so that the order of the codes says nothing.
    pub tracking_code: Line,
    /// How it votes.
    pub choice: Choice,
}

/// The sealed votes of a ballot, by the departments whose they are.
pub type SealedVotes = BTreeMap<Code, SealedVote>;

impl Ballot {
    /// Whose votes were cast, and by whom; in a secret ballot, whatever they say.
    pub fn cast_votes(&self) -> Votes {
        if !self.rules.secret {
            return self.votes.clone();
        }
        let vote = |sealed: &SealedVote| Vote {
            choice: Choice::Abstain,
            split: vec![],
            reason: None,
            cast_by: sealed.cast_by.clone(),
            put_down_by_clerk: false,
        };
        self.sealed.iter().map(|(code, sealed)| (code.clone(), vote(sealed))).collect()
    }

    /// Counts the votes of a secret ballot. Without a quorum none was opened, and none is counted.
    pub fn count_opened(&self, roll: &Roll, opened: &[OpenedVote]) -> BallotResult {
        let weight = roll.voters().map(|seat| seat.weight).max().unwrap_or(1);
        let mut tally = Tally { cast: self.cast(roll), ..Tally::default() };
        opened.iter().for_each(|vote| tally.add(vote.choice, weight));
        self.result(roll, &tally, None)
    }

    /// How many sealed votes count.
    pub fn cast(&self, roll: &Roll) -> u32 {
        let cast = roll.voters().filter(|seat| self.sealed.contains_key(&seat.department));
        u32::try_from(cast.count()).unwrap_or(u32::MAX)
    }
}
