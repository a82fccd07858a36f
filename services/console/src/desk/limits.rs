//! The limits of the pages, each with its unit.

/// Seconds after which somebody who does nothing has to sign in again.
pub(super) const IDLE_SECONDS_MAX: i64 = 30 * 60;
/// Seconds after which everybody has to sign in again.
pub(super) const SESSION_SECONDS_MAX: i64 = 8 * 60 * 60;
/// Seconds for which a session is not sealed again although it is used.
pub(super) const RENEWAL_SECONDS: i64 = 60;
/// Bytes of a token that fits into a cookie with all that is sealed beside it: browsers keep 4,096 of a cookie.
pub(super) const TOKEN_BYTES_MAX: usize = 2_400;
/// Seconds within which somebody has to come back from the provider at which they sign in.
pub(super) const SIGN_IN_SECONDS_MAX: i64 = 10 * 60;
/// Providers that are asked at once; further sign-ins wait.
pub(super) const PROVIDERS_ASKED_AT_ONCE_MAX: usize = 8;
/// Bytes of a form, at most.
pub(super) const FORM_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a form that has one in it that was kept: sealed, it is a third larger.
pub(super) const KEPT_FORM_BYTES_MAX: usize = 2 * FORM_BYTES_MAX;
/// Rows of a list on one page.
pub(super) const ROWS_PER_PAGE: u32 = 100;
/// Rows that are asked for at once where a page needs all of them.
pub(super) const ROWS_AT_ONCE: u32 = 500;
/// Rows of a file with a list, at most.
pub(super) const EXPORT_ROWS_MAX: usize = 10_000;
/// Departments whose names are shown; the others go by their codes.
pub(super) const DEPARTMENTS_MAX: usize = 5_000;
/// Bytes of a receipt, at most.
pub(super) const RECEIPT_BYTES_MAX: usize = 64 * 1024;

/// Parts by which a page takes the indicators apart.
pub(super) const INDICATOR_ROWS_MAX: usize = 40;

/// Departments without users, of those that carry an item out, for which its page asks what can be put down.
pub(super) const PUT_DOWN_FOR_MAX: usize = 8;
