//! The rules of amendments: what they amend, who moves and seconds them, how they are resolved, and what becomes of the others
//! when the text that they amend is another.

use super::choices::no_open_choice;
use super::evolve::add_version;
use super::floor::{in_debate, is_put_down, may_speak, may_speak_for, nothing_of_its_own};
use super::mandates::takes_its_place;
use super::motions::{may_take_part, no_motion_pending};
use super::outcomes::nothing_passed;
use super::passages::{Splice, carried_over, is_within};
use super::proposals::{next_version, no_open_ballot};
use super::secret::may_be_secret;
use super::speakers::{no_point_pending, nobody_speaks, on_the_floor};
use super::{
    AMENDMENTS_MAX, Amendment, AmendmentStage, Event, Proceedings, Rejection, Topic, TopicStage, voting,
};
use crate::deliberation::ballot::{Abstention, Ballot, BallotResult, MajorityBase, Method, Rules, Seat, Tie};
use crate::{Code, Issued, Text};

/// What somebody submits.
pub(super) struct Submitted {
    pub(super) topic: u32,
    pub(super) department: Code,
    pub(super) version: Option<u32>,
    pub(super) amends: Option<u32>,
    pub(super) text: Text,
}

/// Submits an amendment, to the current version or to a pending amendment to it. It is before the others at once or, in a
/// meeting whose rule says so, once another seat has seconded it.
pub(super) fn submit(
    proceedings: &Proceedings,
    submitted: Submitted,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let Submitted { topic: number, department, version: named, amends, text } = submitted;
    let topic = in_debate(proceedings, number)?;
    may_speak(proceedings, topic, &department, issued)?;
    no_open_ballot(topic)?;
    no_motion_pending(topic)?;
    nothing_passed(topic)?;
    let version = topic.current_version();
    if version == 0 {
        return Err(Rejection::NoProposal { topic_number: number });
    }
    if let Some(named) = named.filter(|named| *named != version) {
        return Err(Rejection::VersionNotCurrent { version: named, current_version: version });
    }
    let same = |known: &Amendment| {
        known.stage.is_open()
            && known.department == department
            && known.text == text
            && known.amends == amends
    };
    if topic.amendments.iter().any(same) {
        return Ok(vec![]);
    }
    changes_its_passage(topic, amends, &text)?;
    let amendments = topic.amendments.len();
    if amendments >= AMENDMENTS_MAX {
        return Err(Rejection::AmendmentsExhausted { topic_number: number, max: AMENDMENTS_MAX });
    }
    let amendment = u32::try_from(amendments + 1).unwrap_or(u32::MAX);
    let needs_seconder = proceedings.is_meeting() && proceedings.agenda.constitution.rule.needs_seconder;
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    let person = Some(issued.by.subject.clone());
    Ok(vec![Event::AmendmentSubmitted {
        topic: number,
        amendment,
        department,
        version,
        text,
        amends,
        needs_seconder,
        put_down_by_clerk,
        person,
    }])
}

/// Refuses a text that changes nothing and, in an amendment to an amendment, more than that one does. There is no third
/// degree.
fn changes_its_passage(topic: &Topic, amends: Option<u32>, text: &Text) -> Result<(), Rejection> {
    let topic_number = topic.number;
    let current = topic.versions.last();
    let Some(amended) = amends.map(|amended| find(topic, amended)).transpose()? else {
        return match current == Some(text) {
            true => Err(Rejection::AmendmentChangesNothing { topic_number }),
            false => Ok(()),
        };
    };
    let amendment_number = amended.number;
    is_pending(topic, amended)?;
    if amended.amends.is_some() {
        return Err(Rejection::AmendmentTooDeep { amendment_number, topic_number });
    }
    // One that is to be as the draft is rejected, and not amended.
    if amended.text == *text || current == Some(text) {
        return Err(Rejection::AmendmentChangesNothing { topic_number });
    }
    match current.is_some_and(|current| is_within(current, &amended.text, text)) {
        true => Ok(()),
        false => Err(Rejection::AmendmentBeyondPassage { amendment_number, topic_number }),
    }
}

