use super::samples::{agenda, item};
use super::*;
use crate::convert::sample::{PAYLOAD_BYTES_MAX, code, line, text};
use crate::record::EventCodec;
use domain::deliberation::docket::{Docket, Event};
use domain::{Aggregate, Timestamp};

#[test]
fn a_missing_choice_is_named() {
    let missing = |fault: Invalid| fault.to_string();
    let none = deliberation::ItemDraft {
        title: "Mark".to_owned(),
        deliverable: "Signs".to_owned(),
        due: Some(deliberation::DueRule { rule: None }),
        ..Default::default()
    };
    assert_eq!(missing(docket::ItemDraft::from_wire(none).unwrap_err()), "due is missing");
    let bad = deliberation::due_rule::Rule::DueOn("tomorrow".to_owned());
    let bad = deliberation::DueRule { rule: Some(bad) };
    assert_eq!(missing(DueRule::from_wire(bad).unwrap_err()), "due_on must be a date such as 2027-03-31");
}

#[test]
fn the_largest_records_of_a_docket_fit() {
    let bytes = |events: &[Event]| {
        let stored = events.iter().map(Docket::encode);
        stored.map(|any| any.type_url.len() + any.value.len() + 16).sum::<usize>()
    };
    let long = |words: usize| "长".repeat(words);
    // The largest agenda that is accepted.
    let topics = 1..=60_u32;
    let roles = topics.clone().map(|topic| docket::TopicRole { topic, role: docket::RoleOnTopic::Decides });
    let voter = |nth| domain::constitution::Voter {
        department: code(&format!("{}{nth:02}", long(30))),
        weight: 1000,
        veto: true,
        substitutes: vec![code(&format!("{}{nth:02}", long(30)))],
    };
    let voters = (0..docket::agenda::PARTICIPANTS_MAX).map(voter).collect();
    let largest = docket::Agenda {
        topics: topics
            .map(|number| docket::AgendaTopic {
                number,
                // With the roles, as long as an agenda may be.
                title: line(&long(44)),
                timebox_minutes: 600,
                label: domain::Label::Secret,
                carried: Some(docket::Carried {
                    matter: domain::Uuid::from_u128(u128::MAX - u128::from(number)),
                    deferrals: u32::MAX,
                    deferrals_max: u32::MAX,
                }),
                section: None,
                parent: None,
            })
            .collect(),
        participants: (0..docket::agenda::PARTICIPANTS_MAX)
            .map(|nth| docket::Participant {
                department: code(&format!("{}{nth:02}", long(30))),
                roles: roles.clone().collect(),
            })
            .collect(),
        constitution: domain::constitution::Constitution { voters, ..agenda(Mode::Meeting).constitution },
        ..agenda(Mode::Meeting)
    };
    let prepared = [Event::Prepared { agenda: largest }];
    assert!(bytes(&prepared) < PAYLOAD_BYTES_MAX - 4096, "{} bytes", bytes(&prepared));

    // As many items as one command accepts, with as much text.
    let mut items = item(Some(DueRule::AfterDays(30))).draft;
    items.deliverable = text(&"a".repeat(docket::DRAFT_BYTES_MAX / docket::ITEMS_PER_COMMAND_MAX - 70));
    let drafted = vec![items; docket::ITEMS_PER_COMMAND_MAX];
    let issued = domain::Issued { at: Timestamp::UNIX_EPOCH, by: domain::Actor::process("test") };
    let mut table = agenda(Mode::Countersign { sign_by: Timestamp::MAX });
    for department in ["ROADS", "PRESS"] {
        table.participants.push(docket::Participant { department: code(department), roles: vec![] });
    }
    let prepare = docket::Command::Prepare { agenda: table };
    let events = Docket::decide(&docket::State::Absent, prepare, &issued).unwrap();
    let state = Docket::fold(docket::State::Absent, &events);
    let draft = docket::Command::DraftItems { topic: 1, items: drafted };
    let events = Docket::decide(&state, draft, &issued).unwrap();
    assert!(bytes(&events) < PAYLOAD_BYTES_MAX - 4096, "{} bytes", bytes(&events));
}
