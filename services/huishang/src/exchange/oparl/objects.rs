//! The objects of what is public.

use super::object::{Contained, Kind, Object, Urls, moment};
use super::outcome_text;
use crate::exchange::popolo::{self, Directory};
use crate::exchange::published::{PublicSession, PublicTopic, Published};
use crate::language::text;
use event_log::hex;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proto::Wire as _;
use proto::directory::v1::{Department, DepartmentKind, Member};
use proto::resolution::v1::{Resolution, ResolutionStage};
use proto::scheduling::v1::{BodySummary, Room, Session, SessionStage};
use serde_json::json;
use sha2::{Digest as _, Sha512};
use std::collections::{BTreeMap, BTreeSet};

/// The key of what there is one of.
const ONLY: &str = "system";
/// The key of the one body.
const REALM: &str = "realm";
/// The types of organizations that are departments, in the words of OParl.
pub const AGENCY: &str = "Verwaltungsbereich";
pub const ENTERPRISE: &str = "Institution";
pub const NON_PROFIT: &str = "Sonstiges";
/// What OParl has no name for, and lets a vendor name.
pub const LEVEL: &str = "huishang:level";
pub const REGION: &str = "huishang:region";
/// Bytes of the digest of a member's code that are the key of the person.
const PERSON_KEY_BYTES: usize = 16;

/// Who publishes, and in which time zone.
#[derive(Debug, Clone, Copy)]
pub struct Publisher<'a> {
    pub name: &'a str,
    pub license: Option<&'a str>,
    pub contact_email: Option<&'a str>,
    pub zone: &'a TimeZone,
}

/// Objects, and the texts that are served beside them.
#[derive(Debug, Default)]
pub struct Objects {
    pub all: Vec<Object>,
    /// By the key of their file.
    pub texts: BTreeMap<String, String>,
}

/// What makes them.
struct Maker<'a> {
    urls: &'a Urls,
    publisher: &'a Publisher<'a>,
    bodies: BTreeMap<&'a str, &'a BodySummary>,
    /// The papers that are published.
    papers: BTreeSet<&'a str>,
    objects: Objects,
}

impl Objects {
    /// All of what is public, sorted by kind and key.
    pub fn of(
        urls: &Urls,
        publisher: &Publisher<'_>,
        directory: &Directory,
        published: &Published,
    ) -> Objects {
        let topics = published.sessions.iter().flat_map(|one| &one.topics);
        let papers = topics.filter_map(|topic| Some(topic.resolution.as_ref()?.resolution_id.as_str()));
        let mut maker = Maker {
            urls,
            publisher,
            bodies: published.bodies.iter().map(|body| (body.code.as_str(), body)).collect(),
            papers: papers.collect(),
            objects: Objects::default(),
        };
        maker.realm();
        published.bodies.iter().for_each(|body| maker.body(body));
        directory.departments.iter().for_each(|department| maker.department(department));
        directory.members.iter().for_each(|member| maker.person(member));
        published.sessions.iter().for_each(|session| maker.meeting(session, &published.rooms));
        let mut objects = maker.objects;
        objects.all.sort_by(|one, other| (one.kind, &one.key).cmp(&(other.kind, &other.key)));
        objects.all.dedup_by(|one, other| (one.kind, &one.key) == (other.kind, &other.key));
        objects
    }
}

