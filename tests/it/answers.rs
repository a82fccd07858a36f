//! Invitations are answered by a day: who has not answered is listed, reminded once, and nobody else hears of it; a late answer
//! is taken, and another time asks again.

use crate::delivery::{founded_with, member};
use crate::in_both_modes;
use crate::reminders::letters;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::delivery::v1::{DefineSubscriptionRequest, MailLanguage, SubscriptionTerms};
use proto::followup::v1::{ListNoticesRequest, ListUpcomingNoticesRequest, NoticeKind};
use proto::ledger::v1::{MoveClockRequest, ReadEventsRequest};
use proto::scheduling::v1::{
    AnswerInvitationRequest, GetSessionRequest, Invitation, InvitationAnswer, ListInvitationsRequest,
    MoveSessionRequest, ScheduleSessionRequest, Session,
};
use tests::{Client, Mode, Receiver, command, until};

const DEPARTMENTS: [&str; 3] = ["WATER", "ROADS", "HEALTH"];
/// Friday before the Monday of the session, at six in the evening there.
const ANSWER_BY: &str = "2027-03-05T10:00:00Z";
const REMINDED: &str = "huishang.scheduling.events.v1.SessionInvitationReminded";

/// A session of three departments that decide, on Monday at nine, to which they are invited.
async fn invited(operator: &Client, clerk: &Client) -> anyhow::Result<Session> {
    clerk.register_department("HEALTH").await?;
    clerk.register_room("ROOM").await?;
    let session_id = clerk.joint_session(operator, &DEPARTMENTS).await?;
    let schedule = ScheduleSessionRequest {
        session_id,
        room_code: "ROOM".into(),
        starts_at: Some(Client::moment("2027-03-08T01:00:00Z")),
        ..command()
    };
    clerk.call(schedule).await?.session.context("a session")
}

fn answer(session_id: &str, department: &str, answer: InvitationAnswer) -> AnswerInvitationRequest {
    AnswerInvitationRequest {
        session_id: session_id.into(),
        department_code: department.into(),
        answer: answer.into(),
        ..command()
    }
}

fn of<'s>(session: &'s Session, department: &str) -> anyhow::Result<&'s Invitation> {
    session.invitations.iter().find(|one| one.department_code == department).context("an invitation")
}

/// What somebody hears of reminders: by the feed, in the notices, and in the list of what will be sent.
async fn heard(client: &Client) -> anyhow::Result<(usize, usize, usize)> {
    let kind = NoticeKind::InvitationUnanswered;
    let read = ReadEventsRequest { types: vec![REMINDED.to_owned()], ..Default::default() };
    let list = ListNoticesRequest { kinds: vec![kind.into()], ..Default::default() };
    let upcoming = client.call(ListUpcomingNoticesRequest::default()).await?.notices;
    let upcoming = upcoming.iter().filter(|notice| notice.kind() == kind).count();
    Ok((client.call(read).await?.events.len(), client.call(list).await?.notices.len(), upcoming))
}

