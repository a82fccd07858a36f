//! How a decision becomes a record's payload, and is read back.

use crate::log::v1 as log;
use crate::{Invalid, Wire};
use domain::{Actor, Aggregate, Code, Role, Timestamp, Uuid};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage as _};

/// How the events of an aggregate are stored.
pub trait EventCodec: Aggregate {
    /// The full protobuf names of its stored events.
    const TYPES: &'static [&'static str];
    /// Writes an event.
    fn encode(event: &Self::Event) -> prost_types::Any;
    /// Reads an event of the named type; `None` when the type is not one of this aggregate's, such as one
    /// that only a later version knows.
    fn decode(kind: &str, bytes: &[u8]) -> Result<Option<Self::Event>, Invalid>;
}

const TYPE_URL_PREFIX: &str = "type.googleapis.com/";

/// Packs a message under its full name.
pub fn any(kind: &str, message: &impl Message) -> prost_types::Any {
    prost_types::Any { type_url: format!("{TYPE_URL_PREFIX}{kind}"), value: message.encode_to_vec() }
}

/// The full protobuf name in a packed message.
pub fn kind_of(any: &prost_types::Any) -> &str {
    any.type_url.rsplit('/').next().unwrap_or_default()
}

/// The name of the message that is a topic itself.
const SESSION_TOPIC: &str = "SessionTopic";

/// The number of the topic that a stored event is about, itself or by what is in it; none if it is about no topic, or is
/// of a kind that is not known here.
pub fn topic_number(event: &prost_types::Any) -> Option<u32> {
    let kind = crate::contract::descriptors().get_message_by_name(kind_of(event))?;
    let event = DynamicMessage::decode(kind, event.value.as_slice()).ok()?;
    let of = |message: &DynamicMessage| {
        let is_topic = message.descriptor().name() == SESSION_TOPIC;
        message.get_field_by_name(if is_topic { "number" } else { "topic_number" })?.as_u32()
    };
    of(&event).or_else(|| event.fields().find_map(|(_, value)| of(value.as_message()?)))
}

/// The full name of an event that is for one department.
const SEAT_REMINDED: &str = "huishang.deliberation.events.v1.SeatReminded";
/// The full name of one that says how many departments there were, and is for none of them.
const REMINDERS_SENT: &str = "huishang.deliberation.events.v1.RemindersSent";
const INVITATION_REMINDED: &str = "huishang.scheduling.events.v1.SessionInvitationReminded";
const POLL_REMINDED: &str = "huishang.scheduling.events.v1.PollReminded";

/// Whether an event of this kind is for one department or for none, and not for all whom its stream concerns.
pub fn is_addressed(kind: &str) -> bool {
    [SEAT_REMINDED, REMINDERS_SENT, INVITATION_REMINDED, POLL_REMINDED].contains(&kind)
}

/// The department that a stored event is for, if it is for one.
pub fn addressee(event: &prost_types::Any) -> Option<Code> {
    let bytes = event.value.as_slice();
    let code = match kind_of(event) {
        SEAT_REMINDED => crate::deliberation::events::v1::SeatReminded::decode(bytes).ok()?.department_code,
        INVITATION_REMINDED => {
            crate::scheduling::events::v1::SessionInvitationReminded::decode(bytes).ok()?.department_code
        }
        POLL_REMINDED => crate::scheduling::events::v1::PollReminded::decode(bytes).ok()?.department_code,
        _ => return None,
    };
    Code::from_wire(code).ok()
}

/// The full name of what a command that changed nothing leaves in the log.
const COMMAND_NOTED: &str = "huishang.log.v1.CommandNoted";

/// What a command that changed nothing leaves in the log, instead of events.
pub fn command_noted() -> prost_types::Any {
    any(COMMAND_NOTED, &log::CommandNoted {})
}

/// The full name of what takes the place of a message that is no record.
const MESSAGE_PASSED_OVER: &str = "huishang.log.v1.MessagePassedOver";

/// What takes the place of a message that is no record, instead of events.
pub fn message_passed_over(message: &log::MessagePassedOver) -> prost_types::Any {
    any(MESSAGE_PASSED_OVER, message)
}

/// Whether this is no event, but notes that a command changed nothing, or that a message was passed over.
pub fn changes_nothing(event: &prost_types::Any) -> bool {
    [COMMAND_NOTED, MESSAGE_PASSED_OVER].contains(&kind_of(event))
}

