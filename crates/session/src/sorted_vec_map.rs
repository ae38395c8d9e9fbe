//! A map in a sorted `Vec`.
//!
//! `BTreeMap` with five types took 9 kB of the compressed page. Its maps are small, or their keys are inserted almost
//! always in order.

/// A map in a sorted `Vec`: lookup in O(log n), insertion in O(1) at the end and O(n) elsewhere.
#[derive(Debug)]
pub struct SortedVecMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedVecMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Copy, V> SortedVecMap<K, V> {
    /// The value of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        self.place(key).ok().map(|at| &self.0[at].1)
    }

    /// The value of a key, mutable.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let index = self.place(key).ok()?;
        self.0.get_mut(index).map(|(_, value)| value)
    }

    /// Inserts a value, in place of one with the same key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Removes a value and returns it.
    pub fn remove(&mut self, key: K) -> Option<V> {
        self.place(key).ok().map(|at| self.0.remove(at).1)
    }

    /// All entries, in order.
    pub fn all(&self) -> &[(K, V)] {
        &self.0
    }

    /// The entries before a key.
    pub fn before(&self, key: K) -> &[(K, V)] {
        &self.0[..self.0.partition_point(|(other, _)| *other < key)]
    }

    /// The entries after a key.
    pub fn after(&self, key: K) -> &[(K, V)] {
        &self.0[self.0.partition_point(|(other, _)| *other <= key)..]
    }

    /// The entries from a key on, mutable.
    pub fn from_mut(&mut self, key: K) -> &mut [(K, V)] {
        let first = self.0.partition_point(|(other, _)| *other < key);
        &mut self.0[first..]
    }

    /// Removes the entries before a key.
    pub fn forget_before(&mut self, key: K) {
        self.0.drain(..self.0.partition_point(|(other, _)| *other < key));
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, key: K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(&key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_behaves_as_a_btree_map(calls in prop::collection::vec((0..5_u8, 0..20_u8), 0..60)) {
            let (mut sorted, mut tree) = (SortedVecMap::default(), BTreeMap::new());
            for (nth, (call, key)) in calls.into_iter().enumerate() {
                if call == 0 {
                    prop_assert_eq!(sorted.remove(key), tree.remove(&key));
                } else if call == 1 {
                    sorted.forget_before(key);
                    tree = tree.split_off(&key);
                } else {
                    sorted.insert(key, nth);
                    tree.insert(key, nth);
                }
                let rows = |range: &mut dyn Iterator<Item = (&u8, &usize)>| -> Vec<(u8, usize)> {
                    range.map(|(&key, &value)| (key, value)).collect()
                };
                prop_assert_eq!(sorted.all(), &rows(&mut tree.iter())[..]);
                prop_assert_eq!(sorted.get(key), tree.get(&key));
                prop_assert_eq!(sorted.get_mut(key), tree.get_mut(&key));
                prop_assert_eq!(sorted.before(key), &rows(&mut tree.range(..key))[..]);
                prop_assert_eq!(&*sorted.from_mut(key), &rows(&mut tree.range(key..))[..]);
                prop_assert_eq!(sorted.after(key), &rows(&mut tree.range(key + 1..))[..]);
                prop_assert_eq!(sorted.is_empty(), tree.is_empty());
            }
        }
    }
}
