use super::*;
use crate::testing::{actor, at, code, given, line, text};
use crate::{Refusal as _, Role};

const NOW: &str = "2027-03-01T01:00:00Z";

fn keepers(answered_for: &[&str]) -> Keepers {
    let answered_for = answered_for.iter().map(|own| code(own)).collect();
    Keepers { department: Some(code("WATER")), answered_for }
}

fn holder() -> Holder {
    Holder { kind: HolderKind::Department, code: code("WATER") }
}

fn absence(nth: u128, starts_at: &str, ends_at: &str, own: &[&str]) -> Command {
    Command::RecordAbsence {
        holder: holder(),
        absence: Uuid::from_u128(nth),
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        keepers: keepers(own),
    }
}

#[test]
fn a_departments_own_people_say_when_it_is_away() {
    let decide = |command: Command| given::<Availability>(&[]).at(NOW).when(command);
    let march = |own: &[&str]| absence(1, "2027-03-08T00:00:00Z", "2027-03-12T00:00:00Z", own);
    let by_lead = given::<Availability>(&[]).at(NOW).by(actor("li", "ROADS", Role::DepartmentLead));
    assert_eq!(by_lead.when(march(&["ROADS"])).unwrap_err().reason(), "NOT_YOUR_DEPARTMENT");
    let history = decide(march(&["CITY", "WATER"])).unwrap();
    let refused =
        |starts_at, ends_at| decide(absence(2, starts_at, ends_at, &["WATER"])).unwrap_err().reason();
    assert_eq!(refused("2027-03-08T00:00:00Z", "2027-03-08T00:00:00Z"), "NOT_AN_INTERVAL");
    assert_eq!(refused("2027-02-01T00:00:00Z", "2027-02-02T00:00:00Z"), "DEADLINE_PASSED");
    assert_eq!(refused("2037-02-01T00:00:00Z", "2037-02-02T00:00:00Z"), "STARTS_TOO_FAR_AHEAD");
    let withdraw =
        |own: &[&str]| Command::WithdrawAbsence { absence: Uuid::from_u128(1), keepers: keepers(own) };
    let withdrawn = given::<Availability>(&history).at(NOW).when(withdraw(&["WATER"])).unwrap();
    let gone = [history, withdrawn].concat();
    let again = given::<Availability>(&gone).at(NOW).when(withdraw(&["WATER"]));
    assert_eq!(again, Err(not_found("absence")));
}

#[test]
fn a_calendar_replaces_what_was_known_of_it_and_is_forgotten() {
    let import = |name: &str, times: Vec<Busy>| Command::Import {
        holder: holder(),
        calendar: line(name),
        times,
        keepers: keepers(&["WATER"]),
    };
    let time = Busy { starts_at: at("2027-03-08T01:00:00Z"), ends_at: at("2027-03-08T02:00:00Z") };
    let first = given::<Availability>(&[]).at(NOW).when(import("局长日程", vec![time])).unwrap();
    let second =
        given::<Availability>(&first).at("2027-03-02T01:00:00Z").when(import("局长日程", vec![])).unwrap();
    let state = Availability::fold(State::default(), &[first.clone(), second].concat());
    let known = &state.calendars[&line("局长日程")];
    assert_eq!((known.times.len(), known.read_at), (0, Some(at("2027-03-02T01:00:00Z"))));
    let mut many = first;
    for nth in 1..CALENDARS_MAX {
        many.extend(given::<Availability>(&many).at(NOW).when(import(&format!("no {nth}"), vec![])).unwrap());
    }
    let one_more = given::<Availability>(&many).at(NOW).when(import("one more", vec![]));
    assert_eq!(one_more.unwrap_err().reason(), "TOO_MANY_ENTRIES");
    let forget = Command::Forget { calendar: line("局长日程"), keepers: keepers(&["WATER"]) };
    assert!(given::<Availability>(&many).at(NOW).when(forget).is_ok());
}

/// A calendar of WATER, subscribed to in the first history and read in the second.
fn subscribed_and_read(times: Vec<Busy>) -> Vec<Event> {
    let history = given::<Availability>(&[]).at(NOW).when(subscribe("https://example.org/a.ics")).unwrap();
    then(history, NOW, Outcome::Read(times))
}

fn subscribe(url: &str) -> Command {
    let (subscription, url) = (Uuid::from_u128(9), text(url));
    Command::Subscribe {
        holder: holder(),
        calendar: line("局长日程"),
        subscription,
        url,
        keepers: keepers(&["WATER"]),
    }
}

/// The history, and what an attempt to read the calendar at a moment adds to it.
fn then(history: Vec<Event>, now: &str, outcome: Outcome) -> Vec<Event> {
    let attempt = Command::NoteAttempt { subscription: Uuid::from_u128(9), outcome };
    let noted = given::<Availability>(&history).at(now).when(attempt).unwrap();
    [history, noted].concat()
}

fn known(history: &[Event]) -> Imported {
    Availability::fold(State::default(), history).calendars[&line("局长日程")].clone()
}

fn busy(starts_at: &str, ends_at: &str) -> Busy {
    Busy { starts_at: at(starts_at), ends_at: at(ends_at) }
}

