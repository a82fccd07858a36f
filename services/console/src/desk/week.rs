//! A week (一周日程): when each room and department is taken, day by day, and by what kind of thing.

use super::answer::{Failure, html};
use super::diary::{ByDay, Days, Opened, Sitting, sittings};
use super::export;
use super::frame::Frame;
use super::markup::Markup;
use super::moment::day_of_week;
use super::reader::Reader;
use super::special_day::Mark;
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use proto::scheduling::v1::{DiaryHolderKind, GetDiaryRequest, Room};
use tonic::body::Body;

/// Rooms that are shown, at most.
const ROOMS_SHOWN: u32 = 100;

/// A room or a department, and what it has on each day.
struct Row {
    name: String,
    /// What a room has.
    has: String,
    days: ByDay,
}

#[derive(Template)]
#[template(path = "week.html")]
struct WeekPage {
    frame: Frame,
    before: String,
    after: String,
    month: String,
    days: Vec<(Markup, Option<Mark>)>,
    rooms: Vec<Row>,
    departments: Vec<Row>,
    sessions: Vec<Sitting>,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let opened = Opened::read(desk, reader, asked, ROOMS_SHOWN).await?;
    let (around, chosen) = (&opened.around, opened.chosen);
    let days = week_of(chosen).ok_or(Failure::NotFound)?;
    let shown_days = Days::of(words, around, days.iter().copied()).ok_or(Failure::NotFound)?;
    let (from_at, until_at) = shown_days.bounds();
    let diary = GetDiaryRequest { from_at, until_at, ..Default::default() };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, diary, form).await;
    }
    let answer = reader.ask(diary).await?;
    let sessions = sittings(reader, around, (from_at, until_at)).await?;
    let frame = opened.frame(reader, asked, (words.t("The week"), "/week"), answer.position).await;
    let mut by_room = shown_days.rows(&answer.entries, DiaryHolderKind::Room);
    let shown = |days: Option<ByDay>| days.unwrap_or_else(|| vec![Vec::new(); shown_days.count()]);
    let page = WeekPage {
        frame,
        sessions,
        before: address(days[0], -7),
        after: address(days[0], 7),
        month: format!("/month?from={}", days[0]),
        days: days
            .iter()
            .take(7)
            .map(|date| (day_of_week(words, *date), around.special_days.mark(words, *date)))
            .collect(),
        rooms: opened
            .rooms
            .iter()
            .map(|room| Row {
                name: room.name.clone(),
                has: has(words, room),
                days: shown(by_room.remove(&room.code)),
            })
            .collect(),
        departments: shown_days
            .rows(&answer.entries, DiaryHolderKind::Department)
            .into_iter()
            .map(|(code, days)| Row { name: around.directory.name(&code), has: String::new(), days })
            .collect(),
    };
    Ok(html(&page))
}

/// Where a room is, its seats and its equipment.
fn has(words: Words, room: &Room) -> String {
    let seats = words.say("{count} seats", &[("count", &room.seats)]);
    let site = room.site_code.iter().cloned();
    let names: Vec<String> = site.chain([seats]).chain(room.equipment.iter().cloned()).collect();
    words.list(&names)
}

/// The days of the week of this one, from Monday on, and the next Monday.
fn week_of(date: Date) -> Option<Vec<Date>> {
    let back = i64::from(date.weekday().to_monday_zero_offset());
    let monday = date.checked_sub(back.days()).ok()?;
    (0..8_i64).map(|after| monday.checked_add(after.days()).ok()).collect()
}

fn address(monday: Date, days: i64) -> String {
    let other = monday.checked_add(days.days()).unwrap_or(monday);
    format!("/week?from={other}")
}
