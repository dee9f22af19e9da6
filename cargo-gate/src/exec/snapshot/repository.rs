//! The user's repository: where it is, what is staged, what a revision names. It is only read; the trees that a
//! commit of the index would have are written into its object store, where that commit writes the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::git::{Git, failed, lines};
use super::index_file::{self, Item};
use super::{SnapshotError, blob};
use crate::exec::brought::RAW;
use crate::exec::conversion::conversion_of;
use crate::exec::environment::Environment;
use crate::exec::format::MOST_AHEAD;
use crate::exec::gather::path_of;
use crate::facts::{Revision, is_rust};
use crate::parse::git_objects::{contents_or_missing, of_raw_diff};
use crate::step::{Captured, End};
use crate::subject::{Subject, Wanted};

/// Contents of no more bytes than these are kept for those who will ask for them.
const MOST_EARLY: u64 = 1 << 20;

/// Where the repository is.
#[derive(Clone)]
pub(super) struct Repository<'a> {
    /// git, told where the repository is.
    pub(super) git: Git<'a>,
    /// What is its own of this worktree: `HEAD`, the index.
    pub(super) own: PathBuf,
    /// What all worktrees share: objects, refs, settings.
    pub(super) common: PathBuf,
    /// The top of the user's tree; none in a bare repository.
    pub(super) top: Option<PathBuf>,
    /// The commit of `HEAD`, and its tree, when the repository was looked for; none where there was none, or nobody has
    /// said.
    pub(super) head: Option<(String, String)>,
}

/// What is judged, as git knows it.
pub(super) struct Judged {
    pub(super) subject: Subject,
    /// The commit that `HEAD` of the copy names; none on a branch without one.
    pub(super) head: Option<String>,
    /// The tree of that commit; none where there is none.
    pub(super) of_head: Option<String>,
    pub(super) tree: String,
    /// What of it is not in that commit; none where nobody has said.
    pub(super) staged: Option<Staged>,
}

/// How what is judged differs from `HEAD`, as git tells it, and by their hashes the contents of the sources among it,
/// where they are few, and not large.
pub(super) type Staged = (Vec<u8>, BTreeMap<String, Vec<u8>>);

impl Judged {
    /// What git says in a copy of it: the files are those of the tree.
    pub(super) fn revision(&self) -> Option<Revision> {
        let (commit, tree) = (self.head.clone()?, self.of_head.clone()?);
        let dirty = tree != self.tree;
        Some(Revision { commit, tree, dirty })
    }
}

impl<'a> Repository<'a> {
    /// The repository of that folder. Inside a hook git may have told it by variables, where the folder does not
    /// lead to it.
    pub(super) fn find(git: &Git<'a>, environment: &Environment) -> Result<Self, SnapshotError> {
        let named = environment.git_dir.as_ref().map(|folder| environment.directory.join(folder));
        let found = Self::located(git);
        let same = |found: &Self| {
            let real = |path: &Path| std::fs::canonicalize(path).ok();
            named.as_ref().is_none_or(|named| real(named) == real(&found.own))
        };
        match (found, &named) {
            (Ok(found), _) if same(&found) => Ok(found),
            (_, Some(named)) => {
                let mut told = git.with("GIT_DIR", named.as_os_str());
                if let Some(tree) = &environment.git_work_tree {
                    told = told.with("GIT_WORK_TREE", environment.directory.join(tree));
                }
                Self::located(&told)
            }
            (found, None) => found,
        }
    }

    /// The repository that git finds.
    pub(super) fn located(git: &Git<'a>) -> Result<Self, SnapshotError> {
        let about = ["--path-format=absolute", "--git-dir", "--git-common-dir", "--is-bare-repository"];
        let of_tree = ["--show-toplevel", "HEAD^{commit}", "HEAD^{tree}"];
        let captured = git.ask(["rev-parse"].into_iter().chain(about).chain(of_tree))?;
        let answers: Vec<&[u8]> = lines(&captured.stdout).filter(|line| !line.is_empty()).collect();
        let (top, own, common, head) = match (answers.as_slice(), &captured.end) {
            ([own, common, b"true", ..], _) => (None, path_of(own), path_of(common), None),
            ([own, common, b"false", top, commit, tree], End::Code(0)) => {
                (Some(path_of(top)), path_of(own), path_of(common), hash(commit).zip(hash(tree)))
            }
            // on a branch without a commit git may say the question again; more is said of a lost object later
            ([own, common, b"false", top, rest @ ..], End::Code(_))
                if rest.first().is_none_or(|line| line.starts_with(b"HEAD^") || hash(line).is_some()) =>
            {
                (Some(path_of(top)), path_of(own), path_of(common), None)
            }
            _ if String::from_utf8_lossy(&captured.stderr).contains("not a git repository") => {
                return Err(SnapshotError::NoRepository);
            }
            _ if answers.len() > 3 => {
                let why = "git's answer cannot be read: is there a line break in the repository's path?";
                return Err(SnapshotError::Git(why.to_owned()));
            }
            _ => return Err(failed(&captured)),
        };
        let folder = top.clone().unwrap_or_else(|| own.clone());
        let git = Git { folder, ..git.clone() }.with("GIT_DIR", own.as_os_str());
        Ok(Self { git, own, common, top, head })
    }

