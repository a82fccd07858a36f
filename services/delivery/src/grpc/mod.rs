//! The rpcs: each reads its request, has it decided or looks it up, and answers. Grouped by subject.

mod answer;
mod calendar;
mod delivery;
mod query;
mod render;
mod subscription;

use crate::Delivering;
use domain::Actor;
use domain::Uuid;
use domain::delivery::subscription::{Known, Rejection, State, Subscription};
use proto::delivery::v1 as pb;
use proto::delivery::v1::delivery_service_server::DeliveryService;
use service_kit::handle::Executed;
use service_kit::serve::{caller, read};
use service_kit::{CommandContext, CommandError, ViewStore};
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// The rpcs of delivery.
pub struct Service {
    pub(crate) delivering: Delivering,
    pub(crate) view: ViewStore,
}

impl Service {
    /// Carries out a command on a subscription that is there.
    async fn execute(
        &self,
        context: &CommandContext,
        subscription_id: String,
        command: domain::delivery::subscription::Command,
    ) -> Result<(Uuid, Executed<Subscription>), Status> {
        let id: Uuid = read("subscription_id", subscription_id)?;
        let done = self.delivering.kit.execute::<Subscription>(context, id, command).await?;
        Ok((id, done))
    }

    /// A subscription, to somebody who may look at it; once the view has reached a position.
    async fn shown<M>(
        &self,
        request: &Request<M>,
        at_least: u64,
        id: Uuid,
    ) -> Result<(Box<Known>, Actor, u64), Status> {
        let (actor, scope) = (caller(request)?, self.delivering.kit.scope(request).await?);
        let position = self.view.wait_until_caught_up(at_least).await?;
        match self.delivering.kit.show::<Subscription>(&scope, id).await? {
            State::Defined(known) if known.is_shown_to(&actor) => Ok((known, actor, position)),
            _ => Err(not_found().into()),
        }
    }
}

/// The refusal of a subscription that does not exist for whoever asks.
fn not_found() -> CommandError {
    CommandError::rejected::<Subscription>(Rejection::NotFound { what: "subscription" })
}

#[tonic::async_trait]
impl DeliveryService for Service {
    async fn define_subscription(
        &self,
        request: Request<pb::DefineSubscriptionRequest>,
    ) -> Reply<pb::DefineSubscriptionResponse> {
        subscription::define(self, request).await
    }

    async fn change_subscription(
        &self,
        request: Request<pb::ChangeSubscriptionRequest>,
    ) -> Reply<pb::ChangeSubscriptionResponse> {
        subscription::change(self, request).await
    }

    async fn switch_off_subscription(
        &self,
        request: Request<pb::SwitchOffSubscriptionRequest>,
    ) -> Reply<pb::SwitchOffSubscriptionResponse> {
        subscription::switch_off(self, request).await
    }

    async fn switch_on_subscription(
        &self,
        request: Request<pb::SwitchOnSubscriptionRequest>,
    ) -> Reply<pb::SwitchOnSubscriptionResponse> {
        subscription::switch_on(self, request).await
    }

    async fn withdraw_subscription(
        &self,
        request: Request<pb::WithdrawSubscriptionRequest>,
    ) -> Reply<pb::WithdrawSubscriptionResponse> {
        subscription::withdraw(self, request).await
    }

    async fn rotate_subscription_secret(
        &self,
        request: Request<pb::RotateSubscriptionSecretRequest>,
    ) -> Reply<pb::RotateSubscriptionSecretResponse> {
        subscription::rotate_secret(self, request).await
    }

    async fn replay_subscription(
        &self,
        request: Request<pb::ReplaySubscriptionRequest>,
    ) -> Reply<pb::ReplaySubscriptionResponse> {
        delivery::replay(self, request).await
    }

    async fn resend_delivery(
        &self,
        request: Request<pb::ResendDeliveryRequest>,
    ) -> Reply<pb::ResendDeliveryResponse> {
        delivery::resend(self, request).await
    }

    async fn get_subscription(
        &self,
        request: Request<pb::GetSubscriptionRequest>,
    ) -> Reply<pb::GetSubscriptionResponse> {
        query::get(self, request).await
    }

    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Reply<pb::ListSubscriptionsResponse> {
        query::list(self, request).await
    }

    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Reply<pb::ListDeliveriesResponse> {
        delivery::list(self, request).await
    }

    async fn create_calendar_feed(
        &self,
        request: Request<pb::CreateCalendarFeedRequest>,
    ) -> Reply<pb::CreateCalendarFeedResponse> {
        calendar::create(self, request).await
    }

    async fn revoke_calendar_feed(
        &self,
        request: Request<pb::RevokeCalendarFeedRequest>,
    ) -> Reply<pb::RevokeCalendarFeedResponse> {
        calendar::revoke(self, request).await
    }

    async fn list_calendar_feeds(
        &self,
        request: Request<pb::ListCalendarFeedsRequest>,
    ) -> Reply<pb::ListCalendarFeedsResponse> {
        calendar::list(self, request).await
    }

    async fn answer_invitation_by_mail(
        &self,
        request: Request<pb::AnswerInvitationByMailRequest>,
    ) -> Reply<pb::AnswerInvitationByMailResponse> {
        answer::answer(self, request).await
    }

    async fn read_calendar_feed(
        &self,
        request: Request<pb::ReadCalendarFeedRequest>,
    ) -> Reply<pb::ReadCalendarFeedResponse> {
        calendar::read_calendar(self, request).await
    }
}
