//! Forecasts: how likely an item is done by its due date, by how long the items of its department took before.
//!
//! Empirical and pure: how long an item takes is drawn from what was seen of its department, those that are not done yet
//! included as far as they have come (Kaplan and Meier's estimator), in thousandths of the time that it was given. What an
//! item waits for is drawn before it. The same history, seed and runs give the same forecast, on any machine. Where too
//! little was seen there is none.

mod record;

pub use record::{Bin, Led, TrackRecord, track_record};

use crate::{Code, Uuid};
use std::collections::BTreeMap;

/// Items of a department that must be done before anything is said of another one.
pub const FINISHED_MIN: usize = 10;
/// Items that must have come at least as far as the one in question.
pub const AT_RISK_MIN: usize = 5;
/// The last items of a department that are looked at.
pub const HISTORY_MAX: u32 = 400;
/// How often a forecast is drawn.
pub const RUNS: u32 = 2_000;
/// Draws of all runs together, at most; of many items, there are fewer runs.
pub const DRAWS_MAX: u32 = 400_000;
/// The whole time that an item was given.
pub const WHOLE: u32 = 1_000;
/// What lasts longer is not told apart.
const RATIO_MAX: u32 = 1_000_000;

/// How long an item took, or has taken so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// In thousandths of the time that it was given.
    pub ratio: u32,
    /// Whether it is done.
    pub finished: bool,
}

impl Taken {
    /// What so many microseconds are of those that were given.
    pub fn of(micros: i64, given: i64, finished: bool) -> Taken {
        Taken { ratio: ratio(micros, given), finished }
    }
}

fn ratio(micros: i64, given: i64) -> u32 {
    let ratio = i128::from(micros.max(0)) * i128::from(WHOLE) / i128::from(given.max(1));
    u32::try_from(ratio).unwrap_or(RATIO_MAX).min(RATIO_MAX)
}

/// What was seen of a department.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// How many items are done.
    pub finished: usize,
    /// What was seen, in its order.
    taken: Vec<Taken>,
    /// After which time which share is not done yet, wherever it changes.
    steps: Vec<(u32, f64)>,
}

impl History {
    /// Adds up what was seen.
    pub fn of(taken: impl IntoIterator<Item = Taken>) -> History {
        let mut taken: Vec<Taken> = taken.into_iter().collect();
        taken.sort_unstable();
        let (mut share, mut steps) = (1.0, Vec::new());
        let mut at = 0;
        while at < taken.len() {
            let ratio = taken[at].ratio;
            let together = taken[at..].iter().take_while(|next| next.ratio == ratio);
            let (all, finished) = together
                .fold((0, 0), |(all, finished), next| (all + 1, finished + usize::from(next.finished)));
            if finished > 0 {
                share *= 1.0 - finished as f64 / (taken.len() - at) as f64;
                steps.push((ratio, share));
            }
            at += all;
        }
        History { finished: taken.iter().filter(|taken| taken.finished).count(), taken, steps }
    }

    /// The share that is not done after this time.
    fn open_after(&self, ratio: u32) -> f64 {
        let before = self.steps.partition_point(|&(step, _)| step <= ratio);
        if before == 0 { 1.0 } else { self.steps[before - 1].1 }
    }

    /// Whether enough was seen to say something of an item that has taken so long.
    pub fn says(&self, elapsed: u32) -> bool {
        let reached = self.taken.len() - self.taken.partition_point(|taken| taken.ratio < elapsed);
        self.finished >= FINISHED_MIN && reached >= AT_RISK_MIN && self.open_after(elapsed) > 0.0
    }

    /// How likely an item that has taken so long is done within this time; none where too little was seen.
    pub fn likelihood(&self, elapsed: u32, within: u32) -> Option<f64> {
        let open = self.open_after(elapsed);
        self.says(elapsed).then(|| if within <= elapsed { 0.0 } else { 1.0 - self.open_after(within) / open })
    }

    /// How long an item takes that has taken so long, at a number from 0 to 1; none where it takes longer than any that
    /// is done.
    fn draw(&self, elapsed: u32, number: f64) -> Option<u32> {
        let share = self.open_after(elapsed) * number;
        let nth = self.steps.partition_point(|&(step, open)| step <= elapsed || open > share);
        self.steps.get(nth).map(|&(step, _)| step)
    }
}

