use super::super::Verifier;
use super::super::mapping::moves_the_line;
use super::super::testing::{Installation, Issuer, OURS, claims, rules, with};
use super::*;
use crate::reload::Occasion;
use domain::Role;
use serde_json::{Value, json};

const HEADER: &str = r#"{"alg": "EdDSA"}"#;

fn header() -> Value {
    serde_json::from_str(HEADER).unwrap()
}

/// An installation with one key, which has no `kid`.
fn installation() -> (Issuer, Installation) {
    let issuer = Issuer::new(1);
    let installation = Installation::new(&[issuer.jwk()]);
    (issuer, installation)
}

#[test]
fn what_the_rfcs_allow_is_accepted() {
    let (issuer, installation) = installation();
    let now = now_seconds();
    for changes in [
        // RFC 7519: aud is a string or a list of strings.
        json!({"aud": [OURS]}),
        json!({"aud": ["https://other.example", OURS]}),
        // iat is optional; a NumericDate may have a fraction.
        json!({"iat": null}),
        json!({"exp": now + 60.5}),
        json!({"iat": now - 0.25, "nbf": now - 0.25, "exp": now + 60.75}),
        json!({"nbf": now + 4.0}),
        // Claims that are not understood are ignored.
        json!({"jti": "1", "scope": "openid", "azp": 7, "nonce": {}}),
        // A role that is not ours says nothing.
        json!({"roles": ["offline_access", "clerk", "uma_authorization", 7]}),
    ] {
        let token = issuer.sign(&header(), &with(claims(), changes.clone()));
        // Twice, since the second answer comes from memory.
        for _ in 0..2 {
            let actor = installation.verify(&token);
            assert_eq!(
                actor.as_ref().map(|actor| actor.roles.as_slice()),
                Ok([Role::Clerk].as_slice()),
                "{changes}"
            );
        }
    }
    let stated =
        json!({"alg": "EdDSA", "typ": "at+jwt", "cty": "x", "jku": "https://evil.example", "other": []});
    assert!(installation.verify(&issuer.sign(&stated, &claims())).is_ok());
}

#[test]
fn what_the_rfcs_forbid_is_refused() {
    let (issuer, installation) = installation();
    let now = now_seconds();
    for (changes, why) in [
        (json!({"aud": "huishang/other"}), "aud"),
        (json!({"aud": []}), "aud"),
        (json!({"aud": null}), "aud"),
        (json!({"aud": [7]}), "aud"),
        (json!({"aud": OURS.to_uppercase()}), "aud"),
        (json!({"iss": "somebody"}), "iss"),
        (json!({"iss": ["huishang"]}), "string"),
        (json!({"iss": null}), "iss"),
        (json!({"exp": null}), "exp"),
        (json!({"exp": "2099-01-01"}), "f64"),
        (json!({"exp": now - 6.0}), "expired"),
        (json!({"nbf": 32_503_680_000_u64}), "not valid yet"),
        (json!({"nbf": now + 60.5}), "not valid yet"),
        (json!({"nbf": "soon"}), "f64"),
        (json!({"iat": "yesterday"}), "f64"),
        (json!({"sub": null}), "sub"),
        (json!({"roles": "clerk"}), "list"),
        (json!({"department": "no code"}), "department"),
    ] {
        let token = issuer.sign(&header(), &with(claims(), changes.clone()));
        // Twice: what was refused is not remembered as accepted.
        for _ in 0..2 {
            let refused = installation.verify(&token).unwrap_err();
            assert!(refused.contains(why), "{changes}: {refused}");
        }
    }
}

