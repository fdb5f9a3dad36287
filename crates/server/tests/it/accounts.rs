//! Accounts as an administrator keeps them, also of a server that runs.

use std::path::Path;
use std::time::Duration;

use bellwire_server::{App, Config, Database};
use serde_json::{Value, json};

use crate::program::{add, done, order, refused};
use crate::support::{PATIENCE, Person, rest};

async fn start(folder: &Path) -> App {
    let database = Database::File(folder.join("calls.db"));
    App::start(Config { database, demo_data: false, ..Config::demo() }).await.expect("a server")
}

async fn sign_in(app: &App, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    let url = format!("{}/user/login-user", rest(app));
    reqwest::Client::new().post(url).json(&body).send().await.expect("a reply").status().as_u16()
}

const BO: [&str; 6] = ["--backend", "storefront", "--role", "customer", "--email", "bo@x.example"];

fn of_bo<'a>(order: &[&'a str]) -> Vec<&'a str> {
    order.iter().chain(&BO).copied().collect()
}

/// Waits until the token is refused.
async fn signed_out(person: &Person) {
    let path = format!("/video-call/customer-history/{}", person.id);
    let waiting = async {
        while person.get(&path).await.0 == 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the token ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_is_out_at_once_and_in_again_when_enabled() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    add(folder, "storefront", "customer", "bo@x.example", &["Bo"]).await;
    add(folder, "storefront", "customer", "cy@x.example", &["Cy"]).await;
    let app = start(folder).await;
    let (bo, cy) = (
        Person::login(&app, "customer", "bo@x.example").await,
        Person::login(&app, "customer", "cy@x.example").await,
    );
    let (mut phone, mut other) = (bo.device().await, cy.device().await);

    assert_eq!(done(folder, &of_bo(&["user", "disable"])).await, "bo@x.example is disabled\n");

    phone.until("close").await;
    signed_out(&bo).await;
    assert_eq!(sign_in(&app, "bo@x.example", "ring-ring-demo").await, 400);
    assert!(other.settled().await.iter().all(|(name, _)| name != "close"), "nobody else's sockets");

    assert_eq!(done(folder, &of_bo(&["user", "disable"])).await, "bo@x.example was disabled already\n");
    assert_eq!(done(folder, &of_bo(&["user", "enable"])).await, "bo@x.example is enabled\n");
    assert_eq!(bo.get(&format!("/video-call/customer-history/{}", bo.id)).await.0, 400, "over is over");
    Person::login(&app, "customer", "bo@x.example").await.device().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_the_sessions_of_the_old_one_and_no_newer() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    add(folder, "storefront", "customer", "bo@x.example", &["Bo"]).await;
    let app = start(folder).await;
    let bo = Person::login(&app, "customer", "bo@x.example").await;
    let mut phone = bo.device().await;

    let said = done(folder, &of_bo(&["user", "passwd", "--generate-password"])).await;

    let password = said.lines().find_map(|line| line.strip_prefix("password: ")).expect("it is shown");
    assert!(password.len() >= 20, "{password}");
    assert_eq!(sign_in(&app, "bo@x.example", "ring-ring-demo").await, 400);
    phone.until("close").await;
    signed_out(&bo).await;
    // At once, so that the session begins in the same moment if it can.
    std::fs::write(folder.join("password"), "ring-ring-demo").expect("written");
    done(folder, &of_bo(&["user", "passwd", "--password-file", "password"])).await;
    let bo = Person::login(&app, "customer", "bo@x.example").await;
    let mut phone = bo.device().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(phone.settled().await.iter().all(|(name, _)| name != "close"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_for_people_and_for_programs_and_show_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    add(folder, "clinic", "patient", "Pat@X.example", &["Pat", "Ient"]).await;
    add(folder, "clinic", "practitioner", "doc@x.example", &["Doc", "Tor"]).await;
    done(folder, &["user", "disable", "--backend", "clinic", "--email", "pat@x.example"]).await;

    let text = done(folder, &["user", "list", "--backend", "clinic"]).await;
    let listed = done(folder, &["user", "list", "--backend", "clinic", "--role", "patient", "--json"]).await;

    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("doc@x.example") && text.contains("disabled Pat Ient"), "{text}");
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let patient = &listed.as_array().expect("a list")[..];
    assert_eq!(patient.len(), 1);
    assert_eq!(patient[0]["email"], "pat@x.example");
    assert_eq!((&patient[0]["name"], &patient[0]["disabled"]), (&json!("Pat Ient"), &json!(true)));
    assert!(!text.contains("argon2") && !listed.to_string().contains("argon2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    add(folder, "storefront", "customer", "bo@x.example", &["Bo"]).await;
    add(folder, "storefront", "seller", "bo@x.example", &["Bo's shop"]).await;
    let new = |rest: &[&'static str]| {
        let mut all = vec!["user", "add", "--backend", "storefront", "--generate-password"];
        all.extend(rest);
        all
    };
    let cases = [
        (new(&["--role", "patient", "--email", "a@x.example", "--name", "A"]), "there are seller, customer"),
        (new(&["--role", "customer", "--email", "a", "--name", "A"]), "not an e-mail address"),
        (new(&["--role", "customer", "--email", "BO@x.example", "--name", "A"]), "has an account already"),
        (new(&["--role", "customer", "--email", "a@x.example"]), "the name is missing"),
        (
            new(&["--role", "customer", "--email", "a@x.example", "--name", "A", "--passwordless"]),
            "a customer has no passwordless",
        ),
        (vec!["user", "disable", "--backend", "storefront", "--email", "bo@x.example"], "say which role"),
        (vec!["user", "disable", "--backend", "storefront", "--email", "no@x.example"], "there is no"),
        (vec!["user", "list", "--backend", "telegraph"], "there is no backend telegraph"),
    ];
    for (arguments, says) in cases {
        let said = refused(folder, &arguments).await;
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    std::fs::write(folder.join("short"), "short\n").expect("written");
    let said = refused(folder, &of_bo(&["user", "passwd", "--password-file", "short"])).await;
    assert!(said.contains("less than 8 characters"), "{said}");
    let said = order(folder, &of_bo(&["user", "passwd"])).await;
    assert!(!said.good && said.err.contains("--password-file"), "without a terminal: {}", said.err);
    assert_eq!(done(folder, &["user", "list", "--backend", "storefront"]).await.lines().count(), 2);
}
