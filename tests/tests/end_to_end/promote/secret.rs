//! No secret that a command is given shows anywhere: not in the arguments of any process, not in what is said, not in a
//! file. What the servers of stores say is here whatever they were sent, word for word.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tests::registry::Registry;

use super::attest::{files, watched};
use super::staging::Staging;
use crate::support::{Binary, Ran, Run, clean, path_with};

const PASSWORD: &str = "the-password-of-the-store-that-shows-nowhere";
const FORGE: &str = "the-token-of-the-forge-that-shows-nowhere";
const REGISTRY: &str = "the-token-of-the-registry-that-shows-nowhere";
const METRICS: &str = "the-token-of-prometheus-that-shows-nowhere";
const WRONG: &str = "the-wrong-token-that-shows-nowhere";
/// The password as it is sent: `ada:PASSWORD` in base64.
const LOGIN: &str = "YWRhOnRoZS1wYXNzd29yZC1vZi10aGUtc3RvcmUtdGhhdC1zaG93cy1ub3doZXJl";

/// A server that refuses everything and says what it was sent. It ends with the process.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // a client that is gone needs no answer
            drop(refuse(&stream));
        }
    });
    address
}

fn refuse(stream: &TcpStream) -> std::io::Result<()> {
    let heard: Vec<String> =
        BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let is_of_registry = heard.first().is_some_and(|line| line.contains("/v2/"));
    let said = heard.join(" ").replace(['"', '\\'], "'");
    let body = if is_of_registry {
        format!("{{\"errors\":[{{\"code\":\"DENIED\",\"message\":\"{said}\"}}]}}")
    } else {
        format!(
            "{{\"message\":\"{said}\",\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"{said}\"}}"
        )
    };
    // an answer to `HEAD` has no body
    let body = if heard.first().is_some_and(|line| line.starts_with("HEAD ")) { "" } else { body.as_str() };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 403 x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Ends the watching, whatever happens to what is watched.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The arguments of all processes, as often as can be, until the work is done.
fn watching<T>(secrets: &[String], work: impl FnOnce() -> T) -> T {
    let (over, found) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                    // a process that is gone has none, and neither has a system without this folder
                    let args = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    let args = String::from_utf8_lossy(&args).into_owned();
                    if secrets.iter().any(|secret| args.contains(secret.as_str())) {
                        found.lock().unwrap().push(args);
                    }
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let _over = Over(&over);
        work()
    });
    assert_eq!(*found.lock().unwrap(), [""; 0]);
    done
}

/// Packages the workspace; gives the folder.
fn package(staging: &Staging) -> String {
    let mut cargo = Command::new("cargo");
    let workspace = &staging.project.workspace;
    clean(&mut cargo, &workspace.home());
    let packaged = cargo
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", workspace.target())
        .args(["package", "--no-verify", "--quiet", "--offline", "--allow-dirty"])
        .output()
        .unwrap();
    assert!(packaged.status.success(), "{packaged:?}");
    workspace.target().join("package").to_str().unwrap().to_owned()
}

fn config(server: SocketAddr, key: &str) -> String {
    // both candidates have one version
    let query = |name: &&str| format!("{name} = 'sum({name}{{commit=\"{{commit}}\"}})'\n");
    let names = ["requests", "errors", "latency", "crashes", "age"];
    let queries: String = names.iter().map(query).collect();
    let queries = format!("[canary.queries]\n{queries}");
    format!(
        "[stores.here]\nkind = \"local\"\n\
         [stores.images]\nkind = \"oci\"\nhttp = true\nrepository = \"{server}/acme/tool\"\n\
         username_env = \"TEST_USER\"\npassword_env = \"TEST_PASSWORD\"\n\
         [stores.releases]\nkind = \"forge\"\napi = \"http://{server}\"\nrepository = \"acme/tool\"\n\
         token_env = \"TEST_FORGE\"\n\
         [ledger]\nkind = \"store\"\nname = \"here\"\n\
         [[environments]]\nname = \"staging\"\nstore = \"here\"\n\
         [[environments]]\nname = \"next\"\nstore = \"here\"\napprovals = {{ needed = 1, by = [\"bot\"] }}\n\
         [[environments]]\nname = \"production\"\nstore = \"images\"\nafter = [\"next\"]\n\
         [[environments]]\nname = \"public\"\nstore = \"releases\"\nafter = [\"next\"]\n\
         [canary]\nprometheus = \"http://{server}\"\ntoken_env = \"TEST_METRICS\"\n{queries}{key}"
    )
}

