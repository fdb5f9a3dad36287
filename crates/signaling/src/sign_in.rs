//! From an address, a name and a password to a running session. Keeps no password.

use bellwire_call::OfferRule;
use bellwire_dialects::{Capabilities, Credentials, Entry, Identity, LoginError, LoginStep};
use thiserror::Error;
use tokio::sync::mpsc;
use tracing::{debug, info};
use url::Url;

use crate::{
    backend::{AddressError, Backend, address},
    discovery,
    rest::{Rest, RestError},
    session::{Account, Session, SessionEvent},
    transport::{Transport, TransportConfig, TransportError},
};

/// REST calls that signing in may take.
const MAX_LOGIN_CALLS: usize = 4;

/// What a user types to sign in.
#[derive(Clone, Default)]
pub struct SignInRequest {
    /// Address of the server, with or without scheme. May be empty if both bases are given.
    pub server: String,
    /// Dialect id; `None` lets discovery decide. Needed where the server does not describe itself.
    pub dialect: Option<String>,
    pub role: String,
    pub email: String,
    pub password: String,
    /// Goes before what discovery says; both given: no discovery.
    pub rest_base: Option<String>,
    pub socket_base: Option<String>,
    /// Where to log in instead of where the dialect would: a path below the REST base, or the whole
    /// address of another service.
    pub login_path: Option<String>,
    pub transport: TransportConfig,
}

impl std::fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInRequest").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// An account that is signed in. Its session runs; the socket may still be opening.
#[derive(Debug)]
pub struct SignedIn {
    /// With `backend` enough to [`resume`] without a password.
    pub identity: Identity,
    pub backend: Backend,
    pub offers: OfferRule,
    pub capabilities: Capabilities,
    pub session: Session,
    pub events: mpsc::Receiver<SessionEvent>,
}

/// Why signing in failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignInError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the server could not be reached")]
    Unreachable,
    #[error("the server's certificate is not accepted")]
    Tls,
    #[error("the proxy gave no connection to the server")]
    Proxy,
    /// A password never follows a redirect to another host.
    #[error("the server sends to another address: sign in there")]
    Redirected,
    /// The address is https and the server's description of itself leads to http.
    #[error("the server offers its backend over an unencrypted connection only")]
    Unencrypted,
    #[error("there is no calling backend at this address")]
    NotABackend,
    #[error("this program does not speak {dialect:?}")]
    UnknownDialect { dialect: String },
    #[error("the backend has no role {role:?}")]
    UnknownRole { role: String },
    /// The backend's words, meant for people.
    #[error("{message}")]
    WrongCredentials { message: String },
    /// The backend wants a new password first, which its own pages take; its words.
    #[error("{message}")]
    PasswordChangeRequired { message: String },
    #[error("too many attempts, try again later")]
    RateLimited,
    #[error("the backend failed ({status})")]
    BackendFailed { status: u16 },
    #[error("the session could not be started")]
    Session(#[source] std::io::Error),
    /// The program is going down.
    #[error("stopped")]
    Stopped,
}

impl SignInError {
    /// A stable code of what went wrong; the interface has the texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "bad_address",
            Self::Transport(error) => error.code(),
            Self::Unreachable => "unreachable",
            Self::Tls => "certificate",
            Self::Proxy => "proxy",
            Self::Redirected => "redirected",
            Self::Unencrypted => "unencrypted",
            Self::NotABackend => "not_a_backend",
            Self::UnknownDialect { .. } => "unknown_dialect",
            Self::UnknownRole { .. } => "unknown_role",
            Self::WrongCredentials { .. } => "wrong_credentials",
            Self::PasswordChangeRequired { .. } => "password_change_required",
            Self::RateLimited => "rate_limited",
            Self::BackendFailed { .. } => "backend_failed",
            Self::Session(_) => "not_started",
            Self::Stopped => "stopped",
        }
    }
}

