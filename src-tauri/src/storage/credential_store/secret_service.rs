//! Secret Service requests that the store crate lacks: whether there is a service, whether it is locked, and
//! the unlock prompt.

use futures_util::StreamExt;
use zbus::proxy::CacheProperties;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue};
use zbus::{Connection, Proxy};

use super::secret_store::{CredentialError, KeyringState};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
/// The path that means "none".
const NOWHERE: &str = "/";

/// Reads the state without a prompt. Starts the service if the system can.
pub(crate) async fn look() -> KeyringState {
    match locked().await {
        Ok(Locked { collection: Some(_), locked: false }) => KeyringState::Perhaps,
        // Without a collection one has to be made, for which the user chooses a password.
        Ok(Locked { .. }) => KeyringState::Locked,
        Err(error) => {
            tracing::debug!(%error, "No Secret Service");
            KeyringState::Missing
        }
    }
}

/// Has the service ask for the password if it is locked; returns when that has been answered.
pub(crate) async fn unlock() -> Result<(), CredentialError> {
    match locked().await {
        Ok(Locked { collection: Some(collection), locked: true }) => match ask(&collection).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(CredentialError::Locked),
            Err(error) => {
                tracing::debug!(%error, "Keyring not unlocked");
                Err(CredentialError::Locked)
            }
        },
        // Writing makes a collection if there is none.
        Ok(Locked { .. }) => Ok(()),
        Err(_) => Err(CredentialError::Missing),
    }
}

struct Locked {
    /// The default collection.
    collection: Option<OwnedObjectPath>,
    locked: bool,
}

async fn locked() -> zbus::Result<Locked> {
    let bus = Connection::session().await?;
    let service = proxy(&bus, PATH, "org.freedesktop.Secret.Service").await?;
    let path: OwnedObjectPath = service.call("ReadAlias", &("default",)).await?;
    if path.as_str() == NOWHERE {
        return Ok(Locked { collection: None, locked: true });
    }
    let collection = proxy(&bus, path.as_str(), "org.freedesktop.Secret.Collection").await?;
    let locked = collection.get_property("Locked").await?;
    Ok(Locked { collection: Some(path), locked })
}

/// Whether the user unlocked it.
async fn ask(collection: &OwnedObjectPath) -> zbus::Result<bool> {
    let bus = Connection::session().await?;
    let service = proxy(&bus, PATH, "org.freedesktop.Secret.Service").await?;
    let asked: (Vec<OwnedObjectPath>, OwnedObjectPath) =
        service.call("Unlock", &(vec![ObjectPath::from(collection.clone())],)).await?;
    let (unlocked, prompt) = asked;
    if prompt.as_str() == NOWHERE {
        return Ok(!unlocked.is_empty());
    }
    let prompt = proxy(&bus, prompt.as_str(), "org.freedesktop.Secret.Prompt").await?;
    let mut completed = prompt.receive_signal("Completed").await?;
    prompt.call_method("Prompt", &("",)).await?;
    let Some(answer) = completed.next().await else { return Ok(false) };
    let (dismissed, _): (bool, OwnedValue) = answer.body().deserialize()?;
    Ok(!dismissed)
}

async fn proxy<'a>(bus: &Connection, path: &'a str, interface: &'a str) -> zbus::Result<Proxy<'a>> {
    zbus::proxy::Builder::new(bus)
        .destination(NAME)?
        .path(path)?
        .interface(interface)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}
