//! The encrypted file of credentials: `Argon2id` derives a key from the passphrase, `XChaCha20-Poly1305` encrypts.
//!
//! ```text
//! "bellwire"  version  memory KiB  passes  lanes   salt   nonce   ciphertext    checksum
//!     8          1        4 LE      4 LE    4 LE     16     24        n+16          8 LE
//! ```
//! The checksum protects nothing; it only distinguishes a damaged file from a wrong passphrase.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::RngCore;

use super::secret_store::{CredentialError, MIN_PASSPHRASE_CHARS, SecretStore};
use crate::storage::atomic_file;

/// Bytes of a passphrase.
const MAX_PASSPHRASE_BYTES: usize = 1024;
/// Bytes of the file.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
const MAGIC: &[u8; 8] = b"bellwire";
const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = MAGIC.len() + 1 + 3 * 4 + SALT_BYTES + NONCE_BYTES;
const CHECKSUM_BYTES: usize = 8;
/// A file may not ask for more than that: KiB, passes, lanes.
const MAX_COST: Cost = Cost { memory: 1024 * 1024, passes: 16, lanes: 8 };

/// How hard guessing a passphrase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// About a quarter of a second on a small machine.
pub(super) const COST: Cost = Cost { memory: 64 * 1024, passes: 3, lanes: 1 };

/// A file that is unlocked.
pub(super) struct EncryptedFile {
    path: PathBuf,
    cost: Cost,
    salt: [u8; SALT_BYTES],
    cipher: XChaCha20Poly1305,
    kept: Mutex<BTreeMap<String, String>>,
}

impl EncryptedFile {
    /// Makes the file anew, with nothing in it.
    pub(super) fn create(path: &Path, passphrase: &str, cost: Cost) -> Result<Self, CredentialError> {
        if passphrase.chars().count() < MIN_PASSPHRASE_CHARS || passphrase.len() > MAX_PASSPHRASE_BYTES {
            return Err(CredentialError::PassphraseShort);
        }
        let salt = random();
        let cipher = cipher(passphrase, &salt, cost)?;
        let sealed = Self { path: path.to_owned(), cost, salt, cipher, kept: Mutex::default() };
        sealed.store(&BTreeMap::new())?;
        Ok(sealed)
    }

    /// Opens a file that is there.
    pub(super) fn open(path: &Path, passphrase: &str) -> Result<Self, CredentialError> {
        let bytes = atomic_file::read(path, MAX_FILE_BYTES)?.ok_or(CredentialError::Gone)?;
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(CredentialError::Damaged)?;
        if checksum(body) != u64::from_le_bytes(*sum) {
            return Err(CredentialError::Damaged);
        }
        let (header, sealed) = body.split_at_checked(HEADER_BYTES).ok_or(CredentialError::Damaged)?;
        let Header { cost, salt, nonce } = Header::read(header).ok_or(CredentialError::Damaged)?;
        if passphrase.len() > MAX_PASSPHRASE_BYTES {
            return Err(CredentialError::WrongPassphrase);
        }
        let cipher = cipher(passphrase, &salt, cost)?;
        let open = cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: header });
        let open = open.map_err(|_| CredentialError::WrongPassphrase)?;
        let kept = serde_json::from_slice(&open).map_err(|_| CredentialError::Damaged)?;
        Ok(Self { path: path.to_owned(), cost, salt, cipher, kept: Mutex::new(kept) })
    }

    fn store(&self, kept: &BTreeMap<String, String>) -> Result<(), CredentialError> {
        let nonce: [u8; NONCE_BYTES] = random();
        let header = Header { cost: self.cost, salt: self.salt, nonce }.write();
        let text = serde_json::to_vec(kept).map_err(std::io::Error::other)?;
        let payload = Payload { msg: &text, aad: &header };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| too_much())?;
        let mut bytes = header;
        bytes.extend(sealed);
        bytes.extend(checksum(&bytes).to_le_bytes());
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(too_much());
        }
        Ok(atomic_file::write(&self.path, &bytes)?)
    }

    /// Changes what is kept once the file has it.
    fn change(&self, edit: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<(), CredentialError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = kept.clone();
        edit(&mut new);
        if new != *kept {
            self.store(&new)?;
            *kept = new;
        }
        Ok(())
    }
}

