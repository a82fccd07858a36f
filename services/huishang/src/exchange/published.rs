//! What may be published of sessions and their decisions: what is labelled public, whoever asks.
//!
//! A topic is published with its outcome once its session is over; before that, with when and where it will be decided, if
//! agendas are wanted. Titles of sessions, statements, votes of single departments, minutes and papers are for those who take
//! part, and are not read here.

use crate::client::rows::{self, PAGE_SIZE};
use crate::language::text;
use anyhow::Context as _;
use client::Client;
use prost_types::Timestamp;
use proto::deliberation::v1::{
    Docket, DocketStage, DocketTopic, GetDocketRequest, Label as DocketLabel, ListDocketsRequest,
};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    GetResolutionRequest, Label as ResolutionLabel, ListResolutionsRequest, Resolution,
    ResolutionRegistration,
};
use proto::scheduling::v1::{
    BodySummary, GetSessionRequest, Label, ListBodiesRequest, ListRoomsRequest, ListSessionsRequest, Room,
    Session, SessionStage, SessionSummary, SessionTopic,
};
use std::collections::BTreeMap;

/// What is public.
#[derive(Debug, Default)]
pub struct Published {
    pub bodies: Vec<BodySummary>,
    pub rooms: BTreeMap<String, Room>,
    pub sessions: Vec<PublicSession>,
}

/// A session with a topic that is public.
#[derive(Debug, Clone)]
pub struct PublicSession {
    pub session: Session,
    pub topics: Vec<PublicTopic>,
    /// When it was opened and closed, if it was held without a room and a time being set.
    pub opened_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}

/// A topic that is public.
#[derive(Debug, Clone)]
pub struct PublicTopic {
    pub topic: SessionTopic,
    /// Its number on paper, among all topics of its session.
    pub printed_number: String,
    /// What became of it; none before its session is over.
    pub ended: Option<DocketTopic>,
    /// The resolution that it led to.
    pub resolution: Option<Resolution>,
}

/// Reads what is public and visible to whoever asks; with what is to come, if agendas are wanted.
pub async fn read(client: &Client, agendas: bool) -> anyhow::Result<Published> {
    let at_least_position = head(client).await?;
    let mut published =
        Published { bodies: bodies(client).await?, rooms: rooms(client).await?, ..Default::default() };
    for SessionSummary { session_id, .. } in sessions(client, at_least_position).await? {
        let request = GetSessionRequest { at_least_position, session_id: session_id.clone() };
        let answer = client.call(request).await.with_context(|| session_id.clone())?;
        let Some(session) = answer.session else { continue };
        let topics: Vec<SessionTopic> =
            session.outline.iter().flat_map(|outline| &outline.topics).cloned().collect();
        let is_public = |topic: &SessionTopic| topic.label == Some(Label::Public.into());
        if !topics.iter().any(is_public) {
            continue;
        }
        let ended = closed_docket(client, at_least_position, &session).await?.map(|docket| docket.topics);
        if ended.is_none() && !(agendas && is_announced(&session)) {
            continue;
        }
        let topics = topics.into_iter().zip(session.printed_numbers.clone());
        let topics = topics.filter(|(topic, _)| is_public(topic));
        let topics: Vec<PublicTopic> =
            topics.filter_map(|placed| public_topic(placed, ended.as_deref())).collect();
        if !topics.is_empty() {
            let (opened_at, closed_at) = held(client, &session).await?;
            published.sessions.push(PublicSession { session, topics, opened_at, closed_at });
        }
    }
    published.sessions.sort_by(|one, other| one.session.session_id.cmp(&other.session.session_id));
    add_resolutions(client, at_least_position, &mut published.sessions).await?;
    Ok(published)
}

/// Whether it is known when it takes place, until when it is signed, or that it does not take place.
fn is_announced(session: &Session) -> bool {
    match session.stage() {
        SessionStage::Scheduled | SessionStage::Convened => session.slot.is_some(),
        SessionStage::Countersigning | SessionStage::Cancelled => true,
        _ => false,
    }
}

/// A topic with what became of it: public in both places, as a label may be changed between two questions.
fn public_topic(
    (topic, printed_number): (SessionTopic, String),
    ended: Option<&[DocketTopic]>,
) -> Option<PublicTopic> {
    let Some(ended) = ended else {
        return Some(PublicTopic { topic, printed_number, ended: None, resolution: None });
    };
    let ended = ended.iter().find(|one| one.number == topic.number)?.clone();
    (ended.label == Some(DocketLabel::Public.into())).then_some(PublicTopic {
        topic,
        printed_number,
        ended: Some(ended),
        resolution: None,
    })
}

