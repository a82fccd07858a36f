//! From the request to admission, or to an end that needs no room.

use super::{
    ALARM_TOPICS_MAX, Event, Filed, Finding, Outline, PAPERS_MAX, Paper, Rejection, Rule, Screening, Stage,
    State, must_be_ahead, screening,
};
use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::scheduling::body::MeetingRules;
use crate::scheduling::equipment;
use crate::{Code, Issued, Text, Timestamp, Uuid};

pub(super) fn request(outline: Outline, chair: Code, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    outline.check()?;
    if let Some(decide_by) = outline.decide_by {
        must_be_ahead("decide_by", decide_by, issued)?;
    }
    Ok(vec![Event::Requested { outline, requester: issued.by.department.clone(), chair }])
}

/// An emergency session takes place as soon as it is requested, when nothing but notice, papers and the number of sessions
/// speaks against it.
pub(super) fn alarm(
    outline: &Outline,
    chair: &Code,
    rules: MeetingRules,
    constitution: &Constitution,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (given, max) = (outline.topics.len(), ALARM_TOPICS_MAX);
    if given > max {
        return Err(Rejection::TooManyTopics { given, max });
    }
    let mut events = request(outline.clone(), chair.clone(), issued)?;
    let requested = State::default().after(&events[0]);
    let deciders_min = constitution.quorum(0, 0);
    let limits = screening::Limits { rules, sessions_this_quarter: 0, deciders_min };
    let findings =
        requested.filed().map(|filed| screening::screen_emergency(filed, &limits)).unwrap_or_default();
    refuse_broken(findings.first())?;
    let constitution = constitution.clone();
    let then =
        [Event::Screened { rules, findings }, Event::Admitted, Event::Convened { room: None, constitution }];
    events.extend(then);
    Ok(events)
}

pub(super) fn submit_paper(
    filed: &Filed,
    topic: u32,
    paper: Paper,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    filed.must_be(
        &[Stage::Requested, Stage::Returned, Stage::Screened, Stage::Admitted, Stage::Scheduled],
        "given a paper",
        "not yet convened",
    )?;
    if filed.outline.topic(topic).is_none() {
        return Err(Rejection::UnknownTopic { topic_number: topic });
    }
    let digest = paper.sha256.as_str();
    if digest.len() != 64 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Rejection::NotADigest { sha256: paper.sha256 });
    }
    let on_topic = || filed.papers.iter().filter(|known| known.topic == topic);
    if on_topic().any(|known| known.paper == paper) {
        return Ok(vec![]);
    }
    if on_topic().count() >= PAPERS_MAX {
        return Err(Rejection::PapersExhausted { topic_number: topic, max: PAPERS_MAX });
    }
    Ok(vec![Event::PaperSubmitted { topic, paper, submitted_at: issued.at }])
}

pub(super) fn screen(
    filed: &Filed,
    limits: screening::Limits,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    filed.must_be(&[Stage::Requested, Stage::Screened], "screened", "requested or screened")?;
    let findings = screening::screen(filed, &limits, calendar, issued.at);
    let rules = limits.rules;
    let same = |last: &Screening| last.rules == rules && last.findings == findings;
    if filed.stage() == Stage::Screened && filed.screening.as_ref().is_some_and(same) {
        return Ok(vec![]);
    }
    Ok(vec![Event::Screened { rules, findings }])
}

pub(super) fn override_finding(filed: &Filed, rule: Rule, reason: Text) -> Result<Vec<Event>, Rejection> {
    // These are measured when an admitted session is scheduled, when it is moved, and the last one when it is convened.
    let when_scheduled = matches!(rule, Rule::Notice | Rule::WorkingTime | Rule::OneSessionAtATime);
    // And these when a topic is added to a scheduled one.
    let when_added = matches!(rule, Rule::AddedTopics | Rule::TopicsPerSession);
    let stage = filed.stage();
    if when_scheduled && matches!(stage, Stage::Admitted | Stage::Scheduled)
        || when_added && stage == Stage::Scheduled
    {
        let is_known = filed.override_of(rule) == Some(&reason);
        return Ok(if is_known { vec![] } else { vec![Event::FindingOverridden { rule, reason }] });
    }
    filed.must_be(&[Stage::Screened], "exempted from a rule", "screened")?;
    let mut findings = filed.findings().iter();
    let finding = findings.find(|finding| finding.rule == rule).ok_or(Rejection::RuleNotBroken { rule })?;
    if !finding.overridable {
        return Err(Rejection::NotOverridable { rule });
    }
    if filed.override_of(rule) == Some(&reason) {
        return Ok(vec![]);
    }
    Ok(vec![Event::FindingOverridden { rule, reason }])
}

