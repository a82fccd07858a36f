//! A body rescinds what it has decided: it is voted on like any other text, and what it carries over is still owed.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    AdoptDecisionRequest, ChangeEffect, CloseDocketRequest, DeclareChangesRequest, DraftItemsRequest,
    DueRule, ItemDraft, OpenBallotRequest, OpenDocketRequest, OpenTopicRequest, RecordArrivalRequest,
    RecordRollCallRequest, ResolutionChange, RollCallVote, SubmitProposalRequest, VoteChoice, due_rule::Rule,
};
use proto::deliberation::v1::{CloseBallotRequest, GetDocketRequest};
use proto::followup::v1::{FollowUpStage, ListFollowUpsRequest};
use proto::resolution::v1::{
    GetResolutionRequest, Item, ItemStage, ListItemsRequest, ListResolutionsRequest, Resolution,
    ResolutionStage,
};
use proto::scheduling::v1::{
    ConveneSessionRequest, EmergencyDeclaration, MatterClass, RoleOnTopic, SessionAttendee, SessionKind,
    SessionOutline, TopicRole,
};
use tests::{Client, Mode, Sandbox, command, outline};

/// WATER decides, and ROADS advises.
const PRESENT: [&str; 2] = ["WATER", "ROADS"];

fn emergency(title: &str, body: &str) -> SessionOutline {
    let mut outline = outline(title, "WATER");
    outline.body_code = body.into();
    outline.kind = SessionKind::Emergency.into();
    outline.matter_class = MatterClass::Emergency.into();
    outline.emergency = Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() });
    let attendee = |(department, role): (&str, RoleOnTopic)| SessionAttendee {
        department_code: department.into(),
        roles: vec![TopicRole { topic_number: 1, role: role.into() }],
        companions: 0,
    };
    outline.attendees =
        [("WATER", RoleOnTopic::Decides), ("ROADS", RoleOnTopic::Advises)].map(attendee).to_vec();
    outline
}

