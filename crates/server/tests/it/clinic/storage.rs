//! What a restart leaves.

use std::time::Duration;

use bellwire_server::{App, Config, Database};
use serde_json::json;

use super::people::{DOCTOR, NOW, PATIENT, Person};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_outlive_a_restart_for_a_while() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config {
        database: Database::File(folder.path().join("clinic.db")),
        seat_kept: Duration::from_secs(3),
        ..Config::demo()
    };
    let app = App::start(config.clone()).await.expect("a server");
    let (mut doctor, mut patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let (_desk, _phone) = (doctor.enter(&room).await, patient.enter(&room).await);
    doctor.record(NOW, |room| room["status"] == "InProgress").await;
    app.stop().await;

    let app = App::start(config).await.expect("a server");
    doctor.move_to(&app);
    patient.move_to(&app);
    assert_eq!(doctor.room(NOW).await, room);
    let mut desk = doctor.enter(&room).await;
    // The other one did not come back in time.
    let left = desk.until("user-left").await;
    assert_eq!(left, json!({ "userId": patient.id, "roomId": room, "reason": "disconnected" }));
    desk.say("leave-room", doctor.of(&room)).await;
    let record = doctor.record(NOW, |room| room["status"] == "Ended").await;
    assert!(record["startedAt"].is_string() && record["endedAt"].is_string());
    app.stop().await;
}
