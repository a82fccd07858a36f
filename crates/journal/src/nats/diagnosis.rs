//! What a broker shows to somebody who only looks: nothing is created, published or changed.

use super::message::Names;
use super::setup::{
    Config, ConnectError, ConnectionEvents, Failure, check_settings, connect_broker, find_stream,
    invalid_realm, stream_settings, unreachable,
};
use super::{addresses, keys};
use async_nats::Client;
use domain::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Time in which the client passes on what the broker has said.
const EVENT_PAUSE: Duration = Duration::from_millis(50);

/// What was seen of a broker and of the realm's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its addresses, as they may be shown.
    pub address: String,
    /// The version of nats-server.
    pub version: String,
    /// Seconds by which its clock is ahead of this machine's, where it could be seen.
    pub clock_ahead_seconds: Option<i64>,
    /// Whether the realm's stream is there.
    pub has_stream: bool,
    /// What is wrong with the settings of the stream.
    pub stream_fault: Option<String>,
    /// How many servers store the stream.
    pub replicas: usize,
    /// The stream with the keys of persons, if it is there.
    pub keys: Option<KeysStream>,
    /// What the broker did not permit.
    pub denied: Vec<String>,
}

/// What was seen of the stream with the keys of persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysStream {
    /// What is wrong with its settings.
    pub fault: Option<String>,
    /// How many servers store it.
    pub replicas: usize,
}

#[derive(Deserialize)]
struct Moment {
    ts: Timestamp,
}

/// Connects once, and looks.
pub async fn diagnose(config: &Config) -> Result<Diagnosis, ConnectError> {
    let Some(names) = Names::new(&config.realm) else {
        return Err(ConnectError::Configuration(invalid_realm(&config.realm)));
    };
    let events = Arc::new(ConnectionEvents::default());
    let (client, context) = connect_broker(config, &events).await.map_err(|failure| match failure {
        Failure::Permanent(error) => error,
        Failure::Retryable(reason) => unreachable(config, reason),
    })?;
    // What every process hears of; what else it needs follows from its service.
    let heard = [&names.announcements, &names.feed].map(|subject| client.subscribe(subject.clone()));
    let subscriptions = futures::future::join_all(heard).await;
    let found = find_stream(&context, &names.stream).await;
    let mut diagnosis = Diagnosis {
        address: addresses::shown(&config.url),
        version: client.server_info().version,
        clock_ahead_seconds: clock_ahead_seconds(&client, &names).await,
        has_stream: matches!(found, Ok(Some(_))),
        stream_fault: None,
        replicas: 0,
        keys: None,
        denied: Vec::new(),
    };
    match find_stream(&context, &names.keys_stream()).await {
        Ok(found) => {
            diagnosis.keys = found.map(|info| KeysStream {
                fault: keys::fault(&info.config, &names),
                replicas: info.config.num_replicas,
            });
        }
        Err(why) => diagnosis.denied.push(format!("$JS.API.STREAM.INFO.{} ({why})", names.keys_stream())),
    }
    match found {
        Ok(Some(info)) => {
            let required = stream_settings(config, &names);
            diagnosis.replicas = info.config.num_replicas;
            diagnosis.stream_fault =
                check_settings(&info.config, &required).err().map(|error| error.to_string());
        }
        Ok(None) => {}
        // A request that is not permitted is not answered.
        Err(why) => diagnosis.denied.push(format!("$JS.API.STREAM.INFO.{} ({why})", names.stream)),
    }
    // What the broker does not permit it has said before it answered, and that is noted in a task of its own.
    tokio::time::sleep(EVENT_PAUSE).await;
    diagnosis.denied.extend(events.reported());
    drop(subscriptions);
    Ok(diagnosis)
}

async fn clock_ahead_seconds(client: &Client, names: &Names) -> Option<i64> {
    let subject = format!("$JS.API.STREAM.INFO.{}", names.stream);
    let before = now();
    let answer = client.request(subject, Default::default()).await.ok()?;
    let Moment { ts } = serde_json::from_slice(&answer.payload).ok()?;
    // The answer was written between the two.
    let between = before.as_second() + (now().as_second() - before.as_second()) / 2;
    Some(ts.as_second() - between)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clocks of the two machines are compared, also in a rehearsal"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
