//! Calendars that are kept elsewhere (外部日历): which the reader answers for or oversees, how fresh they are, and a form to
//! subscribe to one. Of where it is, its server is shown.

use super::answer::{Failure, html};
use super::frame::{Frame, Nav, Notice};
use super::markup::Markup;
use super::reader::{Reader, Surroundings};
use super::{Asked, Desk, Query};
use askama::Template;
use http::{Response, StatusCode};
use proto::scheduling::v1 as pb;
use tonic::body::Body;

struct Row {
    kind: &'static str,
    code: String,
    holder: String,
    name: String,
    origin: String,
    read_at: Markup,
    /// Since when it is stale, and why; none while it is not.
    stale: Option<Markup>,
    is_subscribed: bool,
    command_id: String,
}

#[derive(Template)]
#[template(path = "followed.html")]
struct FollowedPage {
    frame: Frame,
    rows: Vec<Row>,
    may_subscribe: bool,
    command_id: String,
    department: String,
    departments: Vec<(String, String)>,
    /// What was typed before it was refused.
    typed: Query,
}

impl FollowedPage {
    fn typed(&self, name: &str) -> &str {
        self.typed.get(name).unwrap_or_default()
    }
}

/// What came of a form.
#[derive(Default)]
struct Done {
    notice: Option<Notice>,
    position: u64,
    code: StatusCode,
    /// The calendar that was to be followed, before that was refused.
    typed: Query,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, Done::default()).await
}

/// Subscribes, has one read now, or forgets one, and shows the page.
pub(super) async fn act(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let form = Query::of(&asked.body);
    let done = match form.get("action") {
        Some("subscribe") => subscribe(reader, &form).await,
        Some("refresh") => refresh(reader, &form).await,
        Some("forget") => forget(reader, &form).await,
        _ => return Err(Failure::NotFound),
    };
    let done = match done {
        Ok((position, sentence)) => {
            let notice = Some(Notice { kind: "done", sentence: sentence.to_owned(), reason: None });
            Done { notice, position, ..Done::default() }
        }
        Err(status) => {
            let (code, status) = Failure::refusal(status)?;
            let notice = Some(super::act::not_done(reader, &[], &form, &status));
            let typed = Some(form).filter(|form| form.get("action") == Some("subscribe")).unwrap_or_default();
            Done { notice, code, typed, ..Done::default() }
        }
    };
    show(desk, reader, asked, done).await
}

/// What a form names: its command's id, whose calendar it is, and what that is called.
fn named(form: &Query) -> (String, Option<pb::DiaryHolder>, String) {
    let text = |name| form.get(name).unwrap_or_default().trim().to_owned();
    let (room, member) = (text("room"), text("member"));
    let (kind, code) = match (room.is_empty(), member.is_empty(), form.get("kind")) {
        (false, _, _) => (pb::DiaryHolderKind::Room, room),
        (true, false, _) => (pb::DiaryHolderKind::Member, member),
        (true, true, Some("room")) => (pb::DiaryHolderKind::Room, text("code")),
        (true, true, Some("member")) => (pb::DiaryHolderKind::Member, text("code")),
        (true, true, _) => (pb::DiaryHolderKind::Department, text("code")),
    };
    (text("command_id"), Some(pb::DiaryHolder { kind: kind.into(), code }), text("calendar"))
}

type Told = Result<(u64, &'static str), tonic::Status>;

async fn subscribe(reader: &Reader, form: &Query) -> Told {
    let (command_id, holder, calendar) = named(form);
    let url = form.get("url").unwrap_or_default().trim().to_owned();
    let subscribe = pb::SubscribeBusyTimesRequest { command_id, holder, calendar, url, ..Default::default() };
    let done = reader.ask(subscribe).await?;
    Ok((done.position, reader.words.t("The calendar is followed from now on. It is being read.")))
}

async fn refresh(reader: &Reader, form: &Query) -> Told {
    let (command_id, holder, calendar) = named(form);
    let refresh = pb::RefreshBusyTimesRequest { command_id, holder, calendar, ..Default::default() };
    let done = reader.ask(refresh).await?;
    let sentence = match done.attempt() {
        pb::CalendarAttempt::Failed => {
            reader.words.t("The calendar could not be read; what it said before stays.")
        }
        _ => reader.words.t("The calendar was read."),
    };
    Ok((done.position, sentence))
}

async fn forget(reader: &Reader, form: &Query) -> Told {
    let (command_id, holder, calendar) = named(form);
    let forget = pb::ForgetBusyTimesRequest { command_id, holder, calendar, ..Default::default() };
    let done = reader.ask(forget).await?;
    Ok((done.position, reader.words.t("The calendar and what it said are forgotten.")))
}

async fn show(desk: &Desk, reader: &Reader, asked: &Asked, done: Done) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let diary = pb::GetDiaryRequest { at_least_position: done.position, ..Default::default() };
    let (around, diary) = reader.ask_around(desk, diary).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, words.t("Calendars kept elsewhere"));
    frame.notice = done.notice;
    let departments = around.directory.departments().iter();
    let page = FollowedPage {
        rows: diary.calendars.into_iter().map(|one| row(reader, &around, one)).collect(),
        may_subscribe: reader.may_ask::<pb::SubscribeBusyTimesRequest>(),
        command_id: client::command_id(),
        department: match done.typed.get("code") {
            Some(code) => code.to_owned(),
            None => reader.holder.department.clone().unwrap_or_default(),
        },
        typed: done.typed,
        departments: departments.map(|one| (one.code.clone(), one.name.clone())).collect(),
        frame,
    };
    let mut response = html(&page);
    *response.status_mut() = done.code;
    Ok(response)
}

fn row(reader: &Reader, around: &Surroundings, one: pb::DiaryCalendar) -> Row {
    let (words, holder) = (reader.words, one.holder.unwrap_or_default());
    let calendar = one.calendar.unwrap_or_default();
    let (kind, name) = match holder.kind() {
        pb::DiaryHolderKind::Room => ("room", holder.code.clone()),
        pb::DiaryHolderKind::Member => ("member", holder.code.clone()),
        _ => ("department", around.directory.name(&holder.code)),
    };
    let moment = |at: &prost_types::Timestamp| around.calendar.full(words, at);
    let failure = calendar.failure.map(|why| words.value("huishang.scheduling.v1.CalendarFailure", why));
    let stale = calendar.stale_since_at.as_ref().map(|since| {
        let why = failure.unwrap_or_default();
        let why = calendar.http_status.map_or(why.clone(), |status| format!("{why} ({status})"));
        let pieces = [("since", moment(since)), ("why", Markup::text(&why))];
        let sentence = match why.is_empty() {
            true => words.t("stale since {since}"),
            false => words.t("stale since {since}: {why}"),
        };
        Markup::fill(sentence, &pieces)
    });
    Row {
        kind,
        code: holder.code,
        holder: name,
        is_subscribed: calendar.origin.is_some(),
        origin: calendar.origin.unwrap_or_default(),
        read_at: calendar.read_at.as_ref().map_or_else(|| Markup::text("–"), moment),
        stale,
        name: calendar.name,
        command_id: client::command_id(),
    }
}
