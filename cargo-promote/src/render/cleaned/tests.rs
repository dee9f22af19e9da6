use jiff::Timestamp;

use super::*;

fn sample(executed: bool) -> Cleaned {
    let staged = |version: &str| Staged {
        name: "tool".to_owned(),
        version: version.parse().unwrap(),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        at: Timestamp::UNIX_EPOCH,
        reached: BTreeSet::new(),
    };
    let why = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
    let kept = vec![
        (Digest::of(b"c"), staged("1.2.0"), why(&["it is among the newest 10", "staging runs it"])),
        (Digest::of(b"b"), staged("1.1.0"), why(&["production runs it"])),
    ];
    let removed = vec![(Digest::of(b"a"), staged("1.0.0"))];
    let free = vec![("the folder /a/.git/promote".to_owned(), 12_345_678)];
    Cleaned { executed, removed, kept, free }
}

#[test]
fn what_goes_and_what_stays_for_people() {
    let nothing = Cleaned { removed: Vec::new(), free: Vec::new(), ..sample(false) };
    let text =
        [sample(false), sample(true), nothing].map(|done| cleaned(&done, Format::Human)).join("----\n");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_goes_and_what_stays_for_machines() {
    insta::assert_snapshot!(cleaned(&sample(true), Format::Json));
}