pub(super) fn admit(filed: &Filed) -> Result<Vec<Event>, Rejection> {
    if filed.stage() == Stage::Admitted {
        return Ok(vec![]);
    }
    filed.must_be(&[Stage::Screened], "admitted", "screened")?;
    refuse_broken(filed.open_findings().next())?;
    Ok(vec![Event::Admitted])
}

fn refuse_broken(finding: Option<&Finding>) -> Result<(), Rejection> {
    match finding {
        None => Ok(()),
        Some(&Finding { rule, measure, limit, .. }) => Err(Rejection::RuleBroken { rule, measure, limit }),
    }
}

/// Changes a request until it is scheduled; an admitted one must be screened and admitted again.
pub(super) fn revise(filed: &Filed, revised: Outline) -> Result<Vec<Event>, Rejection> {
    filed.must_be(
        &[Stage::Requested, Stage::Screened, Stage::Returned, Stage::Admitted],
        "revised",
        "not yet scheduled",
    )?;
    revised.check()?;
    let own = &filed.outline;
    if matches!(filed.stage(), Stage::Requested | Stage::Admitted) && revised == *own {
        return Ok(vec![]);
    }
    let Outline { title, purpose, topics, attendees, duration_minutes, earliest_start_at, equipment, .. } =
        revised;
    let title = Some(title).filter(|title| *title != own.title);
    let purpose = Some(purpose).filter(|purpose| *purpose != own.purpose);
    Ok(vec![Event::Revised {
        title,
        purpose,
        topics,
        attendees,
        duration_minutes,
        earliest_start_at,
        equipment,
    }])
}

pub(super) fn countersign(
    filed: &Filed,
    sign_by: Timestamp,
    reason: Text,
    constitution: Constitution,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if filed.sign_by() == Some(sign_by) {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Screened, Stage::Admitted],
        "converted to a countersign",
        "screened or admitted",
    )?;
    // Duration, notice and the like do not matter without a meeting; roles do.
    refuse_broken(filed.findings().iter().find(|finding| !finding.overridable))?;
    must_be_ahead("sign_by", sign_by, issued)?;
    Ok(vec![Event::ConvertedToCountersign { sign_by, reason, constitution }])
}

/// Takes on the topics of another session after its own, with the time for them, those who attend, and what they need.
pub(super) fn absorb(filed: &Filed, from: Uuid, other: &Outline) -> Result<Vec<Event>, Rejection> {
    if filed.absorbed.contains(&from) {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Requested, Stage::Screened, Stage::Returned, Stage::Admitted],
        "merged with another one",
        "not yet scheduled",
    )?;
    let own = &filed.outline;
    if own.class != other.class {
        return Err(Rejection::ClassesDiffer { matter_class: other.class, other_class: own.class });
    }
    let last = u32::try_from(own.topics.len()).unwrap_or(u32::MAX);
    let mut outline = own.clone();
    outline.topics.extend(other.topics.iter().map(|topic| topic.renumbered(last)));
    // What had no section does not fall into the last one of the session that remains.
    let is_divided = own.topics.iter().any(|topic| topic.section.is_some());
    if let Some(first) = outline.topics.get_mut(own.topics.len()).filter(|_| is_divided) {
        first.section.get_or_insert_with(|| other.title.clone());
    }
    for attendee in &other.attendees {
        let roles = attendee.roles.iter().map(|role| role.renumbered(last));
        match outline.attendees.iter_mut().find(|known| known.department == attendee.department) {
            Some(known) => {
                known.roles.extend(roles);
                known.companions = known.companions.max(attendee.companions);
            }
            None => outline.attendees.push(attendee.renumbered(last)),
        }
    }
    let timeboxes = other.topics.iter().fold(0_u32, |sum, topic| sum.saturating_add(topic.timebox_minutes));
    outline.duration_minutes = own.duration_minutes.saturating_add(timeboxes);
    outline.equipment = equipment::joined(&own.equipment, &other.equipment);
    outline.check()?;
    let Outline { topics, attendees, duration_minutes, equipment, .. } = outline;
    Ok(vec![Event::TopicsAbsorbed { from, topics, attendees, duration_minutes, equipment }])
}

pub(super) fn merge(filed: &Filed, session: Uuid, into: Uuid, reason: Text) -> Result<Vec<Event>, Rejection> {
    if filed.merged_into() == Some(into) {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Requested, Stage::Screened, Stage::Returned, Stage::Admitted],
        "merged",
        "not yet scheduled",
    )?;
    if session == into {
        return Err(Rejection::MergedIntoItself);
    }
    Ok(vec![Event::Merged { into, reason }])
}
