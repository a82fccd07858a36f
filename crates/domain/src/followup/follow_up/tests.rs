use super::*;
use crate::Actor;
use crate::calendar::WorkingCalendar;
use crate::followup::ladder::Unit;
use crate::testing::{code, given};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn moment(at: &str) -> Timestamp {
    at.parse().unwrap()
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn subject() -> Subject {
    Subject {
        resolution: Uuid::from_u128(1),
        body: None,
        number: Line::parse("JC-2027-0001/1").unwrap(),
        title: Line::parse("排水泵站改造").unwrap(),
        lead: code("WATER"),
        co_responsible: vec![code("HOUSING")],
        due_on: "2027-03-31".parse().unwrap(),
        due_at: moment("2027-03-31T15:59:59.999999Z"),
        acknowledge_by: moment("2027-03-04T15:59:59.999999Z"),
        zone: Zone::named("Asia/Shanghai").unwrap(),
    }
}

fn planned() -> Vec<Event> {
    let plan = Command::Plan { subject: subject(), ladder: Ladder::default(), calendar: calendar() };
    given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap()
}

fn check() -> Command {
    Command::CheckDeadlines { calendar: calendar() }
}

fn moved(due_on: &str, due_at: &str) -> Option<Moved> {
    Some(Moved {
        due_on: due_on.parse().unwrap(),
        due_at: moment(due_at),
        first_due: None,
        acknowledge_by: None,
    })
}

/// Adds what a command leads to at a moment.
fn then(mut history: Vec<Event>, at: &str, command: Command) -> Vec<Event> {
    let events = given::<FollowUp>(&history).at(at).when(command).unwrap();
    history.extend(events);
    history
}

/// What happens when deadlines are checked at a moment, in words.
fn checked(history: &[Event], at: &str) -> Vec<String> {
    let events = given::<FollowUp>(history).at(at).when(check()).unwrap();
    events
        .iter()
        .map(|event| match event {
            Event::Reminded { days_before, days_left, .. } => {
                format!("reminded {days_before} with {} left", days_left.unwrap())
            }
            Event::Notified { kind, department, distance, .. } => {
                format!("{kind:?} {distance} to {}", department.as_ref().map_or("supervisor", Code::as_str))
            }
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
        history = then(history, &at, check());
        assert_eq!(checked(&history, &at), Vec::<String>::new(), "a second check finds nothing");
    }
    assert_eq!(
        seen,
        [
            "unacknowledged",
            "reminded 7 with 9 left",
            "reminded 3 with 5 left",
            "reminded 1 with 1 left",
            "overdue 1",
            "Supervisor 5",
            "Leadership 9"
        ]
    );
}

/// What happens when until nobody acts, as it is foretold.
fn happening(mut history: Vec<Event>) -> Vec<String> {
    let state = FollowUp::fold(State::default(), &history);
    let now = moment("2027-03-01T02:00:00Z");
    let foretold = state.upcoming(now, moment("2028-03-01T00:00:00Z"), &calendar());
    let (mut happened, mut events) = (Vec::new(), Vec::new());
    while let Some(at) = next_deadline(&history) {
        let come = given::<FollowUp>(&history).at(&at.to_string()).when(check()).unwrap();
        happened.extend(checked(&history, &at.to_string()).into_iter().map(|what| format!("{what} at {at}")));
        events.extend(come.iter().map(|event| (at, event.clone())));
        history.extend(come);
    }
    assert_eq!(foretold, events, "what was foretold is what happens");
    happened
}

/// On 28 March 2027, a Sunday, clocks in Berlin are put forward; it is due on the Saturday before.
#[test]
fn rungs_are_at_the_beginning_of_working_days_in_the_zone() {
    let easter = ["2027-03-26", "2027-03-29"].map(|date| date.parse().unwrap());
    let berlin = WorkingCalendar::new("Europe/Berlin", calendar().weekend().to_vec(), easter, []).unwrap();
    let subject = Subject {
        due_on: "2027-03-27".parse().unwrap(),
        due_at: moment("2027-03-27T22:59:59.999999Z"),
        zone: berlin.zone().clone(),
        ..subject()
    };
    let plan = Command::Plan { subject, ladder: Ladder::default(), calendar: berlin };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let history = then(history, "2027-03-01T02:00:00Z", Command::Acknowledge { calendar: calendar() });
    assert_eq!(
        happening(history),
        [
            "reminded 7 with 10 left at 2027-03-17T08:00:00Z",
            "reminded 3 with 4 left at 2027-03-23T08:00:00Z",
            "reminded 1 with 2 left at 2027-03-25T08:00:00Z",
            "overdue 3 at 2027-03-30T07:00:00Z",
            "Supervisor 5 at 2027-04-01T07:00:00Z",
            "Leadership 11 at 2027-04-07T07:00:00Z",
        ],
        "Good Friday and Easter Monday are holidays"
    );
}

#[test]
fn an_emergency_counts_in_hours() {
    let ladder =
        Ladder { unit: Unit::Hours, reminders: vec![2], supervisor: 1, leadership: 6, ..Ladder::default() };
    let subject = Subject { due_at: moment("2027-03-01T10:00:00Z"), ..subject() };
    let plan = Command::Plan { subject, ladder, calendar: calendar() };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let history = then(history, "2027-03-01T02:00:00Z", Command::Acknowledge { calendar: calendar() });
    assert_eq!(
        happening(history),
        [
            "reminded 2 with 0 left at 2027-03-01T08:00:00Z",
            "overdue 0 at 2027-03-01T10:00:00Z",
            "Supervisor 0 at 2027-03-01T11:00:00Z",
            "Leadership 1 at 2027-03-01T16:00:00Z",
        ]
    );
}

#[test]
fn reports_are_asked_for_and_silence_is_told() {
    let ladder = Ladder { report: 5, stale: 8, reminders: vec![], ..Ladder::default() };
    let plan = Command::Plan { subject: subject(), ladder, calendar: calendar() };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let history = then(history, "2027-03-01T02:00:00Z", Command::Acknowledge { calendar: calendar() });
    assert_eq!(checked(&history, "2027-03-08T01:00:00Z"), ["Report 5 to WATER"]);
    let reported = then(history.clone(), "2027-03-05T02:00:00Z", Command::Report { calendar: calendar() });
    assert_eq!(checked(&reported, "2027-03-11T02:00:00Z"), Vec::<String>::new());
    assert_eq!(checked(&reported, "2027-03-17T02:00:00Z"), ["Report 8 to WATER", "Stale 8 to supervisor"]);
}

#[test]
fn a_clock_that_jumps_sends_the_last_reminder_and_every_escalation() {
    let history = then(planned(), "2027-03-02T02:00:00Z", Command::Acknowledge { calendar: calendar() });
    assert_eq!(checked(&history, "2027-03-29T02:00:00Z"), ["skipped 7", "reminded 3 with 2 left"]);
    assert_eq!(
        checked(&history, "2027-04-09T02:00:00Z"),
        ["skipped 7", "skipped 3", "skipped 1", "overdue 9", "Supervisor 9", "Leadership 9"]
    );
}

#[test]
fn a_claim_stops_the_clock_and_starts_that_of_the_judge() {
    let claimed = then(planned(), "2027-03-30T02:00:00Z", Command::Claim { calendar: calendar() });
    let name = Command::NameAcceptor { acceptor: Some(code("AUDIT")) };
    let named = then(claimed.clone(), "2027-03-30T03:00:00Z", name);
    assert_eq!(checked(&claimed, "2027-03-31T01:00:00Z"), ["Judgement 1 to supervisor"]);
    assert_eq!(
        checked(&named, "2027-04-20T02:00:00Z"),
        ["Judgement 1 to AUDIT", "Judgement 15 to AUDIT"],
        "and nothing for the lead"
    );
    // Five months later, in the second in which it is returned.
    let due = moved("2027-09-01", "2027-09-01T15:59:59.999999Z");
    let back = Command::Return { due, calendar: calendar() };
    let returned = then(claimed.clone(), "2027-08-31T02:00:00Z", back);
    assert_eq!(checked(&returned, "2027-08-31T02:00:00Z"), Vec::<String>::new());
    assert_eq!(
        checked(&returned, "2027-09-02T01:00:00Z").last().map(String::as_str),
        Some("overdue 1"),
        "the day that was left, and then it is late"
    );
    let satisfied = then(claimed, "2027-04-01T02:00:00Z", Command::Satisfy { calendar: calendar() });
    assert_eq!(next_deadline(&satisfied), None);
    let back = Command::Return { due: None, calendar: calendar() };
    let too_late = then(satisfied.clone(), "2027-04-02T02:00:00Z", back);
    assert_eq!(too_late, satisfied, "what comes after the end changes nothing");
}

#[test]
fn a_result_is_looked_back_at_in_time() {
    let ladder = Ladder { look_back_months: 6, ..Ladder::default() };
    let plan = Command::Plan { subject: subject(), ladder, calendar: calendar() };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let done = then(history, "2027-03-05T02:00:00Z", Command::Satisfy { calendar: calendar() });
    assert_eq!(next_deadline(&done), Some(moment("2027-09-06T01:00:00Z")), "the 5th is a Sunday");
    assert_eq!(checked(&done, "2027-09-06T01:00:00Z"), ["LookBack 6 to supervisor"]);
    assert_eq!(next_deadline(&then(done, "2027-06-01T02:00:00Z", Command::LookBack)), None);
}

#[test]
fn an_extension_plans_the_ladder_again_and_keeps_what_happened() {
    let late = then(planned(), "2027-04-05T02:00:00Z", check());
    let replan = Command::Replan {
        due_on: "2027-04-12".parse().unwrap(),
        due_at: moment("2027-04-12T15:59:59.999999Z"),
        cause: Cause::Extension,
        calendar: calendar(),
    };
    let history = then(late, "2027-04-05T02:00:00Z", replan.clone());
    let state = FollowUp::fold(State::default(), &history);
    let item = state.followed_item().unwrap();
    assert_eq!((item.extensions, item.escalated), (1, None));
    assert_eq!(item.highest_escalation, Some(Tier::Supervisor), "that it was escalated is not wiped");
    assert_eq!(item.first_due_on, subject().due_on);
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
fn what_was_escalated_to_the_leadership_waits_for_an_instruction_each_time_anew() {
    let waits = |history: &[Event]| {
        let state = FollowUp::fold(State::default(), history);
        let item = state.followed_item().unwrap();
        item.escalated == Some(Tier::Leadership) && !item.instructed
    };
    let early = then(planned(), "2027-04-01T02:00:00Z", Command::Instruct);
    let late = then(early, "2027-04-06T02:00:00Z", check());
    assert!(!waits(&late), "the supervisor is told first");
    let late = then(late, "2027-04-12T02:00:00Z", check());
    assert!(waits(&late), "what was said before is not about that");
    let told = then(late, "2027-04-12T03:00:00Z", Command::Instruct);
    let due_at = subject().due_at;
    assert_eq!(told.last(), Some(&Event::Instructed { lead: code("WATER"), due_at }));
    assert!(!waits(&told));
    let ended = then(told.clone(), "2027-04-12T04:00:00Z", Command::Satisfy { calendar: calendar() });
    assert_eq!(
        then(ended.clone(), "2027-04-12T05:00:00Z", Command::Instruct),
        ended,
        "nothing is owed any more"
    );
}

/// Whatever the clock stood still for, and whatever policy counts by now.
#[test]
fn what_has_happened_since_the_due_date_was_agreed_on_does_not_happen_again() {
    let late = then(planned(), "2027-04-02T02:00:00Z", check());
    let late = then(late, "2027-04-02T03:00:00Z", Command::Pause);
    assert_eq!(next_deadline(&late), None);
    let due = moved("2027-04-02", "2027-04-02T15:59:59.999999Z");
    let resumed = then(late, "2027-04-06T02:00:00Z", Command::Resume { due, calendar: calendar() });
    assert_eq!(checked(&resumed, "2027-04-07T01:00:00Z"), ["Supervisor 5"], "it was overdue already");
    let ladder = Ladder { supervisor: 5, leadership: 5, ..Ladder::default() };
    let reproject = Command::Reproject { ladder, calendar: calendar() };
    let again = then(resumed, "2027-04-06T03:00:00Z", reproject.clone());
    assert_eq!(checked(&again, "2027-04-09T01:00:00Z"), ["Supervisor 7", "Leadership 7"]);
    assert_eq!(then(again.clone(), "2027-04-06T03:00:00Z", reproject), again, "nothing else changes");
}

#[test]
fn a_contest_stops_the_clock_until_it_is_ruled_on() {
    let contested = then(planned(), "2027-03-02T02:00:00Z", Command::Contest { calendar: calendar() });
    assert_eq!(
        checked(&contested, "2027-04-20T02:00:00Z"),
        ["Ruling 1 to supervisor", "Ruling 35 to supervisor"],
        "only whoever must rule is told"
    );
    let ruling = Command::ResolveContest {
        lead: code("HOUSING"),
        acknowledge_by: moment("2027-03-10T15:59:59.999999Z"),
        due: moved("2027-04-20", "2027-04-20T15:59:59.999999Z"),
        calendar: calendar(),
    };
    let ruled = then(contested, "2027-03-06T02:00:00Z", ruling);
    let state = FollowUp::fold(State::default(), &ruled);
    assert_eq!(state.followed_item().unwrap().first_due_on, "2027-04-20".parse().unwrap());
    let overdue = given::<FollowUp>(&ruled).at("2027-03-11T02:00:00Z").when(check()).unwrap();
    assert!(
        matches!(&overdue[..], [Event::AcknowledgementOverdue { lead, .. }] if *lead == code("HOUSING")),
        "{overdue:?}"
    );
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Plan { subject: subject(), ladder: Ladder::default(), calendar: calendar() }),
        Just(Command::Acknowledge { calendar: calendar() }),
        Just(Command::Contest { calendar: calendar() }),
        due().prop_map(|due| Command::ResolveContest {
            lead: code("HOUSING"),
            acknowledge_by: moment("2027-03-20T00:00:00Z"),
            due,
            calendar: calendar()
        }),
        Just(Command::Block { department: code("WATER"), help_from: code("FINANCE") }),
        Just(Command::Unblock { department: Some(code("WATER")) }),
        Just(Command::Report { calendar: calendar() }),
        Just(Command::Pause),
        due().prop_map(|due| Command::Resume { due, calendar: calendar() }),
        Just(Command::Claim { calendar: calendar() }),
        due().prop_map(|due| Command::Return { due, calendar: calendar() }),
        (due(), any::<bool>()).prop_map(|(due, extended)| {
            let due = due.map(|due| (due.due_on, due.due_at));
            let (due_on, due_at) = due.unwrap_or((subject().due_on, subject().due_at));
            let cause = if extended { Cause::Extension } else { Cause::Reopening };
            Command::Replan { due_on, due_at, cause, calendar: calendar() }
        }),
        (1..9u32).prop_map(|supervisor| Command::Reproject {
            ladder: Ladder { supervisor, report: 4, stale: 6, ..Ladder::default() },
            calendar: calendar()
        }),
        Just(Command::Satisfy { calendar: calendar() }),
        Just(Command::Cancel),
    ]
}

fn due() -> impl Strategy<Value = Option<Moved>> {
    let days = proptest::option::of(1..90i64);
    days.prop_map(|days| {
        let due_on = subject().due_on.checked_add(jiff::Span::new().days(days?)).ok()?;
        let due_at = calendar().end_of(due_on);
        Some(Moved { due_on, due_at, first_due: None, acknowledge_by: None })
    })
}

/// Every second command checks deadlines.
fn with_checks(commands: impl Strategy<Value = Command>) -> impl Strategy<Value = Command> {
    prop_oneof![commands, Just(check())]
}

fn rung_of(event: &Event) -> Option<u32> {
    match event {
        Event::Reminded { rung, .. }
        | Event::AcknowledgementOverdue { rung, .. }
        | Event::Overdue { rung, .. }
        | Event::Escalated { rung, .. }
        | Event::Notified { rung, .. }
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
            let checked = command == check();
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
                prop_assert!(item.live().all(|rung| rung.kind == RungKind::LookBack));
            }
            prop_assert!(item.pending.iter().all(|rung| !happened.contains(&rung.number)));
            prop_assert!(item.pending.windows(2).all(|pair| pair[0].due_at <= pair[1].due_at));
        }
    }
}

