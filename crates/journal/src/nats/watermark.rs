//! The committed position, derived from the announcements of the ledgers.
//!
//! A ledger's announcements count only once it has replied to a probe of this process over the current
//! connection, after verifying the stream. An earlier announcement may concern records that the broker has lost
//! since, no matter whether the ledger or this process noticed first.

use super::Link;
use super::announcement::{Announcement, Shortage};
use super::feed::{Feed, FeedKey, Group, Sent};
use super::message::Names;
use super::witnesses::{Known, REFUSED};
use crate::limits::{ANNOUNCEMENT_SILENCE_MAX, PROBE_INTERVAL, RECENT_ROOTS_MAX};
use crate::{Obstacle, Position};
use async_nats::{Client, Message, Subscriber};
use domain::Uuid;
use event_log::Hash;
use event_log::hex;
use futures::StreamExt as _;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

/// Identifies a connection to a server, by the ids that the server sends when the connection is established.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    server: String,
    client: u64,
}

impl Connection {
    pub(super) fn of(client: &Client) -> Connection {
        let info = client.server_info();
        Connection { server: info.server_id, client: info.client_id }
    }

    /// Returns the connection as a subject token.
    fn to_token(&self) -> String {
        format!("{}-{}", self.server, self.client)
    }
}

/// State of one ledger.
#[derive(Debug, Clone)]
struct Ledger {
    /// Its newest announcement.
    announcement: Announcement,
    /// The session in which it has confirmed the stream over the current connection.
    confirmed: Option<u64>,
    /// With what it vouches for the records that it sends, if it said so when it confirmed.
    feed_key: Option<FeedKey>,
    /// Set if its history differs from another ledger's; it then no longer counts.
    dispute: Option<Dispute>,
    /// When its last announcement arrived.
    heard: Instant,
}

impl Ledger {
    /// Returns whether it can be relied on to confirm the next record.
    fn is_present(&self) -> bool {
        self.is_confirmed() && self.dispute.is_none() && self.heard.elapsed() <= ANNOUNCEMENT_SILENCE_MAX
    }

    fn is_confirmed(&self) -> bool {
        self.confirmed == Some(self.announcement.session)
    }

    /// Returns whether what it says of its log is believed.
    fn counts(&self) -> bool {
        self.dispute.is_none() && self.is_confirmed()
    }
}

/// Two ledgers with different roots at the same position.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dispute {
    one: Announcement,
    other: Announcement,
}

/// State of all ledgers, from their announcements.
#[derive(Debug)]
struct State {
    needed: usize,
    /// Creation time of the stream that is followed.
    created: i128,
    connection: Connection,
    ledgers: HashMap<Uuid, Ledger>,
    /// The first announcement of each recent position.
    roots: BTreeMap<Position, Announcement>,
    /// Incremented whenever records that were ordered but not committed may have been lost.
    epoch: u64,
    /// When the last announcement of a confirmed ledger arrived.
    last_announced: Instant,
    last_probe: Option<Instant>,
    /// Whether an announcement has arrived from a ledger that has not confirmed its current session.
    unconfirmed: bool,
    /// Why a ledger has refused to confirm the stream, if one has and none has confirmed it since.
    refusal: Option<String>,
    committed: Position,
    /// The newest records of ledgers that count.
    feed: Feed,
}

impl State {
    fn new(needed: usize, created: i128, connection: Connection) -> State {
        State {
            needed,
            created,
            connection,
            ledgers: HashMap::new(),
            roots: BTreeMap::new(),
            epoch: 0,
            last_announced: Instant::now(),
            last_probe: None,
            unconfirmed: false,
            refusal: None,
            committed: 0,
            feed: Feed::default(),
        }
    }

    /// Discards all confirmations if the connection has changed.
    fn on_connection(&mut self, connection: Connection) {
        if self.connection != connection {
            self.connection = connection;
            self.invalidate();
        }
    }

    fn invalidate(&mut self) {
        self.epoch += 1;
        self.last_probe = None;
        self.ledgers.values_mut().for_each(|ledger| ledger.confirmed = None);
        self.feed = Feed::default();
    }

