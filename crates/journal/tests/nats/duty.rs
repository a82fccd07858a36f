//! Duties: one process has each at a time, and another takes it over.

use crate::support::{NatsServer, connect};
use domain::Uuid;
use journal::Journal as _;
use journal::duty::{Duty, Predecessor};
use journal::limits::{DUTY_EXPIRY, DUTY_RENEWAL_MAX};
use journal::nats::NatsJournal;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// More than any of it takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

fn claiming(journal: &NatsJournal, holder: Uuid) -> JoinHandle<Duty> {
    let journal = journal.clone();
    tokio::spawn(async move { journal.claim("sweeping", holder, "0".into()).await })
}

async fn had(claiming: JoinHandle<Duty>) -> Duty {
    tokio::time::timeout(PATIENCE, claiming).await.expect("it is had in time").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_is_had_by_one_until_it_is_given_back() {
    let server = NatsServer::start();
    let (first, second) = (connect(&server, 1).await, connect(&server, 1).await);
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    let duty = had(claiming(&first, one)).await;
    assert_eq!(duty.predecessor(), None);

    let waiting = claiming(&second, two);
    // Another duty is another matter.
    second.claim("dusting", two, String::new()).await.give_back().await;
    assert!(!waiting.is_finished(), "one has it");
    duty.note("42".into());
    duty.give_back().await;
    let passed_on = had(waiting).await;
    assert_eq!(passed_on.predecessor(), Some(&Predecessor { holder: one, note: "42".into() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_of_which_nothing_is_heard_is_taken_over_and_is_its_holders_own_before() {
    let server = NatsServer::start();
    let (first, second) = (connect(&server, 1).await, connect(&server, 1).await);
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    // It ends without giving it back, and starts again.
    drop(had(claiming(&first, one)).await);
    let again = had(claiming(&first, one)).await;
    assert_eq!(again.predecessor().map(|before| before.holder), Some(one));
    let began = Instant::now();
    drop(again);
    let taken_over = had(claiming(&second, two)).await;
    assert_eq!(taken_over.predecessor().map(|before| before.holder), Some(one));
    assert!(began.elapsed() >= DUTY_EXPIRY, "{:?}", began.elapsed());
    // Whoever had it, and comes back, waits.
    let late = claiming(&first, one);
    second.claim("dusting", two, String::new()).await.give_back().await;
    assert!(!late.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_cut_off_has_lost_a_duty_before_another_takes_it_over() {
    let mut server = NatsServer::start();
    let journal = connect(&server, 1).await;
    let holder = Uuid::new_v4();
    let duty = had(claiming(&journal, holder)).await;
    let began = Instant::now();
    server.kill();
    tokio::time::timeout(PATIENCE, duty.lost()).await.expect("it is lost in time");
    assert!(began.elapsed() + Duration::from_secs(1) >= DUTY_RENEWAL_MAX / 2, "{:?}", began.elapsed());
    server.restart();
    let again = had(claiming(&journal, holder)).await;
    assert_eq!(again.predecessor().map(|before| before.holder), Some(holder));
}
