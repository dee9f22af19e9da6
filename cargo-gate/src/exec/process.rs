//! Runs one process to its end: its own process group, a time-out, the run's cancel flag, and all
//! of its output.

use std::ffi::OsString;
use std::io::{ErrorKind, PipeReader, Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap};

use super::{Cancel, environment, kill, threads};
use crate::step::{Captured, End, Streams};

/// The most that is kept of a process's output, in bytes.
const MOST_OUTPUT: u64 = 512 << 20;
/// How long a finished process's descendants may hold its pipes open before they are ended.
const PIPE_GRACE: Duration = Duration::from_secs(2);
/// So many bytes fit into a pipe that nobody reads yet, on every system.
const FITS: usize = 512;
/// How often a program whose file is open for writing is tried again, and after what pause.
const MOST_BUSY: usize = 50;
const BUSY_PAUSE: Duration = Duration::from_millis(2);

/// A process to run, in the clean environment.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program's path.
    pub program: PathBuf,
    /// Arguments that come first, and are in no message.
    pub unshown: Vec<OsString>,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its folder.
    pub cwd: PathBuf,
    /// Variables set, or removed, beyond the clean environment.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// What it reads.
    pub stdin: Option<Vec<u8>>,
    /// How its output is captured.
    pub streams: Streams,
    /// The longest it may take.
    pub timeout: Duration,
    /// What it is called in messages.
    pub what: String,
}

impl Command {
    /// A program in a folder, without arguments.
    pub fn new(program: impl Into<PathBuf>, cwd: impl Into<PathBuf>, timeout: Duration) -> Self {
        let program = program.into();
        let what = program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
        let (unshown, args, env, stdin) = (Vec::new(), Vec::new(), Vec::new(), None);
        Self {
            program,
            unshown,
            args,
            cwd: cwd.into(),
            env,
            stdin,
            streams: Streams::Separate,
            timeout,
            what,
        }
    }

    /// Adds arguments before all others that no message tells.
    #[must_use]
    pub fn unshown<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.unshown.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        let shown = self.args.iter().map(|arg| arg.to_string_lossy());
        let name = self.what.split(' ').next().unwrap_or_default().to_owned();
        self.what = std::iter::once(name.as_str().into()).chain(shown).collect::<Vec<_>>().join(" ");
        self
    }
}

/// Runs it. Every way to end is in the result; there is no other error.
pub fn run(command: &Command, cancel: &Cancel) -> Captured {
    let start = Instant::now();
    let ended = |end, stdout, stderr| Captured {
        what: command.what.clone(),
        end,
        stdout,
        stderr,
        duration: start.elapsed(),
    };
    if cancel.is_set() {
        return ended(End::Cancelled, Vec::new(), Vec::new());
    }
    match spawn(command) {
        Ok((mut child, out, err)) => {
            let (end, stdout, stderr) = attend(command, cancel, start, child.as_mut(), out, err);
            ended(end, stdout, stderr)
        }
        Err(error) if error.kind() == ErrorKind::NotFound && !command.program.exists() => {
            ended(End::NotFound, Vec::new(), Vec::new())
        }
        Err(error) => ended(End::NotStarted(error.to_string()), Vec::new(), Vec::new()),
    }
}

type Spawned = (Box<dyn ChildWrapper>, PipeReader, Option<PipeReader>);

fn spawn(command: &Command) -> std::io::Result<Spawned> {
    let (out, write_out) = std::io::pipe()?;
    let (err, write_err) = match command.streams {
        Streams::Joined => (None, write_out.try_clone()?),
        Streams::Separate => {
            let (err, write_err) = std::io::pipe()?;
            (Some(err), write_err)
        }
    };
    let mut wrapped = CommandWrap::with_new(&command.program, |std_command| {
        let stdin = if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        std_command
            .args(command.unshown.iter().chain(&command.args))
            .current_dir(&command.cwd)
            .stdin(stdin)
            .stdout(write_out)
            .stderr(write_err);
        for (name, value) in environment::clean().iter().chain(&command.env) {
            match value {
                Some(value) => std_command.env(name, value),
                None => std_command.env_remove(name),
            };
        }
    });
    #[cfg(unix)]
    wrapped.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    wrapped.wrap(process_wrap::std::JobObject);
    // the writing ends live in the command: it must be gone before the readers can see the end
    let child = unless_busy(|| wrapped.spawn())?;
    drop(wrapped);
    Ok((child, out, err))
}

