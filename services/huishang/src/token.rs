//! `huishang token`: signs a token with a key at hand, for development and rehearsals.

use anyhow::Context as _;
use domain::{Code, Role};
use service_kit::config::Config;
use service_kit::identity::{Claims, SigningKey};
use std::path::{Path, PathBuf};

/// For whom a token is made.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// What its holder may do; several with commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "ROLE", value_parser = role)]
    pub role: Vec<Role>,
    /// The department its holder speaks for
    #[arg(long, value_name = "CODE")]
    pub department: Option<String>,
    /// Its holder's name in the record [default: the role and department]
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// Hours until it ends
    #[arg(long, default_value_t = 12, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub hours: u32,
    /// The signing key, a PKCS #8 PEM file [default: DATA/keys/signing-key.pem]
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

fn role(name: &str) -> Result<Role, String> {
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(name).ok_or_else(|| format!("the roles are {}", known.join(", ")))
}

/// The key that signs development tokens.
pub fn signing_key(config: &Config, named: Option<&Path>) -> anyhow::Result<SigningKey> {
    let file = named.map_or_else(|| config.data.join("keys/signing-key.pem"), Path::to_owned);
    SigningKey::read(&file).with_context(|| {
        format!("no signing key at {}; 'huishang up' makes one in its data directory, or name one with --signing-key", file.display())
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
    let now = service_kit::clock::Clock::System.now().as_second();
    let department = department
        .map(|code| Code::parse(code).map(|code| code.to_string()))
        .transpose()
        .map_err(|fault| anyhow::anyhow!("the department {fault}"))?;
    let claims = Claims {
        iss: config.identity.issuer.clone(),
        aud: config.identity.audience.clone(),
        sub: subject.to_owned(),
        department,
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        iat: now,
        exp: now + i64::from(hours) * 3600,
    };
    Ok(key.sign(&claims)?)
}

/// Signs the token that the arguments ask for.
pub fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<String> {
    let key = signing_key(config, arguments.signing_key.as_deref())?;
    let roles: Vec<&str> = arguments.role.iter().map(|role| role.as_str()).collect();
    let subject = arguments.subject.clone().unwrap_or_else(|| {
        let department = arguments.department.as_deref().unwrap_or("any");
        format!("{}@{department}", roles.join("+"))
    });
    sign(&key, config, &subject, arguments.department.as_deref(), &arguments.role, arguments.hours)
}
