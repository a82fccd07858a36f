//! What the tests of any crate may use: child processes, a real broker, and waiting for what announces itself by
//! nothing. It knows none of our crates, so that each of them can have it among its dev-dependencies.

pub mod broker;
mod patience;
mod process;

pub use patience::{let_pass, let_pass_blocking, until, until_blocking};
pub use process::{Process, nats_server, root};
