use super::*;
use crate::Role;
use crate::testing::{actor, code, given, line, text};

fn day(date: &str) -> Date {
    date.parse().unwrap()
}

fn terms() -> Terms {
    Terms {
        department: code("WATER"),
        phase: Phase::NextYear,
        title: line("Pumps that run"),
        measure: Measure::ShareKept,
        goal: 80,
        starts_on: day("2028-01-01"),
        ends_on: day("2028-12-31"),
        body: None,
    }
}

fn set(terms: Terms) -> Command {
    Command::Set { terms, reason: text("The plan"), today: day("2027-03-01") }
}

fn change(goal: u32, ends_on: &str, today: &str) -> Command {
    Command::Change { goal, ends_on: day(ends_on), reason: text("Floods"), today: day(today) }
}

#[test]
fn a_target_is_set_by_others_within_limits() {
    let supervisor = actor("lin", "AUDIT", Role::Supervisor);
    let own = actor("chen", "WATER", Role::Supervisor);
    let when = |by: &crate::Actor, terms| given::<PhasedTarget>(&[]).by(by.clone()).when(set(terms));
    assert_eq!(when(&supervisor, terms()).unwrap().len(), 1);
    assert_eq!(when(&own, terms()), Err(Rejection::OwnTarget { department_code: code("WATER") }));
    let refused = |terms| when(&supervisor, terms).unwrap_err();
    assert_eq!(refused(Terms { goal: 0, ..terms() }), Rejection::GoalOutOfRange { goal: 0, max: 100 });
    assert_eq!(refused(Terms { goal: 101, ..terms() }), Rejection::GoalOutOfRange { goal: 101, max: 100 });
    let backwards = Terms { ends_on: day("2027-12-31"), ..terms() };
    assert!(matches!(refused(backwards), Rejection::PeriodOutOfRange { .. }));
    let eternal = Terms { ends_on: day("2048-12-31"), ..terms() };
    assert!(matches!(refused(eternal), Rejection::PeriodOutOfRange { .. }));
    let over = Terms { starts_on: day("2027-01-01"), ends_on: day("2027-02-28"), ..terms() };
    assert!(matches!(refused(over), Rejection::TargetOver { .. }));
}

#[test]
fn a_change_is_on_record_and_what_is_over_stays() {
    let history = given::<PhasedTarget>(&[]).when(set(terms())).unwrap();
    let changed = given::<PhasedTarget>(&history).when(change(60, "2028-06-30", "2028-02-01")).unwrap();
    let all: Vec<Event> = history.iter().chain(&changed).cloned().collect();
    let state = PhasedTarget::fold(State::default(), &all);
    let target = state.target().unwrap();
    assert_eq!((target.terms.goal, target.first.goal, target.changes), (60, 80, 1));
    assert_eq!(target.first.ends_on, day("2028-12-31"));
    assert_eq!(given::<PhasedTarget>(&all).when(change(60, "2028-06-30", "2028-06-30")), Ok(vec![]));
    let late = given::<PhasedTarget>(&all).when(change(10, "2028-12-31", "2028-07-01"));
    assert_eq!(late, Err(Rejection::TargetOver { ends_on: day("2028-06-30"), today: day("2028-07-01") }));
    let withdraw = |today: &str| Command::Withdraw { reason: text("No more"), today: day(today) };
    assert!(matches!(
        given::<PhasedTarget>(&all).when(withdraw("2028-07-01")),
        Err(Rejection::TargetOver { .. })
    ));
    let withdrawn = given::<PhasedTarget>(&all).when(withdraw("2028-06-30")).unwrap();
    let all: Vec<Event> = all.into_iter().chain(withdrawn).collect();
    assert_eq!(given::<PhasedTarget>(&all).when(withdraw("2028-06-30")), Ok(vec![]));
    let again = given::<PhasedTarget>(&all).when(change(10, "2028-12-31", "2028-06-30"));
    assert!(matches!(again, Err(Rejection::TargetWithdrawn { .. })));
    assert!(matches!(
        given::<PhasedTarget>(&[]).when(withdraw("2028-06-30")),
        Err(Rejection::NotFound { .. })
    ));
}

#[test]
fn a_share_of_nothing_is_nothing() {
    let progress = Progress { scope: 8, done: 3, promised: 3, kept: 1 };
    let value = |measure: Measure| measure.value(progress);
    assert_eq!(value(Measure::ItemsDone), Some(3));
    assert_eq!(value(Measure::ShareDone), Some(37));
    assert_eq!(value(Measure::ShareKept), Some(33));
    assert_eq!(Measure::ShareKept.value(Progress::default()), None);
}
