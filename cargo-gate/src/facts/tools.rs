//! What the compiler and git say of themselves and of the revision.

use super::{Revision, Toolchain};

/// The compiler's version and host from `rustc -vV`; none where they are not there.
pub fn from_rustc(stdout: &[u8]) -> Option<Toolchain> {
    let text = std::str::from_utf8(stdout).ok()?;
    let rustc = text.lines().next().filter(|line| line.starts_with("rustc "))?.to_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
    Some(Toolchain { rustc, host })
}

/// Commit and tree from `git rev-parse HEAD HEAD^{tree}`, dirtiness from `git status --porcelain`.
pub fn from_git(rev_parse: &[u8], status: &[u8]) -> Option<Revision> {
    let text = std::str::from_utf8(rev_parse).ok()?;
    let mut lines =
        text.lines().filter(|line| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let (commit, tree) = (lines.next()?.to_owned(), lines.next()?.to_owned());
    Some(Revision { commit, tree, dirty: !status.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_version_and_host_are_read_from_its_verbose_version() {
        let text = b"rustc 1.95.0 (5980 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        let toolchain = from_rustc(text).unwrap();
        assert_eq!(toolchain.rustc, "rustc 1.95.0 (5980 2026-04-14)");
        assert_eq!(toolchain.host, "x86_64-unknown-linux-gnu");
        assert_eq!(from_rustc(b"error: toolchain is not installed"), None);
    }

    #[test]
    fn a_repository_without_a_commit_has_no_revision() {
        assert_eq!(from_git(b"HEAD\nHEAD^{tree}\n", b""), None);
        let hash = "0123456789012345678901234567890123456789";
        let both = format!("{hash}\n{hash}\n");
        assert!(from_git(both.as_bytes(), b" M a.rs\0").unwrap().dirty);
        assert!(!from_git(both.as_bytes(), b"").unwrap().dirty);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes: Vec<u8>) {
            let _ = (from_rustc(&bytes), from_git(&bytes, &bytes));
        }
    }
}
