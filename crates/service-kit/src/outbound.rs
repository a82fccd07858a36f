//! What connects to where somebody else says: to the very address that was checked, without proxies.

mod connector;
mod fetch;
mod target;

pub use connector::{Connector, OutboundError};
pub use fetch::{FetchError, Fetched, Validators};
pub use target::{Policy, Target, TargetError};
