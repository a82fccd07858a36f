//! What departments say about the times of a session before it has one.

use super::planted::{NEIGHBOUR, OWN};
use domain::Role;
use proto::scheduling::v1::{
    AnswerPollRequest, DeclineTimeRequest, OpenPollRequest, PollAnswer, PollSlot, ProposeTimeRequest,
    Suitability, WithdrawPollRequest,
};
use tests::{Client, Sandbox, command};

/// Asks about one time; another one is proposed and declined, and the poll is withdrawn, all with a marker.
pub async fn which_times_suit(sandbox: &Sandbox, session_id: &str, marker: &str) -> anyhow::Result<()> {
    let clerk = sandbox.client(Role::Clerk, Some(OWN)).await?;
    let neighbour = sandbox.client(Role::DepartmentLead, Some(NEIGHBOUR)).await?;
    let session_id = || session_id.to_owned();
    let starts_at = |moment| Some(Client::moment(moment));
    let open = OpenPollRequest {
        session_id: session_id(),
        times: vec![PollSlot { room_code: "HALL".into(), starts_at: starts_at("2027-03-03T01:00:00Z") }],
        close_by: starts_at("2027-03-02T01:00:00Z"),
        ..command()
    };
    clerk.call(open).await?;
    let answer = AnswerPollRequest {
        session_id: session_id(),
        department_code: NEIGHBOUR.into(),
        answers: vec![PollAnswer { time_number: 1, suitability: Suitability::No.into() }],
        comment: Some(marker.into()),
        ..command()
    };
    neighbour.call(answer).await?;
    let propose = ProposeTimeRequest {
        session_id: session_id(),
        department_code: NEIGHBOUR.into(),
        starts_at: starts_at("2027-03-04T01:00:00Z"),
        reason: marker.into(),
        ..command()
    };
    neighbour.call(propose).await?;
    let reason = || marker.to_owned();
    let decline =
        DeclineTimeRequest { session_id: session_id(), time_number: 2, reason: reason(), ..command() };
    clerk.call(decline).await?;
    clerk.call(WithdrawPollRequest { session_id: session_id(), reason: reason(), ..command() }).await?;
    Ok(())
}