    /// The index, as the commit that is being made would have it: git writes its trees by way of a copy in that
    /// folder, so that the user's own is never locked.
    ///
    /// `HEAD` is asked for where what is known of it is not from just now.
    pub(super) fn index(
        &self,
        environment: &Environment,
        scratch: &Path,
        is_just_found: bool,
    ) -> Result<Judged, SnapshotError> {
        let index = self.index_file(environment);
        let copy = tempfile::tempdir_in(scratch).map_err(|error| SnapshotError::disk(scratch, &error))?;
        let file = copy.path().join("index");
        std::fs::copy(&index, &file).map_err(|error| SnapshotError::disk(&index, &error))?;
        let git = self.git.with("GIT_INDEX_FILE", file);
        let known = self.head.clone().filter(|_| is_just_found);
        let head = known.map_or_else(|| self.ask_head(), |head| Ok(Some(head)))?;
        let (captured, staged) = std::thread::scope(|scope| {
            let staged = scope.spawn(|| head.as_ref().and_then(|(_, tree)| self.staged(&git, tree)));
            (git.ask(["write-tree"]), staged.join())
        });
        let captured = captured?;
        if captured.end != End::Code(0) {
            return Err(unmerged(&git)?.unwrap_or_else(|| failed(&captured)));
        }
        let tree = String::from_utf8_lossy(&captured.stdout).trim().to_owned();
        let subject = Subject { branch: self.branch(), ..Subject::index(tree.clone()) };
        let (head, of_head) = head.unzip();
        Ok(Judged { subject, head, of_head, tree, staged: staged.ok().flatten() })
    }

    /// Whether there is an index.
    pub(super) fn has_index(&self, environment: &Environment) -> Result<(), SnapshotError> {
        let why = match &environment.git_index {
            _ if self.top.is_none() => "a bare repository has none (--rev judges a commit)".to_owned(),
            _ if self.index_file(environment).is_file() => return Ok(()),
            Some(named) => format!("GIT_INDEX_FILE names {}, which is not there", named.display()),
            None => "nothing was ever staged here (git add)".to_owned(),
        };
        Err(SnapshotError::NoIndex(why))
    }

    /// Whether nothing is found in the index because it holds conflicts.
    pub(super) fn conflicts(&self, environment: &Environment, wanted: &Wanted) -> Option<SnapshotError> {
        let git = self.git.with("GIT_INDEX_FILE", self.index_file(environment));
        if *wanted == Wanted::Index { unmerged(&git).ok().flatten() } else { None }
    }

    /// The index to judge: git names another file to a hook where a commit takes paths or everything.
    pub(super) fn index_file(&self, environment: &Environment) -> PathBuf {
        let own = self.own.join("index");
        let Some(named) = &environment.git_index else { return own };
        let here = environment.directory.join(named);
        let top = self.top.as_ref().map_or_else(|| here.clone(), |top| top.join(named));
        if here.is_file() { here } else { top }
    }

    /// The commit of `HEAD`, and its tree, as git says now.
    pub(super) fn ask_head(&self) -> Result<Option<(String, String)>, SnapshotError> {
        let asked = b"HEAD^{commit}\nHEAD^{tree}\n".to_vec();
        let captured = self.git.fed(["cat-file", "--batch-check=%(objectname)"], Some(asked))?;
        let hashes: Vec<String> = lines(&captured.stdout).filter_map(hash).collect();
        match <[String; 2]>::try_from(hashes) {
            Ok([commit, tree]) => Ok(Some((commit, tree))),
            // a branch without a commit; a HEAD that names a missing object has more to say
            _ if self.git.ask(["rev-parse", "--verify", "--quiet", "HEAD"])?.end != End::Code(0) => Ok(None),
            _ => Err(failed(&self.git.ask(["rev-parse", "--verify", "HEAD^{commit}"])?)),
        }
    }

    /// How an index differs from the tree of `HEAD`; none where git does not tell.
    fn staged(&self, index: &Git<'_>, head: &str) -> Option<Staged> {
        // of a file that is only meant to be added nothing is in a commit yet
        let form = ["diff-index", "--cached", "--ita-invisible-in-index"];
        let differs = index.stdout(&[&form[..], &RAW, &[head, "--"]].concat()).ok()?;
        let contents = self.few_sources(&differs);
        Some((differs, contents))
    }

    /// By what files are written to disk in this clone alone.
    pub(super) fn conversion(&self, settings: Option<Captured>) -> Result<String, SnapshotError> {
        let ask = |args: &[&str]| self.git.ask(args.iter().copied()).ok();
        conversion_of(&self.common, settings, &ask).map_err(SnapshotError::Git)
    }

