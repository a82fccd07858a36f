//! The directory with bodies, sessions and ballots, as Popolo has them: organizations, events, motions, vote events, votes
//! and counts. `huishang export popolo`.
//!
//! It says what the caller may see, as every list does. Of a secret ballot nobody sees more than its counts.

use super::oparl::object::{moment, without_nulls};
use super::popolo::{BODY, Popolo};
use super::{PATIENCE, known, published};
use crate::client::moment::realm_zone;
use crate::client::options::Options;
use crate::client::rows::{self, PAGE_SIZE};
use crate::language::text;
use crate::stdout::print_line;
use anyhow::Context as _;
use client::Client;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proto::Wire as _;
use proto::deliberation::v1::ballot_method::Method;
use proto::deliberation::v1::{
    Ballot, BallotResult, Docket, DocketTopic, GetDocketRequest, ListDocketsRequest, MotionKind, RollSeat,
    Vote, VoteChoice,
};
use proto::scheduling::v1::{Room, SessionStage, SessionSummary};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Prints it.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let client = options.client()?.patient(PATIENCE);
    let zone = realm_zone(&client).await.unwrap_or(TimeZone::UTC);
    let bodies = published::bodies(&client).await?;
    let rooms = published::rooms(&client).await?;
    let mut file = serde_json::to_value(Popolo::of(&known(&client).await?))?;
    if let Some(organizations) = file["organizations"].as_array_mut() {
        organizations.extend(
            bodies
                .iter()
                .map(|body| json!({"id": body_id(&body.code), "name": body.name, "classification": BODY})),
        );
    }
    let position = published::head(&client).await?;
    let sessions = published::sessions(&client, position).await?;
    file["events"] = sessions.iter().map(|session| event(session, &rooms, &zone)).collect();
    let (mut motions, mut vote_events) = (Vec::new(), Vec::new());
    for docket in dockets(&client, position).await? {
        for (topic, ballot, result) in counted(&docket) {
            let id = format!("{}-{}", docket.docket_id, ballot.number);
            motions.push(motion(&docket, topic, ballot, result, &id));
            vote_events.push(vote_event(&docket, ballot, result, &id));
        }
    }
    file["motions"] = motions.into();
    file["vote_events"] = vote_events.into();
    print_line(&serde_json::to_string_pretty(&file)?)
}

/// The id of a body among organizations: no department has a code with such a sign.
fn body_id(code: &str) -> String {
    format!("{BODY}/{code}")
}

async fn dockets(client: &Client, at_least_position: u64) -> anyhow::Result<Vec<Docket>> {
    let list = |page_token| ListDocketsRequest {
        at_least_position,
        page_size: PAGE_SIZE,
        page_token,
        ..Default::default()
    };
    let listed =
        rows::all(client, text("reading the dockets"), list, |page| (page.dockets, page.next_page_token));
    let mut dockets = Vec::new();
    for docket_id in listed.await?.into_iter().map(|docket| docket.docket_id) {
        let request = GetDocketRequest { at_least_position, docket_id: docket_id.clone() };
        dockets.extend(client.call(request).await.with_context(|| docket_id)?.docket);
    }
    Ok(dockets)
}

/// The ballots that were counted.
fn counted(docket: &Docket) -> impl Iterator<Item = (&DocketTopic, &Ballot, &BallotResult)> {
    let ballots =
        docket.topics.iter().flat_map(|topic| topic.ballots.iter().map(move |ballot| (topic, ballot)));
    ballots.filter_map(|(topic, ballot)| Some((topic, ballot, ballot.result.as_ref()?)))
}

fn event(session: &SessionSummary, rooms: &BTreeMap<String, Room>, zone: &TimeZone) -> Value {
    let at = |time: Option<prost_types::Timestamp>| Some(moment(Timestamp::from_wire(time?).ok()?, zone));
    let status = match session.stage() {
        SessionStage::Cancelled | SessionStage::Merged => "cancelled",
        SessionStage::Scheduled | SessionStage::Convened | SessionStage::Concluded => "confirmed",
        _ => "tentative",
    };
    let kind = session.kind().as_str_name().trim_start_matches("SESSION_KIND_").to_lowercase();
    let room = session.room_code.as_ref().map(|code| rooms.get(code).map_or(code, |room| &room.name));
    without_nulls(json!({
        "id": session.session_id,
        "name": session.title,
        "classification": kind,
        "status": status,
        "organization_id": body_id(&session.body_code),
        "start_date": at(session.starts_at),
        "end_date": at(session.ends_at),
        "location": room,
    }))
}

/// What was voted on.
fn motion(docket: &Docket, topic: &DocketTopic, ballot: &Ballot, result: &BallotResult, id: &str) -> Value {
    let (classification, mover, words) = subject(topic, ballot);
    let body = docket.agenda.as_ref().map(|agenda| body_id(&agenda.body_code));
    without_nulls(json!({
        "id": id,
        "identifier": ballot.number.to_string(),
        "organization_id": body,
        "legislative_session_id": docket.docket_id,
        "creator_id": mover,
        "name": topic.title,
        "text": words,
        "classification": classification,
        "requirement": requirement(result),
        "result": outcome(result),
    }))
}

