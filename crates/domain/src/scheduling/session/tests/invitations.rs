//! Invitations: until when they are to be answered, what comes late, and who is reminded once.

use super::life::{admitted, on_the_calendar};
use super::*;

/// Friday before the Monday of the session, at six in the evening in Shanghai.
const FRIDAY_AT_SIX: &str = "2027-03-05T10:00:00Z";

/// On the calendar, and to be answered by a moment.
fn asked_until(answer_by: &str) -> Vec<Event> {
    let schedule =
        Command::Schedule { room: code("R-301"), starts_at: at(START), answer_by: Some(at(answer_by)) };
    let invited = given::<Session>(&admitted()).at(NOW).when(schedule).unwrap();
    [admitted(), invited].concat()
}

fn answer(department: &str, answer: Answer, reason: Option<&str>) -> Command {
    let reason = reason.map(text);
    Command::AnswerInvitation { department: code(department), answer, reason, substitute: None }
}

fn reminded(department: &str, answer_by: &str, reminded_at: &str) -> Event {
    let (answer_by, reminded_at) = (at(answer_by), at(reminded_at));
    Event::InvitationReminded { department: code(department), answer_by, reminded_at }
}

fn check(history: &[Event], moment: &str) -> Vec<Event> {
    given::<Session>(history).at(moment).when(Command::CheckDeadlines).unwrap()
}

