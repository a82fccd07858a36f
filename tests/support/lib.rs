//! Whole installations for tests: real processes, a real broker, temporary directories.

mod authority;
mod binary;
mod bytes_codec;
mod client;
mod health;
mod http;
mod meeting_sets;
mod oidc;
mod proxy;
mod python_programs;
mod receiver;
mod refusal;
mod sandbox;
mod witness;

pub use authority::{Authority, Certified, TlsFolder};
pub use binary::{cargo, huishang};
pub use client::{
    Answers, Client, LogFollower, command, department_stream, joint_outline, outline, registration,
};
pub use harness::{Process, broker, let_pass, let_pass_blocking, nats_server, root, until, until_blocking};
pub use health::HealthWatch;
pub use http::{HttpAnswer, HttpClient, HttpStream};
pub use meeting_sets::{MEETING_SETS, meeting_set, recount};
pub use oidc::OidcProvider;
pub use proxy::Proxy;
pub use python_programs::python_programs;
pub use receiver::Receiver;
pub use sandbox::{Mode, Sandbox, SandboxConfig};
pub use witness::Witness;
