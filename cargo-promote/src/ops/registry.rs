//! A repository of an OCI registry, spoken to by one request after the other.
//!
//! Whatever is written is named by its digest, or by a tag that holds one, so each request can be sent again: a
//! connection that was lost is tried again here before anything is said.

mod client;
mod errors;
mod removal;
mod streams;

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError as Error;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use tokio::runtime::{Builder, Runtime};

use self::client::is_open;
use self::errors::{is_missing, is_passing, shown};
use self::streams::{Chunks, Sink};
use super::random::jitter;
use crate::digest::Digest;
use crate::image::{self, MANIFEST_TYPE, Tag};
use crate::store::StoreError;

/// How often a request is sent before its connection counts as lost.
const TRIES: u32 = 4;
/// How long the first wait between two tries is at the most; each one is up to three times as long as the one before.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest that the way to the registry, and any silence of it, may take.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_mins(1);
/// How many tags are asked for at once.
const PAGE: usize = 1000;
/// The most tags of one repository.
const MOST_TAGS: usize = 1_000_000;

/// A repository of a registry.
pub struct Registry {
    runtime: Rc<Runtime>,
    client: Client,
    auth: RegistryAuth,
    host: String,
    repository: String,
    plain: bool,
    pause: Duration,
    agent: OnceCell<ureq::Agent>,
    /// Whether it was seen to give all tags at once, whatever is asked for.
    knows_no_pages: Cell<bool>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.place()).finish()
    }
}

/// What a request does, for messages.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Reads,
    Writes,
}

impl Registry {
    /// The repository of that address.
    ///
    /// # Errors
    /// Where the address is none, or plain HTTP would leave this machine.
    pub fn open(address: &str, plain: bool, login: Option<(String, String)>) -> Result<Self, StoreError> {
        let refused = |why: String| {
            let (place, doing) = ("oci".to_owned(), "opening the store".to_owned());
            StoreError::Refused { place, doing, why }
        };
        let (host, repository) = image::address(address).map_err(refused)?;
        if plain && !image::is_loopback(host) {
            return Err(refused(format!(
                "plain HTTP is spoken with this machine only, and {host} is another"
            )));
        }
        super::tls::choose_cryptography();
        let protocol =
            if plain { ClientProtocol::HttpsExcept(vec![host.to_owned()]) } else { ClientProtocol::Https };
        let config = ClientConfig {
            protocol,
            use_monolithic_push: true,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENCE),
            user_agent: concat!("cargo-promote/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| refused(error.to_string()))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let auth = match login {
            Some((user, password)) => RegistryAuth::Basic(user, password),
            // without any token the client asks before each request whether one is needed
            None if plain && is_open(host) => RegistryAuth::Bearer("none".to_owned()),
            None => RegistryAuth::Anonymous,
        };
        let this = Self {
            runtime: Rc::new(runtime.map_err(|error| refused(error.to_string()))?),
            client,
            auth,
            host: host.to_owned(),
            repository: repository.to_owned(),
            plain,
            pause: PAUSE,
            agent: OnceCell::new(),
            knows_no_pages: Cell::new(false),
        };
        // the requests for blobs do not take it along as the others do
        this.runtime
            .block_on(this.client.store_auth_if_needed(this.at("latest").resolve_registry(), &this.auth));
        Ok(this)
    }

    /// The same with another first wait between two tries.
    #[must_use]
    pub fn pausing(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// What it is called in messages.
    pub fn place(&self) -> String {
        format!("oci {}", self.address())
    }

    /// Registry and repository.
    pub fn address(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The repository of another store, where it is of this registry.
    pub fn sibling<'a>(&self, address: &'a str) -> Option<&'a str> {
        let (host, repository) = image::address(address).ok()?;
        (host == self.host && repository != self.repository).then_some(repository)
    }

