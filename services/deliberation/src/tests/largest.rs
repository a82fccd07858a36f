//! The largest docket that there can be: it fits into one answer, and can be brought to an end.

use super::{at, code};
use crate::grpc::render;
use domain::calendar::WorkingCalendar;
use domain::constitution::{Constitution, Voter};
use domain::deliberation::ballot::Choice;
use domain::deliberation::docket::agenda::{PARTICIPANTS_MAX, TOPICS_MAX};
use domain::deliberation::docket::{
    Agenda, AgendaTopic, BALLOTS_MAX, Command, Docket, Mode, Participant, Rejection, RoleOnTopic, Stance,
    State, TopicRole,
};
use domain::testing::constitution;
use domain::text::{CODE_CHARS_MAX, LINE_CHARS_MAX, TEXT_BYTES_MAX};
use domain::{Actor, Aggregate as _, Code, Issued, Line, Role, Text, Uuid};
use prost::Message as _;
use service_kit::Scope;
use service_kit::limits::RESPONSE_BYTES_MAX;

/// A letter of four bytes, the longest there is.
const LETTER: &str = "𠀀";

fn department(number: usize) -> Code {
    code(&format!("{number:02}{}", LETTER.repeat(CODE_CHARS_MAX - 2)))
}

fn longest_line() -> Line {
    Line::parse(&LETTER.repeat(LINE_CHARS_MAX)).unwrap()
}

fn longest_text() -> Text {
    Text::parse(&"x".repeat(TEXT_BYTES_MAX)).unwrap()
}

fn agenda() -> Agenda {
    let topics = 1..=TOPICS_MAX as u32;
    let role = |topic| TopicRole { topic, role: RoleOnTopic::Decides };
    let voter =
        |number| Voter { department: department(number), weight: 1, veto: false, substitutes: vec![] };
    Agenda {
        session: Uuid::from_u128(7),
        title: longest_line(),
        body: department(0),
        constitution: Constitution {
            chair: department(0),
            secretariat: vec![department(0)],
            voters: (0..PARTICIPANTS_MAX).map(voter).collect(),
            ..constitution(&["CHAIR"])
        },
        requester: None,
        mode: Mode::Meeting,
        decide_by: None,
        remind_at: None,
        participants: (0..PARTICIPANTS_MAX)
            .map(|number| Participant {
                department: department(number),
                roles: topics.clone().map(role).collect(),
            })
            .collect(),
        topics: topics
            .map(|number| AgendaTopic {
                number,
                title: longest_line(),
                timebox_minutes: u32::MAX,
                label: Default::default(),
                carried: None,
                section: None,
                parent: None,
            })
            .collect(),
    }
}

/// A docket under way.
struct Meeting {
    state: State,
    full: bool,
}

impl Meeting {
    /// Carries out a command; one that is refused because the docket is full changes nothing.
    fn does(&mut self, command: Command) {
        let roles = vec![Role::Clerk, Role::Chair];
        let by = Actor { subject: "clerk".into(), department: Some(department(0)), roles };
        let issued = Issued { at: at("2027-03-01T01:00:00Z"), by };
        match Docket::decide(&self.state, command, &issued) {
            Ok(events) => self.state = Docket::fold(std::mem::take(&mut self.state), &events),
            Err(Rejection::DocketFull { .. }) => self.full = true,
            Err(other) => panic!("{other}"),
        }
    }

    /// Whether the docket was full since this was last asked.
    fn was_full(&mut self) -> bool {
        std::mem::take(&mut self.full)
    }

    fn bytes(&self) -> usize {
        render::docket(Uuid::from_u128(7), &self.state, &Scope::whole()).unwrap().encoded_len()
    }
}

#[test]
fn the_largest_docket_fits_into_one_answer_and_can_be_ended() {
    let mut meeting = Meeting { state: State::Absent, full: false };
    meeting.does(Command::Prepare { agenda: agenda() });
    for number in 0..PARTICIPANTS_MAX {
        let delegate = longest_line();
        meeting.does(Command::RecordArrival { department: department(number), delegate });
    }
    meeting.does(Command::Open);
    // Given a docket on which everybody says as much as they may
    for topic in 1..=TOPICS_MAX as u32 {
        meeting.does(Command::OpenTopic { topic });
        meeting.does(Command::SubmitProposal { topic, text: Text::parse("x").unwrap() });
        meeting.does(Command::PauseTopic { topic });
    }
    for topic in 1..=TOPICS_MAX as u32 {
        meeting.does(Command::OpenTopic { topic });
        for number in 0..PARTICIPANTS_MAX {
            let (department, reasons) = (department(number), longest_text());
            meeting.does(Command::RecordStatement { topic, department, stance: Stance::Support, reasons });
        }
        meeting.does(Command::CloseDebate { topic });
    }
    assert!(meeting.was_full(), "it takes no more statements");
    // When they vote on every other topic as often as they can, at first with reasons,
    for round in 0..BALLOTS_MAX {
        let voted_on = TOPICS_MAX as u32 / 2;
        let (topic, version) = (round % voted_on * 2 + 1, round / voted_on + 1);
        if version > 1 {
            let text = Text::parse(&format!("x{version}")).unwrap();
            meeting.does(Command::OpenTopic { topic });
            meeting.does(Command::SubmitProposal { topic, text });
            meeting.does(Command::CloseDebate { topic });
            if meeting.was_full() {
                break;
            }
        }
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        meeting.does(Command::OpenBallot { topic, version, calendar });
        if meeting.was_full() {
            break;
        }
        for number in 0..PARTICIPANTS_MAX {
            let vote = |reason| Command::CastVote {
                topic,
                department: department(number),
                choice: Choice::Yes,
                split: vec![],
                reason,
            };
            meeting.does(vote(Some(longest_text())));
            if meeting.was_full() {
                meeting.does(vote(None));
            }
        }
        assert!(!meeting.was_full(), "a vote without a reason is always taken");
        meeting.does(Command::CloseBallot { topic, casting_vote: None });
    }
    // and recuse themselves from the others, and the topics come to an end,
    for topic in 1..=TOPICS_MAX as u32 {
        let passed = meeting.state.proceedings().and_then(|docket| docket.topic(topic)?.passed());
        if passed.is_some() {
            let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
            meeting.does(Command::AdoptDecision { topic, declaratory: true, calendar });
            continue;
        }
        for number in 0..PARTICIPANTS_MAX {
            let reason = longest_text();
            let (department, current_version_only) = (department(number), false);
            meeting.does(Command::RecordRecusal { topic, department, reason, current_version_only });
        }
        let reason = longest_text();
        meeting.does(Command::ReferTopic { topic, referred_to: department(1), reason });
    }
    meeting.does(Command::Close);
    // Then the docket is closed, and can be read as a whole.
    assert!(!meeting.was_full() && matches!(meeting.state, State::Closed(_)), "it could be ended");
    let bytes = meeting.bytes();
    assert!(bytes > RESPONSE_BYTES_MAX * 3 / 4, "only {bytes} bytes");
    assert!(bytes + 1024 < RESPONSE_BYTES_MAX, "{bytes} bytes");
}
