//! One matter: its whole life, from when it was taken in over its session to what was decided, who owes what of it, and how
//! much of that is accepted; and what can happen next.

use super::acts::{self, ACTS, MERGE, TAKE_IN};
use super::similar::{self, Similar};
use crate::desk::act::{self, Input, Moves};
use crate::desk::answer::{Failure, html};
use crate::desk::frame::{Frame, Nav, Stamp};
use crate::desk::items::{ItemRow, row_of_item};
use crate::desk::limits::ROWS_AT_ONCE;
use crate::desk::markup::Markup;
use crate::desk::moment;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::sessions::{if_there, outcome_word};
use crate::desk::words::Words;
use crate::desk::{Asked, Desk, Query};
use askama::Template;
use futures::future::try_join_all;
use http::Response;
use proto::deliberation::v1::{Ballot, DocketTopic, GetDocketRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    GetResolutionRequest, ItemStage, ListItemsRequest, ListItemsResponse, ListResolutionsRequest, Resolution,
};
use proto::scheduling::v1::{
    GetMatterRequest, GetSessionRequest, ListSessionsRequest, Matter, MatterStage, Session,
};
use tonic::Status;
use tonic::body::Body;

/// The session on whose agenda it is, or was last.
struct OnAgenda {
    href: String,
    title: String,
    stage: String,
    starts: Option<Markup>,
    /// The number of its topic on paper.
    topic: String,
    /// How its topic ended there, and how the ballots went.
    outcome: String,
    results: Vec<String>,
}

/// A resolution that it came to.
struct Decided {
    href: String,
    title: String,
    decided: Markup,
    stage: String,
}

/// A session that was about it before.
struct Earlier {
    href: String,
    title: String,
    stage: String,
    requested: Markup,
}

#[derive(Template)]
#[template(path = "matter.html")]
struct MatterPage {
    frame: Frame,
    lede: String,
    id: String,
    body: String,
    summary: String,
    facts: Vec<(&'static str, Markup)>,
    /// Other matters that it is related to: how, and their addresses.
    related: Vec<(&'static str, String, String)>,
    /// Where a session about it is requested; nothing unless it waits for one.
    request: Option<String>,
    agenda: Option<OnAgenda>,
    /// Sessions that were about it before.
    earlier: Vec<Earlier>,
    decided: Vec<Decided>,
    items: Vec<ItemRow>,
    /// What is like it and not settled.
    similar: Vec<Similar>,
    moves: Moves,
    expected_position: u64,
}

/// The page.
pub(in crate::desk) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, id, None).await
}

/// Carries out an act on a matter, and shows what came of it.
pub(in crate::desk) async fn act(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let page =
        async |form: &Query, status: &Status| show(desk, reader, asked, id, Some((form, status))).await;
    act::carried_out(reader, asked, ACTS, (|_| "matterId", id), "/matters", page).await
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
    let matter = GetMatterRequest { at_least_position, matter_id: id.to_owned() };
    let items =
        ListItemsRequest { page_size: ROWS_AT_ONCE, matter_id: Some(id.to_owned()), ..Default::default() };
    let (around, answer, items, head) = futures::try_join!(
        reader.surroundings(desk),
        async { Ok::<_, Failure>(reader.ask(matter).await?) },
        async { Ok(reader.ask(items).await?) },
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
    )?;
    let matter = answer.matter.ok_or(Failure::NotFound)?;
    let typed = refused.map(|(form, _)| form);
    let is_settled = matches!(
        matter.stage(),
        MatterStage::Decided | MatterStage::Withdrawn | MatterStage::Merged | MatterStage::Split
    );
    let (mut moves, (agenda, decided), earlier, related, like) = futures::try_join!(
        async { Ok::<_, Failure>(act::moves(reader, acts::of_one(), &[("matterId", id)], typed).await?) },
        sitting(reader, &around, &matter),
        earlier(reader, &around, &matter, at_least_position),
        related(reader, &matter),
        async { Ok(similar::similar(reader, &matter, is_settled).await?) },
    )?;
    let may_be_merged = moves.possible.iter().any(|offer| offer.name == MERGE.name());
    similar::choose(reader, &matter, &like, &mut moves.possible).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Matters, &matter.title);
    let api = format!("/v1/matters/{id}");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, head.clock_at, answer.position, &api).await);
    frame.typed = act::typed(words, ACTS, refused);
    frame.notice = match refused {
        Some((form, status)) => Some(act::not_done(reader, ACTS, form, status)),
        None => act::done(words, ACTS, asked),
    };
    let waits = matter.stage() == MatterStage::Backlog && TAKE_IN.may_be_tried_by(reader);
    let page = MatterPage {
        lede: lede(words, &matter, &items),
        id: id.to_owned(),
        facts: facts(words, &around, &matter),
        request: waits.then(|| format!("/sessions/new?body={}&topic-1-matter={id}", matter.body_code)),
        body: matter.body_code,
        summary: matter.summary.unwrap_or_default(),
        items: items.items.iter().map(|item| row_of_item(words, &around.directory, item)).collect(),
        related,
        similar: similar::shown(reader, &like, may_be_merged),
        agenda,
        earlier,
        decided,
        moves,
        expected_position: answer.position,
        frame,
    };
    Ok(html(&page))
}

