//! How far the ledgers are: what each announced, and what that commits.
//!
//! An announcement counts only when its ledger answered a question of this process over the connection
//! that is there now, after it had looked at the stream. What was said earlier may be about records that
//! the broker has lost since, whoever of the two noticed first.

use super::Link;
use super::announcement::Announcement;
use super::message::Names;
use crate::Position;
use crate::limits::{ANNOUNCEMENT_SILENCE_MAX, QUESTION_INTERVAL, ROOTS_REMEMBERED_MAX};
use async_nats::{Client, Subscriber};
use domain::Uuid;
use event_log::Hash;
use event_log::hex::digits;
use futures::StreamExt as _;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

/// One connection to one server: both numbers are told by the server before anything else.
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

    /// One word that tells connections apart in a subject.
    fn word(&self) -> String {
        format!("{}-{}", self.server, self.client)
    }
}

/// What was heard of one ledger.
#[derive(Debug, Clone)]
struct Ledger {
    said: Announcement,
    /// The session in which it answered over the present connection.
    confirmed: Option<u64>,
    /// It holds another history than another ledger, and counts for nothing any more.
    disputed: Option<Dispute>,
}

impl Ledger {
    fn is_confirmed(&self) -> bool {
        self.confirmed == Some(self.said.session)
    }
}

/// Two ledgers with different roots at the same position.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dispute {
    one: Announcement,
    other: Announcement,
}

/// What the ledgers announced so far.
#[derive(Debug)]
struct State {
    needed: usize,
    /// When the stream that is followed was created.
    created: i128,
    connection: Connection,
    ledgers: HashMap<Uuid, Ledger>,
    /// What was said lately of which position, by whoever said it first.
    roots: BTreeMap<Position, Announcement>,
    /// Rises whenever what was ordered and not committed may have been lost.
    tenure: u64,
    /// When a ledger that counts was heard last.
    heard: Instant,
    asked: Option<Instant>,
    /// Whether a ledger was heard that has not answered in its present session.
    unanswered: bool,
    committed: Position,
}

impl State {
    fn new(needed: usize, created: i128, connection: Connection) -> State {
        State {
            needed,
            created,
            connection,
            ledgers: HashMap::new(),
            roots: BTreeMap::new(),
            tenure: 0,
            heard: Instant::now(),
            asked: None,
            unanswered: false,
            committed: 0,
        }
    }

    /// Forgets what was confirmed over another connection.
    fn over(&mut self, connection: Connection) {
        if self.connection != connection {
            self.connection = connection;
            self.detach();
        }
    }

    fn detach(&mut self) {
        self.tenure += 1;
        self.asked = None;
        self.ledgers.values_mut().for_each(|ledger| ledger.confirmed = None);
    }

    /// Takes in what a ledger said; `answer`: to a question, over the present connection.
    fn take(&mut self, said: Announcement, answer: bool) -> Option<Dispute> {
        if said.created != self.created && !(answer && self.follows(&said)) {
            self.unanswered = true;
            return None;
        }
        let dispute = self.dispute(&said);
        let ledger = self.ledgers.entry(said.ledger).or_insert_with(|| Ledger {
            said: said.clone(),
            confirmed: None,
            disputed: None,
        });
        // An old announcement takes nothing back, unless the ledger began anew.
        if ledger.said.session != said.session || ledger.said.position < said.position {
            ledger.said = said;
        }
        if answer && !ledger.is_confirmed() {
            ledger.confirmed = Some(ledger.said.session);
            self.tenure += 1;
        }
        match ledger.is_confirmed() {
            true => self.heard = Instant::now(),
            false => self.unanswered = true,
        }
        let dispute = dispute?;
        let mut fresh = false;
        for id in [dispute.one.ledger, dispute.other.ledger] {
            if let Some(ledger) = self.ledgers.get_mut(&id) {
                fresh |= ledger.disputed.is_none();
                ledger.disputed.get_or_insert_with(|| dispute.clone());
            }
        }
        fresh.then_some(dispute)
    }

