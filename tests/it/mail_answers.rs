//! Answers to invitations that come by mail: taken in for whom they were sent to, and for nobody else.

use crate::calendars::{TITLE, chen, list_member, schedule};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::delivery::v1 as pb;
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1 as scheduling;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use tests::{Client, Mode, Receiver, Sandbox, SandboxConfig, command, outline, until};

/// The mail in which a calendar program that knows nothing of Huishang answers an invitation.
fn answered(sandbox: &Sandbox, invitation: &str, answer: &[&str]) -> anyhow::Result<Vec<u8>> {
    let file = sandbox.folder().join("invite.ics");
    std::fs::write(&file, invitation)?;
    let program = root().join("tests/calendars/run");
    let written = Command::new(program).arg("reply").arg(&file).args(answer).output()?;
    ensure!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    Ok(written.stdout)
}

/// Passes a mail on, as a mail server does: without a token.
fn pass_on(sandbox: &Sandbox, mail: &[u8]) -> anyhow::Result<Output> {
    let mut passing = Command::new(tests::huishang())
        .args(["take-answer", "--server", &sandbox.server()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // It may not read all of it.
    let _ = passing.stdin.take().context("a pipe")?.write_all(mail);
    Ok(passing.wait_with_output()?)
}

/// What a mail server makes of it: passed on, or returned to its sender.
fn is_taken(sandbox: &Sandbox, mail: &[u8]) -> anyhow::Result<bool> {
    let passed = pass_on(sandbox, mail)?;
    match passed.status.code() {
        Some(0) => Ok(true),
        Some(65) => Ok(false),
        code => anyhow::bail!("{code:?}: {}", String::from_utf8_lossy(&passed.stderr)),
    }
}

/// Holds that the session has this answer of WATER, by all that is recorded; returns the reason.
async fn has_answer(
    clerk: &Client,
    session_id: &str,
    answer: Option<scheduling::InvitationAnswer>,
) -> anyhow::Result<String> {
    let at_least_position = clerk.call(GetHeadRequest {}).await?.position;
    let get = scheduling::GetSessionRequest { session_id: session_id.to_owned(), at_least_position };
    let session = clerk.call(get).await?.session.context("a session")?;
    let invitation = session.invitations.into_iter().find(|one| one.department_code == "WATER");
    let invitation = invitation.context("an invitation")?;
    ensure!(invitation.answer == answer.map(i32::from), "{invitation:?}");
    Ok(invitation.reason.unwrap_or_default())
}

/// The first invitation in a mailbox, as the calendar part has it.
async fn invited(mailbox: &Receiver) -> Value {
    until("the invitation", async || {
        let all = mailbox.received().ok()?;
        all.into_iter().find(|one| one["parts"][1]["method"] == "REQUEST")
    })
    .await
}

async fn an_answer_by_mail_is_that_of_the_department(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
        ("HUISHANG_MAIL__ANSWERS_ADDRESS", "answers@city.example".to_owned()),
    ];
    let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.define_body("BODY", "WATER", "WATER").await?;
    clerk.register_room("ROOM").await?;
    list_member(&sandbox.client(Role::Operator, None).await?, "WATER", Some("chen@water.example")).await?;
    let terms = pb::SubscriptionTerms {
        name: "Invitations".into(),
        contexts: vec!["scheduling".into()],
        mail_language: Some(pb::MailLanguage::English.into()),
        ..Default::default()
    };
    let define = pb::DefineSubscriptionRequest { terms: Some(terms), ..command() };
    chen(&sandbox).await?.call(define).await?;
    let session_id = clerk.admitted_session(outline(TITLE, "WATER")).await?;
    schedule(&clerk, &session_id, "2027-03-09T01:00:00Z").await?;
    let invitation = invited(&mailbox).await;
    let text = invitation["parts"][1]["text"].as_str().context("a calendar")?;
    let whole = text.replace("\r\n ", "");
    ensure!(whole.contains("RSVP=TRUE") && whole.contains(":mailto:answers+"), "{whole}");
    ensure!(invitation["text"].to_string().contains("answer with the buttons"), "{invitation}");
    ensure!(whole.contains("Please answer by 2027-03-08 18:00"), "{whole}");

    // Whoever is not sure says so; a later answer replaces the one before; a mail that comes twice is one answer.
    let tentative = answered(&sandbox, text, &["TENTATIVE"])?;
    ensure!(is_taken(&sandbox, &tentative)?);
    has_answer(&clerk, &session_id, Some(scheduling::InvitationAnswer::Tentative)).await?;
    let accepted = answered(&sandbox, text, &["ACCEPTED"])?;
    ensure!(is_taken(&sandbox, &accepted)?);
    has_answer(&clerk, &session_id, Some(scheduling::InvitationAnswer::Accept)).await?;
    let declined = answered(&sandbox, text, &["DECLINED", "There is a flood; 汛情紧急"])?;
    ensure!(is_taken(&sandbox, &declined)?);
    let reason = has_answer(&clerk, &session_id, Some(scheduling::InvitationAnswer::Decline)).await?;
    ensure!(reason == "There is a flood; 汛情紧急", "{reason}");
    ensure!(is_taken(&sandbox, &accepted)?, "it was taken before");
    has_answer(&clerk, &session_id, Some(scheduling::InvitationAnswer::Decline)).await?;

    // Nobody answers with another secret, or to another session; what is no answer is returned.
    let other_id = clerk.admitted_session(outline("Another", "WATER")).await?;
    schedule(&clerk, &other_id, "2027-03-10T01:00:00Z").await?;
    let secret_at = whole.find("answers+").context("a secret")? + "answers+".len();
    let forged = format!(
        "{}{}",
        if &whole[secret_at..=secret_at] == "a" { "b" } else { "a" },
        &whole[secret_at + 1..]
    );
    let forged = answered(&sandbox, &format!("{}{forged}", &whole[..secret_at]), &["ACCEPTED"])?;
    let elsewhere = answered(&sandbox, &whole.replace(&session_id, &other_id), &["ACCEPTED"])?;
    let huge = [accepted.as_slice(), &vec![b'\n'; 1024 * 1024]].concat();
    for (what, mail) in
        [("forged", &*forged), ("of another session", &*elsewhere), ("huge", &*huge), ("none", b"Hello")]
    {
        ensure!(!is_taken(&sandbox, mail)?, "{what}");
    }
    has_answer(&clerk, &other_id, None).await?;
    has_answer(&clerk, &session_id, Some(scheduling::InvitationAnswer::Decline)).await?;

    // An answer for a time that is not held any more comes too late.
    let postpone = scheduling::PostponeSessionRequest {
        session_id: session_id.clone(),
        reason: "The room is flooded".into(),
        ..command()
    };
    clerk.call(postpone).await?;
    let again = answered(&sandbox, text, &["ACCEPTED", "After all"])?;
    ensure!(!is_taken(&sandbox, &again)?, "the session has no time");
    schedule(&clerk, &session_id, "2027-03-11T01:00:00Z").await?;
    ensure!(!is_taken(&sandbox, &again)?, "it has another time");
    has_answer(&clerk, &session_id, None).await?;
    Ok(())
}
in_both_modes!(an_answer_by_mail_is_that_of_the_department);
