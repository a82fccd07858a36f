//! What becomes of an item from its assignment to its end: who judges it, for whom its clock runs, what is told.

use crate::{in_both_modes, recounted};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::followup::v1::{
    BoardCounts, DefineLadderRequest, GetBoardRequest, Ladder, ListUpcomingNoticesRequest, NoticeKind,
};
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::resolution::v1::{
    AcceptWorkRequest, AcknowledgeHelpRequest, AcknowledgeItemRequest, AddDependencyRequest,
    ClaimCompletionRequest, ContestItemRequest, DueRule, Evidence, GetItemRequest, GetItemResponse,
    GiveHelpRequest, GrantExtensionRequest, Item, ItemEntryKind, ItemHolder, ItemToRecord, ListItemsRequest,
    NameAcceptorRequest, RecordResolutionRequest, RemoveDependencyRequest, ReopenItemRequest,
    ReportBlockageRequest, RequestExtensionRequest, ResolveContestRequest, ResumeItemRequest,
    ReturnWorkRequest, SuspendItemRequest, UrgeItemRequest, due_rule::Rule,
};
use tests::{Client, Mode, Sandbox, command};

/// Two items of a resolution: WATER leads the first with the support of ROADS, ROADS the second.
struct Matter {
    supervisor: Client,
    operator: Client,
    water: Client,
    first: String,
    second: String,
}

impl Matter {
    async fn recorded(sandbox: &Sandbox) -> anyhow::Result<Matter> {
        let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
        for code in ["WATER", "ROADS", "FINANCE", "AUDIT", "OFFICE"] {
            clerk.register_department(code).await?;
        }
        clerk.define_body("FLOOD", "WATER", "WATER").await?;
        let supervisor = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
        let item = |lead: &str, support: &[&str]| ItemToRecord {
            title: format!("The work of {lead}"),
            deliverable: "A drain".into(),
            criterion: "Dry after two rains".into(),
            lead_code: lead.into(),
            co_responsible_codes: support.iter().map(|code| (*code).to_owned()).collect(),
            due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(10)) }),
        };
        let record = RecordResolutionRequest {
            body_code: "FLOOD".into(),
            title: "Drains".into(),
            text: "The drains are widened.".into(),
            decided_on: "2027-03-01".into(),
            source: "Document 12".into(),
            items: vec![item("WATER", &["ROADS"]), item("ROADS", &[])],
            ..command()
        };
        let position = supervisor.call(record).await?.position;
        let request = ListItemsRequest { at_least_position: position, ..Default::default() };
        let items = supervisor.call(request).await?.items;
        let [first, second] = &items[..] else { anyhow::bail!("{items:?}") };
        Ok(Matter {
            operator: sandbox.client(Role::Operator, None).await?,
            water: sandbox.client(Role::DepartmentLead, Some("WATER")).await?,
            first: first.item_id.clone(),
            second: second.item_id.clone(),
            supervisor,
        })
    }

    async fn shown(&self, item: &str) -> anyhow::Result<GetItemResponse> {
        let at_least_position = self.supervisor.call(GetHeadRequest {}).await?.position;
        let request = GetItemRequest { at_least_position, item_id: item.into(), ..Default::default() };
        Ok(self.supervisor.call(request).await?)
    }

    async fn item(&self, item: &str) -> anyhow::Result<Item> {
        self.shown(item).await?.item.context("an item")
    }

    fn claim(&self) -> ClaimCompletionRequest {
        let evidence = Evidence { title: "Photo".into(), sha256: "0a".repeat(32), uri: "urn:1".into() };
        ClaimCompletionRequest {
            item_id: self.first.clone(),
            summary: "Dry".into(),
            evidence: vec![evidence],
            ..command()
        }
    }
}

async fn work_is_judged_by_its_acceptor_and_help_is_given(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let matter = Matter::recorded(&sandbox).await?;
    let (water, first) = (&matter.water, || matter.first.clone());
    water.call(AcknowledgeItemRequest { item_id: first(), ..command() }).await?;
    let roads = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
    roads.call(AcknowledgeItemRequest { item_id: first(), ..command() }).await?;
    let stuck = ReportBlockageRequest {
        item_id: first(),
        reason: "No funds".into(),
        help_from_code: "FINANCE".into(),
        ..command()
    };
    water.call(stuck).await?;
    let finance = sandbox.client(Role::DepartmentLead, Some("FINANCE")).await?;
    let waits = ListItemsRequest { called_upon_code: Some("FINANCE".into()), ..Default::default() };
    matter.item(&matter.first).await?;
    ensure!(finance.call(waits).await?.items.len() == 1, "what waits for FINANCE");
    let blocked_code = || "WATER".to_owned();
    finance
        .call(AcknowledgeHelpRequest { item_id: first(), blocked_code: blocked_code(), ..command() })
        .await?;
    let note = "Paid".into();
    finance
        .call(GiveHelpRequest { item_id: first(), blocked_code: blocked_code(), note, ..command() })
        .await?;

    water.call(matter.claim()).await?;
    let audit = sandbox.client(Role::DepartmentLead, Some("AUDIT")).await?;
    let accept = || AcceptWorkRequest { item_id: first(), ..command() };
    ensure!(audit.call(accept()).await.is_err(), "a stranger");
    let named = NameAcceptorRequest {
        item_id: first(),
        acceptor_code: Some("AUDIT".into()),
        reason: "It knows drains".into(),
        ..command()
    };
    matter.supervisor.call(named).await?;
    audit.call(accept()).await?;
    let shown = matter.shown(&matter.first).await?;
    let kinds: Vec<ItemEntryKind> = shown.history.iter().map(|entry| entry.kind()).collect();
    use ItemEntryKind as Kind;
    let expected = [
        Kind::Assigned,
        Kind::Acknowledged,
        Kind::PartAcknowledged,
        Kind::BlockageReported,
        Kind::HelpAcknowledged,
        Kind::HelpGiven,
        Kind::CompletionClaimed,
        Kind::AcceptorNamed,
        Kind::Accepted,
    ];
    ensure!(kinds == expected, "{kinds:?}");
    Ok(())
}
in_both_modes!(work_is_judged_by_its_acceptor_and_help_is_given);

