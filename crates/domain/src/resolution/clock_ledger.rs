//! The clock ledger of an item: who held it for how many working days, from its assignment to its end, without rest.
//!
//! Days are counted by dates: a span has the working days after the date on which it begins, up to the one on which it
//! ends. So the spans of an item add up to its whole time exactly, however they are cut.

use super::action_item::{ActionItem, Event, Help, Item, Moved, Stage, State};
use crate::calendar::WorkingCalendar;
use crate::{Aggregate as _, Code, Date, Timestamp};

/// Who or what holds an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// 牵头: the lead, in the time that it first promised.
    Lead(Code),
    /// 延期: the lead, in the time that an extension gave it: the first, the second.
    Extension(Code, u32),
    /// 逾期: the lead, after it was due.
    Late(Code),
    /// 协助: the department that the blocked lead asked for help, until it says that it has helped.
    Helper(Code),
    /// 验收: whoever judges the work; none: the supervisors.
    Acceptor(Option<Code>),
    /// 裁定: the supervisor who has to rule on a contest.
    Ruling,
    /// 暂停: nobody, as it is suspended.
    Suspended,
    /// 前项: another item that it waits for.
    OtherItem,
    /// 办结: nobody, as it was accepted and reopened later.
    Done,
}

/// A stretch of time in which one holder has an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Who or what has it.
    pub holder: Holder,
    /// The date on which it begins; that day is not counted.
    pub starts_on: Date,
    /// The date on which it ends; that day is counted.
    pub ends_on: Date,
    /// The working days in it.
    pub working_days: u32,
}

/// The spans of an item with this history, up to its end or up to now, in the order of time. Spans without a working day
/// are left out.
pub fn spans<'e>(
    history: impl IntoIterator<Item = (Timestamp, &'e Event)>,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Vec<Span> {
    let mut ledger = Ledger { calendar, state: State::default(), dues: vec![], since: None, spans: vec![] };
    for (at, event) in history {
        ledger.record(at, event);
    }
    let is_over = ledger.state.item().is_none_or(Item::is_over);
    if !is_over {
        ledger.close(calendar.date_of(now));
    }
    ledger.spans
}

struct Ledger<'c> {
    calendar: &'c WorkingCalendar,
    state: State,
    /// The date that was first promised, and those that extensions moved it to.
    dues: Vec<Date>,
    /// When the present holder got it.
    since: Option<Date>,
    spans: Vec<Span>,
}

impl Ledger<'_> {
    fn record(&mut self, at: Timestamp, event: &Event) {
        let before = self.state.item().map(|item| (Holder::of(item), item.paused_since));
        let state = ActionItem::evolve(std::mem::take(&mut self.state), event);
        let after = state.item().map(Holder::of);
        let date = self.calendar.date_of(at);
        match &before {
            None => self.since = Some(date),
            Some((held, _)) if after.as_ref() != Some(held) || moves_due(event) => {
                let held = held.clone();
                self.cut(held, date);
            }
            Some(_) => {}
        }
        self.move_dues(event, before.and_then(|(_, since)| since));
        self.state = state;
    }

    fn close(&mut self, date: Date) {
        if let Some(held) = self.state.item().map(Holder::of) {
            self.cut(held, date);
        }
    }

    /// Ends the present span; what the lead holds is split where it was due.
    fn cut(&mut self, held: Holder, until: Date) {
        let Some(mut from) = self.since.replace(until.max(self.since.unwrap_or(until))) else { return };
        let Holder::Lead(lead) = held else { return self.push(held, from, until) };
        for (nth, due) in (0_u32..).zip(self.dues.clone()) {
            let end = due.min(until);
            if end > from {
                let in_time =
                    if nth == 0 { Holder::Lead(lead.clone()) } else { Holder::Extension(lead.clone(), nth) };
                self.push(in_time, from, end);
                from = end;
            }
        }
        self.push(Holder::Late(lead), from, until);
    }

    fn push(&mut self, holder: Holder, starts_on: Date, ends_on: Date) {
        let working_days = self.calendar.working_days_between(starts_on, ends_on);
        match self.spans.last_mut() {
            _ if working_days == 0 => {}
            Some(last) if last.holder == holder => {
                (last.ends_on, last.working_days) = (ends_on, last.working_days + working_days);
            }
            _ => self.spans.push(Span { holder, starts_on, ends_on, working_days }),
        }
    }

    fn move_dues(&mut self, event: &Event, paused_since: Option<Timestamp>) {
        match event {
            Event::Assigned { assignment } => self.dues = vec![assignment.due_on],
            Event::Reassigned { due: Some(due), .. } => self.dues = vec![due.due_on],
            Event::Reopened { due_on, .. } => self.dues = vec![*due_on],
            Event::ExtensionGranted { due_on, .. } => self.dues.push(*due_on),
            Event::ContestDismissed { due: Some(due), .. }
            | Event::Returned { due: Some(due), .. }
            | Event::Resumed { due: Some(due), .. }
            | Event::Released { due: Some(due), .. }
            | Event::PutDownContested { due: Some(due), .. } => self.shift(*due, paused_since),
            _ => {}
        }
    }

    /// What was still ahead when the clock began to stand still moves with the due date; the promise as it was noted.
    fn shift(&mut self, due: Moved, paused_since: Option<Timestamp>) {
        let Some((last, earlier)) = self.dues.split_last_mut() else { return };
        let days = self.calendar.working_days_between(*last, due.due_on);
        let since = paused_since.map(|since| self.calendar.date_of(since));
        for date in earlier.iter_mut().filter(|date| since.is_some_and(|since| **date >= since)) {
            *date = self.calendar.after_working_days(*date, days);
        }
        *last = due.due_on;
        if let (Some(first), Some(promised_on)) = (self.dues.first_mut(), due.promised_on) {
            *first = promised_on;
        }
    }
}

/// Whether a due date may be another one after an event, so that what the lead held is to be split by the old one.
fn moves_due(event: &Event) -> bool {
    matches!(event, Event::ExtensionGranted { .. } | Event::Reassigned { .. } | Event::Reopened { .. })
}

impl Holder {
    /// Who or what holds an item now: its lead, be it in time or late, or whoever else is waited for.
    pub fn of(item: &Item) -> Holder {
        let lead = &item.assignment.lead;
        let waits_for_help = |item: &Item| {
            let own = item.blockages.iter().find(|blockage| blockage.department == *lead);
            own.filter(|own| own.help != Help::Given).map(|own| own.help_from.clone())
        };
        match item.stage {
            Stage::Accepted | Stage::Rescinded => Holder::Done,
            Stage::Claimed => Holder::Acceptor(item.acceptor.clone()),
            Stage::Contested => Holder::Ruling,
            _ if item.suspension.is_some() => Holder::Suspended,
            _ if !item.waits_for.is_empty() => Holder::OtherItem,
            _ => waits_for_help(item).map_or_else(|| Holder::Lead(lead.clone()), Holder::Helper),
        }
    }

    /// The department, if it is one.
    pub fn department(&self) -> Option<&Code> {
        match self {
            Holder::Lead(code) | Holder::Extension(code, _) | Holder::Late(code) | Holder::Helper(code) => {
                Some(code)
            }
            Holder::Acceptor(acceptor) => acceptor.as_ref(),
            Holder::Ruling | Holder::Suspended | Holder::OtherItem | Holder::Done => None,
        }
    }
}

#[cfg(test)]
mod tests;
