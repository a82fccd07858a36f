//! A secret choice among options: what somebody prefers is in no byte of anything before the count, each finds the own
//! preference after it, and the lot between equal options was drawn before anybody said anything.

use crate::in_both_modes;
use crate::secret_ballots::{SEATS, ensure_refused, given_up, in_session, places_of};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    CastChoiceRequest, CastSecretChoiceRequest, CastSecretChoiceResponse, ChoiceMethod, CloseChoiceRequest,
    Docket, OpenChoiceRequest, OptionChoice, VoidChoiceRequest,
};
use serde_json::{Value, json};
use tests::{Client, Mode, Sandbox, command, until};
use uuid::Uuid;

const TOPIC: u32 = 1;

fn prefer(docket_id: &str, department: &str, named: &[u32]) -> CastSecretChoiceRequest {
    CastSecretChoiceRequest {
        docket_id: docket_id.into(),
        topic_number: TOPIC,
        department_code: department.into(),
        named: named.to_vec(),
        voter_secret: Uuid::new_v4().to_string(),
        ..command()
    }
}

fn choice(docket: Option<Docket>) -> anyhow::Result<OptionChoice> {
    let topic = docket.context("a docket")?.topics.into_iter().next().context("the topic")?;
    topic.choices.into_iter().next_back().context("a choice")
}

fn open(docket_id: &str) -> OpenChoiceRequest {
    OpenChoiceRequest {
        docket_id: docket_id.into(),
        topic_number: TOPIC,
        question: "Who leads?".into(),
        options: ["Li", "Wang", "Zhao"].map(str::to_owned).to_vec(),
        method: ChoiceMethod::Approval.into(),
        ..command()
    }
}

async fn what_is_preferred_stays_sealed_and_the_lot_was_drawn_before(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let docket_id = in_session(&clerk, &operator).await?;
    let close = || CloseChoiceRequest { docket_id: docket_id.clone(), topic_number: TOPIC, ..command() };

    // The first one is voided, and another is opened.
    clerk.call(open(&docket_id)).await?;
    let land = sandbox.client(Role::Delegate, Some("LAND")).await?;
    let lost = land.call(prefer(&docket_id, "LAND", &[3])).await?;
    let reason = "A candidate is missing".into();
    let void = VoidChoiceRequest { docket_id: docket_id.clone(), topic_number: TOPIC, reason, ..command() };
    let voided = choice(clerk.call(void).await?.docket)?;
    ensure!(voided.sealed_votes.is_empty() && voided.opened_papers.is_empty(), "{voided:?}");
    let opened = choice(clerk.call(open(&docket_id)).await?.docket)?;
    let commitment = opened.lot_commitment.clone().context("a lot was drawn")?;
    only_in_secret(&clerk, &land, &docket_id).await?;

    // Options 1 and 2 come out equal.
    let mut cast = Vec::new();
    for (department, named) in SEATS.into_iter().zip([&[1, 3][..], &[2], &[1], &[2]]) {
        let voter = sandbox.client(Role::Delegate, Some(department)).await?;
        let request = prefer(&docket_id, department, named);
        let answer = voter.call(request.clone()).await?;
        let again = voter.call(request.clone()).await?;
        ensure!(again.tracking_code == answer.tracking_code, "a repeat has the code again");
        cast.push((request, answer));
    }
    let codes: Vec<&str> = cast.iter().map(|(_, answer)| answer.tracking_code.as_str()).collect();
    let found = places_of(&sandbox, &auditor, &[&codes[..], &[lost.tracking_code.as_str()]].concat()).await?;
    ensure!(found.is_empty(), "{found:?}");
    let peeked = choice(clerk.call(CloseChoiceRequest { validate_only: true, ..close() }).await?.docket)?;
    ensure!(peeked.result.is_none() && peeked.opened_papers.is_empty(), "nobody peeks: {peeked:?}");
    ensure!(peeked.sealed_votes.len() == SEATS.len(), "who has said something is known: {peeked:?}");

    let counted = choice(clerk.call(close()).await?.docket)?;
    found_by_their_voters(&counted, &cast)?;
    ensure!(counted.lot_commitment.as_ref() == Some(&commitment), "{counted:?}");
    recounted_in_python(&docket_id, &counted, &cast)?;
    ensure!(places_of(&sandbox, &auditor, &[lost.tracking_code.as_str()]).await?.is_empty());
    let both = async || given_up(&auditor).await.ok().filter(|given_up| given_up.len() == 2);
    until("the keys of two choices", both).await;
    Ok(())
}
in_both_modes!(what_is_preferred_stays_sealed_and_the_lot_was_drawn_before);

