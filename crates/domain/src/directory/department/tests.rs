use super::*;
use crate::testing::given;

fn profile(parent: Option<&str>) -> Profile {
    Profile {
        code: Code::parse("MIIT").unwrap(),
        name: Line::parse("工业和信息化部").unwrap(),
        parent: parent.map(|code| Code::parse(code).unwrap()),
        level: Level::National,
        region: None,
        kind: Kind::Agency,
    }
}

#[test]
fn a_department_is_registered_once_and_changes_only_with_the_profile() {
    let listed = [Event::Registered { profile: profile(None) }];
    assert_eq!(given::<Department>(&[]).when(Command::Register(profile(None))), Ok(listed.to_vec()));
    assert_eq!(given::<Department>(&listed).when(Command::Register(profile(None))), Ok(vec![]));
    assert_eq!(
        given::<Department>(&listed).when(Command::Register(profile(Some("SC")))),
        Ok(vec![Event::Registered { profile: profile(Some("SC")) }])
    );
}

#[test]
fn no_department_is_its_own_parent() {
    assert_eq!(
        given::<Department>(&[]).when(Command::Register(profile(Some("MIIT")))),
        Err(Rejection::OwnParent { department_code: Code::parse("MIIT").unwrap() })
    );
}
