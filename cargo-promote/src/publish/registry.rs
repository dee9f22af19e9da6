//! Which registry is meant.

use url::{Host, Url};

/// The default registry by cargo's own name.
pub const DEFAULT: &str = "crates-io";

/// An address that nothing is sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of {of} cannot be used: {why}")]
pub struct BadAddress {
    /// Of what.
    pub of: &'static str,
    /// Why not. The address itself is not shown where it may hold a secret.
    pub why: String,
}

/// A registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// Its name in cargo's configuration, where it has one.
    pub name: Option<String>,
    /// Where its index is, ending with `/`.
    pub index: Url,
}

/// Where packages go, and how the dependencies in their manifests are meant there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The registry.
    pub registry: Registry,
    /// Whether it stands in for the default registry (`[source.crates-io] replace-with`): a dependency that names no
    /// registry is then one of the same.
    pub stands_in: bool,
    /// How entries of other registries name the default one.
    pub default_registry: String,
}

impl Target {
    /// Whether it is the default registry itself.
    pub fn is_default(&self) -> bool {
        self.registry.name.as_deref() == Some(DEFAULT)
    }

    /// The registry of a dependency as the target is told of it, from what the manifest says: none for the same.
    pub fn registry_of(&self, in_manifest: Option<&str>) -> Option<String> {
        match in_manifest {
            None if self.is_default() || self.stands_in => None,
            None => Some(self.default_registry.clone()),
            Some(address) if self.is_own(address) => None,
            Some(address) => Some(address.to_owned()),
        }
    }

    fn is_own(&self, address: &str) -> bool {
        let same = |other: &Url| {
            other.as_str().trim_end_matches('/') == self.registry.index.as_str().trim_end_matches('/')
        };
        address
            .strip_prefix("sparse+")
            .and_then(|address| Url::parse(address).ok())
            .is_some_and(|other| same(&other))
    }

    /// What it is called in messages.
    pub fn shown(&self) -> String {
        let Registry { name, index } = &self.registry;
        name.clone().unwrap_or_else(|| index.to_string())
    }
}

/// Reads an address: `https`, or `http` on this machine; `sparse+` before it is cargo's mark of the protocol.
///
/// # Errors
/// Where a token sent there could be read on the way, or the address itself holds a secret.
pub fn checked(of: &'static str, text: &str) -> Result<Url, BadAddress> {
    let bad = |why: &str| BadAddress { of, why: why.to_owned() };
    let mut url =
        Url::parse(text.strip_prefix("sparse+").unwrap_or(text)).map_err(|error| bad(&error.to_string()))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(bad("it names no host")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a name or a password; a token is given by an environment variable"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a query or a fragment"));
    }
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(bad("it is plain http, which only this machine may have; use https")),
        other => return Err(bad(&format!("`{other}` is no sparse index; cargo promote publish needs one"))),
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// The variable in which cargo expects the token of a registry.
pub fn token_variable(name: &str) -> String {
    if name == DEFAULT {
        return "CARGO_REGISTRY_TOKEN".to_owned();
    }
    format!("CARGO_REGISTRIES_{}_TOKEN", name.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_keep_a_token_secret_are_used() {
        for good in [
            "sparse+https://registry.invalid/index/",
            "https://registry.invalid",
            "http://127.0.0.1:8000/",
            "sparse+http://localhost:1",
            "http://[::1]:3/index",
        ] {
            assert!(checked("x", good).unwrap().as_str().ends_with('/'), "{good}");
        }
        for bad in [
            "http://registry.invalid/",
            "http://127.0.0.1.registry.invalid/",
            "http://localhost.registry.invalid/",
            "https://user@registry.invalid/",
            "https://user:secret@registry.invalid/",
            "https://registry.invalid/?token=secret",
            "https://registry.invalid/#x",
            "git+https://registry.invalid/",
            "ssh://registry.invalid/",
            "file:///tmp",
            "registry.invalid",
            "",
        ] {
            let error = checked("x", bad).unwrap_err().to_string();
            assert!(!error.contains("secret@") && !error.contains("=secret"), "{error}");
        }
    }

    #[test]
    fn tokens_are_in_the_variables_that_cargo_reads() {
        assert_eq!(token_variable("crates-io"), "CARGO_REGISTRY_TOKEN");
        assert_eq!(token_variable("my-own"), "CARGO_REGISTRIES_MY_OWN_TOKEN");
    }

    #[test]
    fn a_dependency_of_the_same_registry_is_told_without_one() {
        let target = |name: Option<&str>, stands_in| Target {
            registry: Registry {
                name: name.map(str::to_owned),
                index: checked("x", "https://own.invalid/index").unwrap(),
            },
            stands_in,
            default_registry: "default".to_owned(),
        };
        let own = Some("sparse+https://own.invalid/index/");
        let other = Some("sparse+https://other.invalid/");
        let of = |target: Target| [None, own, other].map(|address| target.registry_of(address));
        let told = other.map(str::to_owned);
        assert_eq!(of(target(Some("crates-io"), false)), [None, None, told.clone()]);
        assert_eq!(of(target(None, true)), [None, None, told.clone()]);
        assert_eq!(of(target(Some("own"), false)), [Some("default".to_owned()), None, told]);
    }
}