/// Tries again, for a moment, what failed because the program's file is open for writing. One that we wrote is closed by
/// us, but is open as well in each process that another thread is starting, until that has become its program.
fn unless_busy<T>(mut start: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    for _ in 0..MOST_BUSY {
        match start() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::sleep(BUSY_PAUSE),
            started => return started,
        }
    }
    start()
}

fn attend(
    command: &Command,
    cancel: &Cancel,
    start: Instant,
    child: &mut dyn ChildWrapper,
    out: PipeReader,
    err: Option<PipeReader>,
) -> (End, Vec<u8>, Vec<u8>) {
    std::thread::scope(|scope| {
        let pipe = child.stdin().take();
        if let (Some(mut pipe), Some(input)) = (pipe, command.stdin.as_deref()) {
            // a process that ends without reading everything is judged by how it ends
            let mut write = move || pipe.write_all(input).is_ok();
            if input.len() <= FITS {
                write();
            } else {
                scope.spawn(write);
            }
        }
        // each reader holds an end of this: when both are gone, the process has closed its output
        let (open, closed) = channel::<()>();
        let of_err = open.clone();
        let out = threads::spawn(move || (read(out), drop(open)).0);
        let err = threads::spawn(move || (err.map_or_else(|| Ok(Vec::new()), read), drop(of_err)).0);
        let end = wait(command, cancel, start, child, &closed);
        let deadline = Instant::now() + PIPE_GRACE;
        while Instant::now() < deadline && !cancel.is_set() {
            if closed.recv_timeout(Duration::from_millis(10)) == Err(RecvTimeoutError::Disconnected) {
                break;
            }
        }
        // whatever is left of its group holds the pipes; an error says that nothing is left
        let _ = child.start_kill();
        let lost = || Err(End::NotStarted("its output could not be read".to_owned()));
        let [out, err] =
            [out, err].map(|read| read.ok().and_then(|read| read.recv().ok()).unwrap_or_else(lost));
        match (out, err) {
            (Ok(out), Ok(err)) => (end, out, err),
            (Err(end), _) | (_, Err(end)) => (end, Vec::new(), Vec::new()),
        }
    })
}

fn read(mut pipe: PipeReader) -> Result<Vec<u8>, End> {
    let mut bytes = Vec::new();
    let read = pipe.by_ref().take(MOST_OUTPUT).read_to_end(&mut bytes);
    read.map_err(|error| End::NotStarted(format!("its output could not be read: {error}")))?;
    if bytes.len() as u64 == MOST_OUTPUT { Err(End::TooMuchOutput) } else { Ok(bytes) }
}

/// Waits for the end of the process. One that has closed its output is about to end: from then on it is looked at
/// often, since most questions are answered within a few milliseconds.
fn wait(
    command: &Command,
    cancel: &Cancel,
    start: Instant,
    child: &mut dyn ChildWrapper,
    closed: &Receiver<()>,
) -> End {
    let mut pause = Duration::from_millis(1);
    let mut is_closed = false;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return how(status),
            Ok(None) => {}
            Err(error) => {
                kill::end(child);
                return End::NotStarted(format!("its end could not be seen: {error}"));
            }
        }
        let end = if cancel.is_set() {
            Some(End::Cancelled)
        } else {
            (start.elapsed() > command.timeout).then_some(End::TimedOut(command.timeout))
        };
        if let Some(end) = end {
            kill::end(child);
            return end;
        }
        if is_closed {
            std::thread::sleep(pause);
        } else if closed.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            is_closed = true;
            pause = Duration::from_micros(20);
            continue;
        }
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

fn how(status: std::process::ExitStatus) -> End {
    match status.code() {
        Some(code) => End::Code(code),
        None => End::Signal(signal(status)),
    }
}

#[cfg(unix)]
fn signal(status: std::process::ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or_default()
}

