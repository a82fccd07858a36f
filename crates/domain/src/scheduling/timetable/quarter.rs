//! What is to be planned: the sessions, what each wants, and what is there besides.

use crate::calendar::WorkingCalendar;
use crate::scheduling::quota;
use crate::scheduling::session::{Filed, Rejection, Slot, Stage};
use crate::scheduling::slots::{Diaries, Setting, Wanted};
use crate::{Code, Date, Timestamp, Uuid};
use std::collections::BTreeMap;

/// Sessions in one timetable, at most: it is one record, and is adopted in one commit.
pub const SESSIONS_MAX: usize = 60;
/// Departments that attend them or take somebody's place, at most.
pub const DEPARTMENTS_MAX: usize = 512;

/// A session that is to be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The session.
    pub session: Uuid,
    /// Its body.
    pub body: Code,
    /// What it wants.
    pub wanted: Wanted,
    /// The room and time for which it is announced.
    pub announced: Option<Slot>,
    /// Whether it stays there, whatever that costs.
    pub is_pinned: bool,
    /// Whether its body has only so many places in a quarter for it, and where it has one now.
    pub counts: bool,
    /// The quarter in which it has a place now.
    pub counted_in: Option<Date>,
}

impl Planned {
    /// A session as it is now, in a window. Its body is to be counted without the other sessions that are planned. Refused
    /// when it is neither admitted nor scheduled.
    pub fn of(
        filed: &Filed,
        setting: &Setting<'_>,
        window: (Timestamp, Timestamp),
        is_pinned: bool,
        counted_in: Option<Date>,
    ) -> Result<Planned, Rejection> {
        if !matches!(filed.stage(), Stage::Admitted | Stage::Scheduled) {
            let (action, needed) = ("planned", "admitted or scheduled");
            return Err(Rejection::WrongStage { action, needed, stage: filed.stage() });
        }
        let wanted = Wanted::of(filed, setting, (Some(window.0), Some(window.1)))?;
        let announced = filed.appointment().map(|appointment| appointment.slot.clone());
        Ok(Planned {
            session: setting.session,
            body: filed.outline.body.clone(),
            wanted,
            is_pinned: is_pinned && announced.is_some(),
            announced,
            counts: quota::limit_of(filed, setting.rules).is_some(),
            counted_in,
        })
    }
}

/// What is planned at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarter {
    /// The sessions.
    pub sessions: Vec<Planned>,
    /// Who is busy when, apart from these sessions.
    pub diaries: Diaries,
    /// The places that bodies have for these sessions in a quarter; what is not here is not limited.
    pub places: BTreeMap<(Code, Date), u32>,
    /// The realm's calendar.
    pub calendar: WorkingCalendar,
}
