//! The HTTP door: every rpc over HTTP and JSON, by the Connect protocol and by the paths of `google.api.http`, on
//! the same stack of layers as gRPC.
//!
//! Beside it, pages for people, which are its first client.
//!
//! No rpc has a handler here. A request becomes the gRPC request that it stands for, passes identity, shares, rates and
//! deadlines as any other, and what the service answers becomes JSON. [`Door`] stands before the stack; [`Forward`] takes
//! the place of services that run in other processes.

mod asker;
mod binding;
mod calendar;
mod csv;
mod desk;
mod door;
mod forward;
mod grid;
mod ics;
mod json;
mod limits;
mod messages;
pub mod oparl;
mod openapi;
mod pages;
mod paper;
mod refused;
mod request;
mod response;
mod route;
mod table;
mod template;
mod wanted;
mod xlsx;

pub use desk::{AskProvider, Desk, Provider, Providers, SignIns, SignToken};
pub use door::Door;
pub use forward::Forward;
pub use paper::{NoPaper, Paper};
