//! Signed statements through the built command, and through the programs of others that verify them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cargo_gate::exec::Cancel;
use cargo_gate::gate::Stage;
use cargo_gate::render::Console;
use cargo_gate::verdict::Status;
use cargo_promote::attest::policy::judge;
use cargo_promote::attest::{Build, Envelope, Gate, Verdict};
use cargo_promote::checks::Outcome;
use cargo_promote::digest::Digest;
use cargo_promote::ops::attest::{Staged, after_stage};
use cargo_promote::ops::keys::{SignWith, Signer};
use serde_json::Value;

use super::Project;
use crate::support::{Binary, Run, find_program, git, write_program};

/// A candidate with what is stated about it, and the keys of whoever may sign.
struct Stated {
    project: Project,
    /// Outside of the workspace.
    keys: tempfile::TempDir,
    candidate: Digest,
}

impl Stated {
    /// With a key of CI that signs, an SSH key of a developer where OpenSSH is installed, and more lines in the config.
    fn new(more: &str) -> Self {
        let project = Project::new("");
        let keys = tempfile::tempdir().unwrap();
        let ci = keys.path().join("ci");
        let table = project.told(&["keys", "generate", ci.to_str().unwrap()], 0);
        let mut config = format!("{more}\n{}", table.replace("keys.NAME", "keys.bot"));
        if let Some(path) = ssh_key(keys.path(), "ann") {
            let table = project.told(&["keys", "show", path.to_str().unwrap()], 0);
            config += &table.replace("keys.NAME", "keys.ann");
        }
        fs::write(project.root().join("promote.toml"), config).unwrap();
        let candidate = project.stage("1.0.0", &[("tool", b"bytes")]);
        let stated = Self { project, keys, candidate };
        stated.state(stated.signer().as_ref());
        stated
    }

    fn signer(&self) -> Option<Signer> {
        SignWith { key: Some(self.keys.path().join("ci")), ..SignWith::default() }.signer().unwrap()
    }

    /// Says that the candidate's tree was judged and that it was built, as `stage` does.
    fn state(&self, signer: Option<&Signer>) {
        let session = self.project.session();
        let (_, store) = session.find(&self.candidate).unwrap();
        let candidate = store.candidate(&self.candidate).unwrap();
        let now = session.by("").unwrap().time;
        let verdict = Verdict {
            stage: Stage::Release,
            status: Status::Passed,
            tree: candidate.manifest().tree.clone(),
            commit: candidate.manifest().commit.clone(),
            config_digest: String::new(),
            time: now,
            whole_stage: true,
            gates: vec![Gate { id: "audit".into(), status: Status::Passed, judged: true }],
            tools: BTreeMap::new(),
        };
        let build = Build { targets: vec![], started: now, finished: now, builder: None };
        let staged = Staged {
            candidate: &candidate,
            verdict: &verdict,
            build: &build,
            store: store.as_ref(),
            signer,
            root: &session.root,
            mirrors: &session.config.mirrors,
            cancel: &Cancel::default(),
        };
        after_stage(&staged).unwrap();
    }

    fn digest(&self) -> String {
        self.candidate.short()
    }

    fn ssh(&self) -> Option<PathBuf> {
        Some(self.keys.path().join("ann.pub")).filter(|path| path.exists())
    }

    fn shown(&self) -> Value {
        let text = self.project.told(&["attest", "show", &self.digest(), "--format", "json"], 0);
        serde_json::from_str(&text).unwrap()
    }

    /// The folder with everything in the forms of other programs.
    fn exported(&self) -> PathBuf {
        let folder = self.keys.path().join("export");
        self.project.told(&["attest", "show", &self.digest(), "--export", folder.to_str().unwrap()], 0);
        folder
    }

    /// What the policy says of the verdict.
    fn verdict(&self) -> Outcome {
        let session = self.project.session();
        let (_, store) = session.find(&self.candidate).unwrap();
        let candidate = store.candidate(&self.candidate).unwrap();
        let envelopes = store.attestations(&self.candidate).unwrap();
        let checks = judge(&session.config, &candidate, &envelopes, session.by("").unwrap().time);
        checks.into_iter().find(|check| check.name == "verdict").unwrap().outcome
    }