/// It is said in no other way, by nobody else, and only what can be counted.
async fn only_in_secret(clerk: &Client, land: &Client, docket_id: &str) -> anyhow::Result<()> {
    let openly = CastChoiceRequest {
        docket_id: docket_id.into(),
        topic_number: TOPIC,
        department_code: "LAND".into(),
        named: vec![1],
        ..command()
    };
    ensure_refused(land.call(openly).await, "CHOICE_IS_SECRET")?;
    ensure_refused(clerk.call(prefer(docket_id, "LAND", &[1])).await, "NOT_YOUR_DEPARTMENT")?;
    for named in [&[4][..], &[1, 1], &[1; 13]] {
        ensure_refused(land.call(prefer(docket_id, "LAND", named)).await, "PREFERENCE_DOES_NOT_FIT")?;
    }
    Ok(())
}

/// Each code is there once, with what its voter said.
fn found_by_their_voters(
    counted: &OptionChoice,
    cast: &[(CastSecretChoiceRequest, CastSecretChoiceResponse)],
) -> anyhow::Result<()> {
    for (request, answer) in cast {
        let own = counted.opened_papers.iter().filter(|paper| paper.tracking_code == answer.tracking_code);
        let said: Vec<&[u32]> = own.map(|paper| paper.named.as_slice()).collect();
        ensure!(said == [request.named.as_slice()], "{counted:?}");
    }
    let published: Vec<&str> =
        counted.opened_papers.iter().map(|paper| paper.tracking_code.as_str()).collect();
    ensure!(published.len() == cast.len() && published.is_sorted(), "{counted:?}");
    ensure!(counted.sealed_votes.is_empty() && counted.papers.is_empty(), "{counted:?}");
    Ok(())
}

/// A program that knows nothing of ours comes to the same codes, the same result and the same lot.
fn recounted_in_python(
    docket_id: &str,
    counted: &OptionChoice,
    cast: &[(CastSecretChoiceRequest, CastSecretChoiceResponse)],
) -> anyhow::Result<()> {
    let result = counted.result.as_ref().context("a result")?;
    let drawn = result.tie_broken.as_ref().context("what decided")?;
    let from_0 = |numbers: &[u32]| numbers.iter().map(|number| number - 1).collect::<Vec<_>>();
    let papers = &counted.opened_papers;
    let preferences =
        papers.iter().map(|paper| json!({"weight": 1, "named": from_0(&paper.named), "points": []}));
    let choice = json!({
        "choice": "approval",
        "options": counted.options.len(),
        "preferences": preferences.collect::<Vec<_>>(),
        "result": {"first": from_0(&result.first)},
    });
    let papers = papers.iter().map(|paper| json!([paper.tracking_code, paper.named, paper.points]));
    let lot = json!({
        "lot": drawn.lot_secret,
        "docket": docket_id,
        "topic": TOPIC,
        "number": counted.number,
        "papers": papers.collect::<Vec<_>>(),
        "first": result.first,
        "result": {"commitment": counted.lot_commitment, "lot": drawn.lot, "option": drawn.option_number},
    });
    let codes = cast.iter().map(|(request, answer)| {
        json!({
            "code_of": request.named,
            "points": request.points,
            "docket": docket_id,
            "topic": TOPIC,
            "secret": request.voter_secret,
            "result": {"code": answer.tracking_code},
        })
    });
    let cases: Vec<String> =
        [choice, lot].into_iter().chain(codes).map(|case: Value| case.to_string()).collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("cases.jsonl");
    std::fs::write(&file, cases.join("\n"))?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ballots/recount.py");
    let recounted = std::process::Command::new("python3").arg(script).arg(&file).output()?;
    ensure!(recounted.status.success(), "{}", String::from_utf8_lossy(&recounted.stdout));
    Ok(())
}
