//! What a letter says of an event, in the reader's language.

mod poll;
mod reminder;

use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::Docket;
use domain::delivery::subscription::{EventId, MailLanguage};
use domain::directory::calendar::Calendar;
use domain::followup::follow_up::{self, FollowUp, Subject, Tier};
use domain::followup::ladder::RungKind;
use domain::scheduling::emergency::{self, Emergency};
use domain::scheduling::poll::Poll;
use domain::scheduling::session::{self, Session};
use domain::{Aggregate as _, Label, Timestamp};
use proto::record::{EventCodec, kind_of};
use service_kit::{CommandError, Kit, Record};

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) event: EventId,
    pub(crate) language: MailLanguage,
    /// What calendars make an appointment of, if it is about one.
    pub(crate) invitation: Option<Invitation>,
}

impl Letter {
    /// What it says, and of which event.
    pub(crate) fn with_reference(&self) -> String {
        let EventId { position, number } = self.event;
        let reference = either(
            self.language,
            format!("台账事件 {position}/{number}。"),
            format!("Event {position}/{number} of the log."),
        );
        format!("{}\n\n{reference}", self.text.trim_end())
    }

    /// The same, as mail ends; `is_answerable` if calendar programs can answer it.
    pub(crate) fn as_mail(&self, is_answerable: bool) -> String {
        let closing = match (self.language, is_answerable) {
            (MailLanguage::Chinese, false) => "本邮件由会商系统自动发出，请勿回复。",
            (MailLanguage::English, false) => " Sent by Huishang; answers are not read.",
            (MailLanguage::Chinese, true) => "本邮件由会商系统自动发出；请用日历软件的按钮答复。",
            (MailLanguage::English, true) => " Sent by Huishang; answer with the buttons of your calendar.",
        };
        format!("{}{closing}\n", self.with_reference())
    }
}

/// An invitation to a session, or its cancellation, as calendars have them (iTIP, RFC 5546).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// `REQUEST` or `CANCEL`.
    pub(crate) method: &'static str,
    pub(crate) icalendar: String,
}

/// What is said: in one sentence, with what else there is to know.
struct Said {
    sentence: String,
    lines: Vec<(&'static str, &'static str, String)>,
}

/// The letter about an event.
///
/// # Errors
/// What the event is about cannot be read.
pub(crate) async fn about(
    kit: &Kit,
    default_calendar: &WorkingCalendar,
    record: &Record,
    event: EventId,
    language: MailLanguage,
) -> Result<Letter, CommandError> {
    let said = match record.stream.category.as_str() {
        FollowUp::CATEGORY => {
            let state = kit.load::<FollowUp>(record.stream.id).await?;
            let happened = decoded::<FollowUp>(record, event);
            state
                .followed_item()
                .zip(happened)
                .and_then(|(item, happened)| notice(&item.subject, &happened, language))
        }
        Emergency::CATEGORY => {
            let state = kit.load::<Emergency>(record.stream.id).await?;
            let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
            let calendar = calendar.in_force(default_calendar);
            let happened = decoded::<Emergency>(record, event);
            state.raised().zip(happened).and_then(|(raised, happened)| {
                urgent(raised.alarm.title.as_str(), &happened, calendar, language)
            })
        }
        Docket::CATEGORY => {
            let state = kit.load::<Docket>(record.stream.id).await?;
            let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
            let happened = decoded::<Docket>(record, event);
            state.proceedings().zip(happened).and_then(|(proceedings, happened)| {
                reminder::said(proceedings, &happened, record, calendar.in_force(default_calendar), language)
            })
        }
        Session::CATEGORY => {
            let state = kit.load::<Session>(record.stream.id).await?;
            let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
            let calendar = calendar.in_force(default_calendar);
            let happened = decoded::<Session>(record, event);
            let title = state.filed().map(|filed| filed.outline.title.to_string());
            title
                .zip(happened)
                .and_then(|(title, happened)| invitation(&title, &happened, calendar, language))
        }
        Poll::CATEGORY => {
            let poll = kit.load::<Poll>(record.stream.id).await?;
            // It has the id of its session.
            let state = kit.load::<Session>(record.stream.id).await?;
            let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
            let calendar = calendar.in_force(default_calendar);
            let happened = decoded::<Poll>(record, event);
            let title = state.filed().map(|filed| filed.outline.title.to_string());
            title.zip(poll.known()).zip(happened).and_then(|((title, known), happened)| {
                poll::asked(&title, known, &happened, calendar, language)
            })
        }
        _ => None,
    };
    Ok(letter(said.unwrap_or_else(|| plain(record, event, language)), event, language))
}

