//! Which build this is.

use std::sync::LazyLock;

/// The version of Huishang.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, where the build named one in `HUISHANG_COMMIT`.
pub const COMMIT: Option<&str> = option_env!("HUISHANG_COMMIT");

/// Both, for people: `0.1.0`, or `0.1.0 (1a2b3c4d)`.
pub static VERSION_AND_COMMIT: LazyLock<String> = LazyLock::new(|| match COMMIT {
    Some(commit) => format!("{VERSION} ({commit})"),
    None => VERSION.to_owned(),
});
