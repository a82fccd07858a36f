//! Proof (存证): the head of the log, signed, and how anybody checks it.

use super::answer::{Failure, html};
use super::frame::{Frame, Nav, Stamp, grouped};
use super::reader::Reader;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use proto::ledger::v1::{GetHeadRequest, GetSignedHeadRequest};
use tonic::body::Body;

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    frame: Frame,
    lede: String,
    root: String,
    hash: String,
    signed_head: String,
    key: String,
    sm2_key: String,
    cosigned: String,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let (around, head, signed) = futures::future::try_join3(
        reader.surroundings(desk),
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
        async { Ok(reader.ask(GetSignedHeadRequest::default()).await?) },
    )
    .await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Proof, words.t("Proof"));
    frame.stamp = Some(Stamp::new(reader, &around.calendar, head.clock_at, head.position, "/v1/log/head"));
    let page = ProofPage {
        lede: words.say(
            "The log has {n} records; each of them is in the root below.",
            &[("n", &grouped(head.position))],
        ),
        root: in_groups(&head.root),
        hash: in_groups(&head.hash),
        cosigned: words.say("Heads that witnesses cosigned: {n}.", &[("n", &signed.cosigned_heads.len())]),
        signed_head: signed.signed_head,
        key: signed.key,
        sm2_key: signed.sm2_key,
        frame,
    };
    Ok(html(&page))
}

/// A hash in groups of eight, as people compare it.
fn in_groups(hash: &str) -> String {
    let letters: Vec<char> = hash.chars().collect();
    letters.chunks(8).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
