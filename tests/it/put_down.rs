//! TOWN leads an item and has no users: a clerk of the body's secretariat puts down what it says by telephone. Later
//! somebody of TOWN signs in, and contests some of it.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::{Department, DepartmentKind, DepartmentLevel, RegisterDepartmentRequest};
use proto::followup::v1::{FollowUpStage, ListFollowUpsRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    AcceptWorkRequest, ContestPutDownRequest, DueRule, Evidence, GetItemRequest, GetNextStepsRequest, Item,
    ItemEntryKind, ItemStage, ItemToRecord, ListItemsRequest, PutDownRequest, RecordResolutionRequest,
    SaidKind, SaidMeans, due_rule::Rule,
};
use tests::{Client, Mode, Sandbox, command};

struct Town {
    office: Client,
    water: Client,
    supervisor: Client,
    town: Client,
    item_id: String,
    number: String,
}

impl Town {
    async fn recorded(sandbox: &Sandbox) -> anyhow::Result<Town> {
        let office = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
        let water = sandbox.client(Role::Clerk, Some("WATER")).await?;
        for code in ["OFFICE", "WATER"] {
            office.register_department(code).await?;
        }
        let town = Department {
            code: "TOWN".into(),
            name: "青溪镇".into(),
            level: DepartmentLevel::County.into(),
            kind: DepartmentKind::Agency.into(),
            without_users: true,
            ..Default::default()
        };
        office.call(RegisterDepartmentRequest { department: Some(town), ..command() }).await?;
        office.define_body("FLOOD", "OFFICE", "OFFICE").await?;
        let supervisor = sandbox.client(Role::Supervisor, None).await?;
        let item = ItemToRecord {
            title: "A dike".into(),
            deliverable: "Two miles of it".into(),
            criterion: "It holds".into(),
            lead_code: "TOWN".into(),
            co_responsible_codes: vec!["WATER".into()],
            due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(40)) }),
        };
        let record = RecordResolutionRequest {
            body_code: "FLOOD".into(),
            title: "Floods".into(),
            text: "Dikes are built.".into(),
            decided_on: "2027-03-01".into(),
            source: "Document 12".into(),
            items: vec![item],
            ..command()
        };
        let position = supervisor.call(record).await?.position;
        let list = ListItemsRequest { at_least_position: position, ..Default::default() };
        let Item { item_id, number, .. } =
            supervisor.call(list).await?.items.into_iter().next().context("an item")?;
        let town = sandbox.client(Role::DepartmentLead, Some("TOWN")).await?;
        Ok(Town { office, water, supervisor, town, item_id, number })
    }

    fn said(&self, kind: SaidKind) -> PutDownRequest {
        PutDownRequest {
            item_id: self.item_id.clone(),
            for_code: "TOWN".into(),
            said_by: "王芳".into(),
            means: SaidMeans::Telephone.into(),
            said_on: "2027-03-01".into(),
            kind: kind.into(),
            ..command()
        }
    }

    fn contest(&self, kind: SaidKind) -> ContestPutDownRequest {
        let reason = "Nobody of ours said so".into();
        ContestPutDownRequest { item_id: self.item_id.clone(), kind: kind.into(), reason, ..command() }
    }

    async fn end(&self) -> anyhow::Result<u64> {
        Ok(self.supervisor.call(GetHeadRequest {}).await?.position)
    }
}

fn refusal<T: std::fmt::Debug>(answer: &Result<T, tonic::Status>) -> Option<String> {
    answer.as_ref().err().and_then(Client::reason)
}

async fn a_clerk_puts_down_what_a_department_without_users_said(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let of = Town::recorded(&sandbox).await?;
    who_may_not(&of).await?;
    let acknowledged = of.said(SaidKind::Acknowledgement);
    let first = of.office.call(acknowledged.clone()).await?;
    let again = of.office.call(acknowledged).await?;
    ensure!(first.position == again.position, "a repeat is the same answer");
    let flags =
        ["item", "put-down", &of.number, "--for-code", "TOWN", "--said-by", "王芳", "--means", "letter"];
    let more = ["--said-on", "2027-03-01", "--kind", "progress", "--percent", "40", "--text", "挖了一半"];
    let ran = sandbox.run("clerk@OFFICE", &[&flags[..], &more[..]].concat())?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    seen_as_put_down(&of).await?;
    contested(&of).await
}

