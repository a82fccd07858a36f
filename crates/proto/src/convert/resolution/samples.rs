//! Sample events of registers, resolutions and action items.

use crate::convert::sample::{Sample, at, code, line, samples, text};
use domain::Uuid;
use domain::resolution::action_item::{ActionItem, Assignment, Event as ItemEvent};
use domain::resolution::evidence::Evidence;
use domain::resolution::register::{self, Register};
use domain::resolution::resolution::{Event, Origin, Registration, Resolution, Votes};

pub fn all() -> Vec<Box<dyn Sample>> {
    let register = samples::<Register>(vec![register::Event::NumberIssued {
        body: code("FLOOD"),
        year: 2027,
        resolution: Uuid::from_u128(3),
        serial: 12,
        number: line("FLOOD-2027-0012"),
    }]);
    let resolution = samples::<Resolution>(vec![
        Event::Registered {
            registration: registration(2, "改造十二座泵站。"),
            registered_at: at("2027-03-01T02:00:00.5Z"),
        },
        Event::Rescinded { reason: text("a law applies"), ended_at: at("2027-05-01T02:00:00Z") },
        Event::Superseded {
            successor: Uuid::from_u128(8),
            reason: text("a better one"),
            ended_at: at("2027-05-01T02:00:00Z"),
        },
        Event::Registered {
            registration: Registration {
                origin: Origin::Elsewhere { source: line("国发〔2026〕12号") },
                ..registration(1, "改造十二座泵站。")
            },
            registered_at: at("2027-03-01T02:00:00.5Z"),
        },
    ]);
    let item = samples::<ActionItem>(of_an_item());
    register.into_iter().chain(resolution).chain(item).collect()
}

pub fn registration(items: u128, words: &str) -> Registration {
    Registration {
        number: line("FLOOD-2027-0001"),
        origin: Origin::Session {
            session: Uuid::from_u128(7),
            topic: 2,
            votes: votes(),
            dissenting: vec![code("ROADS"), code("HEALTH")],
        },
        body: code("FLOOD"),
        title: line("泵站改造"),
        text: text(words),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        items: (0..items).map(Uuid::from_u128).collect(),
    }
}

pub fn votes() -> Votes {
    Votes {
        method: line("simple majority"),
        eligible: 20,
        recused: 1,
        quorum: 10,
        cast: 18,
        yes: 9,
        no: 5,
        abstain: 4,
        base: 14,
        needed: 8,
        sentence: text("passed"),
    }
}

pub fn evidence(title: &str, uri: &str) -> Evidence {
    Evidence { title: line(title), sha256: line(&"0a".repeat(32)), uri: line(uri) }
}

fn of_an_item() -> Vec<ItemEvent> {
    use ItemEvent as Event;
    let due_on = "2027-03-31".parse().unwrap();
    let due_at = at("2027-03-31T15:59:59.999999Z");
    let acknowledge_by = at("2027-03-04T15:59:59.999999Z");
    let (department, reason) = (code("WATER"), text("because"));
    let assignment = Assignment {
        resolution: Uuid::from_u128(3),
        number: line("FLOOD-2027-0001/1"),
        title: line("改造"),
        deliverable: text("十二座"),
        criterion: text("两小时"),
        lead: department.clone(),
        co_responsible: vec![code("ROADS"), code("WATER")],
        due_on,
        due_at,
        acknowledge_by,
    };
    vec![
        Event::Assigned { assignment },
        Event::Acknowledged { department: department.clone() },
        Event::Contested { department: department.clone(), reason: reason.clone() },
        Event::ContestDismissed { reason: reason.clone(), acknowledge_by },
        Event::Reassigned { lead: code("ROADS"), reason: reason.clone(), acknowledge_by },
        Event::ProgressReported {
            department: department.clone(),
            percent: 40,
            note: text("five"),
            evidence: vec![evidence("照片", "https://files.example.cn/1"), evidence("报告", "file:2")],
        },
        Event::BlockageReported {
            department: department.clone(),
            reason: reason.clone(),
            help_from: code("FINANCE"),
        },
        Event::BlockageCleared { department: department.clone(), note: text("paid") },
        Event::ExtensionRequested { due_on, due_at, reason: reason.clone() },
        Event::ExtensionGranted { due_on, due_at, granted: 2 },
        Event::ExtensionRefused { reason: reason.clone() },
        Event::CompletionClaimed {
            department: department.clone(),
            summary: text("done"),
            evidence: vec![evidence("验收单", "https://files.example.cn/3")],
        },
        Event::Accepted { department: Some(department.clone()), note: Some(text("well")) },
        Event::Accepted { department: None, note: None },
        Event::Returned { department: Some(department.clone()), reason: reason.clone() },
        Event::Reopened { reason: reason.clone(), due_on, due_at },
        Event::Rescinded { reason },
        Event::LookBackRecorded { department: Some(department), observation: text("seen"), holds: false },
    ]
}
