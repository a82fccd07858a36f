//! The rpcs: each reads its request, has it decided or queries the view, and answers. Grouped by subject.

mod added_topics;
mod admission;
mod body;
mod clashes;
mod convening;
mod diary;
mod invitation;
mod matter;
mod matter_query;
mod poll;
mod query;
mod raising;
mod refused;
mod relabelling;
mod render;
mod room;
mod series;
mod slots;
mod timetable;
mod travel;

use crate::facts::{self, Named};
use crate::following::CalendarReader;
use domain::Uuid;
use domain::calendar::WorkingCalendar;
use domain::constitution::Constitution;
use domain::deliberation::docket::Docket;
use domain::directory::calendar::Calendar;
use domain::scheduling::emergency::{self, Emergency};
use domain::scheduling::session::{Command, Filed, Kind, Rejection, Session, Stage, State};
use proto::Invalid;
use proto::scheduling::v1 as pb;
use proto::scheduling::v1::scheduling_service_server::SchedulingService;
use service_kit::handle::Executed;
use service_kit::places::Places;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Kit, Position, Scope, ViewStore};
use std::sync::Arc;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// Scheduling's rpcs.
pub struct Service {
    pub(crate) kit: Kit,
    pub(crate) view: ViewStore,
    /// The calendar in force while none is defined.
    pub(crate) default_calendar: Arc<WorkingCalendar>,
    /// Places for timetables that are being planned.
    pub(crate) planning: Places,
    /// What reads calendars that are kept elsewhere.
    pub(crate) calendars: CalendarReader,
}

/// The answer to a command on a session: the position, and the session as it is now.
type Answer = (Position, Option<pb::Session>);

impl Service {
    /// Carries out a command on a session, if its body allows it.
    async fn execute(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<Answer, CommandError> {
        self.execute_naming(context, id, command, Vec::new()).await
    }

    /// Carries out a command by which a docket is prepared, with the body as it is now.
    async fn execute_constituted(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: impl Fn(Constitution) -> Command + Clone + Send + Sync + 'static,
    ) -> Result<Answer, CommandError> {
        let decided = self.kit.commit::<Session, _>(context, id, |unit| {
            let (command, default_calendar) = (command.clone(), self.default_calendar.clone());
            Box::pin(async move {
                let constitution = facts::constitution(unit, &default_calendar, id).await?;
                let command = command(constitution.ok_or_else(|| not_found("session"))?);
                facts::must_be_allowed(unit, id, &command).await?;
                facts::decide_session(unit, id, &command, id, &default_calendar).await
            })
        });
        self.answered(context, id, decided.await).await
    }

    /// Carries out a command that names departments; they must be in the directory.
    async fn execute_naming(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
        named: Vec<Named>,
    ) -> Result<Answer, CommandError> {
        let decided = self.kit.commit::<Session, _>(context, id, |unit| {
            let (command, named) = (command.clone(), named.clone());
            let default_calendar = self.default_calendar.clone();
            Box::pin(async move {
                facts::must_be_allowed(unit, id, &command).await?;
                facts::decide_session(unit, id, &command, id, &default_calendar).await?;
                facts::must_be_listed(unit, &named).await
            })
        });
        self.answered(context, id, decided.await).await
    }

    /// What a command on a session came to, as its issuer is told it.
    async fn answered(
        &self,
        context: &CommandContext,
        id: Uuid,
        decided: Result<Executed<Session>, CommandError>,
    ) -> Result<Answer, CommandError> {
        match decided {
            Ok(done) => self.answer(id, &done).await,
            Err(refused) => Err(self.told(context, &[id], refused).await),
        }
    }

    /// The realm's calendar, as it is now.
    pub(super) async fn realm_calendar(&self) -> Result<WorkingCalendar, CommandError> {
        let defined = self.kit.load::<Calendar>(Calendar::realm_id()).await?;
        Ok(defined.in_force(&self.default_calendar).clone())
    }

    /// The answer to a command, as its issuer sees it.
    async fn answer(&self, id: Uuid, done: &Executed<Session>) -> Result<Answer, CommandError> {
        Ok((done.position, self.shown(&done.scope, id, done.state()).await?))
    }

    /// A session as somebody sees it. Who is recused from its topics is known to its docket.
    async fn shown(
        &self,
        scope: &Scope,
        id: Uuid,
        state: &State,
    ) -> Result<Option<pb::Session>, CommandError> {
        let Some(filed) = state.filed() else { return Ok(None) };
        let emergency = match filed.outline.kind {
            Kind::Emergency => self.kit.show::<Emergency>(scope, id).await?,
            Kind::Standing | Kind::Case => emergency::State::default(),
        };
        self.shown_with(scope, id, filed, &emergency).await.map(Some)
    }

    async fn shown_with(
        &self,
        scope: &Scope,
        id: Uuid,
        filed: &Filed,
        emergency: &emergency::State,
    ) -> Result<pb::Session, CommandError> {
        let seen = &filed.seen_by(|audience| scope.covers(audience));
        let mut session = render::session(id, seen);
        session.emergency = emergency.raised().map(render::emergency);
        if filed.stage() == Stage::Scheduled {
            session.expected = render::expected(seen, self.quorum_of(filed).await?);
        }
        session.clashes = self.clashes(scope, id, seen).await?;
        if scope.may_be_recused() && !session.papers.is_empty() {
            let docket = self.kit.show::<Docket>(scope, id).await?;
            let recused = |topic| docket.recused_from(topic).is_some_and(|recused| scope.is_recused(recused));
            session.papers.retain(|paper| !recused(paper.topic_number));
        }
        Ok(session)
    }
}

fn session_id(wire: &str) -> Result<Uuid, Invalid> {
    read("session_id", wire.to_owned())
}

fn not_found(what: &'static str) -> CommandError {
    CommandError::rejected::<Session>(Rejection::NotFound { what })
}

#[tonic::async_trait]
impl SchedulingService for Service {
    async fn register_room(
        &self,
        request: Request<pb::RegisterRoomRequest>,
    ) -> Reply<pb::RegisterRoomResponse> {
        room::register(self, request).await
    }

