use super::super::testing::{Issuer, OURS, claims, rules, with};
use super::*;
use serde_json::json;

const ISSUER: &str = "https://login.example";
const CONSOLE: &str = "huishang-console";

/// A provider at which people sign in.
struct Provider {
    issuer: Issuer,
    verifier: Arc<Verifier>,
    _folder: tempfile::TempDir,
}

impl Provider {
    fn new(sign_in: &str) -> Provider {
        let (folder, issuer) = (tempfile::tempdir().unwrap(), Issuer::new(1));
        std::fs::write(folder.path().join("keys"), json!({"keys": [issuer.jwk()]}).to_string()).unwrap();
        let file = folder.path().join("issuers.toml");
        let entry =
            format!("[[issuer]]\nissuer = '{ISSUER}'\naudience = '{OURS}'\njwks_file = 'keys'\n{sign_in}");
        std::fs::write(&file, entry).unwrap();
        let verifier = Arc::new(Verifier::open_issuers(&file, rules()).unwrap());
        Provider { issuer, verifier, _folder: folder }
    }

    fn with_sign_in() -> Provider {
        Provider::new(&format!("[issuer.sign_in]\nclient_id = '{CONSOLE}'\n"))
    }

    fn read(&self, changes: serde_json::Value) -> Result<SignedOut, String> {
        let token = self.issuer.sign(&json!({"alg": "EdDSA", "typ": "logout+jwt"}), &with(logout(), changes));
        signed_out(&self.verifier.in_force(), &token, now_seconds()).map_err(|why| why.to_string())
    }
}

/// What a logout token says.
fn logout() -> serde_json::Value {
    let now = jsonwebtoken::get_current_timestamp();
    json!({
        "iss": ISSUER, "aud": CONSOLE, "iat": now, "exp": now + 120, "jti": "1", "sid": "s7", "sub": "li",
        "events": {LOGOUT: {}},
    })
}

#[test]
fn a_logout_token_says_which_session_has_ended_or_whose() {
    let provider = Provider::with_sign_in();
    let of_session = provider.read(json!({})).unwrap();
    assert_eq!(of_session.id, SignOut::id(ISSUER, Ended::Session("s7")));
    let of_subject = provider.read(json!({"sid": null, "aud": ["other", CONSOLE], "exp": null})).unwrap();
    assert_eq!(of_subject.id, SignOut::id(ISSUER, Ended::Subject("li")));
    // Whoever signed in there can be found by either.
    let signed_in = with(claims(), json!({"iss": ISSUER, "sid": "s7"}));
    let token = provider.issuer.sign(&json!({"alg": "EdDSA"}), &signed_in);
    let session = provider.verifier.verify(&token).unwrap().session;
    let of_token = session.sign_out_id().unwrap();
    let ids = session.may_have_ended().iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!(ids, [of_token, of_session.id, of_subject.id]);
}

#[test]
fn what_is_no_logout_token_of_this_console_is_refused() {
    let provider = Provider::with_sign_in();
    let now = now_seconds();
    for (changes, why) in [
        (json!({"iss": "https://other.example"}), "iss"),
        (json!({"aud": OURS}), "aud"),
        (json!({"iat": null}), "iat"),
        (json!({"iat": now + 60.0}), "iat"),
        (json!({"exp": now - 6.0}), "expired"),
        (json!({"exp": null, "iat": now - 700.0}), "expired"),
        (json!({"jti": null}), "jti"),
        (json!({"events": null}), "events"),
        (json!({"events": {LOGOUT: true}}), "events"),
        (json!({"events": {"https://other.example/event": {}}}), "events"),
        (json!({"nonce": "n"}), "nonce"),
        (json!({"sid": null, "sub": null}), "sid"),
    ] {
        let refused = provider.read(changes.clone()).expect_err("it is refused");
        assert!(refused.contains(why), "{changes}: {refused}");
    }
    let stranger = Issuer::new(2).sign(&json!({"alg": "EdDSA"}), &logout());
    assert!(signed_out(&provider.verifier.in_force(), &stranger, now).is_err(), "another key");
    let without = Provider::new("").read(json!({})).unwrap_err();
    assert!(without.contains("browser"), "{without}");
}

#[test]
fn a_logout_token_identifies_nobody() {
    let provider = Provider::with_sign_in();
    let both = with(claims(), json!({"iss": ISSUER, "events": {LOGOUT: {}}}));
    let token = provider.issuer.sign(&json!({"alg": "EdDSA"}), &both);
    let refused = provider.verifier.verify(&token).unwrap_err().to_string();
    assert!(refused.contains("events"), "{refused}");
}
