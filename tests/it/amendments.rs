//! Amendments: two degrees, each seconded and voted on; when one passes the others are carried over, or fall.

use crate::ballots::ensure_refused;
use crate::debate::{Debate, begun, with_seconds};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdoptDecisionRequest, AmendmentStage, CloseDocketRequest, DocumentLanguage, GetMinutesRequest,
    GetNextStepsRequest, OpenBallotRequest, PutAmendmentRequest, ResolveAmendmentRequest,
    SecondAmendmentRequest, SubmitAmendmentRequest, SubmitProposalRequest, VoteChoice,
    WithdrawAmendmentRequest,
};
use tests::{Client, Mode, Sandbox, command};

const DRAFT: &str = "第一条 每日值守。第二条 每周报送。第三条 经费自筹。";
const DAILY: &str = "第一条 每日值守。第二条 每日报送。第三条 经费自筹。";
const TWICE: &str = "第一条 每日值守。第二条 每日两次报送。第三条 经费自筹。";
const MONTHLY: &str = "第一条 每日值守。第二条 每月报送。第三条 经费自筹。";
const FUNDED: &str = "第一条 每日值守。第二条 每周报送。第三条 市级承担。";
/// What comes of all that is adopted.
const ADOPTED: &str = "第一条 每日值守。第二条 每日两次报送。第三条 市级承担。";

fn submit(debate: &Debate, department: &str, amended: Option<u32>, text: &str) -> SubmitAmendmentRequest {
    SubmitAmendmentRequest {
        docket_id: debate.id(),
        topic_number: 1,
        department_code: department.into(),
        version: Some(1),
        amended_number: amended,
        text: text.into(),
        ..command()
    }
}

fn second(debate: &Debate, amendment_number: u32, department: &str) -> SecondAmendmentRequest {
    let (docket_id, department_code) = (debate.id(), department.into());
    SecondAmendmentRequest { docket_id, topic_number: 1, amendment_number, department_code, ..command() }
}

fn put(debate: &Debate, amendment_number: u32) -> PutAmendmentRequest {
    PutAmendmentRequest { docket_id: debate.id(), topic_number: 1, amendment_number, ..command() }
}

/// The three departments of a debate.
struct Seats {
    water: Client,
    roads: Client,
    health: Client,
}

impl Seats {
    async fn of(sandbox: &Sandbox) -> anyhow::Result<Seats> {
        let seat = |department: &'static str| sandbox.client(Role::Delegate, Some(department));
        Ok(Seats { water: seat("WATER").await?, roads: seat("ROADS").await?, health: seat("HEALTH").await? })
    }

    /// WATER and ROADS are for it and HEALTH is against it, and the chair has it counted.
    async fn carry(&self, debate: &Debate) -> anyhow::Result<u64> {
        let (yes, no) = (VoteChoice::Yes, VoteChoice::No);
        let seats = [(&self.water, "WATER", yes), (&self.roads, "ROADS", yes), (&self.health, "HEALTH", no)];
        debate.voted(seats).await
    }
}

