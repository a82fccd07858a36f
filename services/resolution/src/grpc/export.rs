//! Resolutions as files.

use super::{Reply, Service};
use crate::views::{self, Named};
use documents::resolution::{Change, Record};
use documents::{Language, Paper, Proof};
use domain::deliberation::ballot::BallotResult;
use domain::deliberation::docket::{Docket, Outcome};
use domain::resolution::action_item::{self, ActionItem, Assignment};
use domain::resolution::resolution::{Event, Origin, Registration, Rejection, Resolution};
use domain::resolution_change::ChangeEffect;
use domain::{Aggregate as _, Text, Timestamp, Uuid};
use press::{Format, NoFile};
use proto::Invalid;
use proto::resolution::v1::{self as pb, DocumentFormat, DocumentLanguage};
use service_kit::access_log::ShownLabel;
use service_kit::serve::read;
use service_kit::{CommandError, Kit, Scope, events};
use tonic::{Request, Response};

pub(super) async fn export(
    service: &Service,
    request: Request<pb::ExportResolutionRequest>,
) -> Reply<pb::ExportResolutionResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let language = language(request.language())
        .ok_or_else(|| Invalid::field("language", "must be set: Chinese or English"))?;
    let format =
        format(request.format()).ok_or_else(|| Invalid::field("format", "must be set: HTML, docx or PDF"))?;
    let proof = Proof::read(&request.proof).map_err(|none| Invalid::field("proof", none.to_string()))?;
    let named = Named::read("resolution_id", &request.resolution_id, &request.number)?;
    let query = views::resolution(named);
    let (found, position) = service.view.query(scope.clone(), request.at_least_position, query).await?;
    let id = found.and_then(|found| found.resolution).ok_or_else(absent)?.resolution_id;
    let id = read::<Uuid, _>("resolution_id", id)?;
    let history = History::of(&service.kit, id).await?.ok_or_else(absent)?;
    let recorded_at = history.recorded_at;
    let record = history.record(&service.kit, &scope).await?;
    let bodies = [&record.registration.body];
    let names = press::names(&service.kit, record.departments(), bodies, recorded_at).await?;
    let calendar = service.calendar().await?;
    let paper = || documents::resolution::paper(&record, &names, language, calendar.zone());
    let page = || documents::html(&paper());
    let paper = || Paper { proof, ..paper() };
    let content = service.press.file(format, page, paper).await.map_err(refused)?;
    let label = record.registration.label;
    let answer = Response::new(pb::ExportResolutionResponse {
        file_name: format!("resolution-{}.{}", &id.to_string()[..8], format.ending()),
        media_type: format.media_type().to_owned(),
        content,
        position,
    });
    Ok(ShownLabel::on([label], answer))
}

fn language(wire: DocumentLanguage) -> Option<Language> {
    match wire {
        DocumentLanguage::Unspecified => None,
        DocumentLanguage::Chinese => Some(Language::Chinese),
        DocumentLanguage::English => Some(Language::English),
    }
}

fn format(wire: DocumentFormat) -> Option<Format> {
    match wire {
        DocumentFormat::Unspecified => None,
        DocumentFormat::Html => Some(Format::Html),
        DocumentFormat::Docx => Some(Format::Docx),
        DocumentFormat::Pdf => Some(Format::Pdf),
    }
}

fn absent() -> CommandError {
    CommandError::rejected::<Resolution>(Rejection::NotFound { what: "the resolution".to_owned() })
}

fn refused(why: NoFile) -> CommandError {
    let rejection = match why {
        NoFile::NoFonts => Rejection::NoFonts,
        NoFile::NoGlyph { character } => Rejection::NoGlyph { character },
        NoFile::TooLarge { bytes, max } => Rejection::DocumentTooLarge { bytes, max },
        NoFile::Failed(_) => return CommandError::InvariantViolated(why.to_string()),
    };
    CommandError::rejected::<Resolution>(rejection)
}

/// What the log has of one resolution.
struct History {
    registration: Registration,
    /// Where and when it was registered.
    position: u64,
    recorded_at: Timestamp,
    /// What later resolutions made of it.
    changed_by: Vec<(ChangeEffect, Text)>,
}

impl History {
    async fn of(kit: &Kit, id: Uuid) -> Result<Option<History>, CommandError> {
        let (mut registered, mut changed_by, mut relabelled) = (None, Vec::new(), None);
        for record in kit.journal().read(&Resolution::stream(id), 0).await? {
            for event in events::decode::<Resolution>(&record)? {
                match event {
                    Event::Registered { registration, .. } => {
                        registered = Some((registration, record.position, record.envelope.time));
                    }
                    Event::Changed { effect, reason, .. } => changed_by.push((effect, reason)),
                    Event::Relabelled { label, .. } => {
                        relabelled = Some(label);
                    }
                }
            }
        }
        Ok(registered.map(|(registration, position, recorded_at): (Registration, _, _)| History {
            registration: Registration { label: relabelled.unwrap_or(registration.label), ..registration },
            position,
            recorded_at,
            changed_by,
        }))
    }

    /// The same with what other streams have of it, as far as somebody may see that.
    async fn record(self, kit: &Kit, scope: &Scope) -> Result<Record, CommandError> {
        let History { registration, position, changed_by, .. } = self;
        let mut items = Vec::new();
        for &item in &registration.items {
            items.extend(assignment(kit, scope, item).await?);
        }
        let mut changes = Vec::new();
        for change in &registration.changes {
            if let Some(earlier) = kit.show::<Resolution>(scope, change.resolution).await?.registered() {
                let (number, title) = (&earlier.registration.number, &earlier.registration.title);
                let (number, title) = (number.clone(), title.clone());
                changes.push(Change { effect: change.effect, number, title });
            }
        }
        let result = result(kit, &registration).await?;
        let items_withheld = registration.items.len().saturating_sub(items.len());
        Ok(Record { registration, result, items, items_withheld, changes, changed_by, position })
    }
}

/// An item as it was assigned at first; none if it is not within the scope.
async fn assignment(kit: &Kit, scope: &Scope, id: Uuid) -> Result<Option<Assignment>, CommandError> {
    if kit.show::<ActionItem>(scope, id).await?.item().is_none() {
        return Ok(None);
    }
    let first = kit.journal().read(&ActionItem::stream(id), 0).await?.into_iter().next();
    let Some(first) = first else { return Ok(None) };
    let assigned = events::decode::<ActionItem>(&first)?.into_iter().find_map(|event| match event {
        action_item::Event::Assigned { assignment, .. } => Some(assignment),
        _ => None,
    });
    Ok(assigned)
}

/// The count of the ballot that carried it.
async fn result(kit: &Kit, registration: &Registration) -> Result<Option<BallotResult>, CommandError> {
    let Origin::Session { session, topic, .. } = &registration.origin else { return Ok(None) };
    let docket = kit.load::<Docket>(*session).await?;
    let topics = docket.proceedings().map(|known| known.topics.as_slice()).unwrap_or_default();
    let decided = topics.iter().find(|known| known.number == *topic);
    Ok(decided.and_then(|topic| match topic.outcome {
        Some(Outcome::Adopted { ballot, .. }) => {
            topic.ballots.iter().find(|held| held.number == ballot).and_then(|held| held.result)
        }
        _ => None,
    }))
}
