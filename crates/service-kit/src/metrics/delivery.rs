//! What waits to be delivered.

use super::catalogue::{DELIVERIES_FAILING, DELIVERIES_WAITING};
use metrics::Gauge;

/// The part that one subscription has in what waits. It ends when this is dropped: of a subscription that is off,
/// nothing is awaited.
pub struct Waiting {
    gauges: [Gauge; 2],
    counted: [u32; 2],
}

impl Waiting {
    /// Nothing waits yet.
    pub fn nothing() -> Waiting {
        let gauges = [DELIVERIES_WAITING.gauge(&[]), DELIVERIES_FAILING.gauge(&[])];
        // So that there is a value also where nobody has ever subscribed.
        gauges.iter().for_each(|gauge| gauge.increment(0.0));
        Waiting { gauges, counted: [0, 0] }
    }

    /// Records how many events wait, and how many of them were sent before and not accepted.
    pub fn set(&mut self, waiting: u32, failing: u32) {
        let now = [waiting, failing];
        for ((gauge, before), now) in self.gauges.iter().zip(self.counted).zip(now) {
            gauge.increment(f64::from(now) - f64::from(before));
        }
        self.counted = now;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.set(0, 0);
    }
}
