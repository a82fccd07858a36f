//! Signing in to the pages at an OpenID Connect provider, which is a real one; and all that must not sign anybody in.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use serde_json::json;
use tests::{HttpAnswer, HttpClient, Mode, OidcProvider, Sandbox, SandboxConfig, until};

const CLIENT: &str = "huishang-console";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// An installation whose readers sign in at a provider.
struct Installation {
    pages: HttpClient,
    provider: OidcProvider,
    _sandbox: Sandbox,
    _folder: tempfile::TempDir,
}

/// A sign-in that was begun: the cookie that the browser keeps, and where it was sent.
struct Begun {
    cookie: String,
    at: String,
}

impl Installation {
    /// li is a supervisor, as a group says.
    fn start(mode: Mode) -> anyhow::Result<Installation> {
        let provider = OidcProvider::start(&json!({"sub": "li", "groups": ["督查室"]}))?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("secret"), "open-sesame\n")?;
        let file = folder.path().join("issuers.toml");
        let issuers = format!(
            "[[issuer]]
             issuer = '{0}'
             jwks_url = '{0}/jwks'
             [issuer.claims]
             groups = 'groups'
             [[issuer.group]]
             name = '督查室'
             roles = ['supervisor']
             [issuer.sign_in]
             name = 'City login'
             client_id = '{CLIENT}'
             client_secret_file = 'secret'
             scopes = ['profile']
            ",
            provider.issuer()
        );
        std::fs::write(&file, issuers)?;
        let settings = vec![
            ("HUISHANG_IDENTITY__ISSUERS_FILE", file.to_string_lossy().into_owned()),
            ("HUISHANG_CONSOLE__PUBLIC_URL", "http://localhost:7".to_owned()),
        ];
        let config = SandboxConfig { settings, own_keys: true, ..SandboxConfig::default() };
        let mut sandbox = Sandbox::start_with(mode, config)?;
        let pages = sandbox.http_with_token(None)?;
        Ok(Installation { pages, provider, _sandbox: sandbox, _folder: folder })
    }

    /// Presses the button on the page for signing in.
    async fn begin(&self) -> anyhow::Result<Begun> {
        let page = self.pages.get("/sign-in?to=%2Fboard").await?.text();
        let (_, link) = page.split_once("href=\"/sign-in/at?").context("a button for the provider")?;
        let link = link.split('"').next().context("it ends")?.replace("&#38;", "&").replace("&amp;", "&");
        ensure!(page.contains("Sign in at City login"), "{page}");
        let sent = self.pages.get(&format!("/sign-in/at?{link}")).await?;
        let at = sent.header("location").to_owned();
        ensure!(sent.status == 303 && at.starts_with(&self.provider.issuer()), "{sent:?} {}", sent.text());
        for part in ["code_challenge_method=S256", "nonce=", "state=", "scope=openid+profile", "client_id="] {
            ensure!(at.contains(part), "{part}: {at}");
        }
        let cookie = sent.header("set-cookie");
        ensure!(cookie.contains("HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
        Ok(Begun { cookie: cookie.split(';').next().unwrap_or_default().to_owned(), at })
    }

    /// Signs in there, or declines; returns the path with which the browser is sent back.
    async fn consent(&self, begun: &Begun, form: &str) -> anyhow::Result<String> {
        let issuer = self.provider.issuer();
        let path = begun.at.strip_prefix(&issuer).context("a path of the provider")?;
        let answer = HttpClient::new(&issuer, None).send("POST", path, &[FORM], form.to_owned()).await?;
        let back = answer.header("location").to_owned();
        let back = back.strip_prefix("http://localhost:7").with_context(|| format!("{answer:?}"))?;
        ensure!(back.starts_with("/sign-in/back?"), "{back}");
        Ok(back.to_owned())
    }

    /// What the provider says of somebody from now on.
    async fn claims(&self, user: &str, claims: &serde_json::Value) -> anyhow::Result<()> {
        let json = &[("content-type", "application/json")];
        let at = HttpClient::new(&self.provider.issuer(), None);
        let answer = at.send("PUT", &format!("/users/{user}"), json, claims.to_string()).await?;
        ensure!(answer.status < 300, "{} {}", answer.status, answer.text());
        Ok(())
    }

    /// Signs li in; returns the session that their browser keeps.
    async fn signed_in(&self) -> anyhow::Result<String> {
        let begun = self.begin().await?;
        let back = self.consent(&begun, "sub=li").await?;
        let answer = self.come_back(&back, &begun.cookie).await?;
        session(&answer).with_context(|| answer.text())
    }

    /// Whether a browser with this session is shown a page.
    async fn is_shown(&self, cookie: &str) -> anyhow::Result<bool> {
        let answer = self.come_back("/today", cookie).await?;
        let is_sent_away = answer.status == 303 && answer.header("location").starts_with("/sign-in");
        ensure!(answer.status == 200 || is_sent_away, "{answer:?} {}", answer.text());
        Ok(answer.status == 200)
    }

    /// What the provider's server sends when a session there has ended.
    async fn told(&self, token: &str) -> anyhow::Result<HttpAnswer> {
        self.pages.send("POST", "/sign-out/by-provider", &[FORM], format!("logout_token={token}")).await
    }

    async fn come_back(&self, path: &str, cookie: &str) -> anyhow::Result<HttpAnswer> {
        self.pages.send("GET", path, &[("cookie", cookie)], "").await
    }
}

/// The session that an answer has a browser keep; none if nobody was signed in.
fn session(answer: &HttpAnswer) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let mut kept = cookies.filter(|cookie| cookie.starts_with("huishang=") && !cookie.contains("Max-Age=0"));
    Some(kept.next()?.split(';').next()?.to_owned())
}

