//! A promotion or a rollback: what it would do, and doing it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::advance;
use super::history::history;
use super::session::Session;
use super::{arrival, checks, finish, marks};
use crate::candidate::Candidate;
use crate::checks::{Check, Outcome};
use crate::config::{Environment, StoreSettings};
use crate::digest::Digest;
use crate::image;
use crate::ledger::{Action, Entry, Head, Ledger, Refused, Told};
use crate::name::Label;
use crate::plan::{self, Plan, Step};
use crate::select;
use crate::store::{Store, StoreError, read_whole};
use crate::trouble::Trouble;

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The word for the candidate; the usual one without it.
    pub candidate: Option<&'a str>,
    /// Whether it goes back to what it ran before.
    pub rollback: bool,
    /// The items of the checklist that a person says are done.
    pub done: &'a [Label],
    /// Why.
    pub reason: &'a str,
}

/// A promotion that is not carried out yet.
pub struct Promotion<'a> {
    session: &'a Session,
    request: Request<'a>,
    environment: &'a Environment,
    ledger: Box<dyn Ledger>,
    /// The environment's store.
    store: Box<dyn Store>,
    /// The first store that has the candidate, where that is another one and is needed: statements are added there.
    first: Option<Box<dyn Store>>,
    /// Whether the environment's store has the candidate.
    has: bool,
    candidate: Candidate,
    /// What would be done.
    pub plan: Plan,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The entry that moved the environment; none where it was there already.
    pub entry: Option<(Digest, Entry)>,
    /// What follows a move and is not done: in words.
    pub left: Vec<String>,
}

impl<'a> Promotion<'a> {
    /// Looks at everything that decides whether it can be, and changes nothing.
    ///
    /// # Errors
    /// Where a rule forbids it whatever the checks say, or something cannot be read.
    pub fn prepare(session: &'a Session, request: Request<'a>) -> Result<Self, Trouble> {
        let environment = session.environment(request.environment)?;
        let ledger = session.ledger()?;
        plan::guarantee(environment, &ledger.name(), ledger.guarantee())?;
        let head = ledger.head()?;
        let told = history(ledger.as_ref(), &head)?;
        let digest = wanted(session, environment, &request, &head, &told)?;
        let to = session.store_name(environment)?;
        let store = session.store(&to)?;
        // the environment's own store comes first, wherever else the candidate is
        let own = store.candidate(&digest);
        let has = own.is_ok();
        // a way back to what is there needs no other store
        let found = if request.rollback && has { None } else { Some(session.find(&digest)?) };
        let found = found.filter(|(from, _)| *from != to);
        let candidate = match &found {
            Some((_, first)) if !has => first.candidate(&digest)?,
            _ => own?,
        };
        let mut plan = outline(session, environment, &request, &head, digest, ledger.name());
        let source = found.as_ref().filter(|_| !has).map_or(&to, |(from, _)| from);
        plan.steps.splice(0..0, first_steps(&plan, source.clone(), to.clone()));
        let first = found.map(|(_, first)| first);
        let mut promotion =
            Self { session, request, environment, ledger, store, first, has, candidate, plan };
        promotion.plan.checks = promotion.checks(false);
        Ok(promotion)
    }

    /// Carries it out: every byte is read and compared, the pointer moves once, and then what follows is done.
    ///
    /// # Errors
    /// Where a check forbids it, bytes are damaged, or the ledger cannot be moved: then the environment is what it was.
    pub fn carry_out(&mut self, say: &dyn Fn(&str)) -> Result<Done, Trouble> {
        let entry = if self.plan.is_there() { None } else { Some(self.go(say)?) };
        // somebody else may have moved it there meanwhile, which is what was asked for
        let entry = entry.flatten();
        let left = match finish::finish(self.session, self.ledger.as_ref(), self.environment, say) {
            // it is moved, whatever cannot be done after it
            Err(why) if entry.is_some() => vec![why.to_string()],
            left => left?,
        };
        Ok(Done { entry, left })
    }

    /// The store that its bytes come from.
    fn source(&self) -> &dyn Store {
        match &self.first {
            Some(first) if !self.has => first.as_ref(),
            _ => self.store.as_ref(),
        }
    }

    /// The signed statements that it rests on: those of the environment's store, and those of the first store that has
    /// the candidate, where `approve` and `attest` add theirs.
    fn statements(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let digest = self.candidate.digest();
        let own = if self.has { self.store.attestations(&digest)? } else { Vec::new() };
        let first = self.first.as_ref().map(|first| first.attestations(&digest)).transpose()?;
        let all: BTreeSet<Vec<u8>> = own.into_iter().chain(first.unwrap_or_default()).collect();
        Ok(all.into_iter().collect())
    }

    fn go(&mut self, say: &dyn Fn(&str)) -> Result<Option<(Digest, Entry)>, Trouble> {
        let digest = self.candidate.digest();
        say(&format!("reading every byte of {} in {}", self.plan.name, self.source().place()));
        read_whole(self.source(), &digest)?;
        if !self.request.rollback {
            self.plan.checks = self.checks(true);
            if let Some(why) = self.plan.forbidden() {
                return Err(why);
            }
        }
        if !self.has {
            say(&format!("copying it to {}", self.store.place()));
            self.store.take(self.source(), &self.candidate)?;
            read_whole(self.store.as_ref(), &digest)?;
        }
        self.arrive()?;
        self.advance()
    }

