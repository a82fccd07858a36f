use super::*;
use crate::decision_rule::{DecisionRule, Method, Quorum, Tie};
use crate::testing::{self, actor, code, given, line, seat, text};
use crate::{Actor, Refusal};
use jiff::civil::date;
use proptest::prelude::*;

/// WATER chairs, WATER and ROADS decide, the clerks of OFFICE act.
fn charter() -> Charter {
    Charter {
        name: line("Flood control"),
        deputies: vec![code("ROADS")],
        secretariat: vec![code("OFFICE")],
        ..testing::charter(&["WATER", "ROADS"])
    }
}

fn define(charter: Charter) -> Command {
    let answered_for = named(&charter);
    Command::Define { body: code("FLOOD"), charter, answered_for }
}

fn change(charter: Charter) -> Command {
    let answered_for = named(&charter);
    Command::Change { charter, reason: text("Decided by the city council on 1 March"), answered_for }
}

fn defined() -> Event {
    Event::Defined { body: code("FLOOD"), charter: charter(), pending: vec![], pending_offices: vec![] }
}

fn seated(charter: &Charter) -> BTreeSet<Code> {
    charter.seats.iter().map(|seat| seat.department.clone()).collect()
}

/// Everybody whom a charter names.
fn named(charter: &Charter) -> BTreeSet<Code> {
    let offices = charter.offices().into_iter().map(|office| office.department);
    seated(charter).into_iter().chain(offices).collect()
}

fn accept(department: &str) -> Command {
    Command::AcceptSeat { department: code(department) }
}

/// The departments that vote in a version.
fn voters(history: &[Event]) -> Vec<Code> {
    let state = Body::fold(State::default(), history);
    let constitution = state.version().unwrap().constitution(MatterClass::Ordinary, date(2027, 3, 1));
    constitution.voters.into_iter().map(|voter| voter.department).collect()
}

#[test]
fn a_seat_counts_once_its_department_has_accepted_it() {
    let own = BTreeSet::from([code("OFFICE"), code("WATER")]);
    let first = given::<Body>(&[]).by(clerk()).when(define(charter()).answering_for(own)).unwrap();
    let pending_offices = vec![Office { department: code("ROADS"), function: Function::Deputy }];
    let pending = Event::Defined {
        body: code("FLOOD"),
        charter: charter(),
        pending: vec![code("ROADS")],
        pending_offices,
    };
    assert_eq!(first, [pending]);
    assert_eq!(voters(&first), [code("WATER")]);
    let state = Body::fold(State::default(), &first);
    assert!(!state.version().unwrap().may_vote(&code("ROADS")));

    for stranger in [clerk(), actor("li", "WATER", Role::Clerk), actor("wang", "ROADS", Role::Delegate)] {
        let refused = given::<Body>(&first).by(stranger.clone()).when(accept("ROADS")).unwrap_err();
        assert_eq!(refused.reason(), "NOT_YOUR_DEPARTMENT", "{stranger:?}");
    }
    let lead = || actor("wang", "ROADS", Role::DepartmentLead);
    let accepted = given::<Body>(&first).by(lead()).when(accept("ROADS")).unwrap();
    assert_eq!(accepted, [Event::SeatAccepted { version: 2, department: code("ROADS") }]);
    let both = [&first[..], &accepted[..]].concat();
    assert_eq!(voters(&both), [code("WATER"), code("ROADS")]);
    assert_eq!(given::<Body>(&both).by(lead()).when(accept("ROADS")), Ok(vec![]), "already so");
    let guest = given::<Body>(&both).by(actor("zhao", "METRO", Role::Clerk)).when(accept("METRO"));
    assert_eq!(guest.unwrap_err().reason(), "NO_SUCH_SEAT");
    let early = given::<Body>(&[]).by(lead()).when(accept("ROADS"));
    assert_eq!(early, Err(Rejection::NotFound { what: "body" }));
}

/// ROADS chairs, DRAINAGE and METRO deputize, METRO convenes, and PRESS takes the place of WATER. OFFICE answers for none of
/// them.
fn with_offices() -> Charter {
    let seat = Seat { substitutes: vec![code("PRESS")], ..seat("WATER", Standing::Decides) };
    Charter {
        seats: vec![seat],
        chair: code("ROADS"),
        deputies: vec![code("DRAINAGE"), code("METRO")],
        convenors: vec![code("METRO")],
        ..charter()
    }
}

