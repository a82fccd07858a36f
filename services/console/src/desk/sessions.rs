//! Sessions (会商): the list, and one session with its agenda, its ballots, who is there, and what can happen next.

mod acts;
mod debate;
mod debate_acts;
mod docket;
mod drafts;
mod emergency;
mod invitations;
pub(super) mod minutes;
mod poll;
pub(super) mod request;
mod secret_vote;
pub(super) mod slots;

use super::act::{self, Input, Moves};
use super::answer::{Failure, html};
use super::calendar_file;
use super::export;
use super::frame::{Frame, Nav, Notice, Stamp};
use super::items::summary;
use super::limits::ROWS_PER_PAGE;
use super::markup::Markup;
use super::pager::Pager;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk, Query};
use askama::Template;
use docket::Sitting;
use emergency::Emergency;
use http::Response;
use minutes::Minutes;
use proto::deliberation::v1::{GetDocketRequest, GetNextStepsRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1::{
    AddedTopic, GetSessionRequest, Label, ListSessionsRequest, Session, SessionSummary, SessionTopic,
};
use slots::Slots;
use tonic::body::Body;
use tonic::{Code, Status};

pub(super) use acts::ACTS;
pub(super) use docket::outcome_word;

const STAGE: &str = "huishang.scheduling.v1.SessionStage";

struct Row {
    href: String,
    title: String,
    body: String,
    stage: String,
    chair: String,
    starts: Option<Markup>,
    topics: u32,
    attendees: u32,
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    may_request: bool,
    summary: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// The list.
pub(super) async fn list(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let request = ListSessionsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        order_by: "requested_at desc".into(),
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    if calendar_file::is_wanted(&query) {
        return calendar_file::of_sessions(desk, reader, asked, request).await;
    }
    let (around, answer) = reader.ask_around(desk, request).await?;
    let pager = Pager::new(&query, "/sessions", &answer.next_page_token);
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, words.t("Sessions"));
    frame.offer_files(&query, "/sessions");
    frame.offer_calendar(&query, "/sessions");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, None, answer.position, "/v1/sessions").await);
    let page = SessionsPage {
        may_request: request::ACTS.iter().all(|act| act.may_be_tried_by(reader)),
        frame,
        summary: summary(words, answer.sessions.len(), &pager),
        rows: answer.sessions.iter().map(|session| row(words, &around, session)).collect(),
        pager,
    };
    Ok(html(&page))
}

fn row(words: Words, around: &Surroundings, session: &SessionSummary) -> Row {
    Row {
        href: format!("/sessions/{}", session.session_id),
        title: session.title.clone(),
        body: session.body_code.clone(),
        stage: words.value(STAGE, session.stage),
        chair: around.directory.name(&session.chair_code),
        starts: session.starts_at.map(|moment| around.calendar.short(words, &moment)),
        topics: session.topic_count,
        attendees: session.attendee_count,
    }
}

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage {
    frame: Frame,
    lede: Markup,
    purpose: String,
    body: String,
    chair: String,
    requester: String,
    findings: Vec<String>,
    moves: Moves,
    expected_position: u64,
    sitting: Option<Sitting>,
    /// Whether the session is still to be held, so that it is the session that goes on and not its docket.
    is_to_be_held: bool,
    minutes: Option<Minutes>,
    emergency: Option<Emergency>,
    topics: Vec<AgendaLine>,
    slots: Option<Slots>,
    invitations: Option<invitations::Invitations>,
    poll: Option<poll::Poll>,
    asking: Option<poll::Asking>,
    cost: String,
    equipment: String,
    /// Where the request can be revised, as long as it can.
    revise: Option<String>,
}

/// The page of one session.
pub(super) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, id, None, None).await
}

