//! Three tiers: an item is carried out by a session one tier down, and what that decides is split; done from below.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CastVoteRequest, CloseBallotRequest, CloseDocketRequest, DraftItemsRequest,
    ItemDraft, OpenBallotRequest, SubmitProposalRequest, VoteChoice,
};
use proto::directory::v1::{Department, DepartmentKind, DepartmentLevel, RegisterDepartmentRequest};
use proto::followup::v1::{FollowUpStage, GetBoardRequest, ListFollowUpsRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    AcceptWorkRequest, AcknowledgeItemRequest, ClaimCompletionRequest, DueRule, Evidence, GetTreeRequest,
    ItemStage, ItemToRecord, ListItemChangesRequest, ListItemsRequest, RecordResolutionRequest,
    ReportProgressRequest, RequestExtensionRequest, SplitItemRequest, SubItem, TreeNode, due_rule::Rule,
};
use proto::scheduling::v1::{
    ConvertToCountersignRequest, RequestSessionRequest, ScreenSessionRequest, SessionAttendee,
};
use tests::{Client, Mode, Sandbox, command, outline};

/// STATE owes the first item of a resolution; CITY is the body one tier down, WARD is below it.
struct Tiers<'s> {
    sandbox: &'s Sandbox,
    supervisor: Client,
    state: Client,
    city: Client,
    ward: Client,
    top: String,
}

fn due(working_days: u32) -> Option<DueRule> {
    Some(DueRule { rule: Some(Rule::AfterWorkingDays(working_days)) })
}

