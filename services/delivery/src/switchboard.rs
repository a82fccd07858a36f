//! The switchboard: sees to it that each subscription that is on has a line, and that what its subscriber asks for is done.
//!
//! Of several copies of the service one does this. Another takes over when it ends, from what the log has noted: what was
//! delivered since is delivered again, with equal ids.

use crate::Delivering;
use crate::limits::PAUSE;
use crate::line::{self, Line, record_at};
use crate::outbox::OutboxError;
use crate::secret::ServiceKey;
use domain::delivery::subscription::{Event, Subscription};
use domain::{Aggregate as _, Uuid};
use event_feed::{Reader, Wanted};
use futures::StreamExt as _;
use proto::ledger::v1::CloudEvent;
use service_kit::clock::Clock;
use service_kit::events::decode;
use service_kit::{CommandError, Duty, Filter, Position, Record, ViewStore};
use std::collections::HashMap;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Why it could not go on; it is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("{0}")]
    Outbox(#[from] OutboxError),
    #[error("{0}")]
    Log(String),
    #[error("{0}")]
    Command(#[from] CommandError),
    #[error("{}", .0.message())]
    View(#[from] Status),
}

/// What one copy of the service does at a time.
const DUTY: &str = "delivery";

/// What the copy that delivers leaves to the next one: up to where what happened to subscriptions was carried out, and by
/// which key it signs.
fn note(switched: Option<Position>, key: &ServiceKey) -> String {
    let switched = switched.map_or("-".to_owned(), |position| position.to_string());
    format!("{switched} {}", key.fingerprint())
}

/// A line that runs.
struct Running {
    end: CancellationToken,
    ended: JoinHandle<()>,
}

/// All lines.
pub(crate) struct Switchboard {
    delivering: Delivering,
    view: ViewStore,
    lines: HashMap<Uuid, Running>,
}

impl Switchboard {
    pub(crate) fn new(delivering: Delivering, view: ViewStore) -> Switchboard {
        Switchboard { delivering, view, lines: HashMap::new() }
    }

    /// Runs the lines until the kit stops, whenever this copy of the service is the one that does.
    pub(crate) async fn run(mut self) {
        let stop = self.delivering.kit.stop().clone();
        while let Some(duty) = stop.run_until_cancelled(self.claim()).await {
            tokio::select! {
                () = stop.cancelled() => {}
                () = duty.lost() => {
                    tracing::warn!("this copy does not deliver any more, as another one may do so");
                }
                () = self.keep_lines(&duty) => {}
            }
            for id in self.lines.keys().copied().collect::<Vec<_>>() {
                self.cut(id).await;
                // The next copy goes on from the log; what this one cannot note there is sent again.
                if tokio::time::timeout(PAUSE, self.note_progress(id)).await.is_err() {
                    tracing::debug!(subscription_id = %id, "the last progress was not noted");
                }
            }
            duty.give_back().await;
        }
    }

    /// Waits until no other copy delivers, and takes over.
    async fn claim(&self) -> Duty {
        loop {
            match self.try_claim().await {
                Ok(duty) => return duty,
                Err(error) => tracing::warn!(%error, "the lines of delivery are being tried again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_claim(&self) -> Result<Duty, Interrupted> {
        let Delivering { kit, outbox, key, .. } = &self.delivering;
        let (holder, switched) = (outbox.holder().await?, outbox.switched_up_to().await?);
        let duty = kit.journal().claim(DUTY, holder, note(switched, key)).await;
        let Some(predecessor) = duty.predecessor() else { return Ok(duty) };
        let (position, fingerprint) = predecessor.note.split_once(' ').unwrap_or_default();
        if fingerprint != key.fingerprint() {
            tracing::error!(
                "another copy has delivered with another delivery.key: receivers refuse what is signed with this one; give \
                 all copies the same"
            );
        }
        if predecessor.holder != holder {
            tracing::info!("this copy delivers now, in place of another one");
            let position = position.parse::<Position>().ok();
            if let Err(error) = outbox.take_over(position).await {
                duty.give_back().await;
                return Err(error.into());
            }
            duty.note(note(position, key));
        }
        Ok(duty)
    }

    async fn note_progress(&self, id: Uuid) {
        let Ok(state) = self.delivering.kit.load::<Subscription>(id).await else { return };
        let Some(known) = state.known() else { return };
        if let Err(error) = line::note_progress(&self.delivering, id, known.replays).await {
            tracing::debug!(subscription_id = %id, %error, "the last progress was not noted");
        }
    }

    async fn keep_lines(&mut self, duty: &Duty) {
        loop {
            if let Err(error) = self.follow(duty).await {
                tracing::warn!(%error, "the lines of delivery are being tried again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn follow(&mut self, duty: &Duty) -> Result<(), Interrupted> {
        let kit = self.delivering.kit.clone();
        let committed = *kit.journal().committed().borrow();
        let ids = crate::views::subscriptions_that_are_on();
        let (ids, position) = self.view.query(service_kit::Scope::whole(), committed, ids).await?;
        let after = match self.delivering.outbox.switched_up_to().await? {
            Some(switched) => switched.min(position),
            None => position,
        };
        for id in ids {
            self.connect(id).await?;
        }
        let own = Filter::Categories(vec![Subscription::CATEGORY.to_owned()]);
        let records = kit.journal().subscribe(after, own).await;
        let mut records = records.map_err(|error| Interrupted::Log(error.to_string()))?;
        while let Some(record) = records.next().await {
            let record = record.map_err(|error| Interrupted::Log(error.to_string()))?;
            self.switch(&record).await?;
            self.delivering.outbox.save_switched(record.position).await?;
            duty.note(note(Some(record.position), &self.delivering.key));
        }
        Ok(())
    }

    /// Carries out what happened to a subscription.
    async fn switch(&mut self, record: &Record) -> Result<(), Interrupted> {
        let id = record.stream.id;
        for event in decode::<Subscription>(record)? {
            match event {
                // They change nothing for a line.
                Event::Progressed { .. }
                | Event::GivenUp { .. }
                | Event::DigestBegun { .. }
                | Event::InvitationAnswered { .. } => {}
                Event::Resent { position, number } => {
                    self.resend(id, position, number).await?;
                    self.connect(id).await?;
                }
                Event::Withdrawn => {
                    self.cut(id).await;
                    self.delivering.outbox.forget(id).await?;
                }
                // What waits for another attempt has a reason to succeed now.
                Event::Changed { .. } | Event::SwitchedOn => {
                    self.cut(id).await;
                    self.delivering.outbox.retry(id).await?;
                    self.connect(id).await?;
                }
                Event::Defined { .. }
                | Event::SwitchedOff { .. }
                | Event::SecretRotated { .. }
                | Event::Replayed { .. } => self.connect(id).await?,
            }
        }
        Ok(())
    }

    /// Has a subscription served by a line as it is now, or by none.
    async fn connect(&mut self, id: Uuid) -> Result<(), Interrupted> {
        self.cut(id).await;
        let state = self.delivering.kit.load::<Subscription>(id).await?;
        let Some(known) = state.known().filter(|known| known.off.is_none()) else { return Ok(()) };
        let line = Line::new(self.delivering.clone(), self.view.clone(), id, known.clone());
        let end = self.delivering.kit.stop().child_token();
        let until = end.clone();
        let ended = self.delivering.kit.tasks().spawn(async move {
            let _ = until.run_until_cancelled(line.run()).await;
        });
        self.lines.insert(id, Running { end, ended });
        Ok(())
    }

    /// Ends a line; what it had under way is sent again.
    async fn cut(&mut self, id: Uuid) {
        if let Some(line) = self.lines.remove(&id) {
            line.end.cancel();
            let _ = line.ended.await;
        }
    }

    /// Has one event delivered again, if the subscriber may see it.
    async fn resend(&self, id: Uuid, position: Position, number: u32) -> Result<(), Interrupted> {
        let kit = &self.delivering.kit;
        let state = kit.load::<Subscription>(id).await?;
        let Some(known) = state.known() else { return Ok(()) };
        let Some(stream) = self.stream_at(position).await? else { return Ok(()) };
        let Some(record) = record_at(kit, &stream, position).await? else { return Ok(()) };
        let reader = Reader::new(kit.clone(), known.subscriber.clone(), Wanted::default());
        let events = reader.look().await?.at(&*record).await?;
        let event_id = format!("{position}/{number}");
        let event: Option<CloudEvent> = events.into_iter().find(|event| event.event_id == event_id);
        if let Some(event) = event.filter(|_| stream.category != Subscription::CATEGORY) {
            self.delivering.outbox.add_again(id, stream, event, Clock::System.now()).await?;
        }
        Ok(())
    }

    /// The stream of the record at a position.
    async fn stream_at(&self, position: Position) -> Result<Option<domain::StreamName>, Interrupted> {
        let journal = self.delivering.kit.journal();
        if position == 0 || position > *journal.committed().borrow() {
            return Ok(None);
        }
        let log = |error: &dyn std::fmt::Display| Interrupted::Log(error.to_string());
        let mut records = journal.subscribe(position - 1, Filter::All).await.map_err(|error| log(&error))?;
        match records.next().await {
            Some(record) => Ok(Some(record.map_err(|error| log(&error))?.stream.clone())),
            None => Ok(None),
        }
    }
}
