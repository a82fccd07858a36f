//! Lateness against what was promised: what others took moves a promise, and nothing wipes one that was missed.

use super::*;

fn reopen(days: u32) -> Command {
    Command::Reopen { reason: text("it leaks"), due: Some(DueRule::AfterDays(days)), calendar: calendar() }
}

fn accept() -> Command {
    Command::Accept { part: None, note: None }
}

/// Whether the first promise was kept, whether accepted work came late, whether open work is late, and by how many days.
fn lateness(history: &[Event], now: &str) -> (bool, bool, bool, u32) {
    let (item, now) = (item(history), now.parse().unwrap());
    let promises = item.promises();
    let (missed, open) = (promises.missed.is_some(), promises.open_missed(now).is_some());
    (promises.is_kept(), missed, open, item.days_past_promise(now, calendar().zone()))
}

#[test]
fn a_promise_that_was_kept_stays_kept_when_the_work_is_reopened() {
    let history = played(vec![(water(), Command::Acknowledge), (water(), claim()), (supervisor(), accept())]);
    let reopened = then(history, "2027-05-19T02:00:00Z", supervisor(), reopen(10));
    assert_eq!(item(&reopened).first_due.due_on, due_at("2027-03-31").0);
    assert_eq!(lateness(&reopened, "2027-05-19T02:00:00Z"), (true, false, false, 0));
    let claimed = then(reopened.clone(), "2027-05-20T02:00:00Z", water(), claim());
    let accepted = then(claimed, "2027-06-20T02:00:00Z", supervisor(), accept());
    assert_eq!(lateness(&accepted, "2027-07-01T02:00:00Z"), (true, false, false, 0));
    // Due on 29 May, by what was promised at the reopening.
    assert_eq!(lateness(&reopened, "2027-06-01T02:00:00Z"), (true, false, true, 3));
    let claimed = then(reopened, "2027-06-01T02:00:00Z", water(), claim());
    let late = then(claimed, "2027-06-02T02:00:00Z", supervisor(), accept());
    assert_eq!(lateness(&late, "2027-07-01T02:00:00Z"), (true, true, false, 3));
    let again = then(late, "2027-06-03T02:00:00Z", supervisor(), reopen(10));
    assert_eq!(lateness(&again, "2027-06-03T02:00:00Z"), (true, true, false, 3), "nothing wipes that");
}

#[test]
fn what_was_missed_stays_missed_when_the_work_is_reopened_in_time() {
    let underway = played(vec![(water(), Command::Acknowledge)]);
    let claimed = then(underway, "2027-04-05T02:00:00Z", water(), claim());
    let accepted = then(claimed, "2027-04-06T02:00:00Z", supervisor(), accept());
    let reopened = then(accepted, "2027-04-07T02:00:00Z", supervisor(), reopen(10));
    assert_eq!(lateness(&reopened, "2027-04-07T02:00:00Z"), (false, true, false, 5));
}

#[test]
fn what_others_took_moves_the_promise_and_an_extension_does_not() {
    let back = Command::ReturnWork { part: None, reason: text("two are missing"), calendar: calendar() };
    // Extended from 31 March by ten days, claimed on the day that was promised, and judged for five working days.
    let asked = played(vec![(water(), Command::Acknowledge), (water(), extend(DueRule::AfterDays(10)))]);
    let extended = then(asked, "2027-03-03T02:00:00Z", supervisor(), grant());
    let claimed = then(extended.clone(), "2027-03-31T02:00:00Z", water(), claim());
    let returned = then(claimed, "2027-04-07T02:00:00Z", supervisor(), back);
    assert_eq!(item(&returned).first_due.due_on, due_at("2027-04-07").0);
    assert_eq!(item(&returned).assignment.due_on, due_at("2027-04-16").0, "five working days after 10 April");
    assert_eq!(lateness(&returned, "2027-04-07T03:00:00Z"), (false, false, false, 0));
    assert_eq!(lateness(&returned, "2027-04-08T03:00:00Z"), (false, false, true, 1));
    // While it is suspended, and that goes on for long, nobody is late.
    let suspend = Command::Suspend { reason: text("flood"), authority: Line::parse("Plan 3").unwrap() };
    let suspended = then(extended.clone(), "2027-03-30T02:00:00Z", supervisor(), suspend.clone());
    assert_eq!(lateness(&suspended, "2027-09-30T02:00:00Z"), (false, false, false, 0));
    // What was missed before stays so, and no more comes to it meanwhile.
    let late = then(extended, "2027-04-02T02:00:00Z", supervisor(), suspend);
    assert_eq!(lateness(&late, "2027-09-30T02:00:00Z"), (false, false, true, 2));
}

#[test]
fn what_is_due_at_an_hour_is_judged_by_that_moment() {
    let moment: Timestamp = "2027-03-02T07:00:00Z".parse().unwrap();
    let due = Assignment { due_on: due_at("2027-03-02").0, due_at: moment, ..assignment() };
    let assigned = vec![Event::Assigned { assignment: due }];
    let underway = then(assigned, "2027-03-02T02:30:00Z", water(), Command::Acknowledge);
    let in_time = then(underway.clone(), "2027-03-02T06:59:59Z", water(), claim());
    let in_time = then(in_time, "2027-03-05T02:00:00Z", supervisor(), accept());
    assert_eq!(lateness(&in_time, "2027-03-05T02:00:00Z"), (true, false, false, 0));
    let late = then(underway, "2027-03-02T15:30:00Z", water(), claim());
    let late = then(late, "2027-03-05T02:00:00Z", supervisor(), accept());
    assert_eq!(lateness(&late, "2027-03-05T02:00:00Z"), (false, true, false, 1), "hours count as a day");
}

