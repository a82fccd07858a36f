//! A secret ballot: who has voted is known, how is in no byte of anything before the count, each voter finds the own vote
//! after it, and nobody else's.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use data_encoding::BASE32_NOPAD;
use domain::Role;
use prost::Message as _;
use proto::deliberation::v1::{
    Ballot, CastSecretVoteRequest, CastSecretVoteResponse, CastVoteRequest, CloseBallotRequest, Docket,
    GetDocketRequest, OpenBallotRequest, OpenDocketRequest, OpenTopicRequest, RecordArrivalRequest,
    SubmitProposalRequest, VoidBallotRequest, VoteChoice,
};
use proto::ledger::events::v1::BallotKeyGivenUp;
use proto::scheduling::v1::{
    BodyCharter, ConveneSessionRequest, DecisionRule, DefineBodyRequest, EmergencyDeclaration, MatterClass,
    OptionTie, RoleOnTopic, Seat, SessionAttendee, SessionKind, SessionTopic, TopicRole, VotingRule,
};
use std::path::{Path, PathBuf};
use tests::{Client, Mode, Sandbox, command, outline, until};
use tonic::Status;
use uuid::Uuid;

pub(crate) const SEATS: [&str; 4] = ["WATER", "ROADS", "HEALTH", "LAND"];

fn charter() -> BodyCharter {
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    let (secret_ballots, option_tie) = (true, OptionTie::Lot.into());
    let voting = VotingRule { secret_ballots, option_tie, ..Default::default() };
    BodyCharter {
        name: "Appointments".into(),
        chair_code: "WATER".into(),
        seats: SEATS.map(seat).to_vec(),
        decision_rules: vec![DecisionRule { voting: Some(voting), ..Default::default() }],
        ..Default::default()
    }
}

pub(crate) fn ensure_refused<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    reason: &str,
) -> anyhow::Result<()> {
    let refused = answer.err().with_context(|| format!("{reason} refuses it"))?;
    ensure!(Client::reason(&refused).as_deref() == Some(reason), "{reason} is expected: {refused}");
    Ok(())
}

