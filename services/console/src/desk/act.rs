//! Acts: commands as forms. Which of them the rules would accept now is asked of the rules themselves, by validating
//! each; what they refuse is shown with their reason.

use super::answer::{Failure, see_other};
use super::frame::Notice;
use super::moment::Calendar;
use super::reader::Reader;
use super::words::{Words, said};
use super::{Asked, Query, number};
use crate::route::{self, Rpc};
use client::Refusal;
use futures::future::join_all;
use http::{Response, StatusCode};
use prost_reflect::DynamicMessage;
use proto::resolution::v1::GetItemRequest;
use proto::{Invalid, Violation};
use serde_json::{Map, Value, json};
use tonic::body::Body;
use tonic::{Code, Status};

/// A command that a page offers.
pub(super) struct Act {
    /// The rpc, without the slash in front; where several acts are one rpc, with a word of its own after a dash.
    pub(super) rpc: &'static str,
    /// What its button says.
    pub(super) label: &'static str,
    pub(super) fields: &'static [Field],
    /// What its fields are validated with before anybody has filled them in, as JSON.
    pub(super) sample: &'static str,
}

/// What an act asks for.
pub(super) struct Field {
    /// Where it is in the message: names in JSON with dots between them; `[]` after that of a list with one entry, or the number of
    /// the entry from 0 in the brackets.
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) input: Input,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// A line, or more, that must be there.
    Text,
    /// One that may be left empty.
    Optional,
    Number,
    Date,
    /// So long after the decision that something is due, if it is not due on a date: a number, and the field of the rule that it
    /// is for, under the same name with `.unit`.
    After,
    /// A moment that a page fills in.
    Moment,
    /// A moment that is typed, in the zone that the form names in `timeZone`.
    Local,
    /// Ids with spaces between them, which a page fills in.
    Ids,
    YesNo,
    /// The code of a department.
    Department,
    /// The number of an item, or its id; pages may have it chosen.
    Item,
    /// A value of an enum, such as `huishang.scheduling.v1.Label`.
    Enum(&'static str),
    /// What is so if it is ticked.
    Tick,
    /// What is so in any case, and nobody fills in.
    Fixed(&'static str),
    /// One of several values, which a page fills in.
    OneOf,
    /// One of several values; pages give each a button of its own.
    Choice,
}

impl Input {
    /// What is filled in before anybody has: most things are internal.
    fn at_first(self) -> &'static str {
        match self {
            Input::Enum("huishang.scheduling.v1.Label") => "LABEL_INTERNAL",
            _ => "",
        }
    }
}

/// An act as a page offers it.
pub(super) struct Offer {
    pub(super) name: &'static str,
    pub(super) label: String,
    /// A new one for each rendering, so that pressing twice is one act.
    pub(super) command_id: String,
    pub(super) fields: Vec<OfferedField>,
    /// Whether it has what somebody typed who was refused.
    pub(super) is_typed: bool,
}

pub(super) struct OfferedField {
    pub(super) id: String,
    pub(super) path: &'static str,
    pub(super) label: String,
    pub(super) input: Input,
    /// The values of an enum, each with its word.
    pub(super) options: Vec<(String, String)>,
    /// What was typed before the act was refused.
    pub(super) value: String,
    /// The field of the rule that a number is for, where it may be one of several.
    pub(super) unit: String,
    /// What is on record, where something else was typed; empty where nothing is to be said of it.
    pub(super) on_record: String,
}

/// An act that is not possible for this reader now.
pub(super) struct Refused {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) sentence: String,
    pub(super) reason: Option<String>,
}

/// The acts on something, as they are for this reader now.
#[derive(Default)]
pub(super) struct Moves {
    pub(super) possible: Vec<Offer>,
    /// Those of others: of another role or department.
    pub(super) of_others: Vec<Refused>,
    pub(super) refused: Vec<Refused>,
}

/// The field that names the department for which somebody acts.
const OWN: &str = "departmentCode";

/// Reasons that say "not you" and not "not now".
const NOT_THIS_CALLER: [&str; 6] =
    ["ROLE_REQUIRED", "NOT_YOUR_DEPARTMENT", "NOT_ACCEPTOR", "NOT_SUPERVISOR", "OWN_CASE", "OWN_WORK"];

impl Moves {
    /// Adds others.
    pub(super) fn append(&mut self, others: Moves) {
        self.possible.extend(others.possible);
        self.of_others.extend(others.of_others);
        self.refused.extend(others.refused);
    }
}

