//! Which of the times of a poll suits best.

use super::{Known, ProposedTime, Suitability};
use crate::Timestamp;
use std::cmp::Reverse;

/// By what a time is compared with others; the least is the best.
type Key = (bool, usize, Reverse<usize>, u32, Timestamp);

/// The numbers of the times that may be adopted, the best first: whether as many departments as the quorum say that they could decide,
/// whom fewest say no to, whom most say yes to; then only what diaries say, which is a price for each time; of equal ones the
/// earliest.
pub fn ranking(known: &Known, quorum: u32, price_of: impl Fn(&ProposedTime) -> u32) -> Vec<u32> {
    let key = |time: &ProposedTime| -> Key {
        let said = |among: &[crate::Code], suits: &dyn Fn(Suitability) -> bool| {
            among.iter().filter_map(|one| known.answer(one, time.number)).filter(|said| suits(*said)).count()
        };
        let asked = &known.asked;
        let deciding = said(&asked.deciding, &|said| said != Suitability::No);
        let [no, yes] =
            [Suitability::No, Suitability::Yes].map(|one| said(&asked.departments, &|it| it == one));
        (deciding < quorum as usize, no, Reverse(yes), price_of(time), time.slot.starts_at)
    };
    if !known.is_running() {
        return vec![];
    }
    let mut times: Vec<(Key, u32)> = known.open_times().map(|time| (key(time), time.number)).collect();
    times.sort_unstable();
    times.into_iter().map(|(_, number)| number).collect()
}
