use super::*;
use crate::testing::{actor, code, given, line};

fn terms() -> Terms {
    Terms {
        name: line("Water"),
        department: None,
        body: Some(code("FLOOD")),
        language: MailLanguage::English,
    }
}

fn chen() -> Actor {
    actor("chen", "WATER", Role::Delegate)
}

fn create(others: u32) -> Command {
    Command::Create { terms: terms(), secret_sha256: line(&"0a".repeat(32)), others }
}

fn created() -> Event {
    Event::Created { owner: chen(), terms: terms(), secret_sha256: line(&"0a".repeat(32)) }
}

#[test]
fn it_is_for_whoever_creates_it() {
    assert_eq!(given::<CalendarFeed>(&[]).by(chen()).when(create(0)), Ok(vec![created()]));
    let nobody = Actor { department: None, ..chen() };
    assert_eq!(
        given::<CalendarFeed>(&[]).by(nobody).when(create(0)),
        Err(Rejection::DepartmentRequired { subject: "chen".into() })
    );
    let twice = given::<CalendarFeed>(&[created()]).by(chen()).when(create(1));
    assert_eq!(twice, Err(Rejection::DuplicateCalendarFeed { name: line("Water") }));
    let too_many = given::<CalendarFeed>(&[]).by(chen()).when(create(CALENDAR_FEEDS_MAX));
    assert_eq!(too_many, Err(Rejection::TooManyCalendarFeeds { max: CALENDAR_FEEDS_MAX }));
}

#[test]
fn it_is_revoked_by_its_owner_or_an_operator_and_by_nobody_else_who_learns_of_it() {
    for by in [chen(), actor("zhou", "", Role::Operator)] {
        let revoked = given::<CalendarFeed>(&[created()]).by(by).when(Command::Revoke);
        assert_eq!(revoked, Ok(vec![Event::Revoked]));
    }
    for other in [
        actor("li", "WATER", Role::Delegate),
        actor("chen", "ROADS", Role::Delegate),
        actor("chen", "WATER", Role::DepartmentLead),
        actor("sun", "", Role::Supervisor),
    ] {
        for command in [Command::Revoke, create(0)] {
            let decided = given::<CalendarFeed>(&[created()]).by(other.clone()).when(command);
            assert_eq!(decided, Err(NOT_FOUND), "by {other:?}");
        }
    }
}

#[test]
fn what_is_revoked_stays_so() {
    let history = [created(), Event::Revoked];
    assert_eq!(given::<CalendarFeed>(&history).by(chen()).when(Command::Revoke), Ok(vec![]));
    assert_eq!(given::<CalendarFeed>(&history).by(chen()).when(create(0)), Err(NOT_FOUND));
    assert_eq!(CalendarFeed::fold(State::default(), &history).known(), None);
}
