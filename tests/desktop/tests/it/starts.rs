//! Starts of the program: empty, with several accounts, in other languages, with restored windows.

use anyhow::{Context, ensure};
use bellwire_tests_calls::accounts;
use bellwire_tests_desktop::{Launch, PASSWORD, Phone, SELLER, Screen, Session, TestServer, program, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn with_neither_devices_nor_server_it_says_what_is_missing() -> anyhow::Result<()> {
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let launch = Launch::fresh().camera("default").microphone("default").speaker("default");
    // Nothing listens there: no sound server, and no server to sign in at.
    let phone = Phone::start(&session, launch.env("PULSE_SERVER", "unix:/nowhere")).await?;
    phone.enter("main", "signin-server").await?;
    screen.keep("first-start")?;
    phone.type_into("signin-server", "http://127.0.0.1:9").await?;
    phone.click("signin-next").await?;
    let error = phone.words("signin-error").await?;
    ensure!(error.trim().len() > 10, "the error says {error:?}");
    screen.keep("no-server")?;
    ensure!(screen.shown("Bellwire")?.is_some(), "the window is gone");
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_on_two_backends_are_signed_in_by_typing() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::fresh()).await?;
    let dealer = accounts::DEALERDESK.callee;
    phone.enter("main", "signin-server").await?;
    for (dialect, role, email) in
        [("storefront", "seller", SELLER), ("dealerdesk", dealer.role, dealer.email)]
    {
        phone.type_into("signin-server", &world.url()).await?;
        phone.click("signin-next").await?;
        phone.click(&format!("signin-dialect-{dialect}")).await?;
        phone.click(&format!("signin-role-{role}")).await?;
        phone.type_into("signin-email", email).await?;
        phone.type_into("signin-password", PASSWORD).await?;
        phone.click("signin-submit").await?;
        phone.find("account-button").await?;
        if dialect == "storefront" {
            phone.click("account-button").await?;
            phone.click("add-account").await?;
        }
    }
    phone.find("account-other").await?;
    until("both accounts are connected", async || {
        let view = phone.invoke("snapshot", json!({})).await?;
        let accounts =
            view.get("accounts").and_then(|all| all.as_array()).context("no accounts in the view")?;
        let online = accounts.iter().filter(|one| one["link"] == "online").count();
        Ok((accounts.len() == 2 && online == 2).then_some(()))
    })
    .await?;
    screen.keep("two-accounts")?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn language_and_theme_change_while_it_runs() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::signed_in(&world, "seller", SELLER)).await?;
    phone.enter("main", "contact-row").await?;
    for (language, direction) in [("de", "ltr"), ("ar", "rtl"), ("en", "ltr")] {
        phone.set(json!({ "language": language })).await?;
        until(format!("the window speaks {language}"), async || {
            // The tag may say more: Arabic is written with the digits of the West.
            let script = "const e = document.documentElement; return [e.lang.split('-')[0], e.dir || 'ltr']";
            Ok((phone.script(script).await? == json!([language, direction])).then_some(()))
        })
        .await?;
        for theme in ["light", "dark", "high_contrast"] {
            phone.set(json!({ "theme": theme })).await?;
            until(format!("the window is {theme}"), async || {
                let now = phone.script("return document.documentElement.dataset.theme").await?;
                Ok((now == json!(theme)).then_some(()))
            })
            .await?;
            screen.keep(&format!("people-{language}-{theme}"))?;
        }
    }
    // It is not forgotten.
    phone.set(json!({ "language": "de", "theme": "dark" })).await?;
    phone.stop().await;
    let phone = Phone::start(&session, Launch::signed_in(&world, "seller", SELLER)).await?;
    phone.enter("main", "contact-row").await?;
    let language = phone.script("return document.documentElement.lang").await?;
    ensure!(language == json!("de"), "after a restart it speaks {language}");
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_comes_back_where_it_was() -> anyhow::Result<()> {
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    // Not driven: the driver ends a program whose windows close before it has written anything down.
    let start = || {
        let mut command = session.command(program()?);
        command.args(["--camera", "test:pattern", "--microphone", "none", "--speaker", "none"]);
        session.spawn("plain", command)
    };
    let mut running = start()?;
    let window = screen.window("Bellwire").await?;
    // A start that is slow still places its window itself; it has to stay where it was put.
    let mut stayed = 0;
    let placed = until("the window has moved", async || {
        let place = window.place()?;
        if place.2 == 900 && place.3 == 620 && place.0 >= 300 {
            stayed += 1;
        } else {
            stayed = 0;
            window.put(300, 130, 900, 620)?;
        }
        Ok((stayed > 10).then_some(place))
    })
    .await?;
    // As the system does it at log-out; not the processes of its web view, without which it could not say
    // goodbye.
    let told = std::process::Command::new("kill").arg(running.id().to_string()).status()?;
    ensure!(told.success(), "the program was gone already: {}", running.said());
    running.end().await?;

    let _again = start()?;
    let window = screen.window("Bellwire").await?;
    let near = |a: i32, b: i32| a.abs_diff(b) <= 40;
    until(format!("the window is at {placed:?} again"), async || {
        let now = window.place()?;
        Ok((near(now.0, placed.0) && near(now.1, placed.1) && (now.2, now.3) == (placed.2, placed.3))
            .then_some(()))
    })
    .await
    .with_context(|| format!("it is at {:?}", window.place()))
}
