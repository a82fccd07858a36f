//! After any life, the row of a subscription is what the rules have of it.

use super::pb;
use crate::views::{self, DeliveryView, off};
use domain::aggregate::derived_id;
use domain::delivery::subscription::{
    Command, EventId, MailLanguage, OffCause, Receiver, State, Subscription, Terms,
};
use domain::testing::{actor, at, line, text};
use domain::{Actor, Aggregate as _, Issued, Role, Uuid};
use proptest::prelude::*;
use proto::Wire as _;
use service_kit::Scope;
use service_kit::view::InMemory;

fn terms(name: u8) -> Terms {
    Terms {
        name: line(&format!("{name}")),
        contexts: vec![],
        types: vec![],
        department: None,
        body: None,
        receiver: match name {
            0 => Receiver::Mail { language: MailLanguage::English, digest_hour: Some(8) },
            _ => Receiver::Webhook { url: text("https://receiver.example/") },
        },
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let event = EventId { position: 3, number: 1 };
    prop_oneof![
        (0..3_u8).prop_map(|name| Command::Define { terms: terms(name), after_position: 2, others: 0 }),
        (0..3_u8).prop_map(|name| Command::Change(terms(name))),
        Just(Command::SwitchOff { cause: OffCause::Request }),
        Just(Command::SwitchOff { cause: OffCause::ReceiverGone }),
        Just(Command::SwitchOn),
        Just(Command::Withdraw),
        Just(Command::RotateSecret),
        (0..9_u64).prop_map(|after_position| Command::Replay { after_position }),
        (1..4_i8).prop_map(|day| Command::BeginDigest { digest_on: domain::Date::constant(2027, 3, day) }),
        Just(Command::Resend(event)),
        (0..9_u64, 0..2_u32).prop_map(|(position, replays)| Command::NoteProgress { position, replays }),
        Just(Command::GiveUp { event, attempts: 11, answer: line("status 503") }),
    ]
}

fn row(id: Uuid, state: &State) -> Option<pb::Subscription> {
    let known = state.known()?;
    Some(pb::Subscription {
        subscription_id: id.to_string(),
        subscriber: Some(known.subscriber.to_wire()),
        terms: Some(known.terms.to_wire()),
        stage: known.off.map_or(pb::SubscriptionStage::On, off).into(),
        secret_number: known.secret_number,
        overlaps_by: known.overlaps_by.to_wire(),
        delivered_position: known.position,
        given_up: known.given_up,
        public_key: String::new(),
        digest_on: known.digest_on.to_wire(),
    })
}

proptest! {
    #[test]
    fn the_rows_of_subscriptions_are_what_the_rules_have_of_them(
        life in prop::collection::vec((0..2_u8, commands(), any::<bool>()), 0..30)
    ) {
        let mut view = InMemory::<DeliveryView>::new().unwrap();
        let mut states = [State::default(), State::default()];
        let ids = ["one", "two"].map(|word| derived_id(Uuid::nil(), &[word]));
        let now = at("2027-03-01T01:00:00Z");
        for (nth, command, by_process) in life {
            let by = if by_process { Actor::process("deliver") } else { actor("chen", "WATER", Role::Clerk) };
            let (id, state) = (ids[nth as usize], &mut states[nth as usize]);
            if let Ok(events) = Subscription::decide(state, command, &Issued { at: now, by }) {
                *state = Subscription::fold(std::mem::take(state), &events);
                view.project::<Subscription>(id, now, &events).unwrap();
            }
        }
        let whole = Scope::whole();
        let operator = actor("zhou", "", Role::Operator);
        let query = views::subscriptions(&pb::ListSubscriptionsRequest::default(), &operator).unwrap();
        let mut listed = query(view.within(&whole)).unwrap().rows;
        listed.sort_by(|a, b| a.subscription_id.cmp(&b.subscription_id));
        let mut expected: Vec<_> = ids.iter().zip(&states).filter_map(|(id, state)| row(*id, state)).collect();
        expected.sort_by(|a, b| a.subscription_id.cmp(&b.subscription_id));
        prop_assert_eq!(listed, expected);
    }
}
