//! One configuration from file, environment and flags, the later overriding the earlier, with the same names.

mod backup;
mod check;
mod console;
mod credentials;
mod delivery;
mod diaries;
mod documents;
mod environment;
mod limits;
mod load;
mod mail;

use crate::identity::{JWKS, KeyError, TokenRules, Verifier};
use crate::limits::{
    ACCESS_LOG_RETENTION_DAYS_DEFAULT, TOKEN_LIFETIME_HOURS_MAX_DEFAULT, WITNESS_INTERVAL_SECONDS_DEFAULT,
};
use crate::logging::Format;
use crate::serve::TlsFiles;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use backup::Backup;
pub use console::Console;
pub use credentials::without_credentials;
pub use delivery::Delivery;
pub use diaries::Diaries;
pub use documents::Documents;
pub use limits::Limits;
pub use load::ConfigError;
pub use mail::{Mail, MailSecurity, MailServer};

/// Everything that can be set. In a file `[identity] jwks = "…"`, in the environment
/// `HUISHANG_IDENTITY__JWKS`, as a flag `--identity-jwks` where there is one.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name of the deployment, which its NATS subjects and its log carry.
    pub realm: String,
    /// Where this process keeps its data: the log, keys, views.
    pub data: PathBuf,
    /// Where gRPC listens.
    pub listen: SocketAddr,
    /// `embedded`, or the URL of NATS: `nats://host:4222`.
    pub journal: String,
    /// `system`, or `movable:<RFC 3339 moment>` for rehearsals.
    pub clock: String,
    /// IANA name of the time zone in which days begin until a calendar is defined.
    pub time_zone: String,
    /// How connections are encrypted.
    pub tls: Tls,
    /// Who may call.
    pub identity: Identity,
    /// What is logged.
    pub log: Log,
    /// How NATS is used.
    pub nats: Nats,
    /// When a command is committed.
    pub commit: Commit,
    /// How a ledger signs its log.
    pub ledger: Ledger,
    /// How a ledger backs itself up.
    pub backup: Backup,
    /// How events are delivered to webhooks.
    pub delivery: Delivery,
    /// How calendars that are kept elsewhere are followed.
    pub diaries: Diaries,
    /// How mail is sent.
    pub mail: Mail,
    /// The pages of the console.
    pub console: Console,
    /// How documents are made.
    pub documents: Documents,
    /// Limits on load.
    pub limits: Limits,
    /// What is measured.
    pub metrics: Metrics,
    /// Where traces are sent.
    pub traces: Traces,
    /// Where it is noted who accessed what.
    pub access_log: AccessLog,
}

/// Where traces are sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// A collector that takes OTLP over gRPC: `http://127.0.0.1:4317`; absent: nothing is traced.
    pub endpoint: Option<String>,
    /// The authorities that may vouch for the collector, PEM; absent: those of the system.
    pub ca_file: Option<PathBuf>,
    /// Of the traces that begin here, how many of 100 are recorded. Those of callers follow their callers.
    pub sampled_percent: u32,
}

/// Where it is noted who accessed what. It is off unless one of the places is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessLog {
    /// A folder with a file of JSON Lines for each day.
    pub folder: Option<PathBuf>,
    /// Days for which these files are kept.
    pub retention_days: u32,
    /// A collector of syslog: `unix:/dev/log` or `udp:host:514`.
    pub syslog: Option<String>,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Where metrics are fetched; absent: nothing is measured. Whoever reaches it can read them, so it is best a
    /// loopback address, or one that only Prometheus reaches.
    pub listen: Option<SocketAddr>,
}

/// How connections are encrypted. Without a certificate they are not.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate of the server and those between it and its authority, PEM.
    pub certificate_file: Option<PathBuf>,
    /// Its private key, PEM.
    pub key_file: Option<PathBuf>,
    /// The authorities of clients' certificates, PEM. If it is set, every client must show a certificate.
    pub client_ca_file: Option<PathBuf>,
}