/// Carries out an act on a session or its docket, which have the same id.
pub(super) async fn act(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let page =
        async |form: &Query, status: &Status| show(desk, reader, asked, id, Some((form, status)), None).await;
    let form = Query::of(&asked.body);
    match form.get("action") {
        Some(secret_vote::CHECK) => {
            let told = secret_vote::check(reader, &form, id).await?;
            return show(desk, reader, asked, id, None, Some(told)).await;
        }
        // Its code is in this answer and nowhere else, so there is no page to be led to.
        Some(action) if action == secret_vote::CAST.name() => {
            return match secret_vote::cast(reader, &form, id).await {
                Ok(told) => show(desk, reader, asked, id, None, Some(told)).await,
                Err(status) => {
                    let (code, status) = Failure::refusal(status)?;
                    let mut refused = page(&form, &status).await?;
                    *refused.status_mut() = code;
                    Ok(refused)
                }
            };
        }
        _ => {}
    }
    act::carried_out(reader, asked, ACTS, (acts::id_field, id), "/sessions", page).await
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
    refused: Option<(&Query, &Status)>,
    told: Option<Notice>,
) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let seen = act::changed_at(refused.map(|(_, status)| status));
    let at_least_position = asked.query().number("at").unwrap_or_default().max(seen);
    let session = GetSessionRequest { session_id: id.to_owned(), at_least_position };
    let docket = GetDocketRequest { docket_id: id.to_owned(), at_least_position };
    let steps = GetNextStepsRequest { docket_id: id.to_owned(), at_least_position };
    let (around, answer, head, docket, steps) = futures::try_join!(
        reader.surroundings(desk),
        async { Ok::<_, Failure>(reader.ask(session).await?) },
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
        async { Ok(if_there(reader.ask(docket).await)?) },
        async { Ok(if_there(reader.ask(steps).await)?) },
    )?;
    let typed = refused.map(|(form, _)| form);
    let minutes = minutes::of(reader, &around, id, at_least_position, typed).await?;
    let session = answer.session.ok_or(Failure::NotFound)?;
    if calendar_file::is_wanted(&asked.query()) {
        return calendar_file::of_session(desk, reader, asked, &session).await;
    }
    let slots = slots::of(reader, &around, &session, at_least_position).await;
    let poll = poll::of(reader, &around, &session, at_least_position, typed).await?;
    let asking = poll::asking(reader, &around, slots.as_ref(), poll.as_ref(), head.clock_at);
    let mut moves = act::moves(reader, acts::OF_SESSION, &[("sessionId", id)], typed).await?;
    let may_relabel = moves.possible.iter().any(|offer| offer.name == "RelabelTopic");
    if may_relabel && !session.papers.is_empty() {
        moves.possible.push(acts::RELABEL_PAPER.offer(words, typed));
    }
    let outline = session.outline.clone().unwrap_or_default();
    let mut frame = Frame::new(reader, &around, asked, Nav::Sessions, &outline.title);
    frame.stamp = Some(
        Stamp::new(reader, &around.calendar, head.clock_at, answer.position, &format!("/v1/sessions/{id}"))
            .await,
    );
    if session.slot.is_some() {
        frame.offer_calendar(&asked.query(), asked.head.uri.path());
    }
    frame.typed = act::typed(words, ACTS, refused);
    frame.notice = match refused {
        Some((form, status)) => Some(act::not_done(reader, ACTS, form, status)),
        None => {
            told.or_else(|| act::done(words, ACTS, asked)).or_else(|| act::done(words, request::ACTS, asked))
        }
    };
    let sitting =
        docket.and_then(|answer| Some((answer.docket?, answer.position))).map(|(docket, position)| {
            let steps = steps.map(|steps| steps.steps).unwrap_or_default();
            docket::sitting(reader, &around, &session, (&docket, position), &steps, typed)
        });
    let page = SessionPage {
        is_to_be_held: sitting.as_ref().is_none_or(|sitting| sitting.is_set_aside),
        revise: request::revisable(reader, &session).then(|| format!("/sessions/{id}/revise")),
        lede: lede(words, &around, &session),
        purpose: outline.purpose,
        body: outline.body_code,
        equipment: words.list(&outline.equipment),
        chair: around.directory.name(&session.chair_code),
        requester: requester(&around, &session),
        findings: findings(words, &session),
        expected_position: answer.position,
        topics: agenda_lines(words, &session),
        emergency: emergency::of(reader, &around, &session).await,
        moves,
        slots,
        invitations: invitations::of(reader, &around, &session),
        poll,
        asking,
        cost: cost(words, &session),
        sitting,
        minutes,
        frame,
    };
    Ok(html(&page))
}

