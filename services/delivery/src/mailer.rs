//! Mail: one letter, given to the server of the settings.

use crate::letter::{Invitation, Letter};
use crate::limits::ANSWER_TIMEOUT;
use crate::sender::Answer;
use anyhow::Context as _;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use service_kit::config::{Mail, MailSecurity, MailServer};

/// The header that keeps automatic answers from coming back.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// What sends mail. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    /// Where answers to invitations go, before and after the secret; none: they are not read.
    answers: Option<(String, String)>,
}

impl Mailer {
    /// None if the settings name no server.
    pub(crate) fn new(settings: &Mail) -> anyhow::Result<Option<Mailer>> {
        let Some(server) = &settings.server else { return Ok(None) };
        let server = MailServer::parse(server).context("mail.server")?;
        let sender = settings.sender.as_deref().unwrap_or_default().parse().context("mail.sender")?;
        let tls = match server.security {
            MailSecurity::Tls => Tls::Wrapper(parameters(settings, &server)?),
            MailSecurity::StartTls => Tls::Required(parameters(settings, &server)?),
            MailSecurity::ThisMachine => Tls::None,
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(ANSWER_TIMEOUT));
        let transport = match credentials(settings)? {
            Some(credentials) => transport.credentials(credentials),
            None => transport,
        };
        let answers = settings.answers_address.as_deref().and_then(|address| address.split_once('@'));
        let answers = answers.map(|(name, host)| (name.to_owned(), host.to_owned()));
        Ok(Some(Mailer { transport: transport.build(), sender, answers }))
    }

    /// Has a letter sent to an address. `id` is what the letter is known by, at every attempt the same.
    pub(crate) async fn post(&self, address: &str, id: &str, letter: Letter) -> Answer {
        let none = Answer::missing;
        let message = match self.message(address, id, letter) {
            Ok(message) => message,
            Err(error) => return none(format!("{error:#}")),
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(accepted)) => Answer {
                status: Some(accepted.code().into()),
                text: accepted.message().collect::<Vec<_>>().join("\n"),
                ..Answer::default()
            },
            Ok(Err(error)) => Answer { status: error.status().map(Into::into), ..none(said(&error)) },
            Err(_) => none(format!("there was no answer within {} s", ANSWER_TIMEOUT.as_secs())),
        }
    }

    fn message(&self, address: &str, id: &str, letter: Letter) -> anyhow::Result<Message> {
        let is_request = |invitation: &Invitation| invitation.method == "REQUEST";
        let is_answerable = self.answers.is_some() && letter.invitation.as_ref().is_some_and(is_request);
        let (domain, text) = (self.sender.email.domain(), letter.as_mail(is_answerable));
        let message: MessageBuilder = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, address.parse().context("the address in the directory")?))
            .message_id(Some(format!("<{id}@{domain}>")))
            .subject(letter.subject)
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        let Some(Invitation { method, icalendar }) = letter.invitation else {
            return message.header(ContentType::TEXT_PLAIN).body(text).context("the letter");
        };
        // Programs show buttons for a part that is an alternative to the text and has no name of a file; others keep the file.
        let kind = ContentType::parse(&format!("text/calendar; method={method}; charset=utf-8"))?;
        let alternative = MultiPart::alternative()
            .singlepart(SinglePart::plain(text))
            .singlepart(SinglePart::builder().header(kind).body(icalendar.clone()));
        let file =
            Attachment::new("invite.ics".to_owned()).body(icalendar, ContentType::parse("application/ics")?);
        let whole = MultiPart::mixed().multipart(alternative).singlepart(file);
        message.multipart(whole).context("the letter")
    }

    /// The address to which an invitation with this secret is answered; none if answers are not read.
    pub(crate) fn answers_to(&self, secret: &str) -> Option<String> {
        self.answers.as_ref().map(|(name, host)| format!("{name}+{secret}@{host}"))
    }

    /// The address that mail comes from.
    pub(crate) fn sender(&self) -> String {
        self.sender.email.to_string()
    }
}

/// An error with its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

fn parameters(settings: &Mail, server: &MailServer) -> anyhow::Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(file) = &settings.ca_file {
        let unreadable = || format!("mail.ca_file: {}", file.display());
        let pem = std::fs::read(file).with_context(unreadable)?;
        parameters = parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(&pem).with_context(unreadable)?);
    }
    parameters.build_rustls().context("TLS with mail.server")
}

fn credentials(settings: &Mail) -> anyhow::Result<Option<Credentials>> {
    let Some(file) = &settings.credentials else { return Ok(None) };
    let unreadable = || format!("mail.credentials: {}", file.display());
    let line = std::fs::read_to_string(file).with_context(unreadable)?;
    let (user, password) = line
        .trim_end()
        .split_once(':')
        .context("it must have a line USER:PASSWORD")
        .with_context(unreadable)?;
    Ok(Some(Credentials::new(user.to_owned(), password.to_owned())))
}
