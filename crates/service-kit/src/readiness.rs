//! Whether a process does all of its work: its journal can commit, and its views and process managers follow it. It is
//! what health checks answer, and what the log says once when it begins and once when it is over.

use crate::Kit;
use crate::limits::UNREADY_SETTLE_TIME;
use crate::metrics;
use ::metrics::Gauge;
use journal::{Obstacle, Position};
use std::mem::discriminant;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Why a process, or one of its services, is not ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// Nothing can be committed.
    #[error("commands are not carried out: {0}")]
    Journal(#[from] Obstacle),
    /// These views and process managers are too far behind the journal.
    #[error(
        "{} do not follow the journal; what they show is old. They are being built, or the lines before this one say \
         what stops them", .0.join(", ")
    )]
    Behind(Vec<&'static str>),
}

impl Unready {
    fn is_like(&self, other: &Unready) -> bool {
        match (self, other) {
            (Unready::Journal(one), Unready::Journal(other)) => discriminant(one) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }
}

/// The readiness of a process and of its services.
pub struct Readiness {
    /// None in a process that only passes calls on.
    kit: Option<Kit>,
    services: Vec<Service>,
    lag_max: Duration,
    told: Told,
    journal: JournalMetrics,
}

struct Service {
    name: &'static str,
    followers: Vec<Follower>,
    ready: Gauge,
}

impl Readiness {
    /// Of a process on this kit. A view or process manager may lag what is committed for `lag_max`.
    pub fn new(kit: &Kit, lag_max: Duration) -> Readiness {
        Readiness {
            kit: Some(kit.clone()),
            services: Vec::new(),
            lag_max,
            told: Told::new(),
            journal: JournalMetrics::new(),
        }
    }

    /// Of a process that only passes calls on, which it does as long as it answers.
    pub fn of_a_gateway(name: &'static str) -> Readiness {
        let service = Service { name, followers: Vec::new(), ready: metrics::READY.gauge(&[name]) };
        let (lag_max, told, journal) = (Duration::MAX, Told::new(), JournalMetrics::new());
        Readiness { kit: None, services: vec![service], lag_max, told, journal }
    }

    /// Adds a service, with the views and process managers that were begun since the one before it.
    pub fn add_service(&mut self, name: &'static str) {
        let followers = self.kit.iter().flat_map(Kit::take_new_followers);
        let followers = followers.map(|(name, position)| Follower::new(name, position)).collect();
        self.services.push(Service { name, followers, ready: metrics::READY.gauge(&[name]) });
    }

    /// The names of the services.
    pub fn names(&self) -> Vec<&'static str> {
        self.services.iter().map(|service| service.name).collect()
    }

    /// Looks at everything, measures it, writes to the log what has changed, and returns for each service whether it is
    /// ready.
    pub(crate) fn look(&mut self) -> Vec<(&'static str, bool)> {
        let Some(kit) = &self.kit else {
            self.services.iter().for_each(|service| service.ready.set(1.0));
            return self.services.iter().map(|service| (service.name, true)).collect();
        };
        let obstacle = kit.journal().obstacle();
        let committed = *kit.journal().committed().borrow();
        self.journal.measure(kit, committed, obstacle.as_ref());
        let mut all_behind = Vec::new();
        let mut ready = Vec::new();
        for Service { name, followers, ready: measured } in &mut self.services {
            let mut behind = Vec::new();
            // How far they are behind is not known without the journal.
            if obstacle.is_none() {
                let lag_max = self.lag_max;
                behind.extend(
                    followers
                        .iter_mut()
                        .filter_map(|one| one.is_behind(committed, lag_max).then_some(one.name)),
                );
            }
            let is_ready = obstacle.is_none() && behind.is_empty();
            measured.set(f64::from(u8::from(is_ready)));
            ready.push((*name, is_ready));
            all_behind.append(&mut behind);
        }
        let behind = (!all_behind.is_empty()).then_some(Unready::Behind(all_behind));
        self.told.tell(obstacle.map(Unready::Journal).or(behind));
        ready
    }
}

/// A view or process manager, and how well it follows.
struct Follower {
    name: &'static str,
    position: watch::Receiver<Position>,
    /// What it has to reach next, and since when.
    due: Option<(Position, Instant)>,
    /// Whether it has ever reached what was due.
    caught_up: bool,
    metrics: FollowerMetrics,
}

impl Follower {
    fn new(name: &'static str, position: watch::Receiver<Position>) -> Follower {
        Follower { name, position, due: None, caught_up: false, metrics: FollowerMetrics::new(name) }
    }

