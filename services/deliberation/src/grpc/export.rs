//! Minutes as files.

use super::minutes::{absent, language, record, visible};
use super::{Reply, Service, docket_id};
use documents::minutes::Record;
use documents::{Names, Paper, Proof};
use domain::deliberation::minutes::{Minutes, Rejection};
use press::{Format, NoFile};
use proto::Invalid;
use proto::deliberation::v1::{self as pb, DocumentFormat};
use service_kit::access_log::ShownLabel;
use service_kit::{CommandError, Kit};
use tonic::{Request, Response};

pub(super) async fn export(
    service: &Service,
    request: Request<pb::ExportMinutesRequest>,
) -> Reply<pb::ExportMinutesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = docket_id(&request.docket_id)?;
    let language = language(request.language())
        .ok_or_else(|| Invalid::field("language", "must be set: Chinese or English"))?;
    let format =
        format(request.format()).ok_or_else(|| Invalid::field("format", "must be set: HTML, docx or PDF"))?;
    let proof = Proof::read(&request.proof).map_err(|none| Invalid::field("proof", none.to_string()))?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Minutes>(&scope, id).await?;
    let draft = state.draft().ok_or_else(absent)?;
    let record = record(&service.kit, id, draft).await?.ok_or_else(absent)?;
    let record = visible(record, &scope);
    let calendar = service.calendar().await?;
    let zone = calendar.zone();
    let names = match format {
        Format::Html => Names::default(),
        Format::Docx | Format::Pdf => names(&service.kit, &record).await?,
    };
    let page = || documents::minutes::html(&record, language, zone);
    let paper = || Paper { proof, ..documents::minutes::paper(&record, &names, language, zone) };
    let content = service.press.file(format, page, paper).await.map_err(refused)?;
    let labels = record.proceedings.topics.iter().map(|topic| topic.label);
    let answer = Response::new(pb::ExportMinutesResponse {
        file_name: format!("minutes-{}.{}", &id.to_string()[..8], format.ending()),
        media_type: format.media_type().to_owned(),
        content,
        position,
    });
    Ok(ShownLabel::on(labels, answer))
}

fn format(wire: DocumentFormat) -> Option<Format> {
    match wire {
        DocumentFormat::Unspecified => None,
        DocumentFormat::Html => Some(Format::Html),
        DocumentFormat::Docx => Some(Format::Docx),
        DocumentFormat::Pdf => Some(Format::Pdf),
    }
}

fn refused(why: NoFile) -> CommandError {
    let rejection = match why {
        NoFile::NoFonts => Rejection::NoFonts,
        NoFile::NoGlyph { character } => Rejection::NoGlyph { character },
        NoFile::TooLarge { bytes, max } => Rejection::DocumentTooLarge { bytes, max },
        NoFile::Failed(_) => return CommandError::InvariantViolated(why.to_string()),
    };
    CommandError::rejected::<Minutes>(rejection)
}

/// What those that minutes name were called when the docket closed.
async fn names(kit: &Kit, record: &Record) -> Result<Names, CommandError> {
    let Some(closed_at) = record.closed_at else { return Ok(Names::default()) };
    press::names(kit, record.departments(), record.bodies(), closed_at).await
}
