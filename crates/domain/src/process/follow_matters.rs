//! What a docket made of its topics becomes of their matters, when it is closed: they are decided or withdrawn, or have
//! a future in which they come back.

use crate::calendar::WorkingCalendar;
use crate::deliberation::docket::{self, Outcome, Topic};
use crate::scheduling::matter::{self, Verdict};
use crate::{Code, Uuid};
use std::collections::BTreeMap;

/// This process manager's name.
pub const NAME: &str = "follow_matters";

/// The bodies that topics of the docket were referred to.
pub fn referred_to(state: &docket::State) -> impl Iterator<Item = &Code> {
    let topics = state.proceedings().into_iter().flat_map(|proceedings| &proceedings.topics);
    topics.filter_map(|topic| match &topic.outcome {
        Some(Outcome::Referred { referred_to }) => Some(referred_to),
        _ => None,
    })
}

/// The commands for the matters that follow from a docket's event; `chairs` has the department in the chair of each body
/// that a topic was referred to.
pub fn react(
    id: Uuid,
    state: &docket::State,
    event: &docket::Event,
    calendar: &WorkingCalendar,
    chairs: &BTreeMap<Code, Code>,
) -> Vec<(Uuid, matter::Command)> {
    let docket::Event::Closed { .. } = event else { return vec![] };
    let topics = state.proceedings().into_iter().flat_map(|proceedings| &proceedings.topics);
    let command = |topic: &Topic| Some((topic.carried?.matter, command(id, topic, calendar, chairs)?));
    topics.filter_map(command).collect()
}

fn command(
    session: Uuid,
    topic: &Topic,
    calendar: &WorkingCalendar,
    chairs: &BTreeMap<Code, Code>,
) -> Option<matter::Command> {
    use matter::Command;
    Some(match topic.outcome.as_ref()? {
        Outcome::Adopted { .. } => Command::Decide { session, verdict: Verdict::Adopted },
        Outcome::Rejected => Command::Decide { session, verdict: Verdict::Rejected },
        Outcome::Deferred { resume_on } => Command::DeferBySession {
            session,
            resume_on: *resume_on,
            resume_at: calendar.start_of(*resume_on),
            deferrals: topic.deferrals,
        },
        // A docket refers to no body that is not defined; what was referred before that was so stays in the backlog.
        Outcome::Referred { referred_to: to } => match chairs.get(to) {
            Some(chair) => {
                Command::Refer { session: Some(session), to: to.clone(), chair: chair.clone(), reason: None }
            }
            None => Command::TakeOffAgenda { session, reason: None },
        },
        Outcome::Withdrawn => Command::Withdraw { session: Some(session), reason: None },
    })
}

#[cfg(test)]
mod tests;
