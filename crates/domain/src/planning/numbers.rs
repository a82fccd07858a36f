//! Numbers that look random and follow from a seed: xoshiro256++, started by SplitMix64.

/// A sequence of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Numbers([u64; 4]);

impl Numbers {
    /// The sequence of this seed.
    pub(crate) fn new(seed: u64) -> Numbers {
        let mut state = seed;
        Numbers(std::array::from_fn(|_| mix(&mut state)))
    }

    fn next(&mut self) -> u64 {
        let state = &mut self.0;
        let number = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        number
    }

    /// From 0 to one less than `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next() >> 32) * end as u128) >> 32) as usize
    }

    /// One of these, which are not none.
    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// The next number of SplitMix64.
pub(crate) fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
