//! What a plan makes of an alarm: the session that it convenes, and whom it calls.

use super::{Alarm, Command, PlannedCall};
use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::decision_rule::MatterClass;
use crate::scheduling::body::{EmergencyPlan, Standing, Version};
use crate::scheduling::session::{self, Attendee, Declaration, Kind, Outline, RoleOnTopic, Topic, TopicRole};
use crate::{Date, Line, Text, Timestamp};

/// What somebody who raises an alarm says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Title of the session.
    pub title: Line,
    /// What is to be decided.
    pub purpose: Text,
    /// Why it is an emergency, and by which authority.
    pub declaration: Declaration,
    /// Titles of the topics; none: the title of the session is the only one.
    pub topics: Vec<Line>,
}

/// The session that an alarm requests and convenes at once, by a plan of a body.
pub fn session_command(
    declared: &Declared,
    version: &Version,
    plan: &EmergencyPlan,
    constitution: Constitution,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> session::Command {
    let outline = outline(declared, version, plan, calendar, now);
    let chair = version.in_effect().chair;
    let (rules, constitution) = (version.charter.meeting_rules, plan.constitution(constitution));
    session::Command::Alarm { outline, chair, rules, constitution }
}

/// The emergency that belongs to it.
pub fn emergency_command(
    declared: &Declared,
    version: &Version,
    plan: &EmergencyPlan,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Command {
    let charter = version.in_effect();
    Command::Raise {
        alarm: Alarm {
            body: version.body.clone(),
            plan: Some(plan.code.clone()),
            title: declared.title.clone(),
            chair: charter.chair.clone(),
            secretariat: charter.secretariat.clone(),
            calls: calls(version, plan, calendar.date_of(now)),
            acknowledge_minutes: plan.acknowledge_minutes,
            decide_by: super::clocks::minutes_after(now, plan.decide_minutes),
        },
    }
}

/// Whom a plan calls. Nobody stands in for a department that has not accepted its seat, as it does not vote, and nobody who
/// has not accepted to stand in.
fn calls(version: &Version, plan: &EmergencyPlan, day: Date) -> Vec<PlannedCall> {
    let mut calls = version.in_effect().calls(plan, day);
    for call in &mut calls {
        if !version.may_vote(&call.department) {
            call.substitutes.clear();
        }
    }
    calls
}

/// The emergency of a session that is requested by hand and has to be decided by a moment: it calls nobody, and has a clock
/// all the same.
pub fn of_request(command: &session::Command, version: &Version) -> Option<Command> {
    let session::Command::Request { outline, chair } = command else { return None };
    let decide_by = outline.decide_by.filter(|_| outline.kind == Kind::Emergency)?;
    Some(Command::Raise {
        alarm: Alarm {
            body: outline.body.clone(),
            plan: None,
            title: outline.title.clone(),
            chair: chair.clone(),
            secretariat: version.charter.secretariat.clone(),
            calls: vec![],
            acknowledge_minutes: 0,
            decide_by,
        },
    })
}

fn outline(
    declared: &Declared,
    version: &Version,
    plan: &EmergencyPlan,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Outline {
    let charter = &version.charter;
    let titles = match declared.topics.as_slice() {
        [] => std::slice::from_ref(&declared.title),
        titles => titles,
    };
    let count = u32::try_from(titles.len()).unwrap_or(u32::MAX);
    let duration_minutes = plan.decide_minutes.min(charter.meeting_rules.duration_minutes_max).max(count);
    let topic = |(number, title): (u32, &Line)| Topic {
        number,
        title: title.clone(),
        timebox_minutes: duration_minutes / count,
        papers_required: false,
        label: Default::default(),
        matter: None,
        section: None,
        parent: None,
    };
    let day = calendar.date_of(now);
    let called = plan.departments.iter().filter_map(|department| charter.seat(department, day));
    let attendee = |seat: &crate::scheduling::body::Seat| {
        let role = match seat.standing {
            Standing::Decides if version.may_vote(&seat.department) => RoleOnTopic::Decides,
            // Until a department has accepted its seat it is heard.
            Standing::Decides | Standing::Advises => RoleOnTopic::Advises,
            Standing::Observes => RoleOnTopic::Informed,
        };
        let roles = (1..=count).map(|topic| TopicRole { topic, role }).collect();
        Attendee { department: seat.department.clone(), roles, companions: 0 }
    };
    Outline {
        title: declared.title.clone(),
        purpose: declared.purpose.clone(),
        body: version.body.clone(),
        kind: Kind::Emergency,
        class: MatterClass::Emergency,
        emergency: Some(declared.declaration.clone()),
        topics: (1..).zip(titles).map(topic).collect(),
        attendees: called.map(attendee).collect(),
        duration_minutes,
        earliest_start_at: now,
        case_reference: None,
        decide_by: Some(super::clocks::minutes_after(now, plan.decide_minutes)),
        carries_out: None,
        equipment: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::aggregate::Aggregate as _;
    use crate::scheduling::body::{Body, Event, PlanSubstitutes, State};
    use crate::testing::{at, charter, code, line, text};

    #[test]
    fn whom_a_plan_names_itself_is_called_and_votes_in_the_place_of_the_seat() {
        let mut charter = charter(&["WATER", "ROADS"]);
        charter.seats[1].substitutes = vec![code("DRAINAGE")];
        let plan = EmergencyPlan {
            code: code("FLOOD-1"),
            name: line("The river rises"),
            departments: vec![code("WATER"), code("ROADS")],
            substitutes: vec![PlanSubstitutes {
                department: code("ROADS"),
                substitutes: vec![code("METRO"), code("PARKS")],
            }],
            acknowledge_minutes: 10,
            decide_minutes: 120,
        };
        let day = "2027-07-20".parse().unwrap();
        let calls = charter.calls(&plan, day);
        assert_eq!(calls[1].substitutes, [code("METRO"), code("PARKS")], "and not DRAINAGE");
        assert_eq!(calls[0].substitutes, []);
        let before = crate::testing::constitution(&["WATER", "ROADS"]);
        let of_plan = plan.constitution(before.clone());
        assert_eq!(of_plan.voters[1].substitutes, [code("METRO"), code("PARKS")]);
        assert_eq!(of_plan.voters[0], before.voters[0]);
    }

    #[test]
    fn a_department_that_has_not_accepted_its_seat_is_called_and_heard() {
        let mut charter = charter(&["WATER", "ROADS"]);
        charter.seats[1].substitutes = vec![code("DRAINAGE")];
        charter.emergency_plans = vec![EmergencyPlan {
            code: code("FLOOD-1"),
            name: line("The river rises"),
            departments: vec![code("WATER"), code("ROADS")],
            substitutes: vec![],
            acknowledge_minutes: 10,
            decide_minutes: 120,
        }];
        let raised = |pending: Vec<Code>| {
            let defined = Event::Defined {
                body: code("FLOOD"),
                charter: charter.clone(),
                pending,
                pending_offices: vec![],
            };
            let state = Body::evolve(State::default(), &defined);
            let version = state.version().unwrap().clone();
            let declaration = Declaration { reason: line("It floods"), authority: line("Plan 3") };
            let declared = Declared {
                title: line("Willow Lane"),
                purpose: text("Close it"),
                declaration,
                topics: vec![],
            };
            let (calendar, now) =
                (WorkingCalendar::weekends_only("Asia/Shanghai").unwrap(), at("2027-07-20T08:00:00Z"));
            let plan = &version.charter.emergency_plans[0];
            let Command::Raise { alarm } = emergency_command(&declared, &version, plan, &calendar, now)
            else {
                panic!("an alarm is raised");
            };
            let outline = outline(&declared, &version, plan, &calendar, now);
            let of_roads = &outline.attendees[1].roles[0];
            (of_roads.role, alarm.calls[1].department.clone(), alarm.calls[1].substitutes.len())
        };
        assert_eq!(raised(vec![]), (RoleOnTopic::Decides, code("ROADS"), 1));
        assert_eq!(raised(vec![code("ROADS")]), (RoleOnTopic::Advises, code("ROADS"), 0));
    }
}
