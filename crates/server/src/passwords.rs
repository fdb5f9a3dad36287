//! Passwords: hashed (argon2id) on blocking threads, as many at a time as the machine has processors to spare.
//! Each hash takes 19 MiB and a core for a moment, so those who wait are bounded, and served one backend after
//! the other: a flood at one is a wait of a hash or two at another.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{OnceCell, oneshot};

use crate::backend::Backend;

/// Hashes under way and waiting of one backend, for each that can be under way; more are sent away.
const PLACES_FOR_EACH_TURN: usize = 16;

/// Too many sign-ins wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins wait")]
pub(crate) struct Busy;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("password could not be hashed")]
pub struct HashError;

#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    turns: Turns,
    /// Compared with when there is no account, so that the answer takes as long.
    decoy: Arc<str>,
    /// The hash of the one password that many demo accounts share.
    known: Arc<OnceCell<String>>,
}

impl Passwords {
    /// As many hashes at a time as there are processors but one, which is left to calls.
    pub(crate) async fn new() -> Result<Self, HashError> {
        let processors = available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_turns(processors.saturating_sub(1).max(1)).await
    }

    async fn with_turns(turns: usize) -> Result<Self, HashError> {
        let mut passwords = Self { turns: Turns::new(turns), decoy: Arc::from(""), known: Arc::default() };
        passwords.decoy = passwords.hash("").await?.into();
        Ok(passwords)
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String, HashError> {
        let turn = self.turns.take(None).await.map_err(|_busy| HashError)?;
        let password = password.to_owned();
        on_a_thread(turn, move || hash(&password)).await.ok_or(HashError)?
    }

    /// Sign-ins of each backend that are under way or wait.
    pub(crate) fn waiting(&self) -> Vec<(Backend, usize)> {
        let queue = self.turns.queue();
        Backend::all().map(|backend| (backend, queue.of(Some(backend)))).collect()
    }

    /// The same hash for every caller: for a public password, of which there is one.
    pub(crate) async fn known(&self, password: &str) -> Result<String, HashError> {
        self.known.get_or_try_init(|| self.hash(password)).await.cloned()
    }

    /// Whether the password belongs to the hash; takes as long without one, and is then false.
    ///
    /// # Errors
    /// Too many sign-ins of that backend wait; nothing was looked at.
    pub(crate) async fn verify(
        &self,
        backend: Backend,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, Busy> {
        let turn = self.turns.take(Some(backend)).await?;
        let known = hash.is_some();
        let (password, hash) = (password.to_owned(), hash.unwrap_or(&self.decoy).to_owned());
        let verified = on_a_thread(turn, move || is_of(&password, &hash)).await;
        Ok(known && verified.unwrap_or(false))
    }
}

/// The turn lasts as long as the work, also when nobody waits for that any more.
async fn on_a_thread<T: Send + 'static>(turn: Turn, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.ok()
}

/// Whose turn it is; `None`: passwords that are changed, of any backend.
type Lane = Option<Backend>;

#[derive(Clone, Debug)]
struct Turns(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    most: usize,
    running: BTreeMap<Lane, usize>,
    waiting: BTreeMap<Lane, VecDeque<oneshot::Sender<Turn>>>,
    /// Whose turn came last.
    last: Lane,
}

/// Leave to hash one password.
#[derive(Debug)]
struct Turn {
    turns: Turns,
    lane: Lane,
}

impl Queue {
    fn of(&self, lane: Lane) -> usize {
        let waiting = self.waiting.get(&lane).map_or(0, VecDeque::len);
        self.running.get(&lane).copied().unwrap_or_default() + waiting
    }

    fn begin(&mut self, lane: Lane) -> bool {
        let free = self.running.values().sum::<usize>() < self.most;
        if free {
            *self.running.entry(lane).or_default() += 1;
        }
        free
    }

    /// The next one who waits, one backend after the other.
    fn next(&mut self) -> Option<(Lane, oneshot::Sender<Turn>)> {
        let lanes: Vec<Lane> = self.waiting.keys().copied().collect();
        let after = lanes.iter().position(|lane| *lane > self.last).unwrap_or(0);
        for lane in lanes.iter().cycle().skip(after).take(lanes.len()) {
            let Some(lined_up) = self.waiting.get_mut(lane) else { continue };
            let next = lined_up.pop_front();
            if lined_up.is_empty() {
                self.waiting.remove(lane);
            }
            if let Some(next) = next {
                self.last = *lane;
                return Some((*lane, next));
            }
        }
        None
    }
}

impl Turns {
    fn new(most: usize) -> Self {
        let queue = Queue { most, running: BTreeMap::new(), waiting: BTreeMap::new(), last: None };
        Self(Arc::new(Mutex::new(queue)))
    }

