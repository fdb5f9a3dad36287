//! Stored session: what resumes an account without a password. It is secret: its holder is signed in. Where
//! it is stored is the shell's business.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwire_call::AccountId;
use bellwire_signaling::{Backend, Identity, SignInError, SignedIn, TransportConfig};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use url::Url;

use crate::lists::{label, transport};
use crate::view::SignIn;

/// Size of a stored session in writing.
const MAX_BYTES: usize = 64 * 1024;
/// Version of the format; another one is not understood.
const VERSION: u32 = 1;

/// What a user typed to sign in, but for the password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub server: String,
    /// Dialect id, typed or found.
    pub dialect: Option<String>,
    pub role: String,
    pub email: String,
    pub rest_base: Option<String>,
    pub socket_base: Option<String>,
    pub login_path: Option<String>,
    pub extra_ca: Option<String>,
    pub proxy: Option<String>,
}

/// Names and addresses of a person.
impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Typed").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// Everything needed to resume an account. Compares equal as long as there is nothing new to store.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSession {
    typed: Typed,
    backend: Backend,
    identity: Identity,
}

impl std::fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSession").field("dialect", &self.identity.dialect).finish_non_exhaustive()
    }
}

/// The text is no stored session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was kept of the account is not understood")]
pub struct InvalidStoredSession;

#[derive(Serialize, Deserialize)]
struct Writing {
    version: u32,
    typed: Typed,
    backend: Backend,
    identity: Identity,
}

impl StoredSession {
    fn new(request: &SignIn, signed_in: &SignedIn) -> Self {
        let typed = Typed {
            server: request.server.trim().to_owned(),
            dialect: Some(signed_in.identity.dialect.clone()),
            role: request.role.clone(),
            email: request.email.clone(),
            rest_base: request.rest_base.clone(),
            socket_base: request.socket_base.clone(),
            login_path: request.login_path.clone(),
            extra_ca: request.extra_ca.clone(),
            proxy: request.proxy.clone(),
        };
        Self { typed, backend: signed_in.backend.clone(), identity: signed_in.identity.clone() }
    }

    /// The same for the same account, whatever its token; not secret.
    pub fn key(&self) -> String {
        let Self { backend, identity, .. } = self;
        let host = backend.rest.host_str().unwrap_or_default();
        let port = backend.rest.port_or_known_default().unwrap_or_default();
        format!("{} {host}:{port} {} {}", identity.dialect, identity.role, identity.person.id.0)
    }

    /// Dialect id.
    pub fn dialect(&self) -> &str {
        &self.identity.dialect
    }

    /// What people call that backend.
    pub fn label(&self) -> String {
        label(&self.identity.dialect)
    }

    /// As the account's view shows it.
    pub fn server(&self) -> String {
        match self.typed.server.as_str() {
            "" => self.backend.rest.host_str().unwrap_or_default().to_owned(),
            typed => typed.to_owned(),
        }
    }

    /// Name of the person it is.
    pub fn name(&self) -> &str {
        &self.identity.person.name
    }

    pub fn typed(&self) -> &Typed {
        &self.typed
    }

    /// Whether that is an address of the account's own server; ports do not matter.
    pub(crate) fn is_at(&self, url: &Url) -> bool {
        [&self.backend.rest, &self.backend.socket].iter().any(|base| base.host() == url.host())
    }

    /// How the server is reached.
    pub(crate) fn transport(&self) -> Result<TransportConfig, SignInError> {
        transport(self.typed.extra_ca.as_deref(), self.typed.proxy.as_deref())
    }

    /// Writes it down, token and all: for secret places only.
    pub fn to_secret(&self) -> String {
        let Self { typed, backend, identity } = self.clone();
        // Strings and options only: this cannot fail.
        serde_json::to_string(&Writing { version: VERSION, typed, backend, identity }).unwrap_or_default()
    }

