//! The rules of motions: who moves and seconds one, which comes first, how it is decided, and what it does when it is carried.

use super::amendments;
use super::floor::{debate_closed, is_put_down, may_speak_for, not_one_of, not_recused, nothing_of_its_own};
use super::late_topics;
use super::mandates::takes_its_place;
use super::outcomes::{self, may_be_deferred, may_be_referred};
use super::proposals::no_open_ballot;
use super::reconsider::{may_be_reconsidered, reconsidered, taken_up_again, voted_as_it_was_decided};
use super::speakers::{is_there, no_point_pending, nobody_speaks, on_the_floor};
use super::votes::may_vote_on;
use super::{
    Event, MOTIONS_MAX, Motion, MotionKind, MotionStage, Proceedings, Rejection, Topic, TopicStage, voting,
};
use crate::deliberation::ballot::{Abstention, Ballot, BallotResult, MajorityBase, Rules, Seat, Tie};
use crate::{Code, Date, Issued, Text};

/// What somebody moves.
pub(super) struct Moved {
    pub(super) topic: u32,
    pub(super) department: Code,
    pub(super) kind: MotionKind,
    pub(super) reason: Text,
}

/// Moves something. It is before the others at once, or once another seat has seconded it, as the body's rule says.
pub(super) fn move_one(
    proceedings: &Proceedings,
    moved: Moved,
    today: Date,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let Moved { topic: number, department, kind, reason } = moved;
    let topic = match kind {
        MotionKind::Reconsider => reconsidered(proceedings, number)?,
        _ => on_the_floor(proceedings, number)?,
    };
    may_take_part(proceedings, topic, &department, issued)?;
    let same = |known: &Motion| known.stage.is_open() && known.department == department && known.kind == kind;
    if topic.motions.iter().any(same) {
        return Ok(vec![]);
    }
    // Whoever was interrupted goes on at once, and an appeal does not wait for that.
    let appeals = matches!(kind, MotionKind::Appeal { .. });
    if !appeals && !topic.floor.is_held_by(&department) {
        nobody_speaks(topic)?;
    }
    not_in_the_past(&kind, today)?;
    may_be_before_the_others(proceedings, topic, &kind, issued)?;
    if kind == MotionKind::Reconsider {
        // Who is on the side that prevailed says so itself.
        if is_put_down(proceedings, &department, issued) {
            return Err(not_one_of([&department], issued));
        }
        voted_as_it_was_decided(topic, &department)?;
    }
    // Nobody else is kept from what one withdrew.
    let lost = |known: &&Motion| {
        let has_failed = known.stage == MotionStage::Lost
            || (known.stage == MotionStage::Withdrawn && known.department == department);
        has_failed && !appeals && !known.debated_since && known.kind.is_like(&kind)
    };
    if let Some(lost) = topic.motions.iter().find(lost) {
        return Err(Rejection::MotionLost { motion_number: lost.number, topic_number: number });
    }
    let motions = topic.motions.len();
    if motions >= MOTIONS_MAX {
        return Err(Rejection::MotionsExhausted { topic_number: number, max: MOTIONS_MAX });
    }
    let motion = u32::try_from(motions + 1).unwrap_or(u32::MAX);
    let needs_seconder = proceedings.agenda.constitution.rule.needs_seconder;
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    let person = Some(issued.by.subject.clone());
    Ok(vec![Event::MotionMoved {
        topic: number,
        motion,
        department,
        kind,
        reason,
        needs_seconder,
        put_down_by_clerk,
        person,
    }])
}

/// Seconds a motion, which then is before the others.
pub(super) fn second(
    proceedings: &Proceedings,
    number: u32,
    motion: u32,
    department: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = match of_reconsidering(proceedings, number, motion)? {
        Some(topic) => topic,
        None => on_the_floor(proceedings, number)?,
    };
    let known = find(topic, motion)?;
    may_take_part(proceedings, topic, &department, issued)?;
    if known.seconded_by.as_ref() == Some(&department) {
        return Ok(vec![]);
    }
    if known.department == department {
        return Err(Rejection::OwnMotion {
            department_code: department,
            motion_number: motion,
            topic_number: number,
        });
    }
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    if known.person.as_ref() == Some(&issued.by.subject) || known.put_down_by_clerk && put_down_by_clerk {
        return Err(Rejection::SamePerson { topic_number: number });
    }
    must_be(topic, known, known.stage == MotionStage::AwaitsSecond)?;
    may_be_before_the_others(proceedings, topic, &known.kind, issued)?;
    Ok(vec![Event::MotionSeconded { topic: number, motion, department, put_down_by_clerk }])
}