/// An open docket with a proposal, on which all four seats are there and decide.
pub(crate) async fn in_session(clerk: &Client, operator: &Client) -> anyhow::Result<String> {
    for department in SEATS {
        clerk.register_department(department).await?;
    }
    let mut weighted = charter();
    weighted.seats[0].weight = 3;
    let define =
        |charter| DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter), ..command() };
    ensure_refused(clerk.call(define(weighted)).await, "SECRECY_IMPOSSIBLE")?;
    operator.call(define(charter())).await?;

    let mut outline = outline("Who leads the flood control?", "WATER");
    outline.body_code = "JOINT".into();
    outline.kind = SessionKind::Emergency.into();
    outline.matter_class = MatterClass::Emergency.into();
    outline.emergency = Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() });
    outline.topics =
        vec![SessionTopic { number: 1, title: "The lead".into(), timebox_minutes: 20, ..Default::default() }];
    let attendee = |department: &str| SessionAttendee {
        department_code: department.into(),
        roles: vec![TopicRole { topic_number: 1, role: RoleOnTopic::Decides.into() }],
        companions: 0,
    };
    outline.attendees = SEATS.map(attendee).to_vec();
    let docket_id = clerk.admitted_session(outline).await?;
    let convene = ConveneSessionRequest { session_id: docket_id.clone(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    clerk.call(GetDocketRequest { at_least_position, docket_id: docket_id.clone() }).await?;
    let id = || docket_id.clone();
    for department in SEATS {
        let (department_code, delegate) = (department.into(), "Li Wei".into());
        clerk.call(RecordArrivalRequest { docket_id: id(), department_code, delegate, ..command() }).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    clerk.call(OpenTopicRequest { docket_id: id(), topic_number: 1, ..command() }).await?;
    let text = "Comrade Wang leads it.".to_owned();
    clerk.call(SubmitProposalRequest { docket_id: id(), topic_number: 1, text, ..command() }).await?;
    Ok(docket_id)
}

fn vote(docket_id: &str, department: &str, choice: VoteChoice) -> CastSecretVoteRequest {
    CastSecretVoteRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: department.into(),
        choice: choice.into(),
        voter_secret: Uuid::new_v4().to_string(),
        ..command()
    }
}

fn ballot(docket: Option<Docket>) -> anyhow::Result<Ballot> {
    let topic = docket.context("a docket")?.topics.into_iter().next().context("the topic")?;
    topic.ballots.into_iter().next_back().context("a ballot")
}

async fn votes_stay_sealed_until_each_voter_finds_its_own(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let docket_id = in_session(&clerk, &operator).await?;
    let id = || docket_id.clone();
    let open = || OpenBallotRequest { docket_id: id(), topic_number: 1, version: 1, ..command() };
    let close = || CloseBallotRequest { docket_id: id(), topic_number: 1, ..command() };

    // Without a quorum of three nobody ever learns how the first two voted.
    clerk.call(open()).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let land = sandbox.client(Role::Delegate, Some("LAND")).await?;
    let lost = roads.call(vote(&docket_id, "ROADS", VoteChoice::No)).await?;
    land.call(vote(&docket_id, "LAND", VoteChoice::No)).await?;
    let failed = ballot(clerk.call(close()).await?.docket)?;
    ensure!(failed.opened_votes.is_empty() && failed.sentence.contains("were not opened"), "{failed:?}");
    // A ballot on the wrong version is voided.
    clerk.call(open()).await?;
    land.call(vote(&docket_id, "LAND", VoteChoice::No)).await?;
    let reason = "The wrong version".into();
    clerk.call(VoidBallotRequest { docket_id: id(), topic_number: 1, reason, ..command() }).await?;

    clerk.call(open()).await?;
    only_as_its_own_secret(&clerk, &roads, &docket_id).await?;
    let changed = land.call(vote(&docket_id, "LAND", VoteChoice::No)).await?;
    let mut cast = Vec::new();
    for (department, choice) in
        [("ROADS", VoteChoice::No), ("LAND", VoteChoice::Yes), ("HEALTH", VoteChoice::Yes)]
    {
        let voter = sandbox.client(Role::Delegate, Some(department)).await?;
        let request = vote(&docket_id, department, choice);
        let answer = voter.call(request.clone()).await?;
        let again = voter.call(request.clone()).await?;
        ensure!(again.tracking_code == answer.tracking_code, "a repeat has the code again");
        let other = CastSecretVoteRequest { choice: VoteChoice::Abstain.into(), ..request.clone() };
        ensure_refused(voter.call(other).await, "COMMAND_ID_REUSED")?;
        cast.push((voter, request, answer));
    }
    let codes: Vec<&str> = cast.iter().map(|(_, _, answer)| answer.tracking_code.as_str()).collect();
    let lost_code = lost.tracking_code.as_str();

    let shown = ballot(clerk.call(GetDocketRequest { at_least_position: 0, docket_id: id() }).await?.docket)?;
    let voted: Vec<&str> = shown.sealed_votes.iter().map(|vote| vote.department_code.as_str()).collect();
    ensure!(voted == ["HEALTH", "LAND", "ROADS"] && shown.opened_votes.is_empty(), "{shown:?}");
    let found = places_of(&sandbox, &auditor, &[&codes[..], &[lost_code]].concat()).await?;
    ensure!(found.is_empty(), "{found:?}");

    let peeked = CloseBallotRequest { validate_only: true, ..close() };
    let peeked = ballot(clerk.call(peeked).await?.docket)?;
    ensure!(peeked.result.is_none() && peeked.opened_votes.is_empty(), "nobody peeks: {peeked:?}");
    let counted = ballot(clerk.call(close()).await?.docket)?;
    ensure!(
        counted.sentence.starts_with("passed by simple majority in a secret ballot: 2 yes, 1 no"),
        "{counted:?}"
    );
    found_by_their_voters(&counted, &cast, &changed, &lost)?;
    ensure!(!places_of(&sandbox, &auditor, &codes).await?.is_empty(), "they are published");
    ensure!(places_of(&sandbox, &auditor, &[lost_code]).await?.is_empty(), "what was not counted never is");
    let (voter, request, answer) = &cast[0];
    let after = voter.call(request.clone()).await?;
    ensure!((after.position, &after.tracking_code) == (answer.position, &answer.tracking_code), "{after:?}");
    without_keys(&sandbox, &auditor).await
}
in_both_modes!(votes_stay_sealed_until_each_voter_finds_its_own);

/// A secret vote is cast in no other way, by nobody else, and with a secret that nobody can guess.
async fn only_as_its_own_secret(clerk: &Client, roads: &Client, docket_id: &str) -> anyhow::Result<()> {
    let openly = CastVoteRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: "ROADS".into(),
        choice: VoteChoice::Yes.into(),
        ..command()
    };
    ensure_refused(roads.call(openly).await, "BALLOT_IS_SECRET")?;
    ensure_refused(clerk.call(vote(docket_id, "ROADS", VoteChoice::Yes)).await, "NOT_YOUR_DEPARTMENT")?;
    let guessable = CastSecretVoteRequest {
        voter_secret: Uuid::from_u128(7).to_string(),
        ..vote(docket_id, "ROADS", VoteChoice::Yes)
    };
    let refused = roads.call(guessable).await.err().context("a secret is random")?;
    ensure!(Client::violations(&refused).iter().any(|it| it.contains("voter_secret")), "{refused:?}");
    Ok(())
}

