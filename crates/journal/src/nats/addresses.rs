//! The addresses of brokers, and what lets one in, which is never printed.

use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

/// What a URL says of who connects.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    UserAndPassword(String, String),
    Token(String),
}

/// The addresses of a comma-separated list. A password may contain a comma.
fn parts(urls: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in urls.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match parts.last_mut() {
            Some(open) if part.contains('@') && !part.contains("://") && !open.contains('@') => {
                open.push(',');
                open.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

/// An address without its user, password or token, and these.
fn split(url: &str) -> (String, Option<&str>) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("nats", url));
    match rest.rsplit_once('@') {
        Some((login, host)) => (format!("{scheme}://{host}"), Some(login)),
        None => (format!("{scheme}://{rest}"), None),
    }
}

/// The hosts of the list, to be shown.
pub(super) fn shown(urls: &str) -> String {
    let hosts = parts(urls).into_iter().map(|url| {
        let (address, _) = split(&url);
        address.split_once("://").map_or(address.clone(), |(_, host)| host.to_owned())
    });
    hosts.collect::<Vec<_>>().join(", ")
}

/// The addresses to connect to, and the login of the first that has one.
pub(super) fn read(urls: &str) -> Result<(Vec<ServerAddr>, Option<Login>), String> {
    let mut login = None;
    let mut addresses = Vec::new();
    for url in parts(urls) {
        let (address, named) = split(&url);
        addresses.push(address.parse::<ServerAddr>().map_err(|fault| fault.to_string())?);
        login = login.or(named.map(read_login));
    }
    Ok((addresses, login))
}

fn read_login(text: &str) -> Login {
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    match text.split_once(':') {
        Some((user, password)) => Login::UserAndPassword(decode(user), decode(password)),
        None => Login::Token(decode(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_out_of_the_address_and_never_shown() {
        for (urls, hosts) in [
            ("nats://user:secret@one:4222", "one:4222"),
            ("nats://secret@one:4222,nats://two:4222", "one:4222, two:4222"),
            ("tls://user:s,e@cret@one:4222, two:4222", "one:4222, two:4222"),
            ("nats://one,two", "one, two"),
        ] {
            assert_eq!(shown(urls), hosts);
            let (addresses, _) = read(urls).unwrap();
            assert!(addresses.iter().all(|address| !address.as_url_str().contains('@')), "{urls}");
        }
    }

    #[test]
    fn users_passwords_and_tokens_may_be_percent_encoded() {
        let login = |urls| read(urls).unwrap().1;
        let user = Login::UserAndPassword("join,t".into(), "p@ss:w,rd".into());
        assert!(login("nats://join%2Ct:p%40ss:w%2Crd@one") == Some(user));
        assert!(login("nats://one,nats://t%20oken@two") == Some(Login::Token("t oken".into())));
        assert!(login("nats://one").is_none());
    }
}
