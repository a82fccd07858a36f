//! The board and the lists of views that have grown, each against a scan of the same rows.

mod past;

use crate::measure::{Case, Sample, Spread, alternate, cpu_time};
use crate::report::{self, Line, Target};
use crate::settings::Settings;
use anyhow::Context as _;
use domain::Timestamp;
use domain::calendar::Zone;
use event_log::{EventLog, Options};
use followup::FollowupView;
use futures::FutureExt as _;
use journal::embedded::EmbeddedJournal;
use proto::followup::v1::{BoardColumn, GetBoardRequest, ListFollowUpsRequest};
use proto::resolution::v1::ListItemsRequest;
use resolution::ResolutionView;
use rusqlite::Connection;
use service_kit::clock::Clock;
use service_kit::config::Limits;
use service_kit::{Kit, Scope, ScopedTables, View, ViewStore};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// What 95 of 100 answers must not take longer than.
const TARGET: Duration = Duration::from_millis(100);
/// How often each list is asked for.
const LIST_TIMES: usize = 5;
/// Queries in a measurement, at least.
const QUERIES_MIN: usize = 5;
/// The directions of an order, for all departments and for one.
const ORDERS: [(&str, Option<&str>); 4] =
    [("", None), (" desc", None), ("", Some("DEPARTMENT-7")), (" desc", Some("DEPARTMENT-7"))];
const ZONE: &str = "Asia/Shanghai";
const NOW: &str = "2027-03-26T01:00:00Z";

/// Fills follow-up's view: ?1 rows, of which one in ?2 is open, the last; ?3 is the present moment. Departments,
/// columns and due dates are spread over them.
const FOLLOW_UPS: &str = "
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?1),
    spread (i, h, fresh) AS (SELECT i, i * 2654435761 % 4294967296, i >= ?1 - ?1 / ?2 FROM numbers),
    staged (i, h, stage, due_on) AS (
        SELECT i, h,
            CASE WHEN (h >> 8) % 20 > 0 THEN iif(fresh, 1, 3) ELSE iif(fresh, 2, 4) END,
            ?3 / 86400000000 + iif(fresh, (h >> 11) % 120 - 20, i * 1200 / ?1 - 1200)
        FROM spread
    )
    INSERT INTO follow_ups (id, resolution, number, written, title, lead_code, co_responsible_codes, due_on, due_at,
        acknowledge_by, time_zone, stage, acknowledged, help_from_code, escalated_to, extensions, rungs, next_notice_at,
        next_rung, first_due_on, planned)
    SELECT printf('%08x-0000-4000-8000-%012x', h, i), printf('00000000-0000-4000-8000-%012x', i / 5),
        printf('CONFERENCE-%012d-%012d/%012d', 2027, i / 5, i % 5 + 1), printf('CONFERENCE-2027-%d/%d', i / 5, i % 5 + 1),
        '改造十二座泵站', 'DEPARTMENT-' || ((h >> 14) % 40), 'FINANCE', date(due_on * 86400, 'unixepoch'),
        (due_on + 1) * 86400000000 - 1, (due_on - 20) * 86400000000, 'Asia/Shanghai', stage, (h >> 17) % 20 > 0,
        iif(stage = 1 AND (h >> 18) % 100 = 0, 'HEALTH', NULL), (h >> 19) % 50 = 0, (h >> 20) % 20 = 0, '',
        iif(stage = 1, (due_on + 1) * 86400000000 - 1, NULL), iif(stage = 1, 5, NULL),
        date(due_on * 86400, 'unixepoch'), i + 1
    FROM staged";

/// Counts them for the board, as it is counted while records are projected.
const COUNTS: &str = "
    INSERT INTO board
    SELECT lead_code, coalesce(body_code, ''), count(*), sum(open), sum(blocked), sum(escalated), sum(unacknowledged), sum(claimed),
        sum(extended), sum(done), sum(held), sum(cancelled), sum(was_late)
    FROM follow_ups GROUP BY lead_code, body_code;
    INSERT INTO running
    SELECT lead_code, coalesce(body_code, ''), due_at, count(*) FROM follow_ups WHERE stage = 1
    GROUP BY lead_code, body_code, due_at";

