//! What a ledger says of itself, and the question that has it look before it answers.

use crate::Position;
use domain::Uuid;
use event_log::Hash;
use event_log::hex::digits;

/// A ledger's head: `<position> <creation of the stream> <session> <ledger's identity> <root> <name>`.
///
/// It is said on the subject of announcements after each group and at rest. To a process that asks on
/// the subject of questions it is said once the ledger has seen that the stream, as it is now, has all
/// that its log has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) position: Position,
    /// The stream that the ledger follows, by the moment of its creation in nanoseconds.
    pub(super) created: i128,
    /// Random, and another one whenever the ledger joined the stream again: what was said before is
    /// told from what is said now.
    pub(super) session: u64,
    /// The ledger's own: copies that were restored from its log are other ledgers.
    pub(super) ledger: Uuid,
    /// The root of the log's tree over everything up to the position.
    pub(super) root: Hash,
    /// Where the ledger runs; for people.
    pub(super) name: String,
}

impl Announcement {
    pub(super) fn to_text(&self) -> String {
        let Announcement { position, created, session, ledger, root, name } = self;
        format!("{position} {created} {session} {ledger} {} {name}", digits(root))
    }

    pub(super) fn parse(text: &[u8]) -> Option<Announcement> {
        let mut words = std::str::from_utf8(text).ok()?.splitn(6, ' ');
        Some(Announcement {
            position: words.next()?.parse().ok()?,
            created: words.next()?.parse().ok()?,
            session: words.next()?.parse().ok()?,
            ledger: words.next()?.parse().ok()?,
            root: unhex(words.next()?)?,
            name: words.next()?.to_owned(),
        })
    }
}

/// Exactly `N` bytes from their hexadecimal digits.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.chunks(2)) {
        let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_comes_back_as_it_was() {
        let said = Announcement {
            position: 42,
            created: 7,
            session: 9,
            ledger: Uuid::new_v4(),
            root: rand::random(),
            name: "ledger 1".into(),
        };
        assert_eq!(Announcement::parse(said.to_text().as_bytes()), Some(said.clone()));
        let whole = said.to_text();
        let words: Vec<&str> = whole.split(' ').collect();
        for count in 0..6 {
            assert_eq!(Announcement::parse(words[..count].join(" ").as_bytes()), None);
        }
        assert_eq!(Announcement::parse(whole.replacen("42", "-1", 1).as_bytes()), None);
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let salt: [u8; 16] = rand::random();
        assert_eq!(unhex(&digits(&salt)), Some(salt));
        for wrong in ["", "00", "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1", "é".repeat(16).as_str()] {
            assert_eq!(unhex::<16>(wrong), None);
        }
    }
}
