//! The reference for whole commands: the least that tonic can do with the same bytes.
//!
//! Another process, as the server is, answers each registration of a department with itself: read from the
//! wire, decoded, encoded, written. It authenticates nobody, decides nothing and keeps nothing.

use anyhow::Context as _;
use futures::future::{BoxFuture, FutureExt as _, Ready, ready};
use proto::directory::v1::RegisterDepartmentRequest;
use std::convert::Infallible;
use std::process::Command;
use std::task::{Context, Poll};
use tests::Process;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// The argument with which this binary is the echo.
pub const ARGUMENT: &str = "be-the-echo";

const READY: &str = "echo at ";

/// Starts the echo as a process of its own; returns its address as well.
pub fn start() -> anyhow::Result<(Process, String)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(ARGUMENT);
    Process::start("echo", &mut command, |line| line.strip_prefix(READY).map(str::to_owned))
}

/// Runs as the echo, until the process is ended.
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("a port for the echo")?;
    eprintln!("{READY}{}", listener.local_addr()?);
    let connections = futures::StreamExt::map(TcpListenerStream::new(listener), |accepted| {
        accepted.inspect(|connection| drop(connection.set_nodelay(true)))
    });
    tonic::transport::Server::builder().add_service(Echo).serve_with_incoming(connections).await?;
    Ok(())
}

#[derive(Clone)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "huishang.directory.v1.DirectoryService";
}

impl tower::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let codec = ProstCodec::<RegisterDepartmentRequest, RegisterDepartmentRequest>::default();
        async move { Ok(Grpc::new(codec).unary(Back, request).await) }.boxed()
    }
}

struct Back;

impl UnaryService<RegisterDepartmentRequest> for Back {
    type Response = RegisterDepartmentRequest;
    type Future = Ready<Result<Response<RegisterDepartmentRequest>, Status>>;

    fn call(&mut self, request: Request<RegisterDepartmentRequest>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}
