//! A month (月历): day by day which rooms are taken and which departments are busy, when, and by what kind of thing.

use super::answer::{Failure, html};
use super::diary::{ByDay, Days, Opened, Sitting, sittings};
use super::export;
use super::frame::Frame;
use super::markup::Markup;
use super::moment::full_day;
use super::reader::Reader;
use super::special_day::Mark;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use proto::scheduling::v1::{DiaryHolderKind, GetDiaryRequest};
use std::collections::BTreeMap;
use tonic::body::Body;

/// Rooms that are called by their names, at most; others are by their codes.
const ROOMS_NAMED: u32 = 500;

/// A day, with who is taken then.
struct Row {
    day: Markup,
    mark: Option<Mark>,
    /// Where its week is.
    week: String,
    rooms: Vec<String>,
    departments: Vec<String>,
}

#[derive(Template)]
#[template(path = "month.html")]
struct MonthPage {
    frame: Frame,
    before: String,
    after: String,
    rows: Vec<Row>,
    sessions: Vec<Sitting>,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let opened = Opened::read(desk, reader, asked, ROOMS_NAMED).await?;
    let (around, chosen) = (&opened.around, opened.chosen);
    let first = chosen.first_of_month();
    let last = chosen.last_of_month();
    let next = last.tomorrow().map_err(|_| Failure::NotFound)?;
    let dates: Vec<Date> = (0..i64::from(last.day()))
        .filter_map(|after| first.checked_add(after.days()).ok())
        .chain([next])
        .collect();
    let days = Days::of(words, around, dates.iter().copied()).ok_or(Failure::NotFound)?;
    let (from_at, until_at) = days.bounds();
    let diary = GetDiaryRequest { from_at, until_at, ..Default::default() };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, diary, form).await;
    }
    let answer = reader.ask(diary).await?;
    let sessions = sittings(reader, around, (from_at, until_at)).await?;
    let frame = opened.frame(reader, asked, (words.t("The month"), "/month"), answer.position).await;
    let names: BTreeMap<&str, &str> =
        opened.rooms.iter().map(|room| (room.code.as_str(), room.name.as_str())).collect();
    let by_room = days.rows(&answer.entries, DiaryHolderKind::Room);
    let by_department = days.rows(&answer.entries, DiaryHolderKind::Department);
    let room = |code: &str| names.get(code).map_or_else(|| code.to_owned(), |name| (*name).to_owned());
    let on = |nth: usize, all: &BTreeMap<String, ByDay>, name: &dyn Fn(&str) -> String| -> Vec<String> {
        let taken = all.iter().filter(|(_, days)| !days[nth].is_empty());
        let said = |code: &str, times: &[String]| {
            words.say("{who}: {times}", &[("who", &name(code)), ("times", &words.list(times))])
        };
        taken.map(|(code, days)| said(code, &days[nth])).collect()
    };
    let row = |(nth, date): (usize, &Date)| Row {
        day: full_day(words, &date.to_string()),
        mark: around.special_days.mark(words, *date),
        week: format!("/week?from={date}"),
        rooms: on(nth, &by_room, &room),
        departments: on(nth, &by_department, &|code| around.directory.name(code)),
    };
    let address = |date: Result<Date, jiff::Error>| format!("/month?from={}", date.unwrap_or(first));
    let rows = dates.iter().take(days.count()).enumerate().map(row).collect();
    let page = MonthPage {
        before: address(first.checked_sub(1.month())),
        after: address(Ok(next)),
        rows,
        sessions,
        frame,
    };
    Ok(html(&page))
}
