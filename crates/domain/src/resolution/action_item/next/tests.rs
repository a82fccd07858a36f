use super::*;
use crate::Uuid;
use crate::resolution::action_item::Assignment;
use crate::testing::{actor, at, code, line, text};

const NOW: &str = "2027-03-02T02:00:00Z";

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn after(history: &[(&str, Role, Command)]) -> State {
    let due_on = "2027-03-31".parse().unwrap();
    let assignment = Assignment {
        resolution: Uuid::from_u128(1),
        number: line("FLOOD-2027-0001/1"),
        title: line("Pumps"),
        deliverable: text("Pumps"),
        criterion: text("Dry"),
        lead: code("WATER"),
        co_responsible: vec![code("ROADS")],
        due_on,
        due_at: calendar().end_of(due_on),
        acknowledge_by: at("2027-03-04T15:59:59Z"),
    };
    let assigned = [("AUDIT", Role::Supervisor, Command::Assign { assignment })];
    assigned.iter().chain(history).fold(State::default(), |state, (department, role, command)| {
        let issued = Issued { at: at(NOW), by: actor("li", department, *role) };
        let events = ActionItem::decide(&state, command.clone(), &issued).unwrap();
        ActionItem::fold(state, &events)
    })
}

/// ROADS is without users.
fn grounds() -> Grounds {
    Grounds { stewards: vec![code("OFFICE")], without_users: vec![code("ROADS")], ..Grounds::default() }
}

/// Who may do something now: their departments, or `-` for those who oversee.
fn by(state: &State, rpc: &str) -> Vec<String> {
    let steps = steps(state, &grounds(), &calendar(), at(NOW));
    let step = steps.into_iter().find(|step| step.rpc == rpc);
    let by = step.map(|step| step.by).unwrap_or_default().into_iter();
    by.map(|who| who.department.map_or("-".to_owned(), |code| code.to_string())).collect()
}

fn refused(state: &State, rpc: &str) -> Option<Rejection> {
    steps(state, &grounds(), &calendar(), at(NOW)).into_iter().find(|step| step.rpc == rpc)?.refused
}

#[test]
fn what_waits_for_whom_is_said_as_the_rules_decide() {
    let lead = Role::DepartmentLead;
    let assigned = after(&[]);
    assert_eq!(by(&assigned, "AcknowledgeItem"), ["WATER", "ROADS"]);
    assert_eq!(by(&assigned, "UrgeItem"), ["-"]);
    assert!(matches!(refused(&assigned, "AcceptWork"), Some(Rejection::WrongStage { .. })));

    let stuck = Command::ReportBlockage { reason: text("No data"), help_from: code("ENERGY") };
    let blocked = after(&[("WATER", lead, Command::Acknowledge), ("WATER", lead, stuck)]);
    assert_eq!(by(&blocked, "GiveHelp"), ["ENERGY"]);
    assert_eq!(by(&blocked, "ClearBlockage"), ["WATER"]);
    assert!(by(&blocked, "AcknowledgeItem").contains(&"ROADS".to_owned()), "its own part");

    let claim = Command::ClaimCompletion { summary: text("Done"), evidence: vec![evidence()] };
    let claimed = after(&[("WATER", lead, Command::Acknowledge), ("WATER", lead, claim)]);
    assert_eq!(
        (by(&claimed, "AcceptWork"), by(&claimed, "ReturnWork")),
        (vec!["-".to_owned()], vec!["-".to_owned()])
    );
    let named = Command::NameAcceptor { acceptor: Some(code("PRESS")), reason: text("They know") };
    let claim = Command::ClaimCompletion { summary: text("Done"), evidence: vec![evidence()] };
    let judged = after(&[
        ("AUDIT", Role::Supervisor, named),
        ("WATER", lead, Command::Acknowledge),
        ("WATER", lead, claim),
    ]);
    assert_eq!(by(&judged, "AcceptWork"), ["PRESS"]);
}

#[test]
fn what_clerks_put_down_and_departments_contest_is_among_it() {
    let assigned = after(&[]);
    assert_eq!(by(&assigned, "PutDown"), ["OFFICE"]);
    assert!(
        steps(&assigned, &Grounds::default(), &calendar(), at(NOW)).iter().all(|step| step.rpc != "PutDown")
    );
    assert!(by(&assigned, "ContestPutDown").is_empty(), "nothing was put down");
    let said_on = "2027-03-01".parse().unwrap();
    let saying = Saying { department: code("ROADS"), said_by: line("Wang"), means: Means::Letter, said_on };
    let (said, grounds) = (Said::Acknowledgement, grounds());
    let put_down = Command::PutDown { saying, said, grounds, calendar: calendar() };
    let marked = after(&[("OFFICE", Role::Clerk, put_down)]);
    assert_eq!(by(&marked, "ContestPutDown"), ["ROADS"]);
}

#[test]
fn a_department_that_speaks_for_itself_hides_no_other_that_does_not() {
    let spoken = after(&[("WATER", Role::DepartmentLead, Command::Acknowledge)]);
    let both = Grounds { without_users: vec![code("WATER"), code("ROADS")], ..grounds() };
    let put_down = |state: &State| {
        let steps = steps(state, &both, &calendar(), at(NOW)).into_iter();
        steps.filter(|step| step.rpc == "PutDown").collect::<Vec<_>>()
    };
    let [step] = &put_down(&spoken)[..] else { panic!("one step: {:?}", put_down(&spoken)) };
    assert_eq!(step.by, [Who::of(Role::Clerk, &code("OFFICE"))], "for ROADS");
    let roads = ("ROADS", Role::DepartmentLead, Command::Acknowledge);
    let all = after(&[("WATER", Role::DepartmentLead, Command::Acknowledge), roads]);
    let refused = put_down(&all).pop().and_then(|step| step.refused);
    assert!(matches!(refused, Some(Rejection::HasOwnUsers { .. })), "{refused:?}");
}
