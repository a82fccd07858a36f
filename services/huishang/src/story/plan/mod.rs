//! `huishang import plan FILE`: a plan that was decided elsewhere is put on record as what it is: a resolution with its
//! source, and an action item for each of its actions. There is no session and no vote here that never was.

mod file;

use crate::client::Error;
use crate::client::options::Options;
use crate::client::rows::{self, PAGE_SIZE};
use crate::client::text_file;
use crate::language::{current, say, text};
use crate::stdout::print_text;
use crate::story::deployment::PATIENCE;
use anyhow::{Context as _, ensure};
use client::{Client, Refusal};
use domain::calendar::WorkingCalendar;
use domain::resolution::resolution::Resolution;
use domain::{Aggregate as _, Code, Date, Line, Text, Timestamp, Uuid, aggregate};
use file::Plan;
use prost::Message as _;
use proto::Wire as _;
use proto::directory::v1 as directory;
use proto::resolution::v1 as resolution;
use resolution::{DueRule, ItemToRecord, RecordResolutionRequest, due_rule::Rule};
use service_kit::limits::REQUEST_BYTES_MAX;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tonic::Code as Status;

/// What is imported, and how gaps in the file are filled.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The plan, a JSON file as described in the operations manual
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The body whose register numbers the resolution
    #[arg(long, default_value = "PLAN", value_name = "CODE")]
    pub body_code: String,
    /// The day of the decision, such as 2026-11-02 [default: today]
    #[arg(long, value_name = "DATE")]
    pub decided_on: Option<String>,
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
    let content = text_file::read(&arguments.file)?;
    let client = options.client()?.patient(PATIENCE);
    let today = today(&client).await?;
    let plan = file::read(&content, today)
        .map_err(|faults| Error::Usage(format!("{}:\n{faults}", arguments.file.display())))?;
    let decided_on = check_flags(arguments, today)?;
    let seed = aggregate::derived_id(Uuid::NAMESPACE_URL, &["plan", &arguments.body_code, &content]);
    if let Some((number, position)) = imported_before(&client, seed).await? {
        print_text(&say(
            "The plan was imported before, as {number}; nothing was changed.",
            &[("number", &number)],
        ))?;
        return propose(&number, position);
    }
    let record = record(arguments, &plan, seed, decided_on);
    if record.encoded_len() > REQUEST_BYTES_MAX {
        return Err(Error::Usage(say(
            "{file} makes a request of {bytes} bytes; at most {max} are accepted. Import it in parts",
            &[
                ("file", &arguments.file.display()),
                ("bytes", &record.encoded_len()),
                ("max", &REQUEST_BYTES_MAX),
            ],
        ))
        .into());
    }
    let known = departments(&client).await?;
    let missing = missing(&plan, &known, seed);
    try_first(&client, &missing, &record).await?;
    for department in &missing {
        client.call(department.clone()).await.with_context(|| registering(department))?;
    }
    let answer = client.call(record).await.context(text("recording the resolution"))?;
    report(&plan, &missing, &known, &answer)
}

/// Checks what the flags say, like the file, before anything is sent; returns the day of the decision.
fn check_flags(arguments: &Arguments, today: Date) -> Result<Date, Error> {
    let usage = |flag: &str, fault: String| {
        let fault = current().fault(&fault);
        Error::Usage(say("{flag} {fault}; nothing was imported", &[("flag", &flag), ("fault", &fault)]))
    };
    Code::parse(&arguments.body_code).map_err(|fault| usage("--body-code", fault.to_string()))?;
    Text::parse(&arguments.criterion).map_err(|fault| usage("--criterion", fault.to_string()))?;
    match arguments.decided_on.as_deref().map(domain::date::parse).transpose() {
        Err(fault) => Err(usage("--decided-on", fault.to_string())),
        Ok(Some(date)) if date > today => {
            let fault =
                say("{date} is still to come; today is {today}", &[("date", &date), ("today", &today)]);
            Err(usage("--decided-on", fault))
        }
        Ok(date) => Ok(date.unwrap_or(today)),
    }
}

