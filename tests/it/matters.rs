//! A matter outlives its session: what a session defers comes back on its day, what it refers arrives at the other body,
//! and nothing that was discussed is lost.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1 as deliberation;
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::scheduling::v1::{
    AcceptReferralRequest, ConveneSessionRequest, EmergencyDeclaration, GetMatterRequest, GetSessionRequest,
    ListMattersRequest, Matter, MatterClass, MatterStage, SessionKind, SessionOutline, SessionTopic,
    TakeInMatterRequest,
};
use tests::{Client, Mode, Sandbox, command, outline};

/// An emergency session on these topics, which needs no room; it is convened and its docket opened.
async fn opened(clerk: &Client, topics: Vec<SessionTopic>) -> anyhow::Result<String> {
    let mut emergency = SessionOutline {
        kind: SessionKind::Emergency.into(),
        matter_class: MatterClass::Emergency.into(),
        emergency: Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() }),
        ..outline("Stop the flood", "WATER")
    };
    emergency.attendees[0].roles = (1..)
        .zip(&topics)
        .map(|(topic_number, _)| proto::scheduling::v1::TopicRole {
            topic_number,
            role: proto::scheduling::v1::RoleOnTopic::Decides.into(),
        })
        .collect();
    emergency.topics = topics;
    let session_id = clerk.admitted_session(emergency).await?;
    let id = || session_id.clone();
    let convened = clerk.call(ConveneSessionRequest { session_id: id(), ..command() }).await?;
    let at_least_position = convened.position;
    clerk.call(deliberation::GetDocketRequest { at_least_position, docket_id: id() }).await?;
    let arrival = deliberation::RecordArrivalRequest {
        docket_id: id(),
        department_code: "WATER".into(),
        delegate: "Li Wei".into(),
        ..command()
    };
    clerk.call(arrival).await?;
    clerk.call(deliberation::OpenDocketRequest { docket_id: id(), ..command() }).await?;
    Ok(session_id)
}

fn topic(title: &str, matter_id: Option<&str>) -> SessionTopic {
    SessionTopic {
        number: 0,
        title: title.into(),
        timebox_minutes: 10,
        matter_id: matter_id.map(str::to_owned),
        ..Default::default()
    }
}

async fn matter(clerk: &Client, at_least_position: u64, matter_id: &str) -> anyhow::Result<Matter> {
    let get = GetMatterRequest { at_least_position, matter_id: matter_id.into() };
    clerk.call(get).await?.matter.context("a matter")
}

async fn what_a_session_does_not_settle_has_a_future(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.define_body("BODY", "WATER", "WATER").await?;
    clerk.define_body("CITY", "WATER", "WATER").await?;
    let take_in = TakeInMatterRequest {
        body_code: "BODY".into(),
        title: "Willow Lane floods".into(),
        case_reference: Some("12345-2027-0001".into()),
        ..command()
    };
    let willow = clerk.call(take_in).await?.matter.context("a matter")?.matter_id;
    let docket_id =
        opened(&clerk, vec![topic("Willow Lane", Some(&willow)), topic("The dike", None)]).await?;
    let id = || docket_id.clone();

    let nowhere = deliberation::ReferTopicRequest {
        docket_id: id(),
        topic_number: 2,
        referred_to_code: "NOWHERE".into(),
        reason: "Beyond our means".into(),
        ..command()
    };
    let refused = clerk.call(nowhere.clone()).await.err().context("no such body")?;
    ensure!(Client::reason(&refused).as_deref() == Some("UNKNOWN_BODY"), "{refused}");
    clerk.call(deliberation::ReferTopicRequest { referred_to_code: "CITY".into(), ..nowhere }).await?;
    let defer = deliberation::DeferTopicRequest {
        docket_id: id(),
        topic_number: 1,
        resume_on: "2027-03-08".into(),
        moved_by_code: "WATER".into(),
        reason: "The survey is missing".into(),
        ..command()
    };
    clerk.call(defer).await?;
    let closed =
        clerk.call(deliberation::CloseDocketRequest { docket_id: id(), ..command() }).await?.position;

    let deferred = matter(&clerk, closed, &willow).await?;
    ensure!(deferred.stage() == MatterStage::Deferred && deferred.deferrals == 1, "{deferred:?}");
    let session = clerk.call(GetSessionRequest { at_least_position: closed, session_id: id() }).await?;
    let topics = session.session.and_then(|session| session.outline).context("an outline")?.topics;
    let dike = topics[1].matter_id.clone().context("a topic without a matter has one taken in")?;
    let referred = matter(&clerk, closed, &dike).await?;
    ensure!(referred.referred_to_code.as_deref() == Some("CITY"), "{referred:?}");
    clerk.call(AcceptReferralRequest { matter_id: dike.clone(), ..command() }).await?;

    // What never got an outcome, by age; by body; and by its case.
    let at_least_position = clerk.call(GetHeadRequest {}).await?.position;
    let list = ListMattersRequest { at_least_position, settled: Some(false), ..Default::default() };
    let listed = clerk.call(list.clone()).await?.matters;
    ensure!(listed.iter().map(|row| row.matter_id.as_str()).eq([&*willow, &*dike]), "{listed:?}");
    let of_city = ListMattersRequest { body_code: Some("CITY".into()), ..list };
    ensure!(clerk.call(of_city).await?.matters.len() == 1);

    let operator = sandbox.client(Role::Operator, None).await?;
    let mut log = sandbox.client(Role::Auditor, None).await?.follow(at_least_position).await?;
    let clock_at = Some(Client::moment("2027-03-08T01:00:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    // The move, and the timer's record.
    log.wait_for_more(2).await?;
    let at_least_position = clerk.call(GetHeadRequest {}).await?.position;
    let back = matter(&clerk, at_least_position, &willow).await?;
    ensure!(back.stage() == MatterStage::Backlog, "{back:?}");

    // In the next session, its deferrals go on.
    let docket_id = opened(&clerk, vec![topic("Willow Lane", Some(&willow))]).await?;
    let docket = clerk.call(deliberation::GetDocketRequest { at_least_position: 0, docket_id }).await?;
    let agenda = docket.docket.and_then(|docket| docket.agenda).context("an agenda")?;
    let carried = agenda.topics[0].carried.clone().context("a matter")?;
    ensure!((carried.deferrals, carried.deferrals_max) == (1, 2), "{carried:?}");
    Ok(())
}
in_both_modes!(what_a_session_does_not_settle_has_a_future);