#[test]
fn a_header_that_is_not_understood_is_refused() {
    let (issuer, installation) = installation();
    for (stated, why) in [
        (json!({"alg": "EdDSA", "crit": ["b64"], "b64": false}), "crit"),
        (json!({"alg": "EdDSA", "crit": ["exp"]}), "crit"),
        (json!({"alg": "EdDSA", "crit": []}), "crit"),
        (json!({"alg": "EdDSA", "crit": null}), "crit"),
        (json!({"alg": "none"}), "alg"),
        (json!({"alg": "HS256"}), "alg"),
        (json!({"alg": "eddsa"}), "alg"),
        (json!({"typ": "JWT"}), "alg"),
        (json!({"alg": "ES256"}), "signature"),
        (json!({"alg": "EdDSA", "kid": 7}), "string"),
        (json!([]), "header"),
    ] {
        let refused = installation.verify(&issuer.sign(&stated, &claims())).unwrap_err();
        assert!(refused.contains(why), "{stated}: {refused}");
    }
}

#[test]
fn what_is_no_jwt_is_refused() {
    let (issuer, installation) = installation();
    let token = issuer.sign(&header(), &claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    for changed in [
        String::new(),
        "clerk".into(),
        "..".into(),
        format!("{signed}."),
        signed.to_owned(),
        format!("{token}A"),
        format!("{token}="),
        format!("{token}."),
        format!("{token}.."),
        format!(" {token}"),
        format!("{signed}. {signature}"),
        Issuer::new(2).sign(&header(), &claims()),
    ] {
        assert!(installation.verify(&changed).is_err(), "{changed}");
    }
    assert!(installation.verify(&token).is_ok());
}

#[test]
fn a_token_without_a_known_role_vouches_for_somebody_who_may_do_nothing() {
    let (issuer, installation) = installation();
    for roles in [json!([]), json!(["offline_access"]), json!(["Clerk"]), Value::Null] {
        let token = issuer.sign(&header(), &with(claims(), json!({"roles": roles})));
        assert_eq!(installation.verify(&token).unwrap().roles, []);
    }
}

#[test]
fn a_remembered_token_is_good_for_no_longer_than_it_says() {
    // Given a token that is valid from 1000 to 2000
    let (issuer, installation) = installation();
    let times = json!({"iat": 1000, "nbf": 1000, "exp": 2000});
    let token = issuer.sign(&header(), &with(claims(), times));
    let verify_at = |now: f64| installation.verifier.verify_at(&token, now).map_err(|why| why.to_string());
    assert!(verify_at(994.0).unwrap_err().contains("nbf"), "it was not accepted before");
    // When it has been accepted
    assert!(verify_at(1500.0).is_ok());
    // Then it is accepted within its time, with what clocks may differ, and at no other.
    assert!(verify_at(2004.9).is_ok());
    assert!(verify_at(2005.0).unwrap_err().contains("exp"));
    assert!(verify_at(995.0).is_ok());
    assert!(verify_at(994.9).unwrap_err().contains("nbf"), "the clock was set back");
}

#[test]
fn a_token_lives_no_longer_than_the_settings_allow() {
    let (issuer, installation) = installation();
    let now = now_seconds();
    let verify =
        |changes: Value| installation.verify(&issuer.sign(&header(), &with(claims(), changes))).map(drop);
    let hour = 3600.0;
    assert_eq!(verify(json!({"iat": now, "exp": now + 24.0 * hour})), Ok(()));
    assert_eq!(verify(json!({"iat": null, "exp": now + 24.0 * hour})), Ok(()));
    for changes in [
        json!({"iat": now, "exp": now + 25.0 * hour}),
        json!({"iat": now - 24.0 * hour, "exp": now + 1.0 * hour}),
        json!({"iat": null, "exp": now + 25.0 * hour}),
        json!({"iat": null, "exp": 1e300}),
        // Said to be issued just before it expires.
        json!({"iat": now + 99.0 * hour, "exp": now + 100.0 * hour}),
    ] {
        let refused = verify(changes.clone()).unwrap_err();
        assert!(refused.contains("identity.token_lifetime_hours_max"), "{changes}: {refused}");
    }
    // Given a setting of 0, there is no limit.
    let unlimited = TokenRules { lifetime_hours_max: 0, ..rules() };
    let unlimited = Installation::with_rules(&[issuer.jwk()], unlimited);
    assert!(unlimited.verify(&issuer.sign(&header(), &with(claims(), json!({"exp": 1e300})))).is_ok());
}

#[test]
fn a_subject_is_a_name_that_can_be_printed() {
    let (issuer, installation) = installation();
    let verify = |subject: &str| {
        installation.verify(&issuer.sign(&header(), &with(claims(), json!({"sub": subject}))))
    };
    for subject in ["li", "李 晓 | auth0", "o'neill@example.gov", "a:b/c", &"x".repeat(200)] {
        assert_eq!(verify(subject).unwrap().subject, subject);
    }
    let long = "x".repeat(201);
    for subject in [
        "",
        " ",
        "process:timer",
        "li\u{1b}[2J",
        "li\r\nwang",
        "li\n",
        "li\u{0}",
        "li\u{9b}",
        "li\u{202e}gnaw",
        "li\u{2066}",
        "li\u{200f}",
        "li\u{2028}",
        "\u{200b}",
        &long,
    ] {
        let refused = verify(subject).unwrap_err();
        assert!(refused.contains("its subject (sub)"), "{subject:?}: {refused}");
        assert!(!refused.contains('\u{1b}'), "{refused:?}");
    }
}

#[test]
fn a_refusal_shows_nothing_that_moves_the_cursor() {
    let (issuer, installation) = installation();
    for (stated, changes) in [
        (json!({"alg": "\u{1b}[2J"}), json!({})),
        (json!({"alg": "EdDSA", "kid": "\u{1b}[2J"}), json!({})),
        (header(), json!({"iss": "\u{1b}[2J\u{202e}"})),
        (header(), json!({"department": "\u{1b}[2J"})),
    ] {
        let token = Issuer::new(2).sign(&stated, &with(claims(), changes.clone()));
        let own = issuer.sign(&stated, &with(claims(), changes));
        for refused in [installation.verify(&token), installation.verify(&own)] {
            let printed = refused.err().unwrap_or_default();
            assert!(!printed.chars().any(moves_the_line), "{printed:?}");
        }
    }
}

#[test]
fn every_key_that_may_be_meant_is_tried() {
    let (first, second, third) = (Issuer::new(1), Issuer::new(2), Issuer::new(3));
    for keys in [
        // Several with one kid, and several without.
        [first.jwk_named("a"), second.jwk_named("a"), third.jwk()],
        [first.jwk(), second.jwk(), third.jwk()],
        [first.jwk_named("b"), second.jwk(), third.jwk()],
    ] {
        let installation = Installation::new(&keys);
        for issuer in [&second, &third] {
            for token in [issuer.sign(&header(), &claims()), issuer.token_named("a")] {
                assert!(installation.verify(&token).is_ok(), "{keys:?}");
            }
        }
    }
    // A kid chooses among keys that have one.
    let installation = Installation::new(&[first.jwk_named("a"), second.jwk_named("b")]);
    assert!(installation.verify(&second.token_named("b")).is_ok());
    let refused = installation.verify(&second.token_named("a")).unwrap_err();
    assert_eq!(refused, "its signature does not fit the key \"a\"");
}

#[test]
fn a_key_that_is_taken_out_vouches_no_more() {
    // Given a token that was accepted
    let (old, new) = (Issuer::new(1), Issuer::new(2));
    let installation = Installation::new(&[old.jwk_named("old")]);
    let token = old.token_named("old");
    assert!(installation.verify(&token).is_ok());
    // When its key is replaced in the file, and the file is read again
    installation.publish(&[new.jwk_named("new")]);
    installation.reread();
    // Then it is not accepted, though it was remembered, and tokens of the new key are.
    assert_eq!(installation.verify(&token).unwrap_err(), "no key \"old\" for EdDSA is known");
    assert!(installation.verify(&new.token_named("new")).is_ok());
}

#[tokio::test]
async fn an_unknown_key_has_the_file_read_again_but_not_every_time() {
    let issuers: Vec<Issuer> = (1..=3).map(Issuer::new).collect();
    let installation = Installation::new(&[issuers[0].jwk_named("1")]);
    // Given a new key in the file, when its first token comes, then it is accepted at once.
    installation.publish(&[issuers[0].jwk_named("1"), issuers[1].jwk_named("2")]);
    assert!(installation.verify_anew(&issuers[1].token_named("2")).await.is_ok());
    // Given another one right after it, then its token has to wait: whoever invents kids has nothing read.
    installation.publish(&[issuers[2].jwk_named("3")]);
    assert!(installation.verify_anew(&issuers[2].token_named("3")).await.is_err());
    assert!(installation.verify(&issuers[0].token_named("1")).is_ok(), "nothing was read");
    // Until the file is looked at for another reason.
    installation.reread();
    assert!(installation.verify(&issuers[2].token_named("3")).is_ok());
    assert!(installation.verify(&issuers[0].token_named("1")).is_err());
}

#[tokio::test]
async fn a_wrong_signature_of_a_known_key_has_nothing_read_again() {
    let (issuer, other) = (Issuer::new(1), Issuer::new(2));
    let installation = Installation::new(&[issuer.jwk_named("1")]);
    installation.publish(&[other.jwk_named("1")]);
    assert!(installation.verify_anew(&other.token_named("1")).await.is_err());
}

#[tokio::test]
async fn a_signature_that_fits_none_of_the_keys_has_the_file_read_again_if_it_names_no_key() {
    let (issuer, other) = (Issuer::new(1), Issuer::new(2));
    let installation = Installation::new(&[issuer.jwk_named("1")]);
    installation.publish(&[other.jwk_named("1")]);
    assert!(installation.verify_anew(&other.sign(&header(), &claims())).await.is_ok());
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_keys_as_they_were() {
    let issuer = Issuer::new(1);
    let installation = Installation::new(&[issuer.jwk_named("1")]);
    let token = issuer.token_named("1");
    for text in ["", "{\"keys\": [", "not json"] {
        installation.publish_text(text);
        installation.reread();
        assert!(installation.verify(&token).is_ok(), "{text:?}");
    }
    installation.remove_file();
    installation.verifier.reread(Occasion::Hangup);
    assert!(installation.verify(&token).is_ok());
    // One that takes every key away is obeyed.
    installation.publish(&[]);
    installation.reread();
    assert!(installation.verify(&token).is_err());
    installation.publish(&[issuer.jwk_named("1")]);
    installation.reread();
    assert!(installation.verify(&token).is_ok());
}

#[test]
fn a_key_that_becomes_weak_or_unsuitable_vouches_no_more() {
    let issuer = Issuer::new(1);
    let token = issuer.token_named("1");
    let installation = Installation::new(&[issuer.jwk_named("1")]);
    for (change, why) in
        [(json!({"d": "AQ"}), "is refused as weak"), (json!({"use": "enc"}), "is not used here")]
    {
        installation.publish(&[with(issuer.jwk_named("1"), change)]);
        installation.reread();
        let refused = installation.verify(&token).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn without_a_usable_key_nothing_starts_and_every_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let keys =
        [with(Issuer::new(1).jwk_named("leaked"), json!({"d": "AQ"})), json!({"kty": "OKP", "use": "enc"})];
    std::fs::write(&file, json!({"keys": keys}).to_string()).unwrap();
    let refused = Verifier::open(&file, rules()).err().map(|error| error.to_string()).unwrap();
    for part in [
        "jwks.json",
        "no key in it that verifies tokens",
        "key \"leaked\" is refused",
        "key no. 2 is passed over",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
    std::fs::write(&file, "{\"keys\": []}").unwrap();
    assert!(Verifier::open(&file, rules()).is_err());
    std::fs::remove_file(&file).unwrap();
    assert!(Verifier::open(&file, rules()).is_err());
}
