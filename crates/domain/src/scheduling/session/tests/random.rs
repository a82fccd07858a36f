//! Whatever commands come in whatever order: nothing panics, and the invariants hold.

use super::*;
use crate::Role;
use proptest::prelude::*;

fn moment() -> impl Strategy<Value = Timestamp> {
    (0_i64..20 * 24).prop_map(|hours| at(NOW) + SignedDuration::from_hours(hours))
}

fn any_outline() -> impl Strategy<Value = Outline> {
    let kind = prop_oneof![Just(Kind::Standing), Just(Kind::Emergency)];
    (0_u32..8, any::<bool>(), kind, moment(), 10_u32..200).prop_map(
        |(count, idle, kind, start, duration_minutes)| {
            let declared = if kind == Kind::Emergency { emergency() } else { outline(1) };
            let (topics, attendees) = (topics(count), attendees(count));
            let mut outline =
                Outline { topics, attendees, earliest_start_at: start, duration_minutes, ..declared };
            if idle {
                outline.attendees.push(attendee("MEE", &[]));
            }
            outline
        },
    )
}

fn revisions() -> impl Strategy<Value = Command> {
    any_outline().prop_map(
        |Outline { topics, attendees, duration_minutes, earliest_start_at, equipment, .. }| Command::Revise {
            title: None,
            purpose: None,
            topics,
            attendees,
            duration_minutes,
            earliest_start_at,
            equipment,
        },
    )
}

fn papers() -> impl Strategy<Value = Command> {
    (0_u32..8, 0_u32..3).prop_map(|(topic, digit)| {
        let sha256 = line(&digit.to_string().repeat(64));
        Command::SubmitPaper {
            topic,
            paper: Paper { title: line("方案"), sha256, uri: line("file:///1"), label: Default::default() },
        }
    })
}

/// A topic on which the first department decides.
fn added(number: u32, title: &str) -> Command {
    let topic = Topic { number, title: line(title), ..topics(1)[0].clone() };
    let roles = vec![DepartmentRole { department: code("MIIT"), role: RoleOnTopic::Decides }];
    Command::AddTopic { topic, roles, reason: text("理由"), calendar: china(), deciders_min: 1 }
}

fn commands() -> impl Strategy<Value = Command> {
    let reason = || text("理由");
    prop_oneof![
        1 => any_outline().prop_map(request),
        2 => revisions(),
        2 => papers(),
        4 => Just(screen()),
        4 => proptest::sample::select(&Rule::ALL[..]).prop_map(move |rule| Command::Override { rule, reason: reason() }),
        4 => Just(Command::Admit),
        1 => Just(Command::Return { reason: reason() }),
        1 => moment().prop_map(move |sign_by| Command::ConvertToCountersign { sign_by, reason: reason(), constitution: frozen() }),
        1 => (0_u128..3).prop_map(move |into| Command::Merge { session: Uuid::nil(), into: Uuid::from_u128(into), reason: reason() }),
        4 => (moment(), proptest::option::of(moment())).prop_map(|(starts_at, answer_by)| {
            Command::Schedule { room: code("R-301"), starts_at, answer_by }
        }),
        3 => (2_u32..4, "[甲乙丙]").prop_map(|(number, title)| added(number, &title)),
        2 => Just(Command::Postpone { reason: reason() }),
        1 => Just(Command::Cancel { reason: reason() }),
        2 => Just(Command::AnswerInvitation { department: code("MOF"), answer: Answer::Accept, reason: None, substitute: None }),
        2 => Just(Command::NameDelegate { department: code("MOF"), delegate: line("王芳"), in_place_of: None }),
        1 => Just(Command::CheckDeadlines),
        2 => Just(Command::Convene { constitution: frozen() }),
        2 => Just(Command::Conclude),
    ]
}

/// What holds for every session on file, whatever happened to it.
fn check(filed: &Filed) -> Result<(), TestCaseError> {
    prop_assert!(filed.outline.check().is_ok());
    let admitted = !matches!(
        filed.stage(),
        Stage::Requested | Stage::Screened | Stage::Returned | Stage::Merged | Stage::Cancelled
    );
    if admitted {
        prop_assert!(filed.findings().iter().all(|finding| finding.overridable), "roles cannot be waived");
    }
    if admitted && filed.sign_by().is_none() {
        prop_assert_eq!(filed.open_findings().count(), 0, "admitted with a broken rule");
    }
    if filed.progress == Progress::Deciding(Forum::Meeting(None)) {
        prop_assert_eq!(filed.outline.kind, Kind::Emergency, "convened without a room");
    }
    if let Some(Appointment { slot, invitations, answer_by }) = filed.appointment() {
        prop_assert!(answer_by.is_none_or(|by| by <= slot.starts_at), "asked for until after the start");
        prop_assert!(slot.starts_at >= filed.outline.earliest_start_at);
        prop_assert_eq!(slot.ends_at, filed.ends_at(slot.starts_at));
        prop_assert_eq!(invitations.len(), filed.outline.attendees.len());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_session_is_never_admitted_with_a_broken_rule_nor_convened_without_a_room(
        first in any_outline(),
        commands in proptest::collection::vec(commands(), 0..50),
    ) {
        let by = actor("chen", "NDRC", Role::Clerk);
        let mut state = State::default();
        for (hours, command) in (0_i64..).zip(std::iter::once(request(first)).chain(commands)) {
            let now = at(NOW) + SignedDuration::from_hours(hours * 6);
            let issued = Issued { at: now, by: by.clone() };
            if let Ok(events) = Session::decide(&state, command, &issued) {
                let before = state.filed().map(Filed::stage);
                state = Session::fold(state, &events);
                let ended = [Stage::Concluded, Stage::Merged, Stage::Cancelled];
                if before.is_some_and(|stage| ended.contains(&stage)) {
                    prop_assert!(events.is_empty(), "a session that had ended changed: {:?}", events);
                }
            }
            if let Some(filed) = state.filed() {
                check(filed)?;
            }
        }
    }

    #[test]
    fn events_in_any_order_never_panic(commands in proptest::collection::vec(commands(), 1..20)) {
        // Each command's events come from a session in another state than the one they are added to.
        let mut donor = Session::fold(State::default(), &[requested(outline(2)), screened(&[])]);
        let mut stranger = Session::fold(State::default(), &[requested(outline(1))]);
        for command in commands {
            let issued = Issued { at: at(NOW), by: Actor::process("test") };
            let events = Session::decide(&donor, command, &issued).unwrap_or_default();
            donor = Session::fold(donor, &events);
            stranger = Session::fold(stranger, events.iter().rev());
        }
    }
}
