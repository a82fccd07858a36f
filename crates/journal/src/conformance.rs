//! What the contract of [`Journal`](crate::Journal) says, as cases that any provider must pass.
//!
//! Each case wants a journal that is empty and committing, and panics where the contract is broken.
//! [`conformance_cases!`](crate::conformance_cases) makes a test of each.

use crate::{AppendError, Filter, Journal, Position, Record, Subscription};
use domain::{StreamName, Uuid};
use futures::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;

pub mod sample;

/// The journal under test.
pub type Tested = Arc<dyn Journal>;

/// Makes a test of each case: `conformance_cases!(start)`, where `start` is an asynchronous function
/// that gives a value with a field `journal: Tested`, and keeps alive what the journal needs.
#[macro_export]
macro_rules! conformance_cases {
    ($start:path) => {
        $crate::conformance_cases!($start:
            an_empty_journal_is_empty,
            what_is_appended_is_read,
            an_expected_position_that_is_not_the_last_is_a_conflict,
            writes_to_several_streams_happen_together,
            the_largest_commit_is_one_commit,
            a_conflict_in_one_write_stores_none,
            positions_are_contiguous_from_one,
            one_of_many_writers_wins_each_position,
            writers_of_different_streams_do_not_hinder_each_other,
            a_repeat_is_given_the_first_answer,
            an_id_cannot_stand_for_two_commands,
            what_is_too_large_is_refused,
            what_contradicts_itself_is_refused,
            a_subscription_brings_the_past_and_then_what_comes,
            a_subscription_begins_behind_any_position,
            a_filtered_subscription_brings_what_it_is_for,
            a_subscription_takes_what_many_writers_append,
            the_watermark_only_rises,
        );
    };
    ($start:path: $($case:ident),+ $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            let sandbox = $start().await;
            $crate::conformance::$case(sandbox.journal.clone()).await;
        }
    )+ };
}

const PATIENCE: Duration = Duration::from_secs(30);

async fn append(journal: &Tested, stream: &StreamName, expected: Position) -> Position {
    journal.append(sample::commit(Uuid::new_v4(), &[(stream, expected)])).await.expect("an append")
}

/// Appends so many records to a stream that has none; answers with the last position.
async fn append_many(journal: &Tested, stream: &StreamName, count: usize) -> Position {
    let mut last = 0;
    for _ in 0..count {
        last = append(journal, stream, last).await;
    }
    last
}

async fn committed(journal: &Tested, position: Position) {
    let waited = tokio::time::timeout(PATIENCE, journal.wait_committed(position)).await;
    waited.unwrap_or_else(|_| panic!("{position} was not committed in time")).expect("a journal");
}

/// Takes so many records, and sees that no other comes at once.
pub async fn take(records: &mut Subscription, count: usize) -> Vec<Record> {
    let mut taken = Vec::with_capacity(count);
    for number in 1..=count {
        let next = tokio::time::timeout(PATIENCE, records.next()).await;
        let next = next.unwrap_or_else(|_| panic!("record {number} of {count} did not come in time"));
        let record = next.expect("a subscription that goes on").expect("a record");
        taken.push(Arc::unwrap_or_clone(record));
    }
    let more = tokio::time::timeout(Duration::from_millis(50), records.next()).await;
    assert!(more.is_err(), "{count} records were to come, and then came {more:?}");
    taken
}

fn positions(records: &[Record]) -> Vec<Position> {
    records.iter().map(|record| record.position).collect()
}

/// Nothing was appended.
pub async fn an_empty_journal_is_empty(journal: Tested) {
    assert_eq!(journal.read(&sample::stream(), 0).await.unwrap(), []);
    assert_eq!(*journal.committed().borrow(), 0);
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    assert_eq!(take(&mut records, 0).await, []);
}

/// A record holds what was appended, and nothing else.
pub async fn what_is_appended_is_read(journal: Tested) {
    let stream = sample::stream();
    let mut commit = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    commit.writes[0].events.push(sample::event(b"second"));
    let last = journal.append(commit.clone()).await.unwrap();

    let records = journal.read(&stream, 0).await.unwrap();
    assert_eq!(positions(&records), [1]);
    assert_eq!((last, &records[0].stream), (1, &stream));
    assert_eq!(records[0].envelope, commit.envelope);
    assert_eq!(records[0].events, commit.writes[0].events);
    assert_eq!(journal.read(&stream, 1).await.unwrap(), []);
    assert_eq!(journal.read(&sample::stream(), 0).await.unwrap(), []);
}