/// A topic on the agenda, before there is a docket.
struct AgendaLine {
    /// Its number on paper.
    number: String,
    /// The heading of the section that begins with it.
    section: Option<String>,
    title: String,
    /// None where it is decided in its sub-topics.
    minutes: Option<u32>,
    /// That it was added, and why; nothing for most.
    added: String,
}

fn agenda_lines(words: Words, session: &Session) -> Vec<AgendaLine> {
    let topics = session.outline.iter().flat_map(|outline| &outline.topics);
    let line = |(topic, number): (&SessionTopic, &String)| {
        let added = session.added_topics.iter().find(|added| added.topic_number == topic.number);
        AgendaLine {
            number: number.clone(),
            section: topic.section.clone(),
            title: labelled(words, topic.title.clone(), topic.label),
            minutes: Some(topic.timebox_minutes).filter(|minutes| *minutes > 0),
            added: added.map(|added| addition(words, added)).unwrap_or_default(),
        }
    };
    topics.zip(&session.printed_numbers).map(line).collect()
}

/// How a topic came on the agenda after all were invited.
fn addition(words: Words, added: &AddedTopic) -> String {
    match (&added.reason, added.from_floor) {
        (_, true) => words.t("Taken on the agenda from the floor").to_owned(),
        (Some(reason), false) => words.say("Added after the invitation: {reason}", &[("reason", reason)]),
        (None, false) => words.t("Added after the invitation").to_owned(),
    }
}

/// The department that requested it, if one did.
fn requester(around: &Surroundings, session: &Session) -> String {
    session.requester_code.as_deref().map(|code| around.directory.name(code)).unwrap_or_default()
}

/// A title with its label, unless it is internal like most.
fn labelled(words: Words, title: String, label: Option<i32>) -> String {
    match label {
        Some(label) if label != Label::Internal as i32 => {
            format!("{title} [{}]", words.value("huishang.scheduling.v1.Label", label))
        }
        _ => title,
    }
}

/// What may not be there yet: a docket is prepared when its session is convened.
pub(super) fn if_there<T>(answered: Result<T, Status>) -> Result<Option<T>, Status> {
    match answered {
        Ok(answer) => Ok(Some(answer)),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}

fn lede(words: Words, around: &Surroundings, session: &Session) -> Markup {
    let stage = Markup::text(&words.value(STAGE, session.stage));
    match &session.slot {
        Some(slot) => Markup::fill(
            words.t("{stage}; {moment}, {room}."),
            &[
                ("stage", stage),
                ("moment", around.calendar.full(words, &slot.starts_at.unwrap_or_default())),
                ("room", Markup::text(&slot.room_code)),
            ],
        ),
        None => stage,
    }
}

/// What it costs in working time, and in money where its body has a rate, before anybody has come.
fn cost(words: Words, session: &Session) -> String {
    let departments = session.outline.as_ref().map_or(0, |outline| outline.attendees.len());
    let hours = format!("{:.1}", f64::from(session.person_minutes) / 60.0);
    let values: [(&str, &dyn ToString); 3] =
        [("hours", &hours), ("people", &session.people), ("count", &departments)];
    let time = words.say("{hours} person-hours, of {people} people from {count} departments", &values);
    match &session.cost {
        Some(cost) => format!("{time}; {} {}", cost.currency_code, cost.amount),
        None => time,
    }
}

/// The meeting rules that a session breaks, each with its figures.
fn findings(words: Words, session: &Session) -> Vec<String> {
    let findings = session.findings.iter().filter_map(|finding| finding.finding);
    findings
        .map(|finding| {
            let rule = words.value("huishang.scheduling.v1.ScreeningRule", finding.rule);
            let values: [(&str, &dyn ToString); 3] =
                [("rule", &rule), ("measure", &finding.measure), ("limit", &finding.limit)];
            words.say("{rule}: {measure}, and the limit is {limit}", &values)
        })
        .collect()
}
