//! The message in which a ledger announces its head.

use crate::Position;
use domain::Uuid;
use event_log::Hash;
use event_log::hex;

/// A ledger's head: `<position> <creation time of the stream> <session> <ledger id> <root> <name>`.
///
/// It is published on the announcement subject after each group of records and periodically. In reply to a
/// process's probe it is sent once the ledger has verified that the present stream contains everything in its
/// log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) position: Position,
    /// Creation time, in nanoseconds since 1970, of the stream that the ledger follows.
    pub(super) created: i128,
    /// Random number, chosen again whenever the ledger rejoins the stream, to tell its current announcements from
    /// earlier ones.
    pub(super) session: u64,
    /// Id of the ledger; a ledger restored from a copy of its log gets another one.
    pub(super) ledger: Uuid,
    /// Root of the log's tree up to the position.
    pub(super) root: Hash,
    /// Human-readable name of the ledger.
    pub(super) name: String,
}

impl Announcement {
    pub(super) fn to_text(&self) -> String {
        let Announcement { position, created, session, ledger, root, name } = self;
        format!("{position} {created} {session} {ledger} {} {name}", hex::encode(root))
    }

    pub(super) fn parse(text: &[u8]) -> Option<Announcement> {
        let mut fields = std::str::from_utf8(text).ok()?.splitn(6, ' ');
        Some(Announcement {
            position: fields.next()?.parse().ok()?,
            created: fields.next()?.parse().ok()?,
            session: fields.next()?.parse().ok()?,
            ledger: fields.next()?.parse().ok()?,
            root: hex::decode(fields.next()?)?,
            name: fields.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_round_trips() {
        let announcement = Announcement {
            position: 42,
            created: 7,
            session: 9,
            ledger: Uuid::new_v4(),
            root: rand::random(),
            name: "ledger 1".into(),
        };
        assert_eq!(Announcement::parse(announcement.to_text().as_bytes()), Some(announcement.clone()));
        let text = announcement.to_text();
        let fields: Vec<&str> = text.split(' ').collect();
        for count in 0..6 {
            assert_eq!(Announcement::parse(fields[..count].join(" ").as_bytes()), None);
        }
        assert_eq!(Announcement::parse(text.replacen("42", "-1", 1).as_bytes()), None);
    }
}
