//! What becomes of the decisions: acknowledged, delivered, returned, blocked, extended, late.

use crate::demo::stage::{Stage, refused, tell};
use crate::installation::{Desk, command_id};
use crate::matter::Matter;
use anyhow::bail;
use domain::resolution::action_item::ActionItem;
use domain::{Aggregate as _, Role, Uuid};
use proto::followup::v1::{ListNoticesRequest, Notice, NoticeKind};
use proto::resolution::events::v1::Evidence;
use proto::resolution::v1 as resolution;
use tonic::Status;

/// Action items of one docket, with desks for those who answer for them.
pub struct Items<'s> {
    stage: &'s Stage,
    docket: Uuid,
}

impl<'s> Items<'s> {
    /// Waits until the docket's items are assigned.
    pub async fn of(stage: &'s Stage, matter: &Matter, count: u32) -> anyhow::Result<Items<'s>> {
        let docket = Uuid::try_parse(&matter.id)?;
        let items = Items { stage, docket };
        for no in 1..=count {
            stage.supervisor.wait_for_record(&items.stream(no), 0).await?;
        }
        Ok(items)
    }

    fn stream(&self, no: u32) -> String {
        ActionItem::stream(ActionItem::id(self.docket, no)).to_string()
    }

    /// The id of an item.
    pub fn id(&self, no: u32) -> String {
        ActionItem::id(self.docket, no).to_string()
    }

    fn lead(&self, department: &str) -> anyhow::Result<Desk> {
        self.stage.installation.desk(Role::DepartmentLead, Some(department))
    }

    /// The lead takes the item on.
    pub async fn acknowledge(&self, no: u32, lead: &str) -> anyhow::Result<()> {
        let request = resolution::AcknowledgeItemRequest { command_id: command_id(), item_id: self.id(no) };
        self.lead(lead)?.call(request).await?;
        Ok(())
    }

    /// The lead says how far it has come.
    pub async fn report(&self, no: u32, lead: &str, percent: u32, note: &str) -> anyhow::Result<()> {
        let request = resolution::ReportProgressRequest {
            command_id: command_id(),
            item_id: self.id(no),
            percent,
            note: note.into(),
            evidence: vec![],
        };
        self.lead(lead)?.call(request).await?;
        Ok(())
    }

    /// The lead claims that it is done.
    pub async fn claim(&self, no: u32, lead: &str, summary: &str) -> anyhow::Result<()> {
        let evidence = Evidence {
            title: format!("Proof of item {no}"),
            sha256: format!("{no:064x}"),
            uri: format!("urn:evidence:{}", self.id(no)),
        };
        let request = resolution::ClaimCompletionRequest {
            command_id: command_id(),
            item_id: self.id(no),
            summary: summary.into(),
            evidence: vec![evidence],
        };
        self.lead(lead)?.call(request).await?;
        Ok(())
    }

    /// Somebody finds the criterion met.
    pub async fn accept(&self, no: u32, desk: &Desk) -> Result<(), Status> {
        let request =
            resolution::AcceptWorkRequest { command_id: command_id(), item_id: self.id(no), note: None };
        desk.call(request).await.map(drop)
    }

    /// Waits for a notice of the follow-up on an item.
    pub async fn notice(&self, no: u32, kind: NoticeKind) -> anyhow::Result<Notice> {
        let mut at_least_position = 0;
        let follow_up =
            domain::followup::follow_up::FollowUp::stream(ActionItem::id(self.docket, no)).to_string();
        loop {
            let request = ListNoticesRequest {
                at_least_position,
                item_id: self.id(no),
                kinds: vec![kind.into()],
                ..Default::default()
            };
            let answer = self.stage.supervisor.call(request).await?;
            if let Some(notice) = answer.notices.into_iter().next() {
                return Ok(notice);
            }
            let after = at_least_position.max(answer.position);
            at_least_position = self.stage.supervisor.wait_for_record(&follow_up, after).await?;
        }
    }
}

/// The conference's six items, from assignment to the tenth day.
pub async fn first_weeks(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    tell(
        "Six action items are registered and assigned; the leads have 3 working days to acknowledge (签收).",
    )?;
    stage.move_clock(7, 10, 0).await?;
    for (no, lead) in [(1, "HOUSING"), (2, "LAND"), (3, "FINANCE"), (5, "TRANSPORT"), (6, "ECOLOGY")] {
        items.acknowledge(no, lead).await?;
    }
    tell("Five departments acknowledge. INDUSTRY does not.")?;
    items.report(1, "HOUSING", 40, "1,680 of 4,200 quarters recorded").await?;
    block(stage, items).await?;
    stage.move_clock(11, 9, 0).await?;
    let notice = items.notice(4, NoticeKind::AcknowledgementOverdue).await?;
    tell(format!(
        "Follow-up (督办) noticed by itself: {} was not acknowledged in time, to {}.",
        notice.number, notice.to
    ))?;
    Ok(())
}

async fn block(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    let request = resolution::ReportBlockedRequest {
        command_id: command_id(),
        item_id: items.id(2),
        reason: "The pipe network's data are not released".into(),
        help_from: "ENERGY".into(),
    };
    stage.installation.desk(Role::DepartmentLead, Some("LAND"))?.call(request).await?;
    tell("LAND is blocked: it waits for ENERGY's data, and says so instead of staying silent.")?;
    Ok(())
}

/// Delivery, return and acceptance; an extension.
pub async fn deliver(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    stage.move_clock(14, 9, 0).await?;
    extend(stage, items).await?;
    items.claim(3, "FINANCE", "The rules of the fund are published").await?;
    let finance = stage.installation.desk(Role::DepartmentLead, Some("FINANCE"))?;
    refused("FINANCE accepting its own work", items.accept(3, &finance).await, "ACCEPTED_OWN_WORK")?;
    items.accept(3, &stage.supervisor).await?;
    tell("The supervisor accepts it (验收): delivered.")?;
    items.claim(6, "ECOLOGY", "Measured at 38 sites").await?;
    let request = resolution::ReturnWorkRequest {
        command_id: command_id(),
        item_id: items.id(6),
        reason: "The criterion says 50 sites".into(),
    };
    stage.supervisor.call(request).await?;
    tell("ECOLOGY claims 38 of 50 sites: returned, with the criterion as the reason.")?;
    Ok(())
}

async fn extend(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    let request = resolution::RequestExtensionRequest {
        command_id: command_id(),
        item_id: items.id(5),
        due: Some(resolution::NewDue { rule: Some(resolution::new_due::Rule::WorkingDays(20)) }),
        reason: "POLICE changed its permit form".into(),
    };
    stage.installation.desk(Role::DepartmentLead, Some("TRANSPORT"))?.call(request).await?;
    let granted = resolution::GrantExtensionRequest { command_id: command_id(), item_id: items.id(5) };
    let position = stage.supervisor.call(granted).await?.position;
    let request = resolution::GetItemRequest {
        at_least_position: position,
        item_id: items.id(5),
        ..Default::default()
    };
    let Some(item) = stage.supervisor.call(request).await?.item else { bail!("the item is gone") };
    tell(format!(
        "TRANSPORT asks for time and gets it: now due {}, extension {} of 2.",
        item.due, item.extensions
    ))?;
    Ok(())
}

/// The days on which the neglected item becomes late and climbs the ladder.
pub async fn neglect(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    stage.move_clock(28, 9, 0).await?;
    for (kind, what) in [
        (NoticeKind::Reminder, "reminded before it was due"),
        (NoticeKind::Overdue, "overdue"),
        (NoticeKind::EscalatedToSupervisor, "escalated to the supervisor"),
    ] {
        let notice = items.notice(4, kind).await?;
        tell(format!("{} of INDUSTRY: {what} (to {}).", notice.number, notice.to))?;
    }
    items.claim(1, "HOUSING", "4,200 quarters recorded, the list is published").await?;
    items.accept(1, &stage.supervisor).await?;
    tell("HOUSING delivers the survey: accepted.")?;
    stage.move_clock(30, 9, 0).await?;
    let notice = items.notice(4, NoticeKind::EscalatedToLeadership).await?;
    tell(format!(
        "{} climbs to the leadership, {} days late. Each rung fired once.",
        notice.number, notice.days
    ))?;
    Ok(())
}

/// What was delivered by the night of the flood.
pub async fn the_same_night(
    stage: &Stage,
    conference: &Items<'_>,
    hotline: &Items<'_>,
    flood: &Items<'_>,
) -> anyhow::Result<()> {
    conference.claim(6, "ECOLOGY", "Measured at 52 sites").await?;
    conference.accept(6, &stage.supervisor).await?;
    tell("ECOLOGY comes back with 52 sites: accepted.")?;
    flood.acknowledge(1, "CITY-ROADS").await?;
    flood.acknowledge(2, "METRO").await?;
    flood.claim(1, "CITY-ROADS", "23 underpasses closed by 21:20").await?;
    flood.claim(2, "METRO", "The last train was empty at 21:31").await?;
    flood.accept(1, &stage.supervisor).await?;
    flood.accept(2, &stage.supervisor).await?;
    tell("The flood's two items were delivered the same night and accepted.")?;
    hotline.claim(1, "CITY-WATER", "120 m of drain, 600 mm").await?;
    tell("CITY-WATER claims the drain; its acceptance is open.")?;
    Ok(())
}
