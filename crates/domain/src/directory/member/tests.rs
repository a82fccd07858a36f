use super::*;
use crate::Actor;
use crate::testing::{actor, given};

fn profile() -> Profile {
    Profile {
        code: Code::parse("li.wei").unwrap(),
        name: Line::parse("李伟").unwrap(),
        department: Code::parse("MIIT").unwrap(),
        email: Some(Line::parse("li.wei@example.cn").unwrap()),
        roles: vec![Role::Delegate, Role::Clerk],
    }
}

#[test]
fn a_member_is_registered_once_and_changes_only_with_the_profile() {
    let listed = [Event::Registered { profile: profile() }];
    let register = |history: &[Event], by: &Actor, profile: &Profile| {
        let registered = given::<Member>(history).by(by.clone()).when(Command::Register(profile.clone()));
        registered.map_err(|refused| refused.to_string())
    };
    let own = actor("wen", "MIIT", Role::Clerk);
    assert_eq!(register(&[], &own, &profile()), Ok(listed.to_vec()));
    assert_eq!(register(&listed, &own, &profile()), Ok(vec![]));
    let elsewhere = Profile { email: Some(Line::parse("li.wei@metro.cn").unwrap()), ..profile() };
    let stranger = actor("wen", "METRO", Role::Clerk);
    let refused = Err("only MIIT and operators may do this; you speak for METRO".to_owned());
    assert_eq!(register(&listed, &stranger, &elsewhere), refused, "their notices would go to it");
    assert_eq!(register(&[], &stranger, &elsewhere), refused);
    let moved = Profile { department: Code::parse("METRO").unwrap(), ..profile() };
    assert_eq!(register(&listed, &stranger, &moved), refused);
    let operator = Actor { subject: "ops".into(), department: None, roles: vec![Role::Operator] };
    assert_eq!(register(&listed, &operator, &moved), Ok(vec![Event::Registered { profile: moved.clone() }]));
}

#[test]
fn slips_are_refused() {
    let twice = Profile { roles: vec![Role::Chair, Role::Clerk, Role::Chair], ..profile() };
    assert_eq!(
        given::<Member>(&[]).when(Command::Register(twice)),
        Err(Rejection::DuplicateRole { role: "chair" })
    );
    let email = Line::parse("li.wei at example.cn").unwrap();
    let unreachable = Profile { email: Some(email.clone()), ..profile() };
    assert_eq!(
        given::<Member>(&[]).when(Command::Register(unreachable)),
        Err(Rejection::NotAnEmailAddress { email })
    );
}
