//! What is said of a poll: which times departments are asked about, and what became of them.

use super::{Said, either, local};
use domain::calendar::WorkingCalendar;
use domain::delivery::subscription::MailLanguage;
use domain::scheduling::poll::{Event, Known};
use domain::scheduling::session::Slot;

/// The poll of a session with this title, as it is now.
pub(super) fn asked(
    title: &str,
    poll: &Known,
    event: &Event,
    calendar: &WorkingCalendar,
    language: MailLanguage,
) -> Option<Said> {
    let it = either(language, format!("会商《{title}》"), format!("The session \"{title}\""));
    let zone = calendar.zone_name();
    let when = |slot: &Slot| {
        format!("{} – {}, {}", local(slot.starts_at, zone), local(slot.ends_at, zone), slot.room)
    };
    let time = |number: u32| poll.time(number).map(|time| when(&time.slot)).unwrap_or_default();
    let mut lines = Vec::new();
    let (chinese, english) = match event {
        Event::Opened { slots, close_by, .. } => {
            lines.extend(slots.iter().map(|slot| ("时间", "Time", when(slot))));
            lines.push(("答复截止", "Answer by", local(*close_by, zone)));
            (format!("{it}：请答复哪些时间合适"), format!("{it}: which times suit?"))
        }
        Event::TimeProposed { number, department, reason, .. } => {
            lines.push(("时间", "Time", time(*number)));
            lines.push(("理由", "Why", reason.to_string()));
            lines.push(("答复截止", "Answer by", local(poll.close_by, zone)));
            (format!("{it}：{department} 另提时间"), format!("{it}: {department} proposes another time"))
        }
        Event::TimeDeclined { number, reason } => {
            lines.push(("时间", "Time", time(*number)));
            lines.push(("理由", "Why", reason.to_string()));
            (format!("{it}：一个时间不予考虑"), format!("{it}: a time was declined"))
        }
        Event::TimeAdopted { number } => {
            lines.push(("时间", "Time", time(*number)));
            (format!("{it}：已采纳一个时间"), format!("{it}: a time was adopted"))
        }
        Event::Closed { .. } => {
            lines.push((
                "尚未答复",
                "Not answered by",
                poll.waiting().map(|it| it.as_str()).collect::<Vec<_>>().join(", "),
            ));
            (format!("{it}：时间征询已截止"), format!("{it}: the poll has closed"))
        }
        Event::Reminded { department, close_by, .. } => {
            lines.push(("答复截止", "Answer by", local(*close_by, zone)));
            lines.extend(poll.open_times().map(|time| ("时间", "Time", when(&time.slot))));
            (
                format!("{it}：时间征询即将截止，待 {department} 答复"),
                format!("{it}: the poll closes soon, and waits for {department} to answer"),
            )
        }
        Event::Answered { .. } | Event::Ended { .. } => return None,
    };
    lines.push(("时区", "Time zone", zone.to_owned()));
    lines.retain(|(_, _, value)| !value.is_empty());
    Some(Said { sentence: either(language, chinese, english), lines })
}
