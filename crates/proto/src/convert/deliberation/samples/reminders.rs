//! Of reminders: planned, sent by the clock, and sent by hand; and of a topic that is added in a sitting.

use super::agenda;
use crate::convert::sample::{at, code, line, text};
use domain::Uuid;
use domain::decision_rule::LateTopics;
use domain::deliberation::ballot::options::ChoiceMethod;
use domain::deliberation::ballot::{Abstention, MajorityBase, Method, Tie};
use domain::deliberation::docket::{AgendaTopic, Carried, Event, Mode, MotionKind, Reminder};
use jiff::civil::date;

pub(super) fn all() -> Vec<Event> {
    let sign_by = at("2027-03-05T09:00:00Z");
    let mut planned = agenda(Mode::Countersign { sign_by });
    planned.remind_at = Some(at("2027-03-04T09:00:00Z"));
    planned.constitution.rule.reminder_working_days = Some(2);
    planned.constitution.rule.late_topics = LateTopics::TwoThirds;
    let added = AgendaTopic {
        number: 2,
        title: line("泵站"),
        timebox_minutes: 20,
        label: Default::default(),
        carried: Some(Carried { matter: Uuid::from_u128(11), deferrals: 0, deferrals_max: 3 }),
        section: None,
        parent: None,
    };
    let by_clock = Reminder {
        topics: vec![1, 2],
        answer_by: Some(sign_by),
        reminded_at: at("2027-03-04T09:00:00Z"),
        by_hand: false,
    };
    let by_hand =
        Reminder { topics: vec![1], answer_by: None, reminded_at: at("2027-03-01T01:30:00Z"), by_hand: true };
    vec![
        Event::Prepared { agenda: planned },
        Event::BallotOpened {
            topic: 1,
            ballot: 2,
            version: 1,
            method: Method::Silence,
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            majority_of: MajorityBase::Votes,
            secret: false,
            motion: None,
            amendment: None,
            remind_at: Some(at("2027-03-04T21:00:00Z")),
        },
        Event::ChoiceOpened {
            topic: 1,
            choice: 1,
            question: line("哪条路线？"),
            options: vec![line("北线"), line("南线")],
            method: ChoiceMethod::Single,
            secret: false,
            lot: None,
            remind_at: Some(at("2027-03-04T21:00:00Z")),
        },
        Event::SigningExtended {
            sign_by: at("2027-03-09T10:00:00Z"),
            reason: text("尚有部门未签"),
            extensions: 2,
            remind_at: Some(at("2027-03-08T10:00:00Z")),
        },
        Event::MotionMoved {
            topic: 1,
            motion: 4,
            department: code("ROADS"),
            kind: MotionKind::Main { title: line("泵站"), text: text("增设两台水泵") },
            reason: text("汛期将至"),
            needs_seconder: true,
            put_down_by_clerk: false,
            person: None,
        },
        Event::TopicAdded { topic: 1, motion: 4, department: code("ROADS"), added },
        Event::SeatReminded { department: code("WATER"), reminder: by_clock },
        Event::RemindersSent { seats: 1, by_hand_on: None, text: None },
        Event::SeatReminded { department: code("ROADS"), reminder: by_hand },
        Event::RemindersSent {
            seats: 1, by_hand_on: Some(date(2027, 3, 1)), text: Some(text("请今日会签"))
        },
    ]
}
