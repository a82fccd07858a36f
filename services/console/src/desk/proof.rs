//! Proof (存证): the head of the log, signed; that the log has only grown since the reader last looked; and the check of a
//! receipt.

use super::answer::{Failure, html};
use super::cookies;
use super::frame::{Frame, Nav, Notice, Stamp, grouped};
use super::limits::RECEIPT_BYTES_MAX;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk, Query};
use askama::Template;
use event_log::note::{HeadKey, NoteError, Receipt, TreeHead};
use event_log::record::Header;
use event_log::tree::verify_consistency;
use event_log::{Hash, hex};
use http::header::SET_COOKIE;
use http::{Response, StatusCode};
use prost_types::Timestamp;
use proto::ledger::v1::{GetConsistencyProofRequest, GetHeadRequest, GetHeadResponse, GetSignedHeadRequest};
use tonic::Status;
use tonic::body::Body;

/// The cookie with the head that a reader saw last: its size and its root.
const SEEN: &str = "seen_head";

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    frame: Frame,
    lede: String,
    /// What became of the log since the reader's last visit.
    since: Option<String>,
    root: String,
    hash: String,
    signed_head: String,
    key: String,
    sm2_key: String,
    cosigned: String,
    /// What came of the check of a receipt, and the receipt.
    checked: Option<Notice>,
    receipt: String,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, None).await
}

/// Checks a receipt, and shows the page.
pub(super) async fn check(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let form = Query::of(&asked.body);
    // Fields of forms end their lines otherwise.
    let receipt = form.get("receipt").unwrap_or_default().replace("\r\n", "\n");
    show(desk, reader, asked, Some(receipt)).await
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    receipt: Option<String>,
) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let (around, head, signed) = futures::future::try_join3(
        reader.surroundings(desk),
        async { Ok(reader.ask(GetHeadRequest::default()).await?) },
        async { Ok(reader.ask(GetSignedHeadRequest::default()).await?) },
    )
    .await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Proof, words.t("Proof"));
    frame.stamp = Some(Stamp::of_this_installation(
        reader,
        &around.calendar,
        head.clock_at,
        head.position,
        "/v1/log/head",
    ));
    let seen = cookies::sent(&asked.head.headers, SEEN).and_then(read_seen);
    let has_grown = match &seen {
        Some(seen) => Some(is_continued(reader, seen, &head).await?),
        None => None,
    };
    let (since, alarm) = match (seen.as_ref(), has_grown) {
        (Some(seen), Some(has_grown)) => since(words, seen, has_grown),
        _ => (None, None),
    };
    let checked = match &receipt {
        Some(receipt) => Some(of_receipt(reader, &around, receipt, &signed.key, &head).await?),
        None => None,
    };
    let (kind, code) = match &checked {
        Some(Err(_)) => ("refused", StatusCode::BAD_REQUEST),
        _ => ("done", StatusCode::OK),
    };
    let checked = checked.map(|checked| {
        let sentence = checked.unwrap_or_else(|why| why);
        Notice { kind, sentence, reason: None }
    });
    frame.notice = alarm;
    let page = ProofPage {
        lede: words.say(
            "The log has {n} records; each of them is in the root below.",
            &[("n", &grouped(head.position))],
        ),
        since,
        root: in_groups(&head.root),
        hash: in_groups(&head.hash),
        cosigned: words.say("Heads that witnesses cosigned: {n}.", &[("n", &signed.cosigned_heads.len())]),
        signed_head: signed.signed_head,
        key: signed.key,
        sm2_key: signed.sm2_key,
        checked,
        receipt: receipt.unwrap_or_default(),
        frame,
    };
    let mut response = html(&page);
    *response.status_mut() = code;
    // What is not continued is kept, so that it is seen again.
    if has_grown != Some(false) {
        let seen = format!("{}-{}", head.position, head.root);
        response.headers_mut().append(SET_COOKIE, cookies::prefer(SEEN, &seen, desk.is_https()));
    }
    Ok(response)
}

fn read_seen(cookie: &str) -> Option<TreeHead> {
    let (size, root) = cookie.split_once('-')?;
    Some(TreeHead { size: size.parse().ok()?, root: hex::decode(root)? })
}

/// Whether the log begins with the records of a head: by the hashes alone, whatever the server says of it.
async fn is_continued(reader: &Reader, before: &TreeHead, now: &GetHeadResponse) -> Result<bool, Status> {
    let Some(root) = hex::decode(&now.root).filter(|_| before.size <= now.position) else { return Ok(false) };
    let request = GetConsistencyProofRequest { old_size: before.size, size: now.position };
    let path = reader.ask(request).await?.path;
    let path: Option<Vec<Hash>> = path.iter().map(|digits| hex::decode(digits)).collect();
    Ok(path.is_some_and(|path| verify_consistency(before.size, &before.root, now.position, &root, &path)))
}

fn since(words: Words, seen: &TreeHead, has_grown: bool) -> (Option<String>, Option<Notice>) {
    let size = grouped(seen.size);
    match has_grown {
        true => {
            let grown = words.say(
                "Since you last looked it has only grown: it begins with the {n} records of then, unchanged.",
                &[("n", &size)],
            );
            (Some(grown), None)
        }
        false => {
            let sentence = words.say(
                "The log does not begin with the {n} records that it had when you last looked here. Tell an auditor, \
                 and keep this page.",
                &[("n", &size)],
            );
            (None, Some(Notice { kind: "refused", sentence, reason: None }))
        }
    }
}

/// What a receipt proves, or why it proves nothing.
async fn of_receipt(
    reader: &Reader,
    around: &Surroundings,
    text: &str,
    key: &str,
    now: &GetHeadResponse,
) -> Result<Result<String, String>, Status> {
    let words = reader.words;
    if text.len() > RECEIPT_BYTES_MAX {
        return Ok(Err(words.say("A receipt has at most {n} bytes.", &[("n", &RECEIPT_BYTES_MAX)])));
    }
    let (header, head) = match verified(text, key) {
        Ok(verified) => verified,
        Err(NoteError::NotIncluded) => {
            return Ok(Err(words
                .t("The record is not in the log that the receipt's head is of.")
                .to_owned()));
        }
        Err(error) => {
            return Ok(Err(
                words.say("This is no receipt of this log, or it was changed ({why}).", &[("why", &error)])
            ));
        }
    };
    if !is_continued(reader, &head, now).await? {
        return Ok(Err(words.say(
            "The receipt is signed, but the log does not begin with the {n} records of its head. Tell an auditor, and \
             keep the receipt.",
            &[("n", &grouped(head.size))],
        )));
    }
    let micros = header.record.time_micros;
    let at = Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: 1_000 * micros.rem_euclid(1_000_000) as i32,
    };
    let values: [(&str, &dyn ToString); 4] = [
        ("position", &grouped(header.record.position)),
        ("stream", &header.record.stream),
        ("types", &words.list(&header.record.types)),
        ("moment", &around.calendar.full_text(words, &at)),
    ];
    Ok(Ok(words.say("Record {position} is in the log: {types} in {stream}, decided {moment}.", &values)))
}

fn verified(text: &str, key: &str) -> Result<(Header, TreeHead), NoteError> {
    let key: HeadKey = key.parse()?;
    // A receipt ends with a line end, which a field of a form may have lost.
    let receipt: Receipt = format!("{}\n", text.trim_end()).parse()?;
    receipt.verify(&key)
}

/// A hash in groups of eight, as people compare it.
pub(super) fn in_groups(hash: &str) -> String {
    let letters: Vec<char> = hash.chars().collect();
    letters.chunks(8).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
