use super::*;
use crate::Actor;
use crate::testing::{code, given};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn moment(at: &str) -> Timestamp {
    at.parse().unwrap()
}

fn subject() -> Subject {
    Subject {
        resolution: Uuid::from_u128(1),
        number: Line::parse("JC-2027-0001/1").unwrap(),
        title: Line::parse("排水泵站改造").unwrap(),
        lead: code("WATER"),
        co_responsible: vec![code("HOUSING")],
        due_on: "2027-03-31".parse().unwrap(),
        due_at: moment("2027-03-31T16:00:00Z"),
        acknowledge_by: moment("2027-03-04T16:00:00Z"),
        zone: Zone::named("Asia/Shanghai").unwrap(),
    }
}

fn planned() -> Vec<Event> {
    let plan = Command::Plan { subject: subject(), ladder: Ladder::default() };
    given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap()
}

/// Adds what a command leads to at a moment.
fn then(mut history: Vec<Event>, at: &str, command: Command) -> Vec<Event> {
    let events = given::<FollowUp>(&history).at(at).when(command).unwrap();
    history.extend(events);
    history
}

/// What happens when deadlines are checked at a moment, in words.
fn checked(history: &[Event], at: &str) -> Vec<String> {
    let events = given::<FollowUp>(history).at(at).when(Command::CheckDeadlines).unwrap();
    events
        .iter()
        .map(|event| match event {
            Event::Reminded { days_before, .. } => format!("reminded {days_before}"),
            Event::Skipped { days_before, .. } => format!("skipped {days_before}"),
            Event::AcknowledgementOverdue { .. } => "unacknowledged".to_owned(),
            Event::Overdue { days_late, .. } => format!("overdue {days_late}"),
            Event::Escalated { tier, days_late, .. } => format!("{tier:?} {days_late}"),
            other => format!("{other:?}"),
        })
        .collect()
}

fn next_deadline(history: &[Event]) -> Option<Timestamp> {
    FollowUp::fold(State::default(), history).next_deadline()
}

#[test]
fn each_rung_happens_once_in_its_time() {
    let mut history = planned();
    let mut seen = Vec::new();
    while let Some(at) = next_deadline(&history) {
        let at = at.to_string();
        seen.extend(checked(&history, &at));
        history = then(history, &at, Command::CheckDeadlines);
        assert_eq!(checked(&history, &at), Vec::<String>::new(), "a second check finds nothing");
    }
    assert_eq!(
        seen,
        [
            "unacknowledged",
            "reminded 7",
            "reminded 3",
            "reminded 1",
            "overdue 0",
            "Supervisor 3",
            "Leadership 7"
        ]
    );
}

/// On 28 March 2027 clocks in Berlin are put forward: that day has 23 hours.
#[test]
fn days_are_calendar_days_of_the_zone_also_when_clocks_are_changed() {
    let subject = Subject {
        due_on: "2027-03-27".parse().unwrap(),
        due_at: moment("2027-03-27T22:59:59.999999Z"),
        zone: Zone::named("Europe/Berlin").unwrap(),
        ..subject()
    };
    let plan = Command::Plan { subject, ladder: Ladder::default() };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let mut history = then(history, "2027-03-02T02:00:00Z", Command::Acknowledge);
    let mut happened = Vec::new();
    while let Some(at) = next_deadline(&history) {
        let at = at.to_string();
        happened.extend(checked(&history, &at).into_iter().map(|what| format!("{what} at {at}")));
        history = then(history, &at, Command::CheckDeadlines);
    }
    assert_eq!(
        happened,
        [
            "reminded 7 at 2027-03-20T22:59:59.999999Z",
            "reminded 3 at 2027-03-24T22:59:59.999999Z",
            "reminded 1 at 2027-03-26T22:59:59.999999Z",
            "overdue 0 at 2027-03-27T22:59:59.999999Z",
            "Supervisor 3 at 2027-03-30T21:59:59.999999Z",
            "Leadership 7 at 2027-04-03T21:59:59.999999Z",
        ]
    );
}

#[test]
fn a_clock_that_jumps_sends_the_last_reminder_and_every_escalation() {
    let history = then(planned(), "2027-03-02T02:00:00Z", Command::Acknowledge);
    assert_eq!(checked(&history, "2027-03-29T02:00:00Z"), ["skipped 7", "reminded 3"]);
    assert_eq!(
        checked(&history, "2027-04-09T02:00:00Z"),
        ["skipped 7", "skipped 3", "skipped 1", "overdue 8", "Supervisor 8", "Leadership 8"]
    );
}

#[test]
fn the_clock_stops_while_a_claim_is_judged() {
    let claimed = then(planned(), "2027-03-30T02:00:00Z", Command::Claim);
    assert_eq!(next_deadline(&claimed), None);
    assert_eq!(checked(&claimed, "2027-04-20T02:00:00Z"), Vec::<String>::new());
    let returned = then(claimed.clone(), "2027-04-01T02:00:00Z", Command::Return);
    assert!(checked(&returned, "2027-04-01T02:00:00Z").contains(&"overdue 0".to_owned()));
    let satisfied = then(claimed, "2027-04-01T02:00:00Z", Command::Satisfy);
    assert_eq!(next_deadline(&satisfied), None);
    let too_late = then(satisfied.clone(), "2027-04-02T02:00:00Z", Command::Return);
    assert_eq!(too_late, satisfied, "what comes after the end changes nothing");
}

