//! The flags of a command, generated from the fields of its request.

use super::commands::Noun;
use super::descriptors::{
    choices, field_comment, field_help, first_sentence, is_choice, is_optional, is_timestamp, is_well_known,
    kebab, nested, short_name, value_help,
};
use super::document::OUTPUT;
use super::{identified, moment, value};
use crate::language::{say, text};
use clap::builder::{
    BoolValueParser, PossibleValue, PossibleValuesParser, TypedValueParser as _, ValueParser,
};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};
use client::Language;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};
use std::ffi::OsString;

/// Names of flags that every command has.
const RESERVED: [&str; 15] = [
    "help",
    "server",
    "ca-file",
    "cert-file",
    "key-file",
    "token",
    "token-file",
    "as",
    "data",
    "config",
    "json",
    "utc",
    "lang",
    FROM_JSON,
    OUTPUT,
];

/// The flag for a file with a request, which other flags override.
pub const FROM_JSON: &str = "from-json";

/// The field that makes repeating a command harmless.
const COMMAND_ID: &str = "command_id";

/// The field with the moment that a query is answered for.
const AS_OF_AT: &str = "as_of_at";

/// The field that a voter's tracking code follows from.
const VOTER_SECRET: &str = "voter_secret";

/// Fields that every request has, whatever it is about.
const OF_EVERY_REQUEST: [&str; 4] = [COMMAND_ID, "expected_position", "validate_only", "at_least_position"];

/// Order in the help of flags that every command has.
pub const DISPLAY_LAST: usize = 900;

/// One flag, or the positional argument, and the field that it sets.
#[derive(Debug, Clone)]
pub struct Flag {
    /// Its name, without the dashes.
    pub name: String,
    /// The field, preceded by those of the messages that contain it.
    pub path: Vec<FieldDescriptor>,
    /// Whether it is the positional argument.
    pub positional: bool,
}

impl Flag {
    fn field(&self) -> &FieldDescriptor {
        self.path.last().expect("a flag sets a field")
    }

    /// The field's path as services report it: `outline.title`.
    pub fn wire_path(&self) -> String {
        self.path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
    }

    /// A service's message about the field, with enum values as on the command line.
    pub fn localize(&self, description: &str) -> String {
        let Kind::Enum(choice) = self.field().kind() else { return description.to_owned() };
        let mut values = choices(&choice);
        // A name that begins with another one is replaced first.
        values.sort_by_key(|value| std::cmp::Reverse(value.name().len()));
        values
            .iter()
            .fold(description.to_owned(), |text, value| text.replace(value.name(), &short_name(value)))
    }

    /// How it appears on the command line.
    pub fn display_name(&self) -> String {
        if self.positional {
            format!("<{}>", self.field().name().to_uppercase())
        } else {
            format!("--{}", self.name)
        }
    }
}

/// The flags of a request. A nested message is replaced by its fields.
pub fn plan(request: &MessageDescriptor, noun: &Noun) -> Vec<Flag> {
    let mut flags = Vec::new();
    flatten(request, &[], &mut flags);
    let first = flags.iter_mut().find(|flag| !OF_EVERY_REQUEST.contains(&flag.field().name()));
    if let Some(flag) = first
        && flag.path.len() == 1
        && flag.field().name() == noun.id
    {
        flag.positional = true;
    }
    flags
}

fn flatten(message: &MessageDescriptor, outer: &[FieldDescriptor], flags: &mut Vec<Flag>) {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        let path: Vec<FieldDescriptor> = outer.iter().chain([&field]).cloned().collect();
        let recursive = |inner: &MessageDescriptor| outer.iter().any(|field| field.parent_message() == inner);
        match nested(&field) {
            Some(inner)
                if field.containing_oneof().is_none_or(|oneof| oneof.is_synthetic())
                    && !recursive(&inner) =>
            {
                flatten(&inner, &path, flags);
            }
            _ => {
                let name = free_name(&path, flags);
                flags.push(Flag { name, path, positional: false });
            }
        }
    }
}

