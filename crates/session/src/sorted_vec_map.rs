//! A map in one row, in the order of its keys.
//!
//! Five types in a `BTreeMap` took 9 kB of the compressed page. What the page holds is few, or comes almost always in
//! order.

/// Values by their keys.
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

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let index = self.place(key).ok()?;
        self.0.get_mut(index).map(|(_, value)| value)
    }

    /// Puts a value in, in place of one with the same key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: K) -> Option<V> {
        self.place(key).ok().map(|at| self.0.remove(at).1)
    }

    /// All, in order.
    pub fn all(&self) -> &[(K, V)] {
        &self.0
    }

    /// Those before a key.
    pub fn before(&self, key: K) -> &[(K, V)] {
        &self.0[..self.0.partition_point(|(other, _)| *other < key)]
    }

    /// Those behind a key.
    pub fn behind(&self, key: K) -> &[(K, V)] {
        &self.0[self.0.partition_point(|(other, _)| *other <= key)..]
    }

    /// Those from a key on.
    pub fn from_mut(&mut self, key: K) -> &mut [(K, V)] {
        let first = self.0.partition_point(|(other, _)| *other < key);
        &mut self.0[first..]
    }

    /// Takes out those before a key.
    pub fn forget_before(&mut self, key: K) {
        self.0.drain(..self.0.partition_point(|(other, _)| *other < key));
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there is none.
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
        fn it_does_what_a_tree_does(calls in prop::collection::vec((0..5_u8, 0..20_u8), 0..60)) {
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
                prop_assert_eq!(sorted.behind(key), &rows(&mut tree.range(key + 1..))[..]);
                prop_assert_eq!(sorted.is_empty(), tree.is_empty());
            }
        }
    }
}
