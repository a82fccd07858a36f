//! Sample events of delivery.

use crate::convert::sample::{Sample, at, code, line, samples, text};
use domain::delivery::subscription::{Event, MailLanguage, OffCause, Receiver, Subscription, Terms};
use domain::{Actor, Role};

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
    let by_mail = |language| Terms { receiver: Receiver::Mail { language }, ..everything.clone() };
    samples::<Subscription>(vec![
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
        Event::GivenUp { position: 42, number: 1, attempts: 10, answer: line("503") },
    ])
}
