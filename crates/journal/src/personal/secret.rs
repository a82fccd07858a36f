//! Secrets that are no person's, such as votes in a secret ballot: sealed by the service that writes them, and opened by
//! nobody else. Their keys are kept as those of persons are, under a name that no person has.

use super::key::Key;
use super::{KeyError, Keys};
use domain::{PROCESS_PREFIX, Uuid};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Keys with which secrets are opened.
pub struct SecretKeys(HashMap<Uuid, Arc<Key>>);

impl SecretKeys {
    /// Opens a secret that was sealed for this place; none when it was not, or its key is not here.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let key = self.0.get(&Key::id_in(sealed)?)?;
        key.key_of(sealed)?.open(place, sealed)
    }
}

/// The name under which a key is kept, which is no person's.
fn name_of(secret: &str) -> String {
    format!("{PROCESS_PREFIX}{secret}")
}

impl Keys {
    /// Seals a secret for a place with the key of this name. If there is none yet, one is made, which is durable before
    /// this returns.
    pub async fn seal_secret(&self, name: &str, place: &[u8], value: &[u8]) -> Result<Vec<u8>, KeyError> {
        let name = name_of(name);
        loop {
            match self.of_name(&name) {
                Some(key) => return Ok(key.seal(place, value)),
                None => self.make(BTreeSet::from([name.clone()])).await?,
            }
        }
    }

    /// The keys of these secrets, as far as they are anywhere.
    pub async fn keys_of_secrets(&self, sealed: &[&[u8]]) -> Result<SecretKeys, KeyError> {
        let ids: BTreeSet<Uuid> = sealed.iter().filter_map(|sealed| Key::id_in(sealed)).collect();
        let mut found = HashMap::new();
        for id in ids {
            let known = self.known().by_id.get(&id).cloned();
            let key = match (known, &self.0.broker) {
                (Some(key), _) => Some(key),
                (None, Some(broker)) if self.erased_by(id).is_none() => {
                    broker.key(id).await.map_err(KeyError::Broker)?.map(Arc::new)
                }
                (None, _) => None,
            };
            found.extend(key.map(|key| (id, key)));
        }
        Ok(SecretKeys(found))
    }

    /// The ids of the keys with which secrets of this name are sealed.
    pub async fn ids_of_secret(&self, name: &str) -> Result<BTreeSet<Uuid>, KeyError> {
        self.ids_of(&name_of(name)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_opened_with_its_key_at_its_place_and_nowhere_else() {
        let keys = Keys::in_memory();
        let sealed = keys.seal_secret("ballot", b"place", b"yes").await.unwrap();
        let other = keys.seal_secret("another ballot", b"place", b"yes").await.unwrap();
        assert!(!sealed.windows(3).any(|part| part == b"yes"));
        assert_ne!(sealed, keys.seal_secret("ballot", b"place", b"yes").await.unwrap(), "no two are alike");

        let found = keys.keys_of_secrets(&[&sealed]).await.unwrap();
        assert_eq!(found.open(b"place", &sealed).as_deref(), Some(b"yes".as_slice()));
        assert_eq!(found.open(b"another place", &sealed), None);
        assert_eq!(found.open(b"place", &other), None, "it is another one's key");
        let ids = keys.ids_of_secret("ballot").await.unwrap();
        assert_eq!(ids.into_iter().collect::<Vec<_>>(), [Key::id_in(&sealed).unwrap()]);
        assert!(keys.ids_of("ballot").await.unwrap().is_empty(), "a person of this name has another key");
    }
}
