//! Secret votes: a voter casts one by a form and is shown its tracking code once, in the answer to that form, and after the
//! count looks up by the code how it was counted. Neither the code nor the secret is in an address, a cookie or a log.

use super::acts::{DEPARTMENT, TOPIC};
use crate::desk::Query;
use crate::desk::act::{Act, Field, Input};
use crate::desk::answer::Failure;
use crate::desk::frame::Notice;
use crate::desk::reader::Reader;
use crate::desk::words::{Words, said};
use proto::deliberation::v1::{Ballot, DocketTopic, GetDocketRequest, OpenedVote};
use tonic::Status;

/// A vote in a secret ballot. Its secret is made with the page, so that pressing twice is one vote.
pub(super) const CAST: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/CastSecretVote",
    label: said("Vote in secret"),
    fields: &[
        TOPIC,
        DEPARTMENT,
        Field { path: "choice", label: said("Choice"), input: Input::Choice },
        Field { path: "voterSecret", label: said("Secret of the voter"), input: Input::Text },
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "choice": "VOTE_CHOICE_YES",
        "voterSecret": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}"#,
};

/// The action of the form that looks up a vote.
pub(super) const CHECK: &str = "CheckVote";

/// The votes of a ballot that was counted, as they are published.
pub(super) struct Published {
    pub(super) ballot: u32,
    /// Each code, with how that vote was counted.
    pub(super) votes: Vec<(String, String)>,
}

/// The secret ballots on a topic that were counted.
pub(super) fn published(words: Words, topic: &DocketTopic) -> Vec<Published> {
    let counted = topic.ballots.iter().filter(|ballot| !ballot.opened_votes.is_empty());
    let shown = |ballot: &Ballot| Published {
        ballot: ballot.number,
        votes: ballot
            .opened_votes
            .iter()
            .map(|vote| (vote.tracking_code.clone(), choice(words, vote)))
            .collect(),
    };
    counted.map(shown).collect()
}

fn choice(words: Words, vote: &OpenedVote) -> String {
    words.value("huishang.deliberation.v1.VoteChoice", vote.choice)
}

/// Casts the vote of a form; what its voter is told, and nobody else.
pub(super) async fn cast(reader: &Reader, form: &Query, id: &str) -> Result<Notice, Status> {
    let answer = CAST.answered(reader, form, &[("docketId", id)]).await?;
    let code = answer.get_field_by_name("tracking_code");
    let code = code.as_deref().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default();
    let sentence = reader.words.say(
        "Your vote is sealed. Its tracking code is {code}. Write it down: it is shown this once, and nobody else has it.",
        &[("code", &code)],
    );
    Ok(Notice { kind: "done", sentence, reason: None })
}

/// How the vote with the code of a form was counted.
pub(super) async fn check(reader: &Reader, form: &Query, id: &str) -> Result<Notice, Failure> {
    let words = reader.words;
    let get = GetDocketRequest { docket_id: id.to_owned(), at_least_position: 0 };
    let docket = reader.ask(get).await?.docket.ok_or(Failure::NotFound)?;
    let number = form.number("ballotNumber").unwrap_or_default();
    let ballots = docket.topics.iter().flat_map(|topic| &topic.ballots);
    let mut ballots = ballots.filter(|ballot| u64::from(ballot.number) == number);
    let ballot = ballots.next().ok_or(Failure::NotFound)?;
    let plain = |code: &str| {
        code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
    };
    let code = plain(form.get("trackingCode").unwrap_or_default());
    let found = ballot.opened_votes.iter().find(|vote| plain(&vote.tracking_code) == code);
    Ok(match found {
        Some(vote) => {
            let values: [(&str, &dyn ToString); 2] = [("number", &number), ("choice", &choice(words, vote))];
            let sentence =
                words.say("The vote with this code was counted in ballot {number}: {choice}.", &values);
            Notice { kind: "done", sentence, reason: None }
        }
        None => {
            let sentence =
                words.say("No vote with this code was counted in ballot {number}.", &[("number", &number)]);
            Notice { kind: "refused", sentence, reason: None }
        }
    })
}
