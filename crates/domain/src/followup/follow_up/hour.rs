//! Looking at the clock: every rung that has come happens now, once, in the order of time.

use super::{Event, Stage, Tier, Watch};
use crate::Timestamp;
use crate::followup::ladder::{Rung, RungKind, days_between};

impl Watch {
    /// When the clock has passed several reminders at once, only the last of them is sent; when it has
    /// passed the due moment as well, none is, because the overdue notice says more. Everything else
    /// happens, in order.
    pub(super) fn note_the_hour(&self, now: Timestamp) -> Vec<Event> {
        if self.stage != Stage::Open {
            return vec![];
        }
        let come: Vec<&Rung> = self.pending.iter().filter(|rung| rung.at <= now).collect();
        let last_reminder = come
            .iter()
            .filter(|rung| rung.kind == RungKind::Reminder && now < self.subject.due_at)
            .map(|rung| rung.no)
            .next_back();
        come.into_iter().map(|rung| self.happen(rung, now, last_reminder)).collect()
    }

    fn happen(&self, rung: &Rung, now: Timestamp, last_reminder: Option<u32>) -> Event {
        let (no, lead, due_at) = (rung.no, self.subject.lead.clone(), self.subject.due_at);
        let days_late = days_between(due_at, now);
        let escalated = |to: Tier, lead| Event::Escalated { rung: no, to, lead, due_at, days_late };
        match rung.kind {
            RungKind::Acknowledgement => {
                Event::AcknowledgementOverdue { rung: no, lead, acknowledge_by: rung.at }
            }
            RungKind::Reminder if last_reminder == Some(no) => {
                Event::Reminded { rung: no, lead, days_before: rung.days, due_at }
            }
            RungKind::Reminder => Event::Skipped { rung: no, days_before: rung.days },
            RungKind::Overdue => Event::Overdue { rung: no, lead, due_at, days_late },
            RungKind::Supervisor => escalated(Tier::Supervisor, lead),
            RungKind::Leadership => escalated(Tier::Leadership, lead),
        }
    }
}
