//! Targets by phase (分阶段目标): what a department is to have kept or done by when, each measured against its own.
//!
//! A target is set by somebody outside its department. What was first set stays on record beside what it was changed to,
//! and once its last day is over nothing about it changes any more: a missed target stays missed.

use crate::{Aggregate, Audience, Code, Date, Issued, Line, Text, rejections};

/// The greatest number of items that a target can ask for.
pub const TARGET_ITEMS_MAX: u32 = 1_000_000;
/// All, in percent.
pub const TARGET_PERCENT_MAX: u32 = 100;
/// Days from the first to the last day of a target, at most: twenty years.
pub const TARGET_DAYS_MAX: u32 = 7_306;
/// How often a target may be changed.
pub const TARGET_CHANGES_MAX: u32 = 20;

/// Which phase of the work a target is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// 当前
    Now,
    /// 明年
    NextYear,
    /// 长期
    LongTerm,
}

/// What a target counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// How many items are accepted.
    ItemsDone,
    /// How many of 100 items are accepted.
    ShareDone,
    /// How many of 100 items whose first promise is over were claimed by then, and accepted. A promise is over at its last
    /// moment; while the clock has stood still since before, it is still to move, and counts neither way.
    ShareKept,
}

impl Measure {
    /// The greatest goal.
    pub fn max(self) -> u32 {
        match self {
            Measure::ItemsDone => TARGET_ITEMS_MAX,
            Measure::ShareDone | Measure::ShareKept => TARGET_PERCENT_MAX,
        }
    }

    /// What items come to by it; none where there is nothing to measure.
    pub fn value(self, progress: Progress) -> Option<u32> {
        let share = |part: u32, of: u32| {
            let percent = u64::from(part) * u64::from(TARGET_PERCENT_MAX) / u64::from(of.max(1));
            (of > 0).then(|| u32::try_from(percent).unwrap_or(TARGET_PERCENT_MAX))
        };
        match self {
            Measure::ItemsDone => (progress.scope > 0).then_some(progress.done),
            Measure::ShareDone => share(progress.done, progress.scope),
            Measure::ShareKept => share(progress.kept, progress.promised),
        }
    }
}

/// How far the items in the scope of a target have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many there are, without those that were rescinded.
    pub scope: u32,
    /// How many of them are accepted.
    pub done: u32,
    /// Of how many the first promise is over.
    pub promised: u32,
    /// How many of those were claimed by then, and accepted.
    pub kept: u32,
}

/// What is to be reached, and by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    /// The number of items, or the percentage.
    pub goal: u32,
    /// The last day.
    pub ends_on: Date,
}

/// What a target says. Its scope is the items that the department leads and first promised for one of its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The department that is measured.
    pub department: Code,
    /// The phase.
    pub phase: Phase,
    /// Its title.
    pub title: Line,
    /// What is counted.
    pub measure: Measure,
    /// What is to be reached.
    pub goal: u32,
    /// Its first day.
    pub starts_on: Date,
    /// Its last day.
    pub ends_on: Date,
    /// Only items that this body decided; none for all.
    pub body: Option<Code>,
}

/// The commands. Today is a date of the realm.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events, where each is described")]
pub enum Command {
    /// Sets a target.
    Set { terms: Terms, reason: Text, today: Date },
    /// Changes what is to be reached, or by when.
    Change { goal: u32, ends_on: Date, reason: Text, today: Date },
    /// Takes it back.
    Withdraw { reason: Text, today: Date },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A target is set.
    Set {
        /// What it says.
        terms: Terms,
        /// Why.
        reason: Text,
    },
    /// Something else is to be reached, or by another day.
    Changed {
        /// What is to be reached now.
        goal: u32,
        /// Its last day now.
        ends_on: Date,
        /// Why.
        reason: Text,
    },
    /// It is taken back.
    Withdrawn {
        /// Why.
        reason: Text,
    },
}

rejections! {
    /// Why a target is not set or changed.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "{what} does not exist; check the id",
        OwnTarget("OWN_TARGET") { department_code: Code } =
            "{department_code} is measured by this target; somebody of another department sets and changes it",
        GoalOutOfRange("GOAL_OUT_OF_RANGE") { goal: u32, max: u32 } =
            "the goal is {goal}; from 1 to {max} is accepted",
        TargetOver("TARGET_OVER") { ends_on: Date, today: Date } =
            "its last day is {ends_on} and today is {today}; what is over stays as it was",
        PeriodOutOfRange("PERIOD_OUT_OF_RANGE") { starts_on: Date, ends_on: Date, max: u32 } =
            "a target from {starts_on} to {ends_on} is not possible; the last day comes after the first, within {max} days",
        TargetWithdrawn("TARGET_WITHDRAWN") { title: Line } = "the target \"{title}\" was withdrawn; set another one",
        TargetChangesExhausted("TARGET_CHANGES_EXHAUSTED") { changes: u32, max: u32 } =
            "it was changed {changes} times; at most {max} are accepted",
    }
}