    async fn take(&self, lane: Lane) -> Result<Turn, Busy> {
        let granted = {
            let mut queue = self.queue();
            if queue.of(lane) >= queue.most * PLACES_FOR_EACH_TURN {
                return Err(Busy);
            }
            if queue.begin(lane) {
                return Ok(Turn { turns: self.clone(), lane });
            }
            let (grant, granted) = oneshot::channel();
            queue.waiting.entry(lane).or_default().push_back(grant);
            granted
        };
        granted.await.map_err(|_| Busy)
    }

    /// A turn is over: the next one begins. Whoever does not wait any more is passed over.
    fn give_back(&self, lane: Lane) {
        let mut queue = self.queue();
        if let Some(running) = queue.running.get_mut(&lane) {
            *running = running.saturating_sub(1);
        }
        let Some((lane, next)) = queue.next() else { return };
        *queue.running.entry(lane).or_default() += 1;
        drop(queue);
        // Comes back by itself where nobody takes it.
        drop(next.send(Turn { turns: self.clone(), lane }));
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.give_back(self.lane);
    }
}

/// Takes 19 MiB and a moment of a core; a server asks [`Passwords`] instead.
pub(crate) fn hash(password: &str) -> Result<String, HashError> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| HashError)
}

/// Whether a password belongs to a hash.
pub(crate) fn is_of(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether a text is an argon2 hash in PHC form that passwords can be compared with.
pub(crate) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| {
        hash.algorithm.as_str().starts_with("argon2") && hash.salt.is_some() && hash.hash.is_some()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const STOREFRONT: Backend = Backend::of(&bellwire_dialects::storefront::ENTRY);
    const CLINIC: Backend = Backend::of(&bellwire_dialects::clinic::ENTRY);

    #[tokio::test]
    async fn a_flood_at_one_backend_is_bounded_and_delays_another_by_a_hash_or_two() {
        let passwords = Passwords::with_turns(2).await.expect("passwords");
        let done = Arc::new(AtomicUsize::new(0));
        let flood: Vec<_> = (0..200)
            .map(|_| {
                let (passwords, done) = (passwords.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    let verified = passwords.verify(STOREFRONT, "guess", None).await;
                    if verified.is_ok() {
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    verified
                })
            })
            .collect();
        // On one thread each of them has now taken its place or been sent away.
        tokio::task::yield_now().await;
        let places = 2 * PLACES_FOR_EACH_TURN;
        assert!(passwords.waiting().contains(&(STOREFRONT, places)), "{:?}", passwords.waiting());

        assert_eq!(passwords.verify(CLINIC, "guess", None).await, Ok(false));
        let before = done.load(Ordering::SeqCst);
        assert!(before <= 4, "{before} were served first");
        let mut refused = 0;
        for verified in flood {
            refused += usize::from(verified.await.expect("it ended") == Err(Busy));
        }
        assert_eq!(refused, 200 - places);
        assert_eq!(passwords.verify(STOREFRONT, "guess", None).await, Ok(false), "its places are free");
    }

    #[tokio::test]
    async fn whoever_does_not_wait_any_more_is_passed_over() {
        let turns = Turns::new(1);
        let first = turns.take(Some(CLINIC)).await.expect("it is free");
        let mut gone = Box::pin(turns.take(Some(CLINIC)));
        let mut last = Box::pin(turns.take(Some(STOREFRONT)));
        for waiting in [&mut gone, &mut last] {
            assert!(futures_util::poll!(waiting).is_pending());
        }
        drop(gone);
        drop(first);
        let turn = last.await.expect("it is free");
        let of = |lane| turns.queue().of(lane);
        assert_eq!(of(Some(CLINIC)), 0);
        assert_eq!(of(Some(STOREFRONT)), 1);
        drop(turn);
        assert!(turns.queue().running.values().all(|running| *running == 0));
    }

    #[tokio::test]
    async fn backends_take_turns() {
        let turns = Turns::new(1);
        let first = turns.take(Some(STOREFRONT)).await.expect("it is free");
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiting: Vec<_> = [STOREFRONT, STOREFRONT, STOREFRONT, CLINIC, CLINIC]
            .into_iter()
            .map(|backend| {
                let (turns, order) = (turns.clone(), Arc::clone(&order));
                tokio::spawn(async move {
                    let turn = turns.take(Some(backend)).await;
                    order.lock().expect("no holder panicked").push(backend);
                    drop(turn);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(first);
        for one in waiting {
            one.await.expect("it ended");
        }
        let order = order.lock().expect("no holder panicked").clone();
        let firsts = &order[..4];
        assert_eq!(firsts.iter().filter(|backend| **backend == CLINIC).count(), 2, "{order:?}");
    }
}
