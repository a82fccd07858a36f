use super::*;
use crate::personal::key::Tag;
use domain::{Actor, Timestamp};
use prost::Message as _;
use proto::Wire as _;
use proto::deliberation::events::v1::VoteSealed;
use proto::directory::events::v1::{
    DepartmentProfile, DepartmentRegistered, MemberProfile, MemberRegistered,
};
use proto::log::v1::Payload;
use proto::record::{Envelope, any};
use proto::scheduling::events::v1::SessionCancelled;
use std::collections::HashMap;

const MEMBER: &str = "huishang.directory.events.v1.MemberRegistered";
const DEPARTMENT: &str = "huishang.directory.events.v1.DepartmentRegistered";
const CANCELLED: &str = "huishang.scheduling.events.v1.SessionCancelled";

/// The keys of some persons, by their names.
fn keys(names: &[&str]) -> HashMap<String, Arc<Key>> {
    names.iter().map(|name| ((*name).to_owned(), Arc::new(Key::generate(Tag::of(name))))).collect()
}

fn payload(subject: &str, events: Vec<prost_types::Any>) -> Payload {
    let id = Uuid::new_v4();
    let envelope = Envelope {
        command_id: id,
        command_digest: vec![7; 32],
        time: Timestamp::UNIX_EPOCH,
        actor: Actor { subject: subject.into(), department: None, roles: vec![] },
        on_behalf_of: None,
        causation_id: None,
        correlation_id: id,
        traceparent: None,
        part: 1,
        parts: 1,
    };
    Payload { envelope: Some(envelope.to_wire()), events, after_position: Some(3) }
}

fn member() -> prost_types::Any {
    let profile = MemberProfile {
        code: "li.wei".into(),
        name: "Li Wei".into(),
        department_code: "WATER".into(),
        email: Some("li.wei@water.example".into()),
        roles: vec!["delegate".into()],
    };
    any(MEMBER, &MemberRegistered { profile: Some(profile) })
}

fn cancelled() -> prost_types::Any {
    any(CANCELLED, &SessionCancelled { reason: "I am in hospital".into() })
}

fn department() -> prost_types::Any {
    let profile = DepartmentProfile { code: "WATER".into(), name: "Water".into(), ..Default::default() };
    any(DEPARTMENT, &DepartmentRegistered { profile: Some(profile) })
}

fn sealed(payload: &Payload, author: Option<&str>, keys: &HashMap<String, Arc<Key>>) -> Vec<u8> {
    seal(&payload.encode_to_vec(), author, |name| keys.get(name).cloned()).unwrap()
}

