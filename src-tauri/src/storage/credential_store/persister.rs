//! The persister of credentials: follows the engine's sessions, stores them, restores them at the start, and
//! deletes them when the user signs out.

mod migration;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::{AccountId, Handle, StoredSession};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tracing::{debug, info, warn};

use super::accounts::{AccountsFile, StoredAccount};
use super::handle::{CredentialRequest, Credentials};
use super::keyring::{self, Keyring};
use super::secret_store::{
    CredentialError, KEYRING_TIMEOUT, KeyringState, PROMPT_TIMEOUT, SecretStore, run_blocking,
};
use crate::command_error::Coded;
use crate::shell_state::{Restoring, SecretPlace, SecretProblem, SecretsView, ShellState};
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;

/// How often a missing keyring is tried again.
const KEYRING_RETRY_INTERVAL: Duration = Duration::from_secs(10);

type All = Arc<BTreeMap<AccountId, StoredSession>>;

/// What the persister works with.
pub(crate) struct PersisterParts {
    pub(crate) engine: Handle,
    pub(crate) shell_state: Arc<ShellState>,
    pub(crate) settings: SettingsStore,
    pub(crate) paths: Paths,
}

/// A store that is open.
#[derive(Clone)]
struct OpenStore {
    place: SecretPlace,
    store: Arc<dyn SecretStore>,
}

pub(crate) struct CredentialPersister {
    parts: PersisterParts,
    stored_sessions: watch::Receiver<All>,
    requests: mpsc::Receiver<CredentialRequest>,
    accounts: AccountsFile,
    open: Option<OpenStore>,
    problem: SecretProblem,
    /// There is a file under a passphrase.
    file_exists: bool,
    /// The known content of the open store.
    kept: BTreeMap<String, StoredSession>,
    /// Accounts that the engine has or had: one that is missing there was signed out.
    signed_in: BTreeSet<String>,
    /// Accounts that are being restored, by key.
    restoring: Vec<(String, Restoring)>,
    /// The user has been prompted for the keyring's password; once is enough.
    prompted: bool,
}

impl CredentialPersister {
    /// Reads the list of accounts; the work begins with [`Self::run`].
    pub(crate) fn new(parts: PersisterParts) -> (Self, Credentials) {
        let (credentials, requests) = Credentials::new();
        let stored_sessions = parts.engine.stored_sessions();
        let accounts = AccountsFile::open(parts.paths.accounts());
        let persister = Self {
            stored_sessions,
            requests,
            accounts,
            open: None,
            problem: SecretProblem::None,
            file_exists: parts.paths.secrets().is_some_and(|file| file.exists()),
            kept: BTreeMap::new(),
            signed_in: BTreeSet::new(),
            restoring: Vec::new(),
            prompted: false,
            parts,
        };
        (persister, credentials)
    }

