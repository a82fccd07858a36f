//! One word, one meaning: how the protos name things, and that each thing says what it is.

use super::{api_files, assert_none, enums, files, is_stored, messages, methods};
use prost_reflect::{FieldDescriptor, Kind};
use proto::contract::comment;

#[test]
fn no_message_of_the_api_contains_a_stored_one() {
    let mut faults = Vec::new();
    for file in api_files() {
        let stored = file.dependencies().filter(|imported| is_stored(imported.package_name()));
        faults.extend(stored.map(|imported| format!("{} imports {}", file.name(), imported.name())));
    }
    assert_none("API files that import what disks remember", faults);
}

/// What is wrong with a field's name, if anything.
fn misnamed(field: &FieldDescriptor) -> Option<&'static str> {
    let name = field.name();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_moment =
        field.kind().as_message().is_some_and(|message| message.full_name() == "google.protobuf.Timestamp");
    if is_moment && !ends(&["_at", "_by"]) {
        return Some("a moment ends in _at, a deadline in _by");
    }
    if !is_moment && ends(&["_at"]) {
        return Some("only a moment ends in _at");
    }
    if matches!(name, "from" | "until" | "no" | "state" | "id" | "dues" | "voice" | "commit_id") {
        return Some("it is a word that the contract does not use");
    }
    if ends(&["_id"]) && field.kind() != Kind::String {
        return Some("an id is a string");
    }
    let is_length = matches!(field.kind(), Kind::Uint32 | Kind::Uint64) && name.contains("duration");
    if is_length && !["_seconds", "_minutes", "_hours", "_days"].iter().any(|unit| name.contains(unit)) {
        return Some("a length carries its unit");
    }
    None
}

#[test]
fn fields_are_named_by_what_they_hold() {
    let fields = messages(files()).into_iter().flat_map(|message| message.fields().collect::<Vec<_>>());
    let faults = fields.filter_map(|field| Some(format!("{}: {}", field.full_name(), misnamed(&field)?)));
    assert_none("fields with the wrong name", faults.collect());
}

#[test]
fn what_names_a_department_or_a_body_is_a_code() {
    let words = ["department", "body", "chair", "lead", "room", "requester", "parent"];
    let fields = messages(files()).into_iter().flat_map(|message| message.fields().collect::<Vec<_>>());
    let plain = fields.filter(|field| field.kind() == Kind::String && words.contains(&field.name()));
    assert_none("codes without _code", plain.map(|field| field.full_name().to_owned()).collect());
}

#[test]
fn everything_says_what_it_is() {
    let mut faults = Vec::new();
    let mut look = |file: &prost_reflect::FileDescriptor, path: &[i32], name: &str| {
        if comment(file, path).trim().is_empty() {
            faults.push(name.to_owned());
        }
    };
    for message in messages(files()) {
        let file = message.parent_file();
        look(&file, message.path(), message.full_name());
        for field in message.fields() {
            look(&file, field.path(), field.full_name());
        }
    }
    for choice in enums(files()) {
        look(&choice.parent_file(), choice.path(), choice.full_name());
        for value in choice.values() {
            look(&choice.parent_file(), value.path(), value.full_name());
        }
    }
    for method in methods() {
        look(&method.parent_service().parent_file(), method.path(), method.full_name());
    }
    assert_none("without a comment", faults);
}

#[test]
fn the_value_that_means_nothing_says_so() {
    let zero = enums(files()).into_iter().filter_map(|choice| choice.get_value(0));
    let faults =
        zero.filter(|value| comment(&value.parent_enum().parent_file(), value.path()) != "Unspecified.");
    assert_none("zero values", faults.map(|value| value.full_name().to_owned()).collect());
}

#[test]
fn comments_use_the_words_of_the_trade() {
    let banned = [
        "behind",
        "anew",
        "Not said",
        "Where the log has it",
        "is not taken",
        "stands here",
        "Tells ",
        "Gives ",
        "voice",
        "read model",
        "wish",
    ];
    let mut faults = Vec::new();
    for file in files() {
        let info = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
        for location in info.location {
            let text = location.leading_comments.unwrap_or_default();
            for word in banned.iter().filter(|word| text.contains(**word)) {
                faults.push(format!("{}: {word:?} in {:?}", file.name(), text.trim()));
            }
        }
    }
    assert_none("comments to be reworded", faults);
}