#[test]
fn the_time_to_acknowledge_stands_still_with_the_clock() {
    let suspend = Command::Suspend { reason: text("flood"), authority: Line::parse("Plan 3").unwrap() };
    let contest = || Command::Contest { reason: text("not ours") };
    let resume = Command::Resume { note: text("dry"), calendar: calendar() };
    // To be acknowledged by Thursday, 4 March; suspended from Tuesday to the Tuesday after.
    let suspended = played(vec![(supervisor(), suspend)]);
    let by_now = given::<ActionItem>(&suspended).at("2027-03-08T02:00:00Z").by(water()).when(contest());
    assert!(by_now.is_ok(), "nothing runs out meanwhile");
    let resumed = then(suspended, "2027-03-09T02:00:00Z", supervisor(), resume);
    assert_eq!(item(&resumed).assignment.acknowledge_by, due_at("2027-03-11").1, "five working days later");
    let when = |at: &str| given::<ActionItem>(&resumed).at(at).by(water()).when(contest());
    assert!(when("2027-03-11T02:00:00Z").is_ok());
    assert!(matches!(when("2027-03-12T02:00:00Z"), Err(Rejection::ContestTooLate { .. })));
}

#[test]
fn in_old_logs_the_promise_moves_along_unless_it_was_extended() {
    let (due_on, due_at_) = due_at("2027-04-07");
    let moved = Moved { due_on, due_at: due_at_, promised_on: None, promised_at: None, acknowledge_by: None };
    let claimed = played(vec![(water(), Command::Acknowledge), (water(), claim())]);
    let returned = Event::Returned { department: None, reason: text("no"), due: Some(moved) };
    assert_eq!(item(&[claimed, vec![returned.clone()]].concat()).first_due.due_on, due_on);
    let asked = played(vec![(water(), Command::Acknowledge), (water(), extend(DueRule::AfterDays(5)))]);
    let extended = then(asked, "2027-03-03T02:00:00Z", supervisor(), grant());
    let claimed = then(extended, "2027-03-04T02:00:00Z", water(), claim());
    assert_eq!(item(&[claimed, vec![returned]].concat()).first_due.due_on, due_at("2027-03-31").0);
}

#[test]
fn a_department_that_leads_supports_no_longer() {
    let contested = played(vec![(water(), Command::Contest { reason: text("not ours") })]);
    let ruling = Command::ResolveContest {
        reassign_to: Some(code("HOUSING")),
        due: Some(DueRule::AfterDays(30)),
        reason: text("it is theirs"),
        calendar: calendar(),
    };
    let reassigned = then(contested, "2027-03-03T02:00:00Z", supervisor(), ruling);
    assert!(!item(&reassigned).assignment.co_responsible.contains(&code("HOUSING")));
    let assign = Command::Assign { assignment: assignment() };
    let assigned = given::<ActionItem>(&[]).when(assign).unwrap();
    assert_eq!(item(&assigned).assignment.co_responsible, [code("HOUSING")], "the lead is left out");
}

proptest! {
    /// Whatever becomes of an item: what was kept stays kept and what was missed stays missed, until another department
    /// leads; an extension moves no promise; and while the clock stands still, nothing becomes later.
    #[test]
    fn no_record_is_wiped(
        life in proptest::collection::vec((super::life(), 0..4usize, 0..6_000i64), 0..60)
    ) {
        let actors = [water(), housing(), supervisor(), Actor::process("x")];
        let mut at: Timestamp = "2027-03-02T02:00:00Z".parse().unwrap();
        let mut state = ActionItem::fold(State::default(), &[Event::Assigned { assignment: assignment() }]);
        for (command, by, minutes) in life {
            let before = state.item().cloned().unwrap();
            at += jiff::SignedDuration::from_mins(minutes);
            let zone = calendar().zone().clone();
            if before.paused_since.is_some() {
                let then = before.paused_since.unwrap();
                prop_assert_eq!(before.days_past_promise(at, &zone), before.days_past_promise(then, &zone));
            }
            let issued = Issued { at, by: actors[by].clone() };
            let Ok(events) = ActionItem::decide(&state, command, &issued) else { continue };
            for event in &events {
                state = ActionItem::evolve(state, event);
            }
            let item = state.item().unwrap();
            if item.assignment.lead != before.assignment.lead {
                continue;
            }
            let (was, is) = (before.promises(), item.promises());
            prop_assert!(is.is_kept() || !was.is_kept());
            prop_assert!(is.missed.is_some() || was.missed.is_none());
            prop_assert!(is.first_due_at >= was.first_due_at);
            if events.iter().any(|event| matches!(event, Event::ExtensionGranted { .. })) {
                prop_assert_eq!((is.first_due_at, is.promised_at), (was.first_due_at, was.promised_at));
            }
        }
    }
}
