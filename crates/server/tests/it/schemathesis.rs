//! Schemathesis (a generator of requests that fit a description, and of ones that do not) over every
//! `/openapi.json`, signed in in every role. Needs the program: `cargo xtask test` brings it and says where
//! it is in `BELLWIRE_SCHEMATHESIS`.

use std::collections::BTreeSet;
use std::process::Stdio;

use bellwire_server::App;
use tokio::process::Command;

use crate::matrix::{AccessMatrix, Principal, unlimited};
use crate::matrix::{clinic, dealerdesk, hearth, marketplace, storefront};

/// Requests for each route and kind of data.
const REQUESTS: &str = "12";
/// What must hold for every reply.
const CHECKS: &str = "not_a_server_error,content_type_conformance,response_schema_conformance,\
    status_code_conformance,unsupported_method";

async fn run(set_up: impl AsyncFnOnce(&App) -> AccessMatrix) {
    let app = unlimited().await;
    let matrix = set_up(&app).await;
    let hosts: BTreeSet<&String> =
        std::iter::once(&matrix.host).chain(matrix.elsewhere.iter().map(|(_, host)| host)).collect();
    for (who, token) in &matrix.tokens {
        if !matches!(who, Principal::Own(_)) {
            continue;
        }
        for host in &hosts {
            torment(host, token, &format!("{} as {who:?}", matrix.backend)).await;
        }
    }
    // It still serves.
    assert!(!app.endpoints(matrix.backend).is_empty());
    app.stop().await;
}

async fn torment(host: &str, token: &str, name: &str) {
    let program = std::env::var_os("BELLWIRE_SCHEMATHESIS").expect("BELLWIRE_SCHEMATHESIS names the program");
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(program)
        .current_dir(folder.path())
        .args(["run", &format!("{host}/openapi.json"), "--seed", "1", "--max-examples", REQUESTS])
        .args(["--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--no-color"])
        // A token that is given back would be good for nothing that comes after.
        .args(["--exclude-path-regex", "logout|sign-out"])
        .args(["--suppress-health-check", "all", "--no-shrink", "--request-timeout", "60"])
        .args(["--header", &format!("Authorization: Bearer {token}"), "--output-sanitize", "true"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis"]
async fn storefront_survives_schemathesis() {
    run(storefront::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis"]
async fn dealerdesk_survives_schemathesis() {
    run(dealerdesk::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis"]
async fn marketplace_survives_schemathesis() {
    run(marketplace::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis"]
async fn hearth_survives_schemathesis() {
    run(hearth::matrix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis"]
async fn clinic_survives_schemathesis() {
    run(clinic::matrix).await;
}
