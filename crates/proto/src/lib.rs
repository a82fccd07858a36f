//! Generated types, their descriptors, and the one translation between domain and wire.
//!
//! [`wire`] holds the translation's machinery, [`convert`] what it does for each context, [`record`]
//! how a decision becomes the bytes that the log keeps.

pub mod convert;
pub mod record;
pub mod wire;

pub use wire::{Invalid, Violation, Wire};

/// The encoded `FileDescriptorSet` of everything in `proto/`, comments included.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

#[expect(missing_docs, clippy::allow_attributes, reason = "generated; the documentation is in proto/")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/huishang.rs"));
}
pub use generated::huishang::*;

/// The request of a unary rpc.
pub trait Rpc: prost::Message + Clone + Default + 'static {
    /// What it is answered with.
    type Response: prost::Message + Default + 'static;
    /// Where it goes: `/<package>.<Service>/<Method>`.
    const PATH: &'static str;
}

include!(concat!(env!("OUT_DIR"), "/rpcs.rs"));
