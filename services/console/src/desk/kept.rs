//! A form that was sent when its reader was not signed in any more: it stays on the page for signing in, sealed, and is brought
//! back to its own page then, where its reader looks at it and sends it again.

use super::limits::SESSION_SECONDS_MAX;
use super::seal::Sealed;
use super::{Asked, Desk, Query, session};
use http::Method;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

/// The field of a form in which another one is kept.
pub(super) const FIELD: &str = "kept";

/// A form, and where it was sent to.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// With its query.
    path: String,
    /// As it was sent.
    form: String,
    /// Seconds since 1970.
    kept_at: i64,
}

impl Sealed for Kept {
    const PURPOSE: &'static [u8] = b"huishang form 1";
}

impl Kept {
    /// What is lost if it is not kept; none where nothing was typed.
    pub(super) fn of(asked: &Asked) -> Option<Kept> {
        let is_form = asked.head.headers.get(CONTENT_TYPE).is_some_and(|kind| {
            kind.to_str().is_ok_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
        });
        let is_sent = asked.head.method == Method::POST && is_form;
        let is_act = is_sent && !asked.head.uri.path().starts_with("/sign-");
        let form = String::from_utf8(asked.body.to_vec()).ok().filter(|_| is_act)?;
        Some(Kept { path: address(asked), form, kept_at: session::now() })
    }

    /// What was kept in a field of a form; none if that was elsewhere, or too long ago.
    pub(super) fn in_form(desk: &Desk, form: &Query) -> Option<Kept> {
        let kept: Kept = desk.sealer.open(form.get(FIELD)?)?;
        (session::now() - kept.kept_at < SESSION_SECONDS_MAX).then_some(kept)
    }

    /// Its page.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// What is asked for, and whether that is a form that was kept and is brought back: it is for the page that it was sent to.
pub(super) fn brought_back(desk: &Desk, asked: Asked) -> (Asked, bool) {
    let kept = match asked.head.method {
        Method::POST => Kept::in_form(desk, &Query::of(&asked.body)),
        _ => None,
    };
    match kept.filter(|kept| kept.path == address(&asked)) {
        Some(kept) => (Asked { body: kept.form.into(), ..asked }, true),
        None => (asked, false),
    }
}

fn address(asked: &Asked) -> String {
    asked.head.uri.path_and_query().map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::super::SignIns;
    use super::*;

    fn sent(path: &str, kind: &str, body: impl Into<bytes::Bytes>) -> Asked {
        let request = http::Request::post(path).header(CONTENT_TYPE, kind).body(()).unwrap();
        Asked { head: request.into_parts().0, body: body.into() }
    }

    fn form(path: &str, body: impl Into<bytes::Bytes>) -> Asked {
        sent(path, "application/x-www-form-urlencoded", body)
    }

    #[test]
    fn a_form_is_brought_back_to_its_own_page_as_it_was() {
        let desk = Desk::new([7; 32], false, "UTC", SignIns::default());
        let kept = Kept::of(&form("/items/1?x=2", "reason=%E9%9B%A8&a=b")).expect("a form");
        let field = format!("{FIELD}={}", desk.sealer.seal(&kept));
        let (asked, is_back) = brought_back(&desk, form("/items/1?x=2", field.clone()));
        assert!(is_back && asked.body == "reason=%E9%9B%A8&a=b");
        // Nowhere else, by no other key, and not for ever.
        assert!(!brought_back(&desk, form("/items/2", field.clone())).1);
        let other = Desk::new([8; 32], false, "UTC", SignIns::default());
        assert!(!brought_back(&other, form("/items/1?x=2", field)).1);
        let old = Kept { kept_at: session::now() - SESSION_SECONDS_MAX, ..kept };
        let old = format!("{FIELD}={}", desk.sealer.seal(&old));
        assert!(!brought_back(&desk, form("/items/1?x=2", old)).1);
    }

    #[test]
    fn what_is_no_act_is_not_kept() {
        assert!(Kept::of(&form("/sign-out", "form_token=x")).is_none());
        assert!(Kept::of(&form("/sign-in", "token=x")).is_none());
        assert!(Kept::of(&sent("/items/1", "application/json", "{}")).is_none());
    }
}
