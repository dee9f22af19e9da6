//! Reads an archive to its end without unpacking anything, and refuses what would be dangerous to unpack.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::limit::Limited;
use super::path::{BadPath, check_path};

/// The most entries of an archive.
pub const MOST_ENTRIES: usize = 200_000;
/// The most that an archive may unpack to, in bytes.
pub const MOST_UNPACKED: u64 = 32 << 30;
/// How many times larger than itself a packed archive may be: beyond it, it is a bomb. Text packs to a hundredth.
const MOST_RATIO: u64 = 200;
/// What any archive may unpack to, however small it is.
const FREE: u64 = 16 << 20;
/// The largest header that tells of the next entry: a long name.
const MOST_EXTENSION: u64 = 64 << 10;
/// An archive ends with two blocks of zeros.
const END: u64 = 1024;

/// The form of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// tar.
    Tar,
    /// tar in a gzip stream.
    TarGz,
}

impl Form {
    /// The form that a file's name tells; none for what is no archive that is read here.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        match () {
            () if ends(&[".tar.gz", ".tgz", ".crate"]) => Some(Self::TarGz),
            () if ends(&[".tar"]) => Some(Self::Tar),
            () => None,
        }
    }
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Its files and folders.
    pub entries: usize,
    /// What they unpack to, in bytes.
    pub unpacked: u64,
}

/// Why an archive must not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadArchive {
    /// It cannot be read to its end.
    #[error("it cannot be read: {0}")]
    Damaged(String),
    /// It ends before an archive ends, or goes on after it: some programs unpack what follows.
    #[error("it is cut short, or something follows its end")]
    End,
    /// It unpacks to more than its size allows.
    #[error("it unpacks to more than {0} bytes, which is more than an archive of its size may")]
    Bomb(u64),
    /// It has too many entries.
    #[error("it has more than {MOST_ENTRIES} entries")]
    Many,
    /// It has none.
    #[error("nothing is in it")]
    Empty,
    /// A path leads elsewhere.
    #[error(transparent)]
    Path(#[from] BadPath),
    /// An entry that is not below the folder that all have to be in.
    #[error("the entry `{path}` is not in `{top}/`")]
    Outside {
        /// Its path.
        path: String,
        /// The folder.
        top: String,
    },
}

/// Reads an archive of `size` bytes to its end. With `top` every entry has to lie in that folder.
///
/// # Errors
/// The first thing that is wrong.
pub fn inspect(from: impl Read, size: u64, form: Form, top: Option<&str>) -> Result<Looked, BadArchive> {
    let budget = size.saturating_mul(MOST_RATIO).clamp(FREE, MOST_UNPACKED);
    match form {
        Form::Tar => tar(Limited::new(from, MOST_UNPACKED), MOST_UNPACKED, top),
        Form::TarGz => tar(Limited::new(MultiGzDecoder::new(from), budget), budget, top),
    }
}

fn tar<R: Read>(stream: Limited<R>, budget: u64, top: Option<&str>) -> Result<Looked, BadArchive> {
    let mut archive = Archive::new(stream);
    let looked = entries(&mut archive, budget, top);
    let mut stream = archive.into_inner();
    let end = stream.read;
    let damaged = |error: std::io::Error| BadArchive::Damaged(error.to_string());
    // the sum of the gzip stream is at its very end
    let rest = std::io::copy(&mut stream, &mut std::io::sink());
    if stream.exceeded {
        return Err(BadArchive::Bomb(budget));
    }
    let looked = looked?;
    rest.map_err(damaged)?;
    match () {
        // the first block of zeros is the last that was read
        () if stream.zeros < END.max(stream.read - end) || !stream.read.is_multiple_of(END / 2) => {
            Err(BadArchive::End)
        }
        () if looked.entries == 0 => Err(BadArchive::Empty),
        () => Ok(looked),
    }
}

