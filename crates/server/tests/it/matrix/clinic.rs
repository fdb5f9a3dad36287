//! The doctor and the patient have appointments; the other doctor and another patient have nothing to do
//! with them.

use std::collections::BTreeMap;

use bellwire_server::{App, DEMO_PASSWORD};
use serde_json::{Value, json};

use super::Principal::{Foreign, Own};
use super::{AccessMatrix, Barrier, Event, Principal, Refusal, Route, closed_door};
use crate::clinic::people::{DOCTOR, NOW, OTHER_DOCTOR, OTHER_PATIENT, PATIENT, Person};

const JANE: Principal = Own("practitioner");
const ANN: Principal = Own("patient");
const KWABENA: Principal = Foreign("practitioner");
const SOREN: Principal = Foreign("patient");
const EVERYBODY: [Principal; 4] = [JANE, ANN, KWABENA, SOREN];
const EMAILS: [&str; 4] = [DOCTOR, PATIENT, OTHER_DOCTOR, OTHER_PATIENT];

pub(crate) async fn matrix(app: &App) -> AccessMatrix {
    let url = app.socket_url("clinic").expect("it is served");
    closed_door(&url, "/video-call").await;
    let (mut tokens, mut leaving, mut devices) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut ids = BTreeMap::new();
    for (who, email) in EVERYBODY.into_iter().zip(EMAILS) {
        let person = Person::new(app, email).await;
        devices.insert(who, person.device().await);
        leaving.insert(who, Person::new(app, email).await.token);
        ids.insert(who, person.id.clone());
        tokens.insert(who, person.token);
    }
    let doctor = Person::new(app, DOCTOR).await;
    let room = doctor.room(NOW).await;
    let proposal = propose(&doctor, &ids[&ANN]).await;
    let newcomer = doctor.login("/auth/login", "newcomer@demo.example", DEMO_PASSWORD).await.1;
    let temporary = newcomer["temp_access_token"].as_str().expect("a token").to_owned();
    AccessMatrix {
        backend: "clinic",
        host: app.rest_url("clinic").expect("it is served"),
        elsewhere: Vec::new(),
        roles: &["practitioner", "patient"],
        client: reqwest::Client::new(),
        tokens,
        devices,
        routes: routes(&ids, leaving, &proposal, &temporary),
        events: events(&room, &ids),
        barrier: Barrier {
            event: "join-room",
            data: json!({ "roomId": "no-such-room", "userId": "whoever" }),
            answer: "error",
        },
        errors: &["error"],
        noise: &["room-status"],
    }
}

fn slot(days: i64) -> String {
    let at = time::OffsetDateTime::now_utc() + time::Duration::days(days);
    at.format(&time::format_description::well_known::Rfc3339).expect("a time")
}

async fn propose(doctor: &Person, patient: &str) -> String {
    let (status, made) = doctor.post("/appointments/schedule", proposal(patient, 40)).await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().expect("an id").to_owned()
}

fn proposal(patient: &str, days: i64) -> Value {
    json!({ "name": "Control", "patientId": patient, "appointmentDateTime": slot(days),
        "durationInMinutes": 15, "type": "Remote" })
}

fn routes(
    ids: &BTreeMap<Principal, String>,
    leaving: BTreeMap<Principal, String>,
    proposed: &str,
    temporary: &str,
) -> Vec<Route> {
    let login = |email: &str| json!({ "email": email, "password": DEMO_PASSWORD });
    let post = |pattern: &'static str, body: Value| Route::plain("POST", pattern).body(body);
    let get = |pattern: &'static str, path: String| Route::new("GET", pattern, path);
    let mut sign_out = post("/auth/sign-out", json!({})).only(&EVERYBODY);
    for (who, token) in leaving {
        sign_out = sign_out.token(who, token);
    }
    let of_patient = format!("/appointments?patientId={}", ids[&ANN]);
    vec![
        post("/auth/login", login(PATIENT)).public(),
        post("/auth/login/practitioner", login(DOCTOR)).public(),
        // Only with the token that was given for it.
        post("/auth/change-password", json!({ "newPassword": "a much better one" }))
            .only(&[SOREN])
            .token(SOREN, temporary),
        sign_out,
        Route::plain("GET", "/auth/status").only(&EVERYBODY),
        // Their own lists; a patient cannot ask for another's.
        get("/appointments", of_patient.clone()).only(&[JANE, ANN, KWABENA]),
        get("/appointments/upcoming", of_patient.replace('?', "/upcoming?")).only(&[JANE, ANN, KWABENA]),
        get("/appointments/dates", of_patient.replace('?', "/dates?")).only(&[JANE, ANN, KWABENA]),
        get("/appointments/{id}", format!("/appointments/{NOW}")).only(&[JANE, ANN]),
        // Any practitioner may propose to any patient.
        post("/appointments/schedule", proposal(&ids[&ANN], 41)).only(&[JANE, KWABENA]).with(
            KWABENA,
            "/appointments/schedule",
            proposal(&ids[&ANN], 42),
        ),
        Route::new("PATCH", "/appointments/{id}/respond", format!("/appointments/{proposed}/respond"))
            .body(json!({ "accepted": true }))
            .only(&[ANN]),
        get("/video-call/room/appointment/{appointment}", format!("/video-call/room/appointment/{NOW}"))
            .only(&[JANE, ANN]),
        Route::new(
            "POST",
            "/video-call/room/appointment/{appointment}/create",
            format!("/video-call/room/appointment/{NOW}/create"),
        )
        .body(json!({}))
        .only(&[JANE, ANN]),
        Route::plain("GET", "/video-call/ice-servers").only(&EVERYBODY),
    ]
}

/// Everybody speaks in their own name; pretenders have a test of their own.
fn events(room: &str, ids: &BTreeMap<Principal, String>) -> Vec<Event> {
    let say = |who: Principal| {
        json!({ "roomId": room, "userId": ids[&who], "isEnabled": true,
            "signal": { "type": "offer", "sdp": "v=0" } })
    };
    let event = |name| {
        let row = Event::new(name, say(JANE), Refusal::Event("error"));
        [ANN, KWABENA, SOREN].into_iter().fold(row, |row, who| row.says(who, say(who)))
    };
    let both = |name, heard| event(name).heard(JANE, ANN, heard).heard(ANN, JANE, heard);
    vec![
        event("join-room").heard(JANE, JANE, "joined-room").heard(ANN, JANE, "user-joined"),
        both("toggle-audio", "audio-toggled"),
        both("toggle-video", "video-toggled"),
        both("webrtc-signal", "webrtc-signal"),
        event("screen-share-start").heard(JANE, ANN, "screen-share-started"),
        both("screen-share-stop", "screen-share-stopped"),
        event("leave-room").heard(ANN, JANE, "user-left").unheard(JANE),
        // The room is empty by now; whoever ends it hears that it is ended.
        event("end-call").heard(JANE, JANE, "call-ended").heard(ANN, ANN, "call-ended"),
    ]
}
