//! Addresses without what lets one in.

/// The addresses of a comma-separated list, without user names, passwords and tokens: `nats://***@host:4222`.
pub fn without_credentials(addresses: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    for part in addresses.split(',') {
        match shown.last_mut() {
            // A password may contain a comma.
            Some(address) if !part.contains("://") => {
                address.push(',');
                address.push_str(part);
            }
            _ => shown.push(part.to_owned()),
        }
    }
    shown.iter().map(|address| address_without_credentials(address)).collect::<Vec<_>>().join(",")
}

fn address_without_credentials(address: &str) -> String {
    let Some((before, host)) = address.rsplit_once('@') else { return address.to_owned() };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://***@{host}"),
        None => format!("***@{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn no_address_shows_a_password_or_a_token() {
        for (address, shown) in [
            ("embedded", "embedded"),
            ("nats://host:4222", "nats://host:4222"),
            ("nats://user:secret@host:4222", "nats://***@host:4222"),
            ("nats://token@host", "nats://***@host"),
            ("user:secret@host:4222", "***@host:4222"),
            ("nats://user:sec@ret@host", "nats://***@host"),
            ("nats://user:sec,ret@host", "nats://***@host"),
            ("nats://user:sec://ret@host", "nats://***@host"),
            ("nats://a:secret@one:4222,nats://b:secret@two:4222", "nats://***@one:4222,nats://***@two:4222"),
            ("nats://a:secret@one,two:4222", "nats://***@one,two:4222"),
            ("nats://one,a:secret@two", "nats://***@two"),
            ("http://user:secret@host", "http://***@host"),
        ] {
            assert_eq!(without_credentials(address), shown);
        }
    }
}