/// An item that is not done. Moments are microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Who leads it.
    pub lead: Code,
    /// Since when.
    pub started_at: i64,
    /// How long it was given.
    pub given: i64,
    /// Which it waits for; those that are done are left out.
    pub waits_for: Vec<Uuid>,
}

/// Why nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silence {
    /// Too little was seen of its department, or of one that it waits for.
    TooLittleHistory,
    /// It is claimed, done or rescinded.
    NotOpen,
    /// Its due moment has passed.
    Late,
    /// It is contested or suspended.
    ClockStandsStill,
    /// It waits for what is not shown.
    Unseen,
}

/// What is likely. Moments are microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// In how many of 100 runs it is done by its due moment.
    pub likelihood_percent: u32,
    /// By when it is done in half of the runs; none where it is not in so many.
    pub half_at: Option<i64>,
    /// By when it is done in nine of ten.
    pub nine_tenths_at: Option<i64>,
    /// How many runs there were.
    pub runs: u32,
}

/// What is pending, and what was seen of those who lead it.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'s> {
    /// The items: the one in question, and what it waits for, directly and through others.
    pub items: &'s BTreeMap<Uuid, Pending>,
    /// The histories of their leads.
    pub histories: &'s BTreeMap<Code, History>,
    /// The present moment.
    pub now: i64,
}

/// Forecasts an item. Nothing waits for itself through others.
pub fn forecast(situation: Situation<'_>, item: Uuid, due_at: i64, seed: u64) -> Result<Forecast, Silence> {
    for pending in situation.items.values() {
        let history = situation.histories.get(&pending.lead).ok_or(Silence::TooLittleHistory)?;
        if !history.says(situation.elapsed(pending)) {
            return Err(Silence::TooLittleHistory);
        }
    }
    let items = u32::try_from(situation.items.len()).unwrap_or(u32::MAX).max(1);
    let runs = (DRAWS_MAX / items).clamp(1, RUNS);
    let mut numbers = Numbers(seed);
    let mut ends: Vec<i64> = Vec::new();
    for _ in 0..runs {
        let mut done = BTreeMap::new();
        ends.push(situation.end(item, &mut done, &mut numbers).ok_or(Silence::Unseen)?);
    }
    ends.sort_unstable();
    let in_time = u64::try_from(ends.partition_point(|&end| end <= due_at)).unwrap_or_default();
    let by = |tenths: usize| {
        let nth = (ends.len() * tenths).div_ceil(10).saturating_sub(1);
        ends.get(nth).copied().filter(|&end| end < NEVER)
    };
    Ok(Forecast {
        likelihood_percent: u32::try_from(in_time * 100 / u64::from(runs)).unwrap_or_default(),
        half_at: by(5),
        nine_tenths_at: by(9),
        runs,
    })
}

/// Later than anything that was seen.
const NEVER: i64 = i64::MAX;

impl Situation<'_> {
    /// How long an item has taken. What waits has not begun.
    fn elapsed(&self, pending: &Pending) -> u32 {
        match pending.waits_for.is_empty() {
            true => ratio(self.now - pending.started_at, pending.given),
            false => 0,
        }
    }

    /// When an item is done in this run; none where it is not among the items.
    fn end(&self, item: Uuid, done: &mut BTreeMap<Uuid, i64>, numbers: &mut Numbers) -> Option<i64> {
        if let Some(end) = done.get(&item) {
            return Some(*end);
        }
        let pending = self.items.get(&item)?;
        let mut start = if pending.waits_for.is_empty() { pending.started_at } else { self.now };
        for on in &pending.waits_for {
            start = start.max(self.end(*on, done, numbers)?);
        }
        let history = self.histories.get(&pending.lead)?;
        let drawn = history.draw(self.elapsed(pending), numbers.next());
        let takes = |ratio: u32| {
            let micros = i128::from(ratio) * i128::from(pending.given) / i128::from(WHOLE);
            start.saturating_add(i64::try_from(micros).unwrap_or(NEVER)).max(self.now)
        };
        let end = if start == NEVER { NEVER } else { drawn.map_or(NEVER, takes) };
        done.insert(item, end);
        Some(end)
    }
}

/// Numbers that follow from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    /// From 0 to 1, without 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests;
