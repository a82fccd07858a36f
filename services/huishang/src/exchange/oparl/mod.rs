//! What is public, as OParl 1.1 (oparl.org) has it: a folder that any web server serves. `huishang export oparl`.

mod folder;
pub mod object;
mod objects;
mod read;

use super::published;
use crate::client::Error;
use crate::client::moment::realm_zone;
use crate::client::options::Options;
use crate::language::{say, text};
use crate::stdout::{print_line, print_text};
use folder::Folder;
use jiff::tz::TimeZone;
use object::Urls;
use objects::{Objects, Publisher};
use proto::deliberation::v1::outcome::Outcome;
pub use read::read;
use serde_json::json;
use service_kit::clock::Clock;
use std::path::PathBuf;
use url::Url;

/// What is exported, and where it is written.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Only topics that are labelled public are exported, once their session is over: their titles and outcomes, the time and place \
of the session, and their resolutions. Into the same folder again, it changes what has changed, and marks as deleted what is \
not public any more.")]
pub struct Arguments {
    /// The folder, which a web server serves; it is created
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// The address at which the folder is served, such as https://city.example/oparl
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// The name of the city, agency or association that publishes it
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The address of the license under which it is published
    #[arg(long, value_name = "URL")]
    pub license: Option<String>,
    /// An e-mail address for questions about it
    #[arg(long, value_name = "ADDRESS")]
    pub contact_email: Option<String>,
    /// Exports what is to come as well: when and where public topics are on the agenda, and what is cancelled
    #[arg(long)]
    pub agendas: bool,
    /// Exports the names of members and their roles as well, without their addresses
    #[arg(long)]
    pub persons: bool,
}

/// Writes the folder.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let urls = Urls::new(base(&arguments.url, "--url")?);
    if let Some(license) = &arguments.license {
        base(license, "--license")?;
    }
    if arguments.name.trim().is_empty() {
        return Err(Error::Usage(say("{flag} is empty", &[("flag", &"--name")])).into());
    }
    // What is there is read first: whoever names a wrong folder need not wait.
    let folder = Folder::open(&arguments.to, &urls)?;
    let client = options.client()?.patient(super::PATIENCE);
    let mut directory = super::known(&client).await?;
    if !arguments.persons {
        directory.members.clear();
    }
    let zone = realm_zone(&client).await.unwrap_or(TimeZone::UTC);
    let published = published::read(&client, arguments.agendas).await?;
    let publisher = Publisher {
        name: arguments.name.trim(),
        license: arguments.license.as_deref(),
        contact_email: arguments.contact_email.as_deref(),
        zone: &zone,
    };
    let objects = Objects::of(&urls, &publisher, &directory, &published);
    let changes = folder.write(objects, &urls, Clock::System.now())?;
    if options.json {
        return print_line(&json!({"new": changes.new, "changed": changes.changed, "deleted": changes.deleted, "same": changes.same}).to_string());
    }
    print_text(&say(
        "{new} objects are new, {changed} changed, {deleted} were deleted and {same} are as before; the first is {url}",
        &[
            ("new", &changes.new),
            ("changed", &changes.changed),
            ("deleted", &changes.deleted),
            ("same", &changes.same),
            ("url", &urls.of(object::Kind::System, "system")),
        ],
    ))
}

/// An address that others can follow.
fn base(url: &str, flag: &str) -> anyhow::Result<Url> {
    let wrong =
        || Error::Usage(say("{flag}: {url} is no http or https address", &[("flag", &flag), ("url", &url)]));
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    let is_plain = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
    match matches!(parsed.scheme(), "http" | "https")
        && parsed.has_host()
        && is_plain
        && parsed.password().is_none()
    {
        true => Ok(parsed),
        false => Err(wrong().into()),
    }
}

/// What an outcome is called.
fn outcome_text(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Adopted(_) => text("adopted"),
        Outcome::Rejected(_) => text("rejected"),
        Outcome::Deferred(_) => text("deferred"),
        Outcome::Referred(_) => text("referred to another body"),
        Outcome::Withdrawn(_) => text("withdrawn"),
    }
}
