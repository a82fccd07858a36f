//! Agendas: in sections and sub-topics from the request to the docket, and a topic that is added after the invitation.

use crate::ballots::ensure_refused;
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::GetDocketRequest;
use proto::ledger::v1::{MoveClockRequest, ReadEventsRequest};
use proto::scheduling::v1::{
    AddTopicRequest, AddTopicResponse, AnswerInvitationRequest, BodyCharter, ConveneSessionRequest,
    DefineBodyRequest, DepartmentRole, GetMatterRequest, GetSessionRequest, InvitationAnswer, Label,
    MatterStage, OverrideFindingRequest, RoleOnTopic, ScheduleSessionRequest, ScreeningRule, Seat, Session,
    SessionAttendee, SessionOutline, SessionTopic, TopicRole,
};
use tests::{Client, Mode, Sandbox, command, outline, until};

const ADDED: &str = "huishang.scheduling.events.v1.SessionTopicAdded";

fn topic(number: u32, title: &str) -> SessionTopic {
    SessionTopic { number, title: title.into(), timebox_minutes: 10, ..Default::default() }
}

/// WATER and ROADS decide on the drain (1), and on the parts of the roads (3 and 4).
fn divided() -> SessionOutline {
    let role = |topic_number| TopicRole { topic_number, role: RoleOnTopic::Decides.into() };
    let attendee = |code: &str| SessionAttendee {
        department_code: code.into(),
        roles: [1, 3, 4].map(role).to_vec(),
        companions: 0,
    };
    let below = |topic: SessionTopic| SessionTopic { parent_number: Some(2), ..topic };
    SessionOutline {
        body_code: "JOINT".into(),
        topics: vec![
            SessionTopic { section: Some("一、排水".into()), ..topic(1, "清淤") },
            SessionTopic { section: Some("二、道路".into()), timebox_minutes: 0, ..topic(2, "道路") },
            below(topic(3, "柳树巷")),
            below(topic(4, "码头")),
        ],
        attendees: ["WATER", "ROADS"].map(attendee).to_vec(),
        duration_minutes: 60,
        ..outline("防汛", "WATER")
    }
}

/// A session that is scheduled for March 8, at nine in Shanghai.
async fn scheduled(sandbox: &Sandbox) -> anyhow::Result<(Client, String)> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS"] {
        clerk.register_department(department).await?;
    }
    clerk.register_room("R-1").await?;
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    let charter = BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: ["WATER", "ROADS"].map(seat).to_vec(),
        ..Default::default()
    };
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter), ..command() };
    sandbox.client(Role::Operator, None).await?.call(define).await?;
    let session_id = clerk.admitted_session(divided()).await?;
    let schedule = ScheduleSessionRequest {
        session_id: session_id.clone(),
        room_code: "R-1".into(),
        starts_at: Some(Client::moment("2027-03-08T01:00:00Z")),
        ..command()
    };
    clerk.call(schedule).await?;
    let answer = AnswerInvitationRequest {
        session_id: session_id.clone(),
        department_code: "ROADS".into(),
        answer: InvitationAnswer::Accept.into(),
        ..command()
    };
    sandbox.client(Role::Delegate, Some("ROADS")).await?.call(answer).await?;
    Ok((clerk, session_id))
}

/// A topic on which WATER alone decides.
fn add(session_id: &str, topic: SessionTopic) -> AddTopicRequest {
    let role = DepartmentRole { department_code: "WATER".into(), role: RoleOnTopic::Decides.into() };
    AddTopicRequest {
        session_id: session_id.into(),
        topic: Some(SessionTopic { number: 0, ..topic }),
        roles: vec![role],
        reason: "渗水".into(),
        ..command()
    }
}

async fn session_of(client: &Client, id: &str, at_least_position: u64) -> anyhow::Result<Session> {
    let get = GetSessionRequest { at_least_position, session_id: id.into() };
    client.call(get).await?.session.context("a session")
}

async fn move_to(sandbox: &Sandbox, clock_at: &str) -> anyhow::Result<()> {
    let clock_at = Some(Client::moment(clock_at));
    sandbox.client(Role::Operator, None).await?.call(MoveClockRequest { clock_at, ..command() }).await?;
    Ok(())
}

