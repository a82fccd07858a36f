//! What every service process of Huishang needs; no business rules.
//!
//! - [`handle`]: how a command becomes records: fold, decide, append, answer when committed.
//! - [`view`]: how a view is kept in SQLite; [`process`]: how a process manager is run; [`timer`]: how
//!   commands are issued when deadlines pass; [`set_aside`]: what happens to a record that a consumer fails on.
//! - [`identity`]: who calls; [`scope`]: what they may see; [`serve`]: the gRPC server around it all; [`places`]: how many may work at once;
//!   [`https`]: what asks machines that the settings name; [`outbound`]: what connects to where somebody else says.
//! - [`config`], [`clock`], [`logging`], [`tasks`], [`shutdown`]: the process; [`readiness`]: whether it does its work;
//!   [`metrics`]: what it measures; [`traces`]: where the time of a command goes; [`access_log`]: who accessed what.

mod accept;
pub mod access_log;
pub mod checkpoint;
pub mod clock;
pub mod config;
mod consumer;
mod erasure;
pub mod error;
pub mod events;
mod feed;
pub mod handle;
pub mod https;
pub mod identity;
pub mod limits;
pub mod list;
pub mod logging;
pub mod metrics;
pub mod operations;
pub mod outbound;
pub mod places;
pub mod process;
pub mod readiness;
mod reload;
pub mod row;
pub mod scope;
pub mod serve;
pub mod set_aside;
pub mod shutdown;
mod sign_outs;
pub mod spans;
pub mod tasks;
pub mod timer;
pub mod traces;
pub mod version;
pub mod view;

#[cfg(test)]
mod tests;

pub use error::CommandError;
pub use handle::{CommandContext, Executed, Kit, UnitOfWork};
pub use journal::duty::Duty;
pub use journal::{Filter, Position, Record, personal};
pub use scope::{Rows, Scope, ScopedTables};
pub use tasks::Tasks;
pub use view::{View, ViewStore};
