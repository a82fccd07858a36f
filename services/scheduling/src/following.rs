//! Calendars that are subscribed to are followed: the clock has each of them read again and again.
//!
//! Of several copies of the service one does this. By what a server knows a calendar again is kept in memory only: whoever takes
//! over reads each once in full. What a reading changes is decided by its holder's
//! [`Availability`]; a calendar that says what it said is read, and leaves no record.

use crate::views;
use domain::aggregate::derived_id;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::Calendar;
use domain::scheduling::availability::{Availability, Command, Failure, Outcome, READ_AHEAD};
use domain::scheduling::free_busy::{Reading, Unreadable, busy_times};
use domain::scheduling::slots::Busy;
use domain::{Timestamp, Uuid};
use futures::StreamExt as _;
use jiff::SignedDuration;
use service_kit::outbound::{Connector, FetchError, Fetched, Validators};
use service_kit::{CommandContext, Kit, Scope, ViewStore};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;

/// What one copy of the service does at a time.
const DUTY: &str = "calendars";
/// The name under which attempts are noted.
const NAME: &str = "follow_calendars";
/// What is asked for.
const ACCEPT: &str = "text/calendar";
/// Calendars that are read at once, at most.
const READ_AT_ONCE_MAX: usize = 8;
/// Time after which what could not be looked up or noted is tried again, and between two looks at a view that changes.
const PAUSE: Duration = Duration::from_secs(1);

/// How calendars are followed.
pub struct Following {
    /// What connects to their servers.
    pub connector: Connector,
    /// Time from one look at a calendar to the next.
    pub refresh: Duration,
}

/// What reads calendars. Cheap to clone.
#[derive(Clone)]
pub(crate) struct CalendarReader {
    pub(crate) kit: Kit,
    pub(crate) connector: Connector,
    /// The calendar in force while none is defined.
    pub(crate) default_calendar: Arc<WorkingCalendar>,
}

impl CalendarReader {
    /// The busy times of a calendar from now on, as far as it is read.
    pub(crate) async fn busy_times(&self, content: String) -> Result<Result<Vec<Busy>, Unreadable>, Status> {
        let defined = self.kit.load::<Calendar>(Calendar::realm_id()).await?;
        let zone = defined.in_force(&self.default_calendar).zone().clone();
        let from_at = self.kit.clock().now();
        let until_at = from_at.checked_add(READ_AHEAD).unwrap_or(Timestamp::MAX);
        let reading = move || busy_times(&content, &Reading { zone: &zone, from_at, until_at });
        let times = self.kit.tasks().spawn_blocking(reading).await;
        times.map_err(|ended| Status::internal(ended.to_string()))
    }

    /// Tries to read a subscribed calendar, unless it is what it was when it was known by these validators.
    pub(crate) async fn attempt(
        &self,
        url: &str,
        known: &Validators,
    ) -> Result<(Outcome, Validators), Status> {
        let failed = |failure, http_status| (Outcome::Failed { failure, http_status }, Validators::default());
        let (content, validators) = match self.connector.fetch(url, ACCEPT, known).await {
            Ok(Fetched::Unchanged) => return Ok((Outcome::Unchanged, known.clone())),
            Ok(Fetched::Content(content, validators)) => (content, validators),
            Err(error) => {
                let (failure, http_status) = failure(&error);
                return Ok(failed(failure, http_status));
            }
        };
        let Ok(content) = String::from_utf8(content.into()) else {
            return Ok(failed(Failure::NotUnderstood, None));
        };
        Ok(match self.busy_times(content).await? {
            Ok(times) => (Outcome::Read(times), validators),
            Err(_) => failed(Failure::NotUnderstood, None),
        })
    }
}

/// Why a calendar cannot be read, as it is recorded.
fn failure(error: &FetchError) -> (Failure, Option<u32>) {
    match error {
        FetchError::NotAllowed(_) => (Failure::NotAllowed, None),
        FetchError::Unreachable(_) => (Failure::Unreachable, None),
        FetchError::TimedOut => (Failure::TimedOut, None),
        FetchError::Status(status) => (Failure::Status, Some(u32::from(*status))),
        FetchError::TooManyRedirects => (Failure::TooManyRedirects, None),
        FetchError::TooLarge => (Failure::TooLarge, None),
    }
}

/// What follows the calendars.
pub(crate) struct Follower {
    reader: CalendarReader,
    view: ViewStore,
    refresh: SignedDuration,
    /// By the ids of the subscriptions.
    looked_at: HashMap<Uuid, LookedAt>,
}

/// The last look at a calendar.
struct LookedAt {
    at: Timestamp,
    validators: Validators,
    /// When the busy times were taken in that these validators are of; none when they are of others.
    taken_in_at: Option<Timestamp>,
}

impl LookedAt {
    fn without_validators(at: Timestamp) -> LookedAt {
        LookedAt { at, validators: Validators::default(), taken_in_at: None }
    }
}

