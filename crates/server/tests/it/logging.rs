//! What a log has, however much of it is asked for.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use bellwire_server::{DEMO_PASSWORD, safe_to_log};
use serde_json::json;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::dealerdesk::{DEALER, Person as Colleague, TECHNICIAN, join, room};
use crate::support::{Person, server};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// One thread, so that the subscriber of this test hears the server and nobody else.
#[tokio::test]
async fn no_level_writes_tokens_passwords_or_messages() {
    const SECRET: &str = "the gearbox is under the third stone";
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    // As somebody would ask for it who wants to see everything.
    let wanted = EnvFilter::new("trace,socketioxide=trace,engineioxide=trace,sqlx=trace,hyper=trace");
    let lines = lines.with_filter(wanted.and(safe_to_log()));
    let _heard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));

    let app = server().await;
    let amira = Person::amira(&app).await;
    let mut device = amira.device().await;
    device.settled().await;
    let (dealer, technician) = (Colleague::dealer(&app).await, Colleague::technician(&app).await);
    let mut dealers = dealer.device().await;
    let place = room(DEALER, TECHNICIAN);
    join(&dealers, &dealer, &place).await;
    let message = json!({
        "roomId": place, "senderEmail": DEALER, "senderType": "DEALER", "message": SECRET,
    });
    dealers.say("send_message", message).await;
    dealers.until("new_message").await;
    app.stop().await;

    let text = String::from_utf8_lossy(&log.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    assert!(text.contains("DEBUG bellwire_server"), "our own lines are there");
    for secret in [SECRET, DEMO_PASSWORD, &amira.token, &dealer.token, &technician.token] {
        assert!(!text.contains(secret), "a log has {secret}");
    }
}
