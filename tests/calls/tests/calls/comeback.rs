//! Tests of signing in again without a password, with the real server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_engine::{AccountId, Engine, EngineConfig, LinkState, Screens, SignIn, StoredSession};
use bellwire_tests_calls::{PASSWORD, Screen, TestAccounts, TestServer, WAIT_LIMIT, accounts};

/// The program without windows and devices.
fn program() -> Engine {
    let config = EngineConfig {
        camera: "none".into(),
        microphone: "none".into(),
        speaker: "none".into(),
        tones: false,
        ..EngineConfig::default()
    };
    let screen = || Arc::new(Screen::default());
    Engine::start(config, Screens::of_two(screen(), screen())).0
}

fn request(server: &TestServer, accounts: &TestAccounts) -> SignIn {
    SignIn {
        server: server.url(),
        dialect: Some(accounts.dialect.into()),
        role: accounts.callee.role.into(),
        email: accounts.callee.email.into(),
        password: PASSWORD.into(),
        ..SignIn::default()
    }
}

async fn until(engine: &Engine, account: AccountId, link: LinkState) -> anyhow::Result<()> {
    let mut view = engine.handle.view();
    let there = |view: &Arc<bellwire_engine::EngineView>| {
        view.accounts.iter().any(|one| one.id == account && one.link == link)
    };
    let waited = tokio::time::timeout(WAIT_LIMIT, view.wait_for(there)).await;
    waited.with_context(|| format!("not {link:?}"))??;
    Ok(())
}

fn kept(engine: &Engine) -> anyhow::Result<StoredSession> {
    engine.handle.stored_sessions().borrow().values().next().cloned().context("nothing is kept")
}

/// Signs in, ends the program, and starts it again with what was kept, as if read from a file.
async fn second_start(server: &TestServer, accounts: &TestAccounts) -> anyhow::Result<()> {
    let first = program();
    let account = first.handle.sign_in(request(server, accounts)).await?;
    until(&first, account, LinkState::Online).await?;
    let me = first.handle.view().borrow().accounts[0].me.clone();
    let keepsakes = first.handle.stored_sessions();
    first.stop().await;
    // The end of the program is no sign-out, and the last token counts.
    let kept = keepsakes.borrow().values().next().cloned().context("nothing is kept")?;
    let secret = kept.to_secret();
    ensure!(!secret.contains(PASSWORD), "the password is kept");

    let second = program();
    let account = second.handle.resume(StoredSession::from_secret(&secret)?).await?;
    until(&second, account, LinkState::Online).await?;
    ensure!(second.handle.view().borrow().accounts[0].me == me);
    let typed = second.handle.typed(account).context("nothing was typed")?;
    ensure!(typed.email == accounts.callee.email && typed.server == server.url());
    second.handle.refresh_contacts(account, String::new()).await?;

    // Once more is the same account, and goes on with the token it has.
    ensure!(second.handle.resume(kept.clone()).await? == account);
    second.handle.sign_out(account).await;
    let mut keepsakes = second.handle.stored_sessions();
    tokio::time::timeout(WAIT_LIMIT, keepsakes.wait_for(|kept| kept.is_empty())).await??;
    second.stop().await;
    // The backend was notified: kept tokens of the account are worthless now.
    let third = program();
    let account = third.handle.resume(kept).await?;
    until(&third, account, LinkState::SignedOut).await?;
    third.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_backend_takes_an_account_back_without_a_password() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    for accounts in [
        &accounts::STOREFRONT,
        &accounts::DEALERDESK,
        &accounts::MARKETPLACE,
        &accounts::HEARTH,
        &accounts::CLINIC,
    ] {
        second_start(&server, accounts).await.with_context(|| accounts.dialect)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_asks_for_the_password_and_knows_the_rest() -> anyhow::Result<()> {
    let server = TestServer::with_sessions_of(Duration::from_secs(3)).await?;
    let first = program();
    let account = first.handle.sign_in(request(&server, &accounts::STOREFRONT)).await?;
    until(&first, account, LinkState::Online).await?;
    let old = kept(&first)?;
    first.stop().await;
    // Longer than the token lives; then the server is asked until it refuses.
    tokio::time::sleep(Duration::from_secs(4)).await;

    let second = program();
    let account = second.handle.resume(old.clone()).await?;
    until(&second, account, LinkState::SignedOut).await?;
    let typed = second.handle.typed(account).context("nothing was typed")?;
    ensure!(typed.email == accounts::STOREFRONT.callee.email, "{}", typed.email);
    let again = second.handle.sign_in(request(&server, &accounts::STOREFRONT)).await?;
    ensure!(again == account, "it is another account");
    until(&second, account, LinkState::Online).await?;
    ensure!(kept(&second)? != old, "the new token is not kept");
    second.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_comes_back_while_the_server_is_away() -> anyhow::Result<()> {
    let mut server = TestServer::start().await?;
    let first = program();
    let account = first.handle.sign_in(request(&server, &accounts::STOREFRONT)).await?;
    until(&first, account, LinkState::Online).await?;
    let old = kept(&first)?;
    first.stop().await;
    server.kill().await;

    let second = program();
    let account = second.handle.resume(old).await?;
    until(&second, account, LinkState::Offline).await?;
    server.revive().await?;
    until(&second, account, LinkState::Online).await?;
    second.stop().await;
    Ok(())
}
