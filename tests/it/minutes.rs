//! Minutes are drafted when a docket closes, confirmed by word or by silence, and sealed with the hash of the document.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::deliberation::v1::{
    CloseDocketRequest, ConfirmMinutesRequest, CorrectMinutesRequest, DocumentLanguage, GetDocketRequest,
    GetMinutesRequest, GetMinutesResponse, MinutesStage, ObjectToMinutesRequest, OpenDocketRequest,
    RecordArrivalRequest, WithdrawTopicRequest,
};
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::scheduling::v1::{
    ConveneSessionRequest, EmergencyDeclaration, MatterClass, SessionKind, SessionOutline,
};
use tests::{Client, Mode, Sandbox, SandboxConfig, command, outline};

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

fn papers(arguments: &[&str]) -> anyhow::Result<String> {
    let ran = std::process::Command::new(root().join("tests/papers/run")).args(arguments).output()?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(String::from_utf8(ran.stdout)?.trim().to_owned())
}

async fn minutes_are_sealed_when_nobody_objects_any_more(mode: Mode) -> anyhow::Result<()> {
    let settings = vec![("HUISHANG_DOCUMENTS__FONTS_FOLDER", papers(&["fonts"])?)];
    let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
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

    let late = ConfirmMinutesRequest { docket_id: id(), department_code: "WATER".into(), ..command() };
    let refused = delegate.call(late).await.err().context("they are settled")?;
    ensure!(Client::reason(&refused).as_deref() == Some("MINUTES_SETTLED"), "{refused}");
    Ok(())
}
in_both_modes!(minutes_are_sealed_when_nobody_objects_any_more);
