//! Mandates and substitutes: the first valid vote counts, and nobody is counted twice.

use super::*;
use crate::decision_rule::{Quorum, QuorumBase};

/// A body with mandates. ROADS is not there; version 1 is voted on.
fn without_roads(mandates_max: u32) -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.rule.voting.mandates_max = mandates_max;
    agenda.constitution.voters[1].substitutes = vec![code("BRIDGES"), code("TUNNELS")];
    let history = followed_by(vec![Event::Prepared { agenda }], ["WATER", "HEALTH"].map(arrived));
    followed_by(history, [opened(), topic_opened(1), proposed(1), ballot_opened(1, 1, Tie::Rejects)])
}
fn mandate(topic: Option<u32>, holders: &[&str]) -> Event {
    let holders = holders.iter().map(|holder| code(holder)).collect();
    Event::MandateGiven { topic, department: code("ROADS"), holders, put_down_by_clerk: false }
}
fn give(topic: Option<u32>, holders: &[&str]) -> Command {
    let holders = holders.iter().map(|holder| code(holder)).collect();
    Command::GiveMandate { topic, department: code("ROADS"), holders }
}
fn by(history: &[Event], department: &str, command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Docket>(history).by(of(department)).when(command)
}
fn cast_by(events: &[Event]) -> Option<&str> {
    match events {
        [Event::VoteCast { cast_by, .. }] => cast_by.as_ref().map(Code::as_str),
        other => panic!("{other:?}"),
    }
}

fn given_by_clerk(history: &[Event], by: Actor, command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Docket>(history).by(by).when(command)
}
/// The same where WATER is the secretariat too.
fn without_roads_kept_by_water() -> Vec<Event> {
    let mut history = without_roads(1);
    if let Event::Prepared { agenda } = &mut history[0] {
        agenda.constitution.secretariat = vec![code("WATER")];
    }
    history
}

#[test]
fn a_seat_names_who_may_vote_for_it_where_the_body_has_mandates() {
    let history = without_roads(1);
    assert_eq!(by(&history, "ROADS", give(None, &["WATER"])), Ok(vec![mandate(None, &["WATER"])]));
    assert_eq!(by(&without_roads(0), "ROADS", give(None, &["WATER"])), Err(Rejection::MandatesNotAllowed));
    assert!(matches!(
        by(&history, "WATER", give(None, &["WATER"])),
        Err(Rejection::NotYourDepartment { .. })
    ));
    for holders in [&[][..], &["ROADS"], &["WATER", "WATER"], &["WATER", "HEALTH", "PRESS", "MARS"]] {
        let refused = by(&history, "ROADS", give(None, holders)).map_err(|refused| refused.reason());
        assert_eq!(refused, Err("HOLDERS_OUT_OF_RANGE"), "{holders:?}");
    }
    assert_eq!(
        by(&history, "ROADS", give(Some(1), &["PRESS"])),
        Err(Rejection::NotEntitledToVote { department_code: code("PRESS"), topic_number: 1 })
    );
    let given = followed_by(history.clone(), [mandate(None, &["WATER"])]);
    assert_eq!(by(&given, "ROADS", give(None, &["WATER"])), Ok(vec![]));
    // A clerk puts down whom it names in the room, and never the clerk's own department, nor anybody in place of whom it named itself.
    let clerk = |department| actor("wang", department, Role::Clerk);
    let put_down = |history: &[Event], holders| {
        given_by_clerk(history, clerk("OFFICE"), give(None, holders)).map_err(|refused| refused.reason())
    };
    assert_eq!(put_down(&history, &["WATER"]), Err("NOT_PRESENT"), "nobody gives an absent seat's vote away");
    assert!(matches!(
        put_down(&followed_by(history.clone(), [arrived("ROADS")]), &["WATER"]).as_deref(),
        Ok([Event::MandateGiven { put_down_by_clerk: true, .. }])
    ));
    let given_there = followed_by(given.clone(), [arrived("ROADS")]);
    assert_eq!(put_down(&given_there, &["HEALTH"]), Err("SAID_ITSELF"));
    let revoked_by_clerk = Command::RevokeMandate { topic: None, department: code("ROADS") };
    let refused = given_by_clerk(&given, clerk("OFFICE"), revoked_by_clerk).unwrap_err();
    assert_eq!(refused.reason(), "SAID_ITSELF");
    let own = followed_by(without_roads_kept_by_water(), [arrived("ROADS")]);
    let refused = given_by_clerk(&own, clerk("WATER"), give(None, &["HEALTH", "WATER"])).unwrap_err();
    assert_eq!(refused, Rejection::OwnMandate { department_code: code("WATER") });
    let revoke = Command::RevokeMandate { topic: None, department: code("ROADS") };
    let revoked = followed_by(given.clone(), by(&given, "ROADS", revoke).unwrap());
    assert!(by(&given, "WATER", vote("ROADS")).is_ok() && by(&revoked, "WATER", vote("ROADS")).is_err());
}