    /// The envelopes of a kind, newest form: `NAME.json` in the folder of the exported.
    fn envelope(folder: &Path, ending: &str) -> PathBuf {
        let all = files(folder);
        all.into_iter().find(|path| path.to_str().unwrap().ends_with(ending)).unwrap()
    }
}

/// A key of OpenSSH without a passphrase: its public file. None without OpenSSH.
fn ssh_key(folder: &Path, name: &str) -> Option<PathBuf> {
    let program = find_program("ssh-keygen").or_else(|| skipped("ssh-keygen is not installed"))?;
    let path = folder.join(name);
    let made =
        Command::new(program).args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path).status();
    assert!(made.unwrap().success());
    Some(path.with_extension("pub"))
}

fn skipped<T>(why: &str) -> Option<T> {
    Console.status(&format!("skipped: {why}"));
    None
}

/// All files below a folder, sorted.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Where CI installs the programs of others; they may be on the search path as well.
fn verifiers() -> Option<PathBuf> {
    std::env::var_os("PROMOTE_VERIFIERS").map(PathBuf::from)
}

/// Where CI has installed a program and it does not work, that is no reason to skip.
fn usable(output: &Output, what: &str) -> Option<()> {
    if output.status.success() {
        return Some(());
    }
    assert!(verifiers().is_none(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    skipped(&format!("{what} is not installed"))
}

const SECURESYSTEMSLIB: &str = "
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
envelope = Envelope.from_dict(json.load(open(sys.argv[1])))
key = SSlibKey.from_crypto(load_pem_public_key(open(sys.argv[2], 'rb').read()))
envelope.verify([key], 1)
print('verified', json.loads(envelope.payload)['predicateType'])
";

/// What securesystemslib says of an envelope; none where it is not installed.
fn securesystemslib(envelope: &Path, key: &Path) -> Option<Output> {
    let own = verifiers().map(|folder| folder.join("venv/bin/python"));
    let python = own.filter(|path| path.exists()).or_else(|| find_program("python3"))?;
    let asked = Command::new(&python).args(["-c", "import securesystemslib, cryptography"]).output().unwrap();
    usable(&asked, "securesystemslib")?;
    Some(Command::new(&python).args(["-c", SECURESYSTEMSLIB]).args([envelope, key]).output().unwrap())
}

const SIGSTORE: &str = "
const fs = require('fs');
const { createPublicKey } = require('crypto');
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
const [bundle, key] = process.argv.slice(1).map((path) => fs.readFileSync(path, 'utf8'));
const rawBytes = createPublicKey(key).export({ type: 'spki', format: 'der' });
const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const hint = JSON.parse(bundle).verificationMaterial.publicKey.hint;
const trust = toTrustMaterial(none, { [hint]: { rawBytes } });
const options = { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 };
new Verifier(trust, options).verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle))));
console.log('verified');
";

/// What @sigstore/verify says of a bundle; none where it is not installed.
fn sigstore(bundle: &Path, key: &Path) -> Option<Output> {
    let node = find_program("node").or_else(|| skipped("node is not installed"))?;
    let modules = verifiers().map_or_else(|| OsString::from(""), |folder| folder.join("node_modules").into());
    let run = |args: &[&str]| Command::new(&node).env("NODE_PATH", &modules).args(args).output().unwrap();
    let asked = "['@sigstore/bundle', '@sigstore/verify'].map((name) => require.resolve(name))";
    usable(&run(&["-e", asked]), "@sigstore/verify")?;
    Some(run(&["-e", SIGSTORE, bundle.to_str().unwrap(), key.to_str().unwrap()]))
}

