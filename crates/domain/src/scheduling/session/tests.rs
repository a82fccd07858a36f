use super::*;
use crate::decision_rule::MatterClass;
use crate::scheduling::booking::{left_room, room_command};
use crate::scheduling::room::{self, Room};
use crate::testing::{actor, at, code, constitution, given, line, text};
use crate::{Actor, Refusal, Role, Timestamp};

mod added_topics;
mod agenda;
mod invitations;
mod labels;
mod life;
mod next;
mod random;

fn china() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

const NOW: &str = "2027-03-01T01:00:00Z";
const START: &str = "2027-03-08T01:00:00Z";

fn topics(count: u32) -> Vec<Topic> {
    (1..=count)
        .map(|number| Topic {
            number,
            title: line(&format!("议题{number}")),
            timebox_minutes: 10,
            papers_required: false,
            label: Default::default(),
            matter: None,
            section: None,
            parent: None,
        })
        .collect()
}

fn attendee(department: &str, roles: &[(u32, RoleOnTopic)]) -> Attendee {
    let roles = roles.iter().map(|&(topic, role)| TopicRole { topic, role }).collect();
    Attendee { department: code(department), roles, companions: 0 }
}

/// Two departments, of which the first decides everything.
fn attendees(topics: u32) -> Vec<Attendee> {
    let decides: Vec<_> = (1..=topics).map(|topic| (topic, RoleOnTopic::Decides)).collect();
    vec![attendee("MIIT", &decides), attendee("MOF", &[(1, RoleOnTopic::Advises)])]
}