/// Today, by the ledger's clock and the realm's calendar.
async fn today(client: &Client) -> anyhow::Result<Date> {
    let head = client
        .call(proto::ledger::v1::GetHeadRequest {})
        .await
        .context(text("reading the ledger's clock"))?;
    let now = Timestamp::from_wire(head.clock_at)
        .map_err(|fault| anyhow::anyhow!("the ledger's clock: {fault}"))?;
    let answer = client
        .call(directory::GetCalendarRequest { at_least_position: 0 })
        .await
        .context(text("reading the realm's calendar"))?;
    let calendar = WorkingCalendar::from_wire(answer.calendar.context("the realm has no calendar")?)
        .map_err(|fault| anyhow::anyhow!("the realm's calendar: {fault}"))?;
    Ok(calendar.date_of(now))
}

/// The number of the resolution that an earlier import of the same file made, and a position that shows it.
async fn imported_before(client: &Client, seed: Uuid) -> anyhow::Result<Option<(String, u64)>> {
    let resolution_id = aggregate::derived_id(seed, &[Resolution::CATEGORY]).to_string();
    let request = resolution::GetResolutionRequest { resolution_id, ..Default::default() };
    match client.call(request).await {
        Ok(answer) => {
            let registration = answer.resolution.and_then(|resolution| resolution.registration);
            Ok(Some((registration.context("an answer without its resolution")?.number, answer.position)))
        }
        Err(status) if status.code() == Status::NotFound => Ok(None),
        Err(status) => Err(status.into()),
    }
}

/// The departments in the directory, by code.
async fn departments(client: &Client) -> anyhow::Result<BTreeMap<String, String>> {
    let list = |page_token| directory::ListDepartmentsRequest {
        page_size: PAGE_SIZE,
        page_token,
        ..Default::default()
    };
    let page = |page: directory::ListDepartmentsResponse| (page.departments, page.next_page_token);
    let departments = rows::all(client, text("reading the directory"), list, page).await?;
    Ok(departments.into_iter().map(|department| (department.code, department.name)).collect())
}

/// The agencies that have to be registered. Those in the directory stay as they are.
fn missing(
    plan: &Plan,
    known: &BTreeMap<String, String>,
    seed: Uuid,
) -> Vec<directory::RegisterDepartmentRequest> {
    let missing = plan.agencies.iter().filter(|(code, _)| !known.contains_key(code.as_str()));
    let register = |(code, name): &(Code, Line)| directory::RegisterDepartmentRequest {
        command_id: aggregate::derived_id(seed, &["department", code.as_str()]).to_string(),
        department: Some(directory::Department {
            code: code.to_string(),
            name: name.to_string(),
            parent_code: None,
            level: directory::DepartmentLevel::National.into(),
            region: None,
            without_users: false,
            kind: directory::DepartmentKind::Agency.into(),
        }),
        ..Default::default()
    };
    missing.map(register).collect()
}

fn registering(request: &directory::RegisterDepartmentRequest) -> String {
    let code = request.department.as_ref().map_or("", |department| &department.code);
    say("registering department {code}", &[("code", &code)])
}

/// Has everything decided before anything is written, so that no rule refuses halfway through.
async fn try_first(
    client: &Client,
    missing: &[directory::RegisterDepartmentRequest],
    record: &RecordResolutionRequest,
) -> anyhow::Result<()> {
    for department in missing {
        let request = directory::RegisterDepartmentRequest { validate_only: true, ..department.clone() };
        client.call(request).await.with_context(|| registering(department))?;
    }
    let request = RecordResolutionRequest { validate_only: true, ..record.clone() };
    match client.call(request).await {
        Ok(_) => Ok(()),
        // The departments are not there yet, and nothing else is wrong.
        Err(status) if !missing.is_empty() && only_departments_are_missing(&status) => Ok(()),
        Err(status) => Err(status).context(text("recording the resolution, which takes the role supervisor")),
    }
}

fn only_departments_are_missing(status: &tonic::Status) -> bool {
    let refusal = Refusal::of(status);
    let violations = refusal.violations();
    !violations.is_empty() && violations.iter().all(|violation| violation.field == "items")
}