/// What `ssh-keygen -Y verify` says of a signature by that key over those bytes.
fn ssh_keygen(folder: &Path, name: &str, signature: &Path, message: &[u8]) -> Output {
    let input = folder.join("message");
    fs::write(&input, message).unwrap();
    Command::new(find_program("ssh-keygen").unwrap())
        .args(["-Y", "verify", "-n", "attest@cargo-promote.dev", "-I", name, "-f"])
        .arg(folder.join("allowed_signers"))
        .arg("-s")
        .arg(signature)
        .stdin(fs::File::open(&input).unwrap())
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The same file with one letter of a base64 field changed for another.
fn tampered(path: &Path, field: &str) -> PathBuf {
    let text = fs::read_to_string(path).unwrap();
    let start = text.find(&format!("\"{field}\":\"")).unwrap() + field.len() + 4 + 40;
    let mut bytes = text.into_bytes();
    bytes[start] = if bytes[start] == b'A' { b'B' } else { b'A' };
    let other = path.with_extension(format!("{field}.tampered"));
    fs::write(&other, bytes).unwrap();
    other
}

#[test]
fn securesystemslib_verifies_what_is_signed_and_nothing_else() {
    let stated = Stated::new("");
    let folder = stated.exported();
    let key = stated.keys.path().join("ci.pub");
    let envelopes: Vec<_> = files(&folder)
        .into_iter()
        .filter(|path| path.file_name().unwrap().len() == "0123456789ab.json".len())
        // what the project of the tests states by itself is not signed
        .filter(|path| !Envelope::read(&fs::read(path).unwrap()).unwrap().signatures.is_empty())
        .collect();
    assert_eq!(envelopes.len(), 2, "a verdict and a provenance");
    let mut kinds = Vec::new();
    for envelope in &envelopes {
        let Some(output) = securesystemslib(envelope, &key) else { return };
        assert!(output.status.success(), "{}", text(&output));
        kinds.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
        for field in ["payload", "sig"] {
            let output = securesystemslib(&tampered(envelope, field), &key).unwrap();
            assert!(
                !output.status.success() && text(&output).contains("VerificationError"),
                "{}",
                text(&output)
            );
        }
        let other = stated.keys.path().join("other");
        let _ = fs::remove_file(&other);
        let _ = fs::remove_file(other.with_extension("pub"));
        stated.project.told(&["keys", "generate", other.to_str().unwrap()], 0);
        let output = securesystemslib(envelope, &other.with_extension("pub")).unwrap();
        assert!(!output.status.success() && text(&output).contains("VerificationError"), "{}", text(&output));
    }
    kinds.sort();
    let expected =
        ["verified https://cargo-promote.dev/verdict/v1", "verified https://slsa.dev/provenance/v1"];
    assert_eq!(kinds, expected);
}

#[test]
fn sigstore_verifies_what_is_signed_and_nothing_else() {
    let stated = Stated::new("");
    let folder = stated.exported();
    let key = stated.keys.path().join("ci.pub");
    let bundle = Stated::envelope(&folder, ".sigstore.json");
    let Some(output) = sigstore(&bundle, &key) else { return };
    assert!(output.status.success() && text(&output).contains("verified"), "{}", text(&output));
    for field in ["payload", "sig"] {
        let output = sigstore(&tampered(&bundle, field), &key).unwrap();
        assert!(!output.status.success() && text(&output).contains("SIGNATURE_ERROR"), "{}", text(&output));
    }
}

#[test]
fn ssh_keygen_verifies_what_a_developer_signs_and_nothing_else() {
    let stated = Stated::new(
        "environments = [{ name = \"production\", approvals = { needed = 1, by = [\"ann\"] } }]\n",
    );
    let Some(key) = stated.ssh() else { return };
    let said = stated.project.told(
        &["approve", "production", &stated.digest(), "--comment", "fine", "--ssh-key", key.to_str().unwrap()],
        0,
    );
    assert!(said.contains("ann agrees that tool 1.0.0"), "{said}");
    let folder = stated.exported();
    let signature = Stated::envelope(&folder, ".sig");
    let pae = fs::read(signature.with_extension("pae")).unwrap();
    let good = ssh_keygen(&folder, "ann", &signature, &pae);
    assert!(good.status.success() && text(&good).contains("Good \"attest@cargo-promote.dev\" signature"));
    for place in [0, pae.len() / 2, pae.len() - 1] {
        let mut changed = pae.clone();
        changed[place] ^= 1;
        let bad = ssh_keygen(&folder, "ann", &signature, &changed);
        assert!(!bad.status.success() && text(&bad).contains("Could not verify"), "{}", text(&bad));
    }
    assert!(!ssh_keygen(&folder, "bob", &signature, &pae).status.success(), "of somebody else");

    let shown = stated.shown();
    let approval =
        shown["attestations"].as_array().unwrap().iter().find(|one| one["kind"] == "approval").unwrap();
    assert_eq!(approval["signed_by"][0]["key"], "ann");
    assert_eq!(approval["predicate"]["environment"], "production");
    assert_eq!(approval["predicate"]["comment"], "fine");
}

#[test]
fn release_takes_the_word_of_ci_and_tells_why_not_that_of_a_developer() {
    let stated = Stated::new("");
    assert!(matches!(stated.verdict(), Outcome::Passed(why) if why.contains("signed by `bot` (ci)")));

    let by_hand = Stated::new("");
    let Some(key) = by_hand.ssh() else { return };
    let other = by_hand.project.stage("1.0.1", &[("tool", b"other bytes")]);
    let by_hand = Stated { candidate: other, ..by_hand };
    assert!(matches!(by_hand.verdict(), Outcome::Refused(why) if why.contains("not signed")));
    let key = key.to_str().unwrap();
    by_hand.project.told(&["attest", "sign", &by_hand.digest(), "--ssh-key", key], 0);
    let Outcome::Refused(why) = by_hand.verdict() else { panic!("a developer's word was taken") };
    assert!(why.contains("signed by `ann` (developer)") && why.contains("a key of ci"), "{why}");
    // the same statement, signed again by who may
    let ci = by_hand.keys.path().join("ci");
    let said = by_hand.project.told(&["attest", "sign", &by_hand.digest(), "--key", ci.to_str().unwrap()], 0);
    assert!(said.contains("2 statements about tool 1.0.1"), "{said}");
    assert!(matches!(by_hand.verdict(), Outcome::Passed(_)));
}

#[test]
fn an_approval_that_would_not_count_is_refused() {
    let stated = Stated::new(
        "environments = [{ name = \"staging\" }, { name = \"production\", approvals = { needed = 1, by = [\"bot\"] } }]\n",
    );
    let digest = stated.digest();
    let ci = stated.keys.path().join("ci");
    let stranger = stated.keys.path().join("stranger");
    stated.project.told(&["keys", "generate", stranger.to_str().unwrap()], 0);
    let approve = |environment: &str, key: &Path, code| {
        stated.project.told(&["approve", environment, &digest, "--key", key.to_str().unwrap()], code)
    };
    assert!(approve("production", &stranger, 1).contains("promote.toml does not know this key"));
    assert!(approve("staging", &ci, 1).contains("asks for no approvals"));
    assert!(approve("nowhere", &ci, 2).contains("there is no environment `nowhere`"));
    assert!(approve("production", &ci, 0).contains("bot agrees"));
    let Some(key) = stated.ssh() else { return };
    let said =
        stated.project.told(&["approve", "production", &digest, "--ssh-key", key.to_str().unwrap()], 1);
    assert!(said.contains("the word of `ann` does not count here"), "{said}");
    let unsigned = stated.project.told(&["approve", "production", &digest], 2);
    assert!(unsigned.contains("an approval has to be signed"), "{unsigned}");
}

#[test]
fn a_changed_statement_beside_a_candidate_is_told() {
    let stated = Stated::new("");
    let session = stated.project.session();
    let (_, store) = session.find(&stated.candidate).unwrap();
    let all = store.attestations(&stated.candidate).unwrap();
    let mut all = all.iter().map(|bytes| Envelope::read(bytes).unwrap());
    let mut envelope = all.find(|envelope| !envelope.signatures.is_empty()).unwrap();
    let last = envelope.payload.len() - 3;
    envelope.payload[last] ^= 1;
    store.attach(&stated.candidate, &envelope.bytes()).unwrap();
    let said = stated.project.told(&["attest", "show", &stated.digest()], 1);
    assert!(said.contains("the signature of `bot` is wrong"), "{said}");
    let ci = stated.keys.path().join("ci");
    let said = stated.project.told(&["attest", "sign", &stated.digest(), "--key", ci.to_str().unwrap()], 1);
    assert!(said.contains("the signature of `bot` is wrong"), "{said}");
}

#[test]
fn statements_are_shared_as_notes_of_the_tree_and_no_checkout_changes() {
    let remote = tempfile::tempdir().unwrap();
    git(remote.path(), &["init", "--quiet", "--bare"]);
    let stated = Stated::new(&format!("mirrors = {{ remote = '{}' }}\n", remote.path().display()));
    let tree = stated.project.git(&["rev-parse", "HEAD^{tree}"]);
    let note = stated.project.git(&["notes", "--ref", "promote", "show", &tree]);
    let lines: Vec<_> = note.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 4, "two that the tests' project states, and the same two signed");
    for line in lines {
        Envelope::read(line.as_bytes()).unwrap();
    }
    assert_eq!(stated.project.git(&["status", "--porcelain"]), "?? promote.toml");
    let there = stated.project.git(&["ls-remote", remote.path().to_str().unwrap()]);
    assert!(there.ends_with("refs/notes/promote"), "{there}");
    stated.project.told(&["attest", "share"], 0);
}

