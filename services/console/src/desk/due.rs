//! What falls due when (到期): department × week, as a table whose ground deepens with the numbers. Every number opens exactly
//! the items that it counts.

mod files;

use super::answer::{Failure, html};
use super::api::api_call;
use super::board::{self, AHEAD, Cell, Changed};
use super::frame::{Frame, Nav, Stamp};
use super::items::{ItemRow, row_of_follow_up};
use super::limits::ROWS_AT_ONCE;
use super::markup::Markup;
use super::moment;
use super::past::{Past, Since};
use super::reader::{Reader, Surroundings};
use super::since::SinceForm;
use super::words::Words;
use super::{Asked, Desk, calendar_file, export, today};
use askama::Template;
use http::Response;
use jiff::civil::Date;
use proto::followup::v1::{
    BoardColumn, DueRow, DueWeek, GetDueWeeksRequest, GetDueWeeksResponse, ListFollowUpsRequest,
};
use tonic::Status;
use tonic::body::Body;

/// How many days ahead items are named, today among them.
const NAMED_DAYS: i64 = 7;

/// A week at the head of the table.
struct Week {
    number: String,
    first: String,
    last: String,
    holidays: Vec<String>,
    make_up_days: Vec<String>,
    working_days: u32,
    /// Items for each working day.
    load: String,
}

/// A number of items, and how deep its ground is.
struct Heat {
    cell: Cell,
    /// From 1 on; 0 for no item.
    depth: u8,
}

struct Row {
    name: String,
    late: Cell,
    weeks: Vec<Heat>,
    later: Cell,
}

#[derive(Template)]
#[template(path = "due.html")]
struct DuePage {
    frame: Frame,
    lede: Vec<Markup>,
    since: SinceForm,
    weeks: Vec<Week>,
    rows: Vec<Row>,
    totals: Row,
    named: Vec<ItemRow>,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &query, &around.calendar).await?;
    let since = &Since::read(&query, &around.calendar);
    if let Some(form) = export::wanted(&query) {
        return files::table(desk, reader, asked, &around, (since, past), form).await;
    }
    if calendar_file::is_wanted(&query) {
        let open = ListFollowUpsRequest { columns: vec![BoardColumn::Open.into()], ..named(&[], past) };
        return calendar_file::of_items(desk, reader, asked, open).await;
    }
    let (due, changed) = both(reader, since, past).await?;
    let named = reader.ask(named(&due.weeks, past)).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Due, words.t("Due dates"));
    let api = api_call(&request(since, past));
    frame.stamp = Some(Stamp::new(reader, &around.calendar, due.evaluated_at, due.position, &api).await);
    frame.offer_files(&query, "/due");
    frame.offer_calendar(&query, "/due");
    past.show(words, &query, &mut frame);
    let totals = due.totals.clone().unwrap_or_default();
    let now = named.evaluated_at.unwrap_or_default();
    let lede = lede(words, &due.weeks, &totals, past).into_iter();
    let changed_rows = changed.as_ref().map(|changed| {
        let totals = changed.totals.clone().unwrap_or_default();
        let link = |column| past.link(&since.link(&board::href(None, column)));
        let ahead = totals.total - totals.late;
        let pieces = [
            ("late", board::count(words, totals.late, &link("late"))),
            ("ahead", board::count(words, ahead, &link(AHEAD.name))),
            ("since", since.said(words, &around.calendar)),
        ];
        Markup::fill(words.t("Changed since {since}: {late} that are late, {ahead} due later."), &pieces)
    });
    let seen = Seen { words, around: &around, weeks: &due.weeks, past, since, changed: changed.as_ref() };
    let page = DuePage {
        lede: lede.chain(changed_rows).collect(),
        since: SinceForm::new(&query, today::looked(asked), &around.calendar),
        weeks: due.weeks.iter().zip(&totals.due).map(|(week, due)| head(words, week, *due)).collect(),
        rows: due.rows.iter().map(|row| seen.row(row)).collect(),
        totals: seen.row(&totals),
        named: named
            .follow_ups
            .iter()
            .map(|row| row_of_follow_up(words, &around.directory, row, &now))
            .map(|row| ItemRow { href: past.link(&row.href), ..row })
            .collect(),
        frame,
    };
    Ok(html(&page))
}

/// What falls due, and what of it changed where that is asked for.
async fn both(
    reader: &Reader,
    since: &Since,
    past: &Past,
) -> Result<(GetDueWeeksResponse, Option<GetDueWeeksResponse>), Status> {
    let changed = async {
        match since.is_asked() {
            true => Ok(Some(read(reader, request(since, past)).await?)),
            false => Ok(None),
        }
    };
    futures::future::try_join(read(reader, request(&Since::default(), past)), changed).await
}

fn request(since: &Since, past: &Past) -> GetDueWeeksRequest {
    GetDueWeeksRequest {
        as_of_at: past.at,
        as_of_position: past.position,
        changed_since_at: since.at,
        changed_since_position: since.position,
        ..Default::default()
    }
}

