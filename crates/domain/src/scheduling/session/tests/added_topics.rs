//! Topics that come on the agenda after all were invited.

use super::life::admitted;
use super::*;
use crate::scheduling::travel::Whereabouts;

fn late(title: &str) -> Topic {
    Topic { number: 2, title: line(title), ..topics(1)[0].clone() }
}

fn roles() -> Vec<DepartmentRole> {
    vec![
        DepartmentRole { department: code("MIIT"), role: RoleOnTopic::Advises },
        DepartmentRole { department: code("MOF"), role: RoleOnTopic::Decides },
    ]
}

fn add(topic: Topic) -> Command {
    Command::AddTopic { topic, roles: roles(), reason: text("汛情"), calendar: china(), deciders_min: 1 }
}

fn added(title: &str) -> Event {
    Event::TopicAdded { topic: late(title), roles: roles(), reason: Some(text("汛情")) }
}

/// Scheduled for Monday, March 8, by these rules.
fn on_the_calendar(rules: MeetingRules) -> Vec<Event> {
    let screened = Event::Screened { rules, findings: vec![] };
    vec![requested(outline(1)), screened, Event::Admitted, scheduled()]
}

fn broken(rule: Rule, measure: u32, limit: u32) -> Result<Vec<Event>, Rejection> {
    Err(Rejection::RuleBroken { rule, measure, limit })
}

#[test]
fn a_topic_is_added_in_time_as_the_last_and_everything_else_stays() {
    let history = on_the_calendar(MeetingRules::default());
    let friday = "2027-03-05T01:00:00Z";
    assert_eq!(given::<Session>(&history).at(friday).when(add(late("防汛"))), Ok(vec![added("防汛")]));
    let answered = Event::InvitationAnswered {
        department: code("MOF"),
        answer: Answer::Accept,
        reason: None,
        answered_at: None,
        late: false,
        put_down_by_clerk: false,
    };
    let state = Session::fold(State::default(), &[history, vec![answered, added("防汛")]].concat());
    let filed = state.filed().unwrap();
    assert_eq!(filed.outline.topics[1], late("防汛"));
    let roles: Vec<_> = filed.outline.attendees.iter().map(|one| one.roles.last().unwrap().role).collect();
    assert_eq!(roles, [RoleOnTopic::Advises, RoleOnTopic::Decides]);
    let known = AddedTopic { topic: 2, from_floor: false, reason: Some(text("汛情")) };
    assert_eq!((filed.stage(), &filed.added), (Stage::Scheduled, &vec![known]));
    assert_eq!(
        filed.appointment().unwrap().invitations[1].answer,
        Some(Answer::Accept),
        "nobody answers again"
    );
}

#[test]
fn there_are_as_many_days_for_it_as_the_body_says_or_else_as_for_an_invitation() {
    let at_day = |history: &[Event], day: &str| {
        given::<Session>(history).at(&format!("2027-03-{day}T01:00:00Z")).when(add(late("防汛"))).map(|_| ())
    };
    let usual = on_the_calendar(MeetingRules::default());
    assert_eq!(at_day(&usual, "05"), Ok(()));
    let refused = broken(Rule::AddedTopics, 2, 3).map(|_| ());
    assert_eq!(at_day(&usual, "06"), refused);
    let until_the_day = on_the_calendar(MeetingRules { added_topic_days_min: Some(0), ..Default::default() });
    assert_eq!(at_day(&until_the_day, "08"), Ok(()));
    let working_days = on_the_calendar(MeetingRules {
        added_topic_days_min: Some(2),
        counts_working_days: true,
        ..Default::default()
    });
    assert_eq!(
        at_day(&working_days, "05"),
        broken(Rule::AddedTopics, 1, 2).map(|_| ()),
        "a weekend is between"
    );
}

#[test]
fn the_rule_is_overridden_for_one_topic_with_a_reason() {
    let history = on_the_calendar(MeetingRules::default());
    let sunday = "2027-03-07T01:00:00Z";
    let allow = Command::Override { rule: Rule::AddedTopics, reason: text("堤坝渗水") };
    let allowed = given::<Session>(&history).at(sunday).when(allow.clone()).unwrap();
    let history = [history, allowed].concat();
    assert_eq!(given::<Session>(&history).at(sunday).when(allow), Ok(vec![]));
    assert_eq!(given::<Session>(&history).at(sunday).when(add(late("防汛"))), Ok(vec![added("防汛")]));
    let history = [history, vec![added("防汛")]].concat();
    let third = Topic { number: 3, title: line("供电"), ..late("供电") };
    assert_eq!(given::<Session>(&history).at(sunday).when(add(third)), broken(Rule::AddedTopics, 1, 3));
}

