use super::*;
use domain::decision_rule::MatterClass;
use domain::deliberation::ballot::Choice;
use domain::deliberation::docket::{
    Agenda, AgendaTopic, Command as OnDocket, Docket, ItemDraft, Mode, Participant, RoleOnTopic, TopicRole,
};
use domain::directory::department::{self, Department};
use domain::due::DueRule;
use domain::scheduling::body::MeetingRules;
use domain::scheduling::cost::{Currency, HourlyRate};
use domain::scheduling::session::{
    self, Attendee, Command as OnSession, Kind as SessionKind, Outline, Session,
};
use domain::testing::constitution;

const MATTER: Uuid = Uuid::from_u128(7);

fn outline() -> Outline {
    let attendee = |department| Attendee {
        department: code(department),
        roles: vec![session::TopicRole { topic: 1, role: session::RoleOnTopic::Decides }],
        companions: 0,
    };
    Outline {
        title: line("防汛会商"),
        purpose: text("定下泄洪方案"),
        body: code("FLOOD"),
        kind: SessionKind::Emergency,
        class: MatterClass::Emergency,
        emergency: Some(session::Declaration {
            reason: line("河水上涨"), authority: line("防汛预案")
        }),
        topics: vec![session::Topic {
            number: 1,
            title: line("泄洪"),
            timebox_minutes: 60,
            papers_required: false,
            label: Default::default(),
            matter: None,
            section: None,
            parent: None,
        }],
        attendees: vec![attendee("WATER"), attendee("ROADS")],
        duration_minutes: 60,
        earliest_start_at: at("2027-03-01T01:00:00Z"),
        case_reference: None,
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

fn agenda() -> Agenda {
    let deciding = |department| Participant {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }],
    };
    Agenda {
        session: MATTER,
        title: line("防汛会商"),
        body: code("FLOOD"),
        constitution: constitution(&["WATER", "ROADS"]),
        requester: None,
        mode: Mode::Meeting,
        decide_by: None,
        remind_at: None,
        topics: vec![AgendaTopic {
            number: 1,
            title: line("泄洪"),
            timebox_minutes: 60,
            label: Default::default(),
            carried: None,
            section: None,
            parent: None,
        }],
        participants: vec![deciding("WATER"), deciding("ROADS")],
    }
}

impl Place {
    async fn list_department(&self, department: &str) {
        let profile = department::Profile {
            code: code(department),
            name: line(department),
            parent: None,
            level: department::Level::Municipal,
            region: None,
            without_users: false,
            kind: department::Kind::Agency,
        };
        let (id, register) = (Department::id(&code(department)), department::Command::Register(profile));
        self.copy
            .service
            .kit
            .execute::<Department>(&context(department, department), id, register)
            .await
            .unwrap();
    }

    async fn on_session(&self, id: Uuid, command: OnSession) {
        let context = context(&format!("{id} {command:?}"), "WATER");
        self.copy.service.kit.execute::<Session>(&context, id, command).await.unwrap();
    }

    async fn on_docket(&self, department: &str, command: OnDocket) {
        let context = context(&format!("{command:?}"), department);
        let step = format!("{command:?}");
        let done = self.copy.service.kit.execute::<Docket>(&context, MATTER, command).await;
        done.map(drop).unwrap_or_else(|error| panic!("{step}: {error}"));
    }

    async fn indicator(&self, name: &str) -> pb::Indicator {
        let request = pb::GetIndicatorsRequest { at_least_position: self.end(), ..Default::default() };
        let answer = self.copy.service.get_indicators(supervisor(request)).await.unwrap().into_inner();
        answer.indicators.into_iter().find(|indicator| indicator.name == name).unwrap()
    }

    async fn value(&self, name: &str) -> Option<f64> {
        self.indicator(name).await.value
    }