#[test]
fn an_extension_plans_the_ladder_again_and_keeps_what_happened() {
    let late = then(planned(), "2027-04-04T02:00:00Z", Command::CheckDeadlines);
    let late = then(late, "2027-04-04T16:00:00Z", Command::CheckDeadlines);
    let replan = Command::Replan {
        due_on: "2027-04-10".parse().unwrap(),
        due_at: moment("2027-04-10T16:00:00Z"),
        cause: Cause::Extension,
    };
    let history = then(late, "2027-04-05T02:00:00Z", replan.clone());
    let state = FollowUp::fold(State::default(), &history);
    let item = state.followed_item().unwrap();
    assert_eq!((item.extensions, item.escalated), (1, None));
    assert!(item.fired.iter().any(|rung| rung.kind == RungKind::Supervisor));
    let to_come: Vec<(RungKind, u32)> = item.pending.iter().map(|rung| (rung.kind, rung.days)).collect();
    assert_eq!(
        to_come,
        [
            (RungKind::Reminder, 3),
            (RungKind::Reminder, 1),
            (RungKind::Overdue, 0),
            (RungKind::Supervisor, 3),
            (RungKind::Leadership, 7)
        ],
        "the reminder of 7 days before is in the past already"
    );
    assert_eq!(then(history.clone(), "2027-04-05T02:00:00Z", replan), history);
}

#[test]
fn a_contest_stops_the_time_to_acknowledge_until_it_is_ruled_on() {
    let contested = then(planned(), "2027-03-02T02:00:00Z", Command::Contest);
    assert_eq!(checked(&contested, "2027-03-06T02:00:00Z"), Vec::<String>::new());
    let ruling =
        Command::ResolveContest { lead: code("HOUSING"), acknowledge_by: moment("2027-03-10T16:00:00Z") };
    let ruled = then(contested, "2027-03-06T02:00:00Z", ruling);
    let overdue = given::<FollowUp>(&ruled).at("2027-03-11T02:00:00Z").when(Command::CheckDeadlines).unwrap();
    assert!(
        matches!(&overdue[..], [Event::AcknowledgementOverdue { rung: 8, lead, .. }] if *lead == code("HOUSING"))
    );
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Plan { subject: subject(), ladder: Ladder::default() }),
        Just(Command::Acknowledge),
        Just(Command::Contest),
        Just(Command::ResolveContest {
            lead: code("HOUSING"),
            acknowledge_by: moment("2027-03-20T00:00:00Z")
        }),
        Just(Command::Block { help_from: code("FINANCE") }),
        Just(Command::Unblock),
        Just(Command::Claim),
        Just(Command::Return),
        (1..90i64, any::<bool>()).prop_map(|(days, extended)| {
            let due_at = subject().due_at + jiff::SignedDuration::from_hours(24 * days);
            let due_on = jiff::tz::TimeZone::UTC.to_datetime(due_at).date();
            let cause = if extended { Cause::Extension } else { Cause::Reopening };
            Command::Replan { due_on, due_at, cause }
        }),
        Just(Command::Satisfy),
        Just(Command::Cancel),
    ]
}

/// Every second command checks deadlines.
fn with_checks(commands: impl Strategy<Value = Command>) -> impl Strategy<Value = Command> {
    prop_oneof![commands, Just(Command::CheckDeadlines)]
}

fn rung_of(event: &Event) -> Option<u32> {
    match event {
        Event::Reminded { rung, .. }
        | Event::AcknowledgementOverdue { rung, .. }
        | Event::Overdue { rung, .. }
        | Event::Escalated { rung, .. }
        | Event::Skipped { rung, .. } => Some(*rung),
        _ => None,
    }
}

proptest! {
    /// Whatever becomes of the item, and however the clock moves on: no rung happens twice or before its
    /// time, and after a check of deadlines nothing is left that should have happened.
    #[test]
    fn no_rung_happens_twice(life in proptest::collection::vec((with_checks(commands()), 0..20_000i64), 0..60)) {
        let mut at = moment("2027-03-01T02:00:00Z");
        let mut state = State::default();
        let mut happened = BTreeSet::new();
        for (command, minutes) in life {
            at += jiff::SignedDuration::from_mins(minutes);
            let issued = Issued { at, by: Actor::process("test") };
            let checked = command == Command::CheckDeadlines;
            let Ok(events) = FollowUp::decide(&state, command, &issued) else { continue };
            for event in &events {
                if let Some(number) = rung_of(event) {
                    prop_assert!(happened.insert(number), "rung {} twice", number);
                    let rung = state.followed_item().and_then(|item| item.pending.iter().find(|rung| rung.number == number));
                    prop_assert!(rung.is_some_and(|rung| rung.due_at <= at));
                }
                state = FollowUp::evolve(state, event);
            }
            let Some(item) = state.followed_item() else { continue };
            if checked {
                prop_assert!(state.next_deadline().is_none_or(|next| next > at));
            }
            if item.is_closed() {
                prop_assert!(item.pending.is_empty() && state.next_deadline().is_none());
            }
            prop_assert!(item.pending.iter().all(|rung| !happened.contains(&rung.number)));
            prop_assert!(item.pending.windows(2).all(|pair| pair[0].due_at <= pair[1].due_at));
        }
    }
}