pub(crate) fn decoded<A: EventCodec>(record: &Record, event: EventId) -> Option<A::Event> {
    let stored = record.events.get(event.number.checked_sub(1)? as usize)?;
    A::decode(kind_of(stored), &stored.value).ok().flatten()
}

/// One of two texts.
pub(crate) fn either(language: MailLanguage, chinese: String, english: String) -> String {
    match language {
        MailLanguage::Chinese => chinese,
        MailLanguage::English => english,
    }
}

fn letter(said: Said, event: EventId, language: MailLanguage) -> Letter {
    let Said { sentence, lines } = said;
    let separator = either(language, "：".into(), ": ".into());
    let mut text = format!("{sentence}\n");
    for (chinese, english, value) in lines {
        let label = either(language, chinese.into(), english.into());
        text.push_str(&format!("\n{label}{separator}{value}"));
    }
    Letter { subject: sentence, text, event, language, invitation: None }
}

/// Of what has no words of its own: its name.
fn plain(record: &Record, event: EventId, language: MailLanguage) -> Said {
    let stored = event.number.checked_sub(1).and_then(|index| record.events.get(index as usize));
    let kind = stored.map(kind_of).unwrap_or_default();
    let name = kind.rsplit('.').next().unwrap_or_default();
    let sentence = either(language, format!("会商系统事件 {name}"), format!("Huishang: {name}"));
    Said { sentence, lines: vec![("标识", "Id", record.stream.id.to_string())] }
}

/// A notice about an item.
fn notice(item: &Subject, event: &follow_up::Event, language: MailLanguage) -> Option<Said> {
    use follow_up::Event;
    let Subject { number, title, lead, due_on, due_at, zone, .. } = item;
    // What is due in hours is so at a moment, and not at the end of a day.
    let due_on = match zone.ends_a_day(*due_at) {
        true => due_on.to_string(),
        false => local(*due_at, zone.name()),
    };
    let it = either(language, format!("{number}《{title}》"), format!("{number} \"{title}\""));
    let (chinese, english) = match event {
        Event::Reminded { .. } => (format!("{it}将于 {due_on} 到期"), format!("{it} is due on {due_on}")),
        Event::AcknowledgementOverdue { .. } => {
            (format!("{it}逾期未签收"), format!("{it} was not acknowledged in time"))
        }
        Event::Overdue { .. } => {
            (format!("{it}已于 {due_on} 到期，尚未办结"), format!("{it} was due on {due_on}, and is late"))
        }
        Event::Escalated { tier: Tier::Supervisor, days_late, .. } => (
            format!("{it}已逾期 {days_late} 天，升级至督查"),
            format!("{it} is {days_late} days late; the supervisor is told"),
        ),
        Event::Escalated { tier: Tier::Leadership, days_late, .. } => (
            format!("{it}已逾期 {days_late} 天，升级至领导"),
            format!("{it} is {days_late} days late; the leadership is told"),
        ),
        Event::Notified { kind, .. } => waiting(&it, *kind)?,
        Event::Urged { .. } => (format!("{it}被督查催办"), format!("{it} is urged on by a supervisor")),
        Event::Instructed { .. } => {
            (format!("领导对{it}作出批示"), format!("a leader gave an instruction on {it}"))
        }
        Event::Disputed { department, .. } => (
            format!("{department} 对{it}验收前代填的内容提出异议"),
            format!("{department} contests what was put down for it of {it}, which was accepted"),
        ),
        _ => return None,
    };
    let lines = vec![("牵头部门", "Lead", lead.to_string()), ("到期日", "Due on", due_on)];
    Some(Said { sentence: either(language, chinese, english), lines })
}

/// What an item waits for.
fn waiting(it: &str, kind: RungKind) -> Option<(String, String)> {
    Some(match kind {
        RungKind::Judgement => (format!("{it}等待验收"), format!("{it} waits to be judged")),
        RungKind::Ruling => {
            (format!("{it}的异议等待裁定"), format!("{it} was contested, and waits for a ruling"))
        }
        RungKind::Report => (format!("{it}应报告进展"), format!("{it} is to be reported on")),
        RungKind::Stale => (format!("{it}久未报告进展"), format!("{it} was not reported on for long")),
        RungKind::LookBack => (format!("{it}应回头看"), format!("{it} is to be looked back at")),
        _ => return None,
    })
}

