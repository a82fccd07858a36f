//! Checking deadlines: every rung whose time has come happens now, once, in the order of time.

use super::{Event, FollowUp, FollowedItem, Stage, State, Tier};
use crate::calendar::WorkingCalendar;
use crate::followup::ladder::{Rung, RungKind, Unit};
use crate::{Aggregate as _, Timestamp};

/// Whether time runs for the rungs of a kind: one is waiting for somebody who can act.
pub fn is_live(stage: Stage, contested: bool, paused: bool, kind: RungKind) -> bool {
    match stage {
        Stage::Claimed => kind == RungKind::Judgement,
        Stage::Satisfied => kind == RungKind::LookBack,
        Stage::Cancelled => false,
        Stage::Open if contested => kind == RungKind::Ruling,
        Stage::Open if paused => false,
        Stage::Open => !matches!(kind, RungKind::Judgement | RungKind::Ruling | RungKind::LookBack),
    }
}

impl State {
    /// The moment at which [`Command::CheckDeadlines`](super::Command::CheckDeadlines) will have something to do; none
    /// while nothing is to come.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let item = self.followed_item()?;
        item.live().map(|rung| rung.due_at).min()
    }

    /// Everything that will happen from `now` up to a moment if nobody does anything: what checking deadlines comes to,
    /// each time as soon as there is something to do.
    pub fn upcoming(
        &self,
        now: Timestamp,
        until: Timestamp,
        calendar: &WorkingCalendar,
    ) -> Vec<(Timestamp, Event)> {
        let (mut state, mut upcoming) = (self.clone(), Vec::new());
        while let Some(next) = state.next_deadline().filter(|next| *next <= until) {
            let at = next.max(now);
            let item = state.followed_item();
            let events = item.map(|item| item.check_deadlines(at, calendar)).unwrap_or_default();
            state = FollowUp::fold(state, &events);
            upcoming.extend(events.into_iter().map(|event| (at, event)));
        }
        upcoming
    }
}

impl FollowedItem {
    /// The rungs still to come that time runs for, as the item is now.
    pub fn live(&self) -> impl Iterator<Item = &Rung> {
        self.pending.iter().filter(|rung| self.is_live(rung.kind))
    }

    /// Whether time runs for the rungs of a kind, as the item is now.
    pub fn is_live(&self, kind: RungKind) -> bool {
        is_live(self.stage, self.contested, self.paused, kind)
    }

    /// When the clock has passed several reminders at once, only the last of them is sent; when it has
    /// passed the due moment as well, none is, because the overdue notice says more. Everything else
    /// happens, in order.
    pub(super) fn check_deadlines(&self, now: Timestamp, calendar: &WorkingCalendar) -> Vec<Event> {
        let come: Vec<&Rung> = self.live().filter(|rung| rung.due_at <= now).collect();
        let last_reminder = come
            .iter()
            .filter(|rung| rung.kind == RungKind::Reminder && now < self.subject.due_at)
            .map(|rung| rung.number)
            .next_back();
        let later =
            |rung: &Rung| come.iter().any(|other| other.kind == rung.kind && other.number > rung.number);
        let happen = |rung: &&Rung| {
            // Of several that come at once, the last tells how long it has really been; each other one what it is for.
            let waited = if later(rung) { rung.days } else { self.waited(rung, now, calendar) };
            self.happen(rung, now, last_reminder, waited)
        };
        come.iter().map(happen).collect()
    }

    /// How long somebody has been waited for when a rung happens, in the unit of the ladder.
    fn waited(&self, rung: &Rung, now: Timestamp, calendar: &WorkingCalendar) -> u32 {
        let since = match rung.kind {
            RungKind::Judgement | RungKind::Ruling => self.awaits_since,
            RungKind::Report | RungKind::Stale => self.heard_at,
            _ => None,
        };
        let Some(since) = since else { return rung.days };
        match self.ladder.unit {
            Unit::WorkingDays => {
                calendar.working_days_between(calendar.date_of(since), calendar.date_of(now))
            }
            Unit::Hours => u32::try_from(now.duration_since(since).as_hours()).unwrap_or_default(),
        }
    }

    fn happen(&self, rung: &Rung, now: Timestamp, last_reminder: Option<u32>, waited: u32) -> Event {
        let (subject, zone) = (&self.subject, &self.subject.zone);
        let (number, lead, due_at) = (rung.number, subject.lead.clone(), subject.due_at);
        let days_late = zone.days_between(due_at, now);
        let escalated = |tier: Tier, lead| Event::Escalated { rung: number, tier, lead, due_at, days_late };
        let notified = |department| Event::Notified {
            rung: number,
            kind: rung.kind,
            department,
            distance: waited,
            due_at,
        };
        match rung.kind {
            RungKind::Acknowledgement => {
                let acknowledge_by = subject.acknowledge_by;
                Event::AcknowledgementOverdue { rung: number, lead, acknowledge_by }
            }
            RungKind::Reminder if last_reminder == Some(number) => Event::Reminded {
                rung: number,
                lead,
                days_before: rung.days,
                due_at,
                days_left: Some(zone.days_between(now, due_at)),
            },
            RungKind::Reminder => Event::Skipped { rung: number, days_before: rung.days },
            RungKind::Overdue => Event::Overdue { rung: number, lead, due_at, days_late },
            RungKind::Supervisor => escalated(Tier::Supervisor, lead),
            RungKind::Leadership => escalated(Tier::Leadership, lead),
            RungKind::Judgement => notified(self.acceptor.clone()),
            RungKind::Report => notified(Some(lead)),
            RungKind::Ruling | RungKind::Stale | RungKind::LookBack => notified(None),
        }
    }
}