    /// All tags that are ours, sorted.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn tags(&self) -> Result<Vec<Tag>, StoreError> {
        let doing = "listing the tags";
        let repository = self.at("latest");
        let mut all: BTreeSet<String> = BTreeSet::new();
        let mut last: Option<String> = None;
        loop {
            // where a registry sorts is its own business: the next page comes after the last one of this page
            let page = self.ask(Kind::Reads, doing, || {
                self.client.list_tags(&repository, &self.auth, Some(PAGE), last.as_deref())
            })?;
            let page = page.map(|page| page.tags).unwrap_or_default();
            let before = all.len();
            // one that does not know pages gives all of them again, and all of them at once
            if before > 0 && all.is_subset(&page.iter().cloned().collect()) {
                self.knows_no_pages.set(true);
            }
            last = page.last().cloned();
            all.extend(page);
            if all.len() == before || self.knows_no_pages.get() {
                break;
            }
            if all.len() > MOST_TAGS {
                let (place, doing) = (self.place(), doing.to_owned());
                let why = format!("there are more than {MOST_TAGS}");
                return Err(StoreError::Refused { place, doing, why });
            }
        }
        let mut tags: Vec<Tag> = all.iter().filter_map(|tag| Tag::read(tag)).collect();
        tags.sort();
        tags.dedup();
        Ok(tags)
    }

    /// Writes a blob to a file or into memory, where it is there. What was written is of that digest.
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or larger than `most` bytes.
    pub fn blob<W: Write + Unpin + Default>(
        &self,
        digest: &Digest,
        most: u64,
    ) -> Result<Option<W>, StoreError> {
        self.blob_to(digest, most, || Ok(W::default()))
    }

    /// The same with something that is made anew for each try.
    ///
    /// # Errors
    /// As [`Registry::blob`], and where nothing can be made.
    pub fn blob_to<W: Write + Unpin>(
        &self,
        digest: &Digest,
        most: u64,
        make: impl Fn() -> std::io::Result<W>,
    ) -> Result<Option<W>, StoreError> {
        let (name, repository) = (digest.to_string(), self.at("latest"));
        self.ask(Kind::Reads, &format!("reading {}", digest.short()), || async {
            let mut sink = Sink { to: make()?, left: most };
            self.client.pull_blob(&repository, name.as_str(), Pin::new(&mut sink)).await?;
            Ok(sink.to)
        })
    }

    /// Whether the image manifest of these bytes is there, undamaged.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn has_image(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        let digest = Digest::of(bytes);
        let reference = self.by(&digest);
        let read = self.ask(Kind::Reads, &format!("reading the image {}", digest.short()), || {
            self.client.pull_manifest_raw(&reference, &self.auth, &[MANIFEST_TYPE])
        })?;
        match read {
            None => Ok(false),
            Some((read, _)) if read == bytes => Ok(true),
            Some(_) => Err(StoreError::Damaged {
                place: self.place(),
                what: format!("the image {}", digest.short()),
                how: "its bytes are others than its digest says".to_owned(),
            }),
        }
    }

    /// The digest of the image that a tag names, in hexadecimal digits. Nothing that counts rests on it.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn tagged(&self, tag: &str) -> Result<Option<String>, StoreError> {
        let reference = self.at(tag);
        let read = self.ask(Kind::Reads, &format!("reading the tag {tag}"), || {
            self.client.pull_manifest_raw(&reference, &self.auth, &[MANIFEST_TYPE])
        })?;
        Ok(read.map(|(bytes, _)| Digest::of(&bytes).hex()))
    }

    /// Whether a blob is there.
    ///
    /// # Errors
    /// Where that cannot be asked.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, StoreError> {
        let (name, repository) = (digest.to_string(), self.at("latest"));
        let doing = format!("looking for {}", digest.short());
        Ok(self.ask(Kind::Reads, &doing, || self.client.blob_exists(&repository, &name))?.unwrap_or_default())
    }

    /// Writes a blob. `open` gives its bytes from the beginning, for each try.
    ///
    /// # Errors
    /// Where it cannot be written: the registry compares the digest.
    pub fn put_blob<R: std::io::Read + Unpin + Send + 'static>(
        &self,
        digest: &Digest,
        size: u64,
        open: impl Fn() -> std::io::Result<R>,
    ) -> Result<(), StoreError> {
        let (name, repository) = (digest.to_string(), self.at("latest"));
        let doing = format!("writing {}", digest.short());
        self.told(&doing, || async {
            let chunks = Chunks { from: open()? };
            self.client.push_blob_stream(&repository, chunks, &name, Some(size)).await.map(drop)
        })
    }

    /// Has the registry take over a blob from another repository of it; whether it did.
    pub fn mount(&self, from: &str, digest: &Digest) -> bool {
        let source = Reference::with_tag(self.host.clone(), from.to_owned(), "latest".to_owned());
        let (name, repository) = (digest.to_string(), self.at("latest"));
        // whatever it says, the blob is uploaded then
        self.runtime.block_on(self.client.mount_blob(&repository, &source, &name)).is_ok()
    }

    /// The repository of that name in the same registry.
    #[must_use]
    pub fn beside(&self, repository: &str) -> Self {
        Self {
            runtime: Rc::clone(&self.runtime),
            client: self.client.clone(),
            auth: self.auth.clone(),
            host: self.host.clone(),
            repository: repository.to_owned(),
            plain: self.plain,
            pause: self.pause,
            agent: OnceCell::new(),
            knows_no_pages: self.knows_no_pages.clone(),
        }
    }

    /// Writes an image manifest under its digest and under a tag.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put_image(&self, bytes: &[u8], tag: &str) -> Result<(), StoreError> {
        let digest = Digest::of(bytes);
        let reference = self.at(tag);
        self.told(&format!("writing the image {} as {tag}", digest.short()), || async {
            let kind = MANIFEST_TYPE.parse().map_err(|_| Error::GenericError(None))?;
            self.client.push_manifest_raw(&reference, bytes.to_vec(), kind).await.map(drop)
        })
    }

    fn at(&self, tag: &str) -> Reference {
        Reference::with_tag(self.host.clone(), self.repository.clone(), tag.to_owned())
    }

    fn by(&self, digest: &Digest) -> Reference {
        Reference::with_digest(self.host.clone(), self.repository.clone(), digest.to_string())
    }

    /// Sends what is to be done.
    fn told<F: Future<Output = Result<(), Error>>>(
        &self,
        doing: &str,
        send: impl Fn() -> F,
    ) -> Result<(), StoreError> {
        let missing = || StoreError::Refused {
            place: self.place(),
            doing: doing.to_owned(),
            why: "the registry does not know the repository, or what the image names".to_owned(),
        };
        self.ask(Kind::Writes, doing, send)?.ok_or_else(missing)
    }

    /// Sends a request, again where the connection is lost; nothing where what it asks for is not there.
    fn ask<T, F: Future<Output = Result<T, Error>>>(
        &self,
        kind: Kind,
        doing: &str,
        send: impl Fn() -> F,
    ) -> Result<Option<T>, StoreError> {
        let mut pause = self.pause;
        let mut tries = 1;
        loop {
            match self.runtime.block_on(send()) {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) if tries == TRIES || !is_passing(&error) => {
                    return Err(self.failed(kind, doing, &error));
                }
                Err(_) => {
                    std::thread::sleep(jitter(pause));
                    (tries, pause) = (tries + 1, pause * 3);
                }
            }
        }
    }

    fn failed(&self, kind: Kind, doing: &str, error: &Error) -> StoreError {
        let cause = shown(error, |text| self.without_login(text));
        let (place, doing) = (self.place(), doing.to_owned());
        match error {
            Error::DigestError(_) => StoreError::Damaged { place, what: doing, how: cause },
            Error::IoError(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                StoreError::Damaged { place, what: doing, how: cause }
            }
            Error::UnauthorizedError { .. }
            | Error::AuthenticationFailure(_)
            | Error::RegistryError { .. }
            | Error::ServerError { code: 400..=499, .. } => StoreError::Refused { place, doing, why: cause },
            error if is_passing(error) && matches!(kind, Kind::Writes) => {
                StoreError::Unknown { place, doing, cause }
            }
            _ => StoreError::Failed { place, doing, cause },
        }
    }
}
