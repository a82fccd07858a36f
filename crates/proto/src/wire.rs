//! How a domain value becomes a wire value and comes back.
//!
//! Field names are equal on both sides, so a translation is a list of names. Coming in, every field
//! is checked and every fault is reported, each under its path.

use domain::calendar::Zone;
use domain::scheduling::cost::Currency;
use domain::{Code, Date, Line, Text, Timestamp, Uuid};

/// One field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `topics[2].title`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub description: String,
}

/// Everything that was wrong with one message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Invalid {
    /// The faults, in the order of the fields.
    pub violations: Vec<Violation>,
}

impl Invalid {
    /// A single fault in the value itself; the caller adds the path with [`Invalid::within`].
    pub fn value(description: impl Into<String>) -> Invalid {
        Invalid { violations: vec![Violation { field: String::new(), description: description.into() }] }
    }

    /// A single fault in a named field.
    pub fn field(field: &str, description: impl Into<String>) -> Invalid {
        Invalid::value(description).within(field)
    }

    /// The same faults, one level further out.
    pub fn within(mut self, outer: &str) -> Invalid {
        for violation in &mut self.violations {
            violation.field = match violation.field.as_str() {
                "" => outer.to_owned(),
                inner if inner.starts_with('[') => format!("{outer}{inner}"),
                inner => format!("{outer}.{inner}"),
            };
        }
        self
    }

    fn sentence(&self) -> String {
        let faults: Vec<String> = self
            .violations
            .iter()
            .map(|v| {
                if v.field.is_empty() {
                    v.description.clone()
                } else {
                    format!("{} {}", v.field, v.description)
                }
            })
            .collect();
        faults.join("; ")
    }
}

impl From<Invalid> for tonic::Status {
    fn from(invalid: Invalid) -> Self {
        let message = invalid.to_string();
        let mut details = tonic_types::ErrorDetails::with_error_info(
            "INVALID_REQUEST",
            "huishang.api.v1",
            std::collections::HashMap::<String, String>::new(),
        );
        for violation in invalid.violations {
            details.add_bad_request_violation(violation.field, violation.description);
        }
        <tonic::Status as tonic_types::StatusExt>::with_error_details(
            tonic::Code::InvalidArgument,
            message,
            details,
        )
    }
}

/// A value with a wire form.
pub trait Wire<W>: Sized {
    /// The wire form.
    fn to_wire(&self) -> W;
    /// Reads the wire form, or says what is wrong with it.
    fn from_wire(wire: W) -> Result<Self, Invalid>;
}

/// Reads one field and notes its faults under its name; used by the macros.
pub fn read_field<T: Wire<W>, W>(name: &str, wire: W, faults: &mut Vec<Violation>) -> Option<T> {
    match T::from_wire(wire) {
        Ok(value) => Some(value),
        Err(invalid) => {
            faults.extend(invalid.within(name).violations);
            None
        }
    }
}

macro_rules! wire_as_is {
    ($($type:ty),+) => { $(
        impl Wire<$type> for $type {
            fn to_wire(&self) -> $type { self.clone() }
            fn from_wire(wire: $type) -> Result<Self, Invalid> { Ok(wire) }
        }
    )+ };
}
wire_as_is!(bool, u32, u64, i64, f64, String, Vec<u8>);

macro_rules! wire_text {
    ($($type:ty),+) => { $(
        impl Wire<String> for $type {
            fn to_wire(&self) -> String { self.as_str().to_owned() }
            fn from_wire(wire: String) -> Result<Self, Invalid> {
                <$type>::parse(&wire).map_err(|fault| Invalid::value(fault.to_string()))
            }
        }
    )+ };
}
wire_text!(Code, Line, Text, Currency);

impl Wire<String> for Uuid {
    fn to_wire(&self) -> String {
        self.to_string()
    }
    fn from_wire(wire: String) -> Result<Self, Invalid> {
        Uuid::try_parse(&wire)
            .map_err(|_| Invalid::value("must be a UUID such as 018f3c1e-7a3b-7c11-9d42-5b1f0c6a2e90"))
    }
}

