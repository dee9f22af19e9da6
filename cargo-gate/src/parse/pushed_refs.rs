//! What git tells a pre-push hook on its standard input.

/// A ref that a push changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRef {
    /// The name of what is pushed: a ref, `(delete)`, or whatever the user typed.
    pub local: String,
    /// The object that is pushed; none where the ref is deleted.
    pub object: Option<String>,
    /// The ref that changes on the other side.
    pub remote: String,
    /// The object that it has there; none where it is new.
    pub before: Option<String>,
}

/// Lines of `<local ref> <local object> <remote ref> <remote object>` (githooks(5)); all zeros stand for none.
///
/// # Errors
/// Names the line that is none of these.
pub fn pushed_refs(stdin: &[u8]) -> Result<Vec<PushedRef>, String> {
    let text = String::from_utf8_lossy(stdin);
    if !(text.is_empty() || text.ends_with('\n')) {
        return Err("git's list of the pushed refs is cut short".to_owned());
    }
    text.lines()
        .map(|line| one(line).ok_or_else(|| format!("no line of a pre-push hook: `{line}`")))
        .collect()
}

fn one(line: &str) -> Option<PushedRef> {
    // what the user typed may hold spaces (`HEAD@{1 day ago}`), the other three cannot
    let mut parts = line.rsplitn(4, ' ');
    let (before, remote, object, local) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hash = |text: &str| {
        let is_hash = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Some(text.to_owned()).filter(|text| text.bytes().any(|byte| byte != b'0')))
    };
    let named = !remote.is_empty() && !local.is_empty();
    let pushed = PushedRef {
        local: local.to_owned(),
        object: hash(object)?,
        remote: remote.to_owned(),
        before: hash(before)?,
    };
    named.then_some(pushed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn updates_new_refs_and_deletions_are_told_apart() {
        let text = format!(
            "refs/heads/a {A} refs/heads/a {A}\nHEAD@{{1 day ago}} {A} refs/heads/new {ZERO}\n(delete) {ZERO} refs/heads/old {A}\n"
        );
        let refs = pushed_refs(text.as_bytes()).unwrap();
        let states: Vec<(bool, bool)> =
            refs.iter().map(|one| (one.object.is_some(), one.before.is_some())).collect();
        assert_eq!(states, [(true, true), (true, false), (false, true)]);
        assert_eq!((refs[1].local.as_str(), refs[1].remote.as_str()), ("HEAD@{1 day ago}", "refs/heads/new"));
        assert_eq!(pushed_refs(b""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_cut_short_or_no_list_is_an_error() {
        let line = format!("refs/heads/a {A} refs/heads/a {A}");
        assert!(pushed_refs(line.as_bytes()).is_err());
        assert!(pushed_refs(b"refs/heads/a 12 refs/heads/a 12\n").is_err());
        assert!(pushed_refs(b"hello\n").is_err() && pushed_refs(b"\n").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer_and_none_that_is_cut_is_taken(bytes: Vec<u8>, cut in 1_usize..180) {
            let _ = pushed_refs(&bytes);
            let whole = format!("refs/heads/a {A} refs/heads/a {A}\nrefs/heads/b {A} refs/heads/b {ZERO}\n");
            let part = whole.as_bytes().get(..cut.min(whole.len() - 1)).unwrap_or_default();
            proptest::prop_assert!(part.ends_with(b"\n") || pushed_refs(part).is_err());
        }
    }
}
