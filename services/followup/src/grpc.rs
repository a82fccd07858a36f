//! The rpcs: each queries the view, with what the clock shows, or has the ladder of a body decided.

use crate::views::{self, Reach};
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::Docket;
use domain::directory::calendar::Calendar;
use domain::followup::follow_up::FollowUp;
use domain::followup::ladder_policy::{Command, LadderPolicy};
use domain::scheduling::body::{self, Body};
use domain::scheduling::emergency::Emergency;
use domain::scheduling::session::Session;
use domain::{Audience, Code, Timestamp, Uuid};
use jiff::SignedDuration;
use proto::followup::v1 as pb;
use proto::followup::v1::followup_service_server::FollowupService;
use proto::{Invalid, Wire as _, read_fields};
use service_kit::limits::PAGE_BYTES_MAX;
use service_kit::serve::read;
use service_kit::spans::AsOf;
use service_kit::{CommandError, Kit, Scope, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// How many days ahead upcoming notices are listed when nothing else is asked for.
const UPCOMING_DAYS: u32 = 14;
/// How many days ahead they can be asked for, at most.
const UPCOMING_DAYS_MAX: u32 = 92;

type Reply<T> = Result<Response<T>, Status>;

/// Follow-up's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) default_calendar: Arc<WorkingCalendar>,
}

impl Service {
    /// The working calendar in force: what days the board counts.
    async fn calendar(&self, scope: &Scope) -> Result<WorkingCalendar, CommandError> {
        let defined = self.kit.show::<Calendar>(scope, Calendar::realm_id()).await?;
        Ok(defined.in_force(&self.default_calendar).clone())
    }