fn version(history: &[Event]) -> Version {
    Body::fold(State::default(), history).version().expect("it is defined").clone()
}

#[test]
fn whoever_is_named_for_something_has_it_once_they_accepted_it() {
    let own = BTreeSet::from([code("OFFICE"), code("WATER")]);
    let mut history = given::<Body>(&[]).by(clerk()).when(define(with_offices()).answering_for(own)).unwrap();
    let led_by = |history: &[Event]| {
        let now = version(history).constitution(MatterClass::Ordinary, date(2027, 3, 1));
        (now.chair.to_string(), now.deputies.iter().map(Code::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        led_by(&history),
        ("OFFICE".into(), vec![]),
        "the secretariat, while nobody has accepted the chair"
    );
    let now = version(&history).in_effect();
    assert!(now.convenors.is_empty() && now.seats[0].substitutes.is_empty(), "{now:?}");
    let mut accept = |department: &str| {
        let by = actor("li", department, Role::DepartmentLead);
        let accepted = given::<Body>(&history).by(by).when(super::tests::accept(department)).unwrap();
        history.extend(accepted);
        history.clone()
    };
    assert_eq!(led_by(&accept("METRO")), ("METRO".into(), vec![]), "a deputy who accepted");
    assert_eq!(led_by(&accept("DRAINAGE")), ("DRAINAGE".into(), vec!["METRO".into()]));
    assert_eq!(led_by(&accept("ROADS")), ("ROADS".into(), vec!["DRAINAGE".into(), "METRO".into()]));
    let now = version(&accept("PRESS")).in_effect();
    assert_eq!((now.convenors, &now.seats[0].substitutes), (vec![code("METRO")], &vec![code("PRESS")]));
    assert!(version(&history).pending_offices.is_empty());
}

#[test]
fn who_has_a_seat_is_asked_again_for_the_chair() {
    let own = BTreeSet::from([code("OFFICE")]);
    let taken = Charter { chair: code("ROADS"), deputies: vec![], ..charter() };
    let changed = given::<Body>(&[defined()]).by(clerk()).when(change(taken).answering_for(own)).unwrap();
    let history = [&[defined()][..], &changed[..]].concat();
    let now = version(&history);
    assert!(now.may_vote(&code("ROADS")) && !now.holds(&code("ROADS"), Function::Chair));
    assert_eq!(now.in_effect().chair, code("OFFICE"));
    let issued = crate::Issued {
        at: crate::testing::at("2027-03-01T01:00:00Z"),
        by: actor("li", "ROADS", Role::Clerk),
    };
    let state = Body::fold(State::default(), &history);
    assert_eq!(made_by(&state, &accept("ROADS"), &issued).unwrap().in_effect().chair, code("ROADS"));
}

#[test]
fn a_change_keeps_what_was_accepted_and_asks_whoever_is_new() {
    let nobody = || BTreeSet::new();
    let larger =
        Charter { seats: [charter().seats, vec![seat("METRO", Standing::Decides)]].concat(), ..charter() };
    let changed =
        given::<Body>(&[defined()]).by(clerk()).when(change(larger).answering_for(nobody())).unwrap();
    let history = [&[defined()][..], &changed[..]].concat();
    assert_eq!(voters(&history), [code("WATER"), code("ROADS")]);
    // Who left and is seated again is asked again.
    let smaller = Charter { seats: vec![seat("WATER", Standing::Decides)], ..charter() };
    let left = given::<Body>(&history).by(clerk()).when(change(smaller).answering_for(nobody())).unwrap();
    let history = [&history[..], &left[..]].concat();
    let back = given::<Body>(&history).by(clerk()).when(change(charter()).answering_for(nobody())).unwrap();
    let history = [&history[..], &back[..]].concat();
    assert_eq!(voters(&history), [code("WATER")]);
}

proptest! {
    /// Whatever clerks of the secretariat do, nobody votes who was not asked: whoever does was put there by somebody who
    /// answers for them, or accepted the seat that they have.
    #[test]
    fn nobody_votes_who_was_not_asked(life in prop::collection::vec((0..3_u8, 0..16_u8, 0..16_u8), 1..20)) {
        let names = ["A", "B", "C", "D"];
        let chosen = |bits: u8| names.iter().enumerate().filter(move |(nth, _)| bits >> nth & 1 == 1);
        let (mut history, mut asked) = (Vec::new(), BTreeSet::new());
        for (action, seats, answered_for) in life {
            let seats: Vec<Seat> = chosen(seats).map(|(_, name)| seat(name, Standing::Decides)).collect();
            let charter = Charter { seats, ..charter() };
            let answered_for: BTreeSet<Code> = chosen(answered_for).map(|(_, name)| code(name)).collect();
            let own = names[usize::from(action) % names.len()];
            let (command, by) = match action {
                0 => (define(charter).answering_for(answered_for.clone()), clerk()),
                1 => (change(charter).answering_for(answered_for.clone()), clerk()),
                _ => (accept(own), actor("li", own, Role::Clerk)),
            };
            let Ok(events) = given::<Body>(&history).by(by).when(command) else { continue };
            for event in &events {
                match event {
                    Event::Defined { charter, .. } | Event::Changed { charter, .. } => {
                        let seated = seated(charter);
                        asked.retain(|department| seated.contains(department));
                        asked.extend(answered_for.intersection(&seated).cloned());
                    }
                    Event::SeatAccepted { department, .. } => {
                        asked.insert(department.clone());
                    }
                }
            }
            history.extend(events);
            if !history.is_empty() {
                prop_assert_eq!(voters(&history).into_iter().collect::<BTreeSet<_>>(), asked.clone());
            }
        }
    }
}

fn clerk() -> Actor {
    actor("wen", "OFFICE", Role::Clerk)
}

#[test]
fn a_body_is_defined_once_and_each_change_is_another_version() {
    let first = given::<Body>(&[]).by(clerk()).when(define(charter())).unwrap();
    assert_eq!(first, [defined()]);
    assert_eq!(given::<Body>(&first).by(clerk()).when(define(charter())), Ok(vec![]));
    let larger = Charter { chair: code("ROADS"), ..charter() };
    assert_eq!(
        given::<Body>(&first).by(clerk()).when(define(larger.clone())),
        Err(Rejection::DuplicateBody { body_code: code("FLOOD") })
    );
    let changed = given::<Body>(&first).by(clerk()).when(change(larger.clone())).unwrap();
    let state = Body::fold(State::default(), first.iter().chain(&changed));
    let version = state.version().unwrap();
    assert_eq!((version.number, &version.charter, &version.body), (2, &larger, &code("FLOOD")));
    assert_eq!(given::<Body>(&first).by(clerk()).when(change(charter())), Ok(vec![]), "nothing is different");
    assert_eq!(
        given::<Body>(&[]).by(clerk()).when(change(charter())),
        Err(Rejection::NotFound { what: "body" })
    );
}

#[test]
fn only_the_clerks_of_its_secretariat_define_and_change_it() {
    let everybody = [
        (clerk(), true),
        (actor("wen", "OFFICE", Role::Chair), false),
        (actor("li", "WATER", Role::Clerk), false),
        (actor("li", "METRO", Role::Clerk), false),
        (Actor { department: None, ..clerk() }, false),
    ];
    for (who, may) in everybody {
        let defining = given::<Body>(&[]).by(who.clone()).when(define(charter()));
        let other = Charter { chair: code("ROADS"), ..charter() };
        let changing = given::<Body>(&[defined()]).by(who.clone()).when(change(other));
        for refused in [defining.err(), changing.err()] {
            assert_eq!(refused.map(|why| why.reason()), (!may).then_some("NOT_YOUR_DEPARTMENT"), "{who:?}");
        }
    }
    let operator = Actor { department: None, ..actor("op", "OFFICE", Role::Operator) };
    assert_eq!(given::<Body>(&[]).by(operator.clone()).when(define(charter())), Ok(vec![defined()]));
    let seized = Charter { secretariat: vec![code("METRO")], ..charter() };
    assert_eq!(
        given::<Body>(&[defined()]).by(operator).when(change(seized)).unwrap_err().reason(),
        "NOT_YOUR_DEPARTMENT",
        "an operator only sets up"
    );
}

#[test]
fn a_body_that_could_not_meet_or_decide_is_refused() {
    let refused = |change: fn(&mut Charter)| {
        let mut charter = charter();
        change(&mut charter);
        given::<Body>(&[]).by(clerk()).when(define(charter)).map_err(|why| why.reason()).unwrap_err()
    };
    fn rule(class: MatterClass) -> DecisionRule {
        DecisionRule::default_for(class)
    }
    assert_eq!(refused(|it| it.seats.clear()), "NO_DECIDING_SEAT");
    assert_eq!(
        refused(|it| it.seats.iter_mut().for_each(|seat| seat.standing = Standing::Advises)),
        "NO_DECIDING_SEAT"
    );
    assert_eq!(refused(|it| it.seats.push(seat("WATER", Standing::Observes))), "DUPLICATE_SEAT");
    assert_eq!(
        refused(|it| it.seats =
            (0..=charter::SEATS_MAX).map(|n| seat(&n.to_string(), Standing::Decides)).collect()),
        "TOO_MANY_ENTRIES"
    );
    assert_eq!(refused(|it| it.deputies = vec![code("ROADS"), code("ROADS")]), "DUPLICATE_ENTRY");
    assert_eq!(refused(|it| it.seats[0].weight = 0), "WEIGHT_OUT_OF_RANGE");
    assert_eq!(
        refused(|it| it
            .seats
            .push(Seat { vetoes: vec![MatterClass::Ordinary], ..seat("PRESS", Standing::Advises) })),
        "VETO_WITHOUT_VOTE"
    );
    assert_eq!(
        refused(|it| {
            it.seats[0].since_on = Some(Date::constant(2027, 3, 2));
            it.seats[0].until_on = Some(Date::constant(2027, 3, 1));
        }),
        "SEAT_ENDS_TOO_EARLY"
    );
    assert_eq!(refused(|it| it.meeting_rules.duration_minutes_max = 0), "LIMIT_OUT_OF_RANGE");
    assert_eq!(
        refused(|it| it.decision_rules = vec![rule(MatterClass::Personnel), rule(MatterClass::Personnel)]),
        "DUPLICATE_CLASS"
    );
    assert_eq!(
        refused(|it| {
            let quorum = Quorum { numerator: 0, ..rule(MatterClass::Ordinary).quorum };
            it.decision_rules = vec![DecisionRule { quorum, ..rule(MatterClass::Ordinary) }];
        }),
        "QUORUM_SHARE_OUT_OF_RANGE"
    );
    assert_eq!(
        refused(|it| {
            let method = Method::QualifiedMajority { numerator: 1, denominator: 100 };
            it.decision_rules = vec![DecisionRule { method, ..rule(MatterClass::Ordinary) }];
        }),
        "SHARE_OUT_OF_RANGE"
    );
    assert_eq!(
        refused(|it| {
            it.decision_rules = vec![DecisionRule { ballots_per_version: 6, ..rule(MatterClass::Ordinary) }];
        }),
        "BALLOTS_OUT_OF_RANGE"
    );
}

#[test]
fn a_class_without_a_rule_is_decided_as_ordinary_matters_are() {
    let consensus =
        DecisionRule { method: Method::Consensus, ..DecisionRule::default_for(MatterClass::Ordinary) };
    let two_thirds = Method::QualifiedMajority { numerator: 2, denominator: 3 };
    let personnel = DecisionRule { method: two_thirds, ..DecisionRule::default_for(MatterClass::Personnel) };
    let charter = Charter { decision_rules: vec![consensus, personnel], ..charter() };
    let method = |class| charter.decision_rule(class).method;
    assert_eq!(method(MatterClass::Personnel), two_thirds);
    assert_eq!(method(MatterClass::Important), Method::Consensus);
    assert_eq!(charter.decision_rule(MatterClass::Important).class, MatterClass::Important);
}

#[test]
fn a_seat_is_held_from_its_first_day_to_its_last() {
    let days = [1, 2, 3, 4].map(|day| Date::constant(2027, 3, day));
    let seat = Seat { since_on: Some(days[1]), until_on: Some(days[2]), ..seat("WATER", Standing::Decides) };
    let charter = Charter { seats: vec![seat], ..charter() };
    assert_eq!(days.map(|day| charter.seat(&code("WATER"), day).is_some()), [false, true, true, false]);
    assert_eq!(days.map(|day| charter.deciding(day).count()), [0, 1, 1, 0]);
}

#[test]
fn secret_ballots_whose_result_would_show_how_somebody_voted_are_refused() {
    let refused = |change: fn(&mut Charter, &mut DecisionRule)| {
        let mut charter = Charter { decision_rules: vec![], ..charter() };
        charter.seats.iter_mut().for_each(|seat| (seat.weight, seat.vetoes) = (2, vec![]));
        let mut rule = DecisionRule::default_for(MatterClass::Ordinary);
        rule.voting.secret_ballots = true;
        change(&mut charter, &mut rule);
        charter.decision_rules.push(rule);
        match given::<Body>(&[]).by(clerk()).when(define(charter)) {
            Ok(_) => "nothing",
            Err(Rejection::SecrecyImpossible { field, .. }) => field,
            Err(other) => other.reason(),
        }
    };
    assert_eq!(refused(|_, _| ()), "nothing", "of one weight, whatever it is");
    assert_eq!(refused(|_, rule| rule.method = Method::ChairDecides), "method");
    assert_eq!(refused(|_, rule| rule.method = Method::Silence), "method");
    assert_eq!(refused(|_, rule| rule.tie = Tie::ChairDecides), "tie");
    assert_eq!(refused(|charter, _| charter.seats[0].weight = 3), "weight");
    // A class without a rule of its own is decided like ordinary matters.
    assert_eq!(refused(|charter, _| charter.seats[0].vetoes = vec![MatterClass::Personnel]), "vetoes");
}

#[test]
fn an_emergency_plan_calls_seats_that_can_decide_in_time() {
    let plan = || EmergencyPlan {
        code: code("FLOOD-1"),
        name: line("Flood"),
        departments: vec![code("WATER"), code("ROADS")],
        substitutes: vec![],
        acknowledge_minutes: 10,
        decide_minutes: 120,
    };
    let refused = |plans: Vec<EmergencyPlan>| {
        let charter = Charter { emergency_plans: plans, ..charter() };
        given::<Body>(&[]).by(clerk()).when(define(charter)).map(|_| ()).map_err(|refused| refused.reason())
    };
    assert_eq!(refused(vec![plan()]), Ok(()));
    assert_eq!(refused(vec![plan(), plan()]), Err("DUPLICATE_PLAN"));
    assert_eq!(
        refused(vec![plan(), EmergencyPlan { code: code("flood-１"), ..plan() }]),
        Err("DUPLICATE_PLAN")
    );
    assert_eq!(
        refused(vec![EmergencyPlan { decide_minutes: 0, ..plan() }]),
        Err("PLAN_MINUTES_OUT_OF_RANGE")
    );
    let stranger = vec![code("WATER"), code("METRO")];
    assert_eq!(refused(vec![EmergencyPlan { departments: stranger, ..plan() }]), Err("NO_SEAT_TO_CALL"));
    let twice = vec![code("WATER"), code("WATER")];
    assert_eq!(refused(vec![EmergencyPlan { departments: twice, ..plan() }]), Err("DUPLICATE_ENTRY"));
    assert_eq!(refused(vec![EmergencyPlan { departments: vec![], ..plan() }]), Err("PLAN_WITHOUT_QUORUM"));
    let instead = |department: &str, substitutes: &[&str]| PlanSubstitutes {
        department: code(department),
        substitutes: substitutes.iter().map(|substitute| code(substitute)).collect(),
    };
    let by = |substitutes| refused(vec![EmergencyPlan { substitutes, ..plan() }]);
    assert_eq!(by(vec![instead("ROADS", &["METRO", "PARKS"])]), Ok(()));
    assert_eq!(by(vec![instead("METRO", &["PARKS"])]), Err("NO_PLACE_TO_TAKE"));
    assert_eq!(by(vec![instead("ROADS", &[]), instead("ROADS", &["METRO"])]), Err("DUPLICATE_ENTRY"));
    assert_eq!(by(vec![instead("ROADS", &["METRO", "METRO"])]), Err("DUPLICATE_ENTRY"));
}
