//! The rules of mandates: who votes for a seat that is not there.
//!
//! A seat may name several departments; the first valid vote counts, and each seat has one vote, so that nobody is
//! counted twice. Where it named nobody who can vote, the substitutes of the body's charter take its place, in turn.

use super::floor::{is_put_down, may_speak_for, not_recused, nothing_of_its_own, said_in_the_room};
use super::{Event, Proceedings, Rejection, RoleOnTopic, Topic};
use crate::deliberation::ballot::{Votes, carried_by};
use crate::{Code, Issued};
use std::collections::{BTreeMap, BTreeSet};

/// Departments that one mandate names, at most.
pub const HOLDERS_MAX: usize = 3;
/// Mandates on one docket, at most.
pub const MANDATES_MAX: usize = 256;

/// What lets others vote for a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// On which topic; on all when none is named.
    pub topic: Option<u32>,
    /// Whose vote it is.
    pub department: Code,
    /// Who may cast it.
    pub holders: Vec<Code>,
    /// Whether a clerk of the docket put it down.
    pub put_down_by_clerk: bool,
}

impl Mandate {
    /// Whether this department gave it for this topic, or for all.
    pub(super) fn is_of(&self, department: &Code, topic: Option<u32>) -> bool {
        self.department == *department && self.topic == topic
    }
}

pub(super) fn give(
    proceedings: &Proceedings,
    topic: Option<u32>,
    department: Code,
    holders: Vec<Code>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    may_speak_for(proceedings, on(proceedings, topic), &department, issued)?;
    said_in_the_room(proceedings, &department, issued)?;
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    if let Some(own) = holders.iter().find(|holder| put_down_by_clerk && issued.by.speaks_for(holder)) {
        return Err(Rejection::OwnMandate { department_code: own.clone() });
    }
    if proceedings.agenda.constitution.rule.voting.mandates_max == 0 {
        return Err(Rejection::MandatesNotAllowed);
    }
    let distinct: BTreeSet<&Code> = holders.iter().filter(|holder| **holder != department).collect();
    if distinct.len() != holders.len() || !(1..=HOLDERS_MAX).contains(&holders.len()) {
        return Err(Rejection::HoldersOutOfRange { holders: holders.len(), max: HOLDERS_MAX });
    }
    if let Some(number) = topic {
        not_recused(proceedings.undecided(number)?, &department)?;
    }
    has_vote(proceedings, topic, &department)?;
    holders.iter().try_for_each(|holder| votes_beside(proceedings, topic, &department, holder))?;
    let known = proceedings.mandates.iter().find(|known| known.is_of(&department, topic));
    if let Some(known) = known {
        let takes_over = known.put_down_by_clerk && !put_down_by_clerk;
        if known.holders == holders && !takes_over {
            return Ok(vec![]);
        }
        nothing_of_its_own(proceedings, &department, !known.put_down_by_clerk, issued)?;
    }
    match known {
        None if proceedings.mandates.len() >= MANDATES_MAX => {
            Err(Rejection::MandatesExhausted { max: MANDATES_MAX })
        }
        _ => Ok(vec![Event::MandateGiven { topic, department, holders, put_down_by_clerk }]),
    }
}

pub(super) fn revoke(
    proceedings: &Proceedings,
    topic: Option<u32>,
    department: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    may_speak_for(proceedings, on(proceedings, topic), &department, issued)?;
    let Some(known) = proceedings.mandates.iter().find(|known| known.is_of(&department, topic)) else {
        return has_vote(proceedings, topic, &department).map(|()| vec![]);
    };
    nothing_of_its_own(proceedings, &department, !known.put_down_by_clerk, issued)?;
    Ok(vec![Event::MandateRevoked { topic, department }])
}

fn on(proceedings: &Proceedings, topic: Option<u32>) -> Option<&Topic> {
    topic.and_then(|number| proceedings.topic(number))
}

/// Refuses departments that decide neither on the topic nor, when none is named, on any.
fn has_vote(proceedings: &Proceedings, topic: Option<u32>, department: &Code) -> Result<(), Rejection> {
    let agenda = &proceedings.agenda;
    let decides = match topic {
        Some(topic) => agenda.role_on(topic, department) == Some(RoleOnTopic::Decides),
        None => agenda.deciding().any(|deciding| deciding == department),
    };
    if decides {
        return Ok(());
    }
    let (department_code, topic_number) = (department.clone(), topic.unwrap_or(0));
    Err(Rejection::NotEntitledToVote { department_code, topic_number })
}

/// Refuses a holder that decides on no topic of the mandate.
fn votes_beside(
    proceedings: &Proceedings,
    topic: Option<u32>,
    department: &Code,
    holder: &Code,
) -> Result<(), Rejection> {
    let agenda = &proceedings.agenda;
    let decides = |code, number| agenda.role_on(number, code) == Some(RoleOnTopic::Decides);
    let numbers = agenda.topics.iter().map(|entry| entry.number);
    let mut entrusted =
        numbers.filter(|number| topic.is_none_or(|topic| topic == *number) && decides(department, *number));
    if entrusted.clone().any(|number| decides(holder, number)) {
        return Ok(());
    }
    let topic_number = topic.or_else(|| entrusted.next()).unwrap_or_default();
    Err(Rejection::NotEntitledToVote { department_code: holder.clone(), topic_number })
}

