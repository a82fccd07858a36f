//! After screening: revision, scheduling, invitations, convening, and the other ends.

use super::*;
use crate::decision_rule::{Quorum, QuorumBase, SecondCall};

pub(super) fn admitted() -> Vec<Event> {
    vec![requested(outline(1)), screened(&[]), Event::Admitted]
}

pub(super) fn on_the_calendar() -> Vec<Event> {
    [admitted(), vec![scheduled()]].concat()
}

fn convene() -> Command {
    Command::Convene { constitution: frozen() }
}

fn revise(topic_count: u32) -> Command {
    let Outline { topics, attendees, duration_minutes, earliest_start_at, .. } = outline(topic_count);
    let equipment = vec![];
    Command::Revise {
        title: None,
        purpose: None,
        topics,
        attendees,
        duration_minutes,
        earliest_start_at,
        equipment,
    }
}

#[test]
fn a_returned_request_is_revised_and_screened_again() {
    let history =
        [requested(outline(6)), screened(&[too_many_topics()]), Event::Returned { reason: text("议题过多") }];
    let revised = given::<Session>(&history).at(NOW).when(revise(3)).unwrap();
    let history = [history.to_vec(), revised].concat();
    assert_eq!(findings_after(&history), []);
}

#[test]
fn a_request_is_changed_until_it_is_scheduled_and_then_screened_again() {
    let Outline { topics, attendees, duration_minutes, earliest_start_at, .. } = outline(1);
    let title = Some(line("算力会商"));
    let rename = Command::Revise {
        title,
        purpose: None,
        topics,
        attendees,
        duration_minutes,
        earliest_start_at,
        equipment: vec![],
    };
    let revised = given::<Session>(&admitted()).at(NOW).when(rename.clone()).unwrap();
    let state = Session::fold(State::default(), &[admitted(), revised].concat());
    let filed = state.filed().unwrap();
    assert_eq!((filed.stage(), &filed.outline.title), (Stage::Requested, &line("算力会商")));
    let needed = "not yet scheduled";
    assert_eq!(
        given::<Session>(&on_the_calendar()).at(NOW).when(rename),
        Err(Rejection::WrongStage { action: "revised", needed, stage: Stage::Scheduled })
    );
}

#[test]
fn a_paper_stays_with_its_topic_and_goes_with_it() {
    let paper = |number: u32| Paper {
        title: line("方案"),
        sha256: line(&number.to_string().repeat(64)),
        uri: line("file:///1"),
        label: Default::default(),
    };
    let filed = |topic| Event::PaperSubmitted { topic, paper: paper(topic), submitted_at: at(NOW) };
    let mut now = topics(2);
    now[1].title = line("另一个议题");
    let revised = Event::Revised {
        title: None,
        purpose: None,
        topics: now,
        attendees: attendees(2),
        duration_minutes: 60,
        earliest_start_at: at(START),
        equipment: vec![],
    };
    let state =
        Session::fold(State::default(), &[requested(outline(3)), filed(1), filed(2), filed(3), revised]);
    let kept: Vec<u32> = state.filed().unwrap().papers.iter().map(|paper| paper.topic).collect();
    assert_eq!(kept, [1]);
}

#[test]
fn a_paper_without_a_valid_digest_is_refused() {
    let paper =
        Paper {
            title: line("方案"), sha256: line("abc"), uri: line("file:///1"), label: Default::default()
        };
    assert_eq!(
        given::<Session>(&admitted()).when(Command::SubmitPaper { topic: 1, paper }),
        Err(Rejection::NotADigest { sha256: line("abc") })
    );
}

