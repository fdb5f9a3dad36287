//! Tests of merging: two reports of one call are one record, which keeps the better half of each.

use super::*;

async fn merge(store: &mut Store, calls: &[BackendCall]) -> u32 {
    store.merge(&account("me"), calls, DAWN).await.expect("a page is taken in")
}

async fn write(store: &mut Store, calls: &[LocalCall]) {
    store.write(calls).await.expect("calls are written");
}

#[tokio::test]
async fn our_own_end_stays_and_the_backend_fills_what_we_lack() {
    let mut store = memory().await;
    let call = answered(&placed(&dialled("u", "p", DAWN), "r"), 3_000);
    let call = ended(&call, Outcome::Completed, "hung_up", 61_000);
    write(&mut store, std::slice::from_ref(&call)).await;
    assert_eq!(merge(&mut store, &[remembered("r", "p", "failed", DAWN + 900, 12)]).await, 0);
    let record = only(&mut store).await;
    assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Completed, Some("hung_up")));
    assert_eq!((record.duration_s, record.started_at), (61, crate::timestamp::show(DAWN)));
    assert_eq!(record.subject.expect("filled").label, "Order #7");
}

#[tokio::test]
async fn calls_of_other_devices_come_from_the_backend_and_move_on() {
    let mut store = memory().await;
    assert_eq!(merge(&mut store, &[remembered("r", "p", "ringing", DAWN, 0)]).await, 1);
    assert_eq!(only(&mut store).await.outcome, Outcome::Ongoing);
    assert_eq!(merge(&mut store, &[remembered("r", "p", "ended", DAWN, 42)]).await, 0);
    merge(&mut store, &[remembered("r", "p", "ringing", DAWN, 0)]).await;
    let record = only(&mut store).await;
    assert_eq!((record.outcome, record.duration_s, record.seen), (Outcome::Completed, 42, true));
    assert_eq!(record.kind, Some(MediaKind::Video));
}

#[tokio::test]
async fn the_answer_to_an_invitation_may_come_before_after_or_never() {
    // After the page: the page's record and ours become one.
    let mut store = memory().await;
    write(&mut store, &[dialled("u", "p", DAWN)]).await;
    merge(&mut store, &[remembered("r", "p", "ringing", DAWN + 120_000, 0)]).await;
    assert_eq!(all(&mut store).await.len(), 2, "too far apart to be taken for one");
    write(&mut store, &[placed(&dialled("u", "p", DAWN), "r")]).await;
    assert_eq!(only(&mut store).await.started_at, crate::timestamp::show(DAWN));

    // Never: time and person tell.
    let mut store = memory().await;
    let lost = ended(&dialled("u", "p", DAWN), Outcome::Cancelled, "cancelled", 0);
    write(&mut store, &[lost]).await;
    merge(&mut store, &[remembered("r", "p", "ended", DAWN + 800, 0)]).await;
    let record = only(&mut store).await;
    assert_eq!(record.remote, Some(RemoteCallId("r".into())));
    merge(&mut store, &[remembered("other", "q", "ended", DAWN + 800, 0)]).await;
    assert_eq!(all(&mut store).await.len(), 2);
}

#[tokio::test]
async fn a_call_wrongly_taken_for_ours_comes_back_with_the_next_page() {
    let mut store = memory().await;
    write(&mut store, &[dialled("u", "p", DAWN)]).await;
    let page = [remembered("elsewhere", "p", "ended", DAWN + 500, 9)];
    merge(&mut store, &page).await;
    write(&mut store, &[placed(&dialled("u", "p", DAWN), "ours")]).await;
    merge(&mut store, &[page[0].clone(), remembered("ours", "p", "ringing", DAWN + 400, 0)]).await;
    let mut ids: Vec<_> = all(&mut store).await.into_iter().filter_map(|record| record.remote).collect();
    ids.sort();
    assert_eq!(ids, [RemoteCallId("elsewhere".into()), RemoteCallId("ours".into())]);
}