    /// Debates for an hour, of which so much is off topic, and decides.
    async fn meet_and_decide(&self, digression_minutes: u32) {
        self.on_docket("WATER", OnDocket::Prepare { agenda: agenda() }).await;
        for department in ["WATER", "ROADS"] {
            let arrival = OnDocket::RecordArrival { department: code(department), delegate: line("代表") };
            self.on_docket("WATER", arrival).await;
        }
        self.on_docket("WATER", OnDocket::Open).await;
        self.on_docket("WATER", OnDocket::OpenTopic { topic: 1 }).await;
        self.on_docket("WATER", OnDocket::SubmitProposal { topic: 1, text: text("今晚开闸") }).await;
        let draft = ItemDraft {
            title: line("转移群众"),
            deliverable: text("转移名单"),
            criterion: Some(text("名单上的人都到了安置点")),
            lead: Some(code("ROADS")),
            co_responsible: vec![],
            due: Some(DueRule::AfterDays(1)),
        };
        self.on_docket("WATER", OnDocket::DraftItems { topic: 1, items: vec![draft] }).await;
        self.move_clock("2027-03-03T02:00:00Z");
        self.on_docket(
            "WATER",
            OnDocket::RecordDigression { topic: 1, minutes: digression_minutes, note: None },
        )
        .await;
        self.on_docket("WATER", OnDocket::CloseDebate { topic: 1 }).await;
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        self.on_docket("WATER", OnDocket::OpenBallot { topic: 1, version: 1, calendar }).await;
        for department in ["WATER", "ROADS"] {
            let choice = Choice::Yes;
            let vote = OnDocket::CastVote {
                topic: 1,
                department: code(department),
                choice,
                split: vec![],
                reason: None,
            };
            self.on_docket(department, vote).await;
        }
        self.on_docket("WATER", OnDocket::CloseBallot { topic: 1, casting_vote: None }).await;
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        self.on_docket("WATER", OnDocket::AdoptDecision { topic: 1, declaratory: false, calendar }).await;
        self.on_docket("WATER", OnDocket::Close).await;
    }
}

#[tokio::test]
async fn the_indicators_are_what_the_log_shows() {
    let place = Place::new();
    let request = pb::GetIndicatorsRequest::default();
    let empty = place.copy.service.get_indicators(supervisor(request)).await.unwrap().into_inner().indicators;
    assert_eq!(empty.len(), 10);
    assert!(empty.iter().take(5).all(|indicator| indicator.value.is_none() && indicator.baseline.is_some()));

    for department in ["WATER", "ROADS", "HEALTH", "AUDIT"] {
        place.list_department(department).await;
    }
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let screen = OnSession::Screen {
        rules: MeetingRules::default(),
        calendar,
        sessions_this_quarter: 0,
        deciders_min: 1,
    };
    let request = || OnSession::Request { outline: outline(), chair: code("WATER") };
    place.on_session(MATTER, request()).await;
    place.on_session(MATTER, screen).await;
    place.on_session(MATTER, OnSession::Admit).await;
    let twin = Uuid::from_u128(8);
    place.on_session(twin, request()).await;
    let merge = OnSession::Merge { session: twin, into: MATTER, reason: text("同一事项") };
    place.on_session(twin, merge).await;
    place.move_clock("2027-03-03T01:00:00Z");
    place.on_session(MATTER, OnSession::Convene { constitution: constitution(&["WATER", "ROADS"]) }).await;
    place.meet_and_decide(15).await;

    assert_eq!(place.value("effective_session_ratio").await, Some(100.0));
    assert_eq!(place.value("topics_per_session").await, Some(1.0));
    let off_topic = place.indicator("off_topic_ratio").await;
    assert_eq!((off_topic.numerator, off_topic.denominator, off_topic.value), (15.0, 60.0, Some(25.0)));
    // Two of four departments, one hour each.
    assert_eq!(place.value("session_hours_per_person").await, Some(0.5));
    // Two days and an hour.
    assert_eq!(place.value("decision_lead_time").await, Some(49.0 / 24.0));
    assert_eq!(place.value("sessions_convened").await, Some(1.0));
    assert_eq!(place.value("sessions_avoided").await, Some(0.0), "merging decides nothing");
    let idle = place.indicator("idle_attendance").await;
    assert_eq!((idle.value, idle.denominator, idle.baseline), (Some(0.0), 0.0, None));

    let of = async |request: pb::GetIndicatorsRequest, name: &str| {
        let request = pb::GetIndicatorsRequest { at_least_position: place.end(), ..request };
        let told = place.copy.service.get_indicators(supervisor(request)).await.unwrap().into_inner();
        told.indicators.into_iter().find(|indicator| indicator.name == name).unwrap().numerator
    };
    let day = |date: &str| pb::GetIndicatorsRequest {
        starts_on: Some(date.into()),
        ends_on: Some(date.into()),
        ..Default::default()
    };
    assert_eq!(of(day("2027-03-03"), "effective_session_ratio").await, 1.0);
    assert_eq!(of(day("2027-03-02"), "effective_session_ratio").await, 0.0);
    let body = |code: &str| pb::GetIndicatorsRequest { body_code: Some(code.into()), ..Default::default() };
    assert_eq!(of(body("FLOOD"), "sessions_convened").await, 1.0);
    assert_eq!(of(body("OTHER"), "sessions_convened").await, 0.0);
    let under = |code: &str| pb::GetIndicatorsRequest { under_code: Some(code.into()), ..Default::default() };
    assert_eq!(of(under("ROADS"), "session_hours_per_person").await, 1.0);
    assert_eq!(of(under("HEALTH"), "session_hours_per_person").await, 0.0);
    let backwards = pb::GetIndicatorsRequest { ends_on: Some("2027-03-02".into()), ..day("2027-03-03") };
    let refused = place.copy.service.get_indicators(supervisor(backwards)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["ends_on"]);

    // A year on, the hours are those of another year.
    place.move_clock("2028-03-04T01:00:00Z");
    assert_eq!(place.value("session_hours_per_person").await, Some(0.0));
}

