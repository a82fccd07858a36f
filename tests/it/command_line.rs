//! The command line: tables for people, JSON for programs, and exit codes that mean something.

use anyhow::{Context as _, ensure};
use client::{Client, Connections, Refusal, Tls, Token};
use domain::scheduling::session::Session;
use domain::{Aggregate as _, Uuid, aggregate};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use proto::contract;
use std::collections::HashMap;
use std::process::Output;
use tests::{Mode, Sandbox};

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const OFFICE: [&str; 10] = [
    "department",
    "register",
    "--code",
    "OFFICE",
    "--name",
    "The office",
    "--level",
    "municipal",
    "--kind",
    "agency",
];

#[tokio::test(flavor = "multi_thread")]
async fn commands_write_and_read() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let registered = sandbox.run("clerk", &OFFICE)?;
    ensure!(code(&registered) == 0, "{}", error(&registered));

    let table = String::from_utf8(
        sandbox.run("auditor", &["department", "list", "--at-least-position", "1"])?.stdout,
    )?;
    ensure!(table.contains("OFFICE") && table.contains("The office"), "{table}");
    let json = sandbox.run("auditor", &["department", "list", "--json"])?.stdout;
    let json: serde_json::Value = serde_json::from_slice(&json)?;
    ensure!(json["departments"][0]["code"] == "OFFICE", "{json}");

    let log = String::from_utf8(sandbox.run("auditor", &["log", "tail", "--json"])?.stdout)?;
    ensure!(log.contains("DepartmentRegistered"), "{log}");
    let verified = sandbox.run("auditor", &["log", "verify"])?;
    ensure!(code(&verified) == 0, "{}", error(&verified));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_what_went_wrong() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let no_session = "00000000-0000-0000-0000-000000000000";

    let missing = sandbox.run("auditor", &["session", "show", no_session])?;
    ensure!(code(&missing) == 3, "{}", error(&missing));
    let denied = sandbox.run("auditor", &OFFICE)?;
    ensure!(code(&denied) == 5, "{}", error(&denied));
    let own_parent: Vec<&str> = OFFICE.iter().chain(&["--parent", "OFFICE"]).copied().collect();
    let refused = sandbox.run("clerk", &own_parent)?;
    ensure!(code(&refused) == 4 && error(&refused).contains("OWN_PARENT"), "{}", error(&refused));
    let mut bad_code = OFFICE;
    bad_code[3] = "no code";
    let invalid = sandbox.run("clerk", &bad_code)?;
    ensure!(code(&invalid) == 2 && error(&invalid).contains("--code"), "{}", error(&invalid));
    let unknown = sandbox.run("clerk", &["departement", "list"])?;
    ensure!(code(&unknown) == 2 && error(&unknown).contains("department"), "{}", error(&unknown));
    Ok(())
}

