//! The message in which a ledger announces its head.

use crate::Position;
use domain::Uuid;
use event_log::Hash;
use event_log::hex;

/// A ledger's head: `<position> <creation time of the stream> <session> <ledger id> <root> <shortage> <name>`, where
/// the shortage is `<free bytes>/<reserved bytes>` while the ledger's disk is nearly full, otherwise `-`.
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
    /// Set while the ledger accepts no records.
    pub(super) shortage: Option<Shortage>,
    /// Human-readable name of the ledger.
    pub(super) name: String,
}

/// A ledger's disk has less space than must stay free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shortage {
    pub(super) free_bytes: u64,
    pub(super) reserve_bytes: u64,
}

impl Announcement {
    pub(super) fn to_text(&self) -> String {
        let Announcement { position, created, session, ledger, root, shortage, name } = self;
        let shortage = shortage.map_or("-".to_owned(), |Shortage { free_bytes, reserve_bytes }| {
            format!("{free_bytes}/{reserve_bytes}")
        });
        format!("{position} {created} {session} {ledger} {} {shortage} {name}", hex::encode(root))
    }

    pub(super) fn parse(text: &[u8]) -> Option<Announcement> {
        let mut fields = std::str::from_utf8(text).ok()?.splitn(7, ' ');
        Some(Announcement {
            position: fields.next()?.parse().ok()?,
            created: fields.next()?.parse().ok()?,
            session: fields.next()?.parse().ok()?,
            ledger: fields.next()?.parse().ok()?,
            root: hex::decode(fields.next()?)?,
            shortage: match fields.next()?.split_once('/') {
                None => None,
                Some((free, reserve)) => {
                    Some(Shortage { free_bytes: free.parse().ok()?, reserve_bytes: reserve.parse().ok()? })
                }
            },
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
            shortage: Some(Shortage { free_bytes: 5, reserve_bytes: 8 }),
            name: "ledger 1".into(),
        };
        let writable = Announcement { shortage: None, ..announcement.clone() };
        assert_eq!(Announcement::parse(writable.to_text().as_bytes()), Some(writable));
        assert_eq!(Announcement::parse(announcement.to_text().as_bytes()), Some(announcement.clone()));
        let text = announcement.to_text();
        let fields: Vec<&str> = text.split(' ').collect();
        for count in 0..7 {
            assert_eq!(Announcement::parse(fields[..count].join(" ").as_bytes()), None);
        }
        assert_eq!(Announcement::parse(text.replacen("42", "-1", 1).as_bytes()), None);
    }
}
