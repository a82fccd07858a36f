//! Test settings and random numbers, which make a run repeatable.

use std::env;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a number from the environment, or the default.
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}

/// Returns the seed of this run: `FAULTS_SEED`, or a new one.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    setting("FAULTS_SEED", u64::from(now.subsec_nanos()))
}

/// Returns the command that repeats a test with these `FAULTS_…` settings.
pub fn command(test: &str, settings: &[(&str, u64)]) -> String {
    let settings: String = settings.iter().map(|(name, value)| format!("FAULTS_{name}={value} ")).collect();
    format!("{settings}cargo test -p tests --test faults {test}")
}

/// Random numbers (SplitMix64): the same seed always produces the same sequence, on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Creates the sequence with this number among those of a seed.
    pub fn new(seed: u64, number: u64) -> Random {
        let mut random = Random(seed);
        Random(random.next() ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// Returns the next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`, which must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Returns true with a probability of 1 in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
