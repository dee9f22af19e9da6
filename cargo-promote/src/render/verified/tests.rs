use super::*;
use crate::checks::{Check, Outcome};
use crate::ops::testing::candidate;
use crate::ops::verify::ReadBack;
use crate::verify::{Gravity, Seen};

fn sample(problems: Vec<Problem>) -> Verified {
    let folder = tempfile::tempdir().unwrap();
    let (candidate, _) = candidate(folder.path(), "1.0.0", &[("tool", b"one")]);
    let why = "without a key in promote.toml nothing is signed and no signature is checked";
    let seen = Seen { artifacts: 2, bytes: 1_234_567, archives: 1, attestations: 2 };
    let checks = vec![
        Check::new("attestations", Outcome::Passed(why.to_owned())),
        Check::new("verdict", Outcome::Refused("it is 9 days old, and may be 7".to_owned())),
    ];
    let place = "the folder /a/.git/promote".to_owned();
    Verified { entries: 3, read: vec![ReadBack { place, candidate, seen, checks }], problems }
}

fn problems() -> Vec<Problem> {
    let wrong = "the bytes have the digest 3e23e8160039 and the manifest names ca978112ca1b: somebody has changed them";
    let unread = Problem {
        gravity: Gravity::Unread,
        place: "127.0.0.1:5000/acme/tool".to_owned(),
        what: "the candidate ca978112ca1b".to_owned(),
        how: "it cannot be read: the connection was refused".to_owned(),
    };
    vec![Problem::wrong("the folder /a/.git/promote", "the artifact tool", wrong), unread]
}

#[test]
fn what_was_read_back_for_people() {
    let text =
        [Vec::new(), problems()[1..].to_vec(), problems()].map(|some| verified(&sample(some), Format::Human));
    let text = text.join("----\n");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_was_read_back_for_machines() {
    insta::assert_snapshot!(verified(&sample(problems()), Format::Json));
}
