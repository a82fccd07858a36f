//! Whom a decision binds: those that have a part in it, and those that accept to be bound.

use super::*;

/// What opening a ballot says when PRESS advises on the topic and is to do what it decides.
fn asked_to_bind(lead: &str, events: impl IntoIterator<Item = Event>) -> Result<(), &'static str> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.participants[3].roles = vec![advises(1)];
    let bound = ItemDraft { lead: Some(code(lead)), ..draft() };
    let mut history = followed_by(in_session(), [proposed(1), drafted(bound)]);
    history[0] = Event::Prepared { agenda };
    let opened = given::<Docket>(&followed_by(history, events)).by(of("WATER")).when(open_ballot(1));
    opened.map(|_| ()).map_err(|refused| refused.reason())
}

fn stated(put_down_by_clerk: bool) -> Event {
    Event::StatementRecorded {
        topic: 1,
        department: code("PRESS"),
        stance: Stance::Support,
        reasons: text("We can"),
        put_down_by_clerk,
    }
}

#[test]
fn who_advises_is_bound_once_it_is_there_or_has_spoken() {
    assert_eq!(
        asked_to_bind("PRESS", []),
        Err("ITEM_NOT_ACCEPTED"),
        "the role alone is the requester's word"
    );
    assert_eq!(asked_to_bind("PRESS", [arrived("PRESS")]), Ok(()));
    assert_eq!(asked_to_bind("PRESS", [stated(false)]), Ok(()));
    assert_eq!(asked_to_bind("PRESS", [stated(true)]), Err("ITEM_NOT_ACCEPTED"), "it has not said so itself");
    let accepted = Event::ItemAccepted { topic: 1, item: 1, department: code("PRESS") };
    assert_eq!(asked_to_bind("PRESS", [accepted]), Ok(()));
}

#[test]
fn who_recused_itself_is_bound_by_what_it_accepts_only() {
    assert_eq!(asked_to_bind("HEALTH", []), Ok(()));
    assert_eq!(asked_to_bind("HEALTH", [recused("HEALTH")]), Err("ITEM_NOT_ACCEPTED"));
}

#[test]
fn silence_binds_nobody_who_had_no_time_to_object() {
    let asked = |sign_by: &str| {
        let mut agenda = agenda(Mode::Countersign { sign_by: at(sign_by) });
        agenda.constitution.rule.method = Method::Silence;
        let history = [Event::Prepared { agenda }, opened(), proposed(1)];
        let opened =
            given::<Docket>(&history).by(of("WATER")).at("2027-03-01T02:00:00Z").when(open_ballot(1));
        opened.map(|_| ()).map_err(|refused| refused.reason())
    };
    assert_eq!(asked("2027-03-02T01:59:59Z"), Err("SILENCE_TOO_SHORT"));
    assert_eq!(asked("2027-03-02T02:00:00Z"), Ok(()));
}

#[test]
fn a_department_that_has_no_part_is_bound_by_what_it_accepts_only() {
    let bound = ItemDraft { co_responsible: vec![code("PRESS")], ..draft() };
    let history = followed_by(in_session(), [proposed(1), drafted(bound.clone())]);
    let attempt = |history: &[Event], by, command| given::<Docket>(history).by(of(by)).when(command);
    let open = |history: &[Event]| attempt(history, "WATER", open_ballot(1)).map(|_| ());
    let department_code = code("PRESS");
    let refused = Err(Rejection::ItemNotAccepted { item_number: 1, topic_number: 1, department_code });
    assert_eq!(open(&history), refused, "it is kept informed, and no more");
    let consent = Command::RecordGeneralConsent { topic: 1, version: 1, calendar: calendar() };
    assert_eq!(attempt(&history, "WATER", consent).map(|_| ()), refused);

    let accept = |department| Command::AcceptItem { item: 1, department: code(department) };
    assert!(matches!(attempt(&history, "WATER", accept("PRESS")), Err(Rejection::NotYourDepartment { .. })));
    let clerk = given::<Docket>(&history).by(actor("wen", "OFFICE", Role::Clerk)).when(accept("PRESS"));
    assert!(matches!(clerk, Err(Rejection::NotYourDepartment { .. })), "nobody accepts for it");
    let not_named = attempt(&history, "HEALTH", accept("HEALTH")).map_err(|refused| refused.reason());
    assert_eq!(not_named, Err("NOT_NAMED_IN_ITEM"));
    let accepted = attempt(&history, "PRESS", accept("PRESS")).unwrap();
    let history = followed_by(history, accepted);
    assert_eq!(attempt(&history, "PRESS", accept("PRESS")), Ok(vec![]));
    assert_eq!(open(&history), Ok(()));

    // Another text, or another content of the item, is to be accepted again.
    assert_eq!(
        attempt(&followed_by(history.clone(), [proposed(2)]), "WATER", open_ballot(2)).map(|_| ()),
        refused
    );
    let revised =
        Command::ReviseItem { item: 1, draft: ItemDraft { due: Some(DueRule::AfterDays(1)), ..bound } };
    let revised = attempt(&history, "WATER", revised).unwrap();
    assert_eq!(open(&followed_by(history, revised)), refused);
}
