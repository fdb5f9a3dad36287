//! Keeps accounts from one start of the program to the next: follows the engine's keepsakes, puts them
//! where secrets go, brings them back at the start, and deletes them when somebody signs out.

mod migration;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::{AccountId, Handle, Keepsake};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use tracing::{debug, info, warn};

use super::accounts::{AccountsFile, Known};
use super::keyring::{self, Keyring};
use super::secret_store::{ASKING, KeyringState, PATIENCE, SecretStore, VaultError, waiting};
use crate::command_error::Coded;
use crate::shell_state::{Restoring, SecretPlace, SecretProblem, SecretsView, Surroundings};
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;

/// How often a keyring that was not there is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

type All = Arc<BTreeMap<AccountId, Keepsake>>;
type Answered = oneshot::Sender<Result<(), VaultError>>;

enum Order {
    Unlock { passphrase: String, reply: Answered },
    Use { place: SecretPlace, passphrase: Option<String>, reply: Answered },
    Restore { reply: Answered },
}

/// Gives the keeper orders; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    orders: mpsc::Sender<Order>,
}

impl Secrets {
    /// Opens the file under its passphrase, or has the keyring ask for its own.
    pub(crate) async fn unlock(&self, passphrase: String) -> Result<(), VaultError> {
        self.order(|reply| Order::Unlock { passphrase, reply }).await
    }

    /// Keeps accounts there from now on.
    pub(crate) async fn use_place(
        &self,
        place: SecretPlace,
        passphrase: Option<String>,
    ) -> Result<(), VaultError> {
        self.order(|reply| Order::Use { place, passphrase, reply }).await
    }

    /// Tries the accounts that did not come back once more.
    pub(crate) async fn restore(&self) -> Result<(), VaultError> {
        self.order(|reply| Order::Restore { reply }).await
    }

    async fn order(&self, order: impl FnOnce(Answered) -> Order) -> Result<(), VaultError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).await.map_err(|_| VaultError::Stopped)?;
        answer.await.unwrap_or(Err(VaultError::Stopped))
    }
}

/// What the keeper works with.
pub(crate) struct KeeperParts {
    pub(crate) engine: Handle,
    pub(crate) surroundings: Arc<Surroundings>,
    pub(crate) settings: SettingsStore,
    pub(crate) paths: Paths,
}

/// A place that secrets can be put into now.
#[derive(Clone)]
struct Open {
    place: SecretPlace,
    store: Arc<dyn SecretStore>,
}

pub(crate) struct Keeper {
    parts: KeeperParts,
    keepsakes: watch::Receiver<All>,
    orders: mpsc::Receiver<Order>,
    accounts: AccountsFile,
    open: Option<Open>,
    problem: SecretProblem,
    /// There is a file under a passphrase.
    file_exists: bool,
    /// What the open place has, as far as it is known.
    kept: BTreeMap<String, Keepsake>,
    /// The engine has these, or had them: whoever is missing there was signed out.
    live: BTreeSet<String>,
    /// Accounts on their way back by their keys.
    restoring: Vec<(String, Restoring)>,
    /// The keyring has asked its user once; once is enough.
    asked: bool,
}

impl Keeper {
    /// Reads which accounts there are. It works once it runs.
    pub(crate) fn new(parts: KeeperParts) -> (Self, Secrets) {
        // Orders come from a person and wait.
        let (sender, orders) = mpsc::channel(8);
        let keepsakes = parts.engine.keepsakes();
        let accounts = AccountsFile::open(parts.paths.accounts());
        let keeper = Self {
            keepsakes,
            orders,
            accounts,
            open: None,
            problem: SecretProblem::None,
            file_exists: parts.paths.secrets().is_some_and(|file| file.exists()),
            kept: BTreeMap::new(),
            live: BTreeSet::new(),
            restoring: Vec::new(),
            asked: false,
            parts,
        };
        (keeper, Secrets { orders: sender })
    }

