use super::super::testing::{Installation, Issuer, claims, with};
use super::*;
use crate::reload::Occasion;
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt as _;

const STREAM: &str = "/huishang.ledger.v1.LedgerService/ReadRecords";
const QUERY: &str = "/huishang.directory.v1.DirectoryService/ListDepartments";

/// A layer, and tokens that its keys vouch for.
fn layer() -> (Issuer, IdentityLayer) {
    let issuer = Issuer::new(1);
    let installation = Installation::new(&[issuer.jwk()]);
    (issuer, IdentityLayer::new(installation.verifier, vec![]))
}

fn request(path: &str, headers: &[String]) -> http::Request<Body> {
    let mut request = http::Request::builder().uri(path);
    for value in headers {
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Body::empty()).unwrap()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[test]
fn the_name_of_the_scheme_may_be_written_in_any_way() {
    let (issuer, layer) = layer();
    let token = issuer.sign(&json!({"alg": "EdDSA"}), &claims());
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "] {
        let authenticated = layer.authenticate(&request(QUERY, &[format!("{scheme} {token}")])).unwrap();
        let Caller(actor) = authenticated.get::<Caller>().unwrap();
        assert_eq!(actor.subject, "li", "{scheme}");
    }
}

#[test]
fn whoever_is_not_authenticated_is_told_how() {
    let (issuer, layer) = layer();
    let token = issuer.sign(&json!({"alg": "EdDSA"}), &claims());
    for (headers, expected) in [
        (vec![], "TOKEN_MISSING"),
        (vec![token.clone()], "TOKEN_MISSING"),
        (vec!["Bearer".to_owned()], "TOKEN_MISSING"),
        (vec!["Bearer ".to_owned()], "TOKEN_MISSING"),
        (vec![format!("Basic {token}")], "TOKEN_MISSING"),
        (vec![format!("Bearer,{token}")], "TOKEN_MISSING"),
        (vec![format!("Bearer {token}x")], "TOKEN_INVALID"),
        (vec![format!("Bearer {token} {token}")], "TOKEN_INVALID"),
        (vec![format!("Bearer {token}"), format!("Bearer {token}")], "TOKEN_INVALID"),
    ] {
        let refused: Status = layer.authenticate(&request(QUERY, &headers)).err().unwrap().into();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unauthenticated, expected),
            "{headers:?}"
        );
        let challenge = refused.metadata().get("www-authenticate").unwrap().to_str().unwrap();
        assert!(challenge.starts_with("Bearer"), "{challenge}");
        assert_eq!(challenge.contains("invalid_token"), expected == "TOKEN_INVALID");
    }
}

#[test]
fn a_token_without_a_known_role_is_refused_when_it_calls() {
    let (issuer, layer) = layer();
    for roles in [json!([]), json!(["offline_access"]), json!(null)] {
        let token = issuer.sign(&json!({"alg": "EdDSA"}), &with(claims(), json!({"roles": roles})));
        let refused: Status =
            layer.authenticate(&request(QUERY, &[format!("Bearer {token}")])).err().unwrap().into();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"));
        assert!(refused.message().ends_with("the token has no role that is known here"), "{refused}");
    }
}

#[test]
fn no_token_combines_two_of_the_three_administrators() {
    let (issuer, layer) = layer();
    let call = |roles: serde_json::Value| {
        let token = issuer.sign(&json!({"alg": "EdDSA"}), &with(claims(), json!({"roles": roles})));
        layer.authenticate(&request(QUERY, &[format!("Bearer {token}")])).map(drop).map_err(Status::from)
    };
    for roles in [
        json!(["operator", "auditor"]),
        json!(["security", "clerk", "auditor"]),
        json!(["operator", "security"]),
    ] {
        let refused = call(roles.clone()).unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "ROLES_COMBINED"),
            "{roles}"
        );
    }
    for roles in [json!(["operator", "clerk"]), json!(["auditor", "supervisor"]), json!(["security"])] {
        assert!(call(roles.clone()).is_ok(), "{roles}");
    }
}