    /// Reads what [`Self::to_secret`] wrote.
    ///
    /// # Errors
    /// It is something else.
    pub fn from_secret(text: &str) -> Result<Self, InvalidStoredSession> {
        if text.len() > MAX_BYTES {
            return Err(InvalidStoredSession);
        }
        let writing: Writing = serde_json::from_str(text).map_err(|_| InvalidStoredSession)?;
        let Writing { version, typed, backend, identity } = writing;
        let web = [&backend.rest, &backend.socket]
            .into_iter()
            .all(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if version != VERSION || !web {
            return Err(InvalidStoredSession);
        }
        Ok(Self { typed, backend, identity })
    }

    /// What is needed to resume: the account as it was, and how to reach it.
    pub(crate) fn opened(self) -> Result<(SignIn, Backend, Identity, TransportConfig), SignInError> {
        let transport = self.transport()?;
        let typed = self.typed;
        let request = SignIn {
            server: typed.server,
            dialect: typed.dialect,
            role: typed.role,
            email: typed.email,
            password: String::new(),
            rest_base: typed.rest_base,
            socket_base: typed.socket_base,
            login_path: typed.login_path,
            extra_ca: typed.extra_ca,
            proxy: typed.proxy,
        };
        Ok((request, self.backend, self.identity, transport))
    }
}

/// The stored sessions of all accounts, published whole whenever one of them changes.
#[derive(Debug, Default)]
pub(crate) struct StoredSessions {
    // Newest wins.
    published: watch::Sender<Arc<BTreeMap<AccountId, StoredSession>>>,
}

impl StoredSessions {
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<BTreeMap<AccountId, StoredSession>>> {
        self.published.subscribe()
    }

    pub(crate) fn signed_in(&self, account: AccountId, request: &SignIn, signed_in: &SignedIn) {
        self.change(|all| drop(all.insert(account, StoredSession::new(request, signed_in))));
    }

    /// There is a new token.
    pub(crate) fn renewed(&self, account: AccountId, identity: Identity) {
        self.change(|all| {
            if let Some(stored) = all.get_mut(&account) {
                stored.identity = identity;
            }
        });
    }

    pub(crate) fn forget(&self, account: AccountId) {
        self.change(|all| drop(all.remove(&account)));
    }

    fn change(&self, edit: impl FnOnce(&mut BTreeMap<AccountId, StoredSession>)) {
        self.published.send_if_modified(|all| {
            let mut new = BTreeMap::clone(all);
            edit(&mut new);
            let changed = **all != new;
            if changed {
                *all = Arc::new(new);
            }
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use bellwire_call::{Person, PersonId};

    use super::*;

    fn stored() -> StoredSession {
        StoredSession {
            typed: Typed {
                server: "calls.example.com".into(),
                email: "ada@example.com".into(),
                ..Typed::default()
            },
            backend: Backend::manual("https://calls.example.com/api", "https://calls.example.com:4000")
                .unwrap(),
            identity: Identity {
                dialect: "storefront".into(),
                person: Person { id: PersonId("7".into()), name: "Ada".into(), avatar: None },
                role: "seller".into(),
                token: "top-secret".into(),
                cookie: None,
                bearer: true,
                refresh_token: Some("more-secret".into()),
            },
        }
    }

    #[test]
    fn what_is_written_is_read_and_never_traced() {
        let kept = stored();
        assert_eq!(StoredSession::from_secret(&kept.to_secret()), Ok(kept.clone()));
        let traced = format!("{kept:?} {:?}", kept.typed());
        for secret in ["secret", "Ada", "ada@", "calls.example"] {
            assert!(!traced.contains(secret), "{traced}");
        }
        assert_eq!(kept.key(), "storefront calls.example.com:443 seller 7");
    }

    #[test]
    fn anything_else_is_refused() {
        let good = stored().to_secret();
        for bad in [
            String::new(),
            "{}".into(),
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("https://calls.example.com/api", "file:///etc/passwd"),
            good.replace("top-secret", &"x".repeat(MAX_BYTES)),
        ] {
            assert_eq!(StoredSession::from_secret(&bad), Err(InvalidStoredSession));
        }
    }
}
