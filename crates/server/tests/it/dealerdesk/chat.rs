//! Rooms, messages and lists.

use serde_json::json;

use super::{DEALER, PASSWORDLESS, Person, QUIET, TECHNICIAN, join, room, settled};
use crate::support::{count, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_kept_told_counted_and_read() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone, mut tablet) = (dan.device().await, tea.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    join(&shop, &dan, &room).await;
    join(&phone, &tea, &room).await;
    settled(&mut phone).await;
    let unread =
        async || tea.get(&format!("/api/chat/unread-count/{TECHNICIAN}")).await.1["unreadCount"].as_u64();
    let before = unread().await.expect("a number");

    let text = "  Two lines\nand a smile \u{1f600} ";
    shop.say("send_message", json!({ "roomId": room, "message": text, "senderType": "TECHNICIAN" })).await;
    let own = shop.until("new_message").await;
    assert_eq!((&own["message"], &own["sender_email"]), (&json!(text.trim()), &json!(DEALER)));
    assert_eq!(
        (&own["sender_type"], &own["senderName"]),
        (&json!("DEALER"), &json!("Harbour Street Motors"))
    );
    assert_eq!(
        (&own["roomId"], &own["room_id"], &own["is_read"]),
        (&json!(room), &json!(room), &json!(false))
    );
    assert_eq!(phone.until("new_message").await, own);
    // As deployed: who is in the room is notified as well.
    assert_eq!(phone.until("chat_notification").await, own);
    assert_eq!(tablet.until("chat_notification").await, own);
    assert_eq!(count(&tablet.log, "new_message"), 0, "not in the room");
    assert_eq!(unread().await, Some(before + 1));

    let (_, page) = tea.get(&format!("/api/chat/room/{room}/messages?limit=2")).await;
    assert_eq!(page.as_array().expect("rows").len(), 2);
    assert_eq!((&page[1]["id"], page[1].get("senderName")), (&own["id"], None), "the newest comes last");
    let by_people = format!("/api/chat/messages?dealerEmail={DEALER}&technicianEmail={TECHNICIAN}&limit=1");
    assert_eq!(tea.get(&by_people).await.1[0]["id"], own["id"]);
    let (_, older) = tea.get(&format!("{by_people}&offset=1")).await;
    assert_eq!(older[0]["message"], "Send me a recording if you can, or just call me.");
    let (_, rooms) = tea.get(&format!("/api/chat/rooms/{TECHNICIAN}")).await;
    assert_eq!(rooms[0]["room_id"], room, "the newest message first");
    assert_eq!(
        (&rooms[0]["last_message"], &rooms[0]["last_message_sender"]),
        (&own["message"], &json!(DEALER))
    );
    assert_eq!((&rooms[0]["unread_count"], &rooms[0]["other_online"]), (&json!(1), &json!(true)));
    assert_eq!(rooms[0]["other_name"], "Harbour Street Motors");

    phone.say("mark_read", json!({ "messageId": own["id"] })).await;
    let read = shop.until("message_read").await;
    assert_eq!(read, json!({ "messageId": own["id"], "roomId": room, "readBy": TECHNICIAN }));
    phone.say("mark_room_read", json!({ "roomId": room })).await;
    for device in [&mut shop, &mut tablet] {
        assert_eq!(device.until("room_marked_read").await, json!({ "roomId": room, "readBy": TECHNICIAN }));
    }
    assert_eq!(unread().await, Some(0));
    phone.say("typing", json!({ "isTyping": true })).await;
    let typing = shop.until("user_typing").await;
    assert_eq!((&typing["userEmail"], &typing["isTyping"]), (&json!(TECHNICIAN), &json!(true)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_refused() {
    let app = server().await;
    let dan = Person::dealer(&app).await;
    let mut shop = dan.device().await;
    let say =
        |room: String, message: String| json!({ "roomId": room, "message": message, "senderType": "DEALER" });
    for (room, message, code) in [
        (room(DEALER, TECHNICIAN), " \n ".to_owned(), "BAD_REQUEST"),
        (room(DEALER, TECHNICIAN), "x".repeat(4001), "BAD_REQUEST"),
        (room("dealer2@demo.example", PASSWORDLESS), "Hi".to_owned(), "FORBIDDEN"),
        (room(DEALER, "nobody@demo.example"), "Hi".to_owned(), "NOT_FOUND"),
    ] {
        shop.say("send_message", say(room, message)).await;
        assert_eq!(shop.until("error").await["code"], code);
    }
    for _ in 0..120 {
        shop.say("send_message", say(room(DEALER, QUIET), "Anybody there?".to_owned())).await;
        // Slower than the socket's own bucket: the limit of messages is meant.
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let mut last = say(room(DEALER, QUIET), "And once more".to_owned());
    last["n"] = json!(121);
    for _ in 0..10 {
        shop.say("send_message", last.clone()).await;
    }
    shop.until_that("error", |body| body["code"] == "RATE_LIMITED").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_made_when_it_is_missing() {
    let app = server().await;
    let dan = Person::dealer(&app).await;
    let (status, made) = dan.get(&format!("/api/chat/room/{DEALER}/{QUIET}?postId=9")).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["room_id"], format!("{}:POST_9", room(DEALER, QUIET)));
    assert_eq!((&made["dealer_email"], &made["technician_email"]), (&json!(DEALER), &json!(QUIET)));
    assert_eq!(made["post_id"], "9");
    let (_, again) = dan.get(&format!("/api/chat/room/{}/{QUIET}?postId=9", DEALER.to_uppercase())).await;
    assert_eq!(again, made);
    let (_, rooms) = dan.get(&format!("/api/chat/rooms/{DEALER}")).await;
    assert!(rooms.as_array().expect("rows").iter().any(|row| row["room_id"] == made["room_id"]));
    assert_eq!(dan.get(&format!("/api/chat/room/{DEALER}/nobody@demo.example")).await.0, 404);
    let (status, body) = dan.get("/api/chat/messages?dealerEmail=x").await;
    assert_eq!((status, body["error"].is_string()), (400, true), "{body}");
    assert_eq!(dan.get("/api/chat/room/nonsense/messages").await.0, 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_calls_come_by_page_or_by_offset() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (status, page) = dan.get(&format!("/api/chat/calls?userEmail={DEALER}&page=2&limit=3")).await;
    assert_eq!(status, 200, "{page}");
    let expected = json!({ "currentPage": 2, "totalPages": 3, "totalItems": 8, "itemsPerPage": 3 });
    assert_eq!((page["calls"].as_array().map(Vec::len), &page["pagination"]), (Some(3), &expected));
    let (_, rows) = dan.get(&format!("/api/chat/calls?userEmail={DEALER}&offset=3&limit=3")).await;
    assert_eq!(rows, page["calls"]);
    assert!(rows[0]["started_at"].as_str() >= rows[1]["started_at"].as_str(), "newest first");
    let own = room(DEALER, TECHNICIAN);
    let (_, rows) = tea.get(&format!("/api/chat/calls?roomId={own}")).await;
    let rows = rows.as_array().expect("rows").clone();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["room_id"] == own), "{rows:?}");
    let ended = rows.iter().find(|row| row["call_status"] == "ENDED").expect("one that was answered");
    assert!(ended["duration_seconds"].as_i64() > ended["talk_seconds"].as_i64(), "{ended}");
    assert_eq!(tea.get("/api/chat/calls").await.0, 400);
    app.stop().await;
}