#[test]
fn only_an_admitted_session_is_scheduled_and_not_before_its_time() {
    let schedule = |starts_at: &str| Command::Schedule {
        room: code("R-301"),
        starts_at: at(starts_at),
        answer_by: None,
    };
    assert_eq!(
        given::<Session>(&[requested(outline(1))]).at(NOW).when(schedule(START)),
        Err(Rejection::WrongStage { action: "scheduled", needed: "admitted", stage: Stage::Requested })
    );
    assert_eq!(
        given::<Session>(&admitted()).at(NOW).when(schedule("2027-03-07T01:00:00Z")),
        Err(Rejection::BeforeEarliestStart {
            starts_at: at("2027-03-07T01:00:00Z"),
            earliest_start_at: at(START)
        })
    );
    assert_eq!(
        given::<Session>(&admitted()).at("2027-03-09T01:00:00Z").when(schedule(START)),
        Err(Rejection::StartsInThePast { starts_at: at(START), now: at("2027-03-09T01:00:00Z") })
    );
    assert_eq!(given::<Session>(&admitted()).at(NOW).when(schedule(START)), Ok(vec![scheduled()]));
    assert_eq!(given::<Session>(&on_the_calendar()).at(NOW).when(schedule(START)), Ok(vec![]));
}

#[test]
fn the_room_goes_with_the_session() {
    let id = Uuid::from_u128(7);
    let before = Session::fold(State::default(), &admitted());
    let after = Session::fold(State::default(), &on_the_calendar());
    let book = room::Command::Book {
        session: id,
        starts_at: at(START),
        ends_at: at("2027-03-08T02:00:00Z"),
        attendees: 2,
        equipment: vec![],
    };
    let room = Room::id(&code("R-301"));
    let schedule = Command::Schedule { room: code("R-301"), starts_at: at(START), answer_by: None };
    assert_eq!(room_command(id, &before, &schedule, at(NOW)), Some((room, book)));
    let release = room::Command::Release { session: id };
    let reason = text("停电");
    assert_eq!(
        room_command(id, &after, &Command::Postpone { reason: reason.clone() }, at(NOW)),
        Some((room, release.clone()))
    );
    let cancel = Command::Cancel { reason };
    assert_eq!(room_command(id, &after, &cancel, at(NOW)), Some((room, release)));
    assert_eq!(room_command(id, &before, &cancel, at(NOW)), None, "it has no room yet");
}

#[test]
fn whoever_convenes_early_or_late_needs_the_room_then_and_the_end_frees_it() {
    let id = Uuid::from_u128(7);
    let scheduled = Session::fold(State::default(), &on_the_calendar());
    let convene = Command::Convene { constitution: frozen() };
    let booked = |now| match room_command(id, &scheduled, &convene, at(now)) {
        Some((_, room::Command::Book { starts_at, ends_at, .. })) => (starts_at, ends_at),
        other => panic!("{other:?}"),
    };
    assert_eq!(booked("2027-03-08T00:30:00Z"), (at("2027-03-08T00:30:00Z"), at("2027-03-08T02:00:00Z")));
    assert_eq!(booked("2027-03-08T01:20:00Z"), (at(START), at("2027-03-08T02:20:00Z")));
    let convened = Event::Convened { room: Some(code("R-301")), constitution: frozen() };
    let convened = Session::evolve(scheduled, &convened);
    let release = Some((Room::id(&code("R-301")), room::Command::Release { session: id }));
    assert_eq!(room_command(id, &convened, &Command::Conclude, at(START)), release);
    let adjourn = Command::Adjourn { reason: text("未达法定人数") };
    assert_eq!(room_command(id, &convened, &adjourn, at(START)), release);
}

#[test]
fn an_adjourned_session_is_scheduled_again_and_has_no_dead_end() {
    let mut history = on_the_calendar();
    history.push(Event::Convened { room: Some(code("R-301")), constitution: frozen() });
    let reason = || text("未达法定人数");
    let adjourned = Event::Adjourned { reason: reason(), adjournments: 1, second_call_at: None };
    let adjourn = Command::Adjourn { reason: reason() };
    assert_eq!(given::<Session>(&history).at(START).when(adjourn), Ok(vec![adjourned.clone()]));
    history.push(adjourned);
    let next =
        Command::Schedule { room: code("R-301"), starts_at: at("2027-03-09T01:00:00Z"), answer_by: None };
    assert!(given::<Session>(&history).at(START).when(next).is_ok());
    let cancel = Command::Cancel { reason: reason() };
    assert!(given::<Session>(&history).at(START).when(cancel).is_ok());
    let state = Session::fold(State::default(), &history);
    assert_eq!(state.filed().and_then(|filed| filed.reason.clone()), Some(reason()));
}