/// Neither an older position nor one that the stream has not reached will do.
pub async fn an_expected_position_that_is_not_the_last_is_a_conflict(journal: Tested) {
    let stream = sample::stream();
    let first = append(&journal, &stream, 0).await;
    let second = append(&journal, &stream, first).await;
    for wrong in [0, first, second + 1, u64::from(u32::MAX)] {
        let refused = journal.append(sample::commit(Uuid::new_v4(), &[(&stream, wrong)])).await;
        assert_eq!(refused, Err(AppendError::Conflict { stream: stream.clone(), expected: wrong }));
    }
    let none = sample::stream();
    let refused = journal.append(sample::commit(Uuid::new_v4(), &[(&none, second)])).await;
    assert_eq!(refused, Err(AppendError::Conflict { stream: none, expected: second }));
    assert_eq!(positions(&journal.read(&stream, 0).await.unwrap()), [first, second]);
}

/// A commit's records stand side by side, in the order of its writes.
pub async fn writes_to_several_streams_happen_together(journal: Tested) {
    let streams = [sample::stream(), sample::other_stream(), sample::stream()];
    let before = append(&journal, &streams[1], 0).await;
    let id = Uuid::new_v4();
    let writes = [(&streams[0], 0), (&streams[1], before), (&streams[2], 0)];
    let last = journal.append(sample::commit(id, &writes)).await.unwrap();

    assert_eq!(last, before + 3);
    for (part, stream) in (1..).zip(&streams) {
        let records = journal.read(stream, before).await.unwrap();
        assert_eq!(positions(&records), [before + u64::from(part)]);
        let envelope = &records[0].envelope;
        assert_eq!((envelope.commit_id, envelope.part, envelope.parts), (id, part, 3));
        assert_eq!(records[0].commit_end(), last);
    }
}

/// As many writes as are taken, and committed together.
pub async fn the_largest_commit_is_one_commit(journal: Tested) {
    let streams: Vec<StreamName> = (0..crate::limits::COMMIT_WRITES_MAX).map(|_| sample::stream()).collect();
    let writes: Vec<_> = streams.iter().map(|stream| (stream, 0)).collect();
    let commit = sample::commit(Uuid::new_v4(), &writes);
    let last = journal.append(commit.clone()).await.unwrap();
    assert_eq!(last, streams.len() as Position);
    assert_eq!(journal.append(commit).await, Ok(last));
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    let all = take(&mut records, streams.len()).await;
    assert!(all.iter().zip(&streams).all(|(record, stream)| record.stream == *stream));
}

/// Whichever write of a commit meets a conflict, no stream has anything of it.
pub async fn a_conflict_in_one_write_stores_none(journal: Tested) {
    let moved = sample::stream();
    let end = append_many(&journal, &moved, 2).await;
    let [one, two] = [sample::stream(), sample::stream()];
    for writes in [[(&moved, 1), (&one, 0)], [(&one, 0), (&moved, 1)]] {
        let refused = journal.append(sample::commit(Uuid::new_v4(), &writes)).await;
        assert_eq!(refused, Err(AppendError::Conflict { stream: moved.clone(), expected: 1 }));
    }
    assert_eq!(journal.read(&one, 0).await.unwrap(), []);
    assert_eq!(append(&journal, &two, 0).await, end + 1, "a refused commit takes no position");
}

/// No position is left out, and none is given twice.
pub async fn positions_are_contiguous_from_one(journal: Tested) {
    let mut expected = 0;
    for width in [1, 3, 1, 2] {
        let streams: Vec<StreamName> = (0..width).map(|_| sample::stream()).collect();
        let writes: Vec<_> = streams.iter().map(|stream| (stream, 0)).collect();
        let last = journal.append(sample::commit(Uuid::new_v4(), &writes)).await.unwrap();
        expected += width;
        assert_eq!(last, expected);
    }
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    let all = take(&mut records, expected as usize).await;
    assert_eq!(positions(&all), (1..=expected).collect::<Vec<_>>());
}

