//! Lists as calendars: when items are due, and when sessions are.

use super::answer::{Failure, file};
use super::limits::ROWS_AT_ONCE;
use super::reader::Reader;
use super::{Asked, Desk, Query};
use crate::asker::console_url;
use crate::ics::{self, Entry, When};
use http::Response;
use jiff::Timestamp;
use prost_types::Timestamp as Moment;
use proto::Wire as _;
use proto::followup::v1::{FollowUp, ListFollowUpsRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::Item;
use proto::scheduling::v1::{ListSessionsRequest, Session, SessionSummary};
use tonic::body::Body;

/// What asks for a calendar, as the value of `form`.
pub(super) const ICS: &str = "ics";

/// Whether a page is asked for as a calendar.
pub(super) fn is_wanted(query: &Query) -> bool {
    query.get(super::export::FORM) == Some(ICS)
}

/// When the items of a list are due.
pub(super) async fn of_items(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    request: ListFollowUpsRequest,
) -> Result<Response<Body>, Failure> {
    let url = console_url(&asked.head, desk.is_https());
    let entries = reader.all(
        |page_token| ListFollowUpsRequest { page_size: ROWS_AT_ONCE, page_token, ..request.clone() },
        |page| (page.follow_ups.iter().filter_map(|row| due(row, &url)).collect(), page.next_page_token),
    );
    answered(reader, &entries.await?, "due.ics").await
}

/// When the sessions of a list are.
pub(super) async fn of_sessions(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    request: ListSessionsRequest,
) -> Result<Response<Body>, Failure> {
    let url = console_url(&asked.head, desk.is_https());
    let entries = reader.all(
        |page_token| ListSessionsRequest { page_size: ROWS_AT_ONCE, page_token, ..request.clone() },
        |page| {
            let entries = page.sessions.iter().filter_map(|session| sitting(session, &url));
            (entries.collect(), page.next_page_token)
        },
    );
    answered(reader, &entries.await?, "sessions.ics").await
}

/// When one item is due.
pub(super) async fn of_item(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    item: &Item,
) -> Result<Response<Body>, Failure> {
    let url = page(&console_url(&asked.head, desk.is_https()), "items", &item.item_id);
    let summary = format!("{} {}", item.number, item.title);
    let day = item.due_on.parse().ok();
    let entry = day.map(|day| Entry { when: When::Day(day), summary, url, id: item.item_id.clone() });
    answered(reader, &Vec::from_iter(entry), "due.ics").await
}

/// When one session is; nothing while it has no slot.
pub(super) async fn of_session(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    session: &Session,
) -> Result<Response<Body>, Failure> {
    let url = page(&console_url(&asked.head, desk.is_https()), "sessions", &session.session_id);
    let slot = session.slot.as_ref();
    let span = slot.and_then(|slot| Some((slot.starts_at.as_ref()?, slot.ends_at.as_ref()?)));
    let span = span.and_then(|(from, to)| Some(When::Span(timestamp(from)?, timestamp(to)?)));
    let summary = session.outline.as_ref().map(|outline| outline.title.clone()).unwrap_or_default();
    let entry = span.map(|when| Entry { when, summary, url, id: session.session_id.clone() });
    answered(reader, &Vec::from_iter(entry), "session.ics").await
}

async fn answered(reader: &Reader, entries: &[Entry], name: &str) -> Result<Response<Body>, Failure> {
    let now = reader.ask(GetHeadRequest::default()).await?.clock_at.as_ref().and_then(timestamp);
    let calendar = ics::write(entries, now.unwrap_or_default());
    Ok(file(calendar, "text/calendar; charset=utf-8", name))
}

fn due(row: &FollowUp, url: &str) -> Option<Entry> {
    let subject = row.subject.as_ref()?;
    Some(Entry {
        when: When::Day(subject.due_on.parse().ok()?),
        summary: format!("{} {}", subject.number, subject.title),
        url: page(url, "items", &row.item_id),
        id: row.item_id.clone(),
    })
}

fn sitting(session: &SessionSummary, url: &str) -> Option<Entry> {
    let (from, to) = (session.starts_at.as_ref()?, session.ends_at.as_ref()?);
    Some(Entry {
        when: When::Span(timestamp(from)?, timestamp(to)?),
        summary: session.title.clone(),
        url: page(url, "sessions", &session.session_id),
        id: session.session_id.clone(),
    })
}

fn page(url: &str, of: &str, id: &str) -> String {
    if url.is_empty() { String::new() } else { format!("{url}/{of}/{id}") }
}

fn timestamp(moment: &Moment) -> Option<Timestamp> {
    Timestamp::from_wire(*moment).ok()
}