#[tokio::test]
async fn a_room_entered_again_is_one_call_with_all_its_time() {
    let mut store = memory().await;
    let first = answered(&placed(&dialled("u1", "p", DAWN), "room"), 1_000);
    let first = ended(&first, Outcome::Completed, "connection_lost", 60_000);
    let second = placed(&dialled("u2", "p", DAWN + 100_000), "room");
    write(&mut store, &[first.clone(), second.clone()]).await;
    assert_eq!(only(&mut store).await.outcome, Outcome::Ongoing);
    // Late news of the first time changes nothing of the second.
    write(&mut store, std::slice::from_ref(&first)).await;
    assert_eq!(only(&mut store).await.outcome, Outcome::Ongoing);
    write(&mut store, &[ended(&answered(&second, 500), Outcome::Completed, "hung_up", 30_000)]).await;
    assert_eq!(only(&mut store).await.duration_s, 90);
    // The other side did not come the third time; the conversation still counts.
    let third = placed(&dialled("u3", "p", DAWN + 200_000), "room");
    write(&mut store, &[ended(&third, Outcome::Cancelled, "cancelled", 0)]).await;
    let record = only(&mut store).await;
    assert_eq!((record.outcome, record.duration_s), (Outcome::Completed, 90));
}

#[tokio::test]
async fn an_invitation_that_crossed_another_is_no_call_of_its_own() {
    let mut store = memory().await;
    let ours = placed(&dialled("u1", "p", DAWN), "ours");
    let merged = LocalCall { merged: true, ..ended(&ours, Outcome::Cancelled, "merged", 0) };
    let theirs = answered(&rung("u2", "theirs", DAWN + 200), 0);
    write(&mut store, &[ours, merged, ended(&theirs, Outcome::Completed, "hung_up", 5_000)]).await;
    merge(&mut store, &[remembered("ours", "p", "ended", DAWN, 0)]).await;
    assert_eq!(only(&mut store).await.remote, Some(RemoteCallId("theirs".into())));
}

#[tokio::test]
async fn missed_calls_are_news_until_they_are_seen() {
    let mut store = memory().await;
    let missed = |uid: &str, at| ended(&rung(uid, uid, at), Outcome::Missed, "missed", 0);
    write(&mut store, &[missed("a", DAWN), missed("b", DAWN + 1_000)]).await;
    let incoming = |remote: &str, at| BackendCall {
        direction: Direction::Incoming,
        ..remembered(remote, "p", "missed", at, 0)
    };
    // Missed while this program was not running, and long before it knew the account.
    merge(&mut store, &[incoming("c", DAWN + 5_000), incoming("d", DAWN - 5_000)]).await;
    let counts = store.counts(&Filter::default()).await.expect("counted");
    assert_eq!((counts.total, counts.missed, counts.unseen), (4, 4, 3));
    let newest = all(&mut store).await.remove(0);
    store.mark_seen(Some(newest.id)).await.expect("marked");
    // A report that says the same again is no news.
    write(&mut store, &[missed("a", DAWN)]).await;
    merge(&mut store, &[incoming("c", DAWN + 5_000)]).await;
    assert_eq!(store.counts(&Filter::default()).await.expect("counted").unseen, 2);
    store.mark_seen(None).await.expect("marked");
    write(&mut store, &[missed("a", DAWN)]).await;
    assert_eq!(store.counts(&Filter::default()).await.expect("counted").unseen, 0);
}

#[tokio::test]
async fn answered_on_another_device_gets_its_length_from_the_backend() {
    let mut store = memory().await;
    let call = ended(&rung("u", "r", DAWN), Outcome::Elsewhere, "answered_elsewhere", 0);
    write(&mut store, &[call]).await;
    let page = BackendCall { direction: Direction::Incoming, ..remembered("r", "p", "ended", DAWN, 300) };
    merge(&mut store, &[page]).await;
    let record = only(&mut store).await;
    assert_eq!((record.outcome, record.duration_s, record.missed), (Outcome::Elsewhere, 300, false));
}