impl Act {
    /// Its name in forms: that of the rpc, and its own word.
    pub(super) fn name(&self) -> &'static str {
        self.rpc.rsplit('/').next().unwrap_or(self.rpc)
    }

    /// Its words on the command line.
    pub(super) fn command(&self) -> Option<&'static str> {
        self.rpc().ok().map(|rpc| rpc.contract.command.as_str())
    }

    fn rpc(&self) -> Result<&'static Rpc, Status> {
        let rpc = self.rpc.split('-').next().unwrap_or_default();
        route::by_name(&format!("/{rpc}")).ok_or_else(|| Status::unimplemented(self.rpc))
    }

    /// An offer of it, filled in with what was typed before.
    pub(super) fn offer(&self, words: Words, typed: Option<&Query>) -> Offer {
        let typed = typed.filter(|form| form.get("action") == Some(self.name()));
        let field = |field: &Field| OfferedField {
            id: format!("{}-{}", self.name(), field.path.replace(['.', '[', ']'], "")),
            path: field.path,
            label: words.t(field.label).to_owned(),
            input: field.input,
            options: match field.input {
                Input::Enum(kind) => words.values(kind),
                Input::After => AFTER.map(|(unit, word)| (unit.to_owned(), words.t(word).to_owned())).into(),
                _ => Vec::new(),
            },
            value: typed.and_then(|form| form.get(field.path)).unwrap_or(field.input.at_first()).to_owned(),
            unit: typed.and_then(|form| form.get(&unit_of(field))).unwrap_or(AFTER[0].0).to_owned(),
            on_record: String::new(),
        };
        Offer {
            name: self.name(),
            label: words.t(self.label).to_owned(),
            command_id: client::command_id(),
            is_typed: typed.is_some(),
            fields: self
                .fields
                .iter()
                .filter(|field| !matches!(field.input, Input::Fixed(_)))
                .map(field)
                .collect(),
        }
    }

    /// The same for somebody who speaks for a department, which most do for their own.
    pub(super) fn offer_to(&self, reader: &Reader, typed: Option<&Query>) -> Offer {
        let mut offer = self.offer(reader.words, typed);
        for field in &mut offer.fields {
            if field.path == OWN && field.value.is_empty() {
                field.value = reader.holder.department.clone().unwrap_or_default();
            }
        }
        offer
    }

    /// Whether the reader could be one of those who may do it.
    pub(super) fn may_be_tried_by(&self, reader: &Reader) -> bool {
        self.rpc().is_ok_and(|rpc| reader.may_call(rpc))
    }

    /// A sentence with the roles that may call it.
    pub(super) fn for_whom(&self, words: Words) -> String {
        let roles = self.rpc().map(|rpc| rpc.contract.roles.as_slice()).unwrap_or_default();
        let roles: Vec<String> = roles.iter().map(|role| words.role(role.as_str())).collect();
        words.say("For: {roles}", &[("roles", &words.list(&roles))])
    }

    /// Carries it out as a form says; returns the position of its record.
    pub(super) async fn carry_out(
        &self,
        reader: &Reader,
        form: &Query,
        of: &[(&str, &str)],
    ) -> Result<u64, Status> {
        Ok(position_in(&self.answered(reader, form, of).await?))
    }

    /// The same, where something new comes of it: returns the position, and its id, which is in a field of a message of the
    /// answer.
    pub(super) async fn carry_out_for(
        &self,
        reader: &Reader,
        form: &Query,
        message: &str,
        field: &str,
    ) -> Result<(u64, String), Status> {
        let answer = self.answered(reader, form, &[]).await?;
        let made = answer.get_field_by_name(message);
        let id = made.as_deref().and_then(|made| made.as_message()?.get_field_by_name(field));
        let id = id.as_deref().and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
        Ok((position_in(&answer), id))
    }

    /// The same; returns the whole answer.
    pub(super) async fn answered(
        &self,
        reader: &Reader,
        form: &Query,
        of: &[(&str, &str)],
    ) -> Result<DynamicMessage, Status> {
        self.ensure_readable(reader.words, form)?;
        let mut message = self.message(form);
        for field in self.fields.iter().filter(|field| field.input == Input::Item) {
            if let Some(text) = form.get(field.path) {
                message.insert(field.path.to_owned(), item_id(reader, text).await?.into());
            }
        }
        let mut put = |name: &str, value: Value| message.insert(name.to_owned(), value);
        put("commandId", form.get("command_id").unwrap_or_default().into());
        if let Some(position) = form.number("expected_position") {
            put("expectedPosition", position.to_string().into());
        }
        for (name, value) in of {
            put(name, (*value).into());
        }
        reader.command(self.rpc()?, Value::Object(message)).await
    }

    fn message(&self, form: &Query) -> Map<String, Value> {
        let mut message = Map::new();
        for field in self.fields {
            let fixed = if let Input::Fixed(value) = field.input { Some(value) } else { None };
            if let Some(text) = fixed.or_else(|| form.get(field.path)) {
                if field.input == Input::After {
                    let unit = form.get(&unit_of(field)).unwrap_or(AFTER[0].0);
                    set(&mut message, &format!("{}.{unit}", field.path), Value::from(digits(text)));
                    continue;
                }
                let value = match field.input {
                    Input::YesNo | Input::Tick => Value::Bool(text == "yes"),
                    Input::Local => Value::from(local_moment(text, form.get(TIME_ZONE).unwrap_or_default())),
                    Input::Number => Value::from(digits(text)),
                    Input::Date | Input::Department => Value::from(number::plain(text)),
                    Input::Ids => text.split_whitespace().map(Value::from).collect(),
                    _ => Value::from(text),
                };
                set(&mut message, field.path, value);
            }
        }
        message
    }

    /// Refuses what cannot be read, each by the label of its field.
    fn ensure_readable(&self, words: Words, form: &Query) -> Result<(), Invalid> {
        let typed = self.fields.iter().filter_map(|field| Some((field, form.get(field.path)?)));
        let faults = typed.filter_map(|(field, text)| {
            let is_faulty = match field.input {
                Input::Number | Input::After => number::read(text).is_none(),
                _ => false,
            };
            let violation = || Violation {
                field: words.t(field.label).to_owned(),
                description: words.t(number::NO_NUMBER).to_owned(),
            };
            is_faulty.then(violation)
        });
        let violations: Vec<Violation> = faults.collect();
        if violations.is_empty() { Ok(()) } else { Err(Invalid { violations }) }
    }

    /// What a form calls a field of the message, such as `help_from_code`.
    fn label_of(&self, words: Words, field: &str) -> Option<String> {
        let asked = in_json(field);
        let is_in =
            |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        let known = self.fields.iter().filter(|field| !field.label.is_empty());
        let mut known = known.map(|field| (in_json(field.path), field.label));
        let same = known.clone().find(|(path, _)| *path == asked);
        let found = same.or_else(|| known.find(|(path, _)| is_in(path, &asked) || is_in(&asked, path)));
        found.map(|(_, label)| words.t(label).to_owned())
    }

    /// Whether the rules would accept it now, for what these fields say.
    pub(super) async fn is_possible(&self, reader: &Reader, of: &[(&str, &str)]) -> bool {
        self.may_be_tried_by(reader) && self.validate(reader, of).await.is_ok()
    }

    async fn validate(&self, reader: &Reader, of: &[(&str, &str)]) -> Result<(), Status> {
        let mut message: Map<String, Value> = serde_json::from_str(self.sample).unwrap_or_default();
        message.insert("commandId".to_owned(), client::command_id().into());
        message.insert("validateOnly".to_owned(), true.into());
        if let Some(own) = reader.holder.department.as_deref().filter(|_| message.contains_key(OWN)) {
            message.insert(OWN.to_owned(), own.into());
        }
        message.extend(of.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        reader.command(self.rpc()?, Value::Object(message)).await.map(drop)
    }
}

