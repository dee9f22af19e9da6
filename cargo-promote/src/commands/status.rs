//! `cargo promote status`.

use cargo_gate::render::Console;

use crate::ops::{finish, marks, mirrors};
use crate::overview::overview;
use crate::place::Place;
use crate::render;
use crate::trouble::Trouble;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Status {
    pub(crate) fn run(&self) -> u8 {
        match self.text() {
            Ok(text) => {
                Console.out(&text);
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }

    fn text(&self) -> Result<String, Trouble> {
        let session = self.place.open()?;
        let ledger = session.ledger()?;
        let head = ledger.head()?;
        let state = head.state();
        let lags = mirrors::lagging(&session, &state).and_then(|mut lags| {
            lags.extend(marks::lagging(&session, &state)?);
            Ok(lags)
        });
        let lags = lags.map_err(|why| why.to_string());
        let follows = |name: &crate::name::Label| {
            session.config.environment(name).is_some_and(|environment| finish::follows(&session, environment))
        };
        let config = (&session.config, session.source.to_string());
        let about = (ledger.name(), ledger.guarantee().name());
        Ok(render::status(&overview(config, about, &head, &follows, lags), self.format))
    }
}
