//! The rpcs: each reads its request, has it decided or queries the view, and answers.

mod changes;
mod choice;
mod export;
pub(crate) mod minutes;
mod motion;
mod queries;
pub(crate) mod render;
mod secret;

use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{Command, Docket, Rejection};
use domain::directory::calendar::Calendar;
use domain::scheduling::body::Body;
use domain::{Code, Uuid};
use press::Press;
use proto::deliberation::v1 as pb;
use proto::deliberation::v1::deliberation_service_server::DeliberationService;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Kit, Position, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// Deliberation's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) default_calendar: Arc<WorkingCalendar>,
    pub(crate) press: Press,
}

impl Service {
    /// Decides a command. Returns its position and the docket as it is then.
    async fn decide(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<(Position, Option<pb::Docket>), CommandError> {
        let done = self.kit.execute::<Docket>(context, id, command).await?;
        Ok((done.position, render::docket(id, done.state(), &done.scope)))
    }

    /// Decides a command that refers a topic to a body, which must be defined, or asks for that.
    async fn decide_referring(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
        to: Option<Code>,
    ) -> Result<(Position, Option<pb::Docket>), CommandError> {
        let decided = self.kit.commit::<Docket, _>(context, id, |unit| {
            let (command, to) = (command.clone(), to.clone());
            Box::pin(async move {
                unit.decide::<Docket>(id, command).await?;
                let Some(body_code) = to else { return Ok(()) };
                match unit.load::<Body>(Body::id(&body_code)).await?.version() {
                    Some(_) => Ok(()),
                    None => Err(CommandError::rejected::<Docket>(Rejection::UnknownBody { body_code })),
                }
            })
        });
        let done = decided.await?;
        Ok((done.position, render::docket(id, done.state(), &done.scope)))
    }

    /// The working calendar in force.
    async fn calendar(&self) -> Result<WorkingCalendar, CommandError> {
        let defined = self.kit.load::<Calendar>(Calendar::realm_id()).await?;
        Ok(defined.in_force(&self.default_calendar).clone())
    }
}

fn docket_id(wire: &str) -> Result<Uuid, Invalid> {
    read("docket_id", wire.to_owned())
}

/// Reads a command from its request, has it decided, and responds. The command's fields are given as in
/// [`read_fields!`].
macro_rules! decide {
    ($service:ident, $request:ident => $response:ident, $command:ident { $($fields:tt)* }) => {{
        let (context, request) = $service.kit.receive($request)?;
        let id = docket_id(&request.docket_id)?;
        let command = read_fields!(request => Command::$command { $($fields)* })?;
        let (position, docket) = $service.decide(&context, id, command).await?;
        Ok(Response::new(pb::$response { position, docket }))
    }};
}

#[tonic::async_trait]
impl DeliberationService for Service {
    async fn record_arrival(
        &self,
        request: Request<pb::RecordArrivalRequest>,
    ) -> Reply<pb::RecordArrivalResponse> {
        decide!(self, request => RecordArrivalResponse, RecordArrival {
            department_code: department, delegate
        })
    }

    async fn record_departure(
        &self,
        request: Request<pb::RecordDepartureRequest>,
    ) -> Reply<pb::RecordDepartureResponse> {
        decide!(self, request => RecordDepartureResponse, RecordDeparture { department_code: department })
    }

    async fn open_docket(&self, request: Request<pb::OpenDocketRequest>) -> Reply<pb::OpenDocketResponse> {
        decide!(self, request => OpenDocketResponse, Open {})
    }

    async fn adjourn_docket(
        &self,
        request: Request<pb::AdjournDocketRequest>,
    ) -> Reply<pb::AdjournDocketResponse> {
        decide!(self, request => AdjournDocketResponse, Adjourn { reason })
    }

    async fn extend_signing(
        &self,
        request: Request<pb::ExtendSigningRequest>,
    ) -> Reply<pb::ExtendSigningResponse> {
        let calendar = self.calendar().await?;
        decide!(self, request => ExtendSigningResponse, ExtendSigning { sign_by, reason; calendar })
    }

