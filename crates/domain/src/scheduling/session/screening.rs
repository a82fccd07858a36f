//! What a body's rules say to a request, in figures.

use super::{Filed, Kind, Outline, RoleOnTopic};
use crate::calendar::WorkingCalendar;
use crate::scheduling::rules::Rules;
use crate::{Date, Timestamp};
use std::fmt;

/// A rule that a request is screened against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Most topics in a session; counted in topics.
    TopicsPerSession,
    /// Longest duration; counted in minutes.
    SessionLength,
    /// Least notice; counted in calendar days from screening to the earliest start.
    Notice,
    /// Every attendee has a role on a topic; counts the attendees without one.
    RoleForEveryAttendee,
    /// Every topic has a department that decides; counts the topics without one.
    DeciderForEveryTopic,
    /// Papers in time; counted in calendar days for the topic whose papers are last, 0 when they are missing.
    Papers,
    /// Most sessions of the body in a quarter; counts this one too.
    SessionsPerQuarter,
}

impl Rule {
    /// Every rule, in the order of the findings.
    pub const ALL: [Rule; 7] = [
        Rule::TopicsPerSession,
        Rule::SessionLength,
        Rule::Notice,
        Rule::RoleForEveryAttendee,
        Rule::DeciderForEveryTopic,
        Rule::Papers,
        Rule::SessionsPerQuarter,
    ];

    /// The rule's name in refusals and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::TopicsPerSession => "topics-per-session",
            Rule::SessionLength => "session-length",
            Rule::Notice => "notice",
            Rule::RoleForEveryAttendee => "role-for-every-attendee",
            Rule::DeciderForEveryTopic => "decider-for-every-topic",
            Rule::Papers => "papers",
            Rule::SessionsPerQuarter => "sessions-per-quarter",
        }
    }

    /// Whether a reason can outweigh it. Attending without a role (陪会) and a topic that nobody can
    /// decide are what sessions shall be rid of, so no reason is good enough for these.
    pub fn is_overridable(self) -> bool {
        !matches!(self, Rule::RoleForEveryAttendee | Rule::DeciderForEveryTopic)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule that the request breaks, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What the request has.
    pub measure: u32,
    /// What the rule allows or asks for.
    pub limit: u32,
    /// Whether it can be overridden with a reason; if not, the request must be revised.
    pub overridable: bool,
}

/// Compares a request with the rules; `sessions_this_quarter` are the body's others.
pub(super) fn screen(
    filed: &Filed,
    rules: &Rules,
    calendar: &WorkingCalendar,
    sessions_this_quarter: u32,
    now: Timestamp,
) -> Vec<Finding> {
    let outline = &filed.outline;
    let start = calendar.date_of(outline.earliest_start);
    let urgent = outline.kind == Kind::Emergency;
    let most = |rule, measure: u32, limit: u32| finding(rule, measure, limit, measure > limit);
    let least = |rule, measure: u32, limit: u32| finding(rule, measure, limit, measure < limit && !urgent);
    let topics = u32::try_from(outline.topics.len()).unwrap_or(u32::MAX);
    [
        most(Rule::TopicsPerSession, topics, rules.topics_max),
        most(Rule::SessionLength, outline.minutes, rules.minutes_max),
        least(Rule::Notice, days_until(calendar.date_of(now), start), rules.notice_days_min),
        most(Rule::RoleForEveryAttendee, attendees_without_role(outline), 0),
        most(Rule::DeciderForEveryTopic, topics_without_decider(outline), 0),
        papers(filed, rules, calendar, start),
        rules
            .sessions_per_quarter_max
            .filter(|_| !urgent)
            .and_then(|limit| most(Rule::SessionsPerQuarter, sessions_this_quarter.saturating_add(1), limit)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(rule: Rule, measure: u32, limit: u32, broken: bool) -> Option<Finding> {
    broken.then_some(Finding { rule, measure, limit, overridable: rule.is_overridable() })
}

fn attendees_without_role(outline: &Outline) -> u32 {
    count(outline.attendees.iter().filter(|attendee| attendee.roles.is_empty()))
}

fn topics_without_decider(outline: &Outline) -> u32 {
    count(outline.topics.iter().filter(|topic| {
        !outline
            .attendees
            .iter()
            .flat_map(|attendee| &attendee.roles)
            .any(|given| given.topic == topic.no && given.role == RoleOnTopic::Decides)
    }))
}

/// The finding for the topic whose papers come last; missing papers break the rule even when it asks
/// for no days.
fn papers(filed: &Filed, rules: &Rules, calendar: &WorkingCalendar, start: Date) -> Option<Finding> {
    if filed.outline.kind == Kind::Emergency {
        return None;
    }
    let limit = rules.papers_days_min;
    let first_paper = |topic: u32| {
        let papers = filed.papers.iter().filter(|paper| paper.topic == topic);
        papers.map(|paper| paper.submitted_at).min()
    };
    let days = filed
        .outline
        .topics
        .iter()
        .filter(|topic| topic.papers_required)
        .map(|topic| first_paper(topic.no).map(|at| days_until(calendar.date_of(at), start)));
    // None, for missing papers, is less than any number of days.
    match days.min()? {
        None => finding(Rule::Papers, 0, limit.max(1), true),
        Some(days) => finding(Rule::Papers, days, limit, days < limit),
    }
}

fn days_until(from: Date, until: Date) -> u32 {
    let days = from.until(until).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}

fn count<T>(things: impl Iterator<Item = T>) -> u32 {
    u32::try_from(things.count()).unwrap_or(u32::MAX)
}
