//! Delivery's values and events.

use crate::delivery::events::v1 as delivery;
use crate::delivery::v1 as api;
use crate::{Invalid, Wire, wire_enum, wire_events, wire_struct};
use domain::Actor;
use domain::delivery::subscription::{Event, EventId, OffCause, Subscription, Terms};

wire_enum!(OffCause => delivery::OffCause { Request, ReceiverGone });
wire_struct!(Actor => delivery::Subscriber, api::Subscriber { subject, department_code: department, roles });
wire_struct!(Terms => delivery::SubscriptionTerms, api::SubscriptionTerms {
    name,
    contexts,
    types,
    department_code: department,
    body_code: body,
    webhook_url,
});

wire_events!(Subscription, Event => delivery {
    Defined => SubscriptionDefined { subscriber, terms, after_position },
    Changed => SubscriptionChanged { terms },
    SwitchedOff => SubscriptionSwitchedOff { cause },
    SwitchedOn => SubscriptionSwitchedOn {},
    Withdrawn => SubscriptionWithdrawn {},
    SecretRotated => SubscriptionSecretRotated { secret_number, overlaps_by },
    Replayed => SubscriptionReplayed { after_position },
    Resent => SubscriptionResent { event_position: position, event_number: number },
    Progressed => SubscriptionProgressed { delivered_position: position },
    GivenUp => SubscriptionDeliveryGivenUp {
        event_position: position, event_number: number, attempts, answer,
    },
});

/// As the feed of events writes it: the position of the record and the number in it.
impl Wire<String> for EventId {
    fn to_wire(&self) -> String {
        format!("{}/{}", self.position, self.number)
    }
    fn from_wire(wire: String) -> Result<Self, Invalid> {
        let read = |(position, number): (&str, &str)| {
            let event = EventId { position: position.parse().ok()?, number: number.parse().ok()? };
            (event.position > 0 && event.number > 0).then_some(event)
        };
        wire.split_once('/').and_then(read).ok_or_else(|| {
            Invalid::value(
                "must be the id of an event: the position of its record and its number, such as \"42/1\"",
            )
        })
    }
}

#[cfg(test)]
pub(super) mod samples;
