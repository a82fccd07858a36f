//! Disclosing the personal values of one record, so that somebody without keys can check what was said.

use super::key::{Key, ValueKey, ValueSalt};
use super::seal::{self, Opened, Reader};
use super::{Keys, unreadable};
use std::collections::BTreeMap;

/// The keys of values, each by the random bytes beside its value.
pub type ValueKeys = BTreeMap<ValueSalt, ValueKey>;

impl Keys {
    /// The keys of the personal values in a payload. Each opens one value, and says nothing about the key that it was
    /// derived from. Those of erased values are not among them, nor those of secrets entrusted to Huishang.
    pub fn disclose(&self, payload: &[u8]) -> ValueKeys {
        let (known, mut disclosed) = (self.known(), ValueKeys::new());
        let opened = seal::open(payload, Reader::OfTheLog, |id, sealed| {
            let key = known.by_id.get(&id)?.key_of(sealed)?;
            disclosed.insert(Key::salt_in(sealed)?, key);
            Some(key)
        });
        drop(opened);
        disclosed
    }
}

/// Opens the personal values of a payload with the keys that were disclosed.
pub fn open_disclosed(payload: &[u8], keys: &ValueKeys) -> Opened {
    let found = |_, sealed: &[u8]| keys.get(&Key::salt_in(sealed)?).copied();
    seal::open(payload, Reader::OfTheLog, found).unwrap_or_else(|_| unreadable(payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use crate::payload::encode;
    use domain::Uuid;

    #[tokio::test]
    async fn a_disclosed_value_opens_with_its_own_key_and_no_other() {
        let keys = Keys::in_memory();
        let streams = [sample::stream(), sample::stream()];
        let commit = sample::commit(Uuid::new_v4(), &[(&streams[0], 0), (&streams[1], 0)]);
        let written = encode(commit, &keys).await.unwrap();
        let [one, other] = [&written[0].payload, &written[1].payload];

        let disclosed = keys.disclose(one);
        assert_eq!(open_disclosed(one, &disclosed), keys.open_values(one));
        assert!(!disclosed.is_empty() && open_disclosed(one, &disclosed).missing.is_empty());
        assert!(!open_disclosed(other, &disclosed).missing.is_empty(), "they are of one record only");
        // Another key, with which another text might come out, is not the one that was committed to.
        let forged = disclosed.keys().map(|salt| (*salt, ValueKey([7; 32]))).collect();
        assert_eq!(open_disclosed(one, &forged), open_disclosed(one, &ValueKeys::new()));
    }
}
