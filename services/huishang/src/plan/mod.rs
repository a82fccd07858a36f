//! `huishang import plan FILE`: a plan that was decided elsewhere goes the whole way here: one session,
//! one docket, one resolution, and an action item for each of its actions.

mod file;

use crate::client;
use crate::client::connection::Options;
use crate::installation::{Desk, Ids, Installation};
use crate::matter::{self, Matter, People, attendee};
use crate::page::say;
use anyhow::{Context as _, bail};
use domain::calendar::WorkingCalendar;
use domain::resolution::action_item::ActionItem;
use domain::scheduling::session::Session;
use domain::{Aggregate as _, Code, Text, Timestamp, Uuid, aggregate};
use file::Plan;
use jiff::{SignedDuration, Unit};
use proto::Wire as _;
use proto::deliberation::events::v1::{
    DueRule, ItemDraft, VoteChoice, ballot_method::Method, due_rule::Rule,
};
use proto::scheduling::events::v1::{
    DepartmentKind, DepartmentLevel, DepartmentProfile, ScreeningRule, SessionKind, SessionOutline,
    SessionTopic,
};
use proto::scheduling::v1 as scheduling;
use service_kit::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tonic::Code as Status;

/// Minutes of the session that takes the plan in.
const SESSION_MINUTES: u32 = 60;

/// What is imported, and how the gaps of the file are filled.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The plan, a JSON file as the README describes it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The department that chairs the session [default: the plan's first]
    #[arg(long, value_name = "CODE")]
    pub chair: Option<String>,
    /// The body whose register numbers the resolution
    #[arg(long, default_value = "PLAN", value_name = "CODE")]
    pub body: String,
    /// Working days until an action is due for which the file has no date
    #[arg(long, default_value_t = 120, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=2500))]
    pub due_working_days: u32,
    /// How one knows that an action was done for which the file has no criterion
    #[arg(long, default_value = "Done as its text says, shown by evidence", value_name = "TEXT")]
    pub criterion: String,
}

/// Imports a plan. The commands' ids follow from the file, so an import that was interrupted goes on
/// where it stopped when it is started again, and one that was finished changes nothing.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let text = text_of(&arguments.file)?;
    let clerk = Installation::desk_with(options, options.token()?)?;
    let now = now(&clerk).await?;
    let today = WorkingCalendar::weekends_only(&Config::default().time_zone)?.date_of(now);
    let plan = file::read(&text, today)
        .map_err(|faults| client::Error::Usage(format!("{}:{faults}", arguments.file.display())))?;
    check(arguments, &plan)?;
    may_override(&clerk).await?;

    let seed = aggregate::derived_id(Uuid::NAMESPACE_URL, &["plan", &arguments.body, &text]);
    let profiles: Vec<DepartmentProfile> =
        plan.agencies.iter().map(|(code, name)| profile(code.as_str(), name.as_str())).collect();
    matter::register_departments(&clerk, &profiles).await?;
    let matter = take_in(arguments, &plan, clerk.clone(), seed, now).await?;
    tell(&plan, &clerk, &matter).await
}

/// What the flags say, checked like the file: before anything is sent.
fn check(arguments: &Arguments, plan: &Plan) -> Result<(), client::Error> {
    let usage =
        |flag: &str, fault: String| client::Error::Usage(format!("{flag} {fault}; nothing was imported"));
    Code::parse(&arguments.body).map_err(|fault| usage("--body", fault.to_string()))?;
    Text::parse(&arguments.criterion).map_err(|fault| usage("--criterion", fault.to_string()))?;
    if let Some(chair) = &arguments.chair
        && !plan.agencies.iter().any(|(code, _)| code.as_str() == chair)
    {
        return Err(usage("--chair", format!("names {chair}, which is not among the plan's agencies")));
    }
    Ok(())
}

/// Asks for something that only a supervisor may do, of a session that there is not: whoever may not is told
/// so now, and not in the middle.
async fn may_override(desk: &Desk) -> anyhow::Result<()> {
    let request = scheduling::OverrideFindingRequest {
        command_id: Uuid::now_v7().to_string(),
        session_id: Uuid::nil().to_string(),
        rule: ScreeningRule::Notice.into(),
        reason: "May I?".into(),
    };
    match desk.call(request).await {
        Err(status) if status.code() == Status::NotFound => Ok(()),
        Err(status) => Err(anyhow::Error::new(status)
            .context("asking whether this token may import; it takes the roles clerk and supervisor")),
        Ok(_) => bail!("a session has the nil id"),
    }
}

