//! The list of calendar feeds, and what calendars can have: for each session and item when it is, how often it changed, and
//! whom it ever concerned. What is shown of it, and to whom, follows from what it is when a calendar is read.

use domain::constitution::Constitution;
use domain::delivery::calendar_feed::{CalendarFeed, Event as FeedEvent};
use domain::resolution::action_item::{ActionItem, Event as ItemEvent};
use domain::resolution::register::body_of;
use domain::scheduling::session::{Event as SessionEvent, Session};
use domain::{Actor, Aggregate as _, Code, Role, Timestamp, Uuid};
use prost::Message as _;
use proto::delivery::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Session,
    Item,
}

/// Something that calendars can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) starts_at: Timestamp,
    /// None where it follows from what it is.
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) room: Option<Code>,
    /// How often it has changed.
    pub(crate) sequence: u32,
    pub(crate) modified_at: Timestamp,
}

/// What an event makes of an entry.
#[derive(Default)]
struct Change {
    /// Departments that it concerns from now on.
    concerned: Vec<Code>,
    /// The body that it is before, where that is said for the first time.
    body: Option<Code>,
    time: Option<(Timestamp, Option<Timestamp>)>,
    room: Option<Code>,
    /// Whether calendars show it.
    is_shown: bool,
    /// Whether it is over from now on, or not any more.
    is_over: Option<bool>,
}

