//! Random lives of matters, with the sessions that discuss them, their dockets, and the timer.

use super::*;
use crate::deliberation::docket::{Command, Docket};
use crate::process::open_docket::{self, History};
use crate::scheduling::agenda::{matter_commands, move_matters, name_matters};
use crate::scheduling::matter::{Known, Matter, Progress};
use crate::scheduling::session::{self, Session, Stage};
use crate::testing::{actor, at, code, constitution, line, text};
use crate::{Aggregate as _, Date, Issued, Role, Timestamp};
use jiff::{SignedDuration, ToSpan as _};
use proptest::prelude::*;
use std::collections::BTreeSet;

const DEFERRALS_MAX: u32 = 2;

/// What happens next. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Request { named: Vec<usize>, bare: usize },
    Revise { session: usize, keep: usize, bare: usize },
    Cancel { session: usize },
    Merge { session: usize, into: usize },
    Hold { session: usize, outcomes: Vec<u8> },
    OnMatter { matter: usize, what: u8 },
    Split { matter: usize, parts: usize },
    Combine { matter: usize, into: usize },
    Adjourn { session: usize },
    Wait { days: i64 },
}

fn steps() -> impl Strategy<Value = Step> {
    let any = || 0..20_usize;
    prop_oneof![
        3 => (prop::collection::vec(any(), 0..3), 0..3_usize).prop_map(|(named, bare)| Step::Request { named, bare }),
        1 => (any(), 0..3_usize, 0..3_usize).prop_map(|(session, keep, bare)| Step::Revise { session, keep, bare }),
        1 => any().prop_map(|session| Step::Cancel { session }),
        1 => (any(), any()).prop_map(|(session, into)| Step::Merge { session, into }),
        3 => (any(), prop::collection::vec(0..5_u8, 8)).prop_map(|(session, outcomes)| Step::Hold { session, outcomes }),
        2 => (any(), 0..6_u8).prop_map(|(matter, what)| Step::OnMatter { matter, what }),
        1 => (any(), 1..4_usize).prop_map(|(matter, parts)| Step::Split { matter, parts }),
        1 => (any(), any()).prop_map(|(matter, into)| Step::Combine { matter, into }),
        1 => any().prop_map(|session| Step::Adjourn { session }),
        3 => (0..20_i64).prop_map(|days| Step::Wait { days }),
    ]
}

struct World {
    now: Timestamp,
    next: u128,
    sessions: BTreeMap<Uuid, session::State>,
    matters: BTreeMap<Uuid, matter::State>,
    /// The deferrals that the timer has ended.
    resumed: BTreeSet<(Uuid, u32)>,
}

impl World {
    fn issued(&self) -> Issued {
        Issued { at: self.now, by: actor("wen", "WATER", Role::Clerk) }
    }

    fn new_id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    fn today(&self) -> Date {
        calendar().date_of(self.now)
    }

    /// Carries out a commit: all commands, or none.
    fn commit(
        &mut self,
        session: Option<(Uuid, session::Command)>,
        matters: Vec<(Uuid, matter::Command)>,
    ) -> bool {
        let issued = self.issued();
        let mut changed = self.matters.clone();
        for (id, command) in matters {
            let state = changed.remove(&id).unwrap_or_default();
            let Ok(events) = Matter::decide(&state, command, &issued) else { return false };
            for event in &events {
                if let (matter::Event::Resumed { .. }, Some(known)) = (event, state.known()) {
                    assert!(self.resumed.insert((id, known.deferrals)), "a deferral ended twice");
                }
            }
            changed.insert(id, Matter::fold(state, &events));
        }
        if let Some((id, command)) = session {
            let state = self.sessions.get(&id).cloned().unwrap_or_default();
            let Ok(events) = Session::decide(&state, command, &issued) else { return false };
            self.sessions.insert(id, Session::fold(state, &events));
        }
        self.matters = changed;
        true
    }

    fn pick<T: Copy>(from: impl Iterator<Item = T>, nth: usize) -> Option<T> {
        let all: Vec<T> = from.collect();
        all.get(nth.checked_rem(all.len())?).copied()
    }

    fn session(&self, nth: usize) -> Option<(Uuid, session::State)> {
        let id = World::pick(self.sessions.keys().copied(), nth)?;
        Some((id, self.sessions[&id].clone()))
    }

