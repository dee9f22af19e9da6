//! The commands beside a run.

use std::time::Duration;

use cargo_gate::config::config_schema;
use cargo_gate::exec::{self, Cancel};
use cargo_gate::gates::{CUSTOM, GATES};
use cargo_gate::manual;
use cargo_gate::render::Console;
use cargo_gate::report::report_schema;
use cargo_gate::run::{advisory_url, own_gates};
use cargo_gate::verdict::NO_VERDICT;
use clap::CommandFactory;

use crate::cli::{Cargo, SchemaOf};

/// The longest that a fetch of the database may take.
const FETCH: Duration = Duration::from_mins(5);

pub(crate) fn list() -> u8 {
    let (own, code) = match own_gates() {
        Ok(own) => (own, 0),
        Err(error) => {
            Console.error(&error.to_string());
            (Vec::new(), NO_VERDICT)
        }
    };
    Console.out(&manual::list(&own));
    code
}

pub(crate) fn explain(name: &str) -> u8 {
    if let Some(gate) = GATES.iter().chain([&CUSTOM]).find(|gate| gate.info().id == name) {
        Console.out(&manual::page(*gate));
        return 0;
    }
    let none = || format!("there is no gate `{name}`; `cargo bulletproof list` shows them");
    let own = own_gates().map_err(|error| error.to_string());
    answer(own.and_then(|own| {
        let gate = own.iter().find(|gate| gate.info.id == name);
        gate.map(manual::own_page).ok_or_else(none)
    }))
}

pub(crate) fn schema(of: SchemaOf) -> u8 {
    let schema = match of {
        SchemaOf::Config => config_schema(),
        SchemaOf::Report => report_schema(),
    };
    Console.out(&format!("{schema:#}\n"));
    0
}

pub(crate) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cargo::command(), "cargo", &mut script);
    Console.out(&String::from_utf8_lossy(&script));
    0
}

pub(crate) fn update_database(url: Option<&str>) -> u8 {
    let cancel = Cancel::on_signals();
    let configured = match url {
        Some(url) => Ok(Some(url.to_owned())),
        None => advisory_url(&cancel).map_err(|error| error.to_string()),
    };
    let updated = configured.and_then(|url| {
        exec::update_database(url.as_deref(), FETCH, &cancel).map_err(|error| error.to_string())
    });
    answer(updated.map(|(folder, updated)| {
        let what = if updated.changed { "updated to" } else { "already at" };
        format!("{}: {what} {}\n", folder.display(), updated.commit)
    }))
}

pub(crate) fn database_status() -> u8 {
    answer(exec::database_status(&Cancel::on_signals()))
}

/// Shows the answer, or the error, and gives the exit code.
fn answer(answer: Result<String, String>) -> u8 {
    match answer {
        Ok(text) => {
            Console.out(&text);
            0
        }
        Err(error) => {
            Console.error(&error);
            NO_VERDICT
        }
    }
}
