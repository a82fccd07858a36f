//! Sealing and opening what is preferred in secret choices, and the lots that decide between equal options.
//!
//! A lot is drawn when the choice is opened, and sealed: what is published of it then, its commitment, holds it to that. It is
//! opened for the count. See `docs/voting.md`.

use crate::secret_ballots::{CODE_BYTES, readable, seal};
use data_encoding::HEXLOWER;
use domain::deliberation::ballot::options::OPTIONS_MAX;
use domain::deliberation::docket::{OpenedLot, OpenedPaper, OptionChoice, SealedLot, State};
use domain::process::end_secret_ballot::Keyed;
use domain::{Line, Uuid};
use service_kit::personal::SecretKeys;
use service_kit::{CommandError, Kit};
use sha2::{Digest as _, Sha256};

/// Bytes of a paper, whatever it says: how many options it names, these, how many points it gives, and these.
const PAPER_BYTES: usize = 2 * (1 + OPTIONS_MAX);

/// What somebody prefers, and how they find it again.
#[derive(Clone, Copy)]
pub(crate) struct SecretPaper {
    said: [u8; PAPER_BYTES],
    code: [u8; CODE_BYTES],
}

impl SecretPaper {
    /// A paper whose code follows from what only its voter knows, and from what it says. None if it says more than there can
    /// be.
    pub(crate) fn new(
        docket_id: Uuid,
        topic: u32,
        (named, points): (&[u32], &[u32]),
        voter_secret: Uuid,
    ) -> Option<SecretPaper> {
        let mut said = [0; PAPER_BYTES];
        let (for_named, for_points) = said.split_at_mut(PAPER_BYTES / 2);
        write(for_named, named)?;
        write(for_points, points)?;
        let mut hash = Sha256::new_with_prefix("huishang choice code v1");
        hash.update(docket_id.as_bytes());
        hash.update(topic.to_be_bytes());
        hash.update(said);
        hash.update(voter_secret.as_bytes());
        let mut code = [0; CODE_BYTES];
        code.copy_from_slice(&hash.finalize()[..CODE_BYTES]);
        Some(SecretPaper { said, code })
    }

    pub(crate) fn tracking_code(&self) -> String {
        readable(&self.code)
    }

    /// Seals the paper for a choice. The sealed papers of a choice all have one size.
    pub(crate) async fn seal(
        &self,
        kit: &Kit,
        docket_id: Uuid,
        (topic, choice): (u32, u32),
    ) -> Result<Vec<u8>, CommandError> {
        let said = [self.said.as_slice(), self.code.as_slice()].concat();
        seal(kit, Keyed::Choice { topic, choice }.key_name(docket_id), &said).await
    }

    fn publish(sealed: &[u8]) -> Option<OpenedPaper> {
        let (said, code) = sealed.split_at_checked(PAPER_BYTES)?;
        let (named, points) = said.split_at(PAPER_BYTES / 2);
        let tracking_code = Line::parse(&readable(code.try_into().ok()?)).ok()?;
        Some(OpenedPaper { tracking_code, named: read(named)?, points: read(points)? })
    }
}

fn write(into: &mut [u8], numbers: &[u32]) -> Option<()> {
    let (count, places) = into.split_first_mut()?;
    *count = u8::try_from(numbers.len()).ok()?;
    for (place, number) in places.get_mut(..numbers.len())?.iter_mut().zip(numbers) {
        *place = u8::try_from(*number).ok()?;
    }
    Some(())
}

fn read(said: &[u8]) -> Option<Vec<u32>> {
    let (&count, places) = said.split_first()?;
    Some(places.get(..usize::from(count))?.iter().map(|&number| u32::from(number)).collect())
}

/// Draws a lot for a choice that is opened, and seals it.
pub(crate) async fn draw(
    kit: &Kit,
    docket_id: Uuid,
    (topic, choice): (u32, u32),
) -> Result<SealedLot, CommandError> {
    let secret = Uuid::new_v4();
    let sealed = seal(kit, Keyed::Choice { topic, choice }.key_name(docket_id), secret.as_bytes()).await?;
    Ok(SealedLot { commitment: commitment(docket_id, (topic, choice), secret), sealed })
}