impl SecretStore for EncryptedFile {
    fn read(&self, name: &str) -> Result<Option<String>, CredentialError> {
        Ok(self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    fn write(&self, name: &str, secret: &str) -> Result<(), CredentialError> {
        self.change(|kept| drop(kept.insert(name.to_owned(), secret.to_owned())))
    }

    fn forget(&self, name: &str) -> Result<(), CredentialError> {
        self.change(|kept| drop(kept.remove(name)))
    }
}

struct Header {
    cost: Cost,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
}

impl Header {
    fn write(&self) -> Vec<u8> {
        let Cost { memory, passes, lanes } = self.cost;
        let numbers = [memory, passes, lanes].map(u32::to_le_bytes).concat();
        [&MAGIC[..], &[VERSION], &numbers, &self.salt, &self.nonce].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
        let (memory, rest) = rest.split_first_chunk()?;
        let (passes, rest) = rest.split_first_chunk()?;
        let (lanes, rest) = rest.split_first_chunk()?;
        let [memory, passes, lanes] = [memory, passes, lanes].map(|number| u32::from_le_bytes(*number));
        let (salt, rest) = rest.split_first_chunk()?;
        let nonce = rest.try_into().ok()?;
        let cost = Cost { memory, passes, lanes };
        let bounded = memory <= MAX_COST.memory && passes <= MAX_COST.passes && lanes <= MAX_COST.lanes;
        bounded.then_some(Self { cost, salt: *salt, nonce })
    }
}

fn cipher(passphrase: &str, salt: &[u8], cost: Cost) -> Result<XChaCha20Poly1305, CredentialError> {
    // Costs that cannot be were not written by this program.
    let parameters =
        Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(|_| CredentialError::Damaged)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| CredentialError::Damaged)?;
    Ok(XChaCha20Poly1305::new(&Key::from(key)))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// 64 bit FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn too_much() -> CredentialError {
    CredentialError::File(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "too much to keep"))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const QUICK: Cost = Cost { memory: 64, passes: 1, lanes: 1 };
    const PASSPHRASE: &str = "correct horse";

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/secrets.bellwire");
        (folder, path)
    }

    #[test]
    fn what_is_sealed_comes_back_with_the_passphrase_alone() {
        let (_folder, path) = file();
        let sealed = EncryptedFile::create(&path, PASSPHRASE, QUICK).unwrap();
        sealed.write("a", "token-of-a").unwrap();
        sealed.write("b", "token-of-b").unwrap();
        sealed.forget("b").unwrap();
        sealed.forget("c").unwrap();
        let again = EncryptedFile::open(&path, PASSPHRASE).unwrap();
        assert_eq!(again.read("a").unwrap().as_deref(), Some("token-of-a"));
        assert_eq!(again.read("b").unwrap(), None);
        assert!(matches!(EncryptedFile::open(&path, "Correct horse"), Err(CredentialError::WrongPassphrase)));
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"token-of"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn every_damaged_byte_is_told_from_a_wrong_passphrase() {
        let (_folder, path) = file();
        EncryptedFile::create(&path, PASSPHRASE, QUICK).unwrap().write("a", "token").unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            std::fs::write(&path, &bytes).unwrap();
            assert!(
                matches!(EncryptedFile::open(&path, PASSPHRASE), Err(CredentialError::Damaged)),
                "byte {at}"
            );
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(
                matches!(EncryptedFile::open(&path, PASSPHRASE), Err(CredentialError::Damaged)),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn a_file_cannot_ask_for_all_memory() {
        let (_folder, path) = file();
        EncryptedFile::create(&path, PASSPHRASE, QUICK).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - CHECKSUM_BYTES);
        bytes[9..13].copy_from_slice(&u32::MAX.to_le_bytes());
        let sum = checksum(&bytes);
        bytes.extend(sum.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(EncryptedFile::open(&path, PASSPHRASE), Err(CredentialError::Damaged)));
    }

    #[test]
    fn short_passphrases_are_refused_and_write_nothing() {
        let (_folder, path) = file();
        assert!(matches!(
            EncryptedFile::create(&path, "short", QUICK),
            Err(CredentialError::PassphraseShort)
        ));
        assert!(!path.exists());
        assert!(matches!(EncryptedFile::open(&path, PASSPHRASE), Err(CredentialError::Gone)));
    }

    #[test]
    fn the_cost_of_real_files_is_one_that_can_be() {
        let (_folder, path) = file();
        EncryptedFile::create(&path, PASSPHRASE, COST).unwrap();
        assert!(EncryptedFile::open(&path, PASSPHRASE).is_ok());
    }
}
