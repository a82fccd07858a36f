use super::*;
use crate::aggregate::Aggregate as _;
use crate::testing::{actor, at, code, given, line};
use crate::{Actor, Refusal};
use jiff::SignedDuration;
use proptest::prelude::*;

const RAISED: &str = "2027-07-20T08:00:00Z";

/// ROADS and POWER are called; DRAINAGE and METRO stand in for ROADS in turn, METRO for POWER.
fn alarm() -> Alarm {
    let call = |department: &str, substitutes: &[&str]| PlannedCall {
        department: code(department),
        substitutes: substitutes.iter().map(|substitute| code(substitute)).collect(),
    };
    Alarm {
        body: code("FLOOD"),
        plan: Some(code("FLOOD-1")),
        title: line("Willow Lane"),
        chair: code("WATER"),
        secretariat: vec![code("OFFICE")],
        calls: vec![call("ROADS", &["DRAINAGE", "METRO"]), call("POWER", &["METRO"])],
        acknowledge_minutes: 10,
        decide_by: at("2027-07-20T10:00:00Z"),
    }
}

fn history() -> Vec<Event> {
    given::<Emergency>(&[]).at(RAISED).by(lead("WATER")).when(Command::Raise { alarm: alarm() }).unwrap()
}

fn lead(department: &str) -> Actor {
    actor("lead", department, Role::DepartmentLead)
}

fn acknowledge(
    history: &[Event],
    moment: &str,
    by: Actor,
    department: &str,
) -> Result<Vec<Event>, Rejection> {
    given::<Emergency>(history).at(moment).by(by).when(Command::Acknowledge { department: code(department) })
}

/// The history once its deadlines were checked at a moment.
fn checked(mut history: Vec<Event>, moment: &str) -> Vec<Event> {
    history.extend(given::<Emergency>(&history).at(moment).when(Command::CheckDeadlines).unwrap());
    history
}

#[test]
fn whoever_does_not_acknowledge_in_time_is_passed_over_to_the_next_substitute() {
    let mut history = history();
    history.extend(acknowledge(&history, "2027-07-20T08:10:00Z", lead("POWER"), "POWER").unwrap());
    let called = |passed_over: &str, substitute: &str, called_at: &str, acknowledge_by: &str, number| {
        Event::SubstituteCalled {
            seat: code("ROADS"),
            passed_over: code(passed_over),
            substitute: code(substitute),
            called_at: at(called_at),
            acknowledge_by: at(acknowledge_by),
            number,
        }
    };
    let first = checked(history.clone(), "2027-07-20T08:11:00Z");
    // It has its whole time from when it is called.
    let expected = called("ROADS", "DRAINAGE", "2027-07-20T08:11:00Z", "2027-07-20T08:21:00Z", 5);
    assert_eq!(first[history.len()..], [expected]);
    assert_eq!(checked(first.clone(), "2027-07-20T08:20:59Z"), first, "nothing is due");
    let second = checked(first, "2027-07-20T08:21:00Z");
    let expected = called("DRAINAGE", "METRO", "2027-07-20T08:21:00Z", "2027-07-20T08:31:00Z", 6);
    assert_eq!(second.last(), Some(&expected));
    let third = checked(second, "2027-07-20T08:31:00Z");
    assert!(
        matches!(third.last(), Some(Event::Unreached { department, .. }) if *department == code("METRO"))
    );
}

#[test]
fn each_acknowledgement_has_its_answer() {
    let history = history();
    let refused = |history: &[Event], moment, by, department| {
        acknowledge(history, moment, by, department).unwrap_err().reason()
    };
    let in_time = "2027-07-20T08:05:00Z";
    let clerk = || actor("wen", "OFFICE", Role::Clerk);
    // A stranger, somebody who was not called, and the secretariat.
    assert_eq!(refused(&history, in_time, lead("PRESS"), "ROADS"), "NOT_YOUR_DEPARTMENT");
    assert_eq!(
        refused(&history, in_time, actor("wen", "OFFICE", Role::Delegate), "ROADS"),
        "NOT_YOUR_DEPARTMENT"
    );
    assert_eq!(refused(&history, in_time, lead("DRAINAGE"), "DRAINAGE"), "NOT_CALLED");
    let on_behalf = acknowledge(&history, in_time, clerk(), "ROADS").unwrap();
    assert!(matches!(&on_behalf[..], [Event::Acknowledged { on_behalf_by: Some(own), late: false, .. }]
        if *own == code("OFFICE")));
    // Twice, and too late.
    let twice = [history.clone(), on_behalf].concat();
    assert_eq!(acknowledge(&twice, "2027-07-20T09:50:00Z", lead("ROADS"), "ROADS"), Ok(vec![]));
    let late = "2027-07-20T08:10:01Z";
    let passed_over = Rejection::PassedOver {
        department_code: code("ROADS"),
        acknowledge_by: at("2027-07-20T08:10:00Z"),
        substitute_code: code("DRAINAGE"),
    };
    assert_eq!(
        acknowledge(&history, late, lead("ROADS"), "ROADS"),
        Err(passed_over.clone()),
        "before the timer"
    );
    assert_eq!(acknowledge(&checked(history, late), late, lead("ROADS"), "ROADS"), Err(passed_over));
}

