//! Whether somebody whose token is valid is let in: not once they were erased or have signed out. A stream ends as well, then.

use crate::Kit;
use crate::error::refusal;
use crate::identity::{Credential, Session, ended};
use domain::Actor;
use proto::api::v1::Reason;
use tonic::Status;

/// Looks at who is let in.
#[derive(Clone)]
pub(super) struct Standing {
    /// None where calls are only passed on: whoever answers them looks.
    kit: Option<Kit>,
}

impl Standing {
    pub(super) fn new(kit: Option<Kit>) -> Standing {
        Standing { kit }
    }

    /// Refuses whoever has signed out; and whoever was erased, whatever department and roles their token has by now: nobody
    /// could tell any more what was their own to rule on. A session is none where it does not matter that it has ended.
    pub(super) async fn check(&self, caller: &Actor, session: Option<&Session>) -> Result<(), Status> {
        let Some(kit) = &self.kit else { return Ok(()) };
        if session.is_some_and(|session| kit.is_known_to_have_ended(session)) {
            return Err(ended());
        }
        let marked = kit.journal().keys().is_marked(&caller.subject).await;
        match marked.map_err(|error| refusal(Reason::Unavailable, error.to_string(), []))? {
            true => Err(refusal(Reason::SubjectErased, ERASED, [])),
            false => Ok(()),
        }
    }

    /// Refuses a stream whose caller is not let in any more, or not as the one they were when it began.
    pub(super) async fn check_again(self, credential: Credential) -> Result<(), Status> {
        self.check(&credential.verify()?, Some(credential.session())).await
    }
}

const ERASED: &str = "what was stored about the holder of this token was erased, and they are not let in under this name; \
                      whoever comes back needs a token with another subject";
