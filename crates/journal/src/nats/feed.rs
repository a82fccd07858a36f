//! The newest records, as ledgers send them to all processes: the feed.
//!
//! A ledger sends the records of a group just before it announces that it has them, so that a process need not fetch
//! what it is told of. What is sent is kept here, sealed, until somebody wants it, and is opened and decoded once for
//! all subscriptions. It says nothing of what is committed, and is handed out only up to where the announcements say.
//! What is not here (the past, what was lost on the way, what did not fit) is fetched from the stream.

mod message;

pub(super) use message::{FeedKey, Sent, SentRecord};

use crate::limits::FEED_BYTES_MAX;
use crate::personal::Keys;
use crate::{Position, Record, payload};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Consecutive groups of records up to the newest; the oldest are dropped.
#[derive(Debug, Default)]
pub(super) struct Feed {
    groups: VecDeque<Arc<Group>>,
    bytes: usize,
}

impl Feed {
    /// The last position that it has; 0 if it has none.
    pub(super) fn reached(&self) -> Position {
        self.groups.back().map_or(0, |group| group.last)
    }

    /// Adds records that follow from `first` on. What is here already is left out; after a gap, what was before it is
    /// dropped.
    pub(super) fn add(&mut self, mut first: Position, mut records: Vec<SentRecord>) {
        let reached = self.reached();
        if first > reached + 1 {
            *self = Feed::default();
        } else {
            let known = usize::try_from(reached + 1 - first).unwrap_or(usize::MAX).min(records.len());
            records.drain(..known);
            first = reached + 1;
        }
        if records.is_empty() {
            return;
        }
        let group = Group::new(first, records);
        self.bytes += group.bytes;
        self.groups.push_back(Arc::new(group));
        while self.bytes > FEED_BYTES_MAX
            && let Some(oldest) = self.groups.pop_front()
        {
            self.bytes -= oldest.bytes;
        }
    }

    /// The group with the record after a position.
    pub(super) fn group_after(&self, after: Position) -> Option<Arc<Group>> {
        let at = self.groups.partition_point(|group| group.last <= after);
        self.groups.get(at).filter(|group| group.first <= after + 1).cloned()
    }
}

/// Records that were sent together.
#[derive(Debug)]
pub(super) struct Group {
    first: Position,
    last: Position,
    bytes: usize,
    content: Mutex<Content>,
}

#[derive(Debug)]
enum Content {
    Sealed(Vec<SentRecord>),
    /// With the generation of the keys with which they were opened.
    Opened(u64, Vec<Arc<Record>>),
}

impl Group {
    fn new(first: Position, records: Vec<SentRecord>) -> Group {
        Group {
            first,
            last: first + records.len() as u64 - 1,
            bytes: records.iter().map(SentRecord::bytes).sum(),
            content: Mutex::new(Content::Sealed(records)),
        }
    }

    /// The records after one position and up to another. None if they have to be fetched: the broker must be asked for
    /// a key, or values were erased since they were opened.
    pub(super) fn records(&self, after: Position, up_to: Position, keys: &Keys) -> Option<Vec<Arc<Record>>> {
        let generation = keys.generation();
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if let Content::Sealed(sealed) = &*content {
            let opened = (self.first..).zip(sealed).map(|(position, sent)| open(position, sent, keys));
            let opened = opened.collect::<Option<Vec<_>>>()?;
            *content = Content::Opened(generation, opened);
        }
        match &*content {
            Content::Opened(opened_in, records) if *opened_in == generation => {
                let wanted = |record: &&Arc<Record>| record.position > after && record.position <= up_to;
                Some(records.iter().filter(wanted).cloned().collect())
            }
            _ => None,
        }
    }
}

