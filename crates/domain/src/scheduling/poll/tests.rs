use super::*;
use crate::testing::{actor, at, code, given, text};
use crate::{Actor, Refusal as _, Role};
use proptest::prelude::*;

const NOW: &str = "2027-03-01T01:00:00Z";
const CLOSES: &str = "2027-03-03T01:00:00Z";
const LATER: &str = "2027-03-03T01:00:01Z";

fn slot(room: &str, day: u32) -> Slot {
    Slot {
        room: code(room),
        starts_at: at(&format!("2027-03-{day:02}T01:00:00Z")),
        ends_at: at(&format!("2027-03-{day:02}T02:00:00Z")),
    }
}

/// WATER and ROADS decide, POWER is heard; all of them are asked.
fn asked() -> Asked {
    Asked {
        body: code("FLOOD"),
        departments: ["WATER", "ROADS", "POWER"].map(code).into(),
        deciding: ["WATER", "ROADS"].map(code).into(),
        concerned: ["WATER", "ROADS", "POWER", "OFFICE"].map(code).into(),
    }
}

fn open(slots: Vec<Slot>) -> Command {
    Command::Open { asked: asked(), slots, close_by: at(CLOSES) }
}

fn history() -> Vec<Event> {
    given::<Poll>(&[]).at(NOW).when(open(vec![slot("HALL", 8), slot("HALL", 9)])).unwrap()
}

fn lead(department: &str) -> Actor {
    actor("lead", department, Role::DepartmentLead)
}

fn answer(department: &str, answers: &[(u32, Suitability)]) -> Command {
    let answer = |&(number, suitability): &(u32, Suitability)| TimeAnswer { number, suitability };
    let answers = answers.iter().map(answer).collect();
    Command::Answer { department: code(department), answers, comment: None }
}

/// A proposal of a department for a session that is scheduled on the eighth.
fn propose(department: &str, slot: Slot) -> Command {
    Command::Propose {
        begins: Some((asked(), at(CLOSES))),
        present: Some(self::slot("HALL", 8)),
        slot,
        department: code(department),
        reason: text("We are at the dam that day"),
    }
}

fn decline(number: u32) -> Command {
    Command::Decline { number, reason: text("The hall is closed then") }
}

fn on(history: &[Event], moment: &str, by: &str, command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Poll>(history).at(moment).by(lead(by)).when(command)
}

/// The history, and what follows from a command of this department.
fn then(mut history: Vec<Event>, by: &str, command: Command) -> Vec<Event> {
    history.extend(on(&history, NOW, by, command).unwrap());
    history
}

fn known(history: &[Event]) -> Known {
    Poll::fold(State::default(), history).known().unwrap().clone()
}

fn reason(decided: Result<Vec<Event>, Rejection>) -> &'static str {
    decided.unwrap_err().reason()
}

#[test]
fn a_poll_asks_about_times_that_differ_and_closes_before_the_first_of_them() {
    let poll = given::<Poll>(&[]).at(NOW);
    let twice = poll.when(open(vec![slot("HALL", 8), slot("HALL", 9), slot("HALL", 9)]));
    assert_eq!(twice, Err(Rejection::DuplicateTime { time_number: 2 }));
    let many = (8..19).map(|day| slot("HALL", day)).collect();
    assert_eq!(reason(given::<Poll>(&[]).at(NOW).when(open(many))), "TOO_MANY_ENTRIES");
    assert_eq!(reason(given::<Poll>(&[]).at(CLOSES).when(open(vec![slot("HALL", 8)]))), "DEADLINE_PASSED");
    assert_eq!(reason(given::<Poll>(&[]).at(NOW).when(open(vec![slot("HALL", 2)]))), "CLOSES_TOO_LATE");
    let another = given::<Poll>(&history()).at(NOW).when(open(vec![slot("HALL", 10)]));
    assert_eq!(reason(another), "WRONG_STAGE", "one at a time");
    let ended = then(history(), "OFFICE", Command::Withdraw { reason: text("Settled by mail") });
    assert!(given::<Poll>(&ended).at(NOW).when(open(vec![slot("HALL", 10)])).is_ok());
}

#[test]
fn only_who_is_asked_answers_and_a_later_answer_to_a_time_replaces_an_earlier_one() {
    use Suitability::{IfNeeded, No, Yes};
    assert_eq!(reason(on(&history(), NOW, "METRO", answer("METRO", &[(1, Yes)]))), "NOT_INVITED");
    assert_eq!(reason(on(&history(), NOW, "WATER", answer("WATER", &[(3, Yes)]))), "UNKNOWN_TIME");
    assert_eq!(reason(on(&history(), NOW, "WATER", answer("WATER", &[(1, Yes), (1, No)]))), "DUPLICATE_TIME");
    assert_eq!(reason(on(&[], NOW, "WATER", answer("WATER", &[(1, Yes)]))), "NOT_FOUND");
    let answered = then(history(), "WATER", answer("WATER", &[(1, No), (2, Yes)]));
    let again = on(&answered, NOW, "WATER", answer("WATER", &[(2, Yes)]));
    assert_eq!(again, Ok(vec![]), "it is said already");
    let changed = then(answered, "OFFICE", answer("WATER", &[(1, IfNeeded)]));
    let poll = known(&changed);
    let said = |number| poll.answer(&code("WATER"), number);
    assert_eq!((said(1), said(2)), (Some(IfNeeded), Some(Yes)));
    assert_eq!(poll.answers[&code("WATER")].on_behalf_by, Some(code("OFFICE")));
    assert_eq!(poll.waiting().map(Code::as_str).collect::<Vec<_>>(), ["ROADS", "POWER"]);
}

