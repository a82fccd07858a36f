//! How a body votes: what needs no ballot, who votes for whom, and what a recusal takes, through the services.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::resolution::resolution::Resolution;
use domain::{Role, Uuid};
use proto::deliberation::v1::{
    AdoptDecisionRequest, Ballot, BallotMethod, CastChoiceRequest, CastVoteRequest, ChoiceMethod,
    CloseBallotRequest, CloseChoiceRequest, Docket, GetDocketRequest, GetNextStepsRequest,
    GiveMandateRequest, Hands, NextStep, OpenBallotRequest, OpenChoiceRequest, OpenDocketRequest,
    OpenTopicRequest, PauseTopicRequest, RecordArrivalRequest, RecordGeneralConsentRequest,
    RecordHandCountRequest, RecordRecusalRequest, RecordRollCallRequest, RecordStatementRequest,
    RollCallVote, Stance, SubmitProposalRequest, VoteChoice, VotePart, WithdrawRecusalRequest, ballot_method,
};
use proto::resolution::v1::GetResolutionRequest;
use proto::scheduling::v1 as scheduling;
use proto::scheduling::v1::{
    BodyCharter, ConveneSessionRequest, DecisionRule, DefineBodyRequest, EmergencyDeclaration, MajorityBase,
    MatterClass, OptionTie, RoleOnTopic, Seat, SessionAttendee, SessionKind, SessionTopic, TopicRole,
    VotingRule,
};
use tests::{Client, Mode, Sandbox, command, outline};
use tonic::Status;

/// WATER chairs with three votes, ROADS has two, HEALTH one. A majority is of those present, and one seat may be voted
/// for by mandate. Lot decides between options that are equal.
fn charter() -> BodyCharter {
    let seat = |(department, weight): (&str, u32)| Seat {
        department_code: department.into(),
        weight,
        ..Default::default()
    };
    let voting = VotingRule {
        majority_of: MajorityBase::Present.into(),
        mandates_max: 1,
        option_tie: OptionTie::Lot.into(),
        ..Default::default()
    };
    BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: [("WATER", 3), ("ROADS", 2), ("HEALTH", 1)].map(seat).to_vec(),
        decision_rules: vec![DecisionRule { voting: Some(voting), ..Default::default() }],
        ..Default::default()
    }
}

pub fn ensure_refused<T: std::fmt::Debug>(answer: Result<T, Status>, reason: &str) -> anyhow::Result<()> {
    let refused = answer.err().with_context(|| format!("{reason} refuses it"))?;
    ensure!(Client::reason(&refused).as_deref() == Some(reason), "{reason} is expected: {refused}");
    Ok(())
}

