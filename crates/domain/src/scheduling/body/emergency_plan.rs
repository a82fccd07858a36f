//! A prepared plan for an emergency (应急预案): who is called, and how long they and the decision may take.

use super::Rejection;
use super::charter::{Charter, SEATS_MAX, SUBSTITUTES_MAX, Seat, Standing, check_codes, check_count};
use crate::constitution::Constitution;
use crate::decision_rule::{MatterClass, QuorumBase};
use crate::{Code, Date, Line};
use std::collections::BTreeSet;

/// Plans of a body, at most.
pub const PLANS_MAX: usize = 5;
/// Departments that all plans of a body name, to call them or in their place, at most: a body's record has them.
pub const CALLED_BY_ALL_PLANS_MAX: usize = 100;
/// Minutes to acknowledge a call, at most: one day.
pub const ACKNOWLEDGE_MINUTES_MAX: u32 = 24 * 60;
/// Minutes until the decision is due, at most: one week.
pub const DECIDE_MINUTES_MAX: u32 = 7 * 24 * 60;

/// A prepared plan for an emergency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyPlan {
    /// Its code, one of a kind in the body.
    pub code: Code,
    /// What it is called.
    pub name: Line,
    /// The departments that are called. Each has a seat; the substitutes of one that decides take its place, in turn.
    pub departments: Vec<Code>,
    /// Of some of those that decide, who takes their place in this plan, instead of the substitutes of their seats.
    pub substitutes: Vec<PlanSubstitutes>,
    /// Minutes that each has to acknowledge the call.
    pub acknowledge_minutes: u32,
    /// Minutes from the alarm until the decision is due.
    pub decide_minutes: u32,
}

/// Who takes the place of a department in an emergency, by its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSubstitutes {
    /// The department.
    pub department: Code,
    /// Who is called in its place, in turn; nobody when there are none.
    pub substitutes: Vec<Code>,
}

impl EmergencyPlan {
    /// Who takes the place of a department, if the plan says so itself.
    pub fn substitutes_of(&self, department: &Code) -> Option<&[Code]> {
        let own = self.substitutes.iter().find(|own| own.department == *department);
        own.map(|own| own.substitutes.as_slice())
    }

    /// The constitution of its session: who takes the place of a seat votes for it.
    pub fn constitution(&self, mut constitution: Constitution) -> Constitution {
        for voter in &mut constitution.voters {
            if let Some(own) = self.substitutes_of(&voter.department) {
                voter.substitutes = own.to_vec();
            }
        }
        constitution
    }
}

/// A department to call, and those that are called in its place, in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// The department.
    pub department: Code,
    /// Who is called next when it does not acknowledge.
    pub substitutes: Vec<Code>,
}

impl Charter {
    /// The plan with this code.
    pub fn emergency_plan(&self, code: &Code) -> Option<&EmergencyPlan> {
        self.emergency_plans.iter().find(|plan| plan.code == *code)
    }

    /// Whom a plan calls on a day. Only a seat that decides has its place taken by others.
    pub fn calls(&self, plan: &EmergencyPlan, day: Date) -> Vec<PlannedCall> {
        let seats = plan.departments.iter().filter_map(|department| self.seat(department, day));
        let call = |seat: &Seat| PlannedCall {
            department: seat.department.clone(),
            substitutes: match seat.standing {
                Standing::Decides => {
                    plan.substitutes_of(&seat.department).unwrap_or(&seat.substitutes).to_vec()
                }
                Standing::Advises | Standing::Observes => vec![],
            },
        };
        seats.map(call).collect()
    }

    /// Refuses plans by which nobody could be called in time, or nothing decided.
    pub(super) fn check_emergency_plans(&self) -> Result<(), Rejection> {
        check_count("emergency_plans", self.emergency_plans.len(), PLANS_MAX)?;
        let own =
            |plan: &EmergencyPlan| plan.substitutes.iter().map(|own| own.substitutes.len()).sum::<usize>();
        let called = self.emergency_plans.iter().map(|plan| plan.departments.len() + own(plan)).sum();
        check_count("emergency_plans.department_codes", called, CALLED_BY_ALL_PLANS_MAX)?;
        let mut codes = BTreeSet::new();
        for plan in &self.emergency_plans {
            if !codes.insert(plan.code.reading()) {
                return Err(Rejection::DuplicatePlan { plan_code: plan.code.clone() });
            }
            self.check_emergency_plan(plan)?;
        }
        Ok(())
    }

    fn check_emergency_plan(&self, plan: &EmergencyPlan) -> Result<(), Rejection> {
        let plan_code = || plan.code.clone();
        let fields = [
            ("acknowledge_minutes", plan.acknowledge_minutes, ACKNOWLEDGE_MINUTES_MAX),
            ("decide_minutes", plan.decide_minutes, DECIDE_MINUTES_MAX),
        ];
        if let Some((field, given, max)) =
            fields.into_iter().find(|(_, given, max)| !(1..=*max).contains(given))
        {
            return Err(Rejection::PlanMinutesOutOfRange { plan_code: plan_code(), field, given, max });
        }
        check_codes("emergency_plans.department_codes", &plan.departments, SEATS_MAX)?;
        let has_seat = |code: &&Code| self.seats.iter().any(|seat| seat.department == **code);
        if let Some(guest) = plan.departments.iter().find(|code| !has_seat(code)) {
            return Err(Rejection::NoSeatToCall { plan_code: plan_code(), department_code: guest.clone() });
        }
        self.check_substitutes(plan)?;
        let deciding = plan.departments.iter().filter(|code| self.may_vote(code)).count();
        let needed = self.quorum_of_emergencies();
        if deciding < needed {
            return Err(Rejection::PlanWithoutQuorum { plan_code: plan_code(), deciding, needed });
        }
        Ok(())
    }

    /// Refuses substitutes of a department that the plan does not call to decide.
    fn check_substitutes(&self, plan: &EmergencyPlan) -> Result<(), Rejection> {
        let named: Vec<Code> = plan.substitutes.iter().map(|own| own.department.clone()).collect();
        check_codes("emergency_plans.substitutes", &named, SEATS_MAX)?;
        let takes_no_place = |code: &&Code| !plan.departments.contains(code) || !self.may_vote(code);
        if let Some(department_code) = named.iter().find(takes_no_place).cloned() {
            return Err(Rejection::NoPlaceToTake { plan_code: plan.code.clone(), department_code });
        }
        let lists = plan.substitutes.iter().map(|own| &own.substitutes);
        lists.into_iter().try_for_each(|list| {
            check_codes("emergency_plans.substitutes.substitute_codes", list, SUBSTITUTES_MAX)
        })
    }

    /// How many seats must be there to decide on an emergency, when all of them are held.
    fn quorum_of_emergencies(&self) -> usize {
        let quorum = self.decision_rule(MatterClass::Emergency).quorum;
        let deciding = self.seats.iter().filter(|seat| seat.standing == Standing::Decides).count();
        let needed = match quorum.base {
            QuorumBase::AllSeats => quorum.of(u32::try_from(deciding).unwrap_or(u32::MAX)),
            QuorumBase::Present => 1,
        };
        usize::try_from(needed).unwrap_or(usize::MAX).max(1)
    }
}