async fn an_item_that_waits_is_due_that_much_later(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let matter = Matter::recorded(&sandbox).await?;
    let (first, second) = (|| matter.first.clone(), || matter.second.clone());
    let wait = |item_id, on_item_id| AddDependencyRequest { item_id, on_item_id, ..command() };
    matter.supervisor.call(wait(first(), second())).await?;
    ensure!(matter.supervisor.call(wait(second(), first())).await.is_err(), "a circle");
    ensure!(matter.item(&matter.first).await?.paused_at.is_some());
    let stop = RemoveDependencyRequest { item_id: first(), on_item_id: second(), ..command() };
    matter.supervisor.call(stop).await?;
    let (reason, authority) = ("A flood".into(), "Plan 3".into());
    let suspend = SuspendItemRequest { item_id: first(), reason, authority, ..command() };
    matter.supervisor.call(suspend).await?;
    let counts = board(&matter).await?;
    ensure!((counts.open, counts.paused, counts.late) == (2, 1, 0), "{counts:?}");
    let note = "Dry".into();
    matter.supervisor.call(ResumeItemRequest { item_id: first(), note, ..command() }).await?;
    let urge = || UrgeItemRequest { item_id: first(), text: "The rain comes".into(), ..command() };
    matter.supervisor.call(urge()).await?;
    matter.supervisor.call(urge()).await?;
    ensure!(matter.supervisor.call(urge()).await.is_err(), "twice a week");
    let item = matter.item(&matter.first).await?;
    ensure!(item.first_due_on == item.due_on && item.paused_at.is_none(), "{item:?}");
    Ok(())
}
in_both_modes!(an_item_that_waits_is_due_that_much_later);

/// Due on Monday, 15 March; nobody does anything.
async fn what_is_late_is_told_foretold_and_on_the_right_account(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let matter = Matter::recorded(&sandbox).await?;
    let ladder = Ladder { reminder_days: vec![2], supervisor_days: 2, ..Default::default() };
    let define = DefineLadderRequest {
        body_code: "FLOOD".into(),
        ladder: Some(ladder),
        reason: "The season begins".into(),
        ..command()
    };
    let at_least_position = matter.supervisor.call(define).await?.position;
    let upcoming = ListUpcomingNoticesRequest { at_least_position, days: Some(30), ..Default::default() };
    let foretold: Vec<NoticeKind> =
        matter.supervisor.call(upcoming).await?.notices.iter().map(|notice| notice.kind()).collect();
    let each = [
        NoticeKind::AcknowledgementOverdue,
        NoticeKind::Reminder,
        NoticeKind::Overdue,
        NoticeKind::EscalatedToSupervisor,
    ];
    ensure!(foretold == each.map(|kind| [kind; 2]).concat(), "{foretold:?}");
    let then = domain::testing::at("2027-03-17T01:00:00Z");
    let clock_at = proto::Wire::to_wire(&then);
    matter.operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    let shown = harness::until("the escalation", async || {
        let shown = matter.shown(&matter.first).await.ok()?;
        let is_told = |kind| shown.history.iter().any(|entry| entry.kind() == kind);
        is_told(ItemEntryKind::EscalatedToSupervisor).then_some(shown)
    })
    .await;
    let item = shown.item.context("an item")?;
    ensure!((item.late, item.days_late, item.days_past_promise) == (true, 2, 2), "{item:?}");
    let spans: Vec<(ItemHolder, u32)> =
        shown.spans.iter().map(|span| (span.holder(), span.working_days)).collect();
    ensure!(
        spans == [(ItemHolder::Lead, 10), (ItemHolder::Late, 2)] && shown.working_days == 12,
        "{spans:?}"
    );
    ensure!(board(&matter).await?.late == 2);
    let as_of_at = proto::Wire::to_wire(&domain::testing::at("2027-03-05T01:00:00Z"));
    let then = matter.supervisor.call(GetBoardRequest { as_of_at, ..Default::default() }).await?;
    let totals = then.totals.context("totals")?;
    ensure!((totals.late, totals.open) == (0, 2), "{totals:?}");

    matter.water.call(AcknowledgeItemRequest { item_id: matter.first.clone(), ..command() }).await?;
    matter.water.call(matter.claim()).await?;
    let returned =
        ReturnWorkRequest { item_id: matter.first.clone(), reason: "It is wet".into(), ..command() };
    matter.supervisor.call(returned).await?;
    let item = matter.item(&matter.first).await?;
    ensure!(item.late && item.first_due_on == "2027-03-15", "{item:?}");
    Ok(())
}
in_both_modes!(what_is_late_is_told_foretold_and_on_the_right_account);

