//! What the tests share: the binaries, copies of fixtures, runs, fake tools, advisory databases.

mod binaries;
mod database;
mod environment;
mod fakes;
mod programs;
mod run;
mod vendor;
mod workspace;

pub(crate) use binaries::{Binary, fake_tool};
pub(crate) use database::{Database, index_home};
pub(crate) use environment::{
    clean, find_program, has_llvm, has_nextest, measures_coverage, path_with, program_in,
};
pub(crate) use fakes::{Act, Fakes};
pub(crate) use programs::{lay_program, write_program};
pub(crate) use run::{Ran, Run};
pub(crate) use vendor::{Vendored, depend_on};
pub(crate) use workspace::{Workspace, copy_tree, fixtures_folder, git};
