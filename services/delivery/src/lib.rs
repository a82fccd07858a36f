//! Delivery (送达): who is told of what has happened, and where.
//!
//! [`grpc`] carries commands on subscriptions to the journal, and answers queries. The [`switchboard`] keeps a [`line`] for
//! each subscription that is on, which reads the log and sends what its subscriber may see, signed with the
//! subscription's [`secret`], to an address that was checked ([`service_kit::outbound`]), or as a [`letter`] to the [`mailer`]'s server or to a [`robot`]. What is
//! on its way is in the [`outbox`]. A [`digest`] says each working day what waits. A [`calendar`] is what its owner may see now, written as iCalendar.

mod calendar;
mod digest;
mod entry;
mod grpc;
mod letter;
pub mod limits;
mod line;
mod mailer;
mod outbox;
mod robot;
mod secret;
mod sender;
mod switchboard;
mod views;

pub use grpc::Service;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use ed25519_dalek::SigningKey;
use mailer::Mailer;
use outbox::Outbox;
use proto::delivery::v1::delivery_service_server::DeliveryServiceServer;
use secret::ServiceKey;
use sender::Sender;
use service_kit::config::Mail;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::metrics::Waiting;
use service_kit::outbound::Connector;
use service_kit::{Kit, ViewStore};
use std::sync::Arc;
use switchboard::Switchboard;

/// The service's full name on the wire.
pub const NAME: &str = <DeliveryServiceServer<Service> as tonic::server::NamedService>::NAME;

/// How events are delivered.
pub struct Options {
    /// The key from which the secrets of subscriptions are derived.
    pub key: SigningKey,
    /// What connects to receivers.
    pub connector: Connector,
    /// How mail is sent.
    pub mail: Mail,
}

/// What lines deliver with. Cheap to clone.
#[derive(Clone)]
struct Delivering {
    kit: Kit,
    outbox: Outbox,
    sender: Sender,
    key: ServiceKey,
    /// None where the settings name no server.
    mailer: Option<Mailer>,
    /// The calendar in force while none is defined.
    default_calendar: Arc<WorkingCalendar>,
}

/// Keeps the service's view, delivers what happens until the kit stops, and returns its server. Must be called inside a
/// tokio runtime.
///
/// Until a calendar is defined, letters have the times of `time_zone`.
///
/// # Errors
/// The files of the service cannot be read.
pub fn build(kit: &Kit, time_zone: &str, options: Options) -> anyhow::Result<DeliveryServiceServer<Service>> {
    Ok(DeliveryServiceServer::new(start(kit, time_zone, options)?)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn start(kit: &Kit, time_zone: &str, options: Options) -> anyhow::Result<Service> {
    let Options { key, connector, mail } = options;
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let outbox = Outbox::open(kit)?;
    let delivering = Delivering {
        kit: kit.clone(),
        outbox,
        sender: Sender::new(connector),
        key: ServiceKey::new(&key),
        mailer: Mailer::new(&mail)?,
        default_calendar: Arc::new(default_calendar),
    };
    let view = ViewStore::spawn::<views::DeliveryView>(kit, vec![]).context("the view of delivery")?;
    drop(Waiting::nothing());
    kit.tasks().spawn(digest::run(delivering.clone(), view.clone()));
    kit.tasks().spawn(Switchboard::new(delivering.clone(), view.clone()).run());
    Ok(Service { delivering, view })
}

#[cfg(test)]
mod tests;
