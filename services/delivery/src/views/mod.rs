//! The lists of subscriptions and of calendar feeds, what calendars have, and the polls that are open. A single subscription is read from its own
//! history.

pub(crate) mod calendar;
pub(crate) mod polls;

use domain::delivery::calendar_feed::CalendarFeed;
use domain::delivery::subscription::{Event, OffCause, Subscription};
use domain::resolution::action_item::ActionItem;
use domain::scheduling::poll::Poll;
use domain::scheduling::session::Session;
use domain::{Actor, Aggregate as _, Date, Role, Timestamp, Uuid};
use prost::Message as _;
use proto::delivery::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables, View};

/// The tables of the list.
pub(crate) struct DeliveryView;

impl View for DeliveryView {
    const NAME: &'static str = "delivery";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const CATEGORIES: &'static [&'static str] = &[
        Subscription::CATEGORY,
        CalendarFeed::CATEGORY,
        Session::CATEGORY,
        ActionItem::CATEGORY,
        Poll::CATEGORY,
    ];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        match record.stream.category.as_str() {
            Subscription::CATEGORY => {}
            Poll::CATEGORY => return polls::apply(tables, record),
            _ => return calendar::apply(tables, record),
        }
        let id = record.stream.id;
        for event in decode::<Subscription>(record)? {
            if event == Event::Withdrawn {
                let remove = "DELETE FROM subscriptions WHERE subscription_id = ?1";
                tables.prepare_cached(remove)?.execute([id.to_string()])?;
                continue;
            }
            let before = tables
                .prepare_cached("SELECT message FROM subscriptions WHERE subscription_id = ?1")?
                .query_row([id.to_string()], |row| message::<pb::Subscription>(row, "message"))
                .optional()?;
            let since = match event {
                Event::Defined { .. } | Event::Changed { .. } | Event::SwitchedOn => {
                    Some(record.envelope.time)
                }
                _ => None,
            };
            save(tables, &after(id, before.unwrap_or_default(), &event), since)?;
        }
        Ok(())
    }
}

/// A subscription after an event.
fn after(id: Uuid, mut subscription: pb::Subscription, event: &Event) -> pb::Subscription {
    use pb::SubscriptionStage as Stage;
    match event {
        Event::Defined { subscriber, terms, after_position } => {
            subscription = pb::Subscription {
                subscription_id: id.to_string(),
                subscriber: Some(subscriber.to_wire()),
                terms: Some(terms.to_wire()),
                stage: Stage::On.into(),
                secret_number: 1,
                delivered_position: *after_position,
                ..pb::Subscription::default()
            };
        }
        Event::Changed { terms } => subscription.terms = Some(terms.to_wire()),
        Event::SwitchedOff { cause } => subscription.stage = off(*cause).into(),
        Event::SwitchedOn => subscription.stage = Stage::On.into(),
        Event::SecretRotated { secret_number, overlaps_by } => {
            subscription.secret_number = *secret_number;
            subscription.overlaps_by = overlaps_by.to_wire();
        }
        Event::Replayed { after_position: position } | Event::Progressed { position } => {
            subscription.delivered_position = *position;
        }
        Event::GivenUp { .. } => subscription.given_up += 1,
        Event::DigestBegun { digest_on, .. } => subscription.digest_on = Some(digest_on.to_wire()),
        Event::Resent { .. } | Event::InvitationAnswered { .. } | Event::Withdrawn => {}
    }
    subscription
}

/// The stage of a subscription that is off.
pub(crate) fn off(cause: OffCause) -> pb::SubscriptionStage {
    match cause {
        OffCause::Request => pb::SubscriptionStage::Off,
        OffCause::ReceiverGone => pb::SubscriptionStage::ReceiverGone,
    }
}

/// Saves a subscription, which says what it says since a moment; none: since before.
fn save(
    tables: &Transaction<'_>,
    subscription: &pb::Subscription,
    since: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let subscriber = subscription.subscriber.clone().unwrap_or_default();
    let name = subscription.terms.as_ref().map(|terms| terms.name.as_str()).unwrap_or_default();
    let digest_hour = subscription.terms.as_ref().and_then(|terms| terms.digest_hour);
    tables
        .prepare_cached(
            "INSERT INTO subscriptions
                 (subscription_id, name, subject, department_code, stage, digest_hour, since, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, 0), ?8)
             ON CONFLICT (subscription_id) DO UPDATE SET
                 name = ?2, subject = ?3, department_code = ?4, stage = ?5, digest_hour = ?6,
                 since = coalesce(?7, since), message = ?8",
        )?
        .execute(params![
            subscription.subscription_id,
            name,
            subscriber.subject,
            subscriber.department_code,
            subscription.stage,
            digest_hour,
            since.map(Timestamp::as_microsecond),
            subscription.encode_to_vec(),
        ])?;
    Ok(())
}

