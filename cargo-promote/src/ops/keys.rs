//! Keys that sign: from a file, from a variable of the environment, or held by OpenSSH.

use std::fmt;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signer as _, SigningKey};
use ssh_key::LineEnding;

use super::Git;
use crate::attest::{Envelope, PublicKey, Signature, dsse, ssh};

/// The largest file of a key that is read, in bytes.
const MOST_KEY: u64 = 64 << 10;

/// The options that say with which key something is signed.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(multiple = false)]
pub struct SignWith {
    /// Sign with the ed25519 key in this file: a PEM block `PRIVATE KEY`, as `keys generate` writes it
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Sign with the ed25519 key that the variable NAME of the environment holds, in the same form
    #[arg(long, value_name = "NAME")]
    pub key_env: Option<String>,
    /// Sign with this SSH key: its public or private file. `ssh-keygen` signs, with the agent or the hardware that has it
    #[arg(long, value_name = "FILE")]
    pub ssh_key: Option<PathBuf>,
}

/// What signs.
pub enum Signer {
    /// An ed25519 key.
    Plain(SigningKey),
    /// A key that only OpenSSH reads.
    Ssh {
        /// `ssh-keygen`.
        program: PathBuf,
        /// The file that names the key.
        key: PathBuf,
    },
}

/// Why something could not be signed, or a key not be made. No message holds a part of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file that cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A variable that is not there.
    #[error("the variable {0} of the environment is not set, or is no text; it has to hold the key")]
    NoVariable(String),
    /// Something that is no key.
    #[error("{place} holds no ed25519 key that can sign: {why}")]
    NoKey {
        /// The file or variable.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// There is no OpenSSH.
    #[error("ssh-keygen is not installed, or not on PATH; it comes with OpenSSH")]
    NoOpenSsh,
    /// OpenSSH did not sign.
    #[error(
        "ssh-keygen did not sign with {key}: {why}; a key with a passphrase has to be in the agent (`ssh-add`), or you \
         have to be at a terminal"
    )]
    NotSigned {
        /// The file that names the key.
        key: String,
        /// What it says.
        why: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoRandom(String),
}

/// Says which key it is and never what is in it.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(key) => write!(f, "Plain({})", PublicKey::Plain(key.verifying_key()).id()),
            Self::Ssh { key, .. } => write!(f, "Ssh({})", key.display()),
        }
    }
}

impl SignWith {
    /// What signs; none where no option names a key.
    ///
    /// # Errors
    /// Where the key cannot be had.
    pub fn signer(&self) -> Result<Option<Signer>, KeyError> {
        if let Some(path) = &self.key {
            return plain(&path.display().to_string(), &read(path)?).map(Some);
        }
        if let Some(name) = &self.key_env {
            let text = std::env::var(name).map_err(|_| KeyError::NoVariable(name.clone()))?;
            return plain(&format!("the variable {name}"), &text).map(Some);
        }
        let Some(key) = self.ssh_key.clone() else { return Ok(None) };
        let program = which::which("ssh-keygen").map_err(|_| KeyError::NoOpenSsh)?;
        Ok(Some(Signer::Ssh { program, key }))
    }
}

impl SignWith {
    /// What signs; where no option names a key, the SSH key that git signs with, if it does.
    ///
    /// # Errors
    /// Where the key cannot be had.
    pub fn or_of_git(&self, git: &Git) -> Result<Option<Signer>, KeyError> {
        let named = self.signer()?;
        let setting = |args: &[&str]| git.text(["config"].iter().chain(args)).ok();
        if named.is_some() || setting(&["--get", "gpg.format"]).as_deref() != Some("ssh") {
            return Ok(named);
        }
        let Some(key) = setting(&["--type=path", "--get", "user.signingkey"]) else { return Ok(None) };
        // a key in words instead of a file is one that only git makes a file of
        if key.starts_with("key::") || key.starts_with("ssh-") {
            return Ok(None);
        }
        Self { ssh_key: Some(PathBuf::from(key)), ..Self::default() }.signer()
    }
}

fn read(path: &Path) -> Result<String, KeyError> {
    let file = |cause| KeyError::File { path: path.display().to_string(), cause };
    let length = std::fs::metadata(path).map_err(file)?.len();
    if length > MOST_KEY {
        let why = format!("it has {length} bytes");
        return Err(KeyError::NoKey { place: path.display().to_string(), why });
    }
    std::fs::read_to_string(path).map_err(file)
}

fn plain(place: &str, text: &str) -> Result<Signer, KeyError> {
    let text = text.trim();
    let no = |why: &str| KeyError::NoKey { place: place.to_owned(), why: why.to_owned() };
    if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY") {
        return Err(no("it is a key of OpenSSH; name it with `--ssh-key`"));
    }
    if text.starts_with("-----BEGIN ENCRYPTED") {
        return Err(no("it is encrypted; keep it where secrets are kept, in the form of `keys generate`"));
    }
    match SigningKey::from_pkcs8_pem(text) {
        Ok(key) => Ok(Signer::Plain(key)),
        Err(_) => Err(no("it is no PEM block `PRIVATE KEY`; `cargo promote keys generate` makes one")),
    }
}

