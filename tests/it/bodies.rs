//! Nobody decides who is not entitled to: a body decides by its own rule, and its own people act for it.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{GetDocketRequest, OpenDocketRequest, RecordArrivalRequest};
use proto::scheduling::v1::{
    AcceptSeatRequest, AdmitSessionRequest, BodyCharter, CancelSessionRequest, ChangeBodyRequest,
    ConveneSessionRequest, DefineBodyRequest, EmergencyDeclaration, MatterClass, PostponeSessionRequest,
    RequestSessionRequest, RoleOnTopic, ScreenSessionRequest, Seat, SessionAttendee, SessionKind,
    SessionOutline, TopicRole,
};
use tests::{Client, Mode, Sandbox, command, outline};
use tonic::Status;

/// WATER chairs, WATER and ROADS decide; METRO, an enterprise, has no seat.
fn charter() -> BodyCharter {
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: ["WATER", "ROADS"].map(seat).to_vec(),
        ..Default::default()
    }
}

fn attendee(department: &str, role: RoleOnTopic) -> SessionAttendee {
    let roles = vec![TopicRole { topic_number: 1, role: role.into() }];
    SessionAttendee { department_code: department.into(), roles, companions: 0 }
}

/// An emergency that this department alone decides.
fn emergency(body_code: &str, department: &str) -> RequestSessionRequest {
    let outline = SessionOutline {
        body_code: body_code.into(),
        kind: SessionKind::Emergency.into(),
        matter_class: MatterClass::Emergency.into(),
        emergency: Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() }),
        ..outline("Stop the flood", department)
    };
    RequestSessionRequest { outline: Some(outline), ..command() }
}

/// The same, on which WATER and ROADS decide.
fn emergency_of_both() -> RequestSessionRequest {
    let mut request = emergency("JOINT", "WATER");
    if let Some(outline) = &mut request.outline {
        outline.attendees.push(attendee("ROADS", RoleOnTopic::Decides));
    }
    request
}

fn ensure_refused<T: std::fmt::Debug>(answer: Result<T, Status>, reason: &str) -> anyhow::Result<()> {
    let refused = answer.err().with_context(|| format!("{reason} refuses it"))?;
    ensure!(Client::reason(&refused).as_deref() == Some(reason), "{reason} is expected: {refused}");
    Ok(())
}

async fn whoever_has_no_seat_decides_nothing_alone(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let (metro, metro_chair) = (
        sandbox.client(Role::Clerk, Some("METRO")).await?,
        sandbox.client(Role::Chair, Some("METRO")).await?,
    );
    for department in ["WATER", "ROADS", "METRO"] {
        clerk.register_department(department).await?;
    }
    ensure_refused(clerk.call(emergency("JOINT", "WATER")).await, "UNKNOWN_BODY")?;
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter()), ..command() };
    ensure_refused(metro.call(define.clone()).await, "NOT_YOUR_DEPARTMENT")?;
    // Whoever was not asked neither counts nor votes.
    let defined = clerk.call(define).await?.body.context("a body")?;
    ensure!(defined.pending_codes == ["ROADS"], "{defined:?}");
    ensure_refused(clerk.call(emergency_of_both()).await, "SEAT_REQUIRED")?;
    let accept =
        AcceptSeatRequest { body_code: "JOINT".into(), department_code: "ROADS".into(), ..command() };
    ensure_refused(clerk.call(accept.clone()).await, "NOT_YOUR_DEPARTMENT")?;
    let roads = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
    let accepted = roads.call(accept).await?.body.context("a body")?;
    ensure!(accepted.pending_codes.is_empty() && accepted.version == 2, "{accepted:?}");
    let weaker = BodyCharter { secretariat_codes: vec!["METRO".into()], ..charter() };
    let change = ChangeBodyRequest {
        body_code: "JOINT".into(),
        charter: Some(weaker),
        reason: "It suits us".into(),
        ..command()
    };
    ensure_refused(metro.call(change).await, "NOT_YOUR_DEPARTMENT")?;

    ensure_refused(metro.call(emergency("JOINT", "METRO")).await, "NOT_A_CONVENOR")?;
    let mut ordinary = outline("Our own matter", "METRO");
    ordinary.body_code = "JOINT".into();
    let alone = RequestSessionRequest { outline: Some(ordinary.clone()), ..command() };
    ensure_refused(metro.call(alone).await, "SEAT_REQUIRED")?;

    // It may request that the body decides, and is heard; the rest is not for it to do.
    ordinary.attendees = vec![
        attendee("WATER", RoleOnTopic::Decides),
        attendee("ROADS", RoleOnTopic::Decides),
        attendee("METRO", RoleOnTopic::Advises),
    ];
    let request = RequestSessionRequest { outline: Some(ordinary), ..command() };
    let session_id = metro.call(request).await?.session.context("a session")?.session_id;
    let id = || session_id.clone();
    ensure_refused(
        metro.call(ScreenSessionRequest { session_id: id(), ..command() }).await,
        "NOT_THE_SECRETARIAT",
    )?;
    ensure_refused(
        metro.call(AdmitSessionRequest { session_id: id(), ..command() }).await,
        "NOT_THE_SECRETARIAT",
    )?;
    ensure_refused(
        metro_chair.call(ConveneSessionRequest { session_id: id(), ..command() }).await,
        "NOT_IN_CHARGE",
    )?;
    let postpone = PostponeSessionRequest { session_id: id(), reason: "Not now".into(), ..command() };
    ensure_refused(metro_chair.call(postpone).await, "NOT_IN_CHARGE")?;
    let withdraw = CancelSessionRequest { session_id: id(), reason: "It is settled".into(), ..command() };
    metro.call(withdraw).await?;
    Ok(())
}
in_both_modes!(whoever_has_no_seat_decides_nothing_alone);

async fn a_docket_keeps_to_the_body_as_it_was_when_the_session_was_convened(
    mode: Mode,
) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS", "METRO"] {
        clerk.register_department(department).await?;
    }
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter()), ..command() };
    sandbox.client(Role::Operator, None).await?.call(define).await?;
    let request = emergency_of_both();
    let session_id = clerk.admitted_session(request.outline.context("an outline")?).await?;
    let id = || session_id.clone();
    let convene = ConveneSessionRequest { session_id: id(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    let change = ChangeBodyRequest {
        body_code: "JOINT".into(),
        charter: Some(BodyCharter { secretariat_codes: vec!["ROADS".into()], ..charter() }),
        reason: "The council has decided so".into(),
        ..command()
    };
    clerk.call(change).await?;

    let docket = GetDocketRequest { at_least_position, docket_id: id() };
    let docket = clerk.call(docket).await?.docket.context("a docket")?;
    let constitution = docket.agenda.and_then(|agenda| agenda.constitution).context("a constitution")?;
    ensure!(constitution.version == 1 && constitution.voters.len() == 2, "{constitution:?}");
    let arrival = RecordArrivalRequest {
        docket_id: id(),
        department_code: "WATER".into(),
        delegate: "Li Wei".into(),
        ..command()
    };
    clerk.call(arrival).await?;
    let stranger = sandbox.client(Role::Clerk, Some("METRO")).await?;
    ensure_refused(stranger.call(OpenDocketRequest { docket_id: id(), ..command() }).await, "NOT_FOUND")?;
    clerk.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    Ok(())
}
in_both_modes!(a_docket_keeps_to_the_body_as_it_was_when_the_session_was_convened);
