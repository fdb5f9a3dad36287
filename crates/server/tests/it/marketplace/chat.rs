//! Conversations, messages, presence.

use serde_json::{Value, json};

use super::{OTHER_CLIENT, Person, settled};
use crate::support::{count, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_kept_and_heard_once_on_every_device() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone, mut tablet) = (ada.device().await, chidi.device().await, chidi.device().await);
    let words = json!({ "receiverId": chidi.id, "content": "  At four,\nthen. \u{1f44d} ", "type": "text" });
    let (status, body) = ada.post("/messages/send", words).await;
    assert_eq!(status, 201, "{body}");
    let message = body["data"].clone();
    assert_eq!(message["content"], "At four,\nthen. \u{1f44d}");
    for device in [&mut shop, &mut phone, &mut tablet] {
        let told = device.until("new_message").await;
        assert_eq!(told["message"], message);
        assert_eq!(told["chatId"], format!("chat_{}_{}", ada.id, chidi.id));
    }
    // As the deployed backend needs it: whoever wrote it repeats it on the socket.
    let repeat = json!({ "chatId": "c", "recipientId": chidi.id, "message": message });
    shop.say("send_message", repeat).await;
    settled(&mut shop).await;
    assert_eq!(count(&settled(&mut phone).await, "new_message"), 1);

    let (_, list) = chidi.get("/messages/conversations").await;
    let row = &list["data"][0];
    assert_eq!((&row["user"]["id"], &row["user"]["isOnline"]), (&json!(ada.id), &json!(true)));
    assert_eq!(row["lastMessage"]["_id"], message["_id"]);
    let unread = row["unreadCount"].as_u64().expect("a number");
    let (_, total) = chidi.get("/messages/unread").await;
    assert_eq!(total["data"]["unreadCount"], unread, "he writes with nobody else");
    let conversation = row["conversationId"].as_str().expect("an id");
    let (status, read) = chidi.put(&format!("/messages/read/{conversation}")).await;
    assert_eq!((status, &read["data"]["modifiedCount"]), (200, &json!(unread)));
    for device in [&mut shop, &mut tablet] {
        let told = device.until("messages_read").await;
        assert_eq!(told, json!({ "conversationId": conversation, "readerId": chidi.id }));
    }
    assert_eq!(chidi.put(&format!("/messages/read/{conversation}")).await.1["data"]["modifiedCount"], 0);
    let (_, page) = ada.get(&format!("/messages/conversation/{}?limit=2", chidi.id)).await;
    let texts: Vec<_> = page["data"].as_array().expect("a list").iter().collect();
    assert_eq!((texts[1]["_id"].clone(), &texts[1]["isRead"]), (message["_id"].clone(), &json!(true)));
    assert!(texts[0]["createdAt"].as_str() < texts[1]["createdAt"].as_str(), "oldest first");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_client_writes_by_socket_alone() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (ada.device().await, chidi.device().await);
    let say = |message: Value| json!({ "chatId": "", "recipientId": ada.id, "message": message });
    for (said, text) in [
        (json!("bare"), "bare"),
        (json!({ "content": "an object" }), "an object"),
        (json!({ "_id": "temp-1767607200000", "content": "with an id made up" }), "with an id made up"),
    ] {
        phone.say("send_message", say(said)).await;
        let told = shop.until("new_message").await;
        assert_eq!(
            (&told["message"]["content"], &told["message"]["sender"]["_id"]),
            (&json!(text), &json!(chidi.id))
        );
    }
    settled(&mut phone).await;
    for nonsense in
        [json!(null), json!(7), json!(""), json!({ "content": { "$gt": "" } }), json!("x".repeat(6000))]
    {
        phone.say("send_message", say(nonsense)).await;
    }
    phone.say("send_message", json!({ "recipientId": "nobody", "message": "Hello?" })).await;
    let heard = settled(&mut phone).await;
    assert_eq!(count(&heard, "call_error"), 3, "empty, too long and to nobody: {heard:?}");
    assert_eq!(count(&settled(&mut shop).await, "new_message"), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_have_limits() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let send = async |to: &str, content: &str| {
        chidi.post("/messages/send", json!({ "receiverId": to, "content": content })).await
    };
    assert_eq!(send(&ada.id, "   ").await.0, 400);
    assert_eq!(send(&ada.id, &"x".repeat(5001)).await.0, 400);
    assert_eq!(send(&chidi.id, "Hello me").await.0, 400);
    assert_eq!(send("nobody", "Hello?").await.0, 404);
    let picture = json!({ "receiverId": ada.id, "content": "x", "type": "image" });
    assert_eq!(chidi.post("/messages/send", picture).await.0, 400);
    let mut sent = 0;
    let refused = loop {
        let (status, body) = send(&ada.id, "Once more").await;
        if status != 201 {
            break (status, body);
        }
        sent += 1;
    };
    assert!(sent <= 31, "{sent}");
    assert_eq!((refused.0, &refused.1["success"]), (429, &json!(false)));
    assert!(refused.1["retryAfter"].as_u64().is_some_and(|wait| wait >= 1), "{}", refused.1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_and_presence_are_for_acquaintances() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let eve = Person::login(&app, OTHER_CLIENT).await;
    let mut shop = ada.device().await;
    let (mut phone, stranger) = (chidi.device().await, eve.device().await);
    let status = async |who: &Person| who.get(&format!("/messages/status/{}", chidi.id)).await;
    let seen = shop.until_that("user_status_change", |body| body["userId"] == chidi.id).await;
    assert_eq!(seen["status"], "online");
    assert_eq!(status(&ada).await.1["data"]["isOnline"], true);
    assert_eq!(status(&eve).await.0, 404);
    assert_eq!(ada.get("/messages/status/nobody").await.0, 404);

    phone.say("typing", json!({ "chatId": "", "recipientId": ada.id })).await;
    assert_eq!(shop.until("user_typing").await["userId"], chidi.id.as_str());
    let body = json!({ "receiverId": ada.id, "isTyping": false });
    assert_eq!(chidi.ask("PUT", "/messages/status/typing", Some(body)).await.0, 200);
    assert_eq!(shop.until("user_stop_typing").await["userId"], chidi.id.as_str());
    settled(&mut shop).await;
    stranger.say("typing", json!({ "recipientId": ada.id })).await;
    let body = json!({ "receiverId": ada.id, "isTyping": true });
    assert_eq!(eve.ask("PUT", "/messages/status/typing", Some(body)).await.0, 200);
    let mut stranger = stranger;
    settled(&mut stranger).await;
    assert_eq!(count(&settled(&mut shop).await, "user_typing"), 0);

    phone.say("update_status", json!({ "status": "away" })).await;
    shop.until_that("user_status_change", |body| body["status"] == "away").await;
    let body = json!({ "isOnline": false });
    assert_eq!(chidi.ask("PUT", "/messages/status/online", Some(body)).await.0, 200);
    shop.until_that("user_status_change", |body| body["status"] == "offline").await;
    phone.say("update_status", json!({ "status": "online" })).await;
    shop.until_that("user_status_change", |body| body["status"] == "online").await;
    settled(&mut phone).await;
    phone.client.disconnect().await.expect("gone");
    shop.until_that("user_status_change", |body| body["status"] == "offline").await;
    let (_, gone) = status(&ada).await;
    assert_eq!((&gone["data"]["isOnline"], &gone["data"]["status"]), (&json!(false), &json!("offline")));
    app.stop().await;
}
