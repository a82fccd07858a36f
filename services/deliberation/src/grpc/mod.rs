//! The rpcs: each reads its request, has it decided or asks the view, and answers. Grouped by subject.

mod ballots;
mod floor;
mod outcomes;
mod proposals;
mod question;
mod render;

use domain::Uuid;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{Command, Docket};
use domain::scheduling::calendar::Calendar;
use proto::Invalid;
use proto::deliberation::v1 as pb;
use proto::deliberation::v1::deliberation_service_server::DeliberationService;
use service_kit::serve::read;
use service_kit::{CommandError, Kit, Order, Position, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// Deliberation's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) otherwise: Arc<WorkingCalendar>,
}

impl Service {
    async fn decide(&self, order: &Order, docket: Uuid, command: Command) -> Result<Position, CommandError> {
        self.kit.execute::<Docket>(order, docket, command).await
    }

    /// The working calendar in force.
    async fn calendar(&self) -> Result<WorkingCalendar, CommandError> {
        let defined = self.kit.load::<Calendar>(Calendar::realm_id()).await?;
        Ok(defined.in_force(&self.otherwise).clone())
    }
}

fn docket_id(wire: &str) -> Result<Uuid, Invalid> {
    read("docket_id", wire.to_owned())
}

#[tonic::async_trait]
impl DeliberationService for Service {
    async fn record_arrival(
        &self,
        request: Request<pb::RecordArrivalRequest>,
    ) -> Reply<pb::RecordArrivalResponse> {
        floor::record_arrival(self, request).await
    }

    async fn record_leaving(
        &self,
        request: Request<pb::RecordLeavingRequest>,
    ) -> Reply<pb::RecordLeavingResponse> {
        floor::record_leaving(self, request).await
    }

    async fn open_docket(&self, request: Request<pb::OpenDocketRequest>) -> Reply<pb::OpenDocketResponse> {
        floor::open_docket(self, request).await
    }

    async fn open_topic(&self, request: Request<pb::OpenTopicRequest>) -> Reply<pb::OpenTopicResponse> {
        floor::open_topic(self, request).await
    }

    async fn pause_topic(&self, request: Request<pb::PauseTopicRequest>) -> Reply<pb::PauseTopicResponse> {
        floor::pause_topic(self, request).await
    }

    async fn mark_digression(
        &self,
        request: Request<pb::MarkDigressionRequest>,
    ) -> Reply<pb::MarkDigressionResponse> {
        floor::mark_digression(self, request).await
    }

    async fn close_debate(&self, request: Request<pb::CloseDebateRequest>) -> Reply<pb::CloseDebateResponse> {
        floor::close_debate(self, request).await
    }

    async fn state_position(
        &self,
        request: Request<pb::StatePositionRequest>,
    ) -> Reply<pb::StatePositionResponse> {
        floor::state_position(self, request).await
    }

    async fn propose(&self, request: Request<pb::ProposeRequest>) -> Reply<pb::ProposeResponse> {
        proposals::propose(self, request).await
    }

    async fn propose_amendment(
        &self,
        request: Request<pb::ProposeAmendmentRequest>,
    ) -> Reply<pb::ProposeAmendmentResponse> {
        proposals::propose_amendment(self, request).await
    }

    async fn resolve_amendment(
        &self,
        request: Request<pb::ResolveAmendmentRequest>,
    ) -> Reply<pb::ResolveAmendmentResponse> {
        proposals::resolve_amendment(self, request).await
    }

    async fn draft_items(&self, request: Request<pb::DraftItemsRequest>) -> Reply<pb::DraftItemsResponse> {
        proposals::draft_items(self, request).await
    }

    async fn revise_item(&self, request: Request<pb::ReviseItemRequest>) -> Reply<pb::ReviseItemResponse> {
        proposals::revise_item(self, request).await
    }

    async fn drop_item(&self, request: Request<pb::DropItemRequest>) -> Reply<pb::DropItemResponse> {
        proposals::drop_item(self, request).await
    }

    async fn open_ballot(&self, request: Request<pb::OpenBallotRequest>) -> Reply<pb::OpenBallotResponse> {
        ballots::open_ballot(self, request).await
    }

    async fn cast_vote(&self, request: Request<pb::CastVoteRequest>) -> Reply<pb::CastVoteResponse> {
        ballots::cast_vote(self, request).await
    }

    async fn recuse(&self, request: Request<pb::RecuseRequest>) -> Reply<pb::RecuseResponse> {
        ballots::recuse(self, request).await
    }

    async fn close_ballot(&self, request: Request<pb::CloseBallotRequest>) -> Reply<pb::CloseBallotResponse> {
        ballots::close_ballot(self, request).await
    }

    async fn adopt_decision(
        &self,
        request: Request<pb::AdoptDecisionRequest>,
    ) -> Reply<pb::AdoptDecisionResponse> {
        outcomes::adopt_decision(self, request).await
    }

    async fn reject_topic(&self, request: Request<pb::RejectTopicRequest>) -> Reply<pb::RejectTopicResponse> {
        outcomes::reject_topic(self, request).await
    }

    async fn defer_topic(&self, request: Request<pb::DeferTopicRequest>) -> Reply<pb::DeferTopicResponse> {
        outcomes::defer_topic(self, request).await
    }

    async fn refer_topic(&self, request: Request<pb::ReferTopicRequest>) -> Reply<pb::ReferTopicResponse> {
        outcomes::refer_topic(self, request).await
    }

    async fn withdraw_topic(
        &self,
        request: Request<pb::WithdrawTopicRequest>,
    ) -> Reply<pb::WithdrawTopicResponse> {
        outcomes::withdraw_topic(self, request).await
    }

    async fn close_docket(&self, request: Request<pb::CloseDocketRequest>) -> Reply<pb::CloseDocketResponse> {
        outcomes::close_docket(self, request).await
    }

    async fn get_docket(&self, request: Request<pb::GetDocketRequest>) -> Reply<pb::GetDocketResponse> {
        question::get_docket(self, request).await
    }

    async fn list_dockets(&self, request: Request<pb::ListDocketsRequest>) -> Reply<pb::ListDocketsResponse> {
        question::list_dockets(self, request).await
    }
}
