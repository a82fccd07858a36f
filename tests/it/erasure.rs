//! What is stored about a person is erased: nothing that the installation keeps, or copies from then on, has it, and
//! every proof holds.

use crate::commands::{ensure_failed, json, offline, text};
use crate::delivery::token_of;
use crate::in_both_modes;
use crate::object_storage::{self, Storage};
use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use domain::Role;
use proto::directory::v1::{GetCallerRequest, ListMembersRequest, Member, RegisterMemberRequest};
use proto::ledger::v1::{FollowEventsRequest, GetErasureRequest, GetRecordRequest, Record};
use proto::resolution::v1::AcceptWorkRequest;
use proto::scheduling::v1::{
    BusyCause, CancelSessionRequest, DiaryHolder, DiaryHolderKind, GetDiaryRequest, GetDiaryResponse,
    ImportBusyTimesRequest, ListSessionsRequest, RecordAbsenceRequest,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::{Client, Mode, Sandbox, command, outline};
use tonic::Code;

/// What must be nowhere in the end: who acted, what they wrote, and what is known of a member.
const PLANTED: [&str; 5] = [
    "clerk@CAPERCAILLIE",
    "because the turquoise heron is ill",
    "vermilion.quail",
    "Vermilion Quail of the Archive",
    "quail@vermilion.example",
];

/// The day of the member's diary.
const DIARY: [&str; 2] = ["2027-03-08T00:00:00Z", "2027-03-09T00:00:00Z"];

/// A text as it may be stored: UTF-8, UTF-16 in both orders, and Base64 wherever in a group of three bytes it begins.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let mut forms = vec![
        text.as_bytes().to_vec(),
        utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ];
    for before in 0..3 {
        let shifted = [&b"??"[..before.min(2)], text.as_bytes()].concat();
        let encoded = BASE64.encode(shifted);
        // The first and the last group also depend on what is beside the text.
        forms.push(encoded.as_bytes()[4..encoded.len() / 4 * 4 - 4].to_vec());
    }
    forms
}

fn files(path: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        files(&entry?.path(), found)?;
    }
    Ok(())
}

/// The files below a folder in which one of these sequences of bytes is.
fn files_with(folder: &Path, wanted: &[Vec<u8>]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    files(folder, &mut all)?;
    let mut found = Vec::new();
    for file in all {
        // A file may go while others are read.
        let Ok(bytes) = std::fs::read(&file) else { continue };
        if wanted.iter().any(|wanted| bytes.windows(wanted.len()).any(|window| window == wanted)) {
            found.push(file);
        }
    }
    Ok(found)
}

fn planted() -> Vec<Vec<u8>> {
    PLANTED.iter().flat_map(|text| forms(text)).collect()
}

/// The secrets in the ledger's folder of keys.
fn secrets(sandbox: &Sandbox) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut keys = Vec::new();
    files(&sandbox.data_of("ledger").join("personal-keys"), &mut keys)?;
    keys.iter().map(|file| Ok(std::fs::read(file)?[..32].to_vec())).collect()
}

fn member() -> Member {
    Member {
        code: "vermilion.quail".into(),
        name: "Vermilion Quail of the Archive".into(),
        department_code: "WATER".into(),
        email: Some("quail@vermilion.example".into()),
        roles: vec!["delegate".into()],
    }
}

/// The member is away for a day, and a calendar says so, too.
async fn plant_a_diary(water: &Client) -> anyhow::Result<()> {
    let kind = DiaryHolderKind::Member.into();
    let holder = || Some(DiaryHolder { kind, code: PLANTED[2].into() });
    let [starts_at, ends_at] = DIARY.map(|moment| Some(Client::moment(moment)));
    water.call(RecordAbsenceRequest { holder: holder(), starts_at, ends_at, ..command() }).await?;
    let content = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20270308T090000\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let (calendar, content) = ("Own".into(), content.into());
    water.call(ImportBusyTimesRequest { holder: holder(), calendar, content, ..command() }).await?;
    Ok(())
}

/// Who is busy on the day of the diary.
async fn diary(
    client: &Client,
    at_least_position: u64,
    member: &[&str],
) -> Result<GetDiaryResponse, tonic::Status> {
    let [from_at, until_at] = DIARY.map(|moment| Some(Client::moment(moment)));
    let member_codes = member.iter().map(|code| (*code).to_owned()).collect();
    let ask = GetDiaryRequest { at_least_position, from_at, until_at, member_codes, ..Default::default() };
    client.call_patiently(ask).await
}

