//! The form that requests a session, and the one that revises a request; the rules can be asked before it is sent.

mod fields;

use crate::desk::act::{self, Act};
use crate::desk::answer::{Failure, html, see_other};
use crate::desk::frame::{Frame, Nav, Notice, Stamp};
use crate::desk::limits::ROWS_AT_ONCE;
use crate::desk::matters::{CHARACTERS_COMPARED_MIN, href_of_similar};
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::{Words, said};
use crate::desk::{Asked, Desk, Query};
use askama::Template;
use fields::{SeatRow, TopicRow};
use futures::future::{join_all, try_join_all};
use http::Response;
use proto::scheduling::v1::{
    Body as DecidingBody, BodySummary, CompareMatterRequest, GetBodyRequest, GetMatterRequest,
    GetSessionRequest, ListBodiesRequest, ListMattersRequest, MatterStage, MatterSummary,
    RequestSessionRequest, ReviseSessionRequest, Session, SessionOutline, SessionStage, SimilarMatter,
};
use std::collections::BTreeMap;
use tonic::Status;
use tonic::body::Body;

/// Requesting one, and revising what was requested; the form has places of its own for their fields.
pub(in crate::desk) const ACTS: &[Act] = &[
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/RequestSession",
        label: said("Request a session"),
        fields: &[],
        sample: "{}",
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/ReviseSession",
        label: said("Revise the request"),
        fields: &[],
        sample: "{}",
    },
];

/// Topics for which a form has room at first, and how many it grows by.
const TOPICS_AT_ONCE: u32 = 3;

/// Something that is like a topic, and not settled.
struct Similar {
    topic: u32,
    kind: String,
    title: String,
    href: String,
    likeness: u32,
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    frame: Frame,
    bodies: Vec<(String, String)>,
    /// The form; nothing until a body is chosen, and for those who may not request a session.
    form: Option<Form>,
    may_request: bool,
    for_whom: String,
}

/// The form, with what was typed.
struct Form {
    typed: Query,
    command_id: String,
    /// What it revises, and the log position that its reader knows it at.
    revises: Option<(String, u64)>,
    kinds: Vec<(String, String)>,
    classes: Vec<(String, String)>,
    labels: Vec<(String, String)>,
    roles: Vec<(String, String)>,
    matters: Vec<(String, String)>,
    departments: Vec<(String, String)>,
    topics: Vec<TopicRow>,
    seats: Vec<SeatRow>,
    similar: Vec<Similar>,
    /// What others made of the request meanwhile, where something else was typed: which field, and what it says.
    on_record: Vec<(String, String)>,
}

impl Form {
    fn typed(&self, field: &str) -> &str {
        self.typed.get(field).unwrap_or_default()
    }
}

/// What a form stands on: the body that it names, and the matters in its backlog.
struct Ground {
    bodies: Vec<BodySummary>,
    body: Option<DecidingBody>,
    matters: Vec<MatterSummary>,
    position: u64,
}

impl Ground {
    async fn read(reader: &Reader, body_code: Option<&str>) -> Result<Ground, Failure> {
        let bodies = reader.ask(ListBodiesRequest { page_size: ROWS_AT_ONCE, ..Default::default() }).await?;
        let known = body_code.filter(|code| bodies.bodies.iter().any(|body| body.code == **code));
        let (mut body, mut matters) = (None, Vec::new());
        if let Some(code) = known {
            let request = GetBodyRequest { body_code: code.to_owned(), ..Default::default() };
            let backlog = ListMattersRequest {
                page_size: ROWS_AT_ONCE,
                stage: Some(MatterStage::Backlog.into()),
                body_code: Some(code.to_owned()),
                ..Default::default()
            };
            let (found, waiting) =
                futures::future::try_join(reader.ask(request), reader.ask(backlog)).await?;
            (body, matters) = (found.body, waiting.matters);
        }
        Ok(Ground { bodies: bodies.bodies, body, matters, position: bodies.position })
    }
}

/// The page with the form.
pub(in crate::desk) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, Asking { typed: asked.query(), ..Default::default() }).await
}

/// The page that revises a request.
pub(in crate::desk) async fn revise_page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let around = reader.surroundings(desk).await?;
    let request = GetSessionRequest { session_id: id.to_owned(), ..Default::default() };
    let answer = reader.ask(request).await?;
    let session = answer.session.ok_or(Failure::NotFound)?;
    let typed = fields::of_outline(&around.calendar, &session.outline.unwrap_or_default());
    let revises = Some((id.to_owned(), answer.position));
    show(desk, reader, asked, Asking { typed, revises, ..Default::default() }).await
}

