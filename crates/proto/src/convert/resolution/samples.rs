//! Sample events of registers, resolutions and action items.

use crate::convert::sample::{Sample, at, code, line, samples, text};
use domain::resolution::action_item::put_down::Kind;
use domain::resolution::action_item::{
    ActionItem, Assignment, Due, Event as ItemEvent, Means, Moved, Place, PutDown,
};
use domain::resolution::dependencies::{self, Dependencies};
use domain::resolution::evidence::Evidence;
use domain::resolution::evidence_content::{self, EvidenceContent};
use domain::resolution::register::{self, Register};
use domain::resolution::resolution::{Event, Origin, Registration, Resolution, Votes};
use domain::resolution::target::{self, PhasedTarget};
use domain::resolution_change::ChangeEffect;
use domain::{Label, Uuid};

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
        Event::Changed {
            by: Uuid::from_u128(9),
            effect: ChangeEffect::Rescinds,
            carried_over: vec![Uuid::from_u128(11)],
            reason: text("FLOOD-2027-0003 防汛物资"),
            changed_at: at("2027-05-01T02:00:00Z"),
        },
        Event::Changed {
            by: Uuid::from_u128(9),
            effect: ChangeEffect::Amends,
            carried_over: vec![],
            reason: text("FLOOD-2027-0004 防汛物资"),
            changed_at: at("2027-05-01T02:00:00Z"),
        },
        Event::Registered {
            registration: Registration {
                origin: Origin::Elsewhere { source: line("国发〔2026〕12号") },
                ..registration(1, "改造十二座泵站。")
            },
            registered_at: at("2027-03-01T02:00:00.5Z"),
        },
        Event::Registered {
            registration: Registration {
                label: Label::Public, ..registration(1, "改造十二座泵站。")
            },
            registered_at: at("2027-03-01T02:00:00.5Z"),
        },
        Event::Relabelled { label: Label::Secret, reason: text("涉及商业秘密") },
        Event::Relabelled { label: Label::Internal, reason: text("保密期已满") },
        Event::Registered {
            registration: Registration {
                origin: Origin::Session {
                    session: Uuid::from_u128(7),
                    topic: 2,
                    votes: Votes { body_version: 4, ..votes() },
                    dissenting: vec![],
                },
                ..registration(1, "改造十二座泵站。")
            },
            registered_at: at("2027-03-01T02:00:00.5Z"),
        },
    ]);
    let item = samples::<ActionItem>(of_an_item());
    let (item_id, on) = (Uuid::from_u128(4), Uuid::from_u128(5));
    let dependencies = samples::<Dependencies>(vec![
        dependencies::Event::Added { item: item_id, on },
        dependencies::Event::Removed { item: item_id, on },
        dependencies::Event::Forgotten { item: item_id },
    ]);
    let part = evidence_content::Part {
        item: Uuid::from_u128(2),
        sha256: line(&"0a".repeat(32)),
        part: 2,
        parts: 4,
        content: vec![0, 159, 146, 150],
    };
    let content = samples::<EvidenceContent>(vec![evidence_content::Event::Kept { part }]);
    let of_items = resolution.into_iter().chain(item).chain(content).chain(dependencies);
    register.into_iter().chain(of_items).chain(of_a_target()).collect()
}

fn of_a_target() -> Vec<Box<dyn Sample>> {
    let terms = |body| target::Terms {
        department: code("WATER"),
        phase: target::Phase::NextYear,
        title: line("泵站按期完成"),
        measure: target::Measure::ShareKept,
        goal: 80,
        starts_on: "2028-01-01".parse().unwrap(),
        ends_on: "2028-12-31".parse().unwrap(),
        body,
    };
    samples::<PhasedTarget>(vec![
        target::Event::Set { terms: terms(Some(code("FLOOD"))), reason: text("年度计划") },
        target::Event::Set { terms: terms(None), reason: text("年度计划") },
        target::Event::Changed {
            goal: 70,
            ends_on: "2029-03-31".parse().unwrap(),
            reason: text("汛情推迟了工程"),
        },
        target::Event::Withdrawn { reason: text("另行下达") },
    ])
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
        changes: vec![],
        label: Default::default(),
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
        body_version: 0,
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
        Event::Contested {
            department: department.clone(),
            reason: reason.clone(),
            contested_at: None,
            by: None,
        },
        Event::ContestDismissed { reason: reason.clone(), acknowledge_by, due: None },
        Event::Reassigned { lead: code("ROADS"), reason: reason.clone(), acknowledge_by, due: None },
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
        Event::BlockageCleared { department: department.clone(), blocked: None, note: text("paid") },
        Event::ExtensionRequested { due_on, due_at, reason: reason.clone(), by: None },
        Event::ExtensionGranted { due_on, due_at, granted: 2 },
        Event::ExtensionRefused { reason: reason.clone() },
        Event::CompletionClaimed {
            department: department.clone(),
            summary: text("done"),
            evidence: vec![evidence("验收单", "https://files.example.cn/3")],
            claimed_at: None,
            by: None,
        },
        Event::Accepted { department: Some(department.clone()), note: Some(text("well")) },
        Event::Accepted { department: None, note: None },
        Event::Returned { department: Some(department.clone()), reason: reason.clone(), due: None },
        Event::Reopened { reason: reason.clone(), due_on, due_at },
        Event::Rescinded { reason },
        Event::LookBackRecorded { department: Some(department), observation: text("seen"), holds: false },
    ]
    .into_iter()
    .chain(of_follow_through(Due { due_on, due_at }, acknowledge_by))
    .chain(by_whom(Due { due_on, due_at }, acknowledge_by))
    .collect()
}

