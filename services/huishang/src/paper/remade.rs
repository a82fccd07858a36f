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
use client::Language;
use console::Paper;
use domain::Role;
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
    let bytes = bytes(data, options, paper, form).await?;
    Document::read(&bytes).context(text("what the log gives"))
}

/// What a page or a file is, as the log gives it; of a page, as a file of this form.
pub(super) async fn bytes(
    data: &Path,
    options: &Options,
    paper: &Paper,
    form: Option<&str>,
) -> anyhow::Result<Vec<u8>> {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        clock: format!("movable:{}", paper.clock_at),
        time_zone: options.location.load()?.time_zone,
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
            ask(&token, address, paper, form).await
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

async fn ask(token: &str, address: SocketAddr, paper: &Paper, form: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let language = match paper.language {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    };
    let separator = if paper.address.contains('?') { '&' } else { '?' };
    let page = format!("http://{address}{}", paper.address);
    let file = form.map(|form| format!("{page}{separator}form={form}"));
    let url = file.unwrap_or_else(|| page.clone());
    let token = token.to_owned();
    let answered = tokio::task::spawn_blocking(move || fetch(&url, &token, language)).await??;
    let (status, bytes) = answered;
    ensure!(
        status == 200,
        say(
            "a copy of the log does not give {page}: it answers with {status}",
            &[("page", &paper.address), ("status", &status)],
        )
    );
    Ok(bytes)
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
