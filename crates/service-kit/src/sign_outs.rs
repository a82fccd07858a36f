//! Which sessions have ended, as the log says: known in memory, so that each call can be asked for at no cost. Sign-outs are
//! kept for as long as a token that was issued before one may be shown.

use crate::checkpoint::Checkpoint;
use crate::clock::Clock;
use crate::events::decode;
use crate::feed::{ConsumerProgress, Feed, Reading};
use crate::identity::Session;
use domain::directory::sign_out::{Event, SignOut};
use domain::{Aggregate as _, Timestamp, Uuid};
use futures::StreamExt as _;
use jiff::SignedDuration;
use journal::{Filter, Journal, Position, ReadError, Record};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// The name of what follows the log for sign-outs.
pub(crate) const NAME: &str = "sign_outs";
/// Time between two readings.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a sign-out is kept beyond the longest life of a token: clocks differ.
const LEEWAY: SignedDuration = SignedDuration::from_hours(1);

/// The sign-outs that a process knows. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct SignOuts(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    ended: HashMap<Uuid, Ended>,
    /// The times of their records, in order.
    recorded: VecDeque<(Timestamp, Uuid)>,
}

/// That something has ended.
struct Ended {
    /// Tokens that were issued until then are of it.
    at: Timestamp,
    recorded_at: Timestamp,
}

impl SignOuts {
    /// Whether the session of a call has ended since its token was issued.
    pub(crate) fn have_ended(&self, session: &Session) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !known.ended.is_empty()
            && session
                .may_have_ended()
                .iter()
                .any(|(id, issued_at)| known.ended.get(id).is_some_and(|ended| *issued_at <= ended.at))
    }

    fn record(&self, records: &[Arc<Record>], oldest: Option<Timestamp>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            // What cannot be read ended nothing that is known here.
            for Event::SignedOut { ended_at } in decode::<SignOut>(record).unwrap_or_default() {
                known.record(record.stream.id, ended_at, record.envelope.time);
            }
        }
        oldest.into_iter().for_each(|oldest| known.forget_before(oldest));
    }
}

impl Known {
    fn record(&mut self, id: Uuid, at: Timestamp, recorded_at: Timestamp) {
        self.ended.insert(id, Ended { at, recorded_at });
        self.recorded.push_back((recorded_at, id));
    }

    fn forget_before(&mut self, oldest: Timestamp) {
        while let Some((recorded_at, id)) = self.recorded.pop_front_if(|(at, _)| *at < oldest) {
            if self.ended.get(&id).is_some_and(|ended| ended.recorded_at == recorded_at) {
                self.ended.remove(&id);
            }
        }
    }
}

/// Follows the log, and keeps what it says of sign-outs.
pub(crate) struct Following {
    feed: Feed,
    clock: Clock,
    known: SignOuts,
    progress: Arc<ConsumerProgress>,
    /// How long a token may be valid; none where that is not limited.
    token_lifetime: Option<SignedDuration>,
}

impl Following {
    /// What follows, with how far it has come. A token may be valid for so many hours; 0 means no limit.
    pub(crate) fn new(
        feed: Feed,
        clock: Clock,
        known: SignOuts,
        token_hours_max: u32,
    ) -> (Following, watch::Receiver<Position>) {
        let (progress, position) = ConsumerProgress::new(0);
        let token_lifetime =
            (token_hours_max > 0).then(|| SignedDuration::from_hours(token_hours_max.into()));
        (Following { feed, clock, known, progress: Arc::new(progress), token_lifetime }, position)
    }

    /// Follows for ever.
    pub(crate) async fn run(self) {
        loop {
            match self.follow().await {
                Ok(()) => tracing::debug!("the reading of sign-outs ended; reading again"),
                Err(error) => tracing::warn!(%error, "sign-outs cannot be read; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn follow(&self) -> Result<(), ReadError> {
        let journal = self.feed.journal();
        if journal.committed().wait_for(|&position| position > 0).await.is_err() {
            return Ok(());
        }
        let position = match self.oldest() {
            Some(oldest) => position_before(journal, oldest).await?,
            None => 0,
        };
        let begin = Checkpoint { position, command_id: Uuid::nil() };
        let records = journal.subscribe(position, Filter::All).await?;
        let mut reading =
            Reading::new(&self.feed, &[SignOut::CATEGORY], &self.progress, Some(begin), records);
        while let Some(batch) = reading.next().await? {
            self.known.record(&batch.records, self.oldest());
            self.progress.finish(&batch);
        }
        Ok(())
    }

    /// Sign-outs that were recorded before this are of tokens that have expired. Those of a rehearsal are kept: its clock says
    /// nothing of how old a token is.
    fn oldest(&self) -> Option<Timestamp> {
        let kept = self.token_lifetime?.saturating_add(LEEWAY);
        match self.clock {
            Clock::System => self.clock.now().checked_sub(kept).ok(),
            Clock::Movable(_) => None,
        }
    }
}

/// The position after which the records begin that were written at a moment or later. Times are in the order of positions.
pub(crate) async fn position_before(journal: &dyn Journal, moment: Timestamp) -> Result<Position, ReadError> {
    let (mut before, mut end) = (0, *journal.committed().borrow());
    while before < end {
        let middle = before + (end - before) / 2;
        let next = journal.subscribe(middle, Filter::All).await?.next().await;
        let next = next.unwrap_or_else(|| Err(ReadError::Unavailable("the journal was closed".into())))?;
        match next.envelope.time < moment {
            true => before = next.position,
            false => end = middle,
        }
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_out_is_forgotten_once_no_token_can_be_of_it() {
        let moment = |second| Timestamp::from_second(second).unwrap();
        let [first, second] = [1, 2].map(Uuid::from_u128);
        let mut known = Known::default();
        known.record(first, moment(10), moment(11));
        known.record(second, moment(12), moment(13));
        known.record(first, moment(20), moment(21));
        known.forget_before(moment(13));
        assert_eq!(known.ended[&first].at, moment(20), "it ended again since");
        known.forget_before(moment(14));
        assert!(!known.ended.contains_key(&second) && known.ended.contains_key(&first));
        known.forget_before(moment(22));
        assert!(known.ended.is_empty() && known.recorded.is_empty());
    }
}
