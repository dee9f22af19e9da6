//! A stream that gives no more than a budget, and knows how it ended.

use std::io::{Error, ErrorKind, Read};

/// Counts what is read, and refuses to give more than a budget.
pub(super) struct Limited<R> {
    inner: R,
    left: u64,
    /// What was read, in bytes.
    pub(super) read: u64,
    /// How many bytes of zero were the last ones.
    pub(super) zeros: u64,
    /// Whether there was more than the budget.
    pub(super) exceeded: bool,
}

impl<R: Read> Limited<R> {
    pub(super) fn new(inner: R, budget: u64) -> Self {
        Self { inner, left: budget, read: 0, zeros: 0, exceeded: false }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let count = read as u64;
        if count > self.left {
            self.exceeded = true;
            return Err(Error::new(ErrorKind::FileTooLarge, "it unpacks to more than may be"));
        }
        self.left -= count;
        self.read += count;
        let bytes = buffer.get(..read).unwrap_or_default();
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count() as u64;
        self.zeros = if zeros == count { self.zeros + zeros } else { zeros };
        Ok(read)
    }
}
