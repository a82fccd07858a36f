//! Who calls: bearer tokens, and the keys that vouch for them.

mod keys;
mod layer;
mod token;

pub use keys::{KeyError, SigningKey, ensure_development_keys, ensure_ledger_key};
pub use layer::{Caller, IdentityLayer};
pub use token::{Claims, Verifier};