/// Whether a request can be revised by a form: before it is scheduled, by somebody who sees all of it.
pub(super) fn revisable(reader: &Reader, session: &Session) -> bool {
    let is_open = matches!(
        session.stage(),
        SessionStage::Requested | SessionStage::Screened | SessionStage::Returned | SessionStage::Admitted
    );
    let is_seen = session.outline.iter().flat_map(|outline| &outline.topics).all(|topic| topic.title != "…");
    is_open && is_seen && ACTS.iter().all(|act| act.may_be_tried_by(reader))
}

/// Requests or revises a session as a form says, asks only whether the rules would accept it, or gives the form more room.
pub(in crate::desk) async fn act(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    revised: Option<&str>,
) -> Result<Response<Body>, Failure> {
    let form = Query::of(&asked.body);
    let known = form.number("expected_position").unwrap_or_default();
    let revises = revised.map(|id| (id.to_owned(), known));
    let mut asking = Asking { typed: form.clone(), revises, ..Default::default() };
    let only_asks = match form.get("action") {
        Some("AddTopics") => {
            asking.more = TOPICS_AT_ONCE;
            return show(desk, reader, asked, asking).await;
        }
        Some("Check") => true,
        Some("Send") => false,
        _ => return Err(Failure::NotFound),
    };
    let around = reader.surroundings(desk).await?;
    let outline = fields::outline(&around.calendar, &form, &titles(reader, &form).await);
    let sent = match (fields::ensure_readable(reader.words, &around.calendar, &form), revised) {
        (Err(unreadable), _) => Err(unreadable.into()),
        (Ok(()), None) => request(reader, &form, &outline, only_asks).await,
        (Ok(()), Some(id)) => revise(reader, &form, &outline, id, only_asks).await,
    };
    match sent {
        Ok((id, position, act)) if !only_asks => {
            Ok(see_other(&format!("/sessions/{id}?done={}&at={position}#notice", act.name())))
        }
        Ok(_) => {
            asking.similar = similar(reader, &outline, revised).await?;
            asking.accepted = true;
            show(desk, reader, asked, asking).await
        }
        Err(status) => {
            let (code, status) = Failure::refusal(status)?;
            let seen = act::changed_at(Some(&status));
            if let Some(id) = revised.filter(|_| seen > 0) {
                let request = GetSessionRequest { session_id: id.to_owned(), at_least_position: seen };
                let answer = reader.ask(request).await?;
                let outline = answer.session.and_then(|session| session.outline).unwrap_or_default();
                asking.on_record = fields::on_record(reader.words, &around.calendar, &form, &outline);
                asking.revises = Some((id.to_owned(), answer.position));
            }
            asking.refused = Some(status);
            let mut page = show(desk, reader, asked, asking).await?;
            *page.status_mut() = code;
            Ok(page)
        }
    }
}

