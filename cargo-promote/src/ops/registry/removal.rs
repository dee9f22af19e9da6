//! What is said to a registry with the login in our own hands: removing, which the client does not know.

use base64::Engine as _;
use oci_client::RegistryOperation;
use oci_client::secrets::RegistryAuth;

use super::client::agent;
use super::{Kind, Registry};
use crate::digest::Digest;
use crate::store::StoreError;

impl Registry {
    /// Removes an image manifest, and with it every tag that names it. It is removed where it is not there.
    ///
    /// # Errors
    /// Where the registry does not remove.
    pub fn remove_image(&self, digest: &Digest) -> Result<(), StoreError> {
        let doing = format!("removing the image {}", digest.short());
        let (reference, place) = (self.by(digest), self.place());
        let token = self
            .ask(Kind::Reads, &doing, || self.client.auth(&reference, &self.auth, RegistryOperation::Push))?
            .flatten();
        let scheme = if self.plain { "http" } else { "https" };
        let host = reference.resolve_registry();
        let url = format!("{scheme}://{host}/v2/{}/manifests/{digest}", self.repository);
        let mut request = self.agent.get_or_init(agent).delete(&url);
        match (token, &self.auth) {
            (Some(token), _) => request = request.header("Authorization", format!("Bearer {token}")),
            (None, RegistryAuth::Basic(user, password)) => {
                request = request.header("Authorization", format!("Basic {}", login(user, password)));
            }
            (None, _) => {}
        }
        match request.call() {
            Ok(answer) if answer.status().is_success() || answer.status().as_u16() == 404 => Ok(()),
            Ok(answer) => {
                let why = format!(
                    "the registry answers {}; where it removes nothing by its own protocol, remove the image \
                     {digest} in its web interface",
                    answer.status()
                );
                Err(StoreError::Refused { place, doing, why })
            }
            Err(error) => Err(StoreError::Unknown { place, doing, cause: error.to_string() }),
        }
    }

    /// What a server says may repeat what it was sent.
    pub(super) fn without_login(&self, text: &str) -> String {
        match &self.auth {
            RegistryAuth::Basic(user, password) => {
                text.replace(&login(user, password), "…").replace(password.as_str(), "…")
            }
            _ => text.to_owned(),
        }
    }
}

/// A login as it is sent.
fn login(user: &str, password: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"))
}
