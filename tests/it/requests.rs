//! What the server does with requests that are malformed, connections that say nothing, and clients that ask what
//! it serves.

use anyhow::{Context as _, ensure};
use domain::Role;
use proto::Rpc as _;
use proto::directory::v1::{ListDepartmentsRequest, RegisterDepartmentRequest};
use std::collections::BTreeSet;
use tests::{Client, Mode, Sandbox, registration};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_answered_with_every_fault() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;

    let status = clerk.call(registration("not a code", "")).await.unwrap_err();
    ensure!(status.code() == Code::InvalidArgument, "{status}");
    ensure!(Client::reason(&status).as_deref() == Some("INVALID_REQUEST"), "{status}");
    ensure!(Client::violations(&status) == ["department.code", "department.name"], "{status}");

    let no_id = RegisterDepartmentRequest { command_id: "17".into(), ..registration("A", "A") };
    let status = clerk.call(no_id).await.unwrap_err();
    ensure!(Client::violations(&status) == ["command_id"], "{status}");

    let status = clerk.call(registration("A", &"x".repeat(300_000))).await.unwrap_err();
    ensure!(status.code() == Code::OutOfRange, "a request over the limit: {status}");

    let bad_page = ListDepartmentsRequest { page_size: 100_000, ..Default::default() };
    let status = clerk.call(bad_page).await.unwrap_err();
    ensure!(Client::violations(&status) == ["page_size"], "{status}");

    let status = clerk.send_garbage(RegisterDepartmentRequest::PATH).await.unwrap_err();
    ensure!(status.code() == Code::InvalidArgument, "bytes that are no message: {status}");
    ensure!(Client::reason(&status).as_deref() == Some("INVALID_REQUEST"), "{status}");
    let auditor = sandbox.client(Role::Auditor, None).await?;
    for path in [ListDepartmentsRequest::PATH, "/huishang.ledger.v1.LedgerService/ReadRecords"] {
        let status = auditor.send_garbage(path).await.unwrap_err();
        ensure!(status.code() == Code::InvalidArgument, "{path}: {status}");
    }

    // After all that it serves as before.
    clerk.call(registration("A", "A")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stays_silent_is_closed() -> anyhow::Result<()> {
    use tokio::io::AsyncReadExt as _;
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let address = sandbox.server().replace("http://", "");
    let mut silent = tokio::net::TcpStream::connect(address).await?;
    let seconds = service_kit::limits::UNKNOWN_CONNECTION_SECONDS_MAX_DEFAULT;
    let limit = std::time::Duration::from_secs(u64::from(seconds) * 3);
    let mut rest = Vec::new();
    // The server may send something before it closes; what counts is that it does close.
    let _ = tokio::time::timeout(limit, silent.read_to_end(&mut rest)).await?;
    sandbox.client(Role::Clerk, None).await?.call(registration("A", "A")).await?;
    Ok(())
}

/// The services that an installation must name, whatever version of reflection is spoken.
fn expected() -> BTreeSet<String> {
    let ours = proto::contract::rpcs().iter().filter_map(|rpc| rpc.path.split('/').next());
    ours.chain(["grpc.health.v1.Health"]).map(str::to_owned).collect()
}

/// Declares a function that asks one version of reflection for the services, and for the file of a symbol.
macro_rules! reflection {
    ($version:ident) => {
        async fn $version(channel: Channel) -> anyhow::Result<(BTreeSet<String>, Vec<Vec<u8>>)> {
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };
            let ask =
                |question| ServerReflectionRequest { host: String::new(), message_request: Some(question) };
            let questions = [
                ask(MessageRequest::ListServices(String::new())),
                ask(MessageRequest::FileContainingSymbol("huishang.directory.v1.Department".into())),
            ];
            let mut client = ServerReflectionClient::new(channel);
            let mut answers =
                client.server_reflection_info(futures::stream::iter(questions)).await?.into_inner();
            let (mut services, mut files) = (BTreeSet::new(), Vec::new());
            while let Some(answer) = answers.message().await? {
                match answer.message_response.context("an empty answer")? {
                    MessageResponse::ListServicesResponse(list) => {
                        services.extend(list.service.into_iter().map(|service| service.name));
                    }
                    MessageResponse::FileDescriptorResponse(found) => {
                        files.extend(found.file_descriptor_proto);
                    }
                    other => anyhow::bail!("{other:?}"),
                }
            }
            Ok((services, files))
        }
    };
}
reflection!(v1);
reflection!(v1alpha);

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_reflection_describe_every_service() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let channel = Endpoint::from_shared(sandbox.server())?.connect().await?;
    for (version, (services, files)) in
        [("v1", v1(channel.clone()).await?), ("v1alpha", v1alpha(channel).await?)]
    {
        let missing: Vec<String> = expected().difference(&services).cloned().collect();
        ensure!(missing.is_empty(), "{version} does not list {missing:?}");
        let file: prost_types::FileDescriptorProto =
            prost::Message::decode(files.first().context("no file")?.as_slice())?;
        ensure!(file.package() == "huishang.directory.v1", "{version}: {}", file.name());
    }
    Ok(())
}