    async fn remind_seats(&self, request: Request<pb::RemindSeatsRequest>) -> Reply<pb::RemindSeatsResponse> {
        let calendar = self.calendar().await?;
        decide!(self, request => RemindSeatsResponse, RemindSeats { text; calendar })
    }

    async fn call_meeting(&self, request: Request<pb::CallMeetingRequest>) -> Reply<pb::CallMeetingResponse> {
        decide!(self, request => CallMeetingResponse, CallMeeting { reason })
    }

    async fn open_topic(&self, request: Request<pb::OpenTopicRequest>) -> Reply<pb::OpenTopicResponse> {
        decide!(self, request => OpenTopicResponse, OpenTopic { topic_number: topic })
    }

    async fn pause_topic(&self, request: Request<pb::PauseTopicRequest>) -> Reply<pb::PauseTopicResponse> {
        decide!(self, request => PauseTopicResponse, PauseTopic { topic_number: topic })
    }

    async fn record_digression(
        &self,
        request: Request<pb::RecordDigressionRequest>,
    ) -> Reply<pb::RecordDigressionResponse> {
        decide!(self, request => RecordDigressionResponse, RecordDigression {
            topic_number: topic, minutes, note
        })
    }

    async fn close_debate(&self, request: Request<pb::CloseDebateRequest>) -> Reply<pb::CloseDebateResponse> {
        decide!(self, request => CloseDebateResponse, CloseDebate { topic_number: topic })
    }

    async fn request_floor(
        &self,
        request: Request<pb::RequestFloorRequest>,
    ) -> Reply<pb::RequestFloorResponse> {
        decide!(self, request => RequestFloorResponse, RequestFloor { topic_number: topic, department_code: department })
    }

    async fn withdraw_floor_request(
        &self,
        request: Request<pb::WithdrawFloorRequestRequest>,
    ) -> Reply<pb::WithdrawFloorRequestResponse> {
        decide!(self, request => WithdrawFloorRequestResponse, WithdrawFloorRequest { topic_number: topic, department_code: department })
    }

    async fn give_floor(&self, request: Request<pb::GiveFloorRequest>) -> Reply<pb::GiveFloorResponse> {
        decide!(self, request => GiveFloorResponse, GiveFloor { topic_number: topic, department_code: department, reason })
    }

    async fn yield_floor(&self, request: Request<pb::YieldFloorRequest>) -> Reply<pb::YieldFloorResponse> {
        decide!(self, request => YieldFloorResponse, YieldFloor { topic_number: topic, department_code: department })
    }

    async fn limit_debate(&self, request: Request<pb::LimitDebateRequest>) -> Reply<pb::LimitDebateResponse> {
        decide!(self, request => LimitDebateResponse, LimitDebate { topic_number: topic, speaking_minutes, list_closed })
    }

    async fn raise_point_of_order(
        &self,
        request: Request<pb::RaisePointOfOrderRequest>,
    ) -> Reply<pb::RaisePointOfOrderResponse> {
        decide!(self, request => RaisePointOfOrderResponse, RaisePointOfOrder { topic_number: topic, department_code: department, text })
    }

    async fn rule_point_of_order(
        &self,
        request: Request<pb::RulePointOfOrderRequest>,
    ) -> Reply<pb::RulePointOfOrderResponse> {
        decide!(self, request => RulePointOfOrderResponse, RulePointOfOrder { topic_number: topic, point_number: point, sustained, reason })
    }

    async fn move_motion(&self, request: Request<pb::MoveMotionRequest>) -> Reply<pb::MoveMotionResponse> {
        motion::move_one(self, request).await
    }

    async fn second_motion(
        &self,
        request: Request<pb::SecondMotionRequest>,
    ) -> Reply<pb::SecondMotionResponse> {
        decide!(self, request => SecondMotionResponse, SecondMotion {
            topic_number: topic, motion_number: motion, department_code: department
        })
    }

