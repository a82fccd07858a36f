//! A real plan plays a year: 103 items of 18 departments, whose people acknowledge, report, block, help, claim, judge, and
//! forget, while processes are killed and the clock jumps. Afterwards every past board is what was shown then, each notice
//! was sent once, and what is told is what the log says.
//!
//! `PLAN_YEAR_STEPS` plays more steps than the 24 of every run, `PLAN_YEAR_SEED` another crowd.

use crate::follow_through::Dice;
use crate::{in_both_modes, recounted};
use anyhow::{Context as _, ensure};
use domain::{Role, Timestamp};
use jiff::SignedDuration;
use proto::Wire as _;
use proto::followup::v1::{
    BoardColumn, BoardCounts, BoardRow, EscalationTier, GetBoardRequest, ListFollowUpsRequest,
    ListNoticesRequest, ListUpcomingNoticesRequest, Notice, NoticeKind,
};
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::resolution::v1::{
    AcceptWorkRequest, AcknowledgeHelpRequest, AcknowledgeItemRequest, ClaimCompletionRequest,
    ClearBlockageRequest, Evidence, GetScorecardRequest, GiveHelpRequest, GrantExtensionRequest, Item,
    ItemPartStage, ItemStage, ListItemsRequest, ReportBlockageRequest, ReportProgressRequest,
    RequestExtensionRequest, ReturnWorkRequest, Scorecard, due_rule::Rule,
};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Client, Mode, Sandbox, command, root};

/// Steps of a year, at least, and the past moments that are looked back at.
const STEPS: u64 = 24;
const LOOKS_BACK: usize = 20;
/// What happens in a step.
const DEEDS: u64 = 24;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

impl Dice {
    fn one_of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(usize::try_from(self.roll(all.len().max(1) as u64)).ok()?)
    }
}

/// What was shown when the log ended at a position.
struct Shown {
    position: u64,
    at: Timestamp,
    rows: Vec<BoardRow>,
    totals: BoardCounts,
    late: Vec<String>,
    cards: Vec<Scorecard>,
}

struct Year {
    sandbox: Sandbox,
    supervisor: Client,
    operator: Client,
    leads: BTreeMap<String, Client>,
    dice: Dice,
    now: Timestamp,
}

impl Year {
    async fn begun(mode: Mode) -> anyhow::Result<Option<Year>> {
        let file = root().join("../shared/data/ai-action-plan.json");
        if !file.exists() {
            eprintln!("not run: there is no {}", file.display());
            return Ok(None);
        }
        let sandbox = Sandbox::start(mode)?;
        let file = file.display().to_string();
        let import = ["import", "plan", &file, "--due-working-days", "120"];
        let output = sandbox.run("clerk,supervisor", &import)?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(Some(Year {
            supervisor: sandbox.client(Role::Supervisor, None).await?,
            operator: sandbox.client(Role::Operator, None).await?,
            leads: BTreeMap::new(),
            dice: Dice(setting("PLAN_YEAR_SEED", 11)),
            now: domain::testing::at("2027-03-01T01:00:00Z"),
            sandbox,
        }))
    }

    async fn position(&self) -> anyhow::Result<u64> {
        Ok(self.supervisor.call_patiently(GetHeadRequest {}).await?.position)
    }

    async fn lead(&mut self, code: &str) -> anyhow::Result<Client> {
        if !self.leads.contains_key(code) {
            let client = self.sandbox.client(Role::DepartmentLead, Some(code)).await?;
            self.leads.insert(code.to_owned(), client);
        }
        Ok(self.leads[code].clone())
    }

    async fn items(&self) -> anyhow::Result<Vec<Item>> {
        let request = ListItemsRequest {
            at_least_position: self.position().await?,
            page_size: 500,
            ..Default::default()
        };
        Ok(self.supervisor.call_patiently(request).await?.items)
    }

    async fn jump(&mut self, hours: u64) -> anyhow::Result<()> {
        self.now += SignedDuration::from_hours(i64::try_from(hours)?);
        let clock_at = self.now.to_wire();
        self.operator.call_patiently(MoveClockRequest { clock_at, ..command() }).await?;
        Ok(())
    }

