//! Whether somebody whose token is valid is let in: not once they were erased; and a stream ends with the session in which it
//! was opened.

use crate::Kit;
use crate::error::refusal;
use crate::identity::Credential;
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

    /// Refuses whoever was erased, whatever department and roles their token has by now: nobody could tell any more what was
    /// their own to rule on.
    pub(super) async fn check(&self, caller: &Actor) -> Result<(), Status> {
        let Some(kit) = &self.kit else { return Ok(()) };
        let marked = kit.journal().keys().is_marked(&caller.subject).await;
        match marked.map_err(|error| refusal(Reason::Unavailable, error.to_string(), []))? {
            true => Err(refusal(Reason::SubjectErased, ERASED, [])),
            false => Ok(()),
        }
    }

    /// Refuses a stream whose caller is not let in any more, or not as the one they were when it began.
    pub(super) async fn check_again(self, credential: Credential) -> Result<(), Status> {
        self.check(&credential.verify()?).await?;
        let Some(kit) = &self.kit else { return Ok(()) };
        match kit.has_ended(credential.session()).await? {
            true => Err(credential.ended()),
            false => Ok(()),
        }
    }
}

const ERASED: &str = "what was stored about the holder of this token was erased, and they are not let in under this name; \
                      whoever comes back needs a token with another subject";
