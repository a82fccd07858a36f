//! Replaying the past: into a view, and into states in memory.

use crate::history;
use crate::measure::{Case, Sample, alternate, cpu_time};
use crate::report::{self, Line, cpu, rate, spread};
use crate::settings::Settings;
use domain::Aggregate as _;
use domain::resolution::action_item::{ActionItem, State};
use event_log::{EventLog, Options};
use followup::FollowupView;
use futures::FutureExt as _;
use journal::embedded::EmbeddedJournal;
use journal::personal::Keys;
use resolution::ResolutionView;
use service_kit::clock::Clock;
use service_kit::config::Limits;
use service_kit::{Kit, View, ViewStore};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const READ_RECORDS: usize = 4096;
/// Enough that sled keeps all of it in memory, as it does when it is left alone.
const SCAN_CACHE_BYTES: u64 = 4 << 30;

/// The lives of action items, into the view of resolution, and those of follow-ups into follow-up's.
pub async fn into_views(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let mut lines = into_a_view::<ResolutionView>(settings, history::of_items).await?;
    lines.extend(into_a_view::<FollowupView>(settings, history::of_follow_ups).await?);
    Ok(lines)
}

async fn into_a_view<V: View>(settings: &Settings, past: history::Past) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let dir = folder.path().join("log");
    let keys = Keys::in_memory();
    history::write(&dir, &keys, settings.events, past).await?;
    let (log, _) = EventLog::open(Options::new(&dir))?;
    let replay = Case::new("replay into SQLite", || replay::<V>(&log, &keys, folder.path()).boxed());
    let series = alternate(settings.rounds, &[replay]).await?;
    log.clone().close().await;
    let of =
        report::ratios(&series[0], &vec![Sample { rate: 1.0, ..series[0][0] }; settings.rounds], |s| s.rate);
    Ok(vec![Line {
        case: format!("replay of {} events into {}'s view", settings.events, V::NAME),
        measured: rate(of.median),
        ratio: format!("({}–{})", rate(of.least), rate(of.greatest)),
        cpu: cpu(&series[0]),
        target: "≥ 150 000/s".to_owned(),
        verdict: report::Target::AtLeast(150_000.0).verdict(of.median),
        ..Line::default()
    }])
}

async fn replay<V: View>(log: &EventLog, keys: &Keys, root: &Path) -> anyhow::Result<Sample> {
    let views = tempfile::tempdir_in(root)?;
    let stop = CancellationToken::new();
    let journal = Arc::new(EmbeddedJournal::new(log.clone(), keys.clone()));
    let kit = Kit::new(journal, Clock::System, views.path(), Limits::default(), stop.clone());
    let head = log.head().position;
    let stopwatch = Stopwatch::start()?;
    let view = ViewStore::spawn::<V>(&kit, vec![])?;
    view.position().wait_for(|&position| position >= head).await?;
    let sample = stopwatch.sample(head)?;
    stop.cancel();
    Ok(sample)
}

/// The same lives folded in memory, against sled going through the same records.
pub async fn by_folding(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let dir = folder.path().join("log");
    let keys = Keys::in_memory();
    history::write(&dir, &keys, settings.events, history::of_items).await?;
    let (log, _) = EventLog::open(Options { cache_bytes: SCAN_CACHE_BYTES, ..Options::new(&dir) })?;
    let bare =
        sled::Config::new().path(folder.path().join("bare")).cache_capacity(SCAN_CACHE_BYTES).open()?;
    copy(&log, &bare)?;
    let cases = [
        Case::new("folding", || async { fold(&log, &keys) }.boxed()),
        Case::new("sled's scan", || async { scan(&bare) }.boxed()),
    ];
    // The first of each is not warm.
    alternate(1, &cases).await?;
    let series = alternate(settings.rounds, &cases).await?;
    log.clone().close().await;
    let ratio = report::ratios(&series[0], &series[1], |sample| sample.rate);
    let case = format!("folding {} events in memory", settings.events);
    let target = (0.6, "≥ 60 % of sled's warm scan");
    let line = Line::of_rates(&case, &series[0], ("sled's warm scan", &series[1]), target);
    Ok(vec![Line { ratio: spread(ratio), ..line }])
}

/// Every record under a key of its own, as sled alone would have it.
fn copy(log: &EventLog, bare: &sled::Db) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let records = log.read(after, READ_RECORDS)?;
        let Some(last) = records.last() else { break };
        after = last.position;
        let mut batch = sled::Batch::default();
        for record in &records {
            let bytes = [record.header().as_slice(), &record.salt, &record.payload].concat();
            batch.insert(&record.position.to_be_bytes(), bytes);
        }
        bare.apply_batch(batch)?;
    }
    bare.flush()?;
    Ok(())
}

fn fold(log: &EventLog, keys: &Keys) -> anyhow::Result<Sample> {
    let stopwatch = Stopwatch::start()?;
    let mut states: HashMap<Uuid, State> = HashMap::new();
    let mut after = 0;
    loop {
        let records = log.read(after, READ_RECORDS)?;
        let Some(last) = records.last() else { break };
        after = last.position;
        for record in &records {
            let opened = keys.open_values(&record.payload).payload;
            let record = journal::payload::decode(record.position, &record.stream, &opened)?;
            let state = states.entry(record.stream.id).or_default();
            let events = service_kit::events::decode::<ActionItem>(&record)?;
            *state = ActionItem::fold(std::mem::take(state), &events);
        }
    }
    std::hint::black_box(&states);
    stopwatch.sample(after)
}

fn scan(bare: &sled::Db) -> anyhow::Result<Sample> {
    let stopwatch = Stopwatch::start()?;
    let (mut records, mut bytes) = (0, 0);
    for entry in bare.iter() {
        let (key, value) = entry?;
        records += 1;
        bytes += key.len() + value.len();
    }
    std::hint::black_box(bytes);
    stopwatch.sample(records)
}

struct Stopwatch {
    begun: Instant,
    cpu: Duration,
}

impl Stopwatch {
    fn start() -> anyhow::Result<Stopwatch> {
        Ok(Stopwatch { cpu: cpu_time(&[std::process::id()])?, begun: Instant::now() })
    }

    fn sample(self, records: u64) -> anyhow::Result<Sample> {
        let took = self.begun.elapsed();
        let cpu = cpu_time(&[std::process::id()])? - self.cpu;
        let each = u32::try_from(records.max(1))?;
        Ok(Sample { rate: records as f64 / took.as_secs_f64(), p50: took / each, cpu: cpu / each })
    }
}