    /// Brings the accounts back, then follows the engine to its end and stores the last token it got.
    pub(crate) async fn run(mut self) {
        self.start().await;
        let mut again = tokio::time::interval(LOOK_AGAIN);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.tell();
            tokio::select! {
                changed = self.keepsakes.changed() => {
                    self.save(changed.is_err()).await;
                    if changed.is_err() {
                        return;
                    }
                }
                Some(order) = self.orders.recv() => self.obey(order).await,
                _ = again.tick() => self.look_again().await,
            }
        }
    }

    async fn start(&mut self) {
        let known = self.accounts.accounts().iter();
        self.restoring = known.map(|known| (known.key.clone(), on_its_way(known))).collect();
        self.tell();
        match self.chosen() {
            SecretPlace::Session => {}
            SecretPlace::File => self.problem = SecretProblem::Locked,
            SecretPlace::Keyring => {
                let wanted = !self.accounts.accounts().is_empty();
                self.asked = wanted;
                if let Err(error) = self.open_keyring(wanted).await {
                    debug!(%error, "No keyring");
                    self.problem = error.problem();
                }
            }
        }
        self.bring_back().await;
        self.save(false).await;
    }

    /// Where secrets are to go: what the person chose, else where some are, else the keyring.
    fn chosen(&self) -> SecretPlace {
        match self.accounts.place() {
            Some(SecretPlace::Session) => SecretPlace::Session,
            Some(SecretPlace::File) | None if self.file_exists => SecretPlace::File,
            Some(SecretPlace::File | SecretPlace::Keyring) | None => SecretPlace::Keyring,
        }
    }

    fn file(&self) -> Option<PathBuf> {
        self.parts.paths.secrets()
    }

    /// `ask`: somebody may be asked for the keyring's password.
    async fn open_keyring(&mut self, ask: bool) -> Result<(), VaultError> {
        self.open = Some(self.keyring(ask).await?);
        self.problem = SecretProblem::None;
        self.kept.clear();
        info!("Accounts are kept in the keyring");
        Ok(())
    }

    async fn keyring(&self, ask: bool) -> Result<Open, VaultError> {
        let silent = |_| VaultError::Silent;
        match tokio::time::timeout(PATIENCE, keyring::look()).await.map_err(silent)? {
            KeyringState::Missing => return Err(VaultError::Missing),
            KeyringState::Locked if !ask => return Err(VaultError::Locked),
            KeyringState::Locked => {
                tokio::time::timeout(ASKING, keyring::unlock()).await.map_err(silent)??
            }
            KeyringState::Perhaps => {}
        }
        let service = self.parts.paths.keyring_service();
        let patience = if ask { ASKING } else { PATIENCE };
        let store = waiting(patience, move || Keyring::open(&service)).await?;
        Ok(Open { place: SecretPlace::Keyring, store: Arc::new(store) })
    }

    /// Signs in all accounts that are kept and not there yet.
    async fn bring_back(&mut self) {
        for known in self.accounts.accounts().to_vec() {
            if self.live.contains(&known.key) {
                continue;
            }
            let failed = match self.bring_back_one(&known).await {
                Ok(()) => {
                    self.restoring.retain(|(key, _)| *key != known.key);
                    continue;
                }
                Err(code) => code,
            };
            warn!(code = failed, "An account did not come back");
            let entry = Restoring { failed: Some(failed.to_owned()), ..on_its_way(&known) };
            match self.restoring.iter_mut().find(|(key, _)| *key == known.key) {
                Some((_, old)) => *old = entry,
                None => self.restoring.push((known.key, entry)),
            }
        }
        self.accounts.store().await;
        self.tell();
    }

    /// Why it did not come back, as a failure's code.
    async fn bring_back_one(&mut self, known: &Known) -> Result<(), &'static str> {
        let keepsake = match self.read(known).await {
            Ok(keepsake) => keepsake,
            Err(error) => {
                if matches!(error, VaultError::Gone) {
                    self.accounts.forget(&known.key);
                }
                return Err(error.code());
            }
        };
        let typed = keepsake.typed();
        let elsewhere = typed.login_path.as_deref().filter(|place| place.contains("://"));
        let bases = [typed.rest_base.as_deref(), typed.socket_base.as_deref(), elsewhere];
        if !self.parts.settings.managed().allows(&typed.server, &bases) {
            return Err("not_allowed");
        }
        self.parts.engine.resume(keepsake.clone()).await.map_err(|error| error.code())?;
        self.live.insert(known.key.clone());
        self.kept.insert(known.key.clone(), keepsake);
        Ok(())
    }

    async fn read(&self, known: &Known) -> Result<Keepsake, VaultError> {
        let Some(open) = self.open.clone().filter(|open| open.place == known.place) else {
            return Err(match self.problem {
                SecretProblem::Missing => VaultError::Missing,
                SecretProblem::Damaged => VaultError::Damaged,
                SecretProblem::None
                | SecretProblem::Locked
                | SecretProblem::WrongPassphrase
                | SecretProblem::Failed => VaultError::Locked,
            });
        };
        let key = known.key.clone();
        let secret = waiting(ASKING, move || open.store.read(&key)).await?.ok_or(VaultError::Gone)?;
        let keepsake = Keepsake::from_secret(&secret).map_err(|_| VaultError::Damaged)?;
        if keepsake.key() == known.key { Ok(keepsake) } else { Err(VaultError::Damaged) }
    }

    /// Puts what is new into the open place and deletes what is over. `ending`: nobody is asked any more.
    async fn save(&mut self, ending: bool) {
        let all = Arc::clone(&self.keepsakes.borrow_and_update());
        let now: BTreeMap<String, Keepsake> =
            all.values().map(|keepsake| (keepsake.key(), keepsake.clone())).collect();
        self.restoring.retain(|(key, _)| !now.contains_key(key));
        for over in self.live.iter().filter(|key| !now.contains_key(*key)) {
            self.accounts.forget(over);
            self.kept.remove(over);
        }
        // Should the program die now, the deletion is made up for at the next start.
        self.accounts.store().await;
        self.live = now.keys().cloned().collect();
        let keep = self.accounts.place() != Some(SecretPlace::Session);
        let new: Vec<_> =
            now.into_iter().filter(|(key, one)| keep && self.kept.get(key) != Some(one)).collect();
        if !new.is_empty()
            && self.open.is_none()
            && !self.asked
            && !ending
            && self.chosen() == SecretPlace::Keyring
        {
            self.asked = true;
            if let Err(error) = self.open_keyring(true).await {
                self.problem = error.problem();
            }
        }
        for (key, keepsake) in new {
            let Some(open) = self.open.clone() else { break };
            if let Err(error) = self.put(&open, &key, keepsake).await {
                warn!(%error, "An account could not be kept");
                self.problem = error.problem();
                if open.place == SecretPlace::Keyring {
                    self.open = None;
                }
                break;
            }
            self.problem = SecretProblem::None;
        }
        if let Some(open) = self.open.clone() {
            self.delete_leftovers(&open).await;
        }
        self.accounts.store().await;
    }

    async fn put(&mut self, open: &Open, key: &str, keepsake: Keepsake) -> Result<(), VaultError> {
        let (store, name, secret) = (Arc::clone(&open.store), key.to_owned(), keepsake.to_secret());
        waiting(ASKING, move || store.write(&name, &secret)).await?;
        self.accounts.kept(Known {
            key: key.to_owned(),
            place: open.place,
            label: keepsake.label(),
            server: keepsake.server(),
            name: keepsake.name().to_owned(),
        });
        self.kept.insert(key.to_owned(), keepsake);
        Ok(())
    }

    async fn delete_leftovers(&mut self, open: &Open) {
        for key in self.accounts.leftovers(open.place) {
            let (store, name) = (Arc::clone(&open.store), key.clone());
            match waiting(PATIENCE, move || store.forget(&name)).await {
                Ok(()) => self.accounts.deleted(&key, open.place),
                Err(error) => warn!(%error, "A secret that is over could not be deleted yet"),
            }
        }
    }

    /// A keyring that was locked or missing may be there now.
    async fn look_again(&mut self) {
        if self.open.is_some() && self.problem != SecretProblem::None {
            self.save(false).await;
        }
        if self.open.is_some() || self.chosen() != SecretPlace::Keyring {
            return;
        }
        match self.open_keyring(false).await {
            Ok(()) => {
                self.bring_back().await;
                self.save(false).await;
            }
            Err(error) => self.problem = error.problem(),
        }
    }

    /// Tells the windows.
    fn tell(&self) {
        let store = match (&self.open, self.chosen()) {
            (Some(open), _) => open.place,
            (None, SecretPlace::File) => SecretPlace::File,
            (None, SecretPlace::Keyring | SecretPlace::Session) => SecretPlace::Session,
        };
        self.parts.surroundings.secrets(SecretsView {
            store,
            problem: self.problem,
            file_exists: self.file_exists,
        });
        self.parts.surroundings.restoring(self.restoring.iter().map(|(_, one)| one.clone()).collect());
    }
}

fn on_its_way(known: &Known) -> Restoring {
    Restoring {
        label: known.label.clone(),
        server: known.server.clone(),
        name: known.name.clone(),
        failed: None,
    }
}
