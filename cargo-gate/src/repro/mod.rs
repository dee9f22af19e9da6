//! Two builds of one source: what differs, since when, and why.

mod change;
mod explain;
mod leak;
mod order;
mod spot;
mod twin;

pub use change::{Change, Kind, kind};
pub use explain::{explain, needs_expansion};
pub use leak::{Base, Leak, Places, leaks};
pub use order::{build_order, outside_packages};
pub use spot::{Spot, compare};
pub use twin::{Program, Rebuilt, Twin, Unit};
