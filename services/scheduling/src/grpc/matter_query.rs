//! Matters as clients see them, and queries about them.

use super::matter::matter_id;
use super::{Reply, Service};
use crate::views;
use domain::scheduling::matter::{Known, Matter, Progress, Rejection};
use domain::{Code, Date, Uuid};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::CommandError;
use tonic::{Request, Response};

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetMatterRequest>,
) -> Reply<pb::GetMatterResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = matter_id(&request.matter_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Matter>(&scope, id).await?;
    let not_found = || CommandError::rejected::<Matter>(Rejection::NotFound { what: "matter" });
    let known = state.known().ok_or_else(not_found)?;
    Ok(Response::new(pb::GetMatterResponse { matter: Some(render(id, known)), position }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListMattersRequest>,
) -> Reply<pb::ListMattersResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::matters(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListMattersResponse {
        matters: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn compare(
    service: &Service,
    request: Request<pb::CompareMatterRequest>,
) -> Reply<pb::CompareMatterResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::similar_to(&request.text, None);
    let (similar, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::CompareMatterResponse { similar, position }))
}

/// A matter, with everything known of it.
pub(super) fn render(id: Uuid, known: &Known) -> pb::Matter {
    let progress = &known.progress;
    let id_of = |id: &Uuid| id.to_string();
    pb::Matter {
        matter_id: id.to_string(),
        title: known.title.to_wire(),
        summary: known.summary.to_wire(),
        body_code: known.body.to_wire(),
        stage: known.stage().to_wire(),
        raised_by_code: known.raised_by.to_wire(),
        case_reference: known.case_reference.to_wire(),
        deferrals: known.deferrals,
        session_id: known.last_session.to_wire(),
        topic_number: match progress {
            Progress::OnAgenda { topic, .. } => Some(*topic),
            _ => None,
        },
        resume_on: match progress {
            Progress::Deferred { resume_on, .. } => Some(Date::to_wire(resume_on)),
            _ => None,
        },
        referred_to_code: match progress {
            Progress::Referred { to } => Some(Code::to_wire(to)),
            _ => None,
        },
        merged_into_matter_id: match progress {
            Progress::Merged { into } => Some(id_of(into)),
            _ => None,
        },
        split_into_matter_ids: match progress {
            Progress::Split { into } => into.iter().map(id_of).collect(),
            _ => Vec::new(),
        },
        split_from_matter_id: known.split_from.as_ref().map(id_of),
        merged_matter_ids: known.absorbed.iter().map(id_of).collect(),
        verdict: match progress {
            Progress::Decided { verdict, .. } => Some(verdict.to_wire()),
            _ => None,
        },
        reason: known.reason.to_wire(),
        label: known.label.to_wire(),
        matter_class: known.class.to_wire(),
    }
}
