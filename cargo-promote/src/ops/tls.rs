//! The cryptography of TLS, chosen once.

use std::sync::Once;

/// Chooses it for the whole process.
pub(super) fn choose_cryptography() {
    static CHOSEN: Once = Once::new();
    // whoever chose before has chosen for everybody
    CHOSEN.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}