async fn who_may_not(of: &Town) -> anyhow::Result<()> {
    let said = || of.said(SaidKind::Acknowledgement);
    let stranger = of.water.call(said()).await;
    ensure!(refusal(&stranger).as_deref() == Some("NOT_YOUR_DEPARTMENT"), "{stranger:?}");
    let for_water = PutDownRequest { for_code: "WATER".into(), validate_only: true, ..said() };
    let with_users = of.office.call(for_water).await;
    ensure!(refusal(&with_users).as_deref() == Some("HAS_OWN_USERS"), "{with_users:?}");
    let tomorrow = of.office.call(PutDownRequest { said_on: "2999-01-01".into(), ..said() }).await;
    ensure!(refusal(&tomorrow).as_deref() == Some("SAID_LATER"), "{tomorrow:?}");
    let lost =
        of.office.call(PutDownRequest { percent: Some(3), ..said() }).await.err().context("refused")?;
    ensure!(Client::violations(&lost) == ["percent"], "{lost:?}");
    let nobody = of.town.call(of.contest(SaidKind::Acknowledgement)).await;
    ensure!(refusal(&nobody).as_deref() == Some("NOTHING_PUT_DOWN"), "{nobody:?}");
    let checked = of.office.call(PutDownRequest { validate_only: true, ..said() }).await?;
    let would_be = checked.item.context("the item")?;
    ensure!(checked.position == 0 && would_be.stage() == ItemStage::Underway, "{would_be:?}");
    Ok(())
}

/// The story says whose word it is, and who put it down; so do the item, its page, lists and what can happen next.
async fn seen_as_put_down(of: &Town) -> anyhow::Result<()> {
    let at_least_position = of.end().await?;
    let get = GetItemRequest { at_least_position, item_id: of.item_id.clone(), ..Default::default() };
    let answer = of.supervisor.call(get).await?;
    let item = answer.item.context("the item")?;
    ensure!((item.stage(), item.percent) == (ItemStage::Underway, 40), "{item:?}");
    let kinds: Vec<SaidKind> = item.put_down.iter().map(|one| one.kind()).collect();
    ensure!(kinds == [SaidKind::Acknowledgement, SaidKind::Progress], "{:?}", item.put_down);
    let told = answer.history.iter().find(|entry| entry.kind() == ItemEntryKind::ProgressReported);
    let told = told.context("the progress")?;
    let put_down = told.put_down.as_ref().context("it is marked")?;
    ensure!(told.department_code.as_deref() == Some("TOWN"), "{told:?}");
    ensure!((&*put_down.said_by, &*put_down.put_down_by_code) == ("王芳", "OFFICE"), "{put_down:?}");
    let listed = of.supervisor.call(ListItemsRequest { at_least_position, ..Default::default() }).await?;
    ensure!(listed.items[0].put_down == item.put_down, "lists show the same");
    let next = GetNextStepsRequest { at_least_position, item_id: of.item_id.clone() };
    let steps = of.supervisor.call(next).await?.steps;
    let by = |command: &str| -> Vec<String> {
        let step = steps.iter().find(|step| step.command == command);
        step.into_iter().flat_map(|step| step.by.iter().map(|who| who.department_code.clone())).collect()
    };
    ensure!(by("item put-down") == ["OFFICE"], "{steps:?}");
    ensure!(by("item contest-put-down").contains(&"TOWN".to_owned()), "{steps:?}");
    Ok(())
}

async fn contested(of: &Town) -> anyhow::Result<()> {
    let evidence =
        vec![Evidence { title: "Photo".into(), sha256: "0a".repeat(32), uri: "urn:photo:1".into() }];
    let claim = PutDownRequest { evidence, text: Some("挖好了".into()), ..of.said(SaidKind::Completion) };
    of.office.call(claim).await?;
    let back = of.town.call(of.contest(SaidKind::Completion)).await?;
    let item = back.item.context("the item")?;
    ensure!(item.stage() == ItemStage::Underway && item.paused_at.is_none(), "{item:?}");
    let accept = of.supervisor.call(AcceptWorkRequest { item_id: of.item_id.clone(), ..command() }).await;
    ensure!(refusal(&accept).as_deref() == Some("WRONG_STAGE"), "there is nothing to judge: {accept:?}");
    let list = ListFollowUpsRequest { at_least_position: back.position, ..Default::default() };
    let followed = of.supervisor.call(list).await?.follow_ups;
    ensure!(followed[0].stage() == FollowUpStage::Open && followed[0].acknowledged, "{followed:?}");
    // Progress came of the acknowledgement: that is not undone, and nobody is given more days.
    let kept = of.town.call(of.contest(SaidKind::Acknowledgement)).await?;
    let after = kept.item.context("the item")?;
    ensure!(after.stage() == ItemStage::Underway && after.acknowledge_by == item.acknowledge_by, "{after:?}");
    let list = ListFollowUpsRequest { at_least_position: kept.position, ..Default::default() };
    let followed = of.supervisor.call(list).await?.follow_ups;
    ensure!(followed[0].acknowledged, "{followed:?}");
    Ok(())
}

in_both_modes!(a_clerk_puts_down_what_a_department_without_users_said);
