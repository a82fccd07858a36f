//! Logs with a past: real events in the order in which an installation would have them.

use crate::command;
use anyhow::Context as _;
use bytes::Bytes;
use domain::calendar::Zone;
use domain::directory::department::{Department, Event as DepartmentEvent, Profile};
use domain::followup::follow_up::{Event as FollowUpEvent, FollowUp, Subject, Tier};
use domain::followup::ladder::{Ladder, Rung, RungKind};
use domain::resolution::action_item::{ActionItem, Assignment, Event as ItemEvent};
use domain::resolution::evidence::Evidence;
use domain::{Actor, Aggregate as _, Code, Line, Role, StreamName, Text, Timestamp};
use event_log::{EventLog, OrderedRecord};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use journal::payload::{Encoded, encode};
use journal::personal::Keys;
use journal::{Commit, Write};
use proto::Wire;
use proto::record::{Envelope, EventCodec as _};
use std::ops::Range;
use std::path::Path;
use uuid::Uuid;

/// Records that are made durable together, and how many such groups are under way.
const GROUP_RECORDS: u64 = 1024;
const GROUPS_UNDER_WAY: usize = 4;
/// Items that are worked on at the same time.
const ITEMS_OPEN: u64 = 500;
/// Events in the life of an item.
const LIFE_EVENTS: u64 = 10;

/// What an event of the past is made from.
pub type Past = fn(u64) -> anyhow::Result<Commit>;

/// Writes this many events into a new log in this directory, sealed with these keys, and closes it; returns the bytes
/// of all payloads.
pub async fn write(dir: &Path, keys: &Keys, events: u64, past: Past) -> anyhow::Result<u64> {
    let (log, _) = EventLog::open(event_log::Options::new(dir))?;
    let groups = stream::iter((0..events).step_by(GROUP_RECORDS as usize));
    let written = groups.map(|first| group(&log, keys, first..events.min(first + GROUP_RECORDS), past));
    let bytes = written.buffered(GROUPS_UNDER_WAY).try_fold(0, async |sum, bytes| Ok(sum + bytes)).await;
    log.close().await;
    bytes
}

async fn group(log: &EventLog, keys: &Keys, numbers: Range<u64>, past: Past) -> anyhow::Result<u64> {
    let mut records = Vec::new();
    for number in numbers {
        let encoded = encode(past(number)?, keys).await?.pop().context("a commit has its write")?;
        records.push(ordered(number + 1, encoded));
    }
    let bytes = records.iter().map(|record| record.payload.len() as u64).sum();
    log.append_ordered(records).await?;
    Ok(bytes)
}

fn ordered(position: u64, encoded: Encoded) -> OrderedRecord {
    let Encoded { stream, envelope, types, payload, salt, .. } = encoded;
    OrderedRecord {
        position,
        stream: stream.to_string(),
        types,
        time_micros: envelope.time.as_microsecond(),
        command_id: envelope.command_id,
        part: envelope.part,
        parts: envelope.parts,
        salt,
        payload: Bytes::clone(&payload),
    }
}

/// The event that the measured command makes, for the next of 100 000 departments.
pub fn of_departments(number: u64) -> anyhow::Result<Commit> {
    let wire = command::measured(&format!("D{:06}", number % 100_000)).department;
    let profile: Profile = Wire::from_wire(wire).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let stream = Department::stream(Department::id(&profile.code));
    let event = Department::encode(&DepartmentEvent::Registered { profile });
    commit(stream, actor(Role::Clerk, None), event)
}

/// Action items from their assignment to their acceptance, of which many are open at the same time.
pub fn of_items(number: u64) -> anyhow::Result<Commit> {
    let (round, at) = (number / (ITEMS_OPEN * LIFE_EVENTS), number % (ITEMS_OPEN * LIFE_EVENTS));
    let item = round * ITEMS_OPEN + at % ITEMS_OPEN;
    let lead = Code::parse(&format!("DEPARTMENT-{}", item % 40))?;
    let event = life(item, at / ITEMS_OPEN, &lead)?;
    // Ids that lie as random ones do.
    let id = domain::aggregate::derived_id(Uuid::NAMESPACE_OID, &[&item.to_string()]);
    commit(ActionItem::stream(id), actor(Role::DepartmentLead, Some(lead)), ActionItem::encode(&event))
}

/// Follow-ups from their plan to the acceptance of their items: half of them with reminders only, half late, so that
/// the ladder is climbed to its end.
pub fn of_follow_ups(number: u64) -> anyhow::Result<Commit> {
    let (round, at) = (number / (ITEMS_OPEN * LIFE_EVENTS), number % (ITEMS_OPEN * LIFE_EVENTS));
    let item = round * ITEMS_OPEN + at % ITEMS_OPEN;
    let lead = Code::parse(&format!("DEPARTMENT-{}", item % 40))?;
    let event = followed(item, at / ITEMS_OPEN, lead)?;
    let id = domain::aggregate::derived_id(Uuid::NAMESPACE_OID, &[&item.to_string()]);
    commit(FollowUp::stream(id), actor(Role::Clerk, None), FollowUp::encode(&event))
}

