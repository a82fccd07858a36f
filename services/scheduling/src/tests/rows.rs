//! After any life, the row of a session or room is what the rules have of it.

use super::*;
use crate::views::{self, SchedulingView};
use domain::calendar::WorkingCalendar;
use domain::constitution::Constitution;
use domain::decision_rule::MatterClass;
use domain::scheduling::body::{self, Body, MeetingRules};
use domain::scheduling::emergency::{self, Emergency};
use domain::scheduling::matter::{self, Matter};
use domain::scheduling::room::{self, Room};
use domain::scheduling::session::{
    self, Answer, Attendee, Command, Declaration, DepartmentRole, Kind, Outline, RoleOnTopic, Session, State,
    Topic, TopicRole,
};
use domain::testing::{self, code, constitution, seat};
use domain::{Aggregate as _, Issued, Label, Text};
use jiff::SignedDuration;
use proptest::prelude::*;
use service_kit::Scope;
use service_kit::view::InMemory;

fn reason() -> Text {
    Text::parse("理由").unwrap()
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0_i64..20 * 24).prop_map(|hours| at("2027-03-01T01:00:00Z") + SignedDuration::from_hours(hours))
}

/// So many topics, on which the first department decides, and as many departments.
fn outline(topics: u32, departments: usize, start: Timestamp) -> Outline {
    let decides = |topic| TopicRole { topic, role: RoleOnTopic::Decides };
    let attendee = |department: &str| Attendee {
        department: code(department),
        roles: (1..=topics).map(decides).collect(),
        companions: 0,
    };
    let kind = match topics {
        1 => Kind::Emergency,
        2 => Kind::Standing,
        _ => Kind::Case,
    };
    let urgent = kind == Kind::Emergency;
    Outline {
        title: line("人工智能部际联席会议"),
        purpose: reason(),
        body: code("JOINT"),
        kind,
        class: if urgent { MatterClass::Emergency } else { MatterClass::Ordinary },
        emergency: urgent
            .then(|| Declaration { reason: line("河水上涨"), authority: line("防汛预案第3条") }),
        topics: (1..=topics)
            .map(|number| Topic {
                number,
                title: line("议题"),
                timebox_minutes: 10,
                papers_required: false,
                label: Default::default(),
                matter: None,
                section: None,
                parent: None,
            })
            .collect(),
        attendees: ["MOF", "MIIT", "MEE"][..departments].iter().map(|code| attendee(code)).collect(),
        duration_minutes: 60,
        earliest_start_at: start,
        case_reference: Some(line("12345-2027-0001")),
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

/// A body in which NDRC decides and so many advise.
fn charter(advisers: usize) -> body::Charter {
    let advisers = ["MOF", "MIIT", "MEE"][..advisers].iter().map(|code| seat(code, body::Standing::Advises));
    let seats = std::iter::once(seat("NDRC", body::Standing::Decides)).chain(advisers).collect();
    body::Charter {
        name: line("部际联席会议"), seats, convenors: vec![], ..testing::charter(&["NDRC"])
    }
}

fn outlines() -> impl Strategy<Value = Outline> {
    (1..4_u32, 1..4_usize, moment())
        .prop_map(|(topics, departments, start)| outline(topics, departments, start))
}

/// A body in which this department decides, and PRESS in its place.
fn constitution_of(department: &str) -> Constitution {
    let mut constitution = constitution(&[department]);
    constitution.voters[0].substitutes = vec![code("PRESS")];
    constitution
}

fn commands() -> impl Strategy<Value = Command> {
    let screen = Command::Screen {
        rules: MeetingRules::default(),
        calendar: WorkingCalendar::weekends_only("Asia/Shanghai").unwrap(),
        sessions_this_quarter: 0,
        deciders_min: 1,
    };
    prop_oneof![
        2 => outlines().prop_map(|Outline { topics, attendees, duration_minutes, earliest_start_at, .. }|
            Command::Revise { title: None, purpose: None, topics, attendees, duration_minutes, earliest_start_at, equipment: vec![] }),
        5 => Just(screen),
        5 => Just(Command::Admit),
        1 => Just(Command::Return { reason: reason() }),
        1 => moment().prop_map(|sign_by| Command::ConvertToCountersign {
            sign_by, reason: reason(), constitution: constitution_of("MOF"),
        }),
        1 => Just(Command::Merge { session: Uuid::nil(), into: Uuid::from_u128(9), reason: reason() }),
        5 => (moment(), proptest::option::of(moment())).prop_map(|(starts_at, answer_by)| {
            Command::Schedule { room: code("R-301"), starts_at, answer_by }
        }),
        4 => (0..3_usize, 0..3_usize).prop_map(|(department, answer)| Command::AnswerInvitation {
            department: code(["MOF", "MIIT", "MEE"][department]),
            answer: [Answer::Accept, Answer::Decline, Answer::Tentative][answer],
            reason: Some(reason()),
            substitute: None,
        }),
        3 => Just(Command::CheckDeadlines),
        2 => moment().prop_map(|starts_at| Command::Move { room: code("R-302"), starts_at, reason: reason(), answer_by: None }),
        2 => (2_u32..5, "[甲乙丙]").prop_map(|(number, title)| added(number, &title)),
        1 => (2_u32..5, "[甲乙丙]").prop_map(|(number, title)| from_the_floor(number, &title)),
        2 => Just(Command::Postpone { reason: reason() }),
        1 => Just(Command::Cancel { reason: reason() }),
        3 => Just(Command::Convene { constitution: constitution_of("MIIT") }),
        2 => Just(Command::Adjourn { reason: reason() }),
        2 => Just(Command::Conclude),
    ]
}

/// A topic with a matter of its own, on which the first department decides.
fn one_more(number: u32, title: &str) -> (Topic, Vec<DepartmentRole>) {
    let first = outline(1, 1, at("2027-03-01T01:00:00Z")).topics.remove(0);
    let matter = Some(Uuid::from_u128(u128::from(number)));
    let role = DepartmentRole { department: code("MOF"), role: RoleOnTopic::Decides };
    (Topic { number, title: line(title), matter, ..first }, vec![role])
}

fn added(number: u32, title: &str) -> Command {
    let (topic, roles) = one_more(number, title);
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    Command::AddTopic { topic, roles, reason: reason(), calendar, deciders_min: 1 }
}

fn from_the_floor(number: u32, title: &str) -> Command {
    let (topic, roles) = one_more(number, title);
    Command::NoteFloorTopic { topic, roles }
}

/// The row of a session as the rules have it.
fn row(id: Uuid, state: &State, requested_at: Timestamp) -> Option<pb::SessionSummary> {
    let filed = state.filed()?;
    let (outline, slot) = (&filed.outline, filed.appointment().map(|appointment| &appointment.slot));
    Some(pb::SessionSummary {
        session_id: id.to_wire(),
        title: outline.title.to_wire(),
        body_code: outline.body.to_wire(),
        kind: outline.kind.to_wire(),
        stage: filed.stage().to_wire(),
        chair_code: filed.chair.to_wire(),
        requester_code: filed.requester.as_ref().map(|code| code.as_str().to_owned()),
        topic_count: outline.topics.len() as u32,
        attendee_count: outline.attendees.len() as u32,
        requested_at: requested_at.to_wire(),
        room_code: slot.map(|slot| slot.room.as_str().to_owned()),
        starts_at: slot.and_then(|slot| slot.starts_at.to_wire()),
        ends_at: slot.and_then(|slot| slot.ends_at.to_wire()),
    })
}

/// The rows of the invitations of a session as the rules have them: as long as it waits to begin.
fn invitations(id: Uuid, state: &State) -> Vec<pb::InvitationSummary> {
    let filed = state.filed().filter(|filed| filed.stage() == session::Stage::Scheduled);
    let Some((filed, held)) = filed.and_then(|filed| Some((filed, filed.appointment()?))) else {
        return vec![];
    };
    let row = |invitation: &session::Invitation| pb::InvitationSummary {
        session_id: id.to_wire(),
        title: filed.outline.title.to_wire(),
        body_code: filed.outline.body.to_wire(),
        starts_at: held.slot.starts_at.to_wire(),
        department_code: invitation.department.to_wire(),
        decides: domain::scheduling::diary::deciding(&filed.outline)
            .any(|code| *code == invitation.department),
        answer_by: held.answer_by.to_wire(),
        answer: invitation.answer.to_wire(),
        late: invitation.late,
        reminded_at: invitation.reminded_at.to_wire(),
    };
    held.invitations.iter().map(row).collect()
}

fn class_of(number: u32) -> MatterClass {
    MatterClass::ALL[number as usize % MatterClass::ALL.len()]
}

fn on_matter(what: u8, number: u32) -> matter::Command {
    use matter::Command;
    let (session, body) = (Uuid::from_u128(number.into()), code("JOINT"));
    let resume_at = at("2027-03-08T00:00:00Z") + SignedDuration::from_hours(24 * i64::from(number));
    let resume_on = "2027-03-08".parse().unwrap();
    let (to, chair) = (code("CITY"), code("MAYOR"));
    match what {
        0 => Command::PutOnAgenda {
            session,
            body,
            from: None,
            topic: number,
            concerned: vec![code("MOF")],
            label: Label::Internal,
            class: class_of(number),
            is_admitted: number == 1,
            intake: None,
        },
        1 => Command::TakeOffAgenda { session, reason: None },
        2 => Command::Defer { resume_on, resume_at, reason: reason(), deferrals_max: 9 },
        3 => Command::CheckDeadlines,
        4 => Command::Refer { session: None, to, chair, reason: None },
        5 => Command::ReturnReferral { reason: reason() },
        6 => Command::Absorb {
            from: session,
            body,
            deferrals: number,
            concerned: vec![code("MIIT")],
            label: Label::Secret,
            class: Some(class_of(number)),
        },
        7 => Command::Withdraw { session: None, reason: None },
        8 => Command::Relabel {
            session: None,
            label: Label::Internal,
            concerned: vec![code("CITY")],
            reason: reason(),
        },
        9 => Command::Classify { session: None, class: class_of(number), reason: Some(reason()) },
        _ => Command::Decide { session, verdict: matter::Verdict::Adopted },
    }
}

/// ROADS is called, and then METRO; POWER is called, and nobody in its place.
fn alarm(now: Timestamp) -> emergency::Alarm {
    let call = |department: &str, substitutes: Vec<domain::Code>| body::PlannedCall {
        department: code(department),
        substitutes,
    };
    emergency::Alarm {
        body: code("JOINT"),
        plan: Some(code("FLOOD-1")),
        title: line("柳树巷积水"),
        chair: code("NDRC"),
        secretariat: vec![code("OFFICE")],
        calls: vec![call("ROADS", vec![code("METRO")]), call("POWER", vec![])],
        acknowledge_minutes: 10,
        decide_by: now + SignedDuration::from_mins(60),
    }
}

fn on_emergency(what: u8) -> emergency::Command {
    use emergency::{Command, EndCause};
    match what {
        0 => Command::Acknowledge { department: code("ROADS") },
        1 => Command::Acknowledge { department: code("METRO") },
        2 => Command::Acknowledge { department: code("POWER") },
        3 => Command::End { cause: EndCause::Decided },
        _ => Command::CheckDeadlines,
    }
}

/// The row of a matter as the rules have it.
fn row_of_matter(id: Uuid, state: &matter::State, taken_in_at: Timestamp) -> Option<pb::MatterSummary> {
    let known = state.known()?;
    Some(pb::MatterSummary {
        matter_id: id.to_wire(),
        title: known.title.to_wire(),
        body_code: known.body.to_wire(),
        stage: known.stage().to_wire(),
        raised_by_code: known.raised_by.to_wire(),
        case_reference: known.case_reference.to_wire(),
        taken_in_at: taken_in_at.to_wire(),
        deferrals: known.deferrals,
        session_id: known.last_session.to_wire(),
        resume_on: match &known.progress {
            matter::Progress::Deferred { resume_on, .. } => Some(resume_on.to_string()),
            _ => None,
        },
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_row_of_a_matter_is_what_the_rules_have_of_it(
        life in prop::collection::vec((0..12_u8, 1..4_u32, 0..60_i64), 0..40)
    ) {
        let begin = at("2027-03-01T01:00:00Z");
        let mut view = InMemory::<SchedulingView>::new().unwrap();
        let (mut state, mut now, id) = (matter::State::default(), begin, Uuid::from_u128(9));
        let intake = matter::Intake {
            title: line("柳树巷积水"),
            summary: None,
            body: code("JOINT"),
            case_reference: Some(line("12345")),
            split_from: None,
            deferrals: 0,
            concerned: vec![code("NDRC")],
            label: Label::Internal,
            class: None,
        };
        let first = matter::Command::TakeIn { intake };
        let life = life.into_iter().map(|(what, number, hours)| (on_matter(what, number), hours));
        for (command, hours) in std::iter::once((first, 0)).chain(life) {
            now += SignedDuration::from_hours(hours);
            let by = Actor { subject: "chen".into(), department: Some(code("ROADS")), roles: vec![Role::Clerk] };
            let Ok(events) = Matter::decide(&state, command, &Issued { at: now, by }) else { continue };
            state = Matter::fold(state, &events);
            view.project::<Matter>(id, now, &events).unwrap();
            let known = state.known().unwrap();
            let whole = Scope::whole();
            let list = |list: pb::ListMattersRequest| {
                views::matters(&list).unwrap()(view.within(&whole)).unwrap().rows
            };
            prop_assert_eq!(list(Default::default()).into_iter().next(), row_of_matter(id, &state, begin));
            let settled = pb::ListMattersRequest { settled: Some(true), ..Default::default() };
            prop_assert_eq!(list(settled).is_empty(), known.stage().is_open());
            let body_code = Some(known.body_in_charge().to_string());
            prop_assert_eq!(list(pb::ListMattersRequest { body_code, ..Default::default() }).len(), 1);
            let waits = matches!(known.progress, matter::Progress::Deferred { .. });
            prop_assert_eq!(views::next_returns(view.within(&whole), 9).unwrap().len(), usize::from(waits));
            let similar = views::similar_to("柳树巷的积水", None)(view.within(&whole)).unwrap();
            prop_assert_eq!(!similar.is_empty(), known.stage().is_open());
            for department in ["NDRC", "MOF", "MIIT", "MAYOR", "ROADS", "PRESS"] {
                let delegate = Actor {
                    subject: "li".into(), department: Some(code(department)), roles: vec![Role::Delegate],
                };
                let scope = Scope::of(&delegate, &Default::default(), &Default::default());
                let seen = views::matters(&Default::default()).unwrap()(view.within(&scope)).unwrap().rows;
                let is_covered = scope.covers(&Matter::audience(&state));
                prop_assert_eq!(!seen.is_empty(), is_covered, "as {} sees it", department);
                let similar = views::similar_to("柳树巷的积水", None)(view.within(&scope)).unwrap();
                prop_assert_eq!(!similar.is_empty(), is_covered && known.stage().is_open());
            }
        }
    }

    #[test]
    fn the_row_of_a_session_is_what_the_rules_have_of_it(
        first in outlines(), life in prop::collection::vec((commands(), 0..30_i64), 0..60)
    ) {
        let begin = at("2027-03-01T01:00:00Z");
        let mut view = InMemory::<SchedulingView>::new().unwrap();
        let (mut state, mut now, id) = (State::default(), begin, Uuid::from_u128(1));
        for (command, hours) in std::iter::once((Command::Request { outline: first, chair: code("NDRC") }, 0)).chain(life) {
            now += SignedDuration::from_hours(hours);
            let by = Actor { subject: "chen".into(), department: Some(code("NDRC")), roles: vec![Role::Clerk] };
            let Ok(events) = Session::decide(&state, command, &Issued { at: now, by }) else { continue };
            state = Session::fold(state, &events);
            view.project::<Session>(id, now, &events).unwrap();
            let list = |department: Option<&str>| {
                let department_code = department.map(str::to_owned);
                let list = pb::ListSessionsRequest { department_code, ..Default::default() };
                views::sessions(&list).unwrap()(view.within(&Scope::whole())).unwrap().rows
            };
            prop_assert_eq!(list(None).into_iter().next(), row(id, &state, begin));
            let invited = views::invitations(&Default::default()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
            prop_assert_eq!(invited, invitations(id, &state));
            let next = views::next_answers(view.within(&Scope::whole()), 9).unwrap();
            let reminder = state.filed().and_then(|filed| filed.next_reminder());
            prop_assert_eq!(next.into_iter().map(|next| next.at).collect::<Vec<_>>(), Vec::from_iter(reminder));
            for department in ["MOF", "MIIT", "MEE", "NDRC", "PRESS"] {
                let concerned = state.filed().is_some_and(|filed| {
                    filed.concerned().any(|concerned| *concerned == code(department))
                });
                prop_assert_eq!(!list(Some(department)).is_empty(), concerned, "{}", department);
                let delegate = Actor {
                    subject: "li".into(), department: Some(code(department)), roles: vec![Role::Delegate],
                };
                let scope = Scope::of(&delegate, &Default::default(), &Default::default());
                let listed = views::sessions(&Default::default()).unwrap()(view.within(&scope)).unwrap().rows;
                prop_assert_eq!(listed.len(), usize::from(concerned), "as {} sees it", department);
                let seen = views::invitations(&Default::default()).unwrap()(view.within(&scope)).unwrap().rows;
                let expected = if concerned { invitations(id, &state) } else { vec![] };
                prop_assert_eq!(seen, expected, "as {} sees its invitations", department);
                prop_assert_eq!(scope.covers(&Session::audience(&state)), concerned);
            }
        }
    }

    #[test]
    fn the_next_clock_of_an_emergency_is_what_the_rules_have_of_it(
        life in prop::collection::vec((0..8_u8, 0..30_i64), 0..30)
    ) {
        let (mut now, id) = (at("2027-07-20T08:00:00Z"), Uuid::from_u128(4));
        let mut view = InMemory::<SchedulingView>::new().unwrap();
        let mut state = emergency::State::default();
        let first = emergency::Command::Raise { alarm: alarm(now) };
        let life = life.into_iter().map(|(what, minutes)| (on_emergency(what), minutes));
        for (command, minutes) in std::iter::once((first, 0)).chain(life) {
            now += SignedDuration::from_mins(minutes);
            let issued = Issued { at: now, by: testing::actor("wen", "OFFICE", Role::Clerk) };
            let Ok(events) = Emergency::decide(&state, command, &issued) else { continue };
            state = Emergency::fold(state, &events);
            view.project::<Emergency>(id, now, &events).unwrap();
            let next = views::next_strikes(view.within(&Scope::whole()), 9).unwrap();
            let pending = state.raised().unwrap().pending();
            let expected = pending.first().map(|&(at, _)| at);
            prop_assert_eq!(next.iter().map(|deadline| deadline.at).next(), expected);
            prop_assert!(next.iter().all(|next| pending.contains(&(next.at, next.number))));
        }
    }

    #[test]
    fn the_row_of_a_room_is_what_the_rules_have_of_it(life in prop::collection::vec((1..4_u32, 0..3_i64), 1..12)) {
        let mut view = InMemory::<SchedulingView>::new().unwrap();
        let (mut state, now) = (room::State::default(), at("2027-03-01T01:00:00Z"));
        for (seats, what) in life {
            let name = line(&format!("{seats} seats"));
            let profile = room::Profile { code: code("R-301"), name, seats, equipment: vec![], site: None };
            let (session, starts_at) = (Uuid::from_u128(seats.into()), now + SignedDuration::from_hours(seats.into()));
            let command = match what {
                0 => room::Command::Register { profile, answered_for: [code("NDRC")].into() },
                1 => {
                    let ends_at = starts_at + SignedDuration::from_mins(30);
                    room::Command::Book { session, starts_at, ends_at, attendees: 1, equipment: vec![] }
                }
                _ => room::Command::Release { session },
            };
            let issued = Issued { at: now, by: Actor::process("test") };
            let Ok(events) = Room::decide(&state, command, &issued) else { continue };
            state = Room::fold(state, &events);
            view.project::<Room>(Room::id(&code("R-301")), now, &events).unwrap();
            let rows = views::rooms(&pb::ListRoomsRequest::default()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
            let expected = match &state {
                room::State::Absent => vec![],
                room::State::Listed { profile, .. } => vec![profile.clone().to_wire()],
            };
            prop_assert_eq!(rows, expected);
        }
    }

    #[test]
    fn the_row_of_a_body_is_what_the_rules_have_of_it(life in prop::collection::vec((0..3_usize, 0..4_u8), 1..12)) {
        let mut view = InMemory::<SchedulingView>::new().unwrap();
        let (mut state, now) = (body::State::default(), at("2027-03-01T01:00:00Z"));
        for (advisers, action) in life {
            let charter = charter(advisers);
            let (answered_for, mut own) = ([code("NDRC")].into(), "NDRC");
            let command = match action {
                0 => body::Command::Define { body: code("JOINT"), charter, answered_for },
                1 => body::Command::Change { charter, reason: reason(), answered_for },
                _ => {
                    own = ["MOF", "MIIT", "MEE"][advisers];
                    body::Command::AcceptSeat { department: code(own) }
                }
            };
            let issued = Issued { at: now, by: testing::actor("chen", own, Role::Clerk) };
            let Ok(events) = Body::decide(&state, command, &issued) else { continue };
            state = Body::fold(state, &events);
            view.project::<Body>(Body::id(&code("JOINT")), now, &events).unwrap();
            let rows = views::bodies(&pb::ListBodiesRequest::default()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
            prop_assert_eq!(rows, state.version().map(views::summary).into_iter().collect::<Vec<_>>());
        }
    }
}
