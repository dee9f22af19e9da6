//! What the releases of a forge are, in GitHub's interface (REST, version 2022-11-28), and what of it is ours.
//!
//! A candidate is one release. While it is a draft its name is `candidate-HEX`, by which it is found again; its
//! artifacts are assets, and the candidate's manifest is the asset `candidate-HEX.json`, which is uploaded last. The
//! release is published by one request, and may be immutable from then on.

use serde::Deserialize;
use url::Url;

use crate::digest::Digest;

/// A release.
#[derive(Debug, Clone, Deserialize)]
pub struct Release {
    /// Its number.
    pub id: u64,
    /// Its title.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether only those who can write see it.
    pub draft: bool,
    /// Where assets are uploaded, with a template at its end.
    pub upload_url: String,
    /// Its first assets.
    #[serde(default)]
    pub assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Debug, Clone, Deserialize)]
pub struct Asset {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// `uploaded`, or that its upload was begun and not finished.
    pub state: String,
    /// Their SHA-256, where the forge tells it.
    #[serde(default)]
    pub digest: Option<String>,
}

/// What an asset is to a file that should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It is the file, as the forge says.
    Same,
    /// It can be the file: its bytes have to be read.
    Perhaps,
    /// It is not the file, or only a part of it.
    Other,
}

impl Asset {
    /// What it is to a file of that digest and size.
    pub fn stands(&self, digest: &Digest, size: u64) -> Stands {
        match &self.digest {
            _ if self.state != "uploaded" || self.size != size => Stands::Other,
            None => Stands::Perhaps,
            Some(told) if *told == digest.to_string() => Stands::Same,
            Some(_) => Stands::Other,
        }
    }
}

impl Release {
    /// Whether it is that of a candidate.
    pub fn is_of(&self, candidate: &Digest) -> bool {
        let manifest = manifest(candidate);
        (self.draft && self.name.as_deref() == Some(draft(candidate).as_str()))
            || self.assets.iter().any(|asset| asset.name == manifest)
    }

    /// The candidate whose manifest is among its assets: it is whole.
    pub fn candidate(&self) -> Option<Digest> {
        self.assets.iter().filter(|asset| asset.state == "uploaded").find_map(|asset| {
            let hex = asset.name.strip_prefix("candidate-")?.strip_suffix(".json")?;
            format!("sha256:{hex}").parse().ok()
        })
    }

    /// The candidate that it is the draft of.
    pub fn draft_of(&self) -> Option<Digest> {
        let hex = self.name.as_deref().filter(|_| self.draft)?.strip_prefix("candidate-")?;
        format!("sha256:{hex}").parse().ok()
    }

    /// Where an asset of that name is uploaded. Tokens go there, so it is the interface's own host, or the one that
    /// GitHub has for uploads.
    ///
    /// # Errors
    /// Where it is elsewhere.
    pub fn upload(&self, api: &Url, name: &str) -> Result<Url, String> {
        let base = self.upload_url.split('{').next().unwrap_or_default();
        let mut url = Url::parse(base).map_err(|_| "the forge names no address for uploads".to_owned())?;
        let github = api.host_str() == Some("api.github.com")
            && url.host_str() == Some("uploads.github.com")
            && url.scheme() == "https"
            && url.port().is_none();
        if url.origin() != api.origin() && !github {
            let host = url.host_str().unwrap_or_default();
            return Err(format!(
                "the forge wants uploads to go to {host}, and the token is not for that host"
            ));
        }
        url.query_pairs_mut().clear().append_pair("name", name);
        Ok(url)
    }
}

/// The name of a candidate's draft.
pub fn draft(candidate: &Digest) -> String {
    format!("candidate-{}", candidate.hex())
}

/// The asset that is a candidate's manifest.
pub fn manifest(candidate: &Digest) -> String {
    format!("candidate-{}.json", candidate.hex())
}

/// The asset that is a signed statement.
pub fn statement(envelope: &Digest) -> String {
    format!("statement-{}.json", envelope.hex())
}

/// The digest of the signed statement that an asset is.
pub fn statement_of(name: &str) -> Option<Digest> {
    let hex = name.strip_prefix("statement-")?.strip_suffix(".json")?;
    format!("sha256:{hex}").parse().ok()
}

