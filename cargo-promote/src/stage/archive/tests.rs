use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::*;

fn member(path: &str, program: bool, bytes: &[u8]) -> Member {
    Member { path: path.to_owned(), program, bytes: bytes.to_vec() }
}

fn written(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, members.to_vec(), 1_700_000_000).unwrap();
    bytes
}

fn sample() -> Vec<Member> {
    let long = format!("tool-1.0.0/{}/long", "folder".repeat(30));
    vec![
        member("tool-1.0.0/tool", true, &[7; 5000]),
        member("tool-1.0.0/README.md", false, b"read me\n"),
        member(&long, false, b"long"),
    ]
}

fn look(bytes: &[u8]) -> Result<Looked, BadArchive> {
    inspect(bytes, bytes.len() as u64, Form::TarGz, Some("tool-1.0.0"))
}

/// An archive with one entry whose header says what it likes.
fn entry(kind: EntryType, path: &[u8], change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(0);
    header.as_old_mut().name[..path.len()].copy_from_slice(path);
    change(&mut header);
    header.set_cksum();
    let mut archive = Builder::new(Vec::new());
    archive.append(&header, std::io::empty()).unwrap();
    archive.into_inner().unwrap()
}

fn why(tar: &[u8]) -> String {
    inspect(tar, tar.len() as u64, Form::Tar, None).unwrap_err().to_string()
}

#[test]
fn equal_content_gives_equal_bytes_in_whatever_order_it_comes() {
    let mut other = sample();
    other.reverse();
    assert_eq!(written(&sample()), written(&other));
}

#[test]
fn nothing_but_content_and_the_given_time_is_in_an_archive() {
    let bytes = written(&sample());
    // RFC 1952: no name, no time, the best compression, no system
    assert_eq!(&bytes[..10], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut paths = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let program = entry.path_bytes().ends_with(b"/tool");
        let owner = (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap());
        assert_eq!(owner, (0, 0, 1_700_000_000));
        assert_eq!(header.mode().unwrap(), if program { 0o755 } else { 0o644 });
        assert_eq!((header.username_bytes(), header.groupname_bytes()), (Some(&b""[..]), Some(&b""[..])));
        paths.push(entry.path().unwrap().to_string_lossy().into_owned());
    }
    assert!(paths.is_sorted(), "{paths:?}");
}

#[test]
fn what_is_written_reads_back_as_sound() {
    assert_eq!(look(&written(&sample())), Ok(Looked { entries: 3, unpacked: 5012 }));
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let bad: [&[u8]; 14] = [
        b"..",
        b"../a",
        b"a/../../b",
        b"a/..",
        b"/etc/passwd",
        b"\\a",
        b"a\\..\\b",
        b"C:a",
        b"a//b",
        b"a\nb",
        b"a\xffb",
        b"a/nul.txt",
        b"com1/x",
        b"a./b",
    ];
    for path in bad {
        assert!(check_path(path).is_err(), "{:?}", String::from_utf8_lossy(path));
        let tar = entry(EntryType::Regular, path, |_| {});
        assert!(inspect(tar.as_slice(), 0, Form::Tar, None).is_err(), "{:?}", String::from_utf8_lossy(path));
    }
    assert!(check_path(&[b'a'; 2000]).is_err() && check_path(b"").is_err());
    for good in ["a", "./a/b.txt", "a/", ".cargo/config.toml", "src/..x", "a b/ä"] {
        assert!(check_path(good.as_bytes()).is_ok(), "{good}");
    }
}

#[test]
fn links_devices_pipes_and_odd_modes_are_refused() {
    for (kind, word) in [
        (EntryType::Symlink, "link"),
        (EntryType::Link, "link"),
        (EntryType::Char, "device"),
        (EntryType::Block, "device"),
        (EntryType::Fifo, "pipe"),
        (EntryType::GNUSparse, "sparse"),
        (EntryType::Continuous, "neither"),
        (EntryType::GNULongLink, "neither"),
        (EntryType::new(b'Z'), "neither"),
    ] {
        assert!(why(&entry(kind, b"a", |_| {})).contains(word), "{kind:?}");
    }
    assert!(why(&entry(EntryType::Regular, b"a", |header| header.set_mode(0o4755))).contains("set-user"));
}

