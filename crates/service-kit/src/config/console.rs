//! The pages of the console.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The pages of the console.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// The key that seals the sessions of readers, the same for all consoles behind one address: 32 bytes in base64;
    /// absent: `<data>/keys/session-key`, created when missing.
    pub session_key: Option<PathBuf>,
    /// Where readers reach the pages, such as `https://huishang.example`; issuers send those who have signed in back there.
    pub public_url: Option<String>,
    /// The folder into which `huishang export oparl` writes: it is served at `/oparl` to everybody, without a token. Absent:
    /// nothing is.
    pub oparl_folder: Option<PathBuf>,
}
