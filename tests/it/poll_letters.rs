//! Whoever is asked which times suit is told by mail: that they are asked, what waits for them each morning, that the time for
//! answers ends soon and is over, and which time was taken; and the page of today says what waits.

use crate::delivery::{founded_with, member};
use crate::in_both_modes;
use crate::pages::Browser;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::delivery::v1::{DefineSubscriptionRequest, MailLanguage, SubscriptionTerms};
use proto::ledger::v1::MoveClockRequest;
use proto::scheduling::v1::{
    AdoptTimeRequest, AnswerPollRequest, OpenPollRequest, PollAnswer, PollSlot, Suitability,
};
use tests::{Client, Mode, Receiver, command, until};

const MONDAY: &str = "2027-03-08T01:00:00Z";
const TUESDAY: &str = "2027-03-09T01:00:00Z";
/// Wednesday before, at six in the evening there.
const CLOSES: &str = "2027-03-03T10:00:00Z";
/// A day before.
const REMINDS: &str = "2027-03-02T10:00:00Z";

/// The text of the letter to somebody whose subject has these words.
async fn letter(mailbox: &Receiver, to: &str, words: &str) -> String {
    until("the letter", async || {
        let all = mailbox.received().ok()?;
        let is_it = |letter: &&serde_json::Value| {
            letter["to"][0] == to && letter["subject"].as_str().is_some_and(|subject| subject.contains(words))
        };
        Some(all.iter().find(is_it)?["text"].as_str()?.to_owned())
    })
    .await
}

/// WATER asks ROADS, and itself, about Monday and Tuesday.
async fn asked(operator: &Client, clerk: &Client) -> anyhow::Result<String> {
    clerk.register_room("HALL").await?;
    let session_id = clerk.joint_session(operator, &["WATER", "ROADS"]).await?;
    let time = |start| PollSlot { room_code: "HALL".into(), starts_at: Some(Client::moment(start)) };
    let open = OpenPollRequest {
        session_id: session_id.clone(),
        times: vec![time(MONDAY), time(TUESDAY)],
        close_by: Some(Client::moment(CLOSES)),
        ..command()
    };
    clerk.call(open).await?;
    Ok(session_id)
}

fn reply(session_id: &str, department: &str) -> AnswerPollRequest {
    let yes = |time_number| PollAnswer { time_number, suitability: Suitability::Yes.into() };
    AnswerPollRequest {
        session_id: session_id.into(),
        department_code: department.into(),
        answers: vec![yes(1), yes(2)],
        ..command()
    }
}

async fn move_clock(operator: &Client, to: &str) -> anyhow::Result<()> {
    operator.call_patiently(MoveClockRequest { clock_at: Some(Client::moment(to)), ..command() }).await?;
    Ok(())
}

async fn whoever_is_asked_which_times_suit_is_told(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let mut sandbox = founded_with(mode, settings).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let roads = member(&sandbox, "li", Role::DepartmentLead, "ROADS").await?;
    let types = ["PollOpened", "PollReminded", "PollClosed", "PollTimeAdopted"];
    for (name, digest_hour, types) in [("Polls", None, &types[..]), ("Each morning", Some(8), &[])] {
        let terms = SubscriptionTerms {
            name: name.into(),
            types: types.iter().map(|name| format!("huishang.scheduling.events.v1.{name}")).collect(),
            mail_language: Some(MailLanguage::English.into()),
            digest_hour,
            ..Default::default()
        };
        roads.call(DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
    }
    let session_id = asked(&operator, &clerk).await?;
    let text = letter(&mailbox, "li@roads.example", "which times suit?").await;
    for words in ["2027-03-08 09:00", "2027-03-09 09:00", "HALL", "Answer by: 2027-03-03 18:00"] {
        ensure!(text.contains(words), "{words} is not in {text}");
    }

    // It waits for ROADS each morning and on the page of today, and no longer once it has answered.
    move_clock(&operator, "2027-03-02T00:30:00Z").await?;
    let text = letter(&mailbox, "li@roads.example", "2027-03-02: 1 wait for you").await;
    ensure!(text.contains("which times suit is to be answered by 2027-03-03 18:00"), "{text}");
    let browser = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    ensure!(browser.page("/today").await?.contains("Say which of its times suit"), "it waits");
    // A day before it closes, whoever has not answered is reminded, and hears of nobody else's reminder.
    move_clock(&operator, REMINDS).await?;
    let text = letter(&mailbox, "li@roads.example", "the poll closes soon, and waits for ROADS").await;
    ensure!(text.contains("Answer by: 2027-03-03 18:00") && text.contains("2027-03-09 09:00"), "{text}");
    roads.call(reply(&session_id, "ROADS")).await?;
    until("nothing to wait", async || {
        browser.page("/today").await.ok()?.contains("Nothing waits for you.").then_some(())
    })
    .await;

    move_clock(&operator, CLOSES).await?;
    let text = letter(&mailbox, "li@roads.example", "the poll has closed").await;
    ensure!(text.contains("Not answered by: WATER"), "{text}");
    clerk.call(AdoptTimeRequest { session_id, time_number: 2, ..command() }).await?;
    let text = letter(&mailbox, "li@roads.example", "a time was adopted").await;
    ensure!(text.contains("2027-03-09 09:00"), "{text}");
    let all = mailbox.received()?;
    let of_closing = |letter: &&serde_json::Value| {
        letter["subject"].as_str().is_some_and(|subject| subject.contains("closes soon"))
    };
    ensure!(all.iter().filter(of_closing).count() == 1, "one reminder: {all:?}");
    let to = all.iter().filter_map(|letter| letter["to"][0].as_str());
    ensure!(to.into_iter().all(|to| to == "li@roads.example"), "nobody else subscribed: {all:?}");
    all.first().context("letters")?;
    Ok(())
}
in_both_modes!(whoever_is_asked_which_times_suit_is_told);
