//! Secret choices: what somebody prefers is sealed until the count, as votes in secret ballots are.

use super::choices::open_choice;
use super::votes::{Caster, caster, may_vote_on};
use super::{Event, OptionChoice, Proceedings, Rejection, State, Topic};
use crate::decision_rule::OptionTie;
use crate::deliberation::ballot::Roll;
use crate::deliberation::ballot::secret::SECRET_VOTES_MIN;
use crate::{Code, Issued, Text};

impl State {
    /// The choice that is open on a topic, if one is.
    pub fn open_choice(&self, topic: u32) -> Option<&OptionChoice> {
        self.proceedings()?.topic(topic)?.open_choice()
    }

    /// The number that the next choice on a topic has, if a lot is to be sealed when it is opened.
    pub fn next_choice_with_lot(&self, topic: u32) -> Option<u32> {
        let proceedings = self.proceedings()?;
        let drawn = proceedings.agenda.constitution.rule.voting.option_tie == OptionTie::Lot;
        let choices = proceedings.topic(topic).filter(|_| drawn)?.choices.len();
        u32::try_from(choices + 1).ok()
    }

    /// What the count of the choice that is open on a topic needs opened of what the seats said: nothing without a quorum.
    pub fn papers_to_open(&self, topic: u32) -> Vec<&[u8]> {
        let found = self.proceedings().and_then(|known| {
            let topic = known.topic(topic)?;
            Some((known, topic, topic.open_choice()?))
        });
        let Some((proceedings, topic, open)) = found else { return vec![] };
        to_open(&proceedings.roll_of_choice(topic, open), open)
    }
}

impl Proceedings {
    /// Who may say what it prefers, and how many have to.
    pub(super) fn roll_of_choice(&self, topic: &Topic, choice: &OptionChoice) -> Roll {
        let mut roll = self.roll(topic, &choice.votes());
        if choice.secret {
            roll.quorum = roll.quorum.max(SECRET_VOTES_MIN);
        }
        roll
    }
}

/// What is opened for the count of a secret choice.
pub(super) fn to_open<'c>(roll: &Roll, choice: &'c OptionChoice) -> Vec<&'c [u8]> {
    let sealed: Vec<&[u8]> = roll
        .voters()
        .filter_map(|seat| choice.sealed.get(&seat.department))
        .map(|vote| vote.sealed.as_slice())
        .collect();
    if u32::try_from(sealed.len()).is_ok_and(|cast| cast >= roll.quorum) { sealed } else { vec![] }
}

/// Says in secret what a department prefers. Nobody can tell whether that is something else than before, so it always
/// replaces that.
pub(super) fn cast(
    proceedings: &Proceedings,
    number: u32,
    choice: u32,
    department: Code,
    sealed: Vec<u8>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    let open = open_choice(topic)?;
    if !open.secret {
        return Err(Rejection::ChoiceNotSecret { topic_number: number });
    }
    may_vote_on(proceedings, topic, &department)?;
    let Caster { cast_by, .. } = caster(proceedings, topic, &open.votes(), &department, false, issued)?;
    if open.number != choice {
        return Err(Rejection::NoChoiceOpen { topic_number: number });
    }
    Ok(vec![Event::ChoiceSealed { topic: number, choice, department, sealed, cast_by }])
}

/// Voids a secret choice. Nobody knows how it stands.
pub(super) fn void(proceedings: &Proceedings, number: u32, reason: Text) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if topic.choices.last().is_some_and(|last| last.voided.is_some()) {
        return Ok(vec![]);
    }
    let open = open_choice(topic)?;
    if !open.secret {
        return Err(Rejection::ChoiceNotSecret { topic_number: number });
    }
    Ok(vec![Event::ChoiceVoided { topic: number, choice: open.number, reason }])
}
