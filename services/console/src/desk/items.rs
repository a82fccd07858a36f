//! The list of items (清单): those of a column of the board, or those that are found by words.

mod together;
mod views;

use super::answer::{Failure, html, see_other};
use super::api::api_call;
use super::board::{column, columns};
use super::calendar_file;
use super::directory::Directory;
use super::export;
use super::frame::{Frame, Nav, Notice, Stamp};
use super::limits::ROWS_PER_PAGE;
use super::markup::{Light, Markup};
use super::moment;
use super::pager::Pager;
use super::past::{Past, Since};
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk, Query};
use askama::Template;
use http::header::SET_COOKIE;
use http::{Response, StatusCode};
use prost_types::Timestamp;
use proto::followup::v1::{BoardColumn, FollowUp, FollowUpStage, ListFollowUpsRequest};
use proto::resolution::v1::{Item, ItemStage, ListItemsRequest};
use tonic::body::Body;

/// Seconds before its due moment in which an item is due soon, as the board counts them.
const DUE_SOON_SECONDS: i64 = 7 * 24 * 60 * 60;

/// An item in a list.
pub(super) struct ItemRow {
    pub(super) id: String,
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
    due_from: String,
    due_until: String,
    /// Since when something has changed, as it was asked for.
    since: String,
    /// The matter that they came of; empty for any.
    matter: String,
    leads: Vec<(String, String)>,
    columns: Vec<(&'static str, &'static str)>,
    summary: String,
    rows: Vec<ItemRow>,
    /// What can be done with several of them.
    together: Vec<(&'static str, &'static str)>,
    /// What was written when it was refused.
    reason: String,
    /// For which it was refused.
    chosen: Vec<String>,
    /// The views that the reader has saved: what each is called, and where it is.
    views: Vec<(String, String)>,
    pager: Pager,
}

impl ItemsPage {
    /// A new one for each row and rendering, so that pressing twice is one act.
    fn command_id(&self) -> String {
        client::command_id()
    }
}

/// What a list shows.
struct Listed {
    rows: Vec<ItemRow>,
    next: String,
    position: u64,
    at: Option<Timestamp>,
}

/// Acts on the items that were chosen, or saves or forgets a view.
pub(super) async fn act(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (form, headers) = (Query::of(&asked.body), &asked.head.headers);
    let filters = views::filters(&asked.query());
    let name = form.get("name").unwrap_or_default();
    let kept = match form.get("action") {
        Some("save_view") if !name.is_empty() => {
            match views::save(headers, name, &filters, desk.is_https()) {
                Some(kept) => kept,
                None => return show(desk, reader, asked, Some(too_long(reader.words))).await,
            }
        }
        Some("forget_view") => views::forget(headers, name, desk.is_https()),
        _ => {
            let done = together::act(reader, &form).await?;
            return show(desk, reader, asked, Some(done)).await;
        }
    };
    let mut response = see_other(&format!("/items?{filters}"));
    response.headers_mut().append(SET_COOKIE, kept);
    Ok(response)
}

/// A view is not kept.
fn too_long(words: Words) -> together::Done {
    let sentence =
        words.t("The name is too long to be kept with these filters: choose a shorter one.").to_owned();
    let notice = Notice { kind: "refused", sentence, reason: None };
    together::Done { notice, code: StatusCode::BAD_REQUEST, position: 0, refused: Vec::new() }
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, None).await
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    done: Option<together::Done>,
) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let at_least_position = done.as_ref().map(|done| done.position).unwrap_or_default();
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &query, &around.calendar).await?;
    let since = Since::read(&query, &around.calendar);
    if let Some(form) = export::wanted(&query) {
        return match query.get("q") {
            Some(text) => {
                export::list(desk, reader, asked, with_words(&query, &since, past, text), form).await
            }
            None => export::list(desk, reader, asked, of_column(&query, &since, past)?, form).await,
        };
    }
    if calendar_file::is_wanted(&query) {
        return calendar_file::of_items(desk, reader, asked, of_column(&query, &since, past)?).await;
    }
    let (mut listed, api) = match query.get("q") {
        Some(text) => {
            let request = with_words(&query, &since, past, text);
            let api = api_call(&request);
            (by_words(reader, &around, ListItemsRequest { at_least_position, ..request }).await?, api)
        }
        None => {
            let request = of_column(&query, &since, past)?;
            let api = api_call(&request);
            (by_column(reader, &around, ListFollowUpsRequest { at_least_position, ..request }).await?, api)
        }
    };
    for row in &mut listed.rows {
        row.href = past.link(&row.href);
    }
    let mut frame = Frame::new(reader, &around, asked, Nav::Items, words.t("Items"));
    frame.stamp = Some(Stamp::new(reader, &around.calendar, listed.at, listed.position, &api).await);
    frame.offer_files(&query, "/items");
    if query.get("q").is_none() {
        frame.offer_calendar(&query, "/items");
    }
    past.show(words, &query, &mut frame);
    let departments = around.directory.departments().iter();
    let pager = Pager::new(&query, "/items", &listed.next);
    let chosen = done.as_ref().map(|done| done.refused.clone()).unwrap_or_default();
    let (notice, code) = done.map(|done| (done.notice, done.code)).unzip();
    let refused = notice.as_ref().is_some_and(|notice| notice.kind == "refused");
    frame.notice = notice.or(frame.notice.take());
    let page = ItemsPage {
        together: if past.is_asked() { Vec::new() } else { together::offered(reader) },
        reason: Query::of(&asked.body).get("reason").filter(|_| refused).unwrap_or_default().to_owned(),
        chosen,
        views: views::saved(&asked.head.headers),
        text: query.get("q").map(str::to_owned),
        lead: query.get("lead").unwrap_or_default().to_owned(),
        column: query.get("column").unwrap_or_default().to_owned(),
        due_from: query.get("due_from").unwrap_or_default().to_owned(),
        due_until: query.get("due_until").unwrap_or_default().to_owned(),
        since: query.get("since").unwrap_or_default().to_owned(),
        matter: query.get("matter").unwrap_or_default().to_owned(),
        leads: departments.map(|department| (department.code.clone(), department.name.clone())).collect(),
        columns: columns().map(|column| (column.name, words.t(column.title))).collect(),
        summary: summary(words, listed.rows.len(), &pager),
        rows: listed.rows,
        pager,
        frame,
    };
    let mut response = html(&page);
    *response.status_mut() = code.unwrap_or_default();
    Ok(response)
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
fn of_column(query: &Query, since: &Since, past: &Past) -> Result<ListFollowUpsRequest, Failure> {
    let columns = query.get("column").map(|name| column(name).ok_or(Failure::NotFound)).transpose()?;
    Ok(ListFollowUpsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(query),
        lead_code: query.get("lead").map(str::to_owned),
        body_code: query.get("body").map(str::to_owned),
        matter_id: query.get("matter").map(str::to_owned),
        called_upon_code: query.get("called_upon").map(str::to_owned),
        columns: columns.map(|column| column.column.into()).into_iter().collect(),
        due_from: query.get("due_from").map(str::to_owned),
        due_until: query.get("due_until").map(str::to_owned),
        changed_since_at: since.at,
        changed_since_position: since.position,
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
fn with_words(query: &Query, since: &Since, past: &Past, text: &str) -> ListItemsRequest {
    ListItemsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(query),
        lead_code: query.get("lead").map(str::to_owned),
        text: Some(text.to_owned()),
        changed_since_at: since.at,
        changed_since_position: since.position,
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
        id: row.item_id.clone(),
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
        id: item.item_id.clone(),
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