/// Two command ids whose sessions have ids that begin with the same four characters, and those ids.
fn command_ids_of_similar_sessions() -> [(Uuid, String); 2] {
    let mut seen: HashMap<String, (Uuid, String)> = HashMap::new();
    loop {
        let command_id = Uuid::now_v7();
        let id = aggregate::derived_id(command_id, &[Session::CATEGORY]).to_string();
        if let Some(similar) = seen.insert(id[..4].to_owned(), (command_id, id.clone())) {
            return [similar, (command_id, id)];
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_an_id_is_enough_unless_several_begin_like_it() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Distributed)?;
    ensure!(code(&sandbox.run("clerk", &OFFICE)?) == 0);
    let body = [
        "body",
        "define",
        "JOINT",
        "--name",
        "J",
        "--chair-code",
        "OFFICE",
        "--seats",
        "department-code=OFFICE",
    ];
    let defined = sandbox.run("clerk@OFFICE", &body)?;
    ensure!(code(&defined) == 0, "{}", error(&defined));
    let similar = command_ids_of_similar_sessions();
    for ((command_id, _), title) in similar.iter().zip(["The drain", "The bridge"]) {
        let command_id = command_id.to_string();
        let request = [
            "session",
            "request",
            "--title",
            title,
            "--purpose",
            "p",
            "--body-code",
            "JOINT",
            "--kind",
            "emergency",
            "--reason",
            "A flood",
            "--authority",
            "Plan 3",
            "--duration-minutes",
            "30",
            "--topics",
            "1:One:20:no",
            "--attendees",
            "OFFICE:1:decides",
            "--earliest-start-at",
            "2100-03-01 09:00",
            "--command-id",
            &command_id,
        ];
        let requested = sandbox.run("clerk@OFFICE", &request)?;
        ensure!(code(&requested) == 0, "{}", error(&requested));
    }
    let [(_, first), (_, second)] = similar;
    let ambiguous = sandbox.run("clerk@OFFICE", &["session", "screen", &first[..4]])?;
    let fault = error(&ambiguous);
    ensure!(code(&ambiguous) == 2 && fault.contains("<SESSION_ID>"), "{fault}");
    for line in [format!("  {first}  The drain"), format!("  {second}  The bridge")] {
        ensure!(fault.lines().any(|shown| shown == line), "{line}\n{fault}");
    }
    let screened = sandbox.run("clerk@OFFICE", &["session", "screen", &first[..35]])?;
    ensure!(code(&screened) == 0, "{}", error(&screened));
    let merge = ["session", "merge", &second, "--into-session-id", &first[..30], "--reason", "The same"];
    let merged = sandbox.run("clerk@OFFICE", &merge)?;
    ensure!(code(&merged) == 0, "{}", error(&merged));

    let shown = String::from_utf8(sandbox.run("auditor", &["session", "show", &first])?.stdout)?;
    ensure!(shown.contains("2100-03-01 09:00+08:00"), "in the realm's time zone:\n{shown}");
    let utc = String::from_utf8(sandbox.run("auditor", &["session", "show", &first, "--utc"])?.stdout)?;
    ensure!(utc.contains("2100-03-01 01:00Z"), "{utc}");

    let nothing = sandbox.run("clerk", &["session", "show", "ffff0000"])?;
    ensure!(code(&nothing) == 3, "{}", error(&nothing));
    let no_id = sandbox.run("clerk", &["session", "show", "FLOOD-2027-0001"])?;
    ensure!(code(&no_id) == 2 && error(&no_id).contains("is no id"), "{}", error(&no_id));
    let no_number = sandbox.run("clerk", &["item", "list", "--resolution-id", "FLOOD-2027-0001"])?;
    ensure!(code(&no_number) == 3 && error(&no_number).contains("FLOOD-2027-0001"), "{}", error(&no_number));
    Ok(())
}

/// A request in which nothing is set; the messages whose fields are flags are there.
fn empty(kind: &MessageDescriptor) -> DynamicMessage {
    let mut request = DynamicMessage::new(kind.clone());
    for field in kind.fields().filter(|field| !field.is_list() && !field.is_map()) {
        let Kind::Message(inner) = field.kind() else { continue };
        let is_choice = inner.oneofs().any(|oneof| !oneof.is_synthetic());
        if !is_choice && !inner.full_name().starts_with("google.") {
            request.set_field(&field, Value::Message(empty(&inner)));
        }
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_finds_missing_is_asked_for_before_anything_is_sent() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let connections = Connections::lazy(&sandbox.server().parse()?, &Tls::default())?;
    let mut faults = Vec::new();
    for rpc in contract::rpcs().iter().filter(|rpc| !rpc.reads) {
        let (service, name) = rpc.path.split_once('/').context("a path")?;
        let service = contract::descriptors().get_service_by_name(service).context("a service")?;
        let method = service.methods().find(|method| method.name() == name).context("an rpc")?;
        let token = Token::bearer(&sandbox.token_of(rpc.roles[0], None)?)?;
        let client = Client::new(connections.clone(), Some(token));
        let refused = client.call_reflective(&method, &empty(&method.input())).await;
        let refused = Refusal::of(&refused.err().context("an empty command is refused")?);
        let words: Vec<&str> = rpc.command.split(' ').collect();
        let asked_for = error(&sandbox.run("clerk", &words)?);
        for field in refused.violations().iter().map(|violation| violation.field.as_str()) {
            let last = field.rsplit('.').next().unwrap_or(field);
            let flag = format!("--{} <", last.replace('_', "-"));
            let is_asked_for =
                asked_for.contains(&flag) || asked_for.contains(&format!("<{}>", last.to_uppercase()));
            if last != "command_id" && !is_asked_for {
                faults.push(format!("{}: {field}", rpc.command));
            }
        }
    }
    ensure!(faults.is_empty(), "not marked as required:\n{}", faults.join("\n"));
    Ok(())
}
