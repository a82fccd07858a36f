//! Reminders (催签): whoever has not answered in an open ballot, or has not chosen where a choice is open, is told so before that
//! ends, once by the clock, and by hand as often as the budget allows.

use super::voting::{signing_over, still_signing};
use super::{Agenda, Event, Mode, Proceedings, REMINDERS_PER_WEEK_MAX, Rejection, State, Topic};
use crate::calendar::WorkingCalendar;
use crate::decision_rule::DecisionRule;
use crate::deliberation::ballot::{Roll, Seat};
use crate::weekly::{Weekly, monday_of};
use crate::{Code, Issued, Text, Timestamp};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// What a department was reminded of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// The topics on which its answer is awaited, ascending.
    pub topics: Vec<u32>,
    /// Until when it may answer, in a countersign.
    pub answer_by: Option<Timestamp>,
    /// When it was reminded.
    pub reminded_at: Timestamp,
    /// Whether somebody did it by hand, and not the clock.
    pub by_hand: bool,
}

/// Who was reminded to answer, and when the others are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reminders {
    /// When the clock reminds those that have not answered by then.
    pub next_at: Option<Timestamp>,
    /// The last reminder of each department.
    pub last: BTreeMap<Code, Reminder>,
    /// What each was reminded of by the clock since the time to answer was last set.
    told: BTreeSet<(Code, Asking)>,
    /// How often it was done by hand.
    by_hand: Weekly,
}

/// What asks the departments for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asking {
    /// The ballot with this number.
    Ballot(u32),
    /// The choice of a topic with this number.
    Choice(u32, u32),
}

impl Reminders {
    /// Takes out what was said of these topics.
    pub(super) fn hide(&mut self, topics: &BTreeSet<u32>) {
        for reminder in self.last.values_mut() {
            reminder.topics.retain(|topic| !topics.contains(topic));
        }
        self.last.retain(|_, reminder| !reminder.topics.is_empty());
    }
}

/// When the clock reminds those that have not answered a countersign: at its hour, some working days before, and half way
/// where that is over already.
pub fn planned(
    rule: &DecisionRule,
    sign_by: Timestamp,
    now: Timestamp,
    calendar: &WorkingCalendar,
) -> Option<Timestamp> {
    let days = days_before(rule);
    if days == 0 {
        return None;
    }
    let last = calendar.date_of(sign_by);
    let back = calendar
        .zone()
        .days_between(calendar.start_of(calendar.before_working_days(last, days)), calendar.start_of(last));
    let before = calendar.zone().moved(sign_by, -i64::from(back));
    if before > now { Some(before) } else { half_way(now, sign_by) }
}

/// When the clock reminds those that have not answered, after an event; none where that is as before. `days` is how many working
/// days before the end the rule of the docket has, as [`days_before`] says. Where a countersign was begun before there were
/// reminders, and none is on record, that many whole days before the end: that alone needs no calendar.
pub fn next_after(event: &Event, days: u32) -> Option<Option<Timestamp>> {
    let recorded = |sign_by: Timestamp, remind_at: Option<Timestamp>| {
        let before = SignedDuration::from_hours(24 * i64::from(days));
        remind_at.or_else(|| sign_by.checked_sub(before).ok().filter(|_| days > 0))
    };
    match event {
        Event::Prepared { agenda: Agenda { mode: Mode::Countersign { sign_by }, remind_at, .. } } => {
            Some(recorded(*sign_by, *remind_at))
        }
        Event::SigningExtended { sign_by, remind_at, .. } => Some(recorded(*sign_by, *remind_at)),
        Event::BallotOpened { remind_at: at @ Some(_), .. }
        | Event::ChoiceOpened { remind_at: at @ Some(_), .. } => Some(*at),
        Event::RemindersSent { by_hand_on: None, .. }
        | Event::MeetingCalled { .. }
        | Event::Closed { .. } => Some(None),
        _ => None,
    }
}

/// How many working days before the end of a countersign the clock reminds; 0 where it reminds nobody.
pub fn days_before(rule: &DecisionRule) -> u32 {
    rule.reminder_working_days.unwrap_or(DecisionRule::REMINDER_WORKING_DAYS_DEFAULT)
}

/// The middle of the time that is left, if some is.
fn half_way(now: Timestamp, end: Timestamp) -> Option<Timestamp> {
    let left = end.duration_since(now);
    (left > SignedDuration::ZERO).then(|| now.saturating_add(left / 2).unwrap_or(end))
}

/// When the clock reminds those that have not answered in a ballot or a choice that is opened now; none when it is to do so
/// already.
pub(super) fn for_another(proceedings: &Proceedings, now: Timestamp) -> Option<Timestamp> {
    let Mode::Countersign { sign_by } = proceedings.agenda.mode else { return None };
    let never = days_before(&proceedings.agenda.constitution.rule) == 0;
    match proceedings.reminders.next_at {
        None if !never => half_way(now, sign_by),
        _ => None,
    }
}

/// Reminds those that have not answered, once the time for it has come. After the end nobody can answer.
pub(super) fn check(state: &State, at: Timestamp) -> Vec<Event> {
    let (State::Open(proceedings), Some(next_at)) = (state, state.next_reminder()) else { return vec![] };
    if at < next_at {
        return vec![];
    }
    let told = &proceedings.reminders.told;
    let is_new = |seat: &Seat, asking| !told.contains(&(seat.department.clone(), asking));
    let awaited = match signing_over(proceedings, at) {
        None => awaited(proceedings, |_| true, is_new),
        Some(_) => BTreeMap::new(),
    };
    sent(proceedings, awaited, at, None)
}