    /// Processes an announcement; `is_reply` means that it is a reply to a probe over the current connection.
    /// Returns a dispute that has just been detected.
    fn process(&mut self, announcement: Announcement, is_reply: bool) -> Option<Dispute> {
        if announcement.created != self.created && !(is_reply && self.accept_recreated_stream(&announcement))
        {
            self.unconfirmed = true;
            return None;
        }
        let dispute = self.find_dispute(&announcement);
        let ledger = self.ledgers.entry(announcement.ledger).or_insert_with(|| Ledger {
            announcement: announcement.clone(),
            confirmed: None,
            feed_key: None,
            dispute: None,
            heard: Instant::now(),
        });
        ledger.heard = Instant::now();
        // A delayed announcement does not move the position back, unless the ledger has started a new session.
        let has_rejoined = ledger.announcement.session != announcement.session;
        if has_rejoined {
            self.feed = Feed::default();
        }
        if has_rejoined || ledger.announcement.position < announcement.position {
            ledger.announcement = announcement;
        } else if ledger.announcement.position == announcement.position {
            ledger.announcement.shortage = announcement.shortage;
        }
        if is_reply && !ledger.is_confirmed() {
            ledger.confirmed = Some(ledger.announcement.session);
            self.epoch += 1;
            self.refusal = None;
        }
        match ledger.is_confirmed() {
            true => self.last_announced = Instant::now(),
            false => self.unconfirmed = true,
        }
        let dispute = dispute?;
        self.feed = Feed::default();
        let mut is_new = false;
        for id in [dispute.one.ledger, dispute.other.ledger] {
            if let Some(ledger) = self.ledgers.get_mut(&id) {
                is_new |= ledger.dispute.is_none();
                ledger.dispute.get_or_insert_with(|| dispute.clone());
            }
        }
        is_new.then_some(dispute)
    }

    /// Decides whether a ledger's reply about another stream than the one followed so far means that the stream
    /// was recreated from that ledger's log: the ledger must have everything known to be committed. Follows the
    /// new stream if so.
    fn accept_recreated_stream(&mut self, announcement: &Announcement) -> bool {
        if announcement.position < self.committed {
            return false;
        }
        tracing::warn!(ledger = announcement.name, "the stream was recreated; following the new one");
        self.created = announcement.created;
        self.ledgers.clear();
        self.roots.clear();
        self.invalidate();
        true
    }

    /// Checks whether another ledger has announced another root for the same position.
    fn find_dispute(&mut self, announcement: &Announcement) -> Option<Dispute> {
        let first = self.roots.entry(announcement.position).or_insert_with(|| announcement.clone());
        let differs = first.root != announcement.root && first.ledger != announcement.ledger;
        let dispute = differs.then(|| Dispute { one: first.clone(), other: announcement.clone() });
        if self.roots.len() > RECENT_ROOTS_MAX {
            self.roots.pop_first();
        }
        dispute
    }

    /// Updates and returns the committed position, which is the k-th highest head of the ledgers that count,
    /// where k is the number of ledgers needed.
    fn update_committed(&mut self) -> Position {
        let counting = self.ledgers.values().filter(|ledger| ledger.counts());
        let mut heads: Vec<Position> = counting.map(|ledger| ledger.announcement.position).collect();
        heads.sort_unstable_by(|a, b| b.cmp(a));
        let reached = heads.get(self.needed - 1).copied().unwrap_or_default();
        self.committed = self.committed.max(reached);
        self.committed
    }

    fn highest(&self) -> Position {
        self.ledgers
            .values()
            .map(|ledger| ledger.announcement.position)
            .max()
            .unwrap_or(0)
            .max(self.committed)
    }

    /// Returns what keeps the ledgers from confirming the next record.
    fn obstacle(&self) -> Option<Obstacle> {
        let present: Vec<&Ledger> = self.ledgers.values().filter(|ledger| ledger.is_present()).collect();
        if present.len() < self.needed {
            return Some(Obstacle::NoLedger { confirming: present.len(), needed: self.needed });
        }
        let short: Vec<String> =
            present.iter().filter_map(|ledger| read_only(&ledger.announcement)).collect();
        let too_few_write = present.len() - short.len() < self.needed;
        too_few_write.then(|| Obstacle::ReadOnly(short.join("; ")))
    }