/// Fills resolution's view: ?1 items, of which one in ?2 is open, the last; ?3 is the present moment.
const ITEMS: &str = "
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?1),
    spread (i, h, fresh) AS (SELECT i, i * 2654435761 % 4294967296, i >= ?1 - ?1 / ?2 FROM numbers),
    dated (i, h, fresh, due_on) AS (
        SELECT i, h, fresh, ?3 / 86400000000 + iif(fresh, (h >> 11) % 120 - 20, i * 1200 / ?1 - 1200) FROM spread
    )
    INSERT INTO items (id, number, written, title, resolution, deliverable, criterion, lead_code, stage, due_on,
        due_at, first_due_at, promised_at, led_since, assigned, heard_at, blocked_reason, shown, searched)
    SELECT printf('%08x-0000-4000-8000-%012x', h, i), printf('CONFERENCE-%012d-%012d/%012d', 2027, i / 5, i % 5 + 1),
        printf('CONFERENCE-2027-%d/%d', i / 5, i % 5 + 1), '改造十二座泵站',
        printf('00000000-0000-4000-8000-%012x', i / 5), '十二座泵站改造完成并通过验收', '两小时内排空积水',
        'DEPARTMENT-' || ((h >> 14) % 40),
        iif(fresh, min((h >> 8) % 8 + 1, 4) - ((h >> 8) % 8 > 3), iif((h >> 8) % 20 = 0, 6, 5)),
        date(due_on * 86400, 'unixepoch'), (due_on + 1) * 86400000000 - 1, (due_on + 1) * 86400000000 - 1,
        (due_on + 1) * 86400000000 - 1, (due_on - 20) * 86400000000, i + 1, (due_on - 20) * 86400000000,
        iif(fresh AND (h >> 18) % 100 = 0, '等待设备', NULL), x'', '改造十二座泵站'
    FROM dated";

/// The board as counting the follow-ups themselves gives it.
const COUNTED: &str = "
    SELECT lead_code,
        count(*) FILTER (WHERE stage IN (1, 2)),
        count(*) FILTER (WHERE stage = 1 AND due_at >= ?1 AND due_at <= ?1 + 604800000000),
        count(*) FILTER (WHERE stage = 1 AND due_at < ?1),
        count(*) FILTER (WHERE stage IN (1, 2) AND help_from_code IS NOT NULL),
        count(*) FILTER (WHERE stage IN (1, 2) AND escalated_to > 0),
        count(*) FILTER (WHERE stage IN (1, 2) AND acknowledged = 0),
        count(*) FILTER (WHERE stage = 2),
        count(*) FILTER (WHERE stage IN (1, 2) AND extensions > 0),
        count(*) FILTER (WHERE stage = 3)
    FROM follow_ups NOT INDEXED GROUP BY lead_code ORDER BY lead_code";

/// The board and the lists of follow-up, in a log whose follow-ups are mostly done and in one where none is.
pub async fn of_follow_ups(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (state, one_in) in [("one in 20 open", 20), ("all open", 1)] {
        let now: Timestamp = NOW.parse()?;
        let values = [settings.events as i64, one_in, now.as_microsecond()];
        let filled = Filled::new::<FollowupView>(settings, (FOLLOW_UPS, COUNTS), &values)?;
        let of = format!("{} follow-ups, {state}", settings.events);
        lines.push(filled.board(settings, &of, now).await?);
        if one_in > 1 {
            lines.push(slowest(&of, filled.follow_ups(BoardColumn::Done, now, None).await?));
        }
        filled.stop.cancel();
    }
    lines.push(of_items(settings).await?);
    lines.extend(past::lines(settings).await?);
    Ok(lines)
}

/// The lists of items.
async fn of_items(settings: &Settings) -> anyhow::Result<Line> {
    let now: Timestamp = NOW.parse()?;
    let values = [settings.events as i64, 20, now.as_microsecond()];
    let filled = Filled::new::<ResolutionView>(settings, (ITEMS, ""), &values)?;
    let stages = (1..=6).map(|stage| ListItemsRequest { stage: Some(stage), ..Default::default() });
    let others = [
        ListItemsRequest::default(),
        ListItemsRequest { late: Some(true), ..Default::default() },
        ListItemsRequest { late: Some(false), ..Default::default() },
        ListItemsRequest { blocked: Some(true), ..Default::default() },
        ListItemsRequest { blocked: Some(false), ..Default::default() },
        ListItemsRequest { latest_due_on: Some("2027-04-02".to_owned()), ..Default::default() },
        // What few or none are.
        ListItemsRequest { latest_due_on: Some("2020-01-01".to_owned()), ..Default::default() },
        ListItemsRequest { text: Some("没有这样的词".to_owned()), ..Default::default() },
    ];
    let p95s = filled.items(stages.chain(others), now, None).await?;
    filled.stop.cancel();
    Ok(slowest(&format!("{} items, one in 20 open", settings.events), p95s))
}

