//! Why a command did not do what was asked.

use crate::candidate::BadManifest;
use crate::ledger::{BadEntry, Refused};
use crate::ops::attest::AttestError;
use crate::ops::keys::KeyError;
use crate::ops::{ConfigFault, GitError};
use crate::store::StoreError;

/// Why a command did not do what was asked, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A rule forbids it: the order of environments, the policy, a check.
    #[error("{0}")]
    Refused(String),
    /// It could not be done: the config, a store, the network, the command line.
    #[error("{0}")]
    CouldNot(String),
}

impl Trouble {
    /// The exit code of the command.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::CouldNot(_) => 2,
        }
    }
}

macro_rules! from {
    ($($error:ty => $kind:ident),+) => {
        $(impl From<$error> for Trouble {
            fn from(error: $error) -> Self {
                Self::$kind(error.to_string())
            }
        })+
    };
}

from!(Refused => Refused, StoreError => CouldNot, GitError => CouldNot, BadManifest => CouldNot, BadEntry => CouldNot,
    ConfigFault => CouldNot, KeyError => CouldNot, AttestError => CouldNot);
