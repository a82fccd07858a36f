//! All rows of a list.

use anyhow::Context as _;
use client::Client;
use proto::Rpc;

/// Rows that are listed with one call.
pub const PAGE_SIZE: u32 = 500;

/// Reads every page of a list: `request` asks for the one with this token, and `page` takes the rows and the next token from the
/// answer. `doing` says what failed.
pub async fn all<R: Rpc, T>(
    client: &Client,
    doing: &str,
    request: impl Fn(String) -> R,
    page: impl Fn(R::Response) -> (Vec<T>, String),
) -> anyhow::Result<Vec<T>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let answer = client.call(request(page_token)).await.with_context(|| doing.to_owned())?;
        let (rows, next_page_token) = page(answer);
        all.extend(rows);
        page_token = next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}
