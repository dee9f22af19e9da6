//! The programs of one target.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cargo_gate::gate::Options;
use cargo_gate::release;

use super::site::Site;
use crate::stage::Plan;
use crate::trouble::Trouble;

/// The programs of the plan's packages, by name with the system's ending.
pub(super) fn programs(
    site: &Site,
    plan: &Plan,
    (triple, told): &(String, bool),
) -> Result<BTreeMap<String, PathBuf>, Trouble> {
    let packages: Vec<String> = plan.programs.iter().map(|member| member.name.clone()).collect();
    let mut args: Vec<String> =
        ["build", "--release", "--locked", "--bins", "--message-format=json"].map(str::to_owned).to_vec();
    args.extend(packages.iter().flat_map(|name| ["--package".to_owned(), name.clone()]));
    if *told {
        args.extend(["--target".to_owned(), triple.clone()]);
    }
    args.extend(["--target-dir".to_owned(), site.target().to_string_lossy().into_owned()]);
    let built = site.build(&args, &[("CARGO_ENCODED_RUSTFLAGS", site.flags(triple)?)]);
    let options = Options { packages, ..Options::default() };
    let run = release::read(&site.facts, &options, &built).map_err(|why| {
        let said = String::from_utf8_lossy(&built.stderr).trim_end().to_owned();
        Trouble::CouldNot(format!("the release build for {triple} did not work: {}\n{said}", why.reason))
    })?;
    let mut programs = BTreeMap::new();
    for (artifact, path) in release::programs(&run) {
        let path = PathBuf::from(path);
        let name =
            path.file_name().and_then(|name| name.to_str()).unwrap_or(&artifact.target.name).to_owned();
        if programs.insert(name.clone(), path).is_some() {
            return Err(Trouble::CouldNot(format!(
                "two packages have a program `{name}`; rename one of them"
            )));
        }
    }
    Ok(programs)
}