/// A number in plain digits; what is none stays as it is, and is refused for that.
fn digits(text: &str) -> String {
    number::read(text).map_or_else(|| text.to_owned(), |number| number.to_string())
}

/// The id of an item that somebody names by its number, as people do, or by its id.
async fn item_id(reader: &Reader, text: &str) -> Result<String, Status> {
    let named = number::plain(text);
    if !named.contains('/') {
        return Ok(named);
    }
    let found = reader.ask(GetItemRequest { number: named, ..Default::default() }).await?;
    Ok(found.item.unwrap_or_default().item_id)
}

/// The path of a field as JSON has it, without the places in lists.
fn in_json(field: &str) -> String {
    let (mut path, mut is_upper, mut is_place) = (String::new(), false, false);
    for character in field.chars() {
        match character {
            '[' | ']' => is_place = character == '[',
            _ if is_place => {}
            '_' => is_upper = true,
            _ => {
                path.push(if is_upper { character.to_ascii_uppercase() } else { character });
                is_upper = false;
            }
        }
    }
    path
}

fn position_in(answer: &DynamicMessage) -> u64 {
    let position = answer.get_field_by_name("position").and_then(|position| position.as_u64());
    position.unwrap_or_default()
}

/// What a number of [`Input::After`] counts: the field of the rule, and its word.
const AFTER: [(&str, &str); 3] = [
    ("afterWorkingDays", said("working days after the decision")),
    ("afterDays", said("days after the decision")),
    ("afterHours", said("hours after the decision")),
];

