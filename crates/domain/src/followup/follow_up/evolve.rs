//! How what has happened changes a follow-up.

use super::{Cause, Event, FollowedItem, Stage, Tier};
use crate::followup::ladder::{Rung, RungKind};
use crate::{Date, Timestamp};

impl FollowedItem {
    pub(super) fn apply(&mut self, event: &Event) {
        use RungKind::{Acknowledgement, Judgement, Report, Ruling, Stale};
        match event {
            Event::Planned { .. } | Event::Urged { .. } | Event::Disputed { .. } => {}
            Event::Instructed { .. } => self.instructed = true,
            Event::AcceptorNamed { acceptor } => self.acceptor.clone_from(acceptor),
            Event::Acknowledged { rungs, at } => {
                self.note_late(*at);
                (self.acknowledged, self.contested) = (true, false);
                (self.heard_at, self.cycle_after) = (*at, self.rungs);
                self.replace(&[Acknowledgement, Ruling, Report, Stale], rungs);
            }
            Event::Contested { rungs, at } => {
                self.note_late(*at);
                self.contested = true;
                (self.awaits_since, self.awaits_after) = (*at, self.rungs);
                self.replace(&[Acknowledgement, Ruling], rungs);
            }
            Event::ContestResolved { lead, acknowledge_by, rungs } => {
                self.subject.lead = lead.clone();
                self.subject.co_responsible.retain(|code| code != lead);
                self.subject.acknowledge_by = *acknowledge_by;
                (self.acknowledged, self.contested) = (false, false);
                self.replace(&[Acknowledgement, Ruling], rungs);
            }
            Event::Reported { rungs, at } => {
                self.note_late(*at);
                (self.heard_at, self.cycle_after) = (*at, self.rungs);
                self.replace(&[Report, Stale], rungs);
            }
            Event::Blocked { department, help_from } => {
                let department = department.as_ref().unwrap_or(&self.subject.lead).clone();
                self.blocked.insert(department, help_from.clone());
            }
            Event::Unblocked { department } => {
                self.blocked.retain(|blocked, _| department.as_ref().is_some_and(|code| code != blocked));
            }
            Event::Paused { at } => {
                self.note_late(*at);
                self.paused = true;
            }
            Event::Resumed => self.paused = false,
            Event::Claimed { rungs, at } => {
                self.note_late(*at);
                self.stop(Stage::Claimed);
                (self.awaits_since, self.awaits_after) = (*at, self.rungs);
                self.replace(&[Judgement], rungs);
            }
            Event::Returned => {
                self.stage = Stage::Open;
                self.replace(&[Judgement], &[]);
            }
            Event::Replanned { due_on, due_at, cause, rungs, at, acknowledge_by, .. } => {
                if matches!(cause, Cause::Extension | Cause::Reassignment) {
                    self.note_late(*at);
                }
                let was_due_at = self.subject.due_at;
                self.replan((*due_on, *due_at), *cause);
                self.move_first(event, was_due_at);
                self.subject.acknowledge_by = acknowledge_by.unwrap_or(self.subject.acknowledge_by);
                if *cause != Cause::Extension {
                    self.heard_at = *at;
                }
                self.pending.clear();
                self.add(rungs);
            }
            Event::Reprojected { ladder, rungs } => {
                self.ladder = ladder.clone();
                self.pending.clear();
                self.add(rungs);
            }
            Event::Satisfied { rungs, at } => {
                self.note_late(*at);
                self.end(Stage::Satisfied);
                self.add(rungs);
            }
            Event::LookedBack => self.pending.clear(),
            Event::Cancelled => self.end(Stage::Cancelled),
            sent => self.apply_sent(sent),
        }
    }

    /// What was sent, or passed over.
    fn apply_sent(&mut self, event: &Event) {
        match event {
            Event::Reminded { rung, .. }
            | Event::AcknowledgementOverdue { rung, .. }
            | Event::Notified { rung, .. } => self.fire(*rung),
            Event::Overdue { rung, .. } => {
                self.was_late = true;
                self.fire(*rung);
            }
            Event::Escalated { rung, tier, .. } => {
                self.escalated = self.escalated.max(Some(*tier));
                self.highest_escalation = self.highest_escalation.max(Some(*tier));
                self.instructed &= *tier != Tier::Leadership;
                self.fire(*rung);
            }
            Event::Skipped { rung, .. } => self.pending.retain(|pending| pending.number != *rung),
            _ => {}
        }
    }

    /// A due date that was agreed on begins anew; one that only moved because the clock stood still does not.
    fn replan(&mut self, (due_on, due_at): (Date, Timestamp), cause: Cause) {
        (self.subject.due_on, self.subject.due_at) = (due_on, due_at);
        if cause == Cause::Pause {
            return;
        }
        self.extensions += u32::from(cause == Cause::Extension);
        if cause == Cause::Reopening {
            self.stage = Stage::Open;
        }
        if cause == Cause::Reassignment {
            (self.first_due_on, self.first_due_at, self.extensions) = (due_on, due_at, 0);
        }
        self.escalated = None;
        self.agreed_after = self.rungs;
        if cause != Cause::Extension {
            self.cycle_after = self.rungs;
        }
    }

    /// What was promised first moves with what the clock stood still for. Old logs do not note how: there, it moves along
    /// unless an extension came between the two.
    fn move_first(&mut self, event: &Event, was_due_at: Timestamp) {
        match *event {
            Event::Replanned { first_due_on: Some(due_on), first_due_at: Some(due_at), .. } => {
                (self.first_due_on, self.first_due_at) = (due_on, due_at);
            }
            Event::Replanned { cause: Cause::Pause, due_on, due_at, .. }
                if self.first_due_at == was_due_at =>
            {
                (self.first_due_on, self.first_due_at) = (due_on, due_at);
            }
            _ => {}
        }
    }

    /// Notes that it was past due at a moment while its clock ran, if it was.
    fn note_late(&mut self, at: Option<Timestamp>) {
        let runs = self.stage == Stage::Open && !self.paused && !self.contested;
        self.was_late |= runs && at.is_some_and(|at| at > self.subject.due_at);
    }

    pub(super) fn add(&mut self, rungs: &[Rung]) {
        self.rungs = rungs.iter().map(|rung| rung.number).fold(self.rungs, u32::max);
        self.pending.extend(rungs);
        self.pending.sort_by_key(|rung| (rung.due_at, rung.number));
    }

    /// Adds rungs in place of those of these kinds.
    fn replace(&mut self, kinds: &[RungKind], rungs: &[Rung]) {
        self.pending.retain(|rung| !kinds.contains(&rung.kind));
        self.add(rungs);
    }

    fn fire(&mut self, number: u32) {
        let fired = self.pending.iter().find(|rung| rung.number == number).copied();
        self.fired.extend(fired);
        self.pending.retain(|rung| rung.number != number);
    }

    fn stop(&mut self, stage: Stage) {
        self.stage = stage;
        self.blocked.clear();
    }

    fn end(&mut self, stage: Stage) {
        self.stop(stage);
        (self.paused, self.contested) = (false, false);
        self.pending.clear();
    }
}
