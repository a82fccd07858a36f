//! A kit on a journal of its own, with departments as the sample aggregate.

mod damage;
mod feed;
mod future;
mod handle;
mod process;
mod sign_outs;
mod timer;
mod uncommitted;
mod view;

use crate::clock::Clock;
use crate::config::Limits;
use crate::{CommandContext, CommandError, Kit};
use domain::directory::department::{Command, Department, Kind, Level, Profile};
use domain::{Actor, Aggregate as _, Code, Line, StreamName, Uuid};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use journal::{Commit, Journal, Position, Write};
use proto::record::Envelope;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A journal, and a folder for the files of its consumers.
struct Place {
    journal: Arc<dyn Journal>,
    log: EventLog,
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { reserve_bytes: 0, ..Options::new(folder.path().join("log")) };
        let (log, _) = EventLog::open(options).unwrap();
        Place {
            journal: Arc::new(EmbeddedJournal::new(log.clone(), journal::personal::Keys::in_memory())),
            log,
            folder,
        }
    }

    /// A kit, as in a newly started process; it ends with its token.
    fn kit(&self) -> Kit {
        self.kit_in(self.folder.path())
    }

    /// The same with the files of another place.
    fn kit_in(&self, folder: &Path) -> Kit {
        self.kit_by(Clock::System, folder)
    }

    /// A kit that goes by this clock.
    fn kit_by(&self, clock: Clock, folder: &Path) -> Kit {
        Kit::new(self.journal.clone(), clock, folder, Limits::default(), CancellationToken::new())
    }

    /// The last position of the log.
    fn end(&self) -> Position {
        self.log.head().position
    }

    /// Appends a record with one event, whatever its type and bytes, to a department's stream.
    async fn append(&self, code: &str, type_url: &str, bytes: &[u8]) -> Position {
        let stream = stream(code);
        let expected = self.log.stream_position(&stream.to_string()).unwrap();
        let event = prost_types::Any { type_url: type_url.to_owned(), value: bytes.to_vec() };
        let context = context(Uuid::now_v7());
        let envelope = Envelope {
            command_id: context.command_id,
            command_digest: context.digest.to_vec(),
            time: domain::Timestamp::UNIX_EPOCH,
            actor: context.actor,
            on_behalf_of: None,
            causation_id: None,
            correlation_id: context.correlation_id,
            traceparent: None,
            part: 1,
            parts: 1,
        };
        let writes = vec![Write { stream, expected, events: vec![event] }];
        self.journal.append(Commit { envelope, writes }).await.unwrap()
    }
}

/// Registers a department under a name.
async fn register(kit: &Kit, id: Uuid, code: &str, name: &str) -> Result<Position, CommandError> {
    let command = Command::Register(profile(code, name));
    let done = kit.execute::<Department>(&context(id), department(code), command).await?;
    Ok(done.position)
}

fn profile(code: &str, name: &str) -> Profile {
    Profile {
        code: Code::parse(code).unwrap(),
        name: Line::parse(name).unwrap(),
        parent: None,
        level: Level::Municipal,
        region: None,
        without_users: false,
        kind: Kind::Agency,
    }
}

fn department(code: &str) -> Uuid {
    Department::id(&Code::parse(code).unwrap())
}

fn stream(code: &str) -> StreamName {
    Department::stream(department(code))
}

fn context(command_id: Uuid) -> CommandContext {
    CommandContext::new(command_id, [7; 32], Actor::process("test"))
}

/// The refusal of a rule.
fn refused() -> CommandError {
    CommandError::Rejected {
        context: "directory",
        reason: "SAMPLE",
        message: "there is no such thing".into(),
        details: vec![],
        not_found: false,
    }
}

/// Waits until a consumer is done with a position.
async fn reached(mut progress: watch::Receiver<Position>, position: Position) {
    let waiting = progress.wait_for(|&reached| reached >= position);
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("in time").expect("it goes on");
}

/// What is set aside: who, where, why.
fn set_aside(kit: &Kit) -> Vec<(&'static str, Position, String)> {
    let (records, total) = kit.set_aside((0, ""), 100).unwrap();
    assert_eq!(records.len() as u64, total);
    records.into_iter().map(|record| (record.consumer, record.position, record.reason)).collect()
}
