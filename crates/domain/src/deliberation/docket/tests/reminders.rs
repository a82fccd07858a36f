//! Whoever has not answered is told so: once by the clock, and by hand within a budget.

use super::super::reminders::planned as planned_by;
use super::*;
use crate::deliberation::ballot::options::ChoiceMethod;

/// A Friday, at five in the afternoon in Shanghai.
const SIGN_BY: &str = "2027-03-05T09:00:00Z";
/// Thursday at five.
const DAY_BEFORE: &str = "2027-03-04T09:00:00Z";

/// A countersign with a ballot on its first topic, which WATER has signed.
fn signing(tie: Tie, rule: impl FnOnce(&mut DecisionRule)) -> Vec<Event> {
    let mut agenda = agenda(Mode::Countersign { sign_by: at(SIGN_BY) });
    agenda.remind_at = Some(at(DAY_BEFORE));
    agenda.constitution.rule.tie = tie;
    rule(&mut agenda.constitution.rule);
    let prepare = Command::Prepare { agenda };
    let history = given::<Docket>(&[]).at("2027-03-01T01:00:00Z").when(prepare).unwrap();
    let history = followed_by(history, [proposed(1)]);
    let opened = given::<Docket>(&history).at("2027-03-01T01:10:00Z").when(open_ballot(1)).unwrap();
    assert!(matches!(opened[..], [Event::BallotOpened { remind_at: None, .. }]), "it is planned already");
    followed_by(history, opened.into_iter().chain([voted("WATER", Choice::Yes)]))
}

fn reminded(department: &str, topics: Vec<u32>, moment: &str, by_hand: bool) -> Event {
    let reminder = Reminder { topics, answer_by: Some(at(SIGN_BY)), reminded_at: at(moment), by_hand };
    Event::SeatReminded { department: code(department), reminder }
}

fn sent(seats: u32) -> Event {
    Event::RemindersSent { seats, by_hand_on: None, text: None }
}

fn check(history: &[Event], moment: &str) -> Vec<Event> {
    given::<Docket>(history).at(moment).when(Command::CheckReminders).unwrap()
}

fn by_hand(history: &[Event], moment: &str) -> Result<Vec<Event>, Rejection> {
    let remind = Command::RemindSeats { text: Some(text("请今日会签")), calendar: calendar() };
    given::<Docket>(history).at(moment).when(remind)
}

#[test]
fn the_clock_reminds_once_whoever_has_neither_signed_nor_recused_itself() {
    let history = followed_by(signing(Tie::Rejects, |_| {}), [recused("ROADS")]);
    assert_eq!(check(&history, "2027-03-04T08:59:59Z"), []);
    let expected = [reminded("HEALTH", vec![1], DAY_BEFORE, false), sent(1)];
    assert_eq!(check(&history, DAY_BEFORE), expected);
    let history = followed_by(history, expected);
    assert_eq!(Docket::fold(State::Absent, &history).next_reminder(), None);
    assert_eq!(check(&history, "2027-03-04T10:00:00Z"), []);
}

#[test]
fn whoever_objects_where_silence_agrees_has_answered() {
    let objects = Event::StatementRecorded {
        topic: 1,
        department: code("HEALTH"),
        stance: Stance::Oppose,
        reasons: text("No"),
        put_down_by_clerk: false,
    };
    let history = followed_by(signing(Tie::Rejects, |rule| rule.method = Method::Silence), [objects.clone()]);
    assert_eq!(check(&history, DAY_BEFORE), [reminded("ROADS", vec![1], DAY_BEFORE, false), sent(1)]);
    // Where it does not, a statement is no vote.
    let history = followed_by(signing(Tie::Rejects, |_| {}), [objects]);
    assert_eq!(check(&history, DAY_BEFORE).last(), Some(&sent(2)));
}

#[test]
fn a_ballot_that_is_opened_later_has_a_reminder_of_its_own_half_way() {
    let first = signing(Tie::Rejects, |_| {});
    let history = followed_by(first.clone(), check(&first, DAY_BEFORE));
    let text = Event::ProposalSubmitted { topic: 2, version: 1, text: text("Pumps") };
    let history = followed_by(history, [text]);
    let open = Command::OpenBallot { topic: 2, version: 1, calendar: calendar() };
    let opened = given::<Docket>(&history).at("2027-03-04T21:00:00Z").when(open).unwrap();
    let half_way = "2027-03-05T03:00:00Z";
    let is_planned = |event: &Event| matches!(event, Event::BallotOpened { remind_at, .. } if *remind_at == Some(at(half_way)));
    assert!(opened.iter().all(is_planned), "{opened:?}");
    let history = followed_by(history, opened);
    // ROADS and HEALTH were reminded of the first before, and WATER alone decides on the second.
    assert_eq!(check(&history, half_way), [reminded("WATER", vec![2], half_way, false), sent(1)]);
}

