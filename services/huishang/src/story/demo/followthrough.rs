//! What becomes of the decisions: items acknowledged, delivered, returned, blocked, extended and late.

use crate::language::{say, text};
use crate::story::demo::stage::{Stage, addressee, expect_refusal, narrate};
use crate::story::deployment::PATIENCE;
use crate::story::matter::MatterDriver;
use anyhow::Context as _;
use client::Client;
use client::command_id;
use domain::followup::follow_up::FollowUp;
use domain::{Aggregate as _, Role, Uuid};
use proto::followup::v1::{ListNoticesRequest, Notice, NoticeKind};
use proto::ledger::v1::ReadRecordsRequest;
use proto::resolution::v1 as resolution;
use resolution::{DueRule, Evidence, Item, due_rule::Rule};
use tonic::Status;

/// The action items of one docket, and clients for those who answer for them.
pub struct Items<'s> {
    stage: &'s Stage,
    items: Vec<Item>,
}

impl<'s> Items<'s> {
    /// Closes the docket, and lists the items that follow from its decisions. A query with the position of the
    /// closing sees all of them, because it waits for the decisions' consequences.
    pub async fn of_closed(stage: &'s Stage, matter: &MatterDriver) -> anyhow::Result<Items<'s>> {
        let request = resolution::ListResolutionsRequest {
            at_least_position: matter.close().await?,
            session_id: Some(matter.id.clone()),
            ..Default::default()
        };
        let answer = stage.supervisor.call(request).await?;
        let mut items = Vec::new();
        for resolution in answer.resolutions {
            let request = resolution::ListItemsRequest {
                at_least_position: answer.position,
                resolution_id: Some(resolution.resolution_id),
                ..Default::default()
            };
            items.extend(stage.supervisor.call(request).await?.items);
        }
        Ok(Items { stage, items })
    }

    /// The docket's item with this number, from 1, as it was assigned.
    pub fn item(&self, number: usize) -> anyhow::Result<&Item> {
        let item = number.checked_sub(1).and_then(|index| self.items.get(index));
        item.with_context(|| format!("the docket has no item {number}"))
    }

    fn id(&self, number: usize) -> anyhow::Result<String> {
        Ok(self.item(number)?.item_id.clone())
    }

    fn lead(&self, department: &str) -> anyhow::Result<Client> {
        self.stage.deployment.client(Role::DepartmentLead, Some(department))
    }

    /// The lead acknowledges the item.
    pub async fn acknowledge(&self, number: usize, lead: &str) -> anyhow::Result<()> {
        let request = resolution::AcknowledgeItemRequest {
            command_id: command_id(),
            item_id: self.id(number)?,
            ..Default::default()
        };
        self.lead(lead)?.call(request).await?;
        Ok(())
    }

    /// The lead reports progress.
    async fn report(&self, number: usize, lead: &str, percent: u32, note: &str) -> anyhow::Result<()> {
        let request = resolution::ReportProgressRequest {
            command_id: command_id(),
            item_id: self.id(number)?,
            percent,
            note: note.into(),
            ..Default::default()
        };
        self.lead(lead)?.call(request).await?;
        Ok(())
    }

    /// The lead claims that the item is done.
    async fn claim(&self, number: usize, lead: &str, summary: &str) -> anyhow::Result<()> {
        let item_id = self.id(number)?;
        let evidence = Evidence {
            title: say("Proof of item {number}", &[("number", &number)]),
            sha256: format!("{number:064x}"),
            uri: format!("urn:evidence:{item_id}"),
        };
        let request = resolution::ClaimCompletionRequest {
            command_id: command_id(),
            item_id,
            summary: summary.into(),
            evidence: vec![evidence],
            ..Default::default()
        };
        self.lead(lead)?.call(request).await?;
        Ok(())
    }

    /// The supervisor accepts the work.
    async fn accept(&self, number: usize) -> anyhow::Result<()> {
        self.accept_as(number, &self.stage.supervisor).await??;
        Ok(())
    }

    async fn accept_as(&self, number: usize, client: &Client) -> anyhow::Result<Result<(), Status>> {
        let request = resolution::AcceptWorkRequest {
            command_id: command_id(),
            item_id: self.id(number)?,
            ..Default::default()
        };
        Ok(client.call(request).await.map(drop))
    }

    /// Waits for a notice on an item. A notice is the work of a timer, some time after the clock was moved past
    /// its moment: no command has its position, so this follows the records of the item's follow-up.
    async fn notice(&self, number: usize, kind: NoticeKind) -> anyhow::Result<Notice> {
        let item_id = self.id(number)?;
        let stream = FollowUp::stream(Uuid::try_parse(&item_id)?).to_string();
        let mut at_least_position = 0;
        loop {
            let request = ListNoticesRequest {
                at_least_position,
                item_id: Some(item_id.clone()),
                kinds: vec![kind.into()],
                ..Default::default()
            };
            let answer = self.stage.supervisor.call(request).await?;
            if let Some(notice) = answer.notices.into_iter().next() {
                return Ok(notice);
            }
            let seen = at_least_position.max(answer.position);
            at_least_position = wait_for_record(&self.stage.operator, &stream, seen).await?;
        }
    }
}

/// Waits until a stream has a record after a position; returns the record's position.
pub(super) async fn wait_for_record(
    client: &Client,
    stream: &str,
    after_position: u64,
) -> anyhow::Result<u64> {
    let request = ReadRecordsRequest {
        after_position,
        stream: Some(stream.to_owned()),
        follow: true,
        ..Default::default()
    };
    let next = async {
        let mut attempts = client.attempts();
        loop {
            let mut records = client.stream(request.clone()).await?;
            match records.message().await {
                Ok(Some(answer)) => return Ok(answer.record.map(|record| record.position)),
                Ok(None) => {}
                Err(status) => attempts.pause_after(status).await?,
            }
        }
    };
    let found: Result<Option<u64>, Status> = tokio::time::timeout(PATIENCE, next)
        .await
        .with_context(|| format!("no new record on stream {stream}"))?;
    found?.context("an answer without its record")
}

/// The conference's six items, from assignment to the tenth day.
pub async fn first_weeks(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    narrate(text(
        "Six action items are registered and assigned; the leads have 3 working days to acknowledge them (签收).",
    ))?;
    stage.move_clock(7, 10, 0).await?;
    for (number, lead) in [
        (1, text("HOUSING")),
        (2, text("LAND")),
        (3, text("FINANCE")),
        (5, text("TRANSPORT")),
        (6, text("ECOLOGY")),
    ] {
        items.acknowledge(number, lead).await?;
    }
    narrate(text("Five departments acknowledge. INDUSTRY does not."))?;
    items.report(1, text("HOUSING"), 40, text("1,680 of 4,200 quarters recorded")).await?;
    block(items).await?;
    stage.move_clock(11, 9, 0).await?;
    let notice = items.notice(4, NoticeKind::AcknowledgementOverdue).await?;
    narrate(say(
        "Follow-up (督办) notices by itself that {number} was not acknowledged in time, and notifies {addressee}.",
        &[("number", &notice.number), ("addressee", &addressee(&notice))],
    ))
}

async fn block(items: &Items<'_>) -> anyhow::Result<()> {
    let request = resolution::ReportBlockageRequest {
        command_id: command_id(),
        item_id: items.id(2)?,
        reason: text("The data on the pipe network has not been released").into(),
        help_from_code: text("ENERGY").into(),
        ..Default::default()
    };
    items.lead(text("LAND"))?.call(request).await?;
    narrate(text(
        "LAND is blocked: it is waiting for ENERGY's data, and reports that instead of staying silent.",
    ))
}

/// Delivery, return and acceptance; an extension.
pub async fn deliver(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    stage.move_clock(14, 9, 0).await?;
    extend(stage, items).await?;
    items.claim(3, text("FINANCE"), text("The rules of the fund are published")).await?;
    let finance = items.lead(text("FINANCE"))?;
    expect_refusal(text("FINANCE accepts its own work"), items.accept_as(3, &finance).await?, "OWN_WORK")?;
    items.accept(3).await?;
    narrate(text("The supervisor accepts it (验收): delivered."))?;
    items.claim(6, text("ECOLOGY"), text("Measured at 38 sites")).await?;
    let request = resolution::ReturnWorkRequest {
        command_id: command_id(),
        item_id: items.id(6)?,
        reason: text("The criterion is 50 sites").into(),
        ..Default::default()
    };
    stage.supervisor.call(request).await?;
    narrate(text("ECOLOGY claims completion with 38 of 50 sites: returned, with reference to the criterion."))
}

async fn extend(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    let request = resolution::RequestExtensionRequest {
        command_id: command_id(),
        item_id: items.id(5)?,
        due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(20)) }),
        reason: text("POLICE changed its permit form").into(),
        ..Default::default()
    };
    items.lead(text("TRANSPORT"))?.call(request).await?;
    let request = resolution::GrantExtensionRequest {
        command_id: command_id(),
        item_id: items.id(5)?,
        ..Default::default()
    };
    let item = stage.supervisor.call(request).await?.item.context("the answer has no item")?;
    narrate(say(
        "TRANSPORT requests more time and gets it: now due {due_on}, extension {extensions} of 2.",
        &[("due_on", &item.due_on), ("extensions", &item.extensions)],
    ))
}

