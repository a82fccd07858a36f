//! Motions: what a seat asks the others to decide at once, who seconds it, and what comes first.

use crate::ballots::ensure_refused;
use crate::debate::{Debate, begun, charter, with_seconds};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::outcome::Outcome;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CloseDocketRequest, Deferred, DocumentLanguage, GetMinutesRequest,
    GetNextStepsRequest, MotionKind, MotionStage, MoveMotionRequest, OpenBallotRequest, OpenTopicRequest,
    PutMotionRequest, RejectTopicRequest, SecondMotionRequest, SubmitProposalRequest, TopicStage, VoteChoice,
    WithdrawMotionRequest,
};
use tests::{Mode, Sandbox, command};

fn moves(debate: &Debate, department: &str, kind: MotionKind) -> MoveMotionRequest {
    MoveMotionRequest {
        docket_id: debate.id(),
        topic_number: 1,
        department_code: department.into(),
        kind: kind.into(),
        resume_on: (kind == MotionKind::Defer).then(|| "2027-04-01".into()),
        referred_to_code: (kind == MotionKind::Refer).then(|| "NOBODY".into()),
        reason: "材料未齐".into(),
        ..command()
    }
}

fn second(debate: &Debate, motion_number: u32, department: &str) -> SecondMotionRequest {
    let department_code = department.into();
    SecondMotionRequest {
        docket_id: debate.id(),
        topic_number: 1,
        motion_number,
        department_code,
        ..command()
    }
}

fn put(debate: &Debate, motion_number: u32) -> PutMotionRequest {
    PutMotionRequest { docket_id: debate.id(), topic_number: 1, motion_number, ..command() }
}

async fn what_is_moved_is_decided_before_the_text_and_by_rank(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let debate = begun(&sandbox, with_seconds()).await?;
    let clerk = &debate.clerk;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let health = sandbox.client(Role::Delegate, Some("HEALTH")).await?;

    ensure_refused(health.call(moves(&debate, "ROADS", MotionKind::Defer)).await, "NOT_YOUR_DEPARTMENT")?;
    ensure_refused(roads.call(moves(&debate, "ROADS", MotionKind::Refer)).await, "UNKNOWN_BODY")?;
    roads.call(moves(&debate, "ROADS", MotionKind::Defer)).await?;
    ensure_refused(clerk.call(put(&debate, 1)).await, "MOTION_WRONG_STAGE")?;
    ensure_refused(roads.call(second(&debate, 1, "ROADS")).await, "OWN_MOTION")?;
    health.call(second(&debate, 1, "HEALTH")).await?;
    let reject = || RejectTopicRequest {
        docket_id: debate.id(),
        topic_number: 1,
        reason: "未达成一致".into(),
        ..command()
    };
    ensure_refused(clerk.call(reject()).await, "MOTION_PENDING")?;

    health.call(moves(&debate, "HEALTH", MotionKind::CloseDebate)).await?;
    water.call(second(&debate, 2, "WATER")).await?;
    ensure_refused(clerk.call(put(&debate, 1)).await, "MOTION_PENDING")?;
    let steps = GetNextStepsRequest { docket_id: debate.id(), ..Default::default() };
    let steps = clerk.call(steps).await?.steps;
    let step = |command: &str| steps.iter().find(|step| step.command == command).cloned();
    let puts = step("docket put-motion").context("a step")?;
    ensure!(puts.reason.is_empty() && !puts.by.is_empty(), "{puts:?}");
    let closes = step("docket close-debate").context("a step")?;
    ensure!(closes.reason == "MOTION_PENDING", "{closes:?}");

    clerk.call(put(&debate, 2)).await?;
    let (yes, no) = (VoteChoice::Yes, VoteChoice::No);
    debate.voted([(&water, "WATER", yes), (&roads, "ROADS", no), (&health, "HEALTH", yes)]).await?;
    let topic = debate.topic().await?;
    ensure!(topic.stage() == TopicStage::DebateClosed, "{topic:?}");
    clerk.call(put(&debate, 1)).await?;
    let withdraw =
        WithdrawMotionRequest { docket_id: debate.id(), topic_number: 1, motion_number: 1, ..command() };
    ensure_refused(roads.call(withdraw).await, "BALLOT_STILL_OPEN")?;
    debate.voted([(&water, "WATER", yes), (&roads, "ROADS", yes), (&health, "HEALTH", no)]).await?;
    deferred_as_it_was_moved(&debate).await
}
in_both_modes!(what_is_moved_is_decided_before_the_text_and_by_rank);

