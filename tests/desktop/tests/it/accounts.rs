//! Accounts across restarts: the keyring, a file encrypted with a passphrase, signing out, and what is left on
//! the disk.

use std::collections::HashMap;

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{
    CUSTOMER, Launch, PASSWORD, Phone, Running, SELLER, Screen, Session, TestServer, until,
};
use serde_json::{Value, json};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value as Variant};

const PASSPHRASE: &str = "correct horse battery";
const SERVICE: &str = "org.freedesktop.secrets";

/// GNOME's keyring, unlocked, on the session's bus.
async fn keyring(session: &Session) -> anyhow::Result<Running> {
    let mut command = session.command("sh");
    command
        .args(["-c", "printf testpw | exec gnome-keyring-daemon --foreground --unlock --components=secrets"]);
    let keyring = session.spawn("keyring", command)?;
    session.service(SERVICE).await?;
    Ok(keyring)
}

/// Every secret in the keyring, as any program of the session may read them.
async fn secrets(session: &Session) -> anyhow::Result<Vec<String>> {
    type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);
    let bus = session.connect().await?;
    let service =
        zbus::Proxy::new(&bus, SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").await?;
    let (_, own): (OwnedValue, OwnedObjectPath) =
        service.call("OpenSession", &("plain", Variant::from(""))).await?;
    let (items, _): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        service.call("SearchItems", &(HashMap::<&str, &str>::new(),)).await?;
    let secrets: HashMap<OwnedObjectPath, Secret> = service.call("GetSecrets", &(items, own)).await?;
    Ok(secrets.into_values().map(|(_, _, bytes, _)| String::from_utf8_lossy(&bytes).into_owned()).collect())
}

async fn secrets_view(phone: &Phone) -> anyhow::Result<Value> {
    Ok(phone.invoke("desktop", json!({})).await?["secrets"].clone())
}

/// Waits until tokens are kept there and nothing is wrong with it.
async fn kept_in(phone: &Phone, place: &str) -> anyhow::Result<()> {
    until(format!("accounts are kept in {place}"), async || {
        let secrets = secrets_view(phone).await?;
        Ok((secrets["store"] == place && secrets["problem"] == "none").then_some(()))
    })
    .await
}

/// As the tray's "Quit" ends it.
async fn quit(phone: Phone) -> anyhow::Result<()> {
    // The answer may get lost with the program.
    let _ = phone.invoke("quit", json!({})).await;
    phone.ended().await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_comes_back_from_the_keyring_and_is_gone_when_signed_out() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let keyring = keyring(&session).await?;
    let phone = Phone::start(&session, Launch::asking(&world, "seller", SELLER)).await?;
    phone.enter("main", "signin-submit").await?;
    phone.sign_in().await?;
    phone.find("people-tab").await?;
    kept_in(&phone, "keyring").await?;
    let secret = until("the account is in the keyring", async || {
        Ok(secrets(&session).await?.into_iter().find(|secret| secret.contains("\"identity\"")))
    })
    .await?;
    let secret: Value = serde_json::from_str(&secret)?;
    let token = secret["identity"]["token"].as_str().context("no token")?.to_owned();
    ensure!(token.len() > 8, "not much of a token");

    let support = phone.invoke("support_text", json!({})).await?;
    let support = support.as_str().context("no text")?.to_owned();
    quit(phone).await?;
    for planted in [token.as_str(), PASSWORD, SELLER, CUSTOMER] {
        ensure!(!support.contains(planted), "{planted} is in the text for support: {support}");
    }
    for hidden in [token.as_str(), PASSWORD] {
        let found = session.files_with(hidden)?;
        ensure!(found.is_empty(), "a secret is in {found:?}");
    }

    // Nothing is typed, and nothing asked.
    let phone = Phone::start(&session, Launch::fresh()).await?;
    phone.enter("main", "people-tab").await?;
    phone.find("contact-row").await?;
    screen.keep("silent-sign-in")?;

    phone.click("account-button").await?;
    phone.click("sign-out").await?;
    phone.find("signin-server").await?;
    until("the keyring is empty", async || {
        Ok(secrets(&session).await?.iter().all(|secret| !secret.contains(&token)).then_some(()))
    })
    .await?;
    quit(phone).await?;
    let phone = Phone::start(&session, Launch::fresh()).await?;
    phone.enter("main", "signin-server").await?;
    phone.stop().await;
    drop(keyring);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_a_passphrase_brings_the_account_back() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::signed_in(&world, "seller", SELLER)).await?;
    phone.enter("main", "people-tab").await?;
    // The user is informed that the sign-in is for this session only.
    phone.find("secrets-notice").await?;
    ensure!(secrets_view(&phone).await?["problem"] == "missing");
    screen.keep("no-keyring")?;
    phone.invoke("use_secrets", json!({ "store": "file", "passphrase": PASSPHRASE })).await?;
    kept_in(&phone, "file").await?;
    phone.gone("secrets-notice").await?;
    quit(phone).await?;
    for hidden in [PASSPHRASE, PASSWORD, "\"identity\":{"] {
        let found = session.files_with(hidden)?;
        ensure!(found.is_empty(), "{hidden} is in {found:?}");
    }

    let phone = Phone::start(&session, Launch::fresh()).await?;
    phone.enter("main", "passphrase-words").await?;
    screen.keep("passphrase")?;
    phone.type_into("passphrase-words", "wrong horse battery").await?;
    phone.click("passphrase-submit").await?;
    until("the wrong passphrase is told", async || {
        Ok((secrets_view(&phone).await?["problem"] == "wrong_passphrase").then_some(()))
    })
    .await?;
    let words = phone.find("passphrase-words").await?;
    words.clear().await?;
    phone.type_into("passphrase-words", PASSPHRASE).await?;
    phone.click("passphrase-submit").await?;
    phone.find("people-tab").await?;
    phone.find("contact-row").await?;
    kept_in(&phone, "file").await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_fixes_settings_and_servers() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let file = session.folder().join("managed.json");
    let rules = json!({
        "settings": { "theme": "dark" },
        "locked": ["theme"],
        "servers": [{ "label": "Support desk", "server": world.url() }],
        "only_these_servers": true,
    });
    std::fs::write(&file, rules.to_string())?;
    let managed = file.to_string_lossy().into_owned();
    let phone = Phone::start(&session, Launch::fresh().args(&["--managed", &managed])).await?;
    phone.enter("main", "signin-submit").await?;
    let view = phone.set(json!({ "theme": "light", "mirror_self": false })).await?;
    ensure!(view["settings"]["theme"] == "dark" && view["settings"]["mirror_self"] == false, "{view}");
    ensure!(view["locked"] == json!(["theme"]), "{view}");
    let request = json!({
        "server": "https://calls.example.com", "dialect": "storefront", "role": "seller", "email": SELLER,
        "password": PASSWORD, "rest_base": null, "socket_base": null, "login_path": null,
        "extra_ca": null, "proxy": null,
    });
    let refused = phone.invoke("sign_in", json!({ "request": request })).await;
    let refused = format!("{:#}", refused.err().context("another server was allowed")?);
    ensure!(refused.contains("not_allowed") || refused.contains("not allowed"), "{refused}");
    screen.keep("managed")?;
    phone.stop().await;
    Ok(())
}