#[test]
fn late_is_better_than_never_where_nobody_is_left() {
    let alone = Alarm {
        calls: alarm().calls[1..]
            .iter()
            .cloned()
            .map(|call| PlannedCall { substitutes: vec![], ..call })
            .collect(),
        ..alarm()
    };
    let history = given::<Emergency>(&[]).at(RAISED).when(Command::Raise { alarm: alone }).unwrap();
    let history = checked(history, "2027-07-20T08:10:00Z");
    assert!(matches!(history.last(), Some(Event::Unreached { .. })));
    let late = acknowledge(&history, "2027-07-20T08:40:00Z", lead("POWER"), "POWER").unwrap();
    assert!(matches!(late[..], [Event::Acknowledged { late: true, .. }]));
    let ended = Event::Ended { cause: EndCause::Decided, ended_at: at("2027-07-20T08:30:00Z") };
    let history = [history, vec![ended]].concat();
    let refused = acknowledge(&history, "2027-07-20T08:40:00Z", lead("POWER"), "POWER");
    assert_eq!(refused, Err(Rejection::EmergencyEnded { ended_at: at("2027-07-20T08:30:00Z") }));
}

#[test]
fn the_decision_clock_strikes_at_half_time_and_when_due_unless_it_is_decided() {
    let decide_by = at("2027-07-20T10:00:00Z");
    let calls_nobody = Alarm { calls: vec![], plan: None, ..alarm() };
    let history = given::<Emergency>(&[]).at(RAISED).when(Command::Raise { alarm: calls_nobody }).unwrap();
    let state = Emergency::fold(State::default(), &history);
    let expected = [
        (at("2027-07-20T09:00:00Z"), Event::DecisionHalfway { decide_by }),
        (decide_by, Event::DecisionOverdue { decide_by }),
    ];
    assert_eq!(state.upcoming(at(RAISED), at("2027-07-21T00:00:00Z")), expected);
    let halfway = checked(history, "2027-07-20T09:00:00Z");
    let end = given::<Emergency>(&halfway)
        .at("2027-07-20T09:30:00Z")
        .when(Command::End { cause: EndCause::Decided });
    let ended = [halfway, end.unwrap()].concat();
    assert_eq!(checked(ended.clone(), "2027-07-20T12:00:00Z"), ended);
    assert_eq!(given::<Emergency>(&ended).when(Command::End { cause: EndCause::Closed }), Ok(vec![]), "once");
    assert_eq!(
        given::<Emergency>(&[]).when(Command::End { cause: EndCause::Closed }),
        Ok(vec![]),
        "no clocks"
    );
}

#[test]
fn what_will_happen_is_what_happens_if_nobody_acts() {
    let history = history();
    let state = Emergency::fold(State::default(), &history);
    let told: Vec<Event> =
        state.upcoming(at(RAISED), at("2027-07-21T00:00:00Z")).into_iter().map(|(_, event)| event).collect();
    let mut lived = history.clone();
    for minute in 0..24 * 60 {
        let moment = at(RAISED) + SignedDuration::from_mins(minute);
        lived = checked(lived, &moment.to_string());
    }
    assert_eq!(told, lived[history.len()..]);
}

fn acts() -> impl Strategy<Value = Vec<(u8, i64)>> {
    prop::collection::vec((0..8_u8, 0..40_i64), 0..60)
}

proptest! {
    /// Whoever acknowledges, however time steps, and whenever the state is built anew from its events: every clock strikes
    /// once, nobody is called twice, and what has to happen has happened.
    #[test]
    fn every_clock_strikes_once_and_nobody_is_called_twice(acts in acts()) {
        let mut history = history();
        let mut now = at(RAISED);
        for (act, minutes) in acts {
            now += SignedDuration::from_mins(minutes);
            let moment = now.to_string();
            let departments = ["ROADS", "POWER", "DRAINAGE", "METRO", "PRESS"];
            match act {
                0..=4 => {
                    let department = departments[usize::from(act)];
                    history.extend(acknowledge(&history, &moment, lead(department), department).unwrap_or_default());
                }
                7 if minutes > 35 => {
                    let end = Command::End { cause: EndCause::Decided };
                    history.extend(given::<Emergency>(&history).at(&moment).when(end).unwrap());
                }
                // A restart in between: another copy checks the same deadlines again.
                _ => history = checked(checked(history, &moment), &moment),
            }
        }
        let moment = now.to_string();
        let history = checked(history, &moment);
        let state = Emergency::fold(State::default(), &history);
        let raised = state.raised().unwrap();
        let struck = |event: fn(&Event) -> bool| history.iter().filter(|it| event(it)).count();
        let halfway = struck(|event| matches!(event, Event::DecisionHalfway { .. }));
        let overdue = struck(|event| matches!(event, Event::DecisionOverdue { .. }));
        prop_assert!(halfway <= 1 && overdue <= 1);
        if raised.ended.is_none() {
            prop_assert_eq!(halfway, usize::from(raised.halfway_at <= now));
            prop_assert_eq!(overdue, usize::from(raised.alarm.decide_by <= now));
            prop_assert!(raised.pending().iter().all(|(at, _)| *at > now));
        } else {
            prop_assert_eq!(raised.pending(), vec![]);
        }
        let mut called: Vec<&Code> = raised.calls().map(|call| &call.department).collect();
        let calls = called.len();
        called.sort_unstable();
        called.dedup();
        prop_assert_eq!(called.len(), calls, "nobody is called twice");
        let mut numbers: Vec<u32> = raised.calls().map(|call| call.number).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (FIRST_CALL..).take(calls).collect::<Vec<_>>(), "each deadline has its number");
        for seat in &raised.seats {
            prop_assert!(seat.calls.iter().filter(|call| call.acknowledged.is_some()).count() <= 1);
        }
    }
}
