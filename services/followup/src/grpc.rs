//! The rpcs: each queries the view, with what the clock shows.

use crate::views;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::Calendar;
use proto::Wire as _;
use proto::followup::v1 as pb;
use proto::followup::v1::followup_service_server::FollowupService;
use service_kit::{CommandError, Kit, Scope, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

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
}

#[tonic::async_trait]
impl FollowupService for Service {
    async fn get_board(&self, request: Request<pb::GetBoardRequest>) -> Reply<pb::GetBoardResponse> {
        let scope = self.kit.scope(&request).await?;
        let (request, now) = (request.into_inner(), self.kit.clock().now());
        let query = views::board(&request, now, self.calendar(&scope).await?.zone())?;
        let ((page, totals), position) = self.view.query(scope, request.at_least_position, query).await?;
        Ok(Response::new(pb::GetBoardResponse {
            evaluated_at: now.to_wire(),
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
        let query = views::follow_ups(&request, now, self.calendar(&scope).await?.zone())?;
        let (page, position) = self.view.query(scope, request.at_least_position, query).await?;
        Ok(Response::new(pb::ListFollowUpsResponse {
            evaluated_at: now.to_wire(),
            follow_ups: page.rows,
            next_page_token: page.next_page_token,
            position,
        }))
    }

    async fn list_notices(&self, request: Request<pb::ListNoticesRequest>) -> Reply<pb::ListNoticesResponse> {
        let scope = self.kit.scope(&request).await?;
        let request = request.into_inner();
        let query = views::notices(&request)?;
        let (page, position) = self.view.query(scope, request.at_least_position, query).await?;
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
        let query = views::indicators(now);
        let (indicators, position) = self.view.query(scope, request.at_least_position, query).await?;
        Ok(Response::new(pb::GetIndicatorsResponse { evaluated_at: now.to_wire(), indicators, position }))
    }
}
