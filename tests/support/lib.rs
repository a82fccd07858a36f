//! Whole installations for tests: real processes, a real broker, temporary directories.

mod process;
mod sandbox;

pub use process::{Process, huishang, nats_server, root};
pub use sandbox::{Identity, Mode, Sandbox, SandboxConfig};
