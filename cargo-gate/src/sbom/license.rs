//! Licences as SPDX expressions.

/// The SPDX expression that a manifest means, in canonical form; none where it is none. Manifests may write `/` for
/// `OR`, as cargo once had it.
pub(super) fn expression(manifest: &str) -> Option<String> {
    let canonical = spdx::Expression::canonicalize(manifest.trim()).ok()?;
    let text = canonical.unwrap_or_else(|| manifest.trim().to_owned());
    spdx::Expression::parse(&text).is_ok().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_made_canonical_and_what_is_none_is_none() {
        assert_eq!(expression("MIT/Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(expression("MIT OR Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(expression("my own terms"), None);
        assert_eq!(expression(""), None);
    }
}
