//! A seat whose department does not come: its substitutes come in turn, count, speak and vote for it, and are on record.

use crate::in_both_modes;
use crate::pages::{Browser, fields_before};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    CastVoteRequest, CloseBallotRequest, CloseDebateRequest, GetDocketRequest, GetNextStepsRequest,
    OpenBallotRequest, OpenDocketRequest, OpenTopicRequest, RecordArrivalRequest, SubmitProposalRequest,
    VoteChoice,
};
use proto::ledger::v1::MoveClockRequest;
use proto::scheduling::v1::{
    AnswerInvitationRequest, BodyCharter, ConveneSessionRequest, DecisionRule, DefineBodyRequest,
    GetSessionRequest, InvitationAnswer, Quorum, QuorumBase, ScheduleSessionRequest, Seat,
};
use tests::{Client, Mode, Sandbox, command, joint_outline};
use tonic::{Code, Status};

/// WATER and ROADS have to be there; METRO stands in for ROADS, and PARKS after it.
fn charter() -> BodyCharter {
    let seat = |department: &str, substitutes: &[&str]| Seat {
        department_code: department.into(),
        substitute_codes: substitutes.iter().map(|code| (*code).to_owned()).collect(),
        ..Default::default()
    };
    let quorum = Quorum { base: QuorumBase::AllSeats.into(), numerator: 1, denominator: 1 };
    BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: vec![seat("WATER", &[]), seat("ROADS", &["METRO", "PARKS"])],
        decision_rules: vec![DecisionRule { quorum: Some(quorum), ..Default::default() }],
        ..Default::default()
    }
}

/// Schedules an admitted session in a room of its own.
pub async fn scheduled(clerk: &Client, session_id: &str) -> anyhow::Result<()> {
    clerk.register_room("R-1").await?;
    let schedule = ScheduleSessionRequest {
        session_id: session_id.into(),
        room_code: "R-1".into(),
        starts_at: Some(Client::moment("2027-03-08T01:00:00Z")),
        ..command()
    };
    clerk.call(schedule).await?;
    Ok(())
}

/// Convenes it at its time; its docket is there.
pub async fn convened(clerk: &Client, operator: &Client, session_id: &str) -> anyhow::Result<()> {
    let clock_at = Some(Client::moment("2027-03-08T01:00:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    let convene = ConveneSessionRequest { session_id: session_id.into(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    clerk.call(GetDocketRequest { at_least_position, docket_id: session_id.into() }).await?;
    Ok(())
}

/// Records that a department has come.
pub async fn arrives(clerk: &Client, docket_id: &str, department_code: &str) -> Result<u64, Status> {
    let arrival = RecordArrivalRequest {
        docket_id: docket_id.into(),
        department_code: department_code.into(),
        delegate: format!("Li of {department_code}"),
        ..command()
    };
    Ok(clerk.call(arrival).await?.position)
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, reason: &str) -> anyhow::Result<()> {
    let refused = answer.err().with_context(|| format!("{reason} refuses it"))?;
    ensure!(Client::reason(&refused).as_deref() == Some(reason), "{reason} is expected: {refused}");
    Ok(())
}

/// A vote for ROADS.
fn yes(docket_id: &str) -> CastVoteRequest {
    CastVoteRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: "ROADS".into(),
        choice: VoteChoice::Yes.into(),
        ..command()
    }
}

/// A session of WATER and ROADS, to which ROADS does not come, with its clerk.
async fn without_roads(sandbox: &Sandbox) -> anyhow::Result<(Client, String)> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    for code in ["WATER", "ROADS", "METRO", "PARKS", "SHORE"] {
        clerk.register_department(code).await?;
    }
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter()), ..command() };
    operator.call(define).await?;
    let session = clerk.admitted_session(joint_outline("The dikes", &["WATER", "ROADS"])).await?;
    scheduled(&clerk, &session).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let decline = AnswerInvitationRequest {
        session_id: session.clone(),
        department_code: "ROADS".into(),
        answer: InvitationAnswer::Decline.into(),
        reason: Some("The bridge".into()),
        ..command()
    };
    roads.call(decline).await?;
    convened(&clerk, &operator, &session).await?;
    Ok((clerk, session))
}

