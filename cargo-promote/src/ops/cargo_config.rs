//! The registries of cargo's configuration.

use std::path::{Path, PathBuf};

use cargo_gate::exec::{Environment, default_index, default_registry};
use toml_edit::{DocumentMut, Item};

use crate::publish::{BadAddress, DEFAULT, Registry, Target, checked};
use crate::trouble::Trouble;

/// The registry of that name: by the variable that cargo reads, by the nearest configuration file above the folder,
/// by that of cargo's home. `crates-io` is cargo's own.
///
/// # Errors
/// Where none names it, or its address is none to send a token to.
pub fn registry(name: &str, folder: &Path) -> Result<Registry, Trouble> {
    let of = |text: &str| address("the registry's index", text);
    if name == DEFAULT {
        return Ok(Registry { name: Some(name.to_owned()), index: of(&default_index())? });
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Trouble::CouldNot(format!("`{}` is no name of a registry", name.escape_debug())));
    }
    let variable = format!("CARGO_REGISTRIES_{}_INDEX", name.to_uppercase().replace('-', "_"));
    let of_variable = std::env::var(&variable).ok().filter(|value| !value.is_empty());
    let index = match of_variable {
        Some(index) => Some(index),
        None => in_files(name, folder)?,
    };
    let index = index.ok_or_else(|| {
        Trouble::CouldNot(format!(
            "cargo's configuration has no registry `{name}`; add `[registries.{name}] index = \"sparse+https://…\"` to \
             .cargo/config.toml, or set {variable}"
        ))
    })?;
    Ok(Registry { name: Some(name.to_owned()), index: of(&index)? })
}

/// The registry with that index.
///
/// # Errors
/// Where it is no address to send a token to.
pub fn at_index(index: &str) -> Result<Registry, Trouble> {
    Ok(Registry { name: None, index: address("the registry's index", index)? })
}

/// Where packages go.
pub fn target(registry: Registry, stands_in: bool) -> Target {
    Target { registry, stands_in, default_registry: default_registry() }
}

fn address(of: &'static str, text: &str) -> Result<url::Url, Trouble> {
    checked(of, text).map_err(|error: BadAddress| Trouble::CouldNot(error.to_string()))
}

fn in_files(name: &str, folder: &Path) -> Result<Option<String>, Trouble> {
    let home = Environment::read().ok().and_then(|environment| environment.cargo_home);
    let above = folder.ancestors().map(|folder| folder.join(".cargo"));
    for folder in above.chain(home) {
        // where both are there, cargo reads the one without an ending
        for file in ["config", "config.toml"].map(|file| folder.join(file)) {
            if let Some(index) = in_file(name, &file)? {
                return Ok(Some(index));
            }
        }
    }
    Ok(None)
}

fn in_file(name: &str, file: &PathBuf) -> Result<Option<String>, Trouble> {
    let bad = |why: String| Trouble::CouldNot(format!("{}: {why}", file.display()));
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        // a file where cargo would have a folder
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(bad(error.to_string())),
    };
    let document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| bad(error.message().to_owned()))?;
    let index = document.get("registries").and_then(|all| all.get(name)?.get("index"));
    Ok(index.and_then(Item::as_str).map(str::to_owned))
}
