//! The minutes of a session: how far they are, and the files that they can be had as.

use super::if_there;
use crate::desk::answer::{self, Failure};
use crate::desk::reader::Reader;
use client::Language;
use http::Response;
use proto::deliberation::v1::{DocumentFormat, DocumentLanguage, ExportMinutesRequest, GetMinutesRequest};
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
}

/// The minutes, if there are any yet.
pub(super) async fn of(
    reader: &Reader,
    id: &str,
    at_least_position: u64,
) -> Result<Option<Minutes>, Failure> {
    let request = GetMinutesRequest { at_least_position, docket_id: id.to_owned(), language: 0 };
    let minutes = if_there(reader.ask(request).await)?.and_then(|answer| answer.minutes);
    let file = |(ending, _, name)| (format!("/sessions/{id}/minutes.{ending}"), name);
    Ok(minutes.map(|minutes| Minutes {
        stage: reader.words.value(STAGE, minutes.stage),
        files: FILES.map(file).into(),
    }))
}

/// The file of that name, in the reader's language.
pub(in crate::desk) async fn file(reader: &Reader, id: &str, name: &str) -> Result<Response<Body>, Failure> {
    let ending = name.strip_prefix("minutes.");
    let known = FILES.iter().find(|(known, _, _)| Some(*known) == ending);
    let (_, format, _) = known.ok_or(Failure::NotFound)?;
    let language = match reader.words.0 {
        Language::Chinese => DocumentLanguage::Chinese,
        Language::English => DocumentLanguage::English,
    };
    let request = ExportMinutesRequest {
        docket_id: id.to_owned(),
        language: language.into(),
        format: (*format).into(),
        ..Default::default()
    };
    let file = reader.ask(request).await?;
    Ok(answer::file(file.content, &file.media_type, &file.file_name))
}