fn entries<R: Read>(
    archive: &mut Archive<Limited<R>>,
    budget: u64,
    top: Option<&str>,
) -> Result<Looked, BadArchive> {
    let damaged = |error: std::io::Error| BadArchive::Damaged(error.to_string());
    let mut looked = Looked::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut name: Option<Vec<u8>> = None;
    // raw: what tells of the next entry is read here, with a bound on its size
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let own = entry.header().path_bytes().into_owned();
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() || kind.is_pax_global_extensions() {
            if entry.header().as_gnu().is_none() && entry.header().as_ustar().is_none() {
                return Err(BadPath::new(&own, "is a header to some programs and a file to others").into());
            }
            if name.is_some() && !kind.is_pax_global_extensions() {
                return Err(BadPath::new(&own, "has two names").into());
            }
            name = extension(&mut entry, &own)?.or(name);
            continue;
        }
        let path = name.take().unwrap_or(own);
        let size = entry.header().entry_size().map_err(damaged)?;
        allowed(kind, entry.header().mode().map_err(damaged)?, size, &path)?;
        looked.unpacked = looked.unpacked.saturating_add(size);
        looked.entries += 1;
        if looked.unpacked > budget {
            return Err(BadArchive::Bomb(budget));
        }
        if looked.entries > MOST_ENTRIES {
            return Err(BadArchive::Many);
        }
        let parts = check_path(&path)?;
        if let Some(top) = top.filter(|top| parts.first() != Some(top)) {
            let path = BadPath::new(&path, "").path;
            return Err(BadArchive::Outside { path, top: top.to_owned() });
        }
        let is_folder = kind.is_dir();
        // names that some file system takes for one; a folder may be told again
        if !seen.insert(parts.join("/").to_lowercase()) && !is_folder {
            return Err(BadPath::new(&path, "is there twice").into());
        }
    }
    if name.is_some() { Err(BadArchive::End) } else { Ok(looked) }
}

/// Plain files and folders, with no more rights than those. Where programs do not agree on what an entry is, one of them
/// unpacks what nobody has looked at.
fn allowed(kind: EntryType, mode: u32, size: u64, path: &[u8]) -> Result<(), BadPath> {
    let why = match kind {
        EntryType::Directory if size > 0 => "is a folder with content",
        EntryType::Regular if path.ends_with(b"/") => "is a file with the name of a folder",
        EntryType::Regular | EntryType::Directory if mode & 0o7000 == 0 => return Ok(()),
        EntryType::Regular | EntryType::Directory => "has a set-user, set-group or sticky bit",
        EntryType::Symlink | EntryType::Link => "is a link",
        EntryType::Char | EntryType::Block => "is a device",
        EntryType::Fifo => "is a pipe",
        EntryType::GNUSparse => "is a sparse file, whose size can be anything",
        _ => "is neither a file nor a folder",
    };
    Err(BadPath::new(path, why))
}

/// The name that such a header gives the next entry, if it gives one.
fn extension<R: Read>(entry: &mut Entry<'_, R>, own: &[u8]) -> Result<Option<Vec<u8>>, BadArchive> {
    let damaged = |error: std::io::Error| BadArchive::Damaged(error.to_string());
    let kind = entry.header().entry_type();
    if entry.header().entry_size().map_err(damaged)? > MOST_EXTENSION {
        return Err(BadPath::new(own, "has a header of more than 64 KiB").into());
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(damaged)?;
    if kind.is_gnu_longname() {
        let name = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
        if name.contains(&0) {
            return Err(BadPath::new(name, "has a name that ends at two places").into());
        }
        return Ok(Some(name.to_vec()));
    }
    let mut name = None;
    for record in PaxExtensions::new(&bytes) {
        let record = record.map_err(damaged)?;
        match record.key_bytes() {
            b"path" if !kind.is_pax_global_extensions() => name = Some(record.value_bytes().to_vec()),
            b"atime" | b"ctime" | b"mtime" | b"comment" | b"uid" | b"gid" | b"uname" | b"gname" => {}
            // a size here is another than that of the header, and what follows would be read in two ways
            _ => return Err(BadPath::new(own, "has a header that is not read here").into()),
        }
    }
    Ok(name)
}
