use super::*;
use domain::Aggregate as _;
use domain::directory::hierarchy::{Event, Hierarchy, State};
use domain::scheduling::stewards::{self, Stewards};
use domain::testing::code;
use rusqlite::Connection;

/// BUREAU is below MINISTRY.
fn hierarchy() -> State {
    let placed = Event::Placed { department: code("BUREAU"), parent: Some(code("MINISTRY")) };
    Hierarchy::fold(State::default(), &[placed])
}

/// OFFICE is the steward of FLOOD.
fn stewards() -> stewards::State {
    let named = stewards::Event::Named { body: code("FLOOD"), stewards: vec![code("OFFICE")] };
    Stewards::fold(stewards::State::default(), &[named])
}

fn scope(department: Option<&str>, roles: &[Role]) -> Scope {
    let actor = Actor { subject: "chen".into(), department: department.map(code), roles: roles.to_vec() };
    Scope::of(&actor, &hierarchy(), &stewards())
}

fn sees(scope: &Scope, departments: &[&str]) -> bool {
    let departments: Vec<Code> = departments.iter().map(|department| code(department)).collect();
    scope.covers(&Audience::of(&departments))
}

#[test]
fn a_department_sees_what_it_or_one_below_it_takes_part_in() {
    for role in [Role::Clerk, Role::Chair, Role::Delegate, Role::DepartmentLead, Role::Leader] {
        let ministry = scope(Some("MINISTRY"), &[role]);
        assert!(sees(&ministry, &["MINISTRY"]) && sees(&ministry, &["OTHER", "BUREAU"]));
        assert!(!sees(&ministry, &["OTHER"]) && !sees(&ministry, &[]));
        assert!(!sees(&scope(Some("BUREAU"), &[role]), &["MINISTRY"]), "not what is above it");
        assert!(!sees(&scope(None, &[role]), &["MINISTRY"]), "nobody speaks for no department");
        assert!(scope(None, &[role]).covers(&Audience::Everybody));
    }
}

#[test]
fn a_clerk_sees_the_matters_of_the_bodies_that_their_department_is_a_steward_of() {
    let of_flood = Audience::of([]).before(code("FLOOD"));
    let clerk = scope(Some("OFFICE"), &[Role::Clerk]);
    assert!(clerk.covers(&of_flood) && !clerk.covers(&Audience::of([]).before(code("HEAT"))));
    assert!(!sees(&clerk, &["FLOOD"]), "a body is no department");
    let office = code("OFFICE");
    let kept = Audience::of([]).kept_by([&office]);
    assert!(clerk.covers(&kept) && !scope(Some("OFFICE"), &[Role::Delegate]).covers(&kept));
    for role in [Role::Chair, Role::Delegate, Role::DepartmentLead] {
        assert!(!scope(Some("OFFICE"), &[role]).covers(&of_flood), "{role:?}");
    }
    for stranger in [None, Some("MINISTRY")] {
        assert!(!scope(stranger, &[Role::Clerk]).covers(&of_flood), "{stranger:?}");
    }
}

#[test]
fn a_leader_sees_the_matters_of_the_bodies_that_their_department_looks_after_and_keeps_no_record() {
    let of_flood = Audience::of([]).before(code("FLOOD"));
    let leader = scope(Some("OFFICE"), &[Role::Leader]);
    assert!(leader.covers(&of_flood) && !leader.covers(&Audience::of([]).before(code("HEAT"))));
    let office = code("OFFICE");
    assert!(!leader.covers(&Audience::of([]).kept_by([&office])));
    assert!(!scope(Some("MINISTRY"), &[Role::Leader]).covers(&of_flood));
    assert!(!scope(None, &[Role::Leader]).covers(&of_flood), "a leader of no department sees nothing");
}

#[test]
fn the_leadership_is_the_lead_s_own_those_above_it_and_those_who_look_after_the_body() {
    let of = |lead: &str, body: Option<&str>| {
        let found = leadership(&code(lead), body.map(code).as_ref(), &hierarchy(), &stewards());
        found.iter().map(Code::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of("BUREAU", Some("FLOOD")), ["BUREAU", "MINISTRY", "OFFICE"]);
    assert_eq!(of("MINISTRY", Some("HEAT")), ["MINISTRY"]);
    assert_eq!(of("MINISTRY", None), ["MINISTRY"]);
}

#[test]
fn whoever_oversees_sees_all_matters() {
    for role in [Role::Supervisor, Role::Auditor, Role::Operator] {
        assert!(sees(&scope(Some("OTHER"), &[Role::Delegate, role]), &["MINISTRY"]), "{role:?}");
    }
    assert!(!sees(&scope(Some("OTHER"), &[]), &["MINISTRY"]));
}

#[test]
fn those_who_oversee_are_not_recused() {
    let recused = BTreeSet::from([code("MINISTRY")]);
    for role in [Role::Clerk, Role::Delegate] {
        assert!(scope(Some("MINISTRY"), &[role]).is_recused(&recused));
        assert!(!scope(Some("BUREAU"), &[role]).is_recused(&recused));
    }
    assert!(!scope(Some("MINISTRY"), &[Role::Auditor]).is_recused(&recused));
}

#[test]
fn a_scope_stands_between_the_values_of_what_is_selected_and_of_the_condition() {
    let tables = Connection::open_in_memory().unwrap();
    tables
        .execute_batch(
            "CREATE TABLE matters (id INTEGER PRIMARY KEY, lead TEXT NOT NULL, help TEXT, body TEXT);
             INSERT INTO matters VALUES (1, 'MINISTRY', NULL, 'HEAT'), (2, 'OTHER', 'BUREAU', 'HEAT'),
                 (3, 'OTHER', NULL, 'FLOOD'), (4, 'BUREAU', NULL, 'FLOOD')",
        )
        .unwrap();
    let rows = Rows::of_those_concerned(
        "SELECT id * ? AS number FROM matters",
        "lead IN (SELECT value FROM json_each(?, '$.departments')) OR help IN (SELECT value FROM json_each(?, '$.departments'))
         OR body IN (SELECT value FROM json_each(?, '$.bodies'))",
    );
    let numbers = |scope: &Scope| {
        let mut numbers = Vec::new();
        let read = |row: &rusqlite::Row<'_>| {
            numbers.push(row.get::<_, i64>("number")?);
            Ok(true)
        };
        let values = [10.into(), 4.into()];
        ScopedTables::new(&tables, scope).each(&rows, "id < ? OR FALSE", "id", values, read).unwrap();
        numbers
    };
    assert_eq!(numbers(&Scope::whole()), [10, 20, 30]);
    assert_eq!(numbers(&scope(Some("MINISTRY"), &[Role::Delegate])), [10, 20]);
    assert_eq!(numbers(&scope(Some("BUREAU"), &[Role::Delegate])), [20]);
    assert_eq!(numbers(&scope(Some("OFFICE"), &[Role::Clerk])), [30]);
    assert!(numbers(&scope(Some("OFFICE"), &[Role::Delegate])).is_empty());
    assert!(numbers(&scope(None, &[Role::Delegate])).is_empty());
}