#[test]
fn what_comes_too_late_is_refused_whether_or_not_the_end_has_been_noted() {
    let late = |history: &[Event]| on(history, CLOSES, "WATER", answer("WATER", &[(1, Suitability::Yes)]));
    assert_eq!(reason(late(&history())), "POLL_CLOSED");
    let check = |moment: &str| given::<Poll>(&history()).at(moment).when(Command::CheckDeadlines);
    assert_eq!(check(NOW), Ok(vec![]));
    assert_eq!(check(CLOSES), check(LATER));
    let closed = [history(), check(CLOSES).unwrap()].concat();
    assert_eq!(known(&closed).stage(), Stage::Closed);
    assert_eq!(reason(late(&closed)), "POLL_CLOSED");
    assert_eq!(reason(on(&closed, LATER, "WATER", propose("WATER", slot("HALL", 12)))), "POLL_CLOSED");
    assert_eq!(given::<Poll>(&closed).at(LATER).when(Command::CheckDeadlines), Ok(vec![]), "noted once");
    // One of its times is adopted when all have answered, and the organiser has slept over it.
    let adopted = on(&closed, LATER, "OFFICE", Command::Adopt { number: 2 }).unwrap();
    let adopted = [closed, adopted].concat();
    assert_eq!((known(&adopted).stage(), known(&adopted).adopted), (Stage::Adopted, Some(2)));
    let other = on(&adopted, LATER, "OFFICE", Command::Adopt { number: 1 });
    assert_eq!(reason(other), "WRONG_STAGE", "two at once: one wins");
}

#[test]
fn a_department_proposes_another_time_and_the_organiser_declines_it() {
    let same = on(&[], NOW, "WATER", propose("WATER", slot("HALL", 8)));
    assert_eq!(reason(same), "SAME_TIME");
    assert_eq!(reason(on(&[], NOW, "METRO", propose("METRO", slot("HALL", 12)))), "NOT_INVITED");
    let Command::Propose { slot: wanted, department, reason: why, present, .. } =
        propose("WATER", slot("HALL", 12))
    else {
        return;
    };
    let unscheduled = Command::Propose { begins: None, slot: wanted, department, reason: why, present };
    assert_eq!(reason(on(&[], NOW, "WATER", unscheduled)), "NOT_FOUND");
    let proposed = then(vec![], "WATER", propose("WATER", slot("HALL", 12)));
    assert_eq!(
        known(&proposed).answer(&code("WATER"), 1),
        Some(Suitability::Yes),
        "it suits who proposes it"
    );
    assert_eq!(on(&proposed, NOW, "WATER", propose("WATER", slot("HALL", 12))), Ok(vec![]), "said already");
    let by_another = on(&proposed, NOW, "ROADS", propose("ROADS", slot("HALL", 12)));
    assert_eq!(by_another, Err(Rejection::DuplicateTime { time_number: 1 }));
    let declined = then(proposed, "OFFICE", decline(1));
    let end = known(&declined).ended.unwrap();
    assert_eq!(end.cause, EndCause::Declined, "nothing is left of it");
    assert_eq!(on(&declined, NOW, "OFFICE", decline(1)), Ok(vec![]), "declined already");
}

#[test]
fn a_time_that_was_declined_is_neither_answered_nor_adopted_nor_proposed_again() {
    let declined = then(then(history(), "POWER", propose("POWER", slot("HALL", 12))), "OFFICE", decline(3));
    assert_eq!(known(&declined).stage(), Stage::Open, "two are left");
    let answered = on(&declined, NOW, "WATER", answer("WATER", &[(3, Suitability::Yes)]));
    assert_eq!(reason(answered), "TIME_DECLINED");
    assert_eq!(reason(on(&declined, NOW, "OFFICE", Command::Adopt { number: 3 })), "TIME_DECLINED");
    assert_eq!(reason(on(&declined, NOW, "POWER", propose("POWER", slot("HALL", 12)))), "TIME_DECLINED");
    let more =
        (13..16).fold(declined, |history, day| then(history, "POWER", propose("POWER", slot("HALL", day))));
    assert_eq!(reason(on(&more, NOW, "POWER", propose("POWER", slot("HALL", 16)))), "TOO_MANY_ENTRIES");
    assert!(on(&more, NOW, "WATER", propose("WATER", slot("HALL", 16))).is_ok());
}

