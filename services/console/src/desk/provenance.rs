//! What a page or a file says of itself, so that it can be made again from a copy of the log and compared.

use super::answer::{self, Failure};
use super::reader::Reader;
use super::{Past, Query};
use crate::paper::Paper;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::Response;
use jiff::Timestamp;
use prost_types::Timestamp as Moment;
use proto::Wire as _;
use proto::ledger::v1::{GetHeadRequest, GetSignedHeadRequest};
use tonic::body::Body;

/// What the name of a proof beside a file ends in.
pub(super) const BESIDE: &str = ".proof";

/// What says nothing of what a page shows.
pub(super) const OF_NO_CONTENT: [&str; 6] = ["form", "done", "at", "lang", "theme", "keys"];

/// A paper, and the head of the log that it names as the ledger signed it.
#[derive(Debug, Clone)]
pub(crate) struct Provenance {
    pub(crate) paper: Paper,
    pub(crate) signed_head: String,
}

impl Provenance {
    /// Of what was made of the log up to a position, when the clock showed a moment. Nothing where the ledger cannot be
    /// asked.
    pub(super) async fn of(reader: &Reader, position: u64, at: Option<Moment>) -> Option<Provenance> {
        let signed = reader.ask(GetSignedHeadRequest::default()).await.ok()?;
        let at = match at {
            Some(at) => at,
            None => reader.ask(GetHeadRequest::default()).await.ok()?.clock_at?,
        };
        let mut lines = signed.signed_head.lines().skip(1);
        let size = lines.next()?.parse().ok()?;
        let root = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
        Some(Provenance {
            paper: Paper {
                position,
                clock_at: Timestamp::from_wire(at).ok()?,
                language: reader.words.0,
                roles: reader.holder.roles.clone(),
                department: reader.holder.department.clone(),
                address: String::new(),
                head: (size, root),
            },
            signed_head: signed.signed_head,
        })
    }

    /// The same of a page at this path, asked for with this query.
    pub(super) fn at(mut self, path: &str, query: &Query, with: Option<(&str, &str)>) -> Provenance {
        if Past::is_asked_by(query) {
            // What was so then may have been recorded later.
            self.paper.position = self.paper.position.max(self.paper.head.0);
        }
        self.paper.address = query.link(path, &OF_NO_CONTENT, with);
        self
    }

    /// The proof of a file that cannot carry it: a document, which stays as it is sealed. The file is at this address, and was
    /// made of the log up to a position.
    pub(super) async fn beside(
        reader: &Reader,
        address: &str,
        position: u64,
        name: &str,
    ) -> Result<Response<Body>, Failure> {
        let provenance = Provenance::of(reader, position, None).await.ok_or(Failure::NotFound)?;
        let text = provenance.at(address, &Query::default(), None).text();
        Ok(answer::file(text.into_bytes(), "text/plain; charset=utf-8", &format!("{name}{BESIDE}")))
    }

    /// What a document that is had at this address carries to prove itself, and the position up to which it is to be made; of
    /// now. Nothing where the ledger cannot be asked.
    pub(super) async fn of_document(reader: &Reader, address: &str) -> Option<(Provenance, u64)> {
        let head = reader.ask(GetHeadRequest::default()).await.ok()?;
        let provenance = Provenance::of(reader, head.position, head.clock_at).await?;
        Some((provenance.at(address, &Query::default(), None), head.position))
    }

    /// All that it says, as files carry it: the line, and the signed head.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.paper, self.signed_head)
    }

    /// The root of the log, in groups as people compare them.
    pub(crate) fn root(&self) -> String {
        super::proof::in_groups(&event_log::hex::encode(&self.paper.head.1))
    }
}
