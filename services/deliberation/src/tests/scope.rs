//! Who sees a docket, and what a recused department sees of it.

use super::*;
use domain::scheduling::stewards::{self, Stewards};

impl Deployment {
    /// The docket as a department's delegate sees it.
    async fn docket_of(&self, docket_id: &str, department: &str) -> Result<pb::Docket, Status> {
        self.docket_by(docket_id, department, Role::Delegate).await
    }

    /// The docket as somebody sees it; the list has it or not accordingly.
    async fn docket_by(&self, docket_id: &str, department: &str, role: Role) -> Result<pb::Docket, Status> {
        let at_least_position = self.bench.end();
        let list = pb::ListDocketsRequest { at_least_position, ..Default::default() };
        let listed = self.service.list_dockets(by(list, department, role)).await.unwrap().into_inner();
        let get = pb::GetDocketRequest { at_least_position, docket_id: docket_id.into() };
        let shown = self.service.get_docket(by(get, department, role)).await;
        assert_eq!(listed.dockets.len(), usize::from(shown.is_ok()), "{department}");
        Ok(shown?.into_inner().docket.unwrap())
    }
}

#[tokio::test]
async fn a_docket_is_shown_to_the_clerks_who_see_to_its_body() {
    let deployment = Deployment::new().await;
    let (docket_id, _) = deployment.session(1, convene()).await;
    assert!(deployment.docket_by(&docket_id, "OFFICE", Role::Clerk).await.is_err());
    let docket = deployment.docket_of(&docket_id, "MWR").await.unwrap();
    let body = code(&docket.agenda.unwrap().body_code);
    let name = stewards::Command::Name { body, stewards: [code("OFFICE")].into() };
    let kit = &deployment.bench.kit;
    kit.execute::<Stewards>(&context("stewards"), Stewards::realm_id(), name).await.unwrap();
    assert!(deployment.docket_by(&docket_id, "OFFICE", Role::Clerk).await.is_ok());
    assert!(deployment.docket_by(&docket_id, "OFFICE", Role::Delegate).await.is_err());
}

fn statement(docket_id: &str, department: &str) -> pb::RecordStatementRequest {
    pb::RecordStatementRequest {
        command_id: id(&format!("statement of {department}")),
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: department.into(),
        stance: pb::Stance::Oppose.into(),
        reasons: "下游未撤离".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_docket_does_not_exist_for_those_who_take_no_part() {
    let deployment = Deployment::new().await;
    let (docket_id, _) = deployment.session(1, convene()).await;
    for department in ["MWR", "MEM", "CMA"] {
        assert!(deployment.docket_of(&docket_id, department).await.is_ok(), "{department}");
    }
    let absent = Uuid::from_u128(9).to_string();
    let shown = |status: Status| (status.code(), status.message().to_owned(), status.details().to_vec());
    let hidden = shown(deployment.docket_of(&docket_id, "MOF").await.unwrap_err());
    assert_eq!(hidden, shown(deployment.docket_of(&absent, "MOF").await.unwrap_err()));
    let speak = async |docket_id: &str| {
        let request = by(statement(docket_id, "MOF"), "MOF", Role::Delegate);
        shown(deployment.service.record_statement(request).await.unwrap_err())
    };
    assert_eq!(speak(&docket_id).await, speak(&absent).await);
    assert_eq!(speak(&docket_id).await.0, Grpc::NotFound);
}

/// A choice is opened, and a department says what it prefers.
async fn prefers(deployment: &Deployment, docket_id: &str, department: &str) {
    let open = pb::OpenChoiceRequest {
        command_id: id("choice"),
        docket_id: docket_id.into(),
        topic_number: 1,
        question: "先转移哪里？".into(),
        options: vec!["上游".into(), "下游".into()],
        method: pb::ChoiceMethod::Single.into(),
        ..Default::default()
    };
    deployment.service.open_choice(by(open, "MWR", Role::Chair)).await.unwrap();
    let cast = pb::CastChoiceRequest {
        command_id: id("preference"),
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: department.into(),
        named: vec![2],
        ..Default::default()
    };
    deployment.service.cast_choice(by(cast, department, Role::Delegate)).await.unwrap();
}

#[tokio::test]
async fn a_recused_department_does_not_see_what_others_said_on_the_topic() {
    let deployment = Deployment::new().await;
    let convert = Command::ConvertToCountersign {
        sign_by: at("2027-03-05T09:00:00Z"),
        reason: text("无须开会"),
        constitution: constitution(Method::UnanimousCountersign),
    };
    let (docket_id, position) = deployment.session(1, convert).await;
    deployment.docket_at(&docket_id, position).await.unwrap();
    let said = statement(&docket_id, "MEM");
    deployment.service.record_statement(by(said, "MEM", Role::Delegate)).await.unwrap();
    prefers(&deployment, &docket_id, "MEM").await;
    let seen = async |department: &str| {
        let topic = deployment.docket_of(&docket_id, department).await.unwrap().topics.remove(0);
        (topic.statements.len(), topic.choices[0].papers.len())
    };
    assert_eq!(seen("MWR").await, (1, 1));
    let recuse = pb::RecordRecusalRequest {
        command_id: id("recuse"),
        docket_id: docket_id.clone(),
        topic_number: 1,
        department_code: "MWR".into(),
        reason: "有利害关系".into(),
        ..Default::default()
    };
    let recused = deployment.service.record_recusal(by(recuse, "MWR", Role::Delegate)).await.unwrap();
    let topic = &recused.into_inner().docket.unwrap().topics[0];
    assert_eq!((&topic.recused_codes[..], &topic.statements[..]), (&["MWR".to_owned()][..], &[][..]));
    assert_eq!((seen("MWR").await, seen("CMA").await), ((0, 0), (1, 1)));
}
