//! The lines of a gate in the registry.

use super::name::Name;

const LIST: &str = "pub const GATES:";

/// The registry's text with the gate: its `mod` line in order, its entry at the end of the list.
/// None where the text does not look like the registry.
pub(super) fn register(registry: &str, name: &Name) -> Option<String> {
    let module = format!("mod {};\n", name.module());
    let entry = format!("    &Entry::<{}::{}>::NEW,\n", name.module(), name.type_name());
    let list = registry.find(LIST)?;
    let (head, tail) = registry.split_at_checked(list)?;
    let place = module_place(head, &module)?;
    let (before, after) = head.split_at_checked(place)?;
    let end = tail.find("\n];")? + 1;
    let (entries, rest) = tail.split_at_checked(end)?;
    Some(format!("{before}{module}{after}{entries}{entry}{rest}"))
}

/// The offset of the line in front of which a `mod` line keeps the order.
fn module_place(text: &str, module: &str) -> Option<usize> {
    let lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    });
    let mut place = None;
    for (start, line) in lines.filter(|(_, line)| line.starts_with("mod ")) {
        if line > module {
            return Some(start);
        }
        place = Some(start + line.len());
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "//! Gates.\n\nmod audit;\nmod fmt;\n\npub use audit::MEND;\n\n\
                            pub const GATES: &[&dyn R] = &[\n    &Entry::<fmt::Fmt>::NEW,\n];\n\n#[cfg(test)]\nmod tests;\n";

    fn registered(name: &str) -> String {
        register(REGISTRY, &Name::new(name, &[]).unwrap()).unwrap()
    }

    #[test]
    fn the_module_is_in_order_and_the_entry_is_the_last() {
        let text = registered("deny-all");
        assert!(text.contains("mod audit;\nmod deny_all;\nmod fmt;\n\n"), "{text}");
        let list = "    &Entry::<fmt::Fmt>::NEW,\n    &Entry::<deny_all::DenyAll>::NEW,\n];\n\n#[cfg(test)]";
        assert!(text.contains(list), "{text}");
    }

    #[test]
    fn the_first_and_the_last_place_are_places_too() {
        assert!(registered("aa").contains("\n\nmod aa;\nmod audit;\n"));
        assert!(registered("zz").contains("mod fmt;\nmod zz;\n\npub use"));
    }

    #[test]
    fn a_text_that_is_no_registry_is_left_alone() {
        let name = Name::new("a", &[]).unwrap();
        assert_eq!(register("mod b;\n", &name), None);
        assert_eq!(register("pub const GATES: &[u8] = &[\n];\n", &name), None);
    }
}