/// Withdraws a motion, until it is put to the vote.
pub(super) fn withdraw(
    proceedings: &Proceedings,
    number: u32,
    motion: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = with_motion(proceedings, number, motion)?;
    let known = find(topic, motion)?;
    if !takes_its_place(proceedings, topic, &known.department, issued) {
        may_speak_for(proceedings, Some(topic), &known.department, issued)?;
    }
    if known.stage == MotionStage::Withdrawn {
        return Ok(vec![]);
    }
    nothing_of_its_own(proceedings, &known.department, !known.put_down_by_clerk, issued)?;
    must_be(topic, known, known.stage.is_open())?;
    if topic.motion_in_ballot() == Some(motion) {
        no_open_ballot(topic)?;
    }
    Ok(vec![Event::MotionWithdrawn { topic: number, motion }])
}

/// Puts the motion to the vote that is to be decided first. Everybody may know who votes how, and no seat has a veto.
pub(super) fn put(
    proceedings: &Proceedings,
    number: u32,
    motion: u32,
    today: Date,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = with_motion(proceedings, number, motion)?;
    let known = find(topic, motion)?;
    if topic.motion_in_ballot() == Some(motion) {
        return Ok(vec![]);
    }
    must_be(topic, known, known.stage == MotionStage::Pending)?;
    let is_debated = matches!(topic.stage, TopicStage::Open { .. } | TopicStage::DebateClosed);
    if !is_debated && known.kind != MotionKind::Reconsider {
        return Err(Rejection::NotOnTheFloor { topic_number: number });
    }
    not_in_the_past(&known.kind, today)?;
    let mut method = known.kind.method();
    if let MotionKind::Main { title, .. } = &known.kind {
        method = late_topics::may_be_added(proceedings, title, issued)?;
    }
    no_open_ballot(topic)?;
    no_point_pending(topic)?;
    nobody_speaks(topic)?;
    if let Some(first) = topic.next_motion().filter(|first| first.number != motion) {
        return Err(Rejection::MotionPending { motion_number: first.number, topic_number: number });
    }
    let (abstention, tie, majority_of) = (Abstention::DoesNotCount, Tie::Rejects, MajorityBase::Votes);
    let rules = Rules { method, abstention, tie, majority_of, secret: false };
    let ballot = Ballot::new(proceedings.ballots + 1, 0, rules);
    Ok(vec![voting::opened(number, &Ballot { motion: Some(motion), ..ballot })])
}

/// What comes of the count: a motion is carried or lost. Where too few voted, nothing was decided, and it lapses.
pub(super) fn counted(
    proceedings: &Proceedings,
    topic: &Topic,
    motion: u32,
    result: BallotResult,
    roll: Vec<Seat>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    no_point_pending(topic)?;
    let number = topic.number;
    let mut events = vec![Event::BallotClosed { topic: number, result, roll }];
    if !result.is_quorate() {
        events.push(Event::MotionLapsed { topic: number, motion });
        return Ok(events);
    }
    let (ballot, carried) = (result.ballot, result.passed);
    events.push(Event::MotionDecided { topic: number, motion, ballot, carried });
    if carried {
        events.extend(carry(proceedings, topic, find(topic, motion)?, issued));
    }
    Ok(events)
}

/// What a motion does that is carried.
fn carry(proceedings: &Proceedings, topic: &Topic, motion: &Motion, issued: &Issued) -> Vec<Event> {
    let (number, reason) = (topic.number, motion.reason.clone());
    match &motion.kind {
        MotionKind::CloseDebate if topic.is_in_debate() => {
            lapsed_unseconded(topic).into_iter().chain([debate_closed(topic, issued.at)]).collect()
        }
        MotionKind::CloseDebate => vec![],
        MotionKind::Defer { resume_on } => {
            let deferred = Event::TopicDeferred {
                topic: number,
                resume_on: *resume_on,
                moved_by: motion.department.clone(),
                reason,
                deferrals: topic.deferrals + 1,
            };
            outcomes::concluded(proceedings, topic, deferred, issued)
        }
        MotionKind::Refer { referred_to } => {
            let referred = Event::TopicReferred { topic: number, referred_to: referred_to.clone(), reason };
            outcomes::concluded(proceedings, topic, referred, issued)
        }
        MotionKind::Reconsider => vec![taken_up_again(topic, motion.number)],
        // The ruling is another with that.
        MotionKind::Appeal { .. } => vec![],
        MotionKind::Main { title, text } => late_topics::added(proceedings, topic, motion, title, text),
    }
}

