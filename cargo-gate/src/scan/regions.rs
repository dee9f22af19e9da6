//! The context at the current token.

use super::file::Context;

/// The regions of code around the current token that have a context of their own, innermost last,
/// each within the one before.
#[derive(Debug)]
pub(super) struct Regions {
    stack: Vec<Region>,
    /// The context at the current token.
    now: Context,
    /// The end of the innermost region.
    end: usize,
}

#[derive(Debug)]
struct Region {
    /// The first token after it.
    end: usize,
    /// The context around it.
    outer: Context,
}

impl Regions {
    pub(super) fn new() -> Self {
        Self { stack: Vec::new(), now: Context::default(), end: usize::MAX }
    }

    pub(super) fn now(&self) -> Context {
        self.now
    }

    /// From the current token to the token `end`, `added` holds as well.
    pub(super) fn enter(&mut self, end: usize, added: Context) {
        let end = end.min(self.end);
        self.stack.push(Region { end, outer: self.now });
        self.end = end;
        self.now = self.now | added;
    }

    /// From the current token to the token `end`, code is the input of a macro. Unless the macro is
    /// known to leave it where it is, it may end up in a closure or function, which runs later.
    pub(super) fn enter_macro(&mut self, end: usize, cfg: bool, in_place: bool) {
        let added = Context { cfg, ..Context::IN_MACRO };
        self.enter(end, added);
        self.now.constant &= in_place;
    }

    /// Goes on to the token `at`, out of the regions that end before it.
    #[inline]
    pub(super) fn advance(&mut self, at: usize) {
        if at >= self.end {
            self.leave(at);
        }
    }

    /// From the current token on, code in a constant may belong to a closure or function in it, which
    /// runs after compilation.
    pub(super) fn runs_later(&mut self) {
        self.now.constant = false;
        for region in &mut self.stack {
            region.outer.constant = false;
        }
    }

    fn leave(&mut self, at: usize) {
        while let Some(region) = self.stack.pop_if(|region| region.end <= at) {
            self.now = region.outer;
        }
        self.end = self.stack.last().map_or(usize::MAX, |region| region.end);
    }
}
