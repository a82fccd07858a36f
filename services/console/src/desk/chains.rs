//! Chains (等待链): which item waits for which other one, or for the help of a department.

mod graph;

use super::answer::{Failure, html};
use super::board::light_word;
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::items::{light_of, light_of_item};
use super::limits::ROWS_AT_ONCE;
use super::markup::Markup;
use super::moment;
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk};
use crate::grid::{Cell, Grid};
use askama::Template;
use futures::future::join_all;
use graph::{Graph, Node};
use http::Response;
use proto::resolution::v1::{GetItemRequest, Item, ListItemsRequest};
use std::collections::{BTreeMap, BTreeSet};
use tonic::body::Body;

/// Something that waits, and what for.
struct Wait {
    href: String,
    number: String,
    title: String,
    lead: String,
    light: Markup,
    due: Markup,
    due_on: String,
    /// The items that it waits for.
    items: Vec<(String, String)>,
    /// The department that was asked for help, and why.
    helper: Option<String>,
    why: String,
}

struct Waited {
    name: String,
    count: usize,
}

#[derive(Template)]
#[template(path = "chains.html")]
struct ChainsPage {
    frame: Frame,
    lede: String,
    waits: Vec<Wait>,
    waited_for: Vec<Waited>,
    graph: Graph,
}

/// Items at the ends of chains that are asked for, at most.
const ENDS_MAX: usize = 50;

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = Past::read(reader, &query, &around.calendar).await?;
    let listed = ListItemsRequest {
        page_size: ROWS_AT_ONCE,
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    let paused = reader.ask(ListItemsRequest { paused: Some(true), ..listed.clone() });
    let blocked = reader.ask(ListItemsRequest { blocked: Some(true), ..listed });
    let (paused, blocked) = futures::future::try_join(paused, blocked).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Chains, words.t("Chains"));
    let api = "/v1/items?blocked=true";
    frame.stamp = Some(Stamp::new(reader, &around.calendar, past.at, blocked.position, api).await);
    frame.offer_files(&query, "/chains");
    past.show(words, &query, &mut frame);
    let blocked_position = blocked.position;
    let (paused, blocked) = (paused.items, blocked.items);
    let waiting = paused.into_iter().filter(|item| !item.waits_for_numbers.is_empty());
    let mut waiting: BTreeMap<String, Item> =
        waiting.chain(blocked).map(|item| (item.item_id.clone(), item)).collect();
    waiting.retain(|_, item| !item.waits_for_numbers.is_empty() || item.help_from_code.is_some());
    let mut waits: Vec<Wait> = waiting.values().map(|item| wait(words, &around, &past, item)).collect();
    waits.sort_by(|one, other| one.number.cmp(&other.number));
    if let Some(form) = export::wanted(&query) {
        let grid = table(words, &waits, blocked_position);
        return export::grid(desk, reader, asked, api, &grid, form).await;
    }
    let ends = ends(reader, &past, &waiting).await;
    let chained = waiting.values().filter(|item| !item.waits_for_numbers.is_empty());
    let nodes = chained.chain(&ends).map(|item| node(words, &around, &past, item)).collect();
    let page = ChainsPage {
        graph: graph::draw(nodes),
        frame,
        lede: match waits.len() {
            0 => words.t("No item waits for another one or for help.").to_owned(),
            1 => words.t("1 item waits for another one or for help.").to_owned(),
            n => words.say("{n} items wait for others or for help.", &[("n", &n)]),
        },
        waited_for: waited_for(&waits),
        waits,
    };
    Ok(html(&page))
}

/// The table of the page, for files.
fn table(words: Words, waits: &[Wait], position: u64) -> Grid {
    let headings = [
        words.t("Number"),
        words.t("Title"),
        words.t("Lead"),
        words.t("Due"),
        words.t("Waits for"),
        words.t("Asked for help"),
        words.t("Why"),
    ];
    let row = |wait: &Wait| {
        let numbers: Vec<String> = wait.items.iter().map(|(_, number)| number.clone()).collect();
        let cells = [
            wait.number.clone(),
            wait.title.clone(),
            wait.lead.clone(),
            wait.due_on.clone(),
            numbers.join("; "),
            wait.helper.clone().unwrap_or_default(),
            wait.why.clone(),
        ];
        cells.map(Cell::Text).into()
    };
    Grid {
        name: "chains",
        language: words.0,
        headings: headings.map(str::to_owned).into(),
        rows: waits.iter().map(row).collect(),
        position,
        evaluated_at: None,
    }
}

/// What is waited for and does not wait itself, as far as the reader may see it.
async fn ends(reader: &Reader, past: &Past, waiting: &BTreeMap<String, Item>) -> Vec<Item> {
    let chained: BTreeSet<&str> = waiting
        .values()
        .filter(|item| !item.waits_for_numbers.is_empty())
        .map(|item| item.number.as_str())
        .collect();
    let waited: BTreeSet<&String> = waiting.values().flat_map(|item| &item.waits_for_numbers).collect();
    let ends = waited.into_iter().filter(|number| !chained.contains(number.as_str())).take(ENDS_MAX);
    let asked = ends.map(|number| {
        let (as_of_at, as_of_position) = (past.at, past.position);
        reader.ask(GetItemRequest { number: number.clone(), as_of_at, as_of_position, ..Default::default() })
    });
    join_all(asked).await.into_iter().filter_map(|answer| answer.ok()?.item).collect()
}

fn node(words: Words, around: &Surroundings, past: &Past, item: &Item) -> Node {
    Node {
        href: past.link(&format!("/items/{}", item.item_id)),
        number: item.number.clone(),
        lead: around.directory.name(&item.lead_code),
        title: item.title.clone(),
        state: words.say(
            "{light}, due {date}",
            &[
                ("light", &light_word(words, light_of(item))),
                ("date", &moment::day_text(words, &item.due_on)),
            ],
        ),
        light: light_of(item).name(),
        due_on: item.due_on.clone(),
        waits_for: item.waits_for_numbers.clone(),
    }
}

fn wait(words: Words, around: &Surroundings, past: &Past, item: &Item) -> Wait {
    let link =
        |number: &String| (past.link(&format!("/items?q={}", number.replace('/', "%2F"))), number.clone());
    Wait {
        href: past.link(&format!("/items/{}", item.item_id)),
        number: item.number.clone(),
        title: item.title.clone(),
        lead: around.directory.name(&item.lead_code),
        light: light_of_item(words, item),
        due: moment::day(words, &item.due_on),
        due_on: item.due_on.clone(),
        items: item.waits_for_numbers.iter().map(link).collect(),
        helper: item.help_from_code.as_deref().map(|code| around.directory.name(code)),
        why: item.blocked_reason.clone().unwrap_or_default(),
    }
}

/// For which departments most is waited.
fn waited_for(waits: &[Wait]) -> Vec<Waited> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for helper in waits.iter().filter_map(|wait| wait.helper.as_deref()) {
        *counts.entry(helper).or_default() += 1;
    }
    let mut waited: Vec<Waited> =
        counts.into_iter().map(|(name, count)| Waited { name: name.to_owned(), count }).collect();
    waited.sort_by_key(|waited| std::cmp::Reverse(waited.count));
    waited
}
