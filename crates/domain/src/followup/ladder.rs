//! The ladder (催办阶梯): who is notified when of what is owed.

use crate::Timestamp;
use crate::calendar::Zone;

/// Reminders on one ladder, at most.
pub const REMINDERS_MAX: usize = 10;
/// Days before or after the due moment that a rung may lie, at most.
pub const RUNG_DAYS_MAX: u32 = 365;

/// What happens on a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RungKind {
    /// 逾期未签收: the time to acknowledge is over.
    Acknowledgement,
    /// 提醒: the due moment is near.
    Reminder,
    /// 逾期: the due moment has passed.
    Overdue,
    /// 升级至督查: late for some days, it goes to the supervisor.
    Supervisor,
    /// 升级至领导: late for some days, it goes to the leadership.
    Leadership,
}

/// One rung: a moment at which something happens, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Its number within the follow-up, from 1; numbers are not used again when it is planned again.
    pub number: u32,
    /// What happens.
    pub kind: RungKind,
    /// Days before the due moment for a reminder, after it for an escalation, else 0.
    pub days: u32,
    /// When it happens.
    pub due_at: Timestamp,
}

/// The policy that rungs are made by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Days before the due moment at which there is a reminder.
    pub reminder_days: Vec<u32>,
    /// Days after it at which the supervisor is notified.
    pub supervisor_days: u32,
    /// Days after it at which the leadership is notified.
    pub leadership_days: u32,
}

impl Default for Ladder {
    /// 7, 3 and 1 days before; overdue; after 3 days to the supervisor; after 7 to the leadership.
    fn default() -> Ladder {
        Ladder { reminder_days: vec![7, 3, 1], supervisor_days: 3, leadership_days: 7 }
    }
}

impl Ladder {
    /// The rungs around a due moment, in the order of time, planned at `now`: a reminder whose time is over
    /// has no rung. Days are calendar days of the zone. `last` is the last number used before.
    pub fn rungs(&self, due_at: Timestamp, zone: &Zone, now: Timestamp, last: u32) -> Vec<Rung> {
        let moved = |days: u32, sign: i64| zone.moved(due_at, i64::from(days.min(RUNG_DAYS_MAX)) * sign);
        let mut reminders: Vec<u32> = self.reminder_days.iter().copied().take(REMINDERS_MAX).collect();
        reminders.sort_unstable_by(|a, b| b.cmp(a));
        reminders.dedup();
        let before = reminders.into_iter().map(|days| (RungKind::Reminder, days, moved(days, -1)));
        let mut after = [
            (RungKind::Supervisor, self.supervisor_days, moved(self.supervisor_days, 1)),
            (RungKind::Leadership, self.leadership_days, moved(self.leadership_days, 1)),
        ];
        after.sort_by_key(|&(_, days, _)| days);
        before
            .filter(|&(_, _, rung_at)| rung_at > now)
            .chain([(RungKind::Overdue, 0, due_at)])
            .chain(after)
            .zip(last + 1..)
            .map(|((kind, days, due_at), number)| Rung { number, kind, days, due_at })
            .collect()
    }
}
