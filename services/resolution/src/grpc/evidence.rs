//! The content of evidence: kept in parts, beside the item that it is for, and handed out to whoever sees that.

use super::{Reply, Service, item_id};
use data_encoding::HEXLOWER;
use domain::resolution::action_item::keep::{Content, Kept};
use domain::resolution::action_item::{ActionItem, Command, Event, Item, Rejection};
use domain::resolution::evidence_content::{self, EvidenceContent, Part, parts_of};
use domain::resolution::resolution::Resolution;
use domain::{Aggregate as _, Code, Line, Uuid};
use proto::Invalid;
use proto::resolution::v1 as pb;
use service_kit::access_log::ShownLabel;
use service_kit::serve::read;
use service_kit::{CommandError, Kit, events};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tonic::{Request, Response};

pub(super) async fn keep(
    service: &Service,
    request: Request<pb::KeepEvidenceRequest>,
) -> Reply<pb::KeepEvidenceResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    if request.content.is_empty() {
        return Err(Invalid::field("content", "is missing").into());
    }
    let found = HEXLOWER.encode(&Sha256::digest(&request.content));
    let sha256 = request.sha256.unwrap_or_else(|| found.clone()).to_lowercase();
    let (sha256, found): (Line, Line) = (read("sha256", sha256)?, read("content", found)?);
    let bytes = Arc::<[u8]>::from(request.content);
    let reported_by = reported_by(&service.kit, id, sha256.as_str()).await?;
    let content_id = context.new_id(EvidenceContent::CATEGORY);
    let (kit, command_kit) = (&service.kit, service.kit.clone());
    let decided = kit.commit::<ActionItem, _>(&context, id, move |unit| {
        let (kit, bytes, sha256, found) = (command_kit.clone(), bytes.clone(), sha256.clone(), found.clone());
        let reported_by = reported_by.clone();
        Box::pin(async move {
            let state = unit.load::<ActionItem>(id).await?;
            let kept = state.item().and_then(|item| item.kept.get(sha256.as_str())).copied();
            let is_lost = match kept {
                Some(kept) => held(&kit, kept, sha256.as_str()).await?.is_none(),
                None => false,
            };
            let parts = if kept.is_none() || is_lost { Part::of(id, &sha256, &bytes) } else { vec![] };
            let content = Content { sha256, found, bytes: bytes.len(), id: content_id, is_lost, reported_by };
            unit.decide::<ActionItem>(id, Command::KeepEvidence { content }).await?;
            for part in parts {
                let stream = EvidenceContent::id(content_id, part.part);
                unit.decide::<EvidenceContent>(stream, evidence_content::Command::Keep(part)).await?;
            }
            Ok(())
        })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::KeepEvidenceResponse { position, item }))
}

/// The departments that reported a document of an item, and those whose clerks put such a report down. No report is ever
/// taken out of the log, so what was found stays so.
async fn reported_by(kit: &Kit, id: Uuid, sha256: &str) -> Result<Vec<Code>, CommandError> {
    let (mut departments, mut said) = (Vec::new(), false);
    for record in kit.journal().read(&ActionItem::stream(id), 0).await? {
        for event in events::decode::<ActionItem>(&record)? {
            said = match event {
                Event::ProgressReported { department, evidence, .. }
                | Event::CompletionClaimed { department, evidence, .. }
                | Event::PartClaimed { department, evidence, .. } => {
                    let said = evidence.iter().any(|one| one.sha256.as_str().eq_ignore_ascii_case(sha256));
                    departments.extend(said.then_some(department));
                    said
                }
                Event::PutDown { put_down } => {
                    departments.extend(said.then_some(put_down.by_department));
                    false
                }
                _ => false,
            };
        }
    }
    Ok(departments)
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetEvidenceRequest>,
) -> Reply<pb::GetEvidenceResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = item_id(&request.item_id)?;
    let sha256 = request.sha256.to_lowercase();
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<ActionItem>(&scope, id).await?;
    let item = state.item().ok_or_else(|| absent("the action item"))?;
    let kept = *item.kept.get(&sha256).ok_or_else(|| absent("the content of this evidence"))?;
    let content = held(&service.kit, kept, &sha256).await?;
    let content = content.ok_or_else(|| absent("the content of this evidence"))?;
    let label = label(&service.kit, item).await?;
    let answer = Response::new(pb::GetEvidenceResponse {
        file_name: format!("evidence-{}.bin", &sha256[..8]),
        media_type: "application/octet-stream".to_owned(),
        content,
        position,
    });
    Ok(ShownLabel::on(label, answer))
}

/// The bytes of a content. They are read from the log each time: what was erased with its author's key is nowhere else, and
/// is no longer what was given.
async fn held(kit: &Kit, kept: Kept, sha256: &str) -> Result<Option<Vec<u8>>, CommandError> {
    let bytes = kept.bytes as usize;
    let mut content = Vec::with_capacity(bytes);
    for part in 1..=parts_of(bytes) {
        let stream = EvidenceContent::stream(EvidenceContent::id(kept.content, part));
        for record in kit.journal().read(&stream, 0).await? {
            for event in events::decode::<EvidenceContent>(&record)? {
                let evidence_content::Event::Kept { part } = event;
                content.extend(part.content);
            }
        }
    }
    let is_whole = HEXLOWER.encode(&Sha256::digest(&content)) == sha256;
    Ok(is_whole.then_some(content))
}

async fn label(kit: &Kit, item: &Item) -> Result<Option<domain::Label>, CommandError> {
    let resolution = kit.load::<Resolution>(item.assignment.resolution).await?;
    Ok(resolution.registered().map(|registered| registered.registration.label))
}

fn absent(what: &str) -> CommandError {
    CommandError::rejected::<ActionItem>(Rejection::NotFound { what: what.to_owned() })
}
