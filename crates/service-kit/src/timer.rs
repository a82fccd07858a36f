//! How a timer is run: the deadlines are in a view, and when the clock has passed one, a command has its
//! aggregate check it.

use crate::error::CommandError;
use crate::handle::{CommandContext, Kit};
use crate::metrics::{TIMER_DELAY, TIMER_OVERDUE};
use crate::scope::{Scope, ScopedTables};
use crate::view::ViewStore;
use ::metrics::{Gauge, Histogram};
use domain::{Aggregate, Timestamp, Uuid};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use journal::Position;
use journal::backoff::Backoff;
use proto::record::EventCodec;
use std::time::Duration;
use tokio::sync::watch;

/// Deadlines taken from the view at once, at most.
const BATCH_DEADLINES_MAX: u32 = 256;
/// Commands under way at once, at most; they share the flushes of the log.
const COMMANDS_AT_ONCE_MAX: usize = 16;
/// Time between two looks at a view that changes, at least.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// Time between two tries of commands that have no effect, at most.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A deadline that waits for its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Timestamp,
    /// The aggregate that it belongs to.
    pub id: Uuid,
    /// Its number among the deadlines that the aggregate ever had. Two deadlines of one aggregate at the same
    /// moment have different numbers, or else the second would be taken for a repeat of the first.
    pub number: u32,
}

