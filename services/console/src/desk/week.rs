//! A week (一周日程): when each room and department is taken, day by day, and by what kind of thing.

use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::markup::Markup;
use super::moment::day;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use prost_types::Timestamp as Moment;
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1::{DiaryEntry, DiaryHolderKind, GetDiaryRequest, ListRoomsRequest, Room};
use std::collections::BTreeMap;
use tonic::body::Body;

/// Rooms that are shown, at most.
const ROOMS_SHOWN: u32 = 100;

/// A room or a department, and what it has on each day.
struct Row {
    name: String,
    /// What a room has.
    has: String,
    days: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "week.html")]
struct WeekPage {
    frame: Frame,
    before: String,
    after: String,
    days: Vec<Markup>,
    rooms: Vec<Row>,
    departments: Vec<Row>,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let rooms = ListRoomsRequest { page_size: ROOMS_SHOWN, ..Default::default() };
    let (around, rooms, head) = futures::try_join!(
        reader.surroundings(desk),
        async { Ok::<_, Failure>(reader.ask(rooms).await?) },
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
    )?;
    let today = around.calendar.field(&head.clock_at.unwrap_or_default());
    let chosen = query.get("from").and_then(|from| from.parse::<Date>().ok());
    let chosen = chosen.or_else(|| today.get(..10)?.parse().ok()).ok_or(Failure::NotFound)?;
    let days = week_of(chosen).ok_or(Failure::NotFound)?;
    let begins: Vec<Moment> = days.iter().filter_map(|day| begin(&around, *day)).collect();
    let (Some(first), Some(last)) = (begins.first(), begins.last()) else { return Err(Failure::NotFound) };
    let diary = GetDiaryRequest { from_at: Some(*first), until_at: Some(*last), ..Default::default() };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, diary, form).await;
    }
    let answer = reader.ask(diary).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, words.t("The week"));
    frame.stamp =
        Some(Stamp::new(reader, &around.calendar, head.clock_at, answer.position, "/v1/diary").await);
    frame.offer_files(&query, "/week");
    let week = Week { words, around: &around, begins: &begins };
    let of = |kind| week.rows(answer.entries.iter().filter(move |entry| kind_of(entry) == kind));
    let mut by_room = of(DiaryHolderKind::Room);
    let shown = |days: Option<Vec<Vec<String>>>| days.unwrap_or_else(|| vec![Vec::new(); 7]);
    let page = WeekPage {
        frame,
        before: address(days[0], -7),
        after: address(days[0], 7),
        days: days.iter().take(7).map(|date| day(words, &date.to_string())).collect(),
        rooms: rooms
            .rooms
            .iter()
            .map(|room| Row {
                name: room.name.clone(),
                has: has(words, room),
                days: shown(by_room.remove(&room.code)),
            })
            .collect(),
        departments: of(DiaryHolderKind::Department)
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

fn begin(around: &Surroundings, date: Date) -> Option<Moment> {
    around.calendar.read(&format!("{date}T00:00"))
}

fn address(monday: Date, days: i64) -> String {
    let other = monday.checked_add(days.days()).unwrap_or(monday);
    format!("/week?from={other}")
}

fn kind_of(entry: &DiaryEntry) -> DiaryHolderKind {
    entry.holder.as_ref().map(|holder| holder.kind()).unwrap_or_default()
}

/// What the entries of a week are shown with.
struct Week<'a> {
    words: Words,
    around: &'a Surroundings,
    /// When each day begins, and when the last one ends.
    begins: &'a [Moment],
}

impl Week<'_> {
    /// What each holder has on each day, by its code.
    fn rows<'e>(&self, entries: impl Iterator<Item = &'e DiaryEntry>) -> BTreeMap<String, Vec<Vec<String>>> {
        let mut rows: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for entry in entries {
            let code = entry.holder.as_ref().map(|holder| holder.code.clone()).unwrap_or_default();
            let days = rows.entry(code).or_insert_with(|| vec![Vec::new(); 7]);
            for (nth, bounds) in self.begins.windows(2).enumerate() {
                let said = self.said(entry, bounds[0], bounds[1]).filter(|said| !days[nth].contains(said));
                days[nth].extend(said);
            }
        }
        rows
    }

    /// What an entry is on a day; none when it is on another one.
    fn said(&self, entry: &DiaryEntry, begins: Moment, ends: Moment) -> Option<String> {
        let key = |moment: &Moment| (moment.seconds, moment.nanos);
        let (from, until) = (entry.starts_at?, entry.ends_at?);
        if key(&from) >= key(&ends) || key(&until) <= key(&begins) {
            return None;
        }
        let hour =
            |moment: &Moment| self.around.calendar.field(moment).get(11..).unwrap_or_default().to_owned();
        let cause = self.words.value("huishang.scheduling.v1.BusyCause", entry.cause);
        let from = if key(&from) <= key(&begins) { "00:00".to_owned() } else { hour(&from) };
        let until = if key(&until) >= key(&ends) { "24:00".to_owned() } else { hour(&until) };
        let values: [(&str, &dyn ToString); 3] = [("from", &from), ("until", &until), ("cause", &cause)];
        Some(match (from.as_str(), until.as_str()) {
            ("00:00", "24:00") => self.words.say("all day: {cause}", &values),
            _ => self.words.say("{from}–{until}: {cause}", &values),
        })
    }
}
