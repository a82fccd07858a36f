//! TOWN leads an item and has no users: a clerk of the body's secretariat puts down what it says by telephone. Later
//! somebody of TOWN signs in, and contests some of it.

use crate::pages::{Browser, form_of};
use crate::{access_log, erasure, in_both_modes, recounted};
use anyhow::{Context as _, ensure};
use domain::resolution::evidence_content::CONTENT_BYTES_MAX;
use domain::{Role, Timestamp};
use proto::Wire as _;
use proto::directory::v1::{Department, DepartmentKind, DepartmentLevel, RegisterDepartmentRequest};
use proto::followup::v1::{FollowUpStage, ListFollowUpsRequest, ListNoticesRequest, NoticeKind};
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::resolution::v1::{
    AcceptWorkRequest, ContestPutDownRequest, DueRule, Evidence, GetEvidenceRequest, GetItemRequest,
    GetNextStepsRequest, Item, ItemEntryKind, ItemHolder, ItemSpan, ItemStage, ItemToRecord,
    KeepEvidenceRequest, ListItemsRequest, PutDownRequest, RecordResolutionRequest, SaidKind, SaidMeans,
    due_rule::Rule,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tests::{Client, Mode, Sandbox, SandboxConfig, command, until};

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
    contested(&sandbox, &of).await?;
    let now = domain::testing::at("2027-05-03T01:00:00Z");
    moved(&sandbox, now).await?;
    let shown = recounted::follow_through_agrees(&sandbox, &of.supervisor, now).await?;
    let judging = |span: &&ItemSpan| span.holder() == ItemHolder::Acceptor;
    let days: u32 = shown[0].spans.iter().filter(judging).map(|span| span.working_days).sum();
    ensure!(days == 4, "the claim waited from Thursday to Wednesday: {:?}", shown[0].spans);
    Ok(())
}

async fn moved(sandbox: &Sandbox, to: Timestamp) -> anyhow::Result<()> {
    let operator = sandbox.client(Role::Operator, None).await?;
    operator.call(MoveClockRequest { clock_at: to.to_wire(), ..command() }).await?;
    Ok(())
}

/// OFFICE puts down a claim of TOWN with a photo, and keeps the photo; who sees the item gets it, as a file.
async fn what_shows_it_is_kept_with_it(mode: Mode) -> anyhow::Result<()> {
    let apart = tempfile::tempdir()?;
    let setting = ("HUISHANG_ACCESS_LOG__FOLDER", apart.path().display().to_string());
    let mut sandbox =
        Sandbox::start_with(mode, SandboxConfig { settings: vec![setting], ..SandboxConfig::default() })?;
    let of = Town::recorded(&sandbox).await?;
    of.office.call(of.said(SaidKind::Acknowledgement)).await?;
    let photo: Vec<u8> = (0..CONTENT_BYTES_MAX).map(|at| (at % 251) as u8).collect();
    let sha256 = event_log::hex::encode(&Sha256::digest(&photo));
    let keep = |content: &[u8]| KeepEvidenceRequest {
        item_id: of.item_id.clone(),
        content: content.to_vec(),
        ..command()
    };
    let early = of.office.call(keep(&photo)).await;
    ensure!(refusal(&early).as_deref() == Some("EVIDENCE_NOT_REPORTED"), "{early:?}");
    let evidence =
        vec![Evidence { title: "照片".into(), sha256: sha256.to_uppercase(), uri: "urn:1".into() }];
    let claim = PutDownRequest { evidence, text: Some("挖好了".into()), ..of.said(SaidKind::Completion) };
    of.office.call(claim).await?;
    let stranger = of.water.call(keep(&photo)).await;
    ensure!(refusal(&stranger).as_deref() == Some("NOT_YOUR_DEPARTMENT"), "{stranger:?}");
    let other = KeepEvidenceRequest { sha256: Some(sha256.clone()), ..keep(b"another") };
    let other = of.office.call(other).await;
    ensure!(refusal(&other).as_deref() == Some("CONTENT_DIFFERS"), "{other:?}");
    let get = |at_least_position| GetEvidenceRequest {
        at_least_position,
        item_id: of.item_id.clone(),
        sha256: sha256.clone(),
    };
    let absent = of.supervisor.call(get(0)).await;
    ensure!(refusal(&absent).as_deref() == Some("NOT_FOUND"), "{absent:?}");
    let file = sandbox.folder().join("photo.jpg");
    std::fs::write(&file, &photo)?;
    let content = format!("--content=@{}", file.display());
    let ran = sandbox.run("clerk@OFFICE", &["item", "keep-evidence", &of.number, &content])?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let again = of.town.call(keep(&photo)).await?;
    let kept = &again.item.as_ref().context("the item")?.kept_evidence;
    ensure!(kept.len() == 1 && kept[0].bytes as usize == photo.len(), "twice is once: {kept:?}");
    let got = of.supervisor.call(get(again.position)).await?;
    ensure!(got.content == photo && got.media_type == "application/octet-stream");
    let outsider = sandbox.client(Role::Delegate, Some("ELSEWHERE")).await?.call(get(again.position)).await;
    ensure!(refusal(&outsider).as_deref() == Some("NOT_FOUND"), "{outsider:?}");
    let is_read = |line: &Value| line["code"] == "OK" && line["accessed"]["sha256"] == sha256;
    let read =
        until("a line about it", async || access_log::lines(apart.path()).ok()?.into_iter().find(is_read));
    let read = read.await;
    ensure!(read["label"].is_string() && read["subject"] == "supervisor@any", "{read}");
    downloaded(&mut sandbox, &of, &sha256, &photo).await
}