/// What a ballot is on, who moved it, and its words.
fn subject<'t>(topic: &'t DocketTopic, ballot: &Ballot) -> (&'static str, Option<&'t str>, Option<&'t str>) {
    if let Some(number) = ballot.amendment_number {
        let amendment = topic.amendments.iter().find(|amendment| amendment.number == number);
        let parts = amendment.map(|one| (one.department_code.as_str(), one.text.as_str()));
        return ("amendment", parts.map(|(mover, _)| mover), parts.map(|(_, words)| words));
    }
    if let Some(number) = ballot.motion_number {
        let motion = topic.motions.iter().find(|motion| motion.number == number);
        let classification = match motion.map(proto::deliberation::v1::Motion::kind) {
            Some(MotionKind::CloseDebate) => "close debate",
            Some(MotionKind::Defer) => "defer",
            Some(MotionKind::Refer) => "refer",
            Some(MotionKind::Reconsider) => "reconsider",
            Some(MotionKind::Appeal) => "appeal",
            _ => "motion",
        };
        let parts = motion.map(|one| (one.department_code.as_str(), one.reason.as_str()));
        return (classification, parts.map(|(mover, _)| mover), parts.map(|(_, words)| words));
    }
    let version = (ballot.version as usize).checked_sub(1).and_then(|at| topic.versions.get(at));
    ("proposal", None, version.map(String::as_str))
}

fn requirement(result: &BallotResult) -> Option<String> {
    Some(match result.method.as_ref()?.method.as_ref()? {
        Method::Consensus(_) => "consensus".to_owned(),
        Method::SimpleMajority(_) => "simple majority".to_owned(),
        Method::QualifiedMajority(share) => format!("{}/{} majority", share.numerator, share.denominator),
        Method::UnanimousCountersign(_) => "unanimous countersign".to_owned(),
        Method::ChairDecision(_) => "chair decision".to_owned(),
        Method::GeneralConsent(_) => "general consent".to_owned(),
        Method::Silence(_) => "silence".to_owned(),
    })
}

fn outcome(result: &BallotResult) -> &'static str {
    if result.passed { "pass" } else { "fail" }
}

fn vote_event(docket: &Docket, ballot: &Ballot, result: &BallotResult, id: &str) -> Value {
    let body = docket.agenda.as_ref().map(|agenda| body_id(&agenda.body_code));
    let count = |option: &str, value: u32| json!({"option": option, "value": value});
    // Hands have no names, and a secret vote is nobody's to see.
    let has_names = !ballot.secret && ballot.hands.is_none();
    let votes: Vec<Value> = match has_names {
        true => votes(ballot),
        false => Vec::new(),
    };
    without_nulls(json!({
        "id": id,
        "identifier": ballot.number.to_string(),
        "motion_id": id,
        "organization_id": body,
        "legislative_session_id": docket.docket_id,
        "result": outcome(result),
        "counts": [
            count("yes", result.yes_votes),
            count("no", result.no_votes),
            count("abstain", result.abstentions),
        ],
        "votes": votes,
    }))
}

/// The votes by name, and who cast none.
fn votes(ballot: &Ballot) -> Vec<Value> {
    let seat = |code: &str| ballot.roll.iter().find(|seat| seat.department_code == code);
    let cast = ballot.votes.iter().flat_map(|vote| parts(vote, seat(&vote.department_code)));
    let has_vote =
        |seat: &RollSeat| ballot.votes.iter().any(|vote| vote.department_code == seat.department_code);
    let silent = ballot.roll.iter().filter(|seat| !has_vote(seat)).map(|seat| {
        let option = if seat.present { "not voting" } else { "absent" };
        json!({"voter_id": seat.department_code, "option": option, "weight": seat.weight})
    });
    cast.chain(silent).collect()
}

/// A vote; several if its weight is split.
fn parts(vote: &Vote, seat: Option<&RollSeat>) -> Vec<Value> {
    let split: u32 = vote.split.iter().map(|part| part.weight).sum();
    let rest = seat.map_or(1, |seat| seat.weight).saturating_sub(split);
    let whole = (vote.choice(), rest);
    let others = vote.split.iter().map(|part| (part.choice(), part.weight));
    let one = |(choice, weight): (VoteChoice, u32)| json!({"voter_id": vote.department_code, "option": option(choice), "weight": weight});
    [whole].into_iter().chain(others).filter(|(_, weight)| *weight > 0).map(one).collect()
}

fn option(choice: VoteChoice) -> &'static str {
    match choice {
        VoteChoice::Yes => "yes",
        VoteChoice::No => "no",
        VoteChoice::Abstain | VoteChoice::Unspecified => "abstain",
    }
}
