//! The service on a journal of its own, called as the server calls it.

use crate::Service;
use domain::Role;
use proto::directory::v1 as pb;
use proto::directory::v1::directory_service_server::DirectoryService as _;
use tonic::{Code as Grpc, Request, Status};
use workbench::{Workbench, by, faulty_fields, id, refusal};

mod calendar;
mod contract;
mod lists;
mod rows;

/// A service on a workbench.
struct Fixture {
    service: Service,
    _bench: Workbench,
}

impl Fixture {
    fn empty() -> Fixture {
        let bench = Workbench::default();
        Fixture { service: crate::service(&bench.kit, "Asia/Shanghai").unwrap(), _bench: bench }
    }

    async fn with_departments(codes: &[&str]) -> Fixture {
        let fixture = Fixture::empty();
        for code in codes {
            fixture.register(department(code, None)).await.unwrap();
        }
        fixture
    }

    async fn register(
        &self,
        request: pb::RegisterDepartmentRequest,
    ) -> Result<pb::RegisterDepartmentResponse, Status> {
        self.service.register_department(operator(request)).await.map(|response| response.into_inner())
    }
}

/// The command that registers a department; its id is derived from the code.
fn department(code: &str, parent: Option<&str>) -> pb::RegisterDepartmentRequest {
    pb::RegisterDepartmentRequest {
        command_id: id(code),
        department: Some(pb::Department {
            code: code.into(),
            name: format!("{code}部门"),
            parent_code: parent.map(str::to_owned),
            level: pb::DepartmentLevel::National.into(),
            region: None,
            without_users: false,
            kind: pb::DepartmentKind::Agency.into(),
        }),
        ..Default::default()
    }
}

/// The command that registers a member of a department.
fn member(code: &str, department_code: &str) -> pb::RegisterMemberRequest {
    pb::RegisterMemberRequest {
        command_id: id(&format!("{code} of {department_code}")),
        member: Some(pb::Member {
            code: code.into(),
            name: "王主任".into(),
            department_code: department_code.into(),
            email: None,
            roles: vec!["delegate".into()],
        }),
        ..Default::default()
    }
}

fn operator<M>(message: M) -> Request<M> {
    by(message, "", Role::Operator)
}

fn clerk<M>(message: M) -> Request<M> {
    by(message, "", Role::Clerk)
}
