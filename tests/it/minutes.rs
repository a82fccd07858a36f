//! Minutes are drafted when a docket closes, confirmed by word or by silence, and sealed with the hash of the document.

use crate::commands::{ensure_failed, json, offline, text};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::deliberation::v1::{
    CloseDocketRequest, ConfirmMinutesRequest, CorrectMinutesRequest, DocumentLanguage, GetDocketRequest,
    GetMinutesRequest, GetMinutesResponse, MinutesStage, ObjectToMinutesRequest, OpenDocketRequest,
    RecordArrivalRequest, WithdrawTopicRequest,
};
use proto::ledger::v1::{GetHeadRequest, GetSignedHeadRequest, MoveClockRequest};
use proto::scheduling::v1::{
    ConveneSessionRequest, EmergencyDeclaration, MatterClass, SessionKind, SessionOutline,
};
use std::process::Command;
use tests::{Client, Mode, Sandbox, SandboxConfig, command, huishang, outline};

async fn minutes(
    client: &Client,
    docket_id: &str,
    language: DocumentLanguage,
) -> anyhow::Result<GetMinutesResponse> {
    let at_least_position = client.call(GetHeadRequest {}).await?.position;
    let get = GetMinutesRequest { at_least_position, docket_id: docket_id.into(), language: language.into() };
    Ok(client.call(get).await?)
}

/// A docket that is closed; its only topic was withdrawn.
async fn closed(clerk: &Client) -> anyhow::Result<String> {
    let emergency = SessionOutline {
        kind: SessionKind::Emergency.into(),
        matter_class: MatterClass::Emergency.into(),
        emergency: Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() }),
        ..outline("防汛会商", "WATER")
    };
    let session_id = clerk.admitted_session(emergency).await?;
    let id = || session_id.clone();
    let convened = clerk.call(ConveneSessionRequest { session_id: id(), ..command() }).await?;
    let at_least_position = convened.position;
    clerk.call(GetDocketRequest { at_least_position, docket_id: id() }).await?;
    let arrival = RecordArrivalRequest {
        docket_id: id(),
        department_code: "WATER".into(),
        delegate: "李伟".into(),
        ..command()
    };
    clerk.call(arrival).await?;
    clerk.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    let withdraw =
        WithdrawTopicRequest { docket_id: id(), topic_number: 1, reason: "已解决".into(), ..command() };
    clerk.call(withdraw).await?;
    clerk.call(CloseDocketRequest { docket_id: id(), ..command() }).await?;
    Ok(session_id)
}

/// What a program that has nothing of ours finds in the minutes as a file, which the command line wrote.
fn exported(sandbox: &Sandbox, docket_id: &str, format: &str) -> anyhow::Result<String> {
    let file = sandbox.folder().join(format!("minutes.{format}"));
    let path = file.to_str().context("a path")?;
    let export =
        ["minutes", "export", docket_id, "--language", "chinese", "--format", format, "--output", path];
    let written = sandbox.run("delegate@WATER", &export)?;
    ensure!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let read = papers(&["read", path])?;
    std::fs::remove_file(file)?;
    Ok(read)
}

/// Documents of the console prove themselves, by any copy of the log; one that was changed does not.
async fn ensure_proven(sandbox: &mut Sandbox, docket_id: &str, fonts: &str) -> anyhow::Result<()> {
    let reader = sandbox.http(Role::Delegate, Some("WATER"))?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let key = operator.call(GetSignedHeadRequest {}).await?.key;
    let mut documents = Vec::new();
    for format in ["pdf", "docx"] {
        let file = sandbox.folder().join(format!("proven.{format}"));
        let answer = reader.send("GET", &format!("/sessions/{docket_id}/minutes.{format}"), &[], "").await?;
        ensure!(answer.status == 200, "{format}: {}", answer.text());
        std::fs::write(&file, &answer.body)?;
        let read: serde_json::Value = serde_json::from_str(&papers(&["read", text(&file)])?)?;
        let proof = read["proof"].as_str().context("a proof")?;
        let line = format!(" /sessions/{docket_id}/minutes.{format} ");
        ensure!(proof.starts_with("huishang-paper/1 ") && proof.contains(&line), "{proof}");
        documents.push((file, answer.body));
    }
    let (backup, keys) = (sandbox.folder().join("backup"), sandbox.data_of("ledger").join("personal-keys"));
    json(&sandbox.run("operator", &["log", "backup", text(&backup), "--json"])?)?;
    for (file, bytes) in documents {
        let verify = || {
            let mut command = Command::new(huishang());
            command.args(["verify", text(&file), "--key", &key, "--log", text(&backup)]);
            command.args(["--personal-keys", text(&keys)]).env("HUISHANG_DOCUMENTS__FONTS_FOLDER", fonts);
            command.output().context("the binary runs")
        };
        let same = verify()?;
        let said = String::from_utf8_lossy(&same.stdout);
        ensure!(said.starts_with("same: all "), "{said} {}", String::from_utf8_lossy(&same.stderr));
        // A letter of the document, past all that says what it is.
        let mut forged = bytes.to_vec();
        let last = forged.len() - 30;
        forged[last] ^= 1;
        std::fs::write(&file, forged)?;
        let refused = verify()?;
        ensure!(!refused.status.success(), "{} was changed", file.display());
    }
    // What carries no proof says so.
    let bare = sandbox.folder().join("bare.docx");
    let export = ["minutes", "export", docket_id, "--language", "chinese", "--format", "docx"];
    let export = [&export[..], &["--output", text(&bare)]].concat();
    ensure!(sandbox.run("delegate@WATER", &export)?.status.success(), "an export without a proof");
    let refused = offline(&["verify", text(&bare), "--key", &key, "--log", text(&backup)])?;
    ensure_failed(&refused, 2, "carries no proof")
}

