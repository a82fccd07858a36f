//! Answers to invitations that come by mail. The secret in the address to which they were sent says whose they are.

use super::{Reply, Service};
use crate::calendar::{address_of, has_standing};
use domain::delivery::subscription::{Command, Known, MailAnswer, Rejection, State, Subscription};
use domain::scheduling::session::Session;
use domain::{Actor, Text, Timestamp, Uuid};
use proto::Wire as _;
use proto::delivery::v1 as pb;
use service_kit::identity::Caller;
use service_kit::serve::read;
use service_kit::{CommandError, Kit};
use tonic::{Request, Response, Status};

/// The refusal of an invitation that is nobody's, or of somebody else.
fn not_found() -> CommandError {
    CommandError::rejected::<Subscription>(Rejection::NotFound { what: "invitation" })
}

pub(super) async fn answer(
    service: &Service,
    mut request: Request<pb::AnswerInvitationByMailRequest>,
) -> Reply<pb::AnswerInvitationByMailResponse> {
    let kit = &service.delivering.kit;
    let asked = request.get_ref();
    let session: Uuid = read("session_id", asked.session_id.clone())?;
    let id = service.delivering.key.answered(&asked.secret, session).ok_or_else(not_found)?;
    let State::Defined(known) = kit.load::<Subscription>(id).await? else { return Err(not_found().into()) };
    if !has_standing(kit, &known.subscriber).await? || !is_theirs(kit, &known.subscriber, asked).await? {
        return Err(not_found().into());
    }
    // Whoever answers is known by the secret, also when somebody who has a token passes the answer on.
    request.extensions_mut().insert(Caller(known.subscriber.clone()));
    let (context, asked) = kit.receive(request)?;
    let answer: MailAnswer = read("answer", asked.answer)?;
    let comment: Option<Text> = read("comment", asked.comment)?;
    let starts_at: Option<Timestamp> = read("starts_at", asked.starts_at)?;
    let is_open = is_open(kit, &known, session, starts_at).await?;
    let command = Command::AnswerInvitation { session, answer, comment, is_open };
    let done = kit.execute::<Subscription>(&context, id, command).await?;
    let subscription = pb::Subscription {
        subscription_id: id.to_string(),
        subscriber: Some(known.subscriber.to_wire()),
        ..Default::default()
    };
    Ok(Response::new(pb::AnswerInvitationByMailResponse {
        position: done.position,
        subscription: Some(subscription),
    }))
}

/// Whether the mail is from the address that the invitation was sent to: with it, its secret may have been passed on to others.
async fn is_theirs(
    kit: &Kit,
    subscriber: &Actor,
    asked: &pb::AnswerInvitationByMailRequest,
) -> Result<bool, CommandError> {
    let Some(given) = &asked.attendee_email else { return Ok(true) };
    let known = address_of(kit, subscriber).await?;
    Ok(known.is_some_and(|known| known.as_str().eq_ignore_ascii_case(given)))
}

/// Whether a session waits for the answer of the subscriber's department, at the time that is answered for.
async fn is_open(
    kit: &Kit,
    known: &Known,
    session: Uuid,
    starts_at: Option<Timestamp>,
) -> Result<bool, Status> {
    let state = kit.load::<Session>(session).await?;
    let Some(appointment) = state.filed().and_then(|filed| filed.appointment()) else { return Ok(false) };
    let is_invited = appointment
        .invitations
        .iter()
        .any(|invitation| known.subscriber.department.as_ref() == Some(&invitation.department));
    Ok(is_invited && starts_at.is_none_or(|starts_at| appointment.slot.starts_at == starts_at))
}