/// A browser downloads it and shows nothing of it; the log with it is intact.
async fn downloaded(sandbox: &mut Sandbox, of: &Town, sha256: &str, photo: &[u8]) -> anyhow::Result<()> {
    let http = sandbox.http(Role::Supervisor, None)?;
    let page = http.get(&format!("/items/{}", of.item_id)).await?.text();
    let path = format!("/items/{}/evidence/{sha256}", of.item_id);
    ensure!(page.contains(&path) && page.contains("王芳"), "a link, and who said it: {page}");
    let answer = http.get(&path).await?;
    ensure!(answer.status == 200 && answer.body == photo, "{}", answer.status);
    ensure!(answer.header("content-disposition").starts_with("attachment"), "{answer:?}");
    ensure!(answer.header("x-content-type-options") == "nosniff");
    ensure!(answer.header("content-type") == "application/octet-stream");
    let auditor = sandbox.client(Role::Auditor, None).await?;
    ensure!(auditor.verify_log().await? > 0);
    erased_with_its_keeper(sandbox, of, sha256, photo).await
}

/// Once whoever kept it is erased, the content is gone, and what is known of it stays; TOWN keeps it again, twice at once.
async fn erased_with_its_keeper(
    sandbox: &Sandbox,
    of: &Town,
    sha256: &str,
    photo: &[u8],
) -> anyhow::Result<()> {
    let at_least_position = erasure::erase(sandbox, "clerk@OFFICE").await?;
    let (item_id, sha256) = (of.item_id.clone(), sha256.to_owned());
    let get = GetEvidenceRequest { at_least_position, item_id: item_id.clone(), sha256 };
    let gone = of.supervisor.call(get.clone()).await;
    ensure!(refusal(&gone).as_deref() == Some("NOT_FOUND"), "{gone:?}");
    let shown = GetItemRequest { at_least_position, item_id: item_id.clone(), ..Default::default() };
    let item = of.supervisor.call(shown.clone()).await?.item.context("the item")?;
    ensure!(item.kept_evidence.len() == 1, "{:?}", item.kept_evidence);
    let keep = || KeepEvidenceRequest { item_id: item_id.clone(), content: photo.to_vec(), ..command() };
    let (one, other) = futures::join!(of.town.call(keep()), of.town.call(keep()));
    let at_least_position = one?.position.max(other?.position);
    let got = of.supervisor.call(GetEvidenceRequest { at_least_position, ..get }).await?;
    ensure!(got.content == photo, "kept again: {} bytes", got.content.len());
    let answer = of.supervisor.call(GetItemRequest { at_least_position, ..shown }).await?;
    let kept = answer.history.iter().filter(|entry| entry.kind() == ItemEntryKind::EvidenceKept).count();
    ensure!(kept == 2, "once before and once after: {kept}");
    Ok(())
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

async fn contested(sandbox: &Sandbox, of: &Town) -> anyhow::Result<()> {
    let evidence =
        vec![Evidence { title: "Photo".into(), sha256: "0a".repeat(32), uri: "urn:photo:1".into() }];
    let claim = PutDownRequest { evidence, text: Some("挖好了".into()), ..of.said(SaidKind::Completion) };
    moved(sandbox, domain::testing::at("2027-03-04T01:00:00Z")).await?;
    let claimed = of.office.call(claim).await?.item.context("the item")?;
    moved(sandbox, domain::testing::at("2027-03-10T01:00:00Z")).await?;
    let back = of.town.call(of.contest(SaidKind::Completion)).await?;
    let item = back.item.context("the item")?;
    ensure!(
        item.due_on > claimed.due_on && item.first_due_on == item.due_on,
        "later by its time, as it was promised: {item:?}"
    );
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

/// OFFICE puts down what TOWN says on the page of the item; TOWN contests some of it there, and speaks for itself from then on.
async fn it_is_put_down_and_contested_by_forms(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let of = Town::recorded(&sandbox).await?;
    let path = format!("/items/{}", of.item_id);
    let office = Browser::sign_in(&mut sandbox, Role::Clerk, Some("OFFICE")).await?;
    let page = office.page(&path).await?;
    ensure!(page.contains("<option value=\"TOWN\">青溪镇</option>"), "for whom: {page}");
    ensure!(form_of(&page, "PutDown-Progress").is_err(), "nobody has acknowledged it");
    let said = "forCode=TOWN&saidBy=Wang+Fang&means=SAID_MEANS_TELEPHONE&saidOn=2027-03-01";
    let form = form_of(&page, "PutDown-Acknowledgement")?;
    let wrong = office.post(&path, &format!("{form}&{}", said.replace("2027-03-01", "2999-01-01"))).await?;
    ensure!(wrong.text().contains("SAID_LATER"), "{}", wrong.text());
    let done = office.post(&path, &format!("{form}&{said}")).await?;
    ensure!(done.status == 303, "{}", done.text());
    let page = office.page(done.header("location")).await?;
    ensure!(page.contains("Recorded: Put down an acknowledgement") && page.contains("Wang Fang"), "{page}");
    let form = form_of(&page, "PutDown-Progress")?;
    let done = office.post(&path, &format!("{form}&{said}&percent=40&text=Half+is+dug")).await?;
    ensure!(done.status == 303, "{}", done.text());
    let water = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    ensure!(form_of(&water.page(&path).await?, "PutDown-Progress").is_err(), "WATER sees to no business");
    let town = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("TOWN")).await?;
    let page = town.page(&path).await?;
    ensure!(page.contains("\"SAID_KIND_PROGRESS\"") && !page.contains("\"SAID_KIND_COMPLETION\""), "{page}");
    let form = form_of(&page, "ContestPutDown")?;
    let done = town.post(&path, &format!("{form}&kind=SAID_KIND_PROGRESS&reason=A+third+at+most")).await?;
    ensure!(done.status == 303, "{}", done.text());
    let page = office.page(done.header("location")).await?;
    ensure!(page.contains("A third at most") && page.contains("HAS_OWN_USERS"), "{page}");
    Ok(())
}

/// What TOWN is said to have claimed is accepted, and then contested: the supervisor is told.
async fn what_was_accepted_on_it_is_contested(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let of = Town::recorded(&sandbox).await?;
    of.office.call(of.said(SaidKind::Acknowledgement)).await?;
    let evidence =
        vec![Evidence { title: "Photo".into(), sha256: "0a".repeat(32), uri: "urn:photo:1".into() }];
    let claim = PutDownRequest { evidence, text: Some("挖好了".into()), ..of.said(SaidKind::Completion) };
    of.office.call(claim).await?;
    of.supervisor.call(AcceptWorkRequest { item_id: of.item_id.clone(), ..command() }).await?;
    let contested = of.town.call(of.contest(SaidKind::Completion)).await?;
    ensure!(contested.item.context("the item")?.stage() == ItemStage::Accepted, "it stays accepted");
    let kinds = vec![NoticeKind::AcceptedWorkDisputed.into()];
    let list = ListNoticesRequest { at_least_position: contested.position, kinds, ..Default::default() };
    let told = of.supervisor.call(list).await?.notices;
    ensure!(told.len() == 1 && told[0].addressee == "supervisor", "{told:?}");
    ensure!(told[0].item_id == of.item_id, "{told:?}");
    Ok(())
}

in_both_modes!(it_is_put_down_and_contested_by_forms);
in_both_modes!(what_was_accepted_on_it_is_contested);
in_both_modes!(what_shows_it_is_kept_with_it);
in_both_modes!(a_clerk_puts_down_what_a_department_without_users_said);
