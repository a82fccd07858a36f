//! `huishang token`: signs a token with a local key, for development and rehearsals.

use super::Error;
use crate::language::{current, say};
use anyhow::Context as _;
use domain::{Actor, Code, Role};
use service_kit::config::Config;
use service_kit::identity::{Claims, SIGNING_KEY, SigningKey};
use std::path::{Path, PathBuf};

/// Hours until a token expires, unless others are given.
const DEFAULT_HOURS: u32 = 12;

/// Whom the token is for.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The holder's roles, separated by commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "ROLE", value_parser = role)]
    pub role: Vec<Role>,
    /// The department that the holder acts for
    #[arg(long, value_name = "CODE")]
    pub department: Option<String>,
    /// The holder's name in the log [default: role@department]
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// Hours until it expires [default: 12, or as many as are accepted]
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub hours: Option<u32>,
    /// The signing key, in a PKCS #8 PEM file [default: DATA/keys/signing-key.pem]
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

fn role(name: &str) -> Result<Role, String> {
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(name).ok_or_else(|| say("the roles are {roles}", &[("roles", &known.join(", "))]))
}

/// The key that signs development tokens.
pub fn signing_key(config: &Config, named: Option<&Path>) -> anyhow::Result<SigningKey> {
    let file = named.map_or_else(|| config.keys().join(SIGNING_KEY), Path::to_owned);
    SigningKey::read(&file).with_context(|| {
        let named = [("file", &file.display() as &dyn std::fmt::Display)];
        match file.exists() {
            true => say("the signing key in {file} cannot be used", &named),
            false => say(
                "there is no signing key at {file}; 'huishang up' creates one in its data directory; --signing-key \
                 names another",
                &named,
            ),
        }
    })
}

/// Signs a token.
pub fn sign(
    key: &SigningKey,
    config: &Config,
    subject: &str,
    department: Option<&str>,
    roles: &[Role],
    hours: u32,
) -> anyhow::Result<String> {
    let holder = Actor { subject: subject.to_owned(), department: None, roles: roles.to_vec() };
    if holder.combined_administrators().is_some() {
        anyhow::bail!(
            "operator, security and auditor are three separate administrators: a token has one of these roles"
        );
    }
    let now = service_kit::clock::Clock::System.now().as_second();
    let department = department
        .map(|code| Code::parse(code).map(|code| code.to_string()))
        .transpose()
        .map_err(|fault| {
            let fault = current().fault(&fault.to_string()).into_owned();
            anyhow::anyhow!(say("the department {fault}", &[("fault", &fault)]))
        })?;
    let claims = Claims {
        iss: config.identity.issuer.clone(),
        aud: config.audience(),
        sub: subject.to_owned(),
        department,
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        iat: now,
        exp: now + i64::from(hours) * 3600,
    };
    Ok(key.sign(&claims)?)
}

/// As many of these hours as a token may be valid for.
pub fn accepted_hours(config: &Config, hours: u32) -> u32 {
    match config.identity.token_lifetime_hours_max {
        0 => hours,
        max => hours.min(max),
    }
}

/// Signs the token that the arguments describe.
pub fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<String> {
    let hours = arguments.hours.unwrap_or_else(|| accepted_hours(config, DEFAULT_HOURS));
    let hours_max = config.identity.token_lifetime_hours_max;
    if hours > accepted_hours(config, hours) {
        return Err(Error::Usage(say(
            "--hours {hours}: such a token is not accepted; the setting identity.token_lifetime_hours_max is {max}",
            &[("hours", &hours), ("max", &hours_max)],
        ))
        .into());
    }
    let key = signing_key(config, arguments.signing_key.as_deref())?;
    let roles: Vec<&str> = arguments.role.iter().map(|role| role.as_str()).collect();
    let subject = arguments.subject.clone().unwrap_or_else(|| {
        let department = arguments.department.as_deref().unwrap_or("any");
        format!("{}@{department}", roles.join("+"))
    });
    sign(&key, config, &subject, arguments.department.as_deref(), &arguments.role, hours)
}