/// The address of an interface.
///
/// # Errors
/// Where it is none, holds a secret, or plain HTTP would leave this machine.
pub fn api(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("`{}` is no address: {error}", text.escape_debug()))?;
    let host = url.host_str().unwrap_or_default();
    let plain = url.scheme() == "http" && crate::image::is_loopback(host);
    if !plain && url.scheme() != "https" {
        return Err(format!("plain HTTP is spoken with this machine only, and `{host}` is another"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("the address of a forge holds no login and no query".to_owned());
    }
    Ok(url)
}

/// Owner and name of a repository.
///
/// # Errors
/// Where it is not such a pair.
pub fn repository(text: &str) -> Result<&str, String> {
    let plain = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed)
    };
    match text.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => Ok(text),
        _ => Err(format!("`{}` is no repository such as `acme/tool`", text.escape_debug())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn release(upload_url: &str) -> Release {
        let (id, name, draft, assets) = (1, None, true, Vec::new());
        Release { id, name, draft, upload_url: upload_url.to_owned(), assets }
    }

    #[test]
    fn a_token_goes_to_the_forge_and_to_nobody_else() {
        let github = api("https://api.github.com").unwrap();
        let here = release("https://uploads.github.com/repos/a/b/releases/1/assets{?name,label}");
        let url = here.upload(&github, "tool+1").unwrap();
        assert_eq!(url.as_str(), "https://uploads.github.com/repos/a/b/releases/1/assets?name=tool%2B1");
        for elsewhere in [
            "https://uploads.github.com.example.org/a{?name}",
            "http://uploads.github.com/a",
            "https://uploads.github.com:8443/a",
            "nothing",
        ] {
            assert!(release(elsewhere).upload(&github, "a").is_err(), "{elsewhere}");
        }
        let own = api("https://git.example.org/api/v3").unwrap();
        assert!(release("https://git.example.org/api/uploads/1").upload(&own, "a").is_ok());
        assert!(release("https://uploads.github.com/1").upload(&own, "a").is_err());
    }

    #[test]
    fn an_interface_is_https_or_on_this_machine_and_holds_no_secret() {
        assert!(api("http://127.0.0.1:8080").is_ok());
        for bad in [
            "http://example.org",
            "ftp://example.org",
            "https://me:secret@example.org",
            "x",
            "https://a.b/?t=1",
        ] {
            assert!(api(bad).is_err(), "{bad}");
        }
        for bad in ["tool", "a/b/c", "../b", "a/..", "a/b?c", "/b"] {
            assert!(repository(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_asset_is_the_file_only_when_it_is_whole_and_its_digest_is_told() {
        let digest = Digest::of(b"abc");
        let asset = |state: &str, size, told: Option<String>| Asset {
            id: 1,
            name: "a".to_owned(),
            size,
            state: state.to_owned(),
            digest: told,
        };
        let told = Some(digest.to_string());
        assert_eq!(asset("uploaded", 3, told.clone()).stands(&digest, 3), Stands::Same);
        assert_eq!(asset("uploaded", 3, None).stands(&digest, 3), Stands::Perhaps);
        assert_eq!(asset("starter", 3, told.clone()).stands(&digest, 3), Stands::Other);
        assert_eq!(asset("uploaded", 2, told).stands(&digest, 3), Stands::Other);
        let other = Some(Digest::of(b"abd").to_string());
        assert_eq!(asset("uploaded", 3, other).stands(&digest, 3), Stands::Other);
    }

    #[test]
    fn names_lead_back_to_digests() {
        let digest = Digest::of(b"abc");
        assert_eq!(statement_of(&statement(&digest)), Some(digest));
        let mut it = release("x");
        it.name = Some(draft(&digest));
        assert!(it.is_of(&digest) && it.draft_of() == Some(digest) && it.candidate().is_none());
        it.draft = false;
        assert!(!it.is_of(&digest), "anybody can give a published release this name");
    }

    const LIST: &str = r#"[{"id":7,"name":"tool 1","draft":false,"upload_url":"https://a.b/{?name}","url":"x",
        "assets":[{"id":1,"name":"a","size":3,"state":"uploaded","digest":null,"label":""}]}]"#;

    proptest! {
        #[test]
        fn a_cut_or_changed_list_of_releases_is_none_or_another(at in 0..LIST.len(), byte: u8) {
            let cut = serde_json::from_slice::<Vec<Release>>(&LIST.as_bytes()[..at]);
            prop_assert!(cut.is_err());
            let mut bytes = LIST.as_bytes().to_vec();
            bytes[at] = byte;
            if let Ok(releases) = serde_json::from_slice::<Vec<Release>>(&bytes) {
                prop_assert!(releases.iter().all(|release| release.candidate().is_none()));
            }
        }
    }
}