/// Seconds an amendment: it is before the others, and they decide it by a ballot.
pub(super) fn second(
    proceedings: &Proceedings,
    number: u32,
    amendment: u32,
    department: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = on_the_floor(proceedings, number)?;
    let known = find(topic, amendment)?;
    may_take_part(proceedings, topic, &department, issued)?;
    if known.seconded_by.as_ref() == Some(&department) {
        return Ok(vec![]);
    }
    if known.department == department {
        return Err(Rejection::OwnAmendment {
            department_code: department,
            amendment_number: amendment,
            topic_number: number,
        });
    }
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    if known.person.as_ref() == Some(&issued.by.subject) || known.put_down_by_clerk && put_down_by_clerk {
        return Err(Rejection::SamePerson { topic_number: number });
    }
    is_open(topic, known)?;
    is_current(topic, known)?;
    not_seconded(topic, known)?;
    no_open_ballot(topic)?;
    no_point_pending(topic)?;
    no_motion_pending(topic)?;
    Ok(vec![Event::AmendmentSeconded { topic: number, amendment, department, put_down_by_clerk }])
}

/// Withdraws an amendment, until it is put to the vote.
pub(super) fn withdraw(
    proceedings: &Proceedings,
    number: u32,
    amendment: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    let known = find(topic, amendment)?;
    if !takes_its_place(proceedings, topic, &known.department, issued) {
        may_speak_for(proceedings, Some(topic), &known.department, issued)?;
    }
    if known.stage == AmendmentStage::Withdrawn {
        return Ok(vec![]);
    }
    nothing_of_its_own(proceedings, &known.department, !known.put_down_by_clerk, issued)?;
    is_open(topic, known)?;
    no_open_ballot(topic)?;
    Ok(ended_with_those_to_it(topic, known, Event::AmendmentWithdrawn { topic: number, amendment }))
}

/// Puts an amendment to the vote; those to it come first.
pub(super) fn put(proceedings: &Proceedings, number: u32, amendment: u32) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    let known = find(topic, amendment)?;
    if topic.amendment_in_ballot() == Some(amendment) {
        return Ok(vec![]);
    }
    is_pending(topic, known)?;
    if !matches!(topic.stage, TopicStage::Open { .. } | TopicStage::DebateClosed) {
        return Err(Rejection::NotOnTheFloor { topic_number: number });
    }
    no_open_ballot(topic)?;
    no_point_pending(topic)?;
    nobody_speaks(topic)?;
    no_motion_pending(topic)?;
    no_open_choice(topic)?;
    none_to_it_pending(topic, known)?;
    if known.amends.is_none() {
        next_version(topic, &known.text)?;
    }
    if proceedings.agenda.deciding_on(number).next().is_none() {
        return Err(Rejection::NoDecidingDepartment { topic_number: number });
    }
    let secret = proceedings.agenda.constitution.rule.voting.secret_ballots;
    if secret {
        may_be_secret(proceedings, topic)?;
    }
    Ok(vec![opened(number, proceedings.ballots + 1, amendment, secret)])
}

/// A ballot on an amendment takes more than half of the votes, whatever the body's rule says of the text. It is secret where
/// ballots on the text are.
fn opened(topic: u32, ballot: u32, amendment: u32, secret: bool) -> Event {
    let (method, abstention, tie) = (Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects);
    let rules = Rules { method, abstention, tie, majority_of: MajorityBase::Votes, secret };
    voting::opened(topic, &Ballot { amendment: Some(amendment), ..Ballot::new(ballot, 0, rules) })
}

