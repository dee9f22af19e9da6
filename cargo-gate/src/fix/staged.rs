//! Fixing what is staged, before a commit that asks for it: formatting only, which compiles nothing.

use super::session::{files_of, with_line_ends};
use super::{Left, Mended};
use crate::cli::RunArgs;
use crate::exec::{self, Cancel, Restage, Restaged};
use crate::gate::Stage;
use crate::render::{self, Console};
use crate::run::{Prepared, RunError};

/// Formats what is staged for the commit, where the staged config asks for it, and says what it did. What cannot be
/// done is said as well; the gates judge the outcome.
pub fn fix_staged(args: &RunArgs, cancel: &Cancel) {
    match attempt(args, cancel) {
        Ok((mended, left)) => {
            let lines = mended.iter().map(render::mended_line).chain(left.iter().map(render::left_line));
            for line in lines {
                Console.status(line.trim_end());
            }
        }
        Err(error) => Console.error(&error.to_string()),
    }
}

fn attempt(args: &RunArgs, cancel: &Cancel) -> Result<(Vec<Mended>, Vec<Left>), RunError> {
    let (mut mended, mut left) = (Vec::new(), Vec::new());
    let args = &RunArgs { quiet: true, ..args.clone() };
    let prepared = Prepared::new(args, Stage::PreCommit, &["fmt".to_owned()], cancel)?;
    if !prepared.config.hooks().fix {
        return Ok((mended, left));
    }
    let report = prepared.judge(None, cancel, &|_| {});
    let gate = report.gates.iter().find(|gate| gate.id == "fmt");
    let restage = Restage::new(&prepared.facts, &prepared.environment, cancel);
    let staged = restage.files().map_err(RunError::Fix)?;
    for file in files_of(gate, "fmt/unformatted").into_iter().filter(|file| staged.contains(file)) {
        let Some(before) = exec::text_of(&prepared.facts.root.join(&file)) else { continue };
        let formatted = exec::formatted_text(&prepared.facts, &file, &before, cancel);
        let done = formatted.and_then(|formatted| {
            let after = with_line_ends(&before, formatted);
            restage.write(&file, &before, &after)
        });
        match done {
            Ok(done) => {
                let what = match done {
                    Restaged::Both => "formatted, in the index and on disk",
                    Restaged::Index => "formatted in the index; the file on disk has other changes and stays",
                };
                mended.push(Mended { file, gate: "fmt", what: what.to_owned() });
            }
            Err(error) => left.push(Left { file: Some(file), gate: "fmt", why: error.reason }),
        }
    }
    Ok((mended, left))
}
