//! What the tests of a service work on: a kit with a journal of its own, and requests as the server hands them on.

use domain::aggregate::derived_id;
use domain::testing::{actor, at};
use domain::{Role, Timestamp, Uuid};
use event_log::{EventLog, Options};
use journal::Journal;
use journal::embedded::EmbeddedJournal;
use journal::personal::Keys;
use service_kit::clock::Clock;
use service_kit::config::Limits;
use service_kit::identity::Caller;
use service_kit::{CommandContext, Kit, Position};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

/// A kit on a journal of its own, with a clock that the test moves. Its files go with it.
pub struct Workbench {
    /// The kit of the service under test.
    pub kit: Kit,
    clock: watch::Sender<Timestamp>,
    _folder: TempDir,
}

impl Default for Workbench {
    /// Nothing is in the journal. It is Monday, 1 March 2027, nine in the morning in Shanghai.
    fn default() -> Workbench {
        Workbench::on(|journal| journal)
    }
}

impl Workbench {
    /// The same, on what is made of its journal.
    pub fn on(made: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal>) -> Workbench {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (log, _) = EventLog::open(Options::new(folder.path().join("log"))).expect("an empty log");
        let journal = made(Arc::new(EmbeddedJournal::new(log, Keys::in_memory())));
        Workbench::new(journal, watch::Sender::new(at("2027-03-01T01:00:00Z")), folder)
    }

    /// Another process on the same journal and clock, with files of its own.
    pub fn another(&self) -> Workbench {
        self.another_on(|journal| journal)
    }

    /// The same, on what is made of the journal.
    pub fn another_on(&self, made: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal>) -> Workbench {
        let folder = tempfile::tempdir().expect("a temporary directory");
        Workbench::new(made(self.kit.journal().clone()), self.clock.clone(), folder)
    }

    fn new(journal: Arc<dyn Journal>, clock: watch::Sender<Timestamp>, folder: TempDir) -> Workbench {
        let shown = Clock::Movable(clock.clone());
        let kit = Kit::new(journal, shown, folder.path(), Limits::default(), CancellationToken::new());
        Workbench { kit, clock, _folder: folder }
    }

    /// Moves the clock to a moment.
    pub fn move_clock(&self, to: &str) {
        self.clock.send_replace(at(to));
    }

    /// The last position of the journal.
    pub fn end(&self) -> Position {
        *self.kit.journal().committed().borrow()
    }
}

/// A command id derived from a word.
pub fn id(word: &str) -> String {
    derived_id(Uuid::nil(), &[word]).to_string()
}

/// The context of a command that another service carried out, for this department; its id is derived from a word.
pub fn context(word: &str, department: &str, role: Role) -> CommandContext {
    let command_id = derived_id(Uuid::nil(), &["context", word]);
    CommandContext::new(command_id, [0; 32], actor(&format!("chen of {department}"), department, role))
}

/// A request by somebody who speaks for this department, or for none when it is empty; another person for each.
pub fn by<M>(message: M, department: &str, role: Role) -> Request<M> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Caller(actor(&format!("chen of {department}"), department, role)));
    request
}

/// The reason of a refusal, and one of its details.
pub fn refusal(status: &Status, detail: &str) -> (String, String) {
    let info = status.get_details_error_info().expect("a refusal has a reason");
    (info.reason, info.metadata.get(detail).cloned().unwrap_or_default())
}

/// The paths of the fields that were not accepted.
pub fn faulty_fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let request = status.get_details_bad_request().expect("a refusal names the fields");
    request.field_violations.into_iter().map(|violation| violation.field).collect()
}