/// A workspace whose commands are given every kind of secret, with programs that write down how they were called.
struct Scene {
    staging: Staging,
    registry: Registry,
    /// Another one, that only says what it was sent.
    echoing: String,
    packages: String,
    /// Outside of the workspace: what is watched, and a file to stage.
    outside: tempfile::TempDir,
    key: String,
    path: OsString,
    log: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let server = echo();
        let staging = Staging::new("");
        let outside = tempfile::tempdir().unwrap();
        let file = outside.path().join("bot");
        let table = staging.project.told(&["keys", "generate", file.to_str().unwrap()], 0);
        let key = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let config = config(server, &table.replace("keys.NAME", "keys.bot"));
        std::fs::write(staging.root().join("promote.toml"), config).unwrap();
        std::fs::write(outside.path().join("tool.bin"), "bytes").unwrap();
        let (log, path) = watched(outside.path());
        let path = path_with(staging.programs.path(), &std::env::split_paths(&path).collect::<Vec<_>>());
        // cargo writes the lock file in its own form
        package(&staging);
        staging.commit("chore: the lock file");
        let (registry, packages) = (Registry::start(REGISTRY).unwrap(), package(&staging));
        staging.gates("passed");
        let echoing = format!("sparse+http://{server}/");
        Self { staging, registry, echoing, packages, outside, key, path, log }
    }

    /// What must show nowhere. Of a key's 48 bytes the last 32 are secret: 64 letters, the last 42 of them alone.
    fn secrets(&self) -> Vec<String> {
        let key: String = self.key.lines().filter(|line| !line.starts_with('-')).collect();
        let key = key.get(22..).unwrap();
        [PASSWORD, LOGIN, FORGE, REGISTRY, METRICS, WRONG, key].map(str::to_owned).into()
    }

    fn run(&self, args: &[&str], token: &str) -> Ran {
        Run::new(&self.staging.project.workspace, Binary::Promote, args)
            .by_cargo(self.staging.programs.path())
            .env("TEST_USER", "ada")
            .env("TEST_PASSWORD", PASSWORD)
            .env("TEST_FORGE", FORGE)
            .env("TEST_METRICS", METRICS)
            .env("TEST_KEY", &self.key)
            .env("TEST_TOKEN", token)
            .env("RUST_BACKTRACE", "full")
            .env("PATH", self.path.clone())
            .end()
    }

    /// Publishes to that index with that token.
    fn publish(&self, index: &str, token: &str) -> Ran {
        let from = ["publish", "--from", &self.packages, "--stand-in", "--execute", "--index", index];
        self.run(&[&from[..], &["--token-env", "TEST_TOKEN", "--wait", "1s"]].concat(), token)
    }

    /// Runs these, each of which ends with that code; all that they say.
    fn all(&self, calls: &[(&[&str], i32)]) -> String {
        let mut said = String::new();
        for (call, code) in calls {
            let ran = self.run(call, REGISTRY);
            assert_eq!(ran.code, Some(*code), "{call:?}: {ran:#?}");
            said.extend([format!("{call:?}\n"), ran.stdout, ran.stderr, "\n".to_owned()]);
        }
        said
    }

    /// Every command that is given a secret, or opens what needs one; all that they say.
    fn act(&self) -> String {
        let file = self.outside.path().join("tool.bin");
        let stage = ["stage", "--file", file.to_str().unwrap(), "--key-env", "TEST_KEY"];
        let approve = ["approve", "next", "staging", "--key-env", "TEST_KEY"];
        let mut said = self.all(&[
            (&stage, 0),
            (&["keys", "show", "--key-env", "TEST_KEY"], 0),
            (&["to", "staging", "--execute"], 0),
            (&["attest", "sign", "staging", "--key-env", "TEST_KEY"], 0),
            (&approve, 0),
            (&["approve", "nowhere", "staging", "--key-env", "TEST_KEY"], 2),
            (&["attest", "show", "staging", "--format", "json"], 0),
            (&["to", "next", "--execute", "--format", "json"], 0),
            (&["to", "production", "staging", "--execute"], 2),
            (&["to", "production", "staging", "--execute", "--format", "json"], 2),
            (&["to", "public", "staging", "--execute"], 2),
            (&["rollback", "production", "--reason", "x", "--execute"], 1),
            (&["status"], 0),
            (&["verify"], 2),
            (&["verify", "--format", "json"], 2),
            (&["log"], 0),
            (&["cleanup", "--execute"], 2),
        ]);
        self.staging.commit("fix: two");
        self.staging.gates("passed");
        std::fs::write(&file, "other bytes").unwrap();
        said += &self.all(&[
            (&stage, 0),
            (&["to", "staging", "--execute"], 0),
            (&approve, 0),
            (&["to", "next", "--execute"], 0),
            (&["canary", "next"], 0),
            (&["canary", "next", "--format", "json"], 0),
            (&["rollback", "next", "--reason", "x", "--execute"], 0),
            (&["diff", "staging", "next"], 0),
            (&["status", "--format", "json"], 0),
        ]);
        let own = self.registry.index();
        for (index, token, code) in
            [(own.as_str(), WRONG, 2), (&own, REGISTRY, 0), (&self.echoing, REGISTRY, 2)]
        {
            let ran = self.publish(index, token);
            assert_eq!(ran.code, Some(code), "{index}: {ran:#?}");
            said.extend([ran.stdout, ran.stderr, "\n".to_owned()]);
        }
        said
    }
}

#[test]
fn no_secret_is_in_an_argument_in_what_is_said_or_in_a_file() {
    let scene = Scene::new();
    let secrets = scene.secrets();
    let said = watching(&secrets, || scene.act());
    // the servers were asked, and what they said is told but for that
    assert!(said.to_lowercase().contains("authorization: bearer …"), "{said}");
    assert_eq!(scene.registry.uploads().iter().filter(|upload| upload.kept).count(), 1);
    let calls = std::fs::read_to_string(&scene.log).unwrap();
    assert!(
        calls.contains("git ") && calls.contains("cargo "),
        "the programs that were watched ran: {calls}"
    );
    let workspace = &scene.staging.project.workspace;
    let folders = [workspace.root(), workspace.home(), workspace.target().to_owned()];
    for secret in &secrets {
        for text in [&said, &calls] {
            assert!(!text.contains(secret.as_str()), "{secret}: {text}");
        }
    }
    for file in folders.iter().filter(|folder| folder.exists()).flat_map(|folder| files(folder)) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret}: {}", file.display());
        }
    }
}
