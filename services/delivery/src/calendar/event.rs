//! What stands in a calendar: sessions and deadlines as events, or items as tasks.

use super::Invited;
use super::page::Page;
use crate::letter::local;
use crate::views::calendar::Entry;
use domain::resolution::action_item::{Item, Stage};
use domain::scheduling::session::{Answer, Appointment, Filed, Forum, Progress, RoleOnTopic};
use domain::{Code, Timestamp};
use icalendar::{Writer, quoted};

/// How long before an all-day deadline it is announced: at nine o'clock of the day before.
const BEFORE_THE_DAY: &str = "-PT15H";
/// How long before a deadline with an hour.
const BEFORE_THE_HOUR: &str = "-PT2H";

/// Writes what all components begin with.
fn head(writer: &mut Writer, entry: &Entry, uid: &str, summary: &str) {
    writer.put("UID", &format!("{uid}@huishang"));
    // Not when it was read: a calendar that has not changed has the same bytes.
    writer.moment("DTSTAMP", entry.modified_at);
    writer.moment("LAST-MODIFIED", entry.modified_at);
    writer.put("SEQUENCE", &entry.sequence.to_string());
    writer.text("SUMMARY", summary);
}

fn link(writer: &mut Writer, page: &Page<'_>, path: &str) {
    let base = page.wanted.console_url.trim_end_matches('/');
    if !base.is_empty() {
        writer.put("URL", &format!("{base}{path}"));
    }
}

/// A department where calendars have people.
fn department(page: &Page<'_>, property: &str, code: &Code) -> (String, String) {
    let name = quoted(&page.names.department(code));
    (format!("{property};CN={name}"), format!("urn:huishang:department:{code}"))
}

/// A session: at its room and time or, when it lost them, cancelled there.
pub(super) fn session(writer: &mut Writer, page: &Page<'_>, entry: &Entry, filed: &Filed) {
    let (outline, zone) = (&filed.outline, page.calendar.zone_name());
    let title = match filed.sign_by() {
        Some(_) => page.say(format!("会签截止：{}", outline.title), format!("Sign by: {}", outline.title)),
        None => outline.title.to_string(),
    };
    writer.begin("VEVENT");
    head(writer, entry, &entry.id.to_string(), &title);
    writer.local("DTSTART", entry.starts_at, zone);
    if filed.sign_by().is_none() {
        let ends_at = entry.ends_at.unwrap_or_else(|| filed.ends_at(entry.starts_at));
        writer.local("DTEND", ends_at, zone);
    }
    writer.put("STATUS", status(filed));
    if let Some(room) = &entry.room {
        writer.text("LOCATION", &page.names.room(room));
    }
    let mut description = outline.purpose.to_string();
    for (topic, number) in outline.topics.iter().zip(outline.printed_numbers()) {
        if let Some(section) = &topic.section {
            description.push_str(&format!("\n\n{section}"));
        }
        description.push_str(&format!("\n{number}. {}", topic.title));
        let minutes = topic.timebox_minutes;
        if minutes > 0 {
            description.push_str(&page.say(format!("（{minutes} 分钟）"), format!(" ({minutes} min)")));
        }
        if filed.added.iter().any(|added| added.topic == topic.number && added.from_floor) {
            description.push_str(&page.say("（会上提出）".to_owned(), " (from the floor)".to_owned()));
        }
    }
    if let Some(by) = asked_until(filed) {
        let by = local(by, zone);
        description.push_str(&page.say(format!("\n请于 {by} 前答复"), format!("\nPlease answer by {by}")));
    }
    writer.text("DESCRIPTION", &description);
    match page.invited {
        Some((_, invited)) => invite(writer, page, filed, invited),
        None => departments(writer, page, filed),
    }
    link(writer, page, &format!("/sessions/{}", entry.id));
    writer.end("VEVENT");
}

/// Until when answers are asked for, as long as somebody has not answered.
fn asked_until(filed: &Filed) -> Option<Timestamp> {
    let Progress::Scheduled(appointment) = &filed.progress else { return None };
    appointment.answer_by.filter(|_| appointment.waiting().next().is_some())
}

/// The one who is invited: by mail from the department in the chair.
fn invite(writer: &mut Writer, page: &Page<'_>, filed: &Filed, invited: Invited<'_>) {
    let Invited { subscriber, address, organizer, is_answerable, .. } = invited;
    let chair = quoted(&page.names.department(&filed.chair));
    writer.put(&format!("ORGANIZER;CN={chair}"), &format!("mailto:{organizer}"));
    let Some(department) = &subscriber.department else { return };
    let (name, partstat) = (quoted(&page.names.department(department)), answer(filed, department));
    let rsvp = if is_answerable { "TRUE" } else { "FALSE" };
    let property = format!("ATTENDEE;CN={name};ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};RSVP={rsvp}");
    writer.put(&property, &format!("mailto:{address}"));
}

/// The department in the chair, and those that attend with their answers.
fn departments(writer: &mut Writer, page: &Page<'_>, filed: &Filed) {
    let (name, address) = department(page, "ORGANIZER", &filed.chair);
    writer.put(&name, &address);
    for attendee in &filed.outline.attendees {
        let decides = attendee.roles.iter().any(|role| role.role == RoleOnTopic::Decides);
        let role = if decides { "REQ-PARTICIPANT" } else { "OPT-PARTICIPANT" };
        let answer = answer(filed, &attendee.department);
        let property = format!("ATTENDEE;CUTYPE=GROUP;ROLE={role};PARTSTAT={answer}");
        let (name, address) = department(page, &property, &attendee.department);
        writer.put(&name, &address);
    }
}