    async fn withdraw_motion(
        &self,
        request: Request<pb::WithdrawMotionRequest>,
    ) -> Reply<pb::WithdrawMotionResponse> {
        decide!(self, request => WithdrawMotionResponse, WithdrawMotion {
            topic_number: topic, motion_number: motion
        })
    }

    async fn put_motion(&self, request: Request<pb::PutMotionRequest>) -> Reply<pb::PutMotionResponse> {
        motion::put(self, request).await
    }

    async fn record_statement(
        &self,
        request: Request<pb::RecordStatementRequest>,
    ) -> Reply<pb::RecordStatementResponse> {
        decide!(self, request => RecordStatementResponse, RecordStatement {
            topic_number: topic, department_code: department, stance, reasons
        })
    }

    async fn submit_proposal(
        &self,
        request: Request<pb::SubmitProposalRequest>,
    ) -> Reply<pb::SubmitProposalResponse> {
        decide!(self, request => SubmitProposalResponse, SubmitProposal { topic_number: topic, text })
    }

    async fn submit_amendment(
        &self,
        request: Request<pb::SubmitAmendmentRequest>,
    ) -> Reply<pb::SubmitAmendmentResponse> {
        decide!(self, request => SubmitAmendmentResponse, SubmitAmendment {
            topic_number: topic, department_code: department, version, amended_number: amends, text
        })
    }

    async fn second_amendment(
        &self,
        request: Request<pb::SecondAmendmentRequest>,
    ) -> Reply<pb::SecondAmendmentResponse> {
        decide!(self, request => SecondAmendmentResponse, SecondAmendment {
            topic_number: topic, amendment_number: amendment, department_code: department
        })
    }

    async fn withdraw_amendment(
        &self,
        request: Request<pb::WithdrawAmendmentRequest>,
    ) -> Reply<pb::WithdrawAmendmentResponse> {
        decide!(self, request => WithdrawAmendmentResponse, WithdrawAmendment {
            topic_number: topic, amendment_number: amendment
        })
    }

    async fn put_amendment(
        &self,
        request: Request<pb::PutAmendmentRequest>,
    ) -> Reply<pb::PutAmendmentResponse> {
        decide!(self, request => PutAmendmentResponse, PutAmendment {
            topic_number: topic, amendment_number: amendment
        })
    }

    async fn resolve_amendment(
        &self,
        request: Request<pb::ResolveAmendmentRequest>,
    ) -> Reply<pb::ResolveAmendmentResponse> {
        decide!(self, request => ResolveAmendmentResponse, ResolveAmendment {
            topic_number: topic, amendment_number: amendment, adopt
        })
    }

    async fn draft_items(&self, request: Request<pb::DraftItemsRequest>) -> Reply<pb::DraftItemsResponse> {
        decide!(self, request => DraftItemsResponse, DraftItems { topic_number: topic, items })
    }

    async fn revise_item(&self, request: Request<pb::ReviseItemRequest>) -> Reply<pb::ReviseItemResponse> {
        decide!(self, request => ReviseItemResponse, ReviseItem { item_number: item, draft })
    }

    async fn drop_item(&self, request: Request<pb::DropItemRequest>) -> Reply<pb::DropItemResponse> {
        decide!(self, request => DropItemResponse, DropItem { item_number: item, reason })
    }

    async fn accept_item(&self, request: Request<pb::AcceptItemRequest>) -> Reply<pb::AcceptItemResponse> {
        decide!(self, request => AcceptItemResponse, AcceptItem {
            item_number: item, department_code: department
        })
    }

    async fn declare_changes(
        &self,
        request: Request<pb::DeclareChangesRequest>,
    ) -> Reply<pb::DeclareChangesResponse> {
        changes::declare(self, request).await
    }