    fn any_confirmed(&self) -> bool {
        self.ledgers.values().any(Ledger::is_confirmed)
    }

    /// Learns with what a ledger vouches for the records that it sends.
    fn learn_feed_key(&mut self, ledger: Uuid, key: FeedKey) {
        if let Some(ledger) = self.ledgers.get_mut(&ledger) {
            ledger.feed_key = Some(key);
        }
    }

    /// Returns with what the sender must vouch for these records; none if it is no ledger that counts.
    fn feed_key_of(&self, sent: &Sent) -> Option<&FeedKey> {
        let sender = self.ledgers.get(&sent.ledger()?).filter(|ledger| ledger.counts());
        sender.filter(|ledger| ledger.confirmed == Some(sent.session))?.feed_key.as_ref()
    }
}

/// What a caller is told when a ledger accepts no records.
fn read_only(ledger: &Announcement) -> Option<String> {
    let Shortage { free_bytes, reserve_bytes } = ledger.shortage?;
    Some(format!(
        "the ledger {} is read-only: {free_bytes} bytes of its disk are free, {reserve_bytes} are reserved; free some \
         space there",
        ledger.name
    ))
}

/// Shared state of the ledgers, for appends and reads.
#[derive(Debug)]
pub(super) struct LedgerRegistry {
    state: Mutex<State>,
    /// Copy of the state's epoch that is readable without the lock.
    epoch: AtomicU64,
}

