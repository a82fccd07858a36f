//! `huishang import plan FILE`: a plan that was decided elsewhere is taken through every step here: one session, one
//! docket, one resolution, and an action item for each of its actions.

mod file;

use crate::client::Error;
use crate::client::options::Options;
use crate::stdout::print_line;
use crate::story::command_ids::CommandIds;
use crate::story::deployment::PATIENCE;
use crate::story::matter::{self, MatterDriver, Participants, attendee};
use anyhow::{Context as _, bail, ensure};
use client::Client;
use domain::calendar::WorkingCalendar;
use domain::scheduling::session::Session;
use domain::{Aggregate as _, Code, Text, Timestamp, Uuid, aggregate};
use file::Plan;
use jiff::{SignedDuration, Unit};
use proto::Wire as _;
use proto::deliberation::v1::{DueRule, ItemDraft, VoteChoice, ballot_method::Method, due_rule::Rule};
use proto::directory::v1::{Department, DepartmentKind, DepartmentLevel};
use proto::resolution::v1 as resolution;
use proto::scheduling::v1 as scheduling;
use resolution::{Item, ResolutionSummary};
use scheduling::{ScreeningRule, SessionKind, SessionOutline, SessionTopic};
use service_kit::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tonic::Code as Status;

/// Length of the session that decides on the plan.
const DURATION_MINUTES: u32 = 60;
/// Time from the import to the beginning of its session.
const START_DELAY: SignedDuration = SignedDuration::from_mins(10);
/// Seats of the room that is registered for the session.
const ROOM_SEATS: u32 = 200;
/// Items listed with one call.
const PAGE_SIZE: u32 = 500;
/// What the vote and the overridden rule give as their reason.
const IMPORTED: &str = "Decided before; imported from its source";

/// What is imported, and how gaps in the file are filled.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The plan, a JSON file as described in the operations manual
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The department that chairs the session [default: the plan's first]
    #[arg(long, value_name = "CODE")]
    pub chair_code: Option<String>,
    /// The body whose register numbers the resolution
    #[arg(long, default_value = "PLAN", value_name = "CODE")]
    pub body_code: String,
    /// Working days until an action is due that has no date in the file
    #[arg(long, default_value_t = 120, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=2500))]
    pub due_working_days: u32,
    /// Acceptance criterion of an action that has none in the file
    #[arg(long, default_value = "Done as its text says, shown by evidence", value_name = "TEXT")]
    pub criterion: String,
}

/// Imports a plan. The command ids are derived from the file: an import that was interrupted continues where it
/// stopped when it is started again, and one that was finished changes nothing.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let text = read_text(&arguments.file)?;
    let clerk = options.client()?.patient(PATIENCE);
    let now = now(&clerk).await?;
    let today = WorkingCalendar::weekends_only(&Config::default().time_zone)?.date_of(now);
    let plan = file::read(&text, today)
        .map_err(|faults| Error::Usage(format!("{}:{faults}", arguments.file.display())))?;
    check_flags(arguments, &plan)?;
    check_may_override(&clerk).await?;

    let seed = aggregate::derived_id(Uuid::NAMESPACE_URL, &["plan", &arguments.body_code, &text]);
    let departments: Vec<Department> =
        plan.agencies.iter().map(|(code, name)| department(code.as_str(), name.as_str())).collect();
    matter::register_departments(&clerk, &departments).await?;
    let matter = decide(arguments, &plan, clerk.clone(), seed, now).await?;
    report(&plan, &clerk, &matter).await
}

/// Checks what the flags say, like the file, before anything is sent.
fn check_flags(arguments: &Arguments, plan: &Plan) -> Result<(), Error> {
    let usage = |flag: &str, fault: String| Error::Usage(format!("{flag} {fault}; nothing was imported"));
    Code::parse(&arguments.body_code).map_err(|fault| usage("--body-code", fault.to_string()))?;
    Text::parse(&arguments.criterion).map_err(|fault| usage("--criterion", fault.to_string()))?;
    if let Some(chair) = &arguments.chair_code
        && !plan.agencies.iter().any(|(code, _)| code.as_str() == chair)
    {
        let fault = format!("is {chair}, which is not among the plan's agencies");
        return Err(usage("--chair-code", fault));
    }
    Ok(())
}

