//! Checking deadlines: every rung whose time has come happens now, once, in the order of time.

use super::{Event, FollowedItem, Stage, Tier};
use crate::Timestamp;
use crate::followup::ladder::{Rung, RungKind};

impl FollowedItem {
    /// When the clock has passed several reminders at once, only the last of them is sent; when it has
    /// passed the due moment as well, none is, because the overdue notice says more. Everything else
    /// happens, in order.
    pub(super) fn check_deadlines(&self, now: Timestamp) -> Vec<Event> {
        if self.stage != Stage::Open {
            return vec![];
        }
        let come: Vec<&Rung> = self.pending.iter().filter(|rung| rung.due_at <= now).collect();
        let last_reminder = come
            .iter()
            .filter(|rung| rung.kind == RungKind::Reminder && now < self.subject.due_at)
            .map(|rung| rung.number)
            .next_back();
        come.into_iter().map(|rung| self.happen(rung, now, last_reminder)).collect()
    }

    fn happen(&self, rung: &Rung, now: Timestamp, last_reminder: Option<u32>) -> Event {
        let (number, lead, due_at) = (rung.number, self.subject.lead.clone(), self.subject.due_at);
        let days_late = self.subject.zone.days_between(due_at, now);
        let escalated = |tier: Tier, lead| Event::Escalated { rung: number, tier, lead, due_at, days_late };
        match rung.kind {
            RungKind::Acknowledgement => {
                Event::AcknowledgementOverdue { rung: number, lead, acknowledge_by: rung.due_at }
            }
            RungKind::Reminder if last_reminder == Some(number) => {
                Event::Reminded { rung: number, lead, days_before: rung.days, due_at }
            }
            RungKind::Reminder => Event::Skipped { rung: number, days_before: rung.days },
            RungKind::Overdue => Event::Overdue { rung: number, lead, due_at, days_late },
            RungKind::Supervisor => escalated(Tier::Supervisor, lead),
            RungKind::Leadership => escalated(Tier::Leadership, lead),
        }
    }
}
