//! Paths within archives.

use crate::name::FileName;

/// The longest path, in bytes.
const MOST_PATH: usize = 1024;

/// Why a path must not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the entry `{path}` {why}")]
pub struct BadPath {
    /// The path, shortened, with what is not printable escaped.
    pub path: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl BadPath {
    pub(super) fn new(path: &[u8], why: &'static str) -> Self {
        let text: String = String::from_utf8_lossy(path).chars().take(120).collect();
        Self { path: text.escape_debug().to_string(), why }
    }
}

/// The parts of a path that stays where it is unpacked, on every system; empty for the folder itself.
///
/// # Errors
/// Where it leads elsewhere, or means something else on some system.
pub fn check_path(path: &[u8]) -> Result<Vec<&str>, BadPath> {
    let bad = |why| BadPath::new(path, why);
    let text = std::str::from_utf8(path).map_err(|_| bad("is not UTF-8"))?;
    match text {
        "" => return Err(bad("has no name")),
        _ if text.len() > MOST_PATH => return Err(bad("has a path of more than 1024 bytes")),
        _ if text.starts_with('/') => return Err(bad("has an absolute path")),
        _ if text.contains('\\') => return Err(bad("has a `\\` in its path")),
        _ if text.contains(':') => return Err(bad("has a `:` in its path, which names a drive or a stream")),
        _ if text.chars().any(char::is_control) => return Err(bad("has a control character in its path")),
        _ => {}
    }
    let mut parts = Vec::new();
    for part in text.strip_suffix('/').unwrap_or(text).split('/') {
        match part {
            "." => {}
            "" => return Err(bad("has an empty part in its path")),
            ".." => return Err(bad("leads out of its folder by `..`")),
            _ if part.ends_with(['.', ' ']) => {
                return Err(bad("has a part that ends with `.` or a space, which Windows drops"));
            }
            _ if is_device(part) => return Err(bad("names a device of Windows")),
            _ => parts.push(part),
        }
    }
    Ok(parts)
}

/// Whether that is a device on Windows: a stem alone tells, and [`FileName`] knows them.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end();
    let plain = !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain && stem.len() <= 4 && stem.parse::<FileName>().is_err()
}
