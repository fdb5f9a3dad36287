//! What `/metrics` says after a call.

use serde_json::json;

use crate::support::{Device, PATIENCE, Person, rest, server, socket};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_sockets_events_and_requests_are_counted() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (shop, mut phone): (Device, Device) = (seller.device().await, amira.device().await);
    let call = seller.initiate(&amira).await;
    shop.say("incomingVideoCall", json!({ "callId": call })).await;
    phone.until("incomingVideoCall").await;
    let url = app.metrics_url().expect("served");
    let read = async || {
        let reply = reqwest::get(&url).await.expect("a reply");
        let kind = reply.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
        reply.text().await.expect("text")
    };
    let until = async |line: &str| {
        let waiting = async {
            while !read().await.lines().any(|found| found == line) {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("{line} is not in\n{}", read().await);
        }
    };

    until(r#"bellwire_sockets{backend="storefront"} 2"#).await;
    until(r#"bellwire_ringing{backend="storefront"} 1"#).await;
    assert_eq!(amira.respond(&call, "accepted").await.0, 200);
    assert_eq!(seller.end(&call).await.0, 200);
    phone.client.disconnect().await.expect("disconnected");

    for outcome in ["started", "answered", "ended"] {
        until(&format!(r#"bellwire_calls_total{{backend="storefront",outcome="{outcome}"}} 1"#)).await;
    }
    until(r#"bellwire_sockets{backend="storefront"} 1"#).await;
    until(r#"bellwire_ringing{backend="storefront"} 0"#).await;
    let route = r#"backend="storefront",method="POST",route="/api/v2/video-call/end""#;
    until(&format!(r#"bellwire_http_requests_total{{{route},status="200"}} 1"#)).await;
    until(&format!("bellwire_http_request_duration_seconds_count{{{route}}} 1")).await;

    let text = read().await;
    for line in [
        r#"bellwire_database_connections{pool="read",state="idle"} "#,
        r#"bellwire_hub_queue{backend="clinic",of="requests"} 0"#,
        r#"bellwire_hub_queue{backend="storefront",of="orders"} 0"#,
        r#"bellwire_sign_ins_waiting{backend="hearth"} 0"#,
        concat!(r#"bellwire_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    #[cfg(target_os = "linux")]
    for name in [
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
        "process_open_fds ",
        "process_start_time_seconds ",
    ] {
        let value = text.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        assert!(value.parse::<f64>().expect("a number") > 0.0, "{name}{value}");
    }
    // Who can reach the listeners of backends is the public.
    for host in [rest(&app).replace("/api/v2", ""), socket(&app)] {
        assert_eq!(reqwest::get(format!("{host}/metrics")).await.expect("a reply").status(), 404);
    }
    assert!(text.contains(r#"bellwire_socket_events_total{backend="storefront",direction="in"}"#), "{text}");
    assert!(!text.contains(&call) && !text.contains(&amira.id), "no name or id: {text}");
    app.stop().await;
}
