//! Timetables (排期方案): the list, and one with each session before and after, what each reason costs, and how it is adopted.

use super::act::{self, Act, Field, Input, Offer};
use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::items::summary;
use super::limits::ROWS_PER_PAGE;
use super::markup::Markup;
use super::pager::Pager;
use super::reader::{Reader, Surroundings};
use super::sessions::slots::{obstacle, when};
use super::words::{Words, said};
use super::{Asked, Desk, Query};
use askama::Template;
use http::Response;
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1::{
    GetTimetableRequest, ListTimetablesRequest, SessionSlot, Timetable, TimetableSession, TimetableShare,
    TimetableStage, TimetableSummary,
};
use tonic::Status;
use tonic::body::Body;

const STAGE: &str = "huishang.scheduling.v1.TimetableStage";
const REASON: &str = "huishang.scheduling.v1.SlotPenaltyReason";

/// What can be done with a timetable.
pub(super) const ACTS: &[Act] = &[
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/AdoptTimetable",
        label: said("Adopt the timetable"),
        fields: &[
            Field { path: "asFarAsPossible", label: said("As far as possible"), input: Input::YesNo },
            Field { path: "sessionIds", label: said("Session"), input: Input::Ids },
        ],
        sample: "{}",
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/WithdrawTimetable",
        label: said("Withdraw the timetable"),
        fields: &[Field { path: "reason", label: said("Why"), input: Input::Text }],
        sample: r#"{"reason": "-"}"#,
    },
];

struct Row {
    href: String,
    title: String,
    stage: String,
    proposed: Markup,
    sessions: u32,
    changes: u32,
    unplaced: u32,
    adopted: u32,
}

#[derive(Template)]
#[template(path = "timetables.html")]
struct TimetablesPage {
    frame: Frame,
    summary: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// The list.
pub(super) async fn list(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let request = ListTimetablesRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        order_by: "proposed_at desc".into(),
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    let (around, answer) = reader.ask_around(desk, request).await?;
    let pager = Pager::new(&query, "/timetables", &answer.next_page_token);
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, words.t("Timetables"));
    frame.offer_files(&query, "/timetables");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, None, answer.position, "/v1/timetables").await);
    let page = TimetablesPage {
        frame,
        summary: summary(words, answer.timetables.len(), &pager),
        rows: answer.timetables.iter().map(|timetable| row(words, &around, timetable)).collect(),
        pager,
    };
    Ok(html(&page))
}

fn row(words: Words, around: &Surroundings, timetable: &TimetableSummary) -> Row {
    Row {
        href: format!("/timetables/{}", timetable.timetable_id),
        title: timetable.title.clone(),
        stage: words.value(STAGE, timetable.stage),
        proposed: around.calendar.short(words, &timetable.proposed_at.unwrap_or_default()),
        sessions: timetable.session_count,
        changes: timetable.change_count,
        unplaced: timetable.unplaced_count,
        adopted: timetable.adopted_count,
    }
}

/// A session of a timetable as the page shows it.
struct Planned {
    id: String,
    title: String,
    before: Option<Markup>,
    after: Option<Markup>,
    /// `same`, `moved`, `new` or `none`.
    change: &'static str,
    word: String,
    costs: Vec<String>,
    obstacles: Vec<Markup>,
    may_adopt: bool,
    command_id: String,
}

#[derive(Template)]
#[template(path = "timetable.html")]
struct TimetablePage {
    frame: Frame,
    lede: String,
    costliest: Option<String>,
    terms: Vec<(String, u64, u64)>,
    price_before: u64,
    price_after: u64,
    sessions: Vec<Planned>,
    refused: Vec<(String, String, String)>,
    /// What can be done with all of it; none for those who may not.
    withdraw: Option<Offer>,
    command_ids: [String; 2],
    expected_position: u64,
}

/// The page of one timetable.
pub(super) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, id, None).await
}

