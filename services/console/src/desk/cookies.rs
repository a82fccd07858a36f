//! Cookies: what a browser sends, and what it is to keep.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The value of a cookie that was sent.
pub(super) fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The name of the cookie with the session. Over https, no other host and no plain connection can set it.
pub(super) fn session_name(https: bool) -> &'static str {
    if https { "__Host-huishang" } else { "huishang" }
}

/// The name of the cookie with a sign-in that was begun at a provider.
pub(super) fn sign_in_name(https: bool) -> &'static str {
    if https { "__Host-huishang-sign-in" } else { "huishang-sign-in" }
}

/// What has a browser keep a cookie for so many seconds, and show it also when another site sends the browser here.
pub(super) fn set_for(name: &str, value: &str, https: bool, seconds: i64) -> HeaderValue {
    kept(name, value, https, &format!("HttpOnly; SameSite=Lax; Max-Age={seconds}"))
}

/// What has a browser keep a cookie until it is closed, and show it to this site only.
pub(super) fn set(name: &str, value: &str, https: bool) -> HeaderValue {
    kept(name, value, https, "HttpOnly; SameSite=Strict")
}

/// What has a browser forget a cookie.
pub(super) fn forget(name: &str, https: bool) -> HeaderValue {
    kept(name, "", https, "HttpOnly; SameSite=Strict; Max-Age=0")
}

/// What has a browser keep how its reader likes pages for a year.
pub(super) fn prefer(name: &str, value: &str, https: bool) -> HeaderValue {
    kept(name, value, https, "HttpOnly; SameSite=Lax; Max-Age=31536000")
}

fn kept(name: &str, value: &str, https: bool, how: &str) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path=/; {how}{secure}"))
        .expect("the name and value of a cookie are plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("other=1; huishang=abc=; lang=zh"));
        assert_eq!(sent(&headers, "huishang"), Some("abc="));
        assert_eq!((sent(&headers, "lang"), sent(&headers, "uishang")), (Some("zh"), None));
    }

    #[test]
    fn a_session_is_shown_to_this_site_alone() {
        let cookie = set(session_name(true), "x", true);
        assert_eq!(cookie, "__Host-huishang=x; Path=/; HttpOnly; SameSite=Strict; Secure");
    }
}
