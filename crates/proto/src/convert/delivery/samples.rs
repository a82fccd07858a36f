//! Sample events of delivery.

use crate::convert::sample::{Sample, at, code, line, samples, text};
use domain::delivery::calendar_feed::{self, CalendarFeed};
use domain::delivery::subscription::{
    Event, MailAnswer, MailLanguage, OffCause, Receiver, Robot, RobotKind, Subscription, Terms,
};
use domain::{Actor, Date, Role, Uuid};

pub fn all() -> Vec<Box<dyn Sample>> {
    let subscriber = Actor {
        subject: "chen".into(),
        department: Some(code("WATER")),
        roles: vec![Role::Delegate, Role::DepartmentLead],
    };
    let terms = Terms {
        name: line("收文系统"),
        contexts: vec![line("scheduling")],
        types: vec![line("huishang.scheduling.events.v1.SessionConvened")],
        department: Some(code("WATER")),
        body: Some(code("FLOOD")),
        receiver: Receiver::Webhook { url: text("https://receiver.example/hook") },
    };
    let everything = Terms { contexts: vec![], types: vec![], department: None, body: None, ..terms.clone() };
    let by_mail =
        |language| Terms { receiver: Receiver::Mail { language, digest_hour: None }, ..everything.clone() };
    let daily = Terms {
        receiver: Receiver::Mail { language: MailLanguage::Chinese, digest_hour: Some(8) },
        ..everything.clone()
    };
    let by_robot = |kind, secret: Option<&str>| {
        let url = text("https://robot.example/send?access_token=1f");
        let robot = Robot { kind, url, secret: secret.map(text), language: MailLanguage::Chinese };
        Event::Changed {
            terms: Terms { receiver: Receiver::Robot { robot, digest_hour: Some(8) }, ..everything.clone() },
        }
    };
    let answered = |answer, comment: Option<&str>| Event::InvitationAnswered {
        session: Uuid::from_u128(7),
        answer,
        comment: comment.map(text),
    };
    let feed = calendar_feed::Terms {
        name: line("水务局会商日历"),
        department: Some(code("WATER")),
        body: Some(code("FLOOD")),
        language: MailLanguage::Chinese,
    };
    let feeds = samples::<CalendarFeed>(vec![
        calendar_feed::Event::Created {
            owner: subscriber.clone(),
            terms: feed,
            secret_sha256: line(&"0a".repeat(32)),
        },
        calendar_feed::Event::Revoked,
    ]);
    let subscriptions = samples::<Subscription>(vec![
        Event::Defined { subscriber, terms, after_position: 7 },
        Event::Changed { terms: everything.clone() },
        Event::SwitchedOff { cause: OffCause::Request },
        Event::SwitchedOff { cause: OffCause::ReceiverGone },
        Event::SwitchedOn,
        Event::Withdrawn,
        Event::SecretRotated { secret_number: 2, overlaps_by: at("2027-03-02T01:00:00Z") },
        Event::Replayed { after_position: 3 },
        Event::Resent { position: 42, number: 1 },
        Event::Progressed { position: 42 },
        Event::Changed { terms: by_mail(MailLanguage::Chinese) },
        Event::Changed { terms: by_mail(MailLanguage::English) },
        Event::Changed { terms: daily },
        Event::DigestBegun {
            digest_on: Date::constant(2027, 3, 9),
            previous_on: Some(Date::constant(2027, 3, 8)),
        },
        Event::GivenUp { position: 42, number: 1, attempts: 10, answer: line("503") },
        answered(MailAnswer::Accept, None),
        answered(MailAnswer::Tentative, None),
        answered(MailAnswer::Decline, Some("There is a flood")),
        by_robot(RobotKind::Wecom, None),
        by_robot(RobotKind::Dingtalk, Some("SEC1")),
        by_robot(RobotKind::Feishu, Some("2f")),
    ]);
    subscriptions.into_iter().chain(feeds).collect()
}
