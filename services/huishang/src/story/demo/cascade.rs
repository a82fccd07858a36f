//! Three tiers: what the conference decided is carried out by a session in the city, and that by the departments there.

use crate::client::layout::{Column, Set};
use crate::client::{label_of, value_of};
use crate::language::{say, text};
use crate::story::demo::conference::item;
use crate::story::demo::ending::print_table;
use crate::story::demo::followthrough::Items;
use crate::story::demo::stage::{Stage, expect_refusal, narrate};
use crate::story::matter::{MatterDriver, attendee, topic};
use anyhow::{Context as _, bail};
use client::Client;
use client::command_id;
use domain::Role;
use proto::Wire as _;
use proto::resolution::v1::{
    AcceptWorkRequest, AcknowledgeItemRequest, ClaimCompletionRequest, DueRule, Evidence, GetTreeRequest,
    Item, ListItemsRequest, ReportProgressRequest, SplitItemRequest, SubItem, TreeNode, due_rule::Rule,
};
use proto::scheduling::v1::{MatterClass, SessionKind, SessionOutline};

/// The day on which the city decides.
const DAY: i32 = 15;
/// The last moment to sign.
const SIGN_BY_DAY: i32 = 18;

/// From the session that LAND requests of the city to the tree that it sees.
pub async fn three_tiers(stage: &Stage, conference: &Items<'_>) -> anyhow::Result<()> {
    stage.move_clock(DAY, 9, 0).await?;
    let map = conference.item(2)?;
    let matter = MatterDriver::requested_by(
        &stage.deployment,
        text("LAND"),
        text("CITY-HOTLINE"),
        outline(stage, &map.item_id),
    )
    .await?;
    narrate(say(
        "LAND has the city carry out its part of {number}: it requests a session one tier down (三级会商).",
        &[("number", &map.number)],
    ))?;
    let city = decide_in_the_city(stage, &matter).await?;
    let position = split(stage, &city).await?;
    deliver(stage, &city, position).await?;
    tree(stage, &map.number).await
}

fn outline(stage: &Stage, carried_out: &str) -> SessionOutline {
    let city = [text("CITY-HOTLINE"), text("CITY-ROADS"), text("CITY-WATER"), text("CITY-HOUSING")];
    SessionOutline {
        title: text("Linjiang's part of the map of quarters and pipes 临江市一张图").into(),
        purpose: text("The map of the country is made of those of its cities").into(),
        body_code: text("LINJIANG-JOINT").into(),
        kind: SessionKind::Standing.into(),
        matter_class: MatterClass::Ordinary.into(),
        topics: vec![topic(1, text("Who maps what in Linjiang 分工"), 20)],
        attendees: city
            .map(|code| attendee(code, &[1], &[]))
            .into_iter()
            .chain([attendee(text("METRO"), &[], &[1])])
            .collect(),
        duration_minutes: 30,
        earliest_start_at: stage.at(DAY + 5, 9, 0).to_wire(),
        case_reference: None,
        decide_by: None,
        emergency: None,
        carries_out_item_id: Some(carried_out.to_owned()),
        equipment: vec![],
    }
}

async fn decide_in_the_city(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<Item> {
    matter.submit_papers(|_| "0dd5".repeat(16)).await?;
    matter.screen().await?;
    let reason = text("Nobody has to travel to agree on it");
    matter.convert_to_countersign(stage.at(SIGN_BY_DAY, 18, 0), reason).await?;
    matter.submit_proposal(1, text("City Housing maps Linjiang's quarters and pipes.")).await?;
    let title = text("Map of Linjiang's quarters and pipes");
    let draft = item(title, text("In the map of LAND"), text("CITY-HOUSING"), &[text("CITY-ROADS")], 8);
    matter.draft_items(1, &[draft]).await?;
    matter.open_ballot(1, 1).await?;
    matter.vote_all(1, &[]).await?;
    matter.close_ballot(1).await?;
    matter.adopt(1, false).await?;
    let items = Items::of_closed(stage, matter).await?;
    items.acknowledge(1, text("CITY-HOUSING")).await?;
    let city = items.item(1)?.clone();
    narrate(say(
        "The city signs it; {number} of CITY-HOUSING is put below what it carries out.",
        &[("number", &city.number)],
    ))?;
    Ok(city)
}

fn lead(stage: &Stage, department: &str) -> anyhow::Result<Client> {
    stage.deployment.client(Role::DepartmentLead, Some(department))
}

/// CITY-HOUSING splits its item for those who know; returns the position.
async fn split(stage: &Stage, city: &Item) -> anyhow::Result<u64> {
    let sub_item = |title: &str, lead: &str, working_days: u32| SubItem {
        title: title.into(),
        deliverable: text("Coordinates and diameters").into(),
        criterion: text("Ten of them measured again").into(),
        lead_code: lead.into(),
        co_responsible_codes: vec![],
        due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(working_days)) }),
    };
    let split = |sub_items: Vec<SubItem>| SplitItemRequest {
        command_id: command_id(),
        item_id: city.item_id.clone(),
        sub_items,
        ..Default::default()
    };
    let housing = lead(stage, text("CITY-HOUSING"))?;
    let pipes = sub_item(text("Water pipes"), text("CITY-WATER"), 5);
    let tunnels = |days| sub_item(text("Tunnels and outlets"), text("METRO"), days);
    let late = housing.call(split(vec![pipes.clone(), tunnels(30)])).await;
    let tried = text("CITY-HOUSING splits it, with a part that is due after the whole");
    expect_refusal(tried, late, "DUE_AFTER_PARENT")?;
    let position = housing.call(split(vec![pipes, tunnels(6)])).await?.position;
    narrate(text("CITY-HOUSING splits it (分解): the pipes for CITY-WATER, the tunnels for METRO."))?;
    Ok(position)
}

