//! The ledger, from its end to its first entry.

use super::problem::Problem;
use crate::ledger::{self, Head, Ledger, Unjoined};
use crate::store::StoreError;

/// Reads every entry, and checks that each is what its action makes of those before it. Gives how many there are.
pub fn chain(ledger: &dyn Ledger, head: &Head, problems: &mut Vec<Problem>) -> usize {
    let name = ledger.name();
    let told = match ledger::history(head, &mut |digest| ledger.entry(digest)) {
        Ok(told) => told,
        Err(broken) => {
            problems.push(told_of(&name, "the chain of its entries", broken));
            return 0;
        }
    };
    for one in &told {
        if let Err(bad) = ledger::check(&one.entry, &mut |digest| ledger.entry(digest)) {
            problems.push(told_of(&name, &format!("the entry {}", one.digest.short()), bad));
        }
    }
    told.len()
}

fn told_of(name: &str, what: &str, broken: Unjoined<StoreError>) -> Problem {
    match broken {
        Unjoined::Unread(error) => {
            let (StoreError::Missing { what: entry, .. } | StoreError::Damaged { what: entry, .. }) = &error
            else {
                return Problem::of(name, what, &error);
            };
            Problem::of(name, entry, &error)
        }
        Unjoined::Bad(bad) => Problem::wrong(name, what, bad.to_string()),
    }
}
