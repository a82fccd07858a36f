//! The rpc that verifies the views of a process.

use super::{Compared, Difference, Kept, ViewError};
use crate::Kit;
use crate::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX, VIEW_VERIFICATIONS_AT_ONCE_MAX};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use proto::views::v1 as pb;
use proto::views::v1::views_service_server::{ViewsService, ViewsServiceServer};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// The service's full name on the wire.
pub const NAME: &str = <ViewsServiceServer<ViewsOfThisProcess> as tonic::server::NamedService>::NAME;

/// Answers made ahead of a slow reader; further progress is not told.
const ANSWERS_AHEAD: usize = 8;

/// Verifies what is kept with a kit.
pub struct ViewsOfThisProcess {
    kit: Kit,
    turns: Arc<Semaphore>,
}

/// Gives the server for the views that are kept with this kit.
pub fn build(kit: &Kit) -> ViewsServiceServer<ViewsOfThisProcess> {
    let turns = Arc::new(Semaphore::new(VIEW_VERIFICATIONS_AT_ONCE_MAX));
    ViewsServiceServer::new(ViewsOfThisProcess { kit: kit.clone(), turns })
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX)
}

type Answer = Result<pb::VerifyViewsResponse, Status>;

#[tonic::async_trait]
impl ViewsService for ViewsOfThisProcess {
    type VerifyViewsStream = BoxStream<'static, Answer>;

    async fn verify_views(
        &self,
        _: Request<pb::VerifyViewsRequest>,
    ) -> Result<Response<Self::VerifyViewsStream>, Status> {
        let turn = self.turns.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted("the views are being verified already; try again when that has ended")
        })?;
        let (answers, stream) = mpsc::channel(ANSWERS_AHEAD);
        let kit = self.kit.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = verify(&kit, &answers) => {}
                () = answers.closed() => {}
                () = kit.stop().cancelled() => {
                    let _ = answers.send(Err(Status::unavailable("the process is ending"))).await;
                }
            }
            drop(turn);
        });
        Ok(Response::new(ReceiverStream::new(stream).boxed()))
    }
}

async fn verify(kit: &Kit, answers: &mpsc::Sender<Answer>) {
    for view in kit.views() {
        let answer = match compare(kit, &view, answers).await {
            Ok(compared) => Ok(verdict(view.name, compared)),
            Err(error) => {
                tracing::error!(view = view.name, %error, "the view could not be verified");
                Err(Status::internal(format!("the view {} could not be verified: {error}", view.name)))
            }
        };
        let failed = answer.is_err();
        if answers.send(answer).await.is_err() || failed {
            return;
        }
    }
}

async fn compare(kit: &Kit, view: &Kept, answers: &mpsc::Sender<Answer>) -> Result<Compared, ViewError> {
    let (told, name) = (answers.clone(), view.name);
    let progress = move |replayed, records| {
        let answer =
            pb::VerifyViewsResponse { view: name.to_owned(), replayed, records, ..Default::default() };
        // Progress that nobody takes in time is of no use.
        let _ = told.try_send(Ok(answer));
    };
    view.compare(kit.journal().clone(), Box::new(progress)).await
}

fn verdict(view: &str, compared: Compared) -> pb::VerifyViewsResponse {
    if let Some(difference) = &compared.difference {
        tracing::error!(view, ?difference, "the view is not what the log makes of it");
    }
    pb::VerifyViewsResponse {
        view: view.to_owned(),
        replayed: compared.position,
        records: compared.position,
        done: true,
        difference: compared.difference.map(|Difference { table, row, has, replay_has }| {
            pb::ViewDifference { table, row, has, replay_has }
        }),
    }
}
