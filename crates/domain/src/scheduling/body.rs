//! A body (会商机制): who decides, by which rules, and who acts for it. It is defined before it is used, and each of
//! its versions stays on record.
//!
//! The folder holds its parts: [`charter`] is what a body is, `meeting_rules` what its sessions are screened against,
//! [`emergency_plan`] whom it calls in an emergency.

pub mod charter;
pub mod emergency_plan;
mod meeting_rules;

pub use charter::{Charter, Seat, Standing};
pub use emergency_plan::{EmergencyPlan, PlannedCall};
pub use meeting_rules::MeetingRules;

use crate::aggregate::id_of_code;
use crate::constitution::{Constitution, Voter};
use crate::decision_rule::MatterClass;
use crate::{Aggregate, Audience, Code, Date, Issued, Role, Text, Uuid, rejections};

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Defines the body.
    Define {
        /// Its code.
        body: Code,
        /// What it is.
        charter: Charter,
    },
    /// Makes another version of it.
    Change {
        /// What it is from now on.
        charter: Charter,
        /// Why, and on whose decision.
        reason: Text,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The body was defined; this is its version 1.
    Defined {
        /// Its code.
        body: Code,
        /// What it is.
        charter: Charter,
    },
    /// The body was changed.
    Changed {
        /// The number of the version, from 2.
        version: u32,
        /// What it is from now on.
        charter: Charter,
        /// Why, and on whose decision.
        reason: Text,
    },
}

