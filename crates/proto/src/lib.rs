//! Generated types, their descriptors, and the one translation between domain and wire.
//!
//! [`codec`] reads and writes messages. [`wire`] holds the translation's machinery, [`convert`] what it does for each context, [`record`] how a
//! decision becomes the bytes that the log stores, [`contract`] what the protos' options say, [`personal`] what they say of persons.

pub mod codec;
pub mod contract;
pub mod convert;
pub mod personal;
pub mod record;
pub mod wire;

pub use wire::{Invalid, Violation, Wire};

/// The encoded `FileDescriptorSet` of everything in `proto/`, comments included.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::too_many_lines,
    reason = "generated; the documentation is in proto/"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/huishang.rs"));
}
pub use generated::huishang::*;

/// The request of a unary rpc.
pub trait Rpc: prost::Message + Clone + Default + 'static {
    /// Its response.
    type Response: prost::Message + Default + 'static;
    /// Its path: `/<package>.<Service>/<Method>`.
    const PATH: &'static str;
}

/// The request of an rpc that answers with a stream.
pub trait StreamingRpc: prost::Message + Clone + Default + 'static {
    /// One message of its answer.
    type Response: prost::Message + Default + 'static;
    /// Its path: `/<package>.<Service>/<Method>`.
    const PATH: &'static str;
}

/// The request of a command: the fields that every one of them carries.
pub trait CommandRequest: Rpc {
    /// Chosen by the caller; a repeat changes nothing and returns the same position.
    fn command_id(&self) -> &str;
    /// The position up to which the caller knows the resource.
    fn expected_position(&self) -> Option<u64>;
    /// Whether the command is only to be validated. The flag is taken out, so that the rest is the command
    /// itself.
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
