//! What a body is: who has a seat, who leads it, who acts for it, and by which rules it meets and decides.

use super::{EmergencyPlan, MeetingRules, Rejection};
use crate::decision_rule::{DecisionRule, MatterClass, SPEAKING_MINUTES_MAX, SecondCall};
use crate::{Code, Date, Line};
use std::collections::BTreeSet;

/// Seats of a body, at most.
pub const SEATS_MAX: usize = 64;
/// Substitutes of one seat, at most.
pub const SUBSTITUTES_MAX: usize = 3;
/// Substitutes of all seats of a body, at most: a docket has them in its first record.
pub const SUBSTITUTES_OF_ALL_MAX: usize = 64;
/// Departments that deputize for the chair, at most.
pub const DEPUTIES_MAX: usize = 5;
/// Departments that may declare an emergency, at most.
pub const CONVENORS_MAX: usize = 10;
/// Departments whose clerks act for the body, at most.
pub const SECRETARIAT_MAX: usize = 5;
/// Weight of one vote, at most.
pub const WEIGHT_MAX: u32 = 1000;
/// Ballots on one version of a proposal, at most.
pub const BALLOTS_PER_VERSION_MAX: u32 = 5;
/// Seats that one department may vote for by mandate, at most.
pub const MANDATES_MAX: u32 = 10;

/// What a seat may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// 表决: has a vote.
    Decides,
    /// 提供意见: is heard.
    Advises,
    /// 列席: is there.
    Observes,
}

/// The seat of a department (席位).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The department.
    pub department: Code,
    /// What it may do.
    pub standing: Standing,
    /// How much its vote weighs; at least 1.
    pub weight: u32,
    /// The classes of matters on which its no is enough.
    pub vetoes: Vec<MatterClass>,
    /// The first day on which it has the seat; none when it always had.
    pub since_on: Option<Date>,
    /// The last day; none when there is no end to it.
    pub until_on: Option<Date>,
    /// The departments that take its place, in turn.
    pub substitutes: Vec<Code>,
}

impl Seat {
    /// Whether the department has the seat on this day.
    pub fn is_held_on(&self, day: Date) -> bool {
        self.since_on.is_none_or(|since| since <= day) && self.until_on.is_none_or(|until| day <= until)
    }

    fn check(&self) -> Result<(), Rejection> {
        let department_code = || self.department.clone();
        if !(1..=WEIGHT_MAX).contains(&self.weight) {
            let (weight, max) = (self.weight, WEIGHT_MAX);
            return Err(Rejection::WeightOutOfRange { department_code: department_code(), weight, max });
        }
        if self.standing != Standing::Decides && !self.vetoes.is_empty() {
            return Err(Rejection::VetoWithoutVote { department_code: department_code() });
        }
        let mut classes = BTreeSet::new();
        if let Some(twice) = self.vetoes.iter().find(|class| !classes.insert(**class)) {
            return Err(Rejection::DuplicateClass { field: "vetoes", matter_class: *twice });
        }
        if let (Some(since_on), Some(until_on)) = (self.since_on, self.until_on)
            && until_on < since_on
        {
            return Err(Rejection::SeatEndsTooEarly {
                department_code: department_code(),
                since_on,
                until_on,
            });
        }
        check_codes("substitute_codes", &self.substitutes, SUBSTITUTES_MAX)
    }
}

/// What a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// Its full name.
    pub name: Line,
    /// Its seats; a department has one at most.
    pub seats: Vec<Seat>,
    /// The department in the chair.
    pub chair: Code,
    /// The departments that take the chair in its absence, in turn.
    pub deputies: Vec<Code>,
    /// The departments that may declare an emergency.
    pub convenors: Vec<Code>,
    /// The departments whose clerks act for the body.
    pub secretariat: Vec<Code>,
    /// The limits that requests for its sessions are screened against.
    pub meeting_rules: MeetingRules,
    /// How it decides, by class of matter.
    pub decision_rules: Vec<DecisionRule>,
    /// Its prepared plans for emergencies.
    pub emergency_plans: Vec<EmergencyPlan>,
}

impl Charter {
    /// How it decides matters of a class: by the class's own rule, or else as ordinary matters, or else by the default.
    pub fn decision_rule(&self, class: MatterClass) -> DecisionRule {
        let rule_of = |class| self.decision_rules.iter().find(|rule| rule.class == class);
        let rule = match rule_of(class).or_else(|| rule_of(MatterClass::Ordinary)) {
            Some(rule) => DecisionRule { class, ..*rule },
            None => DecisionRule::default_for(class),
        };
        let of_all = self.meeting_rules.second_call_quorum;
        let after_minutes = SecondCall::AFTER_MINUTES_DEFAULT;
        let of_all = of_all.map(|quorum| SecondCall { quorum, after_minutes });
        DecisionRule { second_call: rule.second_call.or(of_all), ..rule }
    }

    /// Whether the department takes the chair, or may take it.
    pub fn may_chair(&self, department: &Code) -> bool {
        self.chair == *department || self.deputies.contains(department)
    }

    /// Whether the department has a seat that decides, on whatever days.
    pub fn may_vote(&self, department: &Code) -> bool {
        let is_its = |seat: &&Seat| seat.department == *department;
        self.seats.iter().find(is_its).is_some_and(|seat| seat.standing == Standing::Decides)
    }

    /// Whether the department has a seat, on whatever days.
    pub fn has_seat(&self, department: &Code) -> bool {
        self.seats.iter().any(|seat| seat.department == *department)
    }

