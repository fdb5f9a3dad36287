//! The call history in the window: missed, called back, exported, deleted.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use bellwire_tests_calls::accounts::DEALERDESK;
use bellwire_tests_calls::{Setup, TestClient};
use bellwire_tests_desktop::{CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, until};

/// A file manager that records which files it was asked to show.
#[derive(Debug, Default)]
struct FileManager {
    shown: Arc<Mutex<Vec<String>>>,
}

#[zbus::interface(name = "org.freedesktop.FileManager1")]
impl FileManager {
    fn show_items(&self, addresses: Vec<String>, _start_up: &str) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).extend(addresses);
    }
}

impl FileManager {
    /// On the session's bus for as long as the connection lives.
    async fn start(session: &Session) -> anyhow::Result<(zbus::Connection, Arc<Mutex<Vec<String>>>)> {
        let manager = Self::default();
        let shown = Arc::clone(&manager.shown);
        let connection = session.connect().await?;
        connection.object_server().at("/org/freedesktop/FileManager1", manager).await?;
        connection.request_name("org.freedesktop.FileManager1").await?;
        Ok((connection, shown))
    }
}

async fn rows(phone: &Phone) -> anyhow::Result<usize> {
    let script = "return document.querySelectorAll('[data-testid=\"history-row\"]').length";
    let count = phone.script(script).await?.as_u64().context("a number")?;
    Ok(usize::try_from(count)?)
}

async fn row_count(phone: &Phone, wanted: usize) -> anyhow::Result<()> {
    until(format!("there are {wanted} calls"), async || Ok((rows(phone).await? == wanted).then_some(())))
        .await
}

/// What was saved under home's downloads, by name.
fn saved(session: &Session) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(session.folder().join("home/Downloads"))? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_seen_called_back_saved_and_deleted() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let (_bus, shown) = FileManager::start(&session).await?;
    let phone = Phone::start(&session, Launch::signed_in(&world, "seller", SELLER)).await?;
    phone.enter("main", "people-tab").await?;
    let customer = TestClient::customer(&world, CUSTOMER).await?;
    phone.find("contact-row").await?;

    // A caller gives up.
    let seller = phone.invoke("snapshot", serde_json::json!({})).await?;
    let seller = serde_json::from_value(seller["accounts"][0]["me"].clone())?;
    let call = customer.dial_person(seller, None).await?;
    phone.enter("ring", "ring-accept").await?;
    customer.engine().hang_up(call).await;
    phone.enter("main", "history-tab").await?;
    phone.says("history-tab", "1").await?;
    screen.keep("history-badge")?;
    phone.click("history-tab").await?;
    phone.says("history-row", "Amira").await?;
    ensure!(phone.attribute("history-row", "data-outcome").await?.as_deref() == Some("missed"));
    phone.gone("badge").await?;
    let before = rows(&phone).await?;

    // Calling back.
    phone.click("history-call").await?;
    let ring = customer.ringing().await?;
    customer.engine().decline(ring.id).await;
    phone.click("ended-close").await?;
    row_count(&phone, before + 1).await?;

    // Saved twice, and shown where it is.
    for files in 1..=2 {
        phone.click("history-export").await?;
        phone.click("history-export-csv").await?;
        let folder = session.folder().join("home/Downloads");
        until("the file is there", async || {
            Ok((folder.exists() && saved(&session)?.len() == files).then_some(()))
        })
        .await?;
    }
    let files = saved(&session)?;
    let text = std::fs::read_to_string(&files[0])?;
    ensure!(text.starts_with("\u{feff}id,started_at,"), "{text}");
    ensure!(text.lines().count() > before && text.contains("Amira"), "{text}");
    screen.keep("history-exported")?;
    phone.click("toast-action").await?;
    let asked = until("the file manager is asked", async || {
        Ok(shown.lock().unwrap_or_else(PoisonError::into_inner).first().cloned())
    })
    .await?;
    ensure!(files.iter().any(|file| asked == format!("file://{}", file.display())), "{asked} of {files:?}");
    let foreign = phone.invoke("show_exported", serde_json::json!({ "path": "/etc/passwd" })).await;
    ensure!(
        foreign.is_err_and(|error| format!("{error:#}").contains("not_shown")),
        "a foreign file was shown"
    );

    // Deleted by keyboard, brought back, deleted for good.
    let delete = "const row = document.querySelector('[data-testid=\"history-open\"]'); row.focus(); \
                  row.dispatchEvent(new KeyboardEvent('keydown', { key: 'Delete', bubbles: true }))";
    phone.script(delete).await?;
    phone.click("history-undo").await?;
    phone.gone("history-undo").await?;
    row_count(&phone, before + 1).await?;
    phone.script(delete).await?;
    phone.find("history-undo").await?;
    phone.click("people-tab").await?;
    phone.click("history-tab").await?;
    row_count(&phone, before).await?;

    phone.click("history-figures").await?;
    phone.find("figures-total").await?;
    screen.keep("figures")?;
    phone.stop().await;
    customer.leave().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_declined_with_a_message_from_the_answer_window() -> anyhow::Result<()> {
    const REPLY: &str = "I’ll call you back";
    // On a busy machine a window takes longer than a ring.
    let world = TestServer::ringing_for(std::time::Duration::from_secs(300)).await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let dealer = DEALERDESK.callee;
    let launch =
        Launch::signed_in(&world, dealer.role, dealer.email).args(&["--dialect", DEALERDESK.dialect]);
    let phone = Phone::start(&session, launch).await?;
    phone.enter("main", "room-row").await?;
    let technician = TestClient::of(&world, DEALERDESK.dialect, DEALERDESK.caller, Setup::default()).await?;
    let me = phone.invoke("snapshot", serde_json::json!({})).await?;
    let me = serde_json::from_value(me["accounts"][0]["me"].clone())?;
    screen.look_elsewhere().await?;
    technician.call_person(&me, DEALERDESK.kinds[0]).await?;

    phone.enter("ring", "reply-open").await?;
    phone.click("reply-open").await?;
    phone.says("reply-menu", REPLY).await?;
    screen.keep("ring-reply")?;
    phone.click("reply").await?;
    technician.ended().await?;
    phone.enter("main", "room-row").await?;
    phone.says("room-row", REPLY).await?;
    let heard = technician.until("the message", |view| {
        let contacts = view.accounts.iter().flat_map(|account| &account.contacts);
        let mut last = contacts.filter_map(|line| line.last_message.as_ref());
        last.any(|words| words.text == REPLY && !words.from_me)
    });
    heard.await?;
    phone.stop().await;
    technician.leave().await;
    Ok(())
}
