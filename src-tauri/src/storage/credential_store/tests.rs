//! The persister with a real engine: without a keyring, and with GNOME's in a D-Bus session of its own. A test
//! that needs such a session runs this program once more inside it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::media::{FrameSink, VideoFrame};
use bellwire_engine::{Engine, EngineConfig, Screens, StoredSession};
use serde_json::json;
use tokio::task::JoinHandle;

use super::keyring::{self, Keyring};
use super::secret_store::{KeyringState, SecretStore};
use super::{CredentialError, CredentialPersister, Credentials, PersisterParts};
use crate::shell_state::{DesktopView, SecretPlace, SecretProblem, ShellState};
use crate::storage::paths::Paths;
use crate::storage::settings::{Managed, SettingsStore};

/// Longer than anything takes on a slow machine.
const KEYRING_TIMEOUT: Duration = Duration::from_secs(60);
const TOKEN: &str = "tok-3fe9a1c07b5d4e62";
const PASSPHRASE: &str = "correct horse battery";

struct Dark;

impl FrameSink for Dark {
    fn frame(&self, _: VideoFrame) {}
}

/// The program without windows, from its start to its end.
struct Program {
    engine: Engine,
    secrets: Credentials,
    shell_state: Arc<ShellState>,
    keeping: JoinHandle<()>,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let config = EngineConfig {
            microphone: "none".into(),
            speaker: "none".into(),
            camera: "none".into(),
            tones: false,
            ..EngineConfig::default()
        };
        let (engine, _) = Engine::start(config, Screens::of_two(Arc::new(Dark), Arc::new(Dark)));
        let shell_state = Arc::new(ShellState::default());
        let (persister, secrets) = CredentialPersister::new(PersisterParts {
            engine: engine.handle.clone(),
            shell_state: Arc::clone(&shell_state),
            settings: SettingsStore::open(None, Managed::default()),
            paths: paths(folder),
        });
        Self { engine, secrets, shell_state, keeping: tokio::spawn(persister.run()) }
    }

    async fn end(self) {
        self.engine.stop().await;
        tokio::time::timeout(KEYRING_TIMEOUT, self.keeping).await.unwrap().unwrap();
    }

    async fn until(&self, what: &str, wanted: impl Fn(&DesktopView) -> bool) {
        let mut view = self.shell_state.subscribe();
        let seen = tokio::time::timeout(KEYRING_TIMEOUT, view.wait_for(|view| wanted(view))).await;
        assert!(seen.is_ok(), "{what}: {:?}", self.shell_state.current());
    }

    async fn has_account(&self) {
        let mut view = self.engine.handle.view();
        let seen =
            tokio::time::timeout(KEYRING_TIMEOUT, view.wait_for(|view| view.accounts.len() == 1)).await;
        assert!(seen.is_ok(), "no account: {:?}", self.shell_state.current());
    }
}

fn paths(folder: &Path) -> Paths {
    Paths::new(Some(folder), None)
}

/// No server listens there: the account stays offline, which is enough here.
fn stored_session() -> StoredSession {
    let secret = json!({
        "version": 1,
        "typed": { "server": "calls.example", "dialect": "storefront", "email": "ada@calls.example", "role": "seller" },
        "backend": { "rest": "http://127.0.0.1:9/api/v2", "socket": "http://127.0.0.1:9/", "socket_path": "/socket.io/" },
        "identity": {
            "dialect": "storefront",
            "person": { "id": "7", "name": "Ada", "avatar": null },
            "role": "seller",
            "token": TOKEN,
            "cookie": null,
        },
    });
    StoredSession::from_secret(&secret.to_string()).unwrap()
}

