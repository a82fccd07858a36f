//! The rpcs: each reads its request, has it decided or queries the view, and answers. Grouped by subject.

mod acceptance;
mod assignment;
mod cascade;
mod evidence;
mod export;
mod extension;
mod forecast;
mod help;
mod instruct;
mod pause;
mod put_down;
mod queries;
mod resolution;
mod target;
mod work;

use crate::render;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::Calendar;
use domain::directory::department::{self, Department};
use domain::resolution::action_item::{ActionItem, Command};
use domain::{Code, Uuid};
use press::Press;
use proto::Invalid;
use proto::resolution::v1 as pb;
use proto::resolution::v1::resolution_service_server::ResolutionService;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Executed, Kit, Position, UnitOfWork, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// Resolution's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) default_calendar: Arc<WorkingCalendar>,
    pub(crate) press: Press,
}

impl Service {
    /// Decides a command on an item. Returns its position and the item as it is then.
    async fn decide(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<(Position, Option<pb::Item>), CommandError> {
        let done = self.kit.execute::<ActionItem>(context, id, command).await?;
        self.answer(id, &done).await
    }

    /// Decides a command on an item that names a department, in the request's field; it must be in the
    /// directory.
    async fn decide_naming(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
        field: &'static str,
        named: Option<Code>,
    ) -> Result<(Position, Option<pb::Item>), CommandError> {
        let decided = self.kit.commit::<ActionItem, _>(context, id, move |unit| {
            let (command, named) = (command.clone(), named.clone());
            Box::pin(async move {
                unit.decide::<ActionItem>(id, command).await?;
                let Some(code) = named else { return Ok(()) };
                listed(unit, field, &code).await.map(drop)
            })
        });
        let done = decided.await?;
        self.answer(id, &done).await
    }

    async fn answer(
        &self,
        id: Uuid,
        done: &Executed<ActionItem>,
    ) -> Result<(Position, Option<pb::Item>), CommandError> {
        let (now, calendar) = (self.kit.clock().now(), self.calendar().await?);
        let item = done.state().item().map(|item| render::item(id, item, now, calendar.zone()));
        Ok((done.position, item))
    }

    /// The working calendar in force.
    async fn calendar(&self) -> Result<WorkingCalendar, CommandError> {
        let defined = self.kit.load::<Calendar>(Calendar::realm_id()).await?;
        Ok(defined.in_force(&self.default_calendar).clone())
    }
}

/// The department that a field of a request names; it must be in the directory.
async fn listed(
    unit: &mut UnitOfWork,
    field: &str,
    code: &Code,
) -> Result<department::Profile, CommandError> {
    match unit.load::<Department>(Department::id(code)).await? {
        department::State::Listed(profile) => Ok(profile),
        department::State::Absent => {
            let fault = format!("names department {code}, which is not in the directory");
            Err(Invalid::field(field, fault).into())
        }
    }
}

fn item_id(wire: &str) -> Result<Uuid, Invalid> {
    read("item_id", wire.to_owned())
}

#[tonic::async_trait]
impl ResolutionService for Service {
    async fn record_resolution(
        &self,
        request: Request<pb::RecordResolutionRequest>,
    ) -> Reply<pb::RecordResolutionResponse> {
        resolution::record(self, request).await
    }

    async fn acknowledge_item(
        &self,
        request: Request<pb::AcknowledgeItemRequest>,
    ) -> Reply<pb::AcknowledgeItemResponse> {
        assignment::acknowledge(self, request).await
    }

    async fn contest_item(&self, request: Request<pb::ContestItemRequest>) -> Reply<pb::ContestItemResponse> {
        assignment::contest(self, request).await
    }

    async fn resolve_contest(
        &self,
        request: Request<pb::ResolveContestRequest>,
    ) -> Reply<pb::ResolveContestResponse> {
        assignment::resolve_contest(self, request).await
    }