/// Those of a department are within its scope; whose they are is asked besides.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT * FROM subscriptions",
    "department_code IN (SELECT value FROM json_each(?, '$.departments'))",
);

/// The query for subscriptions: to operators and auditors all, to others their own.
pub(crate) fn subscriptions(
    request: &pb::ListSubscriptionsRequest,
    actor: &Actor,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Subscription>> + Send + 'static, Invalid>
{
    let query = list(request, actor)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| message(row, "message")))
}

pub(crate) fn list(request: &pb::ListSubscriptionsRequest, actor: &Actor) -> Result<ListQuery, Invalid> {
    let query = ListQuery::new(
        ROWS,
        &["name"],
        "subscription_id",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    let query = query
        .filter_some("stage = ?", stage::<pb::SubscriptionStage>(request.stage)?)
        .filter_id_prefix("subscription_id", &request.id_prefix)?;
    if actor.is(Role::Operator) || actor.is(Role::Auditor) {
        return Ok(query);
    }
    let department = actor.department.as_ref().map(ToString::to_string);
    let query = query.filter("subject = ?", [actor.subject.clone()]);
    Ok(match department {
        Some(code) => query.filter("department_code = ?", [code]),
        None => query.filter("department_code IS NULL", Vec::<Value>::new()),
    })
}

/// The number of a stage, if one is asked for.
pub(crate) fn stage<S: TryFrom<i32>>(stage: Option<i32>) -> Result<Option<i32>, Invalid> {
    match stage.filter(|&stage| stage != 0) {
        Some(stage) if S::try_from(stage).is_err() => Err(Invalid::field("stage", "is no such stage")),
        stage => Ok(stage),
    }
}

/// How many subscriptions somebody has.
pub(crate) fn count_of(
    subject: &str,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<u32> + Send + 'static {
    let subject = Value::from(subject.to_owned());
    move |tables| {
        let rows = ROWS.selecting("SELECT COUNT(*) FROM subscriptions");
        let count = tables.first(&rows, "subject = ?", [subject], |row| row.get(0))?;
        Ok(count.unwrap_or(0))
    }
}

/// The subscriptions that have a line.
pub(crate) fn subscriptions_that_are_on()
-> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Uuid>> + Send + 'static {
    |tables| {
        let mut ids = Vec::new();
        let on = [Value::from(i64::from(pb::SubscriptionStage::On as i32))];
        tables.each(&ROWS, "stage = ?", "subscription_id", on, |row| {
            ids.extend(Uuid::try_parse(&row.get::<_, String>("subscription_id")?).ok());
            Ok(true)
        })?;
        Ok(ids)
    }
}

/// A subscription with a daily digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Daily {
    pub(crate) id: Uuid,
    /// The hour of the day.
    pub(crate) hour: u32,
    /// Since when it is as it is.
    pub(crate) since: Timestamp,
    /// The working day of the last digest.
    pub(crate) digest_on: Option<Date>,
}

/// The subscriptions that are on and have a daily digest.
pub(crate) fn subscriptions_with_digest()
-> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Daily>> + Send + 'static {
    |tables| {
        let mut found = Vec::new();
        let on = [Value::from(i64::from(pb::SubscriptionStage::On as i32))];
        let condition = "stage = ? AND digest_hour IS NOT NULL";
        tables.each(&ROWS, condition, "subscription_id", on, |row| {
            let subscription: pb::Subscription = message(row, "message")?;
            let id = Uuid::try_parse(&subscription.subscription_id).ok();
            let since = Timestamp::from_microsecond(row.get("since")?).ok();
            if let (Some(id), Some(since)) = (id, since) {
                let digest_on = subscription.digest_on.and_then(|day| day.parse().ok());
                found.push(Daily { id, hour: row.get("digest_hour")?, since, digest_on });
            }
            Ok(true)
        })?;
        Ok(found)
    }
}