/// An open docket with a proposal on its topic.
async fn debated(clerk: &Client, title: &str, body: &str) -> anyhow::Result<String> {
    let docket_id = clerk.admitted_session(emergency(title, body)).await?;
    let convene = ConveneSessionRequest { session_id: docket_id.clone(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    clerk.call(GetDocketRequest { at_least_position, docket_id: docket_id.clone() }).await?;
    let id = || docket_id.clone();
    for department in PRESENT {
        let (department_code, delegate) = (department.into(), "Li Wei".into());
        clerk.call(RecordArrivalRequest { docket_id: id(), department_code, delegate, ..command() }).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    clerk.call(OpenTopicRequest { docket_id: id(), topic_number: 1, ..command() }).await?;
    let text = format!("{title}.");
    clerk.call(SubmitProposalRequest { docket_id: id(), topic_number: 1, text, ..command() }).await?;
    Ok(docket_id)
}

/// Votes on the proposal, adopts it and closes the docket; returns the position.
async fn decided(clerk: &Client, docket_id: &str, declaratory: bool) -> anyhow::Result<u64> {
    let (id, topic_number) = (|| docket_id.to_owned(), 1);
    clerk.call(OpenBallotRequest { docket_id: id(), topic_number, version: 1, ..command() }).await?;
    let votes = vec![RollCallVote { department_code: "WATER".into(), choice: VoteChoice::Yes.into() }];
    clerk.call(RecordRollCallRequest { docket_id: id(), topic_number, votes, ..command() }).await?;
    clerk.call(CloseBallotRequest { docket_id: id(), topic_number, ..command() }).await?;
    clerk.call(AdoptDecisionRequest { docket_id: id(), topic_number, declaratory, ..command() }).await?;
    Ok(clerk.call(CloseDocketRequest { docket_id: id(), ..command() }).await?.position)
}

/// The resolution of a docket, with what follows from the log up to a position, and the position that this has.
async fn resolution_of(
    supervisor: &Client,
    docket_id: &str,
    position: u64,
) -> anyhow::Result<(Resolution, u64)> {
    let list = ListResolutionsRequest {
        at_least_position: position,
        session_id: Some(docket_id.into()),
        ..Default::default()
    };
    let found = supervisor.call(list).await?.resolutions.into_iter().next().context("a resolution")?;
    let one = GetResolutionRequest {
        at_least_position: position,
        resolution_id: found.resolution_id,
        ..Default::default()
    };
    let answer = supervisor.call(one).await?;
    Ok((answer.resolution.context("the resolution")?, answer.position))
}

/// The items of a resolution, with what follows from the log up to a position, and the position that this has.
async fn items_of(
    supervisor: &Client,
    resolution: &Resolution,
    position: u64,
) -> anyhow::Result<(Vec<Item>, u64)> {
    let list = ListItemsRequest {
        at_least_position: position,
        resolution_id: Some(resolution.resolution_id.clone()),
        ..Default::default()
    };
    let answer = supervisor.call(list).await?;
    Ok((answer.items, answer.position))
}

fn item(title: &str) -> ItemDraft {
    ItemDraft {
        title: title.into(),
        deliverable: "It is done".into(),
        criterion: Some("Seen".into()),
        lead_code: Some("ROADS".into()),
        co_responsible_codes: vec![],
        due: Some(DueRule { rule: Some(Rule::AfterDays(5)) }),
    }
}

async fn a_body_rescinds_what_it_has_decided(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    for department in PRESENT {
        clerk.register_department(department).await?;
    }
    for body in ["FLOOD", "CITY"] {
        clerk.define_body(body, "WATER", "WATER").await?;
    }
    let old = debated(&clerk, "Close the lane and mark the routes", "FLOOD").await?;
    let items = vec![item("Close the lane"), item("Mark the routes")];
    clerk.call(DraftItemsRequest { docket_id: old.clone(), topic_number: 1, items, ..command() }).await?;
    let position = decided(&clerk, &old, false).await?;
    let (first, position) = resolution_of(&supervisor, &old, position).await?;
    let (owed, _) = items_of(&supervisor, &first, position).await?;

    let changes = |effect: ChangeEffect, carried_over: &[&str]| {
        vec![ResolutionChange {
            resolution_id: first.resolution_id.clone(),
            effect: effect.into(),
            carried_over_item_ids: carried_over.iter().map(|&id| id.to_owned()).collect(),
        }]
    };
    let declare = |docket_id: &str, changes| DeclareChangesRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        changes,
        ..command()
    };
    let new = debated(&clerk, "Open the lane", "FLOOD").await?;
    let late = debated(&clerk, "Open the lane again", "FLOOD").await?;
    clerk.call(declare(&late, changes(ChangeEffect::Supersedes, &[]))).await?;
    let kept = owed.iter().find(|item| item.title == "Mark the routes").context("the item")?;
    clerk.call(declare(&new, changes(ChangeEffect::Rescinds, &[&kept.item_id]))).await?;
    let position = decided(&clerk, &new, true).await?;
    let (second, position) = resolution_of(&supervisor, &new, position).await?;
    let declared = second.registration.as_ref().map(|registration| registration.changes.len());
    ensure!(declared == Some(1), "{second:?}");
    let (rescinded, position) = resolution_of(&supervisor, &old, position).await?;
    ensure!(rescinded.stage() == ResolutionStage::Rescinded, "{rescinded:?}");
    ensure!(rescinded.rescinded_by_resolution_id.as_ref() == Some(&second.resolution_id), "{rescinded:?}");
    let (items, position) = items_of(&supervisor, &rescinded, position).await?;
    for item in items {
        let is_kept = item.item_id == kept.item_id;
        ensure!((item.stage() != ItemStage::Rescinded) == is_kept, "{item:?}");
    }
    let list = ListFollowUpsRequest { at_least_position: position, ..Default::default() };
    for follow_up in supervisor.call(list).await?.follow_ups {
        let is_kept = follow_up.item_id == kept.item_id;
        ensure!((follow_up.stage() != FollowUpStage::Cancelled) == is_kept, "{follow_up:?}");
    }

    // What was declared while it was in force is looked at again when it is adopted.
    let refused = decided(&clerk, &late, true).await.err().context("it has ended")?;
    let reason = refused.downcast_ref().and_then(Client::reason);
    ensure!(reason.as_deref() == Some("RESOLUTION_NOT_IN_FORCE"), "{refused:?}");

    // For another body it does not exist.
    let other = debated(&clerk, "Open the lane, says another body", "CITY").await?;
    let refused = clerk.call(declare(&other, changes(ChangeEffect::Rescinds, &[]))).await.err();
    let reason = refused.as_ref().and_then(Client::reason);
    ensure!(reason.as_deref() == Some("UNKNOWN_RESOLUTION"), "{refused:?}");
    Ok(())
}
in_both_modes!(a_body_rescinds_what_it_has_decided);