/// Who may vote for a department on a topic now, in turn: nobody while it is there itself; then those of its mandate that
/// are there and take part; then, when there is none of them, the first of its substitutes that is.
pub(super) fn stand_ins<'p>(proceedings: &'p Proceedings, topic: &Topic, department: &Code) -> Vec<&'p Code> {
    by_turn(proceedings, topic, department, &substitutes(proceedings, topic))
}

/// The departments that decide on a topic for which others may vote now, each with these in turn.
pub(super) fn all_stand_ins<'p>(
    proceedings: &'p Proceedings,
    topic: &Topic,
) -> Vec<(&'p Code, Vec<&'p Code>)> {
    let substitutes = substitutes(proceedings, topic);
    let deciding = proceedings.agenda.deciding_on(topic.number);
    let each = deciding.map(|seat| (seat, by_turn(proceedings, topic, seat, &substitutes)));
    each.filter(|(_, stand_ins)| !stand_ins.is_empty()).collect()
}

fn by_turn<'p>(
    proceedings: &'p Proceedings,
    topic: &Topic,
    department: &Code,
    substitutes: &BTreeMap<&'p Code, &'p Code>,
) -> Vec<&'p Code> {
    if proceedings.is_meeting() && proceedings.counts_as_present(department) {
        return vec![];
    }
    let holders = holders(proceedings, topic, department);
    if !holders.is_empty() || !proceedings.is_meeting() {
        return holders;
    }
    substitutes.get(department).copied().into_iter().collect()
}

/// Whether a department is there and has not recused itself from the topic.
fn is_able(proceedings: &Proceedings, topic: &Topic, department: &Code) -> bool {
    proceedings.counts_as_present(department) && !topic.recused.contains(department)
}

fn decides_on(proceedings: &Proceedings, topic: &Topic, department: &Code) -> bool {
    proceedings.agenda.role_on(topic.number, department) == Some(RoleOnTopic::Decides)
}

/// Those of a department's mandate that can vote for it.
fn holders<'p>(proceedings: &'p Proceedings, topic: &Topic, department: &Code) -> Vec<&'p Code> {
    let given = |number| proceedings.mandates.iter().find(|known| known.is_of(department, number));
    let mandate = given(Some(topic.number)).or_else(|| given(None));
    let holders = mandate.map_or(&[][..], |mandate| &mandate.holders);
    let able = |holder: &&Code| is_able(proceedings, topic, holder) && decides_on(proceedings, topic, holder);
    holders.iter().filter(able).collect()
}

/// The seats that are empty and gave no mandate that can be used, each with the first of its substitutes that can take its
/// place. One that decides itself takes none, and another one only one: of several seats, the first.
fn substitutes<'p>(proceedings: &'p Proceedings, topic: &Topic) -> BTreeMap<&'p Code, &'p Code> {
    let constitution = &proceedings.agenda.constitution;
    let mut taken = BTreeSet::new();
    let mut placed = BTreeMap::new();
    for seat in proceedings.agenda.deciding_on(topic.number) {
        let is_empty = !proceedings.counts_as_present(seat) && !topic.recused.contains(seat);
        if !is_empty || !holders(proceedings, topic, seat).is_empty() {
            continue;
        }
        let substitutes = constitution.voter(seat).map_or(&[][..], |voter| &voter.substitutes);
        let can = |code: &&Code| is_able(proceedings, topic, code) && !decides_on(proceedings, topic, code);
        if let Some(first) = substitutes.iter().find(|code| can(code) && !taken.contains(*code)) {
            taken.insert(first);
            placed.insert(seat, first);
        }
    }
    placed
}

/// The seats for which a department may vote on a topic now, as they are not there themselves.
pub(super) fn carried<'p>(proceedings: &'p Proceedings, topic: &Topic, department: &Code) -> Vec<&'p Code> {
    let all = all_stand_ins(proceedings, topic).into_iter();
    all.filter(|(_, stand_ins)| stand_ins.contains(&department)).map(|(seat, _)| seat).collect()
}

/// Whether the issuer belongs to the substitute that takes the department's place on a topic now: it speaks for the seat as
/// well as it votes for it.
pub(super) fn takes_its_place(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
    issued: &Issued,
) -> bool {
    let taking = substitute_in_place(proceedings, topic, department);
    taking.is_some_and(|code| issued.by.speaks_for(code))
}

/// The substitute that takes the department's place on a topic now, when it is not there itself.
pub(super) fn substitute_in_place<'p>(
    proceedings: &'p Proceedings,
    topic: &Topic,
    department: &Code,
) -> Option<&'p Code> {
    let voter = proceedings.agenda.constitution.voter(department);
    let substitutes = voter.map_or(&[][..], |voter| &voter.substitutes);
    let stand_ins = stand_ins(proceedings, topic, department);
    stand_ins.into_iter().find(|code| substitutes.contains(code))
}

/// Refuses a department that votes for as many seats already as the body's rule allows, unless it votes by itself for
/// this one. A substitute votes for one seat, and carries no mandate.
pub(super) fn may_carry(
    proceedings: &Proceedings,
    votes: &Votes,
    department: &Code,
    carrier: &Code,
) -> Result<(), Rejection> {
    let rule = &proceedings.agenda.constitution;
    let is_substitute = rule.voter(department).is_some_and(|voter| voter.substitutes.contains(carrier));
    let carries_it = votes.get(department).is_some_and(|vote| vote.cast_by.as_ref() == Some(carrier));
    let max = rule.rule.voting.mandates_max.max(u32::from(is_substitute));
    if carries_it || carried_by(votes, carrier) < max {
        return Ok(());
    }
    Err(Rejection::TooManyMandates { department_code: carrier.clone(), max })
}
