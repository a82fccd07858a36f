//! The minutes of a session: how far they are, and the files that they can be had as.

use super::acts::OF_MINUTES;
use super::if_there;
use crate::desk::act::{self, Moves};
use crate::desk::answer::{self, Failure};
use crate::desk::markup::Markup;
use crate::desk::provenance::BESIDE;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::{Provenance, Query};
use client::Language;
use http::Response;
use proto::deliberation::v1::{
    DocumentFormat, DocumentLanguage, ExportMinutesRequest, GetMinutesRequest, MinutesStage,
};
use tonic::body::Body;

const STAGE: &str = "huishang.deliberation.v1.MinutesStage";
/// The kinds of file: how a name ends, and what it is called.
const FILES: [(&str, DocumentFormat, &str); 3] = [
    ("pdf", DocumentFormat::Pdf, "PDF"),
    ("docx", DocumentFormat::Docx, "docx"),
    ("html", DocumentFormat::Html, "HTML"),
];

/// Minutes as a page shows them.
pub(super) struct Minutes {
    pub(super) stage: String,
    /// The address of each file, and what it is called.
    pub(super) files: Vec<(String, &'static str)>,
    /// Until when those who took part may object, while they may.
    pub(super) confirm_by: Option<Markup>,
    /// Those who confirmed them, and those who object.
    pub(super) confirmed: String,
    pub(super) objecting: String,
    /// Corrections and objections.
    pub(super) notes: Vec<String>,
    pub(super) moves: Moves,
    /// Up to where the log was read for this.
    pub(super) position: u64,
}

/// The minutes, if there are any yet.
pub(super) async fn of(
    reader: &Reader,
    around: &Surroundings,
    id: &str,
    at_least_position: u64,
    typed: Option<&Query>,
) -> Result<Option<Minutes>, Failure> {
    let request = GetMinutesRequest { at_least_position, docket_id: id.to_owned(), language: 0 };
    let Some(answer) = if_there(reader.ask(request).await)? else { return Ok(None) };
    let (words, minutes) = (reader.words, answer.minutes.unwrap_or_default());
    let is_open = minutes.stage() == MinutesStage::Drafted;
    let moves = match is_open {
        true => act::moves(reader, OF_MINUTES, &[("docketId", id)], typed).await?,
        false => Moves::default(),
    };
    let names = |codes: &[String]| {
        words.list(&codes.iter().map(|code| around.directory.name(code)).collect::<Vec<_>>())
    };
    let file = |(ending, _, name)| (format!("/sessions/{id}/minutes.{ending}"), name);
    Ok(Some(Minutes {
        stage: words.value(STAGE, minutes.stage),
        files: FILES.map(file).into(),
        confirm_by: minutes.confirm_by.filter(|_| is_open).map(|by| around.calendar.full(words, &by)),
        confirmed: names(&minutes.confirmed_codes),
        objecting: names(&minutes.objecting_codes),
        notes: minutes.notes,
        moves,
        position: answer.position,
    }))
}

/// The file of that name, in the reader's language, or its proof.
pub(in crate::desk) async fn file(reader: &Reader, id: &str, name: &str) -> Result<Response<Body>, Failure> {
    let document = name.strip_suffix(BESIDE).unwrap_or(name);
    let ending = document.strip_prefix("minutes.");
    let known = FILES.iter().find(|(known, _, _)| Some(*known) == ending);
    let (_, format, _) = known.ok_or(Failure::NotFound)?;
    let language = match reader.words.0 {
        Language::Chinese => DocumentLanguage::Chinese,
        Language::English => DocumentLanguage::English,
    };
    let address = format!("/sessions/{id}/{document}");
    // HTML stays as it is sealed, and a proof beside a document is of one that carries none.
    let carries = document == name && *format != DocumentFormat::Html;
    let provenance = if carries { Provenance::of_document(reader, &address).await } else { None };
    let (proof, at_least_position) =
        provenance.map(|(provenance, position)| (provenance.text(), position)).unwrap_or_default();
    let request = ExportMinutesRequest {
        docket_id: id.to_owned(),
        language: language.into(),
        format: (*format).into(),
        proof,
        at_least_position,
    };
    let file = reader.ask(request).await?;
    if document != name {
        return Provenance::beside(reader, &address, file.position, &file.file_name).await;
    }
    Ok(answer::file(file.content, &file.media_type, &file.file_name))
}