/// Of all that expect one position, one is told that it won, and its record is the one that is there.
pub async fn one_of_many_writers_wins_each_position(journal: Tested) {
    const WRITERS: usize = 8;
    const EACH: usize = 6;
    let stream = sample::stream();
    let writers = (0..WRITERS).map(|_| {
        let (journal, stream) = (journal.clone(), stream.clone());
        tokio::spawn(async move {
            let mut won = Vec::new();
            while won.len() < EACH {
                let last = journal.read(&stream, 0).await.unwrap().last().map_or(0, |record| record.position);
                let id = Uuid::new_v4();
                match journal.append(sample::commit(id, &[(&stream, last)])).await {
                    Ok(position) => won.push((position, id)),
                    Err(AppendError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            won
        })
    });
    let mut won: Vec<(Position, Uuid)> = Vec::new();
    for writer in futures::future::join_all(writers).await {
        won.extend(writer.unwrap());
    }
    won.sort_unstable();
    let records = journal.read(&stream, 0).await.unwrap();
    let stored: Vec<_> = records.iter().map(|record| (record.position, record.envelope.commit_id)).collect();
    assert_eq!(stored, won);
    assert_eq!(won.len(), WRITERS * EACH);
}

/// Only those who write one stream compete.
pub async fn writers_of_different_streams_do_not_hinder_each_other(journal: Tested) {
    let writers = (0..4).map(|_| {
        let journal = journal.clone();
        tokio::spawn(async move { append_many(&journal, &sample::stream(), 20).await })
    });
    let ends = futures::future::join_all(writers).await;
    let last = ends.into_iter().map(Result::unwrap).max();
    assert_eq!(last, Some(80));
}

/// As after a lost answer: the same commit comes again, with what it expected at first.
pub async fn a_repeat_is_given_the_first_answer(journal: Tested) {
    let [one, two] = [sample::stream(), sample::stream()];
    let single = sample::commit(Uuid::new_v4(), &[(&one, 0)]);
    let first = journal.append(single.clone()).await.unwrap();
    let double = sample::commit(Uuid::new_v4(), &[(&two, 0), (&one, first)]);
    let second = journal.append(double.clone()).await.unwrap();
    append(&journal, &one, second).await;
    append(&journal, &two, second - 1).await;
    for _ in 0..2 {
        assert_eq!(journal.append(single.clone()).await, Ok(first));
        assert_eq!(journal.append(double.clone()).await, Ok(second));
    }
    assert_eq!(journal.read(&one, 0).await.unwrap().len(), 3);
    assert_eq!(journal.read(&two, 0).await.unwrap().len(), 2);
}

/// The same id with another digest is no repeat.
pub async fn an_id_cannot_stand_for_two_commands(journal: Tested) {
    let stream = sample::stream();
    let mut commit = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    journal.append(commit.clone()).await.unwrap();
    commit.envelope.command_digest = vec![8; 32];
    let id = commit.envelope.commit_id;
    assert_eq!(journal.append(commit).await, Err(AppendError::Reused(id)));
}

/// A record has a size that is taken everywhere, or nothing of its commit is taken.
pub async fn what_is_too_large_is_refused(journal: Tested) {
    let max = crate::limits::PAYLOAD_BYTES_MAX;
    let [small, large] = [sample::stream(), sample::stream()];
    let mut commit = sample::commit(Uuid::new_v4(), &[(&small, 0), (&large, 0)]);
    commit.writes[1].events = vec![sample::event(&vec![1; max])];
    match journal.append(commit.clone()).await {
        Err(AppendError::TooLarge { bytes, max: told }) => assert!(bytes > max && told == max),
        other => panic!("{other:?}"),
    }
    assert_eq!(journal.read(&small, 0).await.unwrap(), []);

    commit.writes[1].events = vec![sample::event(&vec![1; max - 512])];
    assert_eq!(journal.append(commit.clone()).await, Ok(2));
    assert_eq!(journal.read(&large, 0).await.unwrap()[0].events, commit.writes[1].events);
}

/// A commit that cannot be meant is told so.
pub async fn what_contradicts_itself_is_refused(journal: Tested) {
    let stream = sample::stream();
    let mut without_events = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    without_events.writes[0].events.clear();
    let mut nameless = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    nameless.writes[0].stream.category = "conformance.*".into();
    let many: Vec<StreamName> = (0..=crate::limits::COMMIT_WRITES_MAX).map(|_| sample::stream()).collect();
    let many: Vec<_> = many.iter().map(|stream| (stream, 0)).collect();
    for wrong in [
        sample::commit(Uuid::new_v4(), &[]),
        sample::commit(Uuid::new_v4(), &[(&stream, 0), (&stream, 1)]),
        sample::commit(Uuid::new_v4(), &many),
        without_events,
        nameless,
    ] {
        assert!(matches!(journal.append(wrong).await, Err(AppendError::Malformed(_))));
    }
    assert_eq!(append(&journal, &stream, 0).await, 1);
}

/// First what was, then what is appended meanwhile and afterwards: each once, in order.
pub async fn a_subscription_brings_the_past_and_then_what_comes(journal: Tested) {
    let stream = sample::stream();
    let past = append_many(&journal, &stream, 30).await;
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    let writer = tokio::spawn({
        let journal = journal.clone();
        async move {
            let mut last = past;
            for _ in 0..30 {
                last = append(&journal, &stream, last).await;
            }
            last
        }
    });
    let all = take(&mut records, 60).await;
    assert_eq!(positions(&all), (1..=60).collect::<Vec<_>>());
    let last = writer.await.unwrap();
    append(&journal, &all[0].stream, last).await;
    assert_eq!(positions(&take(&mut records, 1).await), [61]);
}

/// Behind the past, in its middle, or where nothing is yet.
pub async fn a_subscription_begins_behind_any_position(journal: Tested) {
    let stream = sample::stream();
    let last = append_many(&journal, &stream, 5).await;
    committed(&journal, last).await;
    let mut ahead = journal.subscribe(last + 1, Filter::All).await.unwrap();
    for after in 0..=last {
        let mut records = journal.subscribe(after, Filter::All).await.unwrap();
        let rest = take(&mut records, (last - after) as usize).await;
        assert_eq!(positions(&rest), (after + 1..=last).collect::<Vec<_>>());
    }
    let next = append(&journal, &stream, last).await;
    let next = append(&journal, &stream, next).await;
    assert_eq!(positions(&take(&mut ahead, 1).await), [next]);
}

/// By stream, by category, by several categories; with nothing in between for long stretches.
pub async fn a_filtered_subscription_brings_what_it_is_for(journal: Tested) {
    let [mine, neighbour, other] = [sample::stream(), sample::stream(), sample::other_stream()];
    let categories = |names: &[&str]| Filter::Categories(names.iter().map(|&name| name.to_owned()).collect());
    let mut subscriptions = Vec::new();
    for filter in [
        Filter::Stream(mine.clone()),
        categories(&[sample::CATEGORY]),
        categories(&[sample::OTHER_CATEGORY, sample::OTHER_CATEGORY]),
        categories(&[sample::CATEGORY, sample::OTHER_CATEGORY]),
        categories(&["conformance.nobody"]),
        categories(&[]),
    ] {
        subscriptions.push(journal.subscribe(0, filter).await.unwrap());
    }
    let writes = [(&mine, 0), (&neighbour, 0), (&other, 0)];
    let mut last = journal.append(sample::commit(Uuid::new_v4(), &writes)).await.unwrap();
    for _ in 0..20 {
        last = append(&journal, &other, last).await;
    }
    last = append(&journal, &mine, 1).await;
    committed(&journal, last).await;

    let expected: [Vec<Position>; 6] =
        [vec![1, last], vec![1, 2, last], (3..last).collect(), (1..=last).collect(), vec![], vec![]];
    for (records, expected) in subscriptions.iter_mut().zip(expected) {
        assert_eq!(positions(&take(records, expected.len()).await), expected);
    }
}

/// Commits of several streams, by several writers, while the subscriber reads.
pub async fn a_subscription_takes_what_many_writers_append(journal: Tested) {
    const WRITERS: usize = 6;
    const EACH: usize = 25;
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    let writers = (0..WRITERS).map(|_| {
        let journal = journal.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                let [one, two] = [sample::stream(), sample::other_stream()];
                let commit = sample::commit(Uuid::new_v4(), &[(&one, 0), (&two, 0)]);
                let last = journal.append(commit).await.expect("an append");
                committed(&journal, last).await;
            }
        })
    });
    let writers = tokio::spawn(futures::future::join_all(writers));
    let all = take(&mut records, 2 * WRITERS * EACH).await;
    writers.await.unwrap().into_iter().for_each(Result::unwrap);
    assert_eq!(positions(&all), (1..=all.len() as u64).collect::<Vec<_>>());
    for pair in all.chunks(2) {
        assert_eq!(
            pair[0].envelope.commit_id, pair[1].envelope.commit_id,
            "a commit's records stand together"
        );
        assert_eq!((pair[0].envelope.part, pair[1].envelope.part), (1, 2));
    }
}

/// The watermark reaches what was appended, and never goes back.
pub async fn the_watermark_only_rises(journal: Tested) {
    let mut watermark = journal.committed();
    let watcher = tokio::spawn(async move {
        let mut before = 0;
        while before < 50 {
            watermark.changed().await.expect("a journal");
            let now = *watermark.borrow_and_update();
            assert!(now >= before, "the watermark fell from {before} to {now}");
            before = now;
        }
    });
    let last = append_many(&journal, &sample::stream(), 50).await;
    committed(&journal, last).await;
    assert!(*journal.committed().borrow() >= last);
    committed(&journal, 0).await;
    tokio::time::timeout(PATIENCE, watcher).await.expect("a watermark").unwrap();
}
