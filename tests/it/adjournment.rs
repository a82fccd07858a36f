//! A session without a quorum has a second call: nothing that was convened is stuck.

use crate::in_both_modes;
use crate::pages::{Browser, form_of};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdjournDocketRequest, CallMeetingRequest, DocketStage, GetDocketRequest, OpenDocketRequest,
    RecordArrivalRequest,
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
    let secretariat = secretariat(&sandbox).await?;
    let clerk = secretariat.clerk.clone();
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

/// A body whose sessions need all seats, with its secretariat; the departments and a room.
async fn secretariat(sandbox: &Sandbox) -> anyhow::Result<Secretariat> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    for department in ["WATER", "ROADS"] {
        clerk.register_department(department).await?;
    }
    clerk.register_room("R-1").await?;
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter()), ..command() };
    operator.call(define).await?;
    Ok(Secretariat { clerk, operator })
}

async fn the_page_of_a_session_that_was_set_aside_leads_on(mode: Mode) -> anyhow::Result<()> {
    // Given a session that was adjourned without a quorum
    let mut sandbox = Sandbox::start(mode)?;
    let secretariat = secretariat(&sandbox).await?;
    let clerk = &secretariat.clerk;
    let id = secretariat.admitted("The drain").await?;
    secretariat.schedule(&id, "2027-03-08T01:00:00Z").await?;
    secretariat.convene(&id, "2027-03-08T01:00:00Z").await?;
    let reason = "ROADS did not come".to_owned();
    let adjourned =
        clerk.call(AdjournDocketRequest { docket_id: id.clone(), reason, ..command() }).await?.position;
    // When its clerk looks at its page
    let water = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    let path = format!("/sessions/{id}");
    let page = water.page(&format!("{path}?at={adjourned}")).await?;
    // Then it says that it was adjourned, and has the steps of the session and none of the docket
    ensure!(page.contains("<span class=\"tag\">Adjourned</span>"), "{page}");
    ensure!(page.contains(&format!("href=\"{path}/revise\"")), "it can be revised: {page}");
    ensure!(page.contains("value=\"ScheduleSession\""), "it can be scheduled: {page}");
    form_of(&page, "CancelSession")?;
    ensure!(!page.contains("value=\"OpenDocket\"") && !page.contains("id=\"steps\""), "{page}");

    // and when it is scheduled again, those that are invited answer there.
    secretariat.schedule(&id, "2027-03-15T01:00:00Z").await?;
    let roads = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    let answer = form_of(&roads.page(&path).await?, "AnswerInvitation")?;
    let accept = format!("{answer}&departmentCode=ROADS&answer=INVITATION_ANSWER_ACCEPT");
    let answered = roads.post(&path, &accept).await?;
    ensure!(answered.status == 303, "{}", answered.text());
    let page = water.page(&path).await?;
    form_of(&page, "PostponeSession")?;
    ensure!(page.contains("id=\"invitations\"") && page.contains("value=\"MoveSession\""), "{page}");
    Ok(())
}
in_both_modes!(the_page_of_a_session_that_was_set_aside_leads_on);

async fn the_page_of_a_countersign_that_became_a_meeting_leads_on(mode: Mode) -> anyhow::Result<()> {
    // Given a countersign for which a meeting was called
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = secretariat(&sandbox).await?.clerk;
    let outline = joint_outline("The dike", &["WATER", "ROADS"]);
    let (id, at_least_position) = clerk.countersign(outline, "2027-03-05T09:00:00Z").await?;
    clerk.call(GetDocketRequest { at_least_position, docket_id: id.clone() }).await?;
    let call = CallMeetingRequest { docket_id: id.clone(), reason: "It is disputed".into(), ..command() };
    let called = clerk.call(call).await?.position;
    clerk.call(GetSessionRequest { at_least_position: called, session_id: id.clone() }).await?;
    // When its clerk looks at its page
    let water = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    let page = water.page(&format!("/sessions/{id}?at={called}")).await?;
    // Then it was not adjourned, and the session goes on with being screened.
    ensure!(page.contains("<span class=\"tag\">Became a meeting</span>"), "{page}");
    ensure!(!page.contains(">Adjourned<"), "{page}");
    form_of(&page, "ScreenSession")?;
    Ok(())
}
in_both_modes!(the_page_of_a_countersign_that_became_a_meeting_leads_on);
