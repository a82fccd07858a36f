//! What others take in, and what they have: `huishang export`, `huishang import directory`.

pub mod oparl;
mod popolo;
mod published;
pub mod votes;

use crate::client::Error;
use crate::client::options::Options;
use crate::client::rows::{self, PAGE_SIZE};
use crate::client::text_file;
use crate::language::{say, text};
use crate::stdout::{print_line, print_text};
use anyhow::Context as _;
use client::Client;
use domain::{Uuid, aggregate};
use popolo::{Defaults, Directory, Popolo};
use proto::directory::v1::{
    DefineCalendarRequest, Department, GetCalendarRequest, ListDepartmentsRequest, ListMembersRequest,
    Member, RegisterDepartmentRequest, RegisterMemberRequest, WorkingCalendar,
};
use std::path::PathBuf;
use std::time::Duration;

/// How long a call is repeated while the service is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is imported.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The directory: a Popolo file in JSON, or a folder of OParl objects
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Says what would change, and changes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Level of new departments that have none in the file
    #[arg(long, default_value = "municipal", value_name = "LEVEL")]
    pub level: String,
    /// Kind of new departments that have no classification in the file
    #[arg(long, default_value = "agency", value_name = "KIND")]
    pub kind: String,
}

/// Prints the directory and the working calendar.
pub async fn export(options: &Options) -> anyhow::Result<()> {
    let client = options.client()?.patient(PATIENCE);
    let directory = known(&client).await?;
    print_line(&serde_json::to_string_pretty(&Popolo::of(&directory))?)
}

/// Registers what a file has and the directory has not, or has in another way. What the file does not have stays.
/// An import that was interrupted goes on when it is started again.
pub async fn import(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let client = options.client()?.patient(PATIENCE);
    let (changes, passed_over) = match arguments.file.is_dir() {
        true => {
            let known = known(&client).await?;
            let read = oparl::read(&arguments.file, &known)?;
            (changes(arguments, &known, &read.popolo)?, read.passed_over)
        }
        false => {
            let content = text_file::read(&arguments.file)?;
            let file =
                serde_json::from_str(&content).map_err(|fault| usage(arguments, &fault.to_string()))?;
            (changes(arguments, &known(&client).await?, &file)?, 0)
        }
    };
    let import = Import { client, seed: Uuid::new_v4() };
    if passed_over > 0 {
        let count = passed_over;
        print_line(&say(
            "{count} bodies, parties and persons in no department are passed over.",
            &[("count", &count)],
        ))?;
    }
    if arguments.dry_run {
        import.validate(&changes).await?;
        return changes.report(text("Nothing was changed; it would be:"));
    }
    import.carry_out(&changes).await?;
    changes.report(text("Changed:"))
}

/// What a file changes.
fn changes(arguments: &Arguments, known: &Directory, file: &Popolo) -> anyhow::Result<Changes> {
    let defaults = Defaults { level: &arguments.level, kind: &arguments.kind };
    let wanted = file.directory(known, defaults).map_err(|faults| usage(arguments, &faults))?;
    Ok(Changes::between(known, wanted))
}

fn usage(arguments: &Arguments, faults: &str) -> anyhow::Error {
    Error::Usage(format!("{}:\n{faults}", arguments.file.display())).into()
}

/// The directory as it is.
async fn known(client: &Client) -> anyhow::Result<Directory> {
    let doing = text("reading the directory");
    let list = |page_token| ListDepartmentsRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
    let departments = rows::all(client, doing, list, |page| (page.departments, page.next_page_token)).await?;
    let list = |page_token| ListMembersRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
    let members = rows::all(client, doing, list, |page| (page.members, page.next_page_token)).await?;
    let asked = client.call(GetCalendarRequest { at_least_position: 0 }).await;
    let answer = asked.context(text("reading the realm's calendar"))?;
    let calendar = answer.calendar.filter(|_| answer.defined);
    Ok(Directory { departments, members, calendar })
}

/// What is new or another.
struct Changes {
    departments: Vec<(Department, Change)>,
    members: Vec<(Member, Change)>,
    calendar: Option<WorkingCalendar>,
    /// How much is as the file has it.
    same: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    New,
    Another,
}

impl Change {
    fn sign(self) -> char {
        match self {
            Change::New => '+',
            Change::Another => '~',
        }
    }
}

