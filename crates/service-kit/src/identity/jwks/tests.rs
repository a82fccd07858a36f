use super::super::testing::{Issuer, with};
use super::*;
use serde_json::json;

/// The RSA key of RFC 7515, appendix A.2: 2048 bits.
fn rsa_2048() -> Value {
    json!({
        "kty": "RSA",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-y\
              RT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
              dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaG\
              Nj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e": "AQAB"
    })
}

/// The EC key of RFC 7515, appendix A.3.
fn p256() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    })
}

fn parse(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_key_set() {
    let text = format!("\u{feff}{}", json!({"keys": [rsa_2048()]}));
    assert_eq!(KeySet::parse(text.as_bytes()).unwrap().usable.len(), 1);
}

/// The fault of a key that is the only one.
fn fault(key: Value) -> Fault {
    let set = parse(std::slice::from_ref(&key));
    assert!(set.usable.is_empty(), "{key} is used");
    set.unusable[0].fault.clone()
}

/// An RSA key with a modulus of so many bits.
fn rsa(bits: usize, exponent: &[u8]) -> Value {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= (8 - bits % 8) % 8;
    let encode = |number: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(number);
    json!({"kty": "RSA", "n": encode(&modulus), "e": encode(exponent)})
}

#[test]
fn the_algorithm_of_a_key_follows_from_its_kind() {
    // Given keys that do not name their alg
    let set = parse(&[Issuer::new(1).jwk(), p256(), rsa_2048()]);
    // Then each is used with the one algorithm for its kty and crv.
    let algorithms: Vec<Algorithm> = set.usable.iter().map(|key| key.algorithm).collect();
    assert_eq!(algorithms, [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256]);
    assert_eq!(set.unusable, []);
}

#[test]
fn signatures_of_the_rfc_are_right() {
    // The tokens of RFC 7515, appendices A.2 and A.3.
    let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rs256 = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJ\
                 dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eS\
                 N9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A\
                 XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let es256 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    for (key, header, signature) in
        [(rsa_2048(), "eyJhbGciOiJSUzI1NiJ9", rs256), (p256(), "eyJhbGciOiJFUzI1NiJ9", es256)]
    {
        let set = parse(&[key]);
        let PublicKey { key, algorithm, .. } = &set.usable[0];
        let verify =
            |signed: &str| jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, *algorithm);
        assert!(verify(&format!("{header}.{payload}")).unwrap(), "{algorithm:?}");
        assert!(!verify(&format!("{header}.{payload}A")).unwrap(), "{algorithm:?}");
    }
}

#[test]
fn a_key_for_something_else_is_passed_over_and_the_others_are_used() {
    let ours = Issuer::new(1).jwk_named("ours");
    for (key, why) in [
        (with(rsa_2048(), json!({"use": "enc", "alg": "RS256"})), "use"),
        (with(p256(), json!({"use": "enc"})), "use"),
        (with(p256(), json!({"key_ops": ["encrypt", "wrapKey"]})), "key_ops"),
        (with(p256(), json!({"key_ops": []})), "key_ops"),
        (with(rsa_2048(), json!({"alg": "PS256"})), "alg"),
        (with(rsa_2048(), json!({"alg": "RSA-OAEP"})), "alg"),
        (with(p256(), json!({"alg": "ES384"})), "alg"),
        (json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}), "kty"),
        (with(p256(), json!({"crv": "secp256k1"})), "curve"),
        (json!({"kty": "OKP", "crv": "X25519", "x": "AA"}), "curve"),
        (json!({"kty": "OKP", "crv": "Ed448", "x": "AA"}), "curve"),
        (json!({"kty": "OKP"}), "curve"),
        (json!({"crv": "Ed25519"}), "kty"),
        (json!({"kty": "OKP", "crv": "Ed25519"}), "no x"),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}), "bytes"),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "not base64url"}), "base64url"),
        (with(p256(), json!({"x": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})), "point"),
        (with(p256(), json!({"y": null})), "no y"),
        (with(p256(), json!({"kid": 7})), "kid"),
        (with(p256(), json!({"key_ops": "verify"})), "sequence"),
        (rsa(8192, &[1, 0, 1]), "bits"),
        (with(rsa_2048(), json!({"e": "AQAAAAAB"})), "e has more"),
        (json!("a string"), "object"),
    ] {
        // Given a key that cannot verify tokens beside one that can
        let set = parse(&[with_id(key.clone()), ours.clone()]);
        // Then the one is named with the reason, and the other is used.
        assert_eq!(set.names(), "ours", "{key}");
        let unusable = &set.unusable[0];
        assert!(
            matches!(&unusable.fault, Fault::Unsuitable(found) if found.contains(why)),
            "{key}: {unusable:?}"
        );
    }

    fn with_id(key: Value) -> Value {
        if key.is_object() && key.get("kid").is_none() { with(key, json!({"kid": "other"})) } else { key }
    }
}

