//! The network is cut at every step of a push.

use std::time::Instant;

use cargo_promote::digest::Digest;
use cargo_promote::ledger::Action;
use cargo_promote::ops::session::Session;

use super::super::Project;
use super::bar::{Bar, say};
use super::daemon::{Cut, Daemon, Push, Way};
use super::places::{checked_history, folder, stage_two, status};
use crate::support::git;

/// How many cuts are looked at side by side: whoever lost the connection waits before it looks again.
const LINES: usize = 4;

/// A project whose ledger is behind git's own server and the proxy.
struct Scene {
    project: Project,
    daemon: Daemon,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Option<Self> {
        let folder = folder();
        git(folder.path(), &["init", "--quiet", "--bare", "remote.git"]);
        let daemon = Daemon::start(folder.path())?;
        let address = daemon.address("remote.git");
        let project = Project::new(&format!("[ledger]\nkind = \"git\"\nremote = '{address}'\n"));
        stage_two(&project);
        // the second is the first one of which git sends no more than what is new
        for version in ["1.0.0", "1.1.0"] {
            project.told(&["to", "staging", version, "--execute"], 0);
        }
        Some(Self { project, daemon, folder })
    }

    /// What the repository itself has, every entry of which is looked at: how many entries there are, and what staging
    /// runs.
    fn truth(&self) -> (u64, Option<Digest>) {
        let root = self.folder.path().join("beside");
        if !root.is_dir() {
            git(self.folder.path(), &["init", "--quiet", root.to_str().unwrap()]);
            let config = "[ledger]\nkind = \"git\"\nremote = '../remote.git'\n";
            std::fs::write(root.join("promote.toml"), config).unwrap();
        }
        let all = checked_history(
            Session::at(root, &self.project.session().cancel).unwrap().ledger().unwrap().as_ref(),
        );
        let moves = all.iter().filter(|one| matches!(one.entry.action, Action::Promote { .. })).count();
        assert_eq!(moves + 2, all.len(), "two candidates were staged, and nothing else was done");
        let last = &all.last().unwrap().entry;
        (last.sequence, last.state.current(&"staging".parse().unwrap()))
    }

    /// The candidate that staging does not run, and its version.
    fn other(&self, now: Option<Digest>) -> (Digest, String) {
        let state = self.project.session().ledger().unwrap().head().unwrap().state();
        let other = state.candidates.iter().find(|(digest, _)| Some(**digest) != now);
        other.map(|(digest, staged)| (*digest, staged.version.to_string())).unwrap()
    }

    /// Moves staging while the connection is cut there.
    fn cut(&self, cut: Cut) {
        let before = self.truth();
        let (wanted, version) = self.other(before.1);
        let (old, new) = (before, (before.0 + 1, Some(wanted)));
        let call = ["to", "staging", &version, "--execute"];
        self.daemon.cut(Some(cut));
        let ran = self.project.promote(&call);
        assert!(self.daemon.has_cut(), "{cut:?}: {ran:#?}");
        self.daemon.settle();
        self.daemon.cut(None);
        let now = self.truth();
        assert!(now == old || now == new, "{cut:?}: {now:?} after {before:?}: {ran:#?}");
        match ran.code {
            Some(0) => assert_eq!(now, new, "{cut:?}: {ran:#?}"),
            // it cannot know, and says so
            Some(2) if cut.lasts => {
                assert!(ran.stderr.contains("the connection was lost"), "{cut:?}: {ran:#?}");
                assert!(ran.stderr.contains("is told by `cargo promote status`"), "{cut:?}: {ran:#?}");
            }
            // it can look again, and has to go on
            _ => panic!("{cut:?}: {ran:#?}"),
        }
        assert_eq!(status(&self.project), now, "{cut:?}");
        if ran.code != Some(0) {
            self.project.told(&call, 0);
            assert_eq!(self.truth(), new, "{cut:?}: one move, whichever call made it");
        }
    }
}

/// Where a connection is cut: within and between the parts of what is said, either way.
fn positions(push: &Push) -> Vec<(Way, usize)> {
    let said = &push.to_server;
    // the request is one line, which begins with its length in hexadecimal digits
    let request = usize::from_str_radix(std::str::from_utf8(&said[..4]).unwrap(), 16).unwrap();
    let pack = said.windows(4).position(|word| word == b"PACK").unwrap();
    let to_server = [
        0,
        1,
        request,
        usize::midpoint(request, pack),
        // the end of the commands is not said
        pack - 4,
        pack,
        pack + 12,
        // how well it is compressed differs by a few bytes
        usize::midpoint(pack, said.len()),
        pack + (said.len() - pack) * 4 / 5,
    ];
    let (greeting, all) = (push.greeting, push.to_client);
    let to_client =
        [0, 1, greeting / 2, greeting - 1, greeting, greeting + 1, usize::midpoint(greeting, all), all - 1];
    assert!(request < pack && greeting > 0 && greeting < all, "{push:?}");
    let of = |way, places: Vec<usize>| places.into_iter().map(move |after| (way, after));
    of(Way::ToServer, to_server.into()).chain(of(Way::ToClient, to_client.into())).collect()
}

#[test]
fn a_push_that_is_cut_at_any_step_is_told_as_it_is_and_the_next_one_works() {
    let (start, bar) = (Instant::now(), Bar::of_git());
    let cuts: usize = std::thread::scope(|scope| {
        let lines: Vec<_> = (0..LINES).map(|line| scope.spawn(move || cut_in_line(line, bar))).collect();
        lines.into_iter().map(|line| line.join().unwrap()).sum()
    });
    say(&format!("cut at {cuts} places in {:.1} s", start.elapsed().as_secs_f64()));
}

/// Every so many of the cuts, each followed by a promotion that is not cut. How many.
fn cut_in_line(line: usize, bar: Bar) -> usize {
    let Some(scene) = Scene::new() else { return 0 };
    let positions = positions(&scene.daemon.last_push());
    let all = positions.iter().enumerate().flat_map(|(at, (way, after))| {
        let cut = |lasts| (at + usize::from(lasts), Cut { way: *way, after: *after, lasts });
        [cut(false), cut(true)]
    });
    let wanted: Vec<Cut> = all.filter(|(at, _)| at % bar.one_cut_of == 0).map(|(_, cut)| cut).collect();
    let mine: Vec<Cut> = wanted.into_iter().skip(line).step_by(LINES).collect();
    for cut in &mine {
        scene.cut(*cut);
    }
    let (wanted, version) = scene.other(scene.truth().1);
    scene.project.told(&["to", "staging", &version, "--execute"], 0);
    assert_eq!(scene.truth().1, Some(wanted));
    mine.len()
}