#[test]
fn the_first_valid_vote_counts_and_the_seats_own_takes_its_place() {
    let history = followed_by(without_roads(1), [mandate(None, &["WATER", "HEALTH"])]);
    let cast = by(&history, "HEALTH", vote("ROADS")).unwrap();
    assert_eq!(cast_by(&cast), Some("HEALTH"), "whoever is first");
    let history = followed_by(history, cast);
    assert_eq!(
        by(&history, "WATER", vote("ROADS")),
        Err(Rejection::VoteByAnother { department_code: code("ROADS"), cast_by_code: code("HEALTH") })
    );
    let back = followed_by(history, [arrived("ROADS")]);
    let own = by(&back, "ROADS", vote("ROADS")).unwrap();
    assert_eq!(cast_by(&own), None);
    let voted = followed_by(back, own);
    assert!(by(&voted, "HEALTH", vote("ROADS")).is_err(), "it is there itself");
    let topic = Docket::fold(State::Absent, &voted);
    assert_eq!(topic.proceedings().unwrap().topic(1).unwrap().open_ballot().unwrap().votes.len(), 1);
}

#[test]
fn nobody_carries_more_than_the_rule_allows_nor_when_recused() {
    let history = followed_by(without_roads(1), [Event::DepartureRecorded { department: code("HEALTH") }]);
    let from_health = Event::MandateGiven {
        topic: Some(1),
        department: code("HEALTH"),
        holders: vec![code("WATER")],
        put_down_by_clerk: false,
    };
    let history = followed_by(history, [mandate(None, &["WATER"]), from_health]);
    let history = followed_by(history.clone(), by(&history, "WATER", vote("ROADS")).unwrap());
    assert_eq!(
        by(&history, "WATER", vote("HEALTH")),
        Err(Rejection::TooManyMandates { department_code: code("WATER"), max: 1 })
    );
    let closed =
        by(&followed_by(history.clone(), [voted("WATER", Choice::Yes)]), "WATER", close_ballot(None));
    let [Event::BallotClosed { result, roll, .. }] = &closed.unwrap()[..] else { panic!() };
    assert_eq!((result.cast, result.yes, result.passed), (2, 2, true));
    let roads = roll.iter().find(|seat| seat.department == code("ROADS")).unwrap();
    assert!(roads.voted && roads.present && roads.cast_by == Some(code("WATER")), "{roads:?}");

    let recused = followed_by(history, [recused("WATER")]);
    let state = Docket::fold(State::Absent, &recused);
    assert!(state.proceedings().unwrap().topic(1).unwrap().open_ballot().unwrap().votes.is_empty());
    assert!(by(&recused, "WATER", vote("ROADS")).is_err(), "a recusal takes the votes it carries");
}

#[test]
fn substitutes_take_a_seat_that_is_empty_in_turn() {
    let history = without_roads(0);
    let arrival = |department| Command::RecordArrival { department: code(department), delegate: line("Li") };
    assert!(by(&history, "WATER", arrival("BRIDGES")).is_ok());
    assert!(by(&history, "WATER", arrival("MARS")).is_err());
    let both = followed_by(history, ["BRIDGES", "TUNNELS"].map(arrived));
    assert_eq!(cast_by(&by(&both, "BRIDGES", vote("ROADS")).unwrap()), Some("BRIDGES"));
    assert!(matches!(by(&both, "TUNNELS", vote("ROADS")), Err(Rejection::NotYourDepartment { .. })));
    let say = || Command::RecordStatement {
        topic: 1,
        department: code("ROADS"),
        stance: Stance::Support,
        reasons: text("The bridges hold"),
    };
    assert!(by(&both, "BRIDGES", say()).is_ok(), "it speaks for the seat, too");
    assert!(by(&both, "TUNNELS", say()).is_err());
    let second = followed_by(both.clone(), [Event::DepartureRecorded { department: code("BRIDGES") }]);
    assert_eq!(cast_by(&by(&second, "TUNNELS", vote("ROADS")).unwrap()), Some("TUNNELS"));
    let filled = followed_by(both, [arrived("ROADS")]);
    assert!(by(&filled, "BRIDGES", vote("ROADS")).is_err(), "the seat is filled");
}