#[test]
fn what_is_due_at_a_moment_counts_in_hours_whatever_the_ladder_of_its_body() {
    // On a Saturday night: nobody waits for Monday.
    let subject = Subject {
        due_on: "2027-03-07".parse().unwrap(),
        due_at: moment("2027-03-06T20:00:00Z"),
        acknowledge_by: moment("2027-03-06T17:00:00Z"),
        ..subject()
    };
    let plan = Command::Plan { subject, ladder: Ladder::default(), calendar: calendar() };
    let history = given::<FollowUp>(&[]).at("2027-03-06T14:00:00Z").when(plan).unwrap();
    assert_eq!(
        happening(history.clone()),
        [
            "unacknowledged at 2027-03-06T17:00:00Z",
            "reminded 3 with 0 left at 2027-03-06T17:00:00Z",
            "reminded 1 with 0 left at 2027-03-06T19:00:00Z",
            "overdue 0 at 2027-03-06T20:00:00Z",
            "Supervisor 0 at 2027-03-06T23:00:00Z",
            "Leadership 0 at 2027-03-07T03:00:00Z",
        ]
    );
    let reproject = Command::Reproject { ladder: Ladder::default(), calendar: calendar() };
    let again = then(history.clone(), "2027-03-06T14:05:00Z", reproject);
    assert_eq!(again, history, "the policy of the body is the same");
}