    fn step(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Request { named, bare } => {
                let named: BTreeSet<Uuid> = named
                    .into_iter()
                    .filter_map(|nth| World::pick(self.matters.keys().copied(), nth))
                    .collect();
                let id = self.new_id();
                let outline = outline(topics(named.into_iter().map(Some).chain(vec![None; bare]), id, &[]));
                let command = session::Command::Request { outline, chair: code("WATER") };
                self.decide_session(id, &session::State::default(), command, id);
            }
            Step::Revise { session, keep, bare } => {
                let (id, before) = self.session(session)?;
                let kept = before.filed()?.outline.topics.iter().map(|topic| topic.matter).take(keep);
                let seed = self.new_id();
                let topics = topics(kept.chain(vec![None; bare]), seed, &before.filed()?.outline.topics);
                let session::Outline { topics, attendees, duration_minutes, earliest_start_at, .. } =
                    outline(topics);
                let command = session::Command::Revise {
                    title: None,
                    purpose: None,
                    topics,
                    attendees,
                    duration_minutes,
                    earliest_start_at,
                    equipment: vec![],
                };
                self.decide_session(id, &before, command, seed);
            }
            Step::Cancel { session } => {
                let (id, before) = self.session(session)?;
                self.decide_session(id, &before, session::Command::Cancel { reason: text("理由") }, id);
            }
            Step::Merge { session, into } => self.merge(session, into)?,
            Step::Hold { session, outcomes } => self.hold(session, &outcomes)?,
            Step::OnMatter { matter, what } => {
                let id = World::pick(self.matters.keys().copied(), matter)?;
                let command = self.on_matter(what);
                self.commit(None, vec![(id, command)]);
            }
            Step::Split { matter, parts } => self.split(matter, parts)?,
            Step::Combine { matter, into } => self.combine(matter, into)?,
            Step::Adjourn { session } => {
                let (id, before) = self.session(session)?;
                if !matches!(before.filed()?.stage(), Stage::Requested | Stage::Returned) {
                    return None;
                }
                let convened =
                    session::Event::Convened { room: None, constitution: constitution(&["WATER", "ROADS"]) };
                let state = Session::evolve(before, &convened);
                let adjourn = session::Command::Adjourn { reason: text("人数不足") };
                let events = Session::decide(&state, adjourn, &self.issued()).ok()?;
                self.sessions.insert(id, Session::fold(state, &events));
            }
            Step::Wait { days } => {
                self.now += SignedDuration::from_hours(24 * days);
                let all: Vec<Uuid> = self.matters.keys().copied().collect();
                // The timer may be told twice.
                for id in all.iter().chain(&all) {
                    self.commit(None, vec![(*id, matter::Command::CheckDeadlines)]);
                }
            }
        }
        Some(())
    }

    fn decide_session(&mut self, id: Uuid, before: &session::State, command: session::Command, seed: Uuid) {
        let matters = matter_commands(id, before, &command, seed, None);
        self.commit(Some((id, command)), matters);
    }

    fn merge(&mut self, session: usize, into: usize) -> Option<()> {
        let ((from, filed), (into, target)) = (self.session(session)?, self.session(into)?);
        let (filed, target) = (filed.filed()?.clone(), target.filed()?.clone());
        let issued = self.issued();
        let merge = session::Command::Merge { session: from, into, reason: text("理由") };
        let absorb = session::Command::Absorb { from, outline: filed.outline.clone() };
        let merged = Session::decide(&self.sessions[&from], merge, &issued).ok()?;
        let absorbed = Session::decide(&self.sessions[&into], absorb, &issued).ok()?;
        let moved = !merged.is_empty() && self.commit(None, move_matters(from, into, &filed, &target));
        assert!(moved || merged.is_empty(), "matters of an open session can be moved");
        for (id, events) in [(from, merged), (into, absorbed)] {
            let state = self.sessions.remove(&id)?;
            self.sessions.insert(id, Session::fold(state, &events));
        }
        Some(())
    }

    /// Has a matter dealt with in parts, which are taken in with it.
    fn split(&mut self, matter: usize, parts: usize) -> Option<()> {
        let id = World::pick(self.matters.keys().copied(), matter)?;
        let whole = self.matters[&id].known()?.clone();
        let into: Vec<Uuid> = (0..parts).map(|_| self.new_id()).collect();
        let intake = matter::Intake {
            title: line("部分"),
            summary: None,
            body: whole.body.clone(),
            case_reference: None,
            split_from: Some(id),
            deferrals: whole.deferrals,
            concerned: whole.concerned.iter().cloned().collect(),
            label: whole.label,
            class: whole.class,
        };
        let take_in = |part: &Uuid| (*part, matter::Command::TakeIn { intake: intake.clone() });
        let parts: Vec<_> = into.iter().map(take_in).collect();
        let split = matter::Command::Split { into, reason: text("理由") };
        self.commit(None, std::iter::once((id, split)).chain(parts).collect());
        Some(())
    }

    /// Has a matter dealt with as a part of another one.
    fn combine(&mut self, matter: usize, into: usize) -> Option<()> {
        let [from, into] = [matter, into].map(|nth| World::pick(self.matters.keys().copied(), nth));
        let (from, into) = (from?, into?);
        let known = self.matters[&from].known()?.clone();
        if matches!(known.progress, Progress::Merged { .. }) {
            return None;
        }
        let merge = matter::Command::Merge { matter: from, into, reason: text("理由") };
        let absorb = matter::Command::Absorb {
            from,
            body: known.body.clone(),
            deferrals: known.deferrals,
            concerned: known.concerned.iter().cloned().collect(),
            label: known.label,
            class: known.class,
        };
        self.commit(None, vec![(from, merge), (into, absorb)]);
        Some(())
    }

    /// Holds a session: it is convened, each topic gets an outcome, and what follows from that happens.
    fn hold(&mut self, session: usize, outcomes: &[u8]) -> Option<()> {
        let (id, before) = self.session(session)?;
        if !matches!(before.filed()?.stage(), Stage::Requested | Stage::Returned) {
            return None;
        }
        let convened = session::Event::Convened { room: None, constitution: constitution(&["WATER"]) };
        let state = Session::evolve(before, &convened);
        let known = self.matters.iter().filter_map(|(id, state)| Some((*id, state.known()?.deferrals)));
        let history = History { deferrals: known.collect(), deferrals_max: DEFERRALS_MAX };
        let docket = self.docket(
            open_docket::react(id, &state, &convened, &history, at("2027-03-01T01:00:00Z"), &calendar()),
            outcomes,
        );
        let chairs = BTreeMap::from([(code("CITY"), code("MAYOR"))]);
        for (matter, command) in react(id, &docket, &closed(), &calendar(), &chairs) {
            assert!(self.commit(None, vec![(matter, command)]), "a matter takes what its docket says");
        }
        self.sessions.insert(id, Session::evolve(state, &session::Event::Concluded));
        Some(())
    }

    fn docket(&self, prepare: Vec<(Uuid, Command)>, outcomes: &[u8]) -> docket::State {
        let mut docket = docket::State::default();
        let mut does = |command: Command| {
            let events = Docket::decide(&docket, command, &self.issued());
            let is_done = events.is_ok();
            docket = Docket::fold(docket.clone(), &events.unwrap_or_default());
            is_done
        };
        prepare.into_iter().for_each(|(_, command)| assert!(does(command)));
        assert!(does(Command::RecordArrival { department: code("WATER"), delegate: line("Li") }));
        assert!(does(Command::Open));
        for (topic, outcome) in (1..).zip(outcomes) {
            let reason = || text("理由");
            let defer = || Command::DeferTopic {
                topic,
                resume_on: self.today() + 5.days(),
                moved_by: code("WATER"),
                reason: reason(),
                calendar: calendar(),
            };
            match outcome {
                0 => does(Command::RejectTopic { topic, reason: reason() }),
                1 => does(Command::WithdrawTopic { topic, reason: reason() }),
                2 => does(Command::ReferTopic { topic, referred_to: code("CITY"), reason: reason() }),
                3 => does(defer()),
                // Opened again, and deferred once more.
                _ => does(defer()) && does(Command::OpenTopic { topic }) && does(defer()),
            };
            does(Command::RejectTopic { topic, reason: reason() });
        }
        assert!(does(Command::Close), "every topic has an outcome");
        docket
    }

    fn on_matter(&mut self, what: u8) -> matter::Command {
        use matter::Command;
        let resume_on = self.today() + 3.days();
        let (reason, resume_at) = (text("理由"), calendar().start_of(resume_on));
        match what {
            0 => Command::Withdraw { session: None, reason: Some(reason) },
            1 => Command::Refer { session: None, to: code("CITY"), chair: code("MAYOR"), reason: None },
            2 => Command::ReturnReferral { reason },
            3 => Command::AcceptReferral,
            _ => Command::Defer { resume_on, resume_at, reason, deferrals_max: DEFERRALS_MAX },
        }
    }

    /// A matter has an outcome or a future: a backlog, a day, another body, or a session that is still to discuss it.
    fn has_outcome_or_future(&self, id: Uuid, known: &Known) -> bool {
        match &known.progress {
            Progress::OnAgenda { session, topic } => {
                let filed = self.sessions.get(session).and_then(session::State::filed);
                filed.is_some_and(|filed| {
                    let ended = [Stage::Concluded, Stage::Merged, Stage::Cancelled];
                    let its = filed.outline.topic(*topic).and_then(|topic| topic.matter);
                    !ended.contains(&filed.stage()) && its == Some(id)
                })
            }
            Progress::Deferred { resume_at, .. } => *resume_at > self.now,
            // What goes on in its place is known, remembers it, and has been deferred as often.
            Progress::Split { into } => into.iter().all(|part| {
                let part = self.matters.get(part).and_then(matter::State::known);
                part.is_some_and(|part| part.split_from == Some(id) && part.deferrals >= known.deferrals)
            }),
            Progress::Merged { into } => {
                let other = self.matters.get(into).and_then(matter::State::known);
                other.is_some_and(|other| other.absorbed.contains(&id) && other.deferrals >= known.deferrals)
            }
            Progress::Backlog
            | Progress::Referred { .. }
            | Progress::Decided { .. }
            | Progress::Withdrawn => true,
        }
    }
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn closed() -> docket::Event {
    docket::Event::Closed {
        closed_at: Timestamp::UNIX_EPOCH,
        adopted: 0,
        rejected: 0,
        deferred: 0,
        referred: 0,
        withdrawn: 0,
        spent_seconds: 0,
        digression_minutes: 0,
    }
}