    async fn report_progress(
        &self,
        request: Request<pb::ReportProgressRequest>,
    ) -> Reply<pb::ReportProgressResponse> {
        work::report_progress(self, request).await
    }

    async fn report_blockage(
        &self,
        request: Request<pb::ReportBlockageRequest>,
    ) -> Reply<pb::ReportBlockageResponse> {
        help::report_blockage(self, request).await
    }

    async fn clear_blockage(
        &self,
        request: Request<pb::ClearBlockageRequest>,
    ) -> Reply<pb::ClearBlockageResponse> {
        help::clear_blockage(self, request).await
    }

    async fn request_extension(
        &self,
        request: Request<pb::RequestExtensionRequest>,
    ) -> Reply<pb::RequestExtensionResponse> {
        extension::request(self, request).await
    }

    async fn grant_extension(
        &self,
        request: Request<pb::GrantExtensionRequest>,
    ) -> Reply<pb::GrantExtensionResponse> {
        extension::grant(self, request).await
    }

    async fn refuse_extension(
        &self,
        request: Request<pb::RefuseExtensionRequest>,
    ) -> Reply<pb::RefuseExtensionResponse> {
        extension::refuse(self, request).await
    }

    async fn claim_completion(
        &self,
        request: Request<pb::ClaimCompletionRequest>,
    ) -> Reply<pb::ClaimCompletionResponse> {
        work::claim_completion(self, request).await
    }

    async fn accept_work(&self, request: Request<pb::AcceptWorkRequest>) -> Reply<pb::AcceptWorkResponse> {
        acceptance::accept(self, request).await
    }

    async fn return_work(&self, request: Request<pb::ReturnWorkRequest>) -> Reply<pb::ReturnWorkResponse> {
        acceptance::return_work(self, request).await
    }

    async fn reopen_item(&self, request: Request<pb::ReopenItemRequest>) -> Reply<pb::ReopenItemResponse> {
        acceptance::reopen(self, request).await
    }

    async fn record_look_back(
        &self,
        request: Request<pb::RecordLookBackRequest>,
    ) -> Reply<pb::RecordLookBackResponse> {
        acceptance::record_look_back(self, request).await
    }

    async fn acknowledge_help(
        &self,
        request: Request<pb::AcknowledgeHelpRequest>,
    ) -> Reply<pb::AcknowledgeHelpResponse> {
        help::acknowledge(self, request).await
    }

    async fn give_help(&self, request: Request<pb::GiveHelpRequest>) -> Reply<pb::GiveHelpResponse> {
        help::give(self, request).await
    }

    async fn name_acceptor(
        &self,
        request: Request<pb::NameAcceptorRequest>,
    ) -> Reply<pb::NameAcceptorResponse> {
        acceptance::name_acceptor(self, request).await
    }

    async fn suspend_item(&self, request: Request<pb::SuspendItemRequest>) -> Reply<pb::SuspendItemResponse> {
        pause::suspend(self, request).await
    }

    async fn resume_item(&self, request: Request<pb::ResumeItemRequest>) -> Reply<pb::ResumeItemResponse> {
        pause::resume(self, request).await
    }

    async fn add_dependency(
        &self,
        request: Request<pb::AddDependencyRequest>,
    ) -> Reply<pb::AddDependencyResponse> {
        pause::add_dependency(self, request).await
    }

    async fn remove_dependency(
        &self,
        request: Request<pb::RemoveDependencyRequest>,
    ) -> Reply<pb::RemoveDependencyResponse> {
        pause::remove_dependency(self, request).await
    }

    async fn instruct_item(
        &self,
        request: Request<pb::InstructItemRequest>,
    ) -> Reply<pb::InstructItemResponse> {
        instruct::instruct(self, request).await
    }

    async fn urge_item(&self, request: Request<pb::UrgeItemRequest>) -> Reply<pb::UrgeItemResponse> {
        pause::urge(self, request).await
    }