#[test]
fn a_second_call_waits_as_long_as_the_body_says_and_does_not_begin_early() {
    let half = Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 2 };
    let mut constitution = frozen();
    constitution.rule.second_call = Some(SecondCall { quorum: half, after_minutes: 90 });
    let convened = Event::Convened { room: Some(code("R-301")), constitution };
    let history = [on_the_calendar(), vec![convened]].concat();
    let adjourn = |now| {
        let adjourn = Command::Adjourn { reason: text("Nobody came") };
        given::<Session>(&history).at(now).when(adjourn).unwrap()
    };
    let second_call_at = |now| match &adjourn(now)[..] {
        [Event::Adjourned { second_call_at, .. }] => *second_call_at,
        other => panic!("{other:?}"),
    };
    // Whoever ends it before its start does not shorten the time that the others have.
    assert_eq!(second_call_at("2027-03-08T00:05:00Z"), Some(at("2027-03-08T02:30:00Z")));
    assert_eq!(second_call_at("2027-03-08T01:20:00Z"), Some(at("2027-03-08T02:50:00Z")));

    let adjourned = [history.clone(), adjourn("2027-03-08T00:05:00Z")].concat();
    let schedule =
        |starts_at| Command::Schedule { room: code("R-301"), starts_at: at(starts_at), answer_by: None };
    let early = given::<Session>(&adjourned).at(START).when(schedule("2027-03-08T02:29:00Z"));
    assert_eq!(early.unwrap_err().reason(), "SECOND_CALL_TOO_EARLY");
    let scheduled = given::<Session>(&adjourned).at(START).when(schedule("2027-03-08T02:30:00Z")).unwrap();
    let scheduled = [adjourned.clone(), scheduled].concat();
    let convene = |now| given::<Session>(&scheduled).at(now).when(convene());
    assert_eq!(convene("2027-03-08T02:29:00Z").unwrap_err().reason(), "TOO_EARLY");
    assert!(convene("2027-03-08T02:30:00Z").is_ok());
}

#[test]
fn with_other_topics_or_other_people_it_is_no_second_call() {
    let adjourned =
        Event::Adjourned {
            reason: text("未达法定人数"), adjournments: 1, second_call_at: Some(at(START))
        };
    let convened = Event::Convened { room: Some(code("R-301")), constitution: frozen() };
    let history = [on_the_calendar(), vec![convened, adjourned]].concat();
    let state = Session::fold(State::default(), &history);
    let outline = state.filed().unwrap().outline.clone();
    let revised = |topics| Event::Revised {
        title: None,
        purpose: None,
        topics,
        attendees: outline.attendees.clone(),
        duration_minutes: 45,
        earliest_start_at: at(START),
        equipment: vec![],
    };
    let after = |event| Session::evolve(state.clone(), &event).filed().cloned().unwrap();
    assert!(after(revised(outline.topics.clone())).is_next_call);
    let mut topics = outline.topics.clone();
    topics[0].title = line("Something else");
    let other = after(revised(topics));
    assert_eq!((other.is_next_call, other.second_call_at, other.adjournments), (false, None, 1));
}

#[test]
fn only_those_who_are_invited_answer_and_whoever_declines_says_why() {
    let answer = |answer, reason| Command::AnswerInvitation {
        department: code("MOF"),
        answer,
        reason,
        substitute: None,
    };
    let attempt = |command| given::<Session>(&on_the_calendar()).at(NOW).when(command);
    let accepted = answered_in_time(Answer::Accept);
    assert_eq!(attempt(answer(Answer::Accept, None)), Ok(vec![accepted]));
    assert_eq!(
        attempt(answer(Answer::Decline, None)),
        Err(Rejection::DeclineReasonRequired { department_code: code("MOF") })
    );
    let delegate =
        Command::NameDelegate { department: code("MEE"), delegate: line("赵敏"), in_place_of: None };
    assert_eq!(attempt(delegate), Err(Rejection::NotInvited { department_code: code("MEE") }));
}

