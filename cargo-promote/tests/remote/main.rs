//! Stores and ledgers on other machines, each against a server on this one.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "servers and promoters are started, and told apart by what they say"
)]

#[cfg(feature = "s3")]
#[cfg(test)]
mod bucket;
#[cfg(feature = "s3")]
#[cfg(test)]
mod bucket_server;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod forge;
#[cfg(test)]
mod forge_server;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod project;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod server;
#[cfg(test)]
mod things;
