//! What is built for a candidate, and what it is called.

use semver::Version;

use crate::config::CandidateSettings;
use crate::name::{BadName, FileName};
use crate::trouble::Trouble;

/// A package of the workspace, as far as staging needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Whether cargo builds it where no package is named.
    pub default: bool,
    /// Whether it has a program.
    pub program: bool,
    /// Whether it may be published.
    pub publish: bool,
}

/// What the command line asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The packages whose programs are built, instead of those of the config.
    pub packages: Vec<String>,
    /// The targets, instead of those of the config.
    pub targets: Vec<String>,
}

/// What is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The packages whose programs are built.
    pub programs: Vec<Member>,
    /// The packages that are packed.
    pub crates: Vec<Member>,
    /// The targets, each with whether cargo is told its name.
    pub targets: Vec<(String, bool)>,
}

/// What is built of these members. `configured` are the targets of cargo's configuration.
///
/// # Errors
/// Where a package is named that is not there or has no program, or nothing is left to stage.
pub fn plan(
    members: &[Member],
    settings: &CandidateSettings,
    asked: &Asked,
    configured: &[String],
    host: &str,
) -> Result<Plan, Trouble> {
    let named = if asked.packages.is_empty() { &settings.packages } else { &asked.packages };
    let programs: Vec<Member> = if named.is_empty() {
        members.iter().filter(|member| member.default && member.program).cloned().collect()
    } else {
        named.iter().map(|name| with_program(members, name)).collect::<Result<_, _>>()?
    };
    let crates: Vec<Member> =
        members.iter().filter(|member| settings.crates && member.publish).cloned().collect();
    if programs.is_empty() && crates.is_empty() {
        let why = "there is nothing to stage: no default member has a program, and none may be published; name \
                   packages as `candidate.packages` in promote.toml, or files with --file";
        return Err(Trouble::CouldNot(why.to_owned()));
    }
    let chosen = [&asked.targets, &settings.targets].into_iter().find(|targets| !targets.is_empty());
    let targets = match chosen.map_or(configured, Vec::as_slice) {
        [] => vec![(host.to_owned(), false)],
        targets => targets.iter().map(|target| (target.clone(), true)).collect(),
    };
    Ok(Plan { programs, crates, targets })
}

fn with_program(members: &[Member], name: &str) -> Result<Member, Trouble> {
    let could_not = |why: &str| Trouble::CouldNot(format!("the package `{}` {why}", name.escape_debug()));
    let member = members.iter().find(|member| member.name == name);
    let member = member.ok_or_else(|| could_not("is not in this workspace"))?;
    if member.program { Ok(member.clone()) } else { Err(could_not("has no program to stage")) }
}

/// What a candidate is called, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
}

/// What a candidate of these packages is called: as the config says, else as the one package with a program, else as
/// the one that is packed.
///
/// # Errors
/// Where that is more than one; the message names the key.
pub fn subject(name: Option<&str>, members: &[Member], staged: &[Member]) -> Result<Subject, Trouble> {
    let of = |member: &Member| Subject { name: member.name.clone(), version: member.version.clone() };
    let Some(name) = name else {
        let [one] = staged else {
            let names: Vec<&str> = staged.iter().map(|member| member.name.as_str()).collect();
            let names = names.join(", ");
            return Err(Trouble::CouldNot(format!(
                "what is the candidate called? it has several packages ({names}): say `name = \"…\"` in promote.toml"
            )));
        };
        return Ok(of(one));
    };
    if let Some(member) = members.iter().find(|member| member.name == name) {
        return Ok(of(member));
    }
    let mut versions: Vec<&Version> = staged.iter().map(|member| &member.version).collect();
    versions.sort();
    versions.dedup();
    match versions.as_slice() {
        [version] => Ok(Subject { name: name.to_owned(), version: (*version).clone() }),
        _ => Err(Trouble::CouldNot(format!(
            "which version has the candidate? no package is called `{}` as `name` in promote.toml says, and those that \
             are staged do not have the same version",
            name.escape_debug()
        ))),
    }
}

/// The file name of something that is built for a target, where there may be several.
///
/// # Errors
/// Where that can be no artifact's name.
pub fn file_name(stem: &str, target: Option<&str>, ending: &str) -> Result<FileName, BadName> {
    let target = target.map(|target| format!("-{target}")).unwrap_or_default();
    format!("{stem}{target}{ending}").parse()
}

/// The folder that all files of an archive lie in; its name without an ending.
pub fn archive_folder(subject: &Subject, target: &str) -> String {
    format!("{}-{}-{target}", subject.name, subject.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, version: &str, program: bool, publish: bool) -> Member {
        Member { name: name.to_owned(), version: version.parse().unwrap(), default: true, program, publish }
    }

    fn planned(members: &[Member], asked: &Asked) -> Result<Plan, Trouble> {
        plan(members, &CandidateSettings::default(), asked, &[], "host")
    }

    #[test]
    fn programs_of_the_default_members_and_what_may_be_published_are_staged_for_the_host() {
        let mut chore = member("chore", "1.0.0", true, false);
        chore.default = false;
        let members = [member("tool", "1.0.0", true, true), member("lib", "1.0.0", false, true), chore];
        let plan = planned(&members, &Asked::default()).unwrap();
        assert_eq!(plan.programs, members[..1]);
        assert_eq!(plan.crates, members[..2]);
        assert_eq!(plan.targets, [("host".to_owned(), false)]);
        let asked = Asked { packages: vec!["chore".to_owned()], targets: vec!["other".to_owned()] };
        let plan = planned(&members, &asked).unwrap();
        assert_eq!((plan.programs, plan.targets), (members[2..].to_vec(), vec![("other".to_owned(), true)]));
    }

    #[test]
    fn packages_that_are_not_there_and_nothing_to_stage_are_told() {
        let lib = [member("lib", "1.0.0", false, false)];
        let why = |name: &str| {
            planned(&lib, &Asked { packages: vec![name.to_owned()], targets: vec![] })
                .unwrap_err()
                .to_string()
        };
        assert!(why("no").contains("not in this workspace") && why("lib").contains("no program"));
        assert!(planned(&lib, &Asked::default()).unwrap_err().to_string().contains("nothing to stage"));
    }

    #[test]
    fn a_candidate_is_called_as_the_config_says_or_as_its_only_package() {
        let (one, two) = (member("one", "1.0.0", true, true), member("two", "2.0.0", true, true));
        let name = |name, staged: &[Member]| {
            subject(name, &[one.clone(), two.clone()], staged).map(|it| format!("{} {}", it.name, it.version))
        };
        assert_eq!(name(None, std::slice::from_ref(&one)).unwrap(), "one 1.0.0");
        assert_eq!(name(Some("two"), std::slice::from_ref(&one)).unwrap(), "two 2.0.0");
        assert_eq!(name(Some("all"), std::slice::from_ref(&one)).unwrap(), "all 1.0.0");
        let both = [one.clone(), two.clone()];
        assert!(name(None, &both).unwrap_err().to_string().contains("`name = "));
        assert!(name(Some("all"), &both).unwrap_err().to_string().contains("same version"));
    }

    #[test]
    fn names_that_no_artifact_can_have_are_refused() {
        assert_eq!(file_name("tool", Some("x86"), ".exe").unwrap().as_str(), "tool-x86.exe");
        assert!(file_name("nul", None, "").is_err() && file_name("a/b", None, "").is_err());
    }
}
