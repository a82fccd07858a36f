//! The system (系统): how far each service's view follows the log, what was set aside, and what became of what is sent.

mod access;

use super::answer::{Failure, html};
use super::frame::{Frame, Nav, Stamp, grouped};
use super::limits::ROWS_PER_PAGE;
use super::reader::Reader;
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use futures::future::try_join_all;
use futures::{FutureExt as _, future::BoxFuture};
use http::Response;
use proto::delivery::v1::{ListSubscriptionsRequest, Subscription, SubscriptionStage};
use proto::ledger::v1::GetHeadRequest;
use proto::operations::v1::{ListSetAsideRequest, SetAsideRecord};
use proto::{deliberation, directory, followup, resolution, scheduling};
use tonic::body::Body;
use tonic::{Code, Status};

/// The view of a service.
struct View {
    service: &'static str,
    position: String,
    /// How many records it is behind.
    behind: u64,
}

/// What is sent to somebody.
struct Sent {
    name: String,
    to: String,
    stage: String,
    is_off: bool,
    given_up: u32,
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    frame: Frame,
    lede: String,
    views: Vec<View>,
    /// Nothing for whoever may not know.
    set_aside: Option<Vec<SetAsideRecord>>,
    set_aside_in_all: u64,
    sent: Vec<Sent>,
    has_more: bool,
    /// Who could see something; nothing for whoever may not ask.
    access: Option<access::Access>,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    // The head first: a view that is asked later may be ahead of it, and is then not behind.
    let head = reader.ask(GetHeadRequest::default()).await?;
    let may_know = reader.holder.is("auditor") || reader.holder.is("operator");
    let set_aside = async {
        match may_know {
            true => {
                let request = ListSetAsideRequest { page_size: ROWS_PER_PAGE, ..Default::default() };
                match reader.ask(request).await {
                    Ok(answer) => Ok(Some(answer)),
                    // Where services run elsewhere, each process says it for itself.
                    Err(status) if status.code() == Code::Unimplemented => Ok(None),
                    Err(status) => Err(status.into()),
                }
            }
            false => Ok(None),
        }
    };
    let (around, positions, set_aside, sent) = futures::future::try_join4(
        reader.surroundings(desk),
        async { Ok(try_join_all(positions(reader)).await?) },
        set_aside,
        async {
            Ok(reader
                .ask(ListSubscriptionsRequest { page_size: ROWS_PER_PAGE, ..Default::default() })
                .await?)
        },
    )
    .await?;
    let views: Vec<View> = positions
        .into_iter()
        .chain([("delivery", sent.position)])
        .map(|(service, position)| View {
            service,
            position: grouped(position),
            behind: head.position.saturating_sub(position),
        })
        .collect();
    let mut frame = Frame::new(reader, &around, asked, Nav::System, words.t("System"));
    frame.stamp = Some(Stamp::of_this_installation(
        reader,
        &around.calendar,
        head.clock_at,
        head.position,
        "/v1/log/head",
    ));
    let access = access::of(reader, &around, asked).await?;
    let page = SystemPage {
        access,
        lede: lede(words, &views),
        views,
        set_aside_in_all: set_aside.as_ref().map(|set_aside| set_aside.total).unwrap_or_default(),
        set_aside: set_aside.map(|set_aside| set_aside.records),
        has_more: !sent.next_page_token.is_empty(),
        sent: sent.subscriptions.into_iter().map(|subscription| shown(words, subscription)).collect(),
        frame,
    };
    Ok(html(&page))
}

/// Asks each service how far its view is.
fn positions(reader: &Reader) -> Vec<BoxFuture<'_, Result<(&'static str, u64), Status>>> {
    macro_rules! view {
        ($service:literal, $request:ty) => {
            async move {
                let request = <$request>::default();
                Ok(($service, reader.ask(request).await?.position))
            }
            .boxed()
        };
    }
    vec![
        view!("directory", directory::v1::ListDepartmentsRequest),
        view!("scheduling", scheduling::v1::ListSessionsRequest),
        view!("deliberation", deliberation::v1::ListDocketsRequest),
        view!("resolution", resolution::v1::ListItemsRequest),
        view!("followup", followup::v1::ListFollowUpsRequest),
    ]
}

fn lede(words: Words, views: &[View]) -> String {
    match views.iter().max_by_key(|view| view.behind).filter(|view| view.behind > 0) {
        Some(last) => words.say(
            "{service} is the furthest behind the log: {n} records.",
            &[("service", &last.service), ("n", &grouped(last.behind))],
        ),
        None => words.t("Every view shows all that is in the log.").to_owned(),
    }
}

fn shown(words: Words, subscription: Subscription) -> Sent {
    let terms = subscription.terms.unwrap_or_default();
    let stage = SubscriptionStage::try_from(subscription.stage).unwrap_or_default();
    Sent {
        to: terms.webhook_url.unwrap_or_else(|| words.t("as mail").to_owned()),
        name: terms.name,
        stage: words.value("huishang.delivery.v1.SubscriptionStage", subscription.stage),
        is_off: stage != SubscriptionStage::On,
        given_up: subscription.given_up,
    }
}