impl Wire<String> for Date {
    fn to_wire(&self) -> String {
        self.to_string()
    }
    fn from_wire(wire: String) -> Result<Self, Invalid> {
        domain::date::parse(&wire).map_err(|fault| Invalid::value(fault.to_string()))
    }
}

impl Wire<String> for Zone {
    fn to_wire(&self) -> String {
        self.name().to_owned()
    }
    fn from_wire(wire: String) -> Result<Self, Invalid> {
        Zone::named(&wire).map_err(|fault| Invalid::value(fault.to_string()))
    }
}

impl Wire<prost_types::Timestamp> for Timestamp {
    fn to_wire(&self) -> prost_types::Timestamp {
        prost_types::Timestamp { seconds: self.as_second(), nanos: self.subsec_nanosecond() }
    }
    fn from_wire(wire: prost_types::Timestamp) -> Result<Self, Invalid> {
        Timestamp::new(wire.seconds, wire.nanos)
            .map_err(|_| Invalid::value("must be a moment between the years 1 and 9999"))
    }
}

impl Wire<Option<prost_types::Timestamp>> for Timestamp {
    fn to_wire(&self) -> Option<prost_types::Timestamp> {
        Some(self.to_wire())
    }
    fn from_wire(wire: Option<prost_types::Timestamp>) -> Result<Self, Invalid> {
        wire.ok_or_else(missing).and_then(Timestamp::from_wire)
    }
}

impl<T: Wire<W>, W> Wire<Option<W>> for Option<T> {
    fn to_wire(&self) -> Option<W> {
        self.as_ref().map(T::to_wire)
    }
    fn from_wire(wire: Option<W>) -> Result<Self, Invalid> {
        wire.map(T::from_wire).transpose()
    }
}

/// Where unset and false differ, it has to be said.
impl Wire<Option<bool>> for bool {
    fn to_wire(&self) -> Option<bool> {
        Some(*self)
    }
    fn from_wire(wire: Option<bool>) -> Result<Self, Invalid> {
        wire.ok_or_else(|| Invalid::value("is missing; say true or false"))
    }
}

impl<T: Wire<W>, W> Wire<Vec<W>> for Vec<T> {
    fn to_wire(&self) -> Vec<W> {
        self.iter().map(T::to_wire).collect()
    }
    fn from_wire(wire: Vec<W>) -> Result<Self, Invalid> {
        let mut faults = Vec::new();
        let values = wire
            .into_iter()
            .enumerate()
            .filter_map(|(at, item)| read_field(&format!("[{at}]"), item, &mut faults))
            .collect();
        if faults.is_empty() { Ok(values) } else { Err(Invalid { violations: faults }) }
    }
}

/// The fault of a message field that is not there.
pub fn missing() -> Invalid {
    Invalid::value("is missing")
}

/// Turns a list of fields, `name` or `name: field`, into pairs `(name field)` and hands them to another macro
/// of this file; what follows a `;` goes along. Used by the macros below.
#[macro_export]
macro_rules! field_pairs {
    ($next:ident $context:tt $pairs:tt) => { $crate::$next! { $context $pairs [] } };
    ($next:ident $context:tt $pairs:tt ; $($given:ident),+ $(,)?) => {
        $crate::$next! { $context $pairs [$($given)+] }
    };
    ($next:ident $context:tt [$($pairs:tt)*] $name:ident: $field:ident $(; $($given:tt)+)?) => {
        $crate::field_pairs! { $next $context [$($pairs)* ($name $field)] $(; $($given)+)? }
    };
    ($next:ident $context:tt [$($pairs:tt)*] $name:ident: $field:ident, $($rest:tt)*) => {
        $crate::field_pairs! { $next $context [$($pairs)* ($name $field)] $($rest)* }
    };
    ($next:ident $context:tt [$($pairs:tt)*] $name:ident $(; $($given:tt)+)?) => {
        $crate::field_pairs! { $next $context [$($pairs)* ($name $name)] $(; $($given)+)? }
    };
    ($next:ident $context:tt [$($pairs:tt)*] $name:ident, $($rest:tt)*) => {
        $crate::field_pairs! { $next $context [$($pairs)* ($name $name)] $($rest)* }
    };
}

