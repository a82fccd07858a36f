//! Whole installations for tests: real processes, a real broker, temporary directories.

mod authority;
pub mod broker;
mod bytes_codec;
mod client;
mod oidc;
mod process;
mod proxy;
mod refusal;
mod sandbox;

pub use authority::{Authority, Certified, TlsFolder};
pub use client::{Client, LogFollower, command, department_stream, outline, registration};
pub use oidc::OidcProvider;
pub use process::{Process, huishang, nats_server, root};
pub use proxy::Proxy;
pub use sandbox::{Mode, Sandbox, SandboxConfig};
