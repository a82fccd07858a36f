//! Messages as JSON, in the canonical mapping of Protocol Buffers: names in lowerCamelCase, enums by name, 64-bit
//! numbers as text, and nothing for a field that has its default.

use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions,
};
use proto::Invalid;
use proto::contract::descriptors;
use serde_json::Value;
use std::sync::LazyLock;
use tonic::Status;

/// A message from JSON. What the message does not have is a fault.
pub(crate) fn read(kind: MessageDescriptor, json: Value) -> Result<DynamicMessage, Invalid> {
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    DynamicMessage::deserialize_with_options(kind, json, &options)
        .map_err(|error| Invalid::value(format!("the request is no such message: {error}")))
}

/// JSON of the bytes of a message.
pub(crate) fn write(kind: MessageDescriptor, bytes: &[u8]) -> Result<Vec<u8>, Status> {
    let broken =
        |error: &dyn std::fmt::Display| Status::internal(format!("the answer cannot be shown: {error}"));
    let message = DynamicMessage::decode(kind, bytes).map_err(|error| broken(&error))?;
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut json);
    message
        .serialize_with_options(&mut serializer, &SerializeOptions::new())
        .map_err(|error| broken(&error))?;
    Ok(json)
}

/// `google.rpc.Status` with its details, which are messages of `google.rpc`.
pub(crate) fn status_kind() -> Option<MessageDescriptor> {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        let mut pool = descriptors().clone();
        pool.decode_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .expect("the descriptors of google.rpc are complete");
        pool
    });
    POOL.get_message_by_name("google.rpc.Status")
}
