//! The conformance suite: tests of the contract of [`Journal`](crate::Journal) that every implementation must
//! pass.
//!
//! Each case takes an empty journal whose records get committed, and panics if the contract is violated.
//! [`conformance_cases!`](crate::conformance_cases) generates a test for each case.

#![expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]

use crate::personal::pseudonym;
use crate::{AppendError, Filter, Journal, Position, Record, Subscription};
use domain::ledger::erasure::{Erasures, Event};
use domain::{Actor, Aggregate as _, Line, StreamName, Text, Timestamp, Uuid};
use futures::StreamExt as _;
use proto::record::EventCodec as _;
use std::sync::Arc;
use std::time::Duration;

pub mod sample;

/// The journal under test.
pub type JournalUnderTest = Arc<dyn Journal>;

/// Generates a test for each case: `conformance_cases!(start)`, where `start` is an asynchronous function that
/// returns a value with a field `journal: JournalUnderTest` and keeps alive what the journal needs.
#[macro_export]
macro_rules! conformance_cases {
    ($start:path) => {
        $crate::conformance_cases!($start:
            an_empty_journal_is_empty,
            appended_records_are_read,
            no_record_is_earlier_than_the_one_before_it_in_its_stream,
            a_wrong_expected_position_is_a_conflict,
            writes_to_several_streams_are_atomic,
            the_largest_commit_is_one_commit,
            a_conflict_in_one_write_appends_none,
            positions_are_contiguous_from_one,
            one_of_many_concurrent_writers_wins_each_position,
            writers_of_different_streams_do_not_conflict,
            a_repeated_append_finds_the_first_result,
            a_command_id_cannot_be_reused_for_another_command,
            a_commit_that_is_too_large_is_refused,
            a_malformed_commit_is_refused,
            a_subscription_returns_existing_and_then_new_records,
            a_subscription_starts_after_any_position,
            a_filtered_subscription_returns_only_matching_records,
            a_subscription_returns_the_records_of_concurrent_writers,
            a_subscription_that_nobody_polls_holds_up_no_other,
            the_committed_position_never_moves_back,
            what_was_sealed_with_an_erased_key_is_read_as_a_pseudonym,
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

const TIMEOUT: Duration = Duration::from_secs(30);

async fn append(journal: &JournalUnderTest, stream: &StreamName, expected: Position) -> Position {
    journal.append(sample::commit(Uuid::new_v4(), &[(stream, expected)])).await.expect("an append")
}

/// Appends `count` records to a new stream and returns the last position.
async fn append_many(journal: &JournalUnderTest, stream: &StreamName, count: usize) -> Position {
    let mut last = 0;
    for _ in 0..count {
        last = append(journal, stream, last).await;
    }
    last
}

async fn wait_committed(journal: &JournalUnderTest, position: Position) {
    let waited = tokio::time::timeout(TIMEOUT, journal.wait_committed(position)).await;
    waited.unwrap_or_else(|_| panic!("{position} was not committed in time")).expect("a journal");
}

/// Takes exactly `count` records, and checks that no further one is available immediately.
pub async fn take(records: &mut Subscription, count: usize) -> Vec<Record> {
    let mut taken = Vec::with_capacity(count);
    for number in 1..=count {
        let next = tokio::time::timeout(TIMEOUT, records.next()).await;
        let next = next.unwrap_or_else(|_| panic!("record {number} of {count} did not arrive in time"));
        let record = next.expect("the subscription is open").expect("a record");
        taken.push(Arc::unwrap_or_clone(record));
    }
    let more = tokio::time::timeout(Duration::from_millis(50), records.next()).await;
    assert!(more.is_err(), "expected only {count} records, but then got {more:?}");
    taken
}

fn positions(records: &[Record]) -> Vec<Position> {
    records.iter().map(|record| record.position).collect()
}

/// A journal to which nothing has been appended.
pub async fn an_empty_journal_is_empty(journal: JournalUnderTest) {
    assert_eq!(journal.read(&sample::stream(), 0).await.unwrap(), []);
    assert_eq!(*journal.committed().borrow(), 0);
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    assert_eq!(take(&mut records, 0).await, []);
}

/// A clock that was set back does not let the times of a stream run backwards, and the next command is decided at the
/// time of the last record.
pub async fn no_record_is_earlier_than_the_one_before_it_in_its_stream(journal: JournalUnderTest) {
    let stream = sample::stream();
    let mut last = 0;
    for seconds in [100, 50, 200, 199] {
        let mut commit = sample::commit(Uuid::new_v4(), &[(&stream, last)]);
        commit.envelope.time = at(seconds);
        last = journal.append(commit).await.unwrap();
    }
    let records = journal.read(&stream, 0).await.unwrap();
    let times: Vec<Timestamp> = records.iter().map(|record| record.envelope.time).collect();
    assert_eq!(times, [100, 100, 200, 200].map(at));
    assert_eq!((journal.corrected(at(150)), journal.corrected(at(250))), (at(200), at(250)));
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a moment of 1970")
}

/// A record contains exactly what was appended.
pub async fn appended_records_are_read(journal: JournalUnderTest) {
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

/// Both an older position and one that the stream has not reached are refused.
pub async fn a_wrong_expected_position_is_a_conflict(journal: JournalUnderTest) {
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

/// The records of a commit have consecutive positions, in the order of its writes.
pub async fn writes_to_several_streams_are_atomic(journal: JournalUnderTest) {
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
        assert_eq!((envelope.command_id, envelope.part, envelope.parts), (id, part, 3));
        assert_eq!(records[0].commit_end(), last);
    }
}

/// A commit with the maximum number of writes.
pub async fn the_largest_commit_is_one_commit(journal: JournalUnderTest) {
    let streams: Vec<StreamName> = (0..crate::limits::COMMIT_WRITES_MAX).map(|_| sample::stream()).collect();
    let writes: Vec<_> = streams.iter().map(|stream| (stream, 0)).collect();
    let commit = sample::commit(Uuid::new_v4(), &writes);
    let last = journal.append(commit.clone()).await.unwrap();
    assert_eq!(last, streams.len() as Position);
    assert_eq!(journal.append(commit).await, Err(AppendError::AppendedBefore(last)));
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    let all = take(&mut records, streams.len()).await;
    assert!(all.iter().zip(&streams).all(|(record, stream)| record.stream == *stream));
}

/// Whichever write conflicts, nothing is appended to any stream.
pub async fn a_conflict_in_one_write_appends_none(journal: JournalUnderTest) {
    let moved = sample::stream();
    let end = append_many(&journal, &moved, 2).await;
    let [one, two] = [sample::stream(), sample::stream()];
    for writes in [[(&moved, 1), (&one, 0)], [(&one, 0), (&moved, 1)]] {
        let refused = journal.append(sample::commit(Uuid::new_v4(), &writes)).await;
        assert_eq!(refused, Err(AppendError::Conflict { stream: moved.clone(), expected: 1 }));
    }
    assert_eq!(journal.read(&one, 0).await.unwrap(), []);
    assert_eq!(append(&journal, &two, 0).await, end + 1, "a refused commit uses no position");
}

/// No position is skipped or used twice.
pub async fn positions_are_contiguous_from_one(journal: JournalUnderTest) {
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

/// Of all commits that expect the same position, exactly one succeeds, and its record is the one stored.
pub async fn one_of_many_concurrent_writers_wins_each_position(journal: JournalUnderTest) {
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
    let stored: Vec<_> = records.iter().map(|record| (record.position, record.envelope.command_id)).collect();
    assert_eq!(stored, won);
    assert_eq!(won.len(), WRITERS * EACH);
}

/// Only writers of the same stream compete.
pub async fn writers_of_different_streams_do_not_conflict(journal: JournalUnderTest) {
    let writers = (0..4).map(|_| {
        let journal = journal.clone();
        tokio::spawn(async move { append_many(&journal, &sample::stream(), 20).await })
    });
    let ends = futures::future::join_all(writers).await;
    let last = ends.into_iter().map(Result::unwrap).max();
    assert_eq!(last, Some(80));
}

/// As after a lost reply: the same commit is appended again, with its original expected positions.
pub async fn a_repeated_append_finds_the_first_result(journal: JournalUnderTest) {
    let [one, two] = [sample::stream(), sample::stream()];
    let single = sample::commit(Uuid::new_v4(), &[(&one, 0)]);
    let first = journal.append(single.clone()).await.unwrap();
    let double = sample::commit(Uuid::new_v4(), &[(&two, 0), (&one, first)]);
    let second = journal.append(double.clone()).await.unwrap();
    append(&journal, &one, second).await;
    append(&journal, &two, second - 1).await;
    for _ in 0..2 {
        assert_eq!(journal.append(single.clone()).await, Err(AppendError::AppendedBefore(first)));
        assert_eq!(journal.append(double.clone()).await, Err(AppendError::AppendedBefore(second)));
    }
    assert_eq!(journal.read(&one, 0).await.unwrap().len(), 3);
    assert_eq!(journal.read(&two, 0).await.unwrap().len(), 2);
}

/// The same command id with another digest is not a repeat.
pub async fn a_command_id_cannot_be_reused_for_another_command(journal: JournalUnderTest) {
    let stream = sample::stream();
    let mut commit = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    journal.append(commit.clone()).await.unwrap();
    commit.envelope.command_digest = vec![8; 32];
    let id = commit.envelope.command_id;
    assert_eq!(journal.append(commit).await, Err(AppendError::Reused(id)));
}

/// If one record exceeds the limit, nothing of its commit is appended.
pub async fn a_commit_that_is_too_large_is_refused(journal: JournalUnderTest) {
    let max = crate::limits::PAYLOAD_BYTES_MAX;
    let [small, large] = [sample::stream(), sample::stream()];
    let mut commit = sample::commit(Uuid::new_v4(), &[(&small, 0), (&large, 0)]);
    commit.writes[1].events = vec![sample::event(&vec![1; max])];
    match journal.append(commit.clone()).await {
        Err(AppendError::TooLarge { bytes, max: reported }) => assert!(bytes > max && reported == max),
        other => panic!("{other:?}"),
    }
    assert_eq!(journal.read(&small, 0).await.unwrap(), []);

    commit.writes[1].events = vec![sample::event(&vec![1; max - 512])];
    assert_eq!(journal.append(commit.clone()).await, Ok(2));
    assert_eq!(journal.read(&large, 0).await.unwrap()[0].events, commit.writes[1].events);
}

/// Commits without writes, with too many, with an invalid stream, and so on.
pub async fn a_malformed_commit_is_refused(journal: JournalUnderTest) {
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

/// Existing records, those appended meanwhile and those appended later: each once, in order.
pub async fn a_subscription_returns_existing_and_then_new_records(journal: JournalUnderTest) {
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

/// At the end of the existing records, among them, and beyond them.
pub async fn a_subscription_starts_after_any_position(journal: JournalUnderTest) {
    let stream = sample::stream();
    let last = append_many(&journal, &stream, 5).await;
    wait_committed(&journal, last).await;
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

/// By stream, by category and by several categories, with long gaps between matching records.
pub async fn a_filtered_subscription_returns_only_matching_records(journal: JournalUnderTest) {
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
    wait_committed(&journal, last).await;

    let expected: [Vec<Position>; 6] =
        [vec![1, last], vec![1, 2, last], (3..last).collect(), (1..=last).collect(), vec![], vec![]];
    for (records, expected) in subscriptions.iter_mut().zip(expected) {
        assert_eq!(positions(&take(records, expected.len()).await), expected);
    }
}

/// Commits of several streams, by several writers, while the subscriber reads.
pub async fn a_subscription_returns_the_records_of_concurrent_writers(journal: JournalUnderTest) {
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
                wait_committed(&journal, last).await;
            }
        })
    });
    let writers = tokio::spawn(futures::future::join_all(writers));
    let all = take(&mut records, 2 * WRITERS * EACH).await;
    writers.await.unwrap().into_iter().for_each(Result::unwrap);
    assert_eq!(positions(&all), (1..=all.len() as u64).collect::<Vec<_>>());
    for pair in all.chunks(2) {
        assert_eq!(
            pair[0].envelope.command_id, pair[1].envelope.command_id,
            "the records of a commit are consecutive"
        );
        assert_eq!((pair[0].envelope.part, pair[1].envelope.part), (1, 2));
    }
}

/// Whoever has begun to read and does something else for a long time keeps nobody from the same records.
pub async fn a_subscription_that_nobody_polls_holds_up_no_other(journal: JournalUnderTest) {
    let mut idle = journal.subscribe(0, Filter::All).await.unwrap();
    let last = append(&journal, &sample::stream(), 0).await;
    wait_committed(&journal, last).await;
    let _ = futures::poll!(idle.next());
    let mut other = journal.subscribe(0, Filter::All).await.unwrap();
    assert_eq!(positions(&take(&mut other, 1).await), [last]);
}

/// The committed position reaches the appended records and never decreases.
pub async fn the_committed_position_never_moves_back(journal: JournalUnderTest) {
    let mut watermark = journal.committed();
    let watcher = tokio::spawn(async move {
        let mut before = 0;
        while before < 50 {
            watermark.changed().await.expect("a journal");
            let now = *watermark.borrow_and_update();
            assert!(now >= before, "the committed position fell from {before} to {now}");
            before = now;
        }
    });
    let last = append_many(&journal, &sample::stream(), 50).await;
    wait_committed(&journal, last).await;
    assert!(*journal.committed().borrow() >= last);
    wait_committed(&journal, 0).await;
    tokio::time::timeout(TIMEOUT, watcher).await.expect("the position is reached in time").unwrap();
}

/// What is personal is read until its key is erased, and then not any more; everything else stays, and a repeat of the
/// command still gets its first result. What the same person does later is sealed with another key, and
/// they are known by their mark.
pub async fn what_was_sealed_with_an_erased_key_is_read_as_a_pseudonym(journal: JournalUnderTest) {
    let stream = sample::stream();
    let commit = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    let position = journal.append(commit.clone()).await.expect("an append");
    wait_committed(&journal, position).await;
    let before = journal.read(&stream, 0).await.expect("the stream").remove(0);
    assert_eq!(
        (before.envelope.actor.subject.as_str(), &before.envelope.command_digest[..]),
        ("sampler", &[7; 32][..])
    );

    let ids = journal.keys().ids_of("sampler").await.expect("the keys");
    let key_id = *ids.first().expect("a key");
    let mark = journal.keys().mark_of("sampler").await.expect("the keys");
    assert_eq!(journal.keys().mark_of("sampler").await, Ok(mark), "a name has one");
    assert_eq!(journal.keys().is_marked("sampler").await, Ok(false), "nobody was erased");
    let request = Event::Requested {
        erasure_id: Uuid::new_v4(),
        key_ids: ids.into_iter().collect(),
        marks: vec![mark],
        reason: Text::parse("It was asked for").expect("a text"),
        authority: Line::parse("Order 7").expect("a line"),
    };
    let erasures = Erasures::stream(Erasures::realm_id());
    let mut requesting = sample::commit(Uuid::new_v4(), &[(&erasures, 0)]);
    requesting.envelope.actor = Actor::process("erase");
    requesting.writes[0].events = vec![Erasures::encode(&request)];
    let requested = journal.append(requesting).await.expect("an append");
    wait_committed(&journal, requested).await;
    journal.read(&erasures, 0).await.expect("the stream");
    journal.keys().destroy(key_id).await.expect("the keys");
    assert_eq!(journal.keys().is_destroyed(key_id).await, Ok(true));
    for (name, is_marked) in [("sampler", true), ("Sampler", false), ("", false)] {
        assert_eq!(journal.keys().is_marked(name).await, Ok(is_marked), "{name}");
    }

    let after = journal.read(&stream, 0).await.expect("the stream").remove(0);
    assert_eq!(after.envelope.actor.subject, pseudonym(key_id));
    assert!(after.envelope.command_digest.is_empty());
    assert_eq!((after.position, &after.events), (before.position, &before.events));
    assert_eq!(journal.append(commit).await, Err(AppendError::AppendedBefore(position)), "a repeat");
    append(&journal, &stream, position).await;
    let again = journal.read(&stream, position).await.expect("the stream").remove(0);
    assert_eq!(again.envelope.actor.subject, "sampler");
    let ids = journal.keys().ids_of("sampler").await.expect("the keys");
    assert!(ids.len() == 1 && !ids.contains(&key_id), "{ids:?}");
}
