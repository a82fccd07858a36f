//! `huishang take-answer`: takes a mail that answers an invitation, as a mail server passes it on.
//!
//! What came by mail is read here, in a process of its own that knows no secret; the service gets the answer alone, and
//! checks the secret in it.

use super::Error;
use super::error::exit_code;
use super::itip::{self, Reply};
use super::options::Server;
use crate::language::{say, text};
use crate::stdout::print_line;
use client::Client;
use mail_parser::{MessageParser, MimeHeaders as _};
use proto::Wire as _;
use proto::delivery::v1::AnswerInvitationByMailRequest;
use std::io::Read as _;
use std::time::Duration;
use tonic::Code;
use uuid::Uuid;

/// Bytes of a mail, at most.
const MAIL_BYTES_MAX: usize = 1024 * 1024;
/// Characters of what an answer says besides, at most; what is longer is cut.
const COMMENT_CHARS_MAX: usize = 500;
/// How long it is tried to reach the service.
const PATIENCE: Duration = Duration::from_secs(15);

/// `huishang take-answer`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the service listens.
    #[command(flatten)]
    pub server: Server,
}

/// An answer was not taken.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct NotTaken {
    why: String,
    is_temporary: bool,
}

impl NotTaken {
    fn for_good(why: String) -> NotTaken {
        NotTaken { why, is_temporary: false }
    }

    /// The exit code of the process, as mail servers read it: `EX_TEMPFAIL` has them try again, `EX_DATAERR` return the mail.
    pub fn exit_code(&self) -> u8 {
        if self.is_temporary { 75 } else { 65 }
    }
}

/// Takes the answer from standard input.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mail = mail()?;
    let reply = reply(&mail).map_err(|why| NotTaken::for_good(why.to_owned()))?;
    let request = request(&reply, &mail)?;
    let client = Client::new(arguments.server.connect()?, None).patient(PATIENCE);
    match client.call(request).await {
        Ok(_) => print_line(text("The answer is recorded")),
        Err(status) => {
            let is_temporary = exit_code(status.code()) == exit_code(Code::Unavailable);
            Err(NotTaken { why: Error::from_status(status).sentence(), is_temporary }.into())
        }
    }
}

fn mail() -> Result<Vec<u8>, NotTaken> {
    let mut mail = Vec::new();
    let read = std::io::stdin().take(MAIL_BYTES_MAX as u64 + 1).read_to_end(&mut mail);
    match read {
        Ok(bytes) if bytes <= MAIL_BYTES_MAX => Ok(mail),
        Ok(_) => Err(NotTaken::for_good(say(
            "the mail has more than {bytes} bytes",
            &[("bytes", &MAIL_BYTES_MAX)],
        ))),
        Err(error) => Err(NotTaken { why: error.to_string(), is_temporary: true }),
    }
}

/// The answer in a mail: in its first part that is a calendar.
fn reply(mail: &[u8]) -> Result<Reply, &'static str> {
    let message = MessageParser::default().parse(mail).ok_or(text("it is no mail"))?;
    let is_calendar = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type().is_some_and(|kind| {
            let subtype = kind.subtype().unwrap_or_default().to_lowercase();
            matches!(
                (kind.ctype().to_lowercase().as_str(), &*subtype),
                ("text", "calendar") | ("application", "ics")
            )
        })
    };
    let calendar = message.parts.iter().filter(is_calendar).find_map(|part| part.text_contents());
    itip::read(calendar.ok_or(text("it has no calendar"))?)
}

fn request(reply: &Reply, mail: &[u8]) -> Result<AnswerInvitationByMailRequest, NotTaken> {
    let session_id = Uuid::try_parse(&reply.session_id)
        .map_err(|_| NotTaken::for_good(text("it answers no invitation of Huishang").to_owned()))?;
    let comment = reply.comment.as_ref();
    Ok(AnswerInvitationByMailRequest {
        // The same mail, passed on twice, is one answer.
        command_id: Uuid::new_v5(&session_id, mail).to_string(),
        secret: reply.secret.clone(),
        session_id: session_id.to_string(),
        answer: reply.answer.into(),
        comment: comment.map(|comment| comment.chars().take(COMMENT_CHARS_MAX).collect()),
        starts_at: reply.starts_at.to_wire(),
        attendee_email: Some(reply.attendee.clone()),
        ..AnswerInvitationByMailRequest::default()
    })
}
