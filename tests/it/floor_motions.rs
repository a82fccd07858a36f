//! A main motion from the floor: it becomes a topic of its own, with its ballot, its outcome, its resolution and its matter.

use crate::ballots::ensure_refused;
use crate::debate::{Debate, begun, with_seconds};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CastVoteRequest, CloseBallotRequest, CloseDocketRequest, DeferTopicRequest, Docket,
    DocumentLanguage, GetDocketRequest, GetMinutesRequest, MotionKind, MotionStage, MoveMotionRequest,
    OpenBallotRequest, OpenTopicRequest, PutMotionRequest, SecondMotionRequest, VoteChoice,
    WithdrawTopicRequest,
};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::ListResolutionsRequest;
use proto::scheduling::v1::{GetSessionRequest, LateTopics, ListMattersRequest, MatterStage};
use tests::{Client, Mode, Sandbox, command};

const SEATS: [&str; 3] = ["WATER", "ROADS", "HEALTH"];

fn moves(docket_id: &str, title: &str) -> MoveMotionRequest {
    MoveMotionRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: "ROADS".into(),
        kind: MotionKind::Main.into(),
        title: Some(title.into()),
        text: Some("增设两台水泵。".into()),
        reason: "汛期将至".into(),
        ..command()
    }
}

/// All three vote for what is before them, and it is counted.
async fn all_vote(sandbox: &Sandbox, debate: &Debate, topic_number: u32) -> anyhow::Result<Docket> {
    for department in SEATS {
        let vote = CastVoteRequest {
            docket_id: debate.id(),
            topic_number,
            department_code: department.into(),
            choice: VoteChoice::Yes.into(),
            ..command()
        };
        sandbox.client(Role::Delegate, Some(department)).await?.call(vote).await?;
    }
    let close = CloseBallotRequest { docket_id: debate.id(), topic_number, ..command() };
    debate.clerk.call(close).await?.docket.context("a docket")
}

/// ROADS moves it, HEALTH seconds it, and all carry it.
async fn carried(sandbox: &Sandbox, debate: &Debate, motion: u32, title: &str) -> anyhow::Result<Docket> {
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let health = sandbox.client(Role::Delegate, Some("HEALTH")).await?;
    let wanted = moves(&debate.id(), title);
    let moved = roads.call(wanted.clone()).await?;
    ensure!(roads.call(wanted).await?.position == moved.position, "a repeat moves nothing");
    let second = SecondMotionRequest {
        docket_id: debate.id(),
        topic_number: 1,
        motion_number: motion,
        department_code: "HEALTH".into(),
        ..command()
    };
    health.call(second).await?;
    let put =
        PutMotionRequest { docket_id: debate.id(), topic_number: 1, motion_number: motion, ..command() };
    debate.clerk.call(put).await?;
    all_vote(sandbox, debate, 1).await
}

async fn a_main_motion_becomes_a_topic_with_its_own_resolution_and_matter(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let mut charter = with_seconds();
    charter.decision_rules.iter_mut().for_each(|rule| rule.late_topics = Some(LateTopics::Majority.into()));
    let debate = begun(&sandbox, charter).await?;
    let (clerk, id) = (&debate.clerk, || debate.id());
    let docket = carried(&sandbox, &debate, 1, "泵站").await?;
    let [first, added] = &docket.topics[..] else { anyhow::bail!("{:?}", docket.topics) };
    ensure!(first.motions[0].stage() == MotionStage::Carried, "{first:?}");
    let from = added.moved_from.as_ref().context("it says from where")?;
    ensure!(
        (added.number, from.motion_number, from.department_code.as_str()) == (2, 1, "ROADS"),
        "{added:?}"
    );
    ensure!(added.title == "泵站" && added.versions == ["增设两台水泵。"], "{added:?}");
    let again = sandbox.client(Role::Delegate, Some("ROADS")).await?.call(moves(&id(), "泵站")).await;
    ensure_refused(again, "TITLE_ON_AGENDA")?;
    carried(&sandbox, &debate, 2, "沙袋").await?;
    session_lists_them(clerk, &id()).await?;

    // The first topic ends, the second passes, and the third comes back another day.
    let withdraw =
        WithdrawTopicRequest { docket_id: id(), topic_number: 1, reason: "另议".into(), ..command() };
    clerk.call(withdraw).await?;
    clerk.call(OpenTopicRequest { docket_id: id(), topic_number: 2, ..command() }).await?;
    clerk.call(OpenBallotRequest { docket_id: id(), topic_number: 2, version: 1, ..command() }).await?;
    all_vote(&sandbox, &debate, 2).await?;
    ensure_refused(clerk.call(CloseDocketRequest { docket_id: id(), ..command() }).await, "TOPIC_UNDECIDED")?;
    let adopt = AdoptDecisionRequest { docket_id: id(), topic_number: 2, declaratory: true, ..command() };
    clerk.call(adopt).await?;
    let defer = DeferTopicRequest {
        docket_id: id(),
        topic_number: 3,
        resume_on: "2027-04-01".into(),
        moved_by_code: "WATER".into(),
        reason: "待核".into(),
        ..command()
    };
    clerk.call(defer).await?;
    let closed = clerk.call(CloseDocketRequest { docket_id: id(), ..command() }).await?.position;
    has_a_future(clerk, &id(), closed).await
}
in_both_modes!(a_main_motion_becomes_a_topic_with_its_own_resolution_and_matter);