#[test]
fn an_rpc_with_step_up_needs_the_authentication_that_the_settings_name() {
    let issuer = Issuer::new(1);
    let verify = |step_up: Vec<String>, acr: serde_json::Value, path: &str| {
        let installation = Installation::new(&[issuer.jwk()]);
        let layer = IdentityLayer::new(installation.verifier, step_up);
        let changes = json!({"acr": acr, "roles": ["supervisor"]});
        let token = issuer.sign(&json!({"alg": "EdDSA"}), &with(claims(), changes));
        layer.authenticate(&request(path, &[format!("Bearer {token}")])).map(drop).map_err(Status::from)
    };
    const ACCEPT: &str = "/huishang.resolution.v1.ResolutionService/AcceptWork";
    let strong = || vec!["urn:example:mfa".to_owned(), "phr".to_owned()];
    for acr in [json!(null), json!("urn:example:password")] {
        let refused = verify(strong(), acr.clone(), ACCEPT).unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unauthenticated, "STEP_UP_REQUIRED"),
            "{acr}"
        );
        assert!(refused.message().contains("urn:example:mfa"), "{refused}");
        let challenge = refused.metadata().get("www-authenticate").unwrap().to_str().unwrap();
        assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");
        // What needs no step-up needs none, and nothing does without the setting.
        assert!(verify(strong(), acr.clone(), QUERY).is_ok());
        assert!(verify(vec![], acr, ACCEPT).is_ok());
    }
    assert!(verify(strong(), json!("phr"), ACCEPT).is_ok());
}

#[test]
fn a_certificate_identifies_a_machine_that_brings_no_token() {
    let issuer = Issuer::new(1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("issuers.toml");
    let text = "[[certificate]]\nname = 'spiffe://river/archive'\nsubject = 'archive'\nroles = ['auditor']\n";
    std::fs::write(&file, text).unwrap();
    let verifier = Verifier::open_issuers(&file, super::super::testing::rules()).unwrap();
    let layer = IdentityLayer::new(verifier, vec![]);
    let authenticate = |path: &str, names: &[&str], expires_at: Timestamp, headers: &[String]| {
        let mut request = request(path, headers);
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        request.extensions_mut().insert(ClientCertificate::new(names, expires_at));
        layer.authenticate(&request).map_err(Status::from)
    };
    let call = |names: &[&str], headers: &[String]| {
        let called = authenticate(QUERY, names, Timestamp::MAX, headers);
        called.map(|called| called.get::<Caller>().unwrap().0.subject.clone())
    };
    assert_eq!(call(&["other", "spiffe://river/archive"], &[]).unwrap(), "archive");
    assert_eq!(reason(&call(&["spiffe://river/other"], &[]).unwrap_err()), "TOKEN_MISSING");
    // Whoever brings a token is who it says, or nobody.
    let token = issuer.sign(&json!({"alg": "EdDSA"}), &claims());
    let refused = call(&["spiffe://river/archive"], &[format!("Bearer {token}")]).unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_INVALID");
    assert!(call(&["spiffe://river/archive"], &["Basic x".to_owned()]).is_err());
    // A connection may outlast the certificate that it began with.
    assert!(authenticate(QUERY, &["spiffe://river/archive"], Timestamp::UNIX_EPOCH, &[]).is_err());
    // A stream ends when its machine is no longer vouched for.
    let called = authenticate(STREAM, &["spiffe://river/archive"], Timestamp::MAX, &[]).unwrap();
    let credential = called.get::<Credential>().expect("that of a call which is answered with a stream");
    assert_eq!(credential.verify().unwrap().subject, "archive");
    std::fs::write(&file, text.replace("archive", "other")).unwrap();
    layer.verifier.reread(Occasion::Hangup);
    assert_eq!(reason(&credential.verify().unwrap_err()), "TOKEN_MISSING");
}