fn followed(item: u64, step: u64, lead: Code) -> anyhow::Result<FollowUpEvent> {
    let days = |days: u64| SignedDuration::from_hours(24 * i64::try_from(days).unwrap_or_default());
    let assignment = assignment(item, &lead)?;
    let due_at = assignment.due_at + days(item / ITEMS_OPEN % 1_000);
    let acknowledge_by = due_at - days(27);
    let subject = Subject {
        resolution: assignment.resolution,
        body: None,
        number: assignment.number,
        title: assignment.title,
        lead: lead.clone(),
        co_responsible: assignment.co_responsible,
        due_on: assignment.due_on,
        due_at,
        acknowledge_by,
        zone: Zone::named("Asia/Shanghai")?,
    };
    let late = item % 2 == 1;
    let escalated = |rung, tier, days_late| FollowUpEvent::Escalated {
        rung,
        tier,
        lead: lead.clone(),
        due_at,
        days_late,
    };
    Ok(match step {
        0 => {
            let ladder = Ladder::default();
            let rung = |(number, kind, days, due_at)| Rung { number, kind, days, due_at };
            let rungs = [
                (1, RungKind::Acknowledgement, 0, acknowledge_by),
                (2, RungKind::Reminder, 7, due_at - days(7)),
                (3, RungKind::Reminder, 3, due_at - days(3)),
                (4, RungKind::Reminder, 1, due_at - days(1)),
                (5, RungKind::Overdue, 0, due_at),
                (6, RungKind::Supervisor, 3, due_at + days(3)),
                (7, RungKind::Leadership, 7, due_at + days(7)),
            ];
            let rungs = rungs.map(rung).to_vec();
            FollowUpEvent::Planned { subject, ladder, rungs }
        }
        1 => FollowUpEvent::Acknowledged { rungs: vec![], at: None },
        2..=4 => FollowUpEvent::Reminded {
            rung: step as u32,
            lead,
            days_before: [7, 3, 1][step as usize - 2],
            due_at,
            days_left: None,
        },
        5 if late => FollowUpEvent::Overdue { rung: 5, lead, due_at, days_late: 0 },
        6 if late => escalated(6, Tier::Supervisor, 3),
        7 if late => escalated(7, Tier::Leadership, 7),
        5 => FollowUpEvent::Blocked { department: None, help_from: Code::parse("FINANCE")? },
        6 => FollowUpEvent::Unblocked { department: None },
        7 => FollowUpEvent::Blocked { department: None, help_from: lead },
        8 => FollowUpEvent::Claimed { rungs: vec![], at: None },
        _ => FollowUpEvent::Satisfied { rungs: vec![], at: None },
    })
}

fn life(item: u64, step: u64, lead: &Code) -> anyhow::Result<ItemEvent> {
    let text = |chars: usize| Text::parse(&"督办事项".repeat(chars / 4));
    let department = lead.clone();
    Ok(match step {
        0 => ItemEvent::Assigned { assignment: assignment(item, lead)? },
        1 => ItemEvent::Acknowledged { department },
        8 => ItemEvent::CompletionClaimed {
            department,
            summary: text(40)?,
            evidence: vec![evidence()?],
            claimed_at: None,
            by: None,
        },
        9 => ItemEvent::Accepted { department: None, note: Some(text(80)?) },
        step => ItemEvent::ProgressReported {
            department,
            percent: step as u32 * 12,
            note: text(40)?,
            evidence: vec![evidence()?],
        },
    })
}

fn assignment(item: u64, lead: &Code) -> anyhow::Result<Assignment> {
    let moment = |text: &str| text.parse::<Timestamp>();
    Ok(Assignment {
        resolution: domain::aggregate::derived_id(Uuid::NAMESPACE_URL, &[&(item / 5).to_string()]),
        number: Line::parse(&format!("CONFERENCE-2027-{:04}/{}", item / 5, item % 5 + 1))?,
        title: Line::parse("改造十二座泵站")?,
        deliverable: Text::parse("十二座泵站改造完成并通过验收")?,
        criterion: Text::parse("两小时内排空积水")?,
        lead: lead.clone(),
        co_responsible: vec![Code::parse("FINANCE")?],
        due_on: "2027-03-31".parse()?,
        due_at: moment("2027-03-31T15:59:59.999999Z")?,
        acknowledge_by: moment("2027-03-04T15:59:59.999999Z")?,
    })
}

fn evidence() -> anyhow::Result<Evidence> {
    Ok(Evidence {
        title: Line::parse("验收单")?,
        sha256: Line::parse(&"0a".repeat(32))?,
        uri: Line::parse("https://files.example.cn/2027/03")?,
    })
}

fn actor(role: Role, department: Option<Code>) -> Actor {
    Actor { subject: format!("{}@any", role.as_str()), department, roles: vec![role] }
}

fn commit(stream: StreamName, actor: Actor, event: prost_types::Any) -> anyhow::Result<Commit> {
    let command_id = Uuid::now_v7();
    let envelope = Envelope {
        command_id,
        command_digest: vec![0x5A; 32],
        time: jiff::Timestamp::now(),
        actor,
        on_behalf_of: None,
        causation_id: None,
        correlation_id: command_id,
        traceparent: None,
        part: 1,
        parts: 1,
    };
    Ok(Commit { envelope, writes: vec![Write { stream, expected: 0, events: vec![event] }] })
}
