//! Sealing and opening the votes of secret ballots, and the codes by which voters find their own.
//!
//! A vote is sealed before it becomes an event, with a key that is kept apart from the log, as those of persons are. It is
//! opened for the count and for nothing else; the ledger then destroys the key. Whoever has log and key before the count
//! can read the votes: see `docs/secret-ballots.md`.

use data_encoding::BASE32_NOPAD;
use domain::deliberation::ballot::{Choice, OpenedVote};
use domain::deliberation::docket::State;
use domain::process::end_secret_ballot::Keyed;
use domain::{Line, Uuid};
use service_kit::personal::SecretKeys;
use service_kit::{CommandError, Kit};
use sha2::{Digest as _, Sha256};

/// Bytes of a tracking code, before they are letters.
pub(crate) const CODE_BYTES: usize = 15;
/// Letters of a tracking code that stand together.
const GROUP: usize = 4;

/// Seals what is secret under a key of this name, and bound to it.
pub(crate) async fn seal(kit: &Kit, name: String, said: &[u8]) -> Result<Vec<u8>, CommandError> {
    let sealed = kit.journal().keys().seal_secret(&name, name.as_bytes(), said).await;
    sealed.map_err(|error| CommandError::Unavailable(error.to_string()))
}

/// What a vote says, and how its voter finds it again.
#[derive(Clone, Copy)]
pub(crate) struct SecretVote {
    choice: Choice,
    code: [u8; CODE_BYTES],
}

impl SecretVote {
    /// A vote whose code follows from what only its voter knows. As it follows from the choice as well, nobody can publish
    /// another choice with it and not be found out by whoever shows the secret.
    pub(crate) fn new(docket_id: Uuid, topic: u32, choice: Choice, voter_secret: Uuid) -> SecretVote {
        let mut hash = Sha256::new_with_prefix("huishang tracking code v1");
        hash.update(docket_id.as_bytes());
        hash.update(topic.to_be_bytes());
        hash.update([number(choice)]);
        hash.update(voter_secret.as_bytes());
        let mut code = [0; CODE_BYTES];
        code.copy_from_slice(&hash.finalize()[..CODE_BYTES]);
        SecretVote { choice, code }
    }

    /// The code as people read it: six groups of four letters and digits.
    pub(crate) fn tracking_code(&self) -> String {
        readable(&self.code)
    }

    /// Seals the vote for a ballot. The sealed votes of a ballot all have one size.
    pub(crate) async fn seal(
        &self,
        kit: &Kit,
        docket_id: Uuid,
        ballot: u32,
    ) -> Result<Vec<u8>, CommandError> {
        let said = [&[number(self.choice)], self.code.as_slice()].concat();
        seal(kit, Keyed::Ballot { ballot }.key_name(docket_id), &said).await
    }

    fn read(said: &[u8]) -> Option<SecretVote> {
        let (&first, code) = said.split_first()?;
        let choice = CHOICES.into_iter().find(|&choice| number(choice) == first)?;
        Some(SecretVote { choice, code: code.try_into().ok()? })
    }

    fn publish(&self) -> Option<OpenedVote> {
        Some(OpenedVote { tracking_code: Line::parse(&self.tracking_code()).ok()?, choice: self.choice })
    }
}

/// A code in six groups of four letters and digits.
pub(crate) fn readable(code: &[u8; CODE_BYTES]) -> String {
    let letters = BASE32_NOPAD.encode(code);
    let groups = (0..letters.len()).step_by(GROUP).map(|at| &letters[at..at + GROUP]);
    groups.collect::<Vec<_>>().join("-")
}

const CHOICES: [Choice; 3] = [Choice::Yes, Choice::No, Choice::Abstain];

fn number(choice: Choice) -> u8 {
    match choice {
        Choice::Yes => 1,
        Choice::No => 2,
        Choice::Abstain => 3,
    }
}

/// The keys of the votes that the count of a topic's secret ballot needs opened.
pub(crate) async fn keys(kit: &Kit, state: &State, topic: u32) -> Result<SecretKeys, CommandError> {
    let keys = kit.journal().keys().keys_of_secrets(&state.votes_to_open(topic)).await;
    keys.map_err(|error| CommandError::Unavailable(error.to_string()))
}

/// The votes that the count needs, as far as they can be opened with these keys.
pub(crate) fn opened(docket_id: Uuid, state: &State, topic: u32, keys: &SecretKeys) -> Vec<OpenedVote> {
    let Some(ballot) = state.open_secret_ballot(topic) else { return vec![] };
    let place = Keyed::Ballot { ballot: ballot.number }.key_name(docket_id);
    let votes = state.votes_to_open(topic).into_iter();
    votes.filter_map(|sealed| SecretVote::read(&keys.open(place.as_bytes(), sealed)?)?.publish()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_tells_the_choice_to_nobody_without_the_secret() {
        let vote =
            |choice, secret: u128| SecretVote::new(Uuid::from_u128(7), 1, choice, Uuid::from_u128(secret));
        let code = vote(Choice::Yes, 1).tracking_code();
        assert_eq!(code, vote(Choice::Yes, 1).tracking_code(), "it follows from what its voter knows");
        assert_ne!(code, vote(Choice::No, 1).tracking_code(), "it is of one choice");
        assert_ne!(code, vote(Choice::Yes, 2).tracking_code());
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6], "{code}");
    }
}
