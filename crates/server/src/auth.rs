//! Session tokens. Permissions are decided elsewhere.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::store::{Pools, StoreError};

/// What is signed: a backend's own claims (which must not have these four names) and the usual ones.
#[derive(Serialize, Deserialize)]
struct Signed<C> {
    #[serde(flatten)]
    claims: C,
    jti: String,
    /// Seconds since 1970.
    iat: i64,
    /// The same in milliseconds: who signs in right after a change of the password has a new session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat_ms: Option<i64>,
    /// Seconds since 1970.
    exp: i64,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session<C> {
    pub(crate) claims: C,
    pub(crate) jti: String,
    pub(crate) issued: Millis,
    pub(crate) expires: Millis,
}

/// Claims that name an account.
pub(crate) trait Owned {
    /// The account's table and id, which no other account of any backend has.
    fn account(&self) -> String;
}

/// Makes and reads session tokens (JWT, HS256) of one purpose.
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
    /// Each purpose has a key of its own: claims of two backends may look alike.
    pub(crate) fn new(secret: &str, purpose: &str, ttl: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        let key = format!("{purpose} {secret}");
        Self {
            encoding: EncodingKey::from_secret(key.as_bytes()),
            decoding: DecodingKey::from_secret(key.as_bytes()),
            validation,
            ttl,
        }
    }

    pub(crate) fn ttl(&self) -> Duration {
        self.ttl
    }

    /// `None` only for claims that cannot be written as a JSON object.
    pub(crate) fn issue<C: Serialize>(&self, claims: &C, now: Millis) -> Option<String> {
        let signed = Signed {
            claims,
            jti: format!("{:032x}", rand::random::<u128>()),
            iat: now.seconds(),
            iat_ms: Some(now.0),
            exp: now.plus(self.ttl).seconds(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &signed, &self.encoding).ok()
    }

    /// `None` for everything that is not a token of ours that is still good. Whether it was given back is
    /// in [`Revoked`].
    pub(crate) fn read<C: DeserializeOwned>(&self, token: &str) -> Option<Session<C>> {
        let signed = jsonwebtoken::decode::<Signed<C>>(token, &self.decoding, &self.validation).ok()?.claims;
        let expires = Millis::from_seconds(signed.exp);
        // The decoder lets a token live through its last second; a running socket does not.
        let issued = signed.iat_ms.map_or(Millis::from_seconds(signed.iat), Millis);
        let session = Session { claims: signed.claims, jti: signed.jti, issued, expires };
        (expires > Millis::now()).then_some(session)
    }
}

/// Tokens that were given back before their time: kept in the database until they would have expired.
/// One that cannot be written (the disk is full) is over in this process all the same, and written later.
#[derive(Clone, Debug)]
pub(crate) struct Revoked {
    pools: Pools,
    unwritten: Arc<Mutex<BTreeMap<String, Millis>>>,
}

/// How many may wait to be written.
const MAX_UNWRITTEN: usize = 10_000;

impl Revoked {
    pub(crate) fn new(pools: Pools) -> Self {
        Self { pools, unwritten: Arc::default() }
    }

    /// # Errors
    /// It could not be written, and may be good again after a restart of the server.
    pub(crate) async fn add<C: Sync>(&self, session: &Session<C>) -> Result<(), StoreError> {
        self.end(&session.jti, session.expires).await
    }

    /// The same for a name that several tokens share.
    pub(crate) async fn end(&self, name: &str, expires: Millis) -> Result<(), StoreError> {
        let written = self.write(name, expires).await;
        if written.is_err() {
            let mut unwritten = self.unwritten();
            if unwritten.len() < MAX_UNWRITTEN {
                unwritten.insert(name.to_owned(), expires);
            }
        }
        written
    }

    pub(crate) async fn contains<C: Owned + Sync>(&self, session: &Session<C>) -> Result<bool, StoreError> {
        self.ended(&session.jti, session).await
    }

    /// Whether [`Revoked::end`] was called for that name, or all sessions of its account were ended.
    pub(crate) async fn ended<C: Owned + Sync>(
        &self,
        name: &str,
        session: &Session<C>,
    ) -> Result<bool, StoreError> {
        if self.unwritten().contains_key(name) {
            return Ok(true);
        }
        let found: i64 = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE jti = $1) \
             OR EXISTS (SELECT 1 FROM ended_accounts WHERE account = $2 AND before >= $3)",
        )
        .bind(name)
        .bind(session.claims.account())
        .bind(session.issued.0)
        .fetch_one(&self.pools.read)
        .await?;
        Ok(found != 0)
    }

    /// The accounts whose sessions were ended after the change of that number, or since that moment: number,
    /// account, and until when a session had to begin to be over.
    pub(crate) async fn accounts_ended(
        &self,
        after: i64,
        since: Millis,
    ) -> Result<Vec<(i64, String, Millis)>, StoreError> {
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT number, account, before FROM ended_accounts WHERE number IN \
             (SELECT number FROM ended_accounts WHERE number > $1 UNION ALL \
             SELECT number FROM ended_accounts WHERE before > $2) ORDER BY number",
        )
        .bind(after)
        .bind(since.0)
        .fetch_all(&self.pools.read)
        .await?;
        Ok(rows.into_iter().map(|(number, account, before)| (number, account, Millis(before))).collect())
    }

    /// Writes what could not be written, and forgets tokens that have expired.
    pub(crate) async fn sweep(&self, now: Millis) -> Result<(), StoreError> {
        let unwritten = self.unwritten().clone();
        for (name, expires) in unwritten {
            if expires > now {
                self.write(&name, expires).await?;
            }
            self.unwritten().remove(&name);
        }
        sqlx::query("DELETE FROM revoked_tokens WHERE expires <= $1")
            .bind(now.0)
            .execute(&self.pools.write)
            .await?;
        Ok(())
    }

    async fn write(&self, name: &str, expires: Millis) -> Result<(), StoreError> {
        sqlx::query("INSERT OR IGNORE INTO revoked_tokens (jti, expires) VALUES ($1, $2)")
            .bind(name)
            .bind(expires.0)
            .execute(&self.pools.write)
            .await?;
        Ok(())
    }

    fn unwritten(&self) -> MutexGuard<'_, BTreeMap<String, Millis>> {
        // Whole at every moment.
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Claims {
        id: String,
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_for_its_secret_and_purpose_only() {
        let minute = Duration::from_secs(60);
        let tokens = Tokens::new("one secret", "a", minute);
        let claims = Claims { id: "abc".to_owned() };
        let token = tokens.issue(&claims, Millis::now()).expect("a token");
        let stale = tokens.issue(&claims, Millis(0)).expect("a token");

        assert_eq!(tokens.read::<Claims>(&token).expect("a session").claims, claims);
        assert_eq!(tokens.read::<Claims>(&stale), None);
        assert_eq!(Tokens::new("another", "a", minute).read::<Claims>(&token), None);
        assert_eq!(Tokens::new("one secret", "b", minute).read::<Claims>(&token), None);
        assert_eq!(tokens.read::<Claims>("not.a.token"), None);
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
