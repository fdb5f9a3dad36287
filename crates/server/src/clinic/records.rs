//! Call records: carries out the hub's orders, cleans up, and restores the hub after a restart.

use std::time::Duration;

use bellwire_dialects::clinic::wire::{ErrorEvent, UserRole, name};
use tracing::info;

use super::hub::{News, Order};
use super::response;
use super::state::{Shared, State};
use crate::clinic::defaults::BACKEND;
use crate::clock::Millis;
use crate::hub_actor::Job;
use crate::socket::INTERNAL_ERROR;
use crate::store::StoreError;
use crate::throttle::warn_rarely;

/// How long after its end an appointment counts as kept or not.
const PAST: Duration = Duration::from_secs(3600);
/// How long the room of an ended call stays.
const ROOM_KEPT: Duration = Duration::from_secs(24 * 3600);

/// `room_<ms>_<9 base36>`
pub(super) fn new_room_id(now: Millis) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut random = rand::random::<u64>();
    let mut id = format!("room_{}_", now.0);
    for _ in 0..9 {
        let digit = usize::try_from(random % 36).unwrap_or_default();
        id.push(char::from(DIGITS[digit]));
        random /= 36;
    }
    id
}

/// The hub repeats an order that failed until it is done; who asked for it first hears of the failure.
pub(super) async fn perform(state: &Shared, Job { order, asked_by }: Job<Order>) {
    let Order { row, version, outcome } = order;
    if let Some(outcome) = outcome {
        state.context.metrics.call(BACKEND, outcome);
        info!(room = row.room_id, ?outcome, "Room");
    }
    match state.store.save_room(&row).await {
        Ok(()) => state.hub.tell(News::Saved { room_id: row.room_id, version }).await,
        Err(error) => {
            warn_rarely!(error, "A room's record was not written");
            if let Some(to) = asked_by {
                let body =
                    ErrorEvent { message: Some(INTERNAL_ERROR.to_owned()), room_id: Some(row.room_id) };
                state.hub.say(to, name::ERROR, &body).await;
            }
        }
    }
}

/// Tells the hub who was where when the server went: their seats are kept, and then they are gone.
pub(super) async fn resume(state: &Shared) -> Result<(), StoreError> {
    for row in state.store.occupied().await? {
        let Some(facts) = response::facts(&row) else { continue };
        let joined =
            [(UserRole::Practitioner, row.practitioner_joined), (UserRole::Patient, row.patient_joined)];
        let seated = joined.into_iter().filter(|(_, joined)| *joined == Some(true));
        let seated = seated.map(|(role, _)| role).collect();
        state.hub.tell(News::Resumed { facts, seated }).await;
    }
    Ok(())
}

pub(super) async fn sweep(state: &State, now: Millis) {
    state.logins.sweep();
    state.schedules.sweep();
    let before = |ago: Duration| Millis(now.0 - i64::try_from(ago.as_millis()).unwrap_or(i64::MAX));
    let done = async {
        let closed = state.store.close_past(before(PAST), now).await?;
        let cleared = state.store.clear_rooms(before(ROOM_KEPT)).await?;
        if closed + cleared > 0 {
            info!(closed, cleared, "Past appointments");
        }
        Ok::<(), StoreError>(())
    };
    if let Err(error) = done.await {
        warn_rarely!(error, "Past appointments stay open");
    }
}

#[cfg(test)]
mod tests {
    use bellwire_dialects::clinic::wire::{AppointmentStatus, AppointmentType};

    use super::*;
    use crate::clinic::store::{NewAppointment, Store, User};
    use crate::config::Database;
    use crate::store::Pools;

    const HOUR: i64 = 3_600_000;

    async fn store() -> Store {
        let store = Store::new(&Pools::open(&Database::Memory).await.expect("a database"));
        for (id, role) in [("d", "Practitioner"), ("p", "Patient")] {
            let user = User {
                id: id.to_owned(),
                email: format!("{id}@demo.example"),
                password_hash: String::new(),
                role: role.to_owned(),
                first_name: id.to_owned(),
                last_name: id.to_owned(),
                must_change_password: false,
                created_at: 0,
                generation: 0,
            };
            store.add_user(&user).await.expect("added");
        }
        store
    }

    async fn add(store: &Store, id: &str, hour: i64, kind: AppointmentType) -> bool {
        let new = NewAppointment {
            id: id.to_owned(),
            name: "Control".to_owned(),
            patient: "p".to_owned(),
            practitioner: "d".to_owned(),
            starts_at: hour * HOUR,
            minutes: 60,
            kind,
            status: AppointmentStatus::Scheduled,
            notes: None,
        };
        let room = format!("room of {id}");
        let room = (kind == AppointmentType::Remote).then_some(room.as_str());
        store.schedule(&new, room, Millis(0)).await.expect("asked")
    }

    #[tokio::test]
    async fn past_appointments_are_kept_or_not_and_their_rooms_go() {
        let store = store().await;
        for (id, hour, kind) in [
            ("talked", 1, AppointmentType::Remote),
            ("nobody", 2, AppointmentType::Remote),
            ("physical", 3, AppointmentType::Physical),
            ("later", 9, AppointmentType::Remote),
        ] {
            assert!(add(&store, id, hour, kind).await, "{id}");
        }
        assert!(!add(&store, "taken", 9, AppointmentType::Remote).await);
        let (begun, ended) = (Millis(HOUR), Millis(2 * HOUR));
        store.set_talked("room of talked", begun, ended).await.expect("written");

        assert_eq!(store.close_past(Millis(5 * HOUR), Millis(5 * HOUR)).await.expect("done"), 2);
        let status = async |id: &str| store.appointment(id).await.expect("asked").expect("there").status;
        assert_eq!(status("talked").await, "Completed");
        assert_eq!(status("nobody").await, "NoShow");
        assert_eq!(status("physical").await, "Scheduled");
        assert_eq!(status("later").await, "Scheduled");

        assert_eq!(store.clear_rooms(Millis(2 * HOUR)).await.expect("done"), 0);
        assert_eq!(store.clear_rooms(Millis(2 * HOUR + 1)).await.expect("done"), 1);
        let past = store.appointment("talked").await.expect("asked").expect("there");
        assert_eq!(past.room_id, None);
        let shown = response::appointment(&past).video_call_room.expect("what is left of it");
        assert_eq!((shown.room_id.as_str(), shown.ended_at), ("room of talked", Some(ended.iso())));
        // It may be made again.
        let again = store.ensure_room("talked", "another room", Millis(0)).await.expect("made");
        assert_eq!(again, "another room");
    }

    #[test]
    fn room_ids_are_as_deployed() {
        let id = new_room_id(Millis(1_767_607_200_000));
        let random = id.strip_prefix("room_1767607200000_").expect("the time");
        assert!(
            random.len() == 9
                && random.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        );
        assert_ne!(id, new_room_id(Millis(1_767_607_200_000)));
    }
}
