//! A query that names a position answers with everything that follows from the log up to there: what the process
//! managers of its service make of it included. Nothing here asks twice.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::{Role, Uuid};
use futures::future::try_join_all;
use proto::deliberation::v1::due_rule::Rule;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CastVoteRequest, CloseBallotRequest, CloseDocketRequest, Docket, DocketStage,
    DraftItemsRequest, DueRule, GetDocketRequest, ItemDraft, OpenBallotRequest, OpenDocketRequest,
    OpenTopicRequest, RecordArrivalRequest, SubmitProposalRequest, VoteChoice, WithdrawTopicRequest,
};
use proto::directory::v1::ListDepartmentsRequest;
use proto::followup::v1::ListFollowUpsRequest;
use proto::ledger::v1::{FollowEventsRequest, ReadEventsRequest, ReadRecordsRequest};
use proto::resolution::v1::ListItemsRequest;
use proto::scheduling::v1::{
    ConveneSessionRequest, EmergencyDeclaration, GetSessionRequest, MatterClass, SessionKind, SessionOutline,
    SessionStage,
};
use tests::{Client, Mode, Sandbox, command, outline};
use tonic::Code;

/// Sessions at the same time.
const SESSIONS: usize = 20;

/// The department whose clerk acts for every body.
const OFFICE: &str = "OFFICE";

/// A session of one department, led by the clerk.
struct Meeting {
    clerk: Client,
    department_code: String,
    session_id: String,
}

impl Meeting {
    /// An emergency, which needs no room and no notice; it is admitted.
    async fn admitted(clerk: &Client, operator: &Client, number: usize) -> anyhow::Result<Meeting> {
        let department_code = format!("D{number}");
        clerk.register_department(&department_code).await?;
        operator.define_body(&department_code, &department_code, OFFICE).await?;
        let outline = SessionOutline {
            body_code: department_code.clone(),
            kind: SessionKind::Emergency.into(),
            matter_class: MatterClass::Emergency.into(),
            emergency: Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() }),
            ..outline(&format!("Session {number}"), &department_code)
        };
        let session_id = clerk.admitted_session(outline).await?;
        Ok(Meeting { clerk: clerk.clone(), department_code, session_id })
    }

    /// Convenes the session; returns its docket, asked for with the position of the answer.
    async fn convene(&self) -> anyhow::Result<Docket> {
        let convene = ConveneSessionRequest { session_id: self.session_id.clone(), ..command() };
        let at_least_position = self.clerk.call(convene).await?.position;
        let request = GetDocketRequest { at_least_position, docket_id: self.session_id.clone() };
        let answer = self.clerk.call(request).await?;
        ensure!(answer.position >= at_least_position, "{} is before {at_least_position}", answer.position);
        answer.docket.context("a docket")
    }

    /// Records that the department is present, and opens the docket and its topic.
    async fn open(&self) -> anyhow::Result<()> {
        let docket_id = || self.session_id.clone();
        let arrival = RecordArrivalRequest {
            docket_id: docket_id(),
            department_code: self.department_code.clone(),
            delegate: "Li Wei".into(),
            ..command()
        };
        self.clerk.call(arrival).await?;
        self.clerk.call(OpenDocketRequest { docket_id: docket_id(), ..command() }).await?;
        self.clerk.call(OpenTopicRequest { docket_id: docket_id(), topic_number: 1, ..command() }).await?;
        Ok(())
    }

    /// Has a proposal with action items put to the vote and pass.
    async fn pass(&self, items: usize) -> anyhow::Result<()> {
        let (docket_id, topic_number) = (|| self.session_id.clone(), 1);
        let text = "Repair the pumps.".into();
        let proposal = SubmitProposalRequest { docket_id: docket_id(), topic_number, text, ..command() };
        self.clerk.call(proposal).await?;
        let items = vec![self.item(); items];
        self.clerk
            .call(DraftItemsRequest { docket_id: docket_id(), topic_number, items, ..command() })
            .await?;
        let ballot = OpenBallotRequest { docket_id: docket_id(), topic_number, version: 1, ..command() };
        self.clerk.call(ballot).await?;
        let vote = CastVoteRequest {
            docket_id: docket_id(),
            topic_number,
            department_code: self.department_code.clone(),
            choice: VoteChoice::Yes.into(),
            ..command()
        };
        self.clerk.call(vote).await?;
        self.clerk.call(CloseBallotRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
        Ok(())
    }

    fn item(&self) -> ItemDraft {
        ItemDraft {
            title: "Repair the pumps".into(),
            deliverable: "All pumps run".into(),
            criterion: Some("The streets are dry within two hours".into()),
            lead_code: Some(self.department_code.clone()),
            co_responsible_codes: vec![],
            due: Some(DueRule { rule: Some(Rule::AfterDays(30)) }),
        }
    }
}

/// Plays a story in every session at once.
async fn in_every_session(
    mode: Mode,
    story: impl AsyncFn(Meeting) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some(OFFICE)).await?;
    clerk.register_department(OFFICE).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let meetings = (0..SESSIONS).map(|number| Meeting::admitted(&clerk, &operator, number));
    let meetings = try_join_all(meetings).await?;
    try_join_all(meetings.into_iter().map(|meeting| story(meeting))).await.map(drop)
}