#[test]
fn whoever_has_not_answered_to_every_time_is_reminded_once_a_day_before_the_poll_closes() {
    const REMINDS: &str = "2027-03-02T01:00:00Z";
    let answered = then(history(), "WATER", answer("WATER", &[(1, Suitability::Yes), (2, Suitability::No)]));
    let partly = then(answered, "ROADS", answer("ROADS", &[(1, Suitability::Yes)]));
    let check = |history: &[Event], now| on(history, now, "OFFICE", Command::CheckDeadlines).unwrap();
    assert_eq!(check(&partly, "2027-03-02T00:59:59Z"), []);
    let reminded = check(&partly, REMINDS);
    let of = |department| Event::Reminded {
        department: code(department),
        close_by: at(CLOSES),
        reminded_at: at(REMINDS),
    };
    assert_eq!(reminded, [of("ROADS"), of("POWER")]);
    let after = [partly, reminded].concat();
    assert_eq!(check(&after, "2027-03-02T02:00:00Z"), [], "once");
    assert_eq!(check(&after, LATER), [Event::Closed { close_by: at(CLOSES) }]);
    // It runs for less than two days.
    let short =
        Command::Open { asked: asked(), slots: vec![slot("HALL", 8)], close_by: at("2027-03-03T00:59:59Z") };
    let short = given::<Poll>(&[]).at(NOW).when(short).unwrap();
    assert_eq!(check(&short, "2027-03-02T12:00:00Z"), []);
}

#[test]
fn a_session_that_is_placed_or_changed_ends_its_poll() {
    use session::Command as OnSession;
    let reason = || text("It rains");
    let ends = |command: &OnSession| poll_command(command);
    let schedule = OnSession::Schedule { room: code("HALL"), starts_at: at(NOW), answer_by: None };
    assert_eq!(ends(&schedule), Some(Command::End { cause: EndCause::Placed }));
    let cancel = OnSession::Cancel { reason: reason() };
    assert_eq!(ends(&cancel), Some(Command::End { cause: EndCause::SessionChanged }));
    assert_eq!(ends(&OnSession::Postpone { reason: reason() }), None, "it still waits for a time");
    let end = Command::End { cause: EndCause::Placed };
    let ended = then(history(), "OFFICE", end.clone());
    assert_eq!(known(&ended).stage(), Stage::Ended);
    assert_eq!(on(&ended, NOW, "OFFICE", end.clone()), Ok(vec![]));
    assert_eq!(on(&[], NOW, "OFFICE", end), Ok(vec![]), "not every session has a poll");
}

fn some_command() -> impl Strategy<Value = (u8, Command)> {
    let departments = prop::sample::select(vec!["WATER", "ROADS", "POWER", "METRO"]);
    let suits = prop::sample::select(vec![Suitability::Yes, Suitability::IfNeeded, Suitability::No]);
    let command = (0_u8..7, departments, 1_u32..5, 7_u32..13, suits).prop_map(
        |(kind, department, number, day, said)| match kind {
            0 => open(vec![slot("HALL", day), slot("HALL", day + 1)]),
            1 | 2 => answer(department, &[(number, said)]),
            3 => propose(department, slot("HALL", day)),
            4 => decline(number),
            5 => Command::Adopt { number },
            _ => Command::CheckDeadlines,
        },
    );
    (0_u8..4, command)
}

proptest! {
    #[test]
    fn only_who_is_asked_is_counted_and_what_is_adopted_was_never_declined(
        commands in prop::collection::vec(some_command(), 1..40)
    ) {
        let (mut history, mut hours) = (Vec::new(), 0_i64);
        for (passes, command) in commands {
            hours += i64::from(passes);
            let now = at(NOW) + jiff::SignedDuration::from_hours(hours);
            let before = Poll::fold(State::default(), &history);
            let decided = given::<Poll>(&history).at(&now.to_string()).by(lead("WATER")).when(command);
            let events = decided.unwrap_or_default();
            if let (Some(known), Some(Event::Answered { .. } | Event::TimeProposed { .. })) = (before.running(), events.first()) {
                prop_assert!(now < known.close_by);
            }
            history.extend(events);
            let state = Poll::fold(State::default(), &history);
            let Some(known) = state.known() else { continue };
            prop_assert!(known.answers.keys().all(|department| known.asked.departments.contains(department)));
            prop_assert!(known.times.iter().zip(1..).all(|(time, number)| time.number == number));
            let numbers: Vec<u32> = known.answers.values().flat_map(|given| given.answers.keys().copied()).collect();
            prop_assert!(numbers.iter().all(|number| known.time(*number).is_some()));
            prop_assert!(known.adopted.is_none_or(|number| known.time(number).is_some_and(|time| time.declined.is_none())));
            prop_assert!(!known.is_running() || known.open_times().next().is_some(), "it runs as long as there is a time");
        }
    }
}
