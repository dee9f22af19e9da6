//! A bucket of S3, or of what speaks its protocol, by one request after the other.

use std::fmt;
use std::io::Read;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    RetryConfig, UpdateVersion,
};
use tokio::runtime::{Builder, Runtime};

use super::folder::Listed;
use super::store::{Blobs, Held};
use crate::checked::Checked;
use crate::digest::Digest;
use crate::store::StoreError;

/// The longest that the way to the server, and one request, may take.
const CONNECT: Duration = Duration::from_secs(10);
const REQUEST: Duration = Duration::from_mins(10);
/// How often and how long a request is tried again.
const TRIES: usize = 3;
const MOST_TRYING: Duration = Duration::from_mins(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// What is younger is not removed: it can belong to a candidate whose manifest is still to come.
const YOUNG: Duration = Duration::from_hours(24);
/// How much of an artifact is read at once, in bytes.
const PIECE: u64 = 8 << 20;
/// The largest artifact: it is written by one request, so that it is there at once, and held in memory for it.
const MOST: u64 = 1 << 30;

/// Where a bucket is, and who one is there.
#[derive(Clone)]
pub struct Access {
    /// The bucket.
    pub bucket: String,
    /// What all names in it begin with.
    pub prefix: String,
    /// Its address, where it is not Amazon's.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// The key's name and secret.
    pub key: (String, String),
}

/// A bucket.
#[derive(Clone)]
pub struct Bucket {
    inner: Rc<Inner>,
}

struct Inner {
    runtime: Runtime,
    store: AmazonS3,
    prefix: String,
    place: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.inner.place).finish()
    }
}

/// What became of a write that has a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was done.
    Done,
    /// The condition did not hold.
    Not,
}

impl Bucket {
    /// The bucket with that access.
    ///
    /// # Errors
    /// Where the address is none, or plain HTTP would leave this machine.
    pub fn open(access: Access) -> Result<Self, StoreError> {
        let Access { bucket, prefix, endpoint, region, key } = access;
        let prefix = prefix.trim_matches('/').to_owned();
        let place = format!("s3 {bucket}/{prefix}");
        let refused = |why: String| {
            let doing = "opening the store".to_owned();
            StoreError::Refused { place: place.clone(), doing, why }
        };
        let mut plain = false;
        if let Some(endpoint) = &endpoint {
            plain = crate::forge::api(endpoint).map_err(refused)?.scheme() == "http";
        }
        super::tls::choose_cryptography();
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: FIRST_PAUSE, ..BackoffConfig::default() },
            max_retries: TRIES,
            retry_timeout: MOST_TRYING,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket)
            .with_region(region.unwrap_or_else(|| "us-east-1".to_owned()))
            .with_access_key_id(key.0)
            .with_secret_access_key(key.1)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST))
            .with_allow_http(plain)
            .with_retry(retry);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(|error| refused(shown(&error)))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| refused(error.to_string()))?;
        Ok(Self { inner: Rc::new(Inner { runtime, store, prefix, place }) })
    }

    /// The bytes of that name and what changes with them; nothing where there are none.
    ///
    /// # Errors
    /// Where they cannot be read, or are too many.
    pub fn bytes(&self, name: &str, most: u64) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        let doing = format!("reading {name}");
        let read = self.inner.runtime.block_on(async {
            let got = self.inner.store.get(&self.path(name)).await?;
            if got.meta.size > most {
                return Ok(None);
            }
            let tag = got.meta.e_tag.clone().unwrap_or_default();
            Ok(Some((got.bytes().await?.to_vec(), tag)))
        });
        match read {
            Ok(Some(read)) => Ok(Some(read)),
            Ok(None) => {
                let (place, what) = (self.inner.place.clone(), name.to_owned());
                Err(StoreError::Damaged { place, what, how: format!("it is larger than {most} bytes") })
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(doing, &error, false)),
        }
    }

    /// Writes bytes where that name still has what changes with its bytes (`on`), or where there are none (without).
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn swap(&self, name: &str, bytes: Vec<u8>, on: Option<&str>) -> Result<Written, StoreError> {
        let mode = match on {
            None => PutMode::Create,
            Some(tag) => PutMode::Update(UpdateVersion { e_tag: Some(tag.to_owned()), version: None }),
        };
        match self.put(name, bytes.into(), mode) {
            Ok(()) => Ok(Written::Done),
            Err(Error::Precondition { .. } | Error::AlreadyExists { .. } | Error::NotFound { .. }) => {
                Ok(Written::Not)
            }
            Err(error) => Err(self.failed(format!("writing {name}"), &error, true)),
        }
    }

    /// Writes bytes, whatever is there.
    ///
    /// # Errors
    /// Where that is not known to have worked.
    pub fn overwrite(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let written = self.put(name, bytes.into(), PutMode::Overwrite);
        written.map_err(|error| self.failed(format!("writing {name}"), &error, true))
    }

    fn put(&self, name: &str, payload: PutPayload, mode: PutMode) -> Result<(), Error> {
        let options = PutOptions { mode, ..PutOptions::default() };
        let path = self.path(name);
        let put = self.inner.store.put_opts(&path, payload, options);
        self.inner.runtime.block_on(put).map(drop)
    }

    fn path(&self, name: &str) -> Path {
        // names are made of ours and of digests, and a prefix has no empty part
        Path::from(format!("{}/{name}", self.inner.prefix))
    }

    fn failed(&self, doing: String, error: &Error, writes: bool) -> StoreError {
        let (place, cause) = (self.inner.place.clone(), shown(error));
        match error {
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } | Error::InvalidPath { .. } => {
                StoreError::Refused { place, doing, why: cause }
            }
            _ if writes => StoreError::Unknown { place, doing, cause },
            _ => StoreError::Failed { place, doing, cause },
        }
    }

    fn walk(&self, below: &Path, all: &mut Vec<Listed>) -> Result<(), StoreError> {
        let listed = self.inner.runtime.block_on(self.inner.store.list_with_delimiter(Some(below)));
        let listed = listed.map_err(|error| self.failed(format!("listing {below}"), &error, false))?;
        let now = Timestamp::now().as_second();
        for object in listed.objects {
            let name = object.location.as_ref();
            let name =
                name.strip_prefix(&self.inner.prefix).unwrap_or(name).trim_start_matches('/').to_owned();
            let age = u64::try_from(now - object.last_modified.timestamp()).unwrap_or_default();
            all.push(Listed { name, size: object.size, age: Duration::from_secs(age) });
        }
        for folder in listed.common_prefixes {
            self.walk(&folder, all)?;
        }
        Ok(())
    }
}