async fn a_convened_session_has_its_docket(mode: Mode) -> anyhow::Result<()> {
    in_every_session(mode, async |meeting| {
        let docket = meeting.convene().await?;
        ensure!(
            docket.docket_id == meeting.session_id && docket.stage() == DocketStage::Prepared,
            "{docket:?}"
        );
        Ok(())
    })
    .await
}
in_both_modes!(a_convened_session_has_its_docket);

async fn a_closed_docket_has_concluded_its_session(mode: Mode) -> anyhow::Result<()> {
    in_every_session(mode, async |meeting| {
        meeting.convene().await?;
        meeting.open().await?;
        let (docket_id, reason) = (meeting.session_id.clone(), "It is settled".into());
        let withdraw = WithdrawTopicRequest { docket_id, topic_number: 1, reason, ..command() };
        meeting.clerk.call(withdraw).await?;
        let close = CloseDocketRequest { docket_id: meeting.session_id.clone(), ..command() };
        let at_least_position = meeting.clerk.call(close).await?.position;
        let request = GetSessionRequest { at_least_position, session_id: meeting.session_id.clone() };
        let session = meeting.clerk.call(request).await?.session.context("a session")?;
        ensure!(session.stage() == SessionStage::Concluded, "{session:?}");
        Ok(())
    })
    .await
}
in_both_modes!(a_closed_docket_has_concluded_its_session);

async fn an_adopted_decision_has_its_items_and_they_their_follow_ups(mode: Mode) -> anyhow::Result<()> {
    in_every_session(mode, async |meeting| {
        meeting.convene().await?;
        meeting.open().await?;
        meeting.pass(1).await?;
        let docket_id = meeting.session_id.clone();
        let adopt = AdoptDecisionRequest { docket_id, topic_number: 1, ..command() };
        let at_least_position = meeting.clerk.call(adopt).await?.position;
        let lead_code = Some(meeting.department_code.clone());
        let request =
            ListItemsRequest { at_least_position, lead_code: lead_code.clone(), ..Default::default() };
        let listed = meeting.clerk.call(request).await?;
        let [item] = listed.items.as_slice() else { anyhow::bail!("{listed:?}") };

        // Nothing but the position that came with the items: that of their own records is not known here.
        let at_least_position = listed.position;
        let request = ListFollowUpsRequest { at_least_position, lead_code, ..Default::default() };
        let followed = meeting.clerk.call(request).await?;
        let [follow_up] = followed.follow_ups.as_slice() else { anyhow::bail!("{followed:?}") };
        ensure!(follow_up.item_id == item.item_id, "{follow_up:?} is not of {item:?}");
        Ok(())
    })
    .await
}
in_both_modes!(an_adopted_decision_has_its_items_and_they_their_follow_ups);

async fn a_position_that_no_record_has_is_refused_at_once(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let head = clerk.register_department("A").await?;
    for at_least_position in [head + 1, 1 << 62, u64::MAX] {
        let listed = ListDepartmentsRequest { at_least_position, ..Default::default() };
        let shown = GetSessionRequest { at_least_position, session_id: Uuid::nil().to_string() };
        for refused in [clerk.call(listed).await.err(), clerk.call(shown).await.err()] {
            let refused = refused.context("it waits for what will not come")?;
            ensure!(refused.code() == Code::OutOfRange, "{refused}");
            ensure!(Client::reason(&refused).as_deref() == Some("BEYOND_HEAD"), "{refused}");
            ensure!(Client::details(&refused)["head"] == head.to_string(), "{refused}");
        }
    }
    Ok(())
}
in_both_modes!(a_position_that_no_record_has_is_refused_at_once);

/// Whoever waited there would hear nothing of all that comes before it.
async fn nobody_reads_on_after_a_position_that_no_record_has(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let head = sandbox.client(Role::Clerk, None).await?.register_department("A").await?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    for after_position in [head + 1, 1 << 62, u64::MAX] {
        let read = ReadEventsRequest { after_position, ..Default::default() };
        let follow = FollowEventsRequest { after_position, ..Default::default() };
        let records = ReadRecordsRequest { after_position, follow: true, ..Default::default() };
        let refusals = [
            auditor.call(read).await.err(),
            auditor.stream(follow).await.err(),
            auditor.stream(records).await.err(),
        ];
        for refused in refusals {
            let refused = refused.context("it waits for what will not come")?;
            ensure!(refused.code() == Code::FailedPrecondition, "{refused}");
            ensure!(Client::reason(&refused).as_deref() == Some("BEYOND_HEAD"), "{refused}");
            ensure!(Client::details(&refused)["head_position"] == head.to_string(), "{refused}");
        }
    }
    let read = ReadEventsRequest { after_position: head, ..Default::default() };
    ensure!(auditor.call(read).await?.events.is_empty());
    Ok(())
}
in_both_modes!(nobody_reads_on_after_a_position_that_no_record_has);
