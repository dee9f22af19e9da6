//! `.crate` files, as cargo packs them.

use std::path::{Path, PathBuf};

use super::site::{Site, text};
use crate::stage::Member;
use crate::trouble::Trouble;

/// Packs the members into that folder. They are not built from there: their programs are built beside it, and the gates
/// have judged the tree.
pub(super) fn pack(site: &Site, crates: &[Member], folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    let mut args: Vec<String> = ["package", "--locked", "--no-verify"].map(str::to_owned).to_vec();
    args.extend(crates.iter().flat_map(|member| ["--package".to_owned(), member.name.clone()]));
    args.extend(["--target-dir".to_owned(), folder.to_string_lossy().into_owned()]);
    text(site.build(&args, &[]))?;
    let packed = crates.iter().map(|member| {
        let file = folder.join("package").join(format!("{}-{}.crate", member.name, member.version));
        let said_so =
            || Trouble::CouldNot(format!("`cargo package` ended well and made no {}", file.display()));
        file.is_file().then(|| file.clone()).ok_or_else(said_so)
    });
    packed.collect()
}