/// What is on record about two people, and what was handed out of it.
struct OnRecord {
    /// The command of the one, whose words it has.
    cancel: CancelSessionRequest,
    cancelled: u64,
    /// The positions of records with receipts for them.
    receipts: [(u64, PathBuf); 2],
    /// The key of the ledger, which signed them.
    key: String,
}

/// Somebody acts and writes, and a member is registered.
async fn on_record(sandbox: &Sandbox) -> anyhow::Result<OnRecord> {
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for code in ["WATER", "CAPERCAILLIE"] {
        clerk.register_department(code).await?;
    }
    let water = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let registered =
        water.call(RegisterMemberRequest { member: Some(member()), ..command() }).await?.position;
    plant_a_diary(&water).await?;
    let author = sandbox.client(Role::Clerk, Some("CAPERCAILLIE")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    operator.define_body("BODY", "WATER", "CAPERCAILLIE").await?;
    let session_id = author.admitted_session(outline("The dam", "WATER")).await?;
    let cancel = CancelSessionRequest { session_id, reason: PLANTED[1].into(), ..command() };
    let cancelled = author.call(cancel.clone()).await?.position;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    // A command may write several records, one for each aggregate.
    let has_the_words = |record: &Record| record.types.iter().any(|name| name.ends_with("SessionCancelled"));
    let with_the_words = auditor.whole_log().await?.into_iter().find(has_the_words);
    let with_the_words = with_the_words.context("the record of the cancellation")?.position;
    let listed = ListMembersRequest { at_least_position: cancelled, ..Default::default() };
    ensure!(water.call(listed).await?.members == [member()]);
    let away = diary(&water, cancelled, &[]).await?.entries;
    ensure!(away.len() == 1 && away[0].cause() == BusyCause::MembersAway, "{away:?}");
    ensure!(diary(&water, cancelled, &[PLANTED[2]]).await?.entries.len() == 2, "an absence and a calendar");
    for service in ["directory", "scheduling"] {
        let views = sandbox.data_of(service).join("views");
        ensure!(!files_with(&views, &planted())?.is_empty(), "what is searched for was never in {service}");
    }
    let log = sandbox.data_of("ledger").join("log");
    ensure!(files_with(&log, &planted())?.is_empty(), "the log has it in the clear");

    let key = json(&sandbox.run("auditor", &["log", "signed-head", "--json"])?)?["key"].clone();
    let key = key.as_str().unwrap_or_default().to_owned();
    let receipts =
        [registered, with_the_words].map(|at| (at, sandbox.folder().join(format!("receipt-{at}"))));
    for (position, file) in &receipts {
        std::fs::write(file, sandbox.run("auditor", &["log", "receipt", &position.to_string()])?.stdout)?;
    }
    Ok(OnRecord { cancel, cancelled, receipts, key })
}

/// Requests that somebody is erased; returns the id of the erasure.
fn request(sandbox: &Sandbox, subject: &str) -> anyhow::Result<String> {
    let command_id = client::command_id();
    let arguments = ["erasure", "request", "--subject", subject, "--reason", "They have left"];
    let arguments =
        [&arguments[..], &["--authority", "Order 7", "--json", "--command-id", &command_id]].concat();
    // Again if a connection broke: the ledger may just have been killed.
    let requested = sandbox.run("data-protection", &arguments)?;
    let requested = match requested.status.success() {
        true => requested,
        false => sandbox.run("data-protection", &arguments)?,
    };
    let erasure = json(&requested)?["erasure"].clone();
    Ok(erasure["erasureId"].as_str().context("an id")?.to_owned())
}

/// Waits until an erasure is complete; returns the position.
async fn wait_until_complete(sandbox: &Sandbox, erasure_id: &str) -> anyhow::Result<u64> {
    let mut follower = sandbox.follow_log().await?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    loop {
        let found = auditor.call_patiently(GetErasureRequest { erasure_id: erasure_id.to_owned() }).await?;
        if let Some(completed) = found.erasure.context("an erasure")?.completed_position {
            return Ok(completed);
        }
        follower.wait_for_more(1).await?;
    }
}

/// Has somebody erased; returns the position at which that is complete.
pub(crate) async fn erase(sandbox: &Sandbox, subject: &str) -> anyhow::Result<u64> {
    wait_until_complete(sandbox, &request(sandbox, subject)?).await
}

/// The services answer with a pseudonym, and other than that as before.
async fn ensure_pseudonyms(sandbox: &Sandbox, at_least_position: u64) -> anyhow::Result<()> {
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let listed = ListMembersRequest { at_least_position, ..Default::default() };
    let members = clerk.call_patiently(listed).await?.members;
    ensure!(members.len() == 1 && members[0].name.starts_with("erased-"), "{members:?}");
    ensure!(members[0].name == members[0].code && members[0].department_code == "WATER", "{members:?}");
    let sessions = ListSessionsRequest { at_least_position, ..Default::default() };
    clerk.call_patiently(sessions).await?;
    // Nobody waits for who was erased, and nobody is known by that code.
    let water = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let away = diary(&water, at_least_position, &[]).await?;
    ensure!(away.entries.is_empty() && away.calendars.is_empty(), "{away:?}");
    let asked = diary(&water, at_least_position, &[PLANTED[2]]).await.unwrap_err();
    ensure!(asked.code() == Code::NotFound, "{asked:?}");
    Ok(())
}

/// Neither the files of any process, nor the broker's, nor copies that are made now have any of it, or its keys.
/// Returns those.
fn ensure_nowhere(sandbox: &Sandbox, secrets_before: Vec<Vec<u8>>) -> anyhow::Result<Vec<Vec<u8>>> {
    let file = |name: &str| sandbox.folder().join(name);
    let objects = format!("file://{}", text(&file("objects")));
    json(&sandbox.run("operator", &["log", "export", text(&file("log.jsonl")), "--json"])?)?;
    for place in [text(&file("backup")), &objects] {
        json(&sandbox.run("operator", &["log", "backup", place, "--json"])?)?;
        json(&offline(&["log", "verify", "--backup", place, "--json"])?)?;
    }
    let found = files_with(sandbox.folder(), &planted())?;
    ensure!(found.is_empty(), "{found:?}");
    let kept = secrets(sandbox)?;
    let destroyed: Vec<Vec<u8>> =
        secrets_before.into_iter().filter(|secret| !kept.contains(secret)).collect();
    ensure!(destroyed.len() == 2, "{} keys were destroyed", destroyed.len());
    let found = files_with(sandbox.folder(), &destroyed)?;
    ensure!(found.is_empty(), "the destroyed keys are in {found:?}");
    Ok(destroyed)
}

/// Nor has object storage, with a backup that was begun before and is continued now.
fn ensure_not_in_storage(
    sandbox: &Sandbox,
    storage: &Storage,
    destroyed: Vec<Vec<u8>>,
) -> anyhow::Result<()> {
    back_up(sandbox, storage)?;
    let wanted = [planted(), destroyed].concat();
    let contents = storage.contents()?;
    ensure!(contents.len() >= 3, "{} objects", contents.len());
    let has =
        |bytes: &[u8]| wanted.iter().any(|wanted| bytes.windows(wanted.len()).any(|window| window == wanted));
    let found: Vec<&String> = contents.iter().filter(|(_, bytes)| has(bytes)).map(|(name, _)| name).collect();
    ensure!(found.is_empty(), "{found:?}");
    Ok(())
}

/// Backs up to object storage.
fn back_up(sandbox: &Sandbox, storage: &Storage) -> anyhow::Result<()> {
    let server = sandbox.server();
    let to = ["log", "backup", object_storage::URL, "--json", "--server", &server];
    json(&storage.run(&[&to[..], &["--as", "operator", "--data", text(sandbox.folder())]].concat())?)?;
    Ok(())
}

/// A backup says what was erased, and which copy of the keys would undo that.
fn ensure_backup_says_so(sandbox: &Sandbox, keys_before: &Path) -> anyhow::Result<()> {
    let backup = sandbox.folder().join("backup");
    let verify =
        |keys: &Path| offline(&["log", "verify", "--backup", text(&backup), "--personal-keys", text(keys)]);
    let said = verify(&sandbox.data_of("ledger").join("personal-keys"))?;
    let printed = String::from_utf8_lossy(&said.stdout).into_owned();
    ensure!(said.status.success(), "{printed}{}", String::from_utf8_lossy(&said.stderr));
    ensure!(printed.matches("were erased by record").count() == 2, "{printed}");
    ensure_failed(&verify(keys_before)?, 1, "still has keys that were erased by record")?;
    let none = tempfile::tempdir()?;
    ensure_failed(&verify(none.path())?, 1, "although no erasure was requested")
}

/// What was disclosed of a record is what its receipt proves, and nothing else is.
fn ensure_disclosed(sandbox: &Sandbox, on_record: &OnRecord) -> anyhow::Result<()> {
    let (position, receipt) = &on_record.receipts[1];
    let file = sandbox.folder().join("disclosed.json");
    let disclose = |position: &str| sandbox.run("auditor", &["log", "disclose", position, "--json"]);
    let check = |said: &str| {
        std::fs::write(&file, said)?;
        let arguments =
            ["log", "check-receipt", text(receipt), "--key", &on_record.key, "--json", "--record"];
        offline(&[&arguments[..], &[text(&file)]].concat())
    };
    let disclosed = json(&disclose(&position.to_string())?)?;
    let said = json(&check(&disclosed.to_string())?)?;
    ensure!(said["record"]["events"][0]["reason"] == PLANTED[1], "{said}");
    ensure!(said["record"]["envelope"]["actor"]["subject"] == PLANTED[0], "{said}");
    let mut altered = disclosed.clone();
    altered["salt"] = "AAAAAAAAAAAAAAAAAAAAAA==".into();
    ensure_failed(&check(&altered.to_string())?, 1, "is not what record")?;
    let other = json(&disclose("1")?)?;
    ensure_failed(&check(&other.to_string())?, 1, "is not what record")?;
    std::fs::remove_file(&file)?;
    Ok(())
}

/// The log is intact, says what was erased by which record, and every older receipt holds.
async fn ensure_proven(sandbox: &Sandbox, on_record: &OnRecord) -> anyhow::Result<()> {
    let verified = json(&sandbox.run("auditor", &["log", "verify", "--json"])?)?;
    ensure!(verified["erased"].as_array().is_some_and(|erased| erased.len() == 2), "{verified}");
    ensure!(verified["recordsWithoutKey"] == 0, "{verified}");
    let said = sandbox.run("auditor", &["log", "verify"])?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let record = GetRecordRequest { position: on_record.cancelled };
    let record = auditor.call(record).await?.record.context("a record")?;
    let by = *record.erased_by_positions.first().context("an erasure")?;
    ensure!(said.contains(&format!("erased by record {by}")) && !said.contains("damaged"), "{said}");
    let actor = record.envelope.and_then(|envelope| envelope.actor).context("an actor")?;
    ensure!(actor.subject.starts_with("erased-"), "{actor:?}");
    for (position, file) in &on_record.receipts {
        let check = ["log", "check-receipt", text(file), "--key", &on_record.key, "--json"];
        ensure!(json(&offline(&check)?)?["position"] == *position);
        let disclosed = sandbox.folder().join("disclosed-later.json");
        let said = sandbox.run("auditor", &["log", "disclose", &position.to_string(), "--json"])?;
        std::fs::write(&disclosed, said.stdout)?;
        let check = [&check[..], &["--record", text(&disclosed)]].concat();
        let said = json(&offline(&check)?)?;
        ensure!(said["erasedByPositions"].as_array().is_some_and(|by| !by.is_empty()), "{said}");
    }
    Ok(())
}

async fn what_is_known_of_a_person_is_erased_everywhere(mode: Mode) -> anyhow::Result<()> {
    // Given somebody who has acted and written, a member, and receipts for both
    let mut sandbox = Sandbox::start(mode)?;
    let on_record = on_record(&sandbox).await?;
    let secrets_before = secrets(&sandbox)?;
    ensure!(secrets_before.len() >= 3, "the clerk, the author and the member have keys");

    ensure_disclosed(&sandbox, &on_record)?;
    let storage = Storage::start()?;
    back_up(&sandbox, &storage)?;
    let elsewhere = tempfile::tempdir()?;
    let keys_before = elsewhere.path().join("keys");
    let keys = sandbox.data_of("ledger").join("personal-keys");
    ensure!(
        Command::new("cp").arg("-a").args([&keys, &keys_before]).status()?.success(),
        "the keys are copied"
    );

    // When they are erased
    erase(&sandbox, PLANTED[0]).await?;
    let completed = erase(&sandbox, PLANTED[2]).await?;

    // Then nobody reads or finds anything of them, also after a restart, and everything is proven as before
    ensure_pseudonyms(&sandbox, completed).await?;
    for name in sandbox.process_names() {
        sandbox.restart(&name)?;
    }
    ensure_pseudonyms(&sandbox, completed).await?;
    let destroyed = ensure_nowhere(&sandbox, secrets_before)?;
    ensure_not_in_storage(&sandbox, &storage, destroyed)?;
    ensure_backup_says_so(&sandbox, &keys_before)?;
    ensure_proven(&sandbox, &on_record).await?;
    // And they are not let in under this name any more, whatever they speak for by now, and in whatever role
    not_let_in(&mut sandbox, on_record.cancel).await
}
in_both_modes!(what_is_known_of_a_person_is_erased_everywhere);

/// No command, no query, no stream; by gRPC and by HTTP. Somebody else of the department is.
async fn not_let_in(sandbox: &mut Sandbox, cancel: CancelSessionRequest) -> anyhow::Result<()> {
    let is_erased = |status: &tonic::Status| Client::reason(status).as_deref() == Some("SUBJECT_ERASED");
    for department in ["CAPERCAILLIE", "WATER", "ELSEWHERE"] {
        for role in Role::ALL {
            let token = token_of(sandbox, PLANTED[0], role, department, 3600)?;
            let returned = sandbox.client_with_token(&token).await?;
            let asked = returned.call(GetCallerRequest {}).await;
            ensure!(
                asked
                    .as_ref()
                    .err()
                    .is_some_and(|status| is_erased(status) || status.code() == Code::PermissionDenied),
                "{role:?} of {department}: {asked:?}"
            );
        }
        let returned = token_of(sandbox, PLANTED[0], Role::Clerk, department, 3600)?;
        let client = sandbox.client_with_token(&returned).await?;
        let repeated = client.call(cancel.clone()).await.unwrap_err();
        ensure!(is_erased(&repeated), "{repeated:?}");
        let accept = AcceptWorkRequest { item_id: client::command_id(), ..command() };
        let ruling = token_of(sandbox, PLANTED[0], Role::Supervisor, department, 3600)?;
        let ruled = sandbox.client_with_token(&ruling).await?.call(accept).await.unwrap_err();
        ensure!(is_erased(&ruled), "{ruled:?}");
        let followed = client.stream(FollowEventsRequest::default()).await;
        ensure!(followed.err().is_some_and(|status| is_erased(&status)), "a stream of {department}");
        let answer = sandbox.http_with_token(Some(returned))?.get("/v1/caller").await?;
        ensure!(answer.status == 401 && answer.text().contains("SUBJECT_ERASED"), "{}", answer.text());
    }
    let other = token_of(sandbox, "somebody.else", Role::Clerk, "CAPERCAILLIE", 3600)?;
    sandbox.client_with_token(&other).await?.call(GetCallerRequest {}).await?;
    Ok(())
}

/// Whatever records of an erasure there are when the ledger is killed, the next process adds the rest.
async fn an_erasure_is_completed_after_a_kill(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let ledger = sandbox.process_of("ledger");
    for records in 1..=2 {
        let department = format!("D{records}");
        let clerk = sandbox.client(Role::Clerk, Some(&department)).await?;
        clerk.register_department(&department).await?;
        let mut follower = sandbox.follow_log().await?;
        let erasure_id = request(&sandbox, &format!("clerk@{department}"))?;
        follower.wait_for_more(records).await?;

        sandbox.process(ledger).kill()?;
        sandbox.start_process(ledger)?;

        wait_until_complete(&sandbox, &erasure_id).await?;
    }
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let log = auditor.whole_log().await?;
    let of_erasures = log.iter().filter(|record| record.stream.starts_with("ledger.erasures.")).count();
    ensure!(of_erasures == 6, "{of_erasures} records");
    ensure!(auditor.verify_log().await? == log.len() as u64);
    Ok(())
}
in_both_modes!(an_erasure_is_completed_after_a_kill);

#[tokio::test(flavor = "multi_thread")]
async fn only_data_protection_erases_and_only_whom_the_log_knows() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let request = |role: &str| {
        let arguments = ["erasure", "request", "--subject", "nobody", "--reason", "R", "--authority", "A"];
        sandbox.run(role, &arguments)
    };
    for role in ["operator", "auditor", "clerk"] {
        ensure_failed(&request(role)?, 5, "data-protection")?;
    }
    ensure_failed(&request("data-protection")?, 4, "NOTHING_TO_ERASE")?;
    Ok(())
}