fn topics(
    matters: impl Iterator<Item = Option<Uuid>>,
    seed: Uuid,
    before: &[session::Topic],
) -> Vec<session::Topic> {
    let topic = |(number, matter): (u32, Option<Uuid>)| session::Topic {
        number,
        title: line(&format!("{seed} {number}")),
        timebox_minutes: 10,
        papers_required: false,
        label: Default::default(),
        matter,
        section: None,
        parent: None,
    };
    let mut topics: Vec<_> = (1..).zip(matters).map(topic).collect();
    name_matters(&mut topics, before, seed);
    topics
}

fn outline(topics: Vec<session::Topic>) -> session::Outline {
    let decides = |topic| session::TopicRole { topic, role: session::RoleOnTopic::Decides };
    session::Outline {
        title: line("会商"),
        purpose: text("一次办成"),
        body: code("FLOOD"),
        kind: session::Kind::Standing,
        class: crate::decision_rule::MatterClass::Ordinary,
        emergency: None,
        attendees: vec![session::Attendee {
            department: code("WATER"),
            roles: topics.iter().map(|topic| decides(topic.number)).collect(),
            companions: 0,
        }],
        topics,
        duration_minutes: 60,
        earliest_start_at: at("2027-03-08T01:00:00Z"),
        case_reference: None,
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

proptest! {
    #[test]
    fn whatever_is_taken_in_has_an_outcome_or_a_future(life in prop::collection::vec(steps(), 0..60)) {
        let mut world = World {
            now: at("2027-03-01T01:00:00Z"),
            next: 0,
            sessions: BTreeMap::new(),
            matters: BTreeMap::new(),
            resumed: BTreeSet::new(),
        };
        for step in life {
            world.step(step.clone());
            for (id, state) in &world.matters {
                let known = state.known().unwrap();
                prop_assert!(world.has_outcome_or_future(*id, known), "after {step:?}: {known:?}");
                prop_assert!(known.deferrals <= DEFERRALS_MAX, "after {step:?}: {known:?}");
            }
        }
    }
}