/// What notes who said it.
fn by_whom(due: Due, moment: domain::Timestamp) -> Vec<ItemEvent> {
    use ItemEvent as Event;
    let (department, by, reason) = (code("WATER"), || Some("zhang".to_owned()), text("because"));
    let documents = || vec![evidence("验收单", "https://files.example.cn/3")];
    let Due { due_on, due_at } = due;
    vec![
        Event::Contested {
            department: department.clone(),
            reason: reason.clone(),
            contested_at: Some(moment),
            by: by(),
        },
        Event::ExtensionRequested { due_on, due_at, reason, by: by() },
        Event::CompletionClaimed {
            department: department.clone(),
            summary: text("done"),
            evidence: documents(),
            claimed_at: Some(moment),
            by: by(),
        },
        Event::PartClaimed { department, summary: text("done"), evidence: documents(), by: by() },
    ]
}

/// What is said beside the lead's work: who judges, the parts of others, help, and what the clock stands still for.
fn of_follow_through(due: Due, moment: domain::Timestamp) -> Vec<ItemEvent> {
    use ItemEvent as Event;
    let (lead, roads, reason) = (code("WATER"), code("ROADS"), text("because"));
    let documents = || vec![evidence("验收单", "https://files.example.cn/3")];
    let Due { due_on, due_at } = due;
    let moved = Some(Moved { due_on, due_at, promised_on: None, promised_at: None, acknowledge_by: None });
    vec![
        Event::AcceptorNamed { acceptor: Some(code("AUDIT")), reason: reason.clone() },
        Event::AcceptorNamed { acceptor: None, reason: reason.clone() },
        Event::PartAcknowledged { department: roads.clone() },
        Event::Contested {
            department: lead.clone(),
            reason: reason.clone(),
            contested_at: Some(moment),
            by: None,
        },
        Event::ContestDismissed { reason: reason.clone(), acknowledge_by: moment, due: moved },
        Event::Reassigned {
            lead: roads.clone(),
            reason: reason.clone(),
            acknowledge_by: moment,
            due: Some(due),
        },
        Event::BlockageCleared { department: lead.clone(), blocked: Some(roads.clone()), note: text("paid") },
        Event::HelpAcknowledged { department: code("FINANCE"), blocked: roads.clone() },
        Event::HelpGiven { department: code("FINANCE"), blocked: roads.clone(), note: text("paid") },
        Event::CompletionClaimed {
            department: lead,
            summary: text("done"),
            evidence: documents(),
            claimed_at: Some(moment),
            by: None,
        },
        Event::PartClaimed {
            department: roads.clone(),
            summary: text("done"),
            evidence: documents(),
            by: None,
        },
        Event::PartAccepted { part: roads.clone(), department: Some(code("AUDIT")), note: None },
        Event::PartReturned { part: roads, department: None, reason: reason.clone() },
        Event::Returned { department: None, reason: reason.clone(), due: moved },
        Event::Suspended { reason: reason.clone(), authority: line("Plan 3"), suspended_at: moment },
        Event::Resumed { note: reason.clone(), due: moved },
        Event::DependencyAdded {
            on: Uuid::from_u128(5),
            on_number: line("FLOOD-2027-0001/2"),
            added_at: moment,
        },
        Event::DependantNoted { dependant: Uuid::from_u128(4) },
        Event::Released { on: Uuid::from_u128(5), due: None },
        Event::Instructed { text: reason.clone() },
        Event::Urged { text: reason, urged_on: due.due_on },
    ]
    .into_iter()
    .chain(of_cascades(due, moment))
    .collect()
}

/// What is above and below, what is put down for others, and how what was promised moves.
fn of_cascades(due: Due, moment: domain::Timestamp) -> Vec<ItemEvent> {
    use ItemEvent as Event;
    let Due { due_on, due_at } = due;
    let moved = Some(Moved { due_on, due_at, promised_on: None, promised_at: None, acknowledge_by: None });
    let fully_moved = moved.map(|moved| Moved {
        promised_on: Some(due_on),
        promised_at: Some(due_at),
        acknowledge_by: Some(moment),
        ..moved
    });
    vec![
        Event::PlacedBelow {
            place: Place {
                parent: Uuid::from_u128(5),
                parent_number: line("FLOOD-2027-0001/2"),
                tier: 3,
                above: vec![code("WATER"), code("ROADS")],
            },
        },
        Event::SubItemNoted {
            sub_item: Uuid::from_u128(6),
            number: line("FLOOD-2027-0001/2.1"),
            is_split: true,
        },
        Event::SessionNoted { session: Uuid::from_u128(7) },
        Event::EvidenceKept {
            department: code("ROADS"),
            sha256: line(&"0a".repeat(32)),
            bytes: 184_320,
            content: Uuid::from_u128(8),
        },
        Event::PutDown {
            put_down: PutDown {
                kind: Kind::Progress,
                department: code("ROADS"),
                said_by: line("王科长"),
                means: Means::Telephone,
                said_on: due.due_on,
                by: "li@office".to_owned(),
                by_department: code("OFFICE"),
            },
        },
        Event::PutDownContested {
            department: code("ROADS"),
            kind: Kind::Completion,
            reason: text("nobody of ours said so"),
            acknowledge_by: Some(moment),
            due: moved,
        },
        Event::Released { on: Uuid::from_u128(5), due: fully_moved },
    ]
}