/// Translates a struct field by field, to one message or to several with the same fields:
/// `wire_struct!(docket::Vote => stored::Vote, api::Vote { department_code: department, choice })`.
///
/// The wire's name stands first; where the struct has the same name, one is enough. Every field of both sides
/// must be named; a forgotten one does not compile.
#[macro_export]
macro_rules! wire_struct {
    ($type:path => $wire:path $(, $more:path)* { $($fields:tt)* }) => {
        $crate::field_pairs!(wire_struct_pairs ($type, $wire) [] $($fields)*);
        $crate::wire_struct!(@ $type => $($more),* { $($fields)* });
    };
    (@ $type:path => { $($fields:tt)* }) => {};
    (@ $($rest:tt)+) => { $crate::wire_struct!($($rest)+); };
}

/// One message of [`wire_struct!`].
#[macro_export]
macro_rules! wire_struct_pairs {
    (($type:path, $wire:path) [$(($name:ident $field:ident))*] []) => {
        impl $crate::Wire<$wire> for $type {
            fn to_wire(&self) -> $wire {
                use $wire as There;
                There { $($name: $crate::Wire::to_wire(&self.$field)),* }
            }
            fn from_wire(wire: $wire) -> Result<Self, $crate::Invalid> {
                $crate::read_fields!(wire => Self { $($name: $field),* })
            }
        }
        $crate::wire_required!($type => $wire);
    };
}

/// Lets a type with a message form stand where the message is required: prost makes it an `Option`.
#[macro_export]
macro_rules! wire_required {
    ($type:path => $wire:path) => {
        impl $crate::Wire<Option<$wire>> for $type {
            fn to_wire(&self) -> Option<$wire> {
                Some($crate::Wire::<$wire>::to_wire(self))
            }
            fn from_wire(wire: Option<$wire>) -> Result<Self, $crate::Invalid> {
                wire.ok_or_else($crate::wire::missing).and_then(<$type as $crate::Wire<$wire>>::from_wire)
            }
        }
    };
}

/// Reads named fields of a wire message into a struct or an enum's case, collecting every fault under the
/// wire's name: `read_fields!(request => Command::Merge { into_session_id: into, reason })`. Fields after `;`
/// are taken from variables of the same name and not from the message.
#[macro_export]
macro_rules! read_fields {
    ($wire:expr => $($target:ident)::+ { $($fields:tt)* }) => {
        $crate::field_pairs!(read_field_pairs ($wire => $($target)::+) [] $($fields)*)
    };
}

/// The rest of [`read_fields!`].
#[macro_export]
macro_rules! read_field_pairs {
    (($wire:expr => $($target:ident)::+) [$(($name:ident $field:ident))*] [$($given:ident)*]) => {{
        let (wire, mut faults) = ($wire, Vec::<$crate::Violation>::new());
        // A message without fields reads neither.
        let _ = (&wire, &mut faults);
        $( let $field = $crate::wire::read_field(stringify!($name), wire.$name, &mut faults); )*
        match ($($field,)*) {
            ($(Some($field),)*) if faults.is_empty() => Ok($($target)::+ { $($field,)* $($given,)* }),
            _ => Err($crate::Invalid { violations: faults }),
        }
    }};
}

/// Translates an enum without fields: `wire_enum!(Kind => stored::DepartmentKind { Agency, NonProfit })`.
///
/// On the wire an enum is its number, so an enum that is declared in several packages has one translation:
/// `wire_enum!(Kind => stored::DepartmentKind, api::DepartmentKind { … })` does not compile when the numbers
/// differ.
#[macro_export]
macro_rules! wire_enum {
    ($type:path => $wire:path $(, $same:path)* { $($case:ident),+ $(,)? }) => {
        impl $crate::Wire<i32> for $type {
            fn to_wire(&self) -> i32 {
                use $type as Here;
                use $wire as There;
                (match self { $(Here::$case => There::$case),+ }) as i32
            }
            fn from_wire(wire: i32) -> Result<Self, $crate::Invalid> {
                use $type as Here;
                use $wire as There;
                match There::try_from(wire) {
                    $(Ok(There::$case) => Ok(Here::$case),)+
                    _ => {
                        let known = [$(There::$case.as_str_name()),+].join(", ");
                        Err($crate::Invalid::value(format!("must be one of {known}")))
                    }
                }
            }
        }
        $crate::same_numbers!([$($same),*] $wire [$($case)+]);
    };
}