#[test]
fn a_substitute_takes_one_place_and_who_decides_takes_none() {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.voters[1].substitutes = vec![code("BRIDGES"), code("TUNNELS")];
    agenda.constitution.voters[2].substitutes = vec![code("WATER"), code("BRIDGES"), code("TUNNELS")];
    let voting = [opened(), topic_opened(1), proposed(1), ballot_opened(1, 1, Tie::Rejects)];
    let with = |there: &[&str]| {
        let arrivals = there.iter().map(|department| arrived(department));
        followed_by(followed_by(vec![Event::Prepared { agenda: agenda.clone() }], arrivals), voting.clone())
    };
    let two = with(&["WATER", "BRIDGES"]);
    assert_eq!(cast_by(&by(&two, "BRIDGES", vote("ROADS")).unwrap()), Some("BRIDGES"));
    for department in ["WATER", "BRIDGES"] {
        let refused = by(&two, department, vote("HEALTH"));
        assert!(matches!(refused, Err(Rejection::NotYourDepartment { .. })), "{department}: {refused:?}");
    }
    let three = with(&["WATER", "BRIDGES", "TUNNELS"]);
    assert_eq!(cast_by(&by(&three, "TUNNELS", vote("HEALTH")).unwrap()), Some("TUNNELS"), "the next one");
    let filled = followed_by(two.clone(), [arrived("ROADS")]);
    assert_eq!(
        cast_by(&by(&filled, "BRIDGES", vote("HEALTH")).unwrap()),
        Some("BRIDGES"),
        "it is free again"
    );
    let cast = by(&two, "BRIDGES", vote("ROADS")).unwrap();
    let voted = followed_by(followed_by(two, cast), [arrived("ROADS")]);
    let refused = by(&voted, "BRIDGES", vote("HEALTH"));
    assert!(matches!(refused, Err(Rejection::TooManyMandates { max: 1, .. })), "{refused:?}");
    let replaced = by(&voted, "ROADS", vote("ROADS")).unwrap();
    assert!(by(&followed_by(voted, replaced), "BRIDGES", vote("HEALTH")).is_ok(), "ROADS votes for itself");
}

#[test]
fn a_docket_is_opened_with_substitutes_and_nobody_counts_for_two() {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.rule.quorum = Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 1 };
    agenda.constitution.voters[1].substitutes = vec![code("BRIDGES"), code("TUNNELS")];
    agenda.constitution.voters[2].substitutes = vec![code("BRIDGES"), code("WATER")];
    let with = |there: &[&str]| {
        let arrivals = there.iter().map(|department| arrived(department));
        let history = followed_by(vec![Event::Prepared { agenda: agenda.clone() }], arrivals);
        match given::<Docket>(&history).by(of("WATER")).when(Command::Open) {
            Ok(events) => match &events[..] {
                [Event::Opened { present, .. }] => (*present, true),
                other => panic!("{other:?}"),
            },
            Err(Rejection::NoQuorum { present, .. }) => (present, false),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(with(&["WATER", "HEALTH"]), (2, false));
    assert_eq!(with(&["WATER", "HEALTH", "TUNNELS"]), (3, true), "the first substitute that is there");
    assert_eq!(with(&["WATER", "BRIDGES"]), (2, false), "one for two seats counts once");
    assert_eq!(with(&["WATER", "BRIDGES", "ROADS"]), (3, true));
    assert_eq!(with(&["WATER", "ROADS"]), (2, false), "who decides itself counts for nobody else");
}

#[test]
fn what_can_happen_next_has_the_vote_of_whoever_takes_a_place() {
    use crate::deliberation::docket::next::steps;
    let by_whom = |history: &[Event], rpc: &str| {
        let state = Docket::fold(State::Absent, history);
        let all = steps(&state, &[].into(), at("2027-03-01T01:10:00Z"), &calendar());
        let found = all.into_iter().find(|step| step.rpc == rpc && step.topic == Some(1)).expect("a step");
        found.by.into_iter().filter_map(|who| who.department).map(|code| code.to_string()).collect::<Vec<_>>()
    };
    let both = followed_by(without_roads(0), ["BRIDGES", "TUNNELS"].map(arrived));
    assert_eq!(by_whom(&both, "CastVote"), ["WATER", "HEALTH", "BRIDGES"]);
    let filled = followed_by(both, [arrived("ROADS")]);
    assert_eq!(by_whom(&filled, "CastVote"), ["WATER", "ROADS", "HEALTH"]);
    // What is drafted can be revised and dropped, and not once it is voted on.
    let debated = followed_by(in_session(), [proposed(1), drafted(draft())]);
    assert_eq!(by_whom(&debated, "ReviseItem"), ["WATER", "WATER", "OFFICE"]);
    assert_eq!(by_whom(&debated, "DropItem"), ["WATER", "WATER", "OFFICE"]);
    let voting = followed_by(debated, [ballot_opened(1, 1, Tie::Rejects)]);
    assert_eq!(by_whom(&voting, "ReviseItem"), Vec::<String>::new());
}
