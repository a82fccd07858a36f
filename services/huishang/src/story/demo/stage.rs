//! Where the stories take place: a deployment, its clock, and the page that is printed.

use crate::client::layout::{columns, wrap};
use crate::client::{Error, said};
use crate::language::{say, text};
use crate::stdout::print_line;
use crate::story::deployment::Deployment;
use anyhow::{Context as _, bail};
use client::Client;
use client::command_id;
use domain::calendar::WorkingCalendar;
use domain::{Date, Role, Timestamp};
use jiff::ToSpan as _;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use proto::Wire as _;
use proto::deliberation::v1 as deliberation;
use proto::followup::v1 as followup;
use proto::ledger::v1 as ledger;
use proto::resolution::v1 as resolution;
use proto::scheduling::v1 as scheduling;
use tonic::Status;
use tonic_types::StatusExt as _;

/// The time zone of the stories.
pub const ZONE: &str = "Asia/Shanghai";

/// Columns of what is printed.
pub const PAGE_COLUMNS: usize = 80;
/// What stands before a line of the story.
const MARGIN: &str = "   ";

/// The deployment, with the first day of the story.
pub struct Stage {
    /// Where the story is played.
    pub deployment: Deployment,
    /// Runs the deployment: moves its clock.
    pub operator: Client,
    /// Follows what was decided.
    pub supervisor: Client,
    calendar: WorkingCalendar,
    first_day: Date,
}

impl Stage {
    /// Sets the clock to the story's first morning: on the day that the clock shows, if that is a Monday, or else
    /// on the next Monday.
    pub async fn set_up(deployment: Deployment) -> anyhow::Result<Stage> {
        let operator = deployment.client(Role::Operator, None)?;
        let supervisor = deployment.client(Role::Supervisor, None)?;
        let head = operator.call(ledger::GetHeadRequest {}).await.context("the ledger")?;
        let now: Timestamp =
            Timestamp::from_wire(head.clock_at).map_err(|fault| anyhow::anyhow!("the clock: {fault}"))?;
        let calendar = WorkingCalendar::weekends_only(ZONE)?;
        let mut first_day = calendar.date_of(now);
        while first_day.weekday() != Weekday::Monday {
            first_day = first_day.tomorrow()?;
        }
        let stage = Stage { deployment, operator, supervisor, calendar, first_day };
        if stage.at(0, 9, 0) > now {
            stage.move_clock(0, 9, 0).await?;
        }
        Ok(stage)
    }

    /// The date this many days after the first.
    pub fn date(&self, days: i32) -> Date {
        self.first_day.checked_add(days.days()).unwrap_or(Date::MAX)
    }

    /// A moment of the story.
    pub fn at(&self, days: i32, hour: i32, minute: i32) -> Timestamp {
        self.calendar.start_of(self.date(days)) + (hour * 60 + minute).minutes()
    }

    /// Moves the clock of the deployment, and waits until every service that goes by it has followed the log to
    /// the move.
    pub async fn move_clock(&self, days: i32, hour: i32, minute: i32) -> anyhow::Result<()> {
        let request = ledger::MoveClockRequest {
            command_id: command_id(),
            clock_at: self.at(days, hour, minute).to_wire(),
            ..Default::default()
        };
        let position = self.operator.call(request).await?.position;
        self.wait_for_services(position).await?;
        let date = self.date(days);
        let weekday = match date.weekday() {
            Weekday::Monday => text("Monday"),
            Weekday::Tuesday => text("Tuesday"),
            Weekday::Wednesday => text("Wednesday"),
            Weekday::Thursday => text("Thursday"),
            Weekday::Friday => text("Friday"),
            Weekday::Saturday => text("Saturday"),
            Weekday::Sunday => text("Sunday"),
        };
        let shown = say(
            "{weekday} {day} {month} {year}, {time}",
            &[
                ("weekday", &weekday),
                ("day", &date.day()),
                ("month", &date.strftime(text("%B"))),
                ("year", &date.year()),
                ("time", &format!("{hour:02}:{minute:02}")),
            ],
        );
        print_line(&format!("\n   ── {shown} ──"))
    }

    async fn wait_for_services(&self, at_least_position: u64) -> Result<(), Status> {
        let page_size = 1;
        let rooms = scheduling::ListRoomsRequest { at_least_position, page_size, ..Default::default() };
        let dockets = deliberation::ListDocketsRequest { at_least_position, page_size, ..Default::default() };
        let items = resolution::ListItemsRequest { at_least_position, page_size, ..Default::default() };
        let board = followup::GetBoardRequest { at_least_position, page_size, ..Default::default() };
        let client = &self.supervisor;
        tokio::try_join!(client.call(rooms), client.call(dockets), client.call(items), client.call(board))?;
        Ok(())
    }
}

/// Prints the heading of a part.
pub fn heading(title: &str) -> anyhow::Result<()> {
    let rule = "━".repeat(PAGE_COLUMNS.saturating_sub(columns(title) + 4));
    print_line(&format!("\n━━ {title} {rule}"))
}

/// Prints what happened.
pub fn narrate(text: impl AsRef<str>) -> anyhow::Result<()> {
    print_lines(MARGIN, text.as_ref())
}

/// Prints a text below what is put before its first line.
fn print_lines(before: &str, text: &str) -> anyhow::Result<()> {
    let lines = wrap(text, PAGE_COLUMNS - columns(before));
    print_line(&format!("{before}{}", lines.join(&format!("\n{}", " ".repeat(columns(before))))))
}

/// The result of a ballot, in a sentence.
pub fn result(ballot: deliberation::Ballot) -> String {
    said("huishang.deliberation.v1.Ballot", "sentence", ballot.sentence)
}

/// Whom a notice was sent to.
pub fn addressee(notice: &followup::Notice) -> String {
    said("huishang.followup.v1.Notice", "addressee", notice.addressee.clone())
}

/// Expects a refusal, and prints what was tried and why it was refused.
pub fn expect_refusal<T>(tried: &str, outcome: Result<T, Status>, reason: &str) -> anyhow::Result<()> {
    let Err(status) = outcome else {
        bail!("{tried}: this should have been refused with {reason}");
    };
    let details = status.get_error_details();
    let info =
        details.error_info().with_context(|| format!("{tried}: refused without a reason: {status}"))?;
    if info.reason != reason {
        bail!("{tried}: refused with {} and not with {reason}: {}", info.reason, status.message());
    }
    print_lines(&format!("{MARGIN}✗ "), tried)?;
    let refused = Error::from_status(status).in_zone(TimeZone::get(ZONE)?).sentence();
    print_lines(&format!("{MARGIN}  {}", text("refused: ")), &format!("{refused} [{reason}]"))
}