    async fn open_choice(&self, request: Request<pb::OpenChoiceRequest>) -> Reply<pb::OpenChoiceResponse> {
        choice::open(self, request).await
    }

    async fn cast_choice(&self, request: Request<pb::CastChoiceRequest>) -> Reply<pb::CastChoiceResponse> {
        decide!(self, request => CastChoiceResponse, CastChoice {
            topic_number: topic, department_code: department, named, points
        })
    }

    async fn close_choice(&self, request: Request<pb::CloseChoiceRequest>) -> Reply<pb::CloseChoiceResponse> {
        choice::close(self, request).await
    }

    async fn cast_secret_choice(
        &self,
        request: Request<pb::CastSecretChoiceRequest>,
    ) -> Reply<pb::CastSecretChoiceResponse> {
        choice::cast_secretly(self, request).await
    }

    async fn void_choice(&self, request: Request<pb::VoidChoiceRequest>) -> Reply<pb::VoidChoiceResponse> {
        decide!(self, request => VoidChoiceResponse, VoidChoice { topic_number: topic, reason })
    }

    async fn open_ballot(&self, request: Request<pb::OpenBallotRequest>) -> Reply<pb::OpenBallotResponse> {
        let calendar = self.calendar().await?;
        decide!(self, request => OpenBallotResponse, OpenBallot {
            topic_number: topic, version; calendar
        })
    }

    async fn cast_vote(&self, request: Request<pb::CastVoteRequest>) -> Reply<pb::CastVoteResponse> {
        decide!(self, request => CastVoteResponse, CastVote {
            topic_number: topic, department_code: department, choice, split, reason
        })
    }

    async fn record_recusal(
        &self,
        request: Request<pb::RecordRecusalRequest>,
    ) -> Reply<pb::RecordRecusalResponse> {
        decide!(self, request => RecordRecusalResponse, RecordRecusal {
            topic_number: topic, department_code: department, reason, current_version_only
        })
    }

    async fn withdraw_recusal(
        &self,
        request: Request<pb::WithdrawRecusalRequest>,
    ) -> Reply<pb::WithdrawRecusalResponse> {
        decide!(self, request => WithdrawRecusalResponse, WithdrawRecusal {
            topic_number: topic, department_code: department, reason
        })
    }

    async fn record_roll_call(
        &self,
        request: Request<pb::RecordRollCallRequest>,
    ) -> Reply<pb::RecordRollCallResponse> {
        decide!(self, request => RecordRollCallResponse, RecordRollCall { topic_number: topic, votes })
    }

    async fn record_hand_count(
        &self,
        request: Request<pb::RecordHandCountRequest>,
    ) -> Reply<pb::RecordHandCountResponse> {
        decide!(self, request => RecordHandCountResponse, RecordHandCount { topic_number: topic, hands })
    }

    async fn record_general_consent(
        &self,
        request: Request<pb::RecordGeneralConsentRequest>,
    ) -> Reply<pb::RecordGeneralConsentResponse> {
        let calendar = self.calendar().await?;
        decide!(self, request => RecordGeneralConsentResponse, RecordGeneralConsent {
            topic_number: topic, version; calendar
        })
    }

    async fn give_mandate(&self, request: Request<pb::GiveMandateRequest>) -> Reply<pb::GiveMandateResponse> {
        decide!(self, request => GiveMandateResponse, GiveMandate {
            topic_number: topic, department_code: department, holder_codes: holders
        })
    }

    async fn revoke_mandate(
        &self,
        request: Request<pb::RevokeMandateRequest>,
    ) -> Reply<pb::RevokeMandateResponse> {
        decide!(self, request => RevokeMandateResponse, RevokeMandate {
            topic_number: topic, department_code: department
        })
    }

    async fn close_ballot(&self, request: Request<pb::CloseBallotRequest>) -> Reply<pb::CloseBallotResponse> {
        secret::close_ballot(self, request).await
    }

