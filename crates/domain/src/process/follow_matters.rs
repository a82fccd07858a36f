//! What a docket made of its topics becomes of their matters, when it is closed: they are decided or withdrawn, or have
//! a future in which they come back. What is taken on the agenda of a sitting becomes a matter at once.

use crate::calendar::WorkingCalendar;
use crate::deliberation::docket::{self, AgendaTopic, Outcome, Topic};
use crate::scheduling::matter::{self, Intake, Verdict};
use crate::{Code, Uuid};
use std::collections::{BTreeMap, BTreeSet};

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
    if let docket::Event::TopicAdded { added, .. } = event {
        return taken_in(id, state, added).into_iter().collect();
    }
    let docket::Event::Closed { .. } = event else { return vec![] };
    let topics = state.proceedings().into_iter().flat_map(|proceedings| &proceedings.topics);
    let command = |topic: &Topic| Some((topic.carried?.matter, command(id, topic, calendar, chairs)?));
    topics.filter_map(command).collect()
}

/// Takes in the matter of a topic that was added in a sitting, as one that is on its agenda, and of its class.
fn taken_in(session: Uuid, state: &docket::State, added: &AgendaTopic) -> Option<(Uuid, matter::Command)> {
    let (agenda, label) = (&state.proceedings()?.agenda, added.label);
    let (matter, class) = (added.carried?.matter, agenda.constitution.rule.class);
    let concerned: BTreeSet<Code> = agenda.concerned_with(added).into_iter().cloned().collect();
    let intake = Intake {
        title: added.title.clone(),
        summary: None,
        body: agenda.body.clone(),
        case_reference: None,
        split_from: None,
        deferrals: 0,
        concerned: vec![],
        label,
        class: None,
    };
    let put = matter::Command::PutOnAgenda {
        session,
        body: agenda.body.clone(),
        from: None,
        topic: added.number,
        concerned: concerned.into_iter().collect(),
        label,
        class,
        is_admitted: true,
        intake: Some(intake),
    };
    Some((matter, put))
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
