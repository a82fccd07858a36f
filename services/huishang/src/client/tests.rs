//! Tests of the client commands: the table, what flags make of words, what errors make of statuses.

use super::commands::{NOUNS, TABLE};
use super::error::{Error, Refused, exit_code};
use super::flags::{self, Flag};
use super::print::Printer;
use super::{Invocation, RpcInvocation, cell, descriptors};
use crate::args::Arguments;
use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

fn parse(line: &[&str]) -> Result<RpcInvocation, clap::Error> {
    let words = std::iter::once("huishang").chain(line.iter().copied());
    let matches = Arguments::command().try_get_matches_from(words)?;
    match Invocation::from_arg_matches(&matches)? {
        Invocation::Rpc(call) => Ok(*call),
        Invocation::Archive(_, command) => panic!("{command:?} is no call of one rpc"),
    }
}

/// The request that a command line makes, as JSON.
fn request(line: &[&str]) -> Json {
    let invocation = parse(line).unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_str(&cell::json(&invocation.request)).expect("JSON")
}

fn fault(line: &[&str]) -> String {
    parse(line).expect_err("a fault").to_string()
}

#[test]
fn every_rpc_has_one_command_and_every_command_an_rpc() {
    let rpcs: BTreeSet<String> = descriptors::pool()
        .services()
        .flat_map(|service| {
            let name = service.full_name().trim_start_matches("huishang.").to_owned();
            service.methods().map(move |method| format!("{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect();
    let table: BTreeSet<String> = TABLE.iter().map(|entry| entry.rpc.to_owned()).collect();
    assert_eq!(rpcs.difference(&table).collect::<Vec<_>>(), Vec::<&String>::new(), "rpcs without a command");
    assert_eq!(table.difference(&rpcs).collect::<Vec<_>>(), Vec::<&String>::new(), "commands without an rpc");
    let words: BTreeSet<(&str, &str)> = TABLE.iter().map(|entry| (entry.noun, entry.verb)).collect();
    assert_eq!(words.len(), TABLE.len(), "two rpcs have one command");
    for noun in NOUNS {
        assert!(super::commands::of(noun.name).next().is_some(), "{} has no command", noun.name);
    }
    assert!(TABLE.iter().all(|entry| super::commands::find(entry.noun).is_some()), "a noun is not described");
}

#[test]
fn the_whole_command_line_is_sound_and_documented() {
    let mut command = Arguments::command();
    command.build();
    command.clone().debug_assert();
    for noun in NOUNS {
        let noun = command.find_subcommand(noun.name).expect("a noun");
        for verb in noun.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let name = format!("{} {}", noun.get_name(), verb.get_name());
            assert!(
                verb.get_about().is_some_and(|about| !about.to_string().is_empty()),
                "{name} has no comment"
            );
        }
    }
}

#[test]
fn nested_messages_are_flattened_and_enums_are_short() {
    let request = request(&[
        "department",
        "register",
        "--code",
        "transport",
        "--name",
        "交通运输局",
        "--level",
        "municipal",
        "--kind",
        "agency",
        "--command-id",
        "0190a000-0000-7000-8000-000000000000",
    ]);
    let profile = &request["profile"];
    assert_eq!(request["commandId"], "0190a000-0000-7000-8000-000000000000");
    assert_eq!((&profile["code"], &profile["name"]), (&json!("transport"), &json!("交通运输局")));
    assert_eq!(profile["level"], "DEPARTMENT_LEVEL_MUNICIPAL");
    assert_eq!(profile["kind"], "DEPARTMENT_KIND_AGENCY");
    assert_eq!(profile["parent"], Json::Null);
    let wrong = fault(&["department", "register", "--level", "cosmic"]);
    assert!(wrong.contains("municipal") && wrong.contains("cosmic"), "{wrong}");
}

#[test]
fn a_command_gets_its_own_id_when_none_is_given() {
    let id = |line| request(line)["commandId"].as_str().expect("an id").to_owned();
    let line = ["session", "screen", "0190a000-0000-7000-8000-000000000001"];
    assert_ne!(id(&line), id(&line));
    assert_eq!(request(&line)["sessionId"], line[2]);
    assert_eq!(parse(&["session", "screen"]).expect_err("no id").kind(), ErrorKind::MissingRequiredArgument);
}

#[test]
fn numbers_moments_and_words_in_lists() {
    let room = request(&[
        "room",
        "register",
        "--seats",
        "40",
        "--equipment",
        "projector,screen",
        "--equipment",
        "ramp",
    ]);
    assert_eq!(room["profile"]["seats"], 40);
    assert_eq!(room["profile"]["equipment"], json!(["projector", "screen", "ramp"]));
    let slot = request(&["session", "schedule", "x", "--from", "2027-03-01T09:00:00+08:00"]);
    assert_eq!(slot["from"], "2027-03-01T01:00:00Z");
    assert!(fault(&["session", "schedule", "x", "--from", "tomorrow"]).contains("2027-03-01T09:00:00+08:00"));
    assert!(fault(&["room", "register", "--seats", "many"]).contains("not such a number"));
    assert_eq!(
        request(&["session", "list", "--at-least-position", "7", "--state", "admitted"])["atLeastPosition"],
        "7"
    );
    assert_eq!(request(&["docket", "adopt", "x", "--topic", "1", "--declaratory"])["declaratory"], true);
    assert_eq!(request(&["docket", "adopt", "x", "--topic", "1"])["declaratory"], false);
}

#[test]
fn repeated_messages_come_as_pairs_or_json() {
    let line = [
        "session",
        "request",
        "--title",
        "Floods",
        "--topics",
        "no=1,title=Roads, bridges and rails,timebox-minutes=30",
        "--topics",
        r#"{"no": 2, "title": "Pumps", "timeboxMinutes": 20, "papersRequired": true}"#,
        "--attendees",
        "department=transport,roles=1:decides+2:advises",
        "--attendees",
        "department=water,roles=2:decides",
    ];
    let outline = &request(&line)["outline"];
    assert_eq!(outline["topics"][0]["title"], "Roads, bridges and rails");
    assert_eq!(outline["topics"][0]["timeboxMinutes"], 30);
    assert_eq!(
        outline["topics"][1],
        json!({"no": 2, "title": "Pumps", "timeboxMinutes": 20, "papersRequired": true})
    );
    assert_eq!(outline["attendees"][0]["roles"][1], json!({"topic": 2, "role": "ROLE_ON_TOPIC_ADVISES"}));
    let typo = fault(&["session", "request", "--topics", "no=1,titel=Roads"]);
    assert!(typo.contains("there is no \"titel\"") && typo.contains("timebox-minutes"), "{typo}");
}

#[test]
fn choices_are_one_flag_with_a_case_and_its_value() {
    let open = |method: &str| {
        request(&["docket", "open-ballot", "x", "--topic", "1", "--method", method])["method"].clone()
    };
    assert_eq!(open("consensus"), json!({"consensus": {}}));
    let share = json!({"qualifiedMajority": {"numerator": 2, "denominator": 3}});
    assert_eq!(open("qualified-majority:2:3"), share);
    assert_eq!(open("qualified-majority:numerator=2,denominator=3"), share);
    assert!(fault(&["docket", "open-ballot", "x", "--method", "lottery"]).contains("simple-majority"));
    let items =
        "title=Pumps,deliverable=Plan,lead=water,co-responsible=transport+finance,due=in-working-days:30";
    let drafted = request(&["docket", "draft-items", "x", "--topic", "1", "--items", items]);
    assert_eq!(drafted["items"][0]["due"], json!({"inWorkingDays": 30}));
    assert_eq!(drafted["items"][0]["coResponsible"], json!(["transport", "finance"]));
}

#[test]
fn a_request_can_begin_with_a_json_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), r#"{"profile": {"code": "a", "name": "from the file"}}"#).expect("written");
    let path = file.path().to_str().expect("a path");
    let profile = &request(&["department", "register", "--from-json", path, "--code", "b"])["profile"];
    assert_eq!((&profile["code"], &profile["name"]), (&json!("b"), &json!("from the file")));
    std::fs::write(file.path(), r#"{"profil": {}}"#).expect("written");
    assert!(fault(&["department", "register", "--from-json", path]).contains("profil"));
}

#[test]
fn every_flag_of_every_command_takes_its_own_example() {
    for entry in TABLE {
        let method = descriptors::method(entry.rpc).expect("an rpc");
        let noun = super::commands::find(entry.noun).expect("a noun");
        for Flag { path, name, .. } in flags::plan(&method.input(), noun) {
            let field = path.last().expect("a field");
            if let Some(message) =
                field.kind().as_message().filter(|message| !descriptors::is_timestamp(message))
            {
                let examples = match descriptors::is_choice(message) {
                    true => super::value::cases(message),
                    false => vec![super::value::example(message)],
                };
                for example in examples {
                    let read = super::value::read(&field.kind(), &example);
                    assert!(read.is_ok(), "{} --{name} {example}: {read:?}", entry.rpc);
                }
            }
        }
    }
}

#[test]
fn an_unknown_word_suggests_the_known_one() {
    let wrong = fault(&["sesion", "list"]);
    assert!(wrong.contains("'session'"), "{wrong}");
    assert!(fault(&["session", "lst"]).contains("'list'"));
    assert_eq!(parse(&["sesion"]).expect_err("unknown").exit_code(), 2);
}

#[test]
fn exit_codes_tell_statuses_apart() {
    let codes = [
        (Code::InvalidArgument, 2),
        (Code::OutOfRange, 2),
        (Code::NotFound, 3),
        (Code::FailedPrecondition, 4),
        (Code::Unauthenticated, 5),
        (Code::PermissionDenied, 5),
        (Code::AlreadyExists, 6),
        (Code::Aborted, 6),
        (Code::Unavailable, 7),
        (Code::DeadlineExceeded, 7),
        (Code::Internal, 1),
        (Code::Unimplemented, 1),
    ];
    for (code, exit) in codes {
        assert_eq!(exit_code(code), exit, "{code:?}");
    }
    assert_eq!(Error::NoToken.exit_code(), 5);
    assert_eq!(Error::Interrupted.exit_code(), 130);
    assert_eq!(Error::Unreachable { server: String::new(), why: String::new() }.exit_code(), 7);
    assert_eq!(Error::Usage(String::new()).exit_code(), 2);
}

fn said(status: Status, line: &[&str]) -> String {
    let flags = parse(line).expect("a command").flags;
    let mut out = Vec::new();
    Error::Refused(Box::new(Refused { status, flags, command_id: Some("7".into()) }))
        .say(&mut out)
        .expect("said");
    String::from_utf8(out).expect("text")
}

#[test]
fn faults_are_told_by_flag_and_refusals_with_their_figures() {
    let line = ["session", "request", "--title", "x"];
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("outline.topics[2].title", "is empty");
    details.add_bad_request_violation("outline.chair", "is missing");
    let text = said(Status::with_error_details(Code::InvalidArgument, "both", details), &line);
    assert_eq!(
        text,
        "error: the request is not taken\n  --topics [2].title is empty\n  --chair is missing\n"
    );

    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("session_id", "must be a UUID");
    details.add_bad_request_violation("rule", "must be one of SCREENING_RULE_NOTICE, SCREENING_RULE_PAPERS");
    let override_it = ["session", "override", "x"];
    let text = said(Status::with_error_details(Code::InvalidArgument, "both", details), &override_it);
    assert!(
        text.ends_with("  <SESSION_ID> must be a UUID\n  --rule must be one of notice, papers\n"),
        "{text}"
    );

    let figures = [("measure".to_owned(), "9".to_owned()), ("limit".to_owned(), "5".to_owned())];
    let details = ErrorDetails::with_error_info("RULE_BROKEN", "huishang", figures);
    let text = said(Status::with_error_details(Code::FailedPrecondition, "too many topics", details), &line);
    assert_eq!(text, "error: too many topics\n  rule: RULE_BROKEN  limit=5  measure=9\n");

    let text = said(Status::unavailable("no ledger confirms"), &line);
    assert!(text.contains("--command-id 7"), "{text}");
}

fn printed(message: &str, content: &Json) -> String {
    let message = descriptors::pool().get_message_by_name(message).expect("a message");
    let answer = DynamicMessage::deserialize(message, content).expect("an answer");
    let mut out = Vec::new();
    let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
    Printer { out: &mut out, zone, width: None }.answer(&answer).expect("printed");
    assert!(answer.descriptor().full_name().starts_with("huishang"));
    String::from_utf8(out).expect("text")
}

#[test]
fn lists_are_tables_without_empty_columns() {
    let text = printed(
        "huishang.scheduling.v1.ListRoomsResponse",
        &json!({
            "rooms": [
                {"code": "r-1", "name": "大会议室", "seats": 60},
                {"code": "r-20", "name": "小会议室", "seats": 8}
            ],
            "nextPageToken": "after-2", "position": "9"
        }),
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["code", "name", "seats"]);
    assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["r-1", "大会议室", "60"]);
    assert_eq!(lines.last(), Some(&"more with --page-token after-2"));
    assert_eq!(printed("huishang.scheduling.v1.ListRoomsResponse", &json!({"position": "9"})), "no rooms\n");
}

#[test]
fn single_things_are_lines_with_tables_beneath() {
    let text = printed(
        "huishang.scheduling.v1.GetSessionResponse",
        &json!({
            "session": {
                "sessionId": "s", "state": "SESSION_STATE_ADMITTED",
                "outline": {
                    "title": "Floods", "earliestStart": "2027-03-01T01:00:00Z",
                    "topics": [{"no": 1, "title": "Pumps"}],
                    "attendees": [{"department": "water", "roles": [{"topic": 1, "role": "ROLE_ON_TOPIC_DECIDES"}]}]
                }
            },
            "position": "9"
        }),
    );
    assert!(text.contains("title:") && text.contains("state:") && text.contains("admitted"), "{text}");
    assert!(text.contains("2027-03-01 09:00+08:00"), "{text}");
    assert!(text.contains("\ntopics\n") && text.contains("water") && text.contains("1:decides"), "{text}");
    assert!(!text.contains("position"), "{text}");
    assert_eq!(
        printed("huishang.scheduling.v1.AdmitSessionResponse", &json!({"position": "9"})),
        "position:  9\n"
    );
}

#[test]
fn a_board_ends_with_its_totals() {
    let text = printed(
        "huishang.followup.v1.GetBoardResponse",
        &json!({
            "asOf": "2027-03-01T01:00:00Z",
            "rows": [{"department": "water", "counts": {"open": 3, "late": 1}}],
            "totals": {"open": 3, "late": 1}, "position": "9"
        }),
    );
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["as", "of:", "2027-03-01", "09:00+08:00"]);
    assert_eq!(lines[lines.len() - 2][..4], ["water", "3", "0", "1"]);
    assert_eq!(lines[lines.len() - 1][..4], ["all", "3", "0", "1"]);
}

#[test]
fn a_number_stands_for_an_id_and_ids_beside_numbers_are_not_shown() {
    let given = |line: &[&str]| {
        let invocation = parse(line).expect("a command");
        super::number::given(&invocation.flags, &invocation.request)
    };
    assert_eq!(given(&["item", "acknowledge", "2027-0003/2"]), Some("2027-0003/2".into()));
    assert_eq!(given(&["item", "acknowledge", "0190a000-0000-7000-8000-000000000001"]), None);
    assert!(parse(&["item", "show", "--number", "2027-0003/2"]).is_ok());
    let item =
        json!({"id": "0190a000-0000-7000-8000-000000000001", "number": "2027-0003/2", "title": "Pumps"});
    let text = printed("huishang.resolution.v1.ListItemsResponse", &json!({"items": [item]}));
    assert!(text.contains("2027-0003/2") && !text.contains("0190a000"), "{text}");
}
