//! Bytes on their way to and from a registry.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use oci_client::errors::OciDistributionError as Error;
use tokio::io::AsyncWrite;

/// How much of an artifact is in memory at once, in bytes.
const CHUNK: usize = 256 << 10;

/// Takes so many bytes and no more.
pub(super) struct Sink<W> {
    pub(super) to: W,
    pub(super) left: u64,
}

impl<W: Write + Unpin> AsyncWrite for Sink<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            return Poll::Ready(Err(std::io::Error::new(
                std::io::ErrorKind::FileTooLarge,
                "it has more bytes than its size says",
            )));
        };
        self.left = left;
        Poll::Ready(self.to.write_all(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(self.to.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.poll_flush(context)
    }
}

/// What is read, in pieces.
pub(super) struct Chunks<R> {
    pub(super) from: R,
}

impl<R: std::io::Read + Unpin> Stream for Chunks<R> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut chunk = vec![0; CHUNK];
        Poll::Ready(match self.from.read(&mut chunk) {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some(Ok(chunk.into()))
            }
            Err(error) => Some(Err(error.into())),
        })
    }
}
