//! The flag that ends a run early: set by Ctrl-C, by the system's wish to end us, by `--fail-fast`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by all threads of a run. Once set it stays set.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A flag that Ctrl-C, SIGTERM and SIGHUP set (and their Windows twins).
    pub fn on_signals() -> Self {
        let cancel = Self::default();
        let flag = cancel.clone();
        // a second handler in one process is refused: then the first one is already ours
        let _ = ctrlc::set_handler(move || flag.set());
        cancel
    }

    /// Ends the run.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the run is to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