fn accepted(items: &ListItemsResponse) -> usize {
    items.items.iter().filter(|item| item.stage() == ItemStage::Accepted).count()
}

fn lede(words: Words, matter: &Matter, items: &ListItemsResponse) -> String {
    let stage = words.value("huishang.scheduling.v1.MatterStage", matter.stage);
    let (accepted, count) = (accepted(items), items.items.len());
    let values: [(&str, &dyn ToString); 4] =
        [("stage", &stage), ("body", &matter.body_code), ("n", &accepted), ("of", &count)];
    match count {
        0 => words.say("{stage}, before {body}.", &values),
        _ => {
            words.say("{stage}, before {body}. {n} of the {of} items that came of it are accepted.", &values)
        }
    }
}

fn facts(words: Words, around: &Surroundings, matter: &Matter) -> Vec<(&'static str, Markup)> {
    let text = |text: &Option<String>| text.as_deref().map(Markup::text);
    let day = |date: &Option<String>| date.as_deref().map(|date| moment::full_day(words, date));
    let raised_by = matter.raised_by_code.as_deref().map(|code| around.directory.name(code));
    let verdict = matter.verdict.map(|verdict| words.value("huishang.scheduling.v1.MatterVerdict", verdict));
    let label = words.value("huishang.scheduling.v1.Label", matter.label);
    let facts = [
        (words.t("Raised by"), text(&raised_by)),
        (words.t("Case"), text(&matter.case_reference)),
        (words.t("Label"), text(&Some(label))),
        (words.t("Deferrals"), Some(Markup::text(&matter.deferrals.to_string()))),
        (words.t("Comes back"), day(&matter.resume_on)),
        (words.t("Referred to"), text(&matter.referred_to_code)),
        (words.t("Outcome"), text(&verdict)),
        (words.t("Why it is there"), text(&matter.reason)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The matters that it was split or merged from or into, as far as the reader may see them.
async fn related(reader: &Reader, matter: &Matter) -> Result<Vec<(&'static str, String, String)>, Failure> {
    let words = reader.words;
    let ids = [
        (words.t("Merged into"), matter.merged_into_matter_id.as_slice()),
        (words.t("Split from"), matter.split_from_matter_id.as_slice()),
        (words.t("Split into"), matter.split_into_matter_ids.as_slice()),
        (words.t("Has in it"), matter.merged_matter_ids.as_slice()),
    ];
    let ids = ids.into_iter().flat_map(|(how, ids)| ids.iter().map(move |id| (how, id)));
    let asked = ids.map(async |(how, id)| {
        let request = GetMatterRequest { matter_id: id.clone(), ..Default::default() };
        let other = if_there(reader.ask(request).await)?.and_then(|answer| answer.matter);
        Ok::<_, Failure>(other.map(|other| (how, format!("/matters/{id}"), other.title)))
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// The sessions on whose agendas it was before, the last first.
async fn earlier(
    reader: &Reader,
    around: &Surroundings,
    matter: &Matter,
    at_least_position: u64,
) -> Result<Vec<Earlier>, Failure> {
    let request = ListSessionsRequest {
        at_least_position,
        page_size: ROWS_AT_ONCE,
        order_by: "requested_at desc".into(),
        matter_id: Some(matter.matter_id.clone()),
        ..Default::default()
    };
    let sessions = reader.ask(request).await?.sessions.into_iter();
    let before = sessions.filter(|session| Some(&session.session_id) != matter.session_id.as_ref());
    Ok(before
        .map(|session| Earlier {
            href: format!("/sessions/{}", session.session_id),
            stage: reader.words.value("huishang.scheduling.v1.SessionStage", session.stage),
            requested: around.calendar.full(reader.words, &session.requested_at.unwrap_or_default()),
            title: session.title,
        })
        .collect())
}

/// The session on whose agenda it is or was last, and the resolutions that its topic there came to.
async fn sitting(
    reader: &Reader,
    around: &Surroundings,
    matter: &Matter,
) -> Result<(Option<OnAgenda>, Vec<Decided>), Failure> {
    let Some(id) = &matter.session_id else { return Ok((None, Vec::new())) };
    let session = GetSessionRequest { session_id: id.clone(), ..Default::default() };
    let docket = GetDocketRequest { docket_id: id.clone(), ..Default::default() };
    let resolutions = ListResolutionsRequest {
        page_size: ROWS_AT_ONCE,
        session_id: Some(id.clone()),
        ..Default::default()
    };
    let (session, docket, resolutions) = futures::try_join!(
        async { if_there(reader.ask(session).await) },
        async { if_there(reader.ask(docket).await) },
        reader.ask(resolutions),
    )?;
    let Some(session) = session.and_then(|answer| answer.session) else { return Ok((None, Vec::new())) };
    let topics = || session.outline.iter().flat_map(|outline| &outline.topics);
    let topic = topics().filter(|topic| topic.matter_id.as_ref() == Some(&matter.matter_id));
    let number = topic.map(|topic| topic.number).next().or(matter.topic_number).unwrap_or_default();
    let mut placed = topics().zip(&session.printed_numbers);
    let printed = placed.find(|(topic, _)| topic.number == number).map(|(_, printed)| printed.clone());
    let docket = docket.and_then(|answer| answer.docket);
    let sat = docket.iter().flat_map(|docket| &docket.topics).find(|topic| topic.number == number);
    let wholes = resolutions.resolutions.iter().map(async |summary| {
        let id = summary.resolution_id.clone();
        let request = GetResolutionRequest { resolution_id: id, ..Default::default() };
        Ok::<_, Status>(reader.ask(request).await?.resolution)
    });
    let wholes = try_join_all(wholes).await?.into_iter().flatten();
    let of_topic = wholes.filter(|whole| {
        whole.registration.as_ref().is_some_and(|registration| registration.topic_number == Some(number))
    });
    let decided = of_topic.map(|whole| decided(reader.words, &whole)).collect();
    Ok((Some(on_agenda(reader.words, around, &session, printed.unwrap_or_default(), sat)), decided))
}

fn on_agenda(
    words: Words,
    around: &Surroundings,
    session: &Session,
    topic: String,
    sat: Option<&DocketTopic>,
) -> OnAgenda {
    let on_text = |ballot: &&Ballot| ballot.result.is_some() && ballot.motion_number.is_none();
    let results = sat.iter().flat_map(|topic| &topic.ballots).filter(on_text);
    OnAgenda {
        href: format!("/sessions/{}", session.session_id),
        title: session.outline.as_ref().map(|outline| outline.title.clone()).unwrap_or_default(),
        stage: words.value("huishang.scheduling.v1.SessionStage", session.stage),
        starts: session
            .slot
            .as_ref()
            .and_then(|slot| slot.starts_at)
            .map(|starts| around.calendar.full(words, &starts)),
        topic,
        outcome: sat.map(|topic| outcome_word(words, topic).to_owned()).unwrap_or_default(),
        results: results
            .map(|ballot| words.told("huishang.deliberation.v1.Ballot", "sentence", &ballot.sentence))
            .collect(),
    }
}

fn decided(words: Words, resolution: &Resolution) -> Decided {
    let registration = resolution.registration.clone().unwrap_or_default();
    Decided {
        href: format!("/resolutions/{}", resolution.resolution_id),
        title: format!("{} {}", registration.number, registration.title),
        decided: moment::full_day(words, &registration.decided_on),
        stage: words.value("huishang.resolution.v1.ResolutionStage", resolution.stage),
    }
}