async fn whoever_signs_in_at_the_provider_with_a_form_at_hand_does_so_beside_it(
    mode: Mode,
) -> anyhow::Result<()> {
    // Given a form that was sent without a session
    let installation = Installation::start(mode)?;
    let form = "action=UrgeItem&reason=Hurry";
    let page = installation.pages.send("POST", "/items/none", &[FORM], form).await?.text();
    ensure!(
        page.contains("target=\"_blank\"") && page.contains("come back to this one, and go on"),
        "{page}"
    );
    let (_, kept) = page.split_once("name=\"kept\" value=\"").context("it is kept")?;
    let kept = kept.split('"').next().context("it ends")?.to_owned();
    ensure!(
        page.contains("action=\"/items/none#notice\"") && page.contains("to=%2Fsign-in%2Fdone"),
        "{page}"
    );
    // When its sender has signed in on another page, and goes on, then it is at its page again; which is not there.
    let done = installation.pages.get("/sign-in/done").await?;
    ensure!(done.status == 200 && done.text().contains("go on where you typed"), "{}", done.text());
    let cookie = installation.signed_in().await?;
    let headers = [FORM, ("cookie", cookie.as_str())];
    let back = installation.pages.send("POST", "/items/none", &headers, format!("kept={kept}")).await?;
    ensure!(back.status == 404 || back.status == 400, "{} {}", back.status, back.text());
    Ok(())
}
in_both_modes!(whoever_signs_in_at_the_provider_with_a_form_at_hand_does_so_beside_it);

async fn whoever_signs_in_at_the_provider_is_who_it_says(mode: Mode) -> anyhow::Result<()> {
    // Given somebody who signs in at the provider
    let mut installation = Installation::start(mode)?;
    let begun = installation.begin().await?;
    let back = installation.consent(&begun, "sub=li").await?;
    // When the browser comes back, then they are who the provider's groups say, at the page that they wanted.
    let answer = installation.come_back(&back, &begun.cookie).await?;
    ensure!(
        answer.status == 200 && answer.header("refresh") == "0; url=/board",
        "{answer:?} {}",
        answer.text()
    );
    let cookie = session(&answer).context("a session")?;
    let page = installation.come_back("/today", &cookie).await?;
    ensure!(page.status == 200 && page.text().contains("Supervisor"), "{}", page.text());
    // And the same code signs nobody in again.
    let again = installation.come_back(&back, &begun.cookie).await?;
    ensure!(again.status == 403 && session(&again).is_none(), "{}", again.text());
    // When the provider has new keys, then they sign in all the same.
    installation.provider.resume()?;
    let begun = installation.begin().await?;
    let back = installation.consent(&begun, "sub=li").await?;
    let answer = installation.come_back(&back, &begun.cookie).await?;
    let cookie = session(&answer).with_context(|| answer.text())?;
    // When they sign out, then they can do so at the provider, too.
    let page = installation.come_back("/today", &cookie).await?.text();
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").context("a form")?;
    let form = format!("form_token={}", rest.split('"').next().unwrap_or_default());
    let out = installation.pages.send("POST", "/sign-out", &[FORM, ("cookie", &cookie)], form).await?;
    let end = format!("{}/oauth2/end_session?id_token_hint=", installation.provider.issuer());
    ensure!(out.status == 200 && out.text().contains(&end) && session(&out).is_none(), "{}", out.text());
    Ok(())
}
in_both_modes!(whoever_signs_in_at_the_provider_is_who_it_says);

