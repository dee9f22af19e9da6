use proptest::prelude::*;

use super::*;
use crate::ops::testing::{by, promote, stage};

/// The second entry of a ledger.
fn entry() -> Entry {
    let first = Entry::after(None, stage("a"), by(1)).unwrap();
    Entry::after(Some(&(first.digest(), first)), promote("staging", "a", None), by(2)).unwrap()
}

#[test]
fn only_the_bytes_that_are_written_are_an_entry() {
    let bytes = entry().bytes();
    assert_eq!(Entry::read(&bytes), Ok(entry()));
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    for other in [value.to_string().into_bytes(), [bytes.as_slice(), b"\n"].concat()] {
        assert!(Entry::read(&other).unwrap_err().why.contains("not written as"));
    }
}

#[test]
fn an_entry_that_is_too_large_is_refused_before_it_is_read() {
    let blanks = vec![b' '; usize::try_from(MOST_ENTRY).unwrap() + 1];
    assert!(Entry::read(&blanks).unwrap_err().why.contains("larger than"));
}

#[test]
fn names_that_lead_elsewhere_are_no_environments() {
    let text = String::from_utf8(entry().bytes()).unwrap();
    for name in ["../a", "/a", "a/b", "A", ""] {
        let other = text.replace("\"staging\"", &format!("{name:?}"));
        assert!(Entry::read(other.as_bytes()).unwrap_err().why.contains("damaged"), "{name}");
    }
}

#[test]
fn a_place_in_the_ledger_that_cannot_be_is_refused() {
    let why = |change: fn(&mut Entry)| {
        let mut entry = entry();
        change(&mut entry);
        Entry::read(&entry.bytes()).unwrap_err().why
    };
    assert!(why(|it| it.sequence = 1).contains("before it"));
    assert!(why(|it| it.previous = None).contains("before it"));
    assert!(why(|it| it.merges = it.previous.into_iter().collect()).contains("in order"));
    assert!(why(|it| it.schema_version = "2.0".to_owned()).contains("form `2.0`"));
}

proptest! {
    #[test]
    fn any_flipped_bit_gives_another_name_or_no_entry(place in 0_usize..10_000, bit in 0_u8..8) {
        let mut bytes = entry().bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        if let Ok(other) = Entry::read(&bytes) {
            prop_assert_ne!(other.digest(), entry().digest());
        }
    }

    #[test]
    fn an_entry_that_is_cut_is_none(cut in 0_usize..10_000) {
        let bytes = entry().bytes();
        prop_assert!(Entry::read(&bytes[..cut % bytes.len()]).is_err());
    }

    #[test]
    fn any_bytes_are_an_entry_or_none(bytes: Vec<u8>) {
        prop_assert!(Entry::read(&bytes).is_err());
    }
}
