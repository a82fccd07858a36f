//! Who may vouch for callers: the issuers of a file, each with its keys and what its claims mean, and the certificates of
//! machines.

use super::key_source::KeySource;
use super::keys::KeyError;
use super::mapping::{Claim, Group, Mapping, check_subject};
use crate::https;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::reload;
use domain::{Actor, Code, Role};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// What a token of one issuer must say, and what that means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IssuerSettings {
    /// Its `iss`.
    pub(super) issuer: String,
    /// One of its `aud`.
    pub(super) audience: String,
    pub(super) source: KeySource,
    pub(super) mapping: Mapping,
    /// How people sign in there with a browser, if they can.
    pub(super) sign_in: Option<SignIn>,
}

/// How people sign in at an issuer with a browser, as OpenID Connect describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its `iss`; its description is read below it.
    pub issuer: String,
    /// What people call it.
    pub name: String,
    /// By which name the console is known there.
    pub client_id: String,
    /// What the console proves there that it is itself with; absent: it has nothing.
    pub client_secret: Option<Secret>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The authorities that may vouch for the issuer's server, PEM; absent: those of this machine.
    pub ca_file: Option<PathBuf>,
}

/// Everybody who may vouch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Issuers {
    pub(super) issuers: Vec<IssuerSettings>,
    /// Whom a client's certificate identifies, by a name in it.
    pub(super) certificates: BTreeMap<String, Actor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issuer: Vec<IssuerEntry>,
    #[serde(default)]
    certificate: Vec<CertificateEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerEntry {
    issuer: String,
    audience: Option<String>,
    jwks_file: Option<PathBuf>,
    jwks_url: Option<String>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    subject_prefix: String,
    #[serde(default)]
    claims: ClaimNames,
    #[serde(default)]
    group: Vec<GroupEntry>,
    sign_in: Option<SignInEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInEntry {
    name: Option<String>,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    scopes: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimNames {
    subject: Option<String>,
    department: Option<String>,
    roles: Option<String>,
    groups: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupEntry {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
    department: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateEntry {
    name: String,
    subject: String,
    roles: Vec<String>,
    department: Option<String>,
}

/// A secret, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// What a file has, without the end of its line.
    fn read(file: &Path) -> Result<Secret, String> {
        let why = |error: &dyn fmt::Display| format!("{}: {error}", file.display());
        let bytes = reload::read(file, KEY_FILE_BYTES_MAX).map_err(|error| why(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| why(&error.utf8_error()))?;
        Ok(Secret(text.trim().to_owned()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl Issuers {
    /// Reads the text of a file; relative paths in it are below `folder`. Where no audience is named it is this one.
    pub(super) fn parse(text: &str, folder: &Path, audience: &str) -> Result<Issuers, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let entries = file.issuer.into_iter();
        let issuers = entries
            .map(|entry| {
                let named = format!("issuer {:?}", entry.issuer);
                entry.read(folder, audience).map_err(|why| format!("{named}: {why}"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut certificates = BTreeMap::new();
        for entry in file.certificate {
            let named = format!("certificate {:?}", entry.name);
            let (name, actor) = entry.read().map_err(|why| format!("{named}: {why}"))?;
            if certificates.insert(name, actor).is_some() {
                return Err(format!("{named}: it is there twice"));
            }
        }
        if issuers.is_empty() && certificates.is_empty() {
            return Err("it names nobody who may vouch; add an [[issuer]]".into());
        }
        Ok(Issuers { issuers: apart(issuers)?, certificates })
    }

    /// Reads a file.
    pub(super) fn read(file: &Path, content: &[u8], audience: &str) -> Result<Issuers, KeyError> {
        let text = std::str::from_utf8(content).map_err(|error| KeyError::content(file, error))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Issuers::parse(text, folder, audience).map_err(|why| KeyError::content(file, why))
    }
}

/// The issuers, if no two of them can be taken for each other.
fn apart(mut issuers: Vec<IssuerSettings>) -> Result<Vec<IssuerSettings>, String> {
    for (at, one) in issuers.iter().enumerate() {
        for other in &issuers[at + 1..] {
            let (name, other_name) = (&one.issuer, &other.issuer);
            if name == other_name {
                return Err(format!("issuer {name:?}: it is there twice"));
            }
            let [prefix, other] = [one, other].map(|issuer| issuer.mapping.subject_prefix.as_str());
            let same = prefix == other;
            if same
                || !prefix.is_empty() && other.starts_with(prefix)
                || !other.is_empty() && prefix.starts_with(other)
            {
                return Err(format!(
                    "the issuers {name:?} and {other_name:?} could name the same person; give each a subject_prefix of its \
                     own, and none that another begins with"
                ));
            }
        }
    }
    let prefixes: Vec<String> = issuers.iter().map(|issuer| issuer.mapping.subject_prefix.clone()).collect();
    for issuer in &mut issuers {
        let others =
            prefixes.iter().filter(|prefix| !prefix.is_empty() && **prefix != issuer.mapping.subject_prefix);
        issuer.mapping.foreign_prefixes = others.cloned().collect();
    }
    Ok(issuers)
}

impl IssuerEntry {
    fn read(self, folder: &Path, audience: &str) -> Result<IssuerSettings, String> {
        let ca_file = self.ca_file.map(|file| folder.join(file));
        let sign_in = match self.sign_in {
            Some(entry) => Some(entry.read(folder, &self.issuer, ca_file.clone())?),
            None => None,
        };
        let source = match (self.jwks_file, self.jwks_url) {
            (Some(file), None) => KeySource::File(folder.join(file)),
            (None, Some(url)) => KeySource::url(&url, ca_file)?,
            _ => return Err("it needs either jwks_file or jwks_url".into()),
        };
        let mut meanings = BTreeMap::new();
        for group in self.group {
            let meaning =
                Group { roles: roles(&group.roles)?, department: department(group.department.as_deref())? };
            if meanings.insert(group.name.clone(), meaning).is_some() {
                return Err(format!("the group {:?} is there twice", group.name));
            }
        }
        let names = self.claims;
        if names.groups.is_none() && !meanings.is_empty() {
            return Err("it has groups, but claims.groups does not say which claim names them".into());
        }
        let default = Mapping::default();
        // Where groups give roles, a claim that happens to be called `roles` does not.
        let roles = names.roles.map(Claim).or(default.roles.filter(|_| names.groups.is_none()));
        Ok(IssuerSettings {
            issuer: self.issuer,
            // What somebody signs in with is for whoever asked for it.
            audience: self
                .audience
                .or_else(|| sign_in.as_ref().map(|sign_in| sign_in.client_id.clone()))
                .unwrap_or_else(|| audience.to_owned()),
            source,
            sign_in,
            mapping: Mapping {
                subject: names.subject.map_or(default.subject, Claim),
                subject_prefix: self.subject_prefix,
                department: names.department.map_or(default.department, Claim),
                roles,
                groups: names.groups.map(Claim),
                meanings,
                foreign_prefixes: Vec::new(),
            },
        })
    }
}

impl SignInEntry {
    fn read(self, folder: &Path, issuer: &str, ca_file: Option<PathBuf>) -> Result<SignIn, String> {
        https::check_url(issuer, "others could sign in as anybody")?;
        let file = self.client_secret_file.map(|file| folder.join(file));
        let client_secret = file.as_deref().map(Secret::read).transpose()?;
        Ok(SignIn {
            issuer: issuer.to_owned(),
            name: self.name.unwrap_or_else(|| issuer.to_owned()),
            client_id: self.client_id,
            client_secret,
            scopes: self.scopes,
            ca_file,
        })
    }
}

impl CertificateEntry {
    fn read(self) -> Result<(String, Actor), String> {
        check_subject(&self.subject).map_err(|why| format!("its subject {why}"))?;
        let (roles, department) = (roles(&self.roles)?, department(self.department.as_deref())?);
        Ok((self.name, Actor { subject: self.subject, department, roles }))
    }
}

fn roles(names: &[String]) -> Result<Vec<Role>, String> {
    let known = Role::ALL.map(Role::as_str).join(", ");
    let read = |name: &String| {
        Role::parse(name).ok_or_else(|| format!("{name:?} is no role; the roles are {known}"))
    };
    names.iter().map(read).collect()
}

fn department(code: Option<&str>) -> Result<Option<Code>, String> {
    code.map(Code::parse).transpose().map_err(|fault| format!("the department {fault}"))
}

#[cfg(test)]
mod tests;