    async fn define_travel_time(
        &self,
        request: Request<pb::DefineTravelTimeRequest>,
    ) -> Reply<pb::DefineTravelTimeResponse> {
        travel::define(self, request).await
    }

    async fn get_travel_times(
        &self,
        request: Request<pb::GetTravelTimesRequest>,
    ) -> Reply<pb::GetTravelTimesResponse> {
        travel::get(self, request).await
    }

    async fn define_body(&self, request: Request<pb::DefineBodyRequest>) -> Reply<pb::DefineBodyResponse> {
        body::define(self, request).await
    }

    async fn change_body(&self, request: Request<pb::ChangeBodyRequest>) -> Reply<pb::ChangeBodyResponse> {
        body::change(self, request).await
    }

    async fn accept_seat(&self, request: Request<pb::AcceptSeatRequest>) -> Reply<pb::AcceptSeatResponse> {
        body::accept_seat(self, request).await
    }

    async fn take_in_matter(
        &self,
        request: Request<pb::TakeInMatterRequest>,
    ) -> Reply<pb::TakeInMatterResponse> {
        matter::take_in(self, request).await
    }

    async fn defer_matter(&self, request: Request<pb::DeferMatterRequest>) -> Reply<pb::DeferMatterResponse> {
        matter::defer(self, request).await
    }

    async fn refer_matter(&self, request: Request<pb::ReferMatterRequest>) -> Reply<pb::ReferMatterResponse> {
        matter::refer(self, request).await
    }

    async fn accept_referral(
        &self,
        request: Request<pb::AcceptReferralRequest>,
    ) -> Reply<pb::AcceptReferralResponse> {
        matter::accept_referral(self, request).await
    }

    async fn return_referral(
        &self,
        request: Request<pb::ReturnReferralRequest>,
    ) -> Reply<pb::ReturnReferralResponse> {
        matter::return_referral(self, request).await
    }

    async fn split_matter(&self, request: Request<pb::SplitMatterRequest>) -> Reply<pb::SplitMatterResponse> {
        matter::split(self, request).await
    }

    async fn merge_matter(&self, request: Request<pb::MergeMatterRequest>) -> Reply<pb::MergeMatterResponse> {
        matter::merge(self, request).await
    }

    async fn withdraw_matter(
        &self,
        request: Request<pb::WithdrawMatterRequest>,
    ) -> Reply<pb::WithdrawMatterResponse> {
        matter::withdraw(self, request).await
    }

    async fn get_matter(&self, request: Request<pb::GetMatterRequest>) -> Reply<pb::GetMatterResponse> {
        matter_query::get(self, request).await
    }

    async fn list_matters(&self, request: Request<pb::ListMattersRequest>) -> Reply<pb::ListMattersResponse> {
        matter_query::list(self, request).await
    }

    async fn compare_matter(
        &self,
        request: Request<pb::CompareMatterRequest>,
    ) -> Reply<pb::CompareMatterResponse> {
        matter_query::compare(self, request).await
    }

    async fn request_session(
        &self,
        request: Request<pb::RequestSessionRequest>,
    ) -> Reply<pb::RequestSessionResponse> {
        admission::request(self, request).await
    }

    async fn submit_paper(&self, request: Request<pb::SubmitPaperRequest>) -> Reply<pb::SubmitPaperResponse> {
        admission::submit_paper(self, request).await
    }

    async fn relabel_topic(
        &self,
        request: Request<pb::RelabelTopicRequest>,
    ) -> Reply<pb::RelabelTopicResponse> {
        relabelling::topic(self, request).await
    }