/// Each code is there once, with the choice of its voter; a vote that was changed, or not counted, is not.
fn found_by_their_voters(
    counted: &Ballot,
    cast: &[(Client, CastSecretVoteRequest, CastSecretVoteResponse)],
    changed: &CastSecretVoteResponse,
    lost: &CastSecretVoteResponse,
) -> anyhow::Result<()> {
    let choices = |code: &str| -> Vec<i32> {
        let of_code = counted.opened_votes.iter().filter(|vote| vote.tracking_code == code);
        of_code.map(|vote| vote.choice).collect()
    };
    for (_, request, answer) in cast {
        ensure!(choices(&answer.tracking_code) == [request.choice], "{counted:?}");
    }
    for other in [changed, lost] {
        ensure!(choices(&other.tracking_code).is_empty(), "{counted:?}");
    }
    let published: Vec<&str> = counted.opened_votes.iter().map(|vote| vote.tracking_code.as_str()).collect();
    ensure!(
        published.is_sorted() && counted.sealed_votes.is_empty() && counted.votes.is_empty(),
        "{counted:?}"
    );
    Ok(())
}

/// The records that an auditor reads, and the files of the installation, in which one of these codes is.
pub(crate) async fn places_of(
    sandbox: &Sandbox,
    auditor: &Client,
    codes: &[&str],
) -> anyhow::Result<Vec<String>> {
    let raw = codes.iter().map(|code| BASE32_NOPAD.decode(code.replace('-', "").as_bytes()));
    let raw = raw.collect::<Result<Vec<_>, _>>()?;
    let forms: Vec<&[u8]> =
        codes.iter().map(|code| code.as_bytes()).chain(raw.iter().map(Vec::as_slice)).collect();
    let contains =
        |bytes: &[u8]| (0..bytes.len()).any(|at| forms.iter().any(|form| bytes[at..].starts_with(form)));
    let log = auditor.whole_log().await?;
    let records = log.iter().filter(|record| record.events.iter().any(|event| contains(&event.value)));
    let mut found: Vec<String> = records.map(|record| format!("record {}", record.position)).collect();
    for path in files(sandbox.folder()) {
        // A file may go while others are read.
        if std::fs::read(&path).is_ok_and(|bytes| contains(&bytes)) {
            found.push(path.display().to_string());
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.path())).collect()
}

/// The keys of ended ballots that were given up, on record.
pub(crate) async fn given_up(auditor: &Client) -> anyhow::Result<Vec<Vec<String>>> {
    let log = auditor.whole_log().await?;
    let events = log.iter().flat_map(|record| &record.events);
    let given_up = events.filter(|event| event.type_url.ends_with("BallotKeyGivenUp"));
    given_up.map(|event| anyhow::Ok(BallotKeyGivenUp::decode(event.value.as_slice())?.key_ids)).collect()
}

/// The keys of all three ballots are given up, and are in no folder any more.
async fn without_keys(sandbox: &Sandbox, auditor: &Client) -> anyhow::Result<()> {
    let three = async || given_up(auditor).await.ok().filter(|given_up| given_up.len() == 3);
    let ids = until("the keys of three ballots", three).await.concat();
    ensure!(ids.len() == 3, "{ids:?}");
    let is_key =
        |path: &PathBuf| path.file_name().is_some_and(|name| ids.iter().any(|id| name == id.as_str()));
    let gone = async || (!files(sandbox.folder()).iter().any(is_key)).then_some(());
    until("the end of the keys", gone).await;
    Ok(())
}