async fn a_topic_is_added_after_the_invitation_and_is_on_the_docket(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let (clerk, id) = scheduled(&sandbox).await?;
    let roads = sandbox.client(Role::Clerk, Some("ROADS")).await?;
    ensure_refused(roads.call(add(&id, topic(0, "大堤"))).await, "NOT_THE_SECRETARIAT")?;

    // In time, it is added once, with a matter of its own, and nobody has to answer again.
    let wanted = add(&id, topic(0, "大堤"));
    let AddTopicResponse { position, session } = clerk.call(wanted.clone()).await?;
    ensure!(clerk.call(wanted).await?.position == position, "a repeat adds nothing");
    let session = session.context("a session")?;
    ensure!(session.printed_numbers == ["1", "2", "2.1", "2.2", "3"], "{session:?}");
    ensure!(session.invitations.iter().filter(|one| one.answer.is_some()).count() == 1, "{session:?}");
    let outline = session.outline.context("an outline")?;
    let matter_id = outline.topics[4].matter_id.clone().context("a matter")?;
    let matter = clerk.call(GetMatterRequest { at_least_position: position, matter_id }).await?.matter;
    let matter = matter.context("a matter")?;
    ensure!((matter.stage(), matter.topic_number) == (MatterStage::OnAgenda, Some(5)), "{matter:?}");
    ensure!(outline.topics[1].matter_id.is_none(), "it is decided in its sub-topics: {outline:?}");
    ensure_refused(clerk.call(add(&id, topic(0, "大堤"))).await, "TITLE_ON_AGENDA")?;

    // Too late, it is refused until a supervisor lets one be added.
    move_to(&sandbox, "2027-03-07T01:00:00Z").await?;
    let late = || add(&id, topic(0, "水泵"));
    let tried = || AddTopicRequest { validate_only: true, ..late() };
    let refused = until("the clock is followed", async || clerk.call(tried()).await.err()).await;
    ensure!(Client::reason(&refused).as_deref() == Some("RULE_BROKEN"), "{refused}");
    ensure!(Client::details(&refused)["rule"] == "added-topics", "{refused}");
    let allow = OverrideFindingRequest {
        session_id: id.clone(),
        rule: ScreeningRule::AddedTopics.into(),
        reason: "水位上涨".into(),
        ..command()
    };
    sandbox.client(Role::Supervisor, None).await?.call(allow).await?;
    clerk.call(late()).await?;
    ensure_refused(clerk.call(add(&id, topic(0, "沙袋"))).await, "RULE_BROKEN")?;

    // Convened, it is on the docket, with the sections and the sub-topics.
    move_to(&sandbox, "2027-03-08T01:00:00Z").await?;
    let convene =
        async || clerk.call(ConveneSessionRequest { session_id: id.clone(), ..command() }).await.ok();
    let at_least_position = until("it is convened", convene).await.position;
    let get = GetDocketRequest { at_least_position, docket_id: id.clone() };
    let topics = clerk.call(get).await?.docket.context("a docket")?.topics;
    let printed: Vec<&str> = topics.iter().map(|topic| topic.printed_number.as_str()).collect();
    ensure!(printed == ["1", "2", "2.1", "2.2", "3", "4"], "{topics:?}");
    let sections: Vec<_> = topics.iter().filter_map(|topic| topic.section.as_deref()).collect();
    ensure!(sections == ["一、排水", "二、道路"], "{topics:?}");
    ensure!(topics[1].has_sub_topics && topics[5].title == "水泵", "{topics:?}");
    ensure_refused(clerk.call(add(&id, topic(0, "沙袋"))).await, "WRONG_STAGE")
}
in_both_modes!(a_topic_is_added_after_the_invitation_and_is_on_the_docket);

async fn a_secret_topic_that_is_added_is_told_to_those_who_take_part_in_it(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let (clerk, id) = scheduled(&sandbox).await?;
    let open = clerk.call(add(&id, topic(0, "大堤"))).await?.position;
    let secret = SessionTopic { label: Some(Label::Secret.into()), ..topic(0, "征地") };
    let position = clerk.call(add(&id, secret)).await?.position;
    for (department, sees) in [("WATER", true), ("ROADS", false)] {
        let delegate = sandbox.client(Role::Delegate, Some(department)).await?;
        let session = session_of(&delegate, &id, position).await?;
        ensure!(format!("{session:?}").contains("征地") == sees, "{department}: {session:?}");
        let reasons = session.added_topics.iter().filter(|added| added.reason.is_some()).count();
        ensure!(reasons == if sees { 2 } else { 1 }, "{department}: {session:?}");
        let events = delegate.call(ReadEventsRequest::default()).await?.events;
        let told = events.iter().filter(|event| event.r#type == ADDED).map(|event| event.position);
        let (first, second): (Vec<u64>, Vec<u64>) = told.partition(|at| *at <= open);
        ensure!(first.len() == 1 && second.len() == usize::from(sees), "{department}: {first:?} {second:?}");
    }
    Ok(())
}
in_both_modes!(a_secret_topic_that_is_added_is_told_to_those_who_take_part_in_it);