#[test]
fn what_a_subscribed_calendar_says_again_is_not_recorded_again() {
    let meeting = busy("2027-03-08T01:00:00Z", "2027-03-08T02:00:00Z");
    let first = subscribed_and_read(vec![meeting]);
    for outcome in [Outcome::Unchanged, Outcome::Read(vec![meeting])] {
        assert_eq!(then(first.clone(), "2027-03-01T02:00:00Z", outcome), first);
    }
    // What is over, and what comes nearer, is no change of the calendar.
    let far = busy("2028-04-05T01:00:00Z", "2028-04-05T02:00:00Z");
    let later = "2027-03-05T09:00:00Z";
    let early = busy("2027-03-01T02:00:00Z", "2027-03-01T03:00:00Z");
    let with_early = subscribed_and_read(vec![early, meeting]);
    assert_eq!(then(with_early.clone(), later, Outcome::Read(vec![meeting, far])), with_early);
    let moved = then(first, later, Outcome::Read(vec![]));
    assert_eq!(known(&moved).times, []);
}

#[test]
fn a_calendar_that_never_changes_stays_fresh_and_is_taken_in_again_now_and_then() {
    let (mut history, mut now) = (subscribed_and_read(vec![]), at(NOW));
    let begun = history.len();
    for _ in 0..366 {
        now += SignedDuration::from_hours(24);
        let state = Availability::fold(State::default(), &history);
        let (known, subscribed) = state.of_subscription(Uuid::from_u128(9)).unwrap();
        assert_eq!(known.stale_since(now), None, "{now}");
        let outcome =
            if subscribed.is_to_be_taken_in(now) { Outcome::Read(vec![]) } else { Outcome::Unchanged };
        history = then(history, &now.to_string(), outcome);
    }
    assert!(history.len() - begun <= 366 / 5, "{} records in a year", history.len() - begun);
    let taken_in = history.iter().filter(|event| matches!(event, Event::BusyTimesRead { .. })).count();
    assert_eq!(taken_in, 1 + 366 / 30);
}

#[test]
fn a_calendar_that_fails_keeps_its_times_and_is_stale_until_it_is_read() {
    let meeting = busy("2027-03-08T01:00:00Z", "2027-03-08T02:00:00Z");
    let failed = |failure, http_status| Outcome::Failed { failure, http_status };
    let first = subscribed_and_read(vec![meeting]);
    let failing = then(first, "2027-03-02T01:00:00Z", failed(Failure::Status, Some(500)));
    assert_eq!(then(failing.clone(), "2027-03-02T02:00:00Z", failed(Failure::Status, Some(500))), failing);
    let slow = then(failing, "2027-03-02T03:00:00Z", failed(Failure::TimedOut, None));
    let stale = known(&slow);
    let since = at("2027-03-02T01:00:00Z");
    assert_eq!((stale.times.as_slice(), stale.read_at), ([meeting].as_slice(), Some(at(NOW))));
    assert_eq!(stale.stale_since(since), Some(since), "since it failed first");
    let recovered = then(slow, "2027-03-02T04:00:00Z", Outcome::Unchanged);
    let fresh = known(&recovered);
    assert_eq!(fresh.stale_since(at("2027-03-02T05:00:00Z")), None);
    assert_eq!(fresh.read_at, Some(at("2027-03-02T04:00:00Z")));
    // Nobody looks any more.
    assert_eq!(fresh.stale_since(at("2027-03-10T00:00:00Z")), Some(at("2027-03-09T04:00:00Z")));
}

#[test]
fn a_subscription_is_its_keepers_and_ends_with_what_takes_its_place() {
    let meeting = busy("2027-03-08T01:00:00Z", "2027-03-08T02:00:00Z");
    let history = subscribed_and_read(vec![meeting]);
    let same = given::<Availability>(&history).at(NOW).when(subscribe("https://example.org/a.ics"));
    assert_eq!(same, Ok(vec![]));
    let stranger = given::<Availability>(&[]).at(NOW).by(actor("li", "ROADS", Role::DepartmentLead));
    let theirs = Command::Subscribe {
        holder: holder(),
        calendar: line("局长日程"),
        subscription: Uuid::from_u128(9),
        url: text("https://example.org/a.ics"),
        keepers: keepers(&["ROADS"]),
    };
    assert_eq!(stranger.when(theirs).unwrap_err().reason(), "NOT_YOUR_DEPARTMENT");
    let import = Command::Import {
        holder: holder(),
        calendar: line("局长日程"),
        times: vec![],
        keepers: keepers(&["WATER"]),
    };
    let imported = given::<Availability>(&history).at(NOW).when(import).unwrap();
    let by_hand = [history, imported].concat();
    assert_eq!(known(&by_hand).subscribed, None);
    // What was under way when the subscription ended says nothing any more.
    assert_eq!(then(by_hand.clone(), NOW, Outcome::Read(vec![meeting])), by_hand);
    let refresh = Command::Refresh {
        calendar: line("局长日程"),
        outcome: Outcome::Unchanged,
        keepers: keepers(&["WATER"]),
    };
    assert_eq!(given::<Availability>(&by_hand).at(NOW).when(refresh).unwrap_err().reason(), "NOT_FOUND");
}
