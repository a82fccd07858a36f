//! What is moved, seconded, withdrawn and put to the vote.

use super::{Asked, by_people, presiding, speaking, words};
use crate::calendar::WorkingCalendar;
use crate::deliberation::docket::{Command, MotionKind, MotionStage, Proceedings, Topic, TopicStage};
use crate::next_step::Who;
use crate::{Code, Role};

pub(super) fn asked(proceedings: &Proceedings, topic: &Topic, calendar: &WorkingCalendar) -> Vec<Asked> {
    let is_open = matches!(topic.stage, TopicStage::Open { .. });
    let has_been_decided = topic.has_something_to_reconsider();
    if !proceedings.is_meeting() || !is_open && !has_been_decided && topic.next_motion().is_none() {
        return vec![];
    }
    let kind = if has_been_decided { MotionKind::Reconsider } else { MotionKind::CloseDebate };
    let number = topic.number;
    let (calendar, on_put) = (calendar.clone(), calendar.clone());
    let mut all = vec![speaking("MoveMotion", number, move |department| Command::MoveMotion {
        topic: number,
        department,
        kind: kind.clone(),
        reason: words(),
        calendar: calendar.clone(),
    })];
    let waiting = topic.motions.iter().find(|motion| motion.stage == MotionStage::AwaitsSecond);
    if let Some(motion) = waiting.map(|waiting| waiting.number) {
        all.push(speaking("SecondMotion", number, move |department| Command::SecondMotion {
            topic: number,
            motion,
            department,
        }));
    }
    for open in topic.motions.iter().filter(|motion| motion.stage.is_open()).rev().take(1) {
        let motion = open.number;
        let mover = vec![Who::of(Role::Delegate, &open.department)];
        let withdraw = move |_: &Code| Command::WithdrawMotion { topic: number, motion };
        all.push(by_people("WithdrawMotion", number, mover, withdraw));
    }
    if let Some(motion) = topic.next_motion().map(|first| first.number) {
        let put = move || Command::PutMotion { topic: number, motion, calendar: on_put.clone() };
        all.push(presiding("PutMotion", Some(number), put));
    }
    all
}
