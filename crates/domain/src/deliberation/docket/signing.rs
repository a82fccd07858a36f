//! The rules of a countersign beyond its votes: more time to sign, and a meeting in its place.

use super::outcomes::nothing_passed;
use super::{Event, Mode, Proceedings, Rejection, State, Topic, reminders};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::{Issued, Text, Timestamp};
use jiff::tz::TimeZone;

/// How many times the time to sign may be extended.
pub const SIGNING_EXTENSIONS_MAX: u32 = 3;

/// Extends the time to sign, also when it is over and nothing came of it.
pub(super) fn extend(
    proceedings: &Proceedings,
    sign_by: Timestamp,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let Mode::Countersign { sign_by: present } = proceedings.agenda.mode else {
        return Err(Rejection::NotACountersign);
    };
    if sign_by == present {
        return Ok(vec![]);
    }
    let earliest = present.max(issued.at);
    if sign_by <= earliest {
        return Err(Rejection::SigningNotLater { sign_by, earliest });
    }
    if proceedings.signing_extensions >= SIGNING_EXTENSIONS_MAX {
        return Err(Rejection::SigningExtensionsExhausted { max: SIGNING_EXTENSIONS_MAX });
    }
    let rule = &proceedings.agenda.constitution.rule;
    let remind_at = reminders::planned(rule, sign_by, issued.at, calendar);
    let extensions = proceedings.signing_extensions + 1;
    Ok(vec![Event::SigningExtended { sign_by, reason, extensions, remind_at }])
}

/// Ends a countersign without an outcome, so that a meeting takes its place. What was decided by it stays decided: then the
/// other topics are deferred, and not taken along. Neither does the chair undo what has passed.
pub(super) fn call_meeting(state: &State, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    if let State::Adjourned(proceedings) = state
        && !proceedings.is_meeting()
    {
        return Ok(vec![]);
    }
    let proceedings = state.open()?;
    if proceedings.is_meeting() {
        return Err(Rejection::NotACountersign);
    }
    let decided = proceedings.topics.iter().find_map(|topic| Some((topic.number, topic.outcome.as_ref()?)));
    match decided {
        Some((topic_number, outcome)) => {
            Err(Rejection::TopicDecided { topic_number, outcome: outcome.as_str() })
        }
        None => {
            let mut adoptable = proceedings.topics.iter().filter(|topic| may_still_be_adopted(topic, issued));
            adoptable.try_for_each(nothing_passed)?;
            Ok(vec![Event::MeetingCalled { reason }])
        }
    }
}

/// Whether what passed may be adopted as it is: no day that it names is over, wherever that is counted, and no resolution that
/// it changes can have ended meanwhile.
fn may_still_be_adopted(topic: &Topic, issued: &Issued) -> bool {
    let today = TimeZone::UTC.to_datetime(issued.at).date();
    let is_over = |due: &DueRule| matches!(due, DueRule::On(day) if *day <= today);
    topic.changes.is_empty() && !topic.items.iter().filter_map(|item| item.draft.due.as_ref()).any(is_over)
}