    async fn relabel_paper(
        &self,
        request: Request<pb::RelabelPaperRequest>,
    ) -> Reply<pb::RelabelPaperResponse> {
        relabelling::paper(self, request).await
    }

    async fn reclassify_matter(
        &self,
        request: Request<pb::ReclassifyMatterRequest>,
    ) -> Reply<pb::ReclassifyMatterResponse> {
        matter::reclassify(self, request).await
    }

    async fn relabel_matter(
        &self,
        request: Request<pb::RelabelMatterRequest>,
    ) -> Reply<pb::RelabelMatterResponse> {
        relabelling::matter(self, request).await
    }

    async fn screen_session(
        &self,
        request: Request<pb::ScreenSessionRequest>,
    ) -> Reply<pb::ScreenSessionResponse> {
        admission::screen(self, request).await
    }

    async fn override_finding(
        &self,
        request: Request<pb::OverrideFindingRequest>,
    ) -> Reply<pb::OverrideFindingResponse> {
        admission::override_finding(self, request).await
    }

    async fn admit_session(
        &self,
        request: Request<pb::AdmitSessionRequest>,
    ) -> Reply<pb::AdmitSessionResponse> {
        admission::admit(self, request).await
    }

    async fn return_session(
        &self,
        request: Request<pb::ReturnSessionRequest>,
    ) -> Reply<pb::ReturnSessionResponse> {
        admission::return_to_requester(self, request).await
    }

    async fn revise_session(
        &self,
        request: Request<pb::ReviseSessionRequest>,
    ) -> Reply<pb::ReviseSessionResponse> {
        admission::revise(self, request).await
    }

    async fn convert_to_countersign(
        &self,
        request: Request<pb::ConvertToCountersignRequest>,
    ) -> Reply<pb::ConvertToCountersignResponse> {
        admission::convert_to_countersign(self, request).await
    }

    async fn merge_session(
        &self,
        request: Request<pb::MergeSessionRequest>,
    ) -> Reply<pb::MergeSessionResponse> {
        admission::merge(self, request).await
    }

    async fn schedule_session(
        &self,
        request: Request<pb::ScheduleSessionRequest>,
    ) -> Reply<pb::ScheduleSessionResponse> {
        convening::schedule(self, request).await
    }

    async fn move_session(&self, request: Request<pb::MoveSessionRequest>) -> Reply<pb::MoveSessionResponse> {
        convening::relocate(self, request).await
    }

    async fn add_topic(&self, request: Request<pb::AddTopicRequest>) -> Reply<pb::AddTopicResponse> {
        added_topics::add(self, request).await
    }

    async fn postpone_session(
        &self,
        request: Request<pb::PostponeSessionRequest>,
    ) -> Reply<pb::PostponeSessionResponse> {
        convening::postpone(self, request).await
    }

    async fn cancel_session(
        &self,
        request: Request<pb::CancelSessionRequest>,
    ) -> Reply<pb::CancelSessionResponse> {
        convening::cancel(self, request).await
    }

    async fn answer_invitation(
        &self,
        request: Request<pb::AnswerInvitationRequest>,
    ) -> Reply<pb::AnswerInvitationResponse> {
        convening::answer_invitation(self, request).await
    }

    async fn name_delegate(
        &self,
        request: Request<pb::NameDelegateRequest>,
    ) -> Reply<pb::NameDelegateResponse> {
        convening::name_delegate(self, request).await
    }

    async fn convene_session(
        &self,
        request: Request<pb::ConveneSessionRequest>,
    ) -> Reply<pb::ConveneSessionResponse> {
        convening::convene(self, request).await
    }

    async fn raise_emergency(
        &self,
        request: Request<pb::RaiseEmergencyRequest>,
    ) -> Reply<pb::RaiseEmergencyResponse> {
        raising::raise(self, request).await
    }

    async fn acknowledge_emergency(
        &self,
        request: Request<pb::AcknowledgeEmergencyRequest>,
    ) -> Reply<pb::AcknowledgeEmergencyResponse> {
        raising::acknowledge(self, request).await
    }

    async fn list_rooms(&self, request: Request<pb::ListRoomsRequest>) -> Reply<pb::ListRoomsResponse> {
        room::list(self, request).await
    }

    async fn get_body(&self, request: Request<pb::GetBodyRequest>) -> Reply<pb::GetBodyResponse> {
        body::get(self, request).await
    }

    async fn list_bodies(&self, request: Request<pb::ListBodiesRequest>) -> Reply<pb::ListBodiesResponse> {
        body::list(self, request).await
    }

    async fn get_session(&self, request: Request<pb::GetSessionRequest>) -> Reply<pb::GetSessionResponse> {
        query::get_session(self, request).await
    }

