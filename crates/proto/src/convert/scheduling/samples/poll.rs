//! Sample events of polls.

use crate::convert::sample::{at, code, text};
use domain::scheduling::poll::{Asked, EndCause, Event, Suitability, TimeAnswer};
use domain::scheduling::session::Slot;

pub(super) fn of_a_poll() -> Vec<Event> {
    let slot = Slot {
        room: code("R-301"),
        starts_at: at("2027-03-08T01:00:00Z"),
        ends_at: at("2027-03-08T02:00:00Z"),
    };
    let asked = Asked {
        body: code("JOINT"),
        departments: vec![code("MOF"), code("MIIT")],
        deciding: vec![code("MOF")],
        concerned: vec![code("MOF"), code("MIIT"), code("NDRC")],
    };
    let said = |number, suitability| TimeAnswer { number, suitability };
    let ended = |cause, reason| Event::Ended { cause, reason };
    vec![
        Event::Opened {
            asked: asked.clone(),
            slots: vec![slot.clone()],
            close_by: at("2027-03-03T01:00:00Z"),
            remind_at: None,
        },
        Event::Opened {
            asked: asked.clone(),
            slots: vec![],
            close_by: at("2027-03-03T01:00:00Z"),
            remind_at: None,
        },
        Event::Answered {
            department: code("MOF"),
            answers: vec![
                said(1, Suitability::Yes),
                said(2, Suitability::IfNeeded),
                said(3, Suitability::No),
            ],
            comment: Some(text("上午更好")),
            answered_at: at("2027-03-02T01:00:00Z"),
            on_behalf_by: Some(code("NDRC")),
        },
        Event::Answered {
            department: code("MOF"),
            answers: vec![said(1, Suitability::No)],
            comment: None,
            answered_at: at("2027-03-02T02:00:00Z"),
            on_behalf_by: None,
        },
        Event::TimeProposed {
            number: 2,
            slot: slot.clone(),
            department: code("MIIT"),
            reason: text("当日在外地调研"),
            proposed_at: at("2027-03-02T03:00:00Z"),
            on_behalf_by: None,
        },
        Event::TimeProposed {
            number: 3,
            slot,
            department: code("MIIT"),
            reason: text("当日在外地调研"),
            proposed_at: at("2027-03-02T04:00:00Z"),
            on_behalf_by: Some(code("NDRC")),
        },
        Event::TimeDeclined { number: 2, reason: text("会议室检修") },
        Event::TimeAdopted { number: 3 },
        Event::Closed { close_by: at("2027-03-03T01:00:00Z") },
        ended(EndCause::Withdrawn, Some(text("已由邮件商定"))),
        ended(EndCause::Declined, None),
        ended(EndCause::Placed, None),
        ended(EndCause::SessionChanged, None),
        Event::Opened {
            asked,
            slots: vec![],
            close_by: at("2027-03-03T01:00:00Z"),
            remind_at: Some(at("2027-03-02T01:00:00Z")),
        },
        Event::Reminded {
            department: code("MOF"),
            close_by: at("2027-03-03T01:00:00Z"),
            reminded_at: at("2027-03-02T01:00:00Z"),
        },
    ]
}
