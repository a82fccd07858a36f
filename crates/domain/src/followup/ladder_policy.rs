//! The ladder of a body: who is notified when of what is owed under its resolutions.

use super::ladder::{LOOK_BACK_MONTHS_MAX, Ladder, NOTICES_OF_A_KIND_MAX, RUNG_DISTANCE_MAX};
use crate::aggregate::id_of_code;
use crate::{Aggregate, Audience, Code, Issued, Text, Uuid, rejections};

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the event, where each is described")]
pub enum Command {
    /// Another ladder counts for the items of the body.
    Define { body: Code, ladder: Ladder, reason: Text },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Another ladder counts for the items of the body, also for those that are followed up already.
    Defined {
        /// The body.
        body: Code,
        /// Its ladder.
        ladder: Ladder,
        /// Why.
        reason: Text,
    },
}

rejections! {
    /// Why a ladder is refused.
    Rejection {
        TooManyNotices("TOO_MANY_NOTICES") { field: &'static str, notices: usize, max: usize } =
            "{field} has {notices} entries; at most {max} are accepted",
        DistanceOutOfRange("DISTANCE_OUT_OF_RANGE") { field: &'static str, distance: u32, max: u32 } =
            "{field} is {distance}; at most {max} is accepted",
    }
}

/// The ladder that counts; none while the usual one does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    defined: Option<Ladder>,
}

impl State {
    /// The ladder in force.
    pub fn ladder(&self) -> Ladder {
        self.defined.clone().unwrap_or_default()
    }

    /// Whether the body has a ladder of its own.
    pub fn is_defined(&self) -> bool {
        self.defined.is_some()
    }
}

/// The ladder policy aggregate.
#[derive(Debug)]
pub struct LadderPolicy;

impl LadderPolicy {
    /// The id of the policy of the body with this code.
    pub fn id(body: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, body.as_str())
    }
}

impl Aggregate for LadderPolicy {
    const CATEGORY: &'static str = "followup.ladder_policy";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Define { body, ladder, reason } = command;
        check(&ladder)?;
        let same = state.defined.as_ref() == Some(&ladder);
        Ok(if same { vec![] } else { vec![Event::Defined { body, ladder, reason }] })
    }

    fn audience(_state: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(_state: State, event: &Event) -> State {
        let Event::Defined { ladder, .. } = event;
        State { defined: Some(ladder.clone()) }
    }
}

fn check(ladder: &Ladder) -> Result<(), Rejection> {
    let lists = [
        ("reminder_days", &ladder.reminders),
        ("judgement_days", &ladder.judgement),
        ("ruling_days", &ladder.ruling),
    ];
    for (field, given) in lists {
        if given.len() > NOTICES_OF_A_KIND_MAX {
            return Err(Rejection::TooManyNotices {
                field,
                notices: given.len(),
                max: NOTICES_OF_A_KIND_MAX,
            });
        }
    }
    let single = [
        ("supervisor_days", ladder.supervisor),
        ("leadership_days", ladder.leadership),
        ("report_days", ladder.report),
        ("stale_days", ladder.stale),
    ];
    let listed = lists.into_iter().flat_map(|(field, given)| given.iter().map(move |&given| (field, given)));
    let distances = listed.chain(single).map(|(field, distance)| (field, distance, RUNG_DISTANCE_MAX));
    let months = ("look_back_months", ladder.look_back_months, LOOK_BACK_MONTHS_MAX);
    match distances.chain([months]).find(|&(_, distance, max)| distance > max) {
        Some((field, distance, max)) => Err(Rejection::DistanceOutOfRange { field, distance, max }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{code, given, text};

    #[test]
    fn a_ladder_is_changed_on_record_and_within_limits() {
        let define =
            |ladder| Command::Define { body: code("FLOOD"), ladder, reason: text("The season begins") };
        let usual = given::<LadderPolicy>(&[]).when(define(Ladder::default())).unwrap();
        assert_eq!(usual.len(), 1, "that it is the usual one is a decision, too");
        assert_eq!(given::<LadderPolicy>(&usual).when(define(Ladder::default())), Ok(vec![]));
        let far = Ladder { judgement: vec![1, 366], ..Ladder::default() };
        assert_eq!(
            given::<LadderPolicy>(&usual).when(define(far)),
            Err(Rejection::DistanceOutOfRange { field: "judgement_days", distance: 366, max: 365 })
        );
        let many = Ladder { reminders: (1..12).collect(), ..Ladder::default() };
        let refused = given::<LadderPolicy>(&usual).when(define(many)).unwrap_err();
        assert_eq!(refused.to_string(), "reminder_days has 11 entries; at most 10 are accepted");
    }
}
