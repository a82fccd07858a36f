//! One item: what is owed, who held it how long, what can happen next and what refuses the rest, and its story.

mod acts;
mod cascade;
pub(super) mod further;
pub(super) mod put_down;
mod steps;

use super::act::{self, Input, Moves};
use super::answer::{Failure, file, html};
use super::calendar_file;
use super::clock_ledger::{self, ClockLedger};
use super::frame::{Frame, Nav, Stamp, grouped};
use super::items::light_of_item;
use super::limits::ROWS_AT_ONCE;
use super::markup::Markup;
use super::moment;
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::story::{self, Entry, Rung};
use super::words::Words;
use super::{Asked, Desk, Query};
use askama::Template;
use http::Response;
use proto::followup::v1::{ListUpcomingNoticesRequest, Notice};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    Evidence, GetEvidenceRequest, GetForecastRequest, GetForecastResponse, GetItemRequest, GetItemResponse,
    Item, ItemStage,
};
use tonic::body::Body;

use cascade::Cascade;

pub(super) use acts::ACTS;

/// Days for which it is looked ahead.
const DAYS_AHEAD: u32 = 92;

/// One of the figures: what it is, its value, and a remark, which may be a warning.
struct Fact {
    name: &'static str,
    value: Markup,
    remark: String,
    is_bad: bool,
}

/// An item that this one waits for.
struct Wait {
    href: String,
    number: String,
    title: String,
    lead: String,
    stage: String,
    due: Markup,
    is_critical: bool,
}

#[derive(Template)]
#[template(path = "item.html")]
struct ItemPage {
    frame: Frame,
    item: Item,
    lead: String,
    co_responsible: String,
    acceptor: String,
    resolution: Markup,
    deliverable: String,
    criterion: String,
    lede: Markup,
    facts: Vec<Fact>,
    moves: Moves,
    expected_position: u64,
    rungs: Vec<Rung>,
    clock: ClockLedger,
    cascade: Cascade,
    is_past: bool,
    waits: Vec<Wait>,
    waits_left_out: String,
    /// What clerks put down for departments without users, and counts now: what it is, and by whom.
    put_down: Vec<(String, Markup)>,
    story: Vec<Entry>,
    has_earlier: bool,
    evidence: Vec<Paper>,
}

impl ItemPage {
    /// How much is done: of what is below it, too, as the cascade says.
    fn percent(&self) -> u32 {
        let this = self.cascade.branches.iter().find(|branch| branch.is_this);
        this.map_or(self.item.percent, |branch| branch.percent)
    }
}

/// A document that was given as evidence, and where its content is, when that is kept.
struct Paper {
    evidence: Evidence,
    content: Option<(String, String)>,
}

/// The page.
pub(super) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, id, None).await
}

/// Carries out an act on the item, and shows what came of it.
pub(super) async fn act(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let page = async |form: &Query, status: &tonic::Status| {
        show(desk, reader, asked, id, Some((form, status))).await
    };
    let acts = put_down::acts_with(Query::of(&asked.body).get("action"));
    act::carried_out(reader, asked, acts, (|_| "itemId", id), "/items", page).await
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
    refused: Option<(&Query, &tonic::Status)>,
) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let seen = crate::desk::act::changed_at(refused.map(|(_, status)| status));
    let at_least_position = asked.query().number("at").unwrap_or_default().max(seen);
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &asked.query(), &around.calendar).await?;
    let request = GetItemRequest {
        item_id: id.to_owned(),
        at_least_position,
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    let (answer, head) =
        futures::future::try_join(async { Ok::<_, Failure>(reader.ask(request).await?) }, async {
            Ok(reader.ask(GetHeadRequest::default()).await?)
        })
        .await?;
    let item = answer.item.clone().ok_or(Failure::NotFound)?;
    let today = around.calendar.date(&head.clock_at.unwrap_or_default()).to_string();
    if calendar_file::is_wanted(&asked.query()) {
        return calendar_file::of_item(desk, reader, asked, &item).await;
    }
    let (moves, upcoming, tree, forecast) = match past.is_asked() {
        // What can be done is so now, and so is what would follow.
        true => {
            let tree = cascade::tree(reader, &item, at_least_position, past).await?;
            (Default::default(), Default::default(), tree, None)
        }
        false => {
            let answers = futures::future::try_join4(
                put_down::moves(reader, &around, &item, &today, refused.map(|(form, _)| form)),
                upcoming(reader, &item, at_least_position),
                cascade::tree(reader, &item, at_least_position, past),
                forecast(reader, &item, at_least_position),
            );
            answers.await?
        }
    };
    let mut frame = Frame::new(reader, &around, asked, Nav::Items, &item.title);
    let api = format!("/v1/items/{}", item.item_id);
    let (at, position) = (past.at.or(head.clock_at), past.position.unwrap_or(answer.position));
    frame.stamp = Some(Stamp::new(reader, &around.calendar, at, position, &api).await);
    let acts = put_down::acts_with(refused.and_then(|(form, _)| form.get("action")));
    frame.typed = act::typed(words, acts, refused);
    frame.notice = match refused {
        Some((form, status)) => Some(act::not_done(reader, acts, form, status)),
        None => put_down::done(reader, asked),
    };
    if !past.is_asked() {
        frame.offer_calendar(&asked.query(), asked.head.uri.path());
    }
    past.show(words, &asked.query(), &mut frame);
    let mut page = ItemPage {
        cascade: cascade::written(words, &around, &tree, past),
        is_past: past.is_asked(),
        ..written(reader, &around, frame, item, answer, moves, &upcoming)
    };
    page.facts.extend(forecast.as_ref().and_then(|forecast| likelihood(words, forecast)));
    for wait in &mut page.waits {
        wait.href = past.link(&wait.href);
    }
    Ok(html(&page))
}

