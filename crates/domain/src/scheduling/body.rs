//! A body (会商机制): who decides, by which rules, and who acts for it. It is defined before it is used, and each of
//! its versions stays on record.
//!
//! The folder holds its parts: [`charter`] is what a body is, `meeting_rules` what its sessions are screened against,
//! [`emergency_plan`] whom it calls in an emergency, [`office`] what departments are named for beside their seats.

pub mod charter;
pub mod emergency_plan;
mod meeting_rules;
pub mod office;

pub use charter::{Charter, Seat, Standing};
pub use emergency_plan::{EmergencyPlan, PlanSubstitutes, PlannedCall};
pub use meeting_rules::MeetingRules;
pub use office::{Function, Office};

use crate::aggregate::id_of_code;
use crate::constitution::{Constitution, Voter};
use crate::decision_rule::MatterClass;
use crate::{Aggregate, Audience, Code, Date, Issued, Role, Text, Uuid, rejections};
use std::collections::BTreeSet;

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Defines the body.
    Define {
        /// Its code.
        body: Code,
        /// What it is.
        charter: Charter,
        /// The departments for which whoever defines it answers: their own, and those below it.
        answered_for: BTreeSet<Code>,
    },
    /// Makes another version of it.
    Change {
        /// What it is from now on.
        charter: Charter,
        /// Why, and on whose decision.
        reason: Text,
        /// The departments for which whoever changes it answers.
        answered_for: BTreeSet<Code>,
    },
    /// Accepts the seat that a department was given, and whatever else it is named for.
    AcceptSeat {
        /// The department.
        department: Code,
    },
}

impl Command {
    /// The same, of somebody who answers for these departments.
    #[must_use]
    pub fn answering_for(mut self, departments: BTreeSet<Code>) -> Command {
        if let Command::Define { answered_for, .. } | Command::Change { answered_for, .. } = &mut self {
            *answered_for = departments;
        }
        self
    }

    /// What the body would be; none when that stays as it is.
    pub fn charter(&self) -> Option<&Charter> {
        match self {
            Command::Define { charter, .. } | Command::Change { charter, .. } => Some(charter),
            Command::AcceptSeat { .. } => None,
        }
    }
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
        /// The departments that have not accepted their seats yet, in the order of the seats.
        pending: Vec<Code>,
        /// What departments are named for beside their seats and have not accepted yet.
        pending_offices: Vec<Office>,
    },
    /// The body was changed.
    Changed {
        /// The number of the version, from 2.
        version: u32,
        /// What it is from now on.
        charter: Charter,
        /// Why, and on whose decision.
        reason: Text,
        /// The departments that have not accepted their seats yet, in the order of the seats.
        pending: Vec<Code>,
        /// What departments are named for beside their seats and have not accepted yet.
        pending_offices: Vec<Office>,
    },
    /// A department accepted its seat, and whatever else it is named for; that counts from this version on.
    SeatAccepted {
        /// The number of the version, from 2.
        version: u32,
        /// The department.
        department: Code,
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
        NoSuchSeat("NO_SUCH_SEAT") { body_code: Code, department_code: Code } =
            "body {body_code} has no seat for department {department_code}, and does not name it for anything else",
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
        AnswerDaysOutOfRange("ANSWER_DAYS_OUT_OF_RANGE") { given: u32, max: u32 } =
            "an invitation is to be answered {given} working days before the start; at most {max} are accepted",
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
        DuplicatePlan("DUPLICATE_PLAN") { plan_code: Code } = "two emergency plans have the code {plan_code}, or one that reads like it",
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
        NoPlaceToTake("NO_PLACE_TO_TAKE") { plan_code: Code, department_code: Code } =
            "the emergency plan {plan_code} does not call department {department_code} to decide, so nobody takes its place",
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
    /// The departments that have not accepted their seats yet, in the order of the seats: these neither count nor vote.
    pub pending: Vec<Code>,
    /// What departments are named for beside their seats and have not accepted yet.
    pub pending_offices: Vec<Office>,
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
    /// Whether the department has a seat that decides, on whatever days, and has accepted it.
    pub fn may_vote(&self, department: &Code) -> bool {
        self.charter.may_vote(department) && !self.pending.contains(department)
    }

    /// Whether the department has a seat, and has accepted it.
    fn has_accepted(&self, department: &Code) -> bool {
        self.charter.has_seat(department) && !self.pending.contains(department)
    }

    /// Whether there is something that the department has not accepted.
    pub fn waits_for(&self, department: &Code) -> bool {
        self.pending.contains(department)
            || self.pending_offices.iter().any(|office| office.department == *department)
    }

    fn names(&self, department: &Code) -> bool {
        self.charter.has_seat(department)
            || self.charter.offices().iter().any(|office| office.department == *department)
    }

    /// What matters of this class are decided by, on a day: what a docket keeps to.
    pub fn constitution(&self, class: MatterClass, day: Date) -> Constitution {
        let charter = &self.in_effect();
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
            voters: charter
                .deciding(day)
                .filter(|seat| !self.pending.contains(&seat.department))
                .map(voter)
                .collect(),
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
            (Command::Define { body, charter, answered_for }, State::Undefined) => {
                if !issued.by.is(Role::Operator) {
                    must_be_a_clerk_of(&charter.secretariat, issued)?;
                }
                charter.check()?;
                let (pending, pending_offices) = pending(&charter, None, &answered_for, issued);
                Ok(vec![Event::Defined { body, charter, pending, pending_offices }])
            }
            (Command::Define { charter, .. }, State::Defined(defined)) if defined.charter == charter => {
                Ok(vec![])
            }
            (Command::Define { body, .. }, State::Defined(_)) => {
                Err(Rejection::DuplicateBody { body_code: body })
            }
            (Command::Change { .. } | Command::AcceptSeat { .. }, State::Undefined) => {
                Err(Rejection::NotFound { what: "body" })
            }
            (Command::Change { charter, reason, answered_for }, State::Defined(defined)) => {
                must_be_a_clerk_of(&defined.charter.secretariat, issued)?;
                charter.check()?;
                let (pending, pending_offices) = pending(&charter, Some(defined), &answered_for, issued);
                let unchanged = defined.pending == pending && defined.pending_offices == pending_offices;
                if defined.charter == charter && unchanged {
                    return Ok(vec![]);
                }
                let version = defined.next_number();
                Ok(vec![Event::Changed { version, charter, reason, pending, pending_offices }])
            }
            (Command::AcceptSeat { department }, State::Defined(defined)) => {
                defined.accept_seat(department, issued)
            }
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Undefined, Event::Defined { body, charter, pending, pending_offices }) => {
                let (body, charter, pending) = (body.clone(), charter.clone(), pending.clone());
                let pending_offices = pending_offices.clone();
                State::Defined(Box::new(Version { body, number: 1, charter, pending, pending_offices }))
            }
            (State::Defined(defined), Event::Changed { version, charter, pending, pending_offices, .. }) => {
                let (body, charter, pending) = (defined.body, charter.clone(), pending.clone());
                let (number, pending_offices) = (*version, pending_offices.clone());
                State::Defined(Box::new(Version { body, number, charter, pending, pending_offices }))
            }
            (State::Defined(mut defined), Event::SeatAccepted { version, department }) => {
                defined.number = *version;
                defined.pending.retain(|code| code != department);
                defined.pending_offices.retain(|office| office.department != *department);
                State::Defined(defined)
            }
            (state, _) => state,
        }
    }
}

