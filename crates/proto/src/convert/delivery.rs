//! Delivery's values and events.

use crate::delivery::events::v1 as delivery;
use crate::delivery::v1 as api;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_events, wire_required, wire_struct};
use domain::delivery::calendar_feed::{self, CalendarFeed};
use domain::delivery::subscription::{
    DIGEST_HOUR_MAX, Event, EventId, MailAnswer, MailLanguage, OffCause, Receiver, Robot, RobotKind,
    Subscription, Terms,
};
use domain::{Actor, Code, Line, Text};

wire_enum!(OffCause => delivery::OffCause { Request, ReceiverGone });
wire_struct!(Actor => delivery::Subscriber, api::Subscriber { subject, department_code: department, roles });
wire_enum!(MailLanguage => delivery::MailLanguage, api::MailLanguage { Chinese, English });

wire_enum!(MailAnswer => delivery::MailAnswer, api::MailAnswer { Accept, Tentative, Decline });
wire_enum!(RobotKind => delivery::RobotKind, api::RobotKind { Wecom, Dingtalk, Feishu });

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
    robot: Option<RobotKind>,
    robot_url: Option<Text>,
    robot_secret: Option<Text>,
    robot_language: Option<MailLanguage>,
}

impl TermsFields {
    fn terms(self) -> Result<Terms, Invalid> {
        let receiver = self.receiver()?;
        let TermsFields { name, contexts, types, department, body, .. } = self;
        Ok(Terms { name, contexts, types, department, body, receiver })
    }

    fn receiver(&self) -> Result<Receiver, Invalid> {
        let digest_hour = self.digest_hour;
        if digest_hour.is_some_and(|hour| hour > DIGEST_HOUR_MAX) {
            return Err(Invalid::field("digest_hour", "must be an hour, from 0 to 23"));
        }
        match (&self.webhook_url, self.mail_language, self.robot()?) {
            (Some(_), None, None) if digest_hour.is_some() => {
                Err(Invalid::field("digest_hour", "must be left out, as a webhook gets each event"))
            }
            (Some(url), None, None) => Ok(Receiver::Webhook { url: url.clone() }),
            (None, Some(language), None) => Ok(Receiver::Mail { language, digest_hour }),
            (None, None, Some(robot)) => Ok(Receiver::Robot { robot, digest_hour }),
            _ => Err(Invalid::field(
                "webhook_url",
                "must be set, or else a language for mail, or a robot, and only one of them",
            )),
        }
    }

    fn robot(&self) -> Result<Option<Robot>, Invalid> {
        let parts = (self.robot, &self.robot_url, self.robot_language);
        let (Some(kind), Some(url), Some(language)) = parts else {
            return match parts {
                (None, None, None) if self.robot_secret.is_none() => Ok(None),
                _ => Err(Invalid::field("robot", "must be set with its URL and its language")),
            };
        };
        if kind == RobotKind::Wecom && self.robot_secret.is_some() {
            return Err(Invalid::field("robot_secret", "must be left out, as robots of WeCom check none"));
        }
        let (url, secret) = (url.clone(), self.robot_secret.clone());
        Ok(Some(Robot { kind, url, secret, language }))
    }
}

/// Whether messages of a package have the secrets of robots: the API never returns one.
macro_rules! secret_in {
    (delivery, $robot:expr) => {
        $robot.and_then(|robot| robot.secret.to_wire())
    };
    (api, $robot:expr) => {
        None
    };
}

macro_rules! wire_terms {
    ($($package:ident),+) => { $(
        impl Wire<$package::SubscriptionTerms> for Terms {
            fn to_wire(&self) -> $package::SubscriptionTerms {
                let robot = self.receiver.robot();
                let mail_language = match &self.receiver {
                    Receiver::Mail { language, .. } => Some(language.to_wire()),
                    Receiver::Webhook { .. } | Receiver::Robot { .. } => None,
                };
                $package::SubscriptionTerms {
                    name: self.name.to_wire(),
                    contexts: self.contexts.to_wire(),
                    types: self.types.to_wire(),
                    department_code: self.department.to_wire(),
                    body_code: self.body.to_wire(),
                    webhook_url: self.receiver.webhook_url().map(Wire::to_wire),
                    mail_language,
                    digest_hour: self.receiver.digest_hour(),
                    robot: robot.map(|robot| robot.kind.to_wire()),
                    robot_url: robot.map(|robot| robot.url.to_wire()),
                    robot_secret: secret_in!($package, robot),
                    robot_language: robot.map(|robot| robot.language.to_wire()),
                }
            }

            fn from_wire(wire: $package::SubscriptionTerms) -> Result<Self, Invalid> {
                read_fields!(wire => TermsFields {
                    name, contexts, types, department_code: department, body_code: body, webhook_url, mail_language,
                    digest_hour, robot, robot_url, robot_secret, robot_language
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
    InvitationAnswered => SubscriptionInvitationAnswered { session_id: session, answer, comment },
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
