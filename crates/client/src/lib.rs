//! How anybody calls a service of Huishang: addresses, connections with or without TLS, tokens, calls whose messages
//! are known at compile time or from their descriptors, one rule for repeating a call, what a refusal says, and the words
//! for all of it in English and Chinese.

mod address;
mod call;
mod command_id;
mod connection;
pub mod language;
mod reflective;
mod refusal;
mod retry;
mod tls;
mod token;

pub use address::{Address, AddressError, Addresses, SERVICES};
pub use call::{ANSWER_BYTES_MAX, Client};
pub use command_id::{command_id, voter_secret};
pub use connection::{ConnectError, Connections, connect};
pub use language::Language;
pub use reflective::{Answer, Messages};
pub use refusal::{Refusal, root_cause, with_moments};
pub use retry::{Attempts, is_unavailable};
pub use tls::{ClientCertificate, Tls, Trust};
pub use token::{InvalidToken, Token};
