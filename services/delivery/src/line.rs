//! A line: what carries the events of one subscription, from the log to its receiver.
//!
//! One half reads the log and puts what is for the subscriber into the outbox; the other half sends from there. The outbox
//! remembers both, so a line that is cut goes on where it was, and what was under way is sent again with the same id.

use crate::Delivering;
use crate::calendar::{self, Invited, address_of};
use crate::digest;
use crate::letter::{self, Letter};
use crate::limits::{
    DELIVERIES_AT_ONCE_MAX, DELIVERIES_WAITING_MAX, PAUSE, PROGRESS_INTERVAL, READ_RECORDS,
    RETRY_JITTER_PERCENT, RETRY_SECONDS,
};
use crate::outbox::{Attempt, Due, OutboxError, Stage};
use crate::robot;
use crate::secret::signatures;
use crate::sender::{Answer, Message};
use domain::aggregate::derived_id;
use domain::delivery::calendar_feed::CalendarFeed;
use domain::delivery::subscription::{
    Command, EventId, Known, MailLanguage, OffCause, Receiver, Subscription,
};
use domain::{Aggregate as _, Line as TextLine, Timestamp, Uuid};
use event_feed::{Reader, Wanted};
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;
use proto::ledger::v1::CloudEvent;
use proto::record::kind_of;
use serde_json::json;
use service_kit::clock::Clock;
use service_kit::metrics::Waiting;
use service_kit::{CommandContext, CommandError, Filter, Position, Record, ViewStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tonic::Status;

/// The name under which lines issue commands.
const NAME: &str = "deliver";
/// How the event is named that begins a digest.
const DIGEST: &str = ".SubscriptionDigestBegun";
/// How the events are named after which calendars are to have a session, or not any more.
const INVITES: [&str; 5] = [
    ".SessionScheduled",
    ".SessionTopicAdded",
    ".SessionPostponed",
    ".SessionCancelled",
    ".SessionAdjourned",
];
/// What is noted of a last answer, in characters.
const NOTED_CHARS_MAX: usize = 120;

/// Why a line could not go on; it is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("{0}")]
    Outbox(#[from] OutboxError),
    #[error("the log: {0}")]
    Log(String),
    #[error("{0}")]
    Command(#[from] CommandError),
    #[error("{}", .0.message())]
    Status(#[from] Status),
}

/// The line of one subscription, as it is until that changes.
pub(crate) struct Line {
    delivering: Delivering,
    id: Uuid,
    known: Known,
    view: ViewStore,
    reader: Reader,
    /// There is something new to send.
    filled: Notify,
    /// There is room for more.
    emptied: Notify,
}

impl Line {
    pub(crate) fn new(delivering: Delivering, view: ViewStore, id: Uuid, known: Known) -> Line {
        let texts = |lines: &[TextLine]| lines.iter().map(TextLine::to_string).collect();
        let wanted = Wanted {
            contexts: texts(&known.terms.contexts),
            types: texts(&known.terms.types),
            department: known.terms.department.clone(),
            body: known.terms.body.clone(),
        };
        let reader = Reader::new(delivering.kit.clone(), known.subscriber.clone(), wanted);
        Line { delivering, id, known, view, reader, filled: Notify::new(), emptied: Notify::new() }
    }

    /// Carries events until it is dropped.
    pub(crate) async fn run(self) {
        tokio::join!(self.keep("reading", || self.read()), self.keep("sending", || self.send()));
    }

    /// Does one half of the work, again and again.
    async fn keep<F: Future<Output = Result<(), Broken>>>(&self, what: &'static str, work: impl Fn() -> F) {
        loop {
            if let Err(error) = work().await {
                tracing::warn!(subscription_id = %self.id, what, %error, "a line of delivery is being tried again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn read(&self) -> Result<(), Broken> {
        let (journal, outbox) = (self.delivering.kit.journal(), &self.delivering.outbox);
        let head = journal.head().await.map_err(|error| Broken::Log(error.to_string()))?;
        let after = outbox.begin(self.id, &self.known, head).await?;
        let records = journal.subscribe(after, Filter::All).await;
        let records = records.map_err(|error| Broken::Log(error.to_string()))?;
        let mut records = records.ready_chunks(READ_RECORDS);
        loop {
            while outbox.waiting(self.id).await?.0 >= DELIVERIES_WAITING_MAX {
                self.emptied.notified().await;
            }
            let Some(batch) = records.next().await else { return Ok(()) };
            let batch: Vec<Arc<Record>> = batch
                .into_iter()
                .collect::<Result<_, _>>()
                .map_err(|error| Broken::Log(error.to_string()))?;
            let Some(last) = batch.last().map(|last| last.position) else { continue };
            let events = self.seen(&batch).await?;
            let is_news = !events.is_empty();
            outbox.add(self.id, last, events, Clock::System.now()).await?;
            if is_news {
                self.filled.notify_one();
            }
        }
    }

    /// What these records have for the subscriber. What delivery records of itself is nothing to deliver: each delivery
    /// would lead to another.
    async fn seen(&self, records: &[Arc<Record>]) -> Result<Vec<(domain::StreamName, CloudEvent)>, Broken> {
        let mut seen = Vec::new();
        if self.known.terms.receiver.digest_hour().is_some() {
            for record in records {
                seen.extend(self.digests(record).into_iter().map(|event| (record.stream.clone(), event)));
            }
            return Ok(seen);
        }
        let mut look = self.reader.look().await?;
        let own = [Subscription::CATEGORY, CalendarFeed::CATEGORY];
        for record in records.iter().filter(|record| !own.contains(&record.stream.category.as_str())) {
            let events = look.at(&**record).await?;
            seen.extend(events.into_iter().map(|event| (record.stream.clone(), event)));
        }
        Ok(seen)
    }

    async fn send(&self) -> Result<(), Broken> {
        let outbox = &self.delivering.outbox;
        let (mut noted_at, mut is_moved) = (Instant::now(), false);
        let mut measured = Waiting::nothing();
        loop {
            let (waiting, failing) = outbox.waiting(self.id).await?;
            measured.set(waiting, failing);
            let (due, next) = outbox.due(self.id, Clock::System.now(), self.at_once_max()).await?;
            if due.is_empty() {
                let until_next = next.map(|at| at.duration_since(Clock::System.now()));
                let until_next = until_next.map(|left| Duration::try_from(left).unwrap_or_default());
                let until_note = PROGRESS_INTERVAL.saturating_sub(noted_at.elapsed());
                tokio::select! {
                    () = self.filled.notified() => {}
                    () = sleep_some(until_next) => {}
                    () = sleep_some(is_moved.then_some(until_note)) => {}
                }
            }
            let mut sending =
                futures::stream::iter(due).map(|due| self.deliver(due)).buffer_unordered(self.at_once_max());
            while let Some(delivered) = sending.next().await {
                delivered?;
                is_moved = true;
                self.emptied.notify_one();
            }
            if is_moved && noted_at.elapsed() >= PROGRESS_INTERVAL {
                self.note_progress().await?;
                (noted_at, is_moved) = (Instant::now(), false);
            }
        }
    }

    /// Tries one delivery, and saves what became of it.
    async fn deliver(&self, due: Due) -> Result<(), Broken> {
        let outbox = &self.delivering.outbox;
        let Some((record, event)) = self.event(&due).await? else {
            return Ok(outbox.remove(self.id, due.event).await?);
        };
        let Some(answer) = self.attempt(&due, &record, &event).await? else {
            return Ok(outbox.remove(self.id, due.event).await?);
        };
        let attempts = due.attempts + 1;
        let tried_at = Clock::System.now();
        let (stage, next_at) = match next_attempt(attempts, &answer, tried_at) {
            _ if answer.is_acceptance() => (Stage::Delivered, None),
            Some(at) => (Stage::Pending, Some(at)),
            None => (Stage::GivenUp, None),
        };
        let pause_until = self.pause_after(&answer, next_at, tried_at);
        if stage == Stage::GivenUp {
            self.give_up(due.event, attempts, &answer).await?;
        }
        let is_gone = answer.is_gone() && !self.is_mail();
        let (status, text) = (answer.status, answer.text);
        tracing::debug!(subscription_id = %self.id, event_id = event.event_id, ?stage, status, "an event was sent");
        let attempt = Attempt { event: due.event, stage, attempts, tried_at, next_at, status, answer: text };
        outbox.save(self.id, attempt).await?;
        if is_gone {
            return self.switch_off(due.event, attempts).await;
        }
        match pause_until {
            Some(until) => Ok(outbox.pause(self.id, until).await?),
            None => Ok(()),
        }
    }

    fn is_mail(&self) -> bool {
        matches!(self.known.terms.receiver, Receiver::Mail { .. })
    }

    /// Until when nothing more is sent to the receiver: one that is busy is left alone until the next attempt, and a robot
    /// takes so many messages in a minute and no more.
    fn pause_after(
        &self,
        answer: &Answer,
        next_at: Option<Timestamp>,
        tried_at: Timestamp,
    ) -> Option<Timestamp> {
        if answer.is_busy() && !self.is_mail() {
            return next_at;
        }
        self.known.terms.receiver.robot().map(|robot| tried_at + robot::spacing(robot.kind))
    }

    /// Deliveries that may be under way at once.
    fn at_once_max(&self) -> usize {
        if self.known.terms.receiver.robot().is_some() { 1 } else { DELIVERIES_AT_ONCE_MAX }
    }

    /// The digests that begin with a record of this subscription.
    fn digests(&self, record: &Record) -> Vec<CloudEvent> {
        if record.stream != Subscription::stream(self.id) {
            return Vec::new();
        }
        let numbered = (1..).zip(&record.events);
        let digests = numbered.filter(|(_, event)| kind_of(event).ends_with(DIGEST));
        let events = digests.map(|(number, event): (usize, _)| CloudEvent {
            event_id: format!("{}/{number}", record.position),
            r#type: kind_of(event).to_owned(),
            subject: self.id.to_string(),
            position: record.position,
            ..CloudEvent::default()
        });
        events.collect()
    }

    /// Sends an event to where it goes; none if there is nothing to say.
    async fn attempt(
        &self,
        due: &Due,
        record: &Record,
        event: &CloudEvent,
    ) -> Result<Option<Answer>, Broken> {
        let Delivering { sender, .. } = &self.delivering;
        let now = Clock::System.now();
        match &self.known.terms.receiver {
            Receiver::Webhook { url } => {
                Ok(Some(sender.post(url.as_str(), self.message(event, now), now).await))
            }
            Receiver::Mail { language, .. } => self.mail(due, record, event, *language).await,
            Receiver::Robot { robot, .. } => {
                let Some(letter) = self.letter(due, record, event, robot.language).await? else {
                    return Ok(None);
                };
                Ok(Some(robot::post(sender, robot, &letter, now).await))
            }
        }
    }

    /// What is said of an event; none if there is nothing to say.
    async fn letter(
        &self,
        due: &Due,
        record: &Record,
        event: &CloudEvent,
        language: MailLanguage,
    ) -> Result<Option<Letter>, Broken> {
        let Delivering { kit, default_calendar, .. } = &self.delivering;
        Ok(match event.r#type.ends_with(DIGEST) {
            true => {
                digest::letter(&self.delivering, &self.view, &self.known, record, due.event, language).await?
            }
            false => Some(letter::about(kit, default_calendar, record, due.event, language).await?),
        })
    }

    async fn mail(
        &self,
        due: &Due,
        record: &Record,
        event: &CloudEvent,
        language: MailLanguage,
    ) -> Result<Option<Answer>, Broken> {
        let none = |why: &str| Ok(Some(Answer::missing(why.to_owned())));
        let Some(mailer) = &self.delivering.mailer else {
            return none("no mail is sent: mail.server is not set");
        };
        let Some(address) = address_of(&self.delivering.kit, &self.known.subscriber).await? else {
            return none(
                "the directory has no member of the subscriber's department with their subject and an address",
            );
        };
        let Some(mut letter) = self.letter(due, record, event, language).await? else { return Ok(None) };
        if INVITES.iter().any(|kind| event.r#type.ends_with(kind)) {
            let secret = self.delivering.key.of_answer(self.id, record.stream.id);
            let answers_to = mailer.answers_to(&secret);
            let invited = Invited {
                subscriber: &self.known.subscriber,
                address: address.as_str(),
                is_answerable: answers_to.is_some(),
                organizer: &answers_to.unwrap_or_else(|| mailer.sender()),
                language,
            };
            letter.invitation = calendar::invitation(&self.delivering, &self.view, record, invited).await?;
        }
        let EventId { position, number } = due.event;
        Ok(Some(mailer.post(address.as_str(), &format!("{position}.{number}.{}", self.id), letter).await))
    }

    /// The event with its record, if its subscriber may still see it, which is asked whenever it is sent.
    async fn event(&self, due: &Due) -> Result<Option<(Arc<Record>, CloudEvent)>, Broken> {
        let (kit, position) = (&self.delivering.kit, due.event.position);
        let found = record_at(kit, &due.stream, position).await?;
        let Some(record) = found else { return Ok(None) };
        let event_id = proto::Wire::<String>::to_wire(&due.event);
        if let Some(digest) = self.digests(&record).into_iter().find(|event| event.event_id == event_id) {
            return Ok(Some((record, digest)));
        }
        let events = self.reader.look().await?.at(&*record).await?;
        let event = events.into_iter().find(|event| event.event_id == event_id);
        Ok(event.map(|event| (record, event)))
    }

    fn message(&self, event: &CloudEvent, now: Timestamp) -> Message {
        let body = body(event);
        let secrets = self.delivering.key.secrets(self.id, &self.known, self.delivering.kit.clock().now());
        let signature = signatures(&secrets, &event.event_id, now, &body);
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        set(header::CONTENT_TYPE.as_str(), "application/cloudevents+json".into());
        set(header::USER_AGENT.as_str(), "huishang".into());
        set("webhook-id", event.event_id.clone());
        set("webhook-timestamp", now.as_second().to_string());
        set("webhook-signature", signature);
        set("huishang-position", event.position.to_string());
        Message { headers, body: body.into() }
    }

    async fn give_up(&self, event: EventId, attempts: u32, answer: &Answer) -> Result<(), Broken> {
        let status = answer.status.filter(|_| answer.refusal.is_none());
        let said = status.map_or_else(|| answer.text.clone(), |status| format!("status {status}"));
        let said: String = said.chars().filter(|c| !c.is_control()).take(NOTED_CHARS_MAX).collect();
        let answer = TextLine::parse(&said).or_else(|_| TextLine::parse("no answer"));
        let Ok(answer) = answer else { return Ok(()) };
        let words = ["give up", &event.position.to_string(), &event.number.to_string()];
        self.issue(&words, Command::GiveUp { event, attempts, answer }).await
    }

    async fn switch_off(&self, event: EventId, attempts: u32) -> Result<(), Broken> {
        let (position, number) = (event.position.to_string(), event.number.to_string());
        let words = ["gone", &position, &number, &attempts.to_string()];
        self.issue(&words, Command::SwitchOff { cause: OffCause::ReceiverGone }).await
    }

    async fn note_progress(&self) -> Result<(), Broken> {
        note_progress(&self.delivering, self.id, self.known.replays).await
    }

    async fn issue(&self, words: &[&str], command: Command) -> Result<(), Broken> {
        issue(&self.delivering, self.id, words, command).await
    }
}

/// Notes in the log up to where a subscription was delivered; `replays` is the number of its last replay.
pub(crate) async fn note_progress(delivering: &Delivering, id: Uuid, replays: u32) -> Result<(), Broken> {
    let position: Position = delivering.outbox.settle(id).await?;
    let words = ["progress", &position.to_string(), &replays.to_string()];
    issue(delivering, id, &words, Command::NoteProgress { position, replays }).await
}

/// Issues a command to a subscription; its id follows from the words, so that a repeat has one effect.
async fn issue(delivering: &Delivering, id: Uuid, words: &[&str], command: Command) -> Result<(), Broken> {
    let context = CommandContext::of_process(NAME, derived_id(id, words));
    match delivering.kit.execute::<Subscription>(&context, id, command).await {
        Ok(_) => Ok(()),
        // It has ended meanwhile, and so will its line.
        Err(error) if error.is_refusal() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The record at a position of a stream.
pub(crate) async fn record_at(
    kit: &service_kit::Kit,
    stream: &domain::StreamName,
    position: Position,
) -> Result<Option<Arc<Record>>, CommandError> {
    let records = kit.journal().read(stream, position.saturating_sub(1)).await?;
    Ok(records.into_iter().find(|record| record.position == position).map(Arc::new))
}

async fn sleep_some(length: Option<Duration>) {
    match length {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}

/// When a delivery is tried again that was tried so often; none when it is given up.
fn next_attempt(attempts: u32, answer: &Answer, now: Timestamp) -> Option<Timestamp> {
    let pause = *RETRY_SECONDS.get(attempts.checked_sub(1)? as usize)?;
    let jitter = rand::random_range(0..=pause * RETRY_JITTER_PERCENT / 100);
    let pause = (pause + jitter).max(answer.retry_after_seconds.unwrap_or(0));
    Some(now + SignedDuration::from_secs(pause.into()))
}

/// The event in the JSON format of CloudEvents, as the feed writes it.
fn body(event: &CloudEvent) -> Vec<u8> {
    let decided_at = event.decided_at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok());
    let mut body = json!({
        "specversion": event.specversion,
        "id": event.event_id,
        "source": event.source,
        "type": event.r#type,
        "subject": event.subject,
        "time": decided_at.map(|at| at.to_string()),
        "position": event.position.to_string(),
    });
    if let (Some(code), Some(body)) = (&event.body_code, body.as_object_mut()) {
        body.insert("bodycode".to_owned(), json!(code));
    }
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_tried_for_days_and_then_given_up() {
        let answer =
            |retry_after_seconds| Answer { status: Some(503), retry_after_seconds, ..Answer::default() };
        let pause = |attempts, answer: &Answer| {
            let next = next_attempt(attempts, answer, Timestamp::UNIX_EPOCH)?;
            Some(next.as_second())
        };
        for (attempts, seconds) in (1..).zip(RETRY_SECONDS) {
            let paused = pause(attempts, &answer(None)).unwrap();
            let seconds = i64::from(seconds);
            assert!((seconds..=seconds * 6 / 5).contains(&paused), "{attempts}: {paused}");
        }
        assert_eq!(pause(RETRY_SECONDS.len() as u32 + 1, &answer(None)), None);
        assert_eq!(pause(1, &answer(Some(3600))), Some(3600), "the receiver knows better");
        let days = RETRY_SECONDS.iter().sum::<u32>() as f64 / 86_400.0;
        assert!((3.0..4.0).contains(&days), "{days} days");
    }
}