/// Until when answers are asked for where nobody says so, by these rules and as seen at this moment.
fn usual(outline: Outline, answer_working_days: Option<u32>, now: &str) -> Option<Timestamp> {
    let rules = MeetingRules { answer_working_days, ..MeetingRules::default() };
    let history = [requested(outline), Event::Screened { rules, findings: vec![] }, Event::Admitted];
    let state = Session::fold(State::default(), &history);
    let schedule = Command::Schedule { room: code("R-301"), starts_at: at(START), answer_by: None };
    match asking(state.filed().unwrap(), &schedule, &china(), at(now)) {
        Command::Schedule { answer_by, .. } => answer_by,
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_are_asked_for_until_the_end_of_a_working_day_before_the_start() {
    assert_eq!(usual(outline(1), None, NOW), Some(at(FRIDAY_AT_SIX)), "the weekend does not count");
    assert_eq!(usual(outline(1), Some(2), NOW), Some(at("2027-03-04T10:00:00Z")));
    assert_eq!(usual(outline(1), Some(0), NOW), None, "no day is set");
    let on_sunday = usual(outline(1), None, "2027-03-07T01:00:00Z");
    assert_eq!(on_sunday, Some(at("2027-03-07T13:00:00Z")), "half of the time that is left");
    assert_eq!(usual(emergency(), None, NOW), None, "whoever is called acknowledges");
}

#[test]
fn whoever_schedules_may_name_the_moment_but_neither_a_past_one_nor_one_after_the_start() {
    let schedule = |answer_by: &str| {
        let answer_by = Some(at(answer_by));
        let schedule = Command::Schedule { room: code("R-301"), starts_at: at(START), answer_by };
        given::<Session>(&admitted()).at(NOW).when(schedule)
    };
    let refused = |answer_by| schedule(answer_by).unwrap_err().reason();
    assert_eq!(refused(NOW), "DEADLINE_PASSED");
    assert_eq!(refused("2027-03-08T01:00:01Z"), "ANSWERS_TOO_LATE");
    let named = Command::Schedule {
        room: code("R-301"),
        starts_at: at(START),
        answer_by: Some(at("2027-03-03T01:00:00Z")),
    };
    let state = Session::fold(State::default(), &admitted());
    assert_eq!(asking(state.filed().unwrap(), &named, &china(), at(NOW)), named, "what is named stays");
    assert!(schedule("2027-03-08T01:00:00Z").is_ok());
}

#[test]
fn an_answer_in_time_is_not_late_and_a_late_one_is_taken_and_marked() {
    let history = asked_until(FRIDAY_AT_SIX);
    let tentative = |moment: &str| {
        let command = answer("MOF", Answer::Tentative, Some("待司长返京"));
        given::<Session>(&history).at(moment).when(command).unwrap()
    };
    let late = |events: &[Event]| match events {
        [Event::InvitationAnswered { late, .. }] => *late,
        other => panic!("{other:?}"),
    };
    assert!(!late(&tentative(FRIDAY_AT_SIX)));
    assert!(late(&tentative("2027-03-05T10:00:01Z")));
    let known = [history.clone(), tentative(FRIDAY_AT_SIX)].concat();
    let again = answer("MOF", Answer::Tentative, Some("待司长返京"));
    assert_eq!(given::<Session>(&known).at("2027-03-06T01:00:00Z").when(again), Ok(vec![]), "it is known");
    let without_a_reason = given::<Session>(&history).at(NOW).when(answer("MOF", Answer::Tentative, None));
    assert!(without_a_reason.is_ok(), "only whoever declines has to say why");
}

#[test]
fn whoever_does_not_know_or_does_not_come_may_name_who_would() {
    let substitute = Some(line("王芳"));
    let command = Command::AnswerInvitation {
        department: code("MOF"),
        answer: Answer::Decline,
        reason: Some(text("出差")),
        substitute,
    };
    let history = asked_until(FRIDAY_AT_SIX);
    let events = given::<Session>(&history).at(NOW).when(command.clone()).unwrap();
    let state = Session::fold(State::default(), &[history.clone(), events.clone()].concat());
    let filed = state.filed().unwrap();
    assert_eq!(filed.delegates[0].delegate, line("王芳"));
    let invitation = filed.appointment().unwrap().invitation(&code("MOF")).unwrap();
    assert_eq!(invitation.answer, Some(Answer::Decline), "that somebody else comes does not make it accept");
    assert_eq!(given::<Session>(&[history, events].concat()).at(NOW).when(command), Ok(vec![]));
}

#[test]
fn whoever_has_not_answered_by_then_is_reminded_once() {
    let history = asked_until(FRIDAY_AT_SIX);
    assert_eq!(check(&history, "2027-03-05T09:59:59Z"), []);
    let both =
        [reminded("MIIT", FRIDAY_AT_SIX, FRIDAY_AT_SIX), reminded("MOF", FRIDAY_AT_SIX, FRIDAY_AT_SIX)];
    assert_eq!(check(&history, FRIDAY_AT_SIX), both);
    assert_eq!(check(&[history.clone(), both.to_vec()].concat(), "2027-03-06T01:00:00Z"), []);

    let tentative = answer("MOF", Answer::Tentative, None);
    let answered = given::<Session>(&history).at(NOW).when(tentative).unwrap();
    let history = [history, answered].concat();
    let state = Session::fold(State::default(), &history);
    assert_eq!(state.filed().unwrap().next_reminder(), Some(at(FRIDAY_AT_SIX)));
    let expected = vec![(at(FRIDAY_AT_SIX), reminded("MIIT", FRIDAY_AT_SIX, FRIDAY_AT_SIX))];
    assert_eq!(state.upcoming(at(NOW), at(START)), expected, "what will be sent is what is sent");
    assert_eq!(state.upcoming(at(NOW), at("2027-03-05T09:00:00Z")), [], "within that time nothing is");
    assert_eq!(check(&history, FRIDAY_AT_SIX), [expected[0].1.clone()]);
    let all = given::<Session>(&history).at(NOW).when(answer("MIIT", Answer::Accept, None)).unwrap();
    let state = Session::fold(State::default(), &[history, all].concat());
    assert_eq!(state.filed().unwrap().next_reminder(), None, "nobody is left to remind");
}

#[test]
fn a_moved_session_asks_again_and_what_was_answered_belongs_to_its_former_time() {
    let history = asked_until(FRIDAY_AT_SIX);
    let accepted = given::<Session>(&history).at(NOW).when(answer("MOF", Answer::Accept, None)).unwrap();
    let history = [history, accepted, check(&asked_until(FRIDAY_AT_SIX), FRIDAY_AT_SIX)].concat();
    let to = Command::Move {
        room: code("R-301"),
        starts_at: at("2027-03-10T01:00:00Z"),
        reason: text("主持人出差"),
        answer_by: Some(at("2027-03-09T10:00:00Z")),
    };
    let moved = given::<Session>(&history).at("2027-03-06T01:00:00Z").when(to).unwrap();
    let state = Session::fold(State::default(), &[history, moved].concat());
    let appointment = state.filed().unwrap().appointment().unwrap();
    assert_eq!(appointment.waiting().count(), 2);
    assert!(appointment.invitations.iter().all(|invitation| invitation.reminded_at.is_none()));
    assert_eq!(state.filed().unwrap().next_reminder(), Some(at("2027-03-09T10:00:00Z")));
}

#[test]
fn whoever_answers_tentatively_is_counted_neither_among_those_that_come_nor_among_the_others() {
    let decides = |department: &str| attendee(department, &[(1, RoleOnTopic::Decides)]);
    let attendees = vec![decides("MIIT"), decides("MOF"), decides("MEE"), decides("MOT")];
    let advises = attendee("NDRC", &[(1, RoleOnTopic::Advises)]);
    let wanted = Outline { attendees: [attendees, vec![advises]].concat(), ..outline(1) };
    let mut history = vec![requested(wanted), screened(&[]), Event::Admitted];
    let schedule = Command::Schedule { room: code("R-301"), starts_at: at(START), answer_by: None };
    history.extend(given::<Session>(&history).at(NOW).when(schedule).unwrap());
    for (department, given_answer) in [
        ("MIIT", Answer::Accept),
        ("MOF", Answer::Tentative),
        ("MEE", Answer::Decline),
        ("NDRC", Answer::Accept),
    ] {
        let command = answer(department, given_answer, Some("理由"));
        history.extend(given::<Session>(&history).at(NOW).when(command).unwrap());
    }
    let state = Session::fold(State::default(), &history);
    let expected = Attendance { accepted: 1, tentative: 1, declined: 1, waiting: 1 };
    assert_eq!(state.filed().unwrap().attendance(), Some(expected), "whoever only advises does not count");
}

#[test]
fn nobody_is_asked_or_reminded_once_it_begins() {
    let convened = Event::Convened { room: Some(code("R-301")), constitution: frozen() };
    let history = [asked_until(FRIDAY_AT_SIX), vec![convened]].concat();
    assert_eq!(check(&history, START), []);
    let late = given::<Session>(&history).at(START).when(answer("MOF", Answer::Accept, None));
    assert_eq!(late.unwrap_err().reason(), "WRONG_STAGE");
    let none_named = on_the_calendar();
    assert_eq!(check(&none_named, START), [], "nobody was asked to answer by a moment");
}

#[test]
fn what_a_department_answers_itself_no_clerk_answers_otherwise() {
    let by = |history: &[Event], department: &str, command| {
        let refused = |refused: Rejection| refused.reason();
        given::<Session>(history)
            .by(actor("wang", department, Role::Clerk))
            .at(NOW)
            .when(command)
            .map_err(refused)
    };
    let history = asked_until(FRIDAY_AT_SIX);
    let no = || answer("MOF", Answer::Decline, Some("出差"));
    let yes = || answer("MOF", Answer::Accept, None);
    let put_down = by(&history, "NDRC", yes()).unwrap();
    assert!(matches!(&put_down[..], [Event::InvitationAnswered { put_down_by_clerk: true, .. }]));
    // It may take over what was put down for it, and then alone changes it.
    let own = by(&[history.clone(), put_down].concat(), "MOF", yes()).unwrap();
    let own = [history.clone(), own].concat();
    assert_eq!(by(&own, "NDRC", no()), Err("SAID_ITSELF"));
    assert_eq!(by(&own, "NDRC", yes()), Ok(vec![]));
    assert!(by(&own, "MOF", no()).is_ok());

    let name = |delegate: &str| Command::NameDelegate {
        department: code("MOF"),
        delegate: line(delegate),
        in_place_of: None,
    };
    let named = [history.clone(), by(&history, "MOF", name("王芳")).unwrap()].concat();
    assert_eq!(by(&named, "NDRC", name("张强")), Err("SAID_ITSELF"));
    assert!(by(&history, "NDRC", name("张强")).is_ok());
}
