//! From an address, a name and a password to a running session. Keeps no password.

use bellwire_call::OfferRule;
use bellwire_dialects::{
    Capabilities, Credentials, Dialect, Entry, Identity, LoginError, LoginStep, Method, RestCall,
};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::mpsc;
use tracing::{debug, info};

use crate::{
    backend::{AddressError, Backend, address},
    discovery,
    rest::{Rest, RestError},
    session::{Session, SessionEvent},
};

/// REST calls that signing in may take.
const LOGIN_CALLS: usize = 4;

/// What a user types to sign in.
#[derive(Clone)]
pub struct SignInRequest {
    /// Address of the server, with or without scheme.
    pub server: String,
    /// Dialect id; `None` lets discovery decide.
    pub dialect: Option<String>,
    pub role: String,
    pub email: String,
    pub password: String,
    /// Both bases given: no discovery.
    pub rest_base: Option<String>,
    pub socket_base: Option<String>,
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
    #[error("the server could not be reached")]
    Unreachable,
    #[error("the server's certificate is not accepted")]
    Tls,
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

/// Finds the backend, signs in and starts the session.
///
/// # Errors
/// See [`SignInError`]; nothing is left running.
pub async fn sign_in(request: SignInRequest) -> Result<SignedIn, SignInError> {
    let (entry, backend) = find(&request).await?;
    debug!(dialect = entry.id, rest = %backend.rest, socket = %backend.socket, "Backend found");
    let typed = Credentials { role: request.role, email: request.email, password: request.password };
    let identity = log_in(entry, &backend, &typed).await?;
    start(entry, backend, identity)
}

async fn log_in(
    entry: &'static Entry,
    backend: &Backend,
    typed: &Credentials,
) -> Result<Identity, SignInError> {
    let mut call = (entry.login)(typed)?;
    let mut so_far: Option<Identity> = None;
    for _ in 0..LOGIN_CALLS {
        let rest = match &so_far {
            Some(identity) => Rest::signed_in(backend.rest.clone(), identity)?,
            None => Rest::anonymous(backend.rest.clone())?,
        };
        let (status, body) = rest.call(&call).await?;
        match (entry.parse_login)(typed, so_far.as_ref(), status, &body)? {
            LoginStep::Done(identity) => return Ok(identity),
            LoginStep::Then { so_far: known, call: next } => (so_far, call) = (Some(known), next),
        }
    }
    Err(SignInError::NotABackend)
}

/// Starts the session of an account that signed in earlier. Whether its token still holds shows later.
///
/// # Errors
/// The dialect is unknown, or the session cannot be started.
pub fn resume(backend: Backend, identity: Identity) -> Result<SignedIn, SignInError> {
    let entry = known(&identity.dialect)?;
    start(entry, backend, identity)
}

fn start(entry: &'static Entry, backend: Backend, identity: Identity) -> Result<SignedIn, SignInError> {
    let dialect: Box<dyn Dialect> = (entry.new)(&identity);
    let (offers, capabilities) = (dialect.offers(), dialect.capabilities());
    let rest = Rest::signed_in(backend.rest.clone(), &identity)?;
    let (session, events) =
        Session::start(dialect, (entry.new)(&identity), rest, &backend).map_err(SignInError::Session)?;
    info!(dialect = entry.id, role = %identity.role, "Signed in");
    Ok(SignedIn { identity, backend, offers, capabilities, session, events })
}

async fn find(request: &SignInRequest) -> Result<(&'static Entry, Backend), SignInError> {
    if let (Some(rest), Some(socket)) = (filled(&request.rest_base), filled(&request.socket_base)) {
        let entry = match &request.dialect {
            Some(id) => known(id)?,
            None => bellwire_dialects::DIALECTS.first().ok_or(SignInError::NotABackend)?,
        };
        return Ok((entry, Backend::manual(rest, socket)?));
    }
    if let Some(id) = &request.dialect {
        known(id)?;
    }
    let mut server = address(&request.server)?;
    server.set_path("/");
    let ask = RestCall {
        method: Method::Get,
        path: discovery::WELL_KNOWN.to_owned(),
        query: Vec::new(),
        body: None,
    };
    let (status, body): (u16, Value) = Rest::anonymous(server.clone())?.call(&ask).await?;
    match status {
        200 => discovery::read(&server, &body, request.dialect.as_deref()).ok_or(SignInError::NotABackend),
        429 => Err(SignInError::RateLimited),
        _ => Err(SignInError::NotABackend),
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
            RestError::TooLarge | RestError::Address(_) => Self::NotABackend,
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
