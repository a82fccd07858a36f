//! Resolutions (决议): what was decided, how it was carried, and what became of it.

use super::answer::{self, Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::items::{ItemRow, row_of_item, summary};
use super::limits::{ROWS_AT_ONCE, ROWS_PER_PAGE};
use super::markup::Markup;
use super::moment;
use super::pager::Pager;
use super::provenance::BESIDE;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk, Provenance};
use askama::Template;
use client::Language;
use http::Response;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    Dissent, DocumentFormat, DocumentLanguage, ExportResolutionRequest, GetResolutionRequest,
    ListItemsRequest, ListResolutionsRequest, Resolution, ResolutionStage, ResolutionSummary,
};
use tonic::body::Body;

const STAGE: &str = "huishang.resolution.v1.ResolutionStage";
/// The kinds of file of a resolution: how a name ends, and what it is called.
const FILES: [(&str, DocumentFormat, &str); 3] = [
    ("pdf", DocumentFormat::Pdf, "PDF"),
    ("docx", DocumentFormat::Docx, "docx"),
    ("html", DocumentFormat::Html, "HTML"),
];

struct Row {
    href: String,
    number: String,
    title: String,
    body: String,
    decided: Markup,
    stage: String,
    items: u32,
    accepted: u32,
}

#[derive(Template)]
#[template(path = "resolutions.html")]
struct ResolutionsPage {
    frame: Frame,
    text: String,
    stage: String,
    stages: Vec<(&'static str, String)>,
    summary: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// The list.
pub(super) async fn list(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let stage = query.get("stage").map(|name| ResolutionStage::from_str_name(name).ok_or(Failure::NotFound));
    let stage = stage.transpose()?;
    let request = ListResolutionsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        order_by: "decided_on desc".into(),
        body_code: query.get("body").map(str::to_owned),
        text: query.get("q").map(str::to_owned),
        stage: stage.map(Into::into),
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    let (around, answer) = reader.ask_around(desk, request).await?;
    let pager = Pager::new(&query, "/resolutions", &answer.next_page_token);
    let mut frame = Frame::new(reader, &around, asked, Nav::Resolutions, words.t("Resolutions"));
    frame.offer_files(&query, "/resolutions");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, None, answer.position, "/v1/resolutions").await);
    let stages = [ResolutionStage::InForce, ResolutionStage::Rescinded, ResolutionStage::Superseded];
    let page = ResolutionsPage {
        frame,
        text: query.get("q").unwrap_or_default().to_owned(),
        stage: stage.map(|stage| stage.as_str_name().to_owned()).unwrap_or_default(),
        stages: stages.map(|stage| (stage.as_str_name(), words.value(STAGE, stage.into()))).into(),
        summary: summary(words, answer.resolutions.len(), &pager),
        rows: answer.resolutions.iter().map(|resolution| row(words, resolution)).collect(),
        pager,
    };
    Ok(html(&page))
}

fn row(words: Words, resolution: &ResolutionSummary) -> Row {
    Row {
        href: format!("/resolutions/{}", resolution.resolution_id),
        number: resolution.number.clone(),
        title: resolution.title.clone(),
        body: resolution.body_code.clone(),
        decided: moment::day(words, &resolution.decided_on),
        stage: words.value(STAGE, resolution.stage),
        items: resolution.items,
        accepted: resolution.accepted_items,
    }
}

/// Another resolution that this one changes, or that changes it.
struct Related {
    /// Such as `Amends`.
    how: String,
    href: String,
    title: String,
}

#[derive(Template)]
#[template(path = "resolution.html")]
struct ResolutionPage {
    frame: Frame,
    number: String,
    title: String,
    lede: Markup,
    text: String,
    /// How it was carried, with its arithmetic.
    carried: Option<String>,
    dissents: Vec<String>,
    body: String,
    source: Option<String>,
    session: Option<String>,
    reason: Option<String>,
    related: Vec<Related>,
    items: Vec<ItemRow>,
    /// The address of each file, and what it is called.
    files: Vec<(String, &'static str)>,
}

/// The page of one resolution.
pub(super) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let request = GetResolutionRequest { resolution_id: id.to_owned(), ..Default::default() };
    let items = ListItemsRequest {
        page_size: ROWS_AT_ONCE,
        resolution_id: Some(id.to_owned()),
        ..Default::default()
    };
    let (around, answer, items, head) = futures::try_join!(
        reader.surroundings(desk),
        async { Ok::<_, Failure>(reader.ask(request).await?) },
        async { Ok(reader.ask(items).await?) },
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
    )?;
    let resolution = answer.resolution.ok_or(Failure::NotFound)?;
    let registration = resolution.registration.clone().unwrap_or_default();
    let related = related(reader, &resolution).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Resolutions, &registration.title);
    let api = format!("/v1/resolutions/{id}");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, head.clock_at, answer.position, &api).await);
    let page = ResolutionPage {
        lede: lede(words, &resolution, answer.accepted_items),
        carried: registration
            .votes
            .as_ref()
            .map(|votes| words.told("huishang.resolution.v1.ResolutionVotes", "sentence", &votes.sentence)),
        dissents: resolution.dissents.iter().map(|dissent| dissent_of(words, &around, dissent)).collect(),
        number: registration.number,
        title: registration.title,
        text: registration.text,
        body: registration.body_code,
        source: registration.source,
        session: registration.session_id.map(|id| format!("/sessions/{id}")),
        reason: resolution.reason,
        related,
        files: FILES.map(|(ending, _, name)| (format!("/resolutions/{id}/resolution.{ending}"), name)).into(),
        items: items.items.iter().map(|item| row_of_item(words, &around.directory, item)).collect(),
        frame,
    };
    Ok(html(&page))
}

