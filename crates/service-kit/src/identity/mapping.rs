//! What the claims of a token come to: whom it identifies, which department they act for, in which roles.

use crate::limits::SUBJECT_BYTES_MAX;
use domain::actor::PROCESS_PREFIX;
use domain::{Actor, Code, Line, Role};
use serde_json::Value;
use std::collections::BTreeMap;

/// The name of a claim, or, if it begins with a slash, the JSON Pointer (RFC 6901) to one within others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim(pub(super) String);

/// Which claims say what, for one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) subject: Claim,
    /// What is put before the subject, so that no two issuers name the same person.
    pub(super) subject_prefix: String,
    pub(super) department: Claim,
    /// The claim with names of roles.
    pub(super) roles: Option<Claim>,
    /// The claim with names of groups.
    pub(super) groups: Option<Claim>,
    pub(super) meanings: BTreeMap<String, Group>,
    /// The prefixes of other issuers, with which no subject of this one may begin.
    pub(super) foreign_prefixes: Vec<String>,
}

/// What it means to be in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) roles: Vec<Role>,
    pub(super) department: Option<Code>,
}

impl Default for Mapping {
    /// The claims `sub`, `department` and `roles` as they are.
    fn default() -> Mapping {
        Mapping {
            subject: Claim("sub".into()),
            subject_prefix: String::new(),
            department: Claim("department".into()),
            roles: Some(Claim("roles".into())),
            groups: None,
            meanings: BTreeMap::new(),
            foreign_prefixes: Vec::new(),
        }
    }
}

impl Claim {
    /// The name of the claim, or of the one that it is in.
    pub(super) fn top(&self) -> &str {
        match self.0.strip_prefix('/') {
            Some(pointer) => pointer.split('/').next().unwrap_or_default(),
            None => &self.0,
        }
    }

    fn of<'a>(&self, claims: &'a Value) -> Option<&'a Value> {
        let found = if self.0.starts_with('/') { claims.pointer(&self.0) } else { claims.get(&self.0) };
        found.filter(|value| !value.is_null())
    }

    /// The claim as a text; none if the token does not have it.
    fn text<'a>(&self, claims: &'a Value) -> Result<Option<&'a str>, String> {
        let Some(value) = self.of(claims) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| format!("its claim {} is not a string", self.0))
    }

    /// The texts of a claim that is a list; what else is in it says nothing here.
    fn texts<'a>(&self, claims: &'a Value) -> Result<Vec<&'a str>, String> {
        let Some(value) = self.of(claims) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| format!("its claim {} is not a list", self.0))?;
        Ok(list.iter().filter_map(Value::as_str).collect())
    }
}

impl Mapping {
    /// Whom the claims identify; says what is wrong with them. A role or group that is not known says nothing; whoever is
    /// left with no role may call nothing.
    pub(super) fn actor(&self, claims: &Value) -> Result<Actor, String> {
        let groups = self.groups(claims)?;
        let department = self.department(claims, &groups)?;
        let mut roles: Vec<Role> = match &self.roles {
            Some(claim) => claim.texts(claims)?.into_iter().filter_map(Role::parse).collect(),
            None => Vec::new(),
        };
        for role in groups.iter().flat_map(|group| &group.roles) {
            if !roles.contains(role) {
                roles.push(*role);
            }
        }
        Ok(Actor { subject: self.subject(claims)?, department, roles })
    }

    /// The names among its groups that mean nothing here.
    pub(super) fn unknown_groups(&self, claims: &Value) -> Vec<String> {
        let groups = self.groups.as_ref().and_then(|claim| claim.texts(claims).ok()).unwrap_or_default();
        groups.into_iter().filter(|name| !self.meanings.contains_key(*name)).map(str::to_owned).collect()
    }

    fn groups(&self, claims: &Value) -> Result<Vec<&Group>, String> {
        let Some(claim) = &self.groups else { return Ok(Vec::new()) };
        Ok(claim.texts(claims)?.into_iter().filter_map(|name| self.meanings.get(name)).collect())
    }

    fn subject(&self, claims: &Value) -> Result<String, String> {
        let name = &self.subject.0;
        let own = self
            .subject
            .text(claims)?
            .ok_or_else(|| format!("it has no claim {name}, which names its subject"))?;
        check_subject(own).map_err(|why| format!("its subject ({name}) {why}"))?;
        let subject = format!("{}{own}", self.subject_prefix);
        check_subject(&subject).map_err(|why| format!("its subject ({name}) {why}"))?;
        match self.foreign_prefixes.iter().find(|prefix| subject.starts_with(prefix.as_str())) {
            Some(prefix) => {
                Err(format!("its subject ({name}) begins with {prefix:?}, which is another issuer's"))
            }
            None => Ok(subject),
        }
    }

    /// The one department that the claims name.
    fn department(&self, claims: &Value, groups: &[&Group]) -> Result<Option<Code>, String> {
        let own = self.department.text(claims)?;
        let own = own.map(Code::parse).transpose().map_err(|fault| format!("its department {fault}"))?;
        let mut departments = groups.iter().filter_map(|group| group.department.clone()).chain(own);
        let Some(first) = departments.next() else { return Ok(None) };
        match departments.find(|other| *other != first) {
            Some(other) => {
                Err(format!("it is for two departments, {first} and {other}; nobody acts for both at once"))
            }
            None => Ok(Some(first)),
        }
    }
}

/// Whether somebody can have this name in the log; continues "its subject" if not.
pub(super) fn check_subject(subject: &str) -> Result<(), String> {
    if subject.len() > SUBJECT_BYTES_MAX {
        Err(format!("is longer than {SUBJECT_BYTES_MAX} bytes"))
    } else if subject.starts_with(PROCESS_PREFIX) {
        Err("begins with \"process:\", which is reserved".to_owned())
    } else if let Some(character) = subject.chars().find(|&character| moves_the_line(character)) {
        Err(format!("has the control character {character:?}"))
    } else {
        Line::parse(subject).map(drop).map_err(|fault| fault.to_string())
    }
}

/// Whether a character changes how what surrounds it is shown: control characters, ends of lines and paragraphs, and
/// those that turn the direction of writing.
pub(super) fn moves_the_line(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests;
