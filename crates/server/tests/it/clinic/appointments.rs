//! Appointments over REST.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::people::{
    DOCTOR, NOW, OTHER_DOCTOR, OTHER_PATIENT, PATIENT, PENDING, PHYSICAL, Person, SOON, names,
};
use crate::support::server;

fn in_minutes(minutes: i64) -> String {
    (OffsetDateTime::now_utc() + time::Duration::minutes(minutes)).format(&Rfc3339).expect("a time")
}

fn ids(body: &Value) -> Vec<&str> {
    body["data"].as_array().expect("a list").iter().filter_map(|row| row["id"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_paged_filtered_and_sorted() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let (status, first) = doctor.get("/appointments?page=1&pageSize=4").await;
    assert_eq!(status, 200);
    let total = first["meta"]["totalCount"].as_u64().expect("a count");
    let pages = total.div_ceil(4);
    assert_eq!(
        first["meta"],
        json!({ "totalCount": total, "currentPage": 1, "pageSize": 4, "totalPages": pages })
    );
    let mut all = Vec::new();
    for page in 1..=pages {
        let (_, body) = doctor.get(&format!("/appointments?page={page}&pageSize=4")).await;
        all.extend(ids(&body).into_iter().map(str::to_owned));
        for row in body["data"].as_array().expect("a list") {
            assert_eq!(row["practitionerId"], doctor.id);
            assert!(row["patient"]["firstName"].is_string() && row["durationInMinutes"].is_number());
        }
    }
    assert_eq!(all.len() as u64, total);
    let (_, down) = doctor.get("/appointments?pageSize=100&sortBy=appointmentDateTime&sortOrder=desc").await;
    all.reverse();
    assert_eq!(ids(&down), all);

    let (_, theirs) = doctor.get(&format!("/appointments?pageSize=100&patientId={}", patient.id)).await;
    assert!(ids(&theirs).contains(&NOW) && !ids(&theirs).contains(&SOON));
    let (_, own) = patient.get("/appointments?pageSize=100").await;
    assert!(ids(&own).contains(&NOW) && !ids(&own).contains(&SOON));
    assert_eq!(patient.get(&format!("/appointments?patientId={}", doctor.id)).await.0, 403);

    let tomorrow = in_minutes(10 * 60);
    let tomorrow = tomorrow.replace('+', "%2B");
    let (_, later) = doctor.get(&format!("/appointments?pageSize=100&startDate={tomorrow}")).await;
    assert!(!ids(&later).contains(&NOW) && ids(&later).contains(&PHYSICAL));
    let (_, upcoming) = doctor.get("/appointments/upcoming?pageSize=100").await;
    assert_eq!(ids(&upcoming)[0], NOW);
    for row in upcoming["data"].as_array().expect("a list") {
        assert!(matches!(row["status"].as_str(), Some("Scheduled" | "PendingPatientConfirmation")));
    }
    let (_, dates) = patient.get("/appointments/dates").await;
    let dates = dates["data"].as_array().expect("a list").clone();
    assert!(dates.len() >= 3 && dates.iter().all(|day| day.as_str().is_some_and(|day| day.len() == 10)));
    for bad in ["page=x", "sortBy=shoe", "sortOrder=up", "startDate=soon"] {
        let (status, body) = doctor.get(&format!("/appointments?{bad}")).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("Bad Request")), "{bad}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appointment_is_for_its_two_parties() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let (_, body) = doctor.get(&format!("/appointments/{NOW}")).await;
    assert_eq!(body["videoCallRoom"]["status"], "Waiting");
    assert_eq!(patient.get(&format!("/appointments/{NOW}")).await.1, body);
    for email in [OTHER_DOCTOR, OTHER_PATIENT] {
        let stranger = Person::new(&app, email).await;
        for path in [format!("/appointments/{NOW}"), format!("/video-call/room/appointment/{NOW}")] {
            let (status, body) = stranger.get(&path).await;
            assert_eq!((status, body["error"].as_str()), (403, Some("Forbidden")), "{email} {path}");
        }
        let create = format!("/video-call/room/appointment/{NOW}/create");
        assert_eq!(stranger.post(&create, json!({})).await.0, 403);
    }
    assert_eq!(doctor.get("/appointments/no-such-one").await.0, 404);
    let room = format!("/video-call/room/appointment/{PHYSICAL}");
    let missing =
        json!({ "statusCode": 404, "message": "Room not found for this appointment", "error": "Not Found" });
    assert_eq!(doctor.get(&room).await, (404, missing));
    assert_eq!(doctor.post(&format!("{room}/create"), json!({})).await.0, 400);
    // Making a room that is there gives that one.
    let known = doctor.room(NOW).await;
    let create = format!("/video-call/room/appointment/{NOW}/create");
    assert_eq!(patient.post(&create, json!({})).await, (201, json!({ "roomId": known })));
    let (_, ice) = patient.get("/video-call/ice-servers").await;
    let relayed = |row: &Value| row["credential"].is_string();
    assert!(ice["iceServers"].as_array().is_some_and(|rows| rows.iter().any(relayed)), "{ice}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appointment_is_proposed_and_agreed_to() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let (mut watching, mut waiting) = (doctor.device().await, patient.device().await);
    let proposal = |at: String| {
        json!({ "name": "Control", "patientId": patient.id, "appointmentDateTime": at,
            "durationInMinutes": 20, "type": "Remote", "notes": "bring the diary" })
    };
    let path = "/appointments/schedule";
    assert_eq!(patient.post(path, proposal(in_minutes(600))).await.0, 403);
    let mut nobody = proposal(in_minutes(600));
    nobody["patientId"] = json!(doctor.id);
    assert_eq!(doctor.post(path, nobody).await.0, 404, "a practitioner is no patient");
    for (field, bad) in [
        ("name", json!("")),
        ("appointmentDateTime", json!("tomorrow")),
        ("appointmentDateTime", json!(in_minutes(-60))),
        ("durationInMinutes", json!(0)),
        ("type", json!("Telepathy")),
        ("notes", json!("x".repeat(3000))),
    ] {
        let mut body = proposal(in_minutes(600));
        body[field] = bad;
        assert_eq!(doctor.post(path, body).await.0, 400, "{field}");
    }

    let (status, made) = doctor.post(path, proposal(in_minutes(600))).await;
    assert_eq!((status, made["status"].as_str()), (201, Some("PendingPatientConfirmation")), "{made}");
    let id = made["id"].as_str().expect("an id").to_owned();
    let news = waiting.until_that("room-status", |body| body["appointmentId"] == id).await;
    assert_eq!(news["appointment"]["status"], "PendingPatientConfirmation");
    // Overlaps of either party, to the minute; the next one begins when this one ends.
    let (status, taken) = doctor.post(path, proposal(in_minutes(619))).await;
    assert_eq!((status, taken["message"].as_str()), (409, Some("This time slot is already taken")));
    let colleague = Person::new(&app, OTHER_DOCTOR).await;
    assert_eq!(colleague.post(path, proposal(in_minutes(585))).await.0, 409);
    assert_eq!(doctor.post(path, proposal(in_minutes(621))).await.0, 201);

    // Nobody enters before it is agreed to.
    let room = patient.room(&id).await;
    waiting.say("join-room", patient.of(&room)).await;
    let error = waiting.until("error").await;
    assert_eq!(error["message"], "Not authorized to join this room");

    let respond = format!("/appointments/{id}/respond");
    let yes = json!({ "accepted": true, "message": "Fine" });
    assert_eq!(doctor.patch(&respond, yes.clone()).await.0, 403);
    let stranger = Person::new(&app, OTHER_PATIENT).await;
    assert_eq!(stranger.patch(&respond, yes.clone()).await.0, 403);
    let (status, agreed) = patient.patch(&respond, yes.clone()).await;
    assert_eq!((status, agreed["status"].as_str()), (200, Some("Scheduled")));
    assert_eq!(patient.patch(&respond, yes).await.0, 409);
    let said = |body: &Value| body["appointmentId"] == id && body["appointment"]["status"] == "Scheduled";
    watching.until_that("room-status", said).await;
    waiting.say("join-room", patient.of(&room)).await;
    waiting.until("joined-room").await;

    let no = json!({ "accepted": false });
    let third = Person::new(&app, "patient3@demo.example").await;
    let (_, declined) = third.patch(&format!("/appointments/{PENDING}/respond"), no).await;
    assert_eq!(declined["status"], "Cancelled");
    let heard = stranger.settle(&mut stranger.device().await).await;
    assert!(names(&heard).is_empty(), "{heard:?}");
    app.stop().await;
}