/// The file of that name, in the reader's language, or its proof.
pub(super) async fn file(reader: &Reader, id: &str, name: &str) -> Result<Response<Body>, Failure> {
    let document = name.strip_suffix(BESIDE).unwrap_or(name);
    let ending = document.strip_prefix("resolution.");
    let known = FILES.iter().find(|(known, _, _)| Some(*known) == ending);
    let (_, format, _) = known.ok_or(Failure::NotFound)?;
    let language = match reader.words.0 {
        Language::Chinese => DocumentLanguage::Chinese,
        Language::English => DocumentLanguage::English,
    };
    let address = format!("/resolutions/{id}/{document}");
    // HTML stays as it is sealed, and a proof beside a document is of one that carries none.
    let carries = document == name && *format != DocumentFormat::Html;
    let provenance = if carries { Provenance::of_document(reader, &address).await } else { None };
    let (proof, at_least_position) =
        provenance.map(|(provenance, position)| (provenance.text(), position)).unwrap_or_default();
    let request = ExportResolutionRequest {
        resolution_id: id.to_owned(),
        language: language.into(),
        format: (*format).into(),
        proof,
        at_least_position,
        ..Default::default()
    };
    let file = reader.ask(request).await?;
    if document != name {
        return Provenance::beside(reader, &address, file.position, &file.file_name).await;
    }
    Ok(answer::file(file.content, &file.media_type, &file.file_name))
}

fn lede(words: Words, resolution: &Resolution, accepted: u32) -> Markup {
    let registration = resolution.registration.clone().unwrap_or_default();
    let (stage, decided) = (words.value(STAGE, resolution.stage), &registration.decided_on);
    let pieces = [("stage", Markup::text(&stage)), ("date", moment::full_day(words, decided))];
    if registration.declaratory {
        return Markup::fill(words.t("{stage}; decided on {date}. There is nothing to carry out."), &pieces);
    }
    let [accepted, items] = [accepted.to_string(), registration.item_ids.len().to_string()];
    let counts = [("n", Markup::text(&accepted)), ("of", Markup::text(&items))];
    let sentence = words.t("{stage}; decided on {date}. {n} of {of} items are accepted.");
    Markup::fill(sentence, &[pieces, counts].concat())
}

fn dissent_of(words: Words, around: &Surroundings, dissent: &Dissent) -> String {
    let name = around.directory.name(&dissent.department_code);
    let who = match dissent.partly {
        true => words.say("{name}, with a part of its weight", &[("name", &name)]),
        false => name,
    };
    match &dissent.reason {
        Some(reason) => words.say("{name}: {reason}", &[("name", &who), ("reason", reason)]),
        None => who,
    }
}

/// What it does to others, and others to it.
async fn related(reader: &Reader, resolution: &Resolution) -> Result<Vec<Related>, Failure> {
    let words = reader.words;
    let changes = resolution.registration.iter().flat_map(|registration| &registration.changes);
    let effect = |effect| words.value("huishang.resolution.v1.ChangeEffect", effect);
    let mut found: Vec<(String, &str)> =
        changes.map(|change| (effect(change.effect), change.resolution_id.as_str())).collect();
    for (how, ids) in [
        (words.t("Amended by"), resolution.amended_by_resolution_ids.as_slice()),
        (words.t("Rescinded by"), resolution.rescinded_by_resolution_id.as_slice()),
        (words.t("Superseded by"), resolution.successor_resolution_id.as_slice()),
    ] {
        found.extend(ids.iter().map(|id| (how.to_owned(), id.as_str())));
    }
    let shown = found.into_iter().map(async |(how, id)| {
        let request = GetResolutionRequest { resolution_id: id.to_owned(), ..Default::default() };
        let registration = reader.ask(request).await?.resolution.and_then(|found| found.registration);
        let registration = registration.unwrap_or_default();
        let title = format!("{} {}", registration.number, registration.title);
        Ok(Related { how, href: format!("/resolutions/{id}"), title })
    });
    futures::future::try_join_all(shown).await
}