    /// The clock jumps while what sends notices is dead, or is killed in the middle of it.
    async fn jump_and_kill(&mut self, hours: u64) -> anyhow::Result<()> {
        let killed = self.sandbox.process_of("followup");
        if self.sandbox.mode() == Mode::Distributed {
            self.sandbox.process(killed).kill()?;
        }
        self.jump(hours).await?;
        self.sandbox.restart(killed)
    }

    /// Waits until nothing is left to be sent.
    async fn settle(&self) -> anyhow::Result<()> {
        harness::until("everything that is due to be sent", async || {
            let request = ListUpcomingNoticesRequest {
                at_least_position: self.position().await.ok()?,
                days: Some(0),
                page_size: 1,
                ..Default::default()
            };
            let left = self.supervisor.call_patiently(request).await.ok()?.notices;
            left.is_empty().then_some(())
        })
        .await;
        Ok(())
    }

    /// Somebody does something about an item, or forgets it. A refusal is as good as a deed.
    async fn deed(&mut self, item: &Item) -> anyhow::Result<()> {
        let (id, lead) = (item.item_id.clone(), self.lead(&item.lead_code).await?);
        let (roll, supervisor) = (self.dice.roll(10), self.supervisor.clone());
        let said = || "As it is".to_owned();
        match item.stage() {
            ItemStage::Assigned if roll < 8 => {
                let _ = lead.call_patiently(AcknowledgeItemRequest { item_id: id, ..command() }).await;
            }
            ItemStage::Claimed if roll < 6 => {
                let _ = supervisor.call_patiently(AcceptWorkRequest { item_id: id, ..command() }).await;
            }
            ItemStage::Claimed if roll < 8 => {
                let back = ReturnWorkRequest { item_id: id, reason: said(), ..command() };
                let _ = supervisor.call_patiently(back).await;
            }
            ItemStage::Underway => match (roll, item.blockages.first()) {
                (0..=3, Some(stuck)) => {
                    self.unblock(&id, &stuck.department_code, &stuck.help_from_code).await?
                }
                (0..=2, None) => {
                    let (percent, note) = (10 * self.dice.roll(10) as u32, said());
                    let report = ReportProgressRequest { item_id: id, percent, note, ..command() };
                    let _ = lead.call_patiently(report).await;
                }
                (3, None) => {
                    let codes: Vec<String> = self.leads.keys().cloned().collect();
                    let help_from_code = self.dice.one_of(&codes).context("somebody")?.clone();
                    let stuck =
                        ReportBlockageRequest { item_id: id, reason: said(), help_from_code, ..command() };
                    let _ = lead.call_patiently(stuck).await;
                }
                (4, _) => {
                    let days = 10 + self.dice.roll(40) as u32;
                    let due =
                        Some(proto::resolution::v1::DueRule { rule: Some(Rule::AfterWorkingDays(days)) });
                    let ask =
                        RequestExtensionRequest { item_id: id.clone(), due, reason: said(), ..command() };
                    let _ = lead.call_patiently(ask).await;
                    let _ =
                        supervisor.call_patiently(GrantExtensionRequest { item_id: id, ..command() }).await;
                }
                (5..=7, None) => {
                    let evidence = vec![Evidence {
                        title: "Report".into(),
                        sha256: "0a".repeat(32),
                        uri: "urn:1".into(),
                    }];
                    let claim =
                        ClaimCompletionRequest { item_id: id, summary: said(), evidence, ..command() };
                    let _ = lead.call_patiently(claim).await;
                }
                (8..=9, _) => self.support(item).await?,
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    /// A department that supports it does its part, and is judged for that.
    async fn support(&mut self, item: &Item) -> anyhow::Result<()> {
        let Some(code) = self.dice.one_of(&item.co_responsible_codes).cloned() else { return Ok(()) };
        let (own, item_id) = (self.lead(&code).await?, || item.item_id.clone());
        let _ = own.call_patiently(AcknowledgeItemRequest { item_id: item_id(), ..command() }).await;
        let evidence = vec![Evidence { title: "Part".into(), sha256: "0b".repeat(32), uri: "urn:2".into() }];
        let claim =
            ClaimCompletionRequest { item_id: item_id(), summary: "Ours".into(), evidence, ..command() };
        let _ = own.call_patiently(claim).await;
        let part_code = Some(code);
        let _ = match self.dice.roll(3) {
            0 => {
                let reason = "Not yet".to_owned();
                let back = ReturnWorkRequest { item_id: item_id(), part_code, reason, ..command() };
                self.supervisor.call_patiently(back).await.map(drop)
            }
            _ => {
                let accept = AcceptWorkRequest { item_id: item_id(), part_code, ..command() };
                self.supervisor.call_patiently(accept).await.map(drop)
            }
        };
        Ok(())
    }

    /// Whoever was asked helps, and whoever was blocked goes on.
    async fn unblock(&mut self, id: &str, blocked: &str, helper: &str) -> anyhow::Result<()> {
        let (helper, blocked_lead) = (self.lead(helper).await?, self.lead(blocked).await?);
        let (item_id, blocked_code) = (id.to_owned(), blocked.to_owned());
        let (item, code, note) = (|| item_id.clone(), || blocked_code.clone(), || "Helped".to_owned());
        let owed = AcknowledgeHelpRequest { item_id: item(), blocked_code: code(), ..command() };
        let _ = helper.call_patiently(owed).await;
        let given = GiveHelpRequest { item_id: item(), blocked_code: code(), note: note(), ..command() };
        let _ = helper.call_patiently(given).await;
        let clear =
            ClearBlockageRequest { item_id: item(), blocked_code: Some(code()), note: note(), ..command() };
        let _ = blocked_lead.call_patiently(clear).await;
        Ok(())
    }

    /// What is shown now, when nothing more happens.
    async fn look(&self) -> anyhow::Result<Shown> {
        self.settle().await?;
        let position = self.position().await?;
        Ok(Shown { position, at: self.now, ..self.shown(position, None, None).await? })
    }

    async fn shown(
        &self,
        at_least_position: u64,
        as_of_position: Option<u64>,
        as_of_at: Option<prost_types::Timestamp>,
    ) -> anyhow::Result<Shown> {
        let board = GetBoardRequest {
            at_least_position,
            page_size: 500,
            as_of_position,
            as_of_at,
            ..Default::default()
        };
        let board = self.supervisor.call_patiently(board).await?;
        let late = ListFollowUpsRequest {
            at_least_position,
            page_size: 500,
            order_by: "number".into(),
            columns: vec![BoardColumn::Late.into()],
            as_of_position,
            as_of_at,
            ..Default::default()
        };
        let late = self.supervisor.call_patiently(late).await?.follow_ups;
        let cards = GetScorecardRequest {
            at_least_position,
            page_size: 500,
            as_of_position,
            as_of_at,
            ..Default::default()
        };
        Ok(Shown {
            position: board.position,
            at: self.now,
            rows: board.rows,
            totals: board.totals.context("totals")?,
            late: late.into_iter().filter_map(|row| Some(row.subject?.number)).collect(),
            cards: self.supervisor.call_patiently(cards).await?.rows,
        })
    }

    /// Each notice was sent once, and none is missing: whatever is late for long was told to everybody.
    async fn each_notice_was_sent_once(&self) -> anyhow::Result<()> {
        let (mut all, mut page_token) = (Vec::<Notice>::new(), String::new());
        let at_least_position = self.position().await?;
        loop {
            let request =
                ListNoticesRequest { at_least_position, page_size: 500, page_token, ..Default::default() };
            let page = self.supervisor.call_patiently(request).await?;
            all.extend(page.notices);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let moment = |at: &Option<prost_types::Timestamp>| at.map(|at| (at.seconds, at.nanos));
        let once: BTreeSet<_> = all
            .iter()
            .map(|notice| {
                // Work that is returned and claimed again waits again, while it is due as before. The clock stands still
                // between a kill and what is made up for, so that what is sent twice is so at one moment.
                let waits =
                    [NoticeKind::JudgementAwaited, NoticeKind::RulingAwaited].contains(&notice.kind());
                let sent_at = moment(&notice.occurred_at).filter(|_| waits);
                let due_at = moment(&notice.deadline_at);
                (&notice.item_id, notice.kind, &notice.addressee, notice.days, due_at, sent_at)
            })
            .collect();
        ensure!(once.len() == all.len(), "{} of {} notices are told apart", once.len(), all.len());
        ensure!(all.len() > 200, "a dull year: {} notices", all.len());
        let request = ListFollowUpsRequest {
            at_least_position,
            page_size: 500,
            columns: vec![BoardColumn::Late.into()],
            ..Default::default()
        };
        let late = self.supervisor.call_patiently(request).await?.follow_ups;
        let untold =
            late.iter().find(|row| row.days_late > 14 && row.escalated_to() != EscalationTier::Leadership);
        ensure!(untold.is_none(), "{untold:?}");
        Ok(())
    }

    /// A past board, list and scorecard is what was shown then, by position and by moment.
    async fn the_past_is_what_was_shown(&self, then: &Shown) -> anyhow::Result<()> {
        let by_position = self.shown(0, Some(then.position), None).await?;
        let by_moment = self.shown(0, None, then.at.to_wire()).await?;
        let position = then.position;
        ensure!(by_moment.totals == then.totals && by_moment.rows == then.rows, "the board at {position}");
        ensure!(by_moment.late == then.late, "what was late at {position}: {:?}", by_moment.late);
        ensure!(by_moment.cards == then.cards, "the scorecards at {position}");
        // By a position, the moment is that of its last record; what does not depend on the clock is the same.
        ensure!(by_position.totals.open == then.totals.open, "what was open at {position}");
        ensure!(by_position.totals.done == then.totals.done, "what was done at {position}");
        ensure!(by_position.totals.was_late == then.totals.was_late, "what was ever late at {position}");
        Ok(())
    }
}

async fn a_real_plan_plays_a_year(mode: Mode) -> anyhow::Result<()> {
    let Some(mut year) = Year::begun(mode).await? else { return Ok(()) };
    let (steps, mut looks) = (setting("PLAN_YEAR_STEPS", STEPS).max(1), Vec::new());
    let hours = 365 * 24 / steps;
    for step in 0..steps {
        let items = year.items().await?;
        ensure!(items.len() == 103, "{} items", items.len());
        for _ in 0..DEEDS {
            let item = year.dice.one_of(&items).context("an item")?.clone();
            year.deed(&item).await?;
        }
        if looks.len() < LOOKS_BACK {
            looks.push(year.look().await?);
        }
        let jump = hours / 2 + year.dice.roll(hours);
        match step % 6 {
            3 => year.jump_and_kill(jump).await?,
            _ => year.jump(jump).await?,
        }
        year.settle().await?;
    }
    year.each_notice_was_sent_once().await?;
    ensure!(looks.iter().any(|look| !look.late.is_empty()), "nothing was ever late");
    let items = year.items().await?;
    let parts = items.iter().flat_map(|item| &item.parts);
    // Of the 93 supports in the file, 18 are by the lead itself.
    ensure!(parts.clone().count() == 75, "{} supports", parts.count());
    ensure!(parts.clone().any(|part| part.stage() == ItemPartStage::Accepted), "no part was ever done");
    for then in &looks {
        year.the_past_is_what_was_shown(then).await?;
    }
    let shown = recounted::follow_through_agrees(&year.sandbox, &year.supervisor, year.now).await?;
    ensure!(shown.len() == 103, "{} clock ledgers", shown.len());
    let then = looks.get(looks.len() / 2).context("a look back")?;
    recounted::the_past_agrees(&year.sandbox, &year.supervisor, then.at).await?;
    Ok(())
}
in_both_modes!(a_real_plan_plays_a_year);
