//! Commands on subscriptions.

use super::render::subscription;
use super::{Reply, Service};
use crate::views;
use domain::Aggregate as _;
use domain::delivery::subscription::{Command, OffCause, Receiver, Subscription, Terms};
use event_feed::Wanted;
use proto::Invalid;
use proto::delivery::v1 as pb;
use service_kit::outbound::Target;
use service_kit::serve::read;
use tonic::{Request, Response, Status};

pub(super) async fn define(
    service: &Service,
    request: Request<pb::DefineSubscriptionRequest>,
) -> Reply<pb::DefineSubscriptionResponse> {
    let kit = &service.delivering.kit;
    let (context, request) = kit.receive(request)?;
    let terms = terms(service, request.terms)?;
    let after_position = match request.after_position {
        // A position that no record has is refused.
        Some(position) => service.view.wait_until_caught_up(position).await.map(|_| position)?,
        None => *kit.journal().committed().borrow(),
    };
    let scope = kit.scope_of(&context.actor).await?;
    let (others, _) = service.view.query(scope, 0, views::count_of(&context.actor.subject)).await?;
    let id = context.new_id(Subscription::CATEGORY);
    let define = Command::Define { terms, after_position, others };
    let done = kit.execute::<Subscription>(&context, id, define).await?;
    let shown = subscription(&service.delivering, id, done.state(), &context.actor);
    let secret = secret(service, id, done.position, shown.as_ref());
    Ok(Response::new(pb::DefineSubscriptionResponse { position: done.position, subscription: shown, secret }))
}

/// The newest secret of what was carried out; nothing when it was only validated.
fn secret(
    service: &Service,
    id: domain::Uuid,
    position: u64,
    subscription: Option<&pb::Subscription>,
) -> String {
    let number = subscription.map(|subscription| subscription.secret_number).filter(|_| position > 0);
    number.map(|number| service.delivering.key.secret(id, number).shared()).unwrap_or_default()
}

/// What a subscription is to say, with contexts and types that exist and a URL that is accepted.
fn terms(service: &Service, terms: Option<pb::SubscriptionTerms>) -> Result<Terms, Status> {
    if let Some(terms) = &terms {
        Wanted::check(&terms.contexts, &terms.types).map_err(|fault| fault.within("terms"))?;
    }
    let terms: Terms = read("terms", terms)?;
    let (field, url) = match &terms.receiver {
        Receiver::Webhook { url } => ("terms.webhook_url", url),
        Receiver::Robot { robot, .. } => ("terms.robot_url", &robot.url),
        Receiver::Mail { .. } => return Ok(terms),
    };
    match Target::parse(url.as_str(), service.delivering.sender.policy()) {
        Ok(_) => Ok(terms),
        Err(fault) => Err(Invalid::field(field, fault.to_string()).into()),
    }
}

pub(super) async fn change(
    service: &Service,
    request: Request<pb::ChangeSubscriptionRequest>,
) -> Reply<pb::ChangeSubscriptionResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let terms = terms(service, request.terms)?;
    let (id, done) = service.execute(&context, request.subscription_id, Command::Change(terms)).await?;
    let subscription = subscription(&service.delivering, id, done.state(), &context.actor);
    Ok(Response::new(pb::ChangeSubscriptionResponse { position: done.position, subscription }))
}

pub(super) async fn switch_off(
    service: &Service,
    request: Request<pb::SwitchOffSubscriptionRequest>,
) -> Reply<pb::SwitchOffSubscriptionResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let switch_off = Command::SwitchOff { cause: OffCause::Request };
    let (id, done) = service.execute(&context, request.subscription_id, switch_off).await?;
    let subscription = subscription(&service.delivering, id, done.state(), &context.actor);
    Ok(Response::new(pb::SwitchOffSubscriptionResponse { position: done.position, subscription }))
}

pub(super) async fn switch_on(
    service: &Service,
    request: Request<pb::SwitchOnSubscriptionRequest>,
) -> Reply<pb::SwitchOnSubscriptionResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let (id, done) = service.execute(&context, request.subscription_id, Command::SwitchOn).await?;
    let subscription = subscription(&service.delivering, id, done.state(), &context.actor);
    Ok(Response::new(pb::SwitchOnSubscriptionResponse { position: done.position, subscription }))
}

pub(super) async fn withdraw(
    service: &Service,
    request: Request<pb::WithdrawSubscriptionRequest>,
) -> Reply<pb::WithdrawSubscriptionResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let (id, done) = service.execute(&context, request.subscription_id, Command::Withdraw).await?;
    let subscription = subscription(&service.delivering, id, done.state(), &context.actor);
    Ok(Response::new(pb::WithdrawSubscriptionResponse { position: done.position, subscription }))
}

pub(super) async fn rotate_secret(
    service: &Service,
    request: Request<pb::RotateSubscriptionSecretRequest>,
) -> Reply<pb::RotateSubscriptionSecretResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let (id, done) = service.execute(&context, request.subscription_id, Command::RotateSecret).await?;
    let shown = subscription(&service.delivering, id, done.state(), &context.actor);
    let secret = secret(service, id, done.position, shown.as_ref());
    Ok(Response::new(pb::RotateSubscriptionSecretResponse {
        position: done.position,
        subscription: shown,
        secret,
    }))
}
