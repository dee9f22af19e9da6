//! Moves an environment of a workspace's ledger again and again, as many promoters at once do:
//! `promoter WORKSPACE ENVIRONMENT MOVES NAME REST`. Prints a line for each move that it was told is in the ledger. After
//! each it rests for up to so many milliseconds: one that never does leaves the others no turn.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the test that starts it reads what it prints, and has it rest between its moves"
)]

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cargo_gate::exec::Cancel;
use cargo_promote::ledger::{Action, Head};
use cargo_promote::ops::advance::advance;
use cargo_promote::ops::jitter;
use cargo_promote::ops::session::Session;
use cargo_promote::trouble::Trouble;

/// The longest that it works: the test that started it may be gone.
const MOST_TIME: Duration = Duration::from_mins(10);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            println!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Trouble> {
    let start = Instant::now();
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().ok_or_else(|| Trouble::CouldNot("too few words".to_owned()));
    let (root, environment, moves, name, rest) = (word()?, word()?, word()?, word()?, word()?);
    let environment = environment.parse().map_err(|_| Trouble::CouldNot("no environment".to_owned()))?;
    let moves: u32 = moves.parse().map_err(|_| Trouble::CouldNot("no number of moves".to_owned()))?;
    let rest = rest.parse().map_err(|_| Trouble::CouldNot("no number of milliseconds".to_owned()))?;
    let session = Session::at(root.into(), &Cancel::default())?;
    let ledger = session.ledger()?;
    for number in 0..moves {
        let reason = format!("{name}/{number}");
        // to the candidate that it does not run: every move is one
        let decide = |head: &Head| {
            let state = head.state();
            let from = state.current(&environment);
            let next = state.candidates.keys().find(|digest| Some(**digest) != from);
            let candidate = *next.ok_or_else(|| Trouble::CouldNot("nothing is staged".to_owned()))?;
            Ok(Some(Action::Promote { environment: environment.clone(), candidate, from }))
        };
        advance(ledger.as_ref(), &session.cancel, &|| session.by(&reason), &decide)?;
        println!("{reason}");
        // whoever reads it has to see it even if this process is killed now
        let _ = std::io::stdout().flush();
        std::thread::sleep(jitter(Duration::from_millis(rest)));
        if start.elapsed() > MOST_TIME {
            return Err(Trouble::CouldNot(format!("{number} moves in {MOST_TIME:?}")));
        }
    }
    Ok(())
}
