//! After any life, the rows of rooms' bookings, of what else is busy, of members and of timetables are what the rules have of them.

use super::*;
use crate::views::{self, SchedulingView};
use domain::directory::member::{self, Member};
use domain::process::end_diary;
use domain::scheduling::availability::{self, Availability, Holder, HolderKind, Keepers};
use domain::scheduling::room::{self, Room};
use domain::scheduling::session::Slot;
use domain::scheduling::slots::{Busy, Cause, Engagement, MemberDiary, members_away};
use domain::scheduling::timetable::{self, Proposal, Row, Timetable};
use domain::testing::code;
use domain::{Aggregate as _, Code, Issued, Text};
use jiff::SignedDuration;
use proptest::prelude::*;
use service_kit::Scope;
use service_kit::view::InMemory;
use std::collections::BTreeMap;

fn hour(hours: i64) -> Timestamp {
    at("2027-03-01T00:00:00Z") + SignedDuration::from_hours(hours)
}

fn busy(from: i64, hours: i64) -> Busy {
    Busy { starts_at: hour(from), ends_at: hour(from + hours) }
}

fn issued(at: Timestamp) -> Issued {
    Issued { at, by: Actor::process("test") }
}

/// The times of the only holder in the view, by cause.
fn times(view: &InMemory<SchedulingView>, now: Timestamp) -> Vec<(Cause, Busy)> {
    let window = (hour(0), hour(24 * 60));
    let entries = views::entries(vec![], window, now)(view.within(&Scope::whole())).unwrap();
    let mut found: Vec<(Cause, Busy)> =
        entries.iter().map(|entry| (entry.engagement.cause, entry.engagement.time)).collect();
    found.sort();
    found
}

/// What the rules have of members, and of what keeps them busy.
#[derive(Default)]
struct Members(BTreeMap<Code, (member::State, availability::State)>);

impl Members {
    /// When all who can come for a department are away, of all of them.
    fn away(&self) -> Vec<(Cause, Busy)> {
        let engagement =
            |time: &Busy| Engagement { time: *time, cause: Cause::Absence, site: None, read_at: None };
        let diaries = self.0.values().filter_map(|(state, busy)| {
            let profile = state.profile()?;
            Some(MemberDiary {
                department: profile.department.clone(),
                is_delegate: profile.roles.contains(&Role::Delegate),
                engagements: busy.absences.values().map(engagement).collect(),
            })
        });
        let away = members_away(diaries).into_values().flatten();
        let mut away: Vec<(Cause, Busy)> = away.map(|one| (one.cause, one.time)).collect();
        away.sort();
        away
    }
}

fn proposal(changes: u8, kept: u8) -> Proposal {
    let slot = |nth: i64| Slot { room: code("R-301"), starts_at: hour(nth), ends_at: hour(nth + 1) };
    let row = |nth: u8, slot| Row {
        session: Uuid::from_u128(nth.into()),
        announced: None,
        slot,
        is_pinned: false,
        before: vec![],
        after: vec![],
        obstacles: vec![],
    };
    let rows = (0..changes + kept).map(|nth| row(nth, (nth < changes).then(|| slot(nth.into()))));
    Proposal {
        title: line("第二季度"),
        bodies: vec![code("JOINT")],
        from_at: hour(0),
        until_at: hour(99),
        seed: 1,
        steps: 1,
        rows: rows.collect(),
        costliest: None,
    }
}

