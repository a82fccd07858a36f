//! An emergency by a plan: who does not acknowledge is passed over, and the clock of the decision is heard.

use crate::in_both_modes;
use EmergencyCallStage::{Acknowledged, PassedOver};
use NoticeKind::{EmergencyCall, EmergencyDecisionHalfway, EmergencyPassedOver};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CastVoteRequest, CloseBallotRequest, CloseDebateRequest, OpenBallotRequest,
    OpenDocketRequest, OpenTopicRequest, RecordArrivalRequest, SubmitProposalRequest, VoteChoice,
};
use proto::followup::v1::{ListNoticesRequest, ListUpcomingNoticesRequest, Notice, NoticeKind};
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::scheduling::v1::{
    AcknowledgeEmergencyRequest, BodyCharter, DefineBodyRequest, EmergencyCallStage, EmergencyEndCause,
    EmergencyPlan, GetSessionRequest, ListSessionsRequest, RaiseEmergencyRequest, Seat, SessionEmergency,
    SessionStage,
};
use tests::{Client, Mode, Sandbox, command};

/// WATER chairs; ROADS is replaced by DRAINAGE, and then by METRO. Both have ten minutes, and the decision two hours.
fn charter() -> BodyCharter {
    let seat = |department: &str, substitutes: &[&str]| Seat {
        department_code: department.into(),
        substitute_codes: substitutes.iter().map(|code| (*code).into()).collect(),
        ..Default::default()
    };
    BodyCharter {
        name: "Flood control".into(),
        chair_code: "WATER".into(),
        secretariat_codes: vec!["OFFICE".into()],
        seats: vec![seat("WATER", &[]), seat("ROADS", &["DRAINAGE", "METRO"])],
        emergency_plans: vec![EmergencyPlan {
            code: "FLOOD-1".into(),
            name: "The river rises".into(),
            department_codes: vec!["WATER".into(), "ROADS".into()],
            acknowledge_minutes: 10,
            decide_minutes: 120,
            ..Default::default()
        }],
        ..Default::default()
    }
}

struct Emergency {
    water: Client,
    clerk: Client,
    operator: Client,
    session_id: String,
}

impl Emergency {
    async fn raise(sandbox: &Sandbox) -> anyhow::Result<Emergency> {
        let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
        for department in ["OFFICE", "WATER", "ROADS", "DRAINAGE", "METRO", "PRESS"] {
            clerk.register_department(department).await?;
        }
        let operator = sandbox.client(Role::Operator, None).await?;
        let define = DefineBodyRequest { body_code: "FLOOD".into(), charter: Some(charter()), ..command() };
        operator.call(define).await?;
        let raise = |plan_code: &str| RaiseEmergencyRequest {
            body_code: "FLOOD".into(),
            plan_code: plan_code.into(),
            title: "Willow Lane".into(),
            purpose: "Close the underpass".into(),
            reason: "The river rises".into(),
            authority: "Plan 3".into(),
            ..command()
        };
        let roads = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
        refused(roads.call(raise("FLOOD-1")).await, "NOT_A_CONVENOR")?;
        let water = sandbox.client(Role::Chair, Some("WATER")).await?;
        refused(water.call(raise("FLOOD-9")).await, "UNKNOWN_PLAN")?;
        let wanted = raise("FLOOD-1");
        let raised = water.call(wanted.clone()).await?;
        ensure!(water.call(wanted).await?.position == raised.position, "a repeat raises nothing");
        let session = raised.session.context("a session")?;
        ensure!(session.stage() == SessionStage::Convened, "{session:?}");
        Ok(Emergency { water, clerk, operator, session_id: session.session_id })
    }

    async fn move_clock(&self, clock_at: &str) -> anyhow::Result<()> {
        let clock_at = Some(Client::moment(clock_at));
        self.operator.call(MoveClockRequest { clock_at, ..command() }).await?;
        Ok(())
    }

    fn acknowledge(&self, department: &str) -> AcknowledgeEmergencyRequest {
        AcknowledgeEmergencyRequest {
            session_id: self.session_id.clone(),
            department_code: department.into(),
            ..command()
        }
    }

