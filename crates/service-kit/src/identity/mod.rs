//! Who calls: bearer tokens, the keys that vouch for them, and the table of who may call what.

mod access;
mod keys;
mod layer;
mod token;

pub use access::Access;
pub use keys::{KeyError, SigningKey, ensure_development_keys, ensure_ledger_key};
pub use layer::{Caller, IdentityLayer};
pub use token::{Claims, Verifier};
