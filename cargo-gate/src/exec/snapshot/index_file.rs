//! git's index, read without git (<https://git-scm.com/docs/index-format>): one of the versions that git writes unless it
//! is told otherwise, and whole. All else is left to git.

/// What the file begins with.
const HEAD: &[u8] = b"DIRC";
/// Times, the place on disk, the mode, the owners and the size: numbers of four bytes.
const NUMBERS: usize = 10;
/// Which of them is the mode.
const MODE: usize = 6;
/// Of the flags: that there are more of them, and the stage.
const MORE: u16 = 0x4000;
const STAGE: u16 = 0x3000;
const SUBMODULE: u32 = 0o160_000;

/// A file in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) mode: u32,
    /// The hash of its object, as bytes.
    pub(super) hash: &'a [u8],
    /// Which side of a conflict it is of; 0 where there is none.
    pub(super) stage: u16,
    /// Its path from the top.
    pub(super) name: &'a [u8],
}

impl Item<'_> {
    pub(super) fn is_submodule(&self) -> bool {
        self.mode == SUBMODULE
    }

    /// The hash as git writes it.
    pub(super) fn hash(&self) -> String {
        use std::fmt::Write as _;
        self.hash.iter().fold(String::with_capacity(2 * self.hash.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// All of them in their order, in a repository whose hashes have so many digits.
pub(super) fn parse(bytes: &[u8], digits: usize) -> Option<Vec<Item<'_>>> {
    let hash = digits / 2;
    // a hash of all before it stands at the end
    let mut rest = Bytes(bytes.get(..bytes.len().checked_sub(hash)?)?);
    if rest.take(HEAD.len())? != HEAD || !matches!(rest.number()?, 2 | 3) {
        return None;
    }
    let count = rest.number()?;
    let items = (0..count).map(|_| item(&mut rest, hash)).collect::<Option<Vec<_>>>()?;
    while !rest.0.is_empty() {
        let kind = rest.take(4)?;
        // others only make git faster; of these what was read is not all that there is
        if kind.first().is_none_or(u8::is_ascii_lowercase) {
            return None;
        }
        let length = usize::try_from(rest.number()?).ok()?;
        rest.take(length)?;
    }
    Some(items)
}

fn item<'a>(rest: &mut Bytes<'a>, hash: usize) -> Option<Item<'a>> {
    let before = rest.0.len();
    let mut mode = 0;
    for place in 0..NUMBERS {
        let number = rest.number()?;
        mode = if place == MODE { number } else { mode };
    }
    let hash = rest.take(hash)?;
    let flags = rest.short()?;
    if flags & MORE != 0 {
        rest.short()?;
    }
    let name = rest.take(memchr::memchr(0, rest.0)?)?;
    // each ends where its length is a multiple of eight, after one NUL or more
    let length = before - rest.0.len();
    rest.take(8 - length % 8)?;
    Some(Item { mode, hash, stage: (flags & STAGE) >> STAGE.trailing_zeros(), name })
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Cancel;
    use crate::exec::process::{Command, run};
    use crate::step::End;
    use std::path::Path;
    use std::time::Duration;

    fn git(folder: &Path, args: &[&str]) -> String {
        let program = crate::exec::tools::git().unwrap();
        let captured =
            run(&Command::new(program, folder, Duration::from_mins(1)).args(args), &Cancel::default());
        assert!(matches!(captured.end, End::Code(0 | 1)), "{captured:?}");
        String::from_utf8(captured.stdout).unwrap()
    }

    /// What git lists, and what is read; none where that is left to git.
    fn both(folder: &Path, digits: usize) -> (String, Option<String>) {
        let bytes = std::fs::read(folder.join(".git/index")).unwrap();
        let line = |item: Item<'_>| {
            let name = std::str::from_utf8(item.name).unwrap();
            format!("{:06o} {} {}\t{name}\0", item.mode, item.hash(), item.stage)
        };
        let items = parse(&bytes, digits);
        (
            git(folder, &["ls-files", "--stage", "-z"]),
            items.map(|items| items.into_iter().map(line).collect()),
        )
    }

    fn repository(format: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        git(
            folder.path(),
            &["init", "--quiet", "--initial-branch=main", &format!("--object-format={format}")],
        );
        for (name, text) in
            [("a", "one\n"), ("b/ö c", "two\n"), ("b/long-name-of-a-file", ""), ("d", "three\n")]
        {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        git(folder.path(), &["add", "--all"]);
        git(folder.path(), &["commit", "--quiet", "--message=one"]);
        folder
    }

    #[test]
    fn an_index_holds_what_git_lists() {
        for (format, digits) in [("sha1", 40), ("sha256", 64)] {
            let folder = repository(format);
            let (listed, read) = both(folder.path(), digits);
            assert_eq!(Some(listed), read);
        }
    }

    #[test]
    fn conflicts_and_what_is_only_meant_to_be_added_are_in_it() {
        let folder = repository("sha1");
        let at = folder.path();
        std::fs::write(at.join("later"), "later\n").unwrap();
        git(at, &["add", "--intent-to-add", "later"]);
        let (listed, read) = both(at, 40);
        assert!(listed.contains("later"));
        assert_eq!(Some(listed), read);
        git(at, &["reset", "--quiet", "--hard"]);
        git(at, &["checkout", "--quiet", "-b", "other"]);
        for (branch, text) in [("other", "other\n"), ("main", "main\n")] {
            git(at, &["checkout", "--quiet", branch]);
            std::fs::write(at.join("a"), text).unwrap();
            git(at, &["commit", "--quiet", "--all", "--message=two"]);
        }
        git(at, &["merge", "other"]);
        let (listed, read) = both(at, 40);
        assert!(listed.contains(" 3\ta"), "{listed}");
        assert_eq!(Some(listed), read);
    }

    #[test]
    fn what_is_written_in_another_way_is_left_to_git() {
        let folder = repository("sha1");
        for args in [["update-index", "--index-version=4"], ["update-index", "--split-index"]] {
            git(folder.path(), &["update-index", "--index-version=2"]);
            git(folder.path(), &args);
            assert_eq!(both(folder.path(), 40).1, None, "{args:?}");
        }
    }

    #[test]
    fn what_is_cut_short_is_none() {
        let folder = repository("sha1");
        let bytes = std::fs::read(folder.path().join(".git/index")).unwrap();
        assert!(parse(&bytes, 40).is_some());
        let extensions = bytes.windows(4).position(|word| word == b"TREE").unwrap();
        for end in (0..bytes.len()).filter(|end| *end != extensions + 20) {
            assert_eq!(parse(bytes.get(..end).unwrap_or_default(), 40), None, "{end}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer(mut bytes: Vec<u8>, begins: bool) {
            if begins {
                bytes.splice(..0, b"DIRC\0\0\0\x02\0\0\0\x03".iter().copied());
            }
            let items = parse(&bytes, 40).unwrap_or_default();
            proptest::prop_assert!(items.iter().all(|item| item.hash.len() == 20 && !item.name.contains(&0)));
        }
    }
}