#[tokio::test]
async fn a_merger_spares_what_the_one_would_have_taken_less_what_the_other_takes_longer_once_that_decides() {
    let place = Place::new();
    let request = |outline| OnSession::Request { outline, chair: code("WATER") };
    place.on_session(MATTER, request(outline())).await;
    let twin = Uuid::from_u128(8);
    // Half an hour of its hour is for its topic: that is what the other one takes longer, for two people.
    let mut half = outline();
    half.topics[0].timebox_minutes = 30;
    place.on_session(twin, request(half.clone())).await;
    let merge = OnSession::Merge { session: twin, into: MATTER, reason: text("同一事项") };
    place.on_session(twin, merge).await;
    place.on_session(MATTER, OnSession::Absorb { from: twin, outline: half }).await;
    assert_eq!(place.value("person_hours_avoided").await, Some(0.0), "nothing is decided yet");
    place.move_clock("2027-03-03T01:00:00Z");
    place.meet_and_decide(15).await;
    assert_eq!(place.value("person_hours_avoided").await, Some(1.0));
    assert_eq!(place.value("sessions_avoided").await, Some(0.0), "somebody met");
}

#[tokio::test]
async fn what_is_spared_has_a_cost_where_the_body_said_what_an_hour_costs() {
    let place = Place::new();
    let screened = async |id: Uuid, currency: &str, minor_units: u32| {
        place.on_session(id, OnSession::Request { outline: outline(), chair: code("WATER") }).await;
        let hourly_rate = Some(HourlyRate { currency: Currency::parse(currency).unwrap(), minor_units });
        let rules = MeetingRules { hourly_rate, ..MeetingRules::default() };
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let screen = OnSession::Screen { rules, calendar, sessions_this_quarter: 0, deciders_min: 1 };
        place.on_session(id, screen).await;
    };
    screened(MATTER, "CNY", 9_000).await;
    let twin = Uuid::from_u128(8);
    screened(twin, "JPY", 3_000).await;
    let merge = OnSession::Merge { session: twin, into: MATTER, reason: text("同一事项") };
    place.on_session(twin, merge).await;
    let mut half = outline();
    half.topics[0].timebox_minutes = 30;
    place.on_session(MATTER, OnSession::Absorb { from: twin, outline: half }).await;
    place.move_clock("2027-03-03T01:00:00Z");
    place.meet_and_decide(15).await;
    assert_eq!(place.value("person_hours_avoided").await, Some(1.0));
    let all = place.copy.service.get_indicators(supervisor(pb::GetIndicatorsRequest {
        at_least_position: place.end(),
        ..Default::default()
    }));
    let all = all.await.unwrap().into_inner().indicators;
    let costs: Vec<_> = all
        .iter()
        .filter(|one| one.name == "cost_avoided")
        .map(|one| (one.unit.as_str(), one.numerator))
        .collect();
    assert_eq!(costs, [("CNY", 0.0), ("JPY", 3_000.0)], "of the one that was merged, by its own rate");
    let idle = all.iter().filter(|one| one.name == "idle_attendance_cost");
    let baselines: Vec<_> = idle.map(|one| (one.unit.as_str(), one.baseline)).collect();
    assert_eq!(baselines, [("CNY", Some(230_000_000.0)), ("JPY", None)]);
}

