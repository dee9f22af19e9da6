//! The end-to-end tests live under `tests/`; the fake tools they use under `src/bin/`.