#[test]
fn what_a_key_is_for_may_be_said_in_any_way_that_allows_verification() {
    let stated =
        json!({"use": "sig", "key_ops": ["sign", "verify"], "alg": "ES256", "x5t": "ignored", "ext": true});
    assert_eq!(parse(&[with(p256(), stated)]).usable.len(), 1);
    // Leading zeros of a modulus are not minimal, but harmless, and some issuers write them.
    let padded = json!({"n": format!("AAAA{}", rsa_2048()["n"].as_str().unwrap())});
    assert_eq!(parse(&[with(rsa_2048(), padded)]).usable.len(), 1);
}

#[test]
fn a_weak_key_is_refused_by_name() {
    // The neutral element and points of small order, one of them in a second spelling.
    let small_order = [
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "7P_______________________________________38",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
    ];
    let points = small_order.map(|x| json!({"kty": "OKP", "crv": "Ed25519", "x": x}));
    for (key, why) in points.into_iter().map(|key| (key, "small order")).chain([
        (with(Issuer::new(1).jwk(), json!({"d": "AQ"})), "secret (d)"),
        (with(rsa_2048(), json!({"p": "AQ"})), "secret (p)"),
        (json!({"kty": "oct", "k": "AQ", "alg": "HS256"}), "secret (k)"),
        (rsa(1024, &[1, 0, 1]), "1024 bits"),
        (rsa(2047, &[1, 0, 1]), "2047 bits"),
        (with(rsa(1024, &[1, 0, 1]), json!({"n": "AAAAAAAA_w"})), "8 bits"),
        (rsa(2048, &[1]), "anybody can sign"),
        (rsa(2048, &[2]), "anybody can sign"),
    ]) {
        let found = fault(key.clone());
        assert!(matches!(&found, Fault::Weak(found) if found.contains(why)), "{key}: {found}");
    }
    // Given a weak key beside a good one
    let set = parse(&[with(rsa(1024, &[1, 0, 1]), json!({"kid": "old"})), Issuer::new(1).jwk_named("new")]);
    // Then the weak one is named and refused, and the good one is used.
    assert_eq!(set.names(), "new");
    let old = &set.unusable[0];
    assert_eq!(
        format!("{} {}", old.name, old.fault),
        "key \"old\" is refused: it has 1024 bits; at least 2048 are needed"
    );
}

#[test]
fn no_secret_of_a_key_is_shown() {
    let set = parse(&[
        with(Issuer::new(1).jwk(), json!({"d": "sesame"})),
        json!({"kty": "oct", "k": "sesame"}),
        with(p256(), json!({"d": {"open": "sesame"}})),
    ]);
    assert_eq!(set.unusable.len(), 3);
    assert!(!format!("{set:?}").contains("sesame"), "{set:?}");
}

#[test]
fn what_is_no_jwks_says_so() {
    for text in ["", "[]", "{}", "{\"keys\": {}}", "{\"keys\": [", "-----BEGIN PUBLIC KEY-----"] {
        let why = KeySet::parse(text.as_bytes()).unwrap_err();
        assert!(why.starts_with("it is no JWKS"), "{text:?}: {why}");
    }
    assert!(parse(&[]).usable.is_empty());
}
