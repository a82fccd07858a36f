use super::*;
use crate::testing::given;

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
    assert_eq!(given::<Member>(&[]).when(Command::Register(profile())), Ok(listed.to_vec()));
    assert_eq!(given::<Member>(&listed).when(Command::Register(profile())), Ok(vec![]));
    let moved = Profile { department: Code::parse("NDRC").unwrap(), ..profile() };
    assert_eq!(
        given::<Member>(&listed).when(Command::Register(moved.clone())),
        Ok(vec![Event::Registered { profile: moved }])
    );
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
