//! A prepared plan for an emergency (应急预案): who is called, and how long they and the decision may take.

use super::Rejection;
use super::charter::{Charter, SEATS_MAX, Seat, Standing, check_codes, check_count};
use crate::decision_rule::{MatterClass, QuorumBase};
use crate::{Code, Date, Line};
use std::collections::BTreeSet;

/// Plans of a body, at most.
pub const PLANS_MAX: usize = 5;
/// Departments that all plans of a body call, at most: a body's record has them.
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
    /// Minutes that each has to acknowledge the call.
    pub acknowledge_minutes: u32,
    /// Minutes from the alarm until the decision is due.
    pub decide_minutes: u32,
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
                Standing::Decides => seat.substitutes.clone(),
                Standing::Advises | Standing::Observes => vec![],
            },
        };
        seats.map(call).collect()
    }

    /// Refuses plans by which nobody could be called in time, or nothing decided.
    pub(super) fn check_emergency_plans(&self) -> Result<(), Rejection> {
        check_count("emergency_plans", self.emergency_plans.len(), PLANS_MAX)?;
        let called = self.emergency_plans.iter().map(|plan| plan.departments.len()).sum();
        check_count("emergency_plans.department_codes", called, CALLED_BY_ALL_PLANS_MAX)?;
        let mut codes = BTreeSet::new();
        for plan in &self.emergency_plans {
            if !codes.insert(&plan.code) {
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
        let deciding = plan.departments.iter().filter(|code| self.may_vote(code)).count();
        let needed = self.quorum_of_emergencies();
        if deciding < needed {
            return Err(Rejection::PlanWithoutQuorum { plan_code: plan_code(), deciding, needed });
        }
        Ok(())
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