impl Blobs for Bucket {
    fn place(&self) -> String {
        self.inner.place.clone()
    }

    fn held(&self) -> Held {
        Held::ByAge(YOUNG)
    }

    fn read(&self, name: &str) -> Result<Option<Box<dyn Read>>, StoreError> {
        let path = self.path(name);
        match self.inner.runtime.block_on(self.inner.store.head(&path)) {
            Ok(meta) => {
                let bucket = self.clone();
                Ok(Some(Box::new(Pieces {
                    bucket,
                    path,
                    at: 0,
                    size: meta.size,
                    piece: Vec::new(),
                    taken: 0,
                })))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(format!("reading {name}"), &error, false)),
        }
    }

    fn write(&self, name: &str, from: &mut dyn Read, digest: &Digest, size: u64) -> Result<(), StoreError> {
        let doing = || format!("writing {name}");
        let place = || self.inner.place.clone();
        if size > MOST {
            let why = format!("it has {size} bytes, and more than {MOST} are not written to a bucket");
            return Err(StoreError::Refused { place: place(), doing: doing(), why });
        }
        let mut bytes = Vec::new();
        let read = Checked::new(from, *digest, size).read_to_end(&mut bytes);
        read.map_err(|error| StoreError::Failed {
            place: place(),
            doing: doing(),
            cause: error.to_string(),
        })?;
        self.overwrite(name, bytes)
    }

    fn list(&self, below: &str) -> Result<Vec<Listed>, StoreError> {
        let mut all = Vec::new();
        self.walk(&self.path(below), &mut all)?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self.inner.runtime.block_on(self.inner.store.delete(&self.path(name))) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(format!("removing {name}"), &error, true)),
        }
    }
}

/// An object, read piece by piece.
struct Pieces {
    bucket: Bucket,
    path: Path,
    at: u64,
    size: u64,
    piece: Vec<u8>,
    taken: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.taken == self.piece.len() && self.at < self.size {
            let end = self.size.min(self.at + PIECE);
            let inner = &self.bucket.inner;
            let piece = inner.runtime.block_on(inner.store.get_range(&self.path, self.at..end));
            self.piece = piece.map_err(|error| std::io::Error::other(shown(&error)))?.to_vec();
            if self.piece.is_empty() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            (self.at, self.taken) = (self.at + self.piece.len() as u64, 0);
        }
        let mut left = self.piece.get(self.taken..).unwrap_or_default();
        let read = left.read(buffer)?;
        self.taken += read;
        Ok(read)
    }
}

/// The error in one line. The client puts no secret into it.
fn shown(error: &Error) -> String {
    let text = error.to_string();
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
}
