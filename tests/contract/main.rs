//! The contract that clients rely on, held by tests: the protos' options, names, reasons and routes.

mod authority;
mod elsewhere;
mod item;
mod names;
mod options;
mod others;
mod reasons;

use prost_reflect::{EnumDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor};
use proto::contract::descriptors;

/// The files that we declared.
fn files() -> impl Iterator<Item = FileDescriptor> {
    descriptors().files().filter(|file| file.package_name().starts_with("huishang."))
}

/// The files of the API: what clients call.
fn api_files() -> impl Iterator<Item = FileDescriptor> {
    files().filter(|file| !is_stored(file.package_name()))
}

/// Whether a package is what disks remember.
fn is_stored(package: &str) -> bool {
    package.ends_with(".events.v1") || package == "huishang.log.v1"
}

/// Every message, those within messages too.
fn messages(files: impl Iterator<Item = FileDescriptor>) -> Vec<MessageDescriptor> {
    let mut all: Vec<MessageDescriptor> =
        files.flat_map(|file| file.messages().collect::<Vec<_>>()).collect();
    let mut next = 0;
    while next < all.len() {
        let inner: Vec<MessageDescriptor> = all[next].child_messages().collect();
        all.extend(inner);
        next += 1;
    }
    all
}

fn enums(files: impl Iterator<Item = FileDescriptor>) -> Vec<EnumDescriptor> {
    files.flat_map(|file| file.enums().collect::<Vec<_>>()).collect()
}

fn methods() -> Vec<MethodDescriptor> {
    let services = files().flat_map(|file| file.services().collect::<Vec<_>>());
    services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// The path by which the options know a method.
fn path(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// Fails with every fault at once.
fn assert_none(what: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}