fn open(position: Position, sent: &SentRecord, keys: &Keys) -> Option<Arc<Record>> {
    let opened = keys.open_here(&sent.payload)?;
    payload::decode(position, &sent.stream, &opened).ok().map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use domain::ledger::erasure::{Erasures, Event};
    use domain::{Aggregate as _, Line, Text, Uuid};
    use proto::record::EventCodec as _;

    fn sent(count: usize, bytes: usize) -> Vec<SentRecord> {
        (0..count).map(|_| SentRecord { stream: String::new(), payload: vec![0; bytes].into() }).collect()
    }

    /// The first and the last position of each group that a feed has after it was sent these, from and to positions.
    fn groups(sent_to_it: &[(Position, Position)]) -> Vec<(Position, Position)> {
        let mut feed = Feed::default();
        for (first, last) in sent_to_it {
            feed.add(*first, sent((last + 1 - first) as usize, 1));
        }
        feed.groups.iter().map(|group| (group.first, group.last)).collect()
    }

    #[test]
    fn groups_follow_each_other_without_gaps_or_repeats() {
        assert_eq!(groups(&[(7, 8), (9, 9)]), [(7, 8), (9, 9)]);
        assert_eq!(groups(&[(7, 8), (7, 8), (3, 7), (8, 8)]), [(7, 8)], "they were there");
        assert_eq!(groups(&[(7, 8), (8, 10), (1, 12)]), [(7, 8), (9, 10), (11, 12)], "they overlap");
        assert_eq!(groups(&[(7, 8), (10, 10)]), [(10, 10)], "position 9 was lost");
    }

    #[test]
    fn a_group_is_found_by_the_position_before_it_and_the_oldest_are_dropped() {
        let mut feed = Feed::default();
        let first_after = |feed: &Feed, after| feed.group_after(after).map(|group| (group.first, group.last));
        assert_eq!((feed.reached(), first_after(&feed, 0)), (0, None));
        feed.add(5, sent(2, 10));
        feed.add(7, sent(1, 10));
        let found: Vec<_> = (3..8).map(|after| first_after(&feed, after)).collect();
        assert_eq!(found, [None, Some((5, 6)), Some((5, 6)), Some((7, 7)), None]);
        feed.add(8, sent(1, FEED_BYTES_MAX - 200));
        assert_eq!((first_after(&feed, 4), first_after(&feed, 6), feed.reached()), (None, Some((7, 7)), 8));
        feed.add(9, sent(1, 2 * FEED_BYTES_MAX));
        assert_eq!((first_after(&feed, 8), feed.bytes), (None, 0), "it is larger than what is kept");
    }

    #[tokio::test]
    async fn records_are_opened_once_for_all_and_not_again_after_an_erasure() {
        let keys = Keys::in_memory();
        let streams = [sample::stream(), sample::stream(), sample::stream()];
        let writes: Vec<_> = streams.iter().map(|stream| (stream, 0)).collect();
        let encoded = payload::encode(sample::commit(Uuid::new_v4(), &writes), &keys).await.unwrap();
        let sent = |write: &payload::Encoded| SentRecord {
            stream: write.stream.to_string(),
            payload: write.payload.clone(),
        };
        let group = Group::new(4, encoded.iter().map(sent).collect());

        let positions = |records: &[Arc<Record>]| records.iter().map(|r| r.position).collect::<Vec<_>>();
        let all = group.records(3, 9, &keys).unwrap();
        assert_eq!(positions(&all), [4, 5, 6]);
        let committed = group.records(4, 5, &keys).unwrap();
        assert_eq!(positions(&committed), [5]);
        assert!(Arc::ptr_eq(&all[1], &committed[0]));
        let request = Event::Requested {
            erasure_id: Uuid::new_v4(),
            key_ids: vec![Uuid::new_v4()],
            marks: vec![],
            reason: Text::parse("It was asked for").unwrap(),
            authority: Line::parse("Order 7").unwrap(),
        };
        let stream = Erasures::stream(Erasures::realm_id());
        keys.observe(&Record { stream, events: vec![Erasures::encode(&request)], ..(*all[0]).clone() });
        assert_eq!(group.records(3, 9, &keys), None);
    }
}
