//! Other people's validators: two of `CycloneDX`, one of SPDX, all without a network.

use std::path::{Path, PathBuf};

use super::Error;
use crate::program::Program;

/// Prints a line for each thing that is wrong with a `CycloneDX` document.
const CYCLONEDX_PYTHON: &str = "
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = open(sys.argv[1], encoding='utf-8').read()
error = JsonStrictValidator(SchemaVersion.from_version(json.loads(text)['specVersion'])).validate_str(text)
print('checked')
if error is not None:
    print(' '.join(str(error).split())[:300])
";
/// The same for an SPDX document.
const SPDX_PYTHON: &str = "
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
messages = validate_full_spdx_document(parse_file(sys.argv[1]))
print('checked')
for message in messages:
    print(message.validation_message)
";
/// The second opinion on a `CycloneDX` document.
const CYCLONEDX_NODE: &str = "
const { Validation } = require('@cyclonedx/cyclonedx-library');
const text = require('fs').readFileSync(process.argv[1], 'utf8');
new Validation.JsonStrictValidator(JSON.parse(text).specVersion).validate(text).then(error => {
    console.log('checked');
    if (error !== null) console.log(JSON.stringify(error).slice(0, 300));
});
";

/// The validators that are there.
pub(super) struct Validators {
    python: PathBuf,
    node: Option<PathBuf>,
    cyclonedx: bool,
    spdx: bool,
    second: bool,
}

impl Validators {
    /// Asks each for itself.
    pub(super) fn find(python: &Path, node: Option<&Path>) -> Self {
        let imports =
            |module: &str| Program::new(python).args(["-c", &format!("import {module}")]).succeed().is_ok();
        let requires = |dir: &Path| {
            let text = "require('@cyclonedx/cyclonedx-library'); require('ajv')";
            Program::new("node").args(["-e", text]).dir(dir).succeed().is_ok()
        };
        Self {
            cyclonedx: imports("cyclonedx.validation.json, jsonschema"),
            spdx: imports("spdx_tools.spdx.validation.document_validator"),
            second: node.is_some_and(requires),
            python: python.to_owned(),
            node: node.map(Path::to_owned),
        }
    }

    /// Those that are not there.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let all = [
            (self.cyclonedx, "cyclonedx-python-lib[validation]"),
            (self.spdx, "spdx-tools"),
            (self.second, "@cyclonedx/cyclonedx-library (--node)"),
        ];
        all.into_iter().filter(|(there, _)| !there).map(|(_, name)| name).collect()
    }

    /// What the validators say against a document.
    pub(super) fn complaints(&self, path: &Path) -> Result<Vec<String>, Error> {
        let is_spdx = path.to_string_lossy().ends_with(".spdx.json");
        let file = path.to_string_lossy().into_owned();
        let mut all = Vec::new();
        let python = |script: &str| Program::new(&self.python).args(["-c", script, &file]).succeed();
        if is_spdx && self.spdx {
            all.extend(lines("spdx-tools", &python(SPDX_PYTHON)?.stdout));
        }
        if !is_spdx && self.cyclonedx {
            all.extend(lines("cyclonedx-python-lib", &python(CYCLONEDX_PYTHON)?.stdout));
        }
        if let Some(dir) = self.node.as_deref().filter(|_| !is_spdx && self.second) {
            let output = Program::new("node").args(["-e", CYCLONEDX_NODE, &file]).dir(dir).succeed()?;
            all.extend(lines("cyclonedx-library", &output.stdout));
        }
        Ok(all)
    }
}

/// What a validator said beyond that it looked; one that does not say so did not.
fn lines(validator: &str, stdout: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stdout);
    let mut lines = text.lines();
    if lines.next() != Some("checked") {
        return vec![format!("{validator} did not check it")];
    }
    lines.map(|line| format!("{validator}: {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_that_says_nothing_did_not_check() {
        assert_eq!(lines("x", b""), ["x did not check it"]);
        assert!(lines("x", b"checked\n").is_empty());
        assert_eq!(lines("x", b"checked\nwrong\n"), ["x: wrong"]);
    }
}
