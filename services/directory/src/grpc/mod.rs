//! The rpcs: each reads its request, has it decided or queries the view, and answers. Grouped by subject.

mod calendar;
mod caller;
mod department;
mod member;

use domain::calendar::WorkingCalendar;
use domain::directory::department::Department;
use domain::{Code, Uuid};
use proto::Invalid;
use proto::directory::v1 as pb;
use proto::directory::v1::directory_service_server::DirectoryService;
use proto::record::EventCodec;
use service_kit::handle::{Executed, UnitOfWork};
use service_kit::{CommandContext, CommandError, Kit, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// The directory's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) default_calendar: Arc<WorkingCalendar>,
}

/// A department that a request names, and the field that names it.
type Named = (&'static str, Code);

impl Service {
    /// Carries out a command that may name a department, which must be in the directory.
    async fn execute_naming<A>(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: A::Command,
        named: Option<Named>,
    ) -> Result<Executed<A>, CommandError>
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        let decided = self.kit.commit(context, id, |unit| {
            let (command, named) = (command.clone(), named.clone());
            Box::pin(async move {
                unit.decide::<A>(id, command).await?;
                must_be_listed(unit, named).await
            })
        });
        decided.await
    }
}

/// Refuses a department that is not in the directory.
async fn must_be_listed(unit: &mut UnitOfWork, named: Option<Named>) -> Result<(), CommandError> {
    let Some((field, code)) = named else { return Ok(()) };
    match unit.load::<Department>(Department::id(&code)).await?.profile() {
        Some(_) => Ok(()),
        None => {
            let fault = format!("names department {code}, which is not in the directory");
            Err(Invalid::field(field, fault).into())
        }
    }
}

#[tonic::async_trait]
impl DirectoryService for Service {
    async fn register_department(
        &self,
        request: Request<pb::RegisterDepartmentRequest>,
    ) -> Reply<pb::RegisterDepartmentResponse> {
        department::register(self, request).await
    }

    async fn register_member(
        &self,
        request: Request<pb::RegisterMemberRequest>,
    ) -> Reply<pb::RegisterMemberResponse> {
        member::register(self, request).await
    }

    async fn remove_member(
        &self,
        request: Request<pb::RemoveMemberRequest>,
    ) -> Reply<pb::RemoveMemberResponse> {
        member::remove(self, request).await
    }

    async fn define_calendar(
        &self,
        request: Request<pb::DefineCalendarRequest>,
    ) -> Reply<pb::DefineCalendarResponse> {
        calendar::define(self, request).await
    }

    async fn list_departments(
        &self,
        request: Request<pb::ListDepartmentsRequest>,
    ) -> Reply<pb::ListDepartmentsResponse> {
        department::list(self, request).await
    }

    async fn list_members(&self, request: Request<pb::ListMembersRequest>) -> Reply<pb::ListMembersResponse> {
        member::list(self, request).await
    }

    async fn get_calendar(&self, request: Request<pb::GetCalendarRequest>) -> Reply<pb::GetCalendarResponse> {
        calendar::get(self, request).await
    }

    async fn get_caller(&self, request: Request<pb::GetCallerRequest>) -> Reply<pb::GetCallerResponse> {
        caller::get(self, request).await
    }

    async fn record_sign_out(
        &self,
        request: Request<pb::RecordSignOutRequest>,
    ) -> Reply<pb::RecordSignOutResponse> {
        caller::record_sign_out(self, request).await
    }
}
