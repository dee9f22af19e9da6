//! Which of cargo's resolvers a workspace uses.

use serde::Deserialize;

/// Which of cargo's resolvers decides on features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// The first: features of all kinds of dependencies and of all targets are on together.
    One,
    /// From the second on: what runs while building, what tests need and what other targets need turn on nothing
    /// in what is shipped.
    Two,
}

impl Resolver {
    /// The resolver that a root manifest asks for: by name, or by the edition of its package. A workspace without a
    /// package of its own has the first where it names none.
    ///
    /// # Errors
    /// In words, for what is no manifest.
    pub fn of_manifest(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Default, Deserialize)]
        struct Manifest {
            workspace: Option<Workspace>,
            package: Option<Table>,
        }
        #[derive(Default, Deserialize)]
        struct Workspace {
            resolver: Option<String>,
            package: Option<Table>,
        }
        #[derive(Default, Deserialize)]
        struct Table {
            resolver: Option<String>,
            edition: Option<Edition>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Edition {
            Own(String),
            Inherited {},
        }
        let manifest: Manifest =
            toml_edit::de::from_slice(bytes).map_err(|error| error.message().to_owned())?;
        let package = manifest.package.as_ref();
        let workspace = manifest.workspace.as_ref();
        let named = workspace.and_then(|one| one.resolver.as_deref());
        if let Some(name) = named.or_else(|| package.and_then(|one| one.resolver.as_deref())) {
            return Ok(if name == "1" { Self::One } else { Self::Two });
        }
        let edition = match package.and_then(|one| one.edition.as_ref()) {
            Some(Edition::Own(edition)) => edition.as_str(),
            Some(Edition::Inherited {}) => {
                match workspace.and_then(|one| one.package.as_ref()?.edition.as_ref()) {
                    Some(Edition::Own(edition)) => edition.as_str(),
                    _ => "",
                }
            }
            None => "",
        };
        Ok(if matches!(edition, "" | "2015" | "2018") { Self::One } else { Self::Two })
    }
}