    /// Whether a ledger that looked at another stream than the one followed so far shows that this one
    /// took its place: it has all that is known to be committed. The stream was made anew from it then.
    fn follows(&mut self, said: &Announcement) -> bool {
        if said.position < self.committed {
            return false;
        }
        tracing::warn!(ledger = said.name, "the stream was made anew; following the new one");
        self.created = said.created;
        self.ledgers.clear();
        self.roots.clear();
        self.detach();
        true
    }

    /// Looks whether another ledger has said another root of the same position.
    fn dispute(&mut self, said: &Announcement) -> Option<Dispute> {
        let first = self.roots.entry(said.position).or_insert_with(|| said.clone());
        let differs = first.root != said.root && first.ledger != said.ledger;
        let dispute = differs.then(|| Dispute { one: first.clone(), other: said.clone() });
        if self.roots.len() > ROOTS_REMEMBERED_MAX {
            self.roots.pop_first();
        }
        dispute
    }

    /// What enough ledgers have: the k-th highest head of those that count.
    fn committed(&mut self) -> Position {
        let counts = |ledger: &&Ledger| ledger.disputed.is_none() && ledger.is_confirmed();
        let mut heads: Vec<Position> =
            self.ledgers.values().filter(counts).map(|ledger| ledger.said.position).collect();
        heads.sort_unstable_by(|a, b| b.cmp(a));
        let reached = heads.get(self.needed - 1).copied().unwrap_or_default();
        self.committed = self.committed.max(reached);
        self.committed
    }

    fn highest(&self) -> Position {
        self.ledgers.values().map(|ledger| ledger.said.position).max().unwrap_or(0).max(self.committed)
    }

    fn any_confirmed(&self) -> bool {
        self.ledgers.values().any(Ledger::is_confirmed)
    }
}

/// What is heard of the ledgers, for all that append and read.
#[derive(Debug)]
pub(super) struct Heard {
    state: Mutex<State>,
    /// The state's, for those who only look.
    tenure: AtomicU64,
}

