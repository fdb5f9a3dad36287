//! Session tokens and passwords. Who may do what is decided elsewhere.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use bellwire_dialects::storefront::wire::UserType;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::clock::Millis;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    id: String,
    role: UserType,
    /// Seconds since 1970.
    exp: i64,
}

/// Whom a valid token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) role: UserType,
    pub(crate) expires: Millis,
}

/// Makes and reads session tokens (JWT, HS256).
pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    ttl: Duration,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn new(secret: &str, ttl: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(secret.as_bytes()),
            decoding: DecodingKey::from_secret(secret.as_bytes()),
            validation,
            ttl,
        }
    }

    pub(crate) fn ttl(&self) -> Duration {
        self.ttl
    }

    pub(crate) fn issue(&self, id: &str, role: UserType, now: Millis) -> Option<String> {
        let claims = Claims { id: id.to_owned(), role, exp: now.plus(self.ttl).seconds() };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).ok()
    }

    /// `None` for everything that is not a token of ours that is still good.
    pub(crate) fn read(&self, token: &str) -> Option<Identity> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        let expires = Millis::from_seconds(claims.exp);
        // The decoder lets a token live through its last second; a running socket does not.
        (expires > Millis::now()).then_some(Identity { id: claims.id, role: claims.role, expires })
    }
}

/// Hashes passwords (argon2id) on blocking threads, few at a time: each takes 19 MiB and a core.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Compared with when there is no account, so that the answer takes as long.
    decoy: Arc<str>,
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("password could not be hashed")]
pub struct HashError;

impl Passwords {
    pub(crate) async fn new() -> Result<Self, HashError> {
        let mut passwords = Self { turns: Arc::new(Semaphore::new(2)), decoy: Arc::from("") };
        passwords.decoy = passwords.hash("").await?.into();
        Ok(passwords)
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String, HashError> {
        let _turn = self.turns.acquire().await.map_err(|_| HashError)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        })
        .await
        .map_err(|_| HashError)?
        .map_err(|_| HashError)
    }

    /// Whether the password belongs to the hash; takes as long without one, and is then false.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> bool {
        let Ok(_turn) = self.turns.acquire().await else { return false };
        let known = hash.is_some();
        let (password, hash) = (password.to_owned(), hash.unwrap_or(&self.decoy).to_owned());
        let verified = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await;
        known && verified.unwrap_or(false)
    }
}

/// 256 random bits as text.
pub(crate) fn random_secret() -> String {
    rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The secret kept in a file; made, for the owner's eyes only, when there is none.
pub(crate) fn kept_secret(path: &Path) -> std::io::Result<String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let secret = random_secret();
            file.write_all(secret.as_bytes())?;
            file.sync_all()?;
            Ok(secret)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut secret = String::new();
            OpenOptions::new().read(true).open(path)?.read_to_string(&mut secret)?;
            let secret = secret.trim().to_owned();
            if secret.len() < 32 {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the secret is too short"));
            }
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_owner_until_it_expires_and_only_with_the_same_secret() {
        let tokens = Tokens::new("one secret", Duration::from_secs(60));
        let token = tokens.issue("abc", UserType::Seller, Millis::now()).expect("a token");
        let stale = tokens.issue("abc", UserType::Seller, Millis(0)).expect("a token");

        let read = tokens.read(&token).expect("an identity");
        assert_eq!((read.id.as_str(), read.role), ("abc", UserType::Seller));
        assert_eq!(tokens.read(&stale), None);
        assert_eq!(Tokens::new("another", Duration::from_secs(60)).read(&token), None);
        assert_eq!(tokens.read("not.a.token"), None);
    }

    #[test]
    fn a_kept_secret_stays_the_same_and_is_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");

        let secret = kept_secret(&path).expect("a secret");

        assert_eq!(kept_secret(&path).expect("a secret"), secret);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