/// The events of a logout token.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Whether a program with this token is answered, by every service that keeps what it asks for.
async fn is_answered(pages: &HttpClient, token: &str) -> anyhow::Result<bool> {
    let bearer = format!("Bearer {token}");
    let mut statuses = Vec::new();
    for path in ["/v1/departments", "/v1/sessions", "/v1/items", "/v1/follow-ups", "/v1/log/head"] {
        let answer = pages.send("GET", path, &[("authorization", &bearer)], "").await?;
        ensure!(answer.status == 200 || answer.status == 401, "{path}: {} {}", answer.status, answer.text());
        statuses.push(answer.status == 200);
    }
    Ok(statuses.iter().any(|answered| *answered))
}

async fn tokens_of_a_session_that_ended_at_the_provider_are_refused(mode: Mode) -> anyhow::Result<()> {
    // Given programs with tokens of two sessions of li, of one that names no session, and of somebody else
    let installation = Installation::start(mode)?;
    let claims = |sid: Option<&str>| json!({"aud": [CLIENT], "groups": ["督查室"], "sid": sid});
    let token = async |user: &str, sid: Option<&str>| {
        installation.claims(user, &claims(sid)).await?;
        installation.provider.sign_in(user, CLIENT)
    };
    let first = token("li", Some("s1")).await?;
    let second = token("li", Some("s2")).await?;
    let unnamed = token("li", None).await?;
    let other = token("zhao", None).await?;
    let answered = async |token: &str| is_answered(&installation.pages, token).await;
    for token in [&first, &second, &unnamed, &other] {
        ensure!(answered(token).await?, "{token}");
    }
    let told = async |user: &str, claims: serde_json::Value| {
        installation.claims(user, &claims).await?;
        let answer = installation.told(&installation.provider.sign_in(user, CLIENT)?).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        anyhow::Ok(())
    };
    let refused = async |token: &str| {
        until("it is refused", async || (!answered(token).await.ok()?).then_some(())).await;
    };
    // When the provider says that the first session has ended, then its token is refused, and the others are not.
    told("out", json!({"sid": "s1", "jti": "1", "events": {LOGOUT: {}}})).await?;
    refused(&first).await;
    ensure!(answered(&second).await? && answered(&unnamed).await? && answered(&other).await?);
    // When all sessions of li have ended, then all of li's tokens are, those that name no session too.
    told("li", json!({"jti": "2", "events": {LOGOUT: {}}})).await?;
    refused(&second).await;
    refused(&unnamed).await;
    ensure!(answered(&other).await?);
    Ok(())
}
in_both_modes!(tokens_of_a_session_that_ended_at_the_provider_are_refused);

