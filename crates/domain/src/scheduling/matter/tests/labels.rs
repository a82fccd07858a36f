//! The label of a matter: it stays, and gets weaker only by a command that says so.

use super::*;
use crate::Refusal as _;

const LABELS: [Label; 3] = [Label::Public, Label::Internal, Label::Secret];

fn put(session: Uuid, label: Label) -> Command {
    let body = code("FLOOD");
    Command::PutOnAgenda {
        session,
        body,
        from: None,
        topic: 1,
        concerned: vec![code("PARKS")],
        label,
        class: MatterClass::Ordinary,
        is_admitted: false,
        intake: None,
    }
}

fn relabel(session: Option<Uuid>, label: Label) -> Command {
    Command::Relabel { session, label, concerned: vec![], reason: text("涉及商业秘密") }
}

fn secret() -> Event {
    let intake = Intake { label: Label::Secret, ..intake() };
    Event::TakenIn { intake, raised_by: Some(code("ROADS")) }
}

fn label_after(history: &[Event]) -> Label {
    Matter::fold(State::default(), history).known().unwrap().label
}

#[test]
fn a_secret_matter_is_put_on_no_agenda_under_a_weaker_label() {
    let too_weak = Rejection::LabelTooWeak { label: Label::Internal, needed: Label::Secret };
    assert_eq!(after(&[secret()]).when(put(session(), Label::Internal)), Err(too_weak.clone()));
    let events = after(&[secret()]).when(put(session(), Label::Secret)).unwrap();
    let history = [vec![secret()], events].concat();
    assert_eq!(after(&history).when(put(session(), Label::Public)).unwrap_err().reason(), "LABEL_TOO_WEAK");
    let deferred = [history, vec![deferred(1)]].concat();
    assert_eq!(after(&deferred).when(put(session(), Label::Internal)), Err(too_weak), "when it comes back");
}

#[test]
fn a_topic_with_a_stricter_label_makes_its_matter_stricter() {
    let events = after(&[taken_in()]).when(put(session(), Label::Secret)).unwrap();
    assert_eq!(label_after(&[vec![taken_in()], events].concat()), Label::Secret);
}

#[test]
fn on_an_agenda_it_is_labelled_with_its_topic_and_elsewhere_by_itself() {
    let refused = after(&[taken_in(), on_agenda()]).when(relabel(None, Label::Secret)).unwrap_err();
    assert_eq!(refused.reason(), "WRONG_STAGE");
    let own = after(&[secret()]).when(relabel(None, Label::Internal)).unwrap();
    assert_eq!(label_after(&[vec![secret()], own].concat()), Label::Internal);
    assert_eq!(after(&[taken_in()]).when(relabel(None, Label::Internal)), Ok(vec![]));
    let with_topic = after(&[taken_in(), on_agenda()]).when(relabel(Some(session()), Label::Secret));
    assert_eq!(with_topic.unwrap().len(), 1);
    let other = after(&[taken_in(), on_agenda()]).when(relabel(Some(Uuid::from_u128(8)), Label::Secret));
    assert_eq!(other, Ok(vec![]), "of another session");
}

#[test]
fn a_session_that_is_over_makes_it_stricter_and_not_weaker() {
    let history = [taken_in(), on_agenda(), deferred(1)];
    assert_eq!(after(&history).when(relabel(Some(session()), Label::Secret)).unwrap().len(), 1);
    assert_eq!(after(&history).when(relabel(Some(session()), Label::Public)), Ok(vec![]));
}

#[test]
fn of_two_merged_matters_the_stricter_label_stays_and_no_topic_becomes_weaker_than_its_matter() {
    let absorb = |label| Command::Absorb {
        from: Uuid::from_u128(3),
        body: code("FLOOD"),
        deferrals: 0,
        concerned: vec![code("PARKS")],
        label,
        class: None,
    };
    let events = after(&[taken_in()]).when(absorb(Label::Secret)).unwrap();
    assert_eq!(label_after(&[vec![taken_in()], events].concat()), Label::Secret);
    let events = after(&[secret()]).when(absorb(Label::Internal)).unwrap();
    let history = [vec![secret()], events].concat();
    let state = Matter::fold(State::default(), &history);
    let known = state.known().unwrap();
    assert_eq!(known.label, Label::Secret);
    assert!(!known.concerned.contains(&code("PARKS")), "who knew of the other learns nothing of it");
    let refused = after(&[taken_in(), on_agenda()]).when(absorb(Label::Secret)).unwrap_err();
    assert_eq!(refused.reason(), "LABEL_TOO_WEAK", "its topic would be weaker");
}

/// What can be done to a matter.
fn anything(what: u8, label: Label, session: Uuid) -> Command {
    let resume_on = "2027-03-08".parse().unwrap();
    match what {
        0 | 1 => put(session, label),
        2 => Command::TakeOffAgenda { session, reason: None },
        3 => Command::DeferBySession { session, resume_on, resume_at: at(DAY), deferrals: 1 },
        4 => Command::Refer { session: None, to: code("CITY"), chair: code("MAYOR"), reason: None },
        5 => Command::ReturnReferral { reason: text("职责不符") },
        6 => Command::Absorb {
            from: derived(label, session),
            body: code("FLOOD"),
            deferrals: 0,
            concerned: vec![],
            label,
            class: None,
        },
        7 => Command::CheckDeadlines,
        8 => relabel(None, label),
        _ => relabel(Some(session), label),
    }
}

fn derived(label: Label, session: Uuid) -> Uuid {
    crate::aggregate::derived_id(session, &[label.as_str()])
}

proptest! {
    #[test]
    fn no_label_gets_weaker_without_a_command_that_says_so(
        life in prop::collection::vec((0..10_u8, 0..3_usize, 1..4_u128), 0..40)
    ) {
        let mut history = vec![taken_in()];
        let mut topics = Vec::new();
        for (what, label, number) in life {
            let (before, session) = (label_after(&history), Uuid::from_u128(number));
            let command = anything(what, LABELS[label], session);
            let says_so = matches!(command, Command::Relabel { .. });
            let Ok(events) = after(&history).when(command) else { continue };
            history.extend(events.clone());
            let now = label_after(&history);
            prop_assert!(says_so || now >= before, "{before} became {now} by {events:?}");
            for event in &events {
                match event {
                    Event::PutOnAgenda { label, .. } => topics.push(*label),
                    Event::Relabelled { label, .. } => topics.push(*label),
                    _ => {}
                }
            }
            let state = Matter::fold(State::default(), &history);
            if matches!(state.known().unwrap().progress, Progress::OnAgenda { .. }) {
                prop_assert!(topics.last().is_some_and(|topic| *topic >= now), "its topic has no weaker label");
            }
        }
    }
}
