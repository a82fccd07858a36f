//! A command that expects a position is not carried out on anything newer, and one that is only validated changes
//! nothing.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::{Department, ListDepartmentsRequest, RegisterDepartmentRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1::{
    AdmitSessionRequest, CancelSessionRequest, GetSessionRequest, RequestSessionRequest,
    ScreenSessionRequest, Session, SessionStage,
};
use tests::{Client, Mode, Sandbox, command, outline, registration};
use tonic::{Code, Status};

fn ensure_changed_since(
    status: &Status,
    expected_position: u64,
    position: u64,
    events: &str,
) -> anyhow::Result<()> {
    ensure!(status.code() == Code::Aborted, "{status}");
    ensure!(Client::reason(status).as_deref() == Some("CHANGED_SINCE"), "{status}");
    let details = Client::details(status);
    ensure!(details["expected_position"] == expected_position.to_string(), "{details:?}");
    ensure!(details["position"] == position.to_string(), "{details:?}");
    ensure!(details["events"] == events, "{details:?}");
    Ok(())
}

async fn a_command_is_aborted_by_what_its_caller_does_not_know(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    let expecting = |position, name: &str| RegisterDepartmentRequest {
        expected_position: Some(position),
        ..registration("OFFICE", name)
    };
    let first = expecting(0, "The office");
    let created = clerk.call(first.clone()).await?;
    // Other departments may change meanwhile.
    clerk.register_department("ANOTHER").await?;
    let renamed = clerk.call(expecting(created.position, "The office, renamed")).await?;

    let (before, now) = (created.position, renamed.position);
    let aborted = clerk.call(expecting(before, "Another name")).await.unwrap_err();
    ensure_changed_since(&aborted, before, now, "DepartmentRegistered")?;
    let aborted = clerk.call(expecting(0, "A new one")).await.unwrap_err();
    ensure_changed_since(&aborted, 0, now, "DepartmentRegistered,DepartmentRegistered")?;
    // What was carried out stays answered, with its position and the department as it is now.
    let repeated = clerk.call(first).await?;
    ensure!(repeated.position == before && repeated.department == renamed.department, "{repeated:?}");
    ensure!(clerk.call(GetHeadRequest {}).await?.position == now, "an aborted command leaves no record");
    Ok(())
}
in_both_modes!(a_command_is_aborted_by_what_its_caller_does_not_know);

async fn an_aborted_command_names_the_events_since(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    let session_id = clerk.admitted_session(outline("A session", "OFFICE")).await?;
    let head = clerk.call(GetHeadRequest {}).await?.position;
    // It was requested together with its matter, screened, and admitted together with its place in the quarter's quota, and
    // the class of its matter; the caller knows the first two of these six records.
    let (known, admitted) = (head - 4, head - 2);
    let cancel = CancelSessionRequest {
        expected_position: Some(known),
        session_id,
        reason: "It was settled by telephone".into(),
        ..command()
    };
    let aborted = clerk.call(cancel.clone()).await.unwrap_err();
    ensure_changed_since(&aborted, known, admitted, "SessionScreened,SessionAdmitted")?;
    // A validation is aborted as well.
    let validated = CancelSessionRequest { validate_only: true, ..cancel.clone() };
    let aborted = clerk.call(validated).await.unwrap_err();
    ensure_changed_since(&aborted, known, admitted, "SessionScreened,SessionAdmitted")?;
    // The caller who has looked again may go on with the same id, because nothing was done under it.
    clerk.call(CancelSessionRequest { expected_position: Some(admitted), ..cancel }).await?;
    Ok(())
}
in_both_modes!(an_aborted_command_names_the_events_since);

async fn a_validated_command_changes_nothing(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    let registered = clerk.call(registration("OFFICE", "The office")).await?;
    let departments = async |at_least_position| -> anyhow::Result<Vec<Department>> {
        let request = ListDepartmentsRequest { at_least_position, ..Default::default() };
        Ok(clerk.call(request).await?.departments)
    };
    let before = departments(registered.position).await?;

    let real = registration("OFFICE", "The office, renamed");
    let validated = clerk.call(RegisterDepartmentRequest { validate_only: true, ..real.clone() }).await?;
    ensure!(validated.position == 0, "{validated:?}");
    ensure!(validated.department == real.department, "it shows what would be: {validated:?}");
    ensure!(clerk.call(GetHeadRequest {}).await?.position == registered.position);
    ensure!(departments(registered.position).await? == before);

    // Its id is free for the real one, and the real one's first answer stays the answer.
    let done = clerk.call(real.clone()).await?;
    ensure!(done.position == registered.position + 1, "{done:?}");
    ensure!(departments(done.position).await?.first() == real.department.as_ref());
    ensure!(clerk.call(real).await? == done);
    Ok(())
}
in_both_modes!(a_validated_command_changes_nothing);

async fn a_validated_command_is_refused_as_the_real_one_is(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    // The earliest start is tomorrow; the rules of the body require three days' notice.
    let mut late = outline("A session at short notice", "OFFICE");
    late.earliest_start_at = Some(Client::moment("2027-03-02T01:00:00Z"));
    let request = RequestSessionRequest { outline: Some(late), ..command() };
    let session_id = clerk.call(request).await?.session.context("a session")?.session_id;
    let screen = ScreenSessionRequest { session_id: session_id.clone(), ..command() };
    let screened = clerk.call(screen).await?;

    let real = AdmitSessionRequest { session_id: session_id.clone(), ..command() };
    let validated = AdmitSessionRequest { validate_only: true, ..real.clone() };
    let (validated, real) = (clerk.call(validated).await.unwrap_err(), clerk.call(real).await.unwrap_err());
    ensure!(Client::reason(&validated).as_deref() == Some("RULE_BROKEN"), "{validated}");
    ensure!(Client::reason(&validated) == Client::reason(&real), "{validated}, but {real}");
    ensure!(Client::details(&validated) == Client::details(&real), "{validated}, but {real}");
    ensure!((validated.code(), validated.message()) == (real.code(), real.message()));
    ensure!(clerk.call(GetHeadRequest {}).await?.position == screened.position);

    let request = GetSessionRequest { at_least_position: screened.position, session_id };
    let session: Session = clerk.call(request).await?.session.context("a session")?;
    ensure!(session.stage() == SessionStage::Screened && screened.session == Some(session));
    Ok(())
}
in_both_modes!(a_validated_command_is_refused_as_the_real_one_is);