/// What is told from when on, whatever the calendar or the ladder is changed to since.
fn told(history: &[Event], until: &str) -> Vec<String> {
    let state = FollowUp::fold(State::default(), history);
    let happened = state.upcoming(moment("2027-03-01T00:00:00Z"), moment(until), &calendar());
    let word = |(at, event): (Timestamp, Event)| match event {
        Event::Notified { kind, distance, .. } => Some(format!("{kind:?} {distance} at {at}")),
        _ => None,
    };
    happened.into_iter().filter_map(word).collect()
}

fn asking() -> Ladder {
    Ladder { report: 4, stale: 6, judgement: vec![3, 5], reminders: vec![], ..Ladder::default() }
}

#[test]
fn reports_are_asked_for_from_the_last_one_on_whatever_is_changed_since() {
    // Given an item that was taken on on Tuesday, 2 March
    let plan = Command::Plan { subject: subject(), ladder: asking(), calendar: calendar() };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let history = then(history, "2027-03-02T02:00:00Z", Command::Acknowledge { calendar: calendar() });
    let usual = ["Report 4 at 2027-03-08T01:00:00Z", "Stale 6 at 2027-03-10T01:00:00Z"];
    assert_eq!(told(&history, "2027-03-15T00:00:00Z"), usual);
    // When a holiday far away is added two days later, then nothing of that changes.
    let holiday = ["2027-04-05".parse().unwrap()];
    let other = WorkingCalendar::new("Asia/Shanghai", calendar().weekend().to_vec(), holiday, []).unwrap();
    let reproject = Command::Reproject { ladder: asking(), calendar: other };
    let same = then(history.clone(), "2027-03-04T02:00:00Z", reproject);
    assert_eq!(told(&same, "2027-03-15T00:00:00Z"), usual);
    // When the ladder is shortened to what is over, then that is told at once, with how long it was silent.
    let short = Ladder { report: 2, stale: 5, ..asking() };
    let reproject = Command::Reproject { ladder: short.clone(), calendar: calendar() };
    let shorter = then(history, "2027-03-05T02:00:00Z", reproject.clone());
    assert_eq!(checked(&shorter, "2027-03-05T02:00:00Z"), ["Report 3 to WATER"]);
    let asked = then(shorter, "2027-03-05T02:00:00Z", check());
    let again = then(asked.clone(), "2027-03-05T03:00:00Z", reproject);
    assert_eq!(again, asked, "it is asked for once");
    assert_eq!(told(&asked, "2027-03-15T00:00:00Z"), ["Stale 5 at 2027-03-09T01:00:00Z"]);
}

