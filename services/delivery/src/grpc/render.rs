//! Subscriptions and deliveries as clients see them.

use crate::Delivering;
use crate::outbox::event_id;
use crate::views::off;
use domain::delivery::subscription::{Known, State};
use domain::{Actor, Uuid};
use proto::Wire as _;
use proto::delivery::v1 as pb;
use rusqlite::Row;
use service_kit::outbound::Target;
use service_kit::row::moment;

/// A subscription as its state is, for the issuer of a command; with its end, what it was for.
pub(super) fn subscription(
    delivering: &Delivering,
    id: Uuid,
    state: &State,
    actor: &Actor,
) -> Option<pb::Subscription> {
    match state {
        State::Absent => None,
        State::Defined(found) => Some(known(delivering, id, found, actor)),
        State::Withdrawn { subscriber } => Some(pb::Subscription {
            subscription_id: id.to_string(),
            subscriber: Some(subscriber.to_wire()),
            stage: pb::SubscriptionStage::Withdrawn.into(),
            ..Default::default()
        }),
    }
}

/// A subscription that has not ended.
pub(super) fn known(delivering: &Delivering, id: Uuid, known: &Known, actor: &Actor) -> pb::Subscription {
    let subscription = pb::Subscription {
        subscription_id: id.to_string(),
        subscriber: Some(known.subscriber.to_wire()),
        terms: Some(known.terms.to_wire()),
        stage: known.off.map_or(pb::SubscriptionStage::On, off).into(),
        secret_number: known.secret_number,
        overlaps_by: known.overlaps_by.to_wire(),
        delivered_position: known.position,
        given_up: known.given_up,
        public_key: String::new(),
        digest_on: known.digest_on.to_wire(),
    };
    completed(delivering, subscription, actor)
}

/// The same with what follows from the service's key, and without what only its subscriber sees.
pub(super) fn completed(
    delivering: &Delivering,
    mut subscription: pb::Subscription,
    actor: &Actor,
) -> pb::Subscription {
    if let Ok(id) = Uuid::try_parse(&subscription.subscription_id) {
        subscription.public_key = delivering.key.secret(id, subscription.secret_number).public();
    }
    let is_own =
        subscription.subscriber.as_ref().is_some_and(|subscriber| subscriber.subject == actor.subject);
    let terms = subscription.terms.as_mut().filter(|_| !is_own);
    let urls = terms.map(|terms| [terms.webhook_url.as_mut(), terms.robot_url.as_mut()]);
    for url in urls.into_iter().flatten().flatten() {
        let target = Target::parse(url, delivering.sender.policy());
        *url = target.map(|target| target.origin()).unwrap_or_default();
    }
    subscription
}

/// The delivery of a row.
pub(super) fn delivery(row: &Row<'_>) -> rusqlite::Result<pb::Delivery> {
    let at = |column: &str| row.get::<_, Option<i64>>(column);
    Ok(pb::Delivery {
        event_id: event_id(row)?.to_wire(),
        r#type: row.get("type")?,
        subject: row.get("subject")?,
        stage: row.get("stage")?,
        attempts: row.get("attempts")?,
        tried_at: at("tried_at")?.and_then(moment),
        next_at: at("next_at")?.and_then(moment),
        status: row.get("status")?,
        answer: row.get("answer")?,
    })
}
