//! The list of items (清单): those of a column of the board, or those that are found by words.

use super::answer::{Failure, html};
use super::board::{COLUMNS, column};
use super::directory::Directory;
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::ROWS_PER_PAGE;
use super::markup::{Light, Markup};
use super::moment;
use super::pager::Pager;
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk, Query};
use askama::Template;
use http::Response;
use prost_types::Timestamp;
use proto::followup::v1::{BoardColumn, FollowUp, FollowUpStage, ListFollowUpsRequest};
use proto::resolution::v1::{Item, ItemStage, ListItemsRequest};
use tonic::body::Body;

/// Seconds before its due moment in which an item is due soon, as the board counts them.
const DUE_SOON_SECONDS: i64 = 7 * 24 * 60 * 60;

/// An item in a list.
pub(super) struct ItemRow {
    pub(super) href: String,
    pub(super) number: String,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) due: Markup,
    pub(super) light: Markup,
    pub(super) stage: String,
    pub(super) waits_for: String,
}

#[derive(Template)]
#[template(path = "items.html")]
struct ItemsPage {
    frame: Frame,
    /// The words that are looked for; then there is no column.
    text: Option<String>,
    lead: String,
    column: String,
    leads: Vec<(String, String)>,
    columns: Vec<(&'static str, &'static str)>,
    summary: String,
    rows: Vec<ItemRow>,
    pager: Pager,
}

/// What a list shows.
struct Listed {
    rows: Vec<ItemRow>,
    next: String,
    position: u64,
    at: Option<Timestamp>,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(&query, &around.calendar);
    if let Some(form) = export::wanted(&query) {
        return match query.get("q") {
            Some(text) => export::list(desk, reader, asked, with_words(&query, past, text), form).await,
            None => export::list(desk, reader, asked, of_column(&query, past)?, form).await,
        };
    }
    let mut listed = match query.get("q") {
        Some(text) => by_words(reader, &around, with_words(&query, past, text)).await?,
        None => by_column(reader, &around, of_column(&query, past)?).await?,
    };
    for row in &mut listed.rows {
        row.href = past.link(&row.href);
    }
    let api = if query.get("q").is_some() { "/v1/items" } else { "/v1/follow-ups" };
    let mut frame = Frame::new(reader, &around, asked, Nav::Items, words.t("Items"));
    frame.stamp = listed.at.map(|at| Stamp::new(reader, &around.calendar, Some(at), listed.position, api));
    frame.offer_files(&query, "/items");
    past.show(words, &query, &mut frame);
    let departments = around.directory.departments().iter();
    let pager = Pager::new(&query, "/items", &listed.next);
    let page = ItemsPage {
        text: query.get("q").map(str::to_owned),
        lead: query.get("lead").unwrap_or_default().to_owned(),
        column: query.get("column").unwrap_or_default().to_owned(),
        leads: departments.map(|department| (department.code.clone(), department.name.clone())).collect(),
        columns: COLUMNS.iter().map(|column| (column.name, words.t(column.title))).collect(),
        summary: summary(words, listed.rows.len(), &pager),
        rows: listed.rows,
        pager,
        frame,
    };
    Ok(html(&page))
}

/// How many there are; of a long list, how many are shown.
pub(super) fn summary(words: Words, rows: usize, pager: &Pager) -> String {
    match (pager.first.is_some() || pager.next.is_some(), rows) {
        (true, _) => words.say("{n} on this page", &[("n", &rows)]),
        (false, 1) => words.t("1 item").to_owned(),
        (false, _) => words.say("{n} items", &[("n", &rows)]),
    }
}

/// What the items of a column of the board are asked for with.
fn of_column(query: &Query, past: &Past) -> Result<ListFollowUpsRequest, Failure> {
    let columns = query.get("column").map(|name| column(name).ok_or(Failure::NotFound)).transpose()?;
    Ok(ListFollowUpsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(query),
        lead_code: query.get("lead").map(str::to_owned),
        body_code: query.get("body").map(str::to_owned),
        called_upon_code: query.get("called_upon").map(str::to_owned),
        columns: columns.map(|column| column.column.into()).into_iter().collect(),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    })
}

async fn by_column(
    reader: &Reader,
    around: &Surroundings,
    request: ListFollowUpsRequest,
) -> Result<Listed, Failure> {
    let answer = reader.ask(request).await?;
    let rows = answer.follow_ups.iter();
    let now = answer.evaluated_at.unwrap_or_default();
    Ok(Listed {
        rows: rows.map(|row| row_of_follow_up(reader.words, &around.directory, row, &now)).collect(),
        next: answer.next_page_token,
        position: answer.position,
        at: answer.evaluated_at,
    })
}

