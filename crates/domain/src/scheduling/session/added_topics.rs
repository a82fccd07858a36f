//! Topics that come on the agenda after all were invited: from the secretariat before the session is convened (增补议题), by the
//! body's rule, or from the floor of the sitting (临时动议), as its docket has decided.

use super::convening::{notice_days, rules};
use super::screening::{count, topics_without_deciders};
use super::{DepartmentRole, Event, Filed, Forum, Kind, Outline, Progress, Rejection, Rule, Stage, Topic};
use crate::calendar::WorkingCalendar;
use crate::{Issued, Text};

/// A topic that is to be added.
pub(super) struct Late {
    pub(super) topic: Topic,
    pub(super) roles: Vec<DepartmentRole>,
    pub(super) reason: Text,
    pub(super) deciders_min: u32,
}

/// Adds a topic to a scheduled session. All keep their answers: the time and the room are the same.
pub(super) fn add(
    filed: &Filed,
    late: Late,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    filed.must_be(&[Stage::Scheduled], "given another topic", "scheduled")?;
    if filed.is_next_call {
        return Err(Rejection::SameAgendaRequired);
    }
    let Late { topic, roles, reason, deciders_min } = late;
    if let Some(known) = filed.outline.topics.iter().find(|known| known.title == topic.title) {
        return Err(Rejection::TitleOnAgenda { topic_number: known.number });
    }
    let outline = filed.outline.with_topic(&topic, &roles)?;
    outline.check()?;
    keeps_the_rules(filed, &outline, deciders_min)?;
    in_time(filed, calendar, issued)?;
    Ok(vec![Event::TopicAdded { topic, roles, reason: Some(reason) }])
}

/// The rules on a session that one more topic may break.
fn keeps_the_rules(filed: &Filed, outline: &Outline, deciders_min: u32) -> Result<(), Rejection> {
    let (measure, limit) = (count(outline.topics_to_decide()), rules(filed).topics_max);
    if measure > limit && filed.override_of(Rule::TopicsPerSession).is_none() {
        return Err(Rejection::RuleBroken { rule: Rule::TopicsPerSession, measure, limit });
    }
    let before = topics_without_deciders(&filed.outline, deciders_min.max(1));
    let measure = topics_without_deciders(outline, deciders_min.max(1));
    if measure > before {
        return Err(Rejection::RuleBroken { rule: Rule::DeciderForEveryTopic, measure, limit: 0 });
    }
    Ok(())
}

/// Refuses a topic for which those that are invited have too little time: as little as the body says or, where it says nothing,
/// less than an invitation gives them. In an emergency there is no such rule.
fn in_time(filed: &Filed, calendar: &WorkingCalendar, issued: &Issued) -> Result<(), Rejection> {
    let Some(appointment) = filed.appointment() else { return Ok(()) };
    if filed.outline.kind == Kind::Emergency || filed.override_of(Rule::AddedTopics).is_some() {
        return Ok(());
    }
    let rules = rules(filed);
    let limit = rules.added_topic_days_min.unwrap_or_else(|| notice_days(filed));
    let start = calendar.date_of(appointment.slot.starts_at);
    let measure = rules.days_between(calendar, calendar.date_of(issued.at), start);
    match measure < limit {
        true => Err(Rejection::RuleBroken { rule: Rule::AddedTopics, measure, limit }),
        false => Ok(()),
    }
}

/// Notes what the docket has on its agenda by now.
pub(super) fn note(filed: &Filed, topic: Topic, roles: Vec<DepartmentRole>) -> Result<Vec<Event>, Rejection> {
    if filed.outline.topic(topic.number).is_some() {
        return Ok(vec![]);
    }
    match filed.progress {
        Progress::Deciding(Forum::Meeting(_)) => Ok(vec![Event::TopicAdded { topic, roles, reason: None }]),
        _ => Err(filed.wrong_stage("given a topic from the floor", "convened")),
    }
}
