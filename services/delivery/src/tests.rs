//! The service on a journal of its own, called as the server calls it.

use crate::{Options, Service};
use domain::Role;
use ed25519_dalek::SigningKey;
use proto::delivery::v1 as pb;
use proto::delivery::v1::delivery_service_server::DeliveryService as _;
use service_kit::outbound::{Connector, Policy};
use workbench::{Workbench, by, faulty_fields, id, refusal};

mod contract;
mod rows;

/// A service on a workbench. What it has to send leads nowhere: nothing may be sent to where it would go.
struct Fixture {
    service: Service,
    _bench: Workbench,
}

impl Fixture {
    async fn new() -> Fixture {
        let bench = Workbench::default();
        let options = Options {
            key: SigningKey::from_bytes(&[7; 32]),
            connector: Connector::new(Policy::default(), None).unwrap(),
            mail: service_kit::config::Mail::default(),
        };
        Fixture { service: crate::start(&bench.kit, "Asia/Shanghai", options).unwrap(), _bench: bench }
    }

    async fn define(&self, word: &str, role: Role) -> pb::DefineSubscriptionResponse {
        self.service.define_subscription(by(define(word), "WATER", role)).await.unwrap().into_inner()
    }
}

/// Subscribes; its id is derived from a word.
fn define(word: &str) -> pb::DefineSubscriptionRequest {
    let terms = pb::SubscriptionTerms {
        name: word.to_owned(),
        webhook_url: Some("https://receiver.invalid/hook".into()),
        ..Default::default()
    };
    pb::DefineSubscriptionRequest { command_id: id(word), terms: Some(terms), ..Default::default() }
}
