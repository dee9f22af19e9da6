//! Keys in files, and OpenSSH where it is installed.

use super::*;
use crate::ops::Git;
use cargo_gate::exec::Cancel;

fn with(key: &Path) -> SignWith {
    SignWith { key: Some(key.to_owned()), ..SignWith::default() }
}

#[test]
fn a_generated_key_signs_and_its_public_part_verifies() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    let public = generate(&path).unwrap();
    let envelope = with(&path).signer().unwrap().unwrap().sign(b"{}".to_vec()).unwrap();
    assert_eq!(public.verify(&envelope.pae(), &envelope.signatures[0].bytes), Ok(()));
    assert_eq!(envelope.signatures[0].keyid, public.id());
    let written = std::fs::read_to_string(public_path(&path)).unwrap();
    assert_eq!(PublicKey::read(&written).unwrap(), public);
    let none = SignWith::default();
    assert_eq!(super::public(&none, Some(&path)).unwrap(), public, "a private file names its key too");
    assert_eq!(super::public(&with(&path), None).unwrap(), public);
}

#[test]
fn nothing_is_overwritten() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    generate(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(generate(&path), Err(KeyError::File { .. })));
    std::fs::remove_file(public_path(&path)).unwrap();
    assert!(matches!(generate(&path), Err(KeyError::File { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(public_path(&path), "mine").unwrap();
    assert!(matches!(generate(&path), Err(KeyError::File { .. })));
    assert!(!path.exists(), "no private key is left without its public part");
}

#[cfg(unix)]
#[test]
fn a_private_key_is_readable_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    generate(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_cannot_sign_is_told_without_what_is_in_it() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    for (text, said) in [
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nSECRETSECRET\n", "--ssh-key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nSECRETSECRET\n", "encrypted"),
        ("-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n", "keys generate"),
        ("SECRETSECRET", "keys generate"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = with(&path).signer().unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains(said) && !told.contains("SECRET"), "{told}");
    }
    let unset = SignWith { key_env: Some("PROMOTE_NO_SUCH_KEY".into()), ..SignWith::default() };
    assert!(unset.signer().unwrap_err().to_string().contains("PROMOTE_NO_SUCH_KEY"));
    std::fs::write(&path, vec![b'a'; 100_000]).unwrap();
    assert!(with(&path).signer().unwrap_err().to_string().contains("100000 bytes"));
}

#[test]
fn a_signer_shown_for_debugging_tells_only_its_name() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let shown = format!("{:?}", Signer::Plain(key.clone()));
    assert_eq!(shown, format!("Plain({})", PublicKey::Plain(key.verifying_key()).id()));
}

/// An SSH key without a passphrase; none where OpenSSH is not installed.
fn ssh_key(folder: &Path, kind: &str) -> Option<PathBuf> {
    let program = which::which("ssh-keygen").ok()?;
    let path = folder.join(kind);
    let made = Command::new(program).args(["-q", "-t", kind, "-N", "", "-C", "me", "-f"]).arg(&path).status();
    made.unwrap().success().then_some(path)
}

#[test]
fn openssh_signs_and_the_library_verifies() {
    let temp = tempfile::tempdir().unwrap();
    for kind in ["ed25519", "ecdsa"] {
        // without OpenSSH there is nothing to look at
        let Some(path) = ssh_key(temp.path(), kind) else { return };
        for named in [path.clone(), public_path(&path)] {
            let with = SignWith { ssh_key: Some(named.clone()), ..SignWith::default() };
            let signer = with.signer().unwrap().unwrap();
            let envelope = signer.sign(b"{}".to_vec()).unwrap();
            let key = public(&with, None).unwrap();
            assert_eq!(envelope.signatures[0].keyid, key.id());
            assert_eq!(key.verify(&envelope.pae(), &envelope.signatures[0].bytes), Ok(()));
        }
    }
}

#[test]
fn a_key_that_openssh_signs_with_and_nobody_checks_is_refused_when_it_signs() {
    let temp = tempfile::tempdir().unwrap();
    let Some(path) = ssh_key(temp.path(), "rsa") else { return };
    let with = SignWith { ssh_key: Some(path), ..SignWith::default() };
    let error = with.signer().unwrap().unwrap().sign(Vec::new()).unwrap_err().to_string();
    assert!(error.contains("ssh-keygen -t ed25519"), "{error}");
    let with = SignWith { ssh_key: Some(temp.path().join("none")), ..SignWith::default() };
    let error = with.signer().unwrap().map(|signer| signer.sign(Vec::new()));
    assert!(matches!(error, Some(Err(KeyError::NotSigned { .. }))));
}

#[test]
fn without_an_option_the_ssh_key_of_git_is_taken() {
    let temp = tempfile::tempdir().unwrap();
    let git = Git::new(temp.path(), &Cancel::default()).unwrap();
    git.text(["init", "--quiet"]).unwrap();
    git.text(["config", "gpg.format", "openpgp"]).unwrap();
    git.text(["config", "user.signingkey", "ABCDEF"]).unwrap();
    assert!(SignWith::default().or_of_git(&git).unwrap().is_none());
    let Some(path) = ssh_key(temp.path(), "ed25519") else { return };
    git.text(["config", "gpg.format", "ssh"]).unwrap();
    git.text(["config", "user.signingkey", path.to_str().unwrap()]).unwrap();
    let signer = SignWith::default().or_of_git(&git).unwrap().unwrap();
    assert!(matches!(signer, Signer::Ssh { key, .. } if key == path));
}