fn record(arguments: &Arguments, plan: &Plan, seed: Uuid, decided_on: Date) -> RecordResolutionRequest {
    let item = |action: &file::Action| ItemToRecord {
        title: action.title.to_string(),
        deliverable: action.text.to_string(),
        criterion: action.criterion.as_ref().map_or(arguments.criterion.clone(), ToString::to_string),
        lead_code: action.lead.to_string(),
        co_responsible_codes: action.support.iter().map(ToString::to_string).collect(),
        due: Some(DueRule {
            rule: Some(match action.due {
                Some(due) => Rule::DueOn(due.to_string()),
                None => Rule::AfterWorkingDays(arguments.due_working_days),
            }),
        }),
    };
    RecordResolutionRequest {
        command_id: seed.to_string(),
        body_code: arguments.body_code.clone(),
        title: plan.source.to_string(),
        text: say(
            "The {actions} actions of: {source}",
            &[("actions", &plan.actions.len()), ("source", &plan.source)],
        ),
        decided_on: decided_on.to_string(),
        source: plan.source.to_string(),
        items: plan.actions.iter().map(item).collect(),
        ..Default::default()
    }
}

/// Says what came of it, compared with the file.
fn report(
    plan: &Plan,
    registered: &[directory::RegisterDepartmentRequest],
    known: &BTreeMap<String, String>,
    answer: &resolution::RecordResolutionResponse,
) -> anyhow::Result<()> {
    let recorded = answer.resolution.as_ref().and_then(|resolution| resolution.registration.as_ref());
    let recorded = recorded.context("an answer without its resolution")?;
    let (actions, items) = (plan.actions.len(), recorded.item_ids.len());
    ensure!(
        items == actions,
        say(
            "the file has {actions} actions, but the resolution has {items} items",
            &[("actions", &actions), ("items", &items)]
        )
    );
    let leads = plan.leads().len();
    let support: usize = plan.actions.iter().map(|action| action.support.len()).sum();
    let supported = plan.actions.iter().filter(|action| !action.support.is_empty()).count();
    print_text(&say("resolution           {number}", &[("number", &recorded.number)]))?;
    print_text(&say(
        "departments          {departments}{repeats}, {registered} of them registered now",
        &[
            ("departments", &plan.agencies.len()),
            ("repeats", &repeats(plan.repeated_agencies)),
            ("registered", &registered.len()),
        ],
    ))?;
    print_text(&say(
        "action items         {items}{repeats}, led by {leads} departments",
        &[("items", &items), ("repeats", &repeats(plan.repeated_actions)), ("leads", &leads)],
    ))?;
    print_text(&say(
        "co-responsibilities  {support}, in {supported} items",
        &[("support", &support), ("supported", &supported)],
    ))?;
    print_text(&say("position             {position}", &[("position", &answer.position)]))?;
    if !plan.leads_in_support.is_empty() {
        let actions: Vec<&str> = plan.leads_in_support.iter().map(|id| id.as_str()).collect();
        print_text(&say(
            "\nIn {count} actions the lead is also named as support, and was left out there: {actions}",
            &[("count", &actions.len()), ("actions", &actions.join(text(", ")))],
        ))?;
    }
    for (code, name) in &plan.agencies {
        if let Some(there) = known.get(code.as_str()).filter(|there| *there != name.as_str()) {
            print_text(&say(
                "\nThe directory calls {code} \"{there}\", and the plan \"{name}\"; it was left as it is.",
                &[("code", code), ("there", there), ("name", name)],
            ))?;
        }
    }
    propose(&recorded.number, answer.position)
}

/// Says how to look at what was imported.
fn propose(number: &str, position: u64) -> anyhow::Result<()> {
    print_text(&say(
        "\nTo list them: huishang item list --resolution-id {number}\n\
         The board that has them: huishang board --at-least-position {position}",
        &[("number", &number), ("position", &position)],
    ))
}

fn repeats(rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows => say(" ({rows} rows repeat others word for word and count once)", &[("rows", &rows)]),
    }
}
