//! A request compared with its body's rules, in figures.

use super::{Filed, Kind, Outline, RoleOnTopic, TopicRole};
use crate::calendar::WorkingCalendar;
use crate::scheduling::body::MeetingRules;
use crate::{Date, Timestamp};
use std::fmt;

/// A rule that a request is screened against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Topics in the session, at most; measured in topics, without those that are decided in their sub-topics.
    TopicsPerSession,
    /// Duration of the session, at most; measured in minutes.
    SessionDuration,
    /// Notice, at least; measured in days, as the body counts them, from screening to the earliest start.
    Notice,
    /// Every attendee has a role on a topic; measured in attendees without one.
    RoleForEveryAttendee,
    /// Every topic has as many departments that decide as its class needs; measured in topics with fewer.
    DeciderForEveryTopic,
    /// Papers in time; measured in days, as the body counts them, for the topic whose papers came last; 0 when they are
    /// missing.
    Papers,
    /// Sessions of the body in a quarter, at most; measured in sessions, including this one.
    SessionsPerQuarter,
    /// Within working hours of a working day; measured when it is scheduled, in minutes that are not.
    WorkingTime,
    /// Those that decide do so in no other session at that time; decided when it is scheduled.
    OneSessionAtATime,
    /// Time for a topic that is added after all were invited, at least; measured in days, as the body counts them, from then
    /// to the start.
    AddedTopics,
}

impl Rule {
    /// Every rule, in the order of the findings.
    pub const ALL: [Rule; 10] = [
        Rule::TopicsPerSession,
        Rule::SessionDuration,
        Rule::Notice,
        Rule::RoleForEveryAttendee,
        Rule::DeciderForEveryTopic,
        Rule::Papers,
        Rule::SessionsPerQuarter,
        Rule::WorkingTime,
        Rule::OneSessionAtATime,
        Rule::AddedTopics,
    ];

    /// The rule's name in refusals and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::TopicsPerSession => "topics-per-session",
            Rule::SessionDuration => "session-duration",
            Rule::Notice => "notice",
            Rule::RoleForEveryAttendee => "role-for-every-attendee",
            Rule::DeciderForEveryTopic => "decider-for-every-topic",
            Rule::Papers => "papers",
            Rule::SessionsPerQuarter => "sessions-per-quarter",
            Rule::WorkingTime => "working-time",
            Rule::OneSessionAtATime => "one-session-at-a-time",
            Rule::AddedTopics => "added-topics",
        }
    }

    /// Whether a reason can override it. No reason is good enough for attendees without a role (陪会), or for
    /// topics that nobody can decide.
    pub fn is_overridable(self) -> bool {
        !matches!(self, Rule::RoleForEveryAttendee | Rule::DeciderForEveryTopic)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule that the request breaks, with its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What the request has.
    pub measure: u32,
    /// What the rule allows or requires.
    pub limit: u32,
    /// Whether it can be overridden with a reason; if not, the request must be revised.
    pub overridable: bool,
}

/// What a request is compared with.
pub(super) struct Limits {
    /// The body's meeting rules.
    pub(super) rules: MeetingRules,
    /// The body's other sessions in the quarter.
    pub(super) sessions_this_quarter: u32,
    /// How many departments must decide on a topic; at least one.
    pub(super) deciders_min: u32,
}

/// Compares a request with the limits of its body.
pub(super) fn screen(
    filed: &Filed,
    limits: &Limits,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Vec<Finding> {
    let Limits { rules, sessions_this_quarter, deciders_min } = limits;
    let outline = &filed.outline;
    let start = calendar.date_of(outline.earliest_start_at);
    let urgent = outline.kind == Kind::Emergency;
    let most = |rule, measure: u32, limit: u32| finding(rule, measure, limit, measure > limit);
    let least = |rule, measure: u32, limit: u32| finding(rule, measure, limit, measure < limit && !urgent);
    let topics = count(outline.topics_to_decide());
    [
        most(Rule::TopicsPerSession, topics, rules.topics_max),
        most(Rule::SessionDuration, outline.duration_minutes, rules.duration_minutes_max),
        least(
            Rule::Notice,
            rules.days_between(calendar, calendar.date_of(now), start),
            rules.notice_days_min,
        ),
        most(Rule::RoleForEveryAttendee, attendees_without_role(outline), 0),
        most(Rule::DeciderForEveryTopic, topics_without_deciders(outline, (*deciders_min).max(1)), 0),
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

/// Compares an emergency with the limits that count for it too: none of them needs a calendar.
pub(super) fn screen_emergency(filed: &Filed, limits: &Limits) -> Vec<Finding> {
    let Limits { rules, deciders_min, .. } = limits;
    let outline = &filed.outline;
    let most = |rule, measure: u32, limit: u32| finding(rule, measure, limit, measure > limit);
    [
        most(Rule::TopicsPerSession, count(outline.topics_to_decide()), rules.topics_max),
        most(Rule::SessionDuration, outline.duration_minutes, rules.duration_minutes_max),
        most(Rule::RoleForEveryAttendee, attendees_without_role(outline), 0),
        most(Rule::DeciderForEveryTopic, topics_without_deciders(outline, (*deciders_min).max(1)), 0),
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

pub(super) fn topics_without_deciders(outline: &Outline, min: u32) -> u32 {
    let roles = || outline.attendees.iter().flat_map(|attendee| &attendee.roles);
    let decides =
        |topic: u32| move |given: &&TopicRole| given.topic == topic && given.role == RoleOnTopic::Decides;
    count(outline.topics_to_decide().filter(|topic| count(roles().filter(decides(topic.number))) < min))
}

/// The finding for the topic whose papers came last; missing papers break the rule even when it requires
/// no days.
fn papers(filed: &Filed, rules: &MeetingRules, calendar: &WorkingCalendar, start: Date) -> Option<Finding> {
    if filed.outline.kind == Kind::Emergency {
        return None;
    }
    let limit = rules.papers_days_min;
    let first_paper = |topic: u32| {
        let papers = filed.papers.iter().filter(|paper| paper.topic == topic);
        papers.map(|paper| paper.submitted_at).min()
    };
    let days = filed.outline.topics.iter().filter(|topic| topic.papers_required).map(|topic| {
        first_paper(topic.number).map(|at| rules.days_between(calendar, calendar.date_of(at), start))
    });
    // None, for missing papers, is less than any number of days.
    match days.min()? {
        None => finding(Rule::Papers, 0, limit.max(1), true),
        Some(days) => finding(Rule::Papers, days, limit, days < limit),
    }
}

pub(super) fn count<T>(things: impl Iterator<Item = T>) -> u32 {
    u32::try_from(things.count()).unwrap_or(u32::MAX)
}
