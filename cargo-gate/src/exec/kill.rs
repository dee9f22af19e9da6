//! Ends a process with everything it started.
//!
//! A tool may put its own children into process groups of their own (nextest does, for each test),
//! so killing the tool's group is not enough: the tree below it is taken down as well.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use process_wrap::std::ChildWrapper;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, Signal, System};

/// How long a process may take to end by itself when asked to.
const GRACE: Duration = Duration::from_millis(300);

/// Ends the child, its group and its descendants: first asked, then forced.
pub(super) fn end(child: &mut dyn ChildWrapper) {
    let tree = descendants(child.id());
    ask(child);
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(5));
    }
    // the group may outlive its leader; an error here says that nothing is left of it
    let _ = child.start_kill();
    force(&tree);
    let _ = child.wait();
}

/// A process, told from a later one with the same number by its start time.
type Process = (Pid, u64);

#[cfg(unix)]
fn ask(child: &mut dyn ChildWrapper) {
    const SIGTERM: i32 = 15;
    let _ = child.signal(SIGTERM);
}

#[cfg(not(unix))]
fn ask(child: &mut dyn ChildWrapper) {
    let _ = child.start_kill();
}

/// The process table; none where the system does not show it, and the group has to do.
fn table() -> Option<System> {
    let mut system = System::new().ok()?;
    let only = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, only);
    Some(system)
}

fn descendants(root: u32) -> Vec<Process> {
    let Some(system) = table() else { return Vec::new() };
    let mut found = BTreeSet::from([Pid::from_u32(root)]);
    loop {
        let below = system
            .processes()
            .values()
            .filter(|process| process.parent().is_some_and(|p| found.contains(&p)));
        let more: Vec<Pid> = below.map(sysinfo::Process::pid).filter(|pid| !found.contains(pid)).collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    let processes = found.into_iter().filter_map(|pid| system.process(pid));
    processes.map(|process| (process.pid(), process.start_time())).collect()
}

/// Kills those processes that still run, and whatever they started meanwhile.
fn force(tree: &[Process]) {
    let Some(system) = table() else { return };
    let alive =
        tree.iter().filter(|(pid, start)| system.process(*pid).is_some_and(|p| p.start_time() == *start));
    for (pid, _) in alive {
        let late = descendants(pid.as_u32());
        for process in late.iter().filter_map(|(pid, _)| system.process(*pid)).chain(system.process(*pid)) {
            let _ = process.kill_with(Signal::Kill);
        }
    }
}