/// Which deadlines of a view come first: sorted by their moments, at most `n` of them.
pub type NextDeadlines = fn(ScopedTables<'_>, u32) -> rusqlite::Result<Vec<Deadline>>;

/// Runs a timer until the kit stops: when the clock has passed a deadline, `command` is issued to its
/// aggregate, whose events must remove the deadline from the view. The command's id follows from the
/// timer's name and the deadline, so that a restart, or a second copy of the service, adds nothing.
///
/// `notified_up_to` is the progress of the process manager that informs the aggregates of what happened
/// elsewhere: what the log held when the clock passed a deadline is passed on first, so that nobody is called
/// late who was in time. Where there is none, it is the journal's own watermark.
///
/// A failure is retried, and so is a refusal by a rule, with growing pauses: a deadline is over only when it has
/// left the view.
pub fn run<A>(
    kit: &Kit,
    view: &ViewStore,
    notified_up_to: watch::Receiver<Position>,
    name: &'static str,
    next: NextDeadlines,
    command: fn() -> A::Command,
) where
    A: EventCodec,
    A::Command: Clone + Sync,
{
    run_with::<A, _>(kit, view, notified_up_to, name, next, move |_| {
        Box::pin(std::future::ready(Ok(command())))
    });
}

/// The same where the command has something in it that is to be looked up when the clock has passed a deadline.
pub fn run_with<A, F>(
    kit: &Kit,
    view: &ViewStore,
    notified_up_to: watch::Receiver<Position>,
    name: &'static str,
    next: NextDeadlines,
    command: F,
) where
    A: EventCodec,
    A::Command: Clone + Sync,
    F: Fn(Kit) -> BoxFuture<'static, Result<A::Command, CommandError>> + Send + Sync + 'static,
{
    let timer = Timer {
        kit: kit.clone(),
        view: view.clone(),
        notified_up_to,
        name,
        next,
        overdue: TIMER_OVERDUE.gauge(&[name]),
        delay: TIMER_DELAY.histogram(&[name]),
    };
    let stop = kit.stop().clone();
    kit.tasks().spawn(async move { stop.run_until_cancelled(timer.follow::<A>(&command)).await });
}

/// What a timer issues.
type Supplier<A> =
    dyn Fn(Kit) -> BoxFuture<'static, Result<<A as Aggregate>::Command, CommandError>> + Send + Sync;

struct Timer {
    kit: Kit,
    view: ViewStore,
    notified_up_to: watch::Receiver<Position>,
    name: &'static str,
    next: NextDeadlines,
    overdue: Gauge,
    delay: Histogram,
}

impl Timer {
    async fn follow<A>(&self, command: &Supplier<A>)
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        let mut changed = self.view.changed();
        let mut before = Vec::new();
        let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        loop {
            // Marked as seen before the query, so that no change between the two is missed.
            changed.borrow_and_update();
            let upcoming = self.upcoming().await;
            let now = self.kit.clock().now();
            let overdue = upcoming.iter().filter(|deadline| deadline.at <= now).count();
            self.overdue.set(overdue as f64);
            if overdue == 0 {
                tokio::select! {
                    () = self.wait_until(upcoming.first()) => {}
                    change = changed.changed() => match change {
                        Ok(()) => tokio::time::sleep(PAUSE_MIN).await,
                        Err(_) => return,
                    }
                }
                continue;
            }
            self.wait_until_caught_up().await;
            let mut due = self.upcoming().await;
            due.retain(|deadline| deadline.at <= now);
            // The same deadlines again: the commands failed, or changed nothing.
            if due == before {
                backoff.pause().await;
            } else {
                backoff.reset();
            }
            self.issue::<A>(&due, command).await;
            before = due;
        }
    }

    /// The first deadlines in the view; queried until it answers.
    async fn upcoming(&self) -> Vec<Deadline> {
        let next = self.next;
        loop {
            match self.view.query(Scope::whole(), 0, move |tables| next(tables, BATCH_DEADLINES_MAX)).await {
                Ok((upcoming, _)) => return upcoming,
                Err(error) => tracing::warn!(timer = self.name, %error, "the deadlines are not known"),
            }
            tokio::time::sleep(PAUSE_MAX).await;
        }
    }

    /// Waits until everything that is committed by now was passed on to the aggregates, and the view has what
    /// they made of it. A view that is being rebuilt shows deadlines that were met long ago.
    async fn wait_until_caught_up(&self) {
        let committed = self.kit.journal().committed();
        let known = *committed.borrow();
        let _ = self.notified_up_to.clone().wait_for(|&position| position >= known).await;
        let known = *committed.borrow();
        let _ = self.view.position().wait_for(|&position| position >= known).await;
    }

    async fn wait_until(&self, deadline: Option<&Deadline>) {
        match deadline {
            Some(deadline) => self.kit.clock().wait_until(deadline.at).await,
            None => std::future::pending().await,
        }
    }

    /// Issues the commands, and waits until the view has what they did.
    async fn issue<A>(&self, due: &[Deadline], command: &Supplier<A>)
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        let issued = due.iter().cloned().map(|deadline| {
            let (kit, name) = (self.kit.clone(), self.name);
            async move {
                let context = context(name, &deadline);
                let done = match command(kit.clone()).await {
                    Ok(command) => kit.execute::<A>(&context, deadline.id, command).await,
                    Err(error) => Err(error),
                };
                match done {
                    Ok(done) => {
                        let delay = kit.clock().now().duration_since(deadline.at).as_secs_f64();
                        self.delay.record(delay.max(0.0));
                        done.position
                    }
                    Err(error) => {
                        tracing::warn!(timer = name, id = %deadline.id, at = %deadline.at, %error, "a deadline is being retried");
                        0
                    }
                }
            }
        });
        let reached = futures::stream::iter(issued)
            .buffer_unordered(COMMANDS_AT_ONCE_MAX)
            .fold(0, |last: Position, position| std::future::ready(last.max(position)))
            .await;
        if let Err(error) = self.view.wait_until_caught_up(reached).await {
            tracing::warn!(timer = self.name, %error, "the view lags");
        }
    }
}

/// The context of a deadline's command; its id follows from the timer's name and the deadline, so that a
/// deadline that is met twice has one effect.
fn context(name: &str, deadline: &Deadline) -> CommandContext {
    let words = [name, &deadline.number.to_string(), &deadline.at.to_string()];
    let command_id = domain::aggregate::derived_id(deadline.id, &words);
    // A clock that is a moment behind finds nothing to do yet, and asks again.
    CommandContext { until_it_changes: true, ..CommandContext::of_process(name, command_id) }
}