async fn board(matter: &Matter) -> anyhow::Result<BoardCounts> {
    let at_least_position = matter.supervisor.call(GetHeadRequest {}).await?.position;
    let request = GetBoardRequest { at_least_position, ..Default::default() };
    matter.supervisor.call(request).await?.totals.context("totals")
}

/// Numbers that look random, and are the same for a seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Steps of the crowd.
const STEPS: usize = 120;

impl Matter {
    /// Somebody does something about an item; whether that is refused is their business.
    async fn act(&self, dice: &mut Dice, finance: &Client, roads: &Client) {
        let first = dice.roll(2) == 0;
        let (lead, item_id) =
            if first { (&self.water, self.first.clone()) } else { (roads, self.second.clone()) };
        let blocked_code = if first { "WATER" } else { "ROADS" }.to_owned();
        let due = Some(DueRule { rule: Some(Rule::AfterWorkingDays(3 + dice.roll(9) as u32)) });
        let (reason, note) = (|| "So it is".to_owned(), || "Done".to_owned());
        let (supervisor, item) = (&self.supervisor, || item_id.clone());
        // A refusal is as good as a deed.
        let _ = match dice.roll(13) {
            0 | 1 => lead.call(AcknowledgeItemRequest { item_id, ..command() }).await.map(drop),
            2 => lead.call(ContestItemRequest { item_id, reason: reason(), ..command() }).await.map(drop),
            3 => supervisor
                .call(ResolveContestRequest { item_id, reason: reason(), ..command() })
                .await
                .map(drop),
            4 => {
                let help_from_code = "FINANCE".into();
                let stuck = ReportBlockageRequest { item_id, reason: reason(), help_from_code, ..command() };
                lead.call(stuck).await.map(drop)
            }
            5 => finance
                .call(GiveHelpRequest { item_id, blocked_code, note: note(), ..command() })
                .await
                .map(drop),
            6 => {
                let ask = RequestExtensionRequest { item_id: item(), due, reason: reason(), ..command() };
                let asked = lead.call(ask).await.map(drop);
                let granted = supervisor.call(GrantExtensionRequest { item_id, ..command() }).await.map(drop);
                asked.and(granted)
            }
            7 => {
                let claim = ClaimCompletionRequest { item_id, ..self.claim() };
                lead.call(claim).await.map(drop)
            }
            8 => {
                supervisor.call(ReturnWorkRequest { item_id, reason: reason(), ..command() }).await.map(drop)
            }
            9 => supervisor.call(AcceptWorkRequest { item_id, ..command() }).await.map(drop),
            10 => supervisor
                .call(ReopenItemRequest { item_id, due, reason: reason(), ..command() })
                .await
                .map(drop),
            11 => {
                let authority = "Plan 3".into();
                let suspend = SuspendItemRequest { item_id, reason: reason(), authority, ..command() };
                supervisor.call(suspend).await.map(drop)
            }
            _ => supervisor.call(ResumeItemRequest { item_id, note: note(), ..command() }).await.map(drop),
        };
    }
}

async fn what_is_counted_is_recounted_from_the_log(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let matter = Matter::recorded(&sandbox).await?;
    let finance = sandbox.client(Role::DepartmentLead, Some("FINANCE")).await?;
    let roads = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
    let (mut dice, mut now) = (Dice(7), domain::testing::at("2027-03-01T01:00:00Z"));
    let mut halfway = now;
    for step in 0..STEPS {
        now += jiff::SignedDuration::from_hours(dice.roll(60) as i64 + 1);
        let clock_at = proto::Wire::to_wire(&now);
        matter.operator.call(MoveClockRequest { clock_at, ..command() }).await?;
        matter.act(&mut dice, &finance, &roads).await;
        if step == STEPS / 2 {
            halfway = now;
        }
    }
    for shown in recounted::follow_through_agrees(&sandbox, &matter.supervisor, now).await? {
        let number = shown.item.context("an item")?.number;
        ensure!(shown.spans.len() > 5, "{number} had a dull life: {:?}", shown.spans);
    }
    recounted::the_past_agrees(&sandbox, &matter.supervisor, halfway).await
}
in_both_modes!(what_is_counted_is_recounted_from_the_log);
