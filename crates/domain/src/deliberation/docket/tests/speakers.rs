//! Who speaks: the list, the floor, its clocks, and points of order.

use super::*;

fn request(department: &str) -> Command {
    Command::RequestFloor { topic: 1, department: code(department) }
}
fn give(department: &str) -> Command {
    Command::GiveFloor { topic: 1, department: code(department), reason: None }
}
fn requested(department: &str) -> Event {
    Event::FloorRequested { topic: 1, department: code(department) }
}
/// Given at 01:06, for five minutes.
fn speaking(department: &str) -> Event {
    Event::FloorGiven {
        topic: 1,
        turn: 1,
        department: code(department),
        given_at: at("2027-03-01T01:06:00Z"),
        ends_at: Some(at("2027-03-01T01:11:00Z")),
        reason: None,
    }
}
fn limited() -> Event {
    Event::DebateLimited { topic: 1, speaking_minutes: Some(5), list_closed: false }
}
fn raised(spoken_seconds: u64) -> Event {
    let (department, text) = (code("HEALTH"), text("Off topic"));
    Event::PointOfOrderRaised { topic: 1, point: 1, department, text, turn: Some(1), spoken_seconds }
}
fn debated(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    followed_by(in_session(), events)
}
fn reason_of(history: &[Event], by: Actor, command: Command) -> &'static str {
    given::<Docket>(history).by(by).when(command).unwrap_err().reason()
}

#[test]
fn whoever_is_heard_asks_for_itself_and_is_called_in_order() {
    let alone = in_session();
    let asked = given::<Docket>(&alone).by(of("ROADS")).when(request("ROADS")).unwrap();
    assert_eq!(asked, [requested("ROADS")]);
    assert_eq!(reason_of(&alone, of("HEALTH"), request("ROADS")), "NOT_YOUR_DEPARTMENT");
    assert_eq!(reason_of(&alone, of("PRESS"), request("PRESS")), "NOT_ENTITLED_TO_SPEAK");
    assert_eq!(reason_of(&alone, of("MARS"), request("MARS")), "NOT_A_PARTICIPANT");
    let recused = debated([recused("ROADS")]);
    assert_eq!(reason_of(&recused, of("ROADS"), request("ROADS")), "DEPARTMENT_RECUSED");

    let both = debated([requested("ROADS"), requested("HEALTH")]);
    assert_eq!(given::<Docket>(&both).by(of("ROADS")).when(request("ROADS")), Ok(vec![]));
    assert_eq!(given::<Docket>(&both).when(give("HEALTH")).unwrap_err().reason(), "CALLED_OUT_OF_ORDER");
    let reason = Some(text("It has the figures"));
    let out_of_order = Command::GiveFloor { topic: 1, department: code("HEALTH"), reason: reason.clone() };
    let given_to = |events: Vec<Event>| match &events[..] {
        [Event::FloorGiven { department, reason, ends_at: None, .. }] => (department.clone(), reason.clone()),
        other => panic!("{other:?}"),
    };
    let called = given::<Docket>(&both).when(out_of_order).unwrap();
    assert_eq!(given_to(called), (code("HEALTH"), reason));
    let called = given::<Docket>(&both).when(give("ROADS")).unwrap();
    assert_eq!(given_to(called), (code("ROADS"), None));
    assert_eq!(reason_of(&both, of("ROADS"), give("ROADS")), "NOT_YOUR_DEPARTMENT");
}

#[test]
fn one_speaks_at_a_time_until_it_yields_or_its_topic_ends() {
    let history = debated([requested("HEALTH"), speaking("ROADS")]);
    assert_eq!(given::<Docket>(&history).when(give("HEALTH")).unwrap_err().reason(), "FLOOR_TAKEN");
    let yielded =
        |spoken_seconds| Event::FloorYielded { topic: 1, turn: 1, department: code("ROADS"), spoken_seconds };
    let stop = || Command::YieldFloor { topic: 1, department: code("ROADS") };
    for by in [of("ROADS"), of("WATER")] {
        let events = given::<Docket>(&history).by(by).at("2027-03-01T01:08:00Z").when(stop());
        assert_eq!(events, Ok(vec![yielded(120)]));
    }
    assert_eq!(reason_of(&history, of("HEALTH"), stop()), "NOT_YOUR_DEPARTMENT");
    let late = |command| given::<Docket>(&history).at("2027-03-01T01:07:00Z").when(command).unwrap();
    let left = late(Command::RecordDeparture { department: code("ROADS") });
    assert_eq!(left[0], yielded(60));
    assert_eq!(late(Command::PauseTopic { topic: 1 })[0], yielded(60));
    assert_eq!(late(Command::CloseDebate { topic: 1 })[0], yielded(60));
}