/// How likely it is done in time, while it is open.
async fn forecast(
    reader: &Reader,
    item: &Item,
    at_least_position: u64,
) -> Result<Option<GetForecastResponse>, tonic::Status> {
    if !matches!(item.stage(), ItemStage::Assigned | ItemStage::Underway) {
        return Ok(None);
    }
    let request =
        GetForecastRequest { at_least_position, item_id: item.item_id.clone(), ..Default::default() };
    reader.ask(request).await.map(Some)
}

/// The forecast among the figures, with how good such forecasts were; nothing where nothing is said.
fn likelihood(words: Words, forecast: &GetForecastResponse) -> Option<Fact> {
    let percent = forecast.likelihood_percent?;
    let remark = match &forecast.record {
        Some(record) => words.say(
            "{n} forecasts before were off by {score}",
            &[("n", &record.forecasts), ("score", &format!("{:.2}", record.brier_score))],
        ),
        None => words.say("from {n} items that are done", &[("n", &forecast.finished)]),
    };
    let value = words.say("{percent} % in time", &[("percent", &percent)]);
    Some(Fact { name: words.t("Forecast"), value: Markup::text(&value), remark, is_bad: percent < 50 })
}

/// What will be sent about the item if nobody acts.
async fn upcoming(
    reader: &Reader,
    item: &Item,
    at_least_position: u64,
) -> Result<Vec<Notice>, tonic::Status> {
    if matches!(item.stage(), ItemStage::Accepted | ItemStage::Rescinded) {
        return Ok(Vec::new());
    }
    let request = ListUpcomingNoticesRequest {
        at_least_position,
        page_size: ROWS_AT_ONCE,
        lead_code: Some(item.lead_code.clone()),
        days: Some(DAYS_AHEAD),
        ..Default::default()
    };
    let answer = reader.ask(request).await?;
    Ok(answer.notices.into_iter().filter(|notice| notice.item_id == item.item_id).collect())
}

fn written(
    reader: &Reader,
    around: &Surroundings,
    frame: Frame,
    item: Item,
    answer: GetItemResponse,
    moves: Moves,
    upcoming: &[Notice],
) -> ItemPage {
    let (words, directory) = (reader.words, &around.directory);
    let wait = |wait: &proto::resolution::v1::ItemWait| Wait {
        href: format!("/items?q={}", wait.number.replace('/', "%2F")),
        number: wait.number.clone(),
        title: wait.title.clone(),
        lead: directory.name(&wait.lead_code),
        stage: words.value("huishang.resolution.v1.ItemStage", wait.stage),
        due: moment::day(words, &wait.due_on),
        is_critical: wait.critical,
    };
    let put_down = item.put_down.iter().map(|one| {
        let kind = words.value("huishang.resolution.v1.SaidKind", one.kind);
        (kind, story::by_whom(words, around, one))
    });
    let put_down = put_down.collect();
    let clock = clock_ledger::of(words, around, &answer.spans, answer.working_days);
    ItemPage {
        lead: directory.name(&item.lead_code),
        co_responsible: words.list(&support(words, around, &item)),
        acceptor: item
            .acceptor_code
            .as_deref()
            .map_or_else(|| words.t("the supervisors").to_owned(), |code| directory.name(code)),
        resolution: Markup::link(
            &format!("/resolutions/{}", item.resolution_id),
            &format!("{} {}", answer.resolution_number, answer.resolution_title),
        ),
        lede: lede(words, around, &item, &clock, upcoming),
        facts: facts(words, around, &item, &clock, upcoming),
        expected_position: answer.position,
        rungs: story::rungs(words, around, &answer.history, upcoming),
        cascade: Cascade::default(),
        is_past: false,
        waits: answer.chain.iter().map(wait).collect(),
        waits_left_out: match answer.chain_left_out_count {
            0 => String::new(),
            n => words.say("It waits for {n} more items.", &[("n", &n)]),
        },
        put_down,
        story: story::entries(words, around, &answer.history),
        has_earlier: answer.earlier_history_before_position > 0,
        evidence: papers(words, &item, &answer),
        deliverable: answer.deliverable,
        criterion: answer.criterion,
        frame,
        item,
        moves,
        clock,
    }
}