/// Finds the backend, signs in and starts the session.
///
/// # Errors
/// See [`SignInError`]; nothing is left running.
pub async fn sign_in(request: SignInRequest) -> Result<SignedIn, SignInError> {
    let transport = Transport::prepare(&request.transport).await?;
    let (entry, backend) = find(&request, &transport).await?;
    debug!(dialect = entry.id, rest = %backend.rest, socket = %backend.socket, "Backend found");
    let place = filled(&request.login_path).map(LoginPlace::read).transpose()?;
    let typed = Credentials { role: request.role, email: request.email, password: request.password };
    let identity = log_in(entry, &backend, place, &typed, &transport).await?;
    start(entry, backend, identity, transport)
}

async fn log_in(
    entry: &'static Entry,
    backend: &Backend,
    place: Option<LoginPlace>,
    typed: &Credentials,
    transport: &Transport,
) -> Result<Identity, SignInError> {
    let mut call = (entry.login)(typed)?;
    let mut rest = Rest::anonymous(backend.rest.clone(), transport)?;
    match place {
        None => {}
        Some(LoginPlace::Here { path, query }) => (call.path, call.query) = (path, query),
        Some(LoginPlace::Elsewhere { host, path, query }) => {
            rest = Rest::anonymous(host, transport)?;
            (call.path, call.query) = (path, query);
        }
    }
    let mut so_far: Option<Identity> = None;
    for _ in 0..MAX_LOGIN_CALLS {
        let (status, body) = rest.call(&call).await?;
        match (entry.parse_login)(typed, so_far.as_ref(), status, &body)? {
            LoginStep::Done(identity) => return Ok(identity),
            LoginStep::Then { so_far: known, call: next } => {
                rest = Rest::signed_in(backend.rest.clone(), &known, transport)?;
                (so_far, call) = (Some(known), next);
            }
        }
    }
    Err(SignInError::NotABackend)
}

/// Starts the session of an account that signed in earlier. Whether its token still holds shows later.
///
/// # Errors
/// The dialect is unknown, or the session cannot be started.
pub async fn resume(
    backend: Backend,
    identity: Identity,
    transport: &TransportConfig,
) -> Result<SignedIn, SignInError> {
    let entry = known(&identity.dialect)?;
    let transport = Transport::prepare(transport).await?;
    start(entry, backend, identity, transport)
}

fn start(
    entry: &'static Entry,
    backend: Backend,
    identity: Identity,
    transport: Transport,
) -> Result<SignedIn, SignInError> {
    let dialect = (entry.new)(&identity);
    let (offers, usual) = (dialect.offers(), dialect.capabilities());
    let capabilities = Capabilities { seats: backend.seats(usual.seats), ..usual };
    let rest = Rest::signed_in(backend.rest.clone(), &identity, &transport)?;
    let account = Account { entry, backend: backend.clone(), identity: identity.clone(), transport, rest };
    let (session, events) = Session::start(dialect, account).map_err(SignInError::Session)?;
    info!(dialect = entry.id, role = %identity.role, "Signed in");
    Ok(SignedIn { identity, backend, offers, capabilities, session, events })
}

async fn find(
    request: &SignInRequest,
    transport: &Transport,
) -> Result<(&'static Entry, Backend), SignInError> {
    let chosen = request.dialect.as_deref().map(known).transpose()?;
    let bases = (filled(&request.rest_base), filled(&request.socket_base));
    if let (Some(rest), Some(socket)) = bases {
        let entry = chosen.or(bellwire_dialects::DIALECTS.first()).ok_or(SignInError::NotABackend)?;
        return Ok((entry, Backend::manual(rest, socket)?));
    }
    let server = address(&request.server)?;
    let found = match (discovery::ask(&server, transport).await?, chosen) {
        (Some(offered), None) => offered.into_iter().next(),
        (Some(offered), Some(chosen)) => offered.into_iter().find(|offered| offered.entry.id == chosen.id),
        (None, Some(entry)) => Some(discovery::Offered { entry, backend: discovery::guess(&server, entry) }),
        (None, None) => None,
    };
    let discovery::Offered { entry, mut backend } = found.ok_or(SignInError::NotABackend)?;
    match bases {
        (Some(rest), _) => backend.rest = address(rest)?,
        (None, Some(socket)) => {
            let rest = backend.rest.as_str().to_owned();
            backend = Backend { seats: backend.seats, ..Backend::manual(&rest, socket)? };
        }
        (None, None) => {}
    }
    Ok((entry, backend))
}

