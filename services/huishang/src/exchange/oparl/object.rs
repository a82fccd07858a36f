//! Objects of OParl, their kinds, and their addresses.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

/// Kinds of objects, each after those that it contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Location,
    File,
    AgendaItem,
    Consultation,
    Membership,
    Organization,
    Person,
    Meeting,
    Paper,
    LegislativeTerm,
    Body,
    System,
}

impl Kind {
    /// All, each after those that it contains.
    pub const ALL: [Kind; 12] = [
        Kind::Location,
        Kind::File,
        Kind::AgendaItem,
        Kind::Consultation,
        Kind::Membership,
        Kind::Organization,
        Kind::Person,
        Kind::Meeting,
        Kind::Paper,
        Kind::LegislativeTerm,
        Kind::Body,
        Kind::System,
    ];

    /// Its name in OParl.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Location => "Location",
            Kind::File => "File",
            Kind::AgendaItem => "AgendaItem",
            Kind::Consultation => "Consultation",
            Kind::Membership => "Membership",
            Kind::Organization => "Organization",
            Kind::Person => "Person",
            Kind::Meeting => "Meeting",
            Kind::Paper => "Paper",
            Kind::LegislativeTerm => "LegislativeTerm",
            Kind::Body => "Body",
            Kind::System => "System",
        }
    }

    /// The folder of its objects.
    pub fn folder(self) -> &'static str {
        match self {
            Kind::Location => "location",
            Kind::File => "file",
            Kind::AgendaItem => "agenda-item",
            Kind::Consultation => "consultation",
            Kind::Membership => "membership",
            Kind::Organization => "organization",
            Kind::Person => "person",
            Kind::Meeting => "meeting",
            Kind::Paper => "paper",
            Kind::LegislativeTerm => "legislative-term",
            Kind::Body => "body",
            Kind::System => "system",
        }
    }

    /// The type of its objects.
    pub fn type_url(self) -> String {
        format!("https://schema.oparl.org/1.1/{}", self.name())
    }
}

/// An object without what follows from where and when it is published: id, type, and when it was created and modified.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub kind: Kind,
    /// What its address ends with, which no other of its kind has.
    pub key: String,
    pub fields: Map<String, Value>,
    /// The fields that contain other objects.
    pub contained: BTreeMap<&'static str, Contained>,
    /// Whether it is published only if it was before: what does not take place need not be announced.
    pub only_if_known: bool,
}

/// Objects within an object, by their keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Contained {
    One(Kind, String),
    Several(Kind, Vec<String>),
}

impl Object {
    /// An object with these fields; those that are null are left out.
    pub fn new(kind: Kind, key: impl Into<String>, fields: Value) -> Object {
        let fields = match without_nulls(fields) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Object { kind, key: key.into(), fields, contained: BTreeMap::new(), only_if_known: false }
    }

    /// The object with others in a field.
    #[must_use]
    pub fn containing(mut self, field: &'static str, contained: Contained) -> Object {
        self.contained.insert(field, contained);
        self
    }
}

/// The addresses of objects and lists.
#[derive(Debug, Clone)]
pub struct Urls {
    base: Url,
}

impl Urls {
    /// Those under this address.
    pub fn new(base: Url) -> Urls {
        Urls { base }
    }

    /// The address of an object.
    pub fn of(&self, kind: Kind, key: &str) -> String {
        self.file(kind.folder(), &format!("{key}.json"))
    }

    /// The address of a page, from 1, of the list of a kind.
    pub fn list(&self, kind: Kind, page: usize) -> String {
        self.file("list", &list_file(kind, page))
    }

    /// The address of a file in a folder.
    pub fn file(&self, folder: &str, name: &str) -> String {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([folder, name]);
        }
        url.into()
    }
}

/// The file of a page, from 1, of the list of a kind.
pub fn list_file(kind: Kind, page: usize) -> String {
    match page {
        1 => format!("{}.json", kind.folder()),
        page => format!("{}-{page}.json", kind.folder()),
    }
}

/// An object without the fields that have no value.
pub fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    value
}

/// A moment as OParl writes it: with an offset in digits.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