/// `git` and `ssh-keygen` that write down how they were called, and then do their work.
#[cfg(unix)]
pub(super) fn watched(folder: &Path) -> (PathBuf, OsString) {
    let (bin, log) = (folder.join("bin"), folder.join("calls"));
    fs::create_dir(&bin).unwrap();
    for name in ["git", "ssh-keygen", "cargo"] {
        let Some(real) = find_program(name) else { continue };
        let script = format!(
            "#!/bin/sh\nif [ -r /proc/$$/cmdline ]; then tr '\\0' ' ' </proc/$$/cmdline; fi >>'{log}'\n\
             echo \"{name} $*\" >>'{log}'\nexec '{real}' \"$@\"\n",
            log = log.display(),
            real = real.display()
        );
        write_program(&bin.join(name), &script);
    }
    let rest: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    (log, crate::support::path_with(&bin, &rest))
}

#[cfg(unix)]
#[test]
fn a_private_key_is_in_no_argument_no_output_and_no_file() {
    let stated = Stated::new(
        "environments = [{ name = \"production\", approvals = { needed = 1, by = [\"bot\"] } }]\n",
    );
    let pem = fs::read_to_string(stated.keys.path().join("ci")).unwrap();
    fs::remove_file(stated.keys.path().join("ci")).unwrap();
    let watch = tempfile::tempdir().unwrap();
    let (log, path) = watched(watch.path());
    let digest = stated.digest();
    let run = |args: &[&str], code| {
        let run = Run::new(&stated.project.workspace, Binary::Promote, args);
        let ran =
            run.env("PROMOTE_TEST_KEY", &pem).env("PATH", path.clone()).env("RUST_BACKTRACE", "full").end();
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:#?}");
        ran.stdout + &ran.stderr
    };
    let mut outputs = vec![
        run(&["keys", "show", "--key-env", "PROMOTE_TEST_KEY"], 0),
        run(&["attest", "sign", &digest, "--key-env", "PROMOTE_TEST_KEY"], 0),
        run(&["approve", "production", &digest, "--key-env", "PROMOTE_TEST_KEY"], 0),
        run(&["attest", "show", &digest], 0),
        run(&["attest", "show", &digest, "--format", "json"], 0),
        run(&["approve", "nowhere", &digest, "--key-env", "PROMOTE_TEST_KEY"], 2),
        run(&["attest", "sign", &digest, "--key-env", "PROMOTE_NO_SUCH_KEY"], 2),
    ];
    if let Some(key) = stated.ssh() {
        outputs.push(run(&["attest", "sign", &digest, "--ssh-key", key.to_str().unwrap()], 0));
    }
    let calls = fs::read_to_string(&log).unwrap();
    assert!(calls.contains("git ") && calls.contains("notes"), "the programs that were watched ran: {calls}");
    outputs.push(calls);

    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    // of the 48 bytes of such a file the last 32 are the key: 64 letters of base64, the last 42 of it alone
    let (ssh_body, needle) = (ssh_needle(stated.keys.path()), body.get(22..).unwrap().to_owned());
    for output in &outputs {
        assert!(!output.contains(&needle), "{output}");
        assert!(ssh_body.as_ref().is_none_or(|body| !output.contains(body)), "{output}");
    }
    let folders = [stated.project.root(), stated.project.workspace.home()];
    for folder in folders.into_iter().filter(|folder| folder.exists()) {
        for file in files(&folder) {
            let bytes = fs::read(&file).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!holds(&needle), "{}", file.display());
            assert!(ssh_body.as_ref().is_none_or(|body| !holds(body)), "{}", file.display());
        }
    }
}

/// A line of the private SSH key that holds a part of its secret.
#[cfg(unix)]
fn ssh_needle(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("ann")).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len() - 3).map(|line| (*line).to_owned())
}
