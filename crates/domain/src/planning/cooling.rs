//! How much worse a step may make the plan: much at first, and less and less.
//!
//! Only what IEEE 754 defines exactly is computed with, so that a search goes the same way on every machine.

use crate::planning::numbers::Numbers;

/// The last temperature, in soft points.
const COLD: f64 = 5.0;

/// Steps of the table of patience.
const PATIENCE: usize = 4_096;

/// The temperature, which falls.
#[derive(Debug)]
pub(crate) struct Cooling {
    temperature: f64,
    factor: f64,
    /// Numbers of the exponential distribution with mean 1, all equally likely.
    patience: Vec<f64>,
}

impl Cooling {
    /// From a temperature, in soft points, to the last one, over two to this power of temperatures.
    pub(crate) fn new(hot: f64, stages_log2: u32) -> Cooling {
        let factor = (0..stages_log2).fold(COLD / hot, |factor, _| factor.sqrt());
        let patience = (0..PATIENCE).map(|nth| minus_ln((nth as f64 + 0.5) / PATIENCE as f64));
        Cooling { temperature: hot, factor, patience: patience.collect() }
    }

    /// How much worse the next step may make the plan.
    pub(crate) fn limit(&self, numbers: &mut Numbers) -> i64 {
        (self.temperature * numbers.of(&self.patience)) as i64
    }

    /// The next temperature.
    pub(crate) fn cool(&mut self) {
        self.temperature *= self.factor;
    }
}

/// `-ln` of a number above 0 and below 1, by the series of the inverse hyperbolic tangent.
fn minus_ln(number: f64) -> f64 {
    let (mut mantissa, mut halvings) = (number, 0.0);
    while mantissa < 0.5 {
        mantissa *= 2.0;
        halvings += 1.0;
    }
    let ratio = (1.0 - mantissa) / (1.0 + mantissa);
    let (mut power, mut sum) = (ratio, 0.0);
    for odd in (1..40).step_by(2) {
        sum += power / f64::from(odd);
        power *= ratio * ratio;
    }
    2.0 * sum + halvings * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_library() {
        for number in [0.000_122, 0.25, 0.3, 0.5, 0.75, 0.999] {
            assert!((minus_ln(number) + f64::ln(number)).abs() < 1e-9, "{number}");
        }
    }
}
