//! How calendars that are kept elsewhere are followed.

use serde::{Deserialize, Serialize};

/// How calendars that are kept elsewhere are followed. Where they may be is what `delivery.private_networks`,
/// `delivery.allow_http` and `delivery.ca_file` say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diaries {
    /// Minutes from one look at a subscribed calendar to the next.
    pub refresh_minutes: u32,
}

impl Default for Diaries {
    fn default() -> Diaries {
        Diaries { refresh_minutes: 60 }
    }
}