    /// What will be sent on the first of these items, as many as fit an answer, and how many that are.
    async fn upcoming_of(
        &self,
        scope: &Scope,
        items: &[pb::FollowUp],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(Vec<pb::Notice>, usize), Status> {
        let (mut notices, mut bytes, calendar) = (Vec::new(), 0, self.calendar(scope).await?);
        for (nth, coming) in items.iter().enumerate() {
            let id: Uuid = read("item_id", coming.item_id.clone())?;
            let state = self.kit.show::<FollowUp>(scope, id).await?;
            let of_item = views::upcoming(id, &state, now, until, &calendar);
            bytes += of_item.iter().map(prost::Message::encoded_len).sum::<usize>();
            if bytes > PAGE_BYTES_MAX && nth > 0 {
                return Ok((notices, nth));
            }
            notices.extend(of_item);
        }
        Ok((notices, items.len()))
    }

    /// What will be told of the emergencies whose clocks run.
    async fn upcoming_of_emergencies(
        &self,
        scope: &Scope,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<pb::Notice>, Status> {
        let (running, _) = self.view.query(scope.clone(), 0, views::running_emergencies).await?;
        let mut notices = Vec::new();
        for id in running {
            let state = self.kit.show::<Emergency>(scope, id).await?;
            notices.extend(views::upcoming_of_emergency(id, &state, now, until));
        }
        Ok(notices)
    }

    /// Who will be reminded that an answer is awaited, in a countersign or to an invitation, as far as that is for them, or for
    /// those who look after the body.
    async fn upcoming_reminders(
        &self,
        scope: &Scope,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<pb::Notice>, Status> {
        let ((dockets, sessions), _) = self.view.query(scope.clone(), 0, views::awaiting(until)).await?;
        let mut notices = Vec::new();
        for id in dockets {
            let state = self.kit.show::<Docket>(scope, id).await?;
            let body = state.proceedings().map(|proceedings| &proceedings.agenda.body);
            let coming = views::upcoming_of_docket(id, &state, now, until);
            notices.extend(coming.into_iter().filter(|notice| is_for(scope, notice, body)));
        }
        for id in sessions {
            let state = self.kit.show::<Session>(scope, id).await?;
            let body = state.filed().map(|filed| &filed.outline.body);
            let coming = views::upcoming_of_session(id, &state, now, until);
            notices.extend(coming.into_iter().filter(|notice| is_for(scope, notice, body)));
        }
        Ok(notices)
    }
}

/// Whether a notice to a department is for the reader: one of that department, or of those who look after the body.
fn is_for(scope: &Scope, notice: &pb::Notice, body: Option<&Code>) -> bool {
    let addressee = Code::from_wire(notice.addressee.clone()).ok();
    let audience = Audience::of(addressee.as_ref());
    scope.covers(&body.into_iter().cloned().fold(audience, Audience::before))
}

#[tonic::async_trait]
impl FollowupService for Service {
    async fn get_board(&self, request: Request<pb::GetBoardRequest>) -> Reply<pb::GetBoardResponse> {
        let scope = self.kit.scope(&request).await?;
        let (request, now) = (request.into_inner(), self.kit.clock().now());
        let under = self.kit.downwards(request.under_code.as_deref()).await?;
        let query = views::board_under(&request, under.as_ref(), now, self.calendar(&scope).await?.zone())?;
        let at_least =
            AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
        let ((page, totals, evaluated_at), position) = self.view.query(scope, at_least, query).await?;
        Ok(Response::new(pb::GetBoardResponse {
            evaluated_at: evaluated_at.to_wire(),
            rows: page.rows,
            totals: Some(totals),
            position,
            next_page_token: page.next_page_token,
        }))
    }

    async fn get_due_weeks(
        &self,
        request: Request<pb::GetDueWeeksRequest>,
    ) -> Reply<pb::GetDueWeeksResponse> {
        let scope = self.kit.scope(&request).await?;
        let (request, now) = (request.into_inner(), self.kit.clock().now());
        let (under, calendar) =
            (self.kit.downwards(request.under_code.as_deref()).await?, self.calendar(&scope).await?);
        let query = views::due_weeks(&request, under.as_ref(), now, calendar)?;
        let at_least =
            AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
        let ((page, totals, weeks, evaluated_at), position) = self.view.query(scope, at_least, query).await?;
        Ok(Response::new(pb::GetDueWeeksResponse {
            evaluated_at: evaluated_at.to_wire(),
            weeks,
            rows: page.rows,
            totals: Some(totals),
            position,
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_follow_ups(
        &self,
        request: Request<pb::ListFollowUpsRequest>,
    ) -> Reply<pb::ListFollowUpsResponse> {
        let scope = self.kit.scope(&request).await?;
        let (request, now) = (request.into_inner(), self.kit.clock().now());
        let reach = Reach {
            under: self.kit.downwards(request.under_code.as_deref()).await?,
            leader: self.kit.led_by(request.leader_code.as_deref()).await?,
        };
        let calendar = self.calendar(&scope).await?;
        let query = views::follow_ups_under(&request, &reach, now, calendar.zone())?;
        let at_least =
            AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
        let ((page, evaluated_at), position) = self.view.query(scope, at_least, query).await?;
        Ok(Response::new(pb::ListFollowUpsResponse {
            evaluated_at: evaluated_at.to_wire(),
            follow_ups: page.rows,
            next_page_token: page.next_page_token,
            position,
        }))
    }

    async fn list_notices(&self, request: Request<pb::ListNoticesRequest>) -> Reply<pb::ListNoticesResponse> {
        let scope = self.kit.scope(&request).await?;
        let request = request.into_inner();
        let query = views::notices(&request)?;
        let at_least =
            AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
        let (page, position) = self.view.query(scope, at_least, query).await?;
        Ok(Response::new(pb::ListNoticesResponse {
            notices: page.rows,
            next_page_token: page.next_page_token,
            position,
        }))
    }

    async fn get_indicators(
        &self,
        request: Request<pb::GetIndicatorsRequest>,
    ) -> Reply<pb::GetIndicatorsResponse> {
        let scope = self.kit.scope(&request).await?;
        let (request, now) = (request.into_inner(), self.kit.clock().now());
        let (under, calendar) =
            (self.kit.downwards(request.under_code.as_deref()).await?, self.calendar(&scope).await?);
        let asked = views::AskedIndicators::read(&request, under.as_ref(), now, calendar.zone())?;
        let at_least =
            AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
        let ((indicators, at), position) = self.view.query(scope, at_least, views::indicators(asked)).await?;
        Ok(Response::new(pb::GetIndicatorsResponse { evaluated_at: at.to_wire(), indicators, position }))
    }

    async fn list_upcoming_notices(
        &self,
        request: Request<pb::ListUpcomingNoticesRequest>,
    ) -> Reply<pb::ListUpcomingNoticesResponse> {
        let scope = self.kit.scope(&request).await?;
        let (mut request, now) = (request.into_inner(), self.kit.clock().now());
        let until = until(now, request.days)?;
        let (page, position, mut notices) = loop {
            let query = views::coming(&request, now, until)?;
            let (page, position) = self.view.query(scope.clone(), request.at_least_position, query).await?;
            let (notices, items) = self.upcoming_of(&scope, &page.rows, now, until).await?;
            if items == page.rows.len() {
                break (page, position, notices);
            }
            // So many items, and no more, have notices that fit an answer.
            request.page_size = items as u32;
        };
        // They have no pages of their own: few run at once, and whoever has more to read has seen them.
        if request.page_token.is_empty() && request.lead_code.as_deref().unwrap_or_default().is_empty() {
            notices.extend(self.upcoming_of_emergencies(&scope, now, until).await?);
            notices.extend(self.upcoming_reminders(&scope, now, until).await?);
        }
        notices.sort_by_key(|notice| notice.occurred_at.map(|at| (at.seconds, at.nanos)));
        Ok(Response::new(pb::ListUpcomingNoticesResponse {
            evaluated_at: now.to_wire(),
            notices,
            next_page_token: page.next_page_token,
            position,
        }))
    }

    async fn define_ladder(
        &self,
        request: Request<pb::DefineLadderRequest>,
    ) -> Reply<pb::DefineLadderResponse> {
        let (context, request) = self.kit.receive(request)?;
        let code: Code = read("body_code", request.body_code.clone())?;
        let command = read_fields!(request => Command::Define { body_code: body, ladder, reason })?;
        let id = LadderPolicy::id(&code);
        let decided = self.kit.commit::<LadderPolicy, _>(&context, id, move |unit| {
            let (command, code) = (command.clone(), code.clone());
            Box::pin(async move {
                if unit.load::<Body>(Body::id(&code)).await? == body::State::Undefined {
                    let fault = format!("names body {code}, which is not defined");
                    return Err(Invalid::field("body_code", fault).into());
                }
                unit.decide::<LadderPolicy>(id, command).await
            })
        });
        let done = decided.await?;
        let ladder = Some(done.state().ladder().to_wire());
        Ok(Response::new(pb::DefineLadderResponse { position: done.position, ladder }))
    }

    async fn get_ladder(&self, request: Request<pb::GetLadderRequest>) -> Reply<pb::GetLadderResponse> {
        let scope = self.kit.scope(&request).await?;
        let request = request.into_inner();
        let body: Code = read("body_code", request.body_code)?;
        self.view.wait_until_caught_up(request.at_least_position).await?;
        let policy = self.kit.show::<LadderPolicy>(&scope, LadderPolicy::id(&body)).await?;
        let (ladder, defined) = (Some(policy.ladder().to_wire()), policy.is_defined());
        Ok(Response::new(pb::GetLadderResponse { ladder, defined }))
    }
}

/// The moment up to which upcoming notices are asked for.
fn until(now: Timestamp, days: Option<u32>) -> Result<Timestamp, Invalid> {
    let days = days.unwrap_or(UPCOMING_DAYS);
    if days > UPCOMING_DAYS_MAX {
        let fault = format!("is {days}; at most {UPCOMING_DAYS_MAX} are accepted");
        return Err(Invalid::field("days", fault));
    }
    Ok(now + SignedDuration::from_hours(24 * i64::from(days)))
}