fn papers(words: Words, item: &Item, answer: &GetItemResponse) -> Vec<Paper> {
    let given = answer.history.iter().flat_map(|entry| entry.evidence.clone());
    let paper = |evidence: Evidence| {
        let digest = evidence.sha256.to_lowercase();
        let kept = item.kept_evidence.iter().find(|kept| kept.sha256 == digest);
        let content = kept.map(|kept| {
            let href = format!("/items/{}/evidence/{digest}", item.item_id);
            (href, words.say("Download, {bytes} bytes", &[("bytes", &grouped(u64::from(kept.bytes)))]))
        });
        Paper { evidence, content }
    };
    given.map(paper).collect()
}

/// The content of a document: a file to be kept, whatever is in it. Nobody has checked what it is, so no browser shows it.
pub(super) async fn evidence(reader: &Reader, id: &str, sha256: &str) -> Result<Response<Body>, Failure> {
    let request =
        GetEvidenceRequest { item_id: id.to_owned(), sha256: sha256.to_owned(), ..Default::default() };
    let answer = reader.ask(request).await?;
    Ok(file(answer.content, "application/octet-stream", &answer.file_name))
}

/// The departments that support the item, each with how far its part has come.
fn support(words: Words, around: &Surroundings, item: &Item) -> Vec<String> {
    let shown = item.co_responsible_codes.iter().map(|code| {
        let name = around.directory.name(code);
        let part = item.parts.iter().find(|part| part.department_code == *code);
        let stage = part.map(|part| words.value("huishang.resolution.v1.ItemPartStage", part.stage));
        stage.map_or_else(|| name.clone(), |stage| format!("{name} ({stage})"))
    });
    shown.collect()
}

fn lede(
    words: Words,
    around: &Surroundings,
    item: &Item,
    clock: &ClockLedger,
    upcoming: &[Notice],
) -> Markup {
    let stage = words.value("huishang.resolution.v1.ItemStage", item.stage);
    let now = match (&clock.holder, item.stage()) {
        (_, ItemStage::Accepted | ItemStage::Rescinded) | (None, _) => Markup::text(&stage),
        // The light says the stage.
        (Some(holder), ItemStage::Assigned | ItemStage::Contested | ItemStage::Claimed) => Markup::fill(
            words.t("{light}; in the hands of {holder}."),
            &[("light", light_of_item(words, item)), ("holder", Markup::text(holder))],
        ),
        (Some(holder), _) => Markup::fill(
            words.t("{light} {stage}; in the hands of {holder}."),
            &[
                ("light", light_of_item(words, item)),
                ("stage", Markup::text(&stage)),
                ("holder", Markup::text(holder)),
            ],
        ),
    };
    let next = upcoming.first().map(|notice| {
        Markup::fill(
            words.t("If nobody acts: {notice} on {moment}."),
            &[
                ("notice", Markup::text(&words.value("huishang.followup.v1.NoticeKind", notice.kind))),
                ("moment", around.calendar.short(words, &notice.occurred_at.unwrap_or_default())),
            ],
        )
    });
    Markup::join([Some(now), next].into_iter().flatten(), " ")
}

fn facts(
    words: Words,
    around: &Surroundings,
    item: &Item,
    clock: &ClockLedger,
    upcoming: &[Notice],
) -> Vec<Fact> {
    let days = |n: u32| match n {
        1 => words.t("missed by 1 day").to_owned(),
        _ => words.say("missed by {n} days", &[("n", &n)]),
    };
    let extensions = match item.extensions {
        0 => String::new(),
        1 => words.t("moved once").to_owned(),
        n => words.say("moved {n} times", &[("n", &n)]),
    };
    let mut facts = vec![
        Fact {
            name: words.t("First promise"),
            value: moment::full_day(words, &item.first_due_on),
            remark: if item.days_past_promise > 0 {
                days(item.days_past_promise)
            } else {
                words.t("kept so far").to_owned()
            },
            is_bad: item.days_past_promise > 0,
        },
        Fact {
            name: words.t("Due now"),
            value: around.calendar.full_due(words, &item.due_on, item.due_at.as_ref()),
            remark: if item.late { days(item.days_late) } else { extensions },
            is_bad: item.late,
        },
    ];
    if let Some(holder) = &clock.holder {
        let remark = clock.since.clone().unwrap_or_default();
        facts.push(Fact {
            name: words.t("In the hands of"),
            value: Markup::text(holder),
            remark,
            is_bad: false,
        });
    }
    if let Some(notice) = upcoming.first() {
        facts.push(Fact {
            name: words.t("Next notice"),
            value: around.calendar.short(words, &notice.occurred_at.unwrap_or_default()),
            remark: words.value("huishang.followup.v1.NoticeKind", notice.kind),
            is_bad: false,
        });
    }
    facts
}
