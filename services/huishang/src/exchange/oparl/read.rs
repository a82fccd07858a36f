//! The directory of whoever publishes with OParl, out of a folder of their objects: departments, and who works for them.
//!
//! A file has an object, or a list with a page of them; objects may be within others. Bodies, parties and parliamentary groups
//! are organizations of OParl, too, and are passed over, as are those who are in nothing else.

use super::objects::{AGENCY, ENTERPRISE, NON_PROFIT, key_of_person};
use crate::client::text_file;
use crate::exchange::popolo::{Area, Directory, Membership, Organization, Person, Popolo};
use crate::language::say;
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Folders within each other, at most.
const DEPTH_MAX: usize = 8;

/// What was read.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// What there is of departments and of those who work for them.
    pub popolo: Popolo,
    /// How many organizations are no departments, and persons in none.
    pub passed_over: usize,
}

/// Objects by their addresses.
#[derive(Debug, Default)]
struct Objects {
    organizations: BTreeMap<String, Fields>,
    persons: BTreeMap<String, Fields>,
    memberships: BTreeMap<String, Fields>,
}

/// What is read of an object.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields {
    name: Option<String>,
    short_name: Option<String>,
    organization_type: Option<String>,
    sub_organization_of: Option<String>,
    #[serde(rename = "huishang:level")]
    level: Option<String>,
    #[serde(rename = "huishang:region")]
    region: Option<String>,
    email: Vec<String>,
    person: Option<String>,
    organization: Option<String>,
    role: Option<String>,
    deleted: bool,
}

/// Reads a folder, where the directory is as it is known: members that were published from here are found again.
///
/// # Errors
/// A file cannot be read, or is no object of OParl.
pub fn read(folder: &Path, known: &Directory) -> anyhow::Result<Read> {
    let mut objects = Objects::default();
    objects.read_folder(folder, 0)?;
    anyhow::ensure!(
        !objects.organizations.is_empty(),
        say("{folder} has no organizations of OParl", &[("folder", &folder.display())])
    );
    Ok(objects.directory(known))
}

impl Objects {
    fn read_folder(&mut self, folder: &Path, depth: usize) -> anyhow::Result<()> {
        let unreadable = || say("cannot read {file}", &[("file", &folder.display())]);
        for entry in folder.read_dir().with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let (kind, path) = (entry.file_type().with_context(unreadable)?, entry.path());
            if kind.is_dir() && depth < DEPTH_MAX {
                self.read_folder(&path, depth + 1)?;
            } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "json") {
                let wrong = || say("cannot read {file}", &[("file", &path.display())]);
                let value = serde_json::from_str(&text_file::read(&path)?).with_context(wrong)?;
                self.add(&value, None).with_context(wrong)?;
            }
        }
        Ok(())
    }

    /// Adds an object and those that are in it, within this person if it is. What stands in a list and by itself is the same
    /// object.
    fn add(&mut self, value: &Value, person: Option<&str>) -> serde_json::Result<()> {
        match value {
            Value::Array(values) => values.iter().try_for_each(|value| self.add(value, person)),
            Value::Object(fields) => {
                let kind = fields.get("type").and_then(Value::as_str).and_then(|url| url.rsplit('/').next());
                let id = fields.get("id").and_then(Value::as_str);
                let all = match kind {
                    Some("Organization") => Some(&mut self.organizations),
                    Some("Person") => Some(&mut self.persons),
                    Some("Membership") => Some(&mut self.memberships),
                    _ => None,
                };
                if let Some((all, id)) = all.zip(id) {
                    let mut read = Fields::deserialize(value)?;
                    // A membership within a person need not say whose it is.
                    read.person = read.person.or_else(|| person.map(str::to_owned));
                    all.insert(id.to_owned(), read);
                }
                let person = if kind == Some("Person") { id } else { person };
                fields.values().try_for_each(|value| self.add(value, person))
            }
            _ => Ok(()),
        }
    }

    fn directory(self, known: &Directory) -> Read {
        let Objects { organizations, persons, memberships } = self;
        let all = organizations.len() + persons.len();
        let departments: BTreeMap<String, Fields> =
            organizations.into_iter().filter(|(_, fields)| fields.is_department()).collect();
        let code = |id: &str| departments.get(id).map(|fields| fields.code(id));
        let organizations = departments.iter().map(|(id, fields)| {
            let parent = fields.sub_organization_of.as_deref().and_then(code);
            fields.organization(id, parent)
        });
        let mut popolo = Popolo { organizations: organizations.collect(), ..Popolo::default() };
        let members: BTreeMap<String, &str> =
            known.members.iter().map(|member| (key_of_person(&member.code), member.code.as_str())).collect();
        let mut of_person: BTreeMap<String, Vec<(String, Option<String>)>> = BTreeMap::new();
        for one in memberships.into_values().filter(|one| !one.deleted) {
            if let Some((person, department)) = one.person.zip(one.organization.as_deref().and_then(code)) {
                of_person.entry(person).or_default().push((department, one.role));
            }
        }
        for (id, fields) in persons.iter().filter(|(_, fields)| !fields.deleted) {
            let Some(own) = of_person.remove(id) else { continue };
            let key = last_of(id);
            let person_id = members.get(key).map_or(key, |code| *code).to_owned();
            let name = fields.name.clone().unwrap_or_else(|| person_id.clone());
            let email = fields.email.first().cloned();
            let belongs =
                |(organization_id, role)| Membership { person_id: person_id.clone(), organization_id, role };
            popolo.memberships.extend(own.into_iter().map(belongs));
            popolo.persons.push(Person { id: person_id, name, email });
        }
        let passed_over = all - popolo.organizations.len() - popolo.persons.len();
        Read { popolo, passed_over }
    }
}

impl Fields {
    /// Whether it is a department, and not a body, a party or a parliamentary group.
    fn is_department(&self) -> bool {
        let kind = self.organization_type.as_deref();
        !self.deleted && kind.is_none_or(|kind| [AGENCY, ENTERPRISE, NON_PROFIT].contains(&kind))
    }

    /// The code of an organization: how it is called for short, or else what its address ends with.
    fn code(&self, id: &str) -> String {
        self.short_name.clone().unwrap_or_else(|| last_of(id).to_owned())
    }

    fn organization(&self, id: &str, parent_id: Option<String>) -> Organization {
        let classification = match self.organization_type.as_deref() {
            Some(ENTERPRISE) => Some("enterprise"),
            Some(NON_PROFIT) => Some("non-profit"),
            Some(AGENCY) => Some("agency"),
            _ => None,
        };
        Organization {
            id: self.code(id),
            name: self.name.clone().unwrap_or_else(|| self.code(id)),
            classification: classification.map(str::to_owned),
            parent_id,
            area: self.region.clone().map(|name| Area { name }),
            level: self.level.clone(),
            without_users: None,
        }
    }
}

/// What an address ends with.
fn last_of(id: &str) -> &str {
    let last = id.trim_end_matches('/').rsplit('/').next().unwrap_or(id);
    last.strip_suffix(".json").unwrap_or(last)
}

#[cfg(test)]
mod tests;
