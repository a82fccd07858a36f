//! Queries that take long, and somebody else who asks for little.

use super::{End, RawClient, end, start};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::Rpc as _;
use proto::resolution::v1::{ListResolutionsRequest, RecordResolutionRequest};

#[tokio::test(flavor = "multi_thread")]
async fn a_small_query_is_answered_while_the_many_of_another_caller_still_wait() -> anyhow::Result<()> {
    const RESOLUTIONS: usize = 600;
    const QUERIES: usize = 60;
    let sandbox = start(&[])?;
    // A search looks for twenty words in all texts; only the last one is nowhere, so nothing ends it early.
    let words: Vec<String> = (0..20).map(|number| format!("w{number}")).collect();
    let text = format!("{} {}", "x".repeat(8000), words[..19].join(" "));
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let mut at_least_position = 0;
    for number in 0..RESOLUTIONS {
        let record = RecordResolutionRequest {
            body_code: "FLOOD".into(),
            title: format!("R{number}"),
            text: text.clone(),
            decided_on: "2026-11-02".into(),
            source: "Minutes".into(),
            ..tests::command()
        };
        at_least_position = supervisor.call(record).await?.position;
    }
    let modest = sandbox.client(Role::Clerk, Some("MODEST")).await?;
    let small = ListResolutionsRequest { at_least_position, page_size: 1, ..Default::default() };
    modest.call(small.clone()).await?;

    // Given a caller with many slow queries, the first of which is answered
    let token = sandbox.token_of(Role::Clerk, Some("GREEDY"))?;
    let mut greedy = RawClient::connect(&sandbox, &token, 1 << 20).await?;
    let (ended, mut answered) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..QUERIES {
        let large = ListResolutionsRequest { text: Some(words.join(" ")), ..Default::default() };
        let (response, ended) = (greedy.send(ListResolutionsRequest::PATH, large).await?, ended.clone());
        tokio::spawn(async move { ended.send(end(response).await) });
    }
    drop(ended);
    ensure!(answered.recv().await.context("an answer")?? == End::Whole);
    // When somebody else asks for little
    modest.call(small).await?;
    // Then most of the others are still to come, and do.
    let mut before = 1;
    while let Ok(end) = answered.try_recv() {
        ensure!(end? == End::Whole);
        before += 1;
    }
    ensure!(before < QUERIES / 2, "{before} of {QUERIES} were answered first");
    while let Some(end) = answered.recv().await {
        ensure!(end? == End::Whole);
        before += 1;
    }
    ensure!(before == QUERIES, "{before}");
    Ok(())
}
