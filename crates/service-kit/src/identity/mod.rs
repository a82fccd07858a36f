//! Who calls: bearer tokens and certificates, and the keys that vouch for them.

mod explain;
mod issuers;
mod jwks;
mod key_ring;
mod key_source;
mod keys;
mod layer;
mod mapping;
mod sign_out;
mod token;
mod verifier;

#[cfg(test)]
mod testing;

pub use explain::Explanation;
pub use issuers::SignIn;
pub use keys::{
    JWKS, KeyError, SIGNING_KEY, SigningKey, ensure_development_keys, ensure_key, ensure_session_key,
};
pub use layer::{Caller, IdentityLayer};
pub(crate) use layer::{CallerNote, ClientCertificate, Credential, ended};
pub use sign_out::{Session, SignedOut, Vouchers};
pub use token::{Claims, TokenRules, Verified};
pub use verifier::{IssuerKeys, Verifier};
