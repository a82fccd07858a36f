//! When a department is busy because everybody who can come for it is.

use super::{Busy, Cause, Engagement};
use crate::{Code, Timestamp};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A member of a department, as far as it matters to when the department is busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDiary {
    /// The department.
    pub department: Code,
    /// Whether the member has the role of a delegate.
    pub is_delegate: bool,
    /// What keeps the member busy, in any order.
    pub engagements: Vec<Engagement>,
}

/// For each department, the stretches in which all of its members who can come are busy, in the order of the time. They do not
/// overlap; a department without such a stretch is not there.
pub fn members_away(members: impl IntoIterator<Item = MemberDiary>) -> BTreeMap<Code, Vec<Engagement>> {
    let mut departments: BTreeMap<Code, Vec<MemberDiary>> = BTreeMap::new();
    for member in members {
        departments.entry(member.department.clone()).or_default().push(member);
    }
    let away = departments.into_iter().map(|(code, members)| (code, all_busy(&who_can_come(members))));
    away.filter(|(_, stretches)| !stretches.is_empty()).collect()
}

/// What keeps those busy who can come: the delegates, or everybody when nobody is a delegate.
fn who_can_come(members: Vec<MemberDiary>) -> Vec<Vec<Engagement>> {
    let has_delegate = members.iter().any(|member| member.is_delegate);
    let coming = members.into_iter().filter(|member| member.is_delegate || !has_delegate);
    coming.map(|member| member.engagements).collect()
}

/// By what it is known that somebody is busy, the surest first: something that was recorded, a calendar, a stale one; of two
/// calendars the one that was read later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Basis {
    is_stale: bool,
    read_at: Option<Reverse<Timestamp>>,
}

impl Basis {
    fn of(engagement: &Engagement) -> Basis {
        let is_stale = engagement.cause == Cause::StaleCalendar;
        Basis { is_stale, read_at: engagement.read_at.map(Reverse) }
    }
}

/// A moment at which something that keeps somebody busy begins or ends.
struct Change {
    at: Timestamp,
    /// Whom it keeps busy, by their place among the others.
    member: usize,
    basis: Basis,
    begins: bool,
}

/// The moments at which something changes, in the order of the time.
fn changes(members: &[Vec<Engagement>]) -> Vec<Change> {
    let mut changes = Vec::new();
    for (member, engagements) in members.iter().enumerate() {
        for engagement in engagements.iter().filter(|one| one.time.starts_at < one.time.ends_at) {
            let Busy { starts_at, ends_at } = engagement.time;
            let basis = Basis::of(engagement);
            changes.push(Change { at: starts_at, member, basis, begins: true });
            changes.push(Change { at: ends_at, member, basis, begins: false });
        }
    }
    changes.sort_by_key(|change| change.at);
    changes
}

/// What keeps one member busy at a moment: how often each basis is there.
type Bases = BTreeMap<Basis, usize>;

/// When each of these is busy; never when there is nobody. Each moment is looked at once, whatever the number of engagements.
fn all_busy(members: &[Vec<Engagement>]) -> Vec<Engagement> {
    if members.is_empty() || members.iter().any(Vec::is_empty) {
        return vec![];
    }
    let mut now: Vec<Bases> = vec![Bases::new(); members.len()];
    let (mut busy, mut found) = (0, Vec::new());
    let changes = changes(members);
    let mut moments = changes.chunk_by(|one, other| one.at == other.at).peekable();
    while let Some(at_once) = moments.next() {
        for change in at_once {
            let bases = &mut now[change.member];
            busy -= usize::from(!bases.is_empty());
            let count = bases.entry(change.basis).or_default();
            *count = if change.begins { *count + 1 } else { count.saturating_sub(1) };
            bases.retain(|_, count| *count > 0);
            busy += usize::from(!bases.is_empty());
        }
        let next = moments.peek().and_then(|next| next.first());
        if let Some(next) = next.filter(|_| busy == members.len()) {
            let time = Busy { starts_at: at_once[0].at, ends_at: next.at };
            add(&mut found, all_by(&now, time));
        }
    }
    found
}

/// What a stretch is in which each of these is busy: it is as sure as the one of whom it is least sure.
fn all_by(members: &[Bases], time: Busy) -> Engagement {
    let surest = || members.iter().filter_map(|bases| bases.keys().next());
    let cause = match surest().any(|basis| basis.is_stale) {
        true => Cause::MembersAwayByStaleCalendar,
        false => Cause::MembersAway,
    };
    let read_first = surest().filter_map(|basis| basis.read_at).max();
    Engagement { time, cause, site: None, read_at: read_first.map(|Reverse(read_at)| read_at) }
}

