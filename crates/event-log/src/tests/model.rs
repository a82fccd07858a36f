//! Random histories: the log always equals the list of acknowledged records.

#![expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]

use super::{commit, open, runtime, write};
use crate::{AppendError, Expected};
use bytes::Bytes;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use tempfile::TempDir;

#[derive(Debug, Clone)]
enum Step {
    /// One commit: streams with the lengths of their payloads, and whether the first expected position is wrong.
    Append {
        writes: Vec<(u8, usize)>,
        wrong: bool,
    },
    /// Several commits at once, so that they form one group.
    Together(Vec<(u8, usize)>),
    Reopen,
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..900_usize, 1 => 7_000..8_000_usize, 1 => 20_000..65_537_usize]
}

fn step() -> impl Strategy<Value = Step> {
    let writes = || prop::collection::vec((0..6_u8, size()), 1..5);
    prop_oneof![
        3 => (writes(), any::<bool>()).prop_map(|(writes, wrong)| Step::Append { writes, wrong }),
        2 => prop::collection::vec((0..6_u8, size()), 1..30).prop_map(Step::Together),
        2 => Just(Step::Reopen),
    ]
}

type Model = Vec<(String, Bytes)>;

fn last_of(model: &Model, stream: &str) -> u64 {
    model.iter().rposition(|(name, _)| name == stream).map_or(0, |index| index as u64 + 1)
}

fn payload(model: &Model, length: usize) -> Bytes {
    Bytes::from(vec![model.len() as u8; length])
}

fn assert_equal(log: &crate::EventLog, model: &Model, after: u64) {
    let mut read = Vec::new();
    loop {
        let from = read.len() as u64;
        let more = log.read(from, 7).expect("the log is readable");
        if more.is_empty() {
            break;
        }
        read.extend(more.into_iter().map(|record| (record.stream, record.payload)));
    }
    assert_eq!(&read, model);
    for number in 0..6 {
        let stream = format!("stream.{number}");
        let expected: Vec<u64> = (1..)
            .zip(model)
            .filter(|(at, (name, _))| *at > after && *name == stream)
            .map(|(at, _)| at)
            .collect();
        let found = log.read_stream(&stream, after, 1000).expect("the log is readable");
        assert_eq!(found.iter().map(|record| record.position).collect::<Vec<_>>(), expected);
        assert_eq!(log.stream_position(&stream), Ok(last_of(model, &stream)));
    }
}

async fn run(steps: Vec<Step>) {
    let dir = TempDir::new().expect("temporary directory");
    let mut model = Model::new();
    let (mut log, _) = open(dir.path());
    for step in steps {
        match step {
            Step::Append { writes, wrong } => {
                let mut records = Vec::new();
                let mut after = model.clone();
                for (number, (stream, length)) in writes.into_iter().enumerate() {
                    let stream = format!("stream.{stream}");
                    let actual = last_of(&model, &stream);
                    let expected = Expected::At(if wrong && number == 0 { actual + 1 } else { actual });
                    let bytes = payload(&after, length);
                    records.push(write(&stream, expected, bytes.clone()));
                    after.push((stream, bytes));
                }
                match log.append(commit(records)).await {
                    Ok(appended) => {
                        assert!(!wrong);
                        assert_eq!(
                            (appended.first, appended.last),
                            (model.len() as u64 + 1, after.len() as u64)
                        );
                        model = after;
                    }
                    Err(AppendError::Conflict { .. }) => assert!(wrong),
                    Err(other) => panic!("{other}"),
                }
            }
            Step::Together(writes) => {
                let mut appends = Vec::new();
                for (stream, length) in writes {
                    let (stream, bytes) = (format!("stream.{stream}"), payload(&model, length));
                    let log = log.clone();
                    let record = write(&stream, Expected::Any, bytes.clone());
                    appends.push(tokio::spawn(async move { log.append(commit(vec![record])).await }));
                    model.push((stream, bytes));
                }
                for append in appends {
                    append.await.expect("no panic").expect("it is appended");
                }
            }
            Step::Reopen => {
                log.close().await;
                let (again, opened) = open(dir.path());
                assert_eq!((opened.head.position, opened.truncated), (model.len() as u64, None));
                log = again;
            }
        }
        assert_equal(&log, &model, model.len() as u64 / 2);
    }
    log.verify(|_| {}).expect("the log is valid");
    log.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_equals_the_list_of_acknowledged_records(steps in prop::collection::vec(step(), 1..14)) {
        runtime().block_on(run(steps));
    }
}