/// The shortest suffix of the path that no other flag has as its name.
fn free_name(path: &[FieldDescriptor], flags: &[Flag]) -> String {
    let mut names = (0..path.len())
        .rev()
        .map(|from| path[from..].iter().map(|field| kebab(field.name())).collect::<Vec<_>>().join("-"));
    let free =
        |name: &String| !RESERVED.contains(&name.as_str()) && flags.iter().all(|flag| flag.name != *name);
    names.find(free).unwrap_or_else(|| format!("{}-value", kebab(path[path.len() - 1].name())))
}

/// The arguments for clap.
pub fn arguments(flags: &[Flag]) -> Vec<Arg> {
    flags.iter().map(|flag| argument(flag, flags)).collect()
}

fn argument(flag: &Flag, flags: &[Flag]) -> Arg {
    let field = flag.field();
    let comment = field_help(field);
    let mut arg = Arg::new(flag.name.clone())
        .value_name(value_name(field))
        .value_parser(parser(field))
        .allow_negative_numbers(true)
        .help(help(field, &comment))
        .long_help(long_help(field, &comment));
    if flag.positional {
        return positional(arg, flag, flags);
    }
    arg = arg.long(flag.name.clone());
    if field.name() == AS_OF_AT {
        arg = arg.visible_alias("as-of");
    }
    if field.name() == COMMAND_ID {
        arg = arg.help(text(
            "A UUID for this command; a repeat with the same id changes nothing and returns the same position \
             [default: a new one]",
        ));
        arg = arg.long_help(None);
    }
    if field.name() == VOTER_SECRET {
        arg = arg.help(format!("{} {}", help(field, &comment), text("[default: a new one]")));
    }
    if OF_EVERY_REQUEST.contains(&field.name()) {
        arg = arg.display_order(DISPLAY_LAST);
    } else if is_required(flag, flags) {
        arg = arg
            .help(format!("{} {}", help(field, &comment), text("[required]")))
            .long_help(format!("{}\n\n{}", long_help(field, &comment), text("[required]")))
            .required_unless_present(FROM_JSON);
    }
    if field.is_list() || field.is_map() {
        arg = arg.action(ArgAction::Append);
        if field.kind().as_message().is_none() {
            arg = arg.value_delimiter(',');
        }
    } else if field.kind() == Kind::Bool {
        arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true");
    } else if field.kind().as_message().is_some_and(|message| message.fields().len() == 0) {
        arg = arg.num_args(0..=1).require_equals(true).default_missing_value("");
    }
    if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
        let others = flags.iter().filter(|other| {
            other.name != flag.name && other.field().containing_oneof().as_ref() == Some(&oneof)
        });
        arg = arg.conflicts_with_all(others.map(|other| other.name.clone()));
    }
    arg
}

fn positional(arg: Arg, flag: &Flag, flags: &[Flag]) -> Arg {
    let arg = arg.value_name(flag.field().name().to_uppercase());
    // The flag --number can replace the id.
    match flags.iter().any(|flag| flag.name == "number" && flag.path.len() == 1) {
        true => arg.required_unless_present("number"),
        false => arg.required(true),
    }
}

/// Whether a command needs the flag. A query needs none: what is not set filters nothing.
fn is_required(flag: &Flag, flags: &[Flag]) -> bool {
    let field = flag.field();
    let is_command = flags.iter().any(|flag| flag.field().name() == COMMAND_ID);
    // What is within something that may be left out may be left out with it.
    let is_chosen = flag.path.iter().any(|field| field.containing_oneof().is_some());
    let comment = field_comment(field);
    // The comment says so where a list must not be empty, where a value may come later, and what stands for none.
    let may_be_empty = match field.is_list() || field.is_map() {
        true => !comment.contains("1 to ") || comment.contains("Empty: "),
        false => {
            let may_come_later = comment.contains("Required by the time");
            let is_made = field.name() == VOTER_SECRET;
            let stands_for_none =
                ["Unspecified: ", "0 stands for "].iter().any(|words| comment.contains(words));
            field.kind() == Kind::Bool || is_made || may_come_later || stands_for_none
        }
    };
    is_command && !is_chosen && !may_be_empty
}

