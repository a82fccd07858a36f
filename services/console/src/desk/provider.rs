//! Signing in at a provider, as OpenID Connect describes it: with a code, a proof of who asked for it (PKCE, RFC 7636), and
//! a nonce. The token that comes of it is checked by the services, as any token.

use super::limits::SIGN_IN_SECONDS_MAX;
use super::seal::Sealed;
use super::session::{claims, random_text};
use super::words::Words;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Asks a provider's server; says why there is no answer. Blocks.
pub type AskProvider =
    Arc<dyn Fn(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, String> + Send + Sync>;

/// A provider at which readers can sign in.
#[derive(Clone)]
pub struct Provider {
    /// The `iss` of its tokens; what it can do is described below this URL.
    pub issuer: String,
    /// What people call it.
    pub name: String,
    /// By which name the console is known there.
    pub client_id: String,
    /// What the console proves there that it is itself with; none where it is known by its address alone.
    pub client_secret: Option<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Asks its server.
    pub ask: AskProvider,
}

/// What a provider says of itself (OpenID Connect Discovery 1.0).
#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: AuthUrl,
    token_endpoint: TokenUrl,
    end_session_endpoint: Option<Url>,
}

/// What comes with an access token.
#[derive(Debug, Serialize, Deserialize)]
struct WithIdToken {
    id_token: String,
}

impl ExtraTokenFields for WithIdToken {}

type Answer = StandardTokenResponse<WithIdToken, BasicTokenType>;
type ProviderClient = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A sign-in that was begun, until the browser comes back.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) issuer: String,
    /// What the browser brings back, so that no other sign-in is taken for this one.
    pub(super) state: String,
    nonce: String,
    verifier: String,
    /// The page to go to then.
    pub(super) to: String,
    began_at: i64,
}

impl Sealed for Begun {
    const PURPOSE: &'static [u8] = b"huishang sign-in 1";
}

impl Begun {
    /// Whether there is still time.
    pub(super) fn lasts(&self, now: i64) -> bool {
        now - self.began_at < SIGN_IN_SECONDS_MAX
    }
}

/// Why nobody was signed in.
#[derive(Debug)]
pub(super) enum SignInFault {
    /// It was not begun in this browser, or too long ago, or the token is for another one.
    NotThisOne,
    /// The provider does not want to.
    Refused { name: String, error: String },
    /// The provider does not answer as it should.
    Away { name: String, why: String },
}

impl SignInFault {
    pub(super) fn sentence(&self, words: Words) -> String {
        match self {
            SignInFault::NotThisOne => {
                words.t("This sign-in was not begun here, or too long ago. Begin again.").to_owned()
            }
            SignInFault::Refused { name, error } => {
                words.say("{name} does not sign you in: {error}", &[("name", name), ("error", error)])
            }
            SignInFault::Away { name, why } => {
                words.say("{name} does not answer as it should: {why}", &[("name", name), ("why", why)])
            }
        }
    }
}

/// Why a provider gave no answer, for the library.
#[derive(Debug)]
struct Unanswered(String);

impl fmt::Display for Unanswered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for Unanswered {}

impl Provider {
    /// Where the browser goes to sign in, and what to remember meanwhile. `back` is where it comes back to. Blocks.
    pub(super) fn begin(&self, back: &str, to: String, now: i64) -> Result<(String, Begun), SignInFault> {
        let client = self.client(back)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = random_text();
        let scopes = self.scopes.iter().cloned().map(Scope::new);
        let request = client
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("openid".into()))
            .add_scopes(scopes)
            .add_extra_param("nonce", &nonce)
            .set_pkce_challenge(challenge);
        let (url, state) = request.url();
        let begun = Begun {
            issuer: self.issuer.clone(),
            state: state.into_secret(),
            nonce,
            verifier: verifier.into_secret(),
            to,
            began_at: now,
        };
        Ok((url.into(), begun))
    }

    /// The token that the code stands for which the browser has brought back: it is for this sign-in, and still to be
    /// checked. Blocks.
    pub(super) fn finish(&self, begun: Begun, code: &str, back: &str) -> Result<String, SignInFault> {
        let ask = |request| (self.ask)(request).map_err(Unanswered);
        let answer = self
            .client(back)?
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request(&ask);
        let answer = answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(refused) => self.refused(refused.error().as_ref()),
            RequestTokenError::Request(unanswered) => self.away(unanswered),
            // What the answer was may be a secret.
            RequestTokenError::Parse(error, _) => self.away(error),
            RequestTokenError::Other(why) => self.away(why),
        })?;
        let token = answer.extra_fields().id_token.clone();
        let claims = claims(&token);
        let is_for_us = claims["azp"].as_str().is_none_or(|party| party == self.client_id);
        match claims["nonce"] == begun.nonce.as_str() && claims["iss"] == begun.issuer.as_str() && is_for_us {
            true => Ok(token),
            false => Err(SignInFault::NotThisOne),
        }
    }

    /// Where the browser can sign out there, too; none if it cannot. Blocks.
    pub(super) fn end(&self, token: &str, back: &str) -> Option<String> {
        let mut url = self.description().ok()?.end_session_endpoint?;
        let query =
            [("id_token_hint", token), ("post_logout_redirect_uri", back), ("client_id", &self.client_id)];
        url.query_pairs_mut().extend_pairs(query);
        Some(url.into())
    }

    /// That the provider does not want to sign somebody in.
    pub(super) fn refused(&self, error: &str) -> SignInFault {
        SignInFault::Refused { name: self.name.clone(), error: error.to_owned() }
    }

    fn away(&self, why: impl fmt::Display) -> SignInFault {
        SignInFault::Away { name: self.name.clone(), why: why.to_string() }
    }

    fn client(&self, back: &str) -> Result<ProviderClient, SignInFault> {
        let description = self.description()?;
        let back = RedirectUrl::new(back.to_owned()).map_err(|error| self.away(error))?;
        let client = Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(description.authorization_endpoint)
            .set_token_uri(description.token_endpoint)
            .set_redirect_uri(back);
        Ok(match &self.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.clone())),
            None => client,
        })
    }

    fn description(&self) -> Result<Description, SignInFault> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let request = http::Request::get(url).body(Vec::new()).map_err(|error| self.away(error))?;
        let answer = (self.ask)(request).map_err(|why| self.away(why))?;
        if !answer.status().is_success() {
            return Err(self.away(format!("it answers {}", answer.status())));
        }
        let description: Description =
            serde_json::from_slice(answer.body()).map_err(|error| self.away(error))?;
        match description.issuer == self.issuer {
            true => Ok(description),
            false => Err(self.away(format!("it says that it is {:?}", description.issuer))),
        }
    }
}
