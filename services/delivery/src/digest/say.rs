//! What a digest says.

use crate::letter::{Letter, either, local};
use crate::limits::{DIGEST_DAYS_AHEAD, DIGEST_LINES_MAX};
use crate::views::calendar::Entry;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket;
use domain::delivery::subscription::{EventId, MailLanguage};
use domain::followup::follow_up::{FollowedItem, Tier};
use domain::resolution::action_item::{Help, Item, Stage};
use domain::scheduling::poll;
use domain::scheduling::session::{Filed, Progress};
use domain::{Actor, Audience, Code, Date, Role, Timestamp};
use jiff::Span;
use service_kit::Scope;

/// What is known of a digest's reader and day.
pub(super) struct Said<'a> {
    pub(super) by: &'a Actor,
    pub(super) calendar: &'a WorkingCalendar,
    pub(super) language: MailLanguage,
    pub(super) now: Timestamp,
    pub(super) digest_on: Date,
    /// The day of the digest before.
    pub(super) previous_on: Option<Date>,
}

impl Said<'_> {
    fn either(&self, chinese: String, english: String) -> String {
        either(self.language, chinese, english)
    }

    fn is_own(&self, code: &Code) -> bool {
        self.by.department.as_ref() == Some(code)
    }

    /// What of an item waits for the reader, a line each.
    pub(super) fn of_item(&self, item: &Item) -> Vec<String> {
        let assignment = &item.assignment;
        let it = format!("{} {}", assignment.number, assignment.title);
        let line = |chinese: &str, english: &str| {
            self.either(format!("{it}：{chinese}"), format!("{it}: {english}"))
        };
        let mut lines = Vec::new();
        if self.is_own(&assignment.lead) {
            lines.extend(self.of_lead(item).map(|(chinese, english)| line(&chinese, &english)));
        }
        let part = item.parts.iter().find(|part| self.is_own(&part.department));
        if part.is_some_and(|part| part.stage.as_str() == "assigned") && !item.is_over() {
            lines.push(line("本部门的配合任务待签收", "your department's part is to be acknowledged"));
        }
        for blockage in &item.blockages {
            if self.is_own(&blockage.help_from) && blockage.help == Help::Owed {
                let asks = format!("{} 请求本部门协助", blockage.department);
                lines.push(line(&asks, &format!("{} asks your department for help", blockage.department)));
            }
        }
        let supervises = self.by.is(Role::Supervisor);
        let judges = match &item.acceptor {
            Some(acceptor) => self.is_own(acceptor),
            None => supervises,
        };
        if item.stage == Stage::Claimed && judges {
            lines.push(line("待验收", "waits to be judged"));
        }
        if item.stage == Stage::Contested && supervises {
            lines.push(line("异议待裁定", "contested, and waits for a ruling"));
        }
        if item.extension.is_some() && supervises {
            lines.push(line("延期申请待批", "a later due date is asked for"));
        }
        lines
    }

    /// What waits for a leader of an item that is followed up so.
    pub(super) fn of_leader(&self, followed: &FollowedItem) -> Option<String> {
        let waits =
            followed.escalated == Some(Tier::Leadership) && !followed.instructed && !followed.is_closed();
        let it = format!("{} {}", followed.subject.number, followed.subject.title);
        waits.then(|| {
            self.either(
                format!("{it}：已升级至领导，待批示"),
                format!("{it}: escalated to the leadership, and waits for an instruction"),
            )
        })
    }

    /// What waits for the lead of an item.
    fn of_lead(&self, item: &Item) -> Option<(String, String)> {
        let due_on = item.assignment.due_on;
        match item.stage {
            Stage::Assigned => {
                let by = local(item.assignment.acknowledge_by, self.calendar.zone_name());
                Some((format!("待签收，限 {by} 前"), format!("to be acknowledged by {by}")))
            }
            Stage::Underway if item.paused_since.is_some() => None,
            Stage::Underway => match item.days_late(self.now, self.calendar.zone()) {
                Some(days) => Some((format!("已逾期 {days} 天"), format!("late by {days} days"))),
                None if self.is_soon(due_on) => {
                    Some((format!("将于 {due_on} 到期"), format!("due on {due_on}")))
                }
                None => None,
            },
            Stage::Contested | Stage::Claimed | Stage::Accepted | Stage::Rescinded => None,
        }
    }

    fn is_soon(&self, due_on: Date) -> bool {
        let last = self.digest_on.checked_add(Span::new().days(DIGEST_DAYS_AHEAD));
        last.is_ok_and(|last| due_on <= last)
    }

    /// The line of an item that became late since the digest before.
    pub(super) fn of_late(&self, item: &Item) -> Option<String> {
        let assignment = &item.assignment;
        item.days_late(self.now, self.calendar.zone())?;
        if self.previous_on.is_some_and(|previous_on| assignment.due_on < previous_on) {
            return None;
        }
        let (number, title, lead, due_on) =
            (&assignment.number, &assignment.title, &assignment.lead, assignment.due_on);
        Some(self.either(
            format!("{number} {title}：{lead}，应于 {due_on} 办结"),
            format!("{number} {title}: {lead}, was due on {due_on}"),
        ))
    }

    /// The line of a session, if its invitation waits for an answer or it is today.
    pub(super) fn of_session(&self, entry: &Entry, filed: &Filed) -> Option<String> {
        let Progress::Scheduled(appointment) = &filed.progress else { return None };
        let invitation = appointment.invitations.iter().find(|one| self.is_own(&one.department))?;
        let (title, at) = (&filed.outline.title, local(entry.starts_at, self.calendar.zone_name()));
        if entry.starts_at < self.now {
            return None;
        }
        if invitation.answer.is_none() {
            let by = appointment.answer_by.map(|by| local(by, self.calendar.zone_name()));
            let by = by.map(|by| (format!("，限 {by} 前"), format!(" by {by}"))).unwrap_or_default();
            return Some(self.either(
                format!("会商《{title}》（{at}）：邀请待答复{}", by.0),
                format!("Session \"{title}\" ({at}): the invitation is to be answered{}", by.1),
            ));
        }
        let is_today = self.calendar.date_of(entry.starts_at) == self.digest_on;
        let room = &appointment.slot.room;
        is_today.then(|| {
            self.either(
                format!("会商《{title}》：今日 {at}，{room}"),
                format!("Session \"{title}\": today, {at}, {room}"),
            )
        })
    }
}