/// Reminds those that have not answered. Whoever has recused itself from a topic reminds nobody of it.
pub(super) fn by_hand(
    proceedings: &Proceedings,
    text: Option<Text>,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    still_signing(proceedings, issued)?;
    let own = issued.by.department.as_ref();
    let leads = |topic: &Topic| own.is_none_or(|own| !topic.recused.contains(own));
    let awaited = awaited(proceedings, leads, |_, _| true);
    if awaited.is_empty() {
        return Err(Rejection::NobodyToRemind);
    }
    let today = calendar.date_of(issued.at);
    let reminders = proceedings.reminders.by_hand.in_week_of(today);
    if reminders >= REMINDERS_PER_WEEK_MAX {
        let next_on = calendar.after_days(monday_of(today), 7);
        return Err(Rejection::RemindersExhausted { reminders, max: REMINDERS_PER_WEEK_MAX, next_on });
    }
    Ok(sent(proceedings, awaited, issued.at, Some((calendar, text))))
}

/// Each department with the topics on which its answer is awaited: it may vote, is there, and neither has voted nor objected
/// where silence agrees.
fn awaited(
    proceedings: &Proceedings,
    of_topic: impl Fn(&Topic) -> bool,
    of_seat: impl Fn(&Seat, Asking) -> bool,
) -> BTreeMap<Code, Vec<u32>> {
    let mut awaited: BTreeMap<Code, Vec<u32>> = BTreeMap::new();
    for topic in proceedings.topics.iter().filter(|topic| of_topic(topic)) {
        let Some((asking, roll, silence_agrees)) = asked(proceedings, topic) else { continue };
        let objects = |seat: &Seat| seat.objected && silence_agrees;
        let silent = roll.voters().filter(|seat| seat.present && !seat.voted && !objects(seat));
        for seat in silent.filter(|seat| of_seat(seat, asking)) {
            awaited.entry(seat.department.clone()).or_default().push(topic.number);
        }
    }
    awaited
}

/// What asks for answers on a topic, of which at most one thing is open, with who may give them, and whether silence agrees.
fn asked(proceedings: &Proceedings, topic: &Topic) -> Option<(Asking, Roll, bool)> {
    // Nobody knows whose hands were counted.
    let ballot = topic.open_ballot().filter(|ballot| ballot.hands.is_none());
    let of_ballot = ballot.map(|ballot| {
        let roll = proceedings.roll_of(topic, ballot);
        (Asking::Ballot(ballot.number), roll, ballot.rules.method.counts_silence())
    });
    let of_choice = || {
        let choice = topic.open_choice()?;
        let asking = Asking::Choice(topic.number, choice.number);
        Some((asking, proceedings.roll_of_choice(topic, choice), false))
    };
    of_ballot.or_else(of_choice)
}

/// The number of what is asked for on a topic.
fn asking_on(topic: &Topic) -> Option<Asking> {
    let ballot = topic.open_ballot().map(|ballot| Asking::Ballot(ballot.number));
    ballot.or_else(|| Some(Asking::Choice(topic.number, topic.open_choice()?.number)))
}

impl State {
    /// Whether the answer of a department is awaited now.
    pub fn waits_for(&self, department: &Code) -> bool {
        let State::Open(proceedings) = self else { return false };
        awaited(proceedings, |_| true, |seat, _| seat.department == *department).contains_key(department)
    }

    /// Whom the clock will remind between two moments if nobody acts, and when.
    pub fn upcoming_reminders(&self, now: Timestamp, until: Timestamp) -> Vec<(Timestamp, Event)> {
        let Some(at) = self.next_reminder().map(|at| at.max(now)).filter(|at| *at <= until) else {
            return vec![];
        };
        check(self, at).into_iter().map(|event| (at, event)).collect()
    }
}

fn sent(
    proceedings: &Proceedings,
    awaited: BTreeMap<Code, Vec<u32>>,
    at: Timestamp,
    by_hand: Option<(&WorkingCalendar, Option<Text>)>,
) -> Vec<Event> {
    let answer_by = match proceedings.agenda.mode {
        Mode::Countersign { sign_by } => Some(sign_by),
        Mode::Meeting => None,
    };
    let seats = u32::try_from(awaited.len()).unwrap_or(u32::MAX);
    let is_by_hand = by_hand.is_some();
    let reminded = awaited.into_iter().map(|(department, topics)| {
        let reminder = Reminder { topics, answer_by, reminded_at: at, by_hand: is_by_hand };
        Event::SeatReminded { department, reminder }
    });
    let (by_hand_on, text) = match by_hand {
        Some((calendar, text)) => (Some(calendar.date_of(at)), text),
        None => (None, None),
    };
    reminded.chain([Event::RemindersSent { seats, by_hand_on, text }]).collect()
}

/// What is planned, and who was reminded.
pub(super) fn evolve(proceedings: &mut Proceedings, event: &Event) {
    let days = days_before(&proceedings.agenda.constitution.rule);
    if let Some(next_at) = next_after(event, days) {
        proceedings.reminders.next_at = next_at;
    }
    match event {
        Event::SigningExtended { .. } => proceedings.reminders.told.clear(),
        Event::SeatReminded { department, reminder } => {
            let topics = proceedings.topics.iter().filter(|topic| reminder.topics.contains(&topic.number));
            let asked = topics.filter_map(asking_on).map(|asking| (department.clone(), asking));
            if !reminder.by_hand {
                proceedings.reminders.told.extend(asked.collect::<Vec<_>>());
            }
            proceedings.reminders.last.insert(department.clone(), reminder.clone());
        }
        Event::RemindersSent { by_hand_on: Some(day), .. } => {
            proceedings.reminders.by_hand = proceedings.reminders.by_hand.and_on(*day);
        }
        _ => {}
    }
}