/// The days on which the neglected item becomes late and is escalated step by step.
pub async fn neglect(stage: &Stage, items: &Items<'_>) -> anyhow::Result<()> {
    stage.move_clock(28, 9, 0).await?;
    for (kind, sentence) in [
        (
            NoticeKind::Reminder,
            text("{number} of INDUSTRY: reminder before it was due (sent to {addressee})."),
        ),
        (NoticeKind::Overdue, text("{number} of INDUSTRY: overdue (sent to {addressee}).")),
        (
            NoticeKind::EscalatedToSupervisor,
            text("{number} of INDUSTRY: escalated to the supervisor (sent to {addressee})."),
        ),
    ] {
        let notice = items.notice(4, kind).await?;
        narrate(say(sentence, &[("number", &notice.number), ("addressee", &addressee(&notice))]))?;
    }
    let land = items.notice(2, NoticeKind::Overdue).await?;
    narrate(say(
        "{number} of LAND: overdue (sent to {addressee}). It is still blocked: ENERGY has not released the data.",
        &[("number", &land.number), ("addressee", &addressee(&land))],
    ))?;
    items.claim(1, text("HOUSING"), text("4,200 quarters recorded, the list is published")).await?;
    items.accept(1).await?;
    narrate(text("HOUSING delivers the survey: accepted."))?;
    stage.move_clock(30, 9, 0).await?;
    let land = items.notice(2, NoticeKind::EscalatedToSupervisor).await?;
    narrate(say(
        "{number} of LAND is escalated to the supervisor, {days} days late: now it is known whom LAND waits for.",
        &[("number", &land.number), ("days", &land.days)],
    ))?;
    stage.move_clock(31, 9, 0).await?;
    let notice = items.notice(4, NoticeKind::EscalatedToLeadership).await?;
    narrate(say(
        "{number} of INDUSTRY is escalated to the leadership, {days} days late. Every notice was sent exactly once.",
        &[("number", &notice.number), ("days", &notice.days)],
    ))
}

/// What was delivered by the night of the flood.
pub async fn the_same_night(
    conference: &Items<'_>,
    hotline: &Items<'_>,
    flood: &Items<'_>,
) -> anyhow::Result<()> {
    conference.claim(6, text("ECOLOGY"), text("Measured at 52 sites")).await?;
    conference.accept(6).await?;
    narrate(text("ECOLOGY comes back with 52 sites: accepted."))?;
    flood.acknowledge(1, text("CITY-ROADS")).await?;
    flood.acknowledge(2, text("METRO")).await?;
    flood.claim(1, text("CITY-ROADS"), text("23 underpasses closed by 21:20")).await?;
    flood.claim(2, text("METRO"), text("The last train was empty at 21:31")).await?;
    flood.accept(1).await?;
    flood.accept(2).await?;
    narrate(text("The flood's two items are delivered the same night and accepted."))?;
    hotline.claim(1, text("CITY-WATER"), text("120 m of drain, 600 mm")).await?;
    narrate(text("CITY-WATER claims that the drain is done; its acceptance is pending."))
}
