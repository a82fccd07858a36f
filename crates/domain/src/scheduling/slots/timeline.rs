//! What takes time, in order.

use crate::Timestamp;
use crate::scheduling::travel::Site;
use jiff::SignedDuration;

/// A stretch of time that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Busy {
    /// The first moment.
    pub starts_at: Timestamp,
    /// The moment at which it is over.
    pub ends_at: Timestamp,
}

impl Busy {
    /// Whether the two have a moment in common.
    pub fn overlaps(&self, other: &Busy) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// What takes the time of a department, a room or a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A session that it attends, or that is in the room.
    Session,
    /// A session in which it decides.
    Decision,
    /// An absence that was recorded.
    Absence,
    /// A calendar that is kept elsewhere.
    Calendar,
    /// The same, and it was read long ago, or cannot be read any more.
    StaleCalendar,
    /// A poll: the time is held for a session, and gives way.
    Held,
    /// All members who can come for the department are away.
    MembersAway,
    /// The same, and of one of them only a calendar says so that is stale.
    MembersAwayByStaleCalendar,
}

/// A stretch of time that is taken, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Engagement {
    /// When.
    pub time: Busy,
    /// By what.
    pub cause: Cause,
    /// Where, when it is a session in a room from whose site something needs time.
    pub site: Option<Site>,
    /// When the calendar that says so was read, when one that is kept elsewhere does; of several, the one that was read first.
    pub read_at: Option<Timestamp>,
}

/// The engagements of a department or a room, by their first moments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    engagements: Vec<Engagement>,
    /// How long the longest is.
    longest: SignedDuration,
}

impl Timeline {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Engagement> {
        self.engagements.iter()
    }

    /// Those that have a moment in common with this time.
    pub fn overlapping(&self, time: Busy) -> impl Iterator<Item = &Engagement> {
        let earliest = time.starts_at.checked_sub(self.longest).unwrap_or(Timestamp::MIN);
        let first = self.engagements.partition_point(|engagement| engagement.time.starts_at < earliest);
        let near = self.engagements[first..].iter();
        near.take_while(move |engagement| engagement.time.starts_at < time.ends_at)
            .filter(move |engagement| engagement.time.overlaps(&time))
    }

    /// The same, and one more.
    pub fn with(self, engagement: Engagement) -> Timeline {
        self.engagements.into_iter().chain([engagement]).collect()
    }
}

impl FromIterator<Engagement> for Timeline {
    fn from_iter<I: IntoIterator<Item = Engagement>>(engagements: I) -> Timeline {
        let mut engagements: Vec<Engagement> = engagements.into_iter().collect();
        engagements.sort();
        let length = |engagement: &Engagement| {
            engagement.time.ends_at.duration_since(engagement.time.starts_at).max(SignedDuration::ZERO)
        };
        let longest = engagements.iter().map(length).max().unwrap_or_default();
        Timeline { engagements, longest }
    }
}
