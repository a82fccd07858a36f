//! After any life, the row of a docket is what the rules have of it, and the timer knows its deadline.

use super::pb;
use crate::view::{self, DeliberationView};
use domain::calendar::WorkingCalendar;
use domain::deliberation::ballot::Choice;
use domain::deliberation::docket::{
    Agenda, AgendaTopic, Command, Docket, Mode, Participant, RoleOnTopic, State, TopicRole,
};
use domain::testing::{actor, at, code, constitution, line};
use domain::{Aggregate as _, Issued, Role, Text, Timestamp, Uuid};
use proptest::prelude::*;
use proto::Wire as _;
use service_kit::Scope;
use service_kit::view::InMemory;

const DEPARTMENTS: [&str; 2] = ["WATER", "ROADS"];

fn agenda(mode: Mode) -> Agenda {
    let roles = [1, 2].map(|topic| TopicRole { topic, role: RoleOnTopic::Decides });
    let participant = |department| Participant { department: code(department), roles: roles.to_vec() };
    Agenda {
        session: Uuid::from_u128(1),
        title: line("防汛会商"),
        body: code("FLOOD"),
        constitution: constitution(&DEPARTMENTS),
        requester: None,
        mode,
        decide_by: None,
        remind_at: None,
        topics: [1, 2]
            .map(|number| AgendaTopic {
                number,
                title: line("泄洪"),
                timebox_minutes: 30,
                label: Default::default(),
                carried: None,
                section: None,
                parent: None,
            })
            .to_vec(),
        participants: DEPARTMENTS.map(participant).to_vec(),
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let text = || Text::parse("开闸").unwrap();
    let topic = || 1..=2_u32;
    let department = || (0..2_usize).prop_map(|nth| code(DEPARTMENTS[nth]));
    let calendar = || WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    prop_oneof![
        4 => topic().prop_map(|topic| Command::OpenTopic { topic }),
        1 => topic().prop_map(|topic| Command::PauseTopic { topic }),
        4 => topic().prop_map(move |topic| Command::SubmitProposal { topic, text: text() }),
        4 => topic().prop_map(|topic| Command::CloseDebate { topic }),
        6 => topic().prop_map(move |topic| Command::OpenBallot { topic, version: 1, calendar: calendar() }),
        6 => (topic(), department()).prop_map(|(topic, department)| Command::CastVote {
            topic, department, choice: Choice::Yes, split: vec![], reason: None,
        }),
        1 => topic().prop_map(move |topic| Command::RecordGeneralConsent { topic, version: 1, calendar: calendar() }),
        4 => topic().prop_map(|topic| Command::CloseBallot { topic, casting_vote: None }),
        4 => topic().prop_map(move |topic| Command::AdoptDecision { topic, declaratory: true, calendar: calendar() }),
        1 => topic().prop_map(move |topic| Command::RejectTopic { topic, reason: text() }),
        2 => (topic(), department()).prop_map(move |(topic, moved_by)| Command::DeferTopic {
            topic, resume_on: "2027-03-25".parse().unwrap(), moved_by, reason: text(), calendar: calendar(),
        }),
        1 => topic().prop_map(move |topic| Command::WithdrawTopic { topic, reason: text() }),
        2 => Just(Command::CheckDeadlines),
        2 => Just(Command::CheckReminders),
        1 => Just(Command::RemindSeats { text: None, calendar: calendar() }),
        1 => (3..6_i8).prop_map(move |day| Command::ExtendSigning {
            sign_by: at(&format!("2027-03-0{day}T09:00:00Z")), reason: text(), calendar: calendar(),
        }),
        4 => (topic(), department()).prop_map(|(topic, department)| Command::RequestFloor { topic, department }),
        4 => (topic(), department()).prop_map(move |(topic, department)| Command::GiveFloor {
            topic, department, reason: Some(text()),
        }),
        2 => (topic(), department()).prop_map(|(topic, department)| Command::YieldFloor { topic, department }),
        1 => topic().prop_map(|topic| Command::LimitDebate { topic, speaking_minutes: Some(15), list_closed: false }),
        2 => (topic(), department()).prop_map(move |(topic, department)| Command::RaisePointOfOrder {
            topic, department, text: text(),
        }),
        2 => topic().prop_map(move |topic| Command::RulePointOfOrder {
            topic, point: 1, sustained: true, reason: text(),
        }),
        3 => Just(Command::CheckClocks),
        1 => Just(Command::Close),
    ]
}

/// The row of a docket as the rules have it; when it was opened and closed is no part of its state.
fn row(id: Uuid, state: &State) -> Option<pb::DocketSummary> {
    let proceedings = state.proceedings()?;
    let agenda = &proceedings.agenda;
    let stage = match state {
        State::Absent | State::Prepared(_) => pb::DocketStage::Prepared,
        State::Adjourned(_) => pb::DocketStage::Adjourned,
        State::Open(_) => pb::DocketStage::Open,
        State::Closed(_) => pb::DocketStage::Closed,
    };
    Some(pb::DocketSummary {
        docket_id: id.to_wire(),
        title: agenda.title.to_wire(),
        body_code: agenda.body.to_wire(),
        chair_code: agenda.constitution.chair.to_wire(),
        stage: stage.into(),
        countersign: !proceedings.is_meeting(),
        topic_count: agenda.topics.len() as u32,
        decided_topic_count: proceedings.topics.iter().filter(|topic| topic.outcome.is_some()).count() as u32,
        opened_at: None,
        closed_at: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_row_of_a_docket_is_what_the_rules_have_of_it(
        countersign in any::<bool>(), life in prop::collection::vec((commands(), 0..20_i64), 0..120)
    ) {
        let mode = if countersign { Mode::Countersign { sign_by: at("2027-03-02T09:00:00Z") } } else { Mode::Meeting };
        let arrive = |department| Command::RecordArrival { department: code(department), delegate: line("Li") };
        let agenda = Agenda { remind_at: countersign.then(|| at("2027-03-02T05:00:00Z")), ..agenda(mode) };
        let begin = [Command::Prepare { agenda }, arrive("WATER"), arrive("ROADS"), Command::Open];
        let mut view = InMemory::<DeliberationView>::new().unwrap();
        let (mut state, mut now, id) = (State::Absent, at("2027-03-01T01:00:00Z"), Uuid::from_u128(1));
        for (command, minutes) in begin.map(|command| (command, 0)).into_iter().chain(life) {
            now = Timestamp::from_microsecond(now.as_microsecond() + minutes * 60_000_000).unwrap();
            let speaker = match &command {
                Command::CastVote { department, .. }
                | Command::RequestFloor { department, .. }
                | Command::RaisePointOfOrder { department, .. } => department.as_str().to_owned(),
                _ => "WATER".to_owned(),
            };
            let issued = Issued { at: now, by: actor("chen", &speaker, Role::Chair) };
            let Ok(events) = Docket::decide(&state, command, &issued) else { continue };
            state = Docket::fold(state, &events);
            view.project::<Docket>(id, now, &events).unwrap();
            let rows = view::dockets(&pb::ListDocketsRequest::default()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
            let shown = rows.into_iter().next().map(|row| pb::DocketSummary { opened_at: None, closed_at: None, ..row });
            prop_assert_eq!(shown, row(id, &state));
            let next = view::next_deadlines(view.within(&Scope::whole()), 9).unwrap();
            prop_assert_eq!(next.first().map(|deadline| deadline.at), state.next_deadline());
            let reminders = view::next_reminders(view.within(&Scope::whole()), 9).unwrap();
            prop_assert_eq!(reminders.first().map(|reminder| reminder.at), state.next_reminder());
            let clocks = view::next_clocks(view.within(&Scope::whole()), 9).unwrap();
            let clocks: Vec<_> = clocks.iter().map(|clock| (clock.at, clock.number)).collect();
            let mut running = state.running_clocks();
            running.sort();
            prop_assert_eq!(clocks, running);
        }
    }
}
