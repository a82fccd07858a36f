use super::*;

/// Spellings of addresses that are none of the public internet, or that are no URL at all.
const REFUSED: [&str; 70] = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://127.000.000.001/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://%31%32%37.0.0.1/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://0/",
    "https://0x0/",
    "https://0.1.2.3/",
    "https://10.0.0.1/",
    "https://0xa.0.0.1/",
    "https://012.0.0.1/",
    "https://167772161/",
    "https://100.64.0.1/",
    "https://100.127.255.255/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.8/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.0.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:10::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://user@receiver.example/",
    "https://user:word@receiver.example/",
    "http://receiver.example/",
    "http://93.184.215.14/",
    "file:///etc/passwd",
    "gopher://receiver.example/",
    "https:///",
];

#[test]
fn what_is_not_public_is_refused_however_it_is_spelt() {
    let policy = Policy::default();
    for url in REFUSED {
        assert!(Target::parse(url, &policy).is_err(), "{url}");
    }
}

#[test]
fn public_hosts_and_addresses_are_accepted() {
    let policy = Policy::default();
    for url in [
        "https://receiver.example/hook?key=1",
        "https://receiver.example:8443/",
        "https://93.184.215.14/",
        "https://100.128.0.1/",
        "https://172.32.0.1/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
    ] {
        assert!(Target::parse(url, &policy).is_ok(), "{url}: {:?}", Target::parse(url, &policy));
    }
    let long = format!("https://receiver.example/{}", "a".repeat(URL_BYTES_MAX));
    assert!(matches!(Target::parse(&long, &policy), Err(TargetError::TooLong { .. })));
}

fn private(allow_http: bool) -> Policy {
    Policy { private_networks: vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()], allow_http }
}

#[test]
fn the_operators_list_opens_its_networks_and_no_others() {
    for url in ["https://10.1.2.3/", "https://[::1]/", "https://[::ffff:10.1.0.1]/"] {
        assert!(Target::parse(url, &private(false)).is_ok(), "{url}");
    }
    for url in ["https://10.2.0.1/", "https://127.0.0.1/", "http://10.1.2.3/"] {
        assert!(Target::parse(url, &private(false)).is_err(), "{url}");
    }
    assert!(Target::parse("http://10.1.2.3/", &private(true)).is_ok());
    // Without TLS nothing leaves these networks.
    assert_eq!(Target::parse("http://93.184.215.14/", &private(true)), Err(TargetError::WithoutTls));
}

#[tokio::test]
async fn a_name_is_as_good_as_what_it_leads_to() {
    let target = Target::parse("https://localhost/", &Policy::default()).unwrap();
    assert!(matches!(target.resolve(&Policy::default()).await, Err(TargetError::NotPublic(_))));
    let http = Target::parse("http://localhost:8080/", &private(true)).unwrap();
    assert!(http.resolve(&private(true)).await.is_err(), "127.0.0.1 is not on the list");
}

#[test]
fn what_may_be_shown_of_a_url_is_its_origin() {
    let target = Target::parse("https://Receiver.example:8443/secret?key=1", &Policy::default()).unwrap();
    assert_eq!(target.origin(), "https://receiver.example:8443");
    assert_eq!((target.authority().as_str(), target.host()), ("receiver.example:8443", "receiver.example"));
    assert_eq!(target.path_and_query(), "/secret?key=1");
}

#[test]
fn a_name_with_one_address_that_is_not_public_is_not_connected_to() {
    let target = Target::parse("https://receiver.example/", &Policy::default()).unwrap();
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    let (public, inside) = (address("93.184.215.14:443"), address("[fd00:ec2::254]:443"));
    let checked = |addresses: &[SocketAddr]| target.checked(addresses, &Policy::default());
    assert_eq!(checked(&[public]), Ok(public));
    assert_eq!(checked(&[public, inside]), Err(TargetError::NotPublic(inside.ip())));
    assert_eq!(checked(&[inside, public]), Err(TargetError::NotPublic(inside.ip())));
    assert!(matches!(checked(&[]), Err(TargetError::Unresolved(_))));
}
