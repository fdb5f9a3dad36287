//! Tests with the clinic page, which behaves as the deployed web client does (no token on its socket).

use std::sync::Arc;

use anyhow::ensure;
use bellwire_engine::{CallState, EndReason, EngineView, MediaKind};
use bellwire_server::Mode;
use bellwire_tests_calls::{Setup, TestClient, accounts};

use crate::chromium::{both_see_and_hear, stage, stage_with};

const DIALECT: &str = "clinic";

#[tokio::test(flavor = "multi_thread")]
async fn our_practitioner_is_told_that_a_patient_waits_in_chromium() -> anyhow::Result<()> {
    let (server, chromium) = stage_with(DIALECT, |config| config.mode = Mode::Compat).await?;
    let practitioner = TestClient::of(&server, DIALECT, accounts::CLINIC.callee, Setup::default()).await?;
    chromium.open(&[("role", "patient"), ("email", accounts::CLINIC.caller.email), ("do", "enter")]).await?;
    let ring = practitioner.ringing().await?;
    ensure!(ring.peer.name == "Tomás Ferreira", "{ring:?}");
    practitioner.engine().accept(ring.id).await;
    practitioner.connected().await?;
    // The side that was there first offers.
    ensure!(chromium.report().await?["offered"] == true, "the page offers");
    both_see_and_hear(&chromium, &practitioner, "H264").await?;
    practitioner.engine().set_camera(false).await;
    chromium.until("the camera to be off", |r| r["otherVideo"] == false).await?;
    practitioner.engine().hang_up(ring.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn our_patient_waits_and_a_practitioner_in_chromium_comes_and_ends_it() -> anyhow::Result<()> {
    let (server, chromium) = stage(DIALECT).await?;
    let doctor = TestClient::of(&server, DIALECT, accounts::CLINIC.callee, Setup::default()).await?;
    let to = doctor.me().ok_or_else(|| anyhow::anyhow!("signed in"))?;
    doctor.leave().await;
    let patient = TestClient::of(&server, DIALECT, accounts::CLINIC.caller, Setup::default()).await?;
    patient.call_person(&to, MediaKind::Video).await?;
    let inside = |view: &Arc<EngineView>| view.phone.calls.iter().any(|call| call.remote_id.is_some());
    patient.until("the way in", inside).await?;
    let email = accounts::CLINIC.callee.email;
    let wishes = [("role", "practitioner"), ("email", email), ("auth", "token"), ("do", "enter")];
    chromium.open(&wishes).await?;
    patient.connected().await?;
    ensure!(chromium.report().await?["offered"] == false, "we offer");
    both_see_and_hear(&chromium, &patient, "H264").await?;
    chromium.run("window.hangUp()").await?;
    let ended = patient.ended().await?;
    ensure!(ended.state == CallState::Ended { reason: EndReason::RemoteHungUp }, "{ended:?}");
    chromium.close().await;
    Ok(())
}
