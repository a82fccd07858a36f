//! How far the ledgers are: what each announced, and what that commits.

use super::message::Names;
use crate::Position;
use async_nats::Client;
use futures::StreamExt as _;
use std::collections::HashMap;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A ledger's head: `<position> <creation of the stream> <identity of the ledger's log>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) position: Position,
    /// The stream that the ledger follows, by the moment of its creation in nanoseconds.
    pub(super) created: i128,
    pub(super) ledger: String,
}

impl Announcement {
    pub(super) fn to_text(&self) -> String {
        format!("{} {} {}", self.position, self.created, self.ledger)
    }

    fn parse(text: &[u8]) -> Option<Announcement> {
        let mut words = std::str::from_utf8(text).ok()?.splitn(3, ' ');
        let position = words.next()?.parse().ok()?;
        let created = words.next()?.parse().ok()?;
        Some(Announcement { position, created, ledger: words.next()?.to_owned() })
    }
}

/// What the ledgers announced so far.
#[derive(Debug)]
struct Heard {
    needed: usize,
    heads: HashMap<String, Position>,
}

impl Heard {
    /// Takes an announcement in and answers with what enough ledgers have: the k-th highest head.
    fn committed(&mut self, announcement: Announcement) -> Position {
        let head = self.heads.entry(announcement.ledger).or_default();
        *head = announcement.position.max(*head);
        let mut heads: Vec<Position> = self.heads.values().copied().collect();
        heads.sort_unstable_by(|a, b| b.cmp(a));
        heads.get(self.needed - 1).copied().unwrap_or_default()
    }
}

/// Listens to the ledgers of this stream. The subscription outlives reconnections by itself, and each
/// ledger repeats its head, so a lost announcement costs moments.
pub(super) async fn listen(
    client: &Client,
    names: &Names,
    created: i128,
    needed: usize,
) -> Result<(watch::Receiver<Position>, JoinHandle<()>), String> {
    let mut announcements =
        client.subscribe(names.committed.clone()).await.map_err(|error| error.to_string())?;
    let (rises, committed) = watch::channel(0);
    let mut heard = Heard { needed, heads: HashMap::new() };
    let listening = tokio::spawn(async move {
        while let Some(message) = announcements.next().await {
            match Announcement::parse(&message.payload) {
                Some(announcement) if announcement.created == created => {
                    let position = heard.committed(announcement);
                    rises.send_if_modified(|committed| {
                        let risen = position > *committed;
                        *committed = position.max(*committed);
                        risen
                    });
                }
                Some(other) => tracing::warn!(ledger = other.ledger, "a ledger follows another stream"),
                None => tracing::warn!("what came as a ledger's announcement is none"),
            }
        }
    });
    Ok((committed, listening))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(ledger: &str, position: Position) -> Announcement {
        Announcement { position, created: 7, ledger: ledger.to_owned() }
    }

    #[test]
    fn committed_is_what_enough_ledgers_have() {
        let mut two = Heard { needed: 2, heads: HashMap::new() };
        assert_eq!(two.committed(says("a", 9)), 0);
        assert_eq!(two.committed(says("b", 4)), 4);
        assert_eq!(two.committed(says("c", 6)), 6);
        assert_eq!(two.committed(says("c", 2)), 6, "an old announcement takes nothing back");
        assert_eq!(two.committed(says("b", 12)), 9);
    }

    #[test]
    fn an_announcement_comes_back_as_it_was() {
        let said = says("ledger 1", 42);
        assert_eq!(Announcement::parse(said.to_text().as_bytes()), Some(said));
        for wrong in ["", "42", "42 7", "x 7 a", "-1 7 a"] {
            assert_eq!(Announcement::parse(wrong.as_bytes()), None);
        }
    }
}
