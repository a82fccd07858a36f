use super::*;

#[tokio::test]
async fn a_repeat_has_the_same_answer_and_secret() {
    let fixture = Fixture::new().await;
    let dry_run = pb::DefineSubscriptionRequest { validate_only: true, ..define("one") };
    let validated = fixture.service.define_subscription(by(dry_run, "WATER", Role::Clerk)).await.unwrap();
    assert_eq!(validated.into_inner().secret, "", "a secret is for what is there");
    let defined = fixture.define("one", Role::Clerk).await;
    assert!(defined.secret.starts_with("whsec_"), "{}", defined.secret);
    assert_eq!(fixture.define("one", Role::Clerk).await, defined);
    assert_ne!(fixture.define("two", Role::Clerk).await.secret, defined.secret);
}

#[tokio::test]
async fn a_new_secret_has_a_new_public_key() {
    let fixture = Fixture::new().await;
    let defined = fixture.define("one", Role::Clerk).await;
    let subscription = defined.subscription.unwrap();
    let rotate = pb::RotateSubscriptionSecretRequest {
        command_id: id("rotate"),
        subscription_id: subscription.subscription_id.clone(),
        ..Default::default()
    };
    let rotated = fixture.service.rotate_subscription_secret(by(rotate, "WATER", Role::Clerk)).await.unwrap();
    let rotated = rotated.into_inner();
    assert_ne!(rotated.secret, defined.secret);
    let now = rotated.subscription.unwrap();
    assert_eq!((now.secret_number, now.overlaps_by.is_some()), (2, true));
    assert!(now.public_key.starts_with("whpk_") && now.public_key != subscription.public_key);
}

