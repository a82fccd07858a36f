//! The class of a matter: once a session was admitted with it, no session of another class settles it, unless whoever is in the
//! chair says so.

use super::*;
use crate::Refusal as _;
use MatterClass::{Ordinary, Personnel};

fn put(class: MatterClass) -> Command {
    let mut command = put_on_agenda(Uuid::from_u128(8), "FLOOD");
    if let Command::PutOnAgenda { class: its, .. } = &mut command {
        *its = class;
    }
    command
}

fn absorb_one_of(class: MatterClass) -> Command {
    let mut command = absorb(3, 0);
    if let Command::Absorb { class: its, .. } = &mut command {
        *its = Some(class);
    }
    command
}

fn classify(session: Option<Uuid>, class: MatterClass) -> Command {
    Command::Classify { session, class, reason: session.is_none().then(|| text("不涉及人事")) }
}

/// A session of this class was admitted with it, and did not settle it.
fn came_back_from(class: MatterClass) -> Vec<Event> {
    let classified = Event::Classified { session: Some(session()), class, reason: None };
    vec![taken_in(), on_agenda(), classified, Event::TakenOffAgenda { session: session(), reason: None }]
}

fn of_another_class(matter_class: MatterClass, needed_class: MatterClass) -> Rejection {
    Rejection::OfAnotherClass { title: line("柳树巷积水"), matter_class, needed_class }
}

#[test]
fn what_was_admitted_under_one_class_is_put_on_no_agenda_of_another() {
    let refused = after(&came_back_from(Personnel)).when(put(Ordinary));
    assert_eq!(refused, Err(of_another_class(Personnel, Ordinary)));
    assert_eq!(after(&came_back_from(Personnel)).when(put(Personnel)).unwrap().len(), 1);
    // Before a session was admitted with it, nobody has said what it is.
    let returned = [taken_in(), on_agenda(), Event::TakenOffAgenda { session: session(), reason: None }];
    assert_eq!(after(&returned).when(put(Personnel)).unwrap().len(), 1);
}

#[test]
fn a_session_classifies_what_is_on_its_agenda_once() {
    let history = [taken_in(), on_agenda()];
    let events = after(&history).when(classify(Some(session()), Personnel)).unwrap();
    assert_eq!(events, [Event::Classified { session: Some(session()), class: Personnel, reason: None }]);
    let classified = [history.to_vec(), events].concat();
    assert_eq!(after(&classified).when(classify(Some(session()), Personnel)), Ok(vec![]));
    let other = after(&history).when(classify(Some(Uuid::from_u128(8)), Ordinary));
    assert_eq!(other, Ok(vec![]), "it is on another agenda");
}

#[test]
fn the_chair_classifies_otherwise_what_waits() {
    let history = came_back_from(Personnel);
    let events = after(&history).when(classify(None, Ordinary)).unwrap();
    let history = [history, events].concat();
    assert_eq!(after(&history).when(put(Personnel)), Err(of_another_class(Ordinary, Personnel)));
    assert_eq!(after(&history).when(classify(None, Ordinary)), Ok(vec![]));
    let on_agenda = [history, after(&came_back_from(Ordinary)).when(put(Ordinary)).unwrap()].concat();
    let refused = after(&on_agenda).when(classify(None, Personnel)).unwrap_err();
    assert_eq!(refused.reason(), "WRONG_STAGE", "its session is of its class");
}

#[test]
fn parts_and_merged_matters_keep_the_class() {
    let part = Intake { class: Some(Personnel), ..intake() };
    let part = [Event::TakenIn { intake: part, raised_by: None }];
    assert_eq!(after(&part).when(put(Ordinary)), Err(of_another_class(Personnel, Ordinary)));

    let refused = after(&came_back_from(Ordinary)).when(absorb_one_of(Personnel));
    assert_eq!(refused, Err(of_another_class(Ordinary, Personnel)));
    let events = after(&[taken_in()]).when(absorb_one_of(Personnel)).unwrap();
    let history = [vec![taken_in()], events].concat();
    assert_eq!(after(&history).when(put(Ordinary)), Err(of_another_class(Personnel, Ordinary)));
}