fn papers(arguments: &[&str]) -> anyhow::Result<String> {
    let ran = std::process::Command::new(root().join("tests/papers/run")).args(arguments).output()?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(String::from_utf8(ran.stdout)?.trim().to_owned())
}

async fn minutes_are_sealed_when_nobody_objects_any_more(mode: Mode) -> anyhow::Result<()> {
    let fonts = papers(&["fonts"])?;
    let settings = vec![("HUISHANG_DOCUMENTS__FONTS_FOLDER", fonts.clone())];
    let mut sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.define_body("BODY", "WATER", "WATER").await?;
    let docket_id = closed(&clerk).await?;
    let id = || docket_id.clone();
    let drafted = minutes(&clerk, &docket_id, DocumentLanguage::Chinese).await?;
    ensure!(
        drafted.html.contains("<h1>防汛会商会议纪要</h1>") && drafted.html.contains("李伟"),
        "{drafted:?}"
    );
    ensure!(minutes(&clerk, &docket_id, DocumentLanguage::Chinese).await?.html == drafted.html);

    let delegate = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let object = ObjectToMinutesRequest {
        docket_id: id(),
        department_code: "WATER".into(),
        reason: "漏记一项".into(),
        ..command()
    };
    delegate.call(object).await?;
    let correct = CorrectMinutesRequest { docket_id: id(), text: "补记一项".into(), ..command() };
    clerk.call(correct).await?;

    // Five working days later silence means consent: the clock's move, the settling, and the seal.
    let after_position = clerk.call(GetHeadRequest {}).await?.position;
    let mut log = sandbox.client(Role::Auditor, None).await?.follow(after_position).await?;
    let clock_at = Some(Client::moment("2027-03-09T01:00:00Z"));
    let operator = sandbox.client(Role::Operator, None).await?;
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    log.wait_for_more(3).await?;
    let sealed = minutes(&clerk, &docket_id, DocumentLanguage::Chinese).await?;
    let of = sealed.minutes.context("minutes")?;
    ensure!(of.stage() == MinutesStage::Sealed, "{of:?}");
    ensure!(sealed.html.contains("补记一项"), "{}", sealed.html);
    let known = of.digests.iter().find(|digest| digest.language == "zh").context("a digest")?;
    let document = sandbox.folder().join("minutes.html");
    std::fs::write(&document, &sealed.html)?;
    let hash = std::process::Command::new("sha256sum").arg(&document).output()?.stdout;
    ensure!(hash.starts_with(known.sha256.as_bytes()), "the hash in the log is that of the document");

    for format in ["docx", "pdf"] {
        let read = exported(&sandbox, &docket_id, format)?;
        ensure!(read == exported(&sandbox, &docket_id, format)?, "the same log gives the same {format}");
        for said in ["防汛会商", "补记一项", "出席：", "李伟"] {
            ensure!(read.contains(said), "{said} is not in {read}");
        }
    }

    ensure_proven(&mut sandbox, &docket_id, &fonts).await?;

    let late = ConfirmMinutesRequest { docket_id: id(), department_code: "WATER".into(), ..command() };
    let refused = delegate.call(late).await.err().context("they are settled")?;
    ensure!(Client::reason(&refused).as_deref() == Some("MINUTES_SETTLED"), "{refused}");
    Ok(())
}
in_both_modes!(minutes_are_sealed_when_nobody_objects_any_more);
