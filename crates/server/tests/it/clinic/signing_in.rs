//! Tokens: got, kept, given back.

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD};
use serde_json::json;

use super::people::{DOCTOR, PATIENT, Person};
use crate::support::{Device, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_and_wrong_doors_are_refused_in_nests_words() {
    let app = server().await;
    let doctor = Person::new(&app, DOCTOR).await;
    let refused = json!({ "statusCode": 401, "message": "Invalid credentials", "error": "Unauthorized" });
    for (path, email, password) in [
        ("/auth/login", DOCTOR, "wrong"),
        ("/auth/login", "nobody@demo.example", DEMO_PASSWORD),
        ("/auth/login/practitioner", PATIENT, DEMO_PASSWORD),
    ] {
        assert_eq!(doctor.login(path, email, password).await, (401, refused.clone()), "{path} {email}");
    }
    assert_eq!(doctor.login("/auth/login/practitioner", DOCTOR, DEMO_PASSWORD).await.0, 201);
    assert_eq!(doctor.login("/auth/login", "", "").await.0, 400);
    let (status, body) = doctor.get("/auth/status").await;
    assert_eq!((status, body["user"]["role"].as_str()), (200, Some("Practitioner")));
    assert!(body["user"].get("password_hash").is_none() && body["user"].get("passwordHash").is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_given_back_is_good_for_nothing() {
    let app = server().await;
    let (doctor, again) = (Person::new(&app, DOCTOR).await, Person::new(&app, DOCTOR).await);
    let (mut device, mut other) = (doctor.device().await, again.device().await);

    assert_eq!(doctor.post("/auth/sign-out", json!({})).await.0, 201);

    device.until("close").await;
    let refused = json!({ "statusCode": 401, "message": "Unauthorized", "error": "Unauthorized" });
    assert_eq!(doctor.get("/auth/status").await, (401, refused.clone()));
    assert_eq!(doctor.get("/appointments").await, (401, refused));
    let mut late = Device::connect_to(
        &app.socket_url("clinic").expect("served"),
        "/video-call",
        json!({ "token": doctor.token }),
    )
    .await;
    let error = late.until("error").await;
    assert!(error.to_string().contains("Unauthorized"), "{error}");
    // The other session of the same person goes on.
    again.settle(&mut other).await;
    assert_eq!(again.get("/appointments").await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_comes_first_where_one_is_due() {
    const NEWCOMER: &str = "newcomer@demo.example";
    let app = server().await;
    let mut person = Person::new(&app, PATIENT).await;
    let (status, body) = person.login("/auth/login", NEWCOMER, DEMO_PASSWORD).await;
    assert_eq!((status, body["code"].as_str()), (201, Some("PASSWORD_CHANGE_REQUIRED")));
    assert!(body.get("access_token").is_none() && body["message"].is_string());

    person.token = body["temp_access_token"].as_str().expect("a token").to_owned();
    assert_eq!(person.get("/appointments").await.0, 401, "it is good for a new password only");
    assert_eq!(person.post("/auth/change-password", json!({ "newPassword": "short" })).await.0, 400);
    let new = json!({ "newPassword": "a much better one" });
    assert_eq!(person.post("/auth/change-password", new.clone()).await.0, 201);
    assert_eq!(person.post("/auth/change-password", new.clone()).await.0, 401, "and for one");

    assert_eq!(person.login("/auth/login", NEWCOMER, DEMO_PASSWORD).await.0, 401);
    let (status, body) = person.login("/auth/login", NEWCOMER, "a much better one").await;
    assert_eq!((status, body["code"].as_str()), (201, Some("LOGIN_SUCCESS")));
    person.token = body["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(person.post("/auth/change-password", new).await.0, 401, "nor is the other kind");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_ends_with_its_token() {
    let config = Config { session_ttl: Some(Duration::from_secs(4)), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    let doctor = Person::new(&app, DOCTOR).await;
    let mut device = Device::connect_to(
        &app.socket_url("clinic").expect("served"),
        "/video-call",
        json!({ "token": doctor.token }),
    )
    .await;
    device.until("open").await;
    device.until("close").await;
    app.stop().await;
}