    /// The seat of a department on a day.
    pub fn seat(&self, department: &Code, day: Date) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.department == *department && seat.is_held_on(day))
    }

    /// The seats that decide on a day.
    pub fn deciding(&self, day: Date) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.standing == Standing::Decides && seat.is_held_on(day))
    }

    /// Refuses a body that could not meet, or not decide.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        check_count("seats", self.seats.len(), SEATS_MAX)?;
        let mut departments = BTreeSet::new();
        for seat in &self.seats {
            if !departments.insert(&seat.department) {
                return Err(Rejection::DuplicateSeat { department_code: seat.department.clone() });
            }
            seat.check()?;
        }
        let substitutes = self.seats.iter().map(|seat| seat.substitutes.len()).sum();
        check_count("substitute_codes", substitutes, SUBSTITUTES_OF_ALL_MAX)?;
        if !self.seats.iter().any(|seat| seat.standing == Standing::Decides) {
            return Err(Rejection::NoDecidingSeat);
        }
        check_codes("deputy_codes", &self.deputies, DEPUTIES_MAX)?;
        check_codes("convenor_codes", &self.convenors, CONVENORS_MAX)?;
        check_codes("secretariat_codes", &self.secretariat, SECRETARIAT_MAX)?;
        if let Some(field) = self.meeting_rules.impossible() {
            return Err(Rejection::LimitOutOfRange { field });
        }
        let (given, max) = (self.meeting_rules.answer_working_days(), MeetingRules::ANSWER_WORKING_DAYS_MAX);
        if given > max {
            return Err(Rejection::AnswerDaysOutOfRange { given, max });
        }
        let of_classes = self.decision_rules.iter().filter_map(|rule| Some(rule.second_call?.quorum));
        let mut of_second_calls = of_classes.chain(self.meeting_rules.second_call_quorum);
        if let Some(quorum) = of_second_calls.find(|quorum| !quorum.is_possible()) {
            let (numerator, denominator) = (quorum.numerator, quorum.denominator);
            return Err(Rejection::SecondCallQuorumOutOfRange { numerator, denominator });
        }
        self.check_decision_rules()?;
        self.check_emergency_plans()
    }

    fn check_decision_rules(&self) -> Result<(), Rejection> {
        let mut classes = BTreeSet::new();
        for rule in &self.decision_rules {
            let matter_class = rule.class;
            if !classes.insert(matter_class) {
                return Err(Rejection::DuplicateClass { field: "decision_rules", matter_class });
            }
            let quorum = rule.quorum;
            if !quorum.is_possible() {
                let (numerator, denominator) = (quorum.numerator, quorum.denominator);
                return Err(Rejection::QuorumShareOutOfRange { matter_class, numerator, denominator });
            }
            if let Some((numerator, denominator)) = rule.method.impossible_share() {
                return Err(Rejection::ShareOutOfRange { matter_class, numerator, denominator });
            }
            if !(1..=BALLOTS_PER_VERSION_MAX).contains(&rule.ballots_per_version) {
                let (ballots, max) = (rule.ballots_per_version, BALLOTS_PER_VERSION_MAX);
                return Err(Rejection::BallotsOutOfRange { matter_class, ballots, max });
            }
            check_voting(rule)?;
        }
        MatterClass::ALL.into_iter().try_for_each(|class| self.check_secrecy(class))
    }

    /// Refuses secret ballots whose result would show how somebody voted.
    fn check_secrecy(&self, class: MatterClass) -> Result<(), Rejection> {
        let rule = self.decision_rule(class);
        if !rule.voting.secret_ballots {
            return Ok(());
        }
        let deciding = || self.seats.iter().filter(|seat| seat.standing == Standing::Decides);
        let weights: BTreeSet<u32> = deciding().map(|seat| seat.weight).collect();
        let field = match rule.betrays_votes_by() {
            Some(field) => field,
            None if deciding().any(|seat| seat.vetoes.contains(&class)) => "vetoes",
            None if weights.len() > 1 => "weight",
            None => return Ok(()),
        };
        Err(Rejection::SecrecyImpossible { matter_class: class, field })
    }
}

/// Refuses finer points of voting that no body can keep to.
fn check_voting(rule: &DecisionRule) -> Result<(), Rejection> {
    let seats_max = u32::try_from(SEATS_MAX).unwrap_or(u32::MAX);
    let fields = [
        ("votes_min_after_recusal", rule.voting.votes_min_after_recusal, 1, seats_max),
        ("mandates_max", rule.voting.mandates_max, 0, MANDATES_MAX),
        ("speaking_minutes", rule.speaking_minutes, 0, SPEAKING_MINUTES_MAX),
    ];
    let wait = rule.second_call.map(|second| second.after_minutes);
    let wait = wait.map(|given| ("after_minutes", given, 1, SecondCall::AFTER_MINUTES_MAX));
    let days = rule.reminder_working_days;
    let days = days.map(|given| ("reminder_working_days", given, 0, DecisionRule::REMINDER_WORKING_DAYS_MAX));
    let fields = fields.into_iter().chain(wait).chain(days);
    match fields.into_iter().find(|(_, given, min, max)| !(min..=max).contains(&given)) {
        Some((field, given, min, max)) => {
            Err(Rejection::VotingRuleOutOfRange { matter_class: rule.class, field, given, min, max })
        }
        None => Ok(()),
    }
}

pub(super) fn check_count(field: &'static str, given: usize, max: usize) -> Result<(), Rejection> {
    if given > max { Err(Rejection::TooManyEntries { field, given, max }) } else { Ok(()) }
}

/// Refuses more departments than there may be, and one that is named twice.
pub(super) fn check_codes(field: &'static str, codes: &[Code], max: usize) -> Result<(), Rejection> {
    check_count(field, codes.len(), max)?;
    let mut seen = BTreeSet::new();
    match codes.iter().find(|code| !seen.insert(*code)) {
        Some(twice) => Err(Rejection::DuplicateEntry { field, department_code: twice.clone() }),
        None => Ok(()),
    }
}