async fn now(clerk: &Desk) -> anyhow::Result<Timestamp> {
    let head =
        clerk.call(proto::ledger::v1::GetHeadRequest {}).await.context("asking the ledger for the time")?;
    Timestamp::from_wire(head.now).map_err(|fault| anyhow::anyhow!("the ledger's time: {fault}"))
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > file::FILE_BYTES_MAX {
        bail!("{} has {size} bytes; at most {} are taken", file.display(), file::FILE_BYTES_MAX);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn profile(code: &str, name: &str) -> DepartmentProfile {
    DepartmentProfile {
        code: code.into(),
        name: name.into(),
        parent: None,
        level: DepartmentLevel::National.into(),
        region: None,
        kind: DepartmentKind::Agency.into(),
    }
}

/// One session with one topic, one docket, one decision.
async fn take_in(
    arguments: &Arguments,
    plan: &Plan,
    clerk: Desk,
    seed: Uuid,
    now: Timestamp,
) -> anyhow::Result<Matter> {
    let start = start(&clerk, seed, now).await?;
    let ids = Ids::from(seed);
    let matter =
        Matter::request_by(People::one_clerk(clerk.clone()), outline(arguments, plan, start), ids).await?;
    let room = format!("PLAN-{}", &seed.simple().to_string()[..8]);
    matter::register_room(&clerk, &room, plan.source.as_str(), 200).await.context("the room")?;
    matter.screen().await.context("screening")?;
    matter.override_finding(ScreeningRule::Notice, "Decided before; imported from its source").await?;
    matter.admit().await.context("admission")?;
    matter.schedule(&room, start).await.context("scheduling")?;
    matter.convene().await.context("convening")?;
    matter.open_with_everybody().await.context("opening")?;
    matter.open_topic(1).await?;
    matter.propose(1, &format!("The {} actions of: {}", plan.actions.len(), plan.source)).await?;
    matter.draft_items(1, &drafts(arguments, plan)).await.context("drafting the items")?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1, Method::Consensus(Default::default())).await?;
    let deciders: Vec<String> = matter.deciders(1).into_iter().map(str::to_owned).collect();
    for department in &deciders {
        matter.vote(1, department, VoteChoice::Yes, "Imported from its source").await?;
    }
    matter.close_ballot(1).await?;
    matter.adopt(1, false).await.context("adoption")?;
    matter.close().await?;
    Ok(matter)
}

/// When the session begins: now, or when it began if this plan was taken in before.
async fn start(clerk: &Desk, seed: Uuid, now: Timestamp) -> anyhow::Result<Timestamp> {
    let first_command = Uuid::try_parse(&Ids::from(seed).next())?;
    let session_id = aggregate::derived_id(first_command, &[Session::CATEGORY]).to_string();
    match clerk.call(scheduling::GetSessionRequest { session_id, at_least_position: 0 }).await {
        Ok(answer) => {
            say("This plan was begun before, with the settings of then; going on where it stopped.\n")?;
            let outline =
                answer.session.and_then(|session| session.outline).context("a session without outline")?;
            Timestamp::from_wire(outline.earliest_start).map_err(|fault| anyhow::anyhow!("{fault}"))
        }
        Err(status) if status.code() == Status::NotFound => {
            Ok((now + SignedDuration::from_mins(10)).round(Unit::Minute)?)
        }
        Err(status) => Err(status.into()),
    }
}

fn outline(arguments: &Arguments, plan: &Plan, start: Timestamp) -> SessionOutline {
    let first = plan.agencies[0].0.to_string();
    SessionOutline {
        title: plan.source.to_string(),
        purpose: format!("Takes in {} actions of {} departments", plan.actions.len(), plan.agencies.len()),
        body: arguments.body.clone(),
        kind: SessionKind::Standing.into(),
        chair: arguments.chair.clone().unwrap_or(first),
        topics: vec![SessionTopic {
            no: 1,
            title: plan.source.to_string(),
            timebox_minutes: SESSION_MINUTES,
            papers_required: false,
        }],
        attendees: plan.agencies.iter().map(|(code, _)| attendee(code.as_str(), &[1], &[])).collect(),
        minutes: SESSION_MINUTES,
        earliest_start: start.to_wire(),
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
        lead: Some(action.lead.to_string()),
        co_responsible: action.support.iter().map(ToString::to_string).collect(),
        due: Some(DueRule {
            rule: Some(match action.due {
                Some(due) => Rule::On(due.to_string()),
                None => Rule::InWorkingDays(arguments.due_working_days),
            }),
        }),
    };
    plan.actions.iter().map(draft).collect()
}

/// Counts what the services have now, and compares it with the file.
async fn tell(plan: &Plan, clerk: &Desk, matter: &Matter) -> anyhow::Result<()> {
    let docket = Uuid::try_parse(&matter.id)?;
    let mut position = 0;
    for no in (1..).take(plan.actions.len()) {
        let stream = ActionItem::stream(ActionItem::id(docket, no)).to_string();
        position = clerk.wait_for_record(&stream, 0).await?.max(position);
    }
    let resolution_id = domain::resolution::resolution::Resolution::id(docket, 1).to_string();
    let mut items = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::resolution::v1::ListItemsRequest {
            at_least_position: position,
            resolution_id: resolution_id.clone(),
            page_size: 500,
            page_token,
            ..Default::default()
        };
        let page = clerk.call(request).await?;
        items.extend(page.items);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let support: usize = items.iter().map(|item| item.co_responsible.len()).sum();
    let leads: BTreeSet<&str> = items.iter().map(|item| item.lead.as_str()).collect();
    let request = proto::resolution::v1::GetResolutionRequest {
        at_least_position: position,
        resolution_id: resolution_id.clone(),
        ..Default::default()
    };
    let resolution = clerk
        .call(request)
        .await?
        .resolution
        .and_then(|found| found.registration)
        .context("the resolution")?;
    let wanted: usize = plan.actions.iter().map(|action| action.support.len()).sum();
    if items.len() != plan.actions.len() || support != wanted {
        bail!(
            "the file has {} actions with {wanted} supports, but {} items with {support} arrived",
            plan.actions.len(),
            items.len()
        );
    }
    let supported = items.iter().filter(|item| !item.co_responsible.is_empty()).count();
    say(&format!("session and docket   {}", matter.id))?;
    say(&format!("resolution           {}", resolution.number))?;
    say(&format!("departments          {}{}", plan.agencies.len(), repeats(plan.repeated_agencies)))?;
    let repeated = repeats(plan.repeated_actions);
    say(&format!("action items         {}{repeated}, led by {} departments", items.len(), leads.len()))?;
    say(&format!("co-responsibilities  {support}, in {supported} items"))?;
    say(&format!("\nSee them: huishang item list --resolution-id {resolution_id}"))
}

fn repeats(rows: usize) -> String {
    if rows == 0 {
        String::new()
    } else {
        format!(" ({rows} rows repeat others word for word and count once)")
    }
}