/// A list by its name, and how long 95 of 100 of its answers take at most.
type List = (String, Duration);

/// A view of an empty log, and rows that came otherwise.
struct Filled {
    view: ViewStore,
    /// Whose lists are asked for.
    scope: Scope,
    stop: CancellationToken,
    file: PathBuf,
    _folder: TempDir,
}

impl Filled {
    fn new<V: View>(
        settings: &Settings,
        (rows, counts): (&str, &str),
        values: &[i64],
    ) -> anyhow::Result<Filled> {
        let folder = tempfile::tempdir_in(&settings.folder)?;
        let (log, _) = EventLog::open(Options::new(folder.path().join("log")))?;
        let stop = CancellationToken::new();
        let journal = Arc::new(EmbeddedJournal::new(log, journal::personal::Keys::in_memory()));
        let kit = Kit::new(journal, Clock::System, folder.path(), Limits::default(), stop.clone());
        let view = ViewStore::spawn::<V>(&kit, vec![])?;
        let file = folder.path().join(format!("{}.sqlite", V::NAME));
        fill(&file, |tables| {
            tables.execute(rows, rusqlite::params_from_iter(values))?;
            Ok(tables.execute_batch(counts)?)
        })
        .context("filling the view")?;
        Ok(Filled { view, scope: Scope::whole(), stop, file, _folder: folder })
    }