    /// The emergency as a client sees it, once it is so.
    async fn when(&self, client: &Client, what: &str, so: fn(&SessionEmergency) -> bool) -> SessionEmergency {
        let look = async || {
            let get = GetSessionRequest { at_least_position: 0, session_id: self.session_id.clone() };
            client.call(get).await.ok()?.session?.emergency.filter(so)
        };
        tests::until(what, look).await
    }

    /// The notices, once there are that many.
    async fn notices(&self, count: usize) -> Vec<Notice> {
        let look = async || {
            let session_id = Some(self.session_id.clone());
            let list = ListNoticesRequest { session_id, ..Default::default() };
            let notices = self.clerk.call(list).await.ok()?.notices;
            (notices.len() >= count).then_some(notices)
        };
        tests::until("the notices are there", look).await
    }

    /// Waits until a notice of this kind is foretold.
    async fn foretold(&self, kind: NoticeKind) {
        let look = async || {
            let upcoming = self.clerk.call(ListUpcomingNoticesRequest::default()).await.ok()?.notices;
            upcoming.iter().any(|notice| notice.kind() == kind).then_some(())
        };
        tests::until("it is foretold", look).await;
    }

    /// How many emergencies somebody is told of that wait for a department to acknowledge them.
    async fn waiting_for(&self, client: &Client, department: &str) -> anyhow::Result<usize> {
        let at_least_position = self.clerk.call(GetHeadRequest::default()).await?.position;
        let called_code = Some(department.to_owned());
        let list = ListSessionsRequest { at_least_position, called_code, ..Default::default() };
        Ok(client.call(list).await?.sessions.len())
    }

    /// WATER and DRAINAGE, which stands in for ROADS, decide.
    async fn decide(&self, voting: [(&Client, &str); 2]) -> anyhow::Result<()> {
        let id = || self.session_id.clone();
        for department in ["WATER", "DRAINAGE"] {
            let (department_code, delegate) = (department.to_owned(), "Li Wei".to_owned());
            let arrival = RecordArrivalRequest { docket_id: id(), department_code, delegate, ..command() };
            self.clerk.call(arrival).await?;
        }
        let water = &self.water;
        water.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
        water.call(OpenTopicRequest { docket_id: id(), topic_number: 1, ..command() }).await?;
        let text = "The underpass is closed.".to_owned();
        water.call(SubmitProposalRequest { docket_id: id(), topic_number: 1, text, ..command() }).await?;
        water.call(CloseDebateRequest { docket_id: id(), topic_number: 1, ..command() }).await?;
        water.call(OpenBallotRequest { docket_id: id(), topic_number: 1, version: 1, ..command() }).await?;
        for (client, department) in voting {
            let (department_code, choice) = (department.to_owned(), VoteChoice::Yes.into());
            let vote =
                CastVoteRequest { docket_id: id(), topic_number: 1, department_code, choice, ..command() };
            client.call(vote).await?;
        }
        water.call(CloseBallotRequest { docket_id: id(), topic_number: 1, ..command() }).await?;
        let adopt = AdoptDecisionRequest { docket_id: id(), topic_number: 1, declaratory: true, ..command() };
        water.call(adopt).await?;
        Ok(())
    }
}

fn refused<T>(outcome: Result<T, tonic::Status>, reason: &str) -> anyhow::Result<()> {
    let refused = outcome.err().with_context(|| format!("it was not refused: {reason}"))?;
    ensure!(Client::reason(&refused).as_deref() == Some(reason), "{refused}");
    Ok(())
}

fn kinds(notices: &[Notice]) -> Vec<(NoticeKind, &str)> {
    notices.iter().map(|notice| (notice.kind(), notice.addressee.as_str())).collect()
}

