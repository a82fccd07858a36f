//! The track record of forecasts: what would have been said of a department's items half way to their first due date, by
//! what was known then, and what became of them.

use super::{FINISHED_MIN, History, Taken, WHOLE};

/// Bins of a calibration.
const BINS: u32 = 5;

/// An item that a department led. Moments are microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Led {
    /// Since when.
    pub started_at: i64,
    /// When it was first promised.
    pub first_due_at: i64,
    /// When it was done, if it is.
    pub finished_at: Option<i64>,
}

impl Led {
    fn given(&self) -> i64 {
        (self.first_due_at - self.started_at).max(1)
    }

    /// How long it took, or has taken, as far as that was known at a moment.
    pub fn taken(&self, at: i64) -> Taken {
        let finished = self.finished_at.filter(|&finished| finished <= at);
        Taken::of(finished.unwrap_or(at) - self.started_at, self.given(), finished.is_some())
    }
}

/// Forecasts of about the same likelihood, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// How many there are.
    pub forecasts: u32,
    /// The mean of what they said, in percent.
    pub said_percent: f64,
    /// How many of 100 were done in time.
    pub happened_percent: f64,
}

/// How good forecasts were.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRecord {
    /// How many there are.
    pub forecasts: u32,
    /// The mean square of how far they were off, from 0 (always right) to 1 (always wrong).
    pub brier_score: f64,
    /// The same, had each said the share that was done in time.
    pub base_brier_score: f64,
    /// From 0 to 20 percent, to 40, and so on.
    pub bins: [Bin; BINS as usize],
}

/// The track record of a department's items; none where there are too few forecasts to judge.
pub fn track_record(items: &[Led], now: i64) -> Option<TrackRecord> {
    let judged: Vec<(f64, bool)> = items.iter().filter_map(|item| judge(item, items, now)).collect();
    if judged.len() < FINISHED_MIN {
        return None;
    }
    let count = judged.len() as f64;
    let outcome = |happened: bool| if happened { 1.0 } else { 0.0 };
    let base = judged.iter().map(|&(_, happened)| outcome(happened)).sum::<f64>() / count;
    let score = |said: f64, happened: bool| (said - outcome(happened)) * (said - outcome(happened));
    let mut bins = [Bin::default(); BINS as usize];
    for &(said, happened) in &judged {
        let bin = &mut bins[((said * f64::from(BINS)) as usize).min(BINS as usize - 1)];
        bin.forecasts += 1;
        bin.said_percent += 100.0 * said;
        bin.happened_percent += 100.0 * outcome(happened);
    }
    for bin in bins.iter_mut().filter(|bin| bin.forecasts > 0) {
        bin.said_percent /= f64::from(bin.forecasts);
        bin.happened_percent /= f64::from(bin.forecasts);
    }
    Some(TrackRecord {
        forecasts: u32::try_from(judged.len()).unwrap_or(u32::MAX),
        brier_score: judged.iter().map(|&(said, happened)| score(said, happened)).sum::<f64>() / count,
        base_brier_score: base * (1.0 - base),
        bins,
    })
}

/// What would have been said of an item half way to its first due date, and whether it was done by then.
fn judge(item: &Led, items: &[Led], now: i64) -> Option<(f64, bool)> {
    let half_way = item.started_at + item.given() / 2;
    let is_known = now > item.first_due_at || item.finished_at.is_some();
    if !is_known || half_way > now || item.finished_at.is_some_and(|finished| finished <= half_way) {
        return None;
    }
    let known = items.iter().filter(|other| *other != item && other.started_at < half_way);
    let history = History::of(known.map(|other| other.taken(half_way)));
    let said = history.likelihood(WHOLE / 2, WHOLE)?;
    Some((said, item.finished_at.is_some_and(|finished| finished <= item.first_due_at)))
}