#[tokio::test]
async fn everybody_lists_their_own_and_an_operator_all() {
    let fixture = Fixture::new().await;
    fixture.define("one", Role::Delegate).await;
    let position = fixture.define("two", Role::Delegate).await.position;
    let list = |department: &'static str, role: Role| {
        let list = pb::ListSubscriptionsRequest {
            at_least_position: position,
            order_by: "name desc".into(),
            ..Default::default()
        };
        let service = &fixture.service;
        async move {
            let listed = service.list_subscriptions(by(list, department, role)).await.unwrap().into_inner();
            let url = |one: pb::Subscription| one.terms.unwrap().webhook_url.unwrap();
            listed.subscriptions.into_iter().map(url).collect::<Vec<_>>()
        }
    };
    assert_eq!(list("WATER", Role::Delegate).await, ["https://receiver.invalid/hook"; 2]);
    assert_eq!(list("ROADS", Role::Delegate).await, [""; 0]);
    assert_eq!(list("", Role::Supervisor).await, [""; 0]);
    assert_eq!(list("", Role::Operator).await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_its_field() {
    let fixture = Fixture::new().await;
    let subscription = fixture.define("one", Role::Delegate).await.subscription.unwrap();
    let subscription_id = subscription.subscription_id;
    let mut inside = define("inside");
    inside.terms.as_mut().unwrap().webhook_url = Some("https://[::1]/".into());
    let refused = fixture.service.define_subscription(by(inside, "WATER", Role::Delegate)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["terms.webhook_url"]);
    let mut both = define("both");
    both.terms.as_mut().unwrap().mail_language = Some(pb::MailLanguage::English.into());
    let refused = fixture.service.define_subscription(by(both, "WATER", Role::Delegate)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["terms.webhook_url"]);
    let mut misspelt = define("misspelt");
    misspelt.terms.as_mut().unwrap().contexts = vec!["scheduling".into(), "schedulin".into()];
    let refused =
        fixture.service.define_subscription(by(misspelt, "WATER", Role::Delegate)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["terms.contexts[1]"]);
    // Neither a name without its package nor another message is an event.
    for kind in ["SessionConvened", "huishang.scheduling.v1.Session"] {
        let mut unknown = define("unknown");
        unknown.terms.as_mut().unwrap().types = vec![kind.into()];
        let refused =
            fixture.service.define_subscription(by(unknown, "WATER", Role::Delegate)).await.unwrap_err();
        assert_eq!(faulty_fields(&refused), ["terms.types[0]"], "{kind}");
    }
    for event_id in ["", "1", "0/1", "1/0", "a/b"] {
        let resend = pb::ResendDeliveryRequest {
            command_id: id("resend"),
            subscription_id: subscription_id.clone(),
            event_id: event_id.into(),
            ..Default::default()
        };
        let refused = fixture.service.resend_delivery(by(resend, "WATER", Role::Delegate)).await.unwrap_err();
        assert_eq!(faulty_fields(&refused), ["event_id"], "{event_id}");
    }
    let beyond = pb::ReplaySubscriptionRequest {
        command_id: id("replay"),
        subscription_id: subscription_id.clone(),
        after_position: 99,
        ..Default::default()
    };
    let refused = fixture.service.replay_subscription(by(beyond, "WATER", Role::Delegate)).await.unwrap_err();
    assert_eq!(refusal(&refused, "head").0, "BEYOND_HEAD");
    let list = pb::ListDeliveriesRequest {
        subscription_id: Some(subscription_id),
        stage: Some(9),
        ..Default::default()
    };
    let refused = fixture.service.list_deliveries(by(list, "WATER", Role::Delegate)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["stage"]);
}

#[test]
fn no_list_reads_every_row_or_sorts_any() {
    let tables = rusqlite::Connection::open_in_memory().unwrap();
    tables.execute_batch(<crate::views::DeliveryView as service_kit::View>::SCHEMA).unwrap();
    for role in [Role::Operator, Role::Delegate] {
        let actor = domain::testing::actor("chen", "WATER", role);
        for order_by in ["name", "name desc"] {
            let request = pb::ListSubscriptionsRequest { order_by: order_by.into(), ..Default::default() };
            let list = crate::views::list(&request, &actor).unwrap();
            assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
        }
    }
}

/// Creates a calendar; its id is derived from a word.
fn create(word: &str) -> pb::CreateCalendarFeedRequest {
    let terms = pb::CalendarFeedTerms {
        name: word.to_owned(),
        language: pb::MailLanguage::English.into(),
        ..Default::default()
    };
    pb::CreateCalendarFeedRequest { command_id: id(word), terms: Some(terms), ..Default::default() }
}

#[tokio::test]
async fn the_address_of_a_calendar_is_told_once_and_its_secret_is_stored_nowhere() {
    let fixture = Fixture::new().await;
    let service = &fixture.service;
    let dry_run = pb::CreateCalendarFeedRequest { validate_only: true, ..create("one") };
    let validated = service.create_calendar_feed(by(dry_run, "WATER", Role::Clerk)).await.unwrap();
    assert_eq!(validated.into_inner().path, "", "an address is for what is there");
    let made = || async {
        service.create_calendar_feed(by(create("one"), "WATER", Role::Clerk)).await.unwrap().into_inner()
    };
    let created = made().await;
    assert_eq!(made().await, created, "a repeat has the same answer");
    let secret = created.path.strip_prefix("/calendars/").unwrap().strip_suffix(".ics").unwrap().to_owned();
    assert_eq!(secret.len(), 43, "256 bits");
    let other = service.create_calendar_feed(by(create("two"), "WATER", Role::Clerk)).await.unwrap();
    let other = other.into_inner();
    assert_ne!(other.path, created.path);

    let list = pb::ListCalendarFeedsRequest { at_least_position: other.position, ..Default::default() };
    let listed = service.list_calendar_feeds(by(list, "WATER", Role::Clerk)).await.unwrap().into_inner();
    assert!(listed.calendar_feeds.len() == 2 && !format!("{listed:?}").contains(&secret));
    let read = |secret: String, console_url: String| {
        service.read_calendar_feed(tonic::Request::new(pb::ReadCalendarFeedRequest {
            secret,
            console_url,
            ..Default::default()
        }))
    };
    let calendar = read(secret, String::new()).await.unwrap().into_inner();
    assert!(calendar.icalendar.starts_with("BEGIN:VCALENDAR\r\n") && !calendar.etag.is_empty());
    let refused = read("guessed".into(), String::new()).await.unwrap_err();
    assert_eq!(refusal(&refused, "what"), ("NOT_FOUND".into(), "calendar feed".into()));
    let refused = read("guessed".into(), "https://a\r\nX:1".into()).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["console_url"]);
}

#[test]
fn no_list_of_calendars_reads_every_row_or_sorts_any() {
    let tables = rusqlite::Connection::open_in_memory().unwrap();
    tables.execute_batch(<crate::views::DeliveryView as service_kit::View>::SCHEMA).unwrap();
    for role in [Role::Operator, Role::Delegate] {
        let actor = domain::testing::actor("chen", "WATER", role);
        for order_by in ["name", "name desc"] {
            let request = pb::ListCalendarFeedsRequest { order_by: order_by.into(), ..Default::default() };
            let list = crate::views::calendar::list(&request, &actor).unwrap();
            assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
        }
    }
}