#[test]
fn postponing_voids_the_answers_to_the_invitations() {
    let answered = answered_in_time(Answer::Accept);
    let postponed = Event::Postponed { reason: text("停电") };
    let history = [on_the_calendar(), vec![answered, postponed, scheduled()]].concat();
    let state = Session::fold(State::default(), &history);
    let appointment = state.filed().unwrap().appointment().unwrap();
    assert!(appointment.invitations.iter().all(|invitation| invitation.answer.is_none()));
}

#[test]
fn a_session_can_be_convened_from_an_hour_before_its_start() {
    let convene = |now| given::<Session>(&on_the_calendar()).at(now).when(convene());
    let opens_at = at("2027-03-08T00:00:00Z");
    assert_eq!(convene("2027-03-07T23:59:59Z"), Err(Rejection::TooEarly { starts_at: at(START), opens_at }));
    assert_eq!(
        convene("2027-03-08T00:00:00Z"),
        Ok(vec![Event::Convened { room: Some(code("R-301")), constitution: frozen() }])
    );
}

#[test]
fn only_an_emergency_is_convened_without_a_room() {
    let history = |outline| [requested(outline), screened(&[]), Event::Admitted];
    assert_eq!(
        given::<Session>(&history(emergency())).at(NOW).when(convene()),
        Ok(vec![Event::Convened { room: None, constitution: frozen() }])
    );
    assert_eq!(
        given::<Session>(&history(outline(1))).at(NOW).when(convene()).unwrap_err().reason(),
        "WRONG_STAGE"
    );
}

#[test]
fn a_countersign_ends_like_a_meeting() {
    let sign_by = at("2027-03-05T10:00:00Z");
    let reason = text("无需开会");
    let convert = Command::ConvertToCountersign { sign_by, reason: reason.clone(), constitution: frozen() };
    let converted = Event::ConvertedToCountersign { sign_by, reason, constitution: frozen() };
    let history = [admitted(), vec![converted.clone()]].concat();
    assert_eq!(given::<Session>(&admitted()).at(NOW).when(convert.clone()), Ok(vec![converted]));
    assert_eq!(given::<Session>(&history).at(NOW).when(convert), Ok(vec![]));
    assert_eq!(given::<Session>(&history).when(Command::Conclude), Ok(vec![Event::Concluded]));
    let concluded = [history, vec![Event::Concluded]].concat();
    assert_eq!(given::<Session>(&concluded).when(Command::Conclude), Ok(vec![]));
}

#[test]
fn a_session_is_merged_into_another_and_never_into_itself() {
    let merge = |into| Command::Merge {
        session: Uuid::from_u128(1),
        into: Uuid::from_u128(into),
        reason: text("同一事项"),
    };
    assert_eq!(given::<Session>(&admitted()).when(merge(1)), Err(Rejection::MergedIntoItself));
    assert_eq!(
        given::<Session>(&admitted()).when(merge(2)),
        Ok(vec![Event::Merged { into: Uuid::from_u128(2), reason: text("同一事项") }])
    );
    assert_eq!(given::<Session>(&[]).when(merge(2)), Err(Rejection::NotFound { what: "session" }));
}

#[test]
fn an_alarm_requests_and_convenes_at_once() {
    let alarm = |outline| Command::Alarm {
        outline,
        chair: code("NDRC"),
        rules: MeetingRules::default(),
        constitution: constitution(&["MIIT"]),
    };
    let events = given::<Session>(&[]).at(NOW).when(alarm(emergency())).unwrap();
    assert!(matches!(
        events[..],
        [
            Event::Requested { .. },
            Event::Screened { .. },
            Event::Admitted,
            Event::Convened { room: None, .. }
        ]
    ));
    let mut idle = emergency();
    idle.attendees.push(attendee("PRESS", &[]));
    let refused = given::<Session>(&[]).at(NOW).when(alarm(idle));
    assert!(
        matches!(refused, Err(Rejection::RuleBroken { rule: Rule::RoleForEveryAttendee, .. })),
        "{refused:?}"
    );
}

