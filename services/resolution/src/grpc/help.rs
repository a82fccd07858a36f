//! Blockages, and the help that is owed.

use super::{Reply, Service, item_id};
use domain::Code;
use domain::resolution::action_item::Command;
use proto::read_fields;
use proto::resolution::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn report_blockage(
    service: &Service,
    request: Request<pb::ReportBlockageRequest>,
) -> Reply<pb::ReportBlockageResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let named: Code = read("help_from_code", request.help_from_code.clone())?;
    let command = read_fields!(request => Command::ReportBlockage { reason, help_from_code: help_from })?;
    let (position, item) =
        service.decide_naming(&context, id, command, "help_from_code", Some(named)).await?;
    Ok(Response::new(pb::ReportBlockageResponse { position, item }))
}

pub(super) async fn clear_blockage(
    service: &Service,
    request: Request<pb::ClearBlockageRequest>,
) -> Reply<pb::ClearBlockageResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ClearBlockage { blocked_code: blocked, note })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ClearBlockageResponse { position, item }))
}

pub(super) async fn acknowledge(
    service: &Service,
    request: Request<pb::AcknowledgeHelpRequest>,
) -> Reply<pb::AcknowledgeHelpResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::AcknowledgeHelp { blocked_code: blocked })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::AcknowledgeHelpResponse { position, item }))
}

pub(super) async fn give(
    service: &Service,
    request: Request<pb::GiveHelpRequest>,
) -> Reply<pb::GiveHelpResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::GiveHelp { blocked_code: blocked, note })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::GiveHelpResponse { position, item }))
}