#[tokio::test]
async fn a_session_off_topic_throughout_is_not_effective_whatever_it_decides() {
    let place = Place::new();
    let request = OnSession::Request { outline: outline(), chair: code("WATER") };
    place.on_session(MATTER, request).await;
    place.move_clock("2027-03-03T01:00:00Z");
    place.meet_and_decide(60).await;
    let effective = place.indicator("effective_session_ratio").await;
    assert_eq!((effective.numerator, effective.denominator), (0.0, 1.0));
}

/// Each as of a position is what was shown when the log ended there.
#[tokio::test]
async fn the_indicators_of_a_past_position_are_those_that_were_shown_then() {
    let place = Place::new();
    let ask = async |request: pb::GetIndicatorsRequest| {
        let request = pb::GetIndicatorsRequest { at_least_position: place.end(), ..request };
        place.copy.service.get_indicators(supervisor(request)).await.unwrap().into_inner().indicators
    };
    let of_roads = || pb::GetIndicatorsRequest { under_code: Some("ROADS".into()), ..Default::default() };
    let mut shown = Vec::new();
    let mut look = async || {
        shown.push((place.end(), ask(Default::default()).await, ask(of_roads()).await));
    };
    for department in ["WATER", "ROADS", "HEALTH"] {
        place.list_department(department).await;
    }
    look().await;
    place.on_session(MATTER, OnSession::Request { outline: outline(), chair: code("WATER") }).await;
    look().await;
    let Outline { topics, duration_minutes, earliest_start_at, .. } = outline();
    let both = [1, 2].map(|topic| session::TopicRole { topic, role: session::RoleOnTopic::Decides });
    let water = Attendee { department: code("WATER"), roles: both.into(), companions: 0 };
    let second = session::Topic { number: 2, title: line("安置"), ..topics[0].clone() };
    place
        .on_session(
            MATTER,
            OnSession::Revise {
                title: None,
                purpose: None,
                topics: vec![topics[0].clone(), second],
                attendees: vec![water],
                duration_minutes: 2 * duration_minutes,
                earliest_start_at,
                equipment: vec![],
            },
        )
        .await;
    look().await;
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let rules = MeetingRules::default();
    let screen = OnSession::Screen { rules, calendar, sessions_this_quarter: 0, deciders_min: 1 };
    place.on_session(MATTER, screen).await;
    place.on_session(MATTER, OnSession::Admit).await;
    place.move_clock("2027-03-03T01:00:00Z");
    place.list_department("AUDIT").await;
    place.on_session(MATTER, OnSession::Convene { constitution: constitution(&["WATER", "ROADS"]) }).await;
    look().await;
    place.meet_and_decide(15).await;
    look().await;
    for (position, all, of_one) in shown {
        let as_of_position = Some(position);
        let then = ask(pb::GetIndicatorsRequest { as_of_position, ..Default::default() }).await;
        assert_eq!(then, all, "at {position}");
        assert_eq!(ask(pb::GetIndicatorsRequest { as_of_position, ..of_roads() }).await, of_one);
    }
}
