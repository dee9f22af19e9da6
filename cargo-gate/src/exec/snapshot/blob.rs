//! What is staged, read where it came from: most often the file on disk is still the object that git made of it.

use std::fmt::Write as _;
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The bytes of a file of at most so many, where they are those of the object with that hash.
pub(super) fn of_file(path: &Path, hash: &str, most: u64) -> Option<Vec<u8>> {
    let there = std::fs::metadata(path).ok()?;
    if !there.is_file() || there.len() > most {
        return None;
    }
    let bytes = std::fs::read(path).ok()?;
    (name(&bytes, hash.len())? == hash).then_some(bytes)
}

/// What git calls an object with these bytes, in a repository whose hashes have so many digits
/// (<https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>).
fn name(bytes: &[u8], digits: usize) -> Option<String> {
    match digits {
        40 => Some(hashed::<Sha1>(bytes)),
        64 => Some(hashed::<Sha256>(bytes)),
        _ => None,
    }
}

fn hashed<D: Digest>(bytes: &[u8]) -> String {
    let head = format!("blob {}\0", bytes.len());
    let hash = D::new().chain_update(head).chain_update(bytes).finalize();
    hash.iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_object_whose_name_its_bytes_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "one\n").unwrap();
        // git hash-object --stdin, of both kinds of repositories
        let sha1 = "5626abf0f72e58d7a153368ba57db4c673c0e171";
        let sha256 = "a4ed1f355afb02d88cd291d0e4463910c5061ece48a49aa2b1539b9af973b286";
        assert_eq!(of_file(&path, sha1, 4).as_deref(), Some(&b"one\n"[..]));
        assert_eq!(of_file(&path, sha256, 4).as_deref(), Some(&b"one\n"[..]));
        assert_eq!(of_file(&path, sha1, 3), None, "larger than asked for");
        assert_eq!(of_file(&path, "5626abf", 4), None);
        assert_eq!(of_file(folder.path(), sha1, 4), None);
        assert_eq!(of_file(&folder.path().join("none"), sha1, 4), None);
        std::fs::write(&path, "two\n").unwrap();
        assert_eq!(of_file(&path, sha1, 4), None, "not that object any more");
    }
}
