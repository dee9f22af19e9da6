//! `cargo promote canary` against the real Prometheus, which scrapes a small exporter of ours.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cargo_gate::render::Console;
use serde_json::Value;

use super::Project;
use crate::support::find_program;

/// The longest that anything may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one version does: so many requests a second, of them failed, with that latency in seconds.
#[derive(Clone, Copy)]
struct Traffic {
    requests: f64,
    failed: f64,
    latency: f64,
}

const GOOD: Traffic = Traffic { requests: 2000.0, failed: 4.0, latency: 0.03 };
const FAILING: Traffic = Traffic { failed: 400.0, ..GOOD };
const SLOW: Traffic = Traffic { latency: 0.3, ..GOOD };
const NONE: Traffic = Traffic { requests: 0.0, failed: 0.0, latency: 0.03 };

/// What has been counted of one version.
struct Counted {
    traffic: Traffic,
    since: Instant,
    ok: f64,
    failed: f64,
    quick: f64,
}

impl Counted {
    fn new(traffic: Traffic) -> Self {
        Self { traffic, since: Instant::now(), ok: 0.0, failed: 0.0, quick: 0.0 }
    }

    /// Brings the counters up to now.
    fn count(&mut self) {
        let seconds = self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        let Traffic { requests, failed, latency } = self.traffic;
        self.ok += (requests - failed) * seconds;
        self.failed += failed * seconds;
        self.quick += if latency <= 0.05 { requests * seconds } else { 0.0 };
    }

    fn text(&self, version: &str) -> String {
        let all = self.ok + self.failed;
        let of = format!("version=\"{version}\"");
        let mut text = String::new();
        let _ = write!(
            text,
            "http_requests_total{{{of},code=\"200\"}} {}\nhttp_requests_total{{{of},code=\"500\"}} {}\n\
             http_request_duration_seconds_bucket{{{of},le=\"0.05\"}} {}\n\
             http_request_duration_seconds_bucket{{{of},le=\"0.5\"}} {all}\n\
             http_request_duration_seconds_bucket{{{of},le=\"+Inf\"}} {all}\n\
             process_start_time_seconds{{{of}}} 1000\n",
            self.ok, self.failed, self.quick
        );
        text
    }
}

/// An exporter whose numbers the test sets.
#[derive(Clone)]
struct Exporter {
    versions: Arc<Mutex<BTreeMap<String, Counted>>>,
    port: u16,
}

impl Exporter {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let exporter = Self { versions: Arc::default(), port };
        let served = exporter.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                served.serve(stream);
            }
        });
        exporter
    }

    fn set(&self, version: &str, traffic: Traffic) {
        let mut versions = self.versions.lock().unwrap();
        let counted = versions.entry(version.to_owned()).or_insert_with(|| Counted::new(traffic));
        counted.count();
        counted.traffic = traffic;
    }

    /// One answer a connection; whoever hangs up has seen enough.
    fn serve(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
        let mut versions = self.versions.lock().unwrap();
        let mut body = String::new();
        for (version, counted) in versions.iter_mut() {
            counted.count();
            body += &counted.text(version);
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\n";
        let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
    }
}

