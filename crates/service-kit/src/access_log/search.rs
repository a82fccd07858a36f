//! Who read a thing: what the files of the access log have of it.

use super::file::{is_ours, name_of};
use crate::error::refusal;
use crate::limits::ACCESS_DAYS_MAX;
use crate::list::{self, page_token};
use crate::serve::{check_window, read};
use domain::{Role, Timestamp};
use proto::api::v1::Reason;
use proto::contract::role_number;
use proto::ledger::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::types::Value;
use serde_json::Value as Json;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use tonic::Status;

/// Bytes of a line, at most; the rest of a longer one is passed over.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// What the page tokens of the list belong to.
const WALK: &str = "accesses";

/// A page of the calls that read a thing, from the access log in this folder.
///
/// # Errors
/// The request says what cannot be looked for, or a file cannot be read.
pub async fn accesses(
    folder: Option<PathBuf>,
    request: pb::ListAccessesRequest,
) -> Result<pb::ListAccessesResponse, Status> {
    let size = list::checked_size(request.page_size)? as usize;
    let wanted = Wanted::read(&request, size)?;
    let Some(folder) = folder else { return Ok(pb::ListAccessesResponse::default()) };
    let found = tokio::task::spawn_blocking(move || search(&folder, &wanted)).await;
    let found = found.map_err(|error| unreadable(&error))?;
    let mut found = found.map_err(|error| unreadable(&error))?;
    let has_more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| has_more).map(|((file, line), _)| {
        page_token::write(&[Value::Text(file.clone()), Value::Integer(line.cast_signed())], WALK)
    });
    Ok(pb::ListAccessesResponse {
        accesses: found.into_iter().map(|(_, access)| access).collect(),
        next_page_token: last.unwrap_or_default(),
        kept: true,
    })
}

fn unreadable(error: &dyn std::error::Error) -> Status {
    tracing::error!(%error, "the access log could not be searched");
    let why = "the access log could not be searched; the process's log has the cause";
    refusal(Reason::Internal, why, [])
}

/// What is looked for.
#[derive(Debug, Clone)]
struct Wanted {
    /// What was read, as calls name it; nothing for anything.
    subject: Option<String>,
    from: Timestamp,
    until: Timestamp,
    /// The file and the number of the line after which it goes on.
    after: (String, u64),
    count: usize,
}

impl Wanted {
    /// What a request asks for, on a page of so many rows.
    fn read(request: &pb::ListAccessesRequest, size: usize) -> Result<Wanted, Invalid> {
        let (from, until): (Timestamp, Timestamp) =
            (read("from_at", request.from_at)?, read("until_at", request.until_at)?);
        check_window("until_at", from, until, ACCESS_DAYS_MAX)?;
        let after = match request.page_token.as_str() {
            "" => (String::new(), 0),
            token => match page_token::read(token, WALK)? {
                [Value::Text(file), Value::Integer(line)] => (file, line.cast_unsigned()),
                _ => return Err(page_token::invalid()),
            },
        };
        let subject = request.subject_id.as_deref().map(str::trim).filter(|subject| !subject.is_empty());
        let subject = subject.map(str::to_owned);
        // One more than the page shows whether there is a next one.
        Ok(Wanted { subject, from, until, after, count: size + 1 })
    }
}

/// A call, with the file and the number of its line.
type Found = ((String, u64), pb::Access);

/// The first calls that read it.
fn search(folder: &Path, wanted: &Wanted) -> io::Result<Vec<Found>> {
    let names = folder.read_dir()?.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    let mut names = names.collect::<io::Result<Vec<String>>>()?;
    let days = name_of(wanted.from)..=name_of(wanted.until);
    names.retain(|name| is_ours(name) && days.contains(name) && *name >= wanted.after.0);
    names.sort();
    let mut found = Vec::new();
    for name in names {
        let after = if name == wanted.after.0 { wanted.after.1 } else { 0 };
        search_file(&folder.join(&name), &name, after, wanted, &mut found)?;
        if found.len() >= wanted.count {
            break;
        }
    }
    Ok(found)
}

fn search_file(
    path: &Path,
    name: &str,
    after: u64,
    wanted: &Wanted,
    found: &mut Vec<Found>,
) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        // It was removed after its time.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let (mut lines, mut line) = (BufReader::new(file), Vec::new());
    for number in 1_u64.. {
        line.clear();
        let read = (&mut lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 || found.len() >= wanted.count {
            return Ok(());
        }
        if number > after
            && let Some(access) = std::str::from_utf8(&line).ok().and_then(|line| of_line(line, wanted))
        {
            found.push(((name.to_owned(), number), access));
        }
    }
    Ok(())
}