/// Tries something that only a supervisor may do, on a session that does not exist, so that a missing role is
/// reported at once and not halfway through.
async fn check_may_override(client: &Client) -> anyhow::Result<()> {
    let request = scheduling::OverrideFindingRequest {
        command_id: Uuid::now_v7().to_string(),
        validate_only: true,
        session_id: Uuid::nil().to_string(),
        rule: ScreeningRule::Notice.into(),
        reason: IMPORTED.into(),
        ..Default::default()
    };
    match client.call(request).await {
        Err(status) if status.code() == Status::NotFound => Ok(()),
        Err(status) => Err(anyhow::Error::new(status)
            .context("checking whether this token may import; that takes the roles clerk and supervisor")),
        Ok(_) => bail!("there is a session with the nil id"),
    }
}

async fn now(clerk: &Client) -> anyhow::Result<Timestamp> {
    let head =
        clerk.call(proto::ledger::v1::GetHeadRequest {}).await.context("reading the ledger's clock")?;
    Timestamp::from_wire(head.clock_at).map_err(|fault| anyhow::anyhow!("the ledger's clock: {fault}"))
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > file::FILE_BYTES_MAX {
        bail!("{} has {size} bytes; at most {} are accepted", file.display(), file::FILE_BYTES_MAX);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn department(code: &str, name: &str) -> Department {
    Department {
        code: code.into(),
        name: name.into(),
        parent_code: None,
        level: DepartmentLevel::National.into(),
        region: None,
        kind: DepartmentKind::Agency.into(),
    }
}

/// One session with one topic, one docket, one decision.
async fn decide(
    arguments: &Arguments,
    plan: &Plan,
    clerk: Client,
    seed: Uuid,
    now: Timestamp,
) -> anyhow::Result<MatterDriver> {
    let starts_at = start(&clerk, seed, now).await?;
    let ids = CommandIds::derived_from(seed);
    let participants = Participants::single_clerk(clerk.clone());
    let matter = MatterDriver::request_by(participants, outline(arguments, plan, starts_at), ids).await?;
    convene(plan, &clerk, &matter, seed, starts_at).await?;
    matter.open_with_everybody().await.context("opening")?;
    matter.open_topic(1).await?;
    matter.submit_proposal(1, &format!("The {} actions of: {}", plan.actions.len(), plan.source)).await?;
    matter.draft_items(1, &drafts(arguments, plan)).await.context("drafting the items")?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1, Method::Consensus(Default::default())).await?;
    for department in matter.deciders(1) {
        matter.vote(1, department, VoteChoice::Yes, IMPORTED).await?;
    }
    matter.close_ballot(1).await?;
    matter.adopt(1, false).await.context("adoption")?;
    Ok(matter)
}

/// From the request to the prepared docket.
async fn convene(
    plan: &Plan,
    clerk: &Client,
    matter: &MatterDriver,
    seed: Uuid,
    starts_at: Timestamp,
) -> anyhow::Result<()> {
    let room = format!("PLAN-{}", &seed.simple().to_string()[..8]);
    matter::register_room(clerk, &room, plan.source.as_str(), ROOM_SEATS).await.context("the room")?;
    let screened = matter.screen().await.context("screening")?;
    matter.override_finding(&screened, ScreeningRule::Notice, IMPORTED).await?;
    matter.admit().await.context("admission")?;
    matter.schedule(&room, starts_at).await.context("scheduling")?;
    matter.convene().await.context("convening")
}

/// When the session begins: soon, or when it began if the import of this plan was started before.
async fn start(clerk: &Client, seed: Uuid, now: Timestamp) -> anyhow::Result<Timestamp> {
    let first_command = Uuid::try_parse(&CommandIds::derived_from(seed).next())?;
    let session_id = aggregate::derived_id(first_command, &[Session::CATEGORY]).to_string();
    match clerk.call(scheduling::GetSessionRequest { session_id, at_least_position: 0 }).await {
        Ok(answer) => {
            print_line(
                "The import of this plan was started before; it continues where it stopped, with the settings of \
                 then.\n",
            )?;
            let outline =
                answer.session.and_then(|session| session.outline).context("a session without outline")?;
            Timestamp::from_wire(outline.earliest_start_at).map_err(|fault| anyhow::anyhow!("{fault}"))
        }
        Err(status) if status.code() == Status::NotFound => Ok((now + START_DELAY).round(Unit::Minute)?),
        Err(status) => Err(status.into()),
    }
}

fn outline(arguments: &Arguments, plan: &Plan, starts_at: Timestamp) -> SessionOutline {
    let first = plan.agencies[0].0.to_string();
    SessionOutline {
        title: plan.source.to_string(),
        purpose: format!("Imports {} actions of {} departments", plan.actions.len(), plan.agencies.len()),
        body_code: arguments.body_code.clone(),
        kind: SessionKind::Standing.into(),
        chair_code: arguments.chair_code.clone().unwrap_or(first),
        topics: vec![SessionTopic {
            number: 1,
            title: plan.source.to_string(),
            timebox_minutes: DURATION_MINUTES,
            papers_required: false,
        }],
        attendees: plan.agencies.iter().map(|(code, _)| attendee(code.as_str(), &[1], &[])).collect(),
        duration_minutes: DURATION_MINUTES,
        earliest_start_at: starts_at.to_wire(),
        case_reference: None,
        decide_by: None,
        quorum_percent: 50,
    }
}

fn drafts(arguments: &Arguments, plan: &Plan) -> Vec<ItemDraft> {
    let draft = |action: &file::Action| ItemDraft {
        title: action.title.to_string(),
        deliverable: action.text.to_string(),
        criterion: Some(action.criterion.as_ref().map_or(arguments.criterion.clone(), ToString::to_string)),
        lead_code: Some(action.lead.to_string()),
        co_responsible_codes: action.support.iter().map(ToString::to_string).collect(),
        due: Some(DueRule {
            rule: Some(match action.due {
                Some(due) => Rule::DueOn(due.to_string()),
                None => Rule::AfterWorkingDays(arguments.due_working_days),
            }),
        }),
    };
    plan.actions.iter().map(draft).collect()
}

/// Closes the docket, counts what came of it, and compares that with the file.
async fn report(plan: &Plan, clerk: &Client, matter: &MatterDriver) -> anyhow::Result<()> {
    let position = matter.close().await?;
    let resolution = registered(clerk, &matter.id, position).await?;
    let (items, position) = items(clerk, &resolution.resolution_id, position).await?;
    let support: usize = items.iter().map(|item| item.co_responsible_codes.len()).sum();
    let wanted: usize = plan.actions.iter().map(|action| action.support.len()).sum();
    ensure!(
        items.len() == plan.actions.len() && support == wanted,
        "the file has {} actions with {wanted} supports, but the import has {} items with {support}",
        plan.actions.len(),
        items.len()
    );
    let leads: BTreeSet<&str> = items.iter().map(|item| item.lead_code.as_str()).collect();
    let supported = items.iter().filter(|item| !item.co_responsible_codes.is_empty()).count();
    let repeated = repeats(plan.repeated_actions);
    print_line(&format!("session and docket   {}", matter.id))?;
    print_line(&format!("resolution           {}", resolution.number))?;
    print_line(&format!("departments          {}{}", plan.agencies.len(), repeats(plan.repeated_agencies)))?;
    print_line(&format!(
        "action items         {}{repeated}, led by {} departments",
        items.len(),
        leads.len()
    ))?;
    print_line(&format!("co-responsibilities  {support}, in {supported} items"))?;
    let number = &resolution.number;
    print_line(&format!("\nTo list them: huishang item list --resolution-id {number}"))?;
    print_line(&format!("The board that has them: huishang board --at-least-position {position}"))
}

/// The resolution that the docket's decision became. The query waits for that, because it follows from a record
/// up to this position.
async fn registered(
    clerk: &Client,
    session_id: &str,
    at_least_position: u64,
) -> anyhow::Result<ResolutionSummary> {
    let request = resolution::ListResolutionsRequest {
        at_least_position,
        session_id: Some(session_id.to_owned()),
        ..Default::default()
    };
    let mut resolutions = clerk.call(request).await?.resolutions;
    resolutions.pop().context("the decision has not become a resolution")
}

/// The items of the resolution, and a position up to which they have been assigned.
async fn items(
    clerk: &Client,
    resolution_id: &str,
    at_least_position: u64,
) -> anyhow::Result<(Vec<Item>, u64)> {
    let mut items = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = resolution::ListItemsRequest {
            at_least_position,
            resolution_id: Some(resolution_id.to_owned()),
            page_size: PAGE_SIZE,
            page_token,
            ..Default::default()
        };
        let page = clerk.call(request).await?;
        items.extend(page.items);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok((items, page.position));
        }
    }
}

fn repeats(rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows => format!(" ({rows} rows repeat others word for word and count once)"),
    }
}
