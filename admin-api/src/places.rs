//! A few places each, so that no single caller takes all that there are.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what each key has taken.
pub(crate) struct Places<K> {
    each: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash + Clone> Places<K> {
    pub(crate) fn new(each: usize) -> Self {
        Self {
            each,
            taken: Arc::default(),
        }
    }

    /// A place, until it is dropped; none, if the key has all of its own already.
    pub(crate) fn take(&self, key: K) -> Option<Place<K>> {
        let mut taken = lock(&self.taken);
        let count = taken.entry(key.clone()).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place {
            key,
            taken: Arc::clone(&self.taken),
        })
    }
}

/// One of a key's places.
pub(crate) struct Place<K: Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A counter is whole at every moment, so a panic elsewhere has not broken it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_each_keys_own_and_are_given_back() {
        let places = Places::new(2);
        let held: Vec<_> = (0..2).map(|_| places.take("a")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(places.take("a").is_none());
        assert!(places.take("b").is_some());
        drop(held);
        assert!(places.take("a").is_some());
        assert!(lock(&places.taken).is_empty(), "no key is kept for ever");
    }
}
