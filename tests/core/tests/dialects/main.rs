//! Conformance of every dialect in the table: recorded stories, every signal once round in both
//! directions, and garbage. What the lines of a story mean is in `tests/transcripts/README.md`.
//!
//! A new dialect needs a folder of transcripts and a file in `relay/`, and nothing here.

mod garbage;
mod glare;
mod odd_rows;
mod pair;
mod relay;
mod rounds;
mod simulation;
mod stories;

use bellwire_dialects::DIALECTS;

#[test]
fn every_dialect_has_transcripts_a_relay_and_an_id_of_its_own() {
    let mut ids: Vec<_> = DIALECTS.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), DIALECTS.len());
    for entry in DIALECTS {
        assert!(stories::stories(entry).len() >= 5, "{} has too few transcripts", entry.id);
        assert!(!entry.roles.is_empty() && !entry.sign_in_fields.is_empty());
        let accounts = relay::relay(entry).accounts();
        for account in &accounts {
            assert!(entry.roles.iter().any(|role| role.id == account.role), "{account:?}");
        }
        assert_ne!(accounts[0].id, accounts[1].id);
    }
    let known = |id| DIALECTS.iter().any(|entry| entry.id == id);
    assert!(relay::RELAYS.iter().all(|(id, _)| known(*id)), "a relay without a dialect");
}
