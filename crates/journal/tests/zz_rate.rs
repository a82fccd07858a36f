//! .
mod support;
use domain::Uuid;
use futures::StreamExt as _;
use journal::conformance::{Tested, sample};
use journal::embedded::EmbeddedJournal;
use journal::{Filter, Journal};
use std::sync::Arc;
use std::time::Instant;

async fn rate(name: &str, journal: Tested) {
    for (writers, each) in [(1usize, 300usize), (16, 200), (128, 60), (512, 30)] {
        let started = Instant::now();
        let tasks = (0..writers).map(|_| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    let s = sample::stream();
                    let mut c = sample::commit(Uuid::new_v4(), &[(&s, 0)]);
                    c.writes[0].events = vec![sample::event(&[1u8; 300])];
                    let p = journal.append(c).await.unwrap();
                    journal.wait_committed(p).await.unwrap();
                }
            })
        });
        for t in futures::future::join_all(tasks).await {
            t.unwrap();
        }
        let n = writers * each;
        println!("{name}: {writers} writers: {:.0} committed/s", n as f64 / started.elapsed().as_secs_f64());
    }
    let n = 300 + 3200 + 7680 + 15360;
    let started = Instant::now();
    let mut s = journal.subscribe(0, Filter::All).await.unwrap();
    for _ in 0..n {
        s.next().await.unwrap().unwrap();
    }
    println!("{name}: subscription past {:.0}/s", n as f64 / started.elapsed().as_secs_f64());
    let started = Instant::now();
    let mut s = journal.subscribe(0, Filter::Categories(vec![sample::CATEGORY.into()])).await.unwrap();
    for _ in 0..n {
        s.next().await.unwrap().unwrap();
    }
    println!("{name}: subscription category {:.0}/s", n as f64 / started.elapsed().as_secs_f64());
    let started = Instant::now();
    for _ in 0..1000 {
        let st = sample::stream();
        journal.read(&st, 0).await.unwrap();
    }
    println!("{name}: read of empty stream {:.0} us", started.elapsed().as_secs_f64() * 1e3);
    let started = Instant::now();
    let mut k = 0;
    for _ in 0..64 {
        let a = sample::stream();
        let b = sample::stream();
        let p = journal.append(sample::commit(Uuid::new_v4(), &[(&a, 0), (&b, 0)])).await.unwrap();
        k += 1;
        journal.wait_committed(p).await.unwrap();
    }
    println!("{name}: two-stream commit {:.2} ms", started.elapsed().as_secs_f64() * 1e3 / k as f64);
}

#[tokio::test(flavor = "multi_thread")]
async fn rates() {
    let dir = tempfile::TempDir::new().unwrap();
    let (log, _) = event_log::EventLog::open(event_log::Options::new(dir.path())).unwrap();
    rate("embedded", Arc::new(EmbeddedJournal::new(log))).await;
    let server = support::NatsServer::start();
    let dir = tempfile::TempDir::new().unwrap();
    let journal = support::connect(&server, 1).await;
    let _l = support::Ledger::start(&journal, "one", dir.path());
    rate("nats", Arc::new(journal)).await;
}
