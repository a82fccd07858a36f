//! `huishang identity explain`: what comes of a token here and why, for whoever sets up an issuer.

use crate::client::printable;
use crate::language::{say, text};
use crate::settings::Location;
use crate::stdout::print_line;
use anyhow::Context as _;
use service_kit::identity::Explanation;
use std::path::{Path, PathBuf};

/// `huishang identity explain`.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// A file with the token, '-' for standard input; the token itself is never printed
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Where the settings of the server are.
    #[command(flatten)]
    pub location: Location,
}

/// The token is not accepted.
#[derive(Debug, thiserror::Error)]
#[error("the token is not accepted: {0}")]
pub struct NotAccepted(String);

/// Explains; fails with [`NotAccepted`].
pub async fn explain(arguments: &Explain) -> anyhow::Result<()> {
    let config = arguments.location.load()?;
    let token = read(&arguments.token_file)?;
    let verifier =
        tokio::task::block_in_place(|| config.verifier()).context("the keys that verify tokens")?;
    let explanation = verifier.explain(token.trim()).await;
    if arguments.json {
        print_line(&serde_json::to_string(&explanation)?)?;
    } else {
        for line in lines(&explanation) {
            print_line(&line)?;
        }
    }
    match explanation.refused {
        Some(why) => Err(NotAccepted(why).into()),
        None => Ok(()),
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let token = match file == Path::new("-") {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    token.with_context(|| format!("the token in {}", file.display()))
}

fn lines(explanation: &Explanation) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(say("{name}: {value}", &[("name", &name), ("value", &printable(&value))]));
        }
    };
    line(text("issuer"), explanation.issuer.clone());
    line(text("keys from"), explanation.keys.clone());
    line(text("key"), explanation.key_id.clone());
    line(text("algorithm"), explanation.algorithm.clone());
    for (name, value) in &explanation.claims {
        line(text("claim"), Some(format!("{name} = {value}")));
    }
    line(text("claims without effect"), Some(explanation.ignored_claims.join(", ")));
    line(text("groups without effect"), Some(explanation.unknown_groups.join(", ")));
    line(text("in the log"), explanation.subject.clone());
    line(text("department"), explanation.department.clone());
    line(text("roles"), Some(explanation.roles.join(", ")));
    line(text("acr"), explanation.acr.clone());
    lines
}
