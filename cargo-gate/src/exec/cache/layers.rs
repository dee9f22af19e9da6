//! A map by paths of which most was known before: what is shared is not copied for those who learn more.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// Such a map. A clone shares what was there when [`Layers::share`] was called last.
#[derive(Debug, Clone)]
pub(super) struct Layers<V> {
    /// By paths as bytes: parts of paths take longer to be compared. A later one stands for what is below it.
    shared: Vec<Arc<HashMap<OsString, V>>>,
    /// Learnt since.
    own: HashMap<OsString, V>,
}

impl<V> Default for Layers<V> {
    fn default() -> Self {
        Self { shared: Vec::new(), own: HashMap::new() }
    }
}

impl<V> From<HashMap<OsString, V>> for Layers<V> {
    fn from(known: HashMap<OsString, V>) -> Self {
        Self { shared: vec![Arc::new(known)], own: HashMap::new() }
    }
}

impl<V> Layers<V> {
    pub(super) fn get(&self, path: &OsStr) -> Option<&V> {
        self.own.get(path).or_else(|| self.shared.iter().rev().find_map(|layer| layer.get(path)))
    }

    pub(super) fn insert(&mut self, path: OsString, value: V) {
        self.own.insert(path, value);
    }

    /// All of it, each path once.
    pub(super) fn all(&self) -> HashMap<&OsString, &V> {
        self.shared.iter().map(|layer| &**layer).chain([&self.own]).flatten().collect()
    }

    /// Has later clones share what was learnt.
    pub(super) fn share(&mut self) {
        if !self.own.is_empty() {
            self.shared.push(Arc::new(std::mem::take(&mut self.own)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_clone_learns_is_its_own_and_stands_for_what_is_shared() {
        let mut one = Layers::from(HashMap::from([("a".into(), 1), ("b".into(), 2)]));
        let mut other = one.clone();
        other.insert("a".into(), 3);
        other.insert("c".into(), 4);
        let all = |layers: &Layers<i32>| {
            let mut all: Vec<_> =
                layers.all().into_iter().map(|(path, value)| (path.clone(), *value)).collect();
            all.sort();
            all
        };
        assert_eq!(all(&one), [("a".into(), 1), ("b".into(), 2)]);
        let expected = [("a".into(), 3), ("b".into(), 2), ("c".into(), 4)];
        assert_eq!(all(&other), expected);
        other.share();
        assert_eq!((all(&other), other.get("a".as_ref())), (expected.into(), Some(&3)));
        one.insert("d".into(), 5);
        assert_eq!((one.get("a".as_ref()), other.get("d".as_ref())), (Some(&1), None));
    }

    #[test]
    fn what_is_shared_is_not_copied() {
        let mut one: Layers<i32> = Layers::default();
        one.insert("a".into(), 1);
        one.share();
        let mut other = one.clone();
        other.insert("b".into(), 2);
        other.share();
        assert!(Arc::ptr_eq(&one.shared[0], &other.shared[0]));
        assert_eq!((other.shared.len(), other.get("a".as_ref())), (2, Some(&1)));
    }
}