/// The session has them in its outline, marked as from the floor.
async fn session_lists_them(clerk: &Client, session_id: &str) -> anyhow::Result<()> {
    let at_least_position = clerk.call(GetHeadRequest::default()).await?.position;
    let get = GetSessionRequest { at_least_position, session_id: session_id.into() };
    let session = clerk.call(get).await?.session.context("a session")?;
    let topics = session.outline.as_ref().context("an outline")?.topics.iter();
    let titles: Vec<_> = topics.clone().skip(1).map(|topic| topic.title.as_str()).collect();
    ensure!(titles == ["泵站", "沙袋"], "{session:?}");
    ensure!(topics.clone().all(|topic| topic.matter_id.is_some()), "{session:?}");
    let added: Vec<_> = session.added_topics.iter().map(|one| (one.topic_number, one.from_floor)).collect();
    ensure!(added == [(2, true), (3, true)], "{session:?}");
    let attendees = session.outline.iter().flat_map(|outline| &outline.attendees);
    let roles = attendees.map(|attendee| attendee.roles.len()).collect::<Vec<_>>();
    ensure!(roles.iter().all(|&count| count == 3), "whoever decides on the first decides on all: {roles:?}");
    Ok(())
}

async fn has_a_future(clerk: &Client, docket_id: &str, closed: u64) -> anyhow::Result<()> {
    let list = ListResolutionsRequest { at_least_position: closed, ..Default::default() };
    let resolutions = clerk.call(list).await?.resolutions;
    ensure!(resolutions.iter().map(|one| one.title.as_str()).eq(["泵站"]), "{resolutions:?}");
    let list = ListMattersRequest { at_least_position: closed, ..Default::default() };
    let matters = clerk.call(list).await?.matters;
    let stage = |title: &str| matters.iter().find(|one| one.title == title).map(|one| one.stage());
    ensure!(stage("泵站") == Some(MatterStage::Decided), "{matters:?}");
    ensure!(stage("沙袋") == Some(MatterStage::Deferred), "{matters:?}");
    let get = GetMinutesRequest {
        docket_id: docket_id.into(),
        language: DocumentLanguage::Chinese.into(),
        at_least_position: closed,
    };
    let html = clerk.call(get).await?.html;
    let said = "动议：ROADS提出将“泵站”列入本次议程（第1号）；HEALTH附议；理由：汛期将至；通过。";
    ensure!(html.contains(said), "{said} is not in {html}");
    Ok(())
}

async fn nothing_is_added_where_the_rule_says_nothing(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let debate = begun(&sandbox, with_seconds()).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    ensure_refused(roads.call(moves(&debate.id(), "泵站")).await, "LATE_TOPICS_EXCLUDED")?;
    let untitled = MoveMotionRequest { title: None, ..moves(&debate.id(), "泵站") };
    ensure!(roads.call(untitled).await.is_err(), "a topic has a title");
    let get = GetDocketRequest { docket_id: debate.id(), at_least_position: 0 };
    ensure!(roads.call(get).await?.docket.context("a docket")?.topics.len() == 1);
    Ok(())
}
in_both_modes!(nothing_is_added_where_the_rule_says_nothing);