/// Who may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The JWKS file with the public keys; absent: `<data>/keys/jwks.json`.
    pub jwks: Option<PathBuf>,
    /// A TOML file with several issuers and what their claims mean, instead of `jwks` and `issuer`.
    pub issuers_file: Option<PathBuf>,
    /// The `iss` that tokens must have.
    pub issuer: String,
    /// The `aud` that tokens must have; absent: `huishang/<realm>`, so that a token is good for one realm.
    pub audience: Option<String>,
    /// Hours for which a token may be valid, at most. 0 means no limit.
    pub token_lifetime_hours_max: u32,
    /// How callers of rpcs with step-up must have been authenticated (`acr`): one of these, separated by spaces. Absent: in
    /// any way.
    pub step_up_acr: Option<String>,
    /// Accepts development keys although gRPC listens where others can reach it.
    pub allow_development_keys: bool,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `auto`, `human` or `json`.
    pub format: Format,
    /// In the syntax of `RUST_LOG`.
    pub filter: String,
}

/// How NATS is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nats {
    /// Copies of the JetStream stream: 1, 3 or 5.
    pub replicas: usize,
    /// A credentials file for the connection.
    pub credentials: Option<PathBuf>,
    /// A file with the seed of the NKey that stands for this process.
    pub nkey_file: Option<PathBuf>,
    /// A PEM file with the authorities that may vouch for the broker; absent: those of the system. With it, TLS is
    /// required.
    pub ca_file: Option<PathBuf>,
    /// The first token of the subjects on which this process receives replies, so that the broker can keep each
    /// service to its own.
    pub inbox_prefix: String,
}

/// When a command is committed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// How many ledgers must have a record before its caller is answered.
    pub ledgers: usize,
}

/// How a ledger signs its log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The key that signs its heads, PKCS #8 PEM; absent: `<data>/keys/ledger-key.pem`, created when missing.
    pub key: Option<PathBuf>,
    /// Where the newest signed head is kept, best on another disk than the log, so that a log that was
    /// restored from an old copy is detected; absent: `<data>/signed-head`.
    pub signed_head: Option<PathBuf>,
    /// A key that signs its heads by SM2 with SM3 as well, PKCS #8 PEM; absent: they are signed by Ed25519 only.
    pub sm2_key: Option<PathBuf>,
    /// A TOML file with the witnesses that cosign its heads; absent: there are none.
    pub witnesses_file: Option<PathBuf>,
    /// Seconds after which heads that have grown are shown to the witnesses.
    pub witness_interval_seconds: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger {
            key: None,
            signed_head: None,
            sm2_key: None,
            witnesses_file: None,
            witness_interval_seconds: WITNESS_INTERVAL_SECONDS_DEFAULT,
        }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Identity {
            jwks: None,
            issuers_file: None,
            issuer: "huishang".into(),
            audience: None,
            token_lifetime_hours_max: TOKEN_LIFETIME_HOURS_MAX_DEFAULT,
            step_up_acr: None,
            allow_development_keys: false,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            realm: "main".into(),
            data: "./huishang-data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 7400)),
            journal: "embedded".into(),
            clock: "system".into(),
            time_zone: "Asia/Shanghai".into(),
            tls: Tls::default(),
            identity: Identity::default(),
            log: Log { format: Format::Auto, filter: "info".into() },
            nats: Nats {
                replicas: 1,
                credentials: None,
                nkey_file: None,
                ca_file: None,
                inbox_prefix: "_INBOX".into(),
            },
            commit: Commit { ledgers: 1 },
            ledger: Ledger::default(),
            backup: Backup::default(),
            delivery: Delivery::default(),
            diaries: Diaries::default(),
            mail: Mail::default(),
            console: Console::default(),
            documents: Documents::default(),
            limits: Limits::default(),
            metrics: Metrics::default(),
            traces: Traces { endpoint: None, ca_file: None, sampled_percent: 100 },
            access_log: AccessLog {
                folder: None,
                retention_days: ACCESS_LOG_RETENTION_DAYS_DEFAULT,
                syslog: None,
            },
        }
    }
}

