use super::super::testing::{Installation, Issuer, claims, with};
use super::*;
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt as _;

const QUERY: &str = "/huishang.directory.v1.DirectoryService/ListDepartments";

/// A layer, and tokens that its keys vouch for.
fn layer() -> (Issuer, IdentityLayer) {
    let issuer = Issuer::new(1);
    let installation = Installation::new(&[issuer.jwk()]);
    (issuer, IdentityLayer::new(installation.verifier))
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
        let (Caller(actor), _) = authenticated.unwrap();
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
        let refused = layer.authenticate(&request(QUERY, &headers)).err().unwrap();
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
        let refused = layer.authenticate(&request(QUERY, &[format!("Bearer {token}")])).err().unwrap();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"));
        assert!(refused.message().ends_with("the token has no role that is known here"), "{refused}");
    }
}