/// Checks at compile time that enums of several packages have the same numbers.
#[macro_export]
macro_rules! same_numbers {
    ([] $wire:path [$($case:ident)+]) => {};
    ([$same:path $(, $more:path)*] $wire:path [$($case:ident)+]) => {
        const _: () = {
            use $same as One;
            use $wire as Other;
            $( assert!(One::$case as i32 == Other::$case as i32); )+
        };
        $crate::same_numbers!([$($more),*] $wire [$($case)+]);
    };
}

/// Names the stored message of each event of an aggregate:
/// `wire_events!(Room, room::Event => scheduling { Booked => RoomBooked { session_id: session, starts_at } })`.
///
/// The message's full name is the event's type in the log. Its fields are given as in [`wire_struct!`].
#[macro_export]
macro_rules! wire_events {
    ($aggregate:path, $event:path => $wire:ident {
        $( $case:ident => $message:ident { $($fields:tt)* } ),+ $(,)?
    }) => {
        impl $crate::record::EventCodec for $aggregate {
            const TYPES: &'static [&'static str] = &[$($crate::kind!($wire, $message)),+];

            fn encode(event: &Self::Event) -> prost_types::Any {
                use $event as Event;
                match event {
                    $( $crate::field_pairs!(event_pattern (Event::$case) [] $($fields)*) => {
                        $crate::record::any(
                            $crate::kind!($wire, $message),
                            &$crate::field_pairs!(event_message ($wire::$message) [] $($fields)*),
                        )
                    } )+
                }
            }

            fn decode(kind: &str, bytes: &[u8]) -> Result<Option<Self::Event>, $crate::Invalid> {
                use $event as Event;
                match kind {
                    $( $crate::kind!($wire, $message) => {
                        let wire = <$wire::$message as prost::Message>::decode(bytes)
                            .map_err(|fault| $crate::Invalid::value(format!("is no {kind}: {fault}")))?;
                        $crate::read_fields!(wire => Event::$case { $($fields)* }).map(Some)
                    } )+
                    _ => Ok(None),
                }
            }
        }
    };
}

/// The pattern that binds an event's fields.
#[macro_export]
macro_rules! event_pattern {
    (($event:ident::$case:ident) [$(($name:ident $field:ident))*] []) => { $event::$case { $($field),* } };
}

/// The message that holds an event's fields, which [`event_pattern!`] bound.
#[macro_export]
macro_rules! event_message {
    (($wire:ident::$message:ident) [$(($name:ident $field:ident))*] []) => {
        $wire::$message { $($name: $crate::Wire::to_wire($field)),* }
    };
}

/// The full name of a stored message; the module alias is named after its context.
#[macro_export]
macro_rules! kind {
    ($context:ident, $message:ident) => {
        concat!("huishang.", stringify!($context), ".events.v1.", stringify!($message))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_by_its_path() {
        let invalid =
            Vec::<Code>::from_wire(vec!["DOC".into(), "".into(), "a b".into()]).unwrap_err().within("leads");
        assert_eq!(
            invalid.to_string(),
            "leads[1] must not be empty; \
             leads[2] has the character ' ', which is not allowed; allowed are letters, digits, '.', '-' and '_'"
        );
    }

    #[test]
    fn a_date_has_neither_time_nor_offset() {
        let read =
            |text: &str| Date::from_wire(text.to_owned()).map_err(|fault| fault.within("due_on").to_string());
        assert_eq!(read("2027-03-31"), Ok(jiff::civil::date(2027, 3, 31)));
        for text in ["2027-03-31T22:00:00-08:00", "20270331"] {
            assert_eq!(read(text), Err("due_on must be a date such as 2027-03-31".to_owned()));
        }
        assert_eq!(read("2027-02-30"), Err("due_on is not a date: there is no 30 February 2027".to_owned()));
    }
}