/// What comes of the count: an amendment is adopted or rejected. Where too few voted nothing was decided, and it is still
/// pending.
pub(super) fn counted(
    topic: &Topic,
    amendment: u32,
    result: BallotResult,
    roll: Vec<Seat>,
) -> Result<Vec<Event>, Rejection> {
    no_point_pending(topic)?;
    let known = find(topic, amendment)?;
    let mut events = vec![Event::BallotClosed { topic: topic.number, result, roll }];
    if result.is_quorate() {
        events.extend(if result.passed { adopted(topic, known)? } else { rejected(topic, known) });
    }
    Ok(events)
}

/// Resolves an amendment without a ballot, even after the debate is closed: one that nobody seconded, as that takes a ballot.
pub(super) fn resolve(
    proceedings: &Proceedings,
    number: u32,
    amendment: u32,
    adopt: bool,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    let known = find(topic, amendment)?;
    if matches!((known.stage, adopt), (AmendmentStage::Adopted, true) | (AmendmentStage::Rejected, false)) {
        return Ok(vec![]);
    }
    is_open(topic, known)?;
    not_seconded(topic, known)?;
    no_open_ballot(topic)?;
    no_motion_pending(topic)?;
    // What was submitted before a version that it was not carried over to can only be rejected.
    if adopt || known.version == topic.current_version() {
        is_pending(topic, known)?;
        none_to_it_pending(topic, known)?;
    }
    if adopt { adopted(topic, known) } else { Ok(rejected(topic, known)) }
}

/// What an amendment does that is adopted: its text is the next version, or that of the amendment that it amends.
fn adopted(topic: &Topic, known: &Amendment) -> Result<Vec<Event>, Rejection> {
    let (number, amendment) = (topic.number, known.number);
    let Some(amended) = known.amends else {
        let version = next_version(topic, &known.text)?;
        let adopted = Event::AmendmentAdopted { topic: number, amendment, version };
        return Ok([adopted].into_iter().chain(rebased(topic, &known.text, Some(known))).collect());
    };
    let amended = find(topic, amended)?;
    let adopted = Event::AmendmentAmended { topic: number, amendment: amended.number, by: amendment };
    let others = topic.amendments_to(amended.number).filter(|other| other.number != amendment);
    let others = others.filter(|other| other.stage.is_open());
    let version = topic.current_version();
    let draft = Draft { number: version, text: topic.versions.last() };
    let others =
        others.map(|other| moved_on(number, draft, other, (&amended.text, &known.text), Some(amendment)).0);
    Ok([adopted].into_iter().chain(others).collect())
}

fn rejected(topic: &Topic, known: &Amendment) -> Vec<Event> {
    let rejected = Event::AmendmentRejected { topic: topic.number, amendment: known.number };
    ended_with_those_to_it(topic, known, rejected)
}

/// The end of an amendment, and of those to it.
fn ended_with_those_to_it(topic: &Topic, known: &Amendment, end: Event) -> Vec<Event> {
    let below = topic.amendments_to(known.number).filter(|other| other.stage.is_open());
    let fallen = below.map(|other| fall(topic.number, other, Some(known.number)));
    [end].into_iter().chain(fallen).collect()
}

/// What becomes of the open amendments when the draft is another, by one of them or by whoever proposed it: each is carried
/// over, or falls, and those to it with it.
pub(super) fn rebased(topic: &Topic, text: &Text, by: Option<&Amendment>) -> Vec<Event> {
    let (before, version) = (topic.versions.last(), topic.current_version());
    let draft = Draft { number: version + 1, text: Some(text) };
    let by = by.map(|by| by.number);
    let mut events = Vec::new();
    let open = topic.amendments.iter().filter(|other| other.stage.is_open() && other.version == version);
    for other in open.filter(|other| other.amends.is_none() && Some(other.number) != by) {
        let Some(before) = before else { continue };
        let (event, now) = moved_on(topic.number, draft, other, (before, text), by);
        events.push(event);
        for below in topic.amendments_to(other.number).filter(|below| below.stage.is_open()) {
            events.push(match &now {
                Some(now) => moved_on(topic.number, draft, below, (&other.text, now), by).0,
                None => fall(topic.number, below, Some(other.number)),
            });
        }
    }
    // Nothing is left of what was to be changed in the one that is adopted.
    let below = by.into_iter().flat_map(|by| topic.amendments_to(by)).filter(|below| below.stage.is_open());
    events.extend(below.map(|below| fall(topic.number, below, by)));
    events
}