/// A target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing is set.
    #[default]
    Absent,
    /// It was set.
    Set(Target),
}

/// A target that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it says now.
    pub terms: Terms,
    /// What was to be reached first.
    pub first: Goal,
    /// How often it was changed.
    pub changes: u32,
    /// Why it was taken back, if it was.
    pub withdrawn: Option<Text>,
}

impl State {
    /// The target, if it was set.
    pub fn target(&self) -> Option<&Target> {
        match self {
            State::Absent => None,
            State::Set(target) => Some(target),
        }
    }
}

/// The target aggregate.
#[derive(Debug)]
pub struct PhasedTarget;

impl Aggregate for PhasedTarget {
    const CATEGORY: &'static str = "resolution.target";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (State::Absent, Command::Set { terms, reason, today }) => {
                must_be_of_others(&terms.department, issued)?;
                must_be_possible(&terms, terms.goal, terms.ends_on, today)?;
                Ok(vec![Event::Set { terms, reason }])
            }
            // Its id follows from the command, so this is a repeat.
            (State::Set(_), Command::Set { .. }) => Ok(vec![]),
            (State::Absent, _) => Err(Rejection::NotFound { what: "the target".to_owned() }),
            (State::Set(target), Command::Change { goal, ends_on, reason, today }) => {
                change(target, Goal { goal, ends_on }, reason, today, issued)
            }
            (State::Set(target), Command::Withdraw { reason, today }) => {
                must_be_of_others(&target.terms.department, issued)?;
                if target.withdrawn.is_some() {
                    return Ok(vec![]);
                }
                must_not_be_over(target.terms.ends_on, today)?;
                Ok(vec![Event::Withdrawn { reason }])
            }
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        match state {
            State::Absent => Audience::of([]),
            State::Set(Target { terms, .. }) => Audience::of([&terms.department]).before(terms.body.clone()),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Set { terms, .. }) => State::Set(Target {
                first: Goal { goal: terms.goal, ends_on: terms.ends_on },
                terms: terms.clone(),
                changes: 0,
                withdrawn: None,
            }),
            (State::Set(mut target), Event::Changed { goal, ends_on, .. }) => {
                (target.terms.goal, target.terms.ends_on) = (*goal, *ends_on);
                target.changes += 1;
                State::Set(target)
            }
            (State::Set(target), Event::Withdrawn { reason }) => {
                State::Set(Target { withdrawn: Some(reason.clone()), ..target })
            }
            (State::Absent, _) => State::Absent,
        }
    }
}

fn change(
    target: &Target,
    to: Goal,
    reason: Text,
    today: Date,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let terms = &target.terms;
    must_be_of_others(&terms.department, issued)?;
    if target.withdrawn.is_some() {
        return Err(Rejection::TargetWithdrawn { title: terms.title.clone() });
    }
    must_not_be_over(terms.ends_on, today)?;
    must_be_possible(terms, to.goal, to.ends_on, today)?;
    if (to.goal, to.ends_on) == (terms.goal, terms.ends_on) {
        return Ok(vec![]);
    }
    if target.changes >= TARGET_CHANGES_MAX {
        return Err(Rejection::TargetChangesExhausted { changes: target.changes, max: TARGET_CHANGES_MAX });
    }
    Ok(vec![Event::Changed { goal: to.goal, ends_on: to.ends_on, reason }])
}

/// Nobody sets what their own department is measured by.
fn must_be_of_others(department: &Code, issued: &Issued) -> Result<(), Rejection> {
    match issued.by.department.as_ref() == Some(department) {
        true => Err(Rejection::OwnTarget { department_code: department.clone() }),
        false => Ok(()),
    }
}

fn must_not_be_over(ends_on: Date, today: Date) -> Result<(), Rejection> {
    if ends_on < today { Err(Rejection::TargetOver { ends_on, today }) } else { Ok(()) }
}

fn must_be_possible(terms: &Terms, goal: u32, ends_on: Date, today: Date) -> Result<(), Rejection> {
    let max = terms.measure.max();
    if !(1..=max).contains(&goal) {
        return Err(Rejection::GoalOutOfRange { goal, max });
    }
    let last = terms.starts_on.checked_add(jiff::Span::new().days(i64::from(TARGET_DAYS_MAX)));
    if ends_on < terms.starts_on || last.is_ok_and(|last| ends_on > last) {
        let starts_on = terms.starts_on;
        return Err(Rejection::PeriodOutOfRange { starts_on, ends_on, max: TARGET_DAYS_MAX });
    }
    must_not_be_over(ends_on, today)
}

#[cfg(test)]
mod tests;