impl Heard {
    pub(super) fn new(needed: usize, created: i128, client: &Client) -> Heard {
        let state = State::new(needed, created, Connection::of(client));
        Heard { state: Mutex::new(state), tenure: AtomicU64::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state; what follows from it is seen by others after the tenure is.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let outcome = change(&mut state);
        self.tenure.store(state.tenure, Ordering::SeqCst);
        outcome
    }

    /// When the stream that is followed was created, in nanoseconds.
    pub(super) fn created(&self) -> i128 {
        self.state().created
    }

    /// See [`crate::Journal::tenure`].
    pub(super) fn tenure(&self) -> u64 {
        self.tenure.load(Ordering::SeqCst)
    }

    /// Whether a ledger has answered in this tenure.
    pub(super) fn is_confirmed(&self) -> bool {
        self.state().any_confirmed()
    }

    /// The tenure in which a ledger has looked at the stream over the present connection, if one has.
    pub(super) fn seen_whole(&self, client: &Client) -> Option<u64> {
        let connection = Connection::of(client);
        self.change(|state| {
            state.over(connection);
            state.any_confirmed().then_some(state.tenure)
        })
    }

    /// Whether ledgers that counted have been silent for so long that there may be none.
    pub(super) fn silent(&self) -> bool {
        self.state().heard.elapsed() > ANNOUNCEMENT_SILENCE_MAX
    }

    /// Has the ledgers look again before anything counts.
    pub(super) fn doubt(&self) {
        self.change(State::detach);
    }

    /// The highest head that any ledger of the stream has said, whether it counts or not.
    pub(super) fn highest(&self) -> Position {
        self.state().highest()
    }

    /// Another ledger that holds another history than this one, and this one's root at that position.
    pub(super) fn dispute_over(&self, own: Uuid) -> Option<(Hash, Announcement)> {
        let dispute = self.state().ledgers.get(&own)?.disputed.clone()?;
        let Dispute { one, other } = dispute;
        let (mine, theirs) = if one.ledger == own { (one, other) } else { (other, one) };
        Some((mine.root, theirs))
    }

    /// What the other ledgers said last.
    pub(super) fn others(&self, own: Uuid) -> Vec<Announcement> {
        let state = self.state();
        let others = state.ledgers.iter().filter(|(id, _)| **id != own);
        others.map(|(_, ledger)| ledger.said.clone()).collect()
    }
}

/// What comes from the ledgers, and where it goes.
pub(super) struct Listener {
    client: Client,
    announcements: Subscriber,
    answers: Subscriber,
    inbox: String,
    questions: String,
    heard: Arc<Heard>,
    rises: watch::Sender<Position>,
}

impl Listener {
    /// Subscribes. The subscriptions outlive reconnections by themselves, and each ledger repeats its
    /// head, so a lost announcement costs moments.
    pub(super) async fn new(
        names: &Names,
        client: &Client,
        heard: Arc<Heard>,
    ) -> Result<(Listener, watch::Receiver<Position>), String> {
        let failed = |error: async_nats::SubscribeError| error.to_string();
        let inbox = client.new_inbox();
        let (rises, committed) = watch::channel(0);
        let listener = Listener {
            client: client.clone(),
            announcements: client.subscribe(names.committed.clone()).await.map_err(failed)?,
            answers: client.subscribe(format!("{inbox}.*")).await.map_err(failed)?,
            inbox,
            questions: names.questions.clone(),
            heard,
            rises,
        };
        Ok((listener, committed))
    }

    /// Listens for as long as the link is there.
    pub(super) async fn run(mut self, link: Weak<Link>) {
        let mut ticks = tokio::time::interval(QUESTION_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                message = self.answers.next() => message.map(|message| (message, true)),
                message = self.announcements.next() => message.map(|message| (message, false)),
                _ = ticks.tick() => {
                    if link.strong_count() == 0 {
                        return;
                    }
                    self.ask().await;
                    continue;
                }
            };
            let Some((message, to_question)) = message else { return };
            match Announcement::parse(&message.payload) {
                Some(said) => {
                    let answer = to_question && self.over_this_connection(&message.subject);
                    self.take(said, answer);
                    self.ask().await;
                }
                // So the broker says that no ledger is there to be asked.
                None if message.payload.is_empty() => tracing::debug!("no ledger answers"),
                None => tracing::warn!("what came as a ledger's announcement is none"),
            }
        }
    }

    fn over_this_connection(&self, subject: &str) -> bool {
        let asked_over = subject.strip_prefix(&self.inbox).and_then(|rest| rest.strip_prefix('.'));
        asked_over == Some(&Connection::of(&self.client).word())
    }

    fn take(&self, said: Announcement, answer: bool) {
        let connection = Connection::of(&self.client);
        let (dispute, position) = self.heard.change(|state| {
            state.over(connection);
            (state.take(said, answer), state.committed())
        });
        if let Some(Dispute { one, other }) = dispute {
            tracing::error!(
                position = one.position,
                one = %format!("{} ({})", one.name, one.ledger),
                one_root = digits(&one.root),
                other = %format!("{} ({})", other.name, other.ledger),
                other_root = digits(&other.root),
                "two ledgers hold different histories; neither counts any more"
            );
        }
        self.rises.send_if_modified(|committed| {
            let risen = position > *committed;
            *committed = position.max(*committed);
            risen
        });
    }

