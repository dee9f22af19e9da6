//! The crate that a symbol comes from, by its mangled name.

/// The Rust name of a symbol, without the hash; unchanged where it is not Rust's.
pub fn readable(symbol: &str) -> String {
    // Mach-O puts an underscore before every name
    let name = if symbol.starts_with("__ZN") || symbol.starts_with("__R") {
        symbol.strip_prefix('_').unwrap_or(symbol)
    } else {
        symbol
    };
    format!("{:#}", rustc_demangle::demangle(name))
}

/// The crate of a symbol: the first path of its Rust name. For `<alloc::vec::Vec<T> as core::fmt::Debug>::fmt`
/// that is `alloc`, whose code it is, whatever crate asked for it. None for what is not Rust's.
pub fn crate_of(symbol: &str) -> Option<String> {
    let name = readable(symbol);
    let bare = name.trim_start_matches('_');
    if !name.contains("::") || bare == symbol.trim_start_matches('_') {
        return None;
    }
    let words = name.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let path = words
        .into_iter()
        .find(|word| word.split("::").next().is_some_and(is_crate) && word.contains("::"))?;
    path.split("::").next().map(str::to_owned)
}

fn is_crate(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_is_the_first_path_of_the_name() {
        for (symbol, name) in [
            ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core"),
            ("__ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core"),
            (
                "_ZN66_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE",
                "alloc",
            ),
            ("_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", "core"),
            ("_RNvCskwGfYPst2Cb_3foo3bar", "foo"),
        ] {
            assert_eq!(crate_of(symbol).as_deref(), Some(name), "{symbol}: {}", readable(symbol));
        }
    }

    #[test]
    fn a_symbol_of_another_language_has_no_crate() {
        for symbol in ["main", "_start", "memcpy", "", "std::sort", "_ZN", "rust_eh_personality"] {
            assert_eq!(crate_of(symbol), None, "{symbol}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_an_answer(text: String) {
            let _ = (crate_of(&text), readable(&text));
        }
    }
}
