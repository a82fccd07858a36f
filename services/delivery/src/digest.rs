//! The daily digest (每日摘要): one letter each working day, of what waits for its reader and what became late. When there is
//! nothing, there is no letter.
//!
//! That a digest is sent is an event of its subscription, which happens once for each day, whatever restarts; its line
//! sends the letter like any other, so a repeat has the same id.

mod say;

use crate::Delivering;
use crate::entry::{Only, What, look, look_at_session};
use crate::letter::{Letter, decoded};
use crate::limits::{DIGEST_ENTRIES_MAX, DIGEST_LOOK_INTERVAL, PAUSE};
use crate::views::calendar::entries_not_over;
use crate::views::polls::open_polls;
use crate::views::{Daily, subscriptions_with_digest};
use domain::aggregate::derived_id;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::Docket;
use domain::delivery::subscription::{Command, Event, EventId, Known, MailLanguage, Subscription};
use domain::directory::calendar::Calendar;
use domain::directory::hierarchy::Hierarchy;
use domain::followup::follow_up::FollowUp;
use domain::resolution::action_item::Item;
use domain::resolution::register::body_of;
use domain::scheduling::poll::Poll;
use domain::scheduling::stewards::Stewards;
use domain::{Actor, Date, Role, Timestamp};
use say::{Said, say};
use service_kit::scope::leadership;
use service_kit::{CommandContext, CommandError, Kit, Record, Scope, ViewStore};
use tonic::Status;

/// The name under which digests are begun.
const NAME: &str = "digest";

/// Begins digests when their hours come, until the kit stops.
pub(crate) async fn run(delivering: Delivering, view: ViewStore) {
    let stop = delivering.kit.stop().clone();
    stop.run_until_cancelled(async {
        loop {
            // Marked as seen before it is looked at, so that no change between the two is missed.
            let mut changed = view.changed();
            changed.borrow_and_update();
            let next = match begin_due(&delivering, &view).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(error = error.message(), "the digests are being tried again");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            tokio::select! {
                () = wait_until(&delivering.kit, next) => {}
                // A day may have become a working day.
                () = tokio::time::sleep(DIGEST_LOOK_INTERVAL) => {}
                change = changed.changed() => match change {
                    Ok(()) => tokio::time::sleep(PAUSE).await,
                    Err(_) => return,
                }
            }
        }
    })
    .await;
}

async fn wait_until(kit: &Kit, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => kit.clock().wait_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Begins the digests that are due; returns when the next one is.
async fn begin_due(delivering: &Delivering, view: &ViewStore) -> Result<Option<Timestamp>, Status> {
    let kit = &delivering.kit;
    let committed = *kit.journal().committed().borrow();
    let (daily, _) = view.query(Scope::whole(), committed, subscriptions_with_digest()).await?;
    let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
    let calendar = calendar.in_force(&delivering.default_calendar);
    let now = kit.clock().now();
    for one in &daily {
        if let Some(day) = due_on(one, calendar, now) {
            let words = [NAME, &day.to_string()];
            let context = CommandContext::of_process(NAME, derived_id(one.id, &words));
            let begin = Command::BeginDigest { digest_on: day };
            match kit.execute::<Subscription>(&context, one.id, begin).await {
                Err(error) if !error.is_refusal() => return Err(error.into()),
                _ => {}
            }
        }
    }
    Ok(daily.iter().filter_map(|one| next_at(one, calendar, now)).min())
}

/// The working day whose digest is due: today, from its hour on, unless it was begun or the hour came before somebody
/// wanted it. What a day missed, while the service was down, is in the digest of the next one.
fn due_on(daily: &Daily, calendar: &WorkingCalendar, now: Timestamp) -> Option<Date> {
    let today = calendar.date_of(now);
    let at = hour_of(daily, calendar, today);
    let is_due = calendar.is_working_day(today) && daily.since < at && at <= now;
    (is_due && daily.digest_on.is_none_or(|before| before < today)).then_some(today)
}

/// When the next digest is due, after this moment.
fn next_at(daily: &Daily, calendar: &WorkingCalendar, now: Timestamp) -> Option<Timestamp> {
    let today = calendar.date_of(now);
    let this_day = hour_of(daily, calendar, today);
    if calendar.is_working_day(today) && this_day > now {
        return Some(this_day);
    }
    Some(hour_of(daily, calendar, calendar.after_working_days(today, 1)))
}

fn hour_of(daily: &Daily, calendar: &WorkingCalendar, day: Date) -> Timestamp {
    calendar.zone().at_hour(day, i8::try_from(daily.hour).unwrap_or(0))
}

/// The letter of a digest that began with an event; none if there is nothing to say.
pub(crate) async fn letter(
    delivering: &Delivering,
    view: &ViewStore,
    known: &Known,
    record: &Record,
    event: EventId,
    language: MailLanguage,
) -> Result<Option<Letter>, Status> {
    let Some(Event::DigestBegun { digest_on, previous_on }) = decoded::<Subscription>(record, event) else {
        return Ok(None);
    };
    let kit = &delivering.kit;
    let scope = kit.scope_of(&known.subscriber).await?;
    // What was decided before it began is in it.
    let found = view.query(scope.clone(), record.position, entries_not_over(DIGEST_ENTRIES_MAX)).await?;
    let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
    let calendar = calendar.in_force(&delivering.default_calendar);
    let now = kit.clock().now();
    let said = Said { by: &known.subscriber, calendar, language, now, digest_on, previous_on };
    let (mut waiting, mut late) = (Vec::new(), Vec::new());
    let only = Only { department: known.terms.department.as_ref(), body: known.terms.body.as_ref() };
    for entry in found.0 {
        match look(kit, &scope, only, &entry).await? {
            Some(What::Session(filed)) => {
                waiting.extend(said.of_session(&entry, &filed));
                waiting.extend(said.of_missing_answers(&entry, &filed, &scope));
                if filed.sign_by().is_some() {
                    let docket = kit.show::<Docket>(&scope, entry.id).await?;
                    waiting.extend(said.of_countersign(&filed, &docket));
                }
            }
            Some(What::Item(item)) => {
                waiting.extend(said.of_item(&item));
                if leads(kit, &known.subscriber, &item).await? {
                    let follow_up = kit.load::<FollowUp>(entry.id).await?;
                    waiting.extend(follow_up.followed_item().and_then(|followed| said.of_leader(followed)));
                }
                late.extend(said.of_late(&item));
            }
            None => {}
        }
    }
    let polls = view.query(scope.clone(), record.position, open_polls(DIGEST_ENTRIES_MAX)).await?;
    for id in polls.0 {
        if let Some(filed) = look_at_session(kit, &scope, only, id).await? {
            let poll = kit.show::<Poll>(&scope, id).await?;
            waiting.extend(poll.known().and_then(|known| said.of_poll(&filed, known)));
        }
    }
    Ok(say(&said, &waiting, &late, &event))
}

/// Whether somebody is among the leadership of an item.
async fn leads(kit: &Kit, by: &Actor, item: &Item) -> Result<bool, CommandError> {
    let Some(own) = by.department.as_ref().filter(|_| by.is(Role::Leader)) else { return Ok(false) };
    let hierarchy = kit.load::<Hierarchy>(Hierarchy::realm_id()).await?;
    let stewards = kit.load::<Stewards>(Stewards::realm_id()).await?;
    let body = body_of(&item.assignment.number);
    Ok(leadership(&item.assignment.lead, body.as_ref(), &hierarchy, &stewards).contains(own))
}

#[cfg(test)]
mod tests;