async fn whoever_signs_out_at_the_provider_is_signed_out_here(mode: Mode) -> anyhow::Result<()> {
    // Given somebody who has signed in by two sessions at the provider
    let installation = Installation::start(mode)?;
    let of_li = |more: serde_json::Value| {
        let mut claims = json!({"groups": ["督查室"]});
        let more = more.as_object().cloned().unwrap_or_default();
        claims.as_object_mut().into_iter().for_each(|claims| claims.extend(more.clone()));
        claims
    };
    installation.claims("li", &of_li(json!({"sid": "s1"}))).await?;
    let first = installation.signed_in().await?;
    installation.claims("li", &of_li(json!({"sid": "s2"}))).await?;
    let second = installation.signed_in().await?;
    ensure!(installation.is_shown(&first).await? && installation.is_shown(&second).await?);
    // When something is sent that is no logout token of this console, then it is refused, and nobody is signed out.
    let signs = |user: &str, audience: &str| installation.provider.sign_in(user, audience);
    let out = json!({"sid": "s1", "jti": "1", "events": {LOGOUT: {}}});
    installation.claims("out", &out).await?;
    let for_another = signs("out", "another-client")?;
    let signs_in = signs("li", CLIENT)?;
    let forged = format!("{}x", signs("out", CLIENT)?);
    for token in [for_another.as_str(), &signs_in, &forged, "", "a.b.c"] {
        let refused = installation.told(token).await?;
        ensure!(refused.status == 400 && refused.text().contains("invalid_request"), "{}", refused.text());
    }
    ensure!(installation.pages.get("/sign-out/by-provider").await?.status == 303, "it is no page");
    ensure!(installation.is_shown(&first).await? && installation.is_shown(&second).await?);
    // When the provider says that the first session has ended, once and again, then that browser is signed out.
    let token = signs("out", CLIENT)?;
    for _ in 0..2 {
        let told = installation.told(&token).await?;
        ensure!(told.status == 200 && told.header("cache-control") == "no-store", "{}", told.text());
    }
    ensure!(!installation.is_shown(&first).await? && installation.is_shown(&second).await?);
    // And nobody is who a logout token says.
    let as_a_caller = [("authorization", format!("Bearer {token}"))];
    let as_a_caller = as_a_caller.each_ref().map(|(name, value)| (*name, value.as_str()));
    let refused = installation.pages.send("GET", "/v1/caller", &as_a_caller, "").await?;
    ensure!(refused.status == 401, "{} {}", refused.status, refused.text());
    // When all sessions of li have ended, then the second browser is signed out, too,
    installation.claims("li", &of_li(json!({"jti": "2", "events": {LOGOUT: {}}}))).await?;
    let told = installation.told(&signs("li", CLIENT)?).await?;
    ensure!(told.status == 200, "{}", told.text());
    ensure!(!installation.is_shown(&second).await?);
    // and whoever signs in again later is signed in. The provider's clock shows whole seconds.
    installation.claims("li", &of_li(json!({"sid": "s3"}))).await?;
    until("a session of a later second", async || {
        let again = installation.signed_in().await.ok()?;
        installation.is_shown(&again).await.ok()?.then_some(())
    })
    .await;
    Ok(())
}
in_both_modes!(whoever_signs_out_at_the_provider_is_signed_out_here);

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_by_what_was_begun_elsewhere_or_refused() -> anyhow::Result<()> {
    let mut installation = Installation::start(Mode::Embedded)?;
    let (mine, other) = (installation.begin().await?, installation.begin().await?);
    let refuse = async |path: &str, cookie: &str, why: &str| {
        let answer = installation.come_back(path, cookie).await?;
        let text = answer.text();
        ensure!(answer.status == 403 && session(&answer).is_none() && text.contains(why), "{why}: {text}");
        ensure!(!text.contains("code="), "what was sent along is in no link: {text}");
        anyhow::Ok(())
    };
    let back = installation.consent(&mine, "sub=li").await?;
    let not_begun = "not begun here";
    // Another browser, and one that began another sign-in.
    refuse(&back, "", not_begun).await?;
    refuse(&back, &other.cookie, not_begun).await?;
    // The code of one sign-in, with the state of another: its token is for the first.
    let state =
        |at: &str| at.split('&').find_map(|pair| pair.split_once("state=")).map(|(_, it)| it.to_owned());
    let (mine_state, other_state) =
        (state(&mine.at).context("a state")?, state(&other.at).context("a state")?);
    refuse(&back.replace(&mine_state, &other_state), &other.cookie, not_begun).await?;
    // A provider that says that it is another one.
    let back = installation.consent(&mine, "sub=li").await?;
    refuse(&format!("{back}&iss=https%3A%2F%2Felsewhere.example"), &mine.cookie, not_begun).await?;
    // Who declines, and who comes back without anything.
    let declined = installation.consent(&mine, "action=deny").await?;
    // This provider leaves out the state, which RFC 6749 (4.1.2.1) asks for.
    ensure!(!declined.contains("state="), "{declined}");
    refuse(&declined, &mine.cookie, not_begun).await?;
    refuse(
        &format!("{declined}&state={mine_state}"),
        &mine.cookie,
        "City login does not sign you in: access_denied",
    )
    .await?;
    refuse("/sign-in/back", &mine.cookie, not_begun).await?;
    // Somebody whom no group gives a role, as nobody without roles may call anything.
    let nobody = installation.consent(&mine, "sub=nobody").await?;
    refuse(&nobody, &mine.cookie, "role").await?;
    ensure!(
        installation.pages.get("/sign-in/at?issuer=https%3A%2F%2Felsewhere.example").await?.status == 404
    );
    // When the provider is away, then the page says so.
    installation.provider.stop();
    let link = format!("/sign-in/at?issuer={}", installation.provider.issuer().replace(':', "%3A"));
    let answer = installation.pages.get(&link).await?;
    ensure!(answer.status == 403 && answer.text().contains("City login does not answer as it should"));
    Ok(())
}