/// The titles of the matters that topics are called after, by their ids: also of those that wait no longer, so that a form
/// says the same when it is sent again. What is not there, or not for this reader, is refused when it is sent.
async fn titles(reader: &Reader, form: &Query) -> BTreeMap<String, String> {
    let asked = fields::matters(form).into_iter().map(async |matter_id| {
        let request = GetMatterRequest { matter_id: matter_id.clone(), ..Default::default() };
        let found = reader.ask(request).await.ok()?.matter?;
        Some((matter_id, found.title))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Returns the id of the session, and the position of the record.
async fn request(
    reader: &Reader,
    form: &Query,
    outline: &SessionOutline,
    only_asks: bool,
) -> Result<(String, u64, &'static Act), Status> {
    let request = RequestSessionRequest {
        command_id: command_id(form, only_asks),
        validate_only: only_asks,
        outline: Some(outline.clone()),
        ..Default::default()
    };
    let requested = reader.ask(request).await?;
    Ok((requested.session.unwrap_or_default().session_id, requested.position, &ACTS[0]))
}

async fn revise(
    reader: &Reader,
    form: &Query,
    outline: &SessionOutline,
    id: &str,
    only_asks: bool,
) -> Result<(String, u64, &'static Act), Status> {
    let keeps_seats = form.get("keep_seats").is_some();
    let request = ReviseSessionRequest {
        command_id: command_id(form, only_asks),
        expected_position: form.number("expected_position"),
        validate_only: only_asks,
        session_id: id.to_owned(),
        topics: outline.topics.clone(),
        attendees: if keeps_seats { Vec::new() } else { outline.attendees.clone() },
        duration_minutes: Some(outline.duration_minutes),
        earliest_start_at: outline.earliest_start_at,
        title: Some(outline.title.clone()),
        purpose: Some(outline.purpose.clone()),
        equipment: outline.equipment.clone(),
        without_equipment: outline.equipment.is_empty(),
    };
    Ok((id.to_owned(), reader.ask(request).await?.position, &ACTS[1]))
}

/// What is only asked is not the command that the form was made for.
fn command_id(form: &Query, only_asks: bool) -> String {
    match only_asks {
        true => client::command_id(),
        false => form.get("command_id").unwrap_or_default().to_owned(),
    }
}

/// What is like the topics of a request that are about no matter yet, and not settled.
async fn similar(
    reader: &Reader,
    outline: &SessionOutline,
    revised: Option<&str>,
) -> Result<Vec<Similar>, Failure> {
    let words = reader.words;
    let new = outline
        .topics
        .iter()
        .filter(|topic| topic.matter_id.is_none() && topic.title.chars().count() >= CHARACTERS_COMPARED_MIN);
    let compared = new.map(async |topic| {
        let request = CompareMatterRequest { text: topic.title.clone(), ..Default::default() };
        Ok::<_, Status>((topic.number, reader.ask(request).await?.similar))
    });
    let found = try_join_all(compared).await?;
    let others =
        found.into_iter().flat_map(|(topic, similar)| similar.into_iter().map(move |one| (topic, one)));
    let others = others.filter(|(_, one)| revised != Some(one.similar_id.as_str()));
    Ok(others.map(|(topic, one)| shown(words, topic, one)).collect())
}

fn shown(words: Words, topic: u32, one: SimilarMatter) -> Similar {
    Similar {
        topic,
        kind: words.value("huishang.scheduling.v1.SimilarKind", one.kind),
        href: href_of_similar(&one),
        title: one.title,
        likeness: one.likeness_percent,
    }
}

/// A form that is to be shown, and what came of it.
#[derive(Default)]
struct Asking {
    typed: Query,
    revises: Option<(String, u64)>,
    /// By how many topics it is to grow.
    more: u32,
    accepted: bool,
    refused: Option<Status>,
    similar: Vec<Similar>,
    /// What others made of the request meanwhile, where something else was typed.
    on_record: Vec<(String, String)>,
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    asking: Asking,
) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let around = reader.surroundings(desk).await?;
    let ground = Ground::read(reader, asking.typed.get("body")).await?;
    let act = &ACTS[usize::from(asking.revises.is_some())];
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, words.t(act.label));
    let stamp = Stamp::new(reader, &around.calendar, None, ground.position, "/v1/bodies").await;
    frame.stamp = Some(stamp);
    frame.notice = match &asking.refused {
        Some(status) => Some(act::refused_form(reader, |field| fields::label_of(words, field), status)),
        None if asking.accepted => {
            let sentence = words.t("The rules accept it. Nothing is recorded yet.").to_owned();
            Some(Notice { kind: "done", sentence, reason: None })
        }
        None => None,
    };
    let may_request = act.may_be_tried_by(reader);
    let page = RequestPage {
        bodies: ground.bodies.iter().map(|body| (body.code.clone(), body.name.clone())).collect(),
        form: ground
            .body
            .as_ref()
            .filter(|_| may_request)
            .map(|body| form(words, &around, body, &ground, asking)),
        for_whom: act.for_whom(words),
        may_request,
        frame,
    };
    Ok(html(&page))
}

fn form(words: Words, around: &Surroundings, body: &DecidingBody, ground: &Ground, asking: Asking) -> Form {
    let known = |kind: &str| words.values(&format!("huishang.scheduling.v1.{kind}"));
    let departments = around.directory.departments().iter();
    let matters = ground.matters.iter();
    Form {
        command_id: client::command_id(),
        kinds: known("SessionKind"),
        classes: known("MatterClass"),
        labels: known("Label"),
        roles: known("RoleOnTopic"),
        matters: matters.map(|matter| (matter.matter_id.clone(), matter.title.clone())).collect(),
        departments: departments.map(|known| (known.code.clone(), known.name.clone())).collect(),
        topics: fields::topic_rows(&asking.typed, TOPICS_AT_ONCE, asking.more),
        seats: fields::seat_rows(around, body, &asking.typed),
        revises: asking.revises,
        similar: asking.similar,
        on_record: asking.on_record,
        typed: asking.typed,
    }
}
