//! What a start, and a room, cost a meeting by itself.

use super::problem::Problem;
use super::score::Score;

/// Prices of single meetings.
#[derive(Debug)]
pub(super) struct Prices<'p> {
    problem: &'p Problem,
    /// For each room, the seats that larger rooms have more, summed up.
    larger: Vec<i64>,
}

impl<'p> Prices<'p> {
    /// The prices of this problem's meetings.
    pub(super) fn of(problem: &'p Problem) -> Prices<'p> {
        let seats = || problem.rooms().iter().map(|room| i64::from(room.capacity));
        let larger = seats().map(|own| seats().map(|other| (other - own).max(0)).sum()).collect();
        Prices { problem, larger }
    }

    /// What it costs that a meeting starts in this grain.
    pub(super) fn start(&self, meeting: usize, start: u32) -> Score {
        let days = self.problem.days();
        let last = start + self.problem.meetings()[meeting].grains - 1;
        let overtime = if last as usize >= days.len() { -i64::from(last) } else { 0 };
        let day = |grain: u32| days.get(grain as usize);
        let two_days = day(last).is_some_and(|end| day(start) != Some(end));
        Score { hard: overtime - i64::from(two_days), medium: 0, soft: -i64::from(last) }
    }

    /// What it costs that a meeting is in this room.
    pub(super) fn room(&self, meeting: usize, room: u32) -> Score {
        let seats = i64::from(self.problem.rooms()[room as usize].capacity);
        let persons = i64::from(self.problem.meetings()[meeting].attendees());
        Score { hard: -(persons - seats).max(0), medium: 0, soft: -self.larger[room as usize] }
    }
}
