//! The folder that is served: an object in each file, and the lists of each kind in pages.
//!
//! What was published before is read from it, so that an object is new, changed or deleted when those who follow it can see
//! that: a moment before its last publication would be passed over by whoever asks for what was modified since. What is not
//! public any more stays as an object that says nothing but that it is deleted.

use super::object::{Contained, Kind, Object, Urls, list_file, moment};
use super::objects::Objects;
use crate::client::Error;
use crate::language::say;
use anyhow::Context as _;
use console::oparl::list_page;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::{File, Permissions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Objects on a page of a list.
const PAGE_OBJECTS: usize = 100;
/// Where lists are.
const LISTS: &str = "list";
/// What one export at a time holds.
const LOCK: &str = ".lock";
/// What those who serve the folder may do.
const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;

/// The fields that are kept of what is deleted.
const KEPT: [&str; 3] = ["id", "type", "created"];

/// A folder with what was published before.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// By kind and key.
    known: BTreeMap<(Kind, String), Value>,
    /// Held until the export is written.
    _lock: File,
}

/// How many objects there are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    pub new: usize,
    pub changed: usize,
    pub deleted: usize,
    pub same: usize,
}

impl Folder {
    /// Reads what was published, or creates the folder.
    ///
    /// # Errors
    /// It has something else in it, was published at another address, or is written by another export.
    pub fn open(path: &Path, urls: &Urls) -> anyhow::Result<Folder> {
        let unreadable = || say("cannot read {file}", &[("file", &path.display())]);
        let failed = || say("cannot write {file}", &[("file", &path.display())]);
        let system = path.join(Kind::System.folder()).join("system.json");
        let is_empty = !path.exists() || path.read_dir().with_context(unreadable)?.next().is_none();
        if !is_empty && !path.join(LOCK).exists() && !system.exists() {
            return Err(usage(&say(
                "{folder} has something else in it; name an empty folder",
                &[("folder", &path.display())],
            )));
        }
        create_folder(path).with_context(failed)?;
        let lock = File::create(path.join(LOCK)).with_context(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(usage(&say(
                    "{folder} is being written by another export",
                    &[("folder", &path.display())],
                )));
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        let mut known = BTreeMap::new();
        for kind in Kind::ALL {
            for (key, object) in objects_in(&path.join(kind.folder()))? {
                if object["id"] != urls.of(kind, &key) {
                    return Err(usage(&say(
                        "{folder} was exported for another address; name an empty folder",
                        &[("folder", &path.display())],
                    )));
                }
                known.insert((kind, key), object);
            }
        }
        Ok(Folder { path: path.to_owned(), known, _lock: lock })
    }

    /// Writes what has changed.
    pub fn write(mut self, objects: Objects, urls: &Urls, now: Timestamp) -> anyhow::Result<Changes> {
        let now = moment(now, &TimeZone::UTC);
        let Objects { all, texts } = objects;
        let mut changes = Changes::default();
        let mut published: BTreeMap<(Kind, String), Value> = BTreeMap::new();
        for object in all {
            let before = self.known.remove(&(object.kind, object.key.clone()));
            let before = before.filter(|before| before["deleted"] != true || !object.only_if_known);
            if object.only_if_known && before.is_none() {
                continue;
            }
            let (id, of) = (urls.of(object.kind, &object.key), (object.kind, object.key.clone()));
            let after = dated(object, &published, id, before.as_ref(), &now);
            match &before {
                None => changes.new += 1,
                Some(before) if *before == after => changes.same += 1,
                Some(_) => changes.changed += 1,
            }
            published.insert(of, after);
        }
        // What it does not say any more is gone before anything else is written.
        for ((kind, key), before) in std::mem::take(&mut self.known) {
            let after = deleted(&before, &now);
            changes.deleted += usize::from(before != after);
            published.insert((kind, key), after);
        }
        self.save(&published, &texts, urls)?;
        Ok(changes)
    }

    fn save(
        &self,
        published: &BTreeMap<(Kind, String), Value>,
        texts: &BTreeMap<String, String>,
        urls: &Urls,
    ) -> anyhow::Result<()> {
        let files = self.path.join(Kind::File.folder());
        for ((_, key), _) in
            published.iter().filter(|((kind, _), object)| *kind == Kind::File && is_deleted(object))
        {
            remove(&files.join(format!("{key}.txt")))?;
        }
        for (key, content) in texts {
            save(&files.join(format!("{key}.txt")), content)?;
        }
        for ((kind, key), object) in published {
            save(&self.path.join(kind.folder()).join(format!("{key}.json")), &written(object)?)?;
        }
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::System) {
            let of_kind = published.iter().filter(|((one, _), object)| *one == kind && !is_deleted(object));
            let of_kind: Vec<&Value> = of_kind.map(|(_, object)| object).collect();
            self.save_list(kind, &of_kind, urls)?;
        }
        Ok(())
    }