/// As it is printed, without secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = serde_json::to_string(&self.without_secrets()).map_err(|_| fmt::Error)?;
        f.write_str(&shown)
    }
}

impl Config {
    /// The folder of keys in the data directory.
    pub fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// The JWKS file in force.
    pub fn jwks(&self) -> PathBuf {
        self.identity.jwks.clone().unwrap_or_else(|| self.keys().join(JWKS))
    }

    /// Checks tokens as configured. Blocks while keys are read from URLs.
    pub fn verifier(&self) -> Result<Verifier, KeyError> {
        match &self.identity.issuers_file {
            Some(file) => Verifier::open_issuers(file, self.token_rules()),
            None => Verifier::open(&self.jwks(), self.token_rules()),
        }
    }

    /// The `acr` of which a token for an rpc with step-up must have one; empty if any will do.
    pub fn step_up_acr(&self) -> Vec<String> {
        let text = self.identity.step_up_acr.as_deref().unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// The audience in force. Unless another is set it names the realm: a token is good for one realm.
    pub fn audience(&self) -> String {
        self.identity.audience.clone().unwrap_or_else(|| format!("huishang/{}", self.realm))
    }

    /// The files of TLS, if it is configured.
    pub fn tls_files(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls.certificate_file.clone()?,
            key: self.tls.key_file.clone()?,
            client_authorities: self.tls.client_ca_file.clone(),
        })
    }

    /// What tokens must say.
    pub fn token_rules(&self) -> TokenRules {
        TokenRules {
            issuer: self.identity.issuer.clone(),
            audience: self.audience(),
            lifetime_hours_max: self.identity.token_lifetime_hours_max,
        }
    }

    /// The ledger's key file in force.
    pub fn ledger_key(&self) -> PathBuf {
        self.ledger.key.clone().unwrap_or_else(|| self.keys().join("ledger-key.pem"))
    }

    /// The file of the key in force from which the secrets of subscriptions are derived.
    pub fn delivery_key(&self) -> PathBuf {
        self.delivery.key.clone().unwrap_or_else(|| self.keys().join("delivery-key.pem"))
    }

    /// The file in force of the key that seals the sessions of the console's readers.
    pub fn session_key(&self) -> PathBuf {
        self.console.session_key.clone().unwrap_or_else(|| self.keys().join("session-key"))
    }

    /// The folder of the keys with which personal data in the log is sealed.
    pub fn personal_keys(&self) -> PathBuf {
        self.data.join("personal-keys")
    }

    /// The file of the newest signed head in force.
    pub fn signed_head(&self) -> PathBuf {
        self.ledger.signed_head.clone().unwrap_or_else(|| self.data.join("signed-head"))
    }

    /// The folder of the newest head that each witness has cosigned.
    pub fn cosigned_heads(&self) -> PathBuf {
        self.data.join("cosigned-heads")
    }

    /// The same, with everything that follows from other settings.
    pub fn effective(&self) -> Config {
        let mut effective = self.clone();
        if self.identity.issuers_file.is_none() {
            effective.identity.jwks = Some(self.jwks());
        }
        effective.identity.audience = Some(self.audience());
        effective.console.session_key = Some(self.session_key());
        effective.ledger.key = Some(self.ledger_key());
        effective.delivery.key = Some(self.delivery_key());
        effective.ledger.signed_head = Some(self.signed_head());
        effective
    }

    /// The same, as it may be shown. Secrets can only be in the journal's URL: all others are in files.
    pub fn without_secrets(&self) -> Config {
        Config { journal: without_credentials(&self.journal), ..self.clone() }
    }

    /// Whether other machines cannot reach what listens there.
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().to_canonical().is_loopback()
    }
}

#[cfg(test)]
mod tests;
