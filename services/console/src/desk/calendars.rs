//! Calendars (日历订阅): the reader's feeds, made here and revoked here. The address of one is shown once, when it is made.

use super::answer::{Failure, html};
use super::frame::{Frame, Nav, Notice};
use super::limits::ROWS_PER_PAGE;
use super::reader::Reader;
use super::{Asked, Desk, Query};
use crate::asker::console_url;
use askama::Template;
use client::Language;
use http::{Response, StatusCode};
use proto::delivery::v1 as pb;
use tonic::body::Body;

struct Row {
    id: String,
    name: String,
    owner: String,
    department: String,
    body: String,
    language: String,
    command_id: String,
}

#[derive(Template)]
#[template(path = "calendars.html")]
struct CalendarsPage {
    frame: Frame,
    /// The address of the one that was just made.
    made: Option<String>,
    rows: Vec<Row>,
    has_more: bool,
    may_create: bool,
    command_id: String,
    department: String,
    departments: Vec<(String, String)>,
    name: String,
    body: String,
    is_chinese: bool,
}

/// What came of a form.
#[derive(Default)]
struct Done {
    notice: Option<Notice>,
    address: Option<String>,
    /// The list must have what was done up to here.
    position: u64,
    code: StatusCode,
    /// What was typed before it was refused.
    typed: Query,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, Done::default()).await
}

/// Creates or revokes one, and shows the page.
pub(super) async fn act(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let form = Query::of(&asked.body);
    let done = match form.get("action") {
        Some("create") => create(desk, reader, asked, &form).await,
        Some("revoke") => revoke(reader, &form).await,
        _ => return Err(Failure::NotFound),
    };
    let done = match done {
        Ok(done) => done,
        Err(status) => {
            let (code, status) = Failure::refusal(status)?;
            let notice = Some(super::act::not_done(reader, &[], &form, &status));
            Done { notice, code, typed: form.clone(), ..Done::default() }
        }
    };
    show(desk, reader, asked, done).await
}

async fn create(desk: &Desk, reader: &Reader, asked: &Asked, form: &Query) -> Result<Done, tonic::Status> {
    let language = match form.get("language") {
        Some("english") => pb::MailLanguage::English,
        _ => pb::MailLanguage::Chinese,
    };
    let terms = pb::CalendarFeedTerms {
        name: form.get("name").unwrap_or_default().to_owned(),
        department_code: form.get("department").map(str::to_owned),
        body_code: form.get("body").map(str::to_owned),
        language: language.into(),
    };
    let command_id = form.get("command_id").unwrap_or_default().to_owned();
    let created = reader
        .ask(pb::CreateCalendarFeedRequest { command_id, terms: Some(terms), ..Default::default() })
        .await?;
    Ok(Done {
        address: Some(format!("{}{}", console_url(&asked.head, desk.https), created.path)),
        position: created.position,
        ..Done::default()
    })
}

async fn revoke(reader: &Reader, form: &Query) -> Result<Done, tonic::Status> {
    let command_id = form.get("command_id").unwrap_or_default().to_owned();
    let calendar_feed_id = form.get("calendar").unwrap_or_default().to_owned();
    let revoked = reader
        .ask(pb::RevokeCalendarFeedRequest { command_id, calendar_feed_id, ..Default::default() })
        .await?;
    let sentence = reader.words.t("Its address leads nowhere any more.").to_owned();
    let notice = Some(Notice { kind: "done", sentence, reason: None });
    Ok(Done { notice, position: revoked.position, ..Done::default() })
}

async fn show(desk: &Desk, reader: &Reader, asked: &Asked, done: Done) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let list = pb::ListCalendarFeedsRequest {
        at_least_position: done.position,
        page_size: ROWS_PER_PAGE,
        ..Default::default()
    };
    let (around, listed) = reader.ask_around(desk, list).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, words.t("Calendars"));
    frame.notice = done.notice;
    let departments = around.directory.departments().iter();
    let row = |feed: pb::CalendarFeed| {
        let terms = feed.terms.unwrap_or_default();
        Row {
            id: feed.calendar_feed_id,
            owner: feed.owner.unwrap_or_default().subject,
            language: words.value("huishang.delivery.v1.MailLanguage", terms.language),
            department: terms.department_code.map_or_else(String::new, |code| around.directory.name(&code)),
            name: terms.name,
            body: terms.body_code.unwrap_or_default(),
            command_id: client::command_id(),
        }
    };
    let typed = |name: &str| done.typed.get(name).unwrap_or_default().to_owned();
    let page = CalendarsPage {
        made: done.address,
        has_more: !listed.next_page_token.is_empty(),
        rows: listed.calendar_feeds.into_iter().map(row).collect(),
        may_create: reader.may_ask::<pb::CreateCalendarFeedRequest>(),
        command_id: client::command_id(),
        department: match done.typed.get("action") {
            Some(_) => typed("department"),
            None => reader.holder.department.clone().unwrap_or_default(),
        },
        name: typed("name"),
        body: typed("body"),
        departments: departments.map(|one| (one.code.clone(), one.name.clone())).collect(),
        is_chinese: words.0 == Language::Chinese,
        frame,
    };
    let mut response = html(&page);
    *response.status_mut() = done.code;
    Ok(response)
}
