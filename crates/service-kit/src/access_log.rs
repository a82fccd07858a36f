//! The access log: whose token was refused, who came, whose rights did not suffice, and who read papers or raw records,
//! made a backup or an export. It says what was accessed, never what was in it, and never a token.
//!
//! It is apart from the process's own log, because others read it and because it is kept for longer. A line is an
//! object of JSON. Lines are written by a thread of their own, so that no call waits for a disk; what cannot be written
//! is counted in `huishang_access_log_lost_total`, and the process's log says why.

mod file;
mod search;
mod syslog;

pub use search::accesses;

use crate::config;
use crate::limits::ACCESS_LINES_WAITING_MAX;
use crate::metrics::ACCESS_LOG_LOST;
use ::metrics::Counter;
use domain::{Actor, Label, Timestamp};
use file::DailyFile;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use syslog::Syslog;
use tokio::sync::oneshot;
use tonic::Response;

/// The highest label of what an answer shows, in its extensions.
#[derive(Debug, Clone, Copy)]
pub struct ShownLabel(pub Label);

impl ShownLabel {
    /// Says on an answer how the most confidential of what it shows is labelled.
    #[must_use]
    pub fn on<M>(labels: impl IntoIterator<Item = Label>, mut answer: Response<M>) -> Response<M> {
        if let Some(label) = labels.into_iter().max() {
            answer.extensions_mut().insert(ShownLabel(label));
        }
        answer
    }
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// There was no token, or one that is not accepted.
    TokenRefused,
    /// The first call with a token that is accepted, in this process.
    TokenAccepted,
    /// The token's roles do not suffice.
    RightsRefused,
    /// A call that reads papers or raw records; its code says whether it was carried out.
    Accessed,
}

/// A line. What is not known is left out.
#[derive(Debug, Serialize)]
pub(crate) struct Entry<'a> {
    pub(crate) at: Timestamp,
    pub(crate) event: Event,
    pub(crate) rpc: &'a str,
    pub(crate) code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) department: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<IpAddr>,
    /// The fields of the request that say what is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accessed: Option<&'a Map<String, Value>>,
    /// The highest label of what was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<&'a str>,
    /// How many further ones that are alike have no line of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) more: Option<u64>,
}

impl<'a> Entry<'a> {
    /// An entry that says nothing yet but this.
    #[expect(
        clippy::disallowed_methods,
        reason = "who came when is told by the machine's clock, also in a rehearsal"
    )]
    pub(crate) fn new(event: Event, rpc: &'a str, code: &'a str) -> Entry<'a> {
        Entry {
            at: Timestamp::now(),
            event,
            rpc,
            code,
            reason: None,
            subject: None,
            department: None,
            roles: Vec::new(),
            peer: None,
            accessed: None,
            label: None,
            trace_id: None,
            more: None,
        }
    }

    /// The same, by this caller.
    pub(crate) fn by(self, actor: Option<&'a Actor>) -> Entry<'a> {
        let Some(actor) = actor else { return self };
        Entry {
            subject: Some(&actor.subject),
            department: actor.department.as_ref().map(|code| code.as_str()),
            roles: actor.roles.iter().map(|role| role.as_str()).collect(),
            ..self
        }
    }
}

/// Why the access log cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {what}: {error}")]
pub struct AccessLogError {
    setting: &'static str,
    what: String,
    error: io::Error,
}

/// The access log of a process. Cheap to clone.
#[derive(Clone)]
pub struct AccessLog(Option<Queue>);

#[derive(Clone)]
struct Queue {
    lines: SyncSender<Job>,
    lost: Counter,
}

enum Job {
    Write { line: String, is_refusal: bool },
    Flush(oneshot::Sender<()>),
}

impl AccessLog {
    /// One that is not kept.
    pub fn off() -> AccessLog {
        AccessLog(None)
    }

    /// Begins to keep it as configured; it is off when neither a folder nor syslog is set.
    ///
    /// # Errors
    /// The folder cannot be written, or syslog not be reached.
    pub fn start(settings: &config::AccessLog) -> Result<AccessLog, AccessLogError> {
        let file = settings
            .folder
            .as_ref()
            .map(|folder| DailyFile::open(folder, settings.retention_days))
            .transpose()?;
        let syslog = settings.syslog.as_ref().map(|address| Syslog::connect(address)).transpose()?;
        if file.is_none() && syslog.is_none() {
            return Ok(AccessLog::off());
        }
        let (lines, waiting) = sync_channel(ACCESS_LINES_WAITING_MAX);
        let sinks = Sinks {
            file: file.map(|file| Sink::new("file", file)),
            syslog: syslog.map(|to| Sink::new("syslog", to)),
        };
        let failed = |error| AccessLogError {
            setting: "access_log",
            what: "its thread cannot be started".into(),
            error,
        };
        std::thread::Builder::new()
            .name("access log".to_owned())
            .spawn(move || sinks.write_all(&waiting))
            .map_err(failed)?;
        Ok(AccessLog(Some(Queue { lines, lost: ACCESS_LOG_LOST.counter(&["queue"]) })))
    }

    /// Whether it is kept.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line, soon. With too many waiting it is lost, and counted.
    pub(crate) fn note(&self, entry: &Entry<'_>) {
        let Some(queue) = &self.0 else { return };
        let is_refusal = matches!(entry.event, Event::TokenRefused | Event::RightsRefused);
        let written = serde_json::to_string(entry).ok();
        let queued = written.and_then(|line| queue.lines.try_send(Job::Write { line, is_refusal }).ok());
        if queued.is_none() {
            queue.lost.increment(1);
        }
    }

    /// Waits until everything noted so far is written.
    pub async fn flush(&self) {
        let Some(queue) = &self.0 else { return };
        let (done, flushed) = oneshot::channel();
        let lines = queue.lines.clone();
        let asked = tokio::task::spawn_blocking(move || lines.send(Job::Flush(done)).is_ok());
        if asked.await.unwrap_or(false) {
            let _ = flushed.await;
        }
    }
}

/// Where a line goes.
trait Destination: Send {
    fn write(&mut self, line: &str, is_refusal: bool) -> io::Result<()>;
}

/// A destination, and whether it works.
struct Sink<D> {
    name: &'static str,
    to: D,
    lost: Counter,
    is_failing: bool,
}

impl<D: Destination> Sink<D> {
    fn new(name: &'static str, to: D) -> Sink<D> {
        Sink { name, to, lost: ACCESS_LOG_LOST.counter(&[name]), is_failing: false }
    }

    fn write(&mut self, line: &str, is_refusal: bool) {
        let sink = self.name;
        match self.to.write(line, is_refusal) {
            Ok(()) if self.is_failing => {
                self.is_failing = false;
                tracing::info!(sink, "the access log is written again");
            }
            Ok(()) => {}
            Err(error) => {
                self.lost.increment(1);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::error!(sink, %error, "the access log is not written; its lines are lost until that is mended");
                }
            }
        }
    }
}

struct Sinks {
    file: Option<Sink<DailyFile>>,
    syslog: Option<Sink<Syslog>>,
}

impl Sinks {
    fn write_all(mut self, waiting: &Receiver<Job>) {
        for job in waiting {
            match job {
                Job::Write { line, is_refusal } => {
                    if let Some(file) = &mut self.file {
                        file.write(&line, is_refusal);
                    }
                    if let Some(syslog) = &mut self.syslog {
                        syslog.write(&line, is_refusal);
                    }
                }
                Job::Flush(done) => drop(done.send(())),
            }
        }
    }
}

#[cfg(test)]
mod tests;