/// What the items with these words are asked for with.
fn with_words(query: &Query, past: &Past, text: &str) -> ListItemsRequest {
    ListItemsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(query),
        lead_code: query.get("lead").map(str::to_owned),
        text: Some(text.to_owned()),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    }
}

async fn by_words(
    reader: &Reader,
    around: &Surroundings,
    request: ListItemsRequest,
) -> Result<Listed, Failure> {
    let answer = reader.ask(request).await?;
    Ok(Listed {
        rows: answer.items.iter().map(|item| row_of_item(reader.words, &around.directory, item)).collect(),
        next: answer.next_page_token,
        position: answer.position,
        at: None,
    })
}

/// A row for a follow-up.
pub(super) fn row_of_follow_up(
    words: Words,
    directory: &Directory,
    row: &FollowUp,
    now: &Timestamp,
) -> ItemRow {
    let subject = row.subject.clone().unwrap_or_default();
    ItemRow {
        href: format!("/items/{}", row.item_id),
        number: subject.number,
        title: subject.title,
        lead: directory.name(&subject.lead_code),
        due: moment::day(words, &subject.due_on),
        light: light_of_follow_up(words, row, now),
        stage: words.value("huishang.followup.v1.FollowUpStage", row.stage),
        waits_for: row.help_from_code.as_deref().map(|code| directory.name(code)).unwrap_or_default(),
    }
}

/// A row for an item.
pub(super) fn row_of_item(words: Words, directory: &Directory, item: &Item) -> ItemRow {
    ItemRow {
        href: format!("/items/{}", item.item_id),
        number: item.number.clone(),
        title: item.title.clone(),
        lead: directory.name(&item.lead_code),
        due: moment::day(words, &item.due_on),
        light: light_of_item(words, item),
        stage: words.value("huishang.resolution.v1.ItemStage", item.stage),
        waits_for: item.help_from_code.as_deref().map(|code| directory.name(code)).unwrap_or_default(),
    }
}

fn light_of_follow_up(words: Words, row: &FollowUp, now: &Timestamp) -> Markup {
    let seconds_left =
        row.subject.as_ref().and_then(|subject| subject.due_at).map(|due| due.seconds - now.seconds);
    let is_due_soon = seconds_left.is_some_and(|left| left <= DUE_SOON_SECONDS) && !row.paused;
    match row.stage() {
        FollowUpStage::Satisfied | FollowUpStage::Cancelled => Markup::default(),
        _ if row.late => late(words, row.days_late),
        FollowUpStage::Claimed => Markup::light(Light::Green, words.t("Green, to be judged")),
        _ if row.help_from_code.is_some() => Markup::light(Light::Amber, words.t("Yellow, blocked")),
        _ if !row.acknowledged => Markup::light(Light::Amber, words.t("Yellow, unacknowledged")),
        _ if is_due_soon => Markup::light(Light::Amber, words.t("Yellow, due within 7 days")),
        _ => Markup::light(Light::Green, words.t("Green")),
    }
}

/// The light of an item, with its reason.
pub(super) fn light_of_item(words: Words, item: &Item) -> Markup {
    match item.stage() {
        ItemStage::Accepted | ItemStage::Rescinded => Markup::default(),
        _ if item.late => late(words, item.days_late),
        ItemStage::Claimed => Markup::light(Light::Green, words.t("Green, to be judged")),
        _ if item.help_from_code.is_some() => Markup::light(Light::Amber, words.t("Yellow, blocked")),
        ItemStage::Assigned => Markup::light(Light::Amber, words.t("Yellow, unacknowledged")),
        ItemStage::Contested => Markup::light(Light::Amber, words.t("Yellow, contested")),
        _ => Markup::light(Light::Green, words.t("Green")),
    }
}

/// The light of an item, alone.
pub(super) fn light_of(item: &Item) -> Light {
    match item.stage() {
        _ if item.late => Light::Red,
        ItemStage::Assigned | ItemStage::Contested => Light::Amber,
        _ if item.help_from_code.is_some() => Light::Amber,
        _ => Light::Green,
    }
}

fn late(words: Words, days: u32) -> Markup {
    let word = match days {
        0 => words.t("Red, late since today").to_owned(),
        1 => words.t("Red, 1 day late").to_owned(),
        _ => words.say("Red, {n} days late", &[("n", &days)]),
    };
    Markup::light(Light::Red, &word)
}

/// Asks for what is in all of these columns of the board, of one lead or of all.
pub(super) fn late_request(lead: Option<String>, columns: &[BoardColumn]) -> ListFollowUpsRequest {
    ListFollowUpsRequest {
        page_size: ROWS_PER_PAGE,
        lead_code: lead,
        columns: columns.iter().map(|&column| column.into()).collect(),
        ..Default::default()
    }
}
