//! Candidates in a folder of this machine.

use std::any::Any;
use std::io::Read;

use super::blobs::{BlobStore, Blobs, Held};
use crate::digest::Digest;
use crate::ops::folder::{Folder, Listed};
use crate::store::StoreError;

/// The store in a folder.
pub fn local(folder: Folder) -> BlobStore<Folder> {
    BlobStore::new(folder)
}

impl Blobs for Folder {
    fn place(&self) -> String {
        Self::place(self)
    }

    fn held(&self) -> Held {
        Held::ByLock
    }

    fn hold(&self, alone: bool) -> Result<Box<dyn Any>, StoreError> {
        Ok(Box::new(self.lock("lock", alone)?))
    }

    fn read(&self, name: &str) -> Result<Option<Box<dyn Read>>, StoreError> {
        Ok(Self::read(self, name)?.map(|file| -> Box<dyn Read> { Box::new(file) }))
    }

    fn write(&self, name: &str, from: &mut dyn Read, digest: &Digest, size: u64) -> Result<(), StoreError> {
        Self::write(self, name, from, digest, size)
    }

    fn list(&self, below: &str) -> Result<Vec<Listed>, StoreError> {
        Self::list(self, below)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        Self::remove(self, name)
    }

    fn remove_unfinished(&self, dry: bool) -> Result<u64, StoreError> {
        Self::remove_unfinished(self, dry)
    }
}

#[cfg(test)]
mod tests;