async fn substitutes_come_count_and_decide_for_a_seat(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let (clerk, session) = without_roads(&sandbox).await?;

    // Then those that may stand in see it, and others do not
    let metro = sandbox.client(Role::Delegate, Some("METRO")).await?;
    let parks = sandbox.client(Role::Delegate, Some("PARKS")).await?;
    let shore = sandbox.client(Role::Delegate, Some("SHORE")).await?;
    let ask = || GetSessionRequest { session_id: session.clone(), ..Default::default() };
    for substitute in [&metro, &parks] {
        substitute.call(ask()).await?;
    }
    ensure!(shore.call(ask()).await.is_err_and(|refused| refused.code() == Code::NotFound));

    // and the quorum waits for one of them: a stranger is no substitute.
    arrives(&clerk, &session, "WATER").await?;
    let open = || OpenDocketRequest { docket_id: session.clone(), ..command() };
    refused(clerk.call(open()).await, "NO_QUORUM")?;
    refused(arrives(&clerk, &session, "SHORE").await, "NOT_A_PARTICIPANT")?;
    arrives(&clerk, &session, "PARKS").await?;
    clerk.call(open()).await?;

    // When it comes to the vote, the first of the substitutes that is there votes for the seat, and no other one.
    let docket_id = || session.clone();
    clerk.call(OpenTopicRequest { docket_id: docket_id(), topic_number: 1, ..command() }).await?;
    let text = "ROADS closes the bridge.".to_owned();
    clerk.call(SubmitProposalRequest { docket_id: docket_id(), topic_number: 1, text, ..command() }).await?;
    clerk.call(CloseDebateRequest { docket_id: docket_id(), topic_number: 1, ..command() }).await?;
    let ballot = OpenBallotRequest { docket_id: docket_id(), topic_number: 1, version: 1, ..command() };
    clerk.call(ballot).await?;
    arrives(&clerk, &session, "METRO").await?;
    refused(parks.call(yes(&session)).await, "NOT_YOUR_DEPARTMENT")?;
    refused(shore.call(yes(&session)).await, "NOT_FOUND")?;
    let steps = GetNextStepsRequest { docket_id: docket_id(), ..Default::default() };
    let steps = clerk.call(steps).await?.steps;
    let vote = steps.iter().find(|step| step.command == "docket cast-vote").context("a vote")?;
    let by: Vec<&str> = vote.by.iter().map(|who| who.department_code.as_str()).collect();
    ensure!(by.contains(&"METRO") && !by.contains(&"PARKS") && !by.contains(&"ROADS"), "{by:?}");

    // It does so on the page, where it is told whose place it takes.
    let address = format!("/sessions/{session}");
    let browser = Browser::sign_in(&mut sandbox, Role::Delegate, Some("METRO")).await?;
    let page = browser.page(&address).await?;
    ensure!(page.contains("in place of Department ROADS"), "{page}");
    let form = fields_before(&page, "<b>Department ROADS</b> <span class=\"state\">has not voted")?;
    let voted = browser.post(&address, &format!("{form}&choice=VOTE_CHOICE_YES")).await?;
    ensure!(voted.status == 303, "{}", voted.text());
    let cast = sandbox.run(
        "delegate@WATER",
        &[
            "docket",
            "cast-vote",
            &session,
            "--topic-number",
            "1",
            "--department-code",
            "WATER",
            "--choice",
            "yes",
        ],
    )?;
    ensure!(cast.status.success(), "{}", String::from_utf8_lossy(&cast.stderr));

    // The roll says who voted for whom, and that the quorum was there.
    let count = CloseBallotRequest { docket_id: docket_id(), topic_number: 1, ..command() };
    let docket = clerk.call(count).await?.docket.context("a docket")?;
    let ballot = docket.topics[0].ballots.last().context("a ballot")?;
    let seat = ballot.roll.iter().find(|seat| seat.department_code == "ROADS").context("a seat")?;
    ensure!(seat.present && seat.voted && seat.cast_by_code() == "METRO", "{seat:?}");
    ensure!(ballot.sentence.starts_with("passed"), "{}", ballot.sentence);

    // Whoever comes after all and acts for itself is not counted twice.
    arrives(&clerk, &session, "ROADS").await?;
    let page = browser.page(&address).await?;
    ensure!(!page.contains("in place of Department ROADS"), "{page}");
    Ok(())
}
in_both_modes!(substitutes_come_count_and_decide_for_a_seat);
