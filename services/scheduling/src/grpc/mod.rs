//! The rpcs: each reads its request, has it decided or asks the view, and answers. Grouped by subject.

mod directory;
mod question;
mod session;

use crate::facts::{self, Named};
use domain::Uuid;
use domain::calendar::WorkingCalendar;
use proto::record::EventCodec;
use proto::scheduling::v1 as pb;
use proto::scheduling::v1::scheduling_service_server::SchedulingService;
use service_kit::{CommandError, Kit, Order, Position, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// Scheduling's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) otherwise: Arc<WorkingCalendar>,
}

impl Service {
    /// Decides a command that names departments; they must be in the directory.
    async fn decide_naming<A>(
        &self,
        order: &Order,
        id: Uuid,
        command: A::Command,
        named: Vec<Named>,
    ) -> Result<Position, CommandError>
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        let decided = self.kit.commit(order, move |unit| {
            let (command, named) = (command.clone(), named.clone());
            Box::pin(async move {
                unit.decide::<A>(id, command).await?;
                facts::must_be_listed(unit, &named).await
            })
        });
        decided.await
    }

    /// The position of the view, once it has reached this one.
    async fn reached(&self, at_least: Position) -> Result<Position, Status> {
        let ((), position) = self.view.query(at_least, |_| Ok(())).await?;
        Ok(position)
    }
}

#[tonic::async_trait]
impl SchedulingService for Service {
    async fn register_department(
        &self,
        request: Request<pb::RegisterDepartmentRequest>,
    ) -> Reply<pb::RegisterDepartmentResponse> {
        directory::register_department(self, request).await
    }

    async fn register_member(
        &self,
        request: Request<pb::RegisterMemberRequest>,
    ) -> Reply<pb::RegisterMemberResponse> {
        directory::register_member(self, request).await
    }

    async fn register_room(
        &self,
        request: Request<pb::RegisterRoomRequest>,
    ) -> Reply<pb::RegisterRoomResponse> {
        directory::register_room(self, request).await
    }

    async fn define_calendar(
        &self,
        request: Request<pb::DefineCalendarRequest>,
    ) -> Reply<pb::DefineCalendarResponse> {
        directory::define_calendar(self, request).await
    }

    async fn define_rules(&self, request: Request<pb::DefineRulesRequest>) -> Reply<pb::DefineRulesResponse> {
        directory::define_rules(self, request).await
    }

    async fn request_session(
        &self,
        request: Request<pb::RequestSessionRequest>,
    ) -> Reply<pb::RequestSessionResponse> {
        session::request(self, request).await
    }

    async fn submit_papers(
        &self,
        request: Request<pb::SubmitPapersRequest>,
    ) -> Reply<pb::SubmitPapersResponse> {
        session::submit_papers(self, request).await
    }

    async fn screen_session(
        &self,
        request: Request<pb::ScreenSessionRequest>,
    ) -> Reply<pb::ScreenSessionResponse> {
        session::screen(self, request).await
    }

    async fn override_finding(
        &self,
        request: Request<pb::OverrideFindingRequest>,
    ) -> Reply<pb::OverrideFindingResponse> {
        session::override_finding(self, request).await
    }

    async fn admit_session(
        &self,
        request: Request<pb::AdmitSessionRequest>,
    ) -> Reply<pb::AdmitSessionResponse> {
        session::admit(self, request).await
    }

    async fn return_session(
        &self,
        request: Request<pb::ReturnSessionRequest>,
    ) -> Reply<pb::ReturnSessionResponse> {
        session::give_back(self, request).await
    }

    async fn revise_session(
        &self,
        request: Request<pb::ReviseSessionRequest>,
    ) -> Reply<pb::ReviseSessionResponse> {
        session::revise(self, request).await
    }

    async fn turn_into_countersign(
        &self,
        request: Request<pb::TurnIntoCountersignRequest>,
    ) -> Reply<pb::TurnIntoCountersignResponse> {
        session::turn_into_countersign(self, request).await
    }

    async fn merge_session(
        &self,
        request: Request<pb::MergeSessionRequest>,
    ) -> Reply<pb::MergeSessionResponse> {
        session::merge(self, request).await
    }

    async fn schedule_session(
        &self,
        request: Request<pb::ScheduleSessionRequest>,
    ) -> Reply<pb::ScheduleSessionResponse> {
        session::schedule(self, request).await
    }

    async fn postpone_session(
        &self,
        request: Request<pb::PostponeSessionRequest>,
    ) -> Reply<pb::PostponeSessionResponse> {
        session::postpone(self, request).await
    }

    async fn cancel_session(
        &self,
        request: Request<pb::CancelSessionRequest>,
    ) -> Reply<pb::CancelSessionResponse> {
        session::cancel(self, request).await
    }

    async fn answer_invitation(
        &self,
        request: Request<pb::AnswerInvitationRequest>,
    ) -> Reply<pb::AnswerInvitationResponse> {
        session::answer_invitation(self, request).await
    }

    async fn name_delegate(
        &self,
        request: Request<pb::NameDelegateRequest>,
    ) -> Reply<pb::NameDelegateResponse> {
        session::name_delegate(self, request).await
    }

    async fn convene_session(
        &self,
        request: Request<pb::ConveneSessionRequest>,
    ) -> Reply<pb::ConveneSessionResponse> {
        session::convene(self, request).await
    }

    async fn list_departments(
        &self,
        request: Request<pb::ListDepartmentsRequest>,
    ) -> Reply<pb::ListDepartmentsResponse> {
        directory::list_departments(self, request).await
    }

    async fn list_members(&self, request: Request<pb::ListMembersRequest>) -> Reply<pb::ListMembersResponse> {
        directory::list_members(self, request).await
    }

    async fn list_rooms(&self, request: Request<pb::ListRoomsRequest>) -> Reply<pb::ListRoomsResponse> {
        directory::list_rooms(self, request).await
    }

    async fn get_rules(&self, request: Request<pb::GetRulesRequest>) -> Reply<pb::GetRulesResponse> {
        directory::get_rules(self, request).await
    }

    async fn get_calendar(&self, request: Request<pb::GetCalendarRequest>) -> Reply<pb::GetCalendarResponse> {
        directory::get_calendar(self, request).await
    }

    async fn get_session(&self, request: Request<pb::GetSessionRequest>) -> Reply<pb::GetSessionResponse> {
        question::get_session(self, request).await
    }

    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Reply<pb::ListSessionsResponse> {
        question::list_sessions(self, request).await
    }
}