/// A convened session of the body, in which all three decide on this many topics; its docket is there.
pub async fn convened(clerk: &Client, topics: u32) -> anyhow::Result<String> {
    let mut outline = outline("Stop the flood", "WATER");
    outline.body_code = "JOINT".into();
    outline.kind = SessionKind::Emergency.into();
    outline.matter_class = MatterClass::Emergency.into();
    outline.emergency = Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() });
    let topic = |number| SessionTopic {
        number,
        title: format!("Topic {number}"),
        timebox_minutes: 20,
        ..Default::default()
    };
    outline.topics = (1..=topics).map(topic).collect();
    let decides = |topic_number| TopicRole { topic_number, role: RoleOnTopic::Decides.into() };
    let attendee = |department: &str| SessionAttendee {
        department_code: department.into(),
        roles: (1..=topics).map(decides).collect(),
        companions: 0,
    };
    outline.attendees = ["WATER", "ROADS", "HEALTH"].map(attendee).to_vec();
    let session_id = clerk.admitted_session(outline).await?;
    let ask = scheduling::GetNextStepsRequest { session_id: session_id.clone(), at_least_position: 0 };
    let next = clerk.call(ask).await?.steps;
    let convening = next.iter().find(|step| step.command == "session convene").context("a step")?;
    ensure!(convening.by.iter().any(|who| who.department_code == "WATER"), "{next:?}");
    let convene = ConveneSessionRequest { session_id: session_id.clone(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    clerk.call(GetDocketRequest { at_least_position, docket_id: session_id.clone() }).await?;
    Ok(session_id)
}

fn last_ballot(docket: Option<Docket>, topic: usize) -> anyhow::Result<Ballot> {
    let topic = docket.context("a docket")?.topics.into_iter().nth(topic - 1).context("the topic")?;
    topic.ballots.into_iter().next_back().context("a ballot")
}

async fn a_body_votes_by_its_own_rules(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let health = sandbox.client(Role::Delegate, Some("HEALTH")).await?;
    for department in ["WATER", "ROADS", "HEALTH"] {
        clerk.register_department(department).await?;
    }
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter()), ..command() };
    sandbox.client(Role::Operator, None).await?.call(define).await?;
    let docket_id = convened(&clerk, 2).await?;
    let id = || docket_id.clone();
    for department in ["WATER", "HEALTH"] {
        let (department_code, delegate) = (department.into(), "Li Wei".into());
        clerk.call(RecordArrivalRequest { docket_id: id(), department_code, delegate, ..command() }).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    without_a_ballot(&clerk, &health, &docket_id).await?;

    which_route(&clerk, &health, &docket_id).await?;
    // The second topic is voted on.
    propose(&clerk, &docket_id, 2).await?;
    takes_part_again(&health, &docket_id).await?;
    votes_for_another(&clerk, &water, &roads, &health, &docket_id).await
}
in_both_modes!(a_body_votes_by_its_own_rules);

