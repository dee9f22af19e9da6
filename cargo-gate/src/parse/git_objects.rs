//! git's objects: the lists of those that a change brings, and their contents.

use std::collections::BTreeSet;

/// Objects by their hashes, each with a path that it has.
pub type Named = BTreeSet<(String, String)>;

/// The commits of `git rev-list --objects`, and its blobs and trees: `hash`, `hash path`; the tree of a commit
/// has an empty path and is left out.
pub fn of_rev_list(stdout: &[u8]) -> Option<(Vec<String>, Named)> {
    if stdout.last().is_some_and(|byte| *byte != b'\n') {
        return None;
    }
    let text = String::from_utf8_lossy(stdout);
    let (mut commits, mut named) = (Vec::new(), Named::new());
    for line in text.split_terminator('\n') {
        let (hash, path) = line.split_once(' ').map_or((line, None), |(hash, path)| (hash, Some(path)));
        if !is_hash(hash) {
            return None;
        }
        match path {
            None => commits.push(hash.to_owned()),
            Some("") => {}
            Some(path) => _ = named.insert((hash.to_owned(), path.to_owned())),
        }
    }
    Some((commits, named))
}

/// The commits of `git rev-list --boundary` that are not listed themselves, and whose children are.
pub fn boundary(listed: &str) -> Vec<&str> {
    listed.lines().filter_map(|line| line.strip_prefix('-')).collect()
}

/// The new sides of `git diff --raw --no-abbrev --no-renames -z`: `:mode mode hash hash status`, then the path.
/// Submodules, and files that a merge left in conflict, have none here.
pub fn of_raw_diff(stdout: &[u8]) -> Option<Named> {
    let body = match stdout.split_last() {
        None => return Some(Named::new()),
        Some((0, body)) => body,
        Some(_) => return None,
    };
    let mut parts = body.split(|byte| *byte == 0);
    let mut named = Named::new();
    while let Some(head) = parts.next() {
        let head = std::str::from_utf8(head).ok()?.strip_prefix(':')?;
        let path = String::from_utf8_lossy(parts.next()?).into_owned();
        let [_, mode, _, hash, _] = <[&str; 5]>::try_from(head.split(' ').collect::<Vec<_>>()).ok()?;
        if !is_hash(hash) {
            return None;
        }
        if mode != SUBMODULE && hash.bytes().any(|byte| byte != b'0') {
            named.insert((hash.to_owned(), path));
        }
    }
    Some(named)
}

/// The mode of a submodule, whose commit lies in another repository.
const SUBMODULE: &str = "160000";

/// The blobs of `git cat-file --batch-check`, each with its size: `hash type size`, one for each that was asked for.
pub fn sizes(stdout: &[u8], asked: usize) -> Option<Vec<(String, u64)>> {
    let text = std::str::from_utf8(stdout).ok()?;
    if text.lines().count() != asked || (asked > 0 && !text.ends_with('\n')) {
        return None;
    }
    let mut blobs = Vec::new();
    for line in text.lines() {
        let [hash, kind, size] = <[&str; 3]>::try_from(line.split(' ').collect::<Vec<_>>()).ok()?;
        let size = size.parse().ok().filter(|_| is_hash(hash))?;
        match kind {
            "blob" => blobs.push((hash.to_owned(), size)),
            "tree" | "commit" | "tag" => {}
            _ => return None,
        }
    }
    Some(blobs)
}

/// The contents of `git cat-file --batch`, one for each of those, in their order.
pub fn contents<'a>(stdout: &'a [u8], asked: &[(String, u64)]) -> Option<Vec<&'a [u8]>> {
    let mut rest = stdout;
    let mut all = Vec::new();
    for (hash, size) in asked {
        rest = rest.strip_prefix(format!("{hash} blob {size}\n").as_bytes())?;
        let (content, after) = rest.split_at_checked(usize::try_from(*size).ok()?)?;
        all.push(content);
        rest = after.strip_prefix(b"\n")?;
    }
    rest.is_empty().then_some(all)
}

/// What `git cat-file --batch` gives for so many names; none for a name that leads to nothing.
pub fn contents_or_missing(stdout: &[u8], asked: usize) -> Option<Vec<Option<Vec<u8>>>> {
    let mut rest = stdout;
    let mut all = Vec::new();
    for _ in 0..asked {
        let (head, after) = rest.split_at_checked(memchr::memchr(b'\n', rest)?)?;
        rest = after.strip_prefix(b"\n")?;
        if head.ends_with(b" missing") {
            all.push(None);
            continue;
        }
        let (_, size) = std::str::from_utf8(head).ok()?.rsplit_once(' ')?;
        let (content, after) = rest.split_at_checked(size.parse().ok()?)?;
        all.push(Some(content.to_owned()));
        rest = after.strip_prefix(b"\n")?;
    }
    rest.is_empty().then_some(all)
}

fn is_hash(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    #[test]
    fn blobs_of_commits_and_of_the_index_are_named() {
        let list = format!("{ONE}\n{ONE} \n{TWO} a b.txt\n");
        let named = Named::from([(TWO.into(), "a b.txt".into())]);
        assert_eq!(of_rev_list(list.as_bytes()).unwrap(), (vec![ONE.into()], named));
        let zero = "0".repeat(40);
        let diff = format!(":100644 100644 {ONE} {TWO} M\0a b.txt\0:100644 000000 {ONE} {zero} D\0gone\0");
        let diff = format!("{diff}:160000 160000 {ONE} {ONE} M\0sub\0:100644 000000 {ONE} {zero} U\0both\0");
        assert_eq!(of_raw_diff(diff.as_bytes()).unwrap(), Named::from([(TWO.into(), "a b.txt".into())]));
        assert_eq!(of_raw_diff(b""), Some(Named::new()));
    }

    #[test]
    fn contents_are_taken_by_their_sizes_and_none_may_be_missing() {
        let asked = [(ONE.to_owned(), 3), (TWO.to_owned(), 0)];
        let text = format!("{ONE} blob 3\na\nb\n{TWO} blob 0\n\n");
        assert_eq!(contents(text.as_bytes(), &asked).unwrap(), [&b"a\nb"[..], b""]);
        for end in 0..text.len() {
            assert_eq!(contents(text.get(..end).unwrap().as_bytes(), &asked), None, "{end}");
        }
        let check = format!("{ONE} blob 3\n{TWO} tree 30\n");
        assert_eq!(sizes(check.as_bytes(), 2).unwrap(), [(ONE.to_owned(), 3)]);
        assert_eq!(sizes(check.as_bytes(), 3), None);
        assert_eq!(sizes(format!("{ONE} missing\n").as_bytes(), 1), None);
        assert_eq!(sizes(format!("{ONE} nothing 3\n").as_bytes(), 1), None, "git has no such kind");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = (of_rev_list(&bytes), of_raw_diff(&bytes), sizes(&bytes, 1), contents(&bytes, &[]));
        }
    }
}