/// The two parts of the city's item.
async fn parts(stage: &Stage, city: &Item, at_least_position: u64) -> anyhow::Result<[Item; 2]> {
    let request = ListItemsRequest {
        at_least_position,
        resolution_id: Some(city.resolution_id.clone()),
        ..Default::default()
    };
    let items = stage.supervisor.call(request).await?.items;
    let parts: Vec<Item> =
        items.into_iter().filter(|item| item.parent_number.as_ref() == Some(&city.number)).collect();
    parts.try_into().map_err(|parts| anyhow::anyhow!("the city's item should have two parts: {parts:?}"))
}

async fn deliver(stage: &Stage, city: &Item, position: u64) -> anyhow::Result<()> {
    let [pipes, tunnels] = parts(stage, city, position).await?;
    for (part, code) in [(&pipes, text("CITY-WATER")), (&tunnels, text("METRO"))] {
        let acknowledge = AcknowledgeItemRequest {
            command_id: command_id(),
            item_id: part.item_id.clone(),
            ..Default::default()
        };
        lead(stage, code)?.call(acknowledge).await?;
    }
    let report = ReportProgressRequest {
        command_id: command_id(),
        item_id: tunnels.item_id.clone(),
        percent: 50,
        note: text("Line 1 is measured").into(),
        ..Default::default()
    };
    lead(stage, text("METRO"))?.call(report).await?;
    lead(stage, text("CITY-WATER"))?.call(claim(&pipes)).await?;
    let housing = lead(stage, text("CITY-HOUSING"))?;
    let accept = AcceptWorkRequest { command_id: command_id(), item_id: pipes.item_id, ..Default::default() };
    housing.call(accept).await?;
    narrate(text("CITY-WATER delivers the pipes, and CITY-HOUSING, which split its item, accepts them."))?;
    let early = housing.call(claim(city)).await;
    expect_refusal(text("CITY-HOUSING claims that all of it is done"), early, "SUB_ITEMS_OPEN")
}

fn claim(item: &Item) -> ClaimCompletionRequest {
    let evidence = Evidence {
        title: text("The map").into(),
        sha256: "3a9".repeat(22)[..64].to_owned(),
        uri: format!("urn:evidence:{}", item.item_id),
    };
    ClaimCompletionRequest {
        command_id: command_id(),
        item_id: item.item_id.clone(),
        summary: text("Mapped").into(),
        evidence: vec![evidence],
        ..Default::default()
    }
}

/// What LAND sees of it, on three tiers.
async fn tree(stage: &Stage, number: &str) -> anyhow::Result<()> {
    let head = stage.operator.call(proto::ledger::v1::GetHeadRequest {}).await?;
    let request =
        GetTreeRequest { at_least_position: head.position, number: number.to_owned(), ..Default::default() };
    let nodes = lead(stage, text("LAND"))?.call(request).await?.nodes;
    let tiers: Vec<u32> = nodes.iter().map(|node| node.tier).collect();
    let percent = nodes.first().context("the tree has no root")?.percent;
    if tiers != [1, 2, 3, 3] || percent != 75 {
        bail!("LAND should see three tiers, three quarters done, but sees {nodes:?}");
    }
    narrate(text("What LAND sees, down to the last tier, with the percentage rolled up:"))?;
    let message = "huishang.resolution.v1.TreeNode";
    let column = |field: &str, set: Set, cell: &dyn Fn(&TreeNode) -> String| Column {
        heading: label_of(message, field),
        cells: nodes.iter().map(cell).collect(),
        set,
    };
    print_table(vec![
        column("number", Set::Whole, &|node| {
            format!("{}{}", "  ".repeat(node.tier as usize - 1), node.number)
        }),
        column("lead_code", Set::Text, &|node| node.lead_code.clone()),
        column("stage", Set::Text, &|node| value_of("huishang.resolution.v1.ItemStage", node.stage)),
        column("percent", Set::Number, &|node| node.percent.to_string()),
        column("due_on", Set::Whole, &|node| node.due_on.clone()),
    ])
}
