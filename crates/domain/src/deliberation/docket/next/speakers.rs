//! Who speaks, who wants to, and points of order.

use super::{Asked, presiding, speaking, words};
use crate::deliberation::docket::{Command, Proceedings, Topic, TopicStage};

pub(super) fn asked(proceedings: &Proceedings, topic: &Topic) -> Vec<Asked> {
    if !proceedings.is_meeting() || !matches!(topic.stage, TopicStage::Open { .. }) {
        return vec![];
    }
    let number = topic.number;
    let mut all = vec![
        speaking("RequestFloor", number, move |department| Command::RequestFloor {
            topic: number,
            department,
        }),
        speaking("RaisePointOfOrder", number, move |department| Command::RaisePointOfOrder {
            topic: number,
            department,
            text: words(),
        }),
        presiding("LimitDebate", Some(number), move || Command::LimitDebate {
            topic: number,
            speaking_minutes: Some(1),
            list_closed: false,
        }),
    ];
    if let Some(first) = topic.floor.waiting.first().cloned() {
        all.push(presiding("GiveFloor", Some(number), move || Command::GiveFloor {
            topic: number,
            department: first.clone(),
            reason: None,
        }));
        all.push(speaking("WithdrawFloorRequest", number, move |department| Command::WithdrawFloorRequest {
            topic: number,
            department,
        }));
    }
    if let Some(speaker) = topic.floor.speaker.clone() {
        all.push(presiding("YieldFloor", Some(number), move || Command::YieldFloor {
            topic: number,
            department: speaker.department.clone(),
        }));
    }
    if let Some(point) = topic.floor.pending_point().map(|point| point.number) {
        all.push(presiding("RulePointOfOrder", Some(number), move || Command::RulePointOfOrder {
            topic: number,
            point,
            sustained: true,
            reason: words(),
        }));
    }
    all
}
