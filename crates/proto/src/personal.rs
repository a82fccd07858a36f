//! Which fields of a payload are personal, as the option `huishang.api.v1.personal` marks them.

use crate::api::v1::PersonalData;
use crate::contract::descriptors;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The full name of the message in a record.
const PAYLOAD: &str = "huishang.log.v1.Payload";
/// The full name of a message that names the type of what it contains.
const ANY: &str = "google.protobuf.Any";

/// Whose a personal value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The person who issued the command.
    Author,
    /// The person of this name.
    Named,
    /// The person whose name is in the field of this number in the same message.
    NamedIn(u32),
}

/// What a field is, if it matters here.
#[derive(Debug)]
pub enum Content {
    /// A personal value.
    Personal {
        /// Whose it is.
        owner: Owner,
        /// Whether it is a secret that no reader of the log is shown.
        is_entrusted: bool,
        /// Whether it is a text, and not bytes.
        is_text: bool,
        /// The message and the number, which a sealed value is bound to.
        place: Vec<u8>,
    },
    /// A value that was sealed before, with a key that it names, and stays so.
    Sealed,
    /// A message with personal values somewhere in it.
    Message(usize),
    /// An event with its type.
    Event,
}

/// The fields of a message that matter here, by their numbers.
pub type Layout = Vec<(u32, Content)>;

/// The layouts of everything that a payload may contain.
pub struct Layouts {
    all: Vec<Layout>,
    by_name: HashMap<String, usize>,
}

impl Layouts {
    /// Those of the protos of this version.
    pub fn get() -> &'static Layouts {
        static LAYOUTS: LazyLock<Layouts> = LazyLock::new(Layouts::read);
        &LAYOUTS
    }

    fn read() -> Layouts {
        let mut layouts = Layouts { all: Vec::new(), by_name: HashMap::new() };
        for message in descriptors().all_messages() {
            if is_event_package(message.package_name()) || message.full_name() == PAYLOAD {
                layouts.add(&message);
            }
        }
        layouts
    }

    /// Adds a message and what it contains; returns its index. A layout without fields has nothing personal.
    fn add(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(&known) = self.by_name.get(message.full_name()) {
            return known;
        }
        let index = self.all.len();
        self.by_name.insert(message.full_name().to_owned(), index);
        self.all.push(Layout::new());
        let fields = message.fields().filter_map(|field| Some((field.number(), self.content(&field)?)));
        let layout = fields.collect();
        self.all[index] = layout;
        index
    }

    fn content(&mut self, field: &FieldDescriptor) -> Option<Content> {
        match field.kind() {
            Kind::Message(message) if message.full_name() == ANY => Some(Content::Event),
            Kind::Message(message) => {
                let index = self.add(&message);
                (!self.all[index].is_empty()).then_some(Content::Message(index))
            }
            _ if mark(field) == Some(PersonalData::SecretVote) => Some(Content::Sealed),
            kind => {
                let owner = owner(field)?;
                let place = format!("{}/{}", field.parent_message().full_name(), field.number());
                let is_text = matches!(kind, Kind::String);
                let is_entrusted = mark(field) == Some(PersonalData::Entrusted);
                Some(Content::Personal { owner, is_entrusted, is_text, place: place.into_bytes() })
            }
        }
    }

    /// The layout of a payload.
    pub fn payload(&self) -> &Layout {
        self.of_type(PAYLOAD).expect("the protos have the payload")
    }

    /// The layout of an event's type; none when this version does not know it.
    pub fn of_type(&self, name: &str) -> Option<&Layout> {
        self.by_name.get(name).map(|&index| &self.all[index])
    }

    /// The layout of a message in a field.
    pub fn at(&self, index: usize) -> &Layout {
        &self.all[index]
    }
}

/// Whether a package has what the log stores.
fn is_event_package(package: &str) -> bool {
    package.starts_with("huishang.") && package.contains(".events.")
}

/// The mark of a field in the protos.
fn mark(field: &FieldDescriptor) -> Option<PersonalData> {
    let option = descriptors().get_extension_by_name("huishang.api.v1.personal")?;
    let options = field.options();
    let number =
        options.has_extension(&option).then(|| options.get_extension(&option).as_enum_number())??;
    PersonalData::try_from(number).ok()
}

fn owner(field: &FieldDescriptor) -> Option<Owner> {
    match mark(field)? {
        PersonalData::Author | PersonalData::Entrusted => Some(Owner::Author),
        PersonalData::Named => Some(Owner::Named),
        PersonalData::OfCode => {
            let code = field.parent_message().get_field_by_name("code");
            Some(Owner::NamedIn(code.expect("the message has a code").number()))
        }
        PersonalData::Unspecified | PersonalData::None | PersonalData::SecretVote => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text and every bytes that the log stores says whose it is.
    #[test]
    fn no_stored_text_is_without_a_mark() {
        let mut unmarked = Vec::new();
        for message in descriptors().all_messages() {
            if !is_event_package(message.package_name()) && message.package_name() != "huishang.log.v1" {
                continue;
            }
            for field in message.fields() {
                let is_value = matches!(field.kind(), Kind::String | Kind::Bytes);
                let has_mark = mark(&field).is_some_and(|mark| mark != PersonalData::Unspecified);
                if is_value && !has_mark {
                    unmarked.push(field.full_name().to_owned());
                }
                assert!(is_value || !has_mark, "{}: only texts and bytes are sealed", field.full_name());
            }
        }
        assert!(
            unmarked.is_empty(),
            "mark with (huishang.api.v1.personal) about whom they are: {unmarked:#?}"
        );
    }

    #[test]
    fn a_member_and_who_acted_are_personal_and_a_department_is_not() {
        let layouts = Layouts::get();
        let owners = |name: &str| -> Vec<(u32, Owner)> {
            let fields = layouts.of_type(name).unwrap().iter();
            fields
                .filter_map(|(number, content)| match content {
                    Content::Personal { owner, .. } => Some((*number, *owner)),
                    _ => None,
                })
                .collect()
        };
        let member = vec![(1, Owner::Named), (2, Owner::NamedIn(1)), (4, Owner::NamedIn(1))];
        assert_eq!(owners("huishang.directory.events.v1.MemberProfile"), member);
        assert_eq!(owners("huishang.log.v1.Actor"), [(1, Owner::Named)]);
        assert!(layouts.of_type("huishang.directory.events.v1.DepartmentRegistered").unwrap().is_empty());
    }
}
