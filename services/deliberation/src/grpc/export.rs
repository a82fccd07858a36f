//! Minutes as files.

use super::minutes::{absent, language, record, visible};
use super::{Reply, Service, docket_id};
use documents::minutes::Record;
use documents::{Names, Paper};
use domain::deliberation::minutes::{Minutes, Rejection};
use domain::directory::department::Department;
use domain::scheduling::body::Body;
use domain::{Aggregate, Timestamp, Uuid};
use proto::Invalid;
use proto::deliberation::v1::{self as pb, DocumentFormat};
use proto::record::EventCodec;
use service_kit::{CommandError, Kit, events};
use tonic::{Request, Response};

/// Bytes of a file, at most, so that it fits into an answer, also of JSON.
const FILE_BYTES_MAX: usize = 3 << 20;

pub(super) async fn export(
    service: &Service,
    request: Request<pb::ExportMinutesRequest>,
) -> Reply<pb::ExportMinutesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = docket_id(&request.docket_id)?;
    let language = language(request.language())
        .ok_or_else(|| Invalid::field("language", "must be set: Chinese or English"))?;
    let format = request.format();
    let (ending, media_type) =
        kind(format).ok_or_else(|| Invalid::field("format", "must be set: HTML, docx or PDF"))?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Minutes>(&scope, id).await?;
    let draft = state.draft().ok_or_else(absent)?;
    let record = record(&service.kit, id, draft).await?.ok_or_else(absent)?;
    let record = visible(record, &scope);
    let calendar = service.calendar().await?;
    let zone = calendar.zone();
    let content = match format {
        DocumentFormat::Docx | DocumentFormat::Pdf => {
            let names = names(&service.kit, &record).await?;
            let paper = documents::minutes::paper(&record, &names, language, zone);
            set(service, format, paper).await?
        }
        DocumentFormat::Html | DocumentFormat::Unspecified => {
            documents::minutes::html(&record, language, zone).into_bytes()
        }
    };
    if content.len() > FILE_BYTES_MAX {
        let too_large = Rejection::DocumentTooLarge { bytes: content.len(), max: FILE_BYTES_MAX };
        return Err(CommandError::rejected::<Minutes>(too_large).into());
    }
    let file_name = format!("minutes-{}.{ending}", &id.to_string()[..8]);
    Ok(Response::new(pb::ExportMinutesResponse {
        file_name,
        media_type: media_type.to_owned(),
        content,
        position,
    }))
}

/// How a file's name ends, and its media type.
fn kind(format: DocumentFormat) -> Option<(&'static str, &'static str)> {
    match format {
        DocumentFormat::Unspecified => None,
        DocumentFormat::Html => Some(("html", "text/html; charset=utf-8")),
        DocumentFormat::Docx => {
            Some(("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"))
        }
        DocumentFormat::Pdf => Some(("pdf", "application/pdf")),
    }
}

async fn set(service: &Service, format: DocumentFormat, paper: Paper) -> Result<Vec<u8>, CommandError> {
    match format {
        DocumentFormat::Pdf => service.press.pdf(paper).await,
        _ => Ok(documents::docx(&paper)),
    }
}

/// What those that minutes name were called when the docket closed, so that a later name changes no file.
async fn names(kit: &Kit, record: &Record) -> Result<Names, CommandError> {
    let Some(closed_at) = record.closed_at else { return Ok(Names::default()) };
    let mut names = Names::default();
    for code in record.departments() {
        let state = as_of::<Department>(kit, Department::id(code), closed_at).await?;
        if let Some(profile) = state.profile() {
            names.departments.insert(code.clone(), profile.name.to_string());
        }
    }
    for code in record.bodies() {
        let state = as_of::<Body>(kit, Body::id(code), closed_at).await?;
        if let Some(version) = state.version() {
            names.bodies.insert(code.clone(), version.charter.name.to_string());
        }
    }
    Ok(names)
}

/// An aggregate as it was at a moment.
async fn as_of<A: EventCodec>(kit: &Kit, id: Uuid, at: Timestamp) -> Result<A::State, CommandError> {
    let mut state = <A as Aggregate>::State::default();
    for record in kit.journal().read(&A::stream(id), 0).await? {
        if record.envelope.time > at {
            break;
        }
        let events = events::decode::<A>(&record)?;
        state = A::fold(state, &events);
    }
    Ok(state)
}
