//! Who sees what: what is planted in one department's matter reaches no other, by no rpc and in no role.

mod asked;
mod doors;
mod planted;
mod polled;
mod said;
mod tried;
mod ways;

use crate::in_both_modes;
use anyhow::ensure;
use asked::{Answer, Asker, Ids};
use domain::Role;
use planted::{
    HIDDEN, INVITED, MATTER, NEIGHBOUR, OWN, RECUSED, SAID, SECRETARIAT, STRANGER, plant,
    plant_the_strangers, secret_of,
};
use proto::contract;
use proto::deliberation::v1 as deliberation;
use proto::followup::v1::GetBoardRequest;
use proto::ledger::v1::{GetHeadRequest, GetReceiptRequest};
use proto::resolution::v1 as resolution;
use proto::scheduling::v1 as scheduling;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::RangeInclusive;
use tests::{Mode, Sandbox, command, until};
use tonic::Code;
use ways::Way;

/// Roles whose bearers see what their department takes part in.
const SCOPED: [Role; 5] = [Role::Clerk, Role::Chair, Role::Delegate, Role::DepartmentLead, Role::Leader];
/// Roles whose bearers see all matters.
const OVERSEE: [Role; 3] = [Role::Supervisor, Role::Auditor, Role::Operator];

async fn asker(sandbox: &Sandbox, role: Role, department: Option<&str>, ids: &Ids) -> anyhow::Result<Asker> {
    let client = sandbox.client(role, department).await?;
    let head = head(sandbox).await?;
    let way = Way::Grpc(client);
    Ok(Asker { way, role, department: department.map(str::to_owned), ids: ids.clone(), head })
}

/// How long the log is, which not everybody may ask.
async fn head(sandbox: &Sandbox) -> anyhow::Result<u64> {
    Ok(sandbox.client(Role::Auditor, None).await?.call(GetHeadRequest {}).await?.position)
}

/// How long the log is once every service has reacted to all that is in it.
async fn settled(sandbox: &Sandbox) -> anyhow::Result<u64> {
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    loop {
        let at_least_position = head(sandbox).await?;
        supervisor.call(scheduling::ListMattersRequest { at_least_position, ..Default::default() }).await?;
        supervisor.call(deliberation::ListDocketsRequest { at_least_position, ..Default::default() }).await?;
        supervisor.call(resolution::ListItemsRequest { at_least_position, ..Default::default() }).await?;
        supervisor.call(GetBoardRequest { at_least_position, ..Default::default() }).await?;
        if head(sandbox).await? == at_least_position {
            return Ok(at_least_position);
        }
    }
}

/// Of how many of these records somebody gets a receipt.
async fn receipts(
    sandbox: &Sandbox,
    role: Role,
    department: &str,
    records: RangeInclusive<u64>,
) -> anyhow::Result<usize> {
    let client = sandbox.client(role, Some(department)).await?;
    let mut given = 0;
    for position in records {
        match client.call(GetReceiptRequest { position }).await {
            Ok(_) => given += 1,
            Err(refused) => ensure!(refused.code() == Code::NotFound, "{refused:?}"),
        }
    }
    Ok(given)
}

fn any_contains(answers: &[Answer], marker: &str) -> bool {
    answers.iter().any(|answer| answer.contains(marker))
}

/// Compares what was answered on two occasions to the same questions.
fn ensure_equal<A: PartialEq + Debug>(one: &[A], other: &[A]) -> anyhow::Result<()> {
    ensure!(one.len() == other.len(), "{} and {} answers", one.len(), other.len());
    let different = one.iter().zip(other).find(|(one, other)| one != other);
    ensure!(different.is_none(), "answered differently: {different:?}");
    Ok(())
}

/// Whoever takes no part: people of a department that does not, those who speak for none, and those of the secretariat who
/// are neither clerks nor leaders.
fn strangers() -> impl Iterator<Item = (Role, Option<&'static str>)> {
    let of_roles = SCOPED.into_iter().flat_map(|role| [(role, Some(STRANGER)), (role, None)]);
    let others = SCOPED.into_iter().filter(|role| ![Role::Clerk, Role::Leader].contains(role));
    of_roles.chain(others.map(|role| (role, Some(SECRETARIAT))))
}

