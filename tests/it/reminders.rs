//! Whoever has not answered in a countersign is reminded: by the clock once, by hand within a budget, and nobody else hears of it.

use crate::ballots::ensure_refused;
use crate::delivery::{founded_with, member};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    CastVoteRequest, Docket, GetDocketRequest, OpenBallotRequest, RemindSeatsRequest, SubmitProposalRequest,
    VoteChoice,
};
use proto::delivery::v1::{DefineSubscriptionRequest, MailLanguage, SubscriptionTerms};
use proto::followup::v1::{ListNoticesRequest, ListUpcomingNoticesRequest, NoticeKind};
use proto::ledger::v1::{MoveClockRequest, ReadEventsRequest};
use proto::scheduling::v1::{BodyCharter, DefineBodyRequest, RoleOnTopic, Seat, SessionAttendee, TopicRole};
use tests::{Client, Mode, Receiver, Sandbox, command, outline, until};

const SEATS: [&str; 3] = ["WATER", "ROADS", "HEALTH"];
const REMINDED: &str = "huishang.deliberation.events.v1.SeatReminded";

async fn body_of_three(clerk: &Client) -> anyhow::Result<()> {
    clerk.register_department("HEALTH").await?;
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    let charter = BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: SEATS.map(seat).to_vec(),
        ..Default::default()
    };
    clerk.call(DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter), ..command() }).await?;
    Ok(())
}

/// A countersign until Friday at five, with a ballot that WATER and ROADS have signed.
async fn signed_by_two(sandbox: &Sandbox, clerk: &Client) -> anyhow::Result<String> {
    let mut wanted = outline("The dikes", "WATER");
    wanted.body_code = "JOINT".into();
    let decides = |department: &str| SessionAttendee {
        department_code: department.into(),
        roles: vec![TopicRole { topic_number: 1, role: RoleOnTopic::Decides.into() }],
        companions: 0,
    };
    wanted.attendees = SEATS.map(decides).to_vec();
    let (id, at_least_position) = clerk.countersign(wanted, "2027-03-05T09:00:00Z").await?;
    let docket = clerk.call(GetDocketRequest { at_least_position, docket_id: id.clone() }).await?;
    let planned = docket.docket.context("a docket")?.remind_at;
    ensure!(planned == Some(Client::moment("2027-03-04T09:00:00Z")), "a working day before: {planned:?}");
    let (docket_id, text) = (|| id.clone(), "Raise them".into());
    clerk.call(SubmitProposalRequest { docket_id: docket_id(), topic_number: 1, text, ..command() }).await?;
    let open = OpenBallotRequest { docket_id: docket_id(), topic_number: 1, version: 1, ..command() };
    clerk.call(open).await?;
    for department in ["WATER", "ROADS"] {
        sign_for(sandbox, &id, department).await?;
    }
    Ok(id)
}

async fn sign_for(sandbox: &Sandbox, docket_id: &str, department: &str) -> anyhow::Result<()> {
    let vote = CastVoteRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: department.into(),
        choice: VoteChoice::Yes.into(),
        ..command()
    };
    sandbox.client(Role::Delegate, Some(department)).await?.call(vote).await?;
    Ok(())
}

/// The letters to somebody that say that an answer is awaited.
pub fn letters(mailbox: &Receiver, to: &str) -> Vec<String> {
    let all = mailbox.received().unwrap_or_default();
    let own = all.iter().filter(|letter| letter["to"][0] == to);
    let subjects = own.filter_map(|letter| letter["subject"].as_str());
    subjects
        .filter(|subject| subject.contains("waits for") || subject.contains("Remind"))
        .map(str::to_owned)
        .collect()
}

/// What somebody hears of reminders, by the feed and in the notices.
async fn heard(client: &Client) -> anyhow::Result<(usize, usize)> {
    let read = ReadEventsRequest { types: vec![REMINDED.to_owned()], ..Default::default() };
    let list = ListNoticesRequest { kinds: vec![NoticeKind::AnswerAwaited.into()], ..Default::default() };
    Ok((client.call(read).await?.events.len(), client.call(list).await?.notices.len()))
}

/// Whom somebody sees in the list of those that will be reminded.
async fn foretold(client: &Client) -> anyhow::Result<Vec<String>> {
    let notices = client.call(ListUpcomingNoticesRequest::default()).await?.notices;
    let awaited = notices.into_iter().filter(|notice| notice.kind() == NoticeKind::AnswerAwaited);
    Ok(awaited.map(|notice| notice.addressee).collect())
}

async fn whoever_has_not_signed_is_reminded_and_nobody_else(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_DELIVERY__PRIVATE_NETWORKS", "127.0.0.0/8".to_owned()),
        ("HUISHANG_DELIVERY__ALLOW_HTTP", "true".to_owned()),
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let sandbox = founded_with(mode, settings).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    body_of_three(&operator).await?;
    let silent = member(&sandbox, "chen", Role::DepartmentLead, "HEALTH").await?;
    let signed = member(&sandbox, "li", Role::DepartmentLead, "ROADS").await?;
    for client in [&silent, &signed] {
        let terms = SubscriptionTerms {
            name: "Notices".into(),
            contexts: vec!["deliberation".into()],
            mail_language: Some(MailLanguage::English.into()),
            ..Default::default()
        };
        client.call(DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
    }
    let docket_id = signed_by_two(&sandbox, &clerk).await?;

    until("what will be sent", async || (foretold(&silent).await.ok()? == ["HEALTH"]).then_some(())).await;
    ensure!(foretold(&signed).await?.is_empty() && foretold(&clerk).await? == ["HEALTH"], "as what is sent");

    let clock_at = Some(Client::moment("2027-03-04T09:00:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    let by_clock = until("the letter", async || letters(&mailbox, "chen@health.example").pop()).await;
    ensure!(by_clock.contains("waits for HEALTH to answer until 2027-03-05 17:00"), "{by_clock}");
    until("the notice", async || (heard(&silent).await.ok()? == (1, 1)).then_some(())).await;
    ensure!(heard(&signed).await? == (0, 0), "it has signed");
    ensure!(heard(&clerk).await? == (1, 1), "its secretariat sees who is waited for");

    let remind = || RemindSeatsRequest {
        docket_id: docket_id.clone(),
        text: Some("Please sign today".into()),
        ..command()
    };
    ensure_refused(silent.call(remind()).await, "ROLE_REQUIRED")?;
    clerk.call(remind()).await?;
    let again = clerk.call(remind()).await?.docket.context("a docket")?;
    shows_the_reminder(&again)?;
    ensure_refused(clerk.call(remind()).await, "REMINDERS_EXHAUSTED")?;
    until("the letters", async || (letters(&mailbox, "chen@health.example").len() == 3).then_some(())).await;

    sign_for(&sandbox, &docket_id, "HEALTH").await?;
    ensure_refused(clerk.call(remind()).await, "NOBODY_TO_REMIND")?;
    ensure!(letters(&mailbox, "li@roads.example").is_empty(), "it has signed");
    ensure!(heard(&silent).await?.0 == 3, "by the clock once, and twice by hand");
    Ok(())
}
in_both_modes!(whoever_has_not_signed_is_reminded_and_nobody_else);

fn shows_the_reminder(docket: &Docket) -> anyhow::Result<()> {
    let [only] = &docket.reminders[..] else { anyhow::bail!("{:?}", docket.reminders) };
    ensure!(only.department_code == "HEALTH" && only.topic_numbers == [1] && only.by_hand, "{only:?}");
    ensure!(docket.remind_at.is_none(), "the clock is done");
    Ok(())
}
