//! The description of each listener, and the page that shows it.

use std::collections::BTreeSet;

use bellwire_server::Backend;
use serde_json::Value;

use crate::support::{rest, server, socket};

fn host(url: &str) -> String {
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    url[..end].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_every_backend_is_described_and_nothing_else() {
    let app = server().await;
    for backend in Backend::all() {
        let id = backend.id();
        let hosts = BTreeSet::from([
            host(&app.rest_url(id).expect("it is served")),
            host(&app.socket_url(id).expect("it is served")),
        ]);
        let mut described = BTreeSet::new();
        for host in hosts {
            let reply = reqwest::get(format!("{host}/openapi.json")).await.expect("a reply");
            let document: Value = reply.json().await.expect("json");
            assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
            let mut ids = BTreeSet::new();
            for (path, methods) in document["paths"].as_object().expect("paths") {
                for (method, operation) in methods.as_object().expect("methods") {
                    let name = operation["operationId"].as_str().expect("an id").to_owned();
                    assert!(ids.insert(name), "{id} {path} {method}: an id twice");
                    assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()));
                    let replies = operation["responses"].as_object().expect("replies");
                    assert!(replies.keys().any(|status| status.starts_with('2')), "{id} {path}: no success");
                    has_schemas(operation, &format!("{id} {method} {path}"));
                    let names = path.split('/').filter(|part| part.starts_with('{')).count();
                    let parameters = operation["parameters"].as_array().expect("a list").iter();
                    assert_eq!(parameters.filter(|one| one["in"] == "path").count(), names, "{path}");
                    if operation["tags"][0] != "Server" {
                        described.insert((method.to_uppercase(), path.clone()));
                    }
                }
            }
            for common in [
                "/.well-known/bellwire.json",
                "/health",
                "/health/live",
                "/health/ready",
                "/openapi.json",
                "/docs",
            ] {
                assert!(document["paths"][common].is_object(), "{id} {common}");
                assert_eq!(reqwest::get(format!("{host}{common}")).await.expect("a reply").status(), 200);
            }
        }
        let routes: BTreeSet<_> = app.endpoints(id).into_iter().collect();
        assert_eq!(described, routes, "{id}");
    }
    app.stop().await;
}

/// Whether bodies and replies are described field by field, in what they are and not in Rust's words.
fn has_schemas(operation: &Value, place: &str) {
    let json = |of: &Value| of["content"]["application/json"]["schema"].clone();
    let bodies = operation.get("requestBody").map(json);
    let responses = operation["responses"].as_object().into_iter().flatten();
    let replies = responses.filter(|(status, reply)| status.starts_with('2') && !json(reply).is_null());
    let replies = replies.map(|(_, reply)| json(reply));
    for schema in bodies.into_iter().chain(replies) {
        let described = described_by_fields(&schema) || operation["summary"] == "This description";
        assert!(described, "{place}: {schema}");
        for word in ["$ref", "$defs", "oneOf", "uint", "Unknown", "unknown"] {
            assert!(!schema.to_string().contains(&format!("\"{word}")), "{place}: {word} in {schema}");
        }
    }
}

fn described_by_fields(schema: &Value) -> bool {
    match schema["type"].as_str() {
        Some("object") => schema["properties"].as_object().is_some_and(|fields| !fields.is_empty()),
        Some("array") => described_by_fields(&schema["items"]),
        _ => schema["anyOf"].as_array().is_some_and(|all| all.iter().all(described_by_fields)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_loads_nothing_from_elsewhere() {
    let app = server().await;
    for host in [host(&rest(&app)), socket(&app)] {
        for (path, kind) in
            [("/docs", "text/html"), ("/docs/page.js", "text/javascript"), ("/docs/page.css", "text/css")]
        {
            let reply = reqwest::get(format!("{host}{path}")).await.expect("a reply");
            let header = |name: &str| reply.headers()[name].to_str().expect("text").to_owned();
            assert!(header("content-type").starts_with(kind), "{path}");
            assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
            let text = reply.text().await.expect("text");
            assert!(!text.contains("http://") && !text.contains("https://"), "{path} names another host");
        }
    }
    app.stop().await;
}