async fn who_has_not_answered_is_listed_and_reminded_once(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let mut sandbox = founded_with(mode, settings).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let session = invited(&operator, &clerk).await?;
    let id = session.session_id.clone();
    ensure!(session.answer_by == Some(Client::moment(ANSWER_BY)), "a working day before: {session:?}");
    let silent = member(&sandbox, "chen", Role::DepartmentLead, "HEALTH").await?;
    let unsure = member(&sandbox, "li", Role::DepartmentLead, "ROADS").await?;
    for client in [&silent, &unsure] {
        let terms = SubscriptionTerms {
            name: "Invitations".into(),
            types: vec![REMINDED.to_owned()],
            mail_language: Some(MailLanguage::English.into()),
            ..Default::default()
        };
        client.call(DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
    }
    clerk.call(answer(&id, "WATER", InvitationAnswer::Accept)).await?;
    let tentative = AnswerInvitationRequest {
        substitute: Some("Ma Lin".into()),
        ..answer(&id, "ROADS", InvitationAnswer::Tentative)
    };
    let answered = unsure.call(tentative).await?;
    let session = answered.session.context("a session")?;
    ensure!(session.delegates[0].delegate == "Ma Lin", "{session:?}");
    let expected = session.expected.context("a forecast")?;
    let counts = [expected.accepted_count, expected.tentative_count, expected.declined_count];
    ensure!(counts == [1, 1, 0] && expected.quorum == 2, "not sure is neither yes nor no: {expected:?}");
    ensure!(expected.waiting_codes == ["HEALTH"], "{expected:?}");
    let missing = ListInvitationsRequest {
        at_least_position: answered.position,
        answered: Some(false),
        ..Default::default()
    };
    let rows = clerk.call(missing.clone()).await?.invitations;
    ensure!(rows.len() == 1 && rows[0].department_code == "HEALTH" && rows[0].decides, "{rows:?}");
    until("what will be sent", async || (heard(&silent).await.ok()? == (0, 0, 1)).then_some(())).await;
    ensure!(
        heard(&unsure).await?.2 == 0 && heard(&clerk).await?.2 == 1,
        "it is for HEALTH, and its secretariat"
    );

    let clock_at = Some(Client::moment(ANSWER_BY));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    until("the letter", async || letters(&mailbox, "chen@health.example").pop()).await;
    until("the notice", async || (heard(&silent).await.ok()? == (1, 1, 0)).then_some(())).await;
    ensure!(heard(&unsure).await? == (0, 0, 0), "it has answered");
    let reminded = ListInvitationsRequest { reminded: Some(true), ..missing };
    ensure!(clerk.call(reminded).await?.invitations.len() == 1, "the secretariat sees who is waited for");

    // Once, whatever restarts; and whoever is late is heard.
    let process = sandbox.process_of("scheduling");
    sandbox.restart(process)?;
    let clock_at = Some(Client::moment("2027-03-05T11:00:00Z"));
    operator.call_patiently(MoveClockRequest { clock_at, ..command() }).await?;
    let late = silent.call_patiently(answer(&id, "HEALTH", InvitationAnswer::Accept)).await?;
    let session = late.session.context("a session")?;
    ensure!(of(&session, "HEALTH")?.late && !of(&session, "ROADS")?.late, "{session:?}");
    ensure!(heard(&silent).await? == (1, 1, 0), "nobody is reminded twice");

    another_time_asks_again(&clerk, &id).await?;
    ensure!(letters(&mailbox, "li@roads.example").is_empty(), "it had answered");
    Ok(())
}
in_both_modes!(who_has_not_answered_is_listed_and_reminded_once);

async fn another_time_asks_again(clerk: &Client, session_id: &str) -> anyhow::Result<()> {
    let to = |answer_by: &str| MoveSessionRequest {
        session_id: session_id.into(),
        room_code: "ROOM".into(),
        starts_at: Some(Client::moment("2027-03-10T01:00:00Z")),
        reason: "The dam opens on Monday".into(),
        answer_by: Some(Client::moment(answer_by)),
        ..command()
    };
    let after_the_start = clerk.call(to("2027-03-10T02:00:00Z")).await.err().context("it is refused")?;
    ensure!(Client::reason(&after_the_start).as_deref() == Some("ANSWERS_TOO_LATE"), "{after_the_start}");
    let moved = clerk.call(to("2027-03-09T04:00:00Z")).await?;
    let get = GetSessionRequest { session_id: session_id.into(), at_least_position: moved.position };
    let session = clerk.call(get).await?.session.context("a session")?;
    ensure!(session.answer_by == Some(Client::moment("2027-03-09T04:00:00Z")), "{session:?}");
    let expected = session.expected.context("a forecast")?;
    ensure!(expected.waiting_count == 3, "what was answered belongs to the former time: {expected:?}");
    Ok(())
}