/// What a lot's secret is held to.
fn commitment(docket_id: Uuid, (topic, choice): (u32, u32), secret: Uuid) -> Line {
    let mut hash = Sha256::new_with_prefix("huishang lot v1");
    hash.update(docket_id.as_bytes());
    hash.update(topic.to_be_bytes());
    hash.update(choice.to_be_bytes());
    hash.update(secret.as_bytes());
    Line::parse(&HEXLOWER.encode(&hash.finalize())).expect("hexadecimal digits")
}

/// The keys of what the count of a topic's choice needs opened.
pub(crate) async fn keys(kit: &Kit, state: &State, topic: u32) -> Result<SecretKeys, CommandError> {
    let lot = state.open_choice(topic).and_then(|open| open.lot.as_ref());
    let sealed: Vec<&[u8]> =
        state.papers_to_open(topic).into_iter().chain(lot.map(|lot| lot.sealed.as_slice())).collect();
    let keys = kit.journal().keys().keys_of_secrets(&sealed).await;
    keys.map_err(|error| CommandError::Unavailable(error.to_string()))
}

/// What the count needs, as far as it can be opened with these keys.
pub(crate) fn opened(
    docket_id: Uuid,
    state: &State,
    topic: u32,
    keys: &SecretKeys,
) -> (Vec<OpenedPaper>, Option<OpenedLot>) {
    let Some(open) = state.open_choice(topic) else { return (vec![], None) };
    let place = Keyed::Choice { topic, choice: open.number }.key_name(docket_id);
    let papers = state.papers_to_open(topic).into_iter();
    let papers = papers.filter_map(|sealed| SecretPaper::publish(&keys.open(place.as_bytes(), sealed)?));
    (papers.collect(), opened_lot(docket_id, topic, open, keys))
}

fn opened_lot(docket_id: Uuid, topic: u32, open: &OptionChoice, keys: &SecretKeys) -> Option<OpenedLot> {
    let place = Keyed::Choice { topic, choice: open.number }.key_name(docket_id);
    let secret = keys.open(place.as_bytes(), &open.lot.as_ref()?.sealed)?;
    let secret = Uuid::from_slice(&secret).ok()?;
    Some(OpenedLot { secret, commitment: commitment(docket_id, (topic, open.number), secret) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(named: &[u32], points: &[u32], secret: u128) -> SecretPaper {
        SecretPaper::new(Uuid::from_u128(7), 1, (named, points), Uuid::from_u128(secret)).unwrap()
    }

    #[test]
    fn a_paper_comes_back_as_it_was_and_its_code_is_of_what_it_says() {
        for (named, points) in [(&[2, 3, 1][..], &[][..]), (&[], &[]), (&[], &[10; 12]), (&[12], &[])] {
            let sealed = paper(named, points, 1);
            let published = [sealed.said.as_slice(), sealed.code.as_slice()].concat();
            let published = SecretPaper::publish(&published).unwrap();
            assert_eq!((published.named.as_slice(), published.points.as_slice()), (named, points));
            assert_eq!(published.tracking_code.as_str(), sealed.tracking_code());
        }
        assert_ne!(paper(&[1, 2], &[], 1).tracking_code(), paper(&[2, 1], &[], 1).tracking_code());
        assert_ne!(paper(&[1, 2], &[], 1).tracking_code(), paper(&[1, 2], &[], 2).tracking_code());
        let too_many = SecretPaper::new(Uuid::nil(), 1, (&[1; 13], &[]), Uuid::nil());
        assert!(too_many.is_none());
    }

    #[test]
    fn a_lot_is_held_to_its_secret() {
        let held = |choice, secret| commitment(Uuid::from_u128(7), (1, choice), Uuid::from_u128(secret));
        assert_eq!(held(1, 5), held(1, 5));
        assert!(held(1, 5) != held(1, 6) && held(1, 5) != held(2, 5));
    }
}