impl<'s> Tiers<'s> {
    async fn recorded(sandbox: &'s Sandbox) -> anyhow::Result<Tiers<'s>> {
        let clerk = sandbox.client(Role::Clerk, Some("STATE")).await?;
        clerk.register_department("STATE").await?;
        for (code, parent) in [("CITY", None), ("WARD", Some("CITY")), ("OTHER", None)] {
            let department = Department {
                code: code.into(),
                name: code.into(),
                parent_code: parent.map(str::to_owned),
                level: DepartmentLevel::Municipal.into(),
                kind: DepartmentKind::Agency.into(),
                ..Default::default()
            };
            let own = sandbox.client(Role::Clerk, Some(parent.unwrap_or(code))).await?;
            own.call(RegisterDepartmentRequest { department: Some(department), ..command() }).await?;
        }
        clerk.define_body("STATES", "STATE", "STATE").await?;
        sandbox.client(Role::Clerk, Some("CITY")).await?.define_body("CITIES", "CITY", "CITY").await?;
        let supervisor = sandbox.client(Role::Supervisor, None).await?;
        let item = ItemToRecord {
            title: "Dry cities".into(),
            deliverable: "No street is flooded".into(),
            criterion: "Two summers".into(),
            lead_code: "STATE".into(),
            due: due(40),
            ..Default::default()
        };
        let record = RecordResolutionRequest {
            body_code: "STATES".into(),
            title: "Floods".into(),
            text: "Cities are made dry.".into(),
            decided_on: "2027-03-01".into(),
            source: "Document 12".into(),
            items: vec![item],
            ..command()
        };
        let position = supervisor.call(record).await?.position;
        let list = ListItemsRequest { at_least_position: position, ..Default::default() };
        let top = supervisor.call(list).await?.items.into_iter().next().context("an item")?.item_id;
        let lead = async |code| sandbox.client(Role::DepartmentLead, Some(code)).await;
        let (state, city, ward) = (lead("STATE").await?, lead("CITY").await?, lead("WARD").await?);
        Ok(Tiers { sandbox, supervisor, state, city, ward, top })
    }

    async fn end(&self) -> anyhow::Result<u64> {
        Ok(self.supervisor.call(GetHeadRequest {}).await?.position)
    }

    /// The end of the log, once nothing follows from it any more: what is below ends step by step.
    async fn settled(&self) -> anyhow::Result<u64> {
        loop {
            let end = self.end().await?;
            let items = ListItemsRequest { at_least_position: end, ..Default::default() };
            self.supervisor.call(items).await?;
            let followed = ListFollowUpsRequest { at_least_position: end, ..Default::default() };
            self.supervisor.call(followed).await?;
            if self.end().await? == end {
                return Ok(end);
            }
        }
    }

    async fn tree(&self, as_seen_by: &Client, item_id: &str) -> anyhow::Result<Vec<TreeNode>> {
        let at_least_position = self.settled().await?;
        let request = GetTreeRequest { at_least_position, item_id: item_id.into(), ..Default::default() };
        Ok(as_seen_by.call(request).await?.nodes)
    }

    /// A countersign of the city's body, which STATE requests to carry out the item; its one item is CITY's.
    async fn carried_out(&self) -> anyhow::Result<()> {
        let mut wanted = outline("Dry Linjiang", "CITY");
        wanted.body_code = "CITIES".into();
        wanted.carries_out_item_id = Some(self.top.clone());
        let other = self.sandbox.client(Role::Clerk, Some("OTHER")).await?;
        let refused = other.call(RequestSessionRequest { outline: Some(wanted.clone()), ..command() }).await;
        ensure!(
            refused.as_ref().err().and_then(Client::reason).as_deref() == Some("NOT_FOUND"),
            "whoever does not see the item: {refused:?}"
        );
        let clerk = self.sandbox.client(Role::Clerk, Some("STATE")).await?;
        let early = clerk.call(RequestSessionRequest { outline: Some(wanted.clone()), ..command() }).await;
        let reason = early.as_ref().err().and_then(Client::reason);
        ensure!(reason.as_deref() == Some("ITEM_NOT_UNDERWAY"), "{early:?}");
        self.state.call(AcknowledgeItemRequest { item_id: self.top.clone(), ..command() }).await?;
        let deciders: Vec<SessionAttendee> = wanted.attendees.clone();
        let requested = clerk.call(RequestSessionRequest { outline: Some(wanted), ..command() }).await?;
        let id = requested.session.context("the session")?.session_id;

        let city = self.sandbox.client(Role::Clerk, Some("CITY")).await?;
        city.call(ScreenSessionRequest { session_id: id.clone(), ..command() }).await?;
        let sign = ConvertToCountersignRequest {
            session_id: id.clone(),
            sign_by: Some(Client::moment("2027-03-20T02:00:00Z")),
            reason: "Nobody has to travel".into(),
            ..command()
        };
        let position = city.call(sign).await?.position;
        let docket =
            proto::deliberation::v1::GetDocketRequest { at_least_position: position, docket_id: id.clone() };
        city.call(docket).await?;
        self.decide(&id, &deciders).await
    }

    async fn decide(&self, docket_id: &str, attendees: &[SessionAttendee]) -> anyhow::Result<()> {
        let chair = self.sandbox.client(Role::Chair, Some("CITY")).await?;
        let (id, topic_number) = (|| docket_id.to_owned(), 1);
        let text = "CITY makes Linjiang dry.".into();
        chair.call(SubmitProposalRequest { docket_id: id(), topic_number, text, ..command() }).await?;
        let draft = ItemDraft {
            title: "Dry Linjiang".into(),
            deliverable: "Drains".into(),
            criterion: Some("Dry after two rains".into()),
            lead_code: Some("CITY".into()),
            co_responsible_codes: vec![],
            due: Some(proto::deliberation::v1::DueRule {
                rule: Some(proto::deliberation::v1::due_rule::Rule::AfterWorkingDays(20)),
            }),
        };
        chair
            .call(DraftItemsRequest { docket_id: id(), topic_number, items: vec![draft], ..command() })
            .await?;
        chair.call(OpenBallotRequest { docket_id: id(), topic_number, version: 1, ..command() }).await?;
        for attendee in attendees {
            let department_code = attendee.department_code.clone();
            let delegate = self.sandbox.client(Role::Delegate, Some(&department_code)).await?;
            let choice = VoteChoice::Yes.into();
            let vote =
                CastVoteRequest { docket_id: id(), topic_number, department_code, choice, ..command() };
            delegate.call(vote).await?;
        }
        chair.call(CloseBallotRequest { docket_id: id(), topic_number, ..command() }).await?;
        chair.call(AdoptDecisionRequest { docket_id: id(), topic_number, ..command() }).await?;
        chair.call(CloseDocketRequest { docket_id: id(), ..command() }).await?;
        Ok(())
    }

    async fn claim(&self, by: &Client, item_id: &str) -> Result<(), tonic::Status> {
        let evidence = Evidence { title: "Photo".into(), sha256: "0a".repeat(32), uri: "urn:1".into() };
        let (item_id, summary) = (item_id.to_owned(), "Dry".into());
        by.call(ClaimCompletionRequest { item_id, summary, evidence: vec![evidence], ..command() })
            .await
            .map(drop)
    }
}

fn shape(nodes: &[TreeNode]) -> Vec<(u32, &str, u32, u32)> {
    nodes.iter().map(|node| (node.tier, node.lead_code.as_str(), node.percent, node.open_count)).collect()
}

async fn what_is_decided_above_is_carried_out_below(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let tiers = Tiers::recorded(&sandbox).await?;
    tiers.carried_out().await?;
    let nodes = tiers.tree(&tiers.state, &tiers.top).await?;
    ensure!(shape(&nodes) == [(1, "STATE", 0, 1), (2, "CITY", 0, 0)], "{nodes:?}");
    let middle = nodes[1].item_id.clone();
    tiers.city.call(AcknowledgeItemRequest { item_id: middle.clone(), ..command() }).await?;
    let since_position = tiers.end().await?;
    let part = |lead: &str, days| SubItem {
        title: "Widen the drain".into(),
        deliverable: "600 mm".into(),
        criterion: "Seen".into(),
        lead_code: lead.into(),
        due: due(days),
        ..Default::default()
    };
    let sub_items = vec![part("WARD", 5), part("WARD", 6)];
    tiers.city.call(SplitItemRequest { item_id: middle.clone(), sub_items, ..command() }).await?;
    let nodes = tiers.tree(&tiers.state, &tiers.top).await?;
    ensure!(shape(&nodes)[2..] == [(3, "WARD", 0, 0), (3, "WARD", 0, 0)], "down to the last tier: {nodes:?}");
    let below = [nodes[2].item_id.clone(), nodes[3].item_id.clone()];
    let upwards = tiers.tree(&tiers.supervisor, &below[0]).await?;
    ensure!(upwards.iter().map(|node| node.tier).eq([1, 2, 3]), "{upwards:?}");
    let own = tiers.tree(&tiers.ward, &below[0]).await?;
    ensure!(own.len() == 1, "what is above is seen by those whose it is: {own:?}");

    // What became of it since then, for CITY with those below it.
    let changes = ListItemChangesRequest {
        at_least_position: tiers.settled().await?,
        since_position,
        under_code: Some("CITY".into()),
        ..Default::default()
    };
    let changes = tiers.supervisor.call(changes).await?.changes;
    let leads: Vec<&str> = changes.iter().map(|change| change.lead_code.as_str()).collect();
    ensure!(leads == ["CITY", "WARD", "WARD"], "{changes:?}");
    let at_least_position = tiers.settled().await?;
    let board = GetBoardRequest { at_least_position, under_code: Some("CITY".into()), ..Default::default() };
    let totals = tiers.supervisor.call(board).await?.totals.unwrap_or_default();
    ensure!((totals.open, totals.unacknowledged) == (3, 2), "{totals:?}");
    let board = GetBoardRequest { body_code: Some("STATES".into()), ..Default::default() };
    let rows = tiers.supervisor.call(board).await?.rows;
    ensure!(rows.len() == 1 && rows[0].department_code == "STATE", "{rows:?}");

    done_from_below(&tiers, &middle, &below).await?;
    ends_from_above(&tiers).await
}

async fn done_from_below(tiers: &Tiers<'_>, middle: &str, below: &[String; 2]) -> anyhow::Result<()> {
    for item in below {
        tiers.ward.call(AcknowledgeItemRequest { item_id: item.clone(), ..command() }).await?;
    }
    let report =
        ReportProgressRequest { item_id: below[1].clone(), percent: 51, note: "Half".into(), ..command() };
    tiers.ward.call(report).await?;
    let later = RequestExtensionRequest {
        item_id: below[1].clone(),
        due: due(60),
        reason: "Rain".into(),
        ..command()
    };
    let refused = tiers.ward.call(later).await.err();
    ensure!(refused.as_ref().and_then(Client::reason).as_deref() == Some("DUE_AFTER_PARENT"), "{refused:?}");
    tiers.claim(&tiers.ward, &below[0]).await?;
    tiers.city.call(AcceptWorkRequest { item_id: below[0].clone(), ..command() }).await?;
    let nodes = tiers.tree(&tiers.state, &tiers.top).await?;
    ensure!(shape(&nodes)[..2] == [(1, "STATE", 75, 2), (2, "CITY", 75, 1)], "rolled up: {nodes:?}");
    let early = tiers.claim(&tiers.city, middle).await.err();
    ensure!(early.as_ref().and_then(Client::reason).as_deref() == Some("SUB_ITEMS_OPEN"), "{early:?}");
    Ok(())
}

/// A later decision of the body above rescinds what it had decided, and no more: what the body below voted on in order to carry it out
/// stays owed until that one rescinds it.
async fn ends_from_above(tiers: &Tiers<'_>) -> anyhow::Result<()> {
    let items = ListItemsRequest { at_least_position: tiers.settled().await?, ..Default::default() };
    let items = tiers.supervisor.call(items).await?.items;
    let top = items.iter().find(|item| item.item_id == tiers.top).context("the first tier")?;
    let record = RecordResolutionRequest {
        body_code: "STATES".into(),
        title: "Floods, again".into(),
        text: "The former decision is repealed.".into(),
        decided_on: "2027-03-01".into(),
        source: "Document 13".into(),
        changes: vec![proto::resolution::v1::ResolutionChange {
            resolution_id: top.resolution_id.clone(),
            effect: proto::resolution::v1::ChangeEffect::Rescinds.into(),
            carried_over_item_ids: vec![],
        }],
        ..command()
    };
    tiers.supervisor.call(record).await?;
    let nodes = tiers.tree(&tiers.supervisor, &tiers.top).await?;
    let stages: Vec<ItemStage> = nodes.iter().map(TreeNode::stage).collect();
    use ItemStage::{Accepted, Rescinded, Underway};
    ensure!(stages == [Rescinded, Underway, Accepted, Underway], "{stages:?}");
    let list = ListFollowUpsRequest { at_least_position: tiers.settled().await?, ..Default::default() };
    let followed = tiers.supervisor.call(list).await?.follow_ups;
    let open = followed.iter().filter(|one| one.stage() == FollowUpStage::Open).count();
    ensure!(open == 2, "only what was decided below is followed up: {followed:?}");
    Ok(())
}
in_both_modes!(what_is_decided_above_is_carried_out_below);