/// The topic is deferred until the day that was moved, by whoever moved it; and the minutes say so.
async fn deferred_as_it_was_moved(debate: &Debate) -> anyhow::Result<()> {
    let topic = debate.topic().await?;
    let until = Outcome::Deferred(Deferred { resume_on: "2027-04-01".into() });
    let outcome = topic.outcome.as_ref().and_then(|outcome| outcome.outcome.as_ref());
    ensure!(outcome == Some(&until) && topic.moved_by_code.as_deref() == Some("ROADS"), "{topic:?}");
    let stages: Vec<_> = topic.motions.iter().map(|motion| motion.stage()).collect();
    ensure!(stages == [MotionStage::Carried, MotionStage::Carried], "{stages:?}");
    let on: Vec<_> = topic.ballots.iter().map(|ballot| (ballot.version, ballot.motion_number)).collect();
    ensure!(on == [(0, Some(2)), (0, Some(1))], "{on:?}");

    let closed = debate.clerk.call(CloseDocketRequest { docket_id: debate.id(), ..command() }).await?;
    let get = GetMinutesRequest {
        docket_id: debate.id(),
        language: DocumentLanguage::Chinese.into(),
        at_least_position: closed.position,
    };
    let html = debate.clerk.call(get).await?.html;
    for said in [
        "动议：ROADS提出缓议至2027年4月1日（第1号）；HEALTH附议；理由：材料未齐；通过。",
        "动议：HEALTH提出结束讨论（第2号）；WATER附议；理由：材料未齐；通过。",
        "第1号动议",
    ] {
        ensure!(html.contains(said), "{said} is not in {html}");
    }
    Ok(())
}

async fn what_has_passed_is_undone_by_those_who_decide_and_not_by_the_chair(
    mode: Mode,
) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let debate = begun(&sandbox, charter()).await?;
    let clerk = &debate.clerk;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let health = sandbox.client(Role::Delegate, Some("HEALTH")).await?;
    let propose = |text: &str| SubmitProposalRequest {
        docket_id: debate.id(),
        topic_number: 1,
        text: text.into(),
        ..command()
    };
    let open = |version| OpenBallotRequest { docket_id: debate.id(), topic_number: 1, version, ..command() };
    let adopt =
        || AdoptDecisionRequest { docket_id: debate.id(), topic_number: 1, declaratory: true, ..command() };
    let (yes, no) = (VoteChoice::Yes, VoteChoice::No);
    let votes = |of_roads| [(&water, "WATER", yes), (&roads, "ROADS", of_roads), (&health, "HEALTH", yes)];
    clerk.call(propose("修路")).await?;
    clerk.call(open(1)).await?;
    debate.voted(votes(no)).await?;
    ensure_refused(clerk.call(propose("不修路")).await, "BALLOT_PASSED")?;

    // Who lost does not ask again.
    ensure_refused(
        roads.call(moves(&debate, "ROADS", MotionKind::Reconsider)).await,
        "NOT_ON_PREVAILING_SIDE",
    )?;
    let moved = health.call(moves(&debate, "HEALTH", MotionKind::Reconsider)).await?;
    let motions = moved.docket.context("a docket")?.topics.swap_remove(0).motions;
    let number = motions.last().context("a motion")?.number;
    ensure_refused(clerk.call(adopt()).await, "MOTION_PENDING")?;
    clerk.call(put(&debate, number)).await?;
    debate.voted(votes(yes)).await?;
    ensure_refused(clerk.call(adopt()).await, "NO_PASSED_BALLOT")?;
    ensure_refused(
        health.call(moves(&debate, "HEALTH", MotionKind::Reconsider)).await,
        "NOTHING_TO_RECONSIDER",
    )?;
    clerk.call(OpenTopicRequest { docket_id: debate.id(), topic_number: 1, ..command() }).await?;
    clerk.call(propose("先勘察，后修路")).await?;
    clerk.call(open(2)).await?;
    debate.voted(votes(yes)).await?;
    clerk.call(adopt()).await?;
    let topic = debate.topic().await?;
    let adopted = topic.outcome.and_then(|outcome| outcome.outcome);
    ensure!(matches!(adopted, Some(Outcome::Adopted(ref decision)) if decision.version == 2), "{adopted:?}");
    Ok(())
}
in_both_modes!(what_has_passed_is_undone_by_those_who_decide_and_not_by_the_chair);
