//! Figures of use: what participants report, and what an operator reads of it.

use std::path::Path;

use bellwire_server::{App, Config, Database};
use serde_json::{Value, json};

use super::{ANA, BEN, CLEO, Person, settled, until_record};
use crate::program::{done, refused};

fn config(folder: &Path) -> Config {
    Config { database: Database::File(folder.join("calls.db")), ..Config::demo() }
}

/// What the command prints as JSON.
async fn usage(folder: &Path, more: &[&str]) -> Value {
    let said = done(folder, &[&["usage", "--backend", "hearth", "--json"][..], more].concat()).await;
    serde_json::from_str(&said).expect("JSON")
}

fn figures(about: &Person, level: &str, rtt_ms: i64) -> Value {
    json!({ "userId": about.id, "level": level, "rttMs": rtt_ms, "lossPermille": 10 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_reads_how_calls_are_used_and_how_well_they_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let app = App::start(config(folder)).await.expect("a server");
    let ana = Person::login(&app, ANA).await;
    let (ben, cleo) = (Person::login(&app, BEN).await, Person::login(&app, CLEO).await);
    let before = usage(folder, &[]).await;

    let call = ana.initiate("group", &[&ben, &cleo]).await;
    let (mut a, mut b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    let mut c = cleo.enter(&call, "peer-c").await;
    let about = |body: Value| {
        let mut body = body;
        body["sessionId"] = json!(call);
        body
    };
    for (level, rtt_ms) in [("good", 40), ("good", 60), ("poor", 500)] {
        let members = json!([figures(&ben, level, rtt_ms), figures(&cleo, "excellent", 20)]);
        a.say("call_quality_report", about(json!({ "qualityData": { "members": members } }))).await;
    }
    // Nobody who is not in the call, and not oneself.
    let strangers =
        json!([figures(&ana, "poor", 1), { "userId": "4ea27400000000000000ffff", "level": "poor" }]);
    a.say("call_quality_report", about(json!({ "qualityData": { "level": "poor", "members": strangers } })))
        .await;
    let issue = |kind: &str, with: Option<&Person>| {
        about(json!({ "issueType": kind, "targetUserId": with.map(|who| who.id.clone()) }))
    };
    b.say("connection_issue", issue("connection_lost", Some(&ana))).await;
    b.say("connection_issue", issue("connection_lost", Some(&ana))).await;
    b.say("connection_issue", issue("connection_failed", Some(&cleo))).await;
    c.say("connection_issue", issue("my dog ate it", None)).await;
    c.say("screen_share_started", about(json!({}))).await;
    c.say("screen_share_stopped", about(json!({}))).await;
    for device in [&mut a, &mut b, &mut c] {
        settled(device).await;
    }
    // Records are written in the order of what was said.
    c.say("leave_call_session", about(json!({}))).await;
    let left = |record: &Value| record["participants"].to_string().contains("\"isActive\":false");
    until_record(&ana, &call, left).await;
    assert_eq!(ana.end(&call).await.0, 200);
    let missed = ana.initiate("one-to-one", &[&ben]).await;
    assert_eq!(ana.end(&missed).await.0, 200);

    let after = usage(folder, &["--people"]).await;
    let more = |name: &str| after[name].as_i64().expect(name) - before[name].as_i64().expect(name);
    for (name, wanted) in [
        ("calls", 2),
        ("group", 1),
        ("one_to_one", 1),
        ("therapy", 0),
        ("answered", 1),
        ("cancelled", 1),
        ("missed", 0),
        ("people", 3),
        ("with_video", 1),
        ("with_sharing", 1),
        ("with_several", 1),
        ("with_recording", 0),
        ("with_interruption", 1),
        ("with_failure", 1),
    ] {
        assert_eq!(more(name), wanted, "{name}: {before} and {after}");
    }
    let said = |figures: &Value| {
        ["excellent", "good", "fair", "poor", "rtt_ms", "loss_permille", "lost", "failed", "other"]
            .map(|name| figures[name].as_i64().expect("a number"))
    };
    // (40 + 60 + 500 + 3 * 20) / 6
    assert_eq!(said(&after["figures"]), [3, 2, 0, 1, 110, 10, 2, 1, 1], "{after}");
    let hours = |usage: &Value| {
        let hours = usage["hours"].as_array().expect("a list").iter();
        hours.map(|hour| hour["calls"].as_i64().expect("a number")).sum::<i64>()
    };
    assert_eq!(hours(&after) - hours(&before), 1);
    let persons = after["persons"].as_array().expect("a list");
    let of = |email: &str| persons.iter().find(|person| person["email"] == email).expect(email);
    assert_eq!(said(&of(BEN)["figures"]), [0, 2, 0, 1, 200, 10, 0, 0, 0], "{after}");
    assert_eq!(said(&of(CLEO)["figures"]), [3, 0, 0, 0, 20, 10, 0, 1, 1]);
    assert_eq!(said(&of(ANA)["figures"]), [0, 0, 0, 0, 0, 0, 2, 0, 0]);
    assert_eq!((&of(CLEO)["shared"], &of(BEN)["shared"]), (&json!(1), &json!(0)));

    let pairs = usage(folder, &["--call", &call]).await;
    let pairs: Vec<_> = pairs["figures"].as_array().expect("a list").iter().collect();
    let names: Vec<_> = pairs.iter().map(|pair| (pair["by"].as_str(), pair["about"].as_str())).collect();
    let pair = |by, about| (Some(by), Some(about));
    assert_eq!(names, [pair(ANA, BEN), pair(ANA, CLEO), pair(BEN, ANA), pair(BEN, CLEO), pair(CLEO, CLEO)]);
    let text = done(folder, &["usage", "--backend", "hearth", "--days", "1", "--people"]).await;
    for words in ["error rate", "by hour (UTC)", "interrupted 2, failed 1, other 1", CLEO] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let metrics = reqwest::get(app.metrics_url().expect("served")).await.expect("a reply");
    let metrics = metrics.text().await.expect("text");
    for line in [
        r#"bellwire_quality_reports_total{backend="hearth",level="excellent"} 3"#,
        r#"bellwire_connection_issues_total{backend="hearth",kind="lost"} 2"#,
        r#"bellwire_connection_issues_total{backend="hearth",kind="other"} 1"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
    app.stop().await;

    // Of who is erased no figures are left, and those of the others stay.
    let who = ["--backend", "hearth", "--role", "user", "--email", BEN];
    done(folder, &[&["user", "remove", "--erase"][..], &who].concat()).await;
    let pairs = usage(folder, &["--call", &call]).await;
    let pairs = pairs["figures"].as_array().expect("a list").clone();
    assert!(pairs.iter().all(|pair| pair["about"] == CLEO), "{pairs:?}");
    assert_eq!(pairs.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_of_use_are_asked_for_where_they_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let none = done(folder, &["usage", "--backend", "hearth"]).await;
    assert!(none.contains("calls         0") && none.contains("no reports"), "{none}");
    for backend in ["storefront", "dealerdesk", "marketplace", "clinic"] {
        let said = refused(folder, &["usage", "--backend", backend]).await;
        assert!(said.contains("hearth does"), "{said}");
    }
    let said = refused(folder, &["usage", "--backend", "hearth", "--call", "call_1"]).await;
    assert!(said.contains("there is no call call_1"), "{said}");
}