    async fn cast_secret_vote(
        &self,
        request: Request<pb::CastSecretVoteRequest>,
    ) -> Reply<pb::CastSecretVoteResponse> {
        secret::cast_vote(self, request).await
    }

    async fn void_ballot(&self, request: Request<pb::VoidBallotRequest>) -> Reply<pb::VoidBallotResponse> {
        decide!(self, request => VoidBallotResponse, VoidBallot { topic_number: topic, reason })
    }

    async fn adopt_decision(
        &self,
        request: Request<pb::AdoptDecisionRequest>,
    ) -> Reply<pb::AdoptDecisionResponse> {
        let calendar = self.calendar().await?;
        changes::adopt(self, request, calendar).await
    }

    async fn reject_topic(&self, request: Request<pb::RejectTopicRequest>) -> Reply<pb::RejectTopicResponse> {
        decide!(self, request => RejectTopicResponse, RejectTopic { topic_number: topic, reason })
    }

    async fn defer_topic(&self, request: Request<pb::DeferTopicRequest>) -> Reply<pb::DeferTopicResponse> {
        let calendar = self.calendar().await?;
        decide!(self, request => DeferTopicResponse, DeferTopic {
            topic_number: topic, resume_on, moved_by_code: moved_by, reason; calendar
        })
    }

    async fn refer_topic(&self, request: Request<pb::ReferTopicRequest>) -> Reply<pb::ReferTopicResponse> {
        let (context, request) = self.kit.receive(request)?;
        let id = docket_id(&request.docket_id)?;
        let to: Code = read("referred_to_code", request.referred_to_code.clone())?;
        let command = read_fields!(request => Command::ReferTopic {
            topic_number: topic, referred_to_code: referred_to, reason
        })?;
        let (position, docket) = self.decide_referring(&context, id, command, Some(to)).await?;
        Ok(Response::new(pb::ReferTopicResponse { position, docket }))
    }

    async fn withdraw_topic(
        &self,
        request: Request<pb::WithdrawTopicRequest>,
    ) -> Reply<pb::WithdrawTopicResponse> {
        decide!(self, request => WithdrawTopicResponse, WithdrawTopic { topic_number: topic, reason })
    }

    async fn close_docket(&self, request: Request<pb::CloseDocketRequest>) -> Reply<pb::CloseDocketResponse> {
        decide!(self, request => CloseDocketResponse, Close {})
    }

    async fn correct_minutes(
        &self,
        request: Request<pb::CorrectMinutesRequest>,
    ) -> Reply<pb::CorrectMinutesResponse> {
        minutes::correct(self, request).await
    }

    async fn confirm_minutes(
        &self,
        request: Request<pb::ConfirmMinutesRequest>,
    ) -> Reply<pb::ConfirmMinutesResponse> {
        minutes::confirm(self, request).await
    }

    async fn object_to_minutes(
        &self,
        request: Request<pb::ObjectToMinutesRequest>,
    ) -> Reply<pb::ObjectToMinutesResponse> {
        minutes::object(self, request).await
    }

    async fn get_minutes(&self, request: Request<pb::GetMinutesRequest>) -> Reply<pb::GetMinutesResponse> {
        minutes::get(self, request).await
    }

    async fn export_minutes(
        &self,
        request: Request<pb::ExportMinutesRequest>,
    ) -> Reply<pb::ExportMinutesResponse> {
        export::export(self, request).await
    }

    async fn get_docket(&self, request: Request<pb::GetDocketRequest>) -> Reply<pb::GetDocketResponse> {
        queries::get_docket(self, request).await
    }

    async fn get_next_steps(
        &self,
        request: Request<pb::GetNextStepsRequest>,
    ) -> Reply<pb::GetNextStepsResponse> {
        queries::get_next_steps(self, request).await
    }

    async fn list_dockets(&self, request: Request<pb::ListDocketsRequest>) -> Reply<pb::ListDocketsResponse> {
        queries::list_dockets(self, request).await
    }
}
