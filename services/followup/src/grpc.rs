//! The rpcs: each queries the view, with what the clock shows.

use crate::views;
use proto::Wire as _;
use proto::followup::v1 as pb;
use proto::followup::v1::followup_service_server::FollowupService;
use service_kit::{Kit, ViewStore};
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// Follow-up's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
}

#[tonic::async_trait]
impl FollowupService for Service {
    async fn get_board(&self, request: Request<pb::GetBoardRequest>) -> Reply<pb::GetBoardResponse> {
        let now = self.kit.clock().now();
        let query = views::board(now);
        let (rows, position) = self.view.query(request.into_inner().at_least_position, query).await?;
        let totals = Some(views::totals(&rows));
        Ok(Response::new(pb::GetBoardResponse { evaluated_at: now.to_wire(), rows, totals, position }))
    }

    async fn list_follow_ups(
        &self,
        request: Request<pb::ListFollowUpsRequest>,
    ) -> Reply<pb::ListFollowUpsResponse> {
        let (request, now) = (request.into_inner(), self.kit.clock().now());
        let query = views::follow_ups(&request, now)?;
        let (page, position) = self.view.query(request.at_least_position, query).await?;
        Ok(Response::new(pb::ListFollowUpsResponse {
            evaluated_at: now.to_wire(),
            follow_ups: page.rows,
            next_page_token: page.next_page_token,
            position,
        }))
    }

    async fn list_notices(&self, request: Request<pb::ListNoticesRequest>) -> Reply<pb::ListNoticesResponse> {
        let request = request.into_inner();
        let query = views::notices(&request)?;
        let (page, position) = self.view.query(request.at_least_position, query).await?;
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
        let now = self.kit.clock().now();
        let query = views::indicators(now);
        let (indicators, position) = self.view.query(request.into_inner().at_least_position, query).await?;
        Ok(Response::new(pb::GetIndicatorsResponse { evaluated_at: now.to_wire(), indicators, position }))
    }
}
