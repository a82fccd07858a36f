//! Travel (路程): how many minutes it takes from one site to another. One stream of the realm has all of it, so that whoever
//! decides in two sessions at two sites has the time between them.

use super::authority::must_be_own;
use super::slots::Busy;
use crate::{Aggregate, Audience, Code, Issued, Timestamp, Uuid, aggregate::id_of_code, rejections};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// Minutes from one site to another, at most.
pub const MINUTES_MAX: u32 = 12 * 60;
/// Ways between sites, at most; one that is the same both ways counts twice.
pub const WAYS_MAX: usize = 1_000;

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Says how long it takes from one site to another.
    Define {
        /// The one.
        from: Code,
        /// The other.
        to: Code,
        /// So many minutes.
        minutes: u32,
        /// Whether it takes as long as before the other way.
        one_way: bool,
        /// The departments for which whoever issued it answers.
        answered_for: BTreeSet<Code>,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It takes so long from one site to another.
    Defined {
        /// The one.
        from: Code,
        /// The other.
        to: Code,
        /// So many minutes.
        minutes: u32,
        /// Whether it takes as long as before the other way.
        one_way: bool,
        /// The department whose people may change it; none when somebody said it who speaks for none.
        department: Option<Code>,
    },
}

rejections! {
    /// Why a travel time is refused.
    Rejection {
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        SameSite("SAME_SITE") { site_code: Code } = "no time is needed from {site_code} to itself",
        TravelOutOfRange("TRAVEL_OUT_OF_RANGE") { minutes: u32, max: u32 } =
            "{minutes} minutes are given; at most {max} are accepted",
        TooManyEntries("TOO_MANY_ENTRIES") { field: &'static str, given: usize, max: usize } =
            "{field} has {given} entries; it can have {max}",
    }
}

/// How long a way takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// So many minutes.
    pub minutes: u32,
    /// The department whose people may change it.
    pub department: Option<Code>,
}

/// What is known of all ways, from one site to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The ways.
    pub ways: BTreeMap<(Code, Code), Way>,
}

/// A site, and how long it takes there from others, and to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The site; none when nobody has said where the room is.
    pub site: Option<Code>,
    /// Minutes from other sites to this one.
    pub to_here: BTreeMap<Code, u32>,
    /// Minutes from this one to others.
    pub from_here: BTreeMap<Code, u32>,
}

impl State {
    /// What is known about a site.
    pub fn around(&self, site: Option<&Code>) -> Whereabouts {
        let mut around = Whereabouts { site: site.cloned(), ..Whereabouts::default() };
        for ((from, to), way) in &self.ways {
            if site == Some(to) {
                around.to_here.insert(from.clone(), way.minutes);
            } else if site == Some(from) {
                around.from_here.insert(to.clone(), way.minutes);
            }
        }
        around
    }

    /// The same for many questions.
    pub fn distances(&self) -> Distances {
        let sites: BTreeSet<&Code> = self.ways.keys().flat_map(|(from, to)| [from, to]).collect();
        let sites: Vec<Code> = sites.into_iter().cloned().collect();
        let longest = self.ways.values().map(|way| way.minutes).max().unwrap_or_default();
        let longest = SignedDuration::from_mins(longest.into());
        let mut distances = Distances { sites, longest, ..Distances::default() };
        for ((from, to), way) in &self.ways {
            if let (Some(from), Some(to)) = (distances.site(from), distances.site(to)) {
                distances.minutes.insert((from, to), way.minutes);
            }
        }
        distances
    }
}

/// A site, by its place among those that have a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site(usize);

/// How long it takes between sites; none at all where nobody has said it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distances {
    sites: Vec<Code>,
    minutes: BTreeMap<(Site, Site), u32>,
    /// The longest of them.
    longest: SignedDuration,
}

/// A time at a site.
pub type Stay = (Busy, Option<Site>);

impl Distances {
    /// The site of this code; none when it has no way, so that nothing needs time from there.
    pub fn site(&self, code: &Code) -> Option<Site> {
        self.sites.binary_search(code).ok().map(Site)
    }

    /// The code of a site.
    pub fn code(&self, site: Site) -> &Code {
        &self.sites[site.0]
    }

    /// The way of which there is too little time between two stays that do not overlap: from, to, and its minutes.
    pub fn too_long(&self, one: Stay, other: Stay) -> Option<(Site, Site, u32)> {
        let (earlier, later) = if one.0.starts_at <= other.0.starts_at { (one, other) } else { (other, one) };
        let (from, to) = (earlier.1?, later.1?);
        let minutes = *self.minutes.get(&(from, to))?;
        (!leaves(earlier.0.ends_at, later.0.starts_at, minutes)).then_some((from, to, minutes))
    }