    async fn put_down(&self, request: Request<pb::PutDownRequest>) -> Reply<pb::PutDownResponse> {
        put_down::put_down(self, request).await
    }

    async fn contest_put_down(
        &self,
        request: Request<pb::ContestPutDownRequest>,
    ) -> Reply<pb::ContestPutDownResponse> {
        put_down::contest(self, request).await
    }

    async fn keep_evidence(
        &self,
        request: Request<pb::KeepEvidenceRequest>,
    ) -> Reply<pb::KeepEvidenceResponse> {
        evidence::keep(self, request).await
    }

    async fn get_evidence(&self, request: Request<pb::GetEvidenceRequest>) -> Reply<pb::GetEvidenceResponse> {
        evidence::get(self, request).await
    }

    async fn split_item(&self, request: Request<pb::SplitItemRequest>) -> Reply<pb::SplitItemResponse> {
        cascade::split(self, request).await
    }

    async fn get_tree(&self, request: Request<pb::GetTreeRequest>) -> Reply<pb::GetTreeResponse> {
        cascade::tree(self, request).await
    }

    async fn get_resolution(
        &self,
        request: Request<pb::GetResolutionRequest>,
    ) -> Reply<pb::GetResolutionResponse> {
        queries::get_resolution(self, request).await
    }

    async fn export_resolution(
        &self,
        request: Request<pb::ExportResolutionRequest>,
    ) -> Reply<pb::ExportResolutionResponse> {
        export::export(self, request).await
    }

    async fn list_resolutions(
        &self,
        request: Request<pb::ListResolutionsRequest>,
    ) -> Reply<pb::ListResolutionsResponse> {
        queries::list_resolutions(self, request).await
    }

    async fn get_item(&self, request: Request<pb::GetItemRequest>) -> Reply<pb::GetItemResponse> {
        queries::get_item(self, request).await
    }

    async fn list_items(&self, request: Request<pb::ListItemsRequest>) -> Reply<pb::ListItemsResponse> {
        queries::list_items(self, request).await
    }

    async fn list_item_changes(
        &self,
        request: Request<pb::ListItemChangesRequest>,
    ) -> Reply<pb::ListItemChangesResponse> {
        queries::list_item_changes(self, request).await
    }

    async fn get_scorecard(
        &self,
        request: Request<pb::GetScorecardRequest>,
    ) -> Reply<pb::GetScorecardResponse> {
        queries::get_scorecard(self, request).await
    }

    async fn set_target(&self, request: Request<pb::SetTargetRequest>) -> Reply<pb::SetTargetResponse> {
        target::set(self, request).await
    }

    async fn change_target(
        &self,
        request: Request<pb::ChangeTargetRequest>,
    ) -> Reply<pb::ChangeTargetResponse> {
        target::change(self, request).await
    }

    async fn withdraw_target(
        &self,
        request: Request<pb::WithdrawTargetRequest>,
    ) -> Reply<pb::WithdrawTargetResponse> {
        target::withdraw(self, request).await
    }

    async fn get_target(&self, request: Request<pb::GetTargetRequest>) -> Reply<pb::GetTargetResponse> {
        target::get(self, request).await
    }

    async fn list_targets(&self, request: Request<pb::ListTargetsRequest>) -> Reply<pb::ListTargetsResponse> {
        target::list(self, request).await
    }

    async fn get_forecast(&self, request: Request<pb::GetForecastRequest>) -> Reply<pb::GetForecastResponse> {
        forecast::get(self, request).await
    }

    async fn list_forecast_records(
        &self,
        request: Request<pb::ListForecastRecordsRequest>,
    ) -> Reply<pb::ListForecastRecordsResponse> {
        forecast::list_records(self, request).await
    }

    async fn get_next_steps(
        &self,
        request: Request<pb::GetNextStepsRequest>,
    ) -> Reply<pb::GetNextStepsResponse> {
        queries::get_next_steps(self, request).await
    }
}
