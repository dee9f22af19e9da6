//! A stream that has to be the one that it is named for.

use std::io::{self, Error, ErrorKind, Read};

use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, hex};

/// Reads what has a digest and a size in bytes. Its end is an error of the kind [`ErrorKind::InvalidData`] where the
/// bytes are others, and so is the first byte too many.
#[derive(Debug)]
pub struct Checked<R> {
    from: R,
    digest: Digest,
    size: u64,
    read: u64,
    hash: Sha256,
}

impl<R: Read> Checked<R> {
    /// What is read from there must have that digest and size.
    pub fn new(from: R, digest: Digest, size: u64) -> Self {
        Self { from, digest, size, read: 0, hash: Sha256::new() }
    }

    fn judged(&self) -> io::Result<usize> {
        if self.read < self.size {
            return Err(damaged(format!("it has {} bytes instead of {}", self.read, self.size)));
        }
        let found = hex(&self.hash.clone().finalize());
        if found == self.digest.hex() {
            Ok(0)
        } else {
            Err(damaged(format!("its digest is sha256:{found} instead of {}", self.digest)))
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.from.read(buffer)?;
        if read == 0 {
            return self.judged();
        }
        self.read += read as u64;
        if self.read > self.size {
            return Err(damaged(format!("it has more than its {} bytes", self.size)));
        }
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

fn damaged(how: String) -> Error {
    Error::new(ErrorKind::InvalidData, how)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], digest: Digest, size: u64) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let read = Checked::new(bytes, digest, size).read_to_end(&mut all);
        read.map(|_| all).map_err(|error| error.to_string())
    }

    #[test]
    fn the_right_bytes_are_read_and_others_are_told_apart() {
        let digest = Digest::of(b"right");
        assert_eq!(read(b"right", digest, 5).unwrap(), b"right");
        assert!(read(b"wrong", digest, 5).unwrap_err().contains("its digest is sha256:"));
        assert_eq!(read(b"righ", digest, 5).unwrap_err(), "it has 4 bytes instead of 5");
        assert_eq!(read(b"right!", digest, 5).unwrap_err(), "it has more than its 5 bytes");
        assert_eq!(read(b"", Digest::of(b""), 0).unwrap(), b"");
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_found(bytes in proptest::collection::vec(any::<u8>(), 1..3000), place: usize, bit in 0_u8..8) {
            let mut other = bytes.clone();
            let place = place % other.len();
            other[place] ^= 1 << bit;
            prop_assert!(read(&other, Digest::of(&bytes), bytes.len() as u64).is_err());
        }
    }
}