async fn an_emergency_finds_whoever_comes_and_hears_its_clock(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let mut emergency = Emergency::raise(&sandbox).await?;
    emergency.move_clock("2027-03-01T01:05:00Z").await?;
    emergency.water.call(emergency.acknowledge("WATER")).await?;
    let press = sandbox.client(Role::Delegate, Some("PRESS")).await?;
    refused(press.call(emergency.acknowledge("ROADS")).await, "NOT_FOUND")?;
    emergency.foretold(NoticeKind::EmergencyDecisionHalfway).await;

    // ROADS is silent: DRAINAGE is called, and sees the session from then on. The secretariat acknowledges for it.
    emergency.move_clock("2027-03-01T01:12:00Z").await?;
    let drainage = sandbox.client(Role::Delegate, Some("DRAINAGE")).await?;
    let called = |it: &SessionEmergency| it.calls.iter().any(|call| call.department_code == "DRAINAGE");
    emergency.when(&drainage, "DRAINAGE is called", called).await;
    // It waits for whom it was made to last, and is told to nobody who may not see it.
    ensure!(emergency.waiting_for(&drainage, "DRAINAGE").await? == 1);
    ensure!(emergency.waiting_for(&emergency.clerk, "ROADS").await? == 0);
    ensure!(emergency.waiting_for(&press, "DRAINAGE").await? == 0);
    let roads = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
    refused(roads.call(emergency.acknowledge("ROADS")).await, "PASSED_OVER")?;
    let answer = emergency.clerk.call(emergency.acknowledge("DRAINAGE")).await?;
    let calls = answer.session.and_then(|session| session.emergency).context("an emergency")?.calls;
    let stages: Vec<_> = calls.iter().map(|call| (call.department_code.as_str(), call.stage())).collect();
    let expected = [("WATER", Acknowledged), ("ROADS", PassedOver), ("DRAINAGE", Acknowledged)];
    ensure!(stages == expected, "{stages:?}");
    ensure!(
        calls[2].seat_code == "ROADS" && calls[2].on_behalf_by_code.as_deref() == Some("OFFICE"),
        "{calls:?}"
    );

    ensure!(emergency.waiting_for(&press, "PRESS").await? == 0);
    for department in ["WATER", "ROADS", "DRAINAGE"] {
        ensure!(emergency.waiting_for(&emergency.clerk, department).await? == 0, "{department}");
    }

    // Half of the time is over, and then a restart: nothing is said twice. METRO is never called.
    emergency.move_clock("2027-03-01T02:00:00Z").await?;
    emergency.notices(5).await;
    let name = sandbox.process_of("scheduling");
    sandbox.restart(name)?;
    emergency.water = sandbox.client(Role::Chair, Some("WATER")).await?;
    emergency.clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    emergency.operator = sandbox.client(Role::Operator, None).await?;
    let drainage = sandbox.client(Role::Delegate, Some("DRAINAGE")).await?;
    let get = GetSessionRequest { at_least_position: 0, session_id: emergency.session_id.clone() };
    emergency.clerk.call_patiently(get).await?;
    emergency.move_clock("2027-03-01T02:30:00Z").await?;
    let delegate = sandbox.client(Role::Delegate, Some("WATER")).await?;
    emergency.decide([(&delegate, "WATER"), (&drainage, "ROADS")]).await?;
    let ended = emergency.when(&emergency.clerk, "it has ended", |it| it.ended_at.is_some()).await;
    ensure!(ended.end_cause() == EmergencyEndCause::Decided && !ended.overdue, "{ended:?}");
    emergency.move_clock("2027-03-01T09:00:00Z").await?;
    let told = emergency.notices(5).await;
    let expected = [
        (EmergencyCall, "WATER"),
        (EmergencyCall, "ROADS"),
        (EmergencyPassedOver, "ROADS"),
        (EmergencyCall, "DRAINAGE"),
        (EmergencyDecisionHalfway, "WATER"),
    ];
    ensure!(kinds(&told) == expected, "{told:?}");
    Ok(())
}
in_both_modes!(an_emergency_finds_whoever_comes_and_hears_its_clock);

async fn a_decision_that_is_due_is_missed_aloud(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let emergency = Emergency::raise(&sandbox).await?;
    emergency.move_clock("2027-03-01T03:00:00Z").await?;
    let overdue = emergency.when(&emergency.clerk, "it is overdue", |it| it.overdue).await;
    ensure!(overdue.ended_at.is_none(), "{overdue:?}");
    let told = emergency.notices(8).await;
    let heard = |addressee: &str| {
        let late = |notice: &&Notice| notice.kind() == NoticeKind::EmergencyDecisionOverdue;
        told.iter().filter(late).filter(|notice| notice.addressee == addressee).count()
    };
    ensure!(heard("WATER") == 1 && heard("supervisor") == 1, "{told:?}");
    Ok(())
}
in_both_modes!(a_decision_that_is_due_is_missed_aloud);