#[test]
fn an_extension_plans_them_anew_and_nobody_is_reminded_after_the_end() {
    let first = signing(Tie::Rejects, |_| {});
    assert_eq!(check(&first, SIGN_BY), [sent(0)]);
    let history = followed_by(first.clone(), check(&first, DAY_BEFORE));
    let extend = Command::ExtendSigning {
        sign_by: at("2027-03-09T09:00:00Z"),
        reason: text("-"),
        calendar: calendar(),
    };
    let extended = given::<Docket>(&history).at("2027-03-05T01:00:00Z").when(extend).unwrap();
    let history = followed_by(history, extended);
    let planned = Docket::fold(State::Absent, &history).next_reminder();
    assert_eq!(planned, Some(at("2027-03-08T09:00:00Z")), "the working day before, a Monday");
    assert_eq!(check(&history, "2027-03-08T09:00:00Z").last(), Some(&sent(2)), "again, for the new end");
}

#[test]
fn it_is_planned_in_working_time_as_the_body_says() {
    let monday = at("2027-03-08T09:00:00Z");
    let planned = |days, now| {
        let rule = DecisionRule { reminder_working_days: days, ..constitution(Tie::Rejects).rule };
        planned_by(&rule, monday, at(now), &calendar()).map(|at| at.to_string())
    };
    let early = "2027-03-01T01:00:00Z";
    assert_eq!(planned(None, early).as_deref(), Some("2027-03-05T09:00:00Z"), "a Friday");
    assert_eq!(planned(Some(3), early).as_deref(), Some("2027-03-03T09:00:00Z"));
    assert_eq!(planned(Some(0), early), None);
    assert_eq!(planned(None, "2027-03-08T07:00:00Z").as_deref(), Some("2027-03-08T08:00:00Z"), "half way");
    assert_eq!(planned(None, "2027-03-08T09:00:00Z"), None);
    // Where the body has none, neither has a ballot that is opened late.
    let none = signing(Tie::Rejects, |rule| rule.reminder_working_days = Some(0));
    let none =
        followed_by(none, [sent(0), Event::ProposalSubmitted { topic: 2, version: 1, text: text("-") }]);
    let open = Command::OpenBallot { topic: 2, version: 1, calendar: calendar() };
    let opened = given::<Docket>(&none).at("2027-03-04T21:00:00Z").when(open).unwrap();
    assert!(matches!(opened[..], [Event::BallotOpened { remind_at: None, .. }]));
}

#[test]
fn by_hand_it_is_done_twice_a_week_by_those_who_lead() {
    let history = signing(Tie::Rejects, |_| {});
    let moment = "2027-03-03T01:00:00Z";
    let remind = Command::RemindSeats { text: None, calendar: calendar() };
    let by_delegate = given::<Docket>(&history).by(of("HEALTH")).at(moment).when(remind);
    assert!(matches!(by_delegate, Err(Rejection::NotYourDepartment { .. })));

    let once = by_hand(&history, moment).unwrap();
    let by_hand_on = Some("2027-03-03".parse().unwrap());
    let told = Event::RemindersSent { seats: 2, by_hand_on, text: Some(text("请今日会签")) };
    let expected =
        [reminded("HEALTH", vec![1], moment, true), reminded("ROADS", vec![1], moment, true), told];
    assert_eq!(once, expected);
    let history = followed_by(history, once);
    let history = followed_by(history.clone(), by_hand(&history, "2027-03-03T02:00:00Z").unwrap());
    let next_on = "2027-03-08".parse().unwrap();
    assert_eq!(
        by_hand(&history, "2027-03-03T03:00:00Z"),
        Err(Rejection::RemindersExhausted { reminders: 2, max: 2, next_on })
    );
    // The clock does so all the same.
    assert_eq!(check(&history, DAY_BEFORE).last(), Some(&sent(2)));
    assert_eq!(by_hand(&history, SIGN_BY), Err(Rejection::CountersignOver { sign_by: at(SIGN_BY) }));
}