#[test]
fn a_topic_that_does_not_fit_is_refused() {
    let history = on_the_calendar(MeetingRules { topics_max: 1, ..Default::default() });
    let refused = |history: &[Event], topic: Topic| given::<Session>(history).at(NOW).when(add(topic));
    assert_eq!(refused(&history, late("防汛")), broken(Rule::TopicsPerSession, 2, 1));
    let more = Event::FindingOverridden { rule: Rule::TopicsPerSession, reason: text("事急") };
    let history = [history, vec![more]].concat();
    assert_eq!(refused(&history, late("防汛")), Ok(vec![added("防汛")]));
    assert_eq!(refused(&history, late("议题1")), Err(Rejection::TitleOnAgenda { topic_number: 1 }));
    let long = Topic { timebox_minutes: 60, ..late("防汛") };
    let too_long = Rejection::TimeboxesTooLong { timebox_minutes: 70, duration_minutes: 60 };
    assert_eq!(refused(&history, long), Err(too_long));
    let below = Topic { parent: Some(1), ..late("防汛") };
    assert_eq!(refused(&history, below), Err(Rejection::DecidedInSubTopics { topic_number: 1 }));
    let numbered = Topic { number: 1, ..late("防汛") };
    let out_of_order = Rejection::TopicNumberOutOfOrder { topic_number: 1, expected: 2 };
    assert_eq!(refused(&history, numbered), Err(out_of_order));

    let by = |roles: Vec<DepartmentRole>| {
        let command = add(late("防汛"));
        let Command::AddTopic { topic, reason, calendar, deciders_min, .. } = command else { panic!() };
        let command = Command::AddTopic { topic, roles, reason, calendar, deciders_min };
        given::<Session>(&history).at(NOW).when(command)
    };
    assert_eq!(by(vec![]), broken(Rule::DeciderForEveryTopic, 1, 0));
    let stranger = DepartmentRole { department: code("MEE"), role: RoleOnTopic::Decides };
    assert_eq!(by(vec![stranger]), Err(Rejection::NotInvited { department_code: code("MEE") }));
}

#[test]
fn it_is_neither_too_early_nor_too_late_for_it() {
    let wrong = |history: &[Event]| match given::<Session>(history).at(NOW).when(add(late("防汛"))) {
        Err(Rejection::WrongStage { stage, .. }) => stage,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(&admitted()), Stage::Admitted, "it is revised");
    let convened = Event::Convened { room: Some(code("R-301")), constitution: frozen() };
    let held = [on_the_calendar(MeetingRules::default()), vec![convened]].concat();
    assert_eq!(wrong(&held), Stage::Convened, "a motion takes it on the agenda");
    let adjourned =
        Event::Adjourned { reason: text("未达法定人数"), adjournments: 1, second_call_at: None };
    let next = [held.clone(), vec![adjourned, scheduled()]].concat();
    let again = given::<Session>(&next).at(NOW).when(add(late("防汛")));
    assert_eq!(again, Err(Rejection::SameAgendaRequired), "fewer would decide on what nobody was called for");

    // What the docket took on its agenda is noted once.
    let note = Command::NoteFloorTopic { topic: late("水泵"), roles: roles() };
    let noted = given::<Session>(&held).at(NOW).when(note.clone()).unwrap();
    assert_eq!(noted, [Event::TopicAdded { topic: late("水泵"), roles: roles(), reason: None }]);
    let held = [held, noted].concat();
    assert_eq!(given::<Session>(&held).at(NOW).when(note), Ok(vec![]));
    let state = Session::fold(State::default(), &held);
    assert_eq!(state.filed().unwrap().added, [AddedTopic { topic: 2, from_floor: true, reason: None }]);
}

#[test]
fn whoever_decides_on_it_decides_nowhere_else_at_that_time() {
    let state = Session::fold(State::default(), &on_the_calendar(MeetingRules::default()));
    let commands = crate::scheduling::diary::diary_commands(
        Uuid::from_u128(7),
        state.filed().unwrap(),
        &add(late("防汛")),
        &Whereabouts::default(),
        at(NOW),
    );
    let diaries: Vec<Uuid> = commands.iter().map(|(diary, _)| *diary).collect();
    assert_eq!(diaries, ["MIIT", "MOF"].map(|it| crate::scheduling::diary::Diary::id(&code(it))));
}