impl Version {
    fn next_number(&self) -> u32 {
        self.number.saturating_add(1)
    }

    /// A department's own clerks and its lead accept for it, and nobody else.
    fn accept_seat(&self, department: Code, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let may_accept = issued.by.is(Role::Clerk) || issued.by.is(Role::DepartmentLead);
        if !may_accept || !issued.by.speaks_for(&department) {
            return Err(not_yours(std::slice::from_ref(&department), issued));
        }
        if !self.names(&department) {
            return Err(Rejection::NoSuchSeat { body_code: self.body.clone(), department_code: department });
        }
        if !self.waits_for(&department) {
            return Ok(vec![]);
        }
        Ok(vec![Event::SeatAccepted { version: self.next_number(), department }])
    }
}

/// The departments whose seats do not count yet, and what else does not: whoever makes the version answers for none of them,
/// and they have not accepted before. Operators seat anybody.
fn pending(
    charter: &Charter,
    before: Option<&Version>,
    answered_for: &BTreeSet<Code>,
    issued: &Issued,
) -> (Vec<Code>, Vec<Office>) {
    if issued.by.is(Role::Operator) || issued.by.is_process() {
        return (vec![], vec![]);
    }
    let holds = |department: &Code| {
        answered_for.contains(department) || before.is_some_and(|version| version.has_accepted(department))
    };
    let departments = charter.seats.iter().map(|seat| &seat.department);
    let seats = departments.filter(|department| !holds(department)).cloned().collect();
    let is_accepted = |office: &Office| {
        answered_for.contains(&office.department)
            || before.is_some_and(|version| version.holds(&office.department, office.function))
    };
    (seats, charter.offices().into_iter().filter(|office| !is_accepted(office)).collect())
}

/// The body as a command makes it; none when the command is refused.
pub fn made_by(state: &State, command: &Command, issued: &Issued) -> Option<Version> {
    let events = Body::decide(state, command.clone(), issued).ok()?;
    Body::fold(state.clone(), &events).version().cloned()
}

/// Refuses everybody but clerks of these departments.
fn must_be_a_clerk_of(secretariat: &[Code], issued: &Issued) -> Result<(), Rejection> {
    let belongs = secretariat.iter().any(|department| issued.by.speaks_for(department));
    if belongs && issued.by.is(Role::Clerk) {
        return Ok(());
    }
    Err(not_yours(secretariat, issued))
}

fn not_yours(needed: &[Code], issued: &Issued) -> Rejection {
    let codes: Vec<&str> = needed.iter().map(Code::as_str).collect();
    Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes: codes.join(", ") }
}

#[cfg(test)]
mod tests;