pub(crate) fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let at = record.envelope.time;
    match record.stream.category.as_str() {
        CalendarFeed::CATEGORY => {
            for event in decode::<CalendarFeed>(record)? {
                apply_to_feed(tables, record.stream.id, &event)?;
            }
        }
        Session::CATEGORY => {
            for event in decode::<Session>(record)? {
                note(tables, record, Kind::Session, of_session(&event, at))?;
            }
        }
        ActionItem::CATEGORY => {
            for event in decode::<ActionItem>(record)? {
                note(tables, record, Kind::Item, of_item(&event))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn apply_to_feed(tables: &Transaction<'_>, id: Uuid, event: &FeedEvent) -> rusqlite::Result<()> {
    match event {
        FeedEvent::Created { owner, terms, secret_sha256 } => {
            let feed = pb::CalendarFeed {
                calendar_feed_id: id.to_string(),
                owner: Some(owner.to_wire()),
                terms: Some(terms.to_wire()),
                is_revoked: false,
            };
            tables
                .prepare_cached("INSERT OR REPLACE INTO calendar_feeds VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![
                feed.calendar_feed_id,
                terms.name.as_str(),
                owner.subject,
                owner.department.as_ref().map(Code::as_str),
                secret_sha256.as_str(),
                feed.encode_to_vec(),
            ])?;
        }
        FeedEvent::Revoked => {
            let remove = "DELETE FROM calendar_feeds WHERE calendar_feed_id = ?1";
            tables.prepare_cached(remove)?.execute([id.to_string()])?;
        }
    }
    Ok(())
}

fn of_session(event: &SessionEvent, at: Timestamp) -> Change {
    use SessionEvent as E;
    let shown = Change { is_shown: true, ..Change::default() };
    match event {
        E::Requested { outline, requester, chair } => Change {
            concerned: outline.departments().chain([chair]).chain(requester).cloned().collect(),
            body: Some(outline.body.clone()),
            ..Change::default()
        },
        E::Revised { attendees, .. } | E::TopicsAbsorbed { attendees, .. } => {
            Change { concerned: attendees.iter().map(|one| one.department.clone()).collect(), ..shown }
        }
        E::Scheduled { room, starts_at, ends_at, .. } => {
            Change { time: Some((*starts_at, Some(*ends_at))), room: Some(room.clone()), ..shown }
        }
        E::ConvertedToCountersign { sign_by, constitution, .. } => {
            Change { time: Some((*sign_by, None)), concerned: keepers(constitution), ..shown }
        }
        E::SigningExtended { sign_by, .. } => Change { time: Some((*sign_by, None)), ..shown },
        // In an emergency, whoever is convened without a room has come at once.
        E::Convened { room: None, constitution } => {
            Change { time: Some((at, None)), concerned: keepers(constitution), ..shown }
        }
        E::Convened { constitution, .. } => Change { concerned: keepers(constitution), ..shown },
        E::Cancelled { .. } | E::Merged { .. } | E::Concluded => Change { is_over: Some(true), ..shown },
        E::TopicAdded { .. }
        | E::Postponed { .. }
        | E::Adjourned { .. }
        | E::MeetingCalled { .. }
        | E::InvitationAnswered { .. } => shown,
        E::PaperSubmitted { .. }
        | E::TopicRelabelled { .. }
        | E::PaperRelabelled { .. }
        | E::Screened { .. }
        | E::FindingOverridden { .. }
        | E::Admitted
        | E::Returned { .. }
        | E::InvitationReminded { .. }
        | E::DelegateNamed { .. } => Change::default(),
    }
}

/// Those whose clerks keep the record, whatever becomes of the body.
fn keepers(constitution: &Constitution) -> Vec<Code> {
    constitution.secretariat.iter().chain([&constitution.chair]).cloned().collect()
}

fn of_item(event: &ItemEvent) -> Change {
    use ItemEvent as E;
    let shown = Change { is_shown: true, ..Change::default() };
    match event {
        E::Assigned { assignment } => Change {
            concerned: std::iter::once(&assignment.lead).chain(&assignment.co_responsible).cloned().collect(),
            body: body_of(&assignment.number),
            time: Some((assignment.due_at, None)),
            ..shown
        },
        E::Reassigned { lead, due, .. } => {
            let time = due.map(|due| (due.due_at, None));
            Change { concerned: vec![lead.clone()], time, ..shown }
        }
        E::AcceptorNamed { acceptor, .. } => {
            Change { concerned: acceptor.iter().cloned().collect(), ..Change::default() }
        }
        E::BlockageReported { help_from, .. } => {
            Change { concerned: vec![help_from.clone()], ..Change::default() }
        }
        E::ContestDismissed { due, .. }
        | E::Returned { due, .. }
        | E::Resumed { due, .. }
        | E::Released { due, .. } => Change { time: due.map(|moved| (moved.due_at, None)), ..shown },
        E::ExtensionGranted { due_at, .. } => Change { time: Some((*due_at, None)), ..shown },
        E::Reopened { due_at, .. } => Change { time: Some((*due_at, None)), is_over: Some(false), ..shown },
        E::Accepted { .. } | E::Rescinded { .. } => Change { is_over: Some(true), ..shown },
        E::Acknowledged { .. }
        | E::Contested { .. }
        | E::ProgressReported { .. }
        | E::CompletionClaimed { .. } => shown,
        _ => Change::default(),
    }
}

/// Notes a change of an entry. It is in no calendar until it has a time.
fn note(tables: &Transaction<'_>, record: &Record, kind: Kind, change: Change) -> rusqlite::Result<()> {
    let (id, at) = (record.stream.id.to_string(), record.envelope.time.as_microsecond());
    for code in &change.concerned {
        tables
            .prepare_cached("INSERT OR IGNORE INTO calendar_departments VALUES (?1, ?2)")?
            .execute(params![id, code.as_str()])?;
    }
    if let Some(body) = &change.body {
        tables
            .prepare_cached("INSERT OR IGNORE INTO calendar_bodies VALUES (?1, ?2)")?
            .execute(params![id, body.as_str()])?;
    }
    if !change.is_shown {
        return Ok(());
    }
    let is_moved = change.time.is_some();
    let starts_at = change.time.map(|(starts_at, _)| starts_at.as_microsecond());
    let ends_at = change.time.and_then(|(_, ends_at)| ends_at).map(Timestamp::as_microsecond);
    tables
        .prepare_cached(
            "INSERT INTO calendar_entries (entry_id, is_item, starts_at, ends_at, over_at, room_code, is_over, sequence, modified_at)
             VALUES (?1, ?2, ?3, ?4, coalesce(?4, ?3), ?5, coalesce(?8, 0), 0, ?6)
             ON CONFLICT (entry_id) DO UPDATE SET
                 starts_at = coalesce(?3, starts_at),
                 ends_at = iif(?7, ?4, ends_at),
                 over_at = coalesce(?4, ?3, over_at),
                 room_code = iif(?7, ?5, room_code),
                 is_over = coalesce(?8, is_over),
                 sequence = sequence + 1,
                 modified_at = ?6",
        )?
        .execute(params![
            id,
            kind == Kind::Item,
            starts_at,
            ends_at,
            change.room.as_ref().map(Code::as_str),
            at,
            is_moved,
            change.is_over
        ])?;
    Ok(())
}

/// Entries that concern, or once concerned, a department or a body of the scope; which of them it sees follows from what they
/// are.
const ENTRIES: Rows = Rows::of_those_concerned(
    "SELECT * FROM calendar_entries",
    "entry_id IN (SELECT entry_id FROM calendar_departments
                      WHERE department_code IN (SELECT value FROM json_each(?, '$.departments'))
                  UNION ALL SELECT entry_id FROM calendar_bodies
                      WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);

/// The entries that are not over since a moment, the first ones first, at most `max`.
pub(crate) fn entries_since(
    since: Timestamp,
    max: u32,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Entry>> + Send + 'static {
    move |tables| {
        let since = [Value::from(since.as_microsecond())];
        let found = tables.all(&ENTRIES, "over_at >= ?", "over_at, entry_id", since, max, entry)?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// The entries that are not over, those first whose time comes first, at most `max`.
pub(crate) fn entries_not_over(
    max: u32,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Entry>> + Send + 'static {
    move |tables| {
        let found =
            tables.all(&ENTRIES, "NOT is_over AND over_at > 0", "over_at, entry_id", [], max, entry)?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// The entry with this id, if it has a time.
pub(crate) fn entry_of(
    id: Uuid,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<Entry>> + Send + 'static {
    move |tables| {
        let id = [Value::from(id.to_string())];
        let found = tables.first(&ENTRIES, "entry_id = ? AND over_at > 0", id, entry)?;
        Ok(found.flatten())
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let at = |micros: i64| Timestamp::from_microsecond(micros).ok();
    let id: String = row.get("entry_id")?;
    let (starts_at, modified_at) = (at(row.get("starts_at")?), at(row.get("modified_at")?));
    let (Ok(id), Some(starts_at), Some(modified_at)) = (Uuid::try_parse(&id), starts_at, modified_at) else {
        return Ok(None);
    };
    Ok(Some(Entry {
        id,
        kind: if row.get("is_item")? { Kind::Item } else { Kind::Session },
        starts_at,
        ends_at: row.get::<_, Option<i64>>("ends_at")?.and_then(at),
        room: row.get::<_, Option<String>>("room_code")?.and_then(|code| Code::parse(&code).ok()),
        sequence: row.get("sequence")?,
        modified_at,
    }))
}

/// Those of a department are within its scope; whose they are is asked besides.
const FEEDS: Rows = Rows::of_those_concerned(
    "SELECT * FROM calendar_feeds",
    "department_code IN (SELECT value FROM json_each(?, '$.departments'))",
);

/// The query for calendar feeds: to operators and auditors all, to others their own.
pub(crate) fn feeds(
    request: &pb::ListCalendarFeedsRequest,
    actor: &Actor,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::CalendarFeed>> + Send + 'static, Invalid>
{
    let query = list(request, actor)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| message(row, "message")))
}

pub(crate) fn list(request: &pb::ListCalendarFeedsRequest, actor: &Actor) -> Result<ListQuery, Invalid> {
    let pb::ListCalendarFeedsRequest { order_by, page_size, page_token, id_prefix, .. } = request;
    let query = ListQuery::new(FEEDS, &["name"], "calendar_feed_id", order_by, *page_size, page_token)?
        .filter_id_prefix("calendar_feed_id", id_prefix)?;
    if actor.is(Role::Operator) || actor.is(Role::Auditor) {
        return Ok(query);
    }
    let query = query.filter("subject = ?", [actor.subject.clone()]);
    Ok(match actor.department.as_ref().map(ToString::to_string) {
        Some(code) => query.filter("department_code = ?", [code]),
        None => query.filter("department_code IS NULL", Vec::<Value>::new()),
    })
}

/// How many feeds somebody has.
pub(crate) fn count_of(
    subject: &str,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<u32> + Send + 'static {
    let subject = Value::from(subject.to_owned());
    move |tables| {
        let rows = FEEDS.selecting("SELECT COUNT(*) FROM calendar_feeds");
        Ok(tables.first(&rows, "subject = ?", [subject], |row| row.get(0))?.unwrap_or(0))
    }
}

/// The feed whose secret has this digest.
pub(crate) fn feed_with(
    secret_sha256: String,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<Uuid>> + Send + 'static {
    move |tables| {
        let digest = [Value::from(secret_sha256)];
        let id = tables
            .first(&FEEDS, "secret_sha256 = ?", digest, |row| row.get::<_, String>("calendar_feed_id"))?;
        Ok(id.and_then(|id| Uuid::try_parse(&id).ok()))
    }
}