    /// What the promotion rests on lies in the environment's own store from now on, and is judged as it is there.
    fn arrive(&mut self) -> Result<(), Trouble> {
        if self.first.is_none() {
            return Ok(());
        }
        let there =
            arrival::statements(self.store.as_ref(), &self.candidate, &self.statements()?, !self.has)?;
        if !self.request.rollback {
            self.plan.checks = checks::stated(&self.asked(&there, true));
            if let Some(why) = self.plan.forbidden() {
                return Err(why);
            }
        }
        Ok(())
    }

    fn advance(&self) -> Result<Option<(Digest, Entry)>, Trouble> {
        let reason = reason(&self.request);
        let decide = |head: &Head| self.action(head);
        advance(self.ledger.as_ref(), &self.session.cancel, &|| self.session.by(&reason), &decide)
    }

    /// What moves the environment from what the plan was made for; nothing where somebody else did the same.
    fn action(&self, head: &Head) -> Result<Option<Action>, Trouble> {
        let (environment, candidate) = (self.environment.name.clone(), self.candidate.digest());
        let now = head.state().current(&environment);
        if now == Some(candidate) {
            return Ok(None);
        }
        if now != self.plan.from {
            return Err(Refused::Moved(environment).into());
        }
        if !self.request.rollback {
            let told = history(self.ledger.as_ref(), head)?;
            plan::order(&self.session.config, self.environment, &head.state(), &told, candidate)?;
        }
        Ok(Some(match now {
            Some(from) if self.request.rollback => Action::Rollback { environment, candidate, from },
            from => Action::Promote { environment, candidate, from },
        }))
    }

    /// A way back needs nobody's leave, and what is there already is not asked about again.
    fn checks(&self, act: bool) -> Vec<Check> {
        if self.request.rollback || self.plan.is_there() {
            return Vec::new();
        }
        match self.statements() {
            Ok(statements) => checks::before(&self.asked(&statements, act)),
            Err(error) => vec![Check::new("attestations", Outcome::CouldNot(error.to_string()))],
        }
    }

    fn asked<'b>(&'b self, statements: &'b [Vec<u8>], act: bool) -> checks::Asked<'b> {
        checks::Asked {
            config: &self.session.config,
            root: &self.session.root,
            environment: self.environment,
            candidate: &self.candidate,
            store: self.source(),
            statements,
            done: self.request.done,
            act,
            now: Timestamp::now(),
            cancel: &self.session.cancel,
        }
    }
}

fn reason(request: &Request<'_>) -> String {
    let confirmed = crate::checks::confirmed(request.done);
    let parts = [request.reason.trim(), confirmed.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The candidate that is meant, and whether a rule forbids it.
fn wanted(
    session: &Session,
    environment: &Environment,
    request: &Request<'_>,
    head: &Head,
    told: &[Told],
) -> Result<Digest, Trouble> {
    let (state, name) = (head.state(), &environment.name);
    let meant = request.candidate.map(|word| select::candidate(&state, word)).transpose()?;
    if !request.rollback {
        let digest = meant.map_or_else(|| plan::usual(&session.config, environment, &state), Ok)?;
        if state.current(name) != Some(digest) {
            plan::order(&session.config, environment, &state, told, digest)?;
        }
        return Ok(digest);
    }
    if state.current(name).is_none() {
        return Err(Refused::Empty(name.clone()).into());
    }
    let digest = meant.map_or_else(|| plan::back(told, name), Ok)?;
    let reached = state.candidates.get(&digest).map(|staged| staged.reached.contains(name));
    match reached {
        Some(true) => Ok(digest),
        Some(false) => Err(Refused::NeverThere(digest, name.clone()).into()),
        None => Err(Trouble::Refused(format!(
            "{name} ran the candidate {} before, and it was cleaned up: its bytes are gone",
            digest.short()
        ))),
    }
}

fn outline(
    session: &Session,
    environment: &Environment,
    request: &Request<'_>,
    head: &Head,
    candidate: Digest,
    ledger: String,
) -> Plan {
    let state = head.state();
    let from = state.current(&environment.name);
    let mut steps = Vec::new();
    if from != Some(candidate) {
        steps.push(Step::Move { ledger });
    }
    let finished = from == Some(candidate)
        && state.environments.get(&environment.name).is_some_and(|deployed| deployed.finished);
    let named = session.store_name(environment).ok().filter(|name| marks::has_names(session, name));
    steps.extend(named.map(|store| Step::Name { store, name: image::tag_of(&environment.name) }));
    let store = session.store_name(environment).ok().filter(|name| is_forge(session, name));
    steps.extend(store.filter(|_| !finished).map(|store| Step::Reveal { store }));
    let deploy = environment.deploy.as_ref().filter(|_| !finished);
    steps.extend(deploy.map(|command| Step::Deploy { command: command.to_string() }));
    let remote = session.config.mirrors.remote.as_deref().map(super::mirrors::shown);
    steps.extend(remote.map(|remote| Step::Mirror { remote }));
    Plan {
        environment: environment.name.clone(),
        rollback: request.rollback,
        candidate,
        name: select::named(&state, &candidate),
        from,
        from_name: from.map(|from| select::named(&state, &from)),
        checks: Vec::new(),
        steps,
    }
}

fn first_steps(plan: &Plan, from: Label, to: Label) -> Vec<Step> {
    if plan.is_there() {
        return Vec::new();
    }
    let verify = Step::Verify { store: from.clone() };
    if from == to { vec![verify] } else { vec![verify, Step::Copy { from, to }] }
}

/// Whether being stored and being shown are two things in that store.
pub(super) fn is_forge(session: &Session, store: &Label) -> bool {
    matches!(session.config.stores.get(store), Some(StoreSettings::Forge { .. }))
}