#[tokio::test]
async fn what_was_deleted_stays_away() {
    let mut store = memory().await;
    let page = [remembered("a", "p", "ended", DAWN + 1, 3), remembered("b", "p", "ended", DAWN + 2, 3)];
    merge(&mut store, &page).await;
    let id = all(&mut store).await[0].id;
    assert!(store.delete(id).await.expect("deleted"));
    assert!(!store.delete(id).await.expect("there is none any more"));
    merge(&mut store, &page).await;
    assert_eq!(only(&mut store).await.remote, Some(RemoteCallId("a".into())));

    let live = rung("u", "live", DAWN + 9);
    write(&mut store, std::slice::from_ref(&live)).await;
    let id = all(&mut store).await[0].id;
    assert!(!store.delete(id).await.expect("it goes on"));
    assert_eq!(store.clear(Some(&account("me").key), DAWN + 10).await.expect("cleared"), 1);
    assert_eq!(store.clear(Some(&account("nobody").key), DAWN + 10).await.expect("nothing to do"), 0);
    merge(&mut store, &page).await;
    merge(&mut store, &[remembered("never seen", "p", "ended", DAWN - 9, 3)]).await;
    assert_eq!(only(&mut store).await.remote, Some(RemoteCallId("live".into())));
    // Later calls are logged again.
    merge(&mut store, &[remembered("new", "p", "ended", DAWN + 11, 3)]).await;
    write(&mut store, &[ended(&live, Outcome::Missed, "missed", 0)]).await;
    assert_eq!(all(&mut store).await.len(), 2);
}

#[tokio::test]
async fn a_history_with_ids_of_its_own_is_matched_by_person_and_time() {
    let mut store = memory().await;
    let incoming = |remote: &str, at| BackendCall {
        direction: Direction::Incoming,
        ..remembered(remote, "p", "ringing", at, 0)
    };
    // The page may come before the ring, or after.
    merge(&mut store, &[incoming("65ab01", DAWN)]).await;
    let first = ended(&rung("u1", "call_1_x", DAWN + 900), Outcome::Declined, "declined", 0);
    let second = ended(&rung("u2", "call_2_x", DAWN + 20_000), Outcome::Declined, "declined", 0);
    write(&mut store, &[first, second]).await;
    merge(&mut store, &[incoming("65ab02", DAWN + 19_000), incoming("65ab01", DAWN)]).await;
    assert_eq!(all(&mut store).await.len(), 2);
    // What another device of ours dials is not what we dial.
    let mut store = memory().await;
    merge(&mut store, &[remembered("65ab05", "p", "ringing", DAWN, 0)]).await;
    write(&mut store, &[dialled("u", "p", DAWN + 5_000)]).await;
    assert_eq!(all(&mut store).await.len(), 2);
    // Ids of one sort are never taken for each other.
    let mut store = memory().await;
    write(&mut store, &[rung("u", "65ab03", DAWN)]).await;
    merge(&mut store, &[incoming("65ab04", DAWN)]).await;
    assert_eq!(all(&mut store).await.len(), 2);
}

#[tokio::test]
async fn an_appointment_is_one_call_however_often_its_room_is_entered() {
    let mut store = memory().await;
    let about = Some(Subject { id: "65ab".into(), label: "Check-up".into() });
    let line = BackendCall { subject: about.clone(), ..remembered("65ab", "p", "ended", DAWN - 900_000, 40) };
    let enter = |uid: &str, room: &str, at| LocalCall {
        subject: about.clone(),
        ..ended(&answered(&placed(&dialled(uid, "p", at), room), 0), Outcome::Completed, "hung_up", 20_000)
    };
    write(&mut store, &[enter("u1", "room_1#5.1", DAWN), enter("u2", "room_1#5.2", DAWN + 99_000)]).await;
    merge(&mut store, std::slice::from_ref(&line)).await;
    assert_eq!(only(&mut store).await.duration_s, 40);
    // The other way round.
    let mut store = memory().await;
    merge(&mut store, std::slice::from_ref(&line)).await;
    write(&mut store, &[enter("u1", "room_1#5.1", DAWN)]).await;
    merge(&mut store, &[line]).await;
    assert_eq!(only(&mut store).await.outcome, Outcome::Completed);
}

#[tokio::test]
async fn strange_pages_do_no_harm() {
    let mut store = memory().await;
    let nameless = remembered("", "p", "ended", DAWN, 3);
    let endless = remembered(&"x".repeat(10_000), "p", "ended", DAWN, 3);
    let timeless = BackendCall { started_at: "soon".into(), ..remembered("t", "p", "!?", DAWN, u32::MAX) };
    assert_eq!(merge(&mut store, &[nameless, endless, timeless.clone(), timeless]).await, 1);
    let record = only(&mut store).await;
    assert_eq!((record.started_at.as_str(), record.outcome), ("", Outcome::Failed));
}
