//! Whole installations for tests: real processes, a real broker, temporary directories.

pub mod broker;
mod bytes_codec;
mod client;
mod process;
mod proxy;
mod sandbox;

pub use client::{Client, LogFollower, department_stream};
pub use process::{Process, huishang, nats_server, root};
pub use proxy::Proxy;
pub use sandbox::{Mode, Sandbox, SandboxConfig};