/// Adopts or withdraws one.
pub(super) async fn act(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let page =
        async |form: &Query, status: &Status| show(desk, reader, asked, id, Some((form, status))).await;
    act::carried_out(reader, asked, ACTS, (|_| "timetableId", id), "/timetables", page).await
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
    refused: Option<(&Query, &Status)>,
) -> Result<Response<Body>, Failure> {
    let seen = act::changed_at(refused.map(|(_, status)| status));
    let (words, at_least_position) = (reader.words, asked.query().number("at").unwrap_or_default().max(seen));
    let request = GetTimetableRequest { timetable_id: id.to_owned(), at_least_position };
    let (around, answer, head) = futures::try_join!(
        reader.surroundings(desk),
        async { Ok::<_, Failure>(reader.ask(request).await?) },
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
    )?;
    let timetable = answer.timetable.ok_or(Failure::NotFound)?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, &timetable.title);
    let api = format!("/v1/timetables/{id}");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, head.clock_at, answer.position, &api).await);
    frame.typed = act::typed(words, ACTS, refused);
    frame.notice = match refused {
        Some((form, status)) => Some(act::not_done(reader, ACTS, form, status)),
        None => act::done(words, ACTS, asked),
    };
    let is_open = matches!(timetable.stage(), TimetableStage::Proposed | TimetableStage::PartlyAdopted);
    let may_adopt = is_open && reader.holder.is("clerk");
    let typed = refused.map(|(form, _)| form);
    let terms = timetable.terms.iter();
    let title = |id: &str| {
        let known = timetable.sessions.iter().find(|session| session.session_id == id);
        known.map(|session| session.title.clone()).unwrap_or_default()
    };
    let refusals = timetable.refused.iter();
    let page = TimetablePage {
        lede: lede(words, &timetable),
        costliest: costliest(words, &around, &timetable),
        terms: terms.map(|term| (words.value(REASON, term.reason), term.before, term.after)).collect(),
        price_before: timetable.price_before,
        price_after: timetable.price_after,
        sessions: timetable.sessions.iter().map(|one| planned(words, &around, one, may_adopt)).collect(),
        refused: refusals
            .map(|one| (title(&one.session_id), one.message.clone(), one.reason.clone()))
            .collect(),
        withdraw: may_adopt.then(|| ACTS[1].offer(words, typed)),
        command_ids: [client::command_id(), client::command_id()],
        expected_position: answer.position,
        frame,
    };
    Ok(html(&page))
}

fn lede(words: Words, timetable: &Timetable) -> String {
    let stage = words.value(STAGE, timetable.stage);
    let changes = timetable.sessions.iter().filter(|one| one.slot.is_some() && one.slot != one.announced);
    let unplaced = timetable.sessions.iter().filter(|one| one.slot.is_none());
    let values: [(&str, &dyn ToString); 6] = [
        ("stage", &stage),
        ("count", &timetable.sessions.len()),
        ("changes", &changes.count()),
        ("unplaced", &unplaced.count()),
        ("before", &timetable.price_before),
        ("after", &timetable.price_after),
    ];
    words.say(
        "{stage}: of {count} sessions, {changes} get another room or time, and {unplaced} get none. The price goes from \
         {before} points to {after}.",
        &values,
    )
}

/// The wish that costs most, in a sentence.
fn costliest(words: Words, around: &Surroundings, timetable: &Timetable) -> Option<String> {
    let wish = timetable.costliest.as_ref()?;
    let session = timetable.sessions.iter().find(|one| one.session_id == wish.session_id)?;
    let why = words.value(REASON, wish.reason);
    let department =
        wish.department_code.as_deref().map(|code| around.directory.name(code)).unwrap_or_default();
    let values: [(&str, &dyn ToString); 4] =
        [("session", &session.title), ("why", &why), ("department", &department), ("price", &wish.price)];
    Some(match wish.department_code {
        Some(_) => words.say("{session}: {why}, {department} ({price})", &values),
        None => words.say("{session}: {why} ({price})", &values),
    })
}

fn planned(words: Words, around: &Surroundings, session: &TimetableSession, may_adopt: bool) -> Planned {
    let shown = |slot: &Option<SessionSlot>| slot.as_ref().map(|slot| when(words, around, slot));
    let (change, word) = match (&session.announced, &session.slot) {
        (_, None) => ("none", words.t("no room and time")),
        (None, Some(_)) => ("new", words.t("new")),
        (Some(before), Some(after)) if before == after => ("same", words.t("stays")),
        (Some(_), Some(_)) => ("moved", words.t("moves")),
    };
    let cost = |share: &TimetableShare| format!("{} {}", words.value(REASON, share.reason), share.price);
    let is_change = matches!(change, "new" | "moved");
    Planned {
        id: session.session_id.clone(),
        title: match session.title.is_empty() {
            true => session.session_id.clone(),
            false => session.title.clone(),
        },
        before: shown(&session.announced),
        after: shown(&session.slot),
        change,
        word: if session.adopted { words.t("adopted").to_owned() } else { word.to_owned() },
        costs: session.after.iter().map(cost).collect(),
        obstacles: session.obstacles.iter().map(|one| obstacle(words, around, one)).collect(),
        may_adopt: may_adopt && is_change && !session.adopted,
        command_id: client::command_id(),
    }
}