/// The arguments of a process, with `--late true` written as `--late=true`. A flag that is true or false may stand
/// alone, so what follows it is its value only then.
pub fn with_joined_truth_values(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        let is_truth_value = argument == "true" || argument == "false";
        let is_flag = |last: &&mut OsString| {
            last.to_str().is_some_and(|last| last.len() > 2 && last.starts_with("--") && !last.contains('='))
        };
        match joined.last_mut().filter(is_flag).filter(|_| is_truth_value) {
            Some(flag) => {
                flag.push("=");
                flag.push(argument);
            }
            None => joined.push(argument),
        }
    }
    joined
}

fn value_name(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::String if field.name().ends_with("_id") => "ID".into(),
        Kind::String if field.name() == "code" || field.name().ends_with("_code") => "CODE".into(),
        Kind::String => "TEXT".into(),
        Kind::Bool => "true|false".into(),
        Kind::Bytes => "HEX|@FILE".into(),
        Kind::Enum(_) => field.name().to_uppercase(),
        Kind::Message(message) if is_timestamp(&message) => "TIME".into(),
        Kind::Message(message) if is_choice(&message) => "CASE[:VALUE]".into(),
        Kind::Message(message) if is_well_known(&message) => "JSON".into(),
        Kind::Message(_) => "KEY=VALUE,…".into(),
        _ => "N".into(),
    }
}

fn parser(field: &FieldDescriptor) -> ValueParser {
    match field.kind() {
        Kind::Enum(choice) => {
            let values = choices(&choice).into_iter().map(|value| {
                let possible = PossibleValue::new(short_name(&value)).alias(value.name().to_owned());
                let possible = possible.aliases(Language::Chinese.value(&value));
                match value_help(&value) {
                    comment if comment.is_empty() => possible,
                    comment => possible.help(first_sentence(&comment)),
                }
            });
            let kind = Kind::Enum(choice.clone());
            PossibleValuesParser::new(values).try_map(move |word| value::read(&kind, &word)).into()
        }
        Kind::Bool => BoolValueParser::new().map(Value::Bool).into(),
        kind if field.is_map() => ValueParser::new(move |text: &str| entry(&kind, text)),
        kind => ValueParser::new(move |text: &str| value::read(&kind, text)),
    }
}

/// One entry of a map, as its message on the wire.
fn entry(kind: &Kind, text: &str) -> Result<Value, String> {
    let (key, value) = text.split_once('=').ok_or_else(|| {
        say("\"{text}\" is not of the form {form}", &[("text", &text), ("form", &"key=value")])
    })?;
    let message = kind.as_message().ok_or("a map has entries")?;
    let mut entry = DynamicMessage::new(message.clone());
    for (field, text) in [(message.map_entry_key_field(), key), (message.map_entry_value_field(), value)] {
        entry.set_field(&field, value::read(&field.kind(), text)?);
    }
    Ok(Value::Message(entry))
}

fn help(field: &FieldDescriptor, comment: &str) -> String {
    let mut help = comment.replace("\n\n", " ").trim_end_matches(['.', '。']).to_owned();
    if let Some(note) = identified::note(field) {
        help.push_str(&say("; {note}", &[("note", &note)]));
    }
    if let Kind::Message(message) = field.kind() {
        if is_choice(&message) {
            help.push_str(&format!(": {}", value::cases(&message).join(" | ")));
        } else if !is_well_known(&message) {
            help.push_str(&say(", such as {example}", &[("example", &value::example(&message))]));
        }
    }
    help
}

