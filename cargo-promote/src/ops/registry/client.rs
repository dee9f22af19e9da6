//! What is the same for all repositories of a registry: how it is reached.

use super::{CONNECT, SILENCE};

/// The client for what the other one does not do.
pub(super) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE));
    ureq::Agent::new_with_config(config.build())
}

/// Whether a registry on this machine asks for no login.
pub(super) fn is_open(host: &str) -> bool {
    let answer = agent().get(format!("http://{host}/v2/")).call();
    answer.is_ok_and(|answer| answer.status().is_success())
}
