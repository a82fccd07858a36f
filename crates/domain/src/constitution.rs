//! A body as it was when a session of it was convened: what the session's docket keeps to, whatever becomes of the body.

use crate::Code;
use crate::decision_rule::{DecisionRule, QuorumBase, RecusalEffect};

/// A seat that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voter {
    /// The department.
    pub department: Code,
    /// How much its vote weighs; at least 1.
    pub weight: u32,
    /// Whether its no is enough.
    pub veto: bool,
    /// The departments that take its place when it is not there, in turn.
    pub substitutes: Vec<Code>,
}

/// The part of a body's version that matters of one class are decided by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constitution {
    /// The number of the body's version.
    pub version: u32,
    /// The department in the chair.
    pub chair: Code,
    /// The departments that take the chair in its absence, in turn.
    pub deputies: Vec<Code>,
    /// The departments whose clerks act for the body.
    pub secretariat: Vec<Code>,
    /// The seats that decide.
    pub voters: Vec<Voter>,
    /// How they decide.
    pub rule: DecisionRule,
}

impl Constitution {
    /// The departments that may be in the chair, in turn.
    pub fn chairs(&self) -> impl Iterator<Item = &Code> {
        std::iter::once(&self.chair).chain(&self.deputies)
    }

    /// Whether the department has a vote.
    pub fn has_vote(&self, department: &Code) -> bool {
        self.voter(department).is_some()
    }

    /// The seat of a department that decides.
    pub fn voter(&self, department: &Code) -> Option<&Voter> {
        self.voters.iter().find(|voter| voter.department == *department)
    }

    /// How many are needed, when so many of all seats have recused themselves and so many that decide are there.
    ///
    /// Once anybody has recused itself, a quorum never falls below the rule's minimum: a few who are left do not decide
    /// for all.
    pub fn quorum(&self, recused: u32, present: u32) -> u32 {
        let (quorum, voting) = (self.rule.quorum, self.rule.voting);
        let needed = match (quorum.base, voting.recusal) {
            (QuorumBase::AllSeats, RecusalEffect::LowersQuorum) => {
                quorum.of(self.voter_count().saturating_sub(recused))
            }
            (QuorumBase::AllSeats, RecusalEffect::CountsAsPresent) => {
                quorum.of(self.voter_count()).saturating_sub(recused)
            }
            (QuorumBase::Present, _) => quorum.of(present),
        };
        let min = if recused > 0 { voting.votes_min_after_recusal.min(self.voter_count()) } else { 1 };
        needed.max(min).max(1)
    }

    /// The weight of all seats of which a majority may be taken, when those of this weight have recused themselves.
    pub fn all_seats_weight(&self, recused: u32) -> u32 {
        let all = self.voters.iter().map(|voter| voter.weight).fold(0, u32::saturating_add);
        match self.rule.voting.recusal {
            RecusalEffect::LowersQuorum => all.saturating_sub(recused),
            RecusalEffect::CountsAsPresent => all,
        }
    }

    /// The number of seats that decide.
    pub fn voter_count(&self) -> u32 {
        u32::try_from(self.voters.len()).unwrap_or(u32::MAX)
    }
}