#[test]
fn the_time_of_a_department_is_over_once_and_is_counted_over_its_turns() {
    let history = debated([limited(), speaking("ROADS")]);
    let check =
        |history: &[Event], at: &str| given::<Docket>(history).at(at).when(Command::CheckClocks).unwrap();
    assert_eq!(check(&history, "2027-03-01T01:10:59Z"), []);
    let ended_at = at("2027-03-01T01:11:00Z");
    let over = Event::SpeakingTimeEnded { topic: 1, turn: 1, department: code("ROADS"), ended_at };
    assert_eq!(check(&history, "2027-03-01T01:12:00Z"), std::slice::from_ref(&over));
    let after = followed_by(history, [over]);
    assert_eq!(check(&after, "2027-03-01T01:13:00Z"), []);

    let yielded = Event::FloorYielded { topic: 1, turn: 1, department: code("ROADS"), spoken_seconds: 420 };
    let spent = followed_by(after, [yielded, requested("ROADS")]);
    let refused = given::<Docket>(&spent).when(give("ROADS"));
    let department_code = code("ROADS");
    assert_eq!(refused, Err(Rejection::SpeakingTimeUsed { department_code, topic_number: 1, minutes: 5 }));
    let more = Event::DebateLimited { topic: 1, speaking_minutes: Some(9), list_closed: true };
    let allowed = followed_by(spent, [more]);
    let again = given::<Docket>(&allowed).at("2027-03-01T01:15:00Z").when(give("ROADS")).unwrap();
    assert!(
        matches!(&again[..], [Event::FloorGiven { turn: 2, ends_at, .. }] if *ends_at == Some(at("2027-03-01T01:17:00Z")))
    );
    assert_eq!(reason_of(&allowed, of("HEALTH"), request("HEALTH")), "SPEAKERS_LIST_CLOSED");
}

#[test]
fn the_end_of_a_timebox_is_an_event_and_leaves_out_pauses() {
    let check =
        |history: &[Event], at: &str| given::<Docket>(history).at(at).when(Command::CheckClocks).unwrap();
    let ended_at = at("2027-03-01T01:25:00Z");
    assert_eq!(check(&in_session(), "2027-03-01T01:26:00Z"), [Event::TopicTimeEnded { topic: 1, ended_at }]);
    let paused = debated([Event::TopicPaused { topic: 1, spent_seconds: 900 }]);
    assert_eq!(check(&paused, "2027-03-01T01:26:00Z"), []);
    let again =
        given::<Docket>(&paused).at("2027-03-01T02:00:00Z").when(Command::OpenTopic { topic: 1 }).unwrap();
    let (opened_at, ends) = (at("2027-03-01T02:00:00Z"), at("2027-03-01T02:05:00Z"));
    assert_eq!(again, [Event::TopicOpened { topic: 1, opened_at, time_ends_at: Some(ends) }]);
}

#[test]
fn a_point_of_order_interrupts_and_is_ruled_on_before_anything_else() {
    let history = debated([limited(), speaking("ROADS")]);
    let raise = |department: &str| Command::RaisePointOfOrder {
        topic: 1,
        department: code(department),
        text: text("Off topic"),
    };
    let point = given::<Docket>(&history).by(of("HEALTH")).at("2027-03-01T01:07:00Z").when(raise("HEALTH"));
    assert_eq!(point, Ok(vec![raised(60)]));
    assert_eq!(reason_of(&history, of("PRESS"), raise("PRESS")), "NOT_ENTITLED_TO_SPEAK");
    let waiting = followed_by(history, [raised(60)]);
    for command in [Command::CloseDebate { topic: 1 }, give("HEALTH"), raise("ROADS")] {
        let by = if matches!(command, Command::RaisePointOfOrder { .. }) { of("ROADS") } else { of("WATER") };
        assert_eq!(reason_of(&waiting, by, command), "POINT_OF_ORDER_PENDING");
    }
    let rule = Command::RulePointOfOrder { topic: 1, point: 1, sustained: false, reason: text("It is not") };
    assert_eq!(reason_of(&waiting, of("HEALTH"), rule.clone()), "NOT_YOUR_DEPARTMENT");
    let ruled = given::<Docket>(&waiting).at("2027-03-01T01:09:00Z").when(rule).unwrap();
    let expected = Event::PointOfOrderRuled {
        topic: 1,
        point: 1,
        sustained: false,
        reason: text("It is not"),
        turn: Some(1),
        resumed_at: Some(at("2027-03-01T01:09:00Z")),
        ends_at: Some(at("2027-03-01T01:13:00Z")),
    };
    assert_eq!(ruled, [expected], "the interruption takes nothing of its time");
}