#[test]
fn a_calendar_of_a_member_who_was_erased_is_not_read_any_more() {
    for (who, expected) in [("li", 1), ("erased-0a1b2c3d", 0)] {
        let mut view = InMemory::<SchedulingView>::new().unwrap();
        let (name, department) = (line("成员"), code("MOF"));
        let profile = member::Profile { code: code(who), name, department, email: None, roles: vec![] };
        let registered = member::Event::Registered { profile };
        view.project::<Member>(Member::id(&code("li")), hour(0), &[registered]).unwrap();
        let subscribed = availability::Event::CalendarSubscribed {
            holder: Holder { kind: HolderKind::Member, code: code(who) },
            calendar: line("日历"),
            subscription: Uuid::from_u128(1),
            url: Text::parse("https://calendar.example/li.ics").unwrap(),
            subscribed_at: hour(0),
        };
        view.project::<Availability>(Uuid::from_u128(2), hour(0), &[subscribed]).unwrap();
        let followed = views::subscribed_calendars()(view.within(&Scope::whole())).unwrap();
        assert_eq!(followed.len(), expected, "{who}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bookings_are_what_the_rules_have_of_them(
        life in prop::collection::vec((any::<bool>(), 1_u128..5, 0_i64..40, 1_i64..5), 0..30)
    ) {
        let (id, mut view) = (Room::id(&code("R-301")), InMemory::<SchedulingView>::new().unwrap());
        let profile = room::Profile { code: code("R-301"), name: line("三楼"), seats: 9, equipment: vec![], site: None };
        let first = room::Command::Register { profile, answered_for: [].into() };
        let mut state = room::State::default();
        let life = life.into_iter().map(|(books, session, from, hours)| {
            let session = Uuid::from_u128(session);
            let Busy { starts_at, ends_at } = busy(from, hours);
            if books {
                room::Command::Book { session, starts_at, ends_at, attendees: 1, equipment: vec![] }
            } else {
                room::Command::Release { session }
            }
        });
        for command in std::iter::once(first).chain(life) {
            let Ok(events) = Room::decide(&state, command, &issued(hour(0))) else { continue };
            state = Room::fold(state, &events);
            view.project::<Room>(id, hour(0), &events).unwrap();
            let bookings = (1_u128..5).filter_map(|session| state.booking(Uuid::from_u128(session)));
            let mut expected: Vec<(Cause, Busy)> = bookings
                .map(|it| (Cause::Session, Busy { starts_at: it.starts_at, ends_at: it.ends_at }))
                .collect();
            expected.sort();
            prop_assert_eq!(times(&view, hour(0)), expected);
        }
    }

    #[test]
    fn what_else_is_busy_is_what_the_rules_have_of_it(
        life in prop::collection::vec((0_u8..9, 0_u128..4, 0_i64..200, 1_i64..9, 0_i64..60), 0..30)
    ) {
        let holder = Holder { kind: HolderKind::Department, code: code("MOF") };
        let (id, mut view) = (Availability::id(&holder), InMemory::<SchedulingView>::new().unwrap());
        let (mut state, mut now) = (availability::State::default(), hour(0));
        let keepers = || Keepers { department: Some(code("MOF")), answered_for: [].into() };
        for (what, nth, from, hours, later) in life {
            now += SignedDuration::from_hours(later);
            let (absence, calendar) = (Uuid::from_u128(nth), line(&format!("日历 {nth}")));
            let Busy { starts_at, ends_at } = busy(from, hours);
            let command = match what {
                0 | 1 => availability::Command::RecordAbsence {
                    holder: holder.clone(),
                    absence: Uuid::from_u128(nth + 10 * from as u128),
                    starts_at,
                    ends_at,
                    keepers: keepers(),
                },
                2 => availability::Command::WithdrawAbsence { absence, keepers: keepers() },
                3 => availability::Command::Import {
                    holder: holder.clone(),
                    calendar,
                    times: vec![busy(from, hours), busy(from + 20, hours)],
                    keepers: keepers(),
                },
                4 => availability::Command::Forget { calendar, keepers: keepers() },
                5 => availability::Command::Subscribe {
                    holder: holder.clone(),
                    calendar,
                    subscription: Uuid::from_u128(nth + 1000 * from as u128),
                    url: Text::parse(&format!("https://calendar.example/{hours}")).unwrap(),
                    keepers: keepers(),
                },
                _ => {
                    let subscribed = state.calendars.values().filter_map(|known| known.subscribed.as_ref());
                    let Some(subscribed) = subscribed.cycle().nth(nth as usize).map(|it| it.id) else { continue };
                    let outcome = match what {
                        6 => availability::Outcome::Unchanged,
                        7 => availability::Outcome::Read(vec![busy(from, hours), busy(from + 20, hours)]),
                        _ => availability::Outcome::Failed {
                            failure: availability::Failure::TimedOut,
                            http_status: None,
                        },
                    };
                    availability::Command::NoteAttempt { subscription: subscribed, outcome }
                }
            };
            let known = state.absences.contains_key(&Uuid::from_u128(nth + 10 * from as u128));
            // Each absence has an id of its own.
            if what < 2 && known {
                continue;
            }
            let Ok(events) = Availability::decide(&state, command, &issued(now)) else { continue };
            state = Availability::fold(state, &events);
            view.project::<Availability>(id, now, &events).unwrap();
            let absences = state.absences.values().map(|time| (Cause::Absence, *time));
            let calendars = state.calendars.values().flat_map(|known| {
                let is_stale = known.stale_since(now).is_some();
                let cause = if is_stale { Cause::StaleCalendar } else { Cause::Calendar };
                known.times.iter().map(move |time| (cause, *time))
            });
            let mut expected: Vec<(Cause, Busy)> = absences.chain(calendars).collect();
            expected.sort();
            prop_assert_eq!(times(&view, now), expected);
        }
    }

    #[test]
    fn when_all_who_can_come_are_away_is_what_the_rules_have_of_members(
        life in prop::collection::vec((0_u8..6, 0_usize..4, any::<bool>(), any::<bool>(), 0_i64..40, 1_i64..40), 0..40)
    ) {
        let (mut members, mut view) = (Members::default(), InMemory::<SchedulingView>::new().unwrap());
        for (nth, (what, who, is_of_mof, is_delegate, from, hours)) in life.into_iter().enumerate() {
            let member = code(["li", "wang", "zhao", "MOF"][who]);
            let department = code(if is_of_mof { "MOF" } else { "NDRC" });
            let (state, busy_state) = members.0.entry(member.clone()).or_default();
            if what < 2 {
                let roles = if is_delegate { vec![Role::Delegate] } else { vec![Role::Clerk] };
                let (name, email) = (line("成员"), None);
                let profile = member::Profile { code: member.clone(), name, department, email, roles };
                let register = member::Command::Register(profile);
                let events = Member::decide(state, register, &issued(hour(0))).unwrap();
                *state = Member::fold(std::mem::take(state), &events);
                view.project::<Member>(Member::id(&member), hour(0), &events).unwrap();
            } else if what == 5 {
                let remove = member::Command::Remove { code: member.clone() };
                let events = Member::decide(state, remove, &issued(hour(0))).unwrap_or_default();
                *state = Member::fold(std::mem::take(state), &events);
                view.project::<Member>(Member::id(&member), hour(0), &events).unwrap();
                for (id, end) in events.iter().flat_map(end_diary::react) {
                    let events = Availability::decide(busy_state, end, &issued(hour(0))).unwrap();
                    *busy_state = Availability::fold(std::mem::take(busy_state), &events);
                    prop_assert_eq!(&*busy_state, &availability::State::default());
                    view.project::<Availability>(id, hour(0), &events).unwrap();
                }
            } else if let Some(profile) = state.profile() {
                let holder = Holder { kind: HolderKind::Member, code: member.clone() };
                let id = Availability::id(&holder);
                let keepers = Keepers { department: Some(profile.department.clone()), answered_for: [].into() };
                let first = busy_state.absences.keys().next().filter(|_| what == 4);
                let command = match first {
                    Some(absence) => availability::Command::WithdrawAbsence { absence: *absence, keepers },
                    None => {
                        let (absence, Busy { starts_at, ends_at }) = (Uuid::from_u128(nth as u128), busy(from, hours));
                        availability::Command::RecordAbsence { holder, absence, starts_at, ends_at, keepers }
                    }
                };
                let events = Availability::decide(busy_state, command, &issued(hour(0))).unwrap();
                *busy_state = Availability::fold(std::mem::take(busy_state), &events);
                view.project::<Availability>(id, hour(0), &events).unwrap();
            }
            prop_assert_eq!(times(&view, hour(0)), members.away());
        }
    }

    #[test]
    fn the_row_of_a_timetable_is_what_the_rules_have_of_it(
        changes in 0_u8..4, kept in 0_u8..3, life in prop::collection::vec((0_u8..5, 0_u128..5), 0..12)
    ) {
        let (id, mut view) = (Uuid::from_u128(7), InMemory::<SchedulingView>::new().unwrap());
        let mut state = timetable::State::default();
        let first = timetable::Command::Propose(proposal(changes, kept));
        let life = life.into_iter().map(|(what, nth)| match what {
            0 => timetable::Command::Withdraw { reason: Text::parse("作废").unwrap() },
            _ => timetable::Command::Adopt { sessions: vec![Uuid::from_u128(nth)], left: vec![] },
        });
        for command in std::iter::once(first).chain(life) {
            let Ok(events) = Timetable::decide(&state, command, &issued(hour(0))) else { continue };
            state = Timetable::fold(state, &events);
            view.project::<Timetable>(id, hour(0), &events).unwrap();
            let known = state.known().unwrap();
            let list = pb::ListTimetablesRequest::default();
            let rows = views::timetables(&list).unwrap()(view.within(&Scope::whole())).unwrap().rows;
            let expected = pb::TimetableSummary {
                timetable_id: id.to_string(),
                title: "第二季度".into(),
                stage: known.stage().to_wire(),
                proposed_at: hour(0).to_wire(),
                session_count: u32::from(changes + kept),
                change_count: u32::from(changes),
                unplaced_count: u32::from(kept),
                adopted_count: known.adopted.len() as u32,
            };
            prop_assert_eq!(rows, vec![expected]);
        }
    }
}
