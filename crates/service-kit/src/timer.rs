//! How a timer is run: the deadlines stand in a view, and when the clock has passed one, a command says so
//! to its aggregate.

use crate::handle::{Kit, Order};
use crate::view::ViewStore;
use domain::{Actor, Timestamp, Uuid};
use futures::StreamExt as _;
use journal::Position;
use proto::record::EventCodec;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::sync::watch;

/// Deadlines taken from the view at once, at most.
const BATCH_DEADLINES_MAX: u32 = 256;
/// Commands under way at once, at most; they share the flushes of the log.
const COMMANDS_AT_ONCE_MAX: usize = 16;
/// Time between two looks at a view that moves, at least.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// Time between two tries of commands that have no effect, at most.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A deadline that waits for its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Timestamp,
    /// The aggregate that is told.
    pub id: Uuid,
    /// Its number among the deadlines that the aggregate ever had. Two deadlines of one aggregate that fall
    /// on one moment have different numbers, or else the second would be taken for a repeat of the first.
    pub no: u32,
}

/// Which deadlines of a view come first: sorted by their moments, at most as many as are asked for.
pub type NextDeadlines = fn(&Connection, u32) -> rusqlite::Result<Vec<Deadline>>;

/// Runs a timer until the kit stops: when the clock has passed a deadline, `command` is issued to its
/// aggregate, whose events must make the deadline leave the view. The command's id follows from the
/// timer's name and the deadline, so that a restart, or a second copy of the service, adds nothing.
///
/// `told` is the progress of the process manager that tells the aggregates what became of their matters:
/// what the log knew when the clock passed a deadline is told first, so that nobody is called late who
/// was in time. Where nobody has to be told, it is the journal's own watermark.
///
/// What cannot be done for the moment is tried again, and so is what a rule refuses, with growing pauses:
/// a deadline is only over when the view says so.
pub fn run<A>(
    kit: &Kit,
    view: &ViewStore,
    told: watch::Receiver<Position>,
    name: &'static str,
    next: NextDeadlines,
    command: fn() -> A::Command,
) where
    A: EventCodec,
    A::Command: Clone + Sync,
{
    let timer = Timer { kit: kit.clone(), view: view.clone(), told, name, next };
    tokio::spawn(async move {
        let stop = timer.kit.stop().clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = timer.follow::<A>(command) => {}
        }
    });
}

struct Timer {
    kit: Kit,
    view: ViewStore,
    told: watch::Receiver<Position>,
    name: &'static str,
    next: NextDeadlines,
}

impl Timer {
    async fn follow<A>(&self, command: fn() -> A::Command)
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        let mut moved = self.view.position();
        let mut before = Vec::new();
        let mut pause = PAUSE_MIN;
        loop {
            // Marked as seen before the question, so that no news between the two is missed.
            moved.borrow_and_update();
            let coming = self.coming().await;
            let now = self.kit.clock().now();
            if !coming.iter().any(|deadline| deadline.at <= now) {
                tokio::select! {
                    () = self.wait_until(coming.first()) => {}
                    news = moved.changed() => match news {
                        Ok(()) => tokio::time::sleep(PAUSE_MIN).await,
                        Err(_) => return,
                    }
                }
                continue;
            }
            self.settle().await;
            let mut due = self.coming().await;
            due.retain(|deadline| deadline.at <= now);
            // The same deadlines again: the commands failed, or changed nothing.
            if due == before {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            } else {
                pause = PAUSE_MIN;
            }
            self.issue::<A>(&due, command).await;
            before = due;
        }
    }

    /// The deadlines that the view has first; asked again until it answers.
    async fn coming(&self) -> Vec<Deadline> {
        let next = self.next;
        loop {
            match self.view.query(0, move |tables| next(tables, BATCH_DEADLINES_MAX)).await {
                Ok((coming, _)) => return coming,
                Err(error) => tracing::warn!(timer = self.name, %error, "the deadlines are not known"),
            }
            tokio::time::sleep(PAUSE_MAX).await;
        }
    }

    /// Waits until everything that is committed by now was told to the aggregates, and the view knows what
    /// they made of it. A view that is being built anew shows deadlines that are over long since.
    async fn settle(&self) {
        let committed = self.kit.journal().committed();
        let known = *committed.borrow();
        let _ = self.told.clone().wait_for(|&position| position >= known).await;
        let known = *committed.borrow();
        let _ = self.view.position().wait_for(|&position| position >= known).await;
    }

    async fn wait_until(&self, deadline: Option<&Deadline>) {
        match deadline {
            Some(deadline) => self.kit.clock().wait_until(deadline.at).await,
            None => std::future::pending().await,
        }
    }

    /// Issues the commands, and waits until the view knows what they did.
    async fn issue<A>(&self, due: &[Deadline], command: fn() -> A::Command)
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        let issued = due.iter().cloned().map(|deadline| {
            let (kit, name) = (self.kit.clone(), self.name);
            async move {
                let order = order(name, &deadline);
                match kit.execute::<A>(&order, deadline.id, command()).await {
                    Ok(position) => position,
                    Err(error) => {
                        tracing::warn!(timer = name, id = %deadline.id, at = %deadline.at, %error, "a deadline waits");
                        0
                    }
                }
            }
        });
        let reached = futures::stream::iter(issued)
            .buffer_unordered(COMMANDS_AT_ONCE_MAX)
            .fold(0, |last: Position, position| std::future::ready(last.max(position)))
            .await;
        if let Err(error) = self.view.query(reached, |_| Ok(())).await {
            tracing::warn!(timer = self.name, %error, "the view is behind");
        }
    }
}

/// The order of a deadline's command; its id follows from the timer's name and the deadline, so that a
/// deadline that is met twice has one effect.
fn order(name: &str, deadline: &Deadline) -> Order {
    let words = [name, &deadline.no.to_string(), &deadline.at.to_string()];
    let command_id = domain::aggregate::derived_id(deadline.id, &words);
    Order {
        command_id,
        digest: Sha256::digest(command_id.as_bytes()).into(),
        actor: Actor::process(name),
        causation_id: None,
        correlation_id: command_id,
        traceparent: None,
    }
}