/// The circumstances of a decision, shared by all records of its command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The command's id.
    pub command_id: Uuid,
    /// SHA-256 of the command.
    pub command_digest: Vec<u8>,
    /// When it was decided.
    pub time: Timestamp,
    /// Who issued it.
    pub actor: Actor,
    /// The person whose command began the chain, if a process issued this one.
    pub on_behalf_of: Option<String>,
    /// The command whose event caused this one.
    pub causation_id: Option<Uuid>,
    /// The first command of the chain.
    pub correlation_id: Uuid,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Which record of its command this is, from 1.
    pub part: u32,
    /// How many records the command has.
    pub parts: u32,
}

impl Envelope {
    /// The person who issued the command, or began the chain that it belongs to; none if a process began that.
    pub fn author(&self) -> Option<&str> {
        match self.actor.is_process() {
            true => self.on_behalf_of.as_deref(),
            false => Some(&self.actor.subject),
        }
    }
}

impl Wire<String> for Role {
    fn to_wire(&self) -> String {
        self.as_str().to_owned()
    }
    fn from_wire(wire: String) -> Result<Self, Invalid> {
        Role::parse(&wire).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
            Invalid::value(format!("must be one of {}", known.join(", ")))
        })
    }
}

impl Wire<log::Actor> for Actor {
    fn to_wire(&self) -> log::Actor {
        log::Actor {
            subject: self.subject.clone(),
            department_code: self.department.as_ref().map(Code::to_string).unwrap_or_default(),
            roles: self.roles.to_wire(),
        }
    }
    fn from_wire(wire: log::Actor) -> Result<Self, Invalid> {
        let department = match wire.department_code.as_str() {
            "" => None,
            code => Some(Code::from_wire(code.to_owned()).map_err(|fault| fault.within("department_code"))?),
        };
        // A role that only a later version knows means nothing to this one, and must not make the record
        // unreadable.
        let roles = wire.roles.iter().filter_map(|name| Role::parse(name)).collect();
        Ok(Actor { subject: wire.subject, department, roles })
    }
}
crate::wire_required!(Actor => log::Actor);

impl Wire<log::Envelope> for Envelope {
    fn to_wire(&self) -> log::Envelope {
        log::Envelope {
            command_id: self.command_id.to_string(),
            command_digest: self.command_digest.clone(),
            decided_at: self.time.to_wire(),
            actor: self.actor.to_wire(),
            causation_id: self.causation_id.map(|id| id.to_string()).unwrap_or_default(),
            correlation_id: self.correlation_id.to_string(),
            traceparent: self.traceparent.clone().unwrap_or_default(),
            part: self.part,
            parts: self.parts,
            on_behalf_of: self.on_behalf_of.clone().unwrap_or_default(),
        }
    }
    fn from_wire(wire: log::Envelope) -> Result<Self, Invalid> {
        let present = |text: String| (!text.is_empty()).then_some(text);
        Ok(Envelope {
            command_id: Uuid::from_wire(wire.command_id)?,
            command_digest: wire.command_digest,
            time: Wire::from_wire(wire.decided_at)?,
            actor: Wire::from_wire(wire.actor)?,
            on_behalf_of: present(wire.on_behalf_of),
            causation_id: present(wire.causation_id).map(Uuid::from_wire).transpose()?,
            correlation_id: Uuid::from_wire(wire.correlation_id)?,
            traceparent: present(wire.traceparent),
            part: wire.part,
            parts: wire.parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_known_by_the_name_of_its_message() {
        let pool = crate::contract::descriptors();
        for name in [COMMAND_NOTED, MESSAGE_PASSED_OVER] {
            assert!(pool.get_message_by_name(name).is_some());
        }
        assert!(changes_nothing(&command_noted()));
        assert_eq!(command_noted().value, b"");
    }

    #[test]
    fn a_role_from_the_future_does_not_hide_who_decided() {
        let roles = vec!["clerk".to_owned(), "ombudsman-general".to_owned()];
        let wire = log::Actor { subject: "chen".into(), department_code: String::new(), roles };
        let actor = Actor::from_wire(wire).unwrap();
        assert_eq!((actor.subject.as_str(), actor.roles), ("chen", vec![Role::Clerk]));
    }
}