async fn when_an_amendment_passes_the_others_are_carried_over_or_fall(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let debate = begun(&sandbox, with_seconds()).await?;
    let seats = Seats::of(&sandbox).await?;
    let Seats { water, roads, health } = &seats;
    let clerk = &debate.clerk;
    let propose =
        SubmitProposalRequest { docket_id: debate.id(), topic_number: 1, text: DRAFT.into(), ..command() };
    clerk.call(propose).await?;

    ensure_refused(
        roads
            .call(SubmitAmendmentRequest { version: Some(2), ..submit(&debate, "ROADS", None, DAILY) })
            .await,
        "VERSION_NOT_CURRENT",
    )?;
    roads.call(submit(&debate, "ROADS", None, DAILY)).await?;
    ensure_refused(clerk.call(put(&debate, 1)).await, "AMENDMENT_NOT_SECONDED")?;
    ensure_refused(roads.call(second(&debate, 1, "ROADS")).await, "OWN_AMENDMENT")?;
    water.call(second(&debate, 1, "WATER")).await?;
    ensure_refused(
        health.call(submit(&debate, "HEALTH", Some(1), FUNDED)).await,
        "AMENDMENT_BEYOND_PASSAGE",
    )?;
    health.call(submit(&debate, "HEALTH", Some(1), TWICE)).await?;
    roads.call(second(&debate, 2, "ROADS")).await?;
    ensure_refused(water.call(submit(&debate, "WATER", Some(2), MONTHLY)).await, "AMENDMENT_TOO_DEEP")?;

    clerk.call(submit(&debate, "HEALTH", None, FUNDED)).await?;
    ensure_refused(clerk.call(second(&debate, 3, "ROADS")).await, "SAME_PERSON")?;
    roads.call(second(&debate, 3, "ROADS")).await?;
    water.call(submit(&debate, "WATER", None, MONTHLY)).await?;
    roads.call(second(&debate, 4, "ROADS")).await?;

    let steps = GetNextStepsRequest { docket_id: debate.id(), ..Default::default() };
    let steps = clerk.call(steps).await?.steps;
    let step = |command: &str| steps.iter().find(|step| step.command == command).cloned();
    let puts = step("docket put-amendment").context("a step")?;
    ensure!(puts.reason.is_empty() && !puts.by.is_empty(), "{puts:?}");
    let resolves = step("docket resolve-amendment").context("a step")?;
    ensure!(resolves.reason == "AMENDMENT_SECONDED", "{resolves:?}");

    ensure_refused(clerk.call(put(&debate, 1)).await, "AMENDMENT_PENDING")?;
    clerk.call(put(&debate, 2)).await?;
    let withdraw = |amendment_number| WithdrawAmendmentRequest {
        docket_id: debate.id(),
        topic_number: 1,
        amendment_number,
        ..command()
    };
    ensure_refused(health.call(withdraw(2)).await, "BALLOT_STILL_OPEN")?;
    seats.carry(&debate).await?;
    clerk.call(put(&debate, 1)).await?;
    seats.carry(&debate).await?;
    ensure_refused(water.call(withdraw(4)).await, "AMENDMENT_RESOLVED")?;
    let topic = debate.topic().await?;
    ensure!(topic.amendments[2].version == 2 && topic.amendments[2].text == ADOPTED, "{topic:?}");

    let resolve = ResolveAmendmentRequest {
        docket_id: debate.id(),
        topic_number: 1,
        amendment_number: 3,
        adopt: true,
        ..command()
    };
    ensure_refused(clerk.call(resolve).await, "AMENDMENT_SECONDED")?;
    clerk.call(put(&debate, 3)).await?;
    seats.carry(&debate).await?;
    decided_as_amended(&debate, &seats).await
}
in_both_modes!(when_an_amendment_passes_the_others_are_carried_over_or_fall);

/// The text that came of the amendments is adopted, and the minutes say which were, and why another fell.
async fn decided_as_amended(debate: &Debate, seats: &Seats) -> anyhow::Result<()> {
    let clerk = &debate.clerk;
    let topic = debate.topic().await?;
    let stages: Vec<_> = topic.amendments.iter().map(|amendment| amendment.stage()).collect();
    let (adopted, fallen) = (AmendmentStage::Adopted, AmendmentStage::Fallen);
    ensure!(stages == [adopted, adopted, adopted, fallen], "{stages:?}");
    ensure!(topic.amendments[3].fell_with_number == Some(1), "{topic:?}");
    ensure!(topic.amendments[2].put_down_by_clerk && !topic.amendments[0].put_down_by_clerk, "{topic:?}");
    ensure!(topic.versions == [DRAFT, TWICE, ADOPTED], "{:?}", topic.versions);
    let on: Vec<_> = topic.ballots.iter().map(|ballot| (ballot.version, ballot.amendment_number)).collect();
    ensure!(on == [(0, Some(2)), (0, Some(1)), (0, Some(3))], "{on:?}");

    let open = OpenBallotRequest { docket_id: debate.id(), topic_number: 1, version: 3, ..command() };
    clerk.call(open).await?;
    seats.carry(debate).await?;
    let adopt =
        AdoptDecisionRequest { docket_id: debate.id(), topic_number: 1, declaratory: true, ..command() };
    clerk.call(adopt).await?;
    let closed = clerk.call(CloseDocketRequest { docket_id: debate.id(), ..command() }).await?;
    for (language, said) in [
        (DocumentLanguage::Chinese, "第2号（HEALTH提出；针对修正案第1号；ROADS附议）：采纳。"),
        (DocumentLanguage::Chinese, "第3号（HEALTH（文书登记）提出；ROADS附议）：采纳。"),
        (DocumentLanguage::Chinese, "第4号（WATER提出；ROADS附议）：第1号已改动同一处，失效。"),
        (
            DocumentLanguage::English,
            "4, by WATER, seconded by ROADS: fell, as amendment 1 changed its passage.",
        ),
    ] {
        let get = GetMinutesRequest {
            docket_id: debate.id(),
            language: language.into(),
            at_least_position: closed.position,
        };
        let html = clerk.call(get).await?.html;
        ensure!(html.contains(said), "{said} is not in {html}");
    }
    Ok(())
}