#[cfg(not(unix))]
fn signal(_: std::process::ExitStatus) -> i32 {
    0
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> Command {
        Command::new("/bin/sh", "/", timeout).args(["-c", script])
    }

    fn done(script: &str) -> Captured {
        run(&shell(script, Duration::from_secs(20)), &Cancel::default())
    }

    #[test]
    fn a_program_that_is_just_being_written_is_tried_again_and_not_for_ever() {
        let busy = || std::io::Error::from(ErrorKind::ExecutableFileBusy);
        let mut ends = [Err(busy()), Err(busy()), Ok(3), Ok(4)].into_iter();
        assert_eq!(unless_busy(|| ends.next().unwrap()).unwrap(), 3);
        let mut ends = [Err(ErrorKind::PermissionDenied.into()), Ok(4)].into_iter();
        assert_eq!(unless_busy(|| ends.next().unwrap()).unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(unless_busy(|| Err::<(), _>(busy())).unwrap_err().kind(), ErrorKind::ExecutableFileBusy);
    }

    /// Linux lets nobody start what is open for writing.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_stays_open_for_writing_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let file = std::fs::File::create(&path).unwrap();
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let ran = run(&Command::new(&path, folder.path(), Duration::from_secs(20)), &Cancel::default());
        assert!(matches!(&ran.end, End::NotStarted(why) if why.contains("busy")), "{ran:?}");
    }

    #[test]
    fn output_and_exit_code_are_kept() {
        let captured = done("echo out; echo err >&2; exit 3");
        assert_eq!(
            (captured.end, captured.stdout, captured.stderr),
            (End::Code(3), b"out\n".into(), b"err\n".into())
        );
    }

    #[test]
    fn joined_streams_keep_their_order() {
        let mut command = shell("echo 1; echo 2 >&2; echo 3", Duration::from_secs(20));
        command.streams = Streams::Joined;
        assert_eq!(run(&command, &Cancel::default()).stdout, b"1\n2\n3\n");
    }

    #[test]
    fn a_process_gets_what_it_reads() {
        let mut command = shell("cat", Duration::from_secs(20));
        command.stdin = Some(vec![b'x'; 300_000]);
        assert_eq!(run(&command, &Cancel::default()).stdout.len(), 300_000);
    }

    #[test]
    fn a_process_that_takes_too_long_is_ended_with_its_children() {
        let command = shell("sleep 300 & sleep 300", Duration::from_millis(100));
        assert_eq!(run(&command, &Cancel::default()).end, End::TimedOut(command.timeout));
    }

    #[test]
    fn a_descendant_that_left_the_group_is_ended_too() {
        let script = "setsid sh -c 'echo $$; trap \"\" TERM; while :; do sleep 1; done' & wait";
        let captured = run(&shell(script, Duration::from_millis(500)), &Cancel::default());
        let pid = String::from_utf8(captured.stdout).unwrap().trim().to_owned();
        assert!(!pid.is_empty());
        let alive = done(&format!("kill -0 {pid} 2>/dev/null && grep -v ') Z' /proc/{pid}/stat"));
        assert_ne!(alive.end, End::Code(0), "{pid} still runs");
    }

    #[test]
    fn a_background_child_that_holds_the_pipe_does_not_hang_the_run() {
        let captured = done("sleep 300 & echo done");
        assert_eq!((captured.end, captured.stdout), (End::Code(0), b"done\n".into()));
    }

    #[test]
    fn death_by_signal_is_told_from_an_exit_code() {
        assert_eq!(done("kill -9 $$").end, End::Signal(9));
    }

    #[test]
    fn a_missing_program_is_told_from_one_that_cannot_start() {
        let missing = Command::new("/no/such/program", "/", Duration::from_secs(1));
        assert_eq!(run(&missing, &Cancel::default()).end, End::NotFound);
        let folder = Command::new("/bin", "/", Duration::from_secs(1));
        assert!(matches!(run(&folder, &Cancel::default()).end, End::NotStarted(_)));
    }

    #[test]
    fn a_cancelled_run_starts_nothing() {
        let cancel = Cancel::default();
        cancel.set();
        assert_eq!(run(&shell("exit 0", Duration::from_secs(20)), &cancel).end, End::Cancelled);
    }
}
