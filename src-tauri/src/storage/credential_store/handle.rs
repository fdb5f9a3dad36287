//! The handle of the credential store, for the commands of the UI.

use tokio::sync::{mpsc, oneshot};

use super::secret_store::CredentialError;
use crate::shell_state::SecretPlace;

pub(super) type Reply = oneshot::Sender<Result<(), CredentialError>>;

/// What the UI asks of the persister.
pub(super) enum CredentialRequest {
    Unlock { passphrase: String, reply: Reply },
    Use { place: SecretPlace, passphrase: Option<String>, reply: Reply },
    Restore { reply: Reply },
}

/// Sends requests to the persister; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    requests: mpsc::Sender<CredentialRequest>,
}

impl Credentials {
    pub(super) fn new() -> (Self, mpsc::Receiver<CredentialRequest>) {
        // Requests come from the user and wait.
        let (requests, received) = mpsc::channel(8);
        (Self { requests }, received)
    }

    /// Opens the file under its passphrase, or has the keyring ask for its own.
    pub(crate) async fn unlock(&self, passphrase: String) -> Result<(), CredentialError> {
        self.request(|reply| CredentialRequest::Unlock { passphrase, reply }).await
    }

    /// Keeps accounts there from now on.
    pub(crate) async fn use_place(
        &self,
        place: SecretPlace,
        passphrase: Option<String>,
    ) -> Result<(), CredentialError> {
        self.request(|reply| CredentialRequest::Use { place, passphrase, reply }).await
    }

    /// Tries the accounts that did not come back once more.
    pub(crate) async fn restore(&self) -> Result<(), CredentialError> {
        self.request(|reply| CredentialRequest::Restore { reply }).await
    }

    async fn request(&self, request: impl FnOnce(Reply) -> CredentialRequest) -> Result<(), CredentialError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| CredentialError::Stopped)?;
        answer.await.unwrap_or(Err(CredentialError::Stopped))
    }
}
