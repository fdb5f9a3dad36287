//! What must never happen to a server whatever it is sent: nothing.

use serde_json::{Value, json};

use crate::support::{Device, Person, rest, server};

const EVENTS: [&str; 16] = [
    "addUser",
    "incomingVideoCall",
    "joinVideoCall",
    "leaveVideoCall",
    "offer",
    "answer",
    "ice-candidate",
    "callStatusUpdate",
    "endVideoCall",
    "toggleAudio",
    "toggleVideo",
    "startScreenShare",
    "stopScreenShare",
    "callQualityReport",
    "no-such-event",
    "__proto__",
];

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!({ "offer": inner, "callId": [] }))
}

fn nonsense(call: &str) -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1.5e300),
        json!(""),
        json!("text"),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({ "callId": null }),
        json!({ "callId": 7, "userId": 7 }),
        json!({ "callId": [call], "userId": {} }),
        json!({ "callId": "x".repeat(10_000), "userId": "u" }),
        json!({ "callId": call, "offer": "v=0", "answer": [], "candidate": 5, "senderId": {} }),
        json!({ "callId": call, "offer": { "type": "answer", "sdp": 1 }, "answer": { "type": "offer", "sdp": "" }, "candidate": 5, "senderId": "" }),
        json!({ "callId": call, "userId": 7, "isAudioEnabled": "yes", "isVideoEnabled": 1, "status": [], "quality": "q".repeat(5000) }),
        json!({ "callId": "\u{0}\u{202e}'; DROP TABLE users; --", "userId": "\u{feff}" }),
        nested(60),
        nested(500),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_leaves_the_server_and_a_running_call_unharmed() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);
    let call = seller.initiate(&amira).await;
    assert_eq!(amira.respond(&call, "accepted").await.0, 200);
    shop.say("joinVideoCall", seller.about(&call)).await;
    shop.settled().await;
    phone.say("joinVideoCall", amira.about(&call)).await;
    shop.until("userJoinedCall").await;
    shop.settled().await;

    // A socket for each event: the bucket of one would swallow most of it.
    for event in EVENTS {
        let mut rude = amira.device().await;
        for body in nonsense(&call) {
            rude.say(event, body).await;
        }
        rude.settled().await;
        rude.client.disconnect().await.expect("disconnected");
    }
    for event in ["offer", "joinVideoCall"] {
        let rude = amira.device().await;
        // Larger than a message may be: the server hangs up, so that sending may fail.
        let _ = rude.client.emit(event, json!({ "callId": "x".repeat(1 << 20) })).await;
        let _ = rude.client.disconnect().await;
    }

    let heard = shop.settled().await;
    let allowed = ["getUsers", "userOnlineStatusChanged"];
    let strays: Vec<_> = heard.iter().filter(|(name, _)| !allowed.contains(&name.as_str())).collect();
    assert!(strays.is_empty(), "{strays:?}");
    phone.say("toggleAudio", json!({ "callId": call, "userId": "", "isAudioEnabled": false })).await;
    shop.until("participantAudioToggle").await;
    assert_eq!(seller.end(&call).await.1["call"]["status"], "ended");
    assert_eq!(phone.until("callEnded").await["callId"], call.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_make_no_sense_are_refused_in_the_backends_own_shape() {
    let app = server().await;
    let seller = Person::seller(&app).await;
    let bodies = ["", "{", "null", "[]", "7", "\"x\"", "{\"callId\":7}", "{\"customerId\":{}}"];
    let paths = ["initiate", "respond", "end", "block-customer", "unblock-customer"];
    let send = async |path: &str, body: String| {
        let url = format!("{}{path}", rest(&app));
        let request = seller.http.post(url).header("content-type", "application/json").body(body);
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json::<Value>().await.expect("json"))
    };
    for path in paths {
        for body in bodies {
            let (status, reply) = send(&format!("/video-call/{path}"), body.to_owned()).await;
            assert_eq!((status, reply["success"].as_bool()), (400, Some(false)), "{path} {body}: {reply}");
        }
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(send(&format!("/video-call/{path}"), deep).await.0, 400);
        let huge = format!("{{\"callId\":\"{}\"}}", "x".repeat(1 << 20));
        assert_eq!(send(&format!("/video-call/{path}"), huge).await.0, 413);
    }
    let (status, reply) = send("/no/such/path", "{}".to_owned()).await;
    assert_eq!((status, reply["success"].as_bool()), (404, Some(false)));
    for query in ["page=x", "limit=-1", "dateFrom=soon", "status=odd", "callType=odd"] {
        let (status, reply) = seller.get(&format!("/video-call/history/{}?{query}", seller.id)).await;
        assert_eq!(status, 400, "{query}: {reply}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_thinned_and_others_are_still_served() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let call = seller.initiate(&amira).await;
    let mut shop = seller.device().await;
    let mut flood: Device = amira.device().await;
    for _ in 0..2000 {
        let body = json!({ "callId": call, "userId": "", "isAudioEnabled": true });
        if flood.client.emit("toggleAudio", body).await.is_err() {
            break;
        }
    }

    let told = flood.until_that("callError", |body| body["retryAfter"].is_u64()).await;
    assert_eq!(told["message"], "Too many events, please wait a moment");
    let heard = shop.settled().await;

    assert!(heard.len() < 1900, "{} got through", heard.len());
    assert_eq!(seller.get("/video-call/ice-servers").await.0, 200);
    app.stop().await;
}
