//! After any life, the row of a department or member is what the rules have of it.

use super::pb;
use crate::views::{self, DirectoryView};
use domain::directory::department::{self, Department, Kind, Level};
use domain::directory::member::{self, Member};
use domain::testing::code;
use domain::{Actor, Aggregate as _, Code, Issued, Line, Role, Timestamp};
use proptest::prelude::*;
use proto::Wire as _;
use service_kit::Scope;
use service_kit::view::InMemory;
use std::collections::BTreeMap;

fn departments() -> impl Strategy<Value = department::Profile> {
    let level = prop_oneof![Just(Level::National), Just(Level::Municipal), Just(Level::County)];
    let parent = proptest::option::of(0..4_usize);
    (0..3_usize, 0..5_u8, level, parent).prop_map(|(nth, name, level, parent)| department::Profile {
        code: code(CODES[nth]),
        name: Line::parse(&format!("{name}")).unwrap(),
        parent: parent.map(|nth| code(CODES[nth])),
        level,
        region: None,
        without_users: false,
        kind: Kind::Agency,
    })
}

fn members() -> impl Strategy<Value = member::Profile> {
    let email = proptest::option::of("[a-z@]{1,6}");
    (0..3_usize, 0..3_usize, email).prop_map(|(nth, department, email)| member::Profile {
        code: code(CODES[nth]),
        name: Line::parse("李").unwrap(),
        department: code(CODES[department]),
        email: email.map(|email| Line::parse(&email).unwrap()),
        roles: vec![Role::Clerk],
    })
}

/// Sorted.
const CODES: [&str; 4] = ["HEALTH", "ROADS", "WATER", "ZONES"];

fn operator() -> Actor {
    Actor { subject: "ops".into(), department: None, roles: vec![Role::Operator] }
}

proptest! {
    #[test]
    fn the_rows_of_the_directory_are_what_the_rules_have_of_them(
        life in prop::collection::vec((departments(), members(), any::<bool>()), 0..20)
    ) {
        let mut view = InMemory::<DirectoryView>::new().unwrap();
        let (mut departments, mut people) = (BTreeMap::<Code, department::State>::new(), BTreeMap::<Code, member::State>::new());
        let at = Timestamp::UNIX_EPOCH;
        let issued = Issued { at, by: operator() };
        for (department, member, is_registered) in life {
            let (code, state) = (department.code.clone(), departments.entry(department.code.clone()).or_default());
            if let Ok(events) = Department::decide(state, department::Command::Register(department), &issued) {
                *state = Department::fold(std::mem::take(state), &events);
                view.project::<Department>(Department::id(&code), at, &events).unwrap();
            }
            let (code, state) = (member.code.clone(), people.entry(member.code.clone()).or_default());
            let command = match is_registered {
                true => member::Command::Register(member),
                false => member::Command::Remove { code: code.clone() },
            };
            if let Ok(events) = Member::decide(state, command, &issued) {
                *state = Member::fold(std::mem::take(state), &events);
                view.project::<Member>(Member::id(&code), at, &events).unwrap();
            }
        }
        let listed = views::departments(&pb::ListDepartmentsRequest::default()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
        let expected: Vec<pb::Department> =
            departments.values().filter_map(|state| Some(state.profile()?.clone().to_wire())).collect();
        prop_assert_eq!(listed, expected);
        let listed = views::members(&pb::ListMembersRequest::default()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
        let expected: Vec<pb::Member> =
            people.values().filter_map(|state| Some(state.profile()?.clone().to_wire())).collect();
        prop_assert_eq!(listed, expected);
    }
}
