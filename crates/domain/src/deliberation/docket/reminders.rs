//! Reminders (催签): whoever has not answered in an open ballot is told so before it ends, once by the clock, and by hand as
//! often as the budget allows.

use super::voting::still_signing;
use super::{Event, Mode, Proceedings, REMINDERS_PER_WEEK_MAX, Rejection, State, Topic};
use crate::calendar::WorkingCalendar;
use crate::decision_rule::DecisionRule;
use crate::deliberation::ballot::{Ballot, Seat};
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
    /// The ballots of which each was reminded by the clock since the time to answer was last set.
    told: BTreeSet<(Code, u32)>,
    /// How often it was done by hand.
    by_hand: Weekly,
}

impl Reminders {
    /// Nobody was reminded; when the clock first does so.
    pub(super) fn planned_at(next_at: Option<Timestamp>) -> Reminders {
        Reminders { next_at, ..Reminders::default() }
    }

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
    let days = rule.reminder_working_days.unwrap_or(DecisionRule::REMINDER_WORKING_DAYS_DEFAULT);
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

/// The middle of the time that is left, if some is.
fn half_way(now: Timestamp, end: Timestamp) -> Option<Timestamp> {
    let left = end.duration_since(now);
    (left > SignedDuration::ZERO).then(|| now.saturating_add(left / 2).unwrap_or(end))
}

/// When the clock reminds those that have not answered in a ballot that is opened now; none when it is to do so already.
pub(super) fn for_another_ballot(proceedings: &Proceedings, now: Timestamp) -> Option<Timestamp> {
    let Mode::Countersign { sign_by } = proceedings.agenda.mode else { return None };
    let never = proceedings.agenda.constitution.rule.reminder_working_days == Some(0);
    match proceedings.reminders.next_at {
        None if !never => half_way(now, sign_by),
        _ => None,
    }
}

/// Reminds those that have not answered, once the time for it has come. After the end nobody can answer.
pub(super) fn check(state: &State, issued: &Issued) -> Vec<Event> {
    let (State::Open(proceedings), Some(next_at)) = (state, state.next_reminder()) else { return vec![] };
    if issued.at < next_at {
        return vec![];
    }
    let told = &proceedings.reminders.told;
    let is_new = |seat: &Seat, ballot: &Ballot| !told.contains(&(seat.department.clone(), ballot.number));
    let awaited = match still_signing(proceedings, issued) {
        Ok(()) => awaited(proceedings, |_| true, is_new),
        Err(_) => BTreeMap::new(),
    };
    sent(proceedings, awaited, issued.at, None)
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
    of_seat: impl Fn(&Seat, &Ballot) -> bool,
) -> BTreeMap<Code, Vec<u32>> {
    let mut awaited: BTreeMap<Code, Vec<u32>> = BTreeMap::new();
    for topic in proceedings.topics.iter().filter(|topic| of_topic(topic)) {
        // Nobody knows whose hands were counted.
        let Some(ballot) = topic.open_ballot().filter(|ballot| ballot.hands.is_none()) else { continue };
        let roll = proceedings.roll_of(topic, ballot);
        let objects = |seat: &Seat| seat.objected && ballot.rules.method.counts_silence();
        let silent = roll.voters().filter(|seat| seat.present && !seat.voted && !objects(seat));
        for seat in silent.filter(|seat| of_seat(seat, ballot)) {
            awaited.entry(seat.department.clone()).or_default().push(topic.number);
        }
    }
    awaited
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
    match event {
        Event::SigningExtended { remind_at, .. } => {
            proceedings.reminders.next_at = *remind_at;
            proceedings.reminders.told.clear();
        }
        Event::BallotOpened { remind_at: Some(at), .. } => proceedings.reminders.next_at = Some(*at),
        Event::SeatReminded { department, reminder } => {
            let topics = proceedings.topics.iter().filter(|topic| reminder.topics.contains(&topic.number));
            let ballots =
                topics.filter_map(Topic::open_ballot).map(|ballot| (department.clone(), ballot.number));
            if !reminder.by_hand {
                proceedings.reminders.told.extend(ballots.collect::<Vec<_>>());
            }
            proceedings.reminders.last.insert(department.clone(), reminder.clone());
        }
        Event::RemindersSent { by_hand_on: Some(day), .. } => {
            proceedings.reminders.by_hand = proceedings.reminders.by_hand.and_on(*day);
        }
        Event::RemindersSent { by_hand_on: None, .. } => proceedings.reminders.next_at = None,
        _ => {}
    }
}