    /// Restores the accounts, then follows the engine to its end and stores its last token.
    pub(crate) async fn run(mut self) {
        self.start().await;
        let mut again = tokio::time::interval(KEYRING_RETRY_INTERVAL);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.publish();
            tokio::select! {
                changed = self.stored_sessions.changed() => {
                    self.save(changed.is_err()).await;
                    if changed.is_err() {
                        return;
                    }
                }
                Some(request) = self.requests.recv() => self.handle_request(request).await,
                _ = again.tick() => self.retry_keyring().await,
            }
        }
    }

    async fn start(&mut self) {
        let known = self.accounts.accounts().iter();
        self.restoring = known.map(|known| (known.key.clone(), restoring(known))).collect();
        self.publish();
        match self.chosen() {
            SecretPlace::Session => {}
            SecretPlace::File => self.problem = SecretProblem::Locked,
            SecretPlace::Keyring => {
                let wanted = !self.accounts.accounts().is_empty();
                self.prompted = wanted;
                if let Err(error) = self.open_keyring(wanted).await {
                    debug!(%error, "No keyring");
                    self.problem = error.problem();
                }
            }
        }
        self.restore_accounts().await;
        self.save(false).await;
    }

    /// The store to use: the user's choice, else the one in use, else the keyring.
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

    /// `ask`: the user may be prompted for the keyring's password.
    async fn open_keyring(&mut self, ask: bool) -> Result<(), CredentialError> {
        self.open = Some(self.keyring(ask).await?);
        self.problem = SecretProblem::None;
        self.kept.clear();
        info!("Accounts are kept in the keyring");
        Ok(())
    }

    async fn keyring(&self, ask: bool) -> Result<OpenStore, CredentialError> {
        let silent = |_| CredentialError::Silent;
        match tokio::time::timeout(KEYRING_TIMEOUT, keyring::look()).await.map_err(silent)? {
            KeyringState::Missing => return Err(CredentialError::Missing),
            KeyringState::Locked if !ask => return Err(CredentialError::Locked),
            KeyringState::Locked => {
                tokio::time::timeout(PROMPT_TIMEOUT, keyring::unlock()).await.map_err(silent)??
            }
            KeyringState::Perhaps => {}
        }
        let service = self.parts.paths.keyring_service();
        let patience = if ask { PROMPT_TIMEOUT } else { KEYRING_TIMEOUT };
        let store = run_blocking(patience, move || Keyring::open(&service)).await?;
        Ok(OpenStore { place: SecretPlace::Keyring, store: Arc::new(store) })
    }

    /// Signs in all stored accounts that are not signed in yet.
    async fn restore_accounts(&mut self) {
        for known in self.accounts.accounts().to_vec() {
            if self.signed_in.contains(&known.key) {
                continue;
            }
            let failed = match self.restore_account(&known).await {
                Ok(()) => {
                    self.restoring.retain(|(key, _)| *key != known.key);
                    continue;
                }
                Err(code) => code,
            };
            warn!(code = failed, "An account did not come back");
            let entry = Restoring { failed: Some(failed.to_owned()), ..restoring(&known) };
            match self.restoring.iter_mut().find(|(key, _)| *key == known.key) {
                Some((_, old)) => *old = entry,
                None => self.restoring.push((known.key, entry)),
            }
        }
        self.accounts.store().await;
        self.publish();
    }

    /// Returns the error code if it could not be restored.
    async fn restore_account(&mut self, known: &StoredAccount) -> Result<(), &'static str> {
        let stored_session = match self.read(known).await {
            Ok(stored_session) => stored_session,
            Err(error) => {
                if matches!(error, CredentialError::Gone) {
                    self.accounts.forget(&known.key);
                }
                return Err(error.code());
            }
        };
        let typed = stored_session.typed();
        let elsewhere = typed.login_path.as_deref().filter(|place| place.contains("://"));
        let bases = [typed.rest_base.as_deref(), typed.socket_base.as_deref(), elsewhere];
        if !self.parts.settings.managed().allows(&typed.server, &bases) {
            return Err("not_allowed");
        }
        self.parts.engine.resume(stored_session.clone()).await.map_err(|error| error.code())?;
        self.signed_in.insert(known.key.clone());
        self.kept.insert(known.key.clone(), stored_session);
        Ok(())
    }

    async fn read(&self, known: &StoredAccount) -> Result<StoredSession, CredentialError> {
        let Some(open) = self.open.clone().filter(|open| open.place == known.place) else {
            return Err(match self.problem {
                SecretProblem::Missing => CredentialError::Missing,
                SecretProblem::Damaged => CredentialError::Damaged,
                SecretProblem::None
                | SecretProblem::Locked
                | SecretProblem::WrongPassphrase
                | SecretProblem::Failed => CredentialError::Locked,
            });
        };
        let key = known.key.clone();
        let secret = run_blocking(PROMPT_TIMEOUT, move || open.store.read(&key))
            .await?
            .ok_or(CredentialError::Gone)?;
        let stored_session = StoredSession::from_secret(&secret).map_err(|_| CredentialError::Damaged)?;
        if stored_session.key() == known.key { Ok(stored_session) } else { Err(CredentialError::Damaged) }
    }

    /// Stores new sessions in the open store and deletes old ones. `ending`: without any prompt.
    async fn save(&mut self, ending: bool) {
        let all = Arc::clone(&self.stored_sessions.borrow_and_update());
        let now: BTreeMap<String, StoredSession> =
            all.values().map(|stored_session| (stored_session.key(), stored_session.clone())).collect();
        self.restoring.retain(|(key, _)| !now.contains_key(key));
        for over in self.signed_in.iter().filter(|key| !now.contains_key(*key)) {
            self.accounts.forget(over);
            self.kept.remove(over);
        }
        // If the program dies now, the next start deletes the secrets.
        self.accounts.store().await;
        self.signed_in = now.keys().cloned().collect();
        let keep = self.accounts.place() != Some(SecretPlace::Session);
        let new: Vec<_> =
            now.into_iter().filter(|(key, one)| keep && self.kept.get(key) != Some(one)).collect();
        if !new.is_empty()
            && self.open.is_none()
            && !self.prompted
            && !ending
            && self.chosen() == SecretPlace::Keyring
        {
            self.prompted = true;
            if let Err(error) = self.open_keyring(true).await {
                self.problem = error.problem();
            }
        }
        for (key, stored_session) in new {
            let Some(open) = self.open.clone() else { break };
            if let Err(error) = self.put(&open, &key, stored_session).await {
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

    async fn put(
        &mut self,
        open: &OpenStore,
        key: &str,
        stored_session: StoredSession,
    ) -> Result<(), CredentialError> {
        let (store, name, secret) = (Arc::clone(&open.store), key.to_owned(), stored_session.to_secret());
        run_blocking(PROMPT_TIMEOUT, move || store.write(&name, &secret)).await?;
        self.accounts.kept(StoredAccount {
            key: key.to_owned(),
            place: open.place,
            label: stored_session.label(),
            server: stored_session.server(),
            name: stored_session.name().to_owned(),
        });
        self.kept.insert(key.to_owned(), stored_session);
        Ok(())
    }

    async fn delete_leftovers(&mut self, open: &OpenStore) {
        for key in self.accounts.leftovers(open.place) {
            let (store, name) = (Arc::clone(&open.store), key.clone());
            match run_blocking(KEYRING_TIMEOUT, move || store.forget(&name)).await {
                Ok(()) => self.accounts.deleted(&key, open.place),
                Err(error) => warn!(%error, "A secret that is over could not be deleted yet"),
            }
        }
    }

    /// A keyring that was locked or missing may be there now.
    async fn retry_keyring(&mut self) {
        if self.open.is_some() && self.problem != SecretProblem::None {
            self.save(false).await;
        }
        if self.open.is_some() || self.chosen() != SecretPlace::Keyring {
            return;
        }
        match self.open_keyring(false).await {
            Ok(()) => {
                self.restore_accounts().await;
                self.save(false).await;
            }
            Err(error) => self.problem = error.problem(),
        }
    }

    /// Publishes the state to the windows.
    fn publish(&self) {
        let store = match (&self.open, self.chosen()) {
            (Some(open), _) => open.place,
            (None, SecretPlace::File) => SecretPlace::File,
            (None, SecretPlace::Keyring | SecretPlace::Session) => SecretPlace::Session,
        };
        self.parts.shell_state.secrets(SecretsView {
            store,
            problem: self.problem,
            file_exists: self.file_exists,
        });
        self.parts.shell_state.restoring(self.restoring.iter().map(|(_, one)| one.clone()).collect());
    }
}

fn restoring(known: &StoredAccount) -> Restoring {
    Restoring {
        label: known.label.clone(),
        server: known.server.clone(),
        name: known.name.clone(),
        failed: None,
    }
}