rejections! {
    /// Why a command on a body is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        DuplicateBody("DUPLICATE_BODY") { body_code: Code } =
            "body {body_code} is defined already, and not like this; change it instead",
        NoDecidingSeat("NO_DECIDING_SEAT") = "a body needs at least one seat that decides",
        DuplicateSeat("DUPLICATE_SEAT") { department_code: Code } =
            "department {department_code} is given two seats",
        TooManyEntries("TOO_MANY_ENTRIES") { field: &'static str, given: usize, max: usize } =
            "{field} has {given} entries; at most {max} are accepted",
        DuplicateEntry("DUPLICATE_ENTRY") { field: &'static str, department_code: Code } =
            "{field} names department {department_code} twice",
        DuplicateClass("DUPLICATE_CLASS") { field: &'static str, matter_class: MatterClass } =
            "{field} has the class {matter_class} twice",
        WeightOutOfRange("WEIGHT_OUT_OF_RANGE") { department_code: Code, weight: u32, max: u32 } =
            "the vote of {department_code} weighs from 1 to {max}, not {weight}",
        VetoWithoutVote("VETO_WITHOUT_VOTE") { department_code: Code } =
            "department {department_code} is given a veto and no vote",
        SeatEndsTooEarly("SEAT_ENDS_TOO_EARLY") { department_code: Code, since_on: Date, until_on: Date } =
            "the seat of {department_code} would end on {until_on}, before it begins on {since_on}",
        LimitOutOfRange("LIMIT_OUT_OF_RANGE") { field: &'static str } =
            "with {field} = 0 no session could ever be admitted",
        SecondCallQuorumOutOfRange("SECOND_CALL_QUORUM_OUT_OF_RANGE") { numerator: u32, denominator: u32 } =
            "the quorum of a second call is more than none and at most all, which {numerator}/{denominator} is not",
        QuorumShareOutOfRange("QUORUM_SHARE_OUT_OF_RANGE") {
            matter_class: MatterClass,
            numerator: u32,
            denominator: u32,
        } = "the quorum of the class {matter_class} is more than none and at most all, which \
             {numerator}/{denominator} is not",
        ShareOutOfRange("SHARE_OUT_OF_RANGE") {
            matter_class: MatterClass,
            numerator: u32,
            denominator: u32,
        } = "the qualified majority of the class {matter_class} is more than half and at most all, which \
             {numerator}/{denominator} is not",
        BallotsOutOfRange("BALLOTS_OUT_OF_RANGE") { matter_class: MatterClass, ballots: u32, max: u32 } =
            "a version of the class {matter_class} has from 1 to {max} ballots, not {ballots}",
        VotingRuleOutOfRange("VOTING_RULE_OUT_OF_RANGE") {
            matter_class: MatterClass,
            field: &'static str,
            given: u32,
            min: u32,
            max: u32,
        } = "{field} of the class {matter_class} is from {min} to {max}, not {given}",
        DuplicatePlan("DUPLICATE_PLAN") { plan_code: Code } = "two emergency plans have the code {plan_code}",
        PlanMinutesOutOfRange("PLAN_MINUTES_OUT_OF_RANGE") {
            plan_code: Code,
            field: &'static str,
            given: u32,
            max: u32,
        } = "{field} of the emergency plan {plan_code} is from 1 to {max} minutes, not {given}",
        NoSeatToCall("NO_SEAT_TO_CALL") { plan_code: Code, department_code: Code } =
            "the emergency plan {plan_code} calls department {department_code}, which has no seat in the body",
        PlanWithoutQuorum("PLAN_WITHOUT_QUORUM") { plan_code: Code, deciding: usize, needed: usize } =
            "the emergency plan {plan_code} calls {deciding} departments that decide; {needed} are needed to decide",
        SecrecyImpossible("SECRECY_IMPOSSIBLE") { matter_class: MatterClass, field: &'static str } =
            "the ballots of the class {matter_class} cannot be secret: {field} would show how somebody voted. Secret \
             ballots need a majority or consensus, ties that reject, and seats of one weight without vetoes",
    }
}

/// What is known of one body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never defined.
    #[default]
    Undefined,
    /// Defined.
    Defined(Box<Version>),
}

/// A version of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The body's code.
    pub body: Code,
    /// The number of the version, from 1.
    pub number: u32,
    /// What the body is.
    pub charter: Charter,
}

impl State {
    /// The version in force.
    pub fn version(&self) -> Option<&Version> {
        match self {
            State::Undefined => None,
            State::Defined(version) => Some(version),
        }
    }
}

impl Version {
    /// What matters of this class are decided by, on a day: what a docket keeps to.
    pub fn constitution(&self, class: MatterClass, day: Date) -> Constitution {
        let charter = &self.charter;
        let voter = |seat: &Seat| Voter {
            department: seat.department.clone(),
            weight: seat.weight,
            veto: seat.vetoes.contains(&class),
            substitutes: seat.substitutes.clone(),
        };
        Constitution {
            version: self.number,
            chair: charter.chair.clone(),
            deputies: charter.deputies.clone(),
            secretariat: charter.secretariat.clone(),
            voters: charter.deciding(day).map(voter).collect(),
            rule: charter.decision_rule(class),
        }
    }
}

/// The body aggregate.
#[derive(Debug)]
pub struct Body;

impl Body {
    /// The id of the body with this code.
    pub fn id(body: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, body.as_str())
    }
}

impl Aggregate for Body {
    const CATEGORY: &'static str = "scheduling.body";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match (command, state) {
            (Command::Define { body, charter }, State::Undefined) => {
                if !issued.by.is(Role::Operator) {
                    must_be_a_clerk_of(&charter.secretariat, issued)?;
                }
                charter.check()?;
                Ok(vec![Event::Defined { body, charter }])
            }
            (Command::Define { charter, .. }, State::Defined(defined)) if defined.charter == charter => {
                Ok(vec![])
            }
            (Command::Define { body, .. }, State::Defined(_)) => {
                Err(Rejection::DuplicateBody { body_code: body })
            }
            (Command::Change { .. }, State::Undefined) => Err(Rejection::NotFound { what: "body" }),
            (Command::Change { charter, reason }, State::Defined(defined)) => {
                must_be_a_clerk_of(&defined.charter.secretariat, issued)?;
                charter.check()?;
                if defined.charter == charter {
                    return Ok(vec![]);
                }
                Ok(vec![Event::Changed { version: defined.number.saturating_add(1), charter, reason }])
            }
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Undefined, Event::Defined { body, charter }) => {
                let (body, charter) = (body.clone(), charter.clone());
                State::Defined(Box::new(Version { body, number: 1, charter }))
            }
            (State::Defined(defined), Event::Changed { version, charter, .. }) => {
                let (body, charter) = (defined.body, charter.clone());
                State::Defined(Box::new(Version { body, number: *version, charter }))
            }
            (state, _) => state,
        }
    }
}

/// Refuses everybody but clerks of these departments.
fn must_be_a_clerk_of(secretariat: &[Code], issued: &Issued) -> Result<(), Rejection> {
    let belongs = secretariat.iter().any(|department| issued.by.speaks_for(department));
    if belongs && issued.by.is(Role::Clerk) {
        return Ok(());
    }
    let codes: Vec<&str> = secretariat.iter().map(Code::as_str).collect();
    Err(Rejection::NotYourDepartment {
        department_code: issued.by.spoken_for(),
        needed_codes: codes.join(", "),
    })
}

#[cfg(test)]
mod tests;
