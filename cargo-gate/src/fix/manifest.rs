//! Manifests: a member inherits the lints of its workspace.

use toml_edit::{DocumentMut, Item, Table, value};

/// The manifest with `[lints] workspace = true`; none where it cannot be read or has lints of its own, which
/// somebody has to weigh.
pub(super) fn inherit_lints(text: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    if document.contains_key("lints") {
        return None;
    }
    let mut lints = Table::new();
    lints.insert("workspace", value(true));
    lints.decor_mut().set_prefix(if text.is_empty() { "" } else { "\n" });
    document.insert("lints", Item::Table(lints));
    let fixed = document.to_string();
    Some(if text.contains("\r\n") { fixed.replace("\r\n", "\n").replace('\n', "\r\n") } else { fixed })
}
