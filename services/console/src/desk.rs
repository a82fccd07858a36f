//! The pages for people (督办台): HTML that works without script. They are the first client of the door: each page asks
//! the same rpcs on the same stack, with its reader's token, and shows what the reader may see and nothing more.

mod act;
mod answer;
mod api;
mod asset;
mod board;
mod calendar_file;
mod calendars;
mod chains;
mod clock_ledger;
mod cookies;
mod diary;
mod directory;
mod due;
mod export;
mod followed;
mod frame;
mod indicators;
mod item;
mod items;
mod kept;
mod limits;
mod markup;
mod matters;
mod moment;
mod month;
mod notices;
mod number;
mod pager;
mod past;
mod preferences;
mod proof;
mod provenance;
mod provider;
mod reader;
mod resolutions;
mod routes;
mod scorecards;
mod seal;
mod session;
mod sessions;
mod sign_in;
mod sign_out;
mod since;
mod special_day;
mod story;
mod system;
mod targets;
mod timetables;
mod today;
mod week;
pub(crate) mod words;

use bytes::Bytes;
use limits::PROVIDERS_ASKED_AT_ONCE_MAX;
use past::Past;
use provider::SignInFault;
use seal::Sealer;
use std::sync::Arc;
use tokio::sync::Semaphore;

pub(crate) use provenance::Provenance;
pub use provider::{AskProvider, Provider};
pub(crate) use routes::{answer, is_of_desk, nothing_there};

/// Signs a token for a role and, if one is named, a department.
pub type SignToken = Arc<dyn Fn(&str, Option<&str>) -> Result<String, String> + Send + Sync>;

/// Where readers can sign in.
#[derive(Default)]
pub struct SignIns {
    /// Anybody who reaches the page for signing in may be whoever they like: it is for development, where only this
    /// machine reaches it.
    pub by_role: Option<SignToken>,
    /// The providers as they are now, and the URL of these pages, to which they send those back who have signed in.
    pub at_providers: Option<(String, Providers)>,
}

/// The providers as they are now.
pub type Providers = Arc<dyn Fn() -> Vec<Provider> + Send + Sync>;

/// What the pages need to know of their process.
pub struct Desk {
    sealer: Sealer,
    https: bool,
    time_zone: String,
    sign_ins: SignIns,
    /// To ask a provider.
    turns: Semaphore,
}

impl Desk {
    /// Pages whose sessions are sealed with this key. `https` says whether readers reach them by TLS, `time_zone` in which
    /// zone days begin until a calendar is defined.
    pub fn new(session_key: [u8; 32], https: bool, time_zone: impl Into<String>, sign_ins: SignIns) -> Desk {
        let turns = Semaphore::new(PROVIDERS_ASKED_AT_ONCE_MAX);
        Desk { sealer: Sealer::new(session_key), https, time_zone: time_zone.into(), sign_ins, turns }
    }

    fn providers(&self) -> Vec<Provider> {
        self.sign_ins.at_providers.as_ref().map(|(_, providers)| providers()).unwrap_or_default()
    }

    fn provider(&self, issuer: &str) -> Option<Provider> {
        self.providers().into_iter().find(|provider| provider.issuer == issuer)
    }

    /// An address of these pages as others name it.
    fn public(&self, path: &str) -> String {
        let url = self.sign_ins.at_providers.as_ref().map(|(url, _)| url.as_str());
        format!("{}{path}", url.unwrap_or_default())
    }

    /// Asks a provider, which blocks, when it is our turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> Result<T, SignInFault> + Send + 'static,
    ) -> Result<T, SignInFault> {
        let _turn = self.turns.acquire().await;
        tokio::task::spawn_blocking(ask).await.unwrap_or(Err(SignInFault::NotThisOne))
    }
}

impl Desk {
    /// Whether the process speaks TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    /// In which zone days begin until a calendar is defined.
    pub(crate) fn time_zone(&self) -> &str {
        &self.time_zone
    }
}

/// A request of a page, with its body.
pub(crate) struct Asked {
    pub(crate) head: http::request::Parts,
    pub(crate) body: Bytes,
}

impl Asked {
    fn query(&self) -> Query {
        Query::of(self.head.uri.query().unwrap_or_default().as_bytes())
    }
}

/// The pairs of a query string or of a form.
#[derive(Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn of(bytes: &[u8]) -> Query {
        Query(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The value with this name that is not empty.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name)?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    /// All values with this name.
    fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// The pairs without these and without empty ones.
    fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        let kept = self.0.iter().filter(|(name, value)| !names.contains(&name.as_str()) && !value.is_empty());
        kept.cloned().collect()
    }

    /// The number with this name; none where it is none.
    fn number(&self, name: &str) -> Option<u64> {
        number::read(self.get(name)?)
    }

    /// A link to a path with these pairs, some of them left out and one put in.
    fn link(&self, path: &str, without: &[&str], with: Option<(&str, &str)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(
            self.0.iter().filter(|(name, value)| !without.contains(&name.as_str()) && !value.is_empty()),
        );
        query.extend_pairs(with);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}