/// The call of a line, if it is what is looked for.
fn of_line(line: &str, wanted: &Wanted) -> Option<pb::Access> {
    // Most lines are about something else.
    if wanted.subject.as_deref().is_some_and(|subject| !line.contains(subject)) {
        return None;
    }
    let line: Json = serde_json::from_str(line).ok()?;
    let at: Timestamp = line["at"].as_str()?.parse().ok()?;
    let is_read = |value: &Json| wanted.subject.is_none() || value.as_str() == wanted.subject.as_deref();
    let is_wanted = line["event"] == "accessed"
        && line["accessed"].as_object()?.values().any(is_read)
        && wanted.from <= at
        && at < wanted.until;
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let roles = line["roles"].as_array().into_iter().flatten();
    let roles = roles.filter_map(|role| Some(role_number(Role::parse(role.as_str()?)?)));
    is_wanted.then(|| pb::Access {
        accessed_at: at.to_wire(),
        caller: text("subject"),
        department_code: text("department"),
        roles: roles.collect(),
        rpc: text("rpc"),
        code: text("code"),
        label: text("label"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, event: &str, session: &str) -> String {
        format!(
            "{{\"at\":\"{at}\",\"event\":\"{event}\",\"rpc\":\"S/GetSession\",\"code\":\"OK\",\"subject\":\"li\",\
             \"roles\":[\"clerk\"],\"accessed\":{{\"session_id\":\"{session}\"}}}}\n"
        )
    }

    #[test]
    fn a_time_that_does_not_end_after_it_begins_or_is_too_long_is_refused() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().to_wire();
        for (until, is_right) in [
            ("2027-03-01T00:00:01Z", true),
            ("2027-04-01T00:00:00Z", true),
            ("2027-04-01T00:00:01Z", false),
            ("2027-03-01T00:00:00Z", false),
            ("2027-02-01T00:00:00Z", false),
        ] {
            let (from_at, until_at) = (at("2027-03-01T00:00:00Z"), at(until));
            let request = pb::ListAccessesRequest { from_at, until_at, ..Default::default() };
            let fields =
                Wanted::read(&request, 50).map(drop).map_err(|fault| fault.violations[0].field.clone());
            assert_eq!(fields, if is_right { Ok(()) } else { Err("until_at".to_owned()) }, "{until}");
        }
    }

    #[test]
    fn who_read_a_thing_is_found_day_by_day_and_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, lines: &[String]| std::fs::write(folder.path().join(name), lines.concat());
        let (first, second) = ("access-2027-03-01.jsonl", "access-2027-03-02.jsonl");
        let of_first = [
            line("2027-03-01T00:30:00Z", "accessed", "s1"),
            line("2027-03-01T09:00:00Z", "accessed", "s2"),
            line("2027-03-01T09:30:00Z", "rights_refused", "s1"),
            "no json, but s1\n".to_owned(),
            line("2027-03-01T10:00:00Z", "accessed", "s1"),
        ];
        write(first, &of_first).unwrap();
        write(second, &[line("2027-03-02T11:00:00Z", "accessed", "s1")]).unwrap();
        write("access-2027-03-03.jsonl", &[line("2027-03-03T11:00:00Z", "accessed", "s1")]).unwrap();
        write("notes.jsonl", &[line("2027-03-02T11:00:00Z", "accessed", "s1")]).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let wanted = Wanted {
            subject: Some("s1".into()),
            from: at("2027-03-01T01:00:00Z"),
            until: at("2027-03-02T12:00:00Z"),
            after: Default::default(),
            count: 10,
        };
        let places = |wanted: &Wanted| -> Vec<(String, u64)> {
            search(folder.path(), wanted).unwrap().into_iter().map(|(place, _)| place).collect()
        };
        let [one, other] = [(first.to_owned(), 5), (second.to_owned(), 1)];
        assert_eq!(places(&wanted), [one.clone(), other.clone()]);
        assert_eq!(places(&Wanted { count: 1, ..wanted.clone() }), std::slice::from_ref(&one));
        assert_eq!(places(&Wanted { after: one, ..wanted.clone() }), [other]);
        let found = search(folder.path(), &wanted).unwrap().remove(0).1;
        assert_eq!((found.caller.as_str(), found.roles, found.code.as_str()), ("li", vec![1], "OK"));
        assert!(
            places(&Wanted { subject: Some("S/GetSession".into()), ..wanted.clone() }).is_empty(),
            "only what was read"
        );
    }
}
