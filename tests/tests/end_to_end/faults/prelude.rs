//! The words in which rows are written.

pub(in crate::faults) use super::Cell::{Case, NotApplicable};
pub(in crate::faults) use super::Expected::{Broken, Failed, Refused, Warned};
pub(in crate::faults) use super::Fault::{
    DatabaseMissing, DatabaseTooOld, DiskFull, EmptyOutput, FailureWithCleanOutput, Garbage, Hang,
    KilledBySignal, LockMissing, LockOutOfStep, LookUpImpossible, NoFilesMatched, NoTestsRan,
    OutputOfAnotherRun, OwnPanic, ReadOnlyTarget, RunCutShort, ToolMissing, ToolchainMissing, Truncated,
    WrongVersion,
};
pub(in crate::faults) use super::How::{Foreign, Missing, Tool};
pub(in crate::faults) use super::scene::Misbehaviour::{
    Contradicts, ContradictsJoined, FindsNoSpace, Hangs, IsKilled, Keeps, KeepsJoined, Prints,
    RejectsArguments, SaysNothing,
};
pub(in crate::faults) use super::scene::{Call, Misbehaviour, Scene};
pub(in crate::faults) use super::shared::*;
pub(in crate::faults) use super::{Cell, Fault, How, Row, never_passes, runner_of};
pub(in crate::faults) use crate::support::{Act, Database, Workspace};