#[test]
fn sizes_that_nobody_can_unpack_are_refused_before_they_are_read() {
    let huge = entry(EntryType::Regular, b"a", |header| header.set_size(u64::MAX / 2));
    assert!(why(&huge).contains("more than"), "{}", why(&huge));
    // 20 MiB of zeros in 90 KiB
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(&entry(EntryType::Regular, b"a", |header| header.set_size(20 << 20))[..512]).unwrap();
    bomb.write_all(&vec![0; 20 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(matches!(look(&bomb), Err(BadArchive::Bomb(_))), "{:?}", look(&bomb));
}

#[test]
fn a_bomb_behind_the_end_of_the_archive_is_one_too() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(&entry(EntryType::Regular, b"tool-1.0.0/a", |_| {})).unwrap();
    bomb.write_all(&vec![0; 20 << 20]).unwrap();
    assert!(matches!(look(&bomb.finish().unwrap()), Err(BadArchive::Bomb(_))));
}

#[test]
fn a_header_for_the_next_entry_cannot_hide_a_path_a_size_or_a_link() {
    let pax = |key: &str, value: &str| {
        let mut archive = Builder::new(Vec::new());
        archive.append_pax_extensions([(key, value.as_bytes())]).unwrap();
        let mut header = Header::new_ustar();
        header.set_path("a").unwrap();
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, std::io::empty()).unwrap();
        archive.into_inner().unwrap()
    };
    assert!(why(&pax("path", "../b")).contains("`..`"));
    assert!(why(&pax("size", "7")).contains("not read here"));
    assert!(why(&pax("linkpath", "/etc")).contains("not read here"));
    let fine = pax("path", "folder/b");
    assert_eq!(inspect(fine.as_slice(), 0, Form::Tar, None), Ok(Looked { entries: 1, unpacked: 0 }));
    let mut archive = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(0);
    header.set_mode(0o644);
    let long = format!("{}/x", "d".repeat(150));
    archive.append_data(&mut header, &long, std::io::empty()).unwrap();
    let archive = String::from_utf8(archive.into_inner().unwrap()).unwrap();
    let begins_with = |start: &str| archive.replacen(&long, &long.replacen("ddd", start, 1), 1);
    assert!(why(begins_with("../").as_bytes()).contains("`..`"));
    assert!(why(begins_with("d\0d").as_bytes()).contains("two places"), "GNU tar ends the name there");
}

#[test]
fn what_some_programs_unpack_and_others_pass_over_is_refused() {
    let [one, two] = [b"a", b"b"].map(|path| entry(EntryType::Regular, path, |_| {}));
    assert_eq!(inspect(one.as_slice(), 0, Form::Tar, None), Ok(Looked { entries: 1, unpacked: 0 }));
    let behind = [one.clone(), two].concat();
    assert_eq!(inspect(behind.as_slice(), 0, Form::Tar, None), Err(BadArchive::End), "tar -i goes on");
    // as many zeros as somebody likes, as GNU tar fills its last record
    let padded = [one, vec![0; 10_240 - 1536]].concat();
    assert!(inspect(padded.as_slice(), 0, Form::Tar, None).is_ok());
    let full = entry(EntryType::Directory, b"a", |header| header.set_size(512));
    assert!(why(&full).contains("folder with content"));
    assert!(why(&entry(EntryType::Regular, b"a/", |_| {})).contains("name of a folder"));
    let old = entry(EntryType::GNULongName, b"a", |header| header.as_old_mut().pad.fill(0));
    assert!(why(&old).contains("to some programs"), "{}", why(&old));
    let both =
        [&entry(EntryType::GNULongName, b"a", |_| {})[..512], &entry(EntryType::XHeader, b"b", |_| {})];
    assert!(why(&both.concat()).contains("two names"), "{}", why(&both.concat()));
}

#[test]
fn a_name_for_nothing_is_no_archive() {
    assert_eq!(why(&entry(EntryType::GNULongName, b"a", |_| {})), BadArchive::End.to_string());
    let large = entry(EntryType::GNULongName, b"a", |header| header.set_size(1 << 20));
    assert!(why(&large).contains("64 KiB"), "{}", why(&large));
}

#[test]
fn a_path_twice_and_an_entry_outside_of_the_folder_are_refused() {
    let twice = written(&[member("tool-1.0.0/a", false, b"1"), member("tool-1.0.0/A", false, b"2")]);
    assert!(look(&twice).unwrap_err().to_string().contains("twice"));
    let outside = written(&[member("other/a", false, b"1")]);
    assert!(matches!(look(&outside), Err(BadArchive::Outside { .. })));
    assert_eq!(look(&written(&[])), Err(BadArchive::Empty));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_an_archive_or_none(bytes: Vec<u8>) {
        let _ = inspect(bytes.as_slice(), bytes.len() as u64, Form::Tar, None);
        let _ = inspect(bytes.as_slice(), bytes.len() as u64, Form::TarGz, None);
    }

    #[test]
    fn an_archive_that_is_cut_is_none(cut in 0_usize..10_000) {
        let bytes = written(&sample());
        prop_assert!(look(&bytes[..cut % bytes.len()]).is_err());
    }

    #[test]
    fn no_damage_makes_a_path_that_leads_elsewhere(place in 0_usize..4096, value: u8) {
        let mut tar = entry(EntryType::Regular, b"tool/a/b", |_| {});
        let place = place % tar.len();
        tar[place] = value;
        // whatever passes was read as one plain file or folder
        if let Ok(looked) = inspect(tar.as_slice(), tar.len() as u64, Form::Tar, None) {
            prop_assert!(looked.entries == 1 && looked.unpacked == 0);
        }
    }
}
