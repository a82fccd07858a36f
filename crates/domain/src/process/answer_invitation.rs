//! What somebody answers by mail to an invitation is the answer of their department to the session.

use crate::delivery::subscription::{Event, MailAnswer};
use crate::scheduling::session::{self, Answer, Command};
use crate::{Code, Text, Uuid};

/// This process manager's name.
pub const NAME: &str = "answer_invitation";
/// Why, where a mail that declines does not say so: a department that declines says why.
const DECLINED: &str = "以邮件谢绝。Declined by mail.";

/// The command for a session that follows from an answer to its invitation; `session` is the session as it is now. What comes
/// too late, or from a department that is not invited any more, changes nothing.
pub fn react(department: &Code, event: &Event, session: &session::State) -> Vec<(Uuid, Command)> {
    let Event::InvitationAnswered { session: id, answer, comment } = event else { return vec![] };
    let invitations = session.filed().and_then(|filed| filed.appointment()).map(|held| &held.invitations);
    if !invitations.is_some_and(|all| all.iter().any(|one| one.department == *department)) {
        return vec![];
    }
    let (answer, reason) = match answer {
        MailAnswer::Accept => (Answer::Accept, comment.clone()),
        MailAnswer::Decline => (Answer::Decline, comment.clone().or_else(|| Text::parse(DECLINED).ok())),
        MailAnswer::Tentative => (Answer::Tentative, comment.clone()),
    };
    let (department, substitute) = (department.clone(), None);
    vec![(*id, Command::AnswerInvitation { department, answer, reason, substitute })]
}