fn outline(topic_count: u32) -> Outline {
    Outline {
        title: line("人工智能部际联席会议"),
        purpose: text("共同确定算力调度"),
        body: code("JC-AI"),
        kind: Kind::Standing,
        class: MatterClass::Ordinary,
        emergency: None,
        topics: topics(topic_count),
        attendees: attendees(topic_count),
        duration_minutes: 60,
        earliest_start_at: at(START),
        case_reference: None,
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

fn requested(outline: Outline) -> Event {
    Event::Requested { outline, requester: Some(code("NDRC")), chair: code("NDRC") }
}

fn screen() -> Command {
    Command::Screen {
        rules: MeetingRules::default(),
        calendar: china(),
        sessions_this_quarter: 0,
        deciders_min: 1,
    }
}

fn screened(findings: &[Finding]) -> Event {
    Event::Screened { rules: MeetingRules::default(), findings: findings.to_vec() }
}

fn scheduled() -> Event {
    let invited = vec![code("MIIT"), code("MOF")];
    Event::Scheduled {
        room: code("R-301"),
        starts_at: at(START),
        ends_at: at("2027-03-08T02:00:00Z"),
        invited,
        answer_by: None,
    }
}

/// What MOF answered when it was asked.
fn answered_in_time(answer: Answer) -> Event {
    let (department, answered_at) = (code("MOF"), Some(at(NOW)));
    Event::InvitationAnswered {
        department,
        answer,
        reason: None,
        answered_at,
        late: false,
        put_down_by_clerk: false,
    }
}

/// The body as it is when the session is convened.
fn frozen() -> Constitution {
    constitution(&["NDRC", "MIIT"])
}

fn too_many_topics() -> Finding {
    Finding { rule: Rule::TopicsPerSession, measure: 6, limit: 5, overridable: true }
}

fn request(outline: Outline) -> Command {
    Command::Request { outline, chair: code("NDRC") }
}

/// An emergency, declared as it has to be.
fn emergency() -> Outline {
    let declaration = Declaration { reason: line("河水上涨"), authority: line("防汛预案第3条") };
    Outline {
        kind: Kind::Emergency,
        class: MatterClass::Emergency,
        emergency: Some(declaration),
        ..outline(1)
    }
}

/// What screening finds in a request without any other history.
fn findings(outline: Outline) -> Vec<Finding> {
    findings_after(&[requested(outline)])
}

fn findings_after(history: &[Event]) -> Vec<Finding> {
    match given::<Session>(history).at(NOW).when(screen()).unwrap().as_slice() {
        [Event::Screened { findings, .. }] => findings.clone(),
        other => panic!("screening returned {other:?}"),
    }
}

#[test]
fn a_request_that_contradicts_itself_is_refused() {
    let refused = |outline: Outline| given::<Session>(&[]).at(NOW).when(request(outline)).unwrap_err();
    assert_eq!(refused(Outline { topics: vec![], ..outline(1) }), Rejection::TopicsRequired);
    assert_eq!(
        refused(Outline { duration_minutes: 15, ..outline(2) }),
        Rejection::TimeboxesTooLong { timebox_minutes: 20, duration_minutes: 15 }
    );
    assert_eq!(
        refused(Outline { attendees: attendees(3), ..outline(2) }),
        Rejection::UnknownTopic { topic_number: 3 }
    );
    let twice = vec![attendee("MIIT", &[]), attendee("MIIT", &[])];
    assert_eq!(
        refused(Outline { attendees: twice, ..outline(1) }),
        Rejection::DuplicateAttendee { department_code: code("MIIT") }
    );
    assert_eq!(refused(Outline { kind: Kind::Case, ..outline(1) }), Rejection::CaseReferenceRequired);
    let mut misnumbered = outline(2);
    misnumbered.topics.swap(0, 1);
    assert_eq!(refused(misnumbered), Rejection::TopicNumberOutOfOrder { topic_number: 2, expected: 1 });
    assert_eq!(
        refused(Outline { decide_by: Some(at(NOW)), ..outline(1) }),
        Rejection::DeadlinePassed { field: "decide_by", deadline: at(NOW), now: at(NOW) }
    );
}

#[test]
fn an_emergency_is_declared_and_nothing_else_is() {
    let refused =
        |outline: Outline| given::<Session>(&[]).at(NOW).when(request(outline)).map(|_| ()).unwrap_err();
    assert_eq!(refused(Outline { emergency: None, ..emergency() }), Rejection::EmergencyNotDeclared);
    assert_eq!(
        refused(Outline { emergency: emergency().emergency, ..outline(1) }),
        Rejection::NotAnEmergency
    );
    for (kind, matter_class) in
        [(Kind::Standing, MatterClass::Emergency), (Kind::Emergency, MatterClass::Ordinary)]
    {
        let outline = Outline { kind, class: matter_class, ..emergency() };
        assert_eq!(refused(outline), Rejection::ClassDoesNotFit { matter_class });
    }
    assert!(given::<Session>(&[]).at(NOW).when(request(emergency())).is_ok());
}

#[test]
fn a_topic_needs_as_many_deciders_as_its_body_needs_votes() {
    let screen = |deciders_min| Command::Screen {
        rules: MeetingRules::default(),
        calendar: china(),
        sessions_this_quarter: 0,
        deciders_min,
    };
    let found =
        |deciders_min| given::<Session>(&[requested(outline(2))]).at(NOW).when(screen(deciders_min)).unwrap();
    let finding = Finding { rule: Rule::DeciderForEveryTopic, measure: 2, limit: 0, overridable: false };
    assert_eq!(found(1), [screened(&[])]);
    assert_eq!(found(2), [screened(&[finding])], "one department decides on each");
}

#[test]
fn a_request_within_the_rules_has_no_findings() {
    assert_eq!(findings(outline(5)), []);
}

#[test]
fn every_broken_rule_is_found_with_its_figures() {
    let mut sprawling = outline(6);
    sprawling.duration_minutes = 180;
    sprawling.earliest_start_at = at("2027-03-02T01:00:00Z");
    sprawling.attendees = vec![attendee("MIIT", &[(1, RoleOnTopic::Decides)]), attendee("MOF", &[])];
    sprawling.topics[0].papers_required = true;
    let figures: Vec<_> =
        findings(sprawling).iter().map(|f| (f.rule, f.measure, f.limit, f.overridable)).collect();
    assert_eq!(
        figures,
        [
            (Rule::TopicsPerSession, 6, 5, true),
            (Rule::SessionDuration, 180, 120, true),
            (Rule::Notice, 1, 3, true),
            (Rule::RoleForEveryAttendee, 1, 0, false),
            (Rule::DeciderForEveryTopic, 5, 0, false),
            (Rule::Papers, 0, 2, true),
        ]
    );
}

#[test]
fn notice_is_measured_in_the_days_that_its_body_counts() {
    // Monday, 1 March; the session is on Sunday the 7th, a make-up day or not, and on Monday the 8th.
    let resting = china();
    let make_up: crate::Date = "2027-03-07".parse().unwrap();
    let weekend = resting.weekend().to_vec();
    let working = WorkingCalendar::new("Asia/Shanghai", weekend, [], [make_up]).unwrap();
    let found = |counts_working_days: bool, calendar: &WorkingCalendar, day: &str| {
        let rules = MeetingRules { notice_days_min: 6, counts_working_days, ..MeetingRules::default() };
        let screen =
            Command::Screen { rules, calendar: calendar.clone(), sessions_this_quarter: 0, deciders_min: 1 };
        let start = Outline { earliest_start_at: at(&format!("{day}T01:00:00Z")), ..outline(1) };
        let events = given::<Session>(&[requested(start)]).at(NOW).when(screen).unwrap();
        match events.as_slice() {
            [Event::Screened { findings, .. }] => findings.first().map(|found| (found.rule, found.measure)),
            other => panic!("screening returned {other:?}"),
        }
    };
    assert_eq!(found(false, &resting, "2027-03-07"), None, "six calendar days");
    assert_eq!(found(true, &resting, "2027-03-08"), Some((Rule::Notice, 5)), "of seven, five are worked");
    assert_eq!(found(true, &resting, "2027-03-09"), None);
    assert_eq!(found(true, &working, "2027-03-08"), None, "a Sunday on which people work counts");
}

#[test]
fn an_emergency_needs_neither_notice_nor_papers() {
    let mut urgent = Outline { earliest_start_at: at(NOW), ..emergency() };
    urgent.topics[0].papers_required = true;
    assert_eq!(findings(urgent), []);
}

#[test]
fn papers_count_from_the_day_they_came() {
    let mut with_papers = outline(1);
    with_papers.topics[0].papers_required = true;
    let submitted_at = |moment: &str| {
        let paper = Paper {
            title: line("方案"),
            sha256: line(&"a".repeat(64)),
            uri: line("file:///1"),
            label: Default::default(),
        };
        Event::PaperSubmitted { topic: 1, paper, submitted_at: at(moment) }
    };
    // In Shanghai the session is on the 8th; 16:00 UTC is midnight there.
    let in_time = [requested(with_papers.clone()), submitted_at("2027-03-06T15:59:00Z")];
    assert_eq!(findings_after(&in_time), []);
    let late = [requested(with_papers), submitted_at("2027-03-06T16:00:00Z")];
    assert_eq!(
        findings_after(&late),
        [Finding { rule: Rule::Papers, measure: 1, limit: 2, overridable: true }]
    );
}

#[test]
fn the_bodys_sessions_in_a_quarter_are_counted_with_this_one() {
    let rules = MeetingRules { sessions_per_quarter_max: Some(4), ..MeetingRules::default() };
    let screen = Command::Screen { rules, calendar: china(), sessions_this_quarter: 4, deciders_min: 1 };
    let finding = Finding { rule: Rule::SessionsPerQuarter, measure: 5, limit: 4, overridable: true };
    assert_eq!(
        given::<Session>(&[requested(outline(1))]).at(NOW).when(screen),
        Ok(vec![Event::Screened { rules, findings: vec![finding] }])
    );
}

#[test]
fn a_broken_rule_bars_admission_until_it_is_overridden() {
    let mut history = vec![requested(outline(6)), screened(&[too_many_topics()])];
    assert_eq!(
        given::<Session>(&history).when(Command::Admit),
        Err(Rejection::RuleBroken { rule: Rule::TopicsPerSession, measure: 6, limit: 5 })
    );
    let reason = text("季度总结");
    let overridden = Event::FindingOverridden { rule: Rule::TopicsPerSession, reason: reason.clone() };
    let override_rule = || Command::Override { rule: Rule::TopicsPerSession, reason: reason.clone() };
    assert_eq!(given::<Session>(&history).when(override_rule()), Ok(vec![overridden.clone()]));
    history.push(overridden);
    assert_eq!(given::<Session>(&history).when(override_rule()), Ok(vec![]));
    assert_eq!(given::<Session>(&history).when(Command::Admit), Ok(vec![Event::Admitted]));
}

#[test]
fn no_reason_outweighs_attending_without_a_role() {
    let idle = Finding { rule: Rule::RoleForEveryAttendee, measure: 1, limit: 0, overridable: false };
    let history = [requested(outline(1)), screened(&[idle])];
    let override_rule = |rule| Command::Override { rule, reason: text("惯例") };
    assert_eq!(
        given::<Session>(&history).when(override_rule(Rule::RoleForEveryAttendee)),
        Err(Rejection::NotOverridable { rule: Rule::RoleForEveryAttendee })
    );
    assert_eq!(
        given::<Session>(&history).when(override_rule(Rule::Notice)),
        Err(Rejection::RuleNotBroken { rule: Rule::Notice })
    );
    let sign_by = at(START);
    assert_eq!(
        given::<Session>(&history).at(NOW).when(Command::ConvertToCountersign {
            sign_by,
            reason: text("简单"),
            constitution: frozen()
        }),
        Err(Rejection::RuleBroken { rule: Rule::RoleForEveryAttendee, measure: 1, limit: 0 }),
        "not even where nobody meets"
    );
}

#[test]
fn a_different_finding_voids_its_override_and_the_same_finding_keeps_it() {
    let overridden = Event::FindingOverridden { rule: Rule::TopicsPerSession, reason: text("季度总结") };
    let history = [requested(outline(6)), screened(&[too_many_topics()]), overridden];
    assert_eq!(given::<Session>(&history).at(NOW).when(screen()), Ok(vec![]));
    let stricter = MeetingRules { topics_max: 3, ..MeetingRules::default() };
    let again =
        Command::Screen { rules: stricter, calendar: china(), sessions_this_quarter: 0, deciders_min: 1 };
    let events = given::<Session>(&history).at(NOW).when(again).unwrap();
    let state = Session::fold(State::default(), history.iter().chain(&events));
    assert_eq!(state.filed().unwrap().open_findings().count(), 1);
}