    /// Whether it takes longer than `lag_max` to reach what was committed; while it is being built, always.
    fn is_behind(&mut self, committed: Position, lag_max: Duration) -> bool {
        let now = Instant::now();
        let (due, since) = *self.due.get_or_insert((committed, now));
        let position = *self.position.borrow();
        let lag = if position < due { since.elapsed() } else { Duration::ZERO };
        self.metrics.measure(position, committed, lag);
        if position < due {
            return !self.caught_up || since.elapsed() > lag_max;
        }
        self.caught_up = true;
        self.due = Some((committed, now));
        false
    }
}

struct FollowerMetrics {
    position: Gauge,
    lag_records: Gauge,
    lag: Gauge,
}

impl FollowerMetrics {
    fn new(consumer: &'static str) -> FollowerMetrics {
        FollowerMetrics {
            position: metrics::CONSUMER_POSITION.gauge(&[consumer]),
            lag_records: metrics::CONSUMER_LAG_RECORDS.gauge(&[consumer]),
            lag: metrics::CONSUMER_LAG.gauge(&[consumer]),
        }
    }

    fn measure(&self, position: Position, committed: Position, lag: Duration) {
        self.position.set(position as f64);
        self.lag_records.set(committed.saturating_sub(position) as f64);
        self.lag.set(lag.as_secs_f64());
    }
}

/// What is measured of the journal.
struct JournalMetrics {
    committed: Gauge,
    connected: Gauge,
    disconnected: Gauge,
    no_ledger: Gauge,
    read_only: Gauge,
    clock_behind: Gauge,
}

impl JournalMetrics {
    fn new() -> JournalMetrics {
        let obstacle = |name| metrics::JOURNAL_OBSTACLE.gauge(&[name]);
        JournalMetrics {
            committed: metrics::COMMITTED_POSITION.gauge(&[]),
            connected: metrics::JOURNAL_CONNECTED.gauge(&[]),
            disconnected: obstacle("disconnected"),
            no_ledger: obstacle("no_ledger"),
            read_only: obstacle("read_only"),
            clock_behind: metrics::CLOCK_BEHIND.gauge(&[]),
        }
    }

    fn measure(&self, kit: &Kit, committed: Position, obstacle: Option<&Obstacle>) {
        let is = |yes: bool| f64::from(u8::from(yes));
        let disconnected = matches!(obstacle, Some(Obstacle::Disconnected { .. }));
        self.committed.set(committed as f64);
        self.connected.set(is(!disconnected));
        self.disconnected.set(is(disconnected));
        self.no_ledger.set(is(matches!(obstacle, Some(Obstacle::NoLedger { .. }))));
        self.read_only.set(is(matches!(obstacle, Some(Obstacle::ReadOnly(_)))));
        self.clock_behind.set(kit.journal().lead_over(kit.clock().now()).as_secs_f64());
    }
}

/// What the log says about it: a reason once, and once that it is over.
struct Told {
    /// The present reason, and since when it is so.
    present: Option<Unready>,
    since: Instant,
    told: Option<Unready>,
    was_ready: bool,
}

impl Told {
    fn new() -> Told {
        Told { present: None, since: Instant::now(), told: None, was_ready: false }
    }

    fn tell(&mut self, now: Option<Unready>) {
        let Some(unready) = now else {
            if self.told.take().is_some() {
                tracing::info!("ready: commands are carried out, and the views follow");
            }
            (self.present, self.was_ready) = (None, true);
            return;
        };
        if !self.present.as_ref().is_some_and(|present| present.is_like(&unready)) {
            self.since = Instant::now();
        }
        // A process that starts or recovers gets there through several states; only one that lasts is told.
        let comes_from_ready = self.was_ready && self.told.is_none() && self.present.is_none();
        let lasts = comes_from_ready || self.since.elapsed() >= UNREADY_SETTLE_TIME;
        if lasts && !self.told.as_ref().is_some_and(|told| told.is_like(&unready)) {
            tracing::warn!("not ready: {unready}");
            self.told = Some(unready.clone());
        }
        self.present = Some(unready);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG_MAX: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_view_is_behind_until_it_was_built_and_again_when_it_stops() {
        let (moved, position) = watch::channel(0);
        let mut view = Follower::new("view", position);
        assert!(view.is_behind(100, LAG_MAX), "it is being built");
        moved.send_replace(100);
        assert!(!view.is_behind(120, LAG_MAX));
        assert!(!view.is_behind(140, LAG_MAX), "a moment is nothing");
        tokio::time::advance(LAG_MAX * 2).await;
        assert!(view.is_behind(150, LAG_MAX), "it has not moved");
        moved.send_replace(120);
        assert!(!view.is_behind(150, LAG_MAX), "it has reached what was due");
        tokio::time::advance(LAG_MAX * 2).await;
        moved.send_replace(150);
        assert!(!view.is_behind(150, LAG_MAX));
    }
}
