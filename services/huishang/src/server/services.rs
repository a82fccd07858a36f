//! The services that a process can run.

use super::own_log::OwnLog;
use anyhow::Context as _;
use clap::ValueEnum as _;
use ledger::Heads;
use service_kit::Kit;
use service_kit::config::{Config, ConfigError};
use service_kit::identity::ensure_key;
use service_kit::outbound::{Connector, Policy};
use service_kit::readiness::Readiness;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tonic::service::Routes;

/// The services, by the names used on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Service {
    /// Departments, members and the working calendar.
    Directory,
    /// Bodies, rooms and sessions: before the decision.
    Scheduling,
    /// Dockets and ballots: during the session.
    Deliberation,
    /// Resolutions and action items: after the decision.
    Resolution,
    /// Reminders, escalations and the supervisors' board.
    Followup,
    /// Who is told of what has happened.
    Delivery,
    /// The append-only log.
    Ledger,
    /// The HTTP door to all of them.
    Console,
}

impl Service {
    /// All of them: what `up` runs.
    pub fn all() -> &'static [Service] {
        Service::value_variants()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// The services of a process, ready to be served.
pub(super) struct Services {
    pub(super) routes: Routes,
    pub(super) readiness: Readiness,
    pub(super) heads: Option<Arc<Heads>>,
}

impl Services {
    pub(super) fn build(
        kit: &Kit,
        config: &Config,
        services: &[Service],
        mut own_log: Option<OwnLog>,
    ) -> anyhow::Result<Services> {
        let (zone, fonts) = (&config.time_zone, config.documents.fonts_folder.as_deref());
        let lag_max = Duration::from_secs(config.limits.view_lag_seconds_max);
        let mut readiness = Readiness::new(kit, lag_max);
        let (mut routes, mut heads) = (Routes::default(), None);
        // It reads the authorities of this machine, and all services can have the same one.
        let mut made = None;
        let mut connector = || match &made {
            Some(made) => Ok(Connector::clone(made)),
            None => connector(config).map(|connector| made.insert(connector).clone()),
        };
        for service in services {
            let name;
            (routes, name) = match service {
                Service::Directory => (routes.add_service(directory::build(kit, zone)?), directory::NAME),
                Service::Scheduling => {
                    let refresh = Duration::from_secs(60 * u64::from(config.diaries.refresh_minutes));
                    let following = scheduling::Following { connector: connector()?, refresh };
                    (routes.add_service(scheduling::build(kit, zone, following)?), scheduling::NAME)
                }
                Service::Deliberation => {
                    (routes.add_service(deliberation::build(kit, zone, fonts)?), deliberation::NAME)
                }
                Service::Resolution => {
                    (routes.add_service(resolution::build(kit, zone, fonts)?), resolution::NAME)
                }
                Service::Followup => (routes.add_service(followup::build(kit, zone)?), followup::NAME),
                Service::Delivery => (
                    routes.add_service(delivery::build(kit, zone, delivery(config, connector()?)?)?),
                    delivery::NAME,
                ),
                Service::Ledger => {
                    let OwnLog { log, signing, .. } = own_log.take().context("the ledger has no log")?;
                    let (service, signed) =
                        ledger::build(kit, log, signing, config.access_log.folder.clone())?;
                    heads = Some(signed);
                    (routes.add_service(service), ledger::NAME)
                }
                // It is before the services, and not one of them.
                Service::Console => continue,
            };
            readiness.add_service(name);
        }
        routes = routes.add_service(service_kit::operations::build(kit));
        readiness.add_service(service_kit::operations::NAME);
        Ok(Services { routes, readiness, heads })
    }
}

/// What connects to where somebody else says, as the settings allow it.
fn connector(config: &Config) -> anyhow::Result<Connector> {
    let networks = config.delivery.networks();
    let private_networks =
        networks.map_err(|word| ConfigError::new("delivery.private_networks", format!("has {word:?}")))?;
    let policy = Policy { private_networks, allow_http: config.delivery.allow_http };
    Connector::new(policy, config.delivery.ca_file.as_deref())
        .map_err(anyhow::Error::msg)
        .context("delivery.ca_file")
}

/// How events are delivered.
fn delivery(config: &Config, connector: Connector) -> anyhow::Result<delivery::Options> {
    Ok(delivery::Options {
        key: ensure_key(&config.delivery_key()).context("the key of the secrets of subscriptions")?,
        connector,
        mail: config.mail.clone(),
    })
}
