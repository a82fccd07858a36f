//! A session without a quorum has a second call: nothing that was convened is stuck.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdjournDocketRequest, DocketStage, GetDocketRequest, OpenDocketRequest, RecordArrivalRequest,
};
use proto::ledger::v1::MoveClockRequest;
use proto::scheduling::v1::{
    BodyCharter, ConveneSessionRequest, DefineBodyRequest, GetSessionRequest, MeetingRules,
    OverrideFindingRequest, Quorum, QuorumBase, ScheduleSessionRequest, ScreeningRule, Seat, SessionStage,
};
use tests::{Client, Mode, Sandbox, command, joint_outline};
use tonic::Status;

/// All seats have to be there at the first call, and half of them at the second.
fn charter() -> BodyCharter {
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    let quorum =
        |numerator, denominator| Quorum { base: QuorumBase::AllSeats.into(), numerator, denominator };
    let rule = proto::scheduling::v1::DecisionRule { quorum: Some(quorum(1, 1)), ..Default::default() };
    BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: ["WATER", "ROADS"].map(seat).to_vec(),
        meeting_rules: Some(MeetingRules {
            topics_max: 5,
            duration_minutes_max: 120,
            notice_days_min: 3,
            papers_days_min: 2,
            second_call_quorum: Some(quorum(1, 2)),
            ..Default::default()
        }),
        decision_rules: vec![rule],
        ..Default::default()
    }
}

struct Secretariat {
    clerk: Client,
    operator: Client,
}

impl Secretariat {
    async fn admitted(&self, title: &str) -> Result<String, Status> {
        self.clerk.admitted_session(joint_outline(title, &["WATER", "ROADS"])).await
    }

    async fn schedule(&self, session_id: &str, starts_at: &str) -> Result<(), Status> {
        let request = ScheduleSessionRequest {
            session_id: session_id.into(),
            room_code: "R-1".into(),
            starts_at: Some(Client::moment(starts_at)),
            ..command()
        };
        self.clerk.call(request).await.map(drop)
    }

    /// Convenes the session at this moment, and records that only WATER has come.
    async fn convene(&self, session_id: &str, clock_at: &str) -> Result<(), Status> {
        let clock_at = Some(Client::moment(clock_at));
        self.operator.call(MoveClockRequest { clock_at, ..command() }).await?;
        let id = || session_id.to_owned();
        let convene = ConveneSessionRequest { session_id: id(), ..command() };
        let at_least_position = self.clerk.call(convene).await?.position;
        self.clerk.call(GetDocketRequest { at_least_position, docket_id: id() }).await?;
        let arrival = RecordArrivalRequest {
            docket_id: id(),
            department_code: "WATER".into(),
            delegate: "Li Wei".into(),
            ..command()
        };
        self.clerk.call(arrival).await.map(drop)
    }
}

async fn a_session_without_a_quorum_has_a_second_call(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    for department in ["WATER", "ROADS"] {
        clerk.register_department(department).await?;
    }
    clerk.register_room("R-1").await?;
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter()), ..command() };
    operator.call(define).await?;
    let secretariat = Secretariat { clerk: clerk.clone(), operator };
    let (one, other) = (secretariat.admitted("The drain").await?, secretariat.admitted("The dike").await?);
    let id = || one.clone();
    secretariat.schedule(&one, "2027-03-08T01:00:00Z").await?;
    secretariat.convene(&one, "2027-03-08T01:00:00Z").await?;

    let open = || OpenDocketRequest { docket_id: id(), ..command() };
    let refused = clerk.call(open()).await.err().context("too few are there")?;
    ensure!(Client::reason(&refused).as_deref() == Some("NO_QUORUM"), "{refused}");
    let adjourn = AdjournDocketRequest { docket_id: id(), reason: "ROADS did not come".into(), ..command() };
    let adjourned = clerk.call(adjourn).await?;
    ensure!(adjourned.docket.is_some_and(|docket| docket.stage() == DocketStage::Adjourned));
    let get = GetSessionRequest { at_least_position: adjourned.position, session_id: id() };
    let session = clerk.call(get).await?.session.context("a session")?;
    ensure!((session.stage(), session.adjournments) == (SessionStage::Admitted, 1), "{session:?}");
    ensure!(session.slot.is_none() && session.reason.as_deref() == Some("ROADS did not come"), "{session:?}");

    // Fewer would be enough, so nobody holds it again before the others can hear of it.
    let too_soon = secretariat.schedule(&one, "2027-03-08T02:00:00Z").await.err().context("a day later")?;
    ensure!(Client::reason(&too_soon).as_deref() == Some("SECOND_CALL_TOO_EARLY"), "{too_soon}");
    ensure!(session.second_call_at == Some(Client::moment("2027-03-09T01:00:00Z")), "{session:?}");

    // The room is free for another session, which a supervisor lets be held at once; and the second call is held with half of the seats.
    let too_late = secretariat.schedule(&other, "2027-03-08T01:30:00Z").await.err().context("no notice")?;
    ensure!(Client::reason(&too_late).as_deref() == Some("RULE_BROKEN"), "{too_late}");
    let overridden = OverrideFindingRequest {
        session_id: other.clone(),
        rule: ScreeningRule::Notice.into(),
        reason: "All are here".into(),
        ..command()
    };
    sandbox.client(Role::Supervisor, None).await?.call(overridden).await?;
    secretariat.schedule(&other, "2027-03-08T01:30:00Z").await?;
    secretariat.schedule(&one, "2027-03-09T01:00:00Z").await?;
    secretariat.convene(&one, "2027-03-09T01:00:00Z").await?;
    let opened = clerk.call(open()).await?.docket.context("a docket")?;
    ensure!(opened.stage() == DocketStage::Open, "{opened:?}");
    Ok(())
}
in_both_modes!(a_session_without_a_quorum_has_a_second_call);
