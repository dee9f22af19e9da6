//! The settings of a clone that count here, asked at once: by what git writes files to disk, and what hooks there are.

/// The question, with the scope and the file of each setting.
pub(super) const ASKED: [&str; 6] = [
    "config",
    "--null",
    "--show-scope",
    "--show-origin",
    "--get-regexp",
    r"^(core\.(autocrlf|eol|symlinks|attributesfile|hookspath)|attr\.tree|filter\..*|hook\..*)$",
];

/// The settings that concern hooks, as git has told them. None where that is cut short.
pub(super) fn of_hooks(told: &[u8]) -> Option<Vec<u8>> {
    let all = settings(told)?.into_iter().filter(|[_, _, one]| is_of_hooks(one));
    Some(all.flatten().flat_map(|part| [part, b"\0"].concat()).collect())
}

/// The settings by which files are written, each ended by a NUL. None where what git has told is cut short.
pub(super) fn of_files(told: &[u8]) -> Option<Vec<u8>> {
    let all = settings(told)?.into_iter().filter(|[_, _, one]| !is_of_hooks(one));
    Some(all.flat_map(|[_, _, one]| [one, b"\0"].concat()).collect())
}

fn is_of_hooks(setting: &[u8]) -> bool {
    setting.starts_with(b"core.hookspath") || setting.starts_with(b"hook.")
}

/// The scope of each, its origin, and its key before its value.
fn settings(told: &[u8]) -> Option<Vec<[&[u8]; 3]>> {
    let Some(body) = told.strip_suffix(b"\0") else { return told.is_empty().then(Vec::new) };
    let parts: Vec<&[u8]> = body.split(|byte| *byte == 0).collect();
    let (all, rest) = parts.as_chunks::<3>();
    rest.is_empty().then(|| all.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &[u8] = b"global\0file:a\0core.autocrlf\ninput\0local\0file:b\0core.hookspath\nhooks\0\
        local\0file:b\0filter.x.smudge\ncat\0\
        local\0file:b\0hook.x.event\npre-push\0";

    #[test]
    fn settings_are_told_apart_by_what_they_concern() {
        let hooks = b"local\0file:b\0core.hookspath\nhooks\0local\0file:b\0hook.x.event\npre-push\0";
        assert_eq!(of_hooks(TOLD), Some(hooks.to_vec()));
        assert_eq!(of_files(TOLD), Some(b"core.autocrlf\ninput\0filter.x.smudge\ncat\0".to_vec()));
        assert_eq!((of_hooks(b""), of_files(b"")), (Some(Vec::new()), Some(Vec::new())));
    }

    #[test]
    fn what_is_cut_short_is_no_answer() {
        let whole = TOLD.iter().enumerate().filter(|(_, byte)| **byte == 0).skip(2).step_by(3);
        let whole: Vec<usize> = whole.map(|(at, _)| at + 1).collect();
        for end in 1..TOLD.len() {
            let told = of_files(&TOLD[..end]);
            assert_eq!(told.is_some(), whole.contains(&end), "{end}");
        }
    }
}