fn answer(filed: &Filed, department: &Code) -> &'static str {
    let invitations = filed.appointment().map(|appointment| &appointment.invitations);
    let invitation = invitations.and_then(|all| all.iter().find(|one| one.department == *department));
    match invitation.and_then(|invitation| invitation.answer) {
        Some(Answer::Accept) => "ACCEPTED",
        Some(Answer::Decline) => "DECLINED",
        Some(Answer::Tentative) => "TENTATIVE",
        None => "NEEDS-ACTION",
    }
}

/// Tentative until all departments that decide have accepted; cancelled when its time is not held any more.
fn status(filed: &Filed) -> &'static str {
    match &filed.progress {
        Progress::Scheduled(appointment) if !is_accepted(filed, appointment) => "TENTATIVE",
        Progress::Scheduled(_) | Progress::Deciding(_) | Progress::Concluded(Forum::Meeting(_)) => {
            "CONFIRMED"
        }
        Progress::Concluded(Forum::Countersign { .. }) => "CONFIRMED",
        _ => "CANCELLED",
    }
}

fn is_accepted(filed: &Filed, appointment: &Appointment) -> bool {
    let decides = |department: &Code| {
        let attendee = filed.outline.attendees.iter().find(|attendee| attendee.department == *department);
        attendee.is_some_and(|one| one.roles.iter().any(|role| role.role == RoleOnTopic::Decides))
    };
    let deciding = appointment.invitations.iter().filter(|invitation| decides(&invitation.department));
    deciding.into_iter().all(|invitation| invitation.answer == Some(Answer::Accept))
}

/// Whether an item is due at an hour, and not by the end of a day.
fn has_hour(page: &Page<'_>, item: &Item) -> bool {
    item.assignment.due_at != page.calendar.end_of(item.assignment.due_on)
}

/// The deadline of an item: a day or, with an hour, a moment. It takes nobody's time.
pub(super) fn deadline(writer: &mut Writer, page: &Page<'_>, entry: &Entry, item: &Item) {
    let assignment = &item.assignment;
    let it = format!("{} {}", assignment.number, assignment.title);
    let summary = match item.stage {
        Stage::Accepted => page.say(format!("办结：{it}"), format!("Done: {it}")),
        Stage::Rescinded => page.say(format!("撤销：{it}"), format!("Rescinded: {it}")),
        _ => page.say(format!("到期：{it}"), format!("Due: {it}")),
    };
    writer.begin("VEVENT");
    head(writer, entry, &format!("{}-due", entry.id), &summary);
    let timed = has_hour(page, item);
    if timed {
        writer.local("DTSTART", assignment.due_at, page.calendar.zone_name());
    } else {
        writer.date("DTSTART", assignment.due_on);
        writer.date("DTEND", assignment.due_on.tomorrow().unwrap_or(assignment.due_on));
    }
    writer.put("TRANSP", "TRANSPARENT");
    writer.put("STATUS", if item.stage == Stage::Rescinded { "CANCELLED" } else { "CONFIRMED" });
    describe(writer, page, entry, item);
    if !item.is_over() {
        writer.begin("VALARM");
        writer.put("ACTION", "DISPLAY");
        writer.put("TRIGGER", if timed { BEFORE_THE_HOUR } else { BEFORE_THE_DAY });
        writer.text("DESCRIPTION", &summary);
        writer.end("VALARM");
    }
    writer.end("VEVENT");
}

/// An item as a task.
pub(super) fn task(writer: &mut Writer, page: &Page<'_>, entry: &Entry, item: &Item) {
    let assignment = &item.assignment;
    writer.begin("VTODO");
    let summary = format!("{} {}", assignment.number, assignment.title);
    head(writer, entry, &entry.id.to_string(), &summary);
    match has_hour(page, item) {
        true => writer.local("DUE", assignment.due_at, page.calendar.zone_name()),
        false => writer.date("DUE", assignment.due_on),
    }
    writer.put(
        "STATUS",
        match item.stage {
            Stage::Assigned | Stage::Contested => "NEEDS-ACTION",
            Stage::Underway | Stage::Claimed => "IN-PROCESS",
            Stage::Accepted => "COMPLETED",
            Stage::Rescinded => "CANCELLED",
        },
    );
    writer.put("PERCENT-COMPLETE", &item.percent().to_string());
    if item.stage == Stage::Accepted {
        writer.moment("COMPLETED", item.claimed_at.unwrap_or(entry.modified_at));
    }
    describe(writer, page, entry, item);
    writer.end("VTODO");
}

fn describe(writer: &mut Writer, page: &Page<'_>, entry: &Entry, item: &Item) {
    let assignment = &item.assignment;
    let lines = [
        page.say(
            format!("成果：{}", assignment.deliverable),
            format!("Deliverable: {}", assignment.deliverable),
        ),
        page.say(
            format!("验收标准：{}", assignment.criterion),
            format!("Criterion: {}", assignment.criterion),
        ),
    ];
    writer.text("DESCRIPTION", &lines.join("\n"));
    let (name, address) = department(page, "ORGANIZER", &assignment.lead);
    writer.put(&name, &address);
    for code in item.parties() {
        let role = if *code == assignment.lead { "REQ-PARTICIPANT" } else { "OPT-PARTICIPANT" };
        let (name, address) = department(page, &format!("ATTENDEE;CUTYPE=GROUP;ROLE={role}"), code);
        writer.put(&name, &address);
    }
    link(writer, page, &format!("/items/{}", entry.id));
}
