//! Who may vouch for callers: the issuers of a file, each with its keys and what its claims mean, and the certificates of
//! machines.

use super::key_source::KeySource;
use super::keys::KeyError;
use super::mapping::{Claim, Group, Mapping, check_subject};
use domain::{Actor, Code, Role};
use serde::Deserialize;
use std::collections::BTreeMap;
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
            audience: self.audience.unwrap_or_else(|| audience.to_owned()),
            source,
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
