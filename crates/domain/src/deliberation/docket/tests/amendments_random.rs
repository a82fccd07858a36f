//! Whatever is moved, adopted and put to the vote in whatever order: amendments are of two degrees, each amends what is there,
//! and each ends at most once.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SEATS: [&str; 3] = ["WATER", "ROADS", "HEALTH"];

fn seat() -> impl Strategy<Value = Code> {
    (0..SEATS.len()).prop_map(|at| code(SEATS[at]))
}

/// A draft of some sentences, each of which may be another or missing.
fn draft_text() -> impl Strategy<Value = Text> {
    let sentence = |number| {
        (0u8..6).prop_map(move |kind: u8| match kind {
            0..4 => format!("第{number}条。"),
            4 => format!("第{number}条另文。"),
            _ => String::new(),
        })
    };
    let sentences = (sentence(1), sentence(2), sentence(3), sentence(4));
    sentences.prop_map(|(one, two, three, four)| text(&format!("{one}{two}{three}{four}附则。")))
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        9 => (seat(), proptest::option::of(1u32..8), draft_text()).prop_map(|(department, amends, text)| {
            Command::SubmitAmendment { topic: 1, department, version: None, amends, text }
        }),
        5 => (1u32..12, seat()).prop_map(|(amendment, department)| {
            Command::SecondAmendment { topic: 1, amendment, department }
        }),
        1 => (1u32..12).prop_map(|amendment| Command::WithdrawAmendment { topic: 1, amendment }),
        6 => (1u32..12).prop_map(|amendment| Command::PutAmendment { topic: 1, amendment }),
        3 => (1u32..12, any::<bool>())
            .prop_map(|(amendment, adopt)| Command::ResolveAmendment { topic: 1, amendment, adopt }),
        9 => (seat(), any::<bool>()).prop_map(|(department, no)| {
            let choice = if no { Choice::No } else { Choice::Yes };
            Command::CastVote { topic: 1, department, choice, split: vec![], reason: None }
        }),
        4 => Just(close_ballot(None)),
        1 => draft_text().prop_map(|text| Command::SubmitProposal { topic: 1, text }),
        1 => Just(Command::CloseDebate { topic: 1 }),
        2 => Just(Command::OpenTopic { topic: 1 }),
        1 => seat().prop_map(|department| Command::RecordDeparture { department }),
        2 => seat().prop_map(|department| Command::RecordArrival { department, delegate: line("Li") }),
    ]
}

fn issuer(command: &Command) -> Actor {
    match command {
        Command::SubmitAmendment { department, .. }
        | Command::SecondAmendment { department, .. }
        | Command::CastVote { department, .. } => of(department.as_str()),
        _ => actor("wen", "OFFICE", Role::Clerk),
    }
}

/// What holds of every amendment that has not ended.
fn amends_what_is_there(topic: &Topic, needs_seconder: bool) {
    for open in topic.amendments.iter().filter(|amendment| amendment.stage.is_open()) {
        assert_eq!(open.version, topic.current_version(), "it amends a version that is no more");
        assert!(open.stage == AmendmentStage::AwaitsSecond || !needs_seconder || open.seconded_by.is_some());
        assert_ne!(open.seconded_by.as_ref(), Some(&open.department), "seconded by its mover");
        let Some(amends) = open.amends else {
            assert_ne!(Some(&open.text), topic.versions.last(), "nothing is left of it");
            continue;
        };
        let amended = topic.amendments.iter().find(|other| other.number == amends).expect("it is there");
        assert!(amended.amends.is_none(), "a third degree");
        assert!(amended.stage.is_open() && amended.text != open.text);
    }
    for ballot in topic.ballots.iter().filter(|ballot| ballot.is_open()) {
        let on = ballot.amendment.map(|on| topic.amendments.iter().find(|known| known.number == on));
        assert!(on.flatten().is_none_or(|on| on.stage == AmendmentStage::Pending));
    }
}

proptest! {
    #[test]
    fn amendments_amend_what_is_there_and_end_once(
        needs_seconder in any::<bool>(),
        first in draft_text(),
        commands in proptest::collection::vec(command(), 0..150),
    ) {
        let mut agenda = agenda(Mode::Meeting);
        agenda.constitution.rule.needs_seconder = needs_seconder;
        let proposed = Event::ProposalSubmitted { topic: 1, version: 1, text: first };
        let history = [Event::Prepared { agenda }].into_iter().chain(SEATS.map(arrived));
        let history = history.chain([opened(), topic_opened(1), proposed]);
        let mut state = Docket::fold(State::Absent, &history.collect::<Vec<_>>());
        let mut ended = BTreeSet::new();
        for command in commands {
            let by = issuer(&command);
            let issued = Issued { at: at("2027-03-01T01:10:00Z"), by };
            let Ok(events) = Docket::decide(&state, command.clone(), &issued) else { continue };
            state = Docket::fold(state, &events);
            for event in &events {
                if let Event::AmendmentAdopted { amendment, .. }
                | Event::AmendmentAmended { by: amendment, .. }
                | Event::AmendmentRejected { amendment, .. }
                | Event::AmendmentWithdrawn { amendment, .. }
                | Event::AmendmentLapsed { amendment, .. }
                | Event::AmendmentFell { amendment, .. } = event
                {
                    prop_assert!(ended.insert(*amendment), "an amendment ended twice");
                }
            }
            let topic = state.proceedings().expect("a docket").topic(1).expect("a topic");
            amends_what_is_there(topic, needs_seconder);
            let again = Docket::decide(&state, command.clone(), &issued);
            prop_assert!(!again.is_ok_and(|events| !events.is_empty()), "{:?} had an effect twice", command);
        }
    }
}