/// The field of a form that says what a number counts.
fn unit_of(field: &Field) -> String {
    format!("{}.unit", field.path)
}

/// The field that names the zone in which a form's moments are typed.
const TIME_ZONE: &str = "timeZone";

/// A moment as the message has it; what cannot be read stays as it is, and is refused for that.
fn local_moment(text: &str, zone: &str) -> String {
    Calendar::of(zone).read(text).map_or_else(|| text.to_owned(), |moment| moment.to_string())
}

/// Puts a value at a path.
fn set(message: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        message.insert(path.to_owned(), value);
        return;
    };
    let inner = match first.strip_suffix(']').and_then(|first| first.split_once('[')) {
        Some((list, nth)) => {
            let nth: usize = nth.parse().unwrap_or_default();
            let entries = message.entry(list).or_insert_with(|| json!([]));
            if let Some(entries) = entries.as_array_mut().filter(|entries| entries.len() <= nth) {
                entries.resize(nth + 1, json!({}));
            }
            entries.get_mut(nth)
        }
        None => Some(message.entry(first).or_insert_with(|| json!({}))),
    };
    if let Some(inner) = inner.and_then(Value::as_object_mut) {
        set(inner, rest, value);
    }
}

/// What a rule refused to a form, to be shown on the page that it came from.
pub(super) struct NotDone {
    pub(super) form: Query,
    pub(super) status: Status,
    code: StatusCode,
}

impl NotDone {
    pub(super) fn new(form: &Query, status: Status, code: StatusCode) -> NotDone {
        NotDone { form: form.clone(), status, code }
    }

    /// The page, with the code of the refusal.
    pub(super) fn on(&self, mut page: Response<Body>) -> Response<Body> {
        *page.status_mut() = self.code;
        page
    }
}

