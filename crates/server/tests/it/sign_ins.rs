//! Guessing passwords: of one account from many addresses, of many accounts from one.

use bellwire_server::{App, Config, DEMO_PASSWORD, Limits, backends};
use serde_json::json;

/// Behind a proxy, so that a request can come from anywhere; every limit but the two in question is wide.
async fn server() -> App {
    let limits = Limits {
        logins_per_minute: 10_000,
        failed_logins: 10_000,
        failed_logins_per_account: 2,
        failed_logins_per_address: 3,
        ..Limits::default()
    };
    App::start(Config { limits, behind_proxy: true, ..Config::demo() }).await.expect("a server")
}

fn door(app: &App, backend: &str, role: &str) -> String {
    let path = match (backend, role) {
        ("storefront", "seller") => "/shop/login-shop",
        ("storefront", _) => "/user/login-user",
        ("dealerdesk", _) => return format!("{}/api/{role}s/login", rest(app, backend)),
        (_, _) => "/auth/login",
    };
    format!("{}{path}", rest(app, backend))
}

fn rest(app: &App, backend: &str) -> String {
    app.rest_url(backend).expect("it is served")
}

async fn try_in(url: &str, from: &str, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    let request = reqwest::Client::new().post(url).header("x-forwarded-for", from).json(&body);
    request.send().await.expect("a reply").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_guessed_at_so_often_from_all_addresses_together() {
    let app = server().await;
    for info in backends() {
        let backend = info.backend.id();
        let (role, email) = info.demo_logins[0];
        let url = door(&app, backend, role);
        let own = "203.0.113.9";
        assert!(try_in(&url, own, email, DEMO_PASSWORD).await < 300, "{backend}");

        // All at once: what is counted after the hash would let them all in.
        let guesses = (1..=40).map(|n| {
            let url = url.clone();
            async move { try_in(&url, &format!("198.51.100.{n}"), email, "wrong").await }
        });
        let guesses = futures_util::future::join_all(guesses).await;

        let count = |status| guesses.iter().filter(|got| **got == status).count();
        let looked_at = 40 - count(429) - count(503);
        assert!((1..=2).contains(&looked_at), "{backend}: {guesses:?}");
        assert!(try_in(&url, own, email, DEMO_PASSWORD).await < 300, "{}: its owner", backend);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_guesses_so_often_at_all_accounts_together() {
    let app = server().await;
    for info in backends() {
        let backend = info.backend.id();
        let (role, email) = info.demo_logins[0];
        let url = door(&app, backend, role);
        let mut guesses = Vec::new();
        for n in 0..8 {
            let from = format!("[2001:db8:0:1::{n:x}]:4711");
            guesses.push(try_in(&url, &from, &format!("nobody{n}@demo.example"), "wrong").await);
        }

        let (first, rest) = guesses.split_at(3);
        assert!(first.iter().all(|status| *status != 429), "{backend}: {guesses:?}");
        assert!(rest.iter().all(|status| *status == 429), "{backend}: {guesses:?}");
        assert!(try_in(&url, "2001:db8:0:2::1", email, DEMO_PASSWORD).await < 300, "another network");
    }
    app.stop().await;
}