/// All departments.
async fn read(reader: &Reader, request: GetDueWeeksRequest) -> Result<GetDueWeeksResponse, Status> {
    let mut request = GetDueWeeksRequest { page_size: ROWS_AT_ONCE, ..request };
    let mut due = reader.ask(request.clone()).await?;
    while !due.next_page_token.is_empty() {
        request.page_token = std::mem::take(&mut due.next_page_token);
        let next = reader.ask(request.clone()).await?;
        due.rows.extend(next.rows);
        due.next_page_token = next.next_page_token;
    }
    Ok(due)
}

/// Asks for what is due first.
fn named(weeks: &[DueWeek], past: &Past) -> ListFollowUpsRequest {
    let today = weeks.first().and_then(|week| week.starts_on.parse::<Date>().ok());
    let last = today.and_then(|today| today.checked_add(jiff::Span::new().days(NAMED_DAYS - 1)).ok());
    ListFollowUpsRequest {
        page_size: ROWS_AT_ONCE,
        columns: vec![AHEAD.column.into()],
        due_until: last.map(|last| last.to_string()),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    }
}

fn head(words: Words, week: &DueWeek, due: u32) -> Week {
    let number = week.week.split_once("-W").map_or(week.week.as_str(), |(_, number)| number);
    let days = |days: &[String]| days.iter().map(|day| moment::day_text(words, day)).collect();
    let load = f64::from(due) / f64::from(week.working_days);
    Week {
        number: words.say("week {n}", &[("n", &number.trim_start_matches('0'))]),
        first: moment::day_text(words, &week.starts_on),
        last: moment::day_text(words, &week.ends_on),
        holidays: days(&week.holidays),
        make_up_days: days(&week.make_up_days),
        working_days: week.working_days,
        load: if due > 0 && week.working_days > 0 { format!("{load:.1}") } else { String::new() },
    }
}

/// What rows are shown with.
struct Seen<'a> {
    words: Words,
    around: &'a Surroundings,
    weeks: &'a [DueWeek],
    past: &'a Past,
    since: &'a Since,
    /// The items that changed; none where that is not asked for.
    changed: Option<&'a GetDueWeeksResponse>,
}

impl Seen<'_> {
    fn row(&self, row: &DueRow) -> Row {
        let code = row.department_code.as_str();
        let lead = (!code.is_empty()).then_some(code);
        let changed = self.changed_of(code);
        let cell = |(count, changed): (u32, u32), class, column: &str, days: &[(&str, &str)]| {
            let rows = board::href_of_days(lead, column, days);
            Cell {
                count,
                href: (count > 0).then(|| self.past.link(&rows)),
                class: if count > 0 { class } else { "nil" },
                changed: Changed::of(self.words, changed, self.past.link(&self.since.link(&rows))),
                ..Cell::default()
            }
        };
        let week = |(nth, (week, count)): (usize, (&DueWeek, &u32))| {
            let days = [("due_from", week.starts_on.as_str()), ("due_until", week.ends_on.as_str())];
            let changed = changed.due.get(nth).copied().unwrap_or_default();
            Heat { cell: cell((*count, changed), "", AHEAD.name, &days), depth: depth(*count) }
        };
        let after = self.weeks.last().and_then(|week| week.ends_on.parse::<Date>().ok()?.tomorrow().ok());
        let after = after.map(|date| date.to_string()).unwrap_or_default();
        Row {
            name: self.around.directory.name(code),
            late: cell((row.late, changed.late), "bad", "late", &[]),
            weeks: self.weeks.iter().zip(&row.due).enumerate().map(week).collect(),
            later: cell((row.later, changed.later), "", AHEAD.name, &[("due_from", &after)]),
        }
    }

    /// What changed of a department's, or of all for no code.
    fn changed_of(&self, code: &str) -> DueRow {
        let Some(changed) = self.changed else { return DueRow::default() };
        match code {
            "" => changed.totals.clone().unwrap_or_default(),
            _ => changed.rows.iter().find(|row| row.department_code == code).cloned().unwrap_or_default(),
        }
    }
}

fn depth(count: u32) -> u8 {
    match count {
        0..=3 => count as u8,
        4 | 5 => 4,
        _ => 5,
    }
}

fn lede(words: Words, weeks: &[DueWeek], totals: &DueRow, past: &Past) -> Vec<Markup> {
    let mut sentences = Vec::new();
    let late = board::counted(words, totals.late, "late", past);
    sentences.push(Markup::fill(words.t("{late} are late."), &[("late", late)]));
    let fullest = weeks.iter().zip(&totals.due).rev().max_by_key(|(_, due)| **due);
    if let Some((week, due)) = fullest.filter(|(_, due)| **due > 0) {
        let days = [("due_from", week.starts_on.as_str()), ("due_until", week.ends_on.as_str())];
        let count = board::count(words, *due, &past.link(&board::href_of_days(None, AHEAD.name, &days)));
        let pieces = [
            ("from", moment::day(words, &week.starts_on)),
            ("until", moment::day(words, &week.ends_on)),
            ("days", Markup::text(&week.working_days.to_string())),
            ("n", count),
        ];
        let sentence = words.t("The fullest week is {from} to {until}: {n} due in {days} working days.");
        sentences.push(Markup::fill(sentence, &pieces));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_deepens_with_the_number() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 60].map(depth), [0, 1, 2, 3, 4, 4, 5, 5]);
    }
}
