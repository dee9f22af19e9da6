//! What registries, forges and Prometheus answer.

use cargo_promote::canary;
use cargo_promote::forge::{self, Release};
use cargo_promote::image::{self, Tag};
use cargo_promote::publish;

use super::Input;

/// Tags of a registry of container images, and addresses of its repositories.
pub(super) fn image_names(input: Input<'_>) {
    let Some(text) = input.text() else { return };
    if let Some(tag) = Tag::read(text) {
        assert_eq!(tag.to_string(), text, "one spelling");
        assert!(text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
    match image::address(text) {
        Ok((registry, repository)) => {
            assert_eq!(format!("{registry}/{repository}"), text);
            assert!(!text.contains(['@', '?', '#', '%', '\\']) && !text.contains(".."), "{text}");
            let _ = image::is_loopback(registry);
        }
        Err(error) => assert!(!error.contains(char::is_control), "{error}"),
    }
}

/// The list of releases: a token never goes to another host.
pub(super) fn forge_releases(input: Input<'_>) {
    let Ok(releases) = serde_json::from_slice::<Vec<Release>>(input.bytes) else { return };
    let api = forge::api("https://forge.invalid/api/v3");
    assert!(api.is_ok(), "{api:?}");
    let Ok(api) = api else { return };
    for release in &releases {
        if let Some(candidate) = release.draft_of().or_else(|| release.candidate()) {
            assert!(release.is_of(&candidate));
        }
        match release.upload(&api, "tool name&x=1#") {
            Ok(url) => {
                assert_eq!(url.origin(), api.origin());
                let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
                assert_eq!(pairs, [("name".to_owned(), "tool name&x=1#".to_owned())]);
            }
            Err(error) => assert!(!error.is_empty()),
        }
        for asset in &release.assets {
            let _ = forge::statement_of(&asset.name);
        }
    }
    if input.part().trim_ascii_end().len() < input.bytes.trim_ascii_end().len() {
        assert!(serde_json::from_slice::<Vec<Release>>(input.part()).is_err(), "what was cut short is none");
    }
}

/// What a sparse index says of a package, and of itself.
pub(super) fn registry_index(input: Input<'_>) {
    if let Err(error) = publish::read_settings(input.bytes) {
        assert!(!error.to_string().is_empty());
    }
    let entries = match publish::read_entries("tool", input.bytes) {
        Ok(entries) => entries,
        Err(error) => return assert!(error.to_string().contains("`tool`")),
    };
    let lines = input.bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    assert_eq!(entries.len(), lines.count(), "a version for each line");
    for entry in &entries {
        assert!(entry.name == "tool" && entry.cksum.len() == 64, "{entry:?}");
    }
    if let Ok(part) = publish::read_entries("tool", input.part()) {
        assert!(entries.starts_with(&part), "what is cut short is its beginning");
    }
}

/// The one number that Prometheus gives.
pub(super) fn prometheus(input: Input<'_>) {
    match canary::answer(input.bytes) {
        Ok(sample) => {
            assert!(sample.value.is_finite());
            let part = input.part().trim_ascii_end();
            if part.len() < input.bytes.trim_ascii_end().len() {
                assert!(canary::answer(part).is_err(), "what was cut short is no number");
            }
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
