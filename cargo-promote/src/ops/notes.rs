//! Signed statements as git notes at the tree that they rest on: whoever has the repository has them. A note is lines,
//! one envelope each; two notes of one tree are joined by sorting their lines. No checkout is touched.

use std::time::Duration;

use cargo_gate::step::End;

use super::{Git, GitError, failed, id, jitter};

/// Where the notes are.
pub const NOTES: &str = "refs/notes/promote";
/// How often something is tried that others may have been faster with.
const MOST_TRIES: u32 = 30;
/// The longest wait between two tries.
const MOST_WAIT: Duration = Duration::from_millis(400);

/// Notes that could not be written or shared.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    /// git said no.
    #[error("the notes of git: {0}")]
    Git(#[from] GitError),
    /// The system gives no random bytes.
    #[error("the notes of git: the system gives no random bytes: {0}")]
    NoRandom(std::io::Error),
    /// Others were faster each time.
    #[error("the notes of git: others changed them {MOST_TRIES} times in a row; the last answer was: {0}")]
    Busy(GitError),
}

/// The lines of a tree's note; none where it has no note.
///
/// # Errors
/// Where git cannot be asked.
pub fn lines(git: &Git, tree: &str) -> Result<Vec<String>, NotesError> {
    let captured = git.run(["notes", "--ref", NOTES, "show", tree], None);
    let said = String::from_utf8_lossy(&captured.stderr);
    if captured.end == End::Code(1) && said.contains("no note found") {
        return Ok(Vec::new());
    }
    if captured.end != End::Code(0) {
        return Err(failed(&captured).into());
    }
    let text = String::from_utf8(captured.stdout).map_err(|_| GitError::NotText { call: captured.what })?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

/// Adds lines to a tree's note; those that it has already are not added again.
///
/// # Errors
/// Where git cannot write.
pub fn append(git: &Git, tree: &str, added: &[String]) -> Result<(), NotesError> {
    let mut last = None;
    for _ in 0..MOST_TRIES {
        let there = lines(git, tree)?;
        let new: Vec<&str> = added.iter().filter(|line| !there.contains(line)).map(String::as_str).collect();
        if new.is_empty() {
            return Ok(());
        }
        let call = identity(git)
            .into_iter()
            .chain(["notes", "--ref", NOTES, "append", "-F", "-", tree].map(str::to_owned));
        let captured = git.run(call, Some(new.join("\n").as_bytes()));
        match captured.end {
            End::Code(0) => return Ok(()),
            // another process of this repository moved the reference in between
            End::Code(_) if others_were_faster(&captured.stderr) => last = Some(failed(&captured)),
            _ => return Err(failed(&captured).into()),
        }
        std::thread::sleep(jitter(MOST_WAIT));
    }
    Err(last.map_or_else(|| GitError::NotInstalled.into(), NotesError::Busy))
}

/// Shares the notes with a remote: what others have put there is taken over and joined, then all of it is pushed.
///
/// # Errors
/// Where the remote cannot be reached, refuses, or others are faster each time.
pub fn share(git: &Git, remote: &str) -> Result<(), NotesError> {
    let mut last = None;
    for _ in 0..MOST_TRIES {
        take_over(git, remote)?;
        let refs = format!("{NOTES}:{NOTES}");
        // hooks judge code, and this is none
        let captured = git.run(["push", "--quiet", "--porcelain", "--no-verify", "--", remote, &refs], None);
        let said = [captured.stdout.as_slice(), &captured.stderr].concat();
        match captured.end {
            End::Code(0) => return Ok(()),
            End::Code(_) if others_were_faster(&said) => last = Some(failed(&captured)),
            _ => return Err(failed(&captured).into()),
        }
        std::thread::sleep(jitter(MOST_WAIT));
    }
    Err(last.map_or_else(|| GitError::NotInstalled.into(), NotesError::Busy))
}

/// Takes over the notes of a remote, and joins them with those that are here.
///
/// # Errors
/// Where the remote cannot be reached, or git cannot join them.
pub fn take_over(git: &Git, remote: &str) -> Result<(), NotesError> {
    let name = id().map_err(NotesError::NoRandom)?;
    let incoming = format!("refs/notes/promote-incoming/{name}");
    let refs = format!("+{NOTES}:{incoming}");
    let captured = git.run(
        [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--",
            remote,
            &refs,
        ],
        None,
    );
    if captured.end != End::Code(0) {
        let nothing_there = String::from_utf8_lossy(&captured.stderr).contains("couldn't find remote ref");
        return if nothing_there { Ok(()) } else { Err(failed(&captured).into()) };
    }
    let joined = join(git, &incoming);
    let removed = git.text(["update-ref", "-d", &incoming]);
    joined?;
    removed?;
    Ok(())
}

fn join(git: &Git, incoming: &str) -> Result<(), NotesError> {
    let mut last = None;
    for _ in 0..MOST_TRIES {
        if git.run(["rev-parse", "--quiet", "--verify", NOTES], None).end != End::Code(0) {
            // the first notes here are theirs; somebody who writes some in between wins, and is joined in the next try
            let captured = git.run(["update-ref", NOTES, incoming, ""], None);
            if captured.end == End::Code(0) {
                return Ok(());
            }
            last = Some(failed(&captured));
            continue;
        }
        let call = ["notes", "--ref", NOTES, "merge", "--quiet", "--strategy", "cat_sort_uniq", incoming];
        let captured = git.run(identity(git).into_iter().chain(call.map(str::to_owned)), None);
        match captured.end {
            End::Code(0) => return Ok(()),
            End::Code(_) if others_were_faster(&captured.stderr) => last = Some(failed(&captured)),
            _ => return Err(failed(&captured).into()),
        }
        std::thread::sleep(jitter(MOST_WAIT));
    }
    Err(last.map_or_else(|| GitError::NotInstalled.into(), NotesError::Busy))
}

/// Whether git's words say that somebody else has moved, or holds, the reference.
fn others_were_faster(said: &[u8]) -> bool {
    let said = String::from_utf8_lossy(said);
    let words = ["[rejected]", "cannot lock ref", "Unable to create", "failed to update ref", "fetch first"];
    words.iter().any(|word| said.contains(word))
}

/// A name for the commits of notes where git knows none, as on a build server: the statements tell who signed them.
fn identity(git: &Git) -> Vec<String> {
    let known =
        git.run(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], None).end == End::Code(0);
    let own = ["-c", "user.name=cargo promote", "-c", "user.email=promote@localhost"];
    if known { Vec::new() } else { own.map(str::to_owned).to_vec() }
}

#[cfg(test)]
mod tests;