/// The docket of a session that is over.
async fn closed_docket(
    client: &Client,
    at_least_position: u64,
    session: &Session,
) -> anyhow::Result<Option<Docket>> {
    if session.stage() != SessionStage::Concluded {
        return Ok(None);
    }
    let request = GetDocketRequest { at_least_position, docket_id: session.session_id.clone() };
    let answer = client.call(request).await.with_context(|| session.session_id.clone())?;
    Ok(answer.docket.filter(|docket| docket.stage() == DocketStage::Closed))
}

/// When a session was held that had no room and time, as an emergency may.
async fn held(client: &Client, session: &Session) -> anyhow::Result<(Option<Timestamp>, Option<Timestamp>)> {
    if session.slot.is_some() || session.sign_by.is_some() || session.stage() != SessionStage::Concluded {
        return Ok((None, None));
    }
    let request = ListDocketsRequest { id_prefix: Some(session.session_id.clone()), ..Default::default() };
    let listed = client.call(request).await.with_context(|| session.session_id.clone())?.dockets;
    Ok(listed.first().map_or((None, None), |docket| (docket.opened_at, docket.closed_at)))
}

/// The end of the log: what is read after it, and what follows from that, is in every answer.
pub async fn head(client: &Client) -> anyhow::Result<u64> {
    let answer = client.call(GetHeadRequest {}).await.context(text("reading the head of the log"))?;
    Ok(answer.position)
}

/// All sessions.
pub async fn sessions(client: &Client, at_least_position: u64) -> anyhow::Result<Vec<SessionSummary>> {
    let list = |page_token| ListSessionsRequest {
        at_least_position,
        page_size: PAGE_SIZE,
        page_token,
        ..Default::default()
    };
    rows::all(client, text("reading the sessions"), list, |page| (page.sessions, page.next_page_token)).await
}

/// All bodies.
pub async fn bodies(client: &Client) -> anyhow::Result<Vec<BodySummary>> {
    let list = |page_token| ListBodiesRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
    rows::all(client, text("reading the bodies"), list, |page| (page.bodies, page.next_page_token)).await
}

/// All rooms, by their codes.
pub async fn rooms(client: &Client) -> anyhow::Result<BTreeMap<String, Room>> {
    let list = |page_token| ListRoomsRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
    let rooms =
        rows::all(client, text("reading the rooms"), list, |page| (page.rooms, page.next_page_token)).await?;
    Ok(rooms.into_iter().map(|room| (room.code.clone(), room)).collect())
}

/// The resolutions of topics that are over.
async fn add_resolutions(
    client: &Client,
    position: u64,
    sessions: &mut [PublicSession],
) -> anyhow::Result<()> {
    for PublicSession { session, topics, .. } in sessions {
        if topics.iter().all(|topic| topic.ended.is_none()) {
            continue;
        }
        for resolution in resolutions_of(client, position, &session.session_id).await? {
            let registration = resolution.registration.clone().unwrap_or_default();
            if registration.label != Some(ResolutionLabel::Public.into()) {
                continue;
            }
            let of = |topic: &&mut PublicTopic| {
                topic.ended.is_some() && registration.topic_number == Some(topic.topic.number)
            };
            if let Some(topic) = topics.iter_mut().find(of) {
                topic.resolution = Some(resolution);
            }
        }
    }
    Ok(())
}

async fn resolutions_of(client: &Client, position: u64, session_id: &str) -> anyhow::Result<Vec<Resolution>> {
    let list = ListResolutionsRequest {
        at_least_position: position,
        page_size: PAGE_SIZE,
        session_id: Some(session_id.to_owned()),
        ..Default::default()
    };
    let mut resolutions = Vec::new();
    let listed = client.call(list).await.context(text("reading the resolutions"))?.resolutions;
    for resolution_id in listed.into_iter().map(|one| one.resolution_id) {
        let request = GetResolutionRequest { resolution_id: resolution_id.clone(), ..Default::default() };
        let answer = client.call(request).await.with_context(|| resolution_id)?;
        resolutions.extend(answer.resolution);
    }
    Ok(resolutions)
}

impl PublicTopic {
    /// What was registered of its resolution.
    pub fn registration(&self) -> Option<(&Resolution, &ResolutionRegistration)> {
        let resolution = self.resolution.as_ref()?;
        Some((resolution, resolution.registration.as_ref()?))
    }
}