impl Changes {
    fn between(known: &Directory, wanted: Directory) -> Changes {
        let all = wanted.departments.len() + wanted.members.len() + usize::from(wanted.calendar.is_some());
        let change = |before: Option<bool>| match before {
            None => Some(Change::New),
            Some(false) => Some(Change::Another),
            Some(true) => None,
        };
        let departments: Vec<_> = wanted
            .departments
            .into_iter()
            .filter_map(|one| {
                let before = known.departments.iter().find(|known| known.code == one.code);
                change(before.map(|before| *before == one)).map(|change| (one, change))
            })
            .collect();
        let members: Vec<_> = wanted
            .members
            .into_iter()
            .filter_map(|one| {
                let before = known.members.iter().find(|known| known.code == one.code);
                change(before.map(|before| *before == one)).map(|change| (one, change))
            })
            .collect();
        let calendar = wanted.calendar.filter(|calendar| known.calendar.as_ref() != Some(calendar));
        let same = all - departments.len() - members.len() - usize::from(calendar.is_some());
        Changes { departments, members, calendar, same }
    }

    /// Whether a department is registered by the same file.
    fn is_new(&self, code: &str) -> bool {
        self.departments.iter().any(|(department, change)| department.code == code && *change == Change::New)
    }

    fn report(&self, heading: &str) -> anyhow::Result<()> {
        let departments = self.departments.iter().map(|(one, change)| {
            format!("{} {} {} {}\n", change.sign(), text("department"), one.code, one.name)
        });
        let members = self
            .members
            .iter()
            .map(|(one, change)| format!("{} {} {} {}\n", change.sign(), text("member"), one.code, one.name));
        let calendar =
            self.calendar.iter().map(|calendar| format!("~ {} {}\n", text("calendar"), calendar.time_zone));
        let lines: String = departments.chain(members).chain(calendar).collect();
        let same = say("{count} are as the file has them.", &[("count", &self.same)]);
        match lines.is_empty() {
            true => print_line(&same),
            false => print_text(&format!("{heading}\n{lines}{same}\n")),
        }
    }
}

/// An import under way.
struct Import {
    client: Client,
    seed: Uuid,
}

impl Import {
    fn command_id(&self, what: &str, code: &str) -> String {
        aggregate::derived_id(self.seed, &[what, code]).to_string()
    }

    fn department(&self, department: &Department) -> RegisterDepartmentRequest {
        let command_id = self.command_id("department", &department.code);
        RegisterDepartmentRequest { command_id, department: Some(department.clone()), ..Default::default() }
    }

    fn member(&self, member: &Member) -> RegisterMemberRequest {
        let command_id = self.command_id("member", &member.code);
        RegisterMemberRequest { command_id, member: Some(member.clone()), ..Default::default() }
    }

    fn calendar(&self, calendar: &WorkingCalendar) -> DefineCalendarRequest {
        let command_id = self.command_id("calendar", "");
        DefineCalendarRequest { command_id, calendar: Some(calendar.clone()), ..Default::default() }
    }

    /// Has decided what can be decided while nothing of it is there: what is below a new department, or works for it, waits.
    async fn validate(&self, changes: &Changes) -> anyhow::Result<()> {
        for (department, _) in &changes.departments {
            if department.parent_code.as_ref().is_some_and(|code| changes.is_new(code)) {
                continue;
            }
            let request = RegisterDepartmentRequest { validate_only: true, ..self.department(department) };
            self.client.call(request).await.with_context(|| department.code.clone())?;
        }
        for (member, _) in changes.members.iter().filter(|(one, _)| !changes.is_new(&one.department_code)) {
            let request = RegisterMemberRequest { validate_only: true, ..self.member(member) };
            self.client.call(request).await.with_context(|| member.code.clone())?;
        }
        if let Some(calendar) = &changes.calendar {
            let request = DefineCalendarRequest { validate_only: true, ..self.calendar(calendar) };
            self.client.call(request).await.context(text("calendar"))?;
        }
        Ok(())
    }

    async fn carry_out(&self, changes: &Changes) -> anyhow::Result<()> {
        for (department, _) in &changes.departments {
            let registered = self.client.call(self.department(department)).await;
            registered.with_context(|| department.code.clone())?;
        }
        for (member, _) in &changes.members {
            self.client.call(self.member(member)).await.with_context(|| member.code.clone())?;
        }
        if let Some(calendar) = &changes.calendar {
            self.client.call(self.calendar(calendar)).await.context(text("calendar"))?;
        }
        Ok(())
    }
}