/// Debian's Prometheus in a folder of its own; it ends with the test.
struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Server {
    /// None where it is not installed: a machine with nothing but Rust and git must pass the tests too. CI installs it.
    fn start(exporter: &Exporter) -> Option<Self> {
        let Some(program) = find_program("prometheus") else {
            Console.status("skipped: prometheus is not installed (apt-get install prometheus)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.yml");
        let target = format!("127.0.0.1:{}", exporter.port);
        let text = format!(
            "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: tool\n    \
             static_configs:\n      - targets: [\"{target}\"]\n"
        );
        std::fs::write(&config, text).unwrap();
        // it cannot tell which port it took, so a free one is found for it
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { child, address: format!("http://127.0.0.1:{port}"), _folder: folder })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Windows of seconds; every step notes its percentage in a file.
const CONFIG: &str = "[canary]
window = \"4s\"
interval = \"1s\"
windows = 2
max_age = \"5s\"
timeout = \"40s\"
";

/// A project in production with 1.1.0 after 1.0.0.
fn project(config: &str) -> Project {
    let project = Project::new(config);
    for version in ["1.0.0", "1.1.0"] {
        project.commit(version);
        project.stage(version, &[("tool", version.as_bytes())]);
        project.told(&["to", "staging", "--execute"], 0);
        project.told(&["to", "production", "--execute"], 0);
    }
    project
}

fn canary(project: &Project, address: &str, execute: bool) -> (Option<i32>, Value) {
    let mut args = vec!["canary", "production", "--prometheus", address, "--format", "json"];
    args.extend(execute.then_some("--execute"));
    let ran = project.promote(&args);
    let told = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"));
    (ran.code, told)
}

/// Waits until a look shows what it is to show.
fn wait_for(project: &Project, address: &str, outcome: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let (_, told) = canary(project, address, false);
        if told["now"]["outcome"] == outcome {
            return;
        }
        assert!(Instant::now() < until, "it never became {outcome}: {told:#}");
    }
}

fn runs(project: &Project) -> String {
    let status = project.promote(&["status", "--format", "json"]).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    let places = status["environments"].as_array().unwrap();
    let place = places.iter().find(|place| place["name"] == "production").unwrap();
    place["runs"]["version"].as_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn a_good_candidate_goes_through_its_steps_and_a_bad_one_goes_back() {
    let exporter = Exporter::start();
    let Some(server) = Server::start(&exporter) else { return };
    exporter.set("1.0.0", GOOD);
    exporter.set("1.1.0", GOOD);
    let config = format!(
        "{CONFIG}command = [\"sh\", \"-c\", \"echo $PROMOTE_PERCENT $PROMOTE_VERSION >> steps\"]\n\
         undo = [\"sh\", \"-c\", \"echo $PROMOTE_PERCENT $PROMOTE_ENVIRONMENT >> steps\"]\nsteps = [50, 100]\n"
    );
    let plain = project(&config);
    wait_for(&plain, &server.address, "good");
    let good = project(&config);
    let (code, told) = canary(&good, &server.address, true);
    assert_eq!((code, &told["report"]["outcome"]), (Some(0), &"good".into()), "{told:#}");
    assert_eq!(std::fs::read_to_string(good.root().join("steps")).unwrap(), "50 1.1.0\n100 1.1.0\n");
    assert_eq!((runs(&good), &told["report"]["percent"]), ("1.1.0".to_owned(), &100.into()));

    let slow = project(&config);
    exporter.set("1.1.0", SLOW);
    let (code, told) = canary(&slow, &server.address, true);
    assert_eq!((code, &told["report"]["outcome"]), (Some(1), &"bad".into()), "{told:#}");
    assert!(told["report"]["why"].as_str().unwrap().contains("p95"), "{told:#}");

    exporter.set("1.1.0", FAILING);
    let bad = project(&config);
    let (code, told) = canary(&bad, &server.address, true);
    assert_eq!((code, &told["report"]["outcome"]), (Some(1), &"bad".into()), "{told:#}");
    assert_eq!(std::fs::read_to_string(bad.root().join("steps")).unwrap(), "50 1.1.0\n0 production\n");
    assert_eq!((runs(&bad), runs(&plain)), ("1.0.0".to_owned(), "1.1.0".to_owned()));
    let log: Value = serde_json::from_str(&bad.promote(&["log", "--format", "json"]).stdout).unwrap();
    let entry = &log["entries"][0];
    assert_eq!(entry["action"]["kind"], "rollback", "{log:#}");
    assert!(entry["reason"].as_str().unwrap().starts_with("canary: errors"), "{entry:#}");
}

#[cfg(unix)]
#[test]
fn without_traffic_or_of_an_unknown_version_nothing_is_told_and_a_failing_step_is_bad() {
    let exporter = Exporter::start();
    let Some(server) = Server::start(&exporter) else { return };
    exporter.set("1.0.0", GOOD);
    let short = CONFIG.replace("40s", "10s");
    let idle = project(&format!("{short}command = [\"true\"]\nsteps = [50, 100]\n"));
    let (code, told) = canary(&idle, &server.address, true);
    let report = &told["report"];
    assert_eq!((code, &report["outcome"]), (Some(2), &"inconclusive".into()), "{told:#}");
    assert!(report["why"].as_str().unwrap().contains("no such series"), "{report:#}");
    assert_eq!((runs(&idle), &report["percent"]), ("1.1.0".to_owned(), &50.into()));
    // the next call knows how far it came
    let (_, told) = canary(&idle, &server.address, false);
    assert_eq!(told["plan"]["interrupted"], 50, "{told:#}");

    exporter.set("1.1.0", NONE);
    let (code, told) = canary(&idle, &server.address, true);
    assert_eq!((code, &told["report"]["outcome"]), (Some(2), &"inconclusive".into()), "{told:#}");
    assert!(told["report"]["why"].as_str().unwrap().contains("had 0 requests"), "{told:#}");

    let failing = project(&format!("{short}command = [\"false\"]\nsteps = [100]\n"));
    let (code, told) = canary(&failing, &server.address, true);
    assert_eq!((code, &told["report"]["outcome"]), (Some(1), &"bad".into()), "{told:#}");
    assert!(told["report"]["why"].as_str().unwrap().contains("exit code 1"), "{told:#}");
    assert_eq!(runs(&failing), "1.0.0");
}

#[test]
fn a_prometheus_that_does_not_answer_and_an_address_with_a_secret_are_told() {
    let project = project(CONFIG);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, told) = canary(&project, &format!("http://{nobody}"), false);
    assert_eq!((code, &told["now"]["outcome"]), (Some(0), &"inconclusive".into()), "{told:#}");
    let told = project.told(&["canary", "--prometheus", "http://user:hunter2@prometheus.example"], 2);
    assert!(told.contains("a user or a password") && !told.contains("hunter2"), "{told}");
    assert!(project.told(&["canary"], 2).contains("--prometheus URL"));
    assert!(project.told(&["canary", "staging", "--prometheus", "ftp://x"], 2).contains("http"));
}