/// Before the second topic is proposed, a choice is made among options.
async fn which_route(clerk: &Client, health: &Client, docket_id: &str) -> anyhow::Result<()> {
    let topic_number = 2;
    let docket_id = || docket_id.to_owned();
    clerk.call(OpenTopicRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
    let next = clerk.call(GetNextStepsRequest { at_least_position: 0, docket_id: docket_id() }).await?.steps;
    let step = |command: &str| {
        let of_topic = |step: &&NextStep| step.command == command && step.topic_number == Some(topic_number);
        next.iter().find(of_topic).with_context(|| format!("{command} in {next:?}"))
    };
    ensure!(step("docket open-ballot")?.reason == "NO_PROPOSAL", "{next:?}");
    ensure!(!step("docket submit-proposal")?.by.is_empty(), "{next:?}");

    let open = OpenChoiceRequest {
        docket_id: docket_id(),
        topic_number,
        question: "Which route?".into(),
        options: vec!["North".into(), "South".into()],
        method: ChoiceMethod::Schulze.into(),
        ..command()
    };
    clerk.call(open).await?;
    let prefer = |department: &str, named: &[u32]| CastChoiceRequest {
        docket_id: docket_id(),
        topic_number,
        department_code: department.into(),
        named: named.to_vec(),
        ..command()
    };
    ensure_refused(health.call(prefer("HEALTH", &[3])).await, "PREFERENCE_DOES_NOT_FIT")?;
    health.call(prefer("HEALTH", &[1, 2])).await?;
    clerk.call(prefer("WATER", &[2, 1])).await?;
    let closed = clerk.call(CloseChoiceRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
    let topic = closed.docket.context("a docket")?.topics.into_iter().nth(1).context("the topic")?;
    let result = topic.choices.into_iter().next().and_then(|choice| choice.result).context("a result")?;
    ensure!(result.first == [2] && result.quorum == 2, "WATER weighs more: {result:?}");
    drawn_by_lot(clerk, health, &docket_id()).await?;
    clerk.call(PauseTopicRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
    Ok(())
}

/// Between two options that are equal the body draws lots.
async fn drawn_by_lot(clerk: &Client, health: &Client, docket_id: &str) -> anyhow::Result<()> {
    let (topic_number, id) = (2, || docket_id.to_owned());
    let open = OpenChoiceRequest {
        docket_id: id(),
        topic_number,
        question: "Which day?".into(),
        options: vec!["Monday".into(), "Friday".into()],
        method: ChoiceMethod::Approval.into(),
        ..command()
    };
    clerk.call(open).await?;
    for (client, department) in [(clerk, "WATER"), (health, "HEALTH")] {
        let (department_code, named) = (department.to_owned(), vec![1, 2]);
        let both = CastChoiceRequest { docket_id: id(), topic_number, department_code, named, ..command() };
        client.call(both).await?;
    }
    let closed = clerk.call(CloseChoiceRequest { docket_id: id(), topic_number, ..command() }).await?;
    let topic = closed.docket.context("a docket")?.topics.into_iter().nth(1).context("the topic")?;
    let result = topic.choices.into_iter().nth(1).and_then(|choice| choice.result).context("a result")?;
    let drawn = result.tie_broken.as_ref().context("what decided")?;
    let lot: Uuid = drawn.lot.as_deref().context("a lot")?.parse()?;
    let place = usize::try_from(lot.as_u128() % 2)?;
    ensure!(result.first == [1, 2] && result.first[place] == drawn.option_number, "{result:?}");
    Ok(())
}

async fn propose(clerk: &Client, docket_id: &str, topic_number: u32) -> anyhow::Result<()> {
    let docket_id = || docket_id.to_owned();
    clerk.call(OpenTopicRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
    let text = "WATER widens the drain.".to_owned();
    let proposal = SubmitProposalRequest { docket_id: docket_id(), topic_number, text, ..command() };
    clerk.call(proposal).await?;
    clerk.call(PauseTopicRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
    Ok(())
}

/// Nobody objects to the first topic in the end.
async fn without_a_ballot(clerk: &Client, health: &Client, docket_id: &str) -> anyhow::Result<()> {
    let topic_number = 1;
    propose(clerk, docket_id, topic_number).await?;
    let say = |stance: Stance| RecordStatementRequest {
        docket_id: docket_id.into(),
        topic_number,
        department_code: "HEALTH".into(),
        stance: stance.into(),
        reasons: "The costs".into(),
        ..command()
    };
    let consent =
        || RecordGeneralConsentRequest { docket_id: docket_id.into(), topic_number, version: 1, ..command() };
    health.call(say(Stance::Oppose)).await?;
    ensure_refused(clerk.call(consent()).await, "OBJECTED")?;
    health.call(say(Stance::Support)).await?;
    let passed = last_ballot(clerk.call(consent()).await?.docket, 1)?;
    let method = BallotMethod { method: Some(ballot_method::Method::GeneralConsent(Default::default())) };
    ensure!(passed.method == Some(method) && passed.votes.is_empty(), "{passed:?}");
    ensure!(passed.result.is_some_and(|result| result.passed), "{}", passed.sentence);
    Ok(())
}

/// HEALTH recuses itself from the second topic's version, and withdraws that.
async fn takes_part_again(health: &Client, docket_id: &str) -> anyhow::Result<()> {
    let (topic_number, id) = (2, || docket_id.to_owned());
    let recuse = RecordRecusalRequest {
        docket_id: id(),
        topic_number,
        department_code: "HEALTH".into(),
        reason: "It names our building".into(),
        current_version_only: true,
        ..command()
    };
    health.call(recuse).await?;
    let withdraw = WithdrawRecusalRequest {
        docket_id: id(),
        topic_number,
        department_code: "HEALTH".into(),
        reason: "It no longer does".into(),
        ..command()
    };
    health.call(withdraw).await?;
    Ok(())
}

/// ROADS is not there, and WATER votes for it; the result says so, and a recusal comes too late.
async fn votes_for_another(
    clerk: &Client,
    water: &Client,
    roads: &Client,
    health: &Client,
    docket_id: &str,
) -> anyhow::Result<()> {
    let (topic_number, id) = (2, || docket_id.to_owned());
    let mandate = GiveMandateRequest {
        docket_id: id(),
        topic_number: None,
        department_code: "ROADS".into(),
        holder_codes: vec!["WATER".into()],
        ..command()
    };
    ensure_refused(water.call(mandate.clone()).await, "NOT_YOUR_DEPARTMENT")?;
    roads.call(mandate).await?;

    clerk.call(OpenBallotRequest { docket_id: id(), topic_number, version: 1, ..command() }).await?;
    let hand = |department: &str, choice: VoteChoice| RollCallVote {
        department_code: department.into(),
        choice: choice.into(),
    };
    let hands = Some(Hands { yes_votes: 1, no_votes: 1, abstentions: 0 });
    let unnamed = RecordHandCountRequest { docket_id: id(), topic_number, hands, ..command() };
    ensure_refused(clerk.call(unnamed).await, "HAND_COUNTS_NOT_ALLOWED")?;
    let votes = vec![hand("WATER", VoteChoice::Yes), hand("HEALTH", VoteChoice::No)];
    clerk.call(RecordRollCallRequest { docket_id: id(), topic_number, votes, ..command() }).await?;
    let for_roads = CastVoteRequest {
        docket_id: id(),
        topic_number,
        department_code: "ROADS".into(),
        choice: VoteChoice::Yes.into(),
        split: vec![VotePart { choice: VoteChoice::No.into(), weight: 1 }],
        reason: Some("Not before the rain".into()),
        ..command()
    };
    ensure_refused(health.call(for_roads.clone()).await, "NOT_YOUR_DEPARTMENT")?;
    water.call(for_roads).await?;
    let closed = clerk.call(CloseBallotRequest { docket_id: id(), topic_number, ..command() }).await?;
    let ballot = last_ballot(closed.docket, 2)?;
    ensure!(
        ballot.sentence
            == "passed by simple majority: 4 yes, 2 no, 0 abstained; 4 yes of 6 present were needed; 3 cast of 3 \
                eligible (0 recused), quorum 2",
        "{}",
        ballot.sentence
    );
    let on_the_roll =
        |code: &str| ballot.roll.iter().find(|seat| seat.department_code == code).context("a seat");
    ensure!(on_the_roll("HEALTH")?.put_down_by_clerk, "a hand that a clerk saw is marked: {ballot:?}");
    ensure!(!on_the_roll("WATER")?.put_down_by_clerk, "the clerk speaks for WATER: {ballot:?}");
    ensure!(on_the_roll("ROADS")?.cast_by_code.as_deref() == Some("WATER"), "{ballot:?}");
    let late = RecordRecusalRequest {
        docket_id: id(),
        topic_number,
        department_code: "HEALTH".into(),
        reason: "After all".into(),
        ..command()
    };
    ensure_refused(health.call(late).await, "BALLOT_COUNTED")?;
    dissent_is_on_record(clerk, roads, docket_id).await
}

/// HEALTH voted against what passed, and ROADS with a part of its weight, and said why.
async fn dissent_is_on_record(clerk: &Client, roads: &Client, docket_id: &str) -> anyhow::Result<()> {
    let docket_id = || docket_id.to_owned();
    let adopt =
        AdoptDecisionRequest { docket_id: docket_id(), topic_number: 2, declaratory: true, ..command() };
    let at_least_position = clerk.call(adopt).await?.position;
    let resolution_id = Resolution::id(docket_id().parse()?, 2).to_string();
    let get = GetResolutionRequest { at_least_position, resolution_id, ..Default::default() };
    let resolution = roads.call(get).await?.resolution.context("the resolution")?;
    let against: Vec<_> = resolution.dissents.iter().map(|it| (&*it.department_code, it.partly)).collect();
    ensure!(against == [("HEALTH", false), ("ROADS", true)], "{resolution:?}");
    ensure!(resolution.dissents[1].reason.as_deref() == Some("Not before the rain"), "{resolution:?}");
    Ok(())
}