    fn save_list(&self, kind: Kind, objects: &[&Value], urls: &Urls) -> anyhow::Result<()> {
        let folder = self.path.join(LISTS);
        let pages: Vec<&[&Value]> = match objects.is_empty() {
            true => vec![&[]],
            false => objects.chunks(PAGE_OBJECTS).collect(),
        };
        for (page, data) in (1..).zip(&pages) {
            let data = data.iter().map(|object| (*object).clone()).collect();
            let address = |page| urls.list(kind, page);
            let list = list_page(data, objects.len(), PAGE_OBJECTS, page, address);
            save(&folder.join(list_file(kind, page)), &written(&list)?)?;
        }
        // Pages of a list that was longer.
        let later = (pages.len() + 1..).map(|page| folder.join(list_file(kind, page)));
        later.take_while(|file| file.exists()).try_for_each(|file| remove(&file))
    }
}

/// An object with its address and its dates: it keeps those that it had if it is as it was.
fn dated(
    object: Object,
    published: &BTreeMap<(Kind, String), Value>,
    id: String,
    before: Option<&Value>,
    now: &str,
) -> Value {
    let get = |kind: Kind, key: &String| published.get(&(kind, key.clone())).cloned();
    let mut fields = object.fields;
    // What does not take place any more keeps the time for which it was announced.
    if let Some(before) = before.filter(|_| object.only_if_known) {
        for name in ["name", "start", "end"] {
            if let Some(value) = before.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
    }
    for (name, contained) in &object.contained {
        let value = match contained {
            Contained::One(kind, key) => get(*kind, key).unwrap_or_default(),
            Contained::Several(kind, keys) => keys.iter().filter_map(|key| get(*kind, key)).collect(),
        };
        fields.insert((*name).to_owned(), value);
    }
    let created = before.and_then(|before| before["created"].as_str()).unwrap_or(now).to_owned();
    let modified = before.and_then(|before| before["modified"].as_str()).unwrap_or(now).to_owned();
    fields.insert("id".into(), id.into());
    fields.insert("type".into(), object.kind.type_url().into());
    fields.insert("created".into(), created.into());
    fields.insert("modified".into(), modified.into());
    if before.is_some_and(|before| before.as_object() != Some(&fields)) {
        fields.insert("modified".into(), now.into());
    }
    Value::Object(fields)
}

/// What is left of an object that is not public any more.
fn deleted(before: &Value, now: &str) -> Value {
    if is_deleted(before) {
        return before.clone();
    }
    let kept = KEPT.iter().filter_map(|name| Some(((*name).to_owned(), before.get(*name)?.clone())));
    let mut fields: Map<String, Value> = kept.collect();
    fields.insert("modified".into(), now.into());
    fields.insert("deleted".into(), true.into());
    Value::Object(fields)
}

fn is_deleted(object: &Value) -> bool {
    object["deleted"] == true
}

fn usage(why: &str) -> anyhow::Error {
    Error::Usage(why.to_owned()).into()
}

/// The objects in a folder, by their keys.
fn objects_in(folder: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let unreadable = |file: &Path| say("cannot read {file}", &[("file", &file.display())]);
    let mut objects = BTreeMap::new();
    if !folder.exists() {
        return Ok(objects);
    }
    for entry in folder.read_dir().with_context(|| unreadable(folder))? {
        let file = entry.with_context(|| unreadable(folder))?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(key) = name.strip_suffix(".json") else { continue };
        let content = std::fs::read(&file).with_context(|| unreadable(&file))?;
        objects.insert(key.to_owned(), serde_json::from_slice(&content).with_context(|| unreadable(&file))?);
    }
    Ok(objects)
}

fn written(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn create_folder(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE))
}

/// Writes a file if its content is another; whoever reads it meanwhile has the one or the other.
fn save(file: &Path, content: &str) -> anyhow::Result<()> {
    let failed = || say("cannot write {file}", &[("file", &file.display())]);
    if std::fs::read(file).is_ok_and(|known| known == content.as_bytes()) {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    create_folder(folder).with_context(failed)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    new.write_all(content.as_bytes()).with_context(failed)?;
    new.as_file().set_permissions(Permissions::from_mode(FILE_MODE)).with_context(failed)?;
    new.persist(file).map_err(|error| error.error).with_context(failed)?;
    Ok(())
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| say("cannot write {file}", &[("file", &file.display())]))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