    /// Asks the ledgers to look, when one that was heard has not answered over this connection, or
    /// none was heard.
    async fn ask(&self) {
        let connection = Connection::of(&self.client);
        let asks = self.heard.change(|state| {
            state.over(connection.clone());
            let lately = state.asked.is_some_and(|asked| asked.elapsed() < QUESTION_INTERVAL);
            let asks = !lately && (state.unanswered || !state.any_confirmed());
            if asks {
                state.asked = Some(Instant::now());
                state.unanswered = false;
            }
            asks
        });
        if !asks {
            return;
        }
        let reply = format!("{}.{}", self.inbox, connection.word());
        let asked = self.client.publish_with_reply(self.questions.clone(), reply, "".into());
        // Without a connection this waits for room at most; what is asked then is asked again.
        if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(1), asked).await {
            tracing::debug!(%error, "the ledgers were not asked");
        }
    }
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

    fn says(ledger: u128, position: Position) -> Announcement {
        Announcement {
            position,
            created: 7,
            session: 1,
            ledger: Uuid::from_u128(ledger),
            root: [position as u8; 32],
            name: "here".into(),
        }
    }

    fn after(state: &mut State, said: Announcement, answer: bool) -> Position {
        state.take(said, answer);
        state.committed()
    }

    #[test]
    fn committed_is_what_enough_ledgers_have() {
        let mut two = state(2);
        assert_eq!(after(&mut two, says(1, 9), true), 0);
        assert_eq!(after(&mut two, says(2, 4), true), 4);
        assert_eq!(after(&mut two, says(3, 6), true), 6);
        assert_eq!(after(&mut two, says(3, 2), false), 6, "an old announcement takes nothing back");
        assert_eq!(after(&mut two, says(2, 12), false), 9);
    }

    #[test]
    fn a_ledger_counts_once_it_answered_and_until_the_connection_changes() {
        let mut one = state(1);
        assert_eq!(after(&mut one, says(1, 9), false), 0, "it was not asked");
        assert_eq!(after(&mut one, says(1, 9), true), 9);
        let tenure = one.tenure;
        one.over(connection(2));
        assert!(one.tenure > tenure, "what was ordered may be lost");
        assert_eq!(after(&mut one, says(1, 12), false), 9, "said before the connection broke");
        assert_eq!(after(&mut one, says(1, 12), true), 12);
        let again = Announcement { session: 2, ..says(1, 14) };
        assert_eq!(after(&mut one, again.clone(), false), 12, "it began anew");
        let tenure = one.tenure;
        assert_eq!(after(&mut one, again, true), 14);
        assert!(one.tenure > tenure);
    }

    #[test]
    fn ledgers_with_different_roots_of_one_position_count_no_more() {
        let mut one = state(1);
        assert_eq!(after(&mut one, says(1, 9), true), 9);
        assert_eq!(after(&mut one, says(1, 10), false), 10);
        let other = Announcement { root: [0; 32], ..says(2, 9) };
        let dispute = one.take(other.clone(), true).expect("they differ at 9");
        assert_eq!((dispute.one.position, dispute.one.root, dispute.other.root), (9, [9; 32], [0; 32]));
        assert_eq!(one.take(other, false), None, "it is told once");
        assert_eq!(after(&mut one, says(1, 20), false), 10);
        assert_eq!(after(&mut one, says(2, 21), false), 10);
        assert_eq!(after(&mut one, says(3, 15), true), 15, "a third one still counts");
    }

    #[test]
    fn a_stream_made_anew_is_followed_when_a_ledger_has_all_that_is_committed() {
        let mut one = state(1);
        assert_eq!(after(&mut one, says(1, 9), true), 9);
        let elsewhere = |position| Announcement { created: 8, session: 2, ..says(1, position) };
        assert_eq!(after(&mut one, elsewhere(12), false), 9, "it was not asked");
        assert_eq!(after(&mut one, elsewhere(8), true), 9);
        assert_eq!(one.created, 7, "it has less than is committed");
        assert_eq!(after(&mut one, elsewhere(12), true), 12);
        assert_eq!(one.created, 8);
    }
}
