//! What is known of files without reading them.

use super::*;
use crate::exec::trial_folder::TrialFolder;

/// A file that was written long ago, as far as its time of modification tells.
fn old(folder: &TrialFolder, name: &str, text: &str) -> PathBuf {
    let path = folder.write(name, text);
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
    path
}

fn opened(folder: &TrialFolder) -> Contents {
    Contents::open(folder.path("record"))
}

#[test]
fn equal_content_has_one_digest_and_other_content_another() {
    let folder = TrialFolder::new();
    let (a, b, c) = (folder.write("a", "x"), folder.write("b", "x"), folder.write("c", "y"));
    let digests = opened(&folder).of(&[a, b, c, folder.path("d")]);
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
    assert_eq!(digests[3], ABSENT);
}

#[test]
fn a_file_that_was_just_written_is_not_remembered() {
    let folder = TrialFolder::new();
    let path = folder.write("a", "x");
    let mut contents = opened(&folder);
    contents.one(&path);
    assert!(contents.known.all().is_empty());
}

#[test]
fn a_remembered_digest_is_used_only_while_the_file_is_what_it_was() {
    let folder = TrialFolder::new();
    let path = old(&folder, "a", "x");
    let mut contents = opened(&folder);
    let Looked { digest, .. } = contents.look(&path);
    let stat = stat(&fs::symlink_metadata(&path).unwrap());
    contents.known.insert(path.clone().into(), (stat, "remembered".to_owned()));
    assert_eq!(contents.one(&path), "remembered");
    // the same size and the same time of modification: the inode's own time tells, where there is one
    old(&folder, "a", "y");
    if cfg!(unix) {
        assert_ne!(contents.one(&path), "remembered");
    }
    folder.write("a", "xx");
    assert_ne!(contents.one(&path), digest);
}

#[test]
fn of_a_file_that_was_changed_nothing_is_known_without_reading_it() {
    let folder = TrialFolder::new();
    let path = old(&folder, "a", "x");
    let mut contents = opened(&folder);
    assert!(contents.known(&path).is_none());
    contents.settle(&path);
    let known = contents.known(&path).map(|known| (known.digest, known.size));
    assert_eq!(known, Some((digest(["x"]).as_str(), 1)));
    folder.write("a", "xy");
    assert!(contents.known(&path).is_none());
    fs::remove_file(&path).unwrap();
    assert!(contents.known(&path).is_none());
}

#[test]
fn a_record_is_read_as_it_was_written_and_a_damaged_one_not_at_all() {
    let folder = TrialFolder::new();
    let mut contents = opened(&folder);
    let stat = Stat { size: 1, modified: 2, changed: 3, place: 4 };
    contents.known.insert(folder.path("a b").into(), (stat, "d".to_owned()));
    contents.news = true;
    contents.save();
    assert_eq!(opened(&folder).known.all(), contents.known.all());
    let text = fs::read_to_string(folder.path("record")).unwrap();
    for cut in 0..text.len() {
        assert_eq!(parse(text.get(..cut).unwrap()), None, "{cut}");
    }
    assert_eq!(parse(&text.replace(" d ", " e ")), None);
}

#[cfg(unix)]
#[test]
fn what_was_written_during_a_run_has_no_content_to_rely_on() {
    let folder = TrialFolder::new();
    let began = Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(10)).unwrap();
    // put in place during the run, with an older time of modification
    let (old, link) = (old(&folder, "a", "x"), folder.path("link"));
    std::os::unix::fs::symlink(&old, &link).unwrap();
    let mut contents = opened(&folder);
    let before = contents.one(&old);
    let mut contents = contents.since(began);
    assert_eq!(contents.of(&[old.clone(), link.clone(), folder.path("none")]), [WRITTEN, WRITTEN, ABSENT]);
    assert_eq!(contents.result(&old), before);
    let later = Timestamp::now().checked_add(jiff::SignedDuration::from_secs(10)).unwrap();
    assert_eq!(contents.since(later).one(&old), before);
}

#[cfg(unix)]
#[test]
fn a_script_that_can_no_longer_be_executed_is_another_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TrialFolder::new();
    let path = old(&folder, "a", "x");
    let plain = opened(&folder).one(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    assert_ne!(opened(&folder).one(&path), plain);
}

#[cfg(unix)]
#[test]
fn a_program_that_is_replaced_in_place_is_another_one() {
    let folder = TrialFolder::new();
    let path = old(&folder, "tool", "one");
    let before = stamp(&path).unwrap();
    assert_eq!(stamp(&path).unwrap(), before);
    fs::remove_file(&path).unwrap();
    folder.write("other", "keeps the inode from being used again");
    old(&folder, "tool", "two");
    assert_ne!(stamp(&path).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_link_counts_with_its_target_and_the_content_there() {
    let folder = TrialFolder::new();
    let (a, link) = (folder.write("a", "x"), folder.path("link"));
    std::os::unix::fs::symlink(&a, &link).unwrap();
    let mut contents = opened(&folder);
    let first = contents.one(&link);
    folder.write("a", "y");
    assert_ne!(contents.one(&link), first);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("elsewhere", &link).unwrap();
    assert_ne!(contents.one(&link), first);
}

#[test]
fn what_was_seen_of_a_still_folder_stays_known_however_often_it_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.rs");
    fs::write(&path, "one").unwrap();
    let mut contents = Contents::open(folder.path().join("record")).still_in(Some(folder.path()));
    let first = contents.one(&path);
    assert_eq!(contents.one(&path), first);
    let known = contents.known(&path).unwrap();
    assert_eq!((known.digest, known.size), (first.as_str(), 3));
    let above = folder.path().join("src/../a.rs");
    fs::create_dir(folder.path().join("src")).unwrap();
    contents.one(&above);
    assert!(contents.known(&above).is_none(), "who knows where that leads");
    let mut elsewhere = Contents::open(folder.path().join("record")).still_in(Some(Path::new("/elsewhere")));
    elsewhere.one(&path);
    assert!(elsewhere.known(&path).is_none(), "it was written too shortly before");
}

#[cfg(unix)]
#[test]
fn what_lies_behind_a_link_of_a_still_folder_is_looked_at_each_time() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (link, behind) = (folder.path().join("a.rs"), elsewhere.path().join("a.rs"));
    fs::write(&behind, "one").unwrap();
    std::os::unix::fs::symlink(&behind, &link).unwrap();
    let mut contents = Contents::open(folder.path().join("record")).still_in(Some(folder.path()));
    let first = contents.one(&link);
    fs::write(&behind, "other").unwrap();
    assert_ne!(contents.one(&link), first);
}