/// The version that amendments are to, with its text.
#[derive(Clone, Copy)]
struct Draft<'t> {
    number: u32,
    text: Option<&'t Text>,
}

/// What becomes of an amendment when the text that it amends is another, and its text then, unless it falls. What would make
/// an amendment as the draft is falls as well.
fn moved_on(
    topic: u32,
    draft: Draft<'_>,
    known: &Amendment,
    (before, after): (&Text, &Text),
    by: Option<u32>,
) -> (Event, Option<Text>) {
    let splice = carried_over(before, &known.text, after);
    let now = splice.and_then(|splice| Some((splice, splice.of(after, &known.text)?)));
    match now.filter(|(_, now)| draft.text != Some(now)) {
        Some((splice, now)) => {
            let (amendment, version) = (known.number, draft.number);
            (Event::AmendmentRebased { topic, amendment, version, splice }, Some(now))
        }
        None => (fall(topic, known, by), None),
    }
}

fn fall(topic: u32, known: &Amendment, by: Option<u32>) -> Event {
    Event::AmendmentFell { topic, amendment: known.number, by }
}

/// The end of those that nobody seconded while others could speak.
pub(super) fn lapsed_unseconded(topic: &Topic) -> impl Iterator<Item = Event> {
    awaiting(topic).map(|known| lapse(topic, known))
}

/// The end of those that nobody seconded before their mover left, or recused itself.
pub(super) fn lapsed_without(topic: &Topic, mover: &Code) -> impl Iterator<Item = Event> {
    awaiting(topic).filter(move |known| known.department == *mover).map(|known| lapse(topic, known))
}

fn awaiting(topic: &Topic) -> impl Iterator<Item = &Amendment> {
    topic.amendments.iter().filter(|known| known.stage == AmendmentStage::AwaitsSecond)
}

fn lapse(topic: &Topic, known: &Amendment) -> Event {
    Event::AmendmentLapsed { topic: topic.number, amendment: known.number }
}

fn none_to_it_pending(topic: &Topic, known: &Amendment) -> Result<(), Rejection> {
    let mut below = topic.amendments_to(known.number);
    match below.find(|below| below.stage == AmendmentStage::Pending) {
        Some(below) => {
            Err(Rejection::AmendmentPending { amendment_number: below.number, topic_number: topic.number })
        }
        None => Ok(()),
    }
}

fn is_open(topic: &Topic, known: &Amendment) -> Result<(), Rejection> {
    match known.stage.is_open() {
        true => Ok(()),
        false => Err(Rejection::AmendmentResolved {
            amendment_number: known.number,
            topic_number: topic.number,
            stage: known.stage.as_str(),
        }),
    }
}

/// Refuses one that is not before the others, or not to the current version.
fn is_pending(topic: &Topic, known: &Amendment) -> Result<(), Rejection> {
    is_open(topic, known)?;
    let (amendment_number, topic_number) = (known.number, topic.number);
    if known.stage == AmendmentStage::AwaitsSecond {
        return Err(Rejection::AmendmentNotSeconded { amendment_number, topic_number });
    }
    is_current(topic, known)
}

/// Refuses one that was not carried over to the current version.
fn is_current(topic: &Topic, known: &Amendment) -> Result<(), Rejection> {
    let (version, current_version) = (known.version, topic.current_version());
    match version == current_version {
        true => Ok(()),
        false => {
            Err(Rejection::AmendmentOutdated { amendment_number: known.number, version, current_version })
        }
    }
}