impl Maker<'_> {
    fn add(&mut self, object: Object) {
        self.objects.all.push(object);
    }

    fn realm_url(&self) -> String {
        self.urls.of(Kind::Body, REALM)
    }

    fn organization_of_body(&self, code: &str) -> String {
        self.urls.of(Kind::Organization, &key_of_body(code))
    }

    /// The system, and the one body in OParl's sense: whoever publishes.
    fn realm(&mut self) {
        let Publisher { name, license, contact_email, .. } = *self.publisher;
        let list = |kind| self.urls.list(kind, 1);
        let system = json!({
            "oparlVersion": "https://schema.oparl.org/1.1/",
            "name": name,
            "license": license,
            "contactEmail": contact_email,
            "body": list(Kind::Body),
        });
        let body = json!({
            "name": name,
            "system": self.urls.of(Kind::System, ONLY),
            "license": license,
            "contactEmail": contact_email,
            "organization": list(Kind::Organization),
            "person": list(Kind::Person),
            "meeting": list(Kind::Meeting),
            "paper": list(Kind::Paper),
            "legislativeTerm": [],
            "agendaItem": list(Kind::AgendaItem),
            "consultation": list(Kind::Consultation),
            "file": list(Kind::File),
            "locationList": list(Kind::Location),
            "legislativeTermList": list(Kind::LegislativeTerm),
            "membership": list(Kind::Membership),
        });
        self.add(Object::new(Kind::System, ONLY, system));
        self.add(Object::new(Kind::Body, REALM, body));
    }

    fn body(&mut self, body: &BodySummary) {
        let fields = json!({
            "body": self.realm_url(),
            "name": body.name,
            "shortName": body.code,
            "organizationType": "Gremium",
            "classification": text("joint conference"),
            "memberCount": body.seat_count,
        });
        self.add(Object::new(Kind::Organization, key_of_body(&body.code), fields));
    }

    fn department(&mut self, department: &Department) {
        let (kind, classification) = match department.kind() {
            DepartmentKind::Enterprise => (ENTERPRISE, text("enterprise")),
            DepartmentKind::NonProfit => (NON_PROFIT, text("nonprofit")),
            _ => (AGENCY, text("agency")),
        };
        let above = department.parent_code.as_deref();
        let fields = json!({
            "body": self.realm_url(),
            "name": department.name,
            "shortName": department.code,
            "organizationType": kind,
            "classification": classification,
            "subOrganizationOf": above.map(|code| self.urls.of(Kind::Organization, &key_of_department(code))),
            LEVEL: popolo::level_of(department),
            REGION: department.region,
        });
        self.add(Object::new(Kind::Organization, key_of_department(&department.code), fields));
    }

    fn person(&mut self, member: &Member) {
        let organization = self.urls.of(Kind::Organization, &key_of_department(&member.department_code));
        let roles: Vec<Option<&String>> = match member.roles.is_empty() {
            true => vec![None],
            false => member.roles.iter().map(Some).collect(),
        };
        // The address stays when everything else is taken back, and so does not say who it was.
        let person = key_of_person(&member.code);
        let mut keys = Vec::new();
        for (number, role) in roles.into_iter().enumerate() {
            let key = format!("{person}-{}", number + 1);
            let fields = json!({
                "person": self.urls.of(Kind::Person, &person),
                "organization": organization,
                "role": role,
            });
            self.add(Object::new(Kind::Membership, key.clone(), fields));
            keys.push(key);
        }
        let fields = json!({"body": self.realm_url(), "name": member.name});
        let person = Object::new(Kind::Person, person, fields);
        self.add(person.containing("membership", Contained::Several(Kind::Membership, keys)));
    }

    fn meeting(&mut self, public: &PublicSession, rooms: &BTreeMap<String, Room>) {
        let PublicSession { session, topics, .. } = public;
        let body_code = session.outline.as_ref().map_or("", |outline| outline.body_code.as_str());
        let body_name = self.bodies.get(body_code).map_or(body_code, |body| body.name.as_str()).to_owned();
        let slot = session.slot.as_ref();
        let at = |time| Timestamp::from_wire(time).ok();
        let starts_at = slot.map_or(public.opened_at, |slot| slot.starts_at).and_then(at);
        let ends_at = slot.map_or(public.closed_at, |slot| slot.ends_at).and_then(at);
        let zone = self.publisher.zone;
        let name = match starts_at {
            Some(at) => format!("{body_name}, {}", at.to_zoned_datetime(zone.clone()).date()),
            None => body_name,
        };
        let cancelled = session.stage() == SessionStage::Cancelled;
        let fields = json!({
            "name": name,
            "meetingState": state(session),
            "cancelled": cancelled,
            "start": starts_at.map(|at| moment(at, zone)),
            "end": ends_at.map(|at| moment(at, zone)),
            "organization": [self.organization_of_body(body_code)],
        });
        let mut meeting = Object::new(Kind::Meeting, &*session.session_id, fields);
        meeting.only_if_known = cancelled;
        if let Some(room) = slot.and_then(|slot| rooms.get(&slot.room_code)) {
            let fields = json!({"description": room.name, "room": room.code});
            self.add(Object::new(Kind::Location, &*room.code, fields));
            meeting = meeting.containing("location", Contained::One(Kind::Location, room.code.clone()));
        }
        let mut keys = Vec::new();
        for (order, topic) in topics.iter().enumerate() {
            let key = format!("{}-{}", session.session_id, topic.topic.number);
            let mut item = self.agenda_item(session, topic, order, &key);
            item.only_if_known = cancelled;
            self.add(item);
            self.resolution(session, body_code, topic, &key);
            keys.push(key);
        }
        self.add(meeting.containing("agendaItem", Contained::Several(Kind::AgendaItem, keys)));
    }

    fn agenda_item(&self, session: &Session, topic: &PublicTopic, order: usize, key: &str) -> Object {
        let outcome = topic.ended.as_ref().and_then(|ended| ended.outcome.as_ref()?.outcome.as_ref());
        let registration = topic.registration().map(|(_, registration)| registration);
        let fields = json!({
            "meeting": self.urls.of(Kind::Meeting, &session.session_id),
            "number": topic.printed_number,
            "order": order,
            "name": topic.topic.title,
            "public": true,
            "consultation": registration.map(|_| self.urls.of(Kind::Consultation, key)),
            "result": outcome.map(outcome_text),
            "resolutionText": registration.map(|registration| &registration.text),
        });
        Object::new(Kind::AgendaItem, key, fields)
    }

    /// A resolution as a paper, with its text as a file, and where it was decided.
    fn resolution(&mut self, session: &Session, body_code: &str, topic: &PublicTopic, item: &str) {
        let Some((resolution, registration)) = topic.registration() else { return };
        let key = &resolution.resolution_id;
        let text_name = format!("{key}.txt");
        let content = format!("{}\n{}\n\n{}\n", registration.number, registration.title, registration.text);
        let access_url = self.urls.file(Kind::File.folder(), &text_name);
        let file = json!({
            "name": registration.title,
            "fileName": text_name,
            "mimeType": "text/plain; charset=utf-8",
            "date": registration.decided_on,
            "size": content.len(),
            "sha512Checksum": hex::encode(&Sha512::digest(content.as_bytes())),
            "text": registration.text,
            "accessUrl": access_url,
            "downloadUrl": access_url,
        });
        let organization = self.organization_of_body(body_code);
        let consultation = json!({
            "paper": self.urls.of(Kind::Paper, key),
            "agendaItem": self.urls.of(Kind::AgendaItem, item),
            "meeting": self.urls.of(Kind::Meeting, &session.session_id),
            "organization": [organization],
            "authoritative": true,
            "role": text("decision"),
        });
        let earlier = registration.changes.iter().map(|change| change.resolution_id.as_str());
        let later = resolution.amended_by_resolution_ids.iter().map(String::as_str);
        let ended_by = [&resolution.successor_resolution_id, &resolution.rescinded_by_resolution_id];
        let related: BTreeSet<&str> =
            earlier.chain(later).chain(ended_by.into_iter().filter_map(|id| id.as_deref())).collect();
        let related: Vec<String> = related
            .into_iter()
            .filter(|id| self.papers.contains(id))
            .map(|id| self.urls.of(Kind::Paper, id))
            .collect();
        let paper = json!({
            "body": self.realm_url(),
            "name": registration.title,
            "reference": registration.number,
            "date": registration.decided_on,
            "paperType": text("resolution"),
            "underDirectionOf": [organization],
            "relatedPaper": (!related.is_empty()).then_some(related),
            "keyword": [stage(resolution)],
        });
        let paper = Object::new(Kind::Paper, &**key, paper)
            .containing("mainFile", Contained::One(Kind::File, key.clone()))
            .containing("consultation", Contained::Several(Kind::Consultation, vec![item.to_owned()]));
        self.objects.texts.insert(key.clone(), content);
        self.add(Object::new(Kind::File, &**key, file));
        self.add(Object::new(Kind::Consultation, item, consultation));
        self.add(paper);
    }
}

/// How far a meeting has come, in the words that OParl recommends.
fn state(session: &Session) -> &'static str {
    match session.stage() {
        SessionStage::Cancelled => "terminiert",
        SessionStage::Concluded => "durchgeführt",
        _ => "eingeladen",
    }
}

/// Whether a resolution is in force.
fn stage(resolution: &Resolution) -> &'static str {
    match resolution.stage() {
        ResolutionStage::Rescinded => text("rescinded"),
        ResolutionStage::Superseded => text("superseded"),
        _ => text("in force"),
    }
}

fn key_of_body(code: &str) -> String {
    format!("body-{code}")
}

/// The key of a member.
pub fn key_of_person(code: &str) -> String {
    hex::encode(&Sha512::digest(code.as_bytes())[..PERSON_KEY_BYTES])
}

fn key_of_department(code: &str) -> String {
    format!("department-{code}")
}
