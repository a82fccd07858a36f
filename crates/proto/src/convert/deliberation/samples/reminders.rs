//! Of reminders: planned, sent by the clock, and sent by hand.

use super::agenda;
use crate::convert::sample::{at, code, text};
use domain::deliberation::ballot::{Abstention, MajorityBase, Method, Tie};
use domain::deliberation::docket::{Event, Mode, Reminder};
use jiff::civil::date;

pub(super) fn all() -> Vec<Event> {
    let sign_by = at("2027-03-05T09:00:00Z");
    let mut planned = agenda(Mode::Countersign { sign_by });
    planned.remind_at = Some(at("2027-03-04T09:00:00Z"));
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
        Event::SigningExtended {
            sign_by: at("2027-03-09T10:00:00Z"),
            reason: text("尚有部门未签"),
            extensions: 2,
            remind_at: Some(at("2027-03-08T10:00:00Z")),
        },
        Event::SeatReminded { department: code("WATER"), reminder: by_clock },
        Event::RemindersSent { seats: 1, by_hand_on: None, text: None },
        Event::SeatReminded { department: code("ROADS"), reminder: by_hand },
        Event::RemindersSent {
            seats: 1, by_hand_on: Some(date(2027, 3, 1)), text: Some(text("请今日会签"))
        },
    ]
}
