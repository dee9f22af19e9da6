//! Reads the programs that a build made.

use crate::facts::Facts;
use crate::gate::{Options, Unreadable};
use crate::release::{self, BuiltProgram};
use crate::step::{Evidence, Step, ToolCall};

/// The programs that the build's messages name, with their bytes.
pub(super) fn read(
    facts: &Facts,
    options: &Options,
    build: &ToolCall,
    before: &Evidence,
) -> Result<Vec<BuiltProgram>, Unreadable> {
    let run = release::read(facts, options, before.tool(&Step::Tool(build.clone()))?)?;
    release::programs(&run)
        .map(|(artifact, path)| match std::fs::read(path) {
            Ok(bytes) => Ok(BuiltProgram {
                package_id: artifact.package_id.clone(),
                name: artifact.target.name.clone(),
                bytes,
            }),
            Err(error) => Err(Unreadable::garbage(format!("cargo names the program {path}: {error}"))),
        })
        .collect()
}
