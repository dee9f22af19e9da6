//! Opens stores and ledgers that are not on this machine. The secrets that they need are in environment variables, and
//! from there they go into the client alone.

use crate::config::StoreSettings;
use crate::ledger::Ledger;
use crate::name::Label;
use crate::store::Store;
use crate::trouble::Trouble;

#[cfg(feature = "s3")]
use super::{
    bucket::{Access, Bucket},
    ledger::S3Ledger,
    store::BlobStore,
};
use super::{forge::Forge, store::ForgeStore};
#[cfg(feature = "oci")]
use super::{ledger::OciLedger, registry::Registry, store::OciStore};

/// The store of that name and these settings.
///
/// # Errors
/// Where an address is none, a secret is missing, or this build does not know the kind.
pub fn store(name: &Label, settings: &StoreSettings) -> Result<Box<dyn Store>, Trouble> {
    match settings {
        #[cfg(feature = "oci")]
        StoreSettings::Oci { .. } => Ok(Box::new(OciStore::new(registry(name, settings)?))),
        StoreSettings::Forge { api, repository, token_env } => {
            let forge = Forge::open(api, repository, secret(name, token_env)?)?;
            Ok(Box::new(ForgeStore::new(forge)))
        }
        #[cfg(feature = "s3")]
        StoreSettings::S3 { .. } => Ok(Box::new(BlobStore::new(bucket(name, settings)?))),
        _ => Err(unknown(name, settings)),
    }
}

/// The ledger in the store of that name and these settings.
///
/// # Errors
/// As [`store`], and where such a store cannot hold a ledger.
pub fn ledger(name: &Label, settings: &StoreSettings) -> Result<Box<dyn Ledger>, Trouble> {
    match settings {
        #[cfg(feature = "oci")]
        StoreSettings::Oci { .. } => Ok(Box::new(OciLedger::new(registry(name, settings)?))),
        StoreSettings::Forge { .. } => Err(Trouble::CouldNot(format!(
            "the store `{name}` cannot hold the ledger: the releases of a forge have no pointer of their own; name \
             another one as `ledger.name`"
        ))),
        #[cfg(feature = "s3")]
        StoreSettings::S3 { conditional_writes, .. } => {
            Ok(Box::new(S3Ledger::new(bucket(name, settings)?, *conditional_writes)))
        }
        _ => Err(unknown(name, settings)),
    }
}

fn unknown(name: &Label, settings: &StoreSettings) -> Trouble {
    let (kind, feature) = match settings {
        StoreSettings::Local { .. } => ("local", ""),
        StoreSettings::Oci { .. } => ("oci", "oci"),
        StoreSettings::S3 { .. } => ("s3", "s3"),
        StoreSettings::Forge { .. } => ("forge", ""),
    };
    let how =
        if feature.is_empty() { String::new() } else { format!("; build it with `--features {feature}`") };
    Trouble::CouldNot(format!("the store `{name}`: this build does not know the kind `{kind}`{how}"))
}

#[cfg(feature = "oci")]
fn registry(name: &Label, settings: &StoreSettings) -> Result<Registry, Trouble> {
    let StoreSettings::Oci { repository, http, username_env, password_env } = settings else {
        return Err(unknown(name, settings));
    };
    let login = match (username_env, password_env) {
        (None, None) => None,
        (Some(user), Some(password)) => Some((secret(name, user)?, secret(name, password)?)),
        // registries that take a token take it with any name
        (None, Some(password)) => Some(("token".to_owned(), secret(name, password)?)),
        (Some(_), None) => {
            let what = "`username_env` without `password_env` is no login";
            return Err(Trouble::CouldNot(format!("the store `{name}`: {what}")));
        }
    };
    Ok(Registry::open(repository, *http, login)?)
}

#[cfg(feature = "s3")]
fn bucket(name: &Label, settings: &StoreSettings) -> Result<Bucket, Trouble> {
    let StoreSettings::S3 { bucket, prefix, endpoint, region, access_key_env, secret_key_env, .. } = settings
    else {
        return Err(unknown(name, settings));
    };
    let key = (
        secret(name, access_key_env.as_deref().unwrap_or("AWS_ACCESS_KEY_ID"))?,
        secret(name, secret_key_env.as_deref().unwrap_or("AWS_SECRET_ACCESS_KEY"))?,
    );
    let (bucket, prefix) = (bucket.clone(), prefix.clone());
    let (endpoint, region) = (endpoint.clone(), region.clone());
    Ok(Bucket::open(Access { bucket, prefix, endpoint, region, key })?)
}

/// What an environment variable holds.
fn secret(store: &Label, variable: &str) -> Result<String, Trouble> {
    match std::env::var(variable) {
        Ok(secret) if !secret.is_empty() => Ok(secret),
        _ => Err(Trouble::CouldNot(format!(
            "the store `{store}` needs the environment variable {variable}, which is not set"
        ))),
    }
}
