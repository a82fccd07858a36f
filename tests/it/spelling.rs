//! Codes that a reader takes for the same one name one thing of a kind at most.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use proto::scheduling::v1::{BodyCharter, DefineBodyRequest, ListBodiesRequest, Seat};
use tests::{Client, Mode, Sandbox, command, registration};
use tonic::Status;

fn definition(body_code: &str) -> DefineBodyRequest {
    let seat = Seat { department_code: "OFFICE".into(), ..Default::default() };
    let charter = BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "OFFICE".into(),
        seats: vec![seat],
        ..Default::default()
    };
    DefineBodyRequest { body_code: body_code.into(), charter: Some(charter), ..command() }
}

/// What is refused because something is known by such a code already: which it is.
fn known<T: std::fmt::Debug>(answer: Result<T, Status>) -> anyhow::Result<String> {
    let refused = answer.err().context("it is refused")?;
    ensure!(Client::reason(&refused).as_deref() == Some("DUPLICATE_CODE"), "{refused}");
    Client::details(&refused).remove("known_code").context("the code that is known")
}

async fn codes_that_read_the_same_are_defined_once(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    // Given a department, a room and a body
    clerk.register_department("OFFICE").await?;
    clerk.register_room("R-1").await?;
    clerk.call(definition("JOINT")).await?;

    // When another one is to have a code that differs in case or width only, then it is refused and the known one is named
    for code in ["office", "Office", "ＯＦＦＩＣＥ"] {
        ensure!(known(clerk.register_department(code).await)? == "OFFICE", "{code}");
    }
    ensure!(known(clerk.register_room("r-１").await)? == "R-1");
    ensure!(known(clerk.call(definition("joint")).await)? == "JOINT");
    let only_asked = DefineBodyRequest { validate_only: true, ..definition("Joint") };
    ensure!(known(clerk.call(only_asked).await)? == "JOINT", "asking gives the same refusal");
    // and of what was refused nothing is left.
    let bodies = clerk.call(ListBodiesRequest::default()).await?.bodies;
    ensure!(bodies.iter().map(|body| body.code.as_str()).eq(["JOINT"]), "{bodies:?}");

    // What is known may be registered again, and a code of another kind may read the same.
    clerk.call(registration("OFFICE", "The office")).await?;
    clerk.call(definition("office")).await?;

    // Of two at once, one is accepted.
    let [one, other] = [registration("ROADS", "Roads"), registration("roads", "Roads")];
    let (one, other) = futures::future::join(clerk.call(one), clerk.call(other)).await;
    ensure!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let position = one.as_ref().or(other.as_ref()).map_or(0, |done| done.position);
    let (taken, refused) = if one.is_ok() { ("ROADS", other) } else { ("roads", one) };
    ensure!(known(refused)? == taken);
    let listed = ListDepartmentsRequest { at_least_position: position, ..Default::default() };
    let listed = clerk.call(listed).await?.departments;
    ensure!(listed.iter().map(|known| known.code.as_str()).eq(["OFFICE", taken]), "{listed:?}");
    Ok(())
}
in_both_modes!(codes_that_read_the_same_are_defined_once);
