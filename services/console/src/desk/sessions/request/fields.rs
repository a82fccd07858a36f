//! The fields of a request: what was typed, as a session's outline, and the other way round.

use crate::desk::moment::Calendar;
use crate::desk::reader::Surroundings;
use crate::desk::words::{Words, said};
use crate::desk::{Query, number};
use proto::scheduling::v1::{
    Body, EmergencyDeclaration, Label, MatterClass, RoleOnTopic, SeatStanding, SessionAttendee, SessionKind,
    SessionOutline, SessionTopic, TopicRole,
};
use proto::{Invalid, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// Topics of a session, at most.
const TOPICS_MAX: u32 = 80;
/// Rows for departments that have no seat.
const OTHERS: u32 = 3;

/// A topic as the form has it.
pub(super) struct TopicRow {
    pub(super) number: u32,
    pub(super) title: String,
    pub(super) minutes: String,
    pub(super) papers: bool,
    pub(super) matter: String,
    pub(super) label: String,
    /// The heading of the section that begins with it.
    pub(super) section: String,
    /// The number of the topic of which it is a sub-topic.
    pub(super) parent: String,
}

/// A department as the form has it.
pub(super) struct SeatRow {
    /// What the names of its fields end in.
    pub(super) key: String,
    /// Empty where the department is chosen.
    pub(super) name: String,
    pub(super) code: String,
    pub(super) role: String,
    pub(super) topics: String,
    pub(super) companions: String,
}

/// The rows for topics: as many as there were or, at first, this many, and some more.
pub(super) fn topic_rows(typed: &Query, at_first: u32, more: u32) -> Vec<TopicRow> {
    let rows = rows(typed).max(at_first).saturating_add(more).min(TOPICS_MAX);
    let of = |number| {
        let text = |field: &str| typed.get(&format!("topic-{number}-{field}")).unwrap_or_default().to_owned();
        let label = text("label");
        TopicRow {
            number,
            title: text("title"),
            minutes: text("minutes"),
            papers: text("papers") == "yes",
            matter: text("matter"),
            label: if label.is_empty() { Label::Internal.as_str_name().to_owned() } else { label },
            section: text("section"),
            parent: text("parent"),
        }
    };
    (1..=rows).map(of).collect()
}

fn rows(typed: &Query) -> u32 {
    typed.number("rows").and_then(|rows| u32::try_from(rows).ok()).unwrap_or_default().min(TOPICS_MAX)
}

/// The rows for departments: those with a seat, those that were added, and some more. A seat that nothing was typed for has
/// the role that goes with it.
pub(super) fn seat_rows(around: &Surroundings, body: &Body, typed: &Query) -> Vec<SeatRow> {
    let is_first = typed.get("rows").is_none();
    let row = |code: &str, role: RoleOnTopic| SeatRow {
        key: code.to_owned(),
        name: around.directory.name(code),
        code: code.to_owned(),
        role: match typed.get(&format!("role-{code}")) {
            None if is_first => role.as_str_name().to_owned(),
            typed => typed.unwrap_or_default().to_owned(),
        },
        topics: typed.get(&format!("on-{code}")).unwrap_or_default().to_owned(),
        companions: typed.get(&format!("with-{code}")).unwrap_or_default().to_owned(),
    };
    let seats = body.charter.iter().flat_map(|charter| &charter.seats);
    let seats = seats.map(|seat| {
        let role = match seat.standing() {
            SeatStanding::Decides => RoleOnTopic::Decides,
            SeatStanding::Advises => RoleOnTopic::Advises,
            _ => RoleOnTopic::Informed,
        };
        row(&seat.department_code, role)
    });
    let others = (1..=OTHERS).map(|number| {
        let text = |field: &str| typed.get(&format!("{field}-+{number}")).unwrap_or_default().to_owned();
        SeatRow {
            key: format!("+{number}"),
            name: String::new(),
            code: text("code"),
            role: text("role"),
            topics: text("on"),
            companions: text("with"),
        }
    });
    seats.chain(others).collect()
}

/// Refuses what can be read neither as a number nor as a moment, each by the label of its field.
pub(super) fn ensure_readable(words: Words, calendar: &Calendar, typed: &Query) -> Result<(), Invalid> {
    let given = typed.0.iter().map(|(name, text)| (name.as_str(), text.trim()));
    let faults = given.filter(|(_, text)| !text.is_empty()).filter_map(|(name, text)| {
        let why = match kind_of(name) {
            Kind::Number if number(text).is_none() => number::NO_NUMBER,
            Kind::Numbers if split(text, BETWEEN_NUMBERS).any(|text| number(text).is_none()) => {
                number::NO_NUMBER
            }
            Kind::Moment if calendar.read(&number::plain(text)).is_none() => NO_MOMENT,
            _ => return None,
        };
        let field = match name.split_once('-') {
            Some(("with", key)) => {
                format!("{}, {}", code_of(typed, key), words.t("People with its delegate"))
            }
            Some(("on", key)) => format!("{}, {}", code_of(typed, key), words.t("Only on topics")),
            _ => label(words, name, true).unwrap_or_else(|| words.t("To be decided by").to_owned()),
        };
        Some(Violation { field, description: words.t(why).to_owned() })
    });
    let violations: Vec<Violation> = faults.collect();
    if violations.is_empty() { Ok(()) } else { Err(Invalid { violations }) }
}

/// What is said of a text that should be a moment.
const NO_MOMENT: &str = said("is no moment: write one such as 2027-03-08T09:00");
/// What may stand between numbers.
const BETWEEN_NUMBERS: &[char] = &[' ', '\u{3000}', ',', '，', '、'];

/// How a field of the form is read.
enum Kind {
    Text,
    Number,
    Numbers,
    Moment,
}

fn kind_of(name: &str) -> Kind {
    match (name, name.split_once('-')) {
        ("duration", _) | (_, Some(("with", _))) => Kind::Number,
        ("earliest" | "decide_by", _) => Kind::Moment,
        (_, Some(("on", _))) => Kind::Numbers,
        (_, Some(("topic", field))) if field.ends_with("-minutes") || field.ends_with("-parent") => {
            Kind::Number
        }
        _ => Kind::Text,
    }
}

/// The department whose fields end in this.
fn code_of<'q>(typed: &'q Query, key: &'q str) -> &'q str {
    typed.get(&format!("code-{key}")).unwrap_or(key)
}

/// What was typed, as an outline, with the titles of the matters that topics are called after. What is not there stays unset,
/// and the rules say what is missing.
pub(super) fn outline(
    calendar: &Calendar,
    typed: &Query,
    titles: &BTreeMap<String, String>,
) -> SessionOutline {
    let text = |name: &str| typed.get(name).unwrap_or_default().to_owned();
    let given = |name: &str| typed.get(name).map(str::to_owned);
    let kind = typed.get("kind").and_then(SessionKind::from_str_name).unwrap_or_default();
    let class = typed.get("class").and_then(MatterClass::from_str_name).unwrap_or_default();
    let topics = topics(typed, titles);
    let numbers: Vec<u32> = decided(&topics).collect();
    SessionOutline {
        title: text("title"),
        purpose: text("purpose"),
        body_code: text("body"),
        kind: kind.into(),
        matter_class: class.into(),
        attendees: attendees(typed, &numbers),
        topics,
        duration_minutes: number_or_none(typed.get("duration")),
        earliest_start_at: typed.get("earliest").and_then(|text| calendar.read(&number::plain(text))),
        case_reference: given("case"),
        decide_by: typed.get("decide_by").and_then(|text| calendar.read(&number::plain(text))),
        emergency: (kind == SessionKind::Emergency)
            .then(|| EmergencyDeclaration { reason: text("emergency"), authority: text("authority") }),
        carries_out_item_id: given("item"),
        equipment: split(&text("equipment"), &[',', '，', '、']).map(str::to_owned).collect(),
    }
}

/// The pieces of a text, without the spaces around them.
fn split<'t>(text: &'t str, between: &'t [char]) -> impl Iterator<Item = &'t str> {
    text.split(between).map(str::trim).filter(|piece| !piece.is_empty())
}

fn number(text: &str) -> Option<u32> {
    number::read(text).and_then(|number| u32::try_from(number).ok())
}

/// The number that was typed; 0 where there is none.
fn number_or_none(text: Option<&str>) -> u32 {
    text.and_then(number).unwrap_or_default()
}

/// The ids of the matters that topics are called after.
pub(super) fn matters(typed: &Query) -> BTreeSet<String> {
    let untitled = topic_rows(typed, 0, 0).into_iter().filter(|row| row.title.is_empty());
    untitled.map(|row| row.matter).filter(|id| !id.is_empty()).collect()
}

fn topics(typed: &Query, titles: &BTreeMap<String, String>) -> Vec<SessionTopic> {
    let topics = topic_rows(typed, 0, 0).into_iter().map(|row| {
        let matter = Some(row.matter).filter(|id| !id.is_empty());
        let title = match matter.as_ref().and_then(|id| titles.get(id)) {
            Some(title) if row.title.is_empty() => title.clone(),
            _ => row.title,
        };
        SessionTopic {
            number: row.number,
            title,
            timebox_minutes: number_or_none(Some(&row.minutes)),
            papers_required: row.papers,
            matter_id: matter,
            label: Label::from_str_name(&row.label).map(Into::into),
            section: Some(row.section).filter(|section| !section.is_empty()),
            parent_number: number(&row.parent),
        }
    });
    topics.filter(|topic| !topic.title.is_empty() || topic.timebox_minutes > 0).collect()
}

/// The numbers of the topics that are decided themselves, and not in their sub-topics.
fn decided(topics: &[SessionTopic]) -> impl Iterator<Item = u32> {
    let numbers = topics.iter().map(|topic| topic.number);
    numbers.filter(|number| topics.iter().all(|other| other.parent_number != Some(*number)))
}

/// The departments with a role, on all topics unless some are named.
fn attendees(typed: &Query, all: &[u32]) -> Vec<SessionAttendee> {
    let fields = typed.0.iter().filter_map(|(name, role)| Some((name.strip_prefix("role-")?, role)));
    let attendees = fields.filter_map(|(key, role)| {
        let code = if key.starts_with('+') { typed.get(&format!("code-{key}"))? } else { key };
        let role = RoleOnTopic::from_str_name(role.trim())?;
        let named = typed
            .get(&format!("on-{key}"))
            .map(|text| split(text, BETWEEN_NUMBERS).filter_map(number).collect::<Vec<_>>());
        let numbers = named.unwrap_or_else(|| all.to_vec());
        let roles = numbers.into_iter().map(|topic_number| TopicRole { topic_number, role: role.into() });
        let companions = number_or_none(typed.get(&format!("with-{key}")));
        Some(SessionAttendee { department_code: code.to_owned(), roles: roles.collect(), companions })
    });
    attendees.collect()
}

/// What would be typed for an outline. Departments with several roles are kept as they are, which is ticked.
pub(super) fn of_outline(calendar: &Calendar, outline: &SessionOutline) -> Query {
    let mut typed: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: String| typed.push((name.to_owned(), value));
    put("body", outline.body_code.clone());
    put("title", outline.title.clone());
    put("purpose", outline.purpose.clone());
    put("kind", outline.kind().as_str_name().to_owned());
    put("duration", outline.duration_minutes.to_string());
    put("earliest", outline.earliest_start_at.map(|at| calendar.field(&at)).unwrap_or_default());
    put("equipment", outline.equipment.join(", "));
    put("rows", outline.topics.len().to_string());
    put("keep_seats", "yes".to_owned());
    for topic in &outline.topics {
        let mut put = |field: &str, value: String| put(&format!("topic-{}-{field}", topic.number), value);
        put("title", topic.title.clone());
        put("minutes", topic.timebox_minutes.to_string());
        put("papers", if topic.papers_required { "yes".to_owned() } else { String::new() });
        let label = topic.label.and_then(|label| Label::try_from(label).ok()).unwrap_or(Label::Internal);
        put("label", label.as_str_name().to_owned());
        put("section", topic.section.clone().unwrap_or_default());
        put("parent", topic.parent_number.map(|parent| parent.to_string()).unwrap_or_default());
    }
    let all: BTreeSet<u32> = decided(&outline.topics).collect();
    for attendee in &outline.attendees {
        let code = &attendee.department_code;
        let Some(first) = attendee.roles.first() else { continue };
        let on: BTreeSet<u32> = attendee.roles.iter().map(|role| role.topic_number).collect();
        put(&format!("role-{code}"), first.role().as_str_name().to_owned());
        if attendee.companions > 0 {
            put(&format!("with-{code}"), attendee.companions.to_string());
        }
        if on != all {
            let on: Vec<String> = on.iter().map(u32::to_string).collect();
            put(&format!("on-{code}"), on.join(" "));
        }
    }
    Query(typed)
}

/// What a request says where something else was typed: which field, and what it says there.
pub(super) fn on_record(
    words: Words,
    calendar: &Calendar,
    typed: &Query,
    outline: &SessionOutline,
) -> Vec<(String, String)> {
    let recorded = of_outline(calendar, outline);
    let keeps_seats = typed.get("keep_seats").is_some();
    let names = recorded.0.iter().chain(typed.0.iter().filter(|(name, _)| name.starts_with("topic-")));
    let mut known = BTreeSet::new();
    let names = names.map(|(name, _)| name.as_str()).filter(|name| known.insert(*name));
    let differing = names.filter(|name| typed.get(name) != recorded.get(name));
    let said = differing.filter_map(|name| {
        let label = label(words, name, keeps_seats)?;
        let value = recorded
            .get(name)
            .map(|value| word(words, value))
            .unwrap_or_else(|| words.t("nothing").to_owned());
        Some((label, value))
    });
    said.collect()
}

/// The label of a field; none of those that a revision does not send.
fn label(words: Words, name: &str, keeps_seats: bool) -> Option<String> {
    let of_topic = |name: &str| {
        let (number, field) = name.split_once('-')?;
        let field = match field {
            "title" => words.t("Title"),
            "minutes" => words.t("Time in minutes"),
            "label" => words.t("Label"),
            "papers" => words.t("Papers needed"),
            "section" => words.t("Section that begins here"),
            "parent" => words.t("Sub-topic of"),
            _ => return None,
        };
        Some(format!("{} {number}, {field}", words.t("Topic")))
    };
    let of_seat = || {
        let (_, code) = name.split_once('-').filter(|_| !keeps_seats)?;
        Some(code.to_owned())
    };
    match name {
        "title" => Some(words.t("Title").to_owned()),
        "purpose" => Some(words.t("Purpose").to_owned()),
        "duration" => Some(words.t("Duration in minutes").to_owned()),
        "earliest" => Some(words.t("Not before").to_owned()),
        "equipment" => Some(words.t("Equipment that the room must have").to_owned()),
        _ => match name.strip_prefix("topic-") {
            Some(of) => of_topic(of),
            None => of_seat(),
        },
    }
}

/// What a value is called, if it is one of an enum.
fn word(words: Words, value: &str) -> String {
    let known = ["Label", "RoleOnTopic"].map(|kind| words.values(&format!("huishang.scheduling.v1.{kind}")));
    let found = known.iter().flatten().find(|(known, _)| known == value).map(|(_, word)| word.clone());
    match value {
        "yes" => words.t("yes").to_owned(),
        _ => found.unwrap_or_else(|| value.to_owned()),
    }
}

/// What the form calls a field of the message, such as `outline.topics[0].timebox_minutes`.
pub(super) fn label_of(words: Words, field: &str) -> Option<String> {
    let field = field.strip_prefix("outline.").unwrap_or(field);
    if let Some(rest) = field.strip_prefix("topics[") {
        let (nth, of_topic) = rest.split_once("].")?;
        let name = match of_topic {
            "timebox_minutes" => "minutes",
            "papers_required" => "papers",
            "parent_number" => "parent",
            other => other,
        };
        let number = nth.parse::<u32>().ok()? + 1;
        return label(words, &format!("topic-{number}-{name}"), true);
    }
    let known = match field {
        "duration_minutes" => return label(words, "duration", true),
        "earliest_start_at" => return label(words, "earliest", true),
        "kind" => words.t("Form of the session"),
        "matter_class" => words.t("Class of its matters"),
        "case_reference" => words.t("Reference of the case"),
        "decide_by" => words.t("To be decided by"),
        "emergency" | "emergency.reason" => words.t("Why it is an emergency"),
        "emergency.authority" => words.t("Who or what declares it"),
        "carries_out_item_id" => words.t("Id of the item that it carries out"),
        "body_code" => words.t("Body"),
        _ if field.starts_with("attendees") => words.t("Department"),
        _ if field.starts_with("equipment") => return label(words, "equipment", true),
        other => return label(words, other, true),
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_any_digits_and_what_is_none_is_refused_by_its_label() {
        let (words, calendar) = (Words(client::Language::English), Calendar::of("Asia/Shanghai"));
        let typed = |pairs: &[(&str, &str)]| {
            Query(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
        };
        let wide = typed(&[
            ("duration", "９０"),
            ("rows", "2"),
            ("topic-1-title", "Drain"),
            ("topic-1-minutes", "３０"),
            ("topic-2-title", "Dike"),
            ("topic-2-parent", "１"),
            ("role-ROADS", "ROLE_ON_TOPIC_ADVISES"),
            ("on-ROADS", "１、２"),
            ("with-ROADS", "３"),
        ]);
        assert!(ensure_readable(words, &calendar, &wide).is_ok());
        let outline = outline(&calendar, &wide, &BTreeMap::new());
        assert_eq!((outline.duration_minutes, outline.topics[0].timebox_minutes), (90, 30));
        assert_eq!(outline.topics[1].parent_number, Some(1));
        let on: Vec<u32> = outline.attendees[0].roles.iter().map(|role| role.topic_number).collect();
        assert_eq!((outline.attendees[0].companions, on), (3, vec![1, 2]));
        let faulty = typed(&[
            ("duration", "ninety"),
            ("topic-1-minutes", "三十"),
            ("with-+1", "三人"),
            ("code-+1", "PARKS"),
            ("on-ROADS", "1 two"),
            ("earliest", "2027-13-45T09:00"),
        ]);
        let refused = ensure_readable(words, &calendar, &faulty).expect_err("none is one").violations;
        let fields: Vec<&str> = refused.iter().map(|fault| fault.field.as_str()).collect();
        let expected = [
            "Duration in minutes",
            "Topic 1, Time in minutes",
            "PARKS, People with its delegate",
            "ROADS, Only on topics",
            "Not before",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_is_typed_becomes_an_outline_and_comes_back() {
        let calendar = Calendar::of("Asia/Shanghai");
        let typed = Query::of(
            "body=FLOOD&title=Willow+Lane&purpose=Dry&kind=SESSION_KIND_STANDING&duration=60\
             &earliest=2027-03-08T09:00&rows=3&topic-1-title=Drain&topic-1-minutes=20&topic-1-papers=yes\
             &topic-1-label=LABEL_SECRET&topic-2-title=Road&topic-2-minutes=abc&role-WATER=ROLE_ON_TOPIC_DECIDES\
             &equipment=video,+%E6%8A%95%E5%BD%B1%E4%BB%AA%E3%80%81&with-ROADS=3\
             &role-ROADS=ROLE_ON_TOPIC_ADVISES&on-ROADS=2&role-GAS=&role-%2B1=ROLE_ON_TOPIC_INFORMED&code-%2B1=PARKS"
                .as_bytes(),
        );
        let outline = outline(&calendar, &typed, &BTreeMap::new());
        let roles: Vec<_> = outline
            .attendees
            .iter()
            .map(|one| {
                (one.department_code.as_str(), one.roles.iter().map(|role| role.topic_number).collect())
            })
            .collect();
        assert_eq!(roles, [("WATER", vec![1, 2]), ("ROADS", vec![2]), ("PARKS", vec![1, 2])]);
        let topics: Vec<_> =
            outline.topics.iter().map(|topic| (topic.number, topic.timebox_minutes, topic.label())).collect();
        assert_eq!(topics, [(1, 20, Label::Secret), (2, 0, Label::Internal)], "a rule refuses 0 minutes");
        assert_eq!(outline.equipment, ["video", "投影仪"]);
        let companions: Vec<u32> = outline.attendees.iter().map(|one| one.companions).collect();
        assert_eq!(companions, [0, 3, 0]);
        let back = of_outline(&calendar, &outline);
        assert_eq!(back.get("equipment"), Some("video, 投影仪"));
        for name in [
            "title",
            "earliest",
            "duration",
            "topic-1-title",
            "topic-1-label",
            "on-ROADS",
            "with-ROADS",
            "role-WATER",
        ] {
            assert_eq!(back.get(name), typed.get(name), "{name}");
        }
    }

    #[test]
    fn a_topic_without_a_title_is_called_as_its_matter() {
        let typed = Query::of(b"rows=2&topic-1-matter=m&topic-1-minutes=10");
        assert!(matters(&typed).contains("m"));
        let titles = BTreeMap::from([("m".to_owned(), "Willow Lane".to_owned())]);
        let outline = outline(&Calendar::of("UTC"), &typed, &titles);
        let topics: Vec<_> = outline.topics.iter().map(|topic| topic.title.as_str()).collect();
        assert_eq!(topics, ["Willow Lane"], "and an empty row is none");
    }

    #[test]
    fn what_others_recorded_meanwhile_is_named_where_something_else_was_typed() {
        let words = Words(client::Language::English);
        let calendar = Calendar::of("Asia/Shanghai");
        let of = |form: &str| outline(&calendar, &Query::of(form.as_bytes()), &BTreeMap::new());
        let recorded = of(
            "body=FLOOD&title=Drains&purpose=Dry&duration=60&rows=3&topic-1-title=Drain&topic-1-minutes=20\
            &topic-1-label=LABEL_SECRET&role-WATER=ROLE_ON_TOPIC_DECIDES",
        );
        let typed = "body=FLOOD&title=Pumps&purpose=Dry&duration=60&rows=3&topic-1-title=Drain&topic-1-minutes=20\
            &topic-1-label=LABEL_PUBLIC&topic-2-title=Road&role-WATER=ROLE_ON_TOPIC_ADVISES";
        let said = |typed: &str| on_record(words, &calendar, &Query::of(typed.as_bytes()), &recorded);
        let pairs = |said: Vec<(String, String)>| {
            said.into_iter().map(|(field, value)| format!("{field}: {value}")).collect::<Vec<_>>()
        };
        assert_eq!(
            pairs(said(&format!("{typed}&keep_seats=yes"))),
            ["Title: Drains", "Topic 1, Label: Secret", "Topic 2, Title: nothing"]
        );
        assert_eq!(pairs(said(typed)).last().map(String::as_str), Some("Topic 2, Title: nothing"));
        assert!(pairs(said(typed)).contains(&"WATER: Decides".to_owned()));
    }
}