async fn nothing_of_a_matter_reaches_those_who_take_no_part(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let own_of_stranger = plant_the_strangers(&sandbox).await?;
    let mut before = Vec::new();
    for (role, department) in strangers() {
        let asker = asker(&sandbox, role, department, &own_of_stranger).await?;
        before.push(asker.ask_queries().await?);
    }
    let end = async || asker(&sandbox, Role::Auditor, None, &own_of_stranger).await.map(|asker| asker.head);
    let begin = end().await?;
    let planted = plant(&sandbox).await?;
    said::nothing_is_forgotten(&sandbox).await?;
    let records = begin + 1..=end().await?;

    // Whoever takes part, and whoever oversees, sees it: otherwise the rest would prove nothing.
    for (role, department) in [
        (Role::Delegate, OWN),
        (Role::DepartmentLead, INVITED),
        (Role::Clerk, INVITED),
        (Role::Clerk, SECRETARIAT),
        (Role::Leader, SECRETARIAT),
        (Role::Auditor, STRANGER),
    ] {
        let answers = asker(&sandbox, role, Some(department), &planted).await?.ask_all().await?;
        let seen = [MATTER, SAID].map(|marker| any_contains(&answers, marker));
        ensure!(seen == [true, true], "{role:?} of {department} sees {seen:?}");
    }
    // A recused department sees the matter, and not what was said on the topic.
    for role in SCOPED {
        let answers = asker(&sandbox, role, Some(RECUSED), &planted).await?.ask_all().await?;
        ensure!(any_contains(&answers, MATTER) && !any_contains(&answers, SAID), "{role:?}");
    }
    let mut before = before.into_iter();
    for (role, department) in strangers() {
        // No byte of it, and no count: what a stranger could ask before is answered as it was.
        let stranger = asker(&sandbox, role, department, &own_of_stranger).await?;
        ensure_equal(&before.next().unwrap_or_default(), &stranger.ask_queries().await?)?;
        // To a stranger who knows the ids, they are as good as any.
        let knowing = asker(&sandbox, role, department, &planted).await?;
        let (hidden, absent) = (knowing.ask_all().await?, knowing.about(Ids::absent()).ask_all().await?);
        for answer in &hidden {
            ensure!(
                ![MATTER, SAID, HIDDEN].iter().any(|marker| answer.contains(marker)),
                "{role:?} of {department:?}: {answer:?}"
            );
        }
        ensure_equal(&hidden, &absent)?;
    }
    ensure!(receipts(&sandbox, Role::Clerk, SECRETARIAT, records.clone()).await? > 0);
    for (role, department) in [(Role::Clerk, STRANGER), (Role::Delegate, SECRETARIAT)] {
        ensure!(
            receipts(&sandbox, role, department, records.clone()).await? == 0,
            "{role:?} of {department}"
        );
    }
    Ok(())
}
in_both_modes!(nothing_of_a_matter_reaches_those_who_take_no_part);

async fn nothing_of_a_secret_topic_reaches_those_of_its_session_who_take_no_part_in_it(
    mode: Mode,
) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    plant_the_strangers(&sandbox).await?;
    let planted = plant(&sandbox).await?;
    let secret = secret_of(&sandbox, &planted).await?;
    let (session, lead) = (planted.session.clone(), secret.lead.clone());
    let numbers_of_nobody = Ids { session, lead, ..Ids::absent() };
    for (role, department) in [
        (Role::Delegate, OWN),
        (Role::DepartmentLead, NEIGHBOUR),
        (Role::Clerk, SECRETARIAT),
        (Role::Auditor, STRANGER),
    ] {
        let answers = asker(&sandbox, role, Some(department), &secret).await?.ask_all().await?;
        ensure!(any_contains(&answers, HIDDEN), "{role:?} of {department}");
    }
    for role in SCOPED {
        for department in [INVITED, RECUSED] {
            let asker = asker(&sandbox, role, Some(department), &planted).await?;
            for answer in asker.ask_all().await? {
                ensure!(!answer.contains(HIDDEN), "{role:?} of {department}: {answer:?}");
            }
            // What it led to is as good as what nobody has.
            let about = async |ids: &Ids| asker.about(ids.clone()).ask_all().await;
            ensure_equal(&about(&secret).await?, &about(&numbers_of_nobody).await?)?;
        }
    }
    Ok(())
}
in_both_modes!(nothing_of_a_secret_topic_reaches_those_of_its_session_who_take_no_part_in_it);