impl LedgerRegistry {
    pub(super) fn new(needed: usize, created: i128, client: &Client) -> LedgerRegistry {
        let state = State::new(needed, created, Connection::of(client));
        LedgerRegistry { state: Mutex::new(state), epoch: AtomicU64::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Modifies the state and publishes its epoch. Consequences of the change must be published after this.
    fn modify<T>(&self, modify: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let outcome = modify(&mut state);
        self.epoch.store(state.epoch, Ordering::SeqCst);
        outcome
    }

    /// Returns the creation time of the stream that is followed, in nanoseconds since 1970.
    pub(super) fn stream_created(&self) -> i128 {
        self.state().created
    }

    /// Returns the epoch; see [`crate::Journal::epoch`].
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Returns whether a ledger has confirmed the stream over the connection seen last.
    pub(super) fn any_confirmed(&self) -> bool {
        self.state().any_confirmed()
    }

    /// Returns whether a ledger has refused to confirm the stream, and none has confirmed it since.
    pub(super) fn is_refused(&self) -> bool {
        self.state().refusal.is_some()
    }

    /// Remembers why a ledger refuses; returns whether that is new.
    fn set_refusal(&self, refusal: &str) -> bool {
        self.modify(|state| {
            let before = state.refusal.replace(refusal.to_owned());
            before.as_deref() != Some(refusal)
        })
    }

    /// Returns whether a single ledger commits, so that whatever a ledger's log has is committed.
    pub(super) fn one_commits(&self) -> bool {
        self.state().needed == 1
    }

    /// Returns the current epoch if a ledger has confirmed the stream over the current connection.
    pub(super) fn confirmed_epoch(&self, client: &Client) -> Option<u64> {
        let connection = Connection::of(client);
        self.modify(|state| {
            state.on_connection(connection);
            state.any_confirmed().then_some(state.epoch)
        })
    }

    /// Returns what keeps the ledgers from confirming records over the current connection.
    pub(super) fn obstacle(&self, client: &Client) -> Option<Obstacle> {
        let connection = Connection::of(client);
        self.modify(|state| {
            state.on_connection(connection);
            state.obstacle()
        })
    }

    /// Returns whether the confirmed ledgers have been silent for so long that there may be none.
    pub(super) fn are_silent(&self) -> bool {
        self.state().last_announced.elapsed() > ANNOUNCEMENT_SILENCE_MAX
    }

    /// Discards all confirmations, so that the ledgers have to verify the stream again.
    pub(super) fn invalidate(&self) {
        self.modify(State::invalidate);
    }

    /// Takes records that a ledger has sent, if it counts and vouches for them.
    fn take(&self, message: &[u8]) {
        let Some(sent) = Sent::parse(message) else { return };
        let key = self.state().feed_key_of(&sent).cloned();
        let Some(key) = key else { return };
        if !key.vouches_for(message) {
            tracing::warn!(
                position = sent.first,
                "received records in the name of a ledger that has not sent them"
            );
            return;
        }
        let mut state = self.state();
        if state.feed_key_of(&sent) == Some(&key) {
            state.feed.add(sent.first, sent.records);
        }
    }

    /// Returns records that were sent, from the one after this position on.
    pub(super) fn fed_after(&self, after: Position) -> Option<Arc<Group>> {
        self.state().feed.group_after(after)
    }

    /// Returns the last position that was sent.
    pub(super) fn fed(&self) -> Position {
        self.state().feed.reached()
    }

    /// Returns the highest head announced by any ledger of the stream, whether it counts or not.
    pub(super) fn highest(&self) -> Position {
        self.state().highest()
    }

    /// Returns the announcement of another ledger whose history differs from this ledger's, and this ledger's root
    /// at that position.
    pub(super) fn dispute_of(&self, own: Uuid) -> Option<(Hash, Announcement)> {
        let dispute = self.state().ledgers.get(&own)?.dispute.clone()?;
        let Dispute { one, other } = dispute;
        let (mine, theirs) = if one.ledger == own { (one, other) } else { (other, one) };
        Some((mine.root, theirs))
    }

    /// Returns the newest announcements of the other ledgers.
    pub(super) fn others(&self, own: Uuid) -> Vec<Announcement> {
        let state = self.state();
        let others = state.ledgers.iter().filter(|(id, _)| **id != own);
        others.map(|(_, ledger)| ledger.announcement.clone()).collect()
    }
}

/// Receives the ledgers' announcements, and the records that they send, and publishes the committed position.
pub(super) struct Listener {
    client: Client,
    feed: Subscriber,
    announcements: Subscriber,
    replies: Subscriber,
    inbox: String,
    probes: String,
    ledgers: Arc<LedgerRegistry>,
    known: Arc<Known>,
    committed: watch::Sender<Position>,
}

impl Listener {
    /// Subscribes. The subscriptions survive reconnections, and each ledger repeats its announcements, so a lost
    /// one only causes a short delay.
    pub(super) async fn new(
        names: &Names,
        client: &Client,
        ledgers: Arc<LedgerRegistry>,
        known: Arc<Known>,
    ) -> Result<(Listener, watch::Receiver<Position>), String> {
        let failed = |error: async_nats::SubscribeError| error.to_string();
        let inbox = client.new_inbox();
        let (sender, committed) = watch::channel(0);
        let listener = Listener {
            client: client.clone(),
            feed: client.subscribe(names.feed.clone()).await.map_err(failed)?,
            announcements: client.subscribe(names.announcements.clone()).await.map_err(failed)?,
            replies: client.subscribe(format!("{inbox}.*")).await.map_err(failed)?,
            inbox,
            probes: names.probes.clone(),
            ledgers,
            known,
            committed: sender,
        };
        Ok((listener, committed))
    }

    /// Runs for as long as the link exists.
    pub(super) async fn run(mut self, link: Weak<Link>) {
        let mut ticks = tokio::time::interval(PROBE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                // In this order: a ledger sends records before it announces them.
                biased;
                message = self.feed.next() => {
                    let Some(message) = message else { return };
                    self.ledgers.take(&message.payload);
                    continue;
                }
                message = self.replies.next() => message.map(|message| (message, true)),
                message = self.announcements.next() => message.map(|message| (message, false)),
                _ = ticks.tick() => {
                    if link.strong_count() == 0 {
                        return;
                    }
                    self.probe().await;
                    continue;
                }
            };
            let Some((message, is_reply)) = message else { return };
            match Announcement::parse(&message.payload) {
                Some(announcement) => {
                    let is_current_reply = is_reply && self.is_current_connection(&message.subject);
                    let ledger = announcement.ledger;
                    self.process(announcement, is_current_reply);
                    if is_current_reply && let Some(key) = feed_key(&message) {
                        self.ledgers.modify(|state| state.learn_feed_key(ledger, key));
                    }
                    self.probe().await;
                }
                None if message.payload.starts_with(REFUSED.as_bytes()) => {
                    self.note_refusal(&String::from_utf8_lossy(&message.payload[REFUSED.len()..]));
                    if !is_reply {
                        self.ledgers.invalidate();
                    }
                }
                // The broker replies with an empty message if no ledger is subscribed.
                None if message.payload.is_empty() => tracing::debug!("no ledger is running"),
                None => tracing::warn!("received a malformed announcement of a ledger"),
            }
        }
    }

    /// Returns whether a reply belongs to a probe sent over the current connection.
    fn is_current_connection(&self, reply_subject: &str) -> bool {
        let token = reply_subject.strip_prefix(&self.inbox).and_then(|rest| rest.strip_prefix('.'));
        token == Some(&Connection::of(&self.client).to_token())
    }

    fn process(&self, announcement: Announcement, is_reply: bool) {
        let connection = Connection::of(&self.client);
        let (dispute, position) = self.ledgers.modify(|state| {
            state.on_connection(connection);
            (state.process(announcement, is_reply), state.update_committed())
        });
        if let Some(Dispute { one, other }) = dispute {
            tracing::error!(
                position = one.position,
                one = %format!("{} ({})", one.name, one.ledger),
                one_root = hex::encode(&one.root),
                other = %format!("{} ({})", other.name, other.ledger),
                other_root = hex::encode(&other.root),
                "two ledgers have different histories; neither counts from now on"
            );
        }
        self.committed.send_if_modified(|committed| {
            let advanced = position > *committed;
            *committed = position.max(*committed);
            advanced
        });
    }

    fn note_refusal(&self, refusal: &str) {
        if self.ledgers.set_refusal(refusal) {
            tracing::error!("a ledger refuses this history: {refusal}");
        }
    }

    /// Asks the ledgers to verify the stream, if one of them has not confirmed it over the current connection, or
    /// none has.
    async fn probe(&self) {
        let connection = Connection::of(&self.client);
        let due = self.ledgers.modify(|state| {
            state.on_connection(connection.clone());
            let recently = state.last_probe.is_some_and(|last| last.elapsed() < PROBE_INTERVAL);
            let due = !recently && (state.unconfirmed || !state.any_confirmed());
            if due {
                state.last_probe = Some(Instant::now());
                state.unconfirmed = false;
            }
            due
        });
        if !due {
            return;
        }
        let reply = format!("{}.{}", self.inbox, connection.to_token());
        let published = self.client.publish_with_reply(self.probes.clone(), reply, self.known.to_probe());
        // Without a connection this may wait for buffer space; the next probe makes up for a lost one.
        if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(1), published).await {
            tracing::debug!(%error, "probing the ledgers failed");
        }
    }
}