fn not_seconded(topic: &Topic, known: &Amendment) -> Result<(), Rejection> {
    match known.seconded_by {
        None => Ok(()),
        Some(_) => {
            Err(Rejection::AmendmentSeconded { amendment_number: known.number, topic_number: topic.number })
        }
    }
}

fn find(topic: &Topic, amendment: u32) -> Result<&Amendment, Rejection> {
    let known = topic.amendments.iter().find(|known| known.number == amendment);
    known.ok_or_else(|| Rejection::NotFound {
        what: format!("amendment {amendment} to topic {}", topic.number),
    })
}

/// What an event makes of the amendments on a topic.
pub(super) fn evolve(topic: &mut Topic, event: &Event) {
    let (number, stage) = match event {
        Event::AmendmentSubmitted { .. } => return submitted(topic, event),
        Event::AmendmentAmended { amendment, by, .. } => return amended(topic, *amendment, *by),
        Event::AmendmentRebased { amendment, version, splice, .. } => {
            return carry(topic, *amendment, *version, splice);
        }
        Event::AmendmentSeconded { amendment, .. } => (amendment, AmendmentStage::Pending),
        Event::AmendmentAdopted { amendment, .. } => (amendment, AmendmentStage::Adopted),
        Event::AmendmentRejected { amendment, .. } => (amendment, AmendmentStage::Rejected),
        Event::AmendmentWithdrawn { amendment, .. } => (amendment, AmendmentStage::Withdrawn),
        Event::AmendmentLapsed { amendment, .. } => (amendment, AmendmentStage::Lapsed),
        Event::AmendmentFell { amendment, .. } => (amendment, AmendmentStage::Fallen),
        _ => return,
    };
    let Some(known) = find_mut(topic, *number) else { return };
    known.stage = stage;
    match event {
        Event::AmendmentSeconded { department, put_down_by_clerk, .. } => {
            known.seconded_by = Some(department.clone());
            known.second_put_down_by_clerk = *put_down_by_clerk;
        }
        Event::AmendmentFell { by, .. } => known.fell_with = *by,
        Event::AmendmentAdopted { .. } => {
            let text = known.text.clone();
            add_version(topic, text);
        }
        _ => {}
    }
}

fn submitted(topic: &mut Topic, event: &Event) {
    let Event::AmendmentSubmitted {
        amendment,
        department,
        version,
        text,
        amends,
        needs_seconder,
        put_down_by_clerk,
        person,
        ..
    } = event
    else {
        return;
    };
    let stage = if *needs_seconder { AmendmentStage::AwaitsSecond } else { AmendmentStage::Pending };
    topic.amendments.push(Amendment {
        number: *amendment,
        department: department.clone(),
        version: *version,
        amends: *amends,
        text: text.clone(),
        put_down_by_clerk: *put_down_by_clerk,
        person: person.clone(),
        seconded_by: None,
        second_put_down_by_clerk: false,
        stage,
        fell_with: None,
    });
}

fn amended(topic: &mut Topic, amendment: u32, by: u32) {
    let Some(taken) = find_mut(topic, by) else { return };
    taken.stage = AmendmentStage::Adopted;
    let text = taken.text.clone();
    if let Some(known) = find_mut(topic, amendment) {
        known.text = text;
    }
}

fn carry(topic: &mut Topic, amendment: u32, version: u32, splice: &Splice) {
    let Ok(known) = find(topic, amendment) else { return };
    let kept = match known.amends {
        Some(amended) => find(topic, amended).ok().map(|amended| &amended.text),
        None => topic.version(version),
    };
    let text = kept.and_then(|kept| splice.of(kept, &known.text));
    let (Some(text), Some(known)) = (text, find_mut(topic, amendment)) else { return };
    known.text = text;
    known.version = version;
}

fn find_mut(topic: &mut Topic, amendment: u32) -> Option<&mut Amendment> {
    topic.amendments.iter_mut().find(|known| known.number == amendment)
}
