//! Generated types, their descriptors, and the one translation between domain and wire.
//!
//! [`wire`] holds the translation's machinery, [`convert`] what it does for each context, [`record`]
//! how a decision becomes the bytes that the log keeps, [`contract`] what the protos' options say.

pub mod contract;
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

/// The request of a command: what every one of them carries.
pub trait CommandRequest: Rpc {
    /// Chosen by the caller; a repeat gives the first answer.
    fn command_id(&self) -> &str;
    /// Up to where the caller knows what the command is about.
    fn expected_position(&self) -> Option<u64>;
    /// Whether it is to be decided only. Taken out, so that the rest is the command itself.
    fn take_validate_only(&mut self) -> bool;
}

macro_rules! command_request {
    ($request:path) => {
        impl CommandRequest for $request {
            fn command_id(&self) -> &str {
                &self.command_id
            }
            fn expected_position(&self) -> Option<u64> {
                self.expected_position
            }
            fn take_validate_only(&mut self) -> bool {
                std::mem::take(&mut self.validate_only)
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/rpcs.rs"));
