//! What happened to an item, with what the clock did by itself folded, and the rungs of its ladder.

use super::frame::grouped;
use super::markup::Markup;
use super::moment;
use super::reader::Surroundings;
use super::words::Words;
use proto::followup::v1::Notice;
use proto::resolution::v1::{ItemEntry, ItemEntryKind, PutDown};

const KIND: &str = "huishang.resolution.v1.ItemEntryKind";

/// An entry of the story.
pub(super) enum Entry {
    /// Something that happened: by whom, when, what, and the texts that go with it.
    Event(Event),
    /// Notices that went out meanwhile.
    Quiet { summary: String, events: Vec<Event> },
}

pub(super) struct Event {
    /// `people` or `clock`.
    pub(super) by: &'static str,
    pub(super) when: Markup,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) record: String,
    pub(super) texts: Vec<Markup>,
}

/// A rung of the ladder.
pub(super) struct Rung {
    /// `done`, `next` or `later`.
    pub(super) state: &'static str,
    pub(super) word: &'static str,
    pub(super) kind: String,
    pub(super) to: String,
    pub(super) when: Markup,
}

/// Whether an entry is a notice that the clock sent.
fn is_notice(kind: ItemEntryKind) -> bool {
    matches!(
        kind,
        ItemEntryKind::Reminded
            | ItemEntryKind::AcknowledgementOverdue
            | ItemEntryKind::Overdue
            | ItemEntryKind::EscalatedToSupervisor
            | ItemEntryKind::EscalatedToLeadership
            | ItemEntryKind::JudgementAwaited
            | ItemEntryKind::RulingAwaited
            | ItemEntryKind::ReportAwaited
            | ItemEntryKind::Stale
            | ItemEntryKind::LookBackDue
    )
}

/// Whether a notice is worth a line of its own.
fn is_grave(kind: ItemEntryKind) -> bool {
    matches!(
        kind,
        ItemEntryKind::Overdue | ItemEntryKind::EscalatedToSupervisor | ItemEntryKind::EscalatedToLeadership
    )
}

/// The story, oldest first.
pub(super) fn entries(words: Words, around: &Surroundings, history: &[ItemEntry]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    // What was put down is said with the entry that it marks.
    for entry in history.iter().filter(|entry| entry.kind() != ItemEntryKind::PutDown) {
        let event = event(words, around, entry);
        let folds = is_notice(entry.kind()) && !is_grave(entry.kind());
        match (entries.last_mut(), folds) {
            (Some(Entry::Quiet { events, .. }), true) => events.push(event),
            (_, true) => entries.push(Entry::Quiet { summary: String::new(), events: vec![event] }),
            (_, false) => entries.push(Entry::Event(event)),
        }
    }
    for entry in &mut entries {
        if let Entry::Quiet { summary, events } = entry {
            *summary = match events.len() {
                1 => words.t("1 notice went out").to_owned(),
                n => words.say("{n} notices went out", &[("n", &n)]),
            };
        }
    }
    entries
}

fn event(words: Words, around: &Surroundings, entry: &ItemEntry) -> Event {
    let by_clock = is_notice(entry.kind());
    let department = entry.department_code.as_deref().map(|code| around.directory.name(code));
    let who = match (by_clock, department) {
        (true, _) => String::new(),
        (false, Some(department)) => department,
        // Processes are no names that readers know.
        (false, None) if entry.subject.starts_with("process:") => words.t("by itself").to_owned(),
        (false, None) => entry.subject.clone(),
    };
    Event {
        by: if by_clock { "clock" } else { "people" },
        when: around.calendar.short(words, &entry.occurred_at.unwrap_or_default()),
        what: words.value(KIND, entry.kind),
        who,
        record: grouped(entry.position),
        texts: texts(words, around, entry),
    }
}

/// Who put something down for whom, and who said it.
pub(super) fn by_whom(words: Words, around: &Surroundings, put_down: &PutDown) -> Markup {
    let means = words.value("huishang.resolution.v1.SaidMeans", put_down.means);
    let values = [
        ("clerk", Markup::text(&put_down.put_down_by)),
        ("office", Markup::text(&around.directory.name(&put_down.put_down_by_code))),
        ("department", Markup::text(&around.directory.name(&put_down.department_code))),
        ("person", Markup::text(&put_down.said_by)),
        ("means", Markup::text(&means)),
        ("date", moment::full_day(words, &put_down.said_on)),
    ];
    let said = words.t("Put down by {clerk} ({office}) for {department}: said by {person}, {means}, {date}.");
    Markup::fill(said, &values)
}

fn texts(words: Words, around: &Surroundings, entry: &ItemEntry) -> Vec<Markup> {
    let mut texts = Vec::new();
    texts.extend(entry.put_down.as_ref().map(|put_down| by_whom(words, around, put_down)));
    if let Some(code) = &entry.other_department_code {
        let name = Markup::text(&around.directory.name(code));
        texts.push(Markup::fill(words.t("Concerns {department}."), &[("department", name)]));
    }
    if let Some(percent) = entry.percent {
        texts.push(Markup::text(&words.say("{n} % are done.", &[("n", &percent)])));
    }
    if let Some(due) = &entry.due_on {
        texts.push(Markup::fill(words.t("Due on {date}."), &[("date", moment::full_day(words, due))]));
    }
    if let Some(holds) = entry.holds {
        let sentence =
            if holds { words.t("The result holds.") } else { words.t("The result does not hold.") };
        texts.push(Markup::text(sentence));
    }
    texts.extend(entry.text.as_deref().map(Markup::text));
    texts
}

/// The rungs of the ladder: those that were sent, and those to come if nobody acts.
pub(super) fn rungs(
    words: Words,
    around: &Surroundings,
    history: &[ItemEntry],
    upcoming: &[Notice],
) -> Vec<Rung> {
    let short =
        |moment: Option<prost_types::Timestamp>| around.calendar.short(words, &moment.unwrap_or_default());
    let sent = history.iter().filter(|entry| is_notice(entry.kind())).map(|entry| Rung {
        state: "done",
        word: words.t("sent"),
        kind: words.value(KIND, entry.kind),
        to: entry
            .other_department_code
            .as_deref()
            .map(|code| around.directory.name(code))
            .unwrap_or_default(),
        when: short(entry.occurred_at),
    });
    let to_come = upcoming.iter().enumerate().map(|(at, notice)| Rung {
        state: if at == 0 { "next" } else { "later" },
        word: if at == 0 { words.t("next") } else { words.t("to come") },
        kind: words.value("huishang.followup.v1.NoticeKind", notice.kind),
        to: addressee(words, around, &notice.addressee),
        when: short(notice.occurred_at),
    });
    sent.chain(to_come).collect()
}

/// Whom a notice is for: a department, or the supervisors or the leadership.
pub(super) fn addressee(words: Words, around: &Surroundings, addressee: &str) -> String {
    match addressee {
        "supervisor" => words.t("the supervisors").to_owned(),
        "leadership" => words.t("the leadership").to_owned(),
        code => around.directory.name(code),
    }
}
