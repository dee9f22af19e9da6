//! Many promoters at once, some of them killed, and connections that are cut at every step of a push: no move is lost,
//! and no reader sees a mixture. All of it, as often as the requirements say:
//! `PROMOTE_BAR=whole cargo test -p tests -p cargo-promote contention`.

mod bar;
mod crowd;
#[cfg(unix)]
mod cuts;
#[cfg(unix)]
mod daemon;
mod kills;
mod places;
mod races;
mod readers;