/// What waits for answers.
impl Said<'_> {
    /// The line of a session for the clerks of its body, if departments were to have answered by now.
    pub(super) fn of_missing_answers(&self, entry: &Entry, filed: &Filed, scope: &Scope) -> Option<String> {
        let Progress::Scheduled(appointment) = &filed.progress else { return None };
        let looks_after_it = scope.covers(&Audience::of([]).before(filed.outline.body.clone()));
        if !self.by.is(Role::Clerk) || !looks_after_it || appointment.answer_by? > self.now {
            return None;
        }
        let missing = appointment.waiting().map(Code::as_str).collect::<Vec<_>>();
        let (title, at) = (&filed.outline.title, local(entry.starts_at, self.calendar.zone_name()));
        let (chinese, english) = (missing.join("、"), missing.join(", "));
        (!missing.is_empty()).then(|| {
            self.either(
                format!("会商《{title}》（{at}）：逾期未答复邀请的有 {chinese}"),
                format!("Session \"{title}\" ({at}): not answered in time by {english}"),
            )
        })
    }

    /// The line of a countersign, if it waits for the reader's department.
    pub(super) fn of_countersign(&self, filed: &Filed, docket: &docket::State) -> Option<String> {
        let (own, sign_by) = (self.by.department.as_ref()?, filed.sign_by()?);
        if sign_by < self.now || !docket.waits_for(own) {
            return None;
        }
        let (title, by) = (&filed.outline.title, local(sign_by, self.calendar.zone_name()));
        Some(self.either(
            format!("会签《{title}》：待答复，限 {by} 前"),
            format!("Countersign \"{title}\": to be answered by {by}"),
        ))
    }

    /// The line of a poll, if it waits for the reader's department.
    pub(super) fn of_poll(&self, filed: &Filed, poll: &poll::Known) -> Option<String> {
        if poll.stage() != poll::Stage::Open || !poll.waiting().any(|waiting| self.is_own(waiting)) {
            return None;
        }
        let (title, by) = (&filed.outline.title, local(poll.close_by, self.calendar.zone_name()));
        Some(self.either(
            format!("会商《{title}》：时间征询待答复，限 {by} 前"),
            format!("Session \"{title}\": which times suit is to be answered by {by}"),
        ))
    }
}

/// The letter; none if there is nothing to say.
pub(super) fn say(said: &Said<'_>, waiting: &[String], late: &[String], event: &EventId) -> Option<Letter> {
    if waiting.is_empty() && late.is_empty() {
        return None;
    }
    let (day, waits, lates) = (said.digest_on, waiting.len(), late.len());
    let subject = said.either(
        format!("会商系统 {day} 摘要：待办 {waits} 件，新逾期 {lates} 件"),
        format!("Huishang, {day}: {waits} wait for you, {lates} became late"),
    );
    let mut text = format!("{subject}\n");
    let mut part = |heading: String, lines: &[String]| {
        if lines.is_empty() {
            return;
        }
        text.push_str(&format!("\n{heading}\n"));
        for line in lines.iter().take(DIGEST_LINES_MAX) {
            text.push_str(&format!("- {line}\n"));
        }
        let more = lines.len().saturating_sub(DIGEST_LINES_MAX);
        if more > 0 {
            text.push_str(&said.either(format!("- 另有 {more} 件\n"), format!("- and {more} more\n")));
        }
    };
    part(said.either("待办".into(), "Waiting for you".into()), waiting);
    part(said.either("新逾期".into(), "Became late".into()), late);
    Some(Letter { subject, text, event: *event, language: said.language, invitation: None })
}
