//! Several main motions, each a topic with its own text, ballot, outcome and resolution; and what was decided on one is
//! reconsidered, unless it is a resolution.

use crate::ballots::ensure_refused;
use crate::debate::{Debate, begun_with, charter};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::outcome::Outcome;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CastVoteRequest, CloseBallotRequest, CloseDebateRequest, CloseDocketRequest,
    DocketTopic, DocumentLanguage, GetDocketRequest, GetMinutesRequest, MotionKind, MotionStage,
    MoveMotionRequest, OpenBallotRequest, OpenTopicRequest, PutMotionRequest, RejectTopicRequest,
    SubmitProposalRequest, VoteChoice,
};
use proto::resolution::v1::ListResolutionsRequest;
use tests::{Client, Mode, Sandbox, command};

const TEXTS: [&str; 2] = ["经费由市级承担。", "经费由各区自筹。"];

struct Sitting<'a> {
    debate: &'a Debate,
    seats: Vec<(&'static str, Client)>,
}

impl Sitting<'_> {
    async fn topic(&self, number: u32) -> anyhow::Result<DocketTopic> {
        let get = GetDocketRequest { docket_id: self.debate.id(), at_least_position: 0 };
        let docket = self.debate.clerk.call(get).await?.docket.context("a docket")?;
        docket.topics.into_iter().find(|topic| topic.number == number).context("a topic")
    }

    /// These vote on the topic, in the order of the seats, and the chair has it counted.
    async fn voted(&self, topic_number: u32, choices: [VoteChoice; 3]) -> anyhow::Result<()> {
        for ((department, client), choice) in self.seats.iter().zip(choices) {
            let vote = CastVoteRequest {
                docket_id: self.debate.id(),
                topic_number,
                department_code: (*department).into(),
                choice: choice.into(),
                ..command()
            };
            client.call(vote).await?;
        }
        let close = CloseBallotRequest { docket_id: self.debate.id(), topic_number, ..command() };
        self.debate.clerk.call(close).await?;
        Ok(())
    }

    /// A main motion is put as its text, debated and voted on.
    async fn main_motion(&self, topic_number: u32, choices: [VoteChoice; 3]) -> anyhow::Result<()> {
        let (clerk, docket_id) = (&self.debate.clerk, self.debate.id());
        if topic_number > 1 {
            let open = OpenTopicRequest { docket_id: docket_id.clone(), topic_number, ..command() };
            clerk.call(open).await?;
        }
        let text = TEXTS[topic_number as usize - 1].into();
        let propose = SubmitProposalRequest { docket_id: docket_id.clone(), topic_number, text, ..command() };
        clerk.call(propose).await?;
        let close = CloseDebateRequest { docket_id: docket_id.clone(), topic_number, ..command() };
        clerk.call(close).await?;
        clerk.call(OpenBallotRequest { docket_id, topic_number, version: 1, ..command() }).await?;
        self.voted(topic_number, choices).await
    }

    fn reconsider(&self, topic_number: u32, department: &str) -> MoveMotionRequest {
        MoveMotionRequest {
            docket_id: self.debate.id(),
            topic_number,
            department_code: department.into(),
            kind: MotionKind::Reconsider.into(),
            reason: "新数据已到".into(),
            ..command()
        }
    }

    fn adopt(&self, topic_number: u32) -> AdoptDecisionRequest {
        let docket_id = self.debate.id();
        AdoptDecisionRequest { docket_id, topic_number, declaratory: true, ..command() }
    }

    fn reject(&self, topic_number: u32) -> RejectTopicRequest {
        let (docket_id, reason) = (self.debate.id(), "未获通过".into());
        RejectTopicRequest { docket_id, topic_number, reason, ..command() }
    }

    fn seat(&self, department: &str) -> &Client {
        &self.seats.iter().find(|(known, _)| *known == department).expect("a seat").1
    }
}

async fn each_main_motion_has_its_own_outcome_and_is_reconsidered_once(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let debate = begun_with(&sandbox, charter(), 2).await?;
    let mut seats = Vec::new();
    for department in ["WATER", "ROADS", "HEALTH"] {
        seats.push((department, sandbox.client(Role::Delegate, Some(department)).await?));
    }
    let sitting = Sitting { debate: &debate, seats };
    let clerk = &debate.clerk;
    let (yes, no) = (VoteChoice::Yes, VoteChoice::No);

    // The first fails, the second passes; each has a ballot and an outcome of its own.
    sitting.main_motion(1, [no, no, yes]).await?;
    clerk.call(sitting.reject(1)).await?;
    sitting.main_motion(2, [yes, yes, no]).await?;
    clerk.call(sitting.adopt(2)).await?;
    ensure_refused(sitting.seat("WATER").call(sitting.reconsider(2, "WATER")).await, "DECISION_PUBLISHED")?;

    // HEALTH was for the first, which failed.
    let health = sitting.seat("HEALTH");
    ensure_refused(health.call(sitting.reconsider(1, "HEALTH")).await, "NOT_ON_PREVAILING_SIDE")?;
    sitting.seat("ROADS").call(sitting.reconsider(1, "ROADS")).await?;
    let close_docket = || CloseDocketRequest { docket_id: debate.id(), ..command() };
    ensure_refused(clerk.call(close_docket()).await, "MOTION_PENDING")?;
    let put = PutMotionRequest { docket_id: debate.id(), topic_number: 1, motion_number: 1, ..command() };
    clerk.call(put).await?;
    sitting.voted(1, [yes, yes, no]).await?;
    let topic = sitting.topic(1).await?;
    ensure!(topic.outcome.is_none() && topic.motions[0].stage() == MotionStage::Carried, "{topic:?}");
    ensure_refused(clerk.call(close_docket()).await, "TOPIC_UNDECIDED")?;

    // It is voted on again, and passes now.
    let open = OpenBallotRequest { docket_id: debate.id(), topic_number: 1, version: 1, ..command() };
    clerk.call(open).await?;
    sitting.voted(1, [yes, yes, no]).await?;
    ensure_refused(sitting.seat("ROADS").call(sitting.reconsider(1, "ROADS")).await, "RECONSIDERED_BEFORE")?;
    clerk.call(sitting.adopt(1)).await?;
    let closed = clerk.call(close_docket()).await?;
    two_resolutions_and_their_minutes(&sitting, closed.position).await
}
in_both_modes!(each_main_motion_has_its_own_outcome_and_is_reconsidered_once);

async fn two_resolutions_and_their_minutes(sitting: &Sitting<'_>, closed: u64) -> anyhow::Result<()> {
    let clerk = &sitting.debate.clerk;
    for number in [1, 2] {
        let topic = sitting.topic(number).await?;
        let outcome = topic.outcome.as_ref().and_then(|outcome| outcome.outcome.as_ref());
        ensure!(matches!(outcome, Some(Outcome::Adopted(_))), "{topic:?}");
    }
    let list = ListResolutionsRequest { at_least_position: closed, ..Default::default() };
    let resolutions = clerk.call(list).await?.resolutions;
    ensure!(resolutions.len() == 2, "{resolutions:?}");
    let get = GetMinutesRequest {
        docket_id: sitting.debate.id(),
        language: DocumentLanguage::Chinese.into(),
        at_least_position: closed,
    };
    let html = clerk.call(get).await?.html;
    let said = "动议：ROADS提出复议（第1号）；理由：新数据已到；通过。";
    ensure!(html.contains(said), "{said} is not in {html}");
    Ok(())
}
