//! Whole installations for tests: real processes, a real broker, temporary directories.

pub mod broker;
mod bytes_codec;
mod client;
mod process;
mod proxy;
mod refusal;
mod sandbox;

pub use client::{Client, LogFollower, command, department_stream, outline, registration};
pub use process::{Process, cargo_build, huishang, nats_server, root};
pub use proxy::Proxy;
pub use sandbox::{Mode, Sandbox, SandboxConfig};