fn long_help(field: &FieldDescriptor, comment: &str) -> String {
    let Kind::Message(message) = field.kind() else {
        let note = identified::note(field)
            .map(|note| say("\n\nIn place of the whole id {note}.", &[("note", &note)]));
        return comment.to_owned() + &note.unwrap_or_default();
    };
    if is_timestamp(&message) {
        let forms = say("\n\nWritten as {forms}.", &[("forms", &moment::forms())]);
        return comment.to_owned() + &forms;
    }
    if is_well_known(&message) {
        return comment.to_owned();
    }
    let mut help = format!("{comment}\n\n");
    if is_choice(&message) {
        help.push_str(text("One of:\n"));
        for (case, field) in value::cases(&message).into_iter().zip(message.fields()) {
            help.push_str(&format!("  {case}  {}\n", field_help(&field)));
        }
        return help.trim_end().to_owned();
    }
    let example = value::example(&message);
    help.push_str(&say("Either {example}, or a JSON object. The keys:\n", &[("example", &example)]));
    for field in message.fields() {
        help.push_str(&format!("  {}  {}\n", kebab(field.name()), field_help(&field).replace("\n\n", " ")));
    }
    if message.fields().any(|field| field.is_list()) {
        help.push_str(text("Several values of one key are joined by '+'.\n"));
    }
    if field.is_list() {
        help.push_str(text("\nRepeat the flag for more than one."));
    }
    help.trim_end().to_owned()
}

/// The request that the arguments describe; they override what is in it already.
pub fn request(flags: &[Flag], matches: &ArgMatches, mut request: DynamicMessage) -> DynamicMessage {
    for flag in flags {
        // Services report faults by field, so the messages that contain the fields must be present.
        if flag.path.iter().all(|field| !is_optional(field)) {
            let _ = containing(&mut request, &flag.path);
        }
        let given = matches.value_source(&flag.name) == Some(ValueSource::CommandLine);
        let mut values: Vec<Value> = match matches.get_many::<Value>(&flag.name) {
            Some(values) if given => values.cloned().collect(),
            _ => continue,
        };
        let field = flag.field();
        let message = containing(&mut request, &flag.path);
        if field.is_map() {
            insert(message, field, values);
        } else if field.is_list() {
            message.set_field(field, Value::List(values));
        } else if let Some(value) = values.pop() {
            message.set_field(field, value);
        }
    }
    for (name, new) in
        [(COMMAND_ID, client::command_id as fn() -> String), (VOTER_SECRET, client::voter_secret)]
    {
        if request.descriptor().get_field_by_name(name).is_some() && given(&request, name).is_none() {
            request.set_field_by_name(name, Value::String(new()));
        }
    }
    request
}

/// The message that contains the path's last field; it is created if it is not present.
fn containing<'a>(message: &'a mut DynamicMessage, path: &[FieldDescriptor]) -> &'a mut DynamicMessage {
    let Some((first, rest)) = path.split_first().filter(|(_, rest)| !rest.is_empty()) else { return message };
    if !message.has_field(first) {
        message.set_field(first, Value::default_value_for_field(first));
    }
    let inner = message.get_field_mut(first).as_message_mut().expect("only messages contain fields");
    containing(inner, rest)
}

fn insert(message: &mut DynamicMessage, field: &FieldDescriptor, entries: Vec<Value>) {
    let Value::Map(map) = message.get_field_mut(field) else { return };
    for entry in entries {
        if let Value::Message(entry) = entry
            && let Some(key) = entry.get_field_by_number(1).and_then(|key| key.into_owned().into_map_key())
            && let Some(value) = entry.get_field_by_number(2)
        {
            map.insert(key, value.into_owned());
        }
    }
}

/// The command id of a request, if it is set.
pub fn command_id(request: &DynamicMessage) -> Option<String> {
    given(request, COMMAND_ID)
}

/// The text of a field, if it is set.
fn given(request: &DynamicMessage, name: &str) -> Option<String> {
    let text = request.get_field_by_name(name)?.as_str()?.to_owned();
    (!text.is_empty()).then_some(text)
}
