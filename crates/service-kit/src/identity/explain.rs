//! What comes of a token and why, for whoever sets up an issuer.

use super::issuers::IssuerSettings;
use super::mapping::Claim;
use super::token::{Parts, Refusal, Verified, now_seconds};
use super::verifier::Verifier;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a token says and what that comes to. It does not hold the token.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// Who has issued it, as it says.
    pub issuer: Option<String>,
    /// Where the keys of that issuer come from, if it is known.
    pub keys: Option<String>,
    /// The key that it names, and its algorithm.
    pub key_id: Option<String>,
    /// The algorithm of its signature.
    pub algorithm: Option<String>,
    /// The claims that count, with their values.
    pub claims: BTreeMap<String, Value>,
    /// The names of the claims that do not.
    pub ignored_claims: Vec<String>,
    /// The groups that mean nothing here.
    pub unknown_groups: Vec<String>,
    /// Who it is in the log.
    pub subject: Option<String>,
    /// The department that they act for.
    pub department: Option<String>,
    /// In which roles.
    pub roles: Vec<String>,
    /// How they were authenticated.
    pub acr: Option<String>,
    /// Why it is not accepted; absent: it is.
    pub refused: Option<String>,
}

impl Verifier {
    /// Explains a token. Has keys read again if it names one that is not known.
    pub async fn explain(&self, token: &str) -> Explanation {
        let mut explanation = Explanation::default();
        let outcome = self.explain_into(&mut explanation, token).await;
        explanation.refused = outcome.err();
        explanation
    }

    async fn explain_into(&self, explanation: &mut Explanation, token: &str) -> Result<(), String> {
        let parts = Parts::of(token)?;
        explanation.key_id = parts.key_id().map(str::to_owned);
        explanation.algorithm = Some(format!("{:?}", parts.algorithm()));
        explanation.ignored_claims = names(&parts.claims);
        explanation.issuer = parts.issuer().ok().map(str::to_owned);
        let issuer = self.in_force().issuer(&parts)?.clone();
        explanation.keys = Some(issuer.ring.source().to_string());
        explanation.take_claims(&parts.claims, &issuer.settings);
        explanation.unknown_groups = issuer.settings.mapping.unknown_groups(&parts.claims);
        let verified = match issuer.verify(&parts, now_seconds()) {
            Err(Refusal::UnknownKey(_)) => {
                issuer.ring.clone().reread_for_unknown_key().await;
                issuer.verify(&parts, now_seconds())
            }
            verified => verified,
        };
        let Verified { actor, acr, .. } = verified.map_err(|refusal| refusal.to_string())?;
        explanation.subject = Some(actor.subject.clone());
        explanation.department = actor.department.as_ref().map(ToString::to_string);
        explanation.roles = actor.roles.iter().map(|role| role.as_str().to_owned()).collect();
        explanation.acr = acr;
        if actor.roles.is_empty() {
            return Err("it has no role that is known here, so it may call nothing".into());
        }
        match actor.combined_administrators() {
            Some(combined) => {
                let combined: Vec<&str> = combined.iter().map(|role| role.as_str()).collect();
                let combined = combined.join(", ");
                Err(format!(
                    "the administrators are three separate people, and these roles are combined: {combined}"
                ))
            }
            None => Ok(()),
        }
    }
}

impl Explanation {
    /// Divides the claims into those that count with this issuer and the others.
    fn take_claims(&mut self, claims: &Value, settings: &IssuerSettings) {
        let mapping = &settings.mapping;
        let mapped = [
            Some(&mapping.subject),
            Some(&mapping.department),
            mapping.roles.as_ref(),
            mapping.groups.as_ref(),
        ];
        let mapped: Vec<&str> = mapped.into_iter().flatten().map(Claim::top).collect();
        let counts =
            |name: &str| ["iss", "aud", "exp", "nbf", "iat", "acr"].contains(&name) || mapped.contains(&name);
        let claims = claims.as_object().into_iter().flatten();
        self.claims = claims
            .filter(|(name, _)| counts(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        self.ignored_claims.retain(|name| !counts(name));
    }
}

fn names(claims: &Value) -> Vec<String> {
    claims.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}
