//! The list of subscriptions. A single one is read from its own history.

use domain::delivery::subscription::{Event, OffCause, Subscription};
use domain::{Actor, Aggregate as _, Role, Uuid};
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
    const CATEGORIES: &'static [&'static str] = &[Subscription::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
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
            save(tables, &after(id, before.unwrap_or_default(), &event))?;
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
        Event::Resent { .. } | Event::Withdrawn => {}
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

fn save(tables: &Transaction<'_>, subscription: &pb::Subscription) -> rusqlite::Result<()> {
    let subscriber = subscription.subscriber.clone().unwrap_or_default();
    let name = subscription.terms.as_ref().map(|terms| terms.name.as_str()).unwrap_or_default();
    tables
        .prepare_cached(
            "INSERT OR REPLACE INTO subscriptions (subscription_id, name, subject, department_code, stage, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            subscription.subscription_id,
            name,
            subscriber.subject,
            subscriber.department_code,
            subscription.stage,
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
