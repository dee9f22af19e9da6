//! Writes archives whose bytes depend on nothing but their content and a time.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its path in the archive, with `/` between its parts.
    pub path: String,
    /// Whether it is a program.
    pub program: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The operating system in the header of a gzip stream where it is not told (RFC 1952).
const UNKNOWN_SYSTEM: u8 = 255;

/// Writes a `.tar.gz`: files sorted by path, of user and group 0, all of that time (seconds since 1970); the header of
/// the stream has neither a name nor a time.
///
/// # Errors
/// What writing gives.
pub fn write(to: impl Write, mut members: Vec<Member>, time: u64) -> std::io::Result<()> {
    members.sort();
    let stream = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(to, Compression::best());
    let mut archive = Builder::new(stream);
    for member in &members {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(member.bytes.len() as u64);
        header.set_mode(if member.program { 0o755 } else { 0o644 });
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, &member.path, member.bytes.as_slice())?;
    }
    archive.into_inner()?.finish()?.flush()
}
