//! The HTTP door: its forms of requests, answers and refusals. That every rpc answers alike by every way is in `scope`.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::sync::Arc;
use tests::{Authority, HttpClient, Mode, Sandbox, SandboxConfig, TlsFolder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

const REGISTER: &str = "/huishang.directory.v1.DirectoryService/RegisterDepartment";

fn department(code: &str) -> Value {
    let department = json!({
        "code": code, "name": code, "level": "DEPARTMENT_LEVEL_MUNICIPAL", "kind": "DEPARTMENT_KIND_AGENCY",
    });
    json!({"commandId": client::command_id(), "department": department})
}

async fn a_command_and_a_query_in_every_form(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.http(Role::Clerk, None)?;
    let water = clerk.post("/v1/departments", &department("WATER")).await?;
    ensure!(water.status == 200, "{}", water.text());
    ensure!(water.json()["position"] == "1", "a number of 64 bits is text: {}", water.text());
    let roads = clerk.post(REGISTER, &department("ROADS")).await?;
    ensure!(roads.json()["department"]["code"] == "ROADS", "{}", roads.text());
    ensure!(
        roads.header("cache-control") == "no-store" && roads.header("x-content-type-options") == "nosniff"
    );

    let by_route = clerk.get("/v1/departments?at_least_position=2&pageSize=10").await?;
    let by_query =
        "/huishang.directory.v1.DirectoryService/ListDepartments?connect=v1&encoding=json&base64=1&message=";
    let message = "eyJhdExlYXN0UG9zaXRpb24iOiIyIiwicGFnZVNpemUiOjEwfQ";
    let by_name = clerk.get(&format!("{by_query}{message}")).await?;
    ensure!(by_route.json() == by_name.json(), "{}\n{}", by_route.text(), by_name.text());
    ensure!(by_route.json()["departments"].as_array().context("a list")?.len() == 2, "{}", by_route.text());
    Ok(())
}
in_both_modes!(a_command_and_a_query_in_every_form);

async fn a_list_is_a_table_for_those_who_want_one(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.http(Role::Clerk, None)?;
    for code in ["WATER", "ROADS", "PARKS"] {
        clerk.post("/v1/departments", &department(code)).await?;
    }
    let mut path = "/v1/departments?atLeastPosition=3&pageSize=2".to_owned();
    let mut codes = Vec::new();
    loop {
        let page = clerk.send("GET", &path, &[("accept", "text/csv"), ("accept-language", "zh")], "").await?;
        ensure!(page.header("content-type") == "text/csv; charset=utf-8", "{page:?}");
        let table = page.text();
        let heading = table.lines().next().unwrap_or_default();
        ensure!(heading.starts_with('\u{feff}') && heading.contains("名称"), "{heading}");
        codes.extend(table.lines().skip(1).filter_map(|line| line.split(',').next().map(str::to_owned)));
        let Some(next) = page.header("link").split_once('>') else { break };
        path = next.0.trim_start_matches('<').to_owned();
    }
    codes.sort();
    ensure!(codes == ["PARKS", "ROADS", "WATER"], "{codes:?}");
    Ok(())
}
in_both_modes!(a_list_is_a_table_for_those_who_want_one);

async fn a_refusal_says_why_as_its_reader_wants_it(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.http(Role::Clerk, None)?;
    let absent = "/v1/bodies/NOBODY";
    let status = clerk.get(absent).await?;
    ensure!(status.status == 404 && status.json()["code"] == 5, "{}", status.text());
    ensure!(
        status.json()["details"][0]["@type"] == "type.googleapis.com/google.rpc.ErrorInfo",
        "{}",
        status.text()
    );

    let headers = [("accept", "application/problem+json"), ("accept-language", "zh-CN,zh;q=0.9,en;q=0.8")];
    let problem = clerk.send("GET", absent, &headers, "").await?;
    ensure!(problem.header("content-type") == "application/problem+json");
    let (json, detail) = (problem.json(), problem.json()["detail"].as_str().unwrap_or_default().to_owned());
    ensure!(json["status"] == 404 && json["domain"] == "huishang.scheduling.v1", "{json}");
    ensure!(!detail.is_empty() && !detail.is_ascii(), "it is said in Chinese: {detail}");

    let faulty = json!({"commandId": "no uuid", "department": {"code": ""}});
    let problem = clerk
        .send(
            "POST",
            "/v1/departments",
            &[headers[0], ("content-type", "application/json")],
            faulty.to_string(),
        )
        .await?;
    let json = problem.json();
    let fields: Vec<&str> = json["violations"]
        .as_array()
        .context("violations")?
        .iter()
        .filter_map(|one| one["field"].as_str())
        .collect();
    ensure!(problem.status == 400 && fields.contains(&"command_id"), "{json}");
    Ok(())
}
in_both_modes!(a_refusal_says_why_as_its_reader_wants_it);

async fn nobody_comes_in_who_may_not(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let stranger = sandbox.http_with_token(None)?;
    let forged = sandbox.forged_token(Role::Clerk)?;
    let forged = sandbox.http_with_token(Some(forged))?;
    let auditor = sandbox.http(Role::Auditor, None)?;
    for (caller, status, reason) in
        [(&stranger, 401, "TOKEN_MISSING"), (&forged, 401, "TOKEN_INVALID"), (&auditor, 403, "ROLE_REQUIRED")]
    {
        // What cannot be read is not looked at before it is known who sends it.
        for body in ["{}", "no JSON"] {
            let headers = [("content-type", "application/json")];
            let refused = caller.send("POST", "/v1/departments", &headers, body).await?;
            ensure!(refused.status == status, "{}", refused.text());
            ensure!(refused.json()["details"][0]["reason"] == reason, "{}", refused.text());
            ensure!(
                (status == 401) == refused.header("www-authenticate").starts_with("Bearer"),
                "{refused:?}"
            );
        }
    }
    Ok(())
}
in_both_modes!(nobody_comes_in_who_may_not);

async fn what_is_no_call_is_told_what_would_be(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.http(Role::Clerk, None)?;
    let send = async |method: &str, path: &str, media_type: &str, body: String| {
        clerk.send(method, path, &[("content-type", media_type)], body).await
    };
    let wrong_method = send("DELETE", "/v1/departments", "", String::new()).await?;
    ensure!(wrong_method.status == 405 && wrong_method.header("allow") == "GET, POST", "{wrong_method:?}");
    let wrong_type = send("POST", "/v1/departments", "text/plain", "{}".into()).await?;
    ensure!(
        wrong_type.status == 415 && wrong_type.header("accept-post") == "application/json",
        "{wrong_type:?}"
    );
    ensure!(clerk.get("/v1/nothing").await?.status == 404);
    let large = json!({"commandId": client::command_id(), "department": {"name": "x".repeat(2 << 20)}});
    let large = send("POST", "/v1/departments", "application/json", large.to_string()).await?;
    ensure!(large.status == 400 && large.json()["code"] == 11, "{}", large.text());
    Ok(())
}
in_both_modes!(what_is_no_call_is_told_what_would_be);

async fn a_stream_comes_as_lines_as_events_and_by_connect(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for code in ["WATER", "ROADS", "PARKS"] {
        clerk.register_department(code).await?;
    }
    let auditor = sandbox.http(Role::Auditor, None)?;
    let lines = auditor.get("/v1/log/records?after_position=1").await?;
    let positions: Vec<Value> = lines
        .text()
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).map(|json| json["result"]["record"]["position"].clone())
        })
        .collect::<Result<_, _>>()?;
    ensure!(positions == ["2", "3"], "{}", lines.text());

    let mut events = auditor.open("/v1/log/records?follow=true", &[("accept", "text/event-stream")]).await?;
    let first = next_event(&mut events).await?;
    ensure!(first.starts_with("id: 1\ndata: {\"record\""), "{first}");
    drop(events);
    // A reader that was cut off goes on where it was.
    let resumed = [("accept", "text/event-stream"), ("last-event-id", "2")];
    let mut events = auditor.open("/v1/log/records?follow=true&after_position=0", &resumed).await?;
    let next = next_event(&mut events).await?;
    ensure!(next.starts_with("id: 3\n"), "{next}");
    clerk.register_department("TREES").await?;
    let new = next_event(&mut events).await?;
    ensure!(new.starts_with("id: 4\n"), "{new}");

    let connect = connect_stream(&auditor, "ReadRecords", &json!({"afterPosition": "3"})).await?;
    ensure!(
        connect.len() == 2 && connect[0]["record"]["position"] == "4" && connect[1] == json!({}),
        "{connect:?}"
    );
    let refused = connect_stream(&sandbox.http(Role::Clerk, None)?, "ReadRecords", &json!({})).await?;
    ensure!(refused[0]["error"]["code"] == "permission_denied", "{refused:?}");
    Ok(())
}
in_both_modes!(a_stream_comes_as_lines_as_events_and_by_connect);

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stalls_is_let_go() -> anyhow::Result<()> {
    const REQUESTS: usize = 60;
    let settings = vec![
        ("HUISHANG_LIMITS__ANSWER_STALL_SECONDS_MAX", "1".to_owned()),
        ("HUISHANG_LIMITS__UNKNOWN_CONNECTION_SECONDS_MAX", "600".to_owned()),
    ];
    let config = SandboxConfig { settings, ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let address = sandbox.http_with_token(None)?.address().to_owned();
    // Given a client that asks for far more than the sockets hold, and does not read
    let mut stalled = TcpStream::connect(&address).await?;
    let request = format!("GET /openapi.json HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stalled.write_all(request.repeat(REQUESTS).as_bytes()).await?;
    // Then the server closes the connection, with requests that it has not read,
    let closed = async || {
        let refused = stalled.try_write(b" ").err()?;
        (refused.kind() != ErrorKind::WouldBlock).then_some(())
    };
    tests::until("the connection is closed", closed).await;
    // and what was not taken by then is not sent any more.
    let mut read = Vec::new();
    let ended = stalled.read_to_end(&mut read).await;
    let answers = String::from_utf8_lossy(&read).matches("HTTP/1.1 200 OK").count();
    ensure!(answers < REQUESTS, "all of {answers} answers came, {ended:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_is_spoken_with_tls_too_and_without_it_is_told_so() -> anyhow::Result<()> {
    let authority = Authority::new()?;
    let folder = TlsFolder::new(&authority.server("localhost")?, None)?;
    let config = SandboxConfig { settings: folder.settings(), ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let plain = sandbox.http_with_token(None)?;
    let refused = plain.get("/docs.css").await?;
    ensure!(refused.status == 400 && refused.text().contains("https://"), "{}", refused.text());

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let socket = TcpStream::connect(plain.address()).await?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect("localhost".try_into()?, socket).await?;
    ensure!(stream.get_ref().1.alpn_protocol() == Some(b"http/1.1".as_slice()));
    stream.write_all(b"GET /docs.css HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    ensure!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    Ok(())
}

/// The next server-sent event that says something.
async fn next_event(events: &mut tests::HttpStream) -> anyhow::Result<String> {
    loop {
        let event = events.next_part("\n\n").await?.context("the stream ended")?;
        if !event.starts_with("retry:") && event != ":" {
            return Ok(event);
        }
    }
}

/// The messages of a stream of Connect, the one that ends it included.
async fn connect_stream(caller: &HttpClient, name: &str, request: &Value) -> anyhow::Result<Vec<Value>> {
    let request = request.to_string();
    let prefix = [&[0], &(request.len() as u32).to_be_bytes()[..]].concat();
    let body = [prefix, request.into_bytes()].concat();
    let headers = [("content-type", "application/connect+json")];
    let answer =
        caller.send("POST", &format!("/huishang.ledger.v1.LedgerService/{name}"), &headers, body).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let (mut rest, mut messages) = (&answer.body[..], Vec::new());
    while let Some((prefix, after)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        messages.push(serde_json::from_slice(&after[..length])?);
        rest = &after[length..];
    }
    Ok(messages)
}