#[test]
fn in_a_meeting_those_who_are_there_are_reminded_by_hand_alone() {
    let history = followed_by(in_session(), [proposed(1)]);
    assert_eq!(by_hand(&history, "2027-03-01T01:11:00Z"), Err(Rejection::NobodyToRemind));
    let history = followed_by(
        history,
        [ballot_opened(1, 1, Tie::Rejects), Event::DepartureRecorded { department: code("HEALTH") }],
    );
    assert_eq!(Docket::fold(State::Absent, &history).next_reminder(), None);
    let sent = by_hand(&history, "2027-03-01T01:12:00Z").unwrap();
    let names: Vec<_> = sent
        .iter()
        .filter_map(|event| match event {
            Event::SeatReminded { department, reminder } if reminder.answer_by.is_none() => {
                Some(department.as_str())
            }
            _ => None,
        })
        .collect();
    assert_eq!(names, ["ROADS", "WATER"]);
    let history = followed_by(history, ["ROADS", "WATER"].map(|department| voted(department, Choice::Yes)));
    assert_eq!(by_hand(&history, "2027-03-01T01:13:00Z"), Err(Rejection::NobodyToRemind));
}

#[test]
fn whoever_has_not_chosen_where_a_choice_is_open_is_reminded_as_of_a_ballot() {
    let open = |number: u32| Command::OpenChoice {
        topic: number,
        question: line("Which route?"),
        options: ["North", "South"].map(line).to_vec(),
        method: ChoiceMethod::Single,
        lot: None,
    };
    let mut agenda = agenda(Mode::Countersign { sign_by: at(SIGN_BY) });
    agenda.remind_at = Some(at(DAY_BEFORE));
    let history = given::<Docket>(&[]).at("2027-03-01T01:00:00Z").when(Command::Prepare { agenda }).unwrap();
    let opened = given::<Docket>(&history).at("2027-03-01T01:10:00Z").when(open(1)).unwrap();
    assert!(matches!(opened[..], [Event::ChoiceOpened { remind_at: None, .. }]), "it is planned already");
    let chosen = Command::CastChoice { topic: 1, department: code("WATER"), named: vec![1], points: vec![] };
    let history = followed_by(history, opened);
    let history = followed_by(
        history.clone(),
        given::<Docket>(&history).by(of("WATER")).at("2027-03-01T02:00:00Z").when(chosen).unwrap(),
    );
    let history = followed_by(history, [recused("ROADS")]);
    let expected = [reminded("HEALTH", vec![1], DAY_BEFORE, false), sent(1)];
    assert_eq!(check(&history, DAY_BEFORE), expected);
    let state = Docket::fold(State::Absent, &history);
    let foretold = state.upcoming_reminders(at("2027-03-01T02:00:00Z"), at(SIGN_BY));
    assert_eq!(foretold, expected.clone().map(|event| (at(DAY_BEFORE), event)));
    assert!(state.waits_for(&code("HEALTH")) && !state.waits_for(&code("WATER")));

    // One that is opened after that has its own, half way to the end, and nobody is told twice of the first.
    let history = followed_by(history, expected);
    assert_eq!(check(&history, "2027-03-04T10:00:00Z"), []);
    let again = given::<Docket>(&history).at("2027-03-04T21:00:00Z").when(open(2)).unwrap();
    let half_way = at("2027-03-05T03:00:00Z");
    assert!(matches!(&again[..], [Event::ChoiceOpened { remind_at, .. }] if *remind_at == Some(half_way)));
    let history = followed_by(history, again);
    assert_eq!(
        check(&history, "2027-03-05T03:00:00Z").last(),
        Some(&sent(1)),
        "WATER alone decides on the second"
    );
}

#[test]
fn a_countersign_that_began_before_there_were_reminders_has_them_so_many_whole_days_before_its_end() {
    let planned = |days: Option<u32>| {
        let mut history = signing(Tie::Rejects, |rule| rule.reminder_working_days = days);
        if let Some(Event::Prepared { agenda }) = history.first_mut() {
            agenda.remind_at = None;
        }
        Docket::fold(State::Absent, &history).next_reminder()
    };
    assert_eq!(planned(None), Some(at(DAY_BEFORE)));
    assert_eq!(planned(Some(2)), Some(at("2027-03-03T09:00:00Z")));
    assert_eq!(planned(Some(0)), None, "the clock reminds nobody");
    let sign_by = at("2027-03-08T09:00:00Z");
    let extended =
        Event::SigningExtended { sign_by, reason: text("Too few"), extensions: 1, remind_at: None };
    let history = followed_by(signing(Tie::Rejects, |_| {}), [extended]);
    let planned = Docket::fold(State::Absent, &history).next_reminder();
    assert_eq!(planned, Some(at("2027-03-07T09:00:00Z")), "so has one that was extended before");
}
