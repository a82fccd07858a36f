//! Counting: how votes become a result.

use super::{
    Abstention, Ballot, BallotResult, Choice, Hands, MajorityBase, Method, Roll, Rules, Seat, Tie, Vote,
    VotePart,
};
use crate::decision_rule::share;

/// Weights of votes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Seats that voted, or agreed by saying nothing.
    pub(super) cast: u32,
    pub(super) yes: u32,
    pub(super) no: u32,
    pub(super) abstain: u32,
    /// Whether a seat with a veto voted no.
    pub(super) vetoed: bool,
}

impl Tally {
    pub(super) fn add(&mut self, choice: Choice, weight: u32) {
        let sum = match choice {
            Choice::Yes => &mut self.yes,
            Choice::No => &mut self.no,
            Choice::Abstain => &mut self.abstain,
        };
        *sum = sum.saturating_add(weight);
    }

    /// Adds what a seat leaves unsaid, which agrees. Who said that it opposes the topic objects, there or not.
    fn add_silence(&mut self, seat: &Seat) {
        let said = match (seat.objected, seat.present) {
            (true, _) => Choice::No,
            (false, true) => Choice::Yes,
            (false, false) => return,
        };
        self.add(said, seat.weight);
        self.cast += u32::from(seat.present);
    }

    /// Adds the vote of a seat. A part of it never weighs more than what is left of the seat.
    fn add_vote(&mut self, seat: &Seat, vote: &Vote) {
        let mut left = seat.weight;
        for &VotePart { choice, weight } in &vote.split {
            let part = weight.min(left);
            left -= part;
            self.add(choice, part);
        }
        self.add(vote.choice, left);
        self.cast += 1;
        self.vetoed |= seat.veto && vote.choice == Choice::No && vote.split.is_empty();
    }
}

impl Ballot {
    /// Counts the votes cast so far. The casting vote counts only when the rules give the chair one and the votes
    /// are tied.
    pub fn count(&self, roll: &Roll, casting_vote: Option<Choice>) -> BallotResult {
        self.result(roll, &self.tally(roll), casting_vote)
    }

    /// The result of weights that were added up.
    pub(super) fn result(&self, roll: &Roll, tally: &Tally, casting_vote: Option<Choice>) -> BallotResult {
        let Rules { method, abstention, tie, majority_of, secret } = self.rules;
        let Tally { cast, yes, no, abstain, vetoed } = *tally;
        let base = self.base(roll, tally);
        let needed = needed(method, base);
        let tied = method == Method::SimpleMajority && yes == no && yes > 0 && yes + 1 == needed;
        let deciding_vote = match method {
            Method::ChairDecides => self.vote_of_the_chair(roll),
            _ => casting_vote.filter(|_| tied && tie == Tie::ChairDecides),
        };
        let carried = match method {
            Method::ChairDecides => deciding_vote == Some(Choice::Yes),
            Method::GeneralConsent | Method::Silence => no == 0 && yes > 0,
            _ => yes >= needed || deciding_vote == Some(Choice::Yes),
        };
        BallotResult {
            ballot: self.number,
            version: self.version,
            method,
            abstention,
            tie,
            majority_of,
            eligible: u32::try_from(roll.seats.len()).unwrap_or(u32::MAX),
            recused: roll.recused(),
            quorum: roll.quorum,
            cast,
            yes,
            no,
            abstain,
            base,
            needed,
            tied,
            casting_vote: deciding_vote,
            vetoed,
            passed: cast >= roll.quorum && carried && !vetoed,
            body_version: roll.body_version,
            secret,
        }
    }

    fn tally(&self, roll: &Roll) -> Tally {
        if let Some(Hands { yes, no, abstain }) = self.hands {
            let cast = yes.saturating_add(no).saturating_add(abstain);
            return Tally { cast, yes, no, abstain, vetoed: false };
        }
        let mut tally = Tally::default();
        for seat in roll.voters() {
            match self.votes.get(&seat.department) {
                Some(vote) => tally.add_vote(seat, vote),
                None if self.rules.method.counts_silence() => tally.add_silence(seat),
                None => {}
            }
        }
        tally
    }

    /// The weight of which the majority is taken.
    fn base(&self, roll: &Roll, tally: &Tally) -> u32 {
        let votes = match self.rules.abstention {
            Abstention::CountsAsCast => tally.yes.saturating_add(tally.no).saturating_add(tally.abstain),
            Abstention::DoesNotCount => tally.yes.saturating_add(tally.no),
        };
        match (self.rules.method, self.rules.majority_of) {
            (Method::UnanimousCountersign, _) => total(roll.voters()),
            (Method::SimpleMajority | Method::QualifiedMajority { .. }, MajorityBase::Present) => {
                total(roll.voters().filter(|seat| seat.present))
            }
            (Method::SimpleMajority | Method::QualifiedMajority { .. }, MajorityBase::AllSeats) => {
                roll.all_seats_weight
            }
            _ => votes,
        }
    }

    fn vote_of_the_chair(&self, roll: &Roll) -> Option<Choice> {
        let chair = roll.chair.as_ref()?;
        roll.voters().find(|seat| seat.department == *chair)?;
        self.votes.get(chair).filter(|vote| vote.split.is_empty()).map(|vote| vote.choice)
    }
}

/// The yes votes that a method needs out of the counted votes; at least one.
fn needed(method: Method, base: u32) -> u32 {
    match method {
        Method::Consensus | Method::UnanimousCountersign | Method::GeneralConsent | Method::Silence => base,
        Method::SimpleMajority | Method::ChairDecides => base / 2 + 1,
        Method::QualifiedMajority { numerator, denominator } => share(base, numerator, denominator),
    }
    .max(1)
}

fn total<'a>(seats: impl Iterator<Item = &'a Seat>) -> u32 {
    seats.map(|seat| seat.weight).fold(0, u32::saturating_add)
}
