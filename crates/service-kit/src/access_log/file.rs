//! A file for each day (UTC), of which those of the last days are kept.

use super::{AccessLogError, Destination};
use domain::Timestamp;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

const PREFIX: &str = "access-";
const SUFFIX: &str = ".jsonl";
const SECONDS_PER_DAY: u64 = 86_400;

/// The files of the access log: `access-2027-03-01.jsonl`, with an object of JSON on each line.
pub(super) struct DailyFile {
    folder: PathBuf,
    retention_days: u32,
    open: Option<(String, File)>,
}

impl DailyFile {
    /// Opens today's file in the folder, which is created if it is missing.
    #[expect(clippy::disallowed_methods, reason = "its files are named after the machine's clock")]
    pub(super) fn open(folder: &Path, retention_days: u32) -> Result<DailyFile, AccessLogError> {
        let mut files = DailyFile { folder: folder.to_owned(), retention_days, open: None };
        files.today(Timestamp::now()).map_err(|error| AccessLogError {
            setting: "access_log.folder",
            what: format!("cannot write to {}", folder.display()),
            error,
        })?;
        Ok(files)
    }

    /// Today's file. When a day begins, the oldest ones are removed.
    fn today(&mut self, now: Timestamp) -> io::Result<&mut File> {
        let name = name_of(now);
        let opened = match self.open.take().filter(|(open, _)| *open == name) {
            // A file that was moved away, as by another rotation, is left behind.
            Some(open) if self.folder.join(&name).exists() => open,
            _ => {
                fs::create_dir_all(&self.folder)?;
                let file = File::options().create(true).append(true).open(self.folder.join(&name))?;
                self.remove_old(now);
                (name, file)
            }
        };
        Ok(&mut self.open.insert(opened).1)
    }

    fn remove_old(&self, now: Timestamp) {
        let oldest = name_of(days_before(now, self.retention_days));
        let names = self.folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.file_name());
        let ours = names.filter_map(|name| name.into_string().ok());
        for name in ours.filter(|name| is_ours(name) && *name < oldest) {
            match fs::remove_file(self.folder.join(&name)) {
                Ok(()) => tracing::info!(name, "a file of the access log was removed after its time"),
                Err(error) => tracing::warn!(name, %error, "an old file of the access log cannot be removed"),
            }
        }
    }
}

impl Destination for DailyFile {
    #[expect(clippy::disallowed_methods, reason = "its files are named after the machine's clock")]
    fn write(&mut self, line: &str, _: bool) -> io::Result<()> {
        // One write, so that several processes can share the folder.
        let line = format!("{line}\n");
        let written = self.today(Timestamp::now())?.write_all(line.as_bytes());
        if written.is_err() {
            self.open = None;
        }
        written
    }
}

/// The moment so many days ago.
fn days_before(now: Timestamp, days: u32) -> Timestamp {
    let time = Duration::from_secs(u64::from(days) * SECONDS_PER_DAY);
    now.checked_sub(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The name of the file for a moment.
pub(super) fn name_of(moment: Timestamp) -> String {
    // RFC 3339 in UTC begins with the day.
    let text = moment.to_string();
    format!("{PREFIX}{}{SUFFIX}", text.split('T').next().unwrap_or_default())
}

/// Whether a file is one of the access log's: nothing else is ever removed.
pub(super) fn is_ours(name: &str) -> bool {
    let day = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    day.is_some_and(|day| {
        day.len() == "2027-03-01".len()
            && day.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_a_file_and_only_those_of_the_last_days_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = DailyFile { folder: folder.path().to_owned(), retention_days: 2, open: None };
        for name in ["notes.jsonl", "access-old.jsonl", "access-2027-02-26.jsonl"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        for day in ["2027-02-27", "2027-02-28", "2027-03-01", "2027-03-02"] {
            let now: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
            files.today(now).unwrap().write_all(day.as_bytes()).unwrap();
            files.today(now).unwrap().write_all(b"\n").unwrap();
        }
        let mut names: Vec<String> = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let days = ["access-2027-02-28.jsonl", "access-2027-03-01.jsonl", "access-2027-03-02.jsonl"];
        assert_eq!(names, [&days[..], &["access-old.jsonl", "notes.jsonl"]].concat());
        assert_eq!(fs::read_to_string(folder.path().join(days[1])).unwrap(), "2027-03-01\n");
    }
}