impl Signer {
    /// By what its signatures name the key; none where only OpenSSH knows it.
    pub fn keyid(&self) -> Option<String> {
        match self {
            Self::Plain(key) => Some(PublicKey::Plain(key.verifying_key()).id()),
            Self::Ssh { .. } => None,
        }
    }

    /// The statement in an envelope with its signature.
    ///
    /// # Errors
    /// Where OpenSSH does not sign.
    pub fn sign(&self, payload: Vec<u8>) -> Result<Envelope, KeyError> {
        let pae = dsse::pae(&payload);
        let signature = match self {
            Self::Plain(key) => Signature {
                keyid: PublicKey::Plain(key.verifying_key()).id(),
                bytes: key.sign(&pae).to_bytes().to_vec(),
            },
            Self::Ssh { program, key } => {
                let no = |why: String| KeyError::NotSigned { key: key.display().to_string(), why };
                let armoured = openssh(program, key, &pae).map_err(no)?;
                let (keyid, bytes) = ssh::taken(&armoured, &pae).map_err(no)?;
                Signature { keyid, bytes }
            }
        };
        Ok(Envelope { payload, signatures: vec![signature] })
    }
}

/// Has OpenSSH sign. It stays in the foreground of the terminal, if there is one: it may ask for a passphrase, or for
/// a touch of the hardware.
fn openssh(program: &Path, key: &Path, message: &[u8]) -> Result<Vec<u8>, String> {
    let at_terminal = std::io::stdin().is_terminal();
    let mut child = Command::new(program)
        .args(["-Y", "sign", "-n", ssh::NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(if at_terminal { Stdio::inherit() } else { Stdio::piped() })
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take();
    let message = message.to_vec();
    let writer = std::thread::spawn(move || stdin.as_mut().map(|pipe| pipe.write_all(&message)));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    // one that ends without reading everything is judged by how it ends
    let _ = writer.join();
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let said: String = last.chars().filter(|letter| !letter.is_control()).take(300).collect();
    Err(if said.is_empty() { output.status.to_string() } else { said })
}

/// A new ed25519 key: the private part into that file, which nobody else may read, the public one into the file with
/// `.pub` at its end. Gives the public one.
///
/// # Errors
/// Where one of the files is there already, or cannot be written.
pub fn generate(path: &Path) -> Result<PublicKey, KeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| KeyError::NoRandom(error.to_string()))?;
    let key = SigningKey::from_bytes(&seed);
    let public_path = public_path(path);
    let place = path.display().to_string();
    let no = |error: &dyn fmt::Display| KeyError::NoKey { place: place.clone(), why: error.to_string() };
    // the form without the public part: OpenSSL reads no other
    let pair = KeypairBytes { secret_key: seed, public_key: None };
    let private = pair.to_pkcs8_pem(LineEnding::LF).map_err(|error| no(&error))?;
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF).map_err(|error| no(&error))?;
    if public_path.exists() {
        let cause = std::io::ErrorKind::AlreadyExists.into();
        return Err(KeyError::File { path: public_path.display().to_string(), cause });
    }
    write_new(path, private.as_bytes(), true)?;
    write_new(&public_path, public.as_bytes(), false)?;
    Ok(PublicKey::Plain(key.verifying_key()))
}

/// The file with the public part of a key.
pub fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn write_new(path: &Path, bytes: &[u8], private: bool) -> Result<(), KeyError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
    // elsewhere a file has the rights of its folder, which in a home nobody else may read
    #[cfg(not(unix))]
    let _ = private;
    let written =
        options.open(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|cause| KeyError::File { path: path.display().to_string(), cause })
}

/// The public part of a key: of a public or private file, or of a variable.
///
/// # Errors
/// Where there is none.
pub fn public(with: &SignWith, file: Option<&Path>) -> Result<PublicKey, KeyError> {
    let of_text = |place: &str, text: &str| match PublicKey::read(text) {
        Ok(key) => Ok(key),
        Err(_) if text.contains("PRIVATE KEY") => match plain(place, text)? {
            Signer::Plain(key) => Ok(PublicKey::Plain(key.verifying_key())),
            Signer::Ssh { .. } => Err(KeyError::NoOpenSsh),
        },
        Err(bad) => Err(KeyError::NoKey { place: place.to_owned(), why: bad.to_string() }),
    };
    match (file, with.signer()?) {
        (Some(path), _) => of_text(&path.display().to_string(), &read(path)?),
        (None, Some(Signer::Plain(key))) => Ok(PublicKey::Plain(key.verifying_key())),
        (None, Some(Signer::Ssh { key, .. })) => {
            let own = key.extension().is_some_and(|ending| ending == "pub");
            let path = if own { key } else { public_path(&key) };
            of_text(&path.display().to_string(), &read(&path)?)
        }
        (None, None) => Err(KeyError::NoKey {
            place: "the command line".to_owned(),
            why: "name a file, `--key`, `--key-env` or `--ssh-key`".to_owned(),
        }),
    }
}

/// The public key as promote.toml has it.
pub fn written(key: &PublicKey) -> String {
    match key {
        PublicKey::Plain(key) => key.to_public_key_pem(LineEnding::LF).unwrap_or_default(),
        PublicKey::Ssh(key) => key.to_openssh().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