    async fn get_next_steps(
        &self,
        request: Request<pb::GetNextStepsRequest>,
    ) -> Reply<pb::GetNextStepsResponse> {
        query::get_next_steps(self, request).await
    }

    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Reply<pb::ListSessionsResponse> {
        query::list_sessions(self, request).await
    }

    async fn propose_timetable(
        &self,
        request: Request<pb::ProposeTimetableRequest>,
    ) -> Reply<pb::ProposeTimetableResponse> {
        timetable::propose(self, request).await
    }

    async fn adopt_timetable(
        &self,
        request: Request<pb::AdoptTimetableRequest>,
    ) -> Reply<pb::AdoptTimetableResponse> {
        timetable::adopt(self, request).await
    }

    async fn withdraw_timetable(
        &self,
        request: Request<pb::WithdrawTimetableRequest>,
    ) -> Reply<pb::WithdrawTimetableResponse> {
        timetable::withdraw(self, request).await
    }

    async fn get_timetable(
        &self,
        request: Request<pb::GetTimetableRequest>,
    ) -> Reply<pb::GetTimetableResponse> {
        timetable::get(self, request).await
    }

    async fn list_timetables(
        &self,
        request: Request<pb::ListTimetablesRequest>,
    ) -> Reply<pb::ListTimetablesResponse> {
        timetable::list(self, request).await
    }

    async fn record_absence(
        &self,
        request: Request<pb::RecordAbsenceRequest>,
    ) -> Reply<pb::RecordAbsenceResponse> {
        diary::record_absence(self, request).await
    }

    async fn withdraw_absence(
        &self,
        request: Request<pb::WithdrawAbsenceRequest>,
    ) -> Reply<pb::WithdrawAbsenceResponse> {
        diary::withdraw_absence(self, request).await
    }

    async fn import_busy_times(
        &self,
        request: Request<pb::ImportBusyTimesRequest>,
    ) -> Reply<pb::ImportBusyTimesResponse> {
        diary::import(self, request).await
    }

    async fn subscribe_busy_times(
        &self,
        request: Request<pb::SubscribeBusyTimesRequest>,
    ) -> Reply<pb::SubscribeBusyTimesResponse> {
        diary::subscribe(self, request).await
    }

    async fn refresh_busy_times(
        &self,
        request: Request<pb::RefreshBusyTimesRequest>,
    ) -> Reply<pb::RefreshBusyTimesResponse> {
        diary::refresh(self, request).await
    }

    async fn forget_busy_times(
        &self,
        request: Request<pb::ForgetBusyTimesRequest>,
    ) -> Reply<pb::ForgetBusyTimesResponse> {
        diary::forget(self, request).await
    }

    async fn get_diary(&self, request: Request<pb::GetDiaryRequest>) -> Reply<pb::GetDiaryResponse> {
        diary::get(self, request).await
    }

    async fn request_series(
        &self,
        request: Request<pb::RequestSeriesRequest>,
    ) -> Reply<pb::RequestSeriesResponse> {
        series::request(self, request).await
    }

    async fn clone_session(
        &self,
        request: Request<pb::CloneSessionRequest>,
    ) -> Reply<pb::CloneSessionResponse> {
        series::clone(self, request).await
    }

    async fn find_slots(&self, request: Request<pb::FindSlotsRequest>) -> Reply<pb::FindSlotsResponse> {
        slots::find_slots(self, request).await
    }

    async fn open_poll(&self, request: Request<pb::OpenPollRequest>) -> Reply<pb::OpenPollResponse> {
        poll::open(self, request).await
    }

    async fn answer_poll(&self, request: Request<pb::AnswerPollRequest>) -> Reply<pb::AnswerPollResponse> {
        poll::answer(self, request).await
    }

    async fn propose_time(&self, request: Request<pb::ProposeTimeRequest>) -> Reply<pb::ProposeTimeResponse> {
        poll::propose(self, request).await
    }

    async fn decline_time(&self, request: Request<pb::DeclineTimeRequest>) -> Reply<pb::DeclineTimeResponse> {
        poll::decline(self, request).await
    }

    async fn adopt_time(&self, request: Request<pb::AdoptTimeRequest>) -> Reply<pb::AdoptTimeResponse> {
        poll::adopt(self, request).await
    }

    async fn withdraw_poll(
        &self,
        request: Request<pb::WithdrawPollRequest>,
    ) -> Reply<pb::WithdrawPollResponse> {
        poll::withdraw(self, request).await
    }

    async fn get_poll(&self, request: Request<pb::GetPollRequest>) -> Reply<pb::GetPollResponse> {
        poll::get(self, request).await
    }

    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Reply<pb::ListInvitationsResponse> {
        invitation::list(self, request).await
    }

    async fn list_polls(&self, request: Request<pb::ListPollsRequest>) -> Reply<pb::ListPollsResponse> {
        poll::list(self, request).await
    }
}
