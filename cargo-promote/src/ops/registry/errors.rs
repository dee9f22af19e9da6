//! What a registry says when it does not do what it is asked.

use oci_client::errors::{OciDistributionError as Error, OciErrorCode};

/// Whether what is asked for is not there.
pub(super) fn is_missing(error: &Error) -> bool {
    use OciErrorCode::{BlobUnknown, ManifestUnknown, NameUnknown, NotFound};
    match error {
        Error::RegistryError { envelope, .. } => {
            let unknown = [BlobUnknown, ManifestUnknown, NameUnknown, NotFound];
            envelope.errors.iter().any(|error| unknown.contains(&error.code))
        }
        Error::ImageManifestNotFoundError(_) | Error::ServerError { code: 404, .. } => true,
        _ => false,
    }
}

/// Whether it may work when it is tried again.
pub(super) fn is_passing(error: &Error) -> bool {
    match error {
        Error::RequestError(error) => error.status().is_none_or(|status| status.is_server_error()),
        Error::ServerError { code, .. } => *code >= 500 || *code == 429,
        Error::RegistryError { envelope, .. } => {
            envelope.errors.iter().any(|error| error.code == OciErrorCode::Toomanyrequests)
        }
        _ => false,
    }
}

/// The error in one line, with that done to the registry's words. Addresses are not in it: one to which the registry
/// leads on can hold a signature.
pub(super) fn shown(error: &Error, clean: impl Fn(&str) -> String) -> String {
    let text = match error {
        Error::RequestError(error) => {
            // the innermost cause tells most
            let mut cause: &dyn std::error::Error = error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            if std::ptr::eq(std::ptr::from_ref(cause).cast::<()>(), std::ptr::from_ref(error).cast()) {
                "the connection was lost".to_owned()
            } else {
                cause.to_string()
            }
        }
        Error::RegistryError { envelope, .. } => {
            let told = envelope.errors.iter().map(|error| format!("{:?}: {}", error.code, error.message));
            told.collect::<Vec<_>>().join("; ")
        }
        Error::ServerError { code, message, .. } => format!("the registry answers {code}: {message}"),
        Error::UnauthorizedError { .. } => {
            "not allowed; look at username_env and password_env of the store".to_owned()
        }
        other => other.to_string(),
    };
    clean(&text).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
}