/// Waits until the list on the disk is as wanted.
async fn listed(folder: &Path, wanted: impl Fn(&str) -> bool) {
    let file = paths(folder).accounts().unwrap();
    let waited = tokio::time::timeout(KEYRING_TIMEOUT, async {
        while !wanted(&std::fs::read_to_string(&file).unwrap_or_default()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", std::fs::read_to_string(&file));
}

fn no_token_below(folder: &Path) {
    let mut files = vec![folder.to_owned()];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes()), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "nothing was written");
}

/// Runs the ignored test of that name with a keyring, or with none.
fn inside(name: &str, session: &str) {
    let home = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let run = format!(
        "exec '{}' --exact storage::credential_store::tests::{name} --ignored --nocapture",
        program.display()
    );
    let mut command = match session {
        "none" => {
            let mut command = Command::new("sh");
            command.args(["-c", &run]).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
            command
        }
        _ => {
            let mut command = Command::new("dbus-run-session");
            let unlock = "printf testpw | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
            command.args(["--", "sh", "-c", &format!("{unlock} && {run}")]);
            command
        }
    };
    let runtime = home.path().join("runtime");
    std::fs::create_dir(&runtime).unwrap();
    let result = command
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_DATA_HOME", home.path().join("share"))
        .env("BELLWIRE_TEST_HOME", home.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&result.stdout), String::from_utf8_lossy(&result.stderr));
    assert!(result.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

fn inner_folder() -> PathBuf {
    PathBuf::from(std::env::var_os("BELLWIRE_TEST_HOME").unwrap()).join("bellwire")
}

#[test]
fn accounts_come_back_from_the_keyring_and_go_when_signed_out() {
    inside("in_keyring", "gnome");
}

#[test]
fn a_locked_keyring_is_told_and_used_once_it_is_unlocked() {
    inside("in_locked_keyring", "gnome");
}

#[test]
fn without_a_keyring_a_file_under_a_passphrase_does() {
    inside("without_keyring", "none");
}

#[test]
fn what_is_kept_moves_from_place_to_place() {
    inside("moving", "gnome");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside a session of its own"]
async fn in_keyring() {
    let folder = inner_folder();
    assert_eq!(keyring::look().await, KeyringState::Perhaps);
    let program = Program::start(&folder);
    program.until("the keyring", |view| view.secrets.store == SecretPlace::Keyring).await;
    program.engine.handle.resume(stored_session()).await.unwrap();
    let key = stored_session().key();
    listed(&folder, |list| list.contains(&key)).await;
    program.end().await;
    let service = paths(&folder).keyring_service();
    let read = |service: String, key: String| {
        tokio::task::spawn_blocking(move || Keyring::open(&service).unwrap().read(&key).unwrap())
    };
    let secret = read(service.clone(), key.clone()).await.unwrap().unwrap();
    assert_eq!(StoredSession::from_secret(&secret), Ok(stored_session()));
    no_token_below(&folder);

    let program = Program::start(&folder);
    program.has_account().await;
    program.until("nothing on its way", |view| view.restoring.is_empty()).await;
    assert_eq!(program.engine.handle.stored_sessions().borrow().values().next(), Some(&stored_session()));
    let account = program.engine.handle.view().borrow().accounts[0].id;
    program.engine.handle.sign_out(account).await;
    listed(&folder, |list| !list.contains(&key)).await;
    program.end().await;
    assert_eq!(read(service, key).await.unwrap(), None);
}

fn lock() {
    let done = Command::new("dbus-send")
        .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
        .args([
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside a session of its own"]
async fn in_locked_keyring() {
    let folder = inner_folder();
    let program = Program::start(&folder);
    program.until("the keyring", |view| view.secrets.store == SecretPlace::Keyring).await;
    program.engine.handle.resume(stored_session()).await.unwrap();
    listed(&folder, |list| list.contains("calls.example")).await;
    program.end().await;

    lock();
    assert_eq!(keyring::look().await, KeyringState::Locked);
    let program = Program::start(&folder);
    program.until("the lock", |view| view.secrets.problem == SecretProblem::Locked).await;
    program
        .until(
            "the account that waits",
            |view| matches!(&view.restoring[..], [one] if one.failed.as_deref() == Some("secrets_locked")),
        )
        .await;
    assert_eq!(program.shell_state.current().secrets.store, SecretPlace::Session);
    assert!(program.engine.handle.view().borrow().accounts.is_empty());

    let unlock = "printf testpw | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null";
    assert!(Command::new("sh").args(["-c", unlock]).status().unwrap().success());
    program.has_account().await;
    program.until("the keyring", |view| view.secrets.problem == SecretProblem::None).await;
    assert_eq!(program.shell_state.current().secrets.store, SecretPlace::Keyring);
    program.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs without any session"]
async fn without_keyring() {
    let folder = inner_folder();
    let program = Program::start(&folder);
    program.until("that there is none", |view| view.secrets.problem == SecretProblem::Missing).await;
    assert_eq!(program.shell_state.current().secrets.store, SecretPlace::Session);
    program.engine.handle.resume(stored_session()).await.unwrap();
    let short = program.secrets.use_place(SecretPlace::File, Some("short".into())).await;
    assert!(matches!(short, Err(CredentialError::PassphraseShort)), "{short:?}");
    program.secrets.use_place(SecretPlace::File, Some(PASSPHRASE.into())).await.unwrap();
    let secrets = program.shell_state.current().secrets;
    assert_eq!((secrets.store, secrets.problem), (SecretPlace::File, SecretProblem::None));
    program.end().await;
    no_token_below(&folder);

    let program = Program::start(&folder);
    program.until("the lock", |view| view.secrets.problem == SecretProblem::Locked).await;
    let wrong = program.secrets.unlock("wrong horse".into()).await;
    assert!(matches!(wrong, Err(CredentialError::WrongPassphrase)), "{wrong:?}");
    program.until("what was wrong", |view| view.secrets.problem == SecretProblem::WrongPassphrase).await;
    assert!(program.engine.handle.view().borrow().accounts.is_empty());
    program.secrets.unlock(PASSPHRASE.into()).await.unwrap();
    program.has_account().await;
    program.secrets.use_place(SecretPlace::Session, None).await.unwrap();
    assert!(!paths(&folder).secrets().unwrap().exists());
    program.end().await;

    let program = Program::start(&folder);
    program.until("the choice", |view| view.secrets.problem == SecretProblem::None).await;
    program.end().await;
    listed(&folder, |list| !list.contains("calls.example")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside a session of its own"]
async fn moving() {
    let folder = inner_folder();
    let program = Program::start(&folder);
    program.until("the keyring", |view| view.secrets.store == SecretPlace::Keyring).await;
    program.engine.handle.resume(stored_session()).await.unwrap();
    listed(&folder, |list| list.contains("calls.example")).await;
    program.secrets.use_place(SecretPlace::File, Some(PASSPHRASE.into())).await.unwrap();
    program.end().await;
    let (service, key) = (paths(&folder).keyring_service(), stored_session().key());
    let left = tokio::task::spawn_blocking(move || Keyring::open(&service).unwrap().read(&key).unwrap());
    assert_eq!(left.await.unwrap(), None);

    let program = Program::start(&folder);
    program.until("the file", |view| view.secrets.store == SecretPlace::File).await;
    let locked = program.secrets.use_place(SecretPlace::Keyring, None).await;
    assert!(matches!(locked, Err(CredentialError::Locked)), "{locked:?}");
    program.secrets.unlock(PASSPHRASE.into()).await.unwrap();
    program.secrets.use_place(SecretPlace::Keyring, None).await.unwrap();
    assert!(!paths(&folder).secrets().unwrap().exists());
    program.end().await;

    let program = Program::start(&folder);
    program.has_account().await;
    program.until("the keyring", |view| view.secrets.store == SecretPlace::Keyring).await;
    program.end().await;
}