impl Follower {
    pub(crate) fn new(reader: CalendarReader, view: ViewStore, refresh: Duration) -> Follower {
        let refresh = SignedDuration::try_from(refresh).unwrap_or(SignedDuration::MAX);
        Follower { reader, view, refresh, looked_at: HashMap::new() }
    }

    /// Follows the calendars until the kit stops, whenever this copy of the service is the one that does.
    pub(crate) async fn run(mut self) {
        let (kit, holder) = (self.reader.kit.clone(), Uuid::new_v4());
        let claim = || kit.journal().claim(DUTY, holder, String::new());
        while let Some(duty) = kit.stop().run_until_cancelled(claim()).await {
            tokio::select! {
                () = kit.stop().cancelled() => {}
                () = duty.lost() => {
                    tracing::warn!("this copy does not follow calendars any more, as another one may do so");
                }
                () = self.follow() => {}
            }
            duty.give_back().await;
        }
    }

    /// Reads whatever is due, for as long as the view is there.
    async fn follow(&mut self) {
        let mut changed = self.view.changed();
        loop {
            // Marked as seen before it is looked at, so that no change between the two is missed.
            changed.borrow_and_update();
            let next = match self.read_due().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(error = error.message(), "the subscribed calendars are being tried again");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            tokio::select! {
                () = self.wait_until(next) => {}
                change = changed.changed() => match change {
                    Ok(()) => tokio::time::sleep(PAUSE).await,
                    Err(_) => return,
                }
            }
        }
    }

    async fn wait_until(&self, moment: Option<Timestamp>) {
        match moment {
            Some(moment) => self.reader.kit.clock().wait_until(moment).await,
            None => std::future::pending().await,
        }
    }

    /// When a subscribed calendar is to be looked at next; at once when it never was.
    fn due_at(&self, subscription: Uuid) -> Timestamp {
        let looked_at = self.looked_at.get(&subscription);
        looked_at.map_or(Timestamp::MIN, |last| last.at.checked_add(self.refresh).unwrap_or(Timestamp::MAX))
    }

    /// Reads the calendars that are due; returns when the next one is.
    async fn read_due(&mut self) -> Result<Option<Timestamp>, Status> {
        let query = views::subscribed_calendars();
        let committed = *self.reader.kit.journal().committed().borrow();
        let (subscribed, _) = self.view.query(Scope::whole(), committed, query).await?;
        self.looked_at.retain(|id, _| subscribed.iter().any(|(_, subscription)| subscription == id));
        let now = self.reader.kit.clock().now();
        let due = subscribed.iter().filter(|(_, subscription)| self.due_at(*subscription) <= now);
        let looks = due.map(async |(availability, subscription)| {
            let looked = self.look(*availability, *subscription, now).await;
            // What cannot be read or noted here is looked at again with the others: its server is not asked all the time.
            let last = looked.unwrap_or_else(|error| {
                tracing::warn!(%subscription, error = error.message(), "a subscribed calendar is not noted");
                LookedAt::without_validators(now)
            });
            (*subscription, last)
        });
        let looks: Vec<_> = looks.collect();
        let looked: Vec<_> = futures::stream::iter(looks).buffer_unordered(READ_AT_ONCE_MAX).collect().await;
        self.looked_at.extend(looked);
        Ok(subscribed.iter().map(|(_, subscription)| self.due_at(*subscription)).min())
    }

    /// Tries to read one calendar, and notes what became of that.
    async fn look(&self, availability: Uuid, subscription: Uuid, now: Timestamp) -> Result<LookedAt, Status> {
        let kit = &self.reader.kit;
        let state = kit.load::<Availability>(availability).await?;
        let Some((_, subscribed)) = state.of_subscription(subscription) else {
            // It has ended meanwhile.
            return Ok(LookedAt::without_validators(now));
        };
        let last = self.looked_at.get(&subscription);
        let is_of_these = |last: &&LookedAt| {
            last.taken_in_at == subscribed.taken_in_at && !subscribed.is_to_be_taken_in(now)
        };
        let known = last.filter(is_of_these).map(|last| last.validators.clone()).unwrap_or_default();
        let (outcome, validators) = self.reader.attempt(subscribed.url.as_str(), &known).await?;
        let words = [NAME, &subscription.to_string(), &now.to_string()];
        let context = CommandContext {
            // Where nothing changed, nothing is recorded.
            until_it_changes: true,
            ..CommandContext::of_process(NAME, derived_id(availability, &words))
        };
        let command = Command::NoteAttempt { subscription, outcome };
        let noted = kit.execute::<Availability>(&context, availability, command).await?;
        let after = noted.state().of_subscription(subscription);
        let taken_in_at = after.and_then(|(_, subscribed)| subscribed.taken_in_at);
        Ok(LookedAt { at: now, validators, taken_in_at })
    }
}
