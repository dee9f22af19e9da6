//! What git's configuration says about hooks: `core.hooksPath`, and hooks that are configured instead of put into
//! files (git 2.54 and later: `hook.<name>.command`, `hook.<name>.event`, `hook.<name>.enabled`).

use super::HookName;
use super::call::call;

/// The configuration's part about hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitConfig {
    /// `core.hooksPath`, where it is set.
    pub path: Option<PathSetting>,
    /// The configured hooks, in git's order.
    pub hooks: Vec<ConfigHook>,
    /// The events whose configured hooks are switched off (`hook.<event>.enabled = false`).
    pub off: Vec<String>,
}

/// A value of `core.hooksPath`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathSetting {
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// The file that it is set in, as git names it.
    pub origin: String,
    /// The value.
    pub value: String,
}

impl PathSetting {
    /// Whether it holds for every repository of the user, and not for this one alone.
    pub fn is_of_all_repositories(&self) -> bool {
        !matches!(self.scope.as_str(), "local" | "worktree")
    }
}

/// A hook of git's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigHook {
    /// Its name.
    pub name: String,
    /// The shell command that it runs.
    pub command: String,
    /// The hooks that it runs in.
    pub events: Vec<String>,
    /// Whether it is switched off.
    pub off: bool,
}

impl GitConfig {
    /// Reads the output of `git config --null --show-scope --show-origin --get-regexp …`: scope, origin and
    /// `key\nvalue` of each setting, each ended by a NUL. None where it is cut short.
    pub fn read(output: &[u8]) -> Option<Self> {
        let mut config = Self::default();
        let text = String::from_utf8_lossy(output);
        let mut parts = text.split_terminator('\0');
        if !(output.is_empty() || output.ends_with(b"\0")) {
            return None;
        }
        while let Some(scope) = parts.next() {
            let (origin, setting) = (parts.next()?, parts.next()?);
            // a key alone, without `=`, is a truth
            let (key, value) = setting.split_once('\n').unwrap_or((setting, "true"));
            if key == "core.hookspath" {
                let [scope, origin, value] = [scope, origin, value].map(str::to_owned);
                config.path = Some(PathSetting { scope, origin, value });
            } else {
                let (name, variable) = key.strip_prefix("hook.")?.rsplit_once('.').unwrap_or_default();
                config.set(name, variable, value);
            }
        }
        Some(config)
    }

    fn set(&mut self, name: &str, variable: &str, value: &str) {
        let off = matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        if variable == "enabled" && HookName::ALL.iter().any(|hook| hook.name() == name) {
            self.off.retain(|event| event != name);
            self.off.extend(off.then(|| name.to_owned()));
            return;
        }
        let place = self.hooks.iter().position(|hook| hook.name == name).unwrap_or_else(|| {
            self.hooks.push(ConfigHook { name: name.to_owned(), ..ConfigHook::default() });
            self.hooks.len() - 1
        });
        let Some(hook) = self.hooks.get_mut(place) else { return };
        match variable {
            "command" => value.clone_into(&mut hook.command),
            // an empty value takes back what was said before
            "event" if value.is_empty() => hook.events.clear(),
            "event" => hook.events.push(value.to_owned()),
            "enabled" => hook.off = off,
            _ => {}
        }
    }

    /// The configured hook that starts our program for that hook and manifest (from the top of the work tree), where there is one and it is not off.
    pub fn calls_us(&self, hook: HookName, manifest: &str) -> Option<&ConfigHook> {
        let on = !self.off.iter().any(|event| event == hook.name());
        let runs = |one: &&ConfigHook| {
            !one.off
                && one.events.iter().any(|event| event == hook.name())
                && call(hook, one.command.trim()) == Some(manifest)
        };
        self.hooks.iter().find(runs).filter(|_| on)
    }
}

/// Whether a git of that `git version` runs hooks of its configuration: 2.54 and later do.
pub fn runs_config_hooks(version: &str) -> bool {
    let numbers = version.trim().strip_prefix("git version ").unwrap_or_default();
    let mut numbers = numbers.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(54))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str, &str)]) -> GitConfig {
        let line = |(scope, key, value): &(&str, &str, &str)| format!("{scope}\0file:c\0{key}\n{value}\0");
        GitConfig::read(settings.iter().map(line).collect::<String>().as_bytes()).unwrap()
    }

    #[test]
    fn the_last_path_counts_with_where_it_is_set() {
        let config = config(&[("global", "core.hookspath", "/all"), ("local", "core.hookspath", ".husky/_")]);
        let path = config.path.unwrap();
        assert_eq!((path.value.as_str(), path.is_of_all_repositories()), (".husky/_", false));
    }

    #[test]
    fn a_configured_hook_counts_where_its_event_command_and_switch_say_so() {
        let call = ("local", "hook.gates.command", "cargo bulletproof hook pre-commit");
        let event = ("local", "hook.gates.event", "pre-commit");
        let name = |settings: &[(&str, &str, &str)], hook| {
            config(settings).calls_us(hook, "Cargo.toml").map(|one| one.name.clone())
        };
        assert_eq!(name(&[call, event], HookName::PreCommit).as_deref(), Some("gates"));
        assert_eq!(name(&[call], HookName::PreCommit), None, "no event");
        assert_eq!(name(&[call, event], HookName::PrePush), None, "another event");
        for more in [
            ("local", "hook.gates.enabled", "false"),
            ("local", "hook.pre-commit.enabled", "no"),
            ("local", "hook.gates.event", ""),
            ("local", "hook.gates.command", "cargo bulletproof hook pre-commit || true"),
            ("local", "hook.gates.command", "cargo test"),
        ] {
            assert_eq!(name(&[call, event, more], HookName::PreCommit), None, "{more:?}");
        }
    }

    #[test]
    fn a_name_may_have_dots() {
        let config = config(&[("local", "hook.a.b.event", "pre-push")]);
        assert_eq!(config.hooks[0].name, "a.b");
    }

    #[test]
    fn output_that_is_cut_short_is_none() {
        assert_eq!(GitConfig::read(b"local\0file:c\0core.hookspath\n/al"), None);
        assert_eq!(GitConfig::read(b"local\0file:c\0"), None);
        assert_eq!(GitConfig::read(b""), Some(GitConfig::default()));
    }

    #[test]
    fn configured_hooks_need_git_2_54() {
        for (version, runs) in [
            ("git version 2.54.0\n", true),
            ("git version 2.54.0.windows.1", true),
            ("git version 3.0.1", true),
            ("git version 2.53.2", false),
            ("git version 2.47.3 (Apple Git-1)", false),
            ("", false),
        ] {
            assert_eq!(runs_config_hooks(version), runs, "{version}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_config_or_none(bytes: Vec<u8>) {
            let _ = GitConfig::read(&bytes);
        }
    }
}
