//! A duty: what one process of a realm does at a time, although several could.
//!
//! Whoever has it says so again and again; whoever wants it waits until that stops, or until it is given back. So there is
//! a moment in which two processes believe that they have it, when one of them stood still or was cut off: a duty keeps work from
//! being done twice as a rule, and what must never happen twice needs ids that are equal on repeats besides.

use std::future::Future;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// Whoever had a duty before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predecessor {
    /// Who it was.
    pub holder: Uuid,
    /// What they noted last.
    pub note: String,
}

/// A duty that this process has, until it is lost, given back or dropped.
#[derive(Debug)]
pub struct Duty {
    predecessor: Option<Predecessor>,
    note: watch::Sender<String>,
    lost: CancellationToken,
    end: CancellationToken,
    renewing: Option<AbortOnDropHandle<()>>,
}

/// What keeps a duty up.
pub(crate) struct Renewal {
    /// The newest note.
    pub(crate) note: watch::Receiver<String>,
    /// To be cancelled when another process has the duty, or may have it.
    pub(crate) lost: CancellationToken,
    /// Cancelled when it is to be given back.
    pub(crate) end: CancellationToken,
}

impl Duty {
    /// A duty that nobody else can have.
    pub fn sole() -> Duty {
        Duty::new(None, String::new())
    }

    fn new(predecessor: Option<Predecessor>, note: String) -> Duty {
        let (lost, end) = (CancellationToken::new(), CancellationToken::new());
        Duty { predecessor, note: watch::Sender::new(note), lost, end, renewing: None }
    }

    /// A duty that a task keeps up.
    #[expect(clippy::disallowed_methods, reason = "it ends with the duty that holds its handle")]
    pub(crate) fn renewed_by<F: Future<Output = ()> + Send + 'static>(
        predecessor: Option<Predecessor>,
        note: String,
        renew: impl FnOnce(Renewal) -> F,
    ) -> Duty {
        let duty = Duty::new(predecessor, note);
        let (lost, end) = (duty.lost.clone(), duty.end.clone());
        let renewing = tokio::spawn(renew(Renewal { note: duty.note.subscribe(), lost, end }));
        Duty { renewing: Some(AbortOnDropHandle::new(renewing)), ..duty }
    }

    /// Whoever had it before, if anybody had.
    pub fn predecessor(&self) -> Option<&Predecessor> {
        self.predecessor.as_ref()
    }

    /// Notes something for whoever has it next; they get the note of some seconds ago at least.
    pub fn note(&self, note: String) {
        self.note.send_replace(note);
    }

    /// Waits until another process has it, or may have it.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Gives it back, so that another process has it at once.
    pub async fn give_back(mut self) {
        self.end.cancel();
        if let Some(renewing) = self.renewing.take() {
            let _ = renewing.await;
        }
    }
}
