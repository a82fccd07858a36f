//! Who is there, and who votes for whom.

use super::{Asked, presiding, speaking_for_all, words};
use crate::deliberation::docket::{Command, Mandate, Proceedings, State};
use crate::{Code, Line};
use std::collections::BTreeSet;

pub(super) fn asked(state: &State, proceedings: &Proceedings, hidden: &BTreeSet<u32>) -> Vec<Asked> {
    let mut all = vec![];
    let mut attending = proceedings.agenda.participants.iter().map(|participant| &participant.department);
    let absent = attending.find(|department| !proceedings.present.contains_key(*department));
    if let Some(department) = absent.cloned() {
        let delegate = Line::parse("…").expect("a line");
        all.push(presiding("RecordArrival", None, move || Command::RecordArrival {
            department: department.clone(),
            delegate: delegate.clone(),
        }));
    }
    if let Some(department) = proceedings.present.keys().next().cloned() {
        let depart = move || Command::RecordDeparture { department: department.clone() };
        all.push(Asked { of_all_ballots: true, ..presiding("RecordDeparture", None, depart) });
    }
    if matches!(state, State::Prepared(_)) {
        all.push(presiding("AdjournDocket", None, || Command::Adjourn { reason: words() }));
    }
    let voters: Vec<Code> = proceedings.agenda.deciding().cloned().collect();
    all.push(speaking_for_all("GiveMandate", move |department| {
        let holders = voters.iter().find(|voter| **voter != department).into_iter().cloned().collect();
        Command::GiveMandate { topic: None, department, holders }
    }));
    let shown = |mandate: &&Mandate| !mandate.topic.is_some_and(|number| hidden.contains(&number));
    if let Some(topic) = proceedings.mandates.iter().find(shown).map(|mandate| mandate.topic) {
        all.push(speaking_for_all("RevokeMandate", move |department| Command::RevokeMandate {
            topic,
            department,
        }));
    }
    all
}
