//! Standard output and standard error. A reader that went away is no error of ours.

use std::io::Write;

/// Where text for people and machines goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

impl Console {
    /// Colours as cargo's own setting has them; `NO_COLOR` and its like hold where it says nothing.
    pub fn color(self, setting: Option<&str>) {
        match setting {
            Some("always") => anstream::ColorChoice::Always.write_global(),
            Some("never") => anstream::ColorChoice::Never.write_global(),
            _ => {}
        }
    }

    /// Writes to standard output; colours are taken out where they are not wanted.
    pub fn out(self, text: &str) {
        let mut out = anstream::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Writes a line to standard error.
    pub fn error(self, message: &str) {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{style}error{style:#}: {message}");
    }

    /// Writes a line of progress to standard error.
    pub fn status(self, message: &str) {
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{message}");
    }
}