/// The end of all motions on a topic that ends, but for the one that is voted on, and of amendments that nobody seconded.
pub(super) fn lapsed(topic: &Topic) -> Vec<Event> {
    let in_ballot = topic.motion_in_ballot();
    let open = topic.motions.iter().filter(|motion| motion.stage.is_open());
    let others = open.filter(|motion| in_ballot != Some(motion.number));
    others.map(|motion| lapse(topic, motion)).chain(amendments::lapsed_unseconded(topic)).collect()
}

/// The end of what nobody seconded while others could speak.
pub(super) fn lapsed_unseconded(topic: &Topic) -> Vec<Event> {
    let motions = awaiting(topic).map(|motion| lapse(topic, motion));
    motions.chain(amendments::lapsed_unseconded(topic)).collect()
}

/// The end of what nobody seconded before its mover left, or recused itself.
pub(super) fn lapsed_without(topic: &Topic, mover: &Code) -> Vec<Event> {
    let of_the_mover = awaiting(topic).filter(|motion| motion.department == *mover);
    let motions = of_the_mover.map(|motion| lapse(topic, motion));
    motions.chain(amendments::lapsed_without(topic, mover)).collect()
}

fn awaiting(topic: &Topic) -> impl Iterator<Item = &Motion> {
    topic.motions.iter().filter(|motion| motion.stage == MotionStage::AwaitsSecond)
}

fn lapse(topic: &Topic, motion: &Motion) -> Event {
    Event::MotionLapsed { topic: topic.number, motion: motion.number }
}

/// Refuses while a motion is to be decided first.
pub(super) fn no_motion_pending(topic: &Topic) -> Result<(), Rejection> {
    match topic.next_motion() {
        Some(first) => {
            Err(Rejection::MotionPending { motion_number: first.number, topic_number: topic.number })
        }
        None => Ok(()),
    }
}

/// Refuses while it is to be decided whether anybody still speaks.
pub(super) fn no_closing_pending(topic: &Topic) -> Result<(), Rejection> {
    match topic.next_motion() {
        Some(Motion { kind: MotionKind::CloseDebate, .. }) => no_motion_pending(topic),
        _ => Ok(()),
    }
}

/// Refuses whoever neither moves nor seconds: those that do not decide on the topic, are not there, or have recused
/// themselves, and people of others.
pub(super) fn may_take_part(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
    issued: &Issued,
) -> Result<(), Rejection> {
    if !takes_its_place(proceedings, topic, department, issued) {
        may_speak_for(proceedings, Some(topic), department, issued)?;
    }
    not_recused(topic, department)?;
    may_vote_on(proceedings, topic, department)?;
    is_there(proceedings, topic, department)
}

/// Refuses a motion that could not be decided now, or does not come before those that are pending.
fn may_be_before_the_others(
    proceedings: &Proceedings,
    topic: &Topic,
    kind: &MotionKind,
    issued: &Issued,
) -> Result<(), Rejection> {
    no_point_pending(topic)?;
    if !matches!(kind, MotionKind::Reconsider | MotionKind::Appeal { .. }) {
        outcomes::not_passed_yet(topic)?;
    }
    match kind {
        MotionKind::CloseDebate => {}
        MotionKind::Reconsider => may_be_reconsidered(topic)?,
        MotionKind::Appeal { point } => may_be_appealed(topic, *point)?,
        MotionKind::Defer { .. } => may_be_deferred(topic)?,
        MotionKind::Refer { referred_to } => may_be_referred(proceedings, referred_to)?,
        MotionKind::Main { title, .. } => late_topics::may_be_added(proceedings, title, issued).map(drop)?,
    }
    match topic.next_motion() {
        Some(first) if first.kind.rank() >= kind.rank() => {
            Err(Rejection::MotionPending { motion_number: first.number, topic_number: topic.number })
        }
        _ => Ok(()),
    }
}