    /// The commit that a revision names.
    pub(super) fn commit(&self, revision: &str) -> Result<Judged, SnapshotError> {
        let named = format!("{revision}^{{commit}}");
        let hash = self.git.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &named])?;
        if hash.end != End::Code(0) {
            return Err(SnapshotError::Unknown(revision.to_owned()));
        }
        let hash = String::from_utf8_lossy(&hash.stdout).trim().to_owned();
        let form = ["log", "-1", "--no-show-signature", "--no-color", "--format=%T%n%s"];
        let said = self.git.stdout(&[&form[..], &[&hash, "--"]].concat())?;
        let said = String::from_utf8_lossy(&said).into_owned();
        let (tree, title) = said.split_once('\n').unwrap_or((&said, ""));
        let subject = Subject::commit(&hash, tree.to_owned(), title.trim());
        let subject = Subject { branch: self.branch(), ..subject };
        let (tree, staged) = (tree.to_owned(), Some(Staged::default()));
        Ok(Judged { subject, head: Some(hash), of_head: Some(tree.clone()), tree, staged })
    }

    /// The branch that is checked out in the user's tree.
    fn branch(&self) -> Option<String> {
        let head = std::fs::read_to_string(self.own.join("HEAD")).ok()?;
        head.trim().strip_prefix("ref: ").map(str::to_owned)
    }

    /// The texts of those files of a revision, or of the index where the revision is empty; none for one that is
    /// not there.
    pub(super) fn texts(
        &self,
        environment: &Environment,
        revision: &str,
        paths: &[String],
    ) -> Result<Vec<Option<String>>, SnapshotError> {
        if revision.is_empty()
            && let Some(texts) = self.texts_on_disk(environment, paths)
        {
            return Ok(texts);
        }
        let names: Vec<String> = paths.iter().map(|path| format!("{revision}:{path}")).collect();
        let git = self.git.with("GIT_INDEX_FILE", self.index_file(environment));
        Ok(contents_of(&git, &names)?.into_iter().map(|bytes| bytes.as_deref().map(text)).collect())
    }

    /// The same of the index, where each file on disk is the one that was staged. None where that is left to git.
    fn texts_on_disk(&self, environment: &Environment, paths: &[String]) -> Option<Vec<Option<String>>> {
        let (top, (head, _)) = (self.top.as_ref()?, self.head.as_ref()?);
        let index = std::fs::read(self.index_file(environment)).ok()?;
        let items = index_file::parse(&index, head.len())?;
        let staged =
            |path: &String| items.iter().find(|item| item.stage == 0 && item.name == path.as_bytes());
        let on_disk = |path: &String, item: &Item<'_>| {
            blob::of_file(&top.join(path), &item.hash(), MOST_EARLY).map(|bytes| Some(text(&bytes)))
        };
        paths.iter().map(|path| staged(path).map_or(Some(None), |item| on_disk(path, item))).collect()
    }

    /// The contents of the sources among what is staged, by their hashes, where they are few, and not large.
    fn few_sources(&self, staged: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let staged = of_raw_diff(staged).unwrap_or_default().into_iter();
        let sources: BTreeMap<String, String> = staged.filter(|(_, path)| is_rust(path)).collect();
        if sources.len() > MOST_AHEAD {
            return BTreeMap::new();
        }
        let on_disk = sources.iter().filter_map(|(hash, path)| {
            Some((hash.clone(), blob::of_file(&self.top.as_ref()?.join(path), hash, MOST_EARLY)?))
        });
        let mut contents: BTreeMap<String, Vec<u8>> = on_disk.collect();
        let others: Vec<String> = sources.into_keys().filter(|hash| !contents.contains_key(hash)).collect();
        if !others.is_empty() {
            let told = contents_of(&self.git, &others).unwrap_or_default();
            let told = others.into_iter().zip(told).filter_map(|(hash, bytes)| Some((hash, bytes?)));
            contents.extend(told.filter(|(_, bytes)| bytes.len() as u64 <= MOST_EARLY));
        }
        contents
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A line that is the hash of an object.
fn hash(line: &[u8]) -> Option<String> {
    let is_hash = line.len() >= 40 && line.iter().all(u8::is_ascii_hexdigit);
    is_hash.then(|| String::from_utf8_lossy(line).into_owned())
}

/// What those names lead to; none for one that leads to nothing.
fn contents_of(git: &Git<'_>, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, SnapshotError> {
    let asked: Vec<u8> = names.iter().flat_map(|name| [name.as_bytes(), b"\n"].concat()).collect();
    let captured = git.fed(["cat-file", "--batch"], Some(asked))?;
    contents_or_missing(&captured.stdout, names.len())
        .ok_or_else(|| SnapshotError::Git("`git cat-file` gave an answer that cannot be read".to_owned()))
}

/// The conflicts that an index holds; none where it holds none.
fn unmerged(git: &Git<'_>) -> Result<Option<SnapshotError>, SnapshotError> {
    let listed = git.stdout(&["diff", "--name-only", "--diff-filter=U", "-z", "--cached"])?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    Ok((!names.is_empty()).then(|| SnapshotError::Unmerged(names.join(", "))))
}
