//! What a paper shows, made again: the services are run on the copy of the log, with the clock that its reader saw, and asked
//! for the same page with the same roles.

use super::copy::config_of;
use super::document::{Document, Form};
use crate::client::options::Options;
use crate::client::token;
use crate::language::{say, text};
use crate::server::entrance::create_development_keys;
use crate::server::node::Node;
use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use client::Language;
use console::Paper;
use domain::Role;
use serde_json::Value;
use service_kit::config::{Config, Identity};
use service_kit::https;
use service_kit::identity::{SIGNING_KEY, SigningKey};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a page may take on a copy.
const PAGE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long its token is valid: views may have to read a long log first.
const TOKEN_HOURS: u32 = 24;

/// The same as the log gives it.
pub(super) async fn document(
    data: &Path,
    options: &Options,
    paper: &Paper,
    shown: &Document,
) -> anyhow::Result<Document> {
    let form = match shown.form {
        Form::Csv | Form::Text => Some("csv"),
        Form::Xlsx => Some("xlsx"),
        Form::Page => None,
    };
    let bytes = bytes(data, options, paper, &Asked::of_page(paper, form)).await?;
    Document::read(&bytes).context(text("what the log gives"))
}

/// What the copy is asked for.
pub(super) struct Asked {
    /// The path, with its query.
    path: String,
    /// Whether the answer is a document in JSON.
    is_document: bool,
}

impl Asked {
    /// The page of a paper; as a file of this form, if it is one.
    fn of_page(paper: &Paper, form: Option<&str>) -> Asked {
        let separator = if paper.address.contains('?') { '&' } else { '?' };
        let form = form.map(|form| format!("{separator}form={form}")).unwrap_or_default();
        Asked { path: format!("{}{form}", paper.address), is_document: false }
    }

    /// The document of a paper, which carries this.
    pub(super) fn of_document(paper: &Paper, carried: &str) -> anyhow::Result<Asked> {
        let parts: Vec<&str> = paper.address.trim_start_matches('/').split('/').collect();
        let (kind, id, ending) = match parts[..] {
            ["sessions", id, file] => ("minutes", id, file.strip_prefix("minutes.")),
            ["resolutions", id, file] => ("resolutions", id, file.strip_prefix("resolution.")),
            _ => ("", "", None),
        };
        let ending = ending.filter(|ending| ["pdf", "docx", "html"].contains(ending));
        let format = ending.map(|ending| format!("DOCUMENT_FORMAT_{}", ending.to_uppercase()));
        let format = format.with_context(|| {
            say("the proof is of {page}, which is no document", &[("page", &paper.address)])
        })?;
        let language = match paper.language {
            Language::Chinese => "DOCUMENT_LANGUAGE_CHINESE",
            Language::English => "DOCUMENT_LANGUAGE_ENGLISH",
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("format", format.as_str()), ("language", language), ("proof", carried)]);
        Ok(Asked { path: format!("/v1/{kind}/{id}/file?{}", query.finish()), is_document: true })
    }
}

/// What a page or a file is, as the log gives it.
pub(super) async fn bytes(
    data: &Path,
    options: &Options,
    paper: &Paper,
    asked: &Asked,
) -> anyhow::Result<Vec<u8>> {
    let settings = options.location.load()?;
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        clock: format!("movable:{}", paper.clock_at),
        time_zone: settings.time_zone,
        documents: settings.documents,
        identity: Identity { jwks: None, ..Identity::default() },
        ..config_of(data)
    };
    create_development_keys(&config)?;
    let token = token(&config, paper)?;
    // Where that key is, a console lets everybody at this machine sign in, in any role.
    std::fs::remove_file(config.keys().join(SIGNING_KEY))?;
    let stop = CancellationToken::new();
    let node = Node::build_frozen(&config, stop.clone()).await?;
    let (views, address) = (node.views(), node.address);
    let making = async {
        let made = async {
            for view in &views {
                view.reached(paper.position).await.context(view.name)?;
            }
            ask(&token, address, paper, asked).await
        };
        let made = made.await;
        stop.cancel();
        made
    };
    let (ran, made) = tokio::join!(node.run(), making);
    let made = made?;
    ran?;
    Ok(made)
}

async fn ask(token: &str, address: SocketAddr, paper: &Paper, asked: &Asked) -> anyhow::Result<Vec<u8>> {
    let language = match paper.language {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    };
    let (url, token) = (format!("http://{address}{}", asked.path), token.to_owned());
    let answered = tokio::task::spawn_blocking(move || fetch(&url, &token, language)).await??;
    let (status, bytes) = answered;
    ensure!(
        status == 200,
        say(
            "a copy of the log does not give {page}: it answers with {status}",
            &[("page", &paper.address), ("status", &reason(status, &bytes))],
        )
    );
    match asked.is_document {
        true => content(&bytes).context(text("what the log gives")),
        false => Ok(bytes),
    }
}

/// The status, with the reason where the answer has one.
fn reason(status: u16, answer: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    match answer["message"].as_str() {
        Some(message) => format!("{status} ({message})"),
        None => status.to_string(),
    }
}

/// The bytes of a document that came in JSON.
fn content(answer: &[u8]) -> anyhow::Result<Vec<u8>> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(BASE64.decode(answer["content"].as_str().unwrap_or_default())?)
}

fn fetch(url: &str, token: &str, language: &str) -> anyhow::Result<(u16, Vec<u8>)> {
    let agent = https::agent(None, PAGE_TIMEOUT).map_err(anyhow::Error::msg)?;
    let request = agent.get(url).header("authorization", format!("Bearer {token}"));
    let mut answer = request.header("accept-language", language).call()?;
    let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
    Ok((answer.status().as_u16(), body))
}

/// A token of the copy, with what its reader was.
fn token(config: &Config, paper: &Paper) -> anyhow::Result<String> {
    let roles = paper.roles.iter().map(|name| {
        Role::parse(name).with_context(|| say("the file is for {role}, which is no role", &[("role", name)]))
    });
    let roles: Vec<Role> = roles.collect::<anyhow::Result<_>>()?;
    let key = SigningKey::read(&config.keys().join(SIGNING_KEY))?;
    let hours = token::accepted_hours(config, TOKEN_HOURS);
    token::sign(&key, config, "reader", paper.department.as_deref(), &roles, hours)
}
