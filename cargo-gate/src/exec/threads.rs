//! Threads for work that waits for another process. Most of it waits a few milliseconds, and a new thread for each would
//! cost a good part of that: one that has done its work takes up the next.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

type Work = Box<dyn FnOnce() + Send>;

/// Where the threads that have nothing to do take their work from.
static IDLE: Mutex<Vec<Sender<Work>>> = Mutex::new(Vec::new());

/// Does that on a thread of its own; the result comes where it is received, or the end of the channel where the work has
/// panicked.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<Receiver<T>> {
    let (result, received) = channel();
    let mut work: Work = Box::new(move || {
        // whoever does not wait for it any more does not need it
        let _ = result.send(work());
    });
    while let Some(idle) = take() {
        match idle.send(work) {
            Ok(()) => return Ok(received),
            Err(unsent) => work = unsent.0,
        }
    }
    std::thread::Builder::new().spawn(move || serve(work))?;
    Ok(received)
}

fn take() -> Option<Sender<Work>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn serve(first: Work) {
    first();
    let (sender, works) = channel::<Work>();
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(sender.clone());
    idle();
    for work in &works {
        work();
        idle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_waits_for_other_work_does_not_keep_it_from_being_done() {
        let (told, waits) = channel::<()>();
        let first = spawn(move || waits.recv().is_ok()).unwrap();
        let others: Vec<_> = (0..20).map(|number| spawn(move || number).unwrap()).collect();
        let others: Vec<i32> = others.into_iter().map(|other| other.recv().unwrap()).collect();
        assert_eq!(others, (0..20).collect::<Vec<_>>());
        told.send(()).unwrap();
        assert!(first.recv().unwrap());
    }

    #[test]
    fn of_work_that_panics_the_end_is_seen_and_later_work_is_done() {
        for _ in 0..4 {
            assert!(spawn(|| -> u8 { panic!("as it may") }).unwrap().recv().is_err());
            assert_eq!(spawn(|| 3).unwrap().recv(), Ok(3));
        }
    }
}
