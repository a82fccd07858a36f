use super::*;
use crate::testing::{actor, given};
use crate::{Actor, Role};

fn profile(parent: Option<&str>) -> Profile {
    Profile {
        code: Code::parse("MIIT").unwrap(),
        name: Line::parse("工业和信息化部").unwrap(),
        parent: parent.map(|code| Code::parse(code).unwrap()),
        level: Level::National,
        region: None,
        without_users: false,
        kind: Kind::Agency,
    }
}

#[test]
fn a_department_is_registered_once_and_changes_only_with_the_profile() {
    let listed = [Event::Registered { profile: profile(None) }];
    assert_eq!(given::<Department>(&[]).when(Command::Register(profile(None))), Ok(listed.to_vec()));
    assert_eq!(given::<Department>(&listed).when(Command::Register(profile(None))), Ok(vec![]));
    let under_another = || Command::Register(profile(Some("SC")));
    let changed = vec![Event::Registered { profile: profile(Some("SC")) }];
    let own = actor("li", "MIIT", Role::Clerk);
    assert_eq!(given::<Department>(&listed).by(own).when(under_another()), Ok(changed.clone()));
    let operator = Actor { subject: "ops".into(), department: None, roles: vec![Role::Operator] };
    assert_eq!(given::<Department>(&listed).by(operator).when(under_another()), Ok(changed.clone()));

    let stranger = || actor("li", "SC", Role::Clerk);
    let refused = given::<Department>(&listed).by(stranger()).when(under_another()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "only MIIT and operators may do this; you speak for SC",
        "it would see all"
    );
    assert_eq!(
        given::<Department>(&changed).by(stranger()).when(Command::Register(profile(None))),
        Ok(listed.to_vec()),
        "it is above it"
    );
}

#[test]
fn no_department_is_its_own_parent() {
    assert_eq!(
        given::<Department>(&[]).when(Command::Register(profile(Some("MIIT")))),
        Err(Rejection::OwnParent { department_code: Code::parse("MIIT").unwrap() })
    );
}

#[test]
fn a_department_that_is_known_is_not_declared_voiceless_by_those_above_it() {
    let listed = [Event::Registered { profile: profile(Some("SC")) }];
    let marked = || Profile { without_users: true, ..profile(Some("SC")) };
    let mark = || Command::Register(marked());
    let above = || actor("li", "SC", Role::Clerk);
    let refused = given::<Department>(&listed).by(above()).when(mark()).unwrap_err();
    assert_eq!(refused.to_string(), "only MIIT and operators may do this; you speak for SC");
    let own = actor("wang", "MIIT", Role::Clerk);
    let known = vec![Event::Registered { profile: marked() }];
    assert_eq!(given::<Department>(&listed).by(own).when(mark()), Ok(known.clone()));
    let renamed = Profile { name: Line::parse("MIIT").unwrap(), ..marked() };
    let event = Event::Registered { profile: renamed.clone() };
    let by_above = given::<Department>(&known).by(above()).when(Command::Register(renamed));
    assert_eq!(by_above, Ok(vec![event]), "what is marked already stays so");
    let cleared = given::<Department>(&known).by(above()).when(Command::Register(profile(Some("SC"))));
    assert_eq!(cleared, Ok(listed.to_vec()), "and the mark can be taken away");
}