/// The key in a confirmation; earlier versions have none.
fn feed_key(confirmation: &Message) -> Option<FeedKey> {
    FeedKey::parse(confirmation.headers.as_ref()?.get(FeedKey::HEADER)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(client: u64) -> Connection {
        Connection { server: "S".into(), client }
    }

    fn state(needed: usize) -> State {
        State::new(needed, 7, connection(1))
    }

    fn announcement(ledger: u128, position: Position) -> Announcement {
        Announcement {
            position,
            created: 7,
            session: 1,
            ledger: Uuid::from_u128(ledger),
            root: [position as u8; 32],
            shortage: None,
            name: "here".into(),
        }
    }

    fn committed_after(state: &mut State, announcement: Announcement, is_reply: bool) -> Position {
        state.process(announcement, is_reply);
        state.update_committed()
    }

    #[test]
    fn the_committed_position_is_what_enough_ledgers_have() {
        let mut two = state(2);
        assert_eq!(committed_after(&mut two, announcement(1, 9), true), 0);
        assert_eq!(committed_after(&mut two, announcement(2, 4), true), 4);
        assert_eq!(committed_after(&mut two, announcement(3, 6), true), 6);
        assert_eq!(
            committed_after(&mut two, announcement(3, 2), false),
            6,
            "a delayed announcement does not move it back"
        );
        assert_eq!(committed_after(&mut two, announcement(2, 12), false), 9);
    }

    #[test]
    fn a_ledger_counts_from_its_confirmation_until_the_connection_changes() {
        let mut one = state(1);
        assert_eq!(committed_after(&mut one, announcement(1, 9), false), 0, "not a reply");
        assert_eq!(committed_after(&mut one, announcement(1, 9), true), 9);
        let epoch = one.epoch;
        one.on_connection(connection(2));
        assert!(one.epoch > epoch, "ordered records may be lost");
        assert_eq!(
            committed_after(&mut one, announcement(1, 12), false),
            9,
            "announced before the connection was lost"
        );
        assert_eq!(committed_after(&mut one, announcement(1, 12), true), 12);
        let again = Announcement { session: 2, ..announcement(1, 14) };
        assert_eq!(committed_after(&mut one, again.clone(), false), 12, "it has started a new session");
        let epoch = one.epoch;
        assert_eq!(committed_after(&mut one, again, true), 14);
        assert!(one.epoch > epoch);
    }

    #[test]
    fn ledgers_with_different_roots_at_one_position_no_longer_count() {
        let mut one = state(1);
        assert_eq!(committed_after(&mut one, announcement(1, 9), true), 9);
        assert_eq!(committed_after(&mut one, announcement(1, 10), false), 10);
        let other = Announcement { root: [0; 32], ..announcement(2, 9) };
        let dispute = one.process(other.clone(), true).expect("they differ at 9");
        assert_eq!((dispute.one.position, dispute.one.root, dispute.other.root), (9, [9; 32], [0; 32]));
        assert_eq!(one.process(other, false), None, "it is reported once");
        assert_eq!(committed_after(&mut one, announcement(1, 20), false), 10);
        assert_eq!(committed_after(&mut one, announcement(2, 21), false), 10);
        assert_eq!(committed_after(&mut one, announcement(3, 15), true), 15, "a third one still counts");
    }

    #[test]
    fn records_can_be_committed_while_enough_ledgers_confirm_and_have_space() {
        let mut two = state(2);
        let full = |ledger| Announcement {
            shortage: Some(Shortage { free_bytes: 1, reserve_bytes: 2 }),
            ..announcement(ledger, 9)
        };
        assert_eq!(two.obstacle(), Some(Obstacle::NoLedger { confirming: 0, needed: 2 }));
        two.process(announcement(1, 9), true);
        two.process(announcement(2, 9), false);
        assert_eq!(two.obstacle(), Some(Obstacle::NoLedger { confirming: 1, needed: 2 }));
        two.process(announcement(2, 9), true);
        assert_eq!(two.obstacle(), None);
        two.process(full(2), false);
        assert!(matches!(two.obstacle(), Some(Obstacle::ReadOnly(why)) if why.contains("here")));
        two.process(announcement(3, 9), true);
        assert_eq!(two.obstacle(), None, "two others have space");
        two.process(full(3), false);
        two.process(announcement(2, 9), false);
        assert_eq!(two.obstacle(), None, "there is space again");
        two.on_connection(connection(2));
        assert_eq!(two.obstacle(), Some(Obstacle::NoLedger { confirming: 0, needed: 2 }));
    }

    #[test]
    fn a_recreated_stream_is_followed_if_a_ledger_has_everything_committed() {
        let mut one = state(1);
        assert_eq!(committed_after(&mut one, announcement(1, 9), true), 9);
        let in_new_stream = |position| Announcement { created: 8, session: 2, ..announcement(1, position) };
        assert_eq!(committed_after(&mut one, in_new_stream(12), false), 9, "not a reply");
        assert_eq!(committed_after(&mut one, in_new_stream(8), true), 9);
        assert_eq!(one.created, 7, "it has less than what is committed");
        assert_eq!(committed_after(&mut one, in_new_stream(12), true), 12);
        assert_eq!(one.created, 8);
    }
}