/// Adds a stretch, to the last one when it goes on from there as it was.
fn add(found: &mut Vec<Engagement>, next: Engagement) {
    match found.last_mut() {
        Some(last)
            if Engagement { time: last.time, ..next } == *last
                && last.time.ends_at == next.time.starts_at =>
        {
            last.time.ends_at = next.time.ends_at;
        }
        _ => found.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::code;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn minute(minute: i64) -> Timestamp {
        "2027-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    fn engagement(from: i64, until: i64, cause: Cause) -> Engagement {
        let read_at = match cause {
            Cause::Calendar => Some(minute(-10)),
            Cause::StaleCalendar => Some(minute(-100)),
            _ => None,
        };
        let time = Busy { starts_at: minute(from), ends_at: minute(until) };
        Engagement { time, cause, site: None, read_at }
    }

    fn member(department: &str, is_delegate: bool, engagements: &[Engagement]) -> MemberDiary {
        MemberDiary { department: code(department), is_delegate, engagements: engagements.to_vec() }
    }

    /// When WATER is busy, in minutes, and by what.
    fn water(members: &[MemberDiary]) -> Vec<(i64, i64, Cause)> {
        let away = members_away(members.to_vec());
        let minutes = |at: Timestamp| at.duration_since(minute(0)).as_mins();
        let stretches = away.get(&code("WATER")).into_iter().flatten();
        stretches.map(|one| (minutes(one.time.starts_at), minutes(one.time.ends_at), one.cause)).collect()
    }

    #[test]
    fn a_department_is_away_while_all_who_can_come_are() {
        let absent = |from, until| engagement(from, until, Cause::Absence);
        let (early, late) = (absent(0, 30), absent(20, 50));
        let both = [member("WATER", true, &[early]), member("WATER", true, &[late])];
        assert_eq!(water(&both), [(20, 30, Cause::MembersAway)]);
        let one = [member("WATER", true, &[early]), member("WATER", true, &[])];
        assert_eq!(water(&one), [], "one can come");
        let clerk = [both.to_vec(), vec![member("WATER", false, &[])]].concat();
        assert_eq!(water(&clerk), [(20, 30, Cause::MembersAway)], "who is no delegate does not come");
        let nobody_delegated = [member("WATER", false, &[early]), member("WATER", false, &[late])];
        assert_eq!(water(&nobody_delegated), [(20, 30, Cause::MembersAway)], "then all can");
        assert_eq!(water(&[member("ROADS", true, &[early])]), [], "others come for others");
        assert_eq!(members_away([]), BTreeMap::new());
    }

    #[test]
    fn it_is_as_stale_as_the_calendar_on_which_it_rests() {
        let fresh = engagement(0, 60, Cause::Calendar);
        let stale = engagement(0, 60, Cause::StaleCalendar);
        let absent = engagement(20, 30, Cause::Absence);
        let one_is_stale = [member("WATER", true, &[fresh]), member("WATER", true, &[stale, absent])];
        let by_stale = Cause::MembersAwayByStaleCalendar;
        let expected = [(0, 20, by_stale), (20, 30, Cause::MembersAway), (30, 60, by_stale)];
        assert_eq!(water(&one_is_stale), expected);
        let away = members_away(one_is_stale);
        let read_at: Vec<Option<Timestamp>> = away[&code("WATER")].iter().map(|one| one.read_at).collect();
        let (first, later) = (Some(minute(-100)), Some(minute(-10)));
        assert_eq!(read_at, [first, later, first], "of two calendars, of when the older one is");
        let absent = [member("WATER", true, &[engagement(0, 60, Cause::Absence)])];
        assert_eq!(members_away(absent)[&code("WATER")][0].read_at, None);
    }

    const MINUTES: i64 = 40;

    fn any_member() -> impl Strategy<Value = MemberDiary> {
        let cause = prop_oneof![Just(Cause::Absence), Just(Cause::Calendar), Just(Cause::StaleCalendar)];
        let stretch = (0..MINUTES, 0_i64..15, cause);
        let stretch = stretch.prop_map(|(from, length, cause)| engagement(from, from + length, cause));
        (any::<bool>(), any::<bool>(), prop::collection::vec(stretch, 0..6)).prop_map(
            |(is_water, is_delegate, engagements)| {
                member(if is_water { "WATER" } else { "ROADS" }, is_delegate, &engagements)
            },
        )
    }

    proptest! {
        /// Counted again, minute by minute.
        #[test]
        fn it_is_away_at_every_moment_at_which_each_of_them_is(
            members in prop::collection::vec(any_member(), 0..7)
        ) {
            let away = members_away(members.clone());
            for department in [code("WATER"), code("ROADS")] {
                let own: Vec<&MemberDiary> = members.iter().filter(|one| one.department == department).collect();
                let delegates: Vec<&MemberDiary> = own.iter().copied().filter(|one| one.is_delegate).collect();
                let coming = if delegates.is_empty() { own } else { delegates };
                let said: Vec<Engagement> = away.get(&department).cloned().unwrap_or_default();
                let ordered = said.windows(2).all(|two| two[0].time.ends_at <= two[1].time.starts_at);
                prop_assert!(ordered && said.iter().all(|one| one.time.starts_at < one.time.ends_at));
                for nth in 0..MINUTES + 20 {
                    let now = |one: &&Engagement| one.time.starts_at <= minute(nth) && minute(nth) < one.time.ends_at;
                    let all = !coming.is_empty()
                        && coming.iter().all(|one| one.engagements.iter().any(|it| now(&it)));
                    let rests_on_stale = coming.iter().any(|one| {
                        one.engagements.iter().filter(now).all(|it| it.cause == Cause::StaleCalendar)
                    });
                    let expected = all.then_some(match rests_on_stale {
                        true => Cause::MembersAwayByStaleCalendar,
                        false => Cause::MembersAway,
                    });
                    prop_assert_eq!(said.iter().find(now).map(|one| one.cause), expected, "minute {}", nth);
                }
            }
        }
    }
}
