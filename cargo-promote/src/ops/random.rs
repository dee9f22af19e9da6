//! Random numbers of the system.

use std::time::Duration;

use crate::digest::hex;

/// A random name of 32 hexadecimal digits.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn id() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(hex(&bytes))
}

/// A random part of a time, so that many who wait do not come back at once.
pub fn jitter(most: Duration) -> Duration {
    let mut bytes = [0; 4];
    // without random bytes everybody waits the whole time, which is slower and as right
    let part = getrandom::fill(&mut bytes)
        .map_or(1.0, |()| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX));
    most.mul_f64(part)
}