#[test]
fn a_claim_waits_since_it_was_made_whatever_is_changed_since() {
    let plan = Command::Plan { subject: subject(), ladder: asking(), calendar: calendar() };
    let history = given::<FollowUp>(&[]).at("2027-03-01T02:00:00Z").when(plan).unwrap();
    let history = then(history, "2027-03-02T02:00:00Z", Command::Claim { calendar: calendar() });
    let shorten =
        |judgement| Command::Reproject { ladder: Ladder { judgement, ..asking() }, calendar: calendar() };
    // Shortened before anybody was told: the second and fourth day after the claim.
    let shorter = then(history.clone(), "2027-03-03T02:00:00Z", shorten(vec![2, 4]));
    let judged = ["Judgement 2 at 2027-03-04T01:00:00Z", "Judgement 4 at 2027-03-08T01:00:00Z"];
    assert_eq!(told(&shorter, "2027-03-15T00:00:00Z"), judged);
    // And after they were told once: once more.
    let told_once = then(history, "2027-03-05T01:00:00Z", check());
    let shorter = then(told_once, "2027-03-05T02:00:00Z", shorten(vec![2, 4]));
    assert_eq!(told(&shorter, "2027-03-15T00:00:00Z"), ["Judgement 4 at 2027-03-08T01:00:00Z"]);
}

#[test]
fn what_is_learned_late_counts_from_when_it_happened() {
    let claim = Command::Claim { calendar: calendar() };
    let learn = Command::Learn { at: moment("2027-03-31T15:00:00Z"), command: Box::new(claim.clone()) };
    let was_late = |history: &[Event]| {
        FollowUp::fold(State::default(), history).followed_item().is_some_and(|item| item.was_late)
    };
    let in_time = then(planned(), "2027-04-01T00:30:00Z", learn);
    assert!(!was_late(&in_time), "an hour before the end of its day");
    let late = then(planned(), "2027-04-01T00:30:00Z", claim);
    assert!(was_late(&late), "although nobody had been told yet");
    let replan = Command::Replan {
        due_on: "2027-04-12".parse().unwrap(),
        due_at: moment("2027-04-12T15:59:59.999999Z"),
        cause: Cause::Extension,
        calendar: calendar(),
    };
    assert!(was_late(&then(planned(), "2027-04-01T00:30:00Z", replan.clone())), "no extension wipes that");
    assert!(!was_late(&then(planned(), "2027-03-31T00:30:00Z", replan)));
}