/// Opens with these keys; the payload, and whose keys were missing.
fn opened(sealed: &[u8], keys: &HashMap<String, Arc<Key>>) -> (Payload, BTreeSet<Uuid>) {
    let key = |id, sealed: &[u8]| keys.values().find(|key| key.id == id)?.key_of(sealed);
    let opened = open(sealed, Reader::Service, key).unwrap();
    (Payload::decode(opened.payload.as_slice()).unwrap(), opened.missing)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn personal_values_are_sealed_and_everything_else_keeps_its_bytes() {
    let keys = keys(&["chen", "li.wei"]);
    let payload = payload("chen", vec![department(), member(), cancelled()]);
    let sealed = sealed(&payload, Some("chen"), &keys);
    for personal in ["chen", "li.wei", "Li Wei", "li.wei@water.example", "hospital"] {
        assert!(!contains(&sealed, personal), "{personal}");
    }
    assert!(!contains(&sealed, "\u{7}\u{7}\u{7}\u{7}"), "the digest of the command would confirm a guess");
    assert!(contains(&sealed, "WATER") && contains(&sealed, "delegate"));
    assert_eq!(opened(&sealed, &keys), (payload, BTreeSet::new()));
}

#[test]
fn who_reads_without_keys_sees_the_rest() {
    let keys = keys(&["chen", "li.wei"]);
    let payload = payload("chen", vec![member()]);
    let seen = Payload::decode(sealed(&payload, Some("chen"), &keys).as_slice()).unwrap();
    let profile = MemberRegistered::decode(seen.events[0].value.as_slice()).unwrap().profile.unwrap();
    assert_eq!((profile.code.as_str(), profile.name.as_str(), profile.email), ("", "", None));
    assert_eq!(profile.department_code, "WATER");
    assert_eq!(seen.after_position, Some(3));
}

#[test]
fn what_is_about_one_person_is_erased_with_their_key_and_nothing_else() {
    let mut keys = keys(&["chen", "li.wei"]);
    let sealed = sealed(&payload("chen", vec![member(), cancelled()]), Some("chen"), &keys);
    let gone = keys.remove("li.wei").unwrap().id;
    let (seen, missing) = opened(&sealed, &keys);
    assert_eq!(missing, BTreeSet::from([gone]));
    let profile = MemberRegistered::decode(seen.events[0].value.as_slice()).unwrap().profile.unwrap();
    let erased = pseudonym(gone);
    assert_eq!((&profile.code, &profile.name, profile.email.as_ref()), (&erased, &erased, Some(&erased)));
    assert_eq!(seen.events[1], cancelled());

    // The author's words, name and digest are erased with the author.
    let gone = keys.remove("chen").unwrap().id;
    let (seen, _) = opened(&sealed, &keys);
    let said = SessionCancelled::decode(seen.events[1].value.as_slice()).unwrap();
    let envelope = seen.envelope.unwrap();
    assert_eq!((said.reason, envelope.actor.unwrap().subject), (pseudonym(gone), pseudonym(gone)));
    assert!(envelope.command_digest.is_empty());
}

#[test]
fn a_pseudonym_fits_wherever_a_text_does() {
    let pseudonym = pseudonym(Uuid::max());
    assert_eq!(pseudonym, "erased-ffffffff");
    assert!(domain::Code::parse(&pseudonym).is_ok() && domain::Line::parse(&pseudonym).is_ok());
    assert!(domain::Text::parse(&pseudonym).is_ok());
}

#[test]
fn a_process_is_nobody() {
    let payload = payload("process:climb_ladders", vec![cancelled()]);
    let encoded = payload.encode_to_vec();
    assert_eq!(seal(&encoded, None, |_| None), Ok(encoded.clone()), "nothing in it is about a person");
    let words =
        seal(&encoded, Some("chen"), |name| (name == "chen").then(|| keys(&["chen"])["chen"].clone()));
    assert!(!contains(&words.unwrap(), "hospital"), "a process that passes on somebody's words");
}

#[test]
fn the_names_are_told_for_which_there_is_no_key() {
    let payload = payload("chen", vec![member()]).encode_to_vec();
    let missing = seal(&payload, Some("chen"), |_| None).unwrap_err();
    assert_eq!(missing, BTreeSet::from(["chen".to_owned(), "li.wei".to_owned()]));
}

/// Somebody whom the broker lets in may publish anything.
#[test]
fn a_forged_value_is_one_that_cannot_be_opened() {
    let keys = keys(&["chen"]);
    let honest = sealed(&payload("chen", vec![cancelled()]), Some("chen"), &keys);
    let mut forged = Payload::decode(honest.as_slice()).unwrap();
    let event = &mut forged.events[0];
    *event.value.last_mut().unwrap() ^= 1;
    let forged = [forged.encode_to_vec()].concat();
    let (seen, missing) = opened(&forged, &keys);
    let said = SessionCancelled::decode(seen.events[0].value.as_slice()).unwrap();
    assert_eq!((said.reason, missing.len()), (pseudonym(keys["chen"].id), 1));
    assert_eq!(open(&[0xff; 7], Reader::Service, |_, _| None), Err(Malformed));
}

#[test]
fn a_secret_vote_stays_sealed_when_its_record_is_read_and_names_the_key_that_must_be_kept() {
    let ballot = Key::generate(Tag::of("a ballot"));
    let vote = VoteSealed { sealed: ballot.seal(b"a ballot", b"no"), ..Default::default() };
    let payload = payload("process:none", vec![any("huishang.deliberation.events.v1.VoteSealed", &vote)]);
    let written = seal(&payload.encode_to_vec(), None, |_| None).unwrap();
    assert_eq!(key_ids(&written), BTreeSet::from([ballot.id]));
    let opened = open(&written, Reader::Service, |_, sealed| ballot.key_of(sealed)).unwrap();
    assert_eq!(opened, Opened { payload: written, missing: BTreeSet::new() });
}