    /// A time, with the longest way before and after it.
    pub fn around(&self, time: Busy) -> Busy {
        Busy {
            starts_at: time.starts_at.checked_sub(self.longest).unwrap_or(Timestamp::MIN),
            ends_at: time.ends_at.checked_add(self.longest).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Whether there are so many minutes between the end of one thing and the start of another.
pub(super) fn leaves(ends_at: Timestamp, starts_at: Timestamp, minutes: u32) -> bool {
    starts_at.duration_since(ends_at) >= SignedDuration::from_mins(minutes.into())
}

/// The travel aggregate; a realm has one.
#[derive(Debug)]
pub struct Travel;

impl Travel {
    /// The id of the realm's travel times.
    pub fn realm_id() -> Uuid {
        id_of_code(Self::CATEGORY, "realm")
    }
}

impl Aggregate for Travel {
    const CATEGORY: &'static str = "scheduling.travel";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Define { from, to, minutes, one_way, answered_for } = command;
        if from == to {
            return Err(Rejection::SameSite { site_code: from });
        }
        if minutes > MINUTES_MAX {
            return Err(Rejection::TravelOutOfRange { minutes, max: MINUTES_MAX });
        }
        let ways = [(from.clone(), to.clone()), (to.clone(), from.clone())];
        let ways = &ways[..if one_way { 1 } else { 2 }];
        let known = || ways.iter().filter_map(|way| state.ways.get(way));
        if known().count() == ways.len() && known().all(|way| way.minutes == minutes) {
            return Ok(vec![]);
        }
        for way in known() {
            must_be_own(way.department.as_ref(), &answered_for, issued).map_err(|needed_codes| {
                Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes }
            })?;
        }
        let (given, max) = (state.ways.len() + ways.len() - known().count(), WAYS_MAX);
        if given > max {
            return Err(Rejection::TooManyEntries { field: "travel_times", given, max });
        }
        let department =
            known().next().map_or_else(|| issued.by.department.clone(), |way| way.department.clone());
        Ok(vec![Event::Defined { from, to, minutes, one_way, department }])
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::Defined { from, to, minutes, one_way, department } = event;
        let way = Way { minutes: *minutes, department: department.clone() };
        if !one_way {
            state.ways.insert((to.clone(), from.clone()), way.clone());
        }
        state.ways.insert((from.clone(), to.clone()), way);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{actor, code, given};
    use crate::{Refusal as _, Role};

    fn define(from: &str, to: &str, minutes: u32, one_way: bool) -> Command {
        let answered_for = [code("WATER")].into();
        Command::Define { from: code(from), to: code(to), minutes, one_way, answered_for }
    }

    fn defined(commands: &[Command]) -> Vec<Event> {
        commands.iter().fold(vec![], |history, command| {
            let by = actor("li", "WATER", Role::Clerk);
            let events = given::<Travel>(&history).by(by).when(command.clone()).unwrap();
            [history, events].concat()
        })
    }

    #[test]
    fn a_way_takes_as_long_back_unless_that_is_said_otherwise() {
        let history = defined(&[define("CITY", "PORT", 40, false), define("PORT", "CITY", 55, true)]);
        let state = Travel::fold(State::default(), &history);
        let port = state.around(Some(&code("PORT")));
        assert_eq!(port.to_here, BTreeMap::from([(code("CITY"), 40)]));
        assert_eq!(port.from_here, BTreeMap::from([(code("CITY"), 55)]));
        assert_eq!(state.around(Some(&code("市政府"))).to_here, BTreeMap::new(), "nobody has said it");
        assert_eq!(given::<Travel>(&history).when(define("CITY", "PORT", 40, true)), Ok(vec![]));
    }

    #[test]
    fn what_is_no_way_is_refused_and_so_is_whoever_it_does_not_belong_to() {
        let history = defined(&[define("CITY", "PORT", 40, false)]);
        let by = |name: &str, own: &str, command| {
            given::<Travel>(&history).by(actor(name, own, Role::Clerk)).when(command)
        };
        let refused = |command| by("li", "WATER", command).unwrap_err().reason();
        assert_eq!(refused(define("CITY", "CITY", 5, false)), "SAME_SITE");
        assert_eq!(refused(define("CITY", "MINE", MINUTES_MAX + 1, false)), "TRAVEL_OUT_OF_RANGE");
        let Command::Define { from, to, minutes, one_way, .. } = define("PORT", "CITY", 5, true);
        let stranger = Command::Define { from, to, minutes, one_way, answered_for: [code("ROADS")].into() };
        assert_eq!(by("wang", "ROADS", stranger).unwrap_err().reason(), "NOT_YOUR_DEPARTMENT");
        assert!(by("li", "WATER", define("PORT", "CITY", 0, true)).is_ok(), "its own people change it");
    }

    #[test]
    fn there_is_too_little_time_when_the_way_is_longer_than_the_pause() {
        let state = Travel::fold(State::default(), &defined(&[define("CITY", "PORT", 40, true)]));
        let distances = state.distances();
        let (city, port) = (distances.site(&code("CITY")), distances.site(&code("PORT")));
        let minute = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let busy = |from, until| Busy { starts_at: minute(from), ends_at: minute(until) };
        let until =
            |site, from| distances.too_long((busy(0, 60), city), (busy(from, from + 60), site)).is_some();
        assert!(until(port, 99) && !until(port, 100), "40 minutes are enough, 39 are not");
        assert!(!until(city, 60) && !until(None, 60), "it is the same site, or nobody knows which");
        let back = distances.too_long((busy(61, 90), city), (busy(0, 60), port));
        assert_eq!(back, None, "nobody has said how long it takes the other way");
    }
}
