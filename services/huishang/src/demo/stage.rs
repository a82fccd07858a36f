//! What the stories are played on: an installation, its clock, and the page that is printed.

use crate::installation::{Desk, Installation, command_id};
use crate::page::say;
use anyhow::{Context as _, bail};
use domain::calendar::WorkingCalendar;
use domain::{Date, Role, Timestamp};
use jiff::ToSpan as _;
use proto::Wire as _;
use proto::followup::v1 as followup;
use proto::ledger::v1 as ledger;
use tonic::Status;
use tonic_types::StatusExt as _;

/// The time zone of the stories.
pub const ZONE: &str = "Asia/Shanghai";

/// The installation with the first day of the story.
pub struct Stage {
    /// Where the story is played.
    pub installation: Installation,
    /// Runs the installation: moves its clock.
    pub operator: Desk,
    /// Follows what was decided.
    pub supervisor: Desk,
    calendar: WorkingCalendar,
    first_day: Date,
}

impl Stage {
    /// Takes the stage; the first day of the story is the day that the clock shows, or the next Monday.
    pub async fn take(installation: Installation) -> anyhow::Result<Stage> {
        let operator = installation.desk(Role::Operator, None)?;
        let supervisor = installation.desk(Role::Supervisor, None)?;
        let head = operator.call(ledger::GetHeadRequest {}).await.context("the ledger")?;
        let now: Timestamp =
            Timestamp::from_wire(head.now).map_err(|fault| anyhow::anyhow!("the clock: {fault}"))?;
        let calendar = WorkingCalendar::weekends_only(ZONE)?;
        let mut first_day = calendar.date_of(now);
        while first_day.weekday() != jiff::civil::Weekday::Monday {
            first_day = first_day.tomorrow()?;
        }
        let stage = Stage { installation, operator, supervisor, calendar, first_day };
        if stage.at(0, 9, 0) > now {
            stage.move_clock(0, 9, 0).await?;
        }
        Ok(stage)
    }

    /// The date `days` after the first.
    pub fn date(&self, days: i32) -> Date {
        self.first_day.checked_add(days.days()).unwrap_or(Date::MAX)
    }

    /// A moment of the story.
    pub fn at(&self, days: i32, hour: i32, minute: i32) -> Timestamp {
        self.calendar.start_of(self.date(days)) + (hour * 60 + minute).minutes()
    }

    /// Moves the clock of the installation and waits until every service has seen it move.
    pub async fn move_clock(&self, days: i32, hour: i32, minute: i32) -> anyhow::Result<()> {
        let to = self.at(days, hour, minute);
        let request = ledger::MoveClockRequest { command_id: command_id(), to: to.to_wire() };
        let moved = self.operator.call(request).await.map_err(|status| explain(&status))?;
        for context in ["scheduling", "deliberation", "resolution", "followup"] {
            self.caught_up(context, moved.position).await?;
        }
        let date = self.date(days).strftime("%A %-d %B %Y");
        say(&format!("\n   ── {date}, {hour:02}:{minute:02} ──"))
    }

    /// Waits until the view of a service has taken in a position.
    async fn caught_up(&self, context: &str, at_least_position: u64) -> anyhow::Result<()> {
        let desk = &self.supervisor;
        match context {
            "scheduling" => {
                let request = proto::scheduling::v1::ListRoomsRequest {
                    at_least_position,
                    page_size: 1,
                    ..Default::default()
                };
                desk.call(request).await?;
            }
            "deliberation" => {
                let request = proto::deliberation::v1::ListDocketsRequest {
                    at_least_position,
                    page_size: 1,
                    ..Default::default()
                };
                desk.call(request).await?;
            }
            "resolution" => {
                let request = proto::resolution::v1::ListItemsRequest {
                    at_least_position,
                    page_size: 1,
                    ..Default::default()
                };
                desk.call(request).await?;
            }
            _ => {
                desk.call(followup::GetBoardRequest { at_least_position }).await?;
            }
        }
        Ok(())
    }
}

/// Prints the title of a part.
pub fn part(title: &str) -> anyhow::Result<()> {
    say(&format!("\n━━ {title} {}", "━".repeat(96usize.saturating_sub(title.chars().count()))))
}

/// Prints what happened.
pub fn tell(text: impl AsRef<str>) -> anyhow::Result<()> {
    say(&format!("   {}", text.as_ref()))
}

/// Expects a refusal, and prints what was tried and which rule said no with its numbers.
pub fn refused<T>(tried: &str, outcome: Result<T, Status>, reason: &str) -> anyhow::Result<()> {
    let Err(status) = outcome else {
        bail!("{tried}: this should have been refused with {reason}");
    };
    let details = status.get_error_details();
    let info =
        details.error_info().with_context(|| format!("{tried}: refused without a reason: {status}"))?;
    if info.reason != reason {
        bail!("{tried}: refused with {} and not with {reason}: {}", info.reason, status.message());
    }
    say(&format!("   ✗ {tried}\n     refused: {} [{reason}]", status.message()))
}

/// A refusal that the story did not expect.
pub fn explain(status: &Status) -> anyhow::Error {
    anyhow::anyhow!("{} ({:?})", status.message(), status.code())
}