/// Where the login call goes if not where the dialect says.
#[derive(Debug, PartialEq)]
pub(crate) enum LoginPlace {
    Here { path: String, query: Vec<(String, String)> },
    Elsewhere { host: Url, path: String, query: Vec<(String, String)> },
}

impl LoginPlace {
    pub(crate) fn read(typed: &str) -> Result<Self, AddressError> {
        let query = |url: &Url| url.query_pairs().into_owned().collect();
        if typed.contains("://") {
            let url = address(typed)?;
            if !url.username().is_empty() || url.password().is_some() {
                return Err(AddressError::NotWeb { text: typed.to_owned() });
            }
            let mut host = url.clone();
            host.set_path("/");
            host.set_query(None);
            host.set_fragment(None);
            return Ok(Self::Elsewhere { host, path: url.path().to_owned(), query: query(&url) });
        }
        let not_a_path = || AddressError::NotAPath { text: typed.to_owned() };
        let (path, _) = typed.split_once('?').unwrap_or((typed, ""));
        let climbs = path.split('/').any(|part| part == "." || part == "..");
        if climbs || typed.starts_with("//") || typed.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(not_a_path());
        }
        let base = Url::parse("http://localhost/").map_err(|_| not_a_path())?;
        let url = base.join(&format!("/{}", typed.trim_start_matches('/'))).map_err(|_| not_a_path())?;
        Ok(Self::Here { path: url.path().to_owned(), query: query(&url) })
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn known(id: &str) -> Result<&'static Entry, SignInError> {
    bellwire_dialects::dialect(id).ok_or_else(|| SignInError::UnknownDialect { dialect: id.to_owned() })
}

impl From<RestError> for SignInError {
    fn from(error: RestError) -> Self {
        match error {
            RestError::Unreachable(_) => Self::Unreachable,
            RestError::Tls(_) => Self::Tls,
            RestError::Proxy(_) => Self::Proxy,
            RestError::Slow => Self::Unreachable,
            RestError::Redirected => Self::Redirected,
            RestError::TooLarge | RestError::Address(_) | RestError::Token(_) => Self::NotABackend,
            RestError::Client(source) => Self::Session(std::io::Error::other(source)),
        }
    }
}

impl From<LoginError> for SignInError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::UnknownRole { role } => Self::UnknownRole { role },
            LoginError::WrongCredentials { message } => Self::WrongCredentials { message },
            LoginError::PasswordChangeRequired { message } => Self::PasswordChangeRequired { message },
            LoginError::RateLimited => Self::RateLimited,
            LoginError::BackendFailed { status } => Self::BackendFailed { status },
            LoginError::NotThisBackend => Self::NotABackend,
            _ => Self::NotABackend,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_path_is_a_path_or_a_whole_address() {
        let path = |typed| match LoginPlace::read(typed) {
            Ok(LoginPlace::Here { path, .. }) => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(path("/auth/login/practitioner"), "/auth/login/practitioner");
        assert_eq!(path("auth/login"), "/auth/login");
        let Ok(LoginPlace::Elsewhere { host, path, query }) =
            LoginPlace::read("https://accounts.example:8081/api/dealers/login?tenant=7")
        else {
            panic!("not an address")
        };
        assert_eq!((host.as_str(), path.as_str()), ("https://accounts.example:8081/", "/api/dealers/login"));
        assert_eq!(query, [("tenant".to_owned(), "7".to_owned())]);
    }

    #[test]
    fn a_login_path_that_leads_elsewhere_is_refused() {
        for typed in
            ["../admin", "/a/../../b", "//other.example/login", "ftp://h/login", "a b", "https://u:p@h/"]
        {
            assert!(LoginPlace::read(typed).is_err(), "{typed}");
        }
    }
}
