//! Longer stories, played over gRPC as any client would play them: the demo, and the import of a plan.

pub mod demo;
mod deployment;
mod matter;
pub mod plan;