    async fn board(&self, settings: &Settings, of: &str, now: Timestamp) -> anyhow::Result<Line> {
        let zone = Zone::named(ZONE)?;
        let tables = Mutex::new(Connection::open(&self.file)?);
        let count = || {
            let tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
            let mut statement = tables.prepare_cached(COUNTED)?;
            let rows = statement.query_map([now.as_microsecond()], |row| row.get::<_, String>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>().map(drop)
        };
        let took = Mutex::new(Vec::new());
        let cases = [
            Case::new("the board", || {
                async {
                    let first = GetBoardRequest::default();
                    let ask = || async {
                        self.view
                            .query(Scope::whole(), 0, followup::board(&first, now, &zone)?)
                            .await
                            .map(drop)
                    };
                    let (sample, times) = measure(settings.time, ask).await?;
                    took.lock().unwrap_or_else(PoisonError::into_inner).extend(times);
                    Ok(sample)
                }
                .boxed()
            }),
            Case::new("counting every row", || {
                async { Ok(measure(settings.time, || async { count() }).await?.0) }.boxed()
            }),
        ];
        let series = alternate(settings.rounds, &cases).await?;
        let p50 = |samples: &[Sample]| {
            Duration::from_secs_f64(report::median(samples, |sample| sample.p50.as_secs_f64()))
        };
        let p95 = percentile(&mut took.lock().unwrap_or_else(PoisonError::into_inner), 95);
        let ratio = report::ratios(&series[0], &series[1], |sample| sample.p50.as_secs_f64());
        Ok(Line {
            case: format!("the board of {of}"),
            measured: format!("p50 {}, p95 {}", report::time(p50(&series[0])), report::time(p95)),
            reference: format!("counting every row {}", report::time(p50(&series[1]))),
            ratio: format!("{:.4} ({:.4}–{:.4})", ratio.median, ratio.least, ratio.greatest),
            cpu: format!("{} : {}", report::cpu(&series[0]), report::cpu(&series[1])),
            target: format!("p95 ≤ {}", report::time(TARGET)),
            verdict: Target::AtMost(TARGET.as_secs_f64()).verdict(p95.as_secs_f64()),
        })
    }

    /// The columns up to one with every order, of one department and of all; as they are, or were at a position.
    async fn follow_ups(
        &self,
        last: BoardColumn,
        now: Timestamp,
        as_of: Option<u64>,
    ) -> anyhow::Result<Vec<List>> {
        let (zone, mut p95s) = (Zone::named(ZONE)?, Vec::new());
        for column in 0..=last as i32 {
            for order in ["due_at", "number"] {
                for (direction, lead) in ORDERS {
                    let request = ListFollowUpsRequest {
                        columns: (column > 0).then_some(column).into_iter().collect(),
                        order_by: format!("{order}{direction}"),
                        lead_code: lead.map(str::to_owned),
                        as_of_position: as_of,
                        ..Default::default()
                    };
                    let name = BoardColumn::try_from(column).map_or("", |column| column.as_str_name());
                    let name = format!("{name} {} {}", request.order_by, lead.unwrap_or_default());
                    let p95 = self.list(|| followup::follow_ups(&request, now, &zone)).await?;
                    p95s.push((name + &at(as_of), p95));
                }
            }
        }
        Ok(p95s)
    }

    /// Some items with every order, of one department and of all; as they are, or were at a position.
    async fn items(
        &self,
        filters: impl IntoIterator<Item = ListItemsRequest>,
        now: Timestamp,
        as_of: Option<u64>,
    ) -> anyhow::Result<Vec<List>> {
        let (zone, mut p95s) = (Zone::named(ZONE)?, Vec::new());
        for filter in filters {
            for order in ["number", "due_at"] {
                for (direction, lead) in ORDERS {
                    let (order_by, lead_code) = (format!("{order}{direction}"), lead.map(str::to_owned));
                    let request =
                        ListItemsRequest { order_by, lead_code, as_of_position: as_of, ..filter.clone() };
                    let name = format!(
                        "stage {:?} late {:?} blocked {:?} until {:?} words {:?} {} {:?}",
                        request.stage,
                        request.late,
                        request.blocked,
                        request.latest_due_on,
                        request.text,
                        request.order_by,
                        lead
                    );
                    let p95 = self.list(|| resolution::items(&request, now, &zone)).await?;
                    p95s.push((name + &at(as_of), p95));
                }
            }
        }
        Ok(p95s)
    }

    /// How long 95 of 100 answers of a list take at most.
    async fn list<Q, T, E>(&self, query: impl Fn() -> Result<Q, E>) -> anyhow::Result<Duration>
    where
        Q: FnOnce(ScopedTables<'_>) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
        E: std::fmt::Debug,
    {
        let mut times = Vec::new();
        for _ in 0..LIST_TIMES {
            let query = query().map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
            let begun = Instant::now();
            self.view.query(self.scope.clone(), 0, query).await?;
            times.push(begun.elapsed());
        }
        Ok(percentile(&mut times, 95))
    }
}

/// In the name of a list, the position as of which it is.
fn at(as_of: Option<u64>) -> String {
    as_of.map(|position| format!(" at {position}")).unwrap_or_default()
}

fn fill(file: &Path, work: impl FnOnce(&Connection) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let tables = Connection::open(file)?;
    tables.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN")?;
    work(&tables)?;
    Ok(tables.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?)
}

/// Asks again and again for some time.
async fn measure<F, E>(time: Duration, ask: impl Fn() -> F) -> anyhow::Result<(Sample, Vec<Duration>)>
where
    F: Future<Output = Result<(), E>>,
    E: Into<anyhow::Error>,
{
    let (mut times, begun, cpu) = (Vec::new(), Instant::now(), cpu_time(&[std::process::id()])?);
    while times.len() < QUERIES_MIN || begun.elapsed() < time {
        let asked = Instant::now();
        ask().await.map_err(Into::into)?;
        times.push(asked.elapsed());
    }
    let (took, cpu) = (begun.elapsed(), cpu_time(&[std::process::id()])? - cpu);
    let each = u32::try_from(times.len())?;
    let rate = f64::from(each) / took.as_secs_f64();
    Ok((Sample { rate, p50: percentile(&mut times, 50), cpu: cpu / each }, times))
}

/// The time that so many of 100 did not exceed.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent).div_ceil(100).saturating_sub(1)]
}

/// The line of many lists: the slowest, and what is usual.
fn slowest(of: &str, mut p95s: Vec<List>) -> Line {
    p95s.sort_by_key(|&(_, p95)| std::cmp::Reverse(p95));
    for (name, p95) in p95s.iter().filter(|&&(_, p95)| p95 > TARGET / 4) {
        eprintln!("  {name:<64} p95 {p95:>9.1?}");
    }
    let usual = Spread::of(p95s.iter().map(|(_, p95)| p95.as_secs_f64()));
    let over = p95s.iter().filter(|&&(_, p95)| p95 > TARGET).count();
    let (name, greatest) = p95s.first().map_or(("", Duration::ZERO), |(name, p95)| (name.trim(), *p95));
    Line {
        case: format!("{} lists of {of}", p95s.len()),
        measured: format!("p95 {}", report::time(Duration::from_secs_f64(usual.median))),
        reference: format!("slowest: {name} {}", report::time(greatest)),
        target: format!("p95 ≤ {}", report::time(TARGET)),
        verdict: if over == 0 { "reached".to_owned() } else { format!("missed by {over}") },
        ..Line::default()
    }
}
