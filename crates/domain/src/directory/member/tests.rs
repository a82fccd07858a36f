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

fn code(code: &str) -> Code {
    Code::parse(code).unwrap()
}

/// What comes of taking li.wei out.
fn removed(history: &[Event], by: &Actor) -> Result<Vec<Event>, String> {
    let remove = Command::Remove { code: profile().code };
    given::<Member>(history).by(by.clone()).when(remove).map_err(|refused| refused.to_string())
}

#[test]
fn a_member_is_taken_out_by_the_clerks_of_their_department_and_operators() {
    let listed = [Event::Registered { profile: profile() }];
    let gone = Event::Removed { code: profile().code, department: code("MIIT") };
    let operator = Actor { subject: "ops".into(), department: None, roles: vec![Role::Operator] };
    for allowed in [actor("wen", "MIIT", Role::Clerk), operator] {
        assert_eq!(removed(&listed, &allowed), Ok(vec![gone.clone()]));
    }
    let refused = Err("only MIIT and operators may do this; you speak for METRO".to_owned());
    assert_eq!(removed(&listed, &actor("wen", "METRO", Role::Clerk)), refused);
    let refused = Err("only clerks of MIIT and operators may do this; you are no clerk".to_owned());
    assert_eq!(removed(&listed, &actor("zhao", "MIIT", Role::Delegate)), refused);
    assert_eq!(removed(&listed, &actor("li.wei", "MIIT", Role::Delegate)), refused, "nobody leaves alone");
    // Who is not there, is not there; who is gone already, is.
    let clerk = actor("wen", "MIIT", Role::Clerk);
    assert_eq!(removed(&[], &clerk), Err("the member does not exist".to_owned()));
    let erased = Profile { code: code("erased-0a0a0a0a"), ..profile() };
    let of_erased = [Event::Registered { profile: erased }];
    assert_eq!(removed(&of_erased, &clerk), Err("the member does not exist".to_owned()));
    assert_eq!(removed(&[listed[0].clone(), gone], &clerk), Ok(vec![]));
}

#[test]
fn a_code_is_free_for_the_department_whose_people_carry_it() {
    // Given a clerk of METRO who registered li.wei, whose token speaks for MIIT
    let taken = Profile { department: code("METRO"), email: None, ..profile() };
    let history = [Event::Registered { profile: taken }];
    let state = Member::fold(State::default(), &history);
    assert!(!state.has_left(&code("MIIT")), "that says nothing of those of MIIT");
    // When li.wei takes themself out, then their own department can register them, and METRO cannot any more
    let gone = removed(&history, &actor("li.wei", "MIIT", Role::Delegate)).unwrap();
    let history = [history.to_vec(), gone].concat();
    let register = |history: &[Event], department: &str| {
        let own = Profile { department: code(department), ..profile() };
        let by = actor("wen", department, Role::Clerk);
        given::<Member>(history).by(by).when(Command::Register(own))
    };
    let registered = register(&history, "MIIT").unwrap();
    let history = [history, registered].concat();
    assert!(register(&history, "METRO").is_err());
    let state = Member::fold(State::default(), &history);
    assert!(state.has_left(&code("METRO")) && !state.has_left(&code("MIIT")));
    // When an operator moves them, then they have left
    let moved = Event::Registered { profile: Profile { department: code("METRO"), ..profile() } };
    let state = Member::fold(state, &[moved]);
    assert!(state.has_left(&code("MIIT")) && !state.has_left(&code("METRO")));
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
