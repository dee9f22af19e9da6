//! The declarations that bring in other files: `mod name;` and `include!`.

use super::attributes::Attributes;
use super::file::{Context, IncludeDecl, ModuleDecl};
use super::tokens::{Delimiter, Kind, Tokens, string_content};

/// The inline modules around the current token, outermost first.
#[derive(Debug, Default)]
pub(super) struct InlineModules {
    stack: Vec<InlineModule>,
}

#[derive(Debug)]
struct InlineModule {
    /// The token that closes it.
    end: usize,
    /// See [`ModuleDecl::inline_path`].
    folder: String,
}

impl InlineModules {
    /// Reads the module whose `mod` is at `at`. An inline one is remembered; one in another file
    /// gives its declarations. `attributes` are those that were read last.
    pub(super) fn module(
        &mut self,
        tokens: &Tokens<'_>,
        at: usize,
        attributes: &Attributes,
        context: Context,
    ) -> Vec<ModuleDecl> {
        if !tokens.is_name(at + 1) {
            return Vec::new();
        }
        let none = Attributes::default();
        let own = if belongs(tokens, at, attributes) { attributes } else { &none };
        self.stack.truncate(self.stack.partition_point(|module| module.end > at));
        match tokens.kind(at + 2) {
            Kind::Open(Delimiter::Brace) => {
                let folder = match &own.path {
                    Some(path) => format!("./{path}"),
                    None => tokens.name(at + 1).to_owned(),
                };
                self.stack.push(InlineModule { end: tokens.partner(at + 2), folder });
                Vec::new()
            }
            Kind::Semi => self.declared(tokens.name(at + 1), own, context),
            _ => Vec::new(),
        }
    }

    fn declared(&self, name: &str, own: &Attributes, mut context: Context) -> Vec<ModuleDecl> {
        context.cfg |= !own.conditional_paths.is_empty();
        let with_path = |path_attribute| ModuleDecl {
            name: name.to_owned(),
            inline_path: self.stack.iter().map(|module| module.folder.clone()).collect(),
            path_attribute,
            context,
            rustfmt_skip: own.rustfmt_skip,
        };
        let paths = own.conditional_paths.iter().cloned().map(Some);
        paths.chain([own.path.clone()]).map(with_path).collect()
    }
}

/// Whether attributes that end before some token are those of the module whose `mod` is at `at`: only
/// its visibility may stand between.
fn belongs(tokens: &Tokens<'_>, at: usize, attributes: &Attributes) -> bool {
    let mut first = attributes.end;
    if tokens.is(first, "pub") {
        first += 1;
        if tokens.opens(first) {
            first = tokens.after(first);
        }
    } else if tokens.is(first, "unsafe") || tokens.is(first, "crate") {
        first += 1;
    }
    first == at && !attributes.inner
}

/// The file that the `include!` with the input from `open` to `close` names, if it names one.
pub(super) fn include(
    tokens: &Tokens<'_>,
    open: usize,
    close: usize,
    context: Context,
) -> Option<IncludeDecl> {
    let argument = open + 1;
    let last = if tokens.kind(argument + 1) == Kind::Comma { open + 3 } else { open + 2 };
    if tokens.kind(argument) != Kind::Str || last != close {
        return None;
    }
    let path = string_content(tokens.text(argument)).0.to_owned();
    Some(IncludeDecl { path, context })
}