/// Carries out the act that a form names on what has this id, in the field that the act has for it, and leads back to its
/// page under this path, and to the place there that the form names, if it does. What a rule refuses is said on the page that
/// `show` makes of what was typed.
pub(super) async fn carried_out(
    reader: &Reader,
    asked: &Asked,
    acts: &'static [Act],
    (id_field, id): (fn(&Act) -> &'static str, &str),
    path: &str,
    show: impl AsyncFnOnce(&Query, &Status) -> Result<Response<Body>, Failure>,
) -> Result<Response<Body>, Failure> {
    let form = Query::of(&asked.body);
    let act = named(acts, &form)?;
    match act.carry_out(reader, &form, &[(id_field(act), id)]).await {
        Ok(position) => {
            let is_place = |place: &&str| place.bytes().all(|byte| byte.is_ascii_alphanumeric());
            // Where no place is named, what came of it: a browser would otherwise stay at the form.
            let place = form.get("place").filter(is_place).unwrap_or("notice");
            Ok(see_other(&format!("{path}/{id}?done={}&at={position}#{place}", act.name())))
        }
        Err(status) => {
            let (code, status) = Failure::refusal(status)?;
            let mut page = show(&form, &status).await?;
            *page.status_mut() = code;
            Ok(page)
        }
    }
}

/// What somebody typed into a form that was refused, by the labels of its fields: so that it is not lost where the act has no
/// form any more.
pub(super) fn typed(words: Words, acts: &[Act], refused: Option<(&Query, &Status)>) -> Vec<(String, String)> {
    let Some((form, _)) = refused else { return vec![] };
    let act = acts.iter().find(|act| Some(act.name()) == form.get("action"));
    let fields = act.into_iter().flat_map(|act| act.fields);
    let fields = fields.filter(|field| matches!(field.input, Input::Text | Input::Optional));
    // A page fills that in, and nobody is to see it.
    let fields = fields.filter(|field| field.path != "voterSecret");
    fields
        .filter_map(|field| Some((words.t(field.label).to_owned(), form.get(field.path)?.to_owned())))
        .collect()
}

/// Up to where a page is to have the log when an act was refused because of what changed meanwhile: whoever sends it again has
/// seen that.
pub(super) fn changed_at(refused: Option<&Status>) -> u64 {
    let Some(refusal) = refused.map(Refusal::of) else { return 0 };
    let position = refusal.details().get("position").and_then(|position| position.parse().ok());
    position.filter(|_| refusal.reason() == Some("CHANGED_SINCE")).unwrap_or_default()
}

/// The act that a form names.
pub(super) fn named(acts: &'static [Act], form: &Query) -> Result<&'static Act, Failure> {
    acts.iter().find(|act| Some(act.name()) == form.get("action")).ok_or(Failure::NotFound)
}

/// What of these acts is possible on something, whose id is in these fields.
pub(super) async fn moves(
    reader: &Reader,
    acts: &'static [Act],
    of: &[(&str, &str)],
    typed: Option<&Query>,
) -> Result<Moves, Status> {
    let words = reader.words;
    let mut asked = Vec::new();
    let mut moves = Moves::default();
    for act in acts {
        let rpc = act.rpc()?;
        match reader.may_call(rpc) {
            true => asked.push(act),
            false => {
                moves.of_others.push(Refused {
                    name: act.name(),
                    label: words.t(act.label).to_owned(),
                    sentence: act.for_whom(words),
                    reason: None,
                });
            }
        }
    }
    let verdicts = join_all(asked.iter().map(|act| act.validate(reader, of))).await;
    for (act, verdict) in asked.into_iter().zip(verdicts) {
        let status = match verdict {
            // What is filled in decides then.
            Ok(()) => None,
            Err(status) if status.code() == Code::InvalidArgument => None,
            Err(status) => Some(status),
        };
        let Some(status) = status else {
            moves.possible.push(act.offer_to(reader, typed));
            continue;
        };
        let reason = Refusal::of(&status).reason().map(str::to_owned);
        let is_of_others = reason.as_deref().is_some_and(|reason| NOT_THIS_CALLER.contains(&reason));
        let sentence = reader.sentence(&status);
        let refused = Refused { name: act.name(), label: words.t(act.label).to_owned(), sentence, reason };
        if is_of_others { moves.of_others.push(refused) } else { moves.refused.push(refused) }
    }
    Ok(moves)
}

/// What a page says of an act that was carried out before it was loaded.
pub(super) fn done(words: Words, acts: &'static [Act], asked: &Asked) -> Option<Notice> {
    let query = asked.query();
    let act = acts.iter().find(|act| Some(act.name()) == query.get("done"))?;
    let position = super::frame::grouped(query.number("at")?);
    let values: [(&str, &dyn ToString); 2] = [("act", &words.t(act.label)), ("position", &position)];
    let sentence = words.say("Recorded: {act}, record {position}.", &values);
    Some(Notice { kind: "done", sentence, reason: None })
}

/// What a page says of one of these acts that was refused to a form. What cannot be read is said of the fields of the form,
/// by their labels.
pub(super) fn not_done(reader: &Reader, acts: &[Act], form: &Query, status: &Status) -> Notice {
    let act = acts.iter().find(|act| Some(act.name()) == form.get("action"));
    refused_form(reader, |field| act?.label_of(reader.words, field), status)
}

/// The same of a form whose fields are called so.
pub(super) fn refused_form(
    reader: &Reader,
    label_of: impl Fn(&str) -> Option<String>,
    status: &Status,
) -> Notice {
    let (words, language, refusal) = (reader.words, reader.preferences.language, Refusal::of(status));
    let violations = refusal.violations();
    let faults = violations.iter().map(|violation| {
        let label = label_of(&violation.field);
        let why = language.fault(&violation.description);
        words.say(
            "{field}: {why}.",
            &[("field", &label.unwrap_or_else(|| violation.field.clone())), ("why", &why)],
        )
    });
    let faults: Vec<String> = faults.collect();
    let sentence = match faults.is_empty() {
        true => reader.sentence(status),
        false => words.say("Nothing was recorded. {faults}", &[("faults", &faults.join(" "))]),
    };
    Notice { kind: "refused", sentence, reason: refusal.reason().map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{item, matters, sessions, targets, timetables};

    #[test]
    fn every_act_is_a_command_whose_fields_and_sample_fit() {
        let words = Words(client::Language::English);
        let acts = item::ACTS.iter().chain(sessions::ACTS).chain(timetables::ACTS).chain(targets::ACTS);
        let acts = acts.chain(item::put_down::PUTTING_DOWN).chain(item::put_down::CONTESTING);
        let acts = acts.chain(item::further::HELPING).chain(item::further::ARRANGING);
        for act in acts.chain(targets::SETTING).chain(matters::ACTS).chain(sessions::request::ACTS) {
            let rpc = act.rpc().unwrap_or_else(|_| panic!("{} is no rpc", act.rpc));
            let sample: Value = serde_json::from_str(act.sample).expect(act.sample);
            crate::json::read(rpc.method.input(), sample)
                .unwrap_or_else(|invalid| panic!("{}: {invalid:?}", act.rpc));
            // Something is due on a date, or so long after.
            let fields = act.fields.iter().filter(|field| field.input != Input::After);
            let form: Vec<(String, String)> = fields
                .map(|field| {
                    let value = match field.input {
                        Input::Number => "50".to_owned(),
                        Input::YesNo | Input::Tick => "yes".to_owned(),
                        Input::Choice => "VOTE_CHOICE_NO".to_owned(),
                        Input::Enum(kind) => words.values(kind).pop().expect(kind).0,
                        Input::Moment => "2027-03-31T01:00:00Z".to_owned(),
                        Input::Local => "2027-03-31T09:00".to_owned(),
                        _ => "2027-03-31".to_owned(),
                    };
                    (field.path.to_owned(), value)
                })
                .collect();
            let message = act.message(&Query(form));
            crate::json::read(rpc.method.input(), Value::Object(message))
                .unwrap_or_else(|invalid| panic!("{}: {invalid:?}", act.rpc));
        }
    }

    #[test]
    fn a_number_may_be_typed_in_wide_digits_and_what_is_none_is_refused_by_its_label() {
        let words = Words(client::Language::Chinese);
        let act = item::ACTS.iter().find(|act| act.name() == "ReportProgress").unwrap();
        let form =
            |percent: &str| Query(vec![("percent".into(), percent.into()), ("note".into(), "-".into())]);
        assert!(act.ensure_readable(words, &form("５０")).is_ok());
        assert_eq!(act.message(&form("５０"))["percent"], json!("50"));
        let refused = act.ensure_readable(words, &form("五十")).expect_err("no number").violations;
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].field, words.t("How much is done, in percent"));
        // Nothing that is not typed is refused here.
        assert!(act.ensure_readable(words, &form("")).is_ok());
    }

    #[test]
    fn a_field_of_a_message_is_called_what_its_form_calls_it() {
        let words = Words(client::Language::English);
        let label = |act: &str, field: &str| {
            item::ACTS.iter().find(|known| known.name() == act).unwrap().label_of(words, field)
        };
        assert_eq!(label("ReportBlockage", "help_from_code").as_deref(), Some("Department that could help"));
        assert_eq!(label("RequestExtension", "due").as_deref(), Some("Until when"));
        assert_eq!(
            label("ClaimCompletion", "evidence[0].sha256").as_deref(),
            Some("SHA-256 of the document")
        );
        assert_eq!(label("AcceptWork", "item_id"), None);
    }

    #[test]
    fn a_number_is_for_the_rule_that_is_chosen_beside_it() {
        let act = sessions::ACTS.iter().find(|act| act.name() == "ReviseItem").unwrap();
        let due = |form: &str| {
            act.message(&Query::of(form.as_bytes())).remove("draft").map(|draft| draft["due"].clone())
        };
        assert_eq!(due("draft.due=5"), Some(json!({"afterWorkingDays": "5"})));
        assert_eq!(due("draft.due=72&draft.due.unit=afterHours"), Some(json!({"afterHours": "72"})));
        assert_eq!(
            due("draft.due=&draft.due.unit=afterHours&draft.due.dueOn=2027-03-31"),
            Some(json!({"dueOn": "2027-03-31"}))
        );
        assert_eq!(due("draft.due=&draft.due.unit=afterDays"), None);
    }
}
