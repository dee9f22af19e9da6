//! Debian's registry of container images, on a port that it takes itself.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
    /// Where it listens.
    pub(crate) address: String,
}

impl Server {
    /// Starts one; none where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::start_for("")
    }

    /// Starts one that is for whom that line of htpasswd names; for everybody where it is empty.
    pub(crate) fn start_for(login: &str) -> Option<Self> {
        let Ok(program) = which::which("docker-registry") else {
            eprintln!("skipped: docker-registry is not installed (apt-get install docker-registry)");
            return None;
        };
        // it syncs each file, which is nothing to test here
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let data = folder.path().join("data");
        let config = format!(
            "version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
             rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:0\n",
            data.display()
        );
        let users = folder.path().join("users");
        std::fs::write(&users, format!("{login}\n")).unwrap();
        let auth = format!("auth:\n  htpasswd:\n    realm: tests\n    path: {}\n", users.display());
        let config = if login.is_empty() { config } else { config + &auth };
        let path = folder.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        let said = folder.path().join("said");
        let child = Command::new(program)
            .arg("serve")
            .arg(&path)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { child, folder, address: String::new() };
        server.address = server.listening(&said);
        Some(server)
    }

    fn listening(&mut self, said: &Path) -> String {
        let start = Instant::now();
        loop {
            let text = std::fs::read_to_string(said).unwrap();
            let address = text.split("listening on ").nth(1).and_then(|rest| {
                let end = rest.find(|letter: char| !letter.is_ascii_digit() && !".:".contains(letter))?;
                rest.get(..end)
            });
            if let Some(address) = address {
                return address.to_owned();
            }
            let over = self.child.try_wait().unwrap().is_some() || start.elapsed() > Duration::from_secs(30);
            assert!(!over, "docker-registry does not start: {text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The files that hold the bytes of blobs and image manifests, whose folders are their digests.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join("data/docker/registry/v2/blobs")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it is gone already, or ends now
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
