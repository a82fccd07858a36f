//! Who calls: bearer tokens, and the keys that vouch for them.

mod jwks;
mod key_ring;
mod keys;
mod layer;
mod token;

#[cfg(test)]
mod testing;

pub use keys::{JWKS, KeyError, SIGNING_KEY, SigningKey, ensure_development_keys, ensure_ledger_key};
pub(crate) use layer::{Bearer, CallerNote};
pub use layer::{Caller, IdentityLayer};
pub use token::{Claims, TokenRules, Verifier};
