//! What adopting a timetable requires of the sessions, and of the rooms, diaries and quotas that they share: everything in
//! one commit, all that is left before all that is taken, so that sessions may change places.

use super::Row;
use crate::calendar::WorkingCalendar;
use crate::scheduling::body::MeetingRules;
use crate::scheduling::booking::room_command;
use crate::scheduling::diary::{self, Diary, deciding, diary_commands};
use crate::scheduling::quota::{self, quota_command};
use crate::scheduling::room::{self, Room};
use crate::scheduling::session::{Command, Filed, Stage, State};
use crate::scheduling::travel::Whereabouts;
use crate::{Code, Text, Timestamp, Uuid};
use std::collections::BTreeMap;

/// The command that gives a session what a timetable proposes; none when it has been given another room or time since.
pub fn session_command(row: &Row, filed: &Filed, reason: &Text) -> Option<Command> {
    let now = filed.appointment().filter(|_| filed.stage() == Stage::Scheduled);
    if now.map(|appointment| &appointment.slot) != row.announced.as_ref() {
        return None;
    }
    let slot = row.slot.as_ref()?;
    let (room, starts_at) = (slot.room.clone(), slot.starts_at);
    Some(match now {
        Some(_) => Command::Move { room, starts_at, reason: reason.clone(), answer_by: None },
        None => Command::Schedule { room, starts_at, answer_by: None },
    })
}

/// The commands on what sessions share, for each stream in their order.
#[derive(Debug, Default)]
pub struct Shared {
    rooms: Halves<Uuid, room::Command>,
    diaries: Halves<Uuid, diary::Command>,
    quotas: Halves<Code, quota::Command>,
}

/// For each stream what is left, and what is taken.
#[derive(Debug)]
struct Halves<K, C>(BTreeMap<K, (Vec<C>, Vec<C>)>);

impl<K, C> Default for Halves<K, C> {
    fn default() -> Self {
        Halves(BTreeMap::new())
    }
}

impl<K: Ord, C> Halves<K, C> {
    fn leave(&mut self, stream: K, command: C) {
        self.0.entry(stream).or_default().0.push(command);
    }

    fn take(&mut self, stream: K, command: C) {
        self.0.entry(stream).or_default().1.push(command);
    }

    fn in_order(self) -> impl Iterator<Item = (K, Vec<C>)> {
        self.0.into_iter().map(|(stream, (left, taken))| (stream, left.into_iter().chain(taken).collect()))
    }
}

impl Shared {
    /// Adds what a command on one more session requires.
    pub fn add(
        &mut self,
        session: Uuid,
        before: &State,
        command: &Command,
        rules: &MeetingRules,
        calendar: &WorkingCalendar,
        (now, there): (Timestamp, &Whereabouts),
    ) {
        let Some(filed) = before.filed() else { return };
        if let Some(appointment) = filed.appointment() {
            self.rooms.leave(Room::id(&appointment.slot.room), room::Command::Release { session });
            for department in deciding(&filed.outline) {
                self.diaries.leave(Diary::id(department), diary::Command::Leave { session });
            }
        }
        if let Some((room, command)) = room_command(session, before, command, now) {
            self.rooms.take(room, command);
        }
        for (diary, command) in diary_commands(session, filed, command, there, now) {
            self.diaries.take(diary, command);
        }
        if let Some(command) = quota_command(session, filed, command, rules, calendar) {
            let body = filed.outline.body.clone();
            self.quotas.leave(body.clone(), quota::Command::Leave { sessions: vec![session] });
            self.quotas.take(body, command);
        }
    }

    /// The commands, for each stream what is left before what is taken.
    pub fn commands(self) -> Commands {
        Commands {
            rooms: self.rooms.in_order().collect(),
            diaries: self.diaries.in_order().collect(),
            quotas: self.quotas.in_order().collect(),
        }
    }
}

/// The commands on what sessions share.
#[derive(Debug)]
pub struct Commands {
    /// On rooms, by their ids.
    pub rooms: Vec<(Uuid, Vec<room::Command>)>,
    /// On diaries, by their ids.
    pub diaries: Vec<(Uuid, Vec<diary::Command>)>,
    /// On quotas, by their bodies.
    pub quotas: Vec<(Code, Vec<quota::Command>)>,
}
