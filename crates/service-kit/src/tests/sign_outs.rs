//! Which sessions have ended is known from the log, however long before the process began.

use super::{Place, context, register};
use crate::identity::Session;
use crate::sign_outs::position_before;
use crate::{CommandContext, Kit};
use domain::directory::sign_out::{Command, Ended, SignOut};
use domain::{Timestamp, Uuid};
use journal::Position;
use serde_json::json;
use std::time::Duration;
use tokio::sync::watch;

const ISSUER: &str = "https://login.example";

/// The session of a token that was issued then, at the issuer.
fn session(sid: Option<&str>, issued_at: Timestamp) -> Session {
    let claims = json!({"sub": "li", "sid": sid, "iat": issued_at.as_second()});
    Session::of_token(&[7; 32], Some(ISSUER), &claims)
}

async fn sign_out(kit: &Kit, ended: Ended<'_>, ended_at: Timestamp) {
    let command = Command::Record { ended_at };
    let context: CommandContext = context(Uuid::now_v7());
    kit.execute::<SignOut>(&context, SignOut::id(ISSUER, ended), command).await.unwrap();
}

/// How far a kit has come that follows sign-outs from now on.
fn following(kit: &Kit, token_hours_max: u32) -> watch::Receiver<Position> {
    kit.follow_sign_outs(token_hours_max);
    kit.take_new_followers().remove(0).1
}

/// Waits until a kit has come to the end of the log.
async fn caught_up(place: &Place, position: &mut watch::Receiver<Position>) {
    let reached = position.wait_for(|&position| position >= place.end());
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect("in time").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_is_known_from_before_the_process_began_and_from_then_on() {
    let place = Place::new();
    let now = place.kit().clock().now();
    let later = now + jiff::SignedDuration::from_secs(2);
    let first = place.kit();
    sign_out(&first, Ended::Session("s1"), now).await;
    for kit in [place.kit(), place.kit()] {
        caught_up(&place, &mut following(&kit, 24)).await;
        assert!(kit.is_known_to_have_ended(&session(Some("s1"), now)));
        // Neither another session, nor one that names none, nor the same one when it is begun again.
        for other in [session(Some("s2"), now), session(None, now), session(Some("s1"), later)] {
            assert!(!kit.is_known_to_have_ended(&other));
        }
    }
    let kit = place.kit();
    let mut position = following(&kit, 0);
    caught_up(&place, &mut position).await;
    assert!(kit.is_known_to_have_ended(&session(Some("s1"), now)));
    // All sessions of li end: those with a name and without, that were begun until then.
    sign_out(&first, Ended::Subject("li"), now).await;
    caught_up(&place, &mut position).await;
    assert!(kit.is_known_to_have_ended(&session(None, now)));
    assert!(kit.is_known_to_have_ended(&session(Some("s2"), now)));
    assert!(!kit.is_known_to_have_ended(&session(None, later)));
    // The token by itself, which ends nothing that another token began.
    let token = Session::of_token(&[9; 32], None, &json!({"sub": "li"}));
    assert!(!kit.is_known_to_have_ended(&token));
    let command = Command::Record { ended_at: now };
    let id = token.sign_out_id().unwrap();
    first.execute::<SignOut>(&context(Uuid::now_v7()), id, command).await.unwrap();
    caught_up(&place, &mut position).await;
    assert!(kit.is_known_to_have_ended(&token));
    assert!(!kit.is_known_to_have_ended(&Session::default()), "a certificate has none");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_of_a_time_are_found_without_reading_those_before() {
    let place = Place::new();
    let now = place.kit().clock().now();
    assert_eq!(position_before(&*place.journal, now).await, Ok(0), "there are none");
    for nth in 0..5 {
        place.append(&format!("OLD{nth}"), "type.googleapis.com/other.Event", &[]).await;
    }
    for nth in 0..3 {
        register(&place.kit(), Uuid::now_v7(), &format!("NEW{nth}"), "a name").await.unwrap();
    }
    for (moment, before) in [(Timestamp::UNIX_EPOCH, 0), (now, 5), (Timestamp::MAX, 8)] {
        assert_eq!(position_before(&*place.journal, moment).await, Ok(before), "{moment}");
    }
}