async fn what_is_seen_of_a_topic_follows_its_label_after_it_was_decided(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    plant_the_strangers(&sandbox).await?;
    let planted = plant(&sandbox).await?;
    let secret = secret_of(&sandbox, &planted).await?;
    let clerk = sandbox.client(Role::Clerk, Some(SECRETARIAT)).await?;
    let invited = sandbox.client(Role::Delegate, Some(INVITED)).await?;
    let relabel = async |label: scheduling::Label| {
        let request = scheduling::RelabelTopicRequest {
            session_id: planted.session.clone(),
            topic_number: 2,
            label: label.into(),
            reason: "As it stands now".into(),
            ..command()
        };
        clerk.call(request).await
    };
    let sees_the_resolution = async || {
        let resolution_id = secret.resolution.clone();
        let get = resolution::GetResolutionRequest { resolution_id, ..Default::default() };
        invited.call(get).await.is_ok()
    };
    let answers = async || asker(&sandbox, Role::Delegate, Some(INVITED), &planted).await?.ask_all().await;
    // When the topic of a docket that is over is for all of its session, the resolution is, too,
    relabel(scheduling::Label::Internal).await?;
    until("the resolution", async || sees_the_resolution().await.then_some(())).await;
    ensure!(any_contains(&answers().await?, HIDDEN), "it is shown");
    // and when it is secret again, there is nothing of it left.
    relabel(scheduling::Label::Secret).await?;
    until("no resolution", async || (!sees_the_resolution().await).then_some(())).await;
    for answer in answers().await? {
        ensure!(!answer.contains(HIDDEN), "{answer:?}");
    }
    // Whoever only attends labels nothing otherwise.
    let own = sandbox.client(Role::Clerk, Some(NEIGHBOUR)).await?;
    let request = scheduling::RelabelTopicRequest {
        session_id: planted.session.clone(),
        topic_number: 2,
        label: scheduling::Label::Public.into(),
        reason: "So that all see it".into(),
        ..command()
    };
    let refused = own.call(request).await.unwrap_err();
    ensure!(refused.message().contains(NEIGHBOUR), "{refused}");
    Ok(())
}
in_both_modes!(what_is_seen_of_a_topic_follows_its_label_after_it_was_decided);

/// Compares what was answered over gRPC and in another way. What is found by its number in place of its id has nothing
/// that could stand in a path, and each process answers for itself by gRPC only.
fn ensure_alike(by_grpc: &[Answer], otherwise: &[Answer]) -> anyhow::Result<()> {
    let is_shared = |answer: &&Answer| !answer.rpc.starts_with("huishang.operations.");
    let asked =
        |one: &&Answer| otherwise.iter().any(|other| (&other.rpc, other.filled) == (&one.rpc, one.filled));
    let rpcs = |answers: &[&Answer]| answers.iter().map(|answer| answer.rpc.clone()).collect::<BTreeSet<_>>();
    let all: Vec<&Answer> = by_grpc.iter().filter(is_shared).collect();
    let expected: Vec<&Answer> = all.iter().copied().filter(asked).collect();
    ensure!(rpcs(&all) == rpcs(&expected), "some rpcs cannot be called in this way at all");
    ensure_equal(&expected, &otherwise.iter().filter(is_shared).collect::<Vec<_>>())
}

async fn every_rpc_answers_alike_over_grpc_connect_and_rest(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    plant_the_strangers(&sandbox).await?;
    let planted = plant(&sandbox).await?;
    let before = settled(&sandbox).await?;
    for role in Role::ALL {
        // To others it makes no difference which department they speak for.
        let acts_for_one = SCOPED.contains(&role);
        let departments =
            if acts_for_one { &[Some(OWN), Some(RECUSED), Some(STRANGER)][..] } else { &[None] };
        for &department in departments {
            let by_grpc = asker(&sandbox, role, department, &planted).await?;
            let http = sandbox.http(role, department)?;
            let (open, closed) = (by_grpc.ask_all().await?, by_grpc.ask_what_is_not_open().await?);
            for way in [Way::Connect(http.clone()), Way::Rest(http)] {
                let asker = by_grpc.by(way);
                ensure_alike(&open, &asker.ask_all().await?)?;
                ensure_alike(&closed, &asker.ask_what_is_not_open().await?)?;
            }
        }
    }
    // All of these commands were validated only, by everybody, three times.
    let log = sandbox.client(Role::Auditor, None).await?.whole_log().await?;
    let written: Vec<_> =
        log.iter().filter(|record| record.position > before).map(|record| &record.types).collect();
    ensure!(written.is_empty(), "what is only validated is written: {written:?}");
    Ok(())
}
in_both_modes!(every_rpc_answers_alike_over_grpc_connect_and_rest);

#[test]
fn what_is_not_scoped_is_for_those_who_see_everything() {
    let streams = contract::rpcs().iter().filter(|rpc| rpc.streams && !rpc.path.ends_with("/FollowEvents"));
    let unscoped = ["GetRecord", "ListAccesses", "ListSetAside"];
    let named = contract::rpcs().iter().filter(|rpc| unscoped.iter().any(|name| rpc.path.ends_with(name)));
    for rpc in streams.chain(named) {
        assert!(rpc.roles.iter().all(|role| OVERSEE.contains(role)), "{}", rpc.path);
    }
}
