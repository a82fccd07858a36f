//! Tests of the client commands: the table, flags and printed answers.

mod refusals;

use super::commands::{self, NOUNS, table};
use super::flags::{self, Flag};
use super::print::Printer;
use super::{RpcInvocation, cell, descriptors, identified};
use crate::args::Arguments;
use crate::invocation::Invocation;
use crate::language::tests::in_chinese;
use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

fn parse(line: &[&str]) -> Result<RpcInvocation, clap::Error> {
    let words = std::iter::once("huishang").chain(line.iter().copied());
    let matches = Arguments::command().try_get_matches_from(words)?;
    match Invocation::from_arg_matches(&matches)? {
        Invocation::Rpc(call) => Ok(*call),
        Invocation::Archive(archive) => panic!("{:?} is not a call of one rpc", archive.1),
    }
}

/// Parses a command line that may lack what is required, as it may beside a file with a request.
fn parse_part(line: &[&str]) -> RpcInvocation {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "{}").expect("written");
    let from_json = ["--from-json", file.path().to_str().expect("a path")];
    let is_whole = line.contains(&"--from-json");
    parse(&[line, if is_whole { &[] } else { &from_json }].concat()).unwrap_or_else(|error| panic!("{error}"))
}

/// The request that a command line makes, as JSON.
fn request(line: &[&str]) -> Json {
    let mut invocation = parse_part(line);
    super::moment::settle(&mut invocation.request, &shanghai()).unwrap_or_else(|fault| panic!("{fault}"));
    serde_json::from_str(&cell::json(&invocation.request)).expect("JSON")
}

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").expect("a zone")
}

fn fault(line: &[&str]) -> String {
    parse(line).expect_err("a fault").to_string()
}

fn help(line: &[&str]) -> String {
    parse(&[line, &["--help"]].concat()).expect_err("help").to_string()
}

#[test]
fn every_rpc_has_its_own_command_and_every_noun_is_described_and_used() {
    let words: BTreeSet<(&str, &str)> = table().iter().map(|entry| (entry.noun, entry.verb)).collect();
    assert_eq!(words.len(), table().len(), "two rpcs have the same command");
    for entry in table() {
        assert!(!entry.noun.is_empty(), "{} has no command", entry.rpc);
        let noun = commands::find(entry.noun).unwrap_or_else(|| panic!("{} is not described", entry.noun));
        assert!(!noun.about.is_empty(), "{} is not described", noun.name);
        assert!(descriptors::method(entry.rpc).is_some(), "there is no {}", entry.rpc);
    }
    for noun in NOUNS {
        assert!(commands::of(noun.name).next().is_some(), "{} has no command", noun.name);
    }
}

#[test]
fn every_service_has_an_address() {
    for entry in table() {
        let service = descriptors::service(entry.rpc);
        let is_in_every_process = service == "operations";
        assert!(is_in_every_process || ::client::SERVICES.contains(&service), "{service}");
    }
}

#[test]
fn a_past_moment_is_asked_for_by_a_short_flag() {
    let long = request(&["item", "list", "--as-of-at", "2027-03-31 16:00"]);
    assert_eq!(request(&["item", "list", "--as-of", "2027-03-31 16:00"]), long);
    assert_eq!(long["asOfAt"], "2027-03-31T08:00:00Z");
}

#[test]
fn help_shows_roles_and_reasons() {
    let vote = help(&["docket", "cast-vote"]);
    assert!(vote.contains("Roles: ") && vote.contains("delegate"), "{vote}");
    assert!(vote.contains("May be refused with: ") && vote.contains("NO_BALLOT_OPEN"), "{vote}");
    let list = help(&["docket", "list"]);
    assert!(
        list.contains("Roles: ") && list.contains("auditor") && !list.contains("May be refused"),
        "{list}"
    );
}