fn filed(history: &[Event]) -> Filed {
    Session::fold(State::default(), history).filed().unwrap().clone()
}

#[test]
fn a_session_keeps_to_working_hours_unless_that_is_overridden() {
    let off_work =
        |history: &[Event], starts_at| match check_working_time(&filed(history), at(starts_at), &china()) {
            Ok(()) => 0,
            Err(Rejection::RuleBroken { rule: Rule::WorkingTime, measure, limit: 0 }) => measure,
            Err(other) => panic!("{other}"),
        };
    // An hour on Monday, 8 March, from 09:00 in Shanghai on; the 7th is a Sunday.
    let admitted = admitted();
    assert_eq!(off_work(&admitted, "2027-03-08T01:00:00Z"), 0);
    assert_eq!(off_work(&admitted, "2027-03-08T00:30:00Z"), 30, "before work begins");
    assert_eq!(off_work(&admitted, "2027-03-08T09:15:00Z"), 15, "after it ends");
    assert_eq!(off_work(&admitted, "2027-03-07T01:00:00Z"), 60, "on a Sunday");
    assert_eq!(off_work(&admitted, "2027-03-06T19:00:00Z"), 60, "at three in the night");
    let reason = text("代表须当晚返程");
    let override_rule = Command::Override { rule: Rule::WorkingTime, reason };
    let overridden = given::<Session>(&admitted).when(override_rule).unwrap();
    assert_eq!(off_work(&[admitted, overridden].concat(), "2027-03-06T19:00:00Z"), 0);
    let urgent = vec![requested(emergency()), screened(&[]), Event::Admitted];
    assert_eq!(off_work(&urgent, "2027-03-06T19:00:00Z"), 0);
    let long =
        vec![requested(Outline { duration_minutes: 600, ..outline(1) }), screened(&[]), Event::Admitted];
    assert_eq!(off_work(&long, "2027-03-08T01:00:00Z"), 0, "it is longer than a working day");
}

#[test]
fn nobody_means_a_start_in_the_past_or_years_ahead() {
    let check = |starts_at| check_start(at(starts_at), &china(), at(NOW));
    assert_eq!(check("2027-03-08T01:00:00Z"), Ok(()));
    assert!(matches!(check("2020-03-08T01:00:00Z"), Err(Rejection::StartsInThePast { .. })));
    assert!(matches!(check("2037-03-08T01:00:00Z"), Err(Rejection::StartsTooFarAhead { .. })));
}

#[test]
fn a_scheduled_session_is_moved_in_one_act_and_leaves_its_room() {
    let id = Uuid::from_u128(7);
    let reason = || text("主会场检修");
    let to = |room: &str, starts_at| Command::Move {
        room: code(room),
        starts_at: at(starts_at),
        reason: reason(),
        answer_by: None,
    };
    let attempt = |history: &[Event], command| given::<Session>(history).at(NOW).when(command);
    assert_eq!(attempt(&on_the_calendar(), to("R-301", START)), Ok(vec![]));
    let needed = Rejection::WrongStage { action: "moved", needed: "scheduled", stage: Stage::Admitted };
    assert_eq!(attempt(&admitted(), to("R-301", START)), Err(needed));
    let moved = attempt(&on_the_calendar(), to("R-302", "2027-03-09T01:00:00Z")).unwrap();
    let state = Session::fold(State::default(), &[on_the_calendar(), moved].concat());
    let slot = &state.filed().unwrap().appointment().unwrap().slot;
    assert_eq!((&slot.room, slot.starts_at), (&code("R-302"), at("2027-03-09T01:00:00Z")));
    let before = Session::fold(State::default(), &on_the_calendar());
    let left = Some((Room::id(&code("R-301")), room::Command::Release { session: id }));
    assert_eq!(left_room(id, &before, &to("R-302", START)), left);
    assert_eq!(left_room(id, &before, &to("R-301", "2027-03-09T01:00:00Z")), None);
}
