//! The burn-up of a target: its scope and what of it is done, as a picture and as a table.

use super::value;
use crate::desk::markup::Markup;
use crate::desk::moment::Calendar;
use crate::desk::words::Words;
use proto::resolution::v1::{TargetPoint, TargetTerms};

/// The picture, in pixels.
const WIDTH: f64 = 1190.0;
const HEIGHT: f64 = 240.0;
const MARGIN: f64 = 40.0;

/// A moment of it.
pub(in crate::desk) struct Point {
    pub(in crate::desk) at: Markup,
    pub(in crate::desk) scope: u32,
    pub(in crate::desk) done: u32,
    pub(in crate::desk) value: String,
}

/// What is drawn and said.
pub(in crate::desk) struct BurnUp {
    pub(in crate::desk) points: Vec<Point>,
    /// The lines, as SVG has them.
    pub(in crate::desk) scope: String,
    pub(in crate::desk) done: String,
    /// The greatest number, at the top of the picture.
    pub(in crate::desk) most: u32,
    pub(in crate::desk) sum: String,
}

pub(super) fn of(words: Words, calendar: &Calendar, terms: &TargetTerms, points: &[TargetPoint]) -> BurnUp {
    let most = points.iter().map(|point| point.scope).max().unwrap_or_default().max(1);
    let last = points.len().saturating_sub(1).max(1) as f64;
    let line = |count: fn(&TargetPoint) -> u32| {
        let places = points.iter().enumerate().map(|(nth, point)| {
            let x = MARGIN + (WIDTH - 2.0 * MARGIN) * nth as f64 / last;
            let y = HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * f64::from(count(point)) / f64::from(most);
            format!("{x:.1},{y:.1}")
        });
        places.collect::<Vec<_>>().join(" ")
    };
    let now = points.last().cloned().unwrap_or_default();
    BurnUp {
        scope: line(|point| point.scope),
        done: line(|point| point.done),
        most,
        sum: words.say(
            "{done} of {scope} items are done; at first there were {first}.",
            &[
                ("done", &now.done),
                ("scope", &now.scope),
                ("first", &points.first().map_or(0, |point| point.scope)),
            ],
        ),
        points: points
            .iter()
            .map(|point| Point {
                at: calendar.short(words, &point.measured_at.unwrap_or_default()),
                scope: point.scope,
                done: point.done,
                value: value(terms.measure(), point.value),
            })
            .collect(),
    }
}