/// The topic of a motion to reconsider it; none of any other motion.
fn of_reconsidering(
    proceedings: &Proceedings,
    number: u32,
    motion: u32,
) -> Result<Option<&Topic>, Rejection> {
    let topic = proceedings.find_topic(number)?;
    let known = topic.motions.iter().find(|known| known.number == motion);
    Ok(known.filter(|known| known.kind == MotionKind::Reconsider).map(|_| topic))
}

/// The topic of a motion: it is undecided, unless that is to be reconsidered.
fn with_motion(proceedings: &Proceedings, number: u32, motion: u32) -> Result<&Topic, Rejection> {
    match of_reconsidering(proceedings, number, motion)? {
        Some(topic) => Ok(topic),
        None => proceedings.undecided(number),
    }
}

/// Refuses an appeal while something is voted on, from what was not ruled, and where it was decided before.
fn may_be_appealed(topic: &Topic, point: u32) -> Result<(), Rejection> {
    no_open_ballot(topic)?;
    let topic_number = topic.number;
    let ruled = topic.floor.points.iter().any(|known| known.number == point && known.ruling.is_some());
    if !ruled {
        return Err(Rejection::NotFound { what: format!("point of order {point} on topic {topic_number}") });
    }
    match topic.decided_motion(&MotionKind::Appeal { point }) {
        Some(known) => {
            Err(Rejection::AppealedBefore { motion_number: known.number, point_number: point, topic_number })
        }
        None => Ok(()),
    }
}

/// Refuses to defer a topic until a day that has passed.
fn not_in_the_past(kind: &MotionKind, today: Date) -> Result<(), Rejection> {
    match *kind {
        MotionKind::Defer { resume_on } if resume_on < today => {
            Err(Rejection::ResumesInThePast { resume_on, today })
        }
        _ => Ok(()),
    }
}

fn must_be(topic: &Topic, motion: &Motion, right: bool) -> Result<(), Rejection> {
    if right {
        return Ok(());
    }
    Err(Rejection::MotionWrongStage {
        motion_number: motion.number,
        topic_number: topic.number,
        stage: motion.stage.as_str(),
    })
}

fn find(topic: &Topic, motion: u32) -> Result<&Motion, Rejection> {
    let known = topic.motions.iter().find(|known| known.number == motion);
    known.ok_or_else(|| Rejection::NotFound { what: format!("motion {motion} on topic {}", topic.number) })
}

/// What an event makes of the motions on a topic.
pub(super) fn evolve(topic: &mut Topic, event: &Event) {
    let (number, stage) = match event {
        Event::MotionMoved {
            motion,
            department,
            kind,
            reason,
            needs_seconder,
            put_down_by_clerk,
            person,
            ..
        } => {
            let stage = if *needs_seconder { MotionStage::AwaitsSecond } else { MotionStage::Pending };
            topic.motions.push(Motion {
                number: *motion,
                department: department.clone(),
                kind: kind.clone(),
                reason: reason.clone(),
                put_down_by_clerk: *put_down_by_clerk,
                person: person.clone(),
                seconded_by: None,
                second_put_down_by_clerk: false,
                stage,
                debated_since: false,
            });
            return;
        }
        Event::FloorGiven { .. } => {
            topic.motions.iter_mut().for_each(|motion| motion.debated_since = true);
            return;
        }
        Event::MotionSeconded { motion, .. } => (motion, MotionStage::Pending),
        Event::MotionWithdrawn { motion, .. } => (motion, MotionStage::Withdrawn),
        Event::MotionLapsed { motion, .. } => (motion, MotionStage::Lapsed),
        Event::MotionDecided { motion, carried: true, .. } => (motion, MotionStage::Carried),
        Event::MotionDecided { motion, carried: false, .. } => (motion, MotionStage::Lost),
        _ => return,
    };
    let Some(known) = topic.motions.iter_mut().find(|known| known.number == *number) else { return };
    known.stage = stage;
    if let (MotionKind::Appeal { point }, MotionStage::Carried) = (&known.kind, stage) {
        topic.floor.reverse(*point, *number);
    }
    known.debated_since = false;
    if let Event::MotionSeconded { department, put_down_by_clerk, .. } = event {
        known.seconded_by = Some(department.clone());
        known.second_put_down_by_clerk = *put_down_by_clerk;
    }
}