/// What whoever takes part in a session must know.
fn invitation(
    title: &str,
    event: &session::Event,
    calendar: &WorkingCalendar,
    language: MailLanguage,
) -> Option<Said> {
    use session::Event;
    let it = either(language, format!("会商《{title}》"), format!("The session \"{title}\""));
    let mut lines = Vec::new();
    let (chinese, english) = match event {
        Event::Scheduled { room, starts_at, ends_at, answer_by, .. } => {
            let (starts, ends) =
                (local(*starts_at, calendar.zone_name()), local(*ends_at, calendar.zone_name()));
            lines.push(("时间", "Time", format!("{starts} – {ends}")));
            lines.push(("时区", "Time zone", calendar.zone_name().to_owned()));
            lines.push(("会议室", "Room", room.to_string()));
            lines.extend(answer_by.map(|by| ("答复截止", "Answer by", local(by, calendar.zone_name()))));
            (format!("{it}定于 {starts} 召开"), format!("{it} is to be held on {starts}"))
        }
        Event::TopicAdded { topic, reason, .. } => {
            // A letter goes to all who attend.
            let title = Some(&topic.title).filter(|_| topic.label != Label::Secret);
            lines.extend(title.map(|title| ("议题", "Topic", title.to_string())));
            let reason = reason.as_ref().filter(|_| title.is_some());
            lines.extend(reason.map(|reason| ("理由", "Why", reason.to_string())));
            let number = topic.number;
            (
                format!("{it}增补议题 {number}"),
                format!("{it} has another topic on its agenda, number {number}"),
            )
        }
        Event::InvitationReminded { department, answer_by, .. } => {
            lines.push(("答复截止", "Answer by", local(*answer_by, calendar.zone_name())));
            lines.push(("时区", "Time zone", calendar.zone_name().to_owned()));
            (
                format!("{it}待 {department} 答复邀请，答复时限已过"),
                format!("{it} still waits for {department} to answer the invitation"),
            )
        }
        Event::Convened { .. } => (format!("{it}已召开"), format!("{it} is convened")),
        Event::Postponed { .. } => (format!("{it}已延期，时间另定"), format!("{it} is postponed")),
        Event::Cancelled { .. } => (format!("{it}已取消"), format!("{it} is cancelled")),
        Event::SigningExtended { sign_by, .. } => {
            let until = local(*sign_by, calendar.zone_name());
            (format!("{it}的会签延至 {until}"), format!("{it} can be signed until {until}"))
        }
        Event::MeetingCalled { .. } => {
            (format!("{it}不再会签，改为开会"), format!("{it} is to be held as a meeting"))
        }
        Event::Adjourned { .. } => {
            (format!("{it}流会，另行召开"), format!("{it} is adjourned, and will be called again"))
        }
        _ => return None,
    };
    Some(Said { sentence: either(language, chinese, english), lines })
}

/// What whoever is called to an emergency must know.
fn urgent(
    title: &str,
    event: &emergency::Event,
    calendar: &WorkingCalendar,
    language: MailLanguage,
) -> Option<Said> {
    use emergency::Event;
    let it = either(language, format!("应急会商《{title}》"), format!("The emergency \"{title}\""));
    let mut lines = Vec::new();
    let by = |at: Timestamp| local(at, calendar.zone_name());
    let (chinese, english) = match event {
        Event::Raised { alarm, acknowledge_by, .. } => {
            let called: Vec<&str> = alarm.calls.iter().map(|call| call.department.as_str()).collect();
            lines.push(("叫应部门", "Called", called.join(", ")));
            lines.push(("签收时限", "Acknowledge by", by(*acknowledge_by)));
            lines.push(("决定时限", "Decide by", by(alarm.decide_by)));
            (format!("{it}已启动"), format!("{it} has been raised"))
        }
        Event::SubstituteCalled { passed_over, substitute, acknowledge_by, .. } => {
            lines.push(("签收时限", "Acknowledge by", by(*acknowledge_by)));
            (
                format!("{it}：{passed_over} 未按时签收，改叫 {substitute}"),
                format!(
                    "{it}: {passed_over} did not acknowledge in time; {substitute} is called in its place"
                ),
            )
        }
        Event::Unreached { department, .. } => (
            format!("{it}：{department} 未按时签收，已无候补可叫"),
            format!("{it}: {department} did not acknowledge in time, and nobody is left to call"),
        ),
        Event::DecisionHalfway { decide_by } => (
            format!("{it}：决定时限已过半，至 {}", by(*decide_by)),
            format!("{it}: half of the time for the decision is over; it is due by {}", by(*decide_by)),
        ),
        Event::DecisionOverdue { decide_by } => (
            format!("{it}：已过决定时限 {}，尚无决定", by(*decide_by)),
            format!("{it}: the decision was due by {}, and there is none", by(*decide_by)),
        ),
        Event::Acknowledged { .. } | Event::Ended { .. } => return None,
    };
    lines.push(("时区", "Time zone", calendar.zone_name().to_owned()));
    Some(Said { sentence: either(language, chinese, english), lines })
}

/// A moment as people there read it.
pub(crate) fn local(at: Timestamp, zone_name: &str) -> String {
    match at.in_tz(zone_name) {
        Ok(local) => local.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => at.to_string(),
    }
}
