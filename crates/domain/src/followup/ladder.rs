//! The ladder (催办阶梯): who is notified when of what is owed.

use crate::calendar::{WorkingCalendar, Zone};
use crate::{Date, Timestamp};

/// Notices of one kind on one ladder, at most.
pub const NOTICES_OF_A_KIND_MAX: usize = 10;
/// Working days or hours before or after a moment that a rung may lie, at most.
pub const RUNG_DISTANCE_MAX: u32 = 365;
/// Months after acceptance at which there may be a look-back, at most.
pub const LOOK_BACK_MONTHS_MAX: u32 = 60;

/// What happens on a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RungKind {
    /// 逾期未签收: the time to acknowledge is over.
    Acknowledgement,
    /// 提醒: the due moment is near.
    Reminder,
    /// 逾期: the due moment has passed.
    Overdue,
    /// 升级至督查: late for some time, it goes to the supervisor.
    Supervisor,
    /// 升级至领导: late for some time, it goes to the leadership.
    Leadership,
    /// 待验收: a claim waits for whoever judges it.
    Judgement,
    /// 待裁定: a contest waits for the supervisor.
    Ruling,
    /// 应报进展: the lead has not reported for some time.
    Report,
    /// 停滞: it has not reported for long, and the supervisor is told.
    Stale,
    /// 回头看: it is time to see whether the result lasts.
    LookBack,
}

/// One rung: a moment at which something happens, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Its number within the follow-up, from 1; numbers are not used again when it is planned again.
    pub number: u32,
    /// What happens.
    pub kind: RungKind,
    /// How far it lies from the moment that it belongs to, in the ladder's unit: before the due moment for a
    /// reminder, months for a look-back.
    pub days: u32,
    /// When it happens.
    pub due_at: Timestamp,
}

/// What the distances of a ladder are counted in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Working days; a rung is at the beginning of one.
    #[default]
    WorkingDays,
    /// Hours, at any time of any day.
    Hours,
}

/// The policy that rungs are made by. Distances are in its unit; 0, or an empty list, is no rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// What its distances are counted in.
    pub unit: Unit,
    /// Before the due moment: the lead is reminded.
    pub reminders: Vec<u32>,
    /// After it: the supervisor is notified.
    pub supervisor: u32,
    /// After it: the leadership is notified.
    pub leadership: u32,
    /// After a claim: whoever judges it is notified.
    pub judgement: Vec<u32>,
    /// After a contest: the supervisor is notified that it waits for a ruling.
    pub ruling: Vec<u32>,
    /// After the last report: the lead is asked for one.
    pub report: u32,
    /// After the last report: the supervisor is told that there is none.
    pub stale: u32,
    /// Months after acceptance: the supervisor is asked for a look-back.
    pub look_back_months: u32,
}

impl Default for Ladder {
    /// 7, 3 and 1 working days before; overdue; after 3 to the supervisor, after 7 to the leadership. Claims are to be
    /// judged after 1 and 5, contests ruled on after 1 and 3. No reports are asked for, and no look-back.
    fn default() -> Ladder {
        Ladder {
            unit: Unit::WorkingDays,
            reminders: vec![7, 3, 1],
            supervisor: 3,
            leadership: 7,
            judgement: vec![1, 5],
            ruling: vec![1, 3],
            report: 0,
            stale: 0,
            look_back_months: 0,
        }
    }
}

/// A moment at which something is to happen, before it has a number.
pub(super) type Step = (RungKind, u32, Timestamp);

impl Ladder {
    /// The same distances for something that is due at a moment, and not at the end of a day: it counts in hours, whatever
    /// else its body does.
    pub(super) fn for_due(self, due_at: Timestamp, zones: [&Zone; 2]) -> Ladder {
        let ends_a_day = zones.into_iter().any(|zone| zone.ends_a_day(due_at));
        let unit = if ends_a_day { self.unit } else { Unit::Hours };
        Ladder { unit, ..self }
    }

    /// Around a due date, in the order of time. A reminder whose time is over at `now` has no rung.
    pub(super) fn around(
        &self,
        due_on: Date,
        due_at: Timestamp,
        calendar: &WorkingCalendar,
        now: Timestamp,
    ) -> Vec<Step> {
        let reminders = distances(&self.reminders).into_iter().rev();
        let before = reminders.map(|distance| {
            (
                RungKind::Reminder,
                distance,
                match self.unit {
                    Unit::WorkingDays => calendar.work_begins(calendar.before_working_days(due_on, distance)),
                    Unit::Hours => due_at - hours(distance),
                },
            )
        });
        let mut after = [(RungKind::Supervisor, self.supervisor), (RungKind::Leadership, self.leadership)];
        after.sort_by_key(|&(_, distance)| distance);
        let after = after.into_iter().filter(|&(_, distance)| distance > 0);
        before
            .filter(|&(_, _, at)| at > now)
            .chain([self.passed(RungKind::Overdue, due_at, calendar)])
            .chain(after.map(|(kind, distance)| (kind, distance, self.after(due_at, distance, calendar))))
            .collect()
    }

    /// As soon as a moment has passed: at the beginning of the next working day, or then when hours count.
    pub(super) fn passed(&self, kind: RungKind, at: Timestamp, calendar: &WorkingCalendar) -> Step {
        (kind, 0, self.after(at, 0, calendar))
    }

    /// For each of these distances, that long after a moment.
    pub(super) fn each_after(
        &self,
        kind: RungKind,
        given: &[u32],
        from: Timestamp,
        calendar: &WorkingCalendar,
    ) -> Vec<Step> {
        let given = distances(given).into_iter();
        given.map(|distance| (kind, distance, self.after(from, distance, calendar))).collect()
    }

    /// After the last report: when the next one is asked for, and when there has been none for too long.
    pub(super) fn cycle(&self, reported_at: Timestamp, calendar: &WorkingCalendar) -> Vec<Step> {
        let given = [(RungKind::Report, self.report), (RungKind::Stale, self.stale)];
        given
            .into_iter()
            .flat_map(|(kind, distance)| self.each_after(kind, &[distance], reported_at, calendar))
            .collect()
    }

    /// Some months after acceptance, or no rung.
    pub(super) fn look_back(&self, accepted_at: Timestamp, calendar: &WorkingCalendar) -> Vec<Step> {
        let months = self.look_back_months.min(LOOK_BACK_MONTHS_MAX);
        let day = calendar.date_of(accepted_at).checked_add(jiff::Span::new().months(i64::from(months)));
        let Ok(eve) = day.and_then(Date::yesterday) else { return vec![] };
        let at = calendar.work_begins(calendar.after_working_days(eve, 1));
        if months == 0 { vec![] } else { vec![(RungKind::LookBack, months, at)] }
    }

    fn after(&self, from: Timestamp, distance: u32, calendar: &WorkingCalendar) -> Timestamp {
        match self.unit {
            Unit::WorkingDays => {
                let date = calendar.after_working_days(calendar.date_of(from), distance.max(1));
                calendar.work_begins(date)
            }
            Unit::Hours => from + hours(distance),
        }
    }
}

/// Distances as they are used: each once, ascending, and within the limits.
fn distances(given: &[u32]) -> Vec<u32> {
    let mut distances: Vec<u32> = given.iter().copied().filter(|&distance| distance > 0).collect();
    distances.truncate(NOTICES_OF_A_KIND_MAX);
    distances.iter_mut().for_each(|distance| *distance = RUNG_DISTANCE_MAX.min(*distance));
    distances.sort_unstable();
    distances.dedup();
    distances
}

fn hours(number: u32) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(number.into())
}
