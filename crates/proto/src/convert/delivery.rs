//! Delivery's values and events.

use crate::delivery::events::v1 as delivery;
use crate::delivery::v1 as api;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_events, wire_required, wire_struct};
use domain::delivery::calendar_feed::{self, CalendarFeed};
use domain::delivery::subscription::{
    DIGEST_HOUR_MAX, Event, EventId, MailLanguage, OffCause, Receiver, Subscription, Terms,
};
use domain::{Actor, Code, Line, Text};

wire_enum!(OffCause => delivery::OffCause { Request, ReceiverGone });
wire_struct!(Actor => delivery::Subscriber, api::Subscriber { subject, department_code: department, roles });
wire_enum!(MailLanguage => delivery::MailLanguage, api::MailLanguage { Chinese, English });

/// The fields of terms before one receiver is found in them.
struct TermsFields {
    name: Line,
    contexts: Vec<Line>,
    types: Vec<Line>,
    department: Option<Code>,
    body: Option<Code>,
    webhook_url: Option<Text>,
    mail_language: Option<MailLanguage>,
    digest_hour: Option<u32>,
}

impl TermsFields {
    fn terms(self) -> Result<Terms, Invalid> {
        let TermsFields { name, contexts, types, department, body, webhook_url, mail_language, digest_hour } =
            self;
        if digest_hour.is_some_and(|hour| hour > DIGEST_HOUR_MAX) {
            return Err(Invalid::field("digest_hour", "must be an hour, from 0 to 23"));
        }
        let receiver = match (webhook_url, mail_language) {
            (Some(_), None) if digest_hour.is_some() => {
                return Err(Invalid::field("digest_hour", "must be left out, as a digest is sent as mail"));
            }
            (Some(url), None) => Receiver::Webhook { url },
            (None, Some(language)) => Receiver::Mail { language, digest_hour },
            _ => {
                return Err(Invalid::field(
                    "webhook_url",
                    "must be set, or else a language for mail, and not both",
                ));
            }
        };
        Ok(Terms { name, contexts, types, department, body, receiver })
    }
}

macro_rules! wire_terms {
    ($($package:ident),+) => { $(
        impl Wire<$package::SubscriptionTerms> for Terms {
            fn to_wire(&self) -> $package::SubscriptionTerms {
                let (url, language) = match &self.receiver {
                    Receiver::Webhook { url } => (Some(url.to_wire()), None),
                    Receiver::Mail { language, .. } => (None, Some(language.to_wire())),
                };
                $package::SubscriptionTerms {
                    name: self.name.to_wire(),
                    contexts: self.contexts.to_wire(),
                    types: self.types.to_wire(),
                    department_code: self.department.to_wire(),
                    body_code: self.body.to_wire(),
                    webhook_url: url,
                    mail_language: language,
                    digest_hour: self.receiver.digest_hour(),
                }
            }

            fn from_wire(wire: $package::SubscriptionTerms) -> Result<Self, Invalid> {
                read_fields!(wire => TermsFields {
                    name, contexts, types, department_code: department, body_code: body, webhook_url, mail_language,
                    digest_hour
                })
                .and_then(TermsFields::terms)
            }
        }
        wire_required!(Terms => $package::SubscriptionTerms);
    )+ };
}
wire_terms!(delivery, api);

wire_events!(Subscription, Event => delivery {
    Defined => SubscriptionDefined { subscriber, terms, after_position },
    Changed => SubscriptionChanged { terms },
    SwitchedOff => SubscriptionSwitchedOff { cause },
    SwitchedOn => SubscriptionSwitchedOn {},
    Withdrawn => SubscriptionWithdrawn {},
    SecretRotated => SubscriptionSecretRotated { secret_number, overlaps_by },
    Replayed => SubscriptionReplayed { after_position },
    Resent => SubscriptionResent { event_position: position, event_number: number },
    DigestBegun => SubscriptionDigestBegun { digest_on, previous_on },
    Progressed => SubscriptionProgressed { delivered_position: position },
    GivenUp => SubscriptionDeliveryGivenUp {
        event_position: position, event_number: number, attempts, answer,
    },
});

wire_struct!(calendar_feed::Terms => delivery::CalendarFeedTerms, api::CalendarFeedTerms {
    name, department_code: department, body_code: body, language,
});

wire_events!(CalendarFeed, calendar_feed::Event => delivery {
    Created => CalendarFeedCreated { owner, terms, secret_sha256 },
    Revoked => CalendarFeedRevoked {},
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