#[test]
fn a_unique_prefix_of_a_flag_is_enough() {
    let vote = ["docket", "cast-vote", "x", "--topic", "2", "--dep", "water", "--choice", "yes"];
    let vote = request(&vote);
    assert_eq!((&vote["topicNumber"], &vote["departmentCode"]), (&json!(2), &json!("water")));
    let ambiguous = fault(&["docket", "open-ballot", "x", "--t", "1"]);
    assert!(ambiguous.contains("unexpected argument '--t'"), "{ambiguous}");
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
fn nested_messages_are_flattened_and_enum_values_are_short() {
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
    let department = &request["department"];
    assert_eq!(request["commandId"], "0190a000-0000-7000-8000-000000000000");
    assert_eq!((&department["code"], &department["name"]), (&json!("transport"), &json!("交通运输局")));
    assert_eq!(department["level"], "DEPARTMENT_LEVEL_MUNICIPAL");
    assert_eq!(department["kind"], "DEPARTMENT_KIND_AGENCY");
    assert_eq!(department["parentCode"], Json::Null);
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
fn numbers_moments_and_lists_of_words() {
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
    assert_eq!(room["room"]["seats"], 40);
    assert_eq!(room["room"]["equipment"], json!(["projector", "screen", "ramp"]));
    let slot = request(&["session", "schedule", "x", "--starts-at", "2027-03-01T09:00:00+08:00"]);
    assert_eq!(slot["startsAt"], "2027-03-01T01:00:00Z");
    assert!(
        fault(&["session", "schedule", "x", "--starts-at", "tomorrow"]).contains("2027-03-01T09:00:00+08:00")
    );
    let refused = |moment: &str| fault(&["session", "schedule", "x", "--starts-at", moment]);
    for moment in ["2027-02-30", "2027-02-30T09:00:00+08:00", "2027-02-30 09:00"] {
        assert!(refused(moment).contains("there is no 30 February 2027"), "{}", refused(moment));
    }
    assert!(fault(&["room", "register", "--seats", "many"]).contains("is not a valid number"));
    assert_eq!(
        request(&["session", "list", "--at-least-position", "7", "--stage", "admitted"])["atLeastPosition"],
        "7"
    );
    assert_eq!(
        request(&["docket", "adopt", "x", "--topic-number", "1", "--declaratory"])["declaratory"],
        true
    );
    assert_eq!(request(&["docket", "adopt", "x", "--topic-number", "1"])["declaratory"], false);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("request.json");
    std::fs::write(&file, "\u{feff}{\"pageSize\": 7}").expect("a file");
    let file = file.to_str().expect("a path");
    assert_eq!(request(&["department", "list", "--from-json", file])["pageSize"], 7);
}

#[test]
fn repeated_messages_come_as_pairs_or_json() {
    let line = [
        "session",
        "request",
        "--title",
        "Floods",
        "--topics",
        "number=1,title=Roads, bridges and rails,timebox-minutes=30",
        "--topics",
        r#"{"number": 2, "title": "Pumps", "timeboxMinutes": 20, "papersRequired": true}"#,
        "--attendees",
        "department-code=transport,roles=1:decides+2:advises",
        "--attendees",
        "department-code=water,roles=2:decides",
    ];
    let outline = &request(&line)["outline"];
    assert_eq!(outline["topics"][0]["title"], "Roads, bridges and rails");
    assert_eq!(outline["topics"][0]["timeboxMinutes"], 30);
    assert_eq!(
        outline["topics"][1],
        json!({"number": 2, "title": "Pumps", "timeboxMinutes": 20, "papersRequired": true})
    );
    let advises = json!({"topicNumber": 2, "role": "ROLE_ON_TOPIC_ADVISES"});
    assert_eq!(outline["attendees"][0]["roles"][1], advises);
    let typo = fault(&["session", "request", "--topics", "number=1,titel=Roads"]);
    assert!(typo.contains("there is no key \"titel\"") && typo.contains("timebox-minutes"), "{typo}");
}

#[test]
fn a_list_has_the_rest_of_the_values_in_order() {
    let attendee = |text: &str| {
        let line =
            ["session", "request", "--title", "Floods", "--topics", "1:Roads:30:no", "--attendees", text];
        request(&line)["outline"]["attendees"][0].clone()
    };
    let by_key = attendee("department-code=water,roles=1:decides+2:advises");
    assert_eq!(attendee("water:1:decides+2:advises"), by_key);
    assert_eq!(attendee("department-code=water,roles=1:decides,companions=3")["companions"], 3);
}

#[test]
fn a_list_that_stays_as_it_is_when_empty_need_not_be_given() {
    let id = "0190a3f2-0000-7000-8000-000000000000";
    let revised = request(&["session", "revise", id, "--equipment", "video,投影仪"]);
    assert_eq!(revised["equipment"], json!(["video", "投影仪"]));
}

#[test]
fn optional_values_at_the_end_of_a_message_may_be_left_out() {
    let topic = |text: &str| {
        request(&["session", "request", "--title", "Floods", "--topics", text])["outline"]["topics"][0]
            .clone()
    };
    assert_eq!(topic("1:The drain:20:yes")["papersRequired"], true);
    assert_eq!(topic("1:The drain:20:yes:0190a3f2")["matterId"], "0190a3f2");
    assert!(fault(&["session", "request", "--topics", "1:The drain"]).contains("is not of the form"));
}

#[test]
fn choices_are_one_flag_with_a_case_and_its_value() {
    let rule = |method: &str| format!("matter-class=important,method={method},quorum=all-seats:2:3");
    let decided_by = |method: &str| {
        let line = ["body", "define", "x", "--name", "X", "--decision-rules", &rule(method)];
        request(&line)["charter"]["decisionRules"][0]["method"].clone()
    };
    assert_eq!(decided_by("consensus"), json!({"consensus": {}}));
    let share = json!({"qualifiedMajority": {"numerator": 2, "denominator": 3}});
    assert_eq!(decided_by("qualified-majority:2:3"), share);
    assert!(
        fault(&["body", "define", "x", "--decision-rules", &rule("lottery")]).contains("simple-majority")
    );
    let extend = request(&["item", "request-extension", "x", "--due", "after-working-days:30"]);
    assert_eq!(extend["due"], json!({"afterWorkingDays": 30}));
    let items = "title=Pumps,deliverable=Plan,lead-code=water,co-responsible-codes=transport+finance,due=after-working-days:30";
    let drafted = request(&["docket", "draft-items", "x", "--topic-number", "1", "--items", items]);
    assert_eq!(drafted["items"][0]["due"], json!({"afterWorkingDays": 30}));
    assert_eq!(drafted["items"][0]["coResponsibleCodes"], json!(["transport", "finance"]));
}

#[test]
fn a_request_can_begin_with_a_json_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), r#"{"department": {"code": "a", "name": "from the file"}}"#)
        .expect("written");
    let path = file.path().to_str().expect("a path");
    let department = &request(&["department", "register", "--from-json", path, "--code", "b"])["department"];
    assert_eq!((&department["code"], &department["name"]), (&json!("b"), &json!("from the file")));
    std::fs::write(file.path(), r#"{"departement": {}}"#).expect("written");
    assert!(fault(&["department", "register", "--from-json", path]).contains("departement"));
}

#[test]
fn every_flag_of_every_command_accepts_its_own_example() {
    for entry in table() {
        let method = descriptors::method(entry.rpc).expect("an rpc");
        let noun = commands::find(entry.noun).expect("a noun");
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

/// How an answer is printed to a pipe, to a query or to a command.
fn printed(message: &str, content: &Json) -> String {
    printed_within(None, message, content)
}

/// How an answer is printed on a terminal of this width.
fn printed_within(width: Option<usize>, message: &str, content: &Json) -> String {
    let message = descriptors::pool().get_message_by_name(message).expect("a message");
    let answer = DynamicMessage::deserialize(message, content).expect("an answer");
    let position = answer.descriptor().get_field_by_name("position").expect("a position");
    let mut out = Vec::new();
    let mut printer = Printer { out: &mut out, zone: shanghai(), width };
    // The position is the first field of a command's answer.
    match position.number() {
        1 => printer.command_answer(&answer).expect("printed"),
        _ => printer.answer(&answer).expect("printed"),
    }
    String::from_utf8(out).expect("text")
}

#[test]
fn what_would_steer_a_terminal_is_escaped_for_people_and_not_for_programs() {
    let content = json!({"rooms": [{"code": "r-1", "name": "\u{1b}[2Jhall\u{202e}\r", "seats": 60}]});
    let text = printed("huishang.scheduling.v1.ListRoomsResponse", &content);
    assert!(text.contains(r"\u{1b}[2Jhall\u{202e}\u{d}"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
    let message = descriptors::pool().get_message_by_name("huishang.scheduling.v1.ListRoomsResponse");
    let answer = DynamicMessage::deserialize(message.expect("a message"), &content).expect("an answer");
    let read: Json = serde_json::from_str(&cell::json(&answer)).expect("JSON");
    assert_eq!(read["rooms"][0]["name"], content["rooms"][0]["name"]);
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
fn a_resource_is_shown_as_lines_with_tables_below() {
    let text = printed(
        "huishang.scheduling.v1.GetSessionResponse",
        &json!({
            "session": {
                "sessionId": "s", "stage": "SESSION_STAGE_ADMITTED",
                "outline": {
                    "title": "Floods", "earliestStartAt": "2027-03-01T01:00:00Z",
                    "topics": [{"number": 1, "title": "Pumps"}],
                    "attendees": [{
                        "departmentCode": "water",
                        "roles": [{"topicNumber": 1, "role": "ROLE_ON_TOPIC_DECIDES"}]
                    }]
                }
            },
            "position": "9"
        }),
    );
    assert!(text.contains("title:") && text.contains("stage:") && text.contains("admitted"), "{text}");
    assert!(text.contains("2027-03-01 09:00+08:00"), "{text}");
    assert!(text.contains("\ntopics\n") && text.contains("water") && text.contains("1:decides"), "{text}");
    assert!(!text.contains("position"), "{text}");
}

#[test]
fn a_command_is_answered_with_its_position_and_the_resource_in_short() {
    let text = printed(
        "huishang.scheduling.v1.AdmitSessionResponse",
        &json!({
            "position": "9",
            "session": {
                "sessionId": "s", "stage": "SESSION_STAGE_ADMITTED", "requesterCode": "water",
                "outline": {"title": "Floods", "topics": [{"number": 1, "title": "Pumps"}]},
                "papers": [{"topicNumber": 1}]
            }
        }),
    );
    let expected = "position:        9\nsession id:      s\nrequester code:  water\nstage:           admitted\n\
                    adjournments:    0\nperson minutes:  0\npeople:          0\n";
    assert_eq!(text, expected);
    let moved = json!({"position": "9", "clockAt": "2027-03-01T01:00:00Z"});
    let text = printed("huishang.ledger.v1.MoveClockResponse", &moved);
    assert_eq!(text, "position:  9\nclock at:  2027-03-01 09:00+08:00\n");
}

#[test]
fn a_board_ends_with_its_totals() {
    let text = printed(
        "huishang.followup.v1.GetBoardResponse",
        &json!({
            "evaluatedAt": "2027-03-01T01:00:00Z",
            "rows": [{"departmentCode": "water", "counts": {"open": 3, "late": 1}}],
            "totals": {"open": 3, "late": 1}, "position": "9"
        }),
    );
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["evaluated", "at:", "2027-03-01", "09:00+08:00"]);
    assert_eq!(lines[lines.len() - 2][..4], ["water", "3", "0", "1"]);
    assert_eq!(lines[lines.len() - 1][..4], ["all", "3", "0", "1"]);
}

#[test]
fn a_number_replaces_an_id_and_ids_next_to_numbers_are_not_shown() {
    const ID: &str = "0190a000-0000-7000-8000-000000000001";
    let given = |line: &[&str]| {
        let invocation = parse_part(line);
        super::ids::are_given_otherwise(&invocation.flags, &invocation.request)
    };
    assert!(given(&["item", "acknowledge", "2027-0003/2"]));
    let changes =
        |of: &'static str| ["docket", "declare-changes", ID, "--topic-number", "1", "--changes", of];
    assert!(given(&changes("FLOOD-2027-0001:rescinds")));
    let carried_over = request(&changes("FLOOD-2027-0001:supersedes:FLOOD-2027-0001/2+FLOOD-2027-0001/3"));
    assert_eq!(carried_over["changes"][0]["carriedOverItemIds"][1], "FLOOD-2027-0001/3");
    assert!(given(&["followup", "notices", "--item-id", "2027-0003/2"]));
    assert!(!given(&["item", "acknowledge", "0190a000-0000-7000-8000-000000000001"]));
    assert!(!given(&["item", "show", "--number", "2027-0003/2", "-"]));
    assert!(parse(&["item", "show", "--number", "2027-0003/2"]).is_ok());
    let item =
        json!({"itemId": "0190a000-0000-7000-8000-000000000001", "number": "2027-0003/2", "title": "Pumps"});
    let text = printed("huishang.resolution.v1.ListItemsResponse", &json!({"items": [item]}));
    assert!(text.contains("2027-0003/2") && !text.contains("0190a000"), "{text}");
    let session = json!({"number": "2027-0003/2", "sessionId": "0190a000-0000-7000-8000-000000000001"});
    let text = printed("huishang.resolution.v1.GetTreeResponse", &json!({"sessions": [session]}));
    assert!(text.contains("2027-0003/2") && text.contains("0190a000"), "a number alone says nothing: {text}");
}

#[test]
fn on_a_terminal_ids_are_as_long_as_they_differ_and_nothing_is_wider() {
    let row = |id: &str, title: &str| {
        json!({
            "sessionId": id, "title": title, "bodyCode": "LINJIANG-EMERGENCY", "kind": "SESSION_KIND_EMERGENCY",
            "stage": "SESSION_STAGE_ADMITTED", "chairCode": "EMERGENCY", "topicCount": 1, "attendeeCount": 5,
            "requestedAt": "2027-03-19T12:10:00Z", "startsAt": "2027-03-19T12:20:00Z",
        })
    };
    let (first, second) = ("0190a000-0000-7000-8000-000000000001", "0190a000-00f0-7000-8000-000000000001");
    let sessions =
        [row(first, "Emergency session: the Lin river rises 临江汛情应急会商"), row(second, "Works")];
    let content = json!({"sessions": sessions, "position": "9"});
    let narrow = printed_within(Some(80), "huishang.scheduling.v1.ListSessionsResponse", &content);
    assert!(narrow.contains("0190a000-00f ") && !narrow.contains("0190a000-00f0"), "{narrow}");
    for whole in ["LINJIANG-EMERGENCY", "2027-03-19 20:10", "times in Asia/Shanghai"] {
        assert!(narrow.contains(whole), "{narrow}");
    }
    for line in narrow.lines() {
        assert!(super::layout::columns(line) <= 80, "{line}");
    }
    let piped = printed("huishang.scheduling.v1.ListSessionsResponse", &content);
    assert_eq!(piped.lines().count(), 4, "{piped}");
    assert!(piped.contains(first) && piped.contains("2027-03-19 20:10+08:00"), "{piped}");
}

#[test]
fn a_docket_shows_every_value_with_its_name() {
    let ballot = json!({
        "number": 1, "version": 1, "method": {"qualifiedMajority": {"numerator": 2, "denominator": 3}},
        "votes": [{"departmentCode": "ROADS", "choice": "VOTE_CHOICE_NO", "reason": "Paved last year"}],
        "result": {"ballotNumber": 1, "version": 1, "cast": 3, "yesVotes": 2, "noVotes": 1, "passed": true},
    });
    let outcome = json!({"adopted": {
        "version": 1, "ballotNumber": 1, "decidedOn": "2027-03-01", "acknowledgeBy": "2027-03-04T16:00:00Z",
        "dueDates": [{"itemNumber": 1, "dueOn": "2027-03-08", "dueAt": "2027-03-08T16:00:00Z"}],
    }});
    let topic = json!({
        "number": 1, "title": "The drain", "versions": ["WATER widens the drain, and ROADS closes the lane."],
        "ballots": [ballot], "outcome": outcome,
    });
    let deferred =
        json!({"number": 2, "title": "Trucks", "outcome": {"deferred": {"resumeOn": "2027-04-01"}}});
    let docket = json!({"docketId": "d", "agenda": {"sessionId": "d", "title": "Willow"}, "topics": [topic, deferred]});
    let text =
        printed("huishang.deliberation.v1.GetDocketResponse", &json!({"docket": docket, "position": "9"}));
    let shown = |pattern: &str| {
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| line == pattern).count()
    };
    for line in [
        "docket id: d",
        "session id: d",
        "topics (1 of 2)",
        "ballots",
        "result",
        "yes votes: 2",
        "no votes: 1",
    ] {
        assert_eq!(shown(line), 1, "{line}:\n{text}");
    }
    assert_eq!(shown("version: 1"), 3, "of the ballot, of its result and of what was adopted:\n{text}");
    assert_eq!(shown("method: qualified-majority (numerator 2, denominator 3)"), 1, "{text}");
    assert_eq!(shown("outcome: adopted"), 1, "{text}");
    assert_eq!(shown("acknowledge by: 2027-03-05 00:00+08:00"), 1, "{text}");
    assert_eq!(shown("1 2027-03-08 2027-03-09 00:00+08:00"), 1, "{text}");
    assert_eq!(shown("outcome: deferred (resume on 2027-04-01)"), 1, "{text}");
}

#[test]
fn a_time_without_an_offset_and_a_day_are_in_the_realms_time_zone() {
    let starts_at =
        |text: &str| request(&["session", "schedule", "x", "--starts-at", text])["startsAt"].clone();
    for text in ["2027-03-01 09:00", "2027-03-01T09:00:00", "2027-03-01 09:00+08:00", "2027-03-01 01:00Z"] {
        assert_eq!(starts_at(text), "2027-03-01T01:00:00Z", "{text}");
    }
    assert_eq!(starts_at("２０２７－０３－０１　０９：００"), "2027-03-01T01:00:00Z", "as wide as Chinese");
    assert_eq!(starts_at("2027-03-01"), "2027-02-28T16:00:00Z");
    let countersign = request(&["session", "countersign", "x", "--sign-by", "2027-03-01"]);
    assert_eq!(countersign["signBy"], "2027-03-01T15:59:59.999999Z", "a deadline is the end of its day");

    let mut invocation = parse_part(&["session", "schedule", "x", "--starts-at", "2027-03-28 02:30"]);
    let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
    let fault = super::moment::settle(&mut invocation.request, &berlin).expect_err("no such time");
    assert!(fault.starts_with("2027-03-28 02:30: clocks are changed in Europe/Berlin"), "{fault}");
}

#[test]
fn what_a_command_needs_is_marked_and_asked_for() {
    let missing = parse(&["session", "schedule", "x"]).expect_err("two are missing");
    assert_eq!(missing.kind(), ErrorKind::MissingRequiredArgument);
    let text = missing.to_string();
    assert!(text.contains("--room-code") && text.contains("--starts-at"), "{text}");
    let marked = |line: &[&str], flag: &str| {
        let help = help(line).split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, of_flag) = help.split_once(&format!("--{flag} <")).expect("the flag");
        of_flag.split(" --").next().is_some_and(|of_flag| of_flag.contains("[required]"))
    };
    assert!(marked(&["session", "request"], "title") && marked(&["session", "request"], "topics"));
    assert!(!marked(&["session", "request"], "case-reference") && !marked(&["item", "list"], "stage"));
    assert!(!marked(&["docket", "revise-item"], "due"), "it may come later");
}

#[test]
fn numbers_below_zero_and_truth_values_are_values() {
    let negative = fault(&["item", "report-progress", "x", "--note", "n", "--percent", "-60"]);
    assert!(negative.contains("-60 is negative; a number from 0 on is needed"), "{negative}");
    let line =
        ["huishang", "item", "list", "--late", "true", "--blocked", "--stage", "claimed", "--text", "true"];
    let joined = super::with_joined_truth_values(line.iter().map(Into::into));
    let joined: Vec<&str> = joined.iter().filter_map(|word| word.to_str()).collect();
    let listed = request(&joined[1..]);
    assert_eq!(
        (&listed["late"], &listed["blocked"], &listed["text"]),
        (&json!(true), &json!(true), &json!("true"))
    );
    assert_eq!(request(&["docket", "adopt", "--topic-number", "1", "--declaratory", "x"])["docketId"], "x");
}

#[test]
fn a_chinese_word_is_a_value_too() {
    let line = ["department", "register", "--level", "市级", "--kind", "机关"];
    assert_eq!(request(&line)["department"]["level"], "DEPARTMENT_LEVEL_MUNICIPAL");
    let line = ["session", "request", "--attendees", "department-code=water,roles=1:表决"];
    let role = &request(&line)["outline"]["attendees"][0]["roles"][0]["role"];
    assert_eq!(role, "ROLE_ON_TOPIC_DECIDES");
}

#[test]
fn a_command_says_what_is_so_now_and_in_a_trial_what_would_be() {
    let outcome = |line: &[&str], answer: Json| {
        let call = parse(line).expect("a command");
        let answer = DynamicMessage::deserialize(call.method.output(), answer).expect("an answer");
        let style = cell::Style { zone: shanghai(), offsets: true, id_chars: identified::WHOLE };
        super::outcome(&call.method, &answer, &call.request, &style)
    };
    let open = ["docket", "open-topic", "x", "--topic-number", "2"];
    let answer = || json!({"position": "9", "docket": {"docketId": "x"}});
    assert_eq!(outcome(&open, answer()).as_deref(), Some("Topic 2 is open"));
    assert_eq!(in_chinese(|| outcome(&open, answer())).as_deref(), Some("议题 2 正在讨论"));
    let trial = [open.as_slice(), &["--validate-only"]].concat();
    let tried = outcome(&trial, json!({"docket": {"docketId": "x"}}));
    assert_eq!(tried.as_deref(), Some("Nothing was written; it would be so: Topic 2 is open"));
    let vote =
        ["docket", "cast-vote", "x", "--topic-number", "1", "--department-code", "water", "--choice", "yes"];
    let voted = in_chinese(|| outcome(&vote, answer()));
    assert_eq!(voted.as_deref(), Some("water 对议题 1 的投票已记录：赞成"));
    assert_eq!(outcome(&["docket", "show", "x"], json!({})), None);
}

#[test]
fn answers_have_chinese_names_and_words() {
    let item = json!({"item": {"number": "F-2027-0003/2", "stage": "ITEM_STAGE_UNDERWAY", "late": true}});
    let text = in_chinese(|| printed("huishang.resolution.v1.GetItemResponse", &item));
    assert!(text.contains("编号:") && text.contains("办理中") && text.contains("逾期:"), "{text}");
    let none = in_chinese(|| printed("huishang.scheduling.v1.ListRoomsResponse", &json!({"position": "9"})));
    assert_eq!(none, "没有会议室\n");
}

#[test]
fn an_answer_says_how_to_see_what_came_before_it_if_there_is_more() {
    let shown = |before: &str| {
        let content = json!({"item": {"number": "2027-0003/2"}, "earlierHistoryBeforePosition": before});
        printed("huishang.resolution.v1.GetItemResponse", &content)
    };
    assert!(shown("7").ends_with("\nearlier with --history-before-position 7\n"), "{}", shown("7"));
    assert!(!shown("0").contains("earlier"), "{}", shown("0"));
}
