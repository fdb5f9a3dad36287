//! Data to show and to test with: providers, clients, what they wrote and when they called. Ids never
//! change; dates are counted back from the moment of filling.

use bellwire_dialects::marketplace::wire::{CallStatus, MessageType, conversation_of};

use super::store::{Message, Store, User};
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::demo::DemoError;

pub(super) const PROVIDER: &str = "provider@demo.example";
pub(super) const CLIENT: &str = "client@demo.example";

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Id, name, e-mail address and role.
const PEOPLE: [(&str, &str, &str, &str); 8] = [
    ("9a7e00000000000000000001", "Ada Kowalska", PROVIDER, "provider"),
    ("9a7e00000000000000000002", "Tomás Ferreira Rooftop & Gutter", "provider2@demo.example", "provider"),
    ("c11e00000000000000000001", "Chidi Okonkwo", CLIENT, "client"),
    ("c11e00000000000000000002", "שירה לוי־אברהמי", "client2@demo.example", "client"),
    (
        "c11e00000000000000000003",
        "Anne-Catherine de la Rochefoucauld-Montbel épouse Vandenbroucke-Schildermans",
        "client3@demo.example",
        "client",
    ),
    ("c11e00000000000000000004", "中村 さくら", "client4@demo.example", "client"),
    ("c11e00000000000000000005", "Bo", "client5@demo.example", "client"),
    // Has no conversation yet.
    ("ad0100000000000000000001", "Marketplace Support", "admin@demo.example", "admin"),
];

/// From, to (places in `PEOPLE`), minutes ago, read, words.
const WORDS: [(usize, usize, i64, bool, &str); 14] = [
    (2, 0, 3 * 24 * 60 + 40, true, "Hi Ada, could you look at a kitchen tap that drips?"),
    (0, 2, 3 * 24 * 60 + 31, true, "Sure. Is it the spout or the handle?"),
    (2, 0, 3 * 24 * 60 + 30, true, "The handle, mostly at night of course."),
    (0, 2, 3 * 24 * 60 + 28, true, "Then it is a worn cartridge.\nSend me a picture, or let us just call."),
    (2, 0, 95, true, "It drips again \u{1f62c}"),
    (0, 2, 90, false, "I have a slot at four today."),
    (3, 0, 26 * 60, true, "שלום, אפשר לקבוע תור ליום חמישי?"),
    (0, 3, 25 * 60, true, "Thursday at ten works for me."),
    (3, 0, 55, false, "מצוין, תודה רבה!"),
    (3, 0, 54, false, "See you then."),
    (4, 0, 9 * 24 * 60, true, "The invoice arrived, thank you. The boiler has not made that noise since."),
    (5, 1, 2 * 24 * 60, true, "雨樋の見積もりをお願いします。"),
    (1, 5, 2 * 24 * 60 - 20, true, "With pleasure, I will drive by on Monday."),
    (6, 0, 12 * 24 * 60, true, "ok"),
];

/// From, to, minutes ago, kind, status, seconds.
const CALLS: [(usize, usize, i64, MessageType, CallStatus, i64); 8] = [
    (2, 0, 3 * 24 * 60 + 20, MessageType::VideoCall, CallStatus::Ended, 754),
    (0, 2, 2 * 24 * 60, MessageType::VoiceCall, CallStatus::Missed, 0),
    (3, 0, 27 * 60, MessageType::VoiceCall, CallStatus::Ended, 181),
    (0, 3, 24 * 60, MessageType::VideoCall, CallStatus::Declined, 0),
    (4, 0, 10 * 24 * 60, MessageType::VideoCall, CallStatus::Ended, 3904),
    (0, 4, 10 * 24 * 60 - 30, MessageType::ScreenShare, CallStatus::Ended, 420),
    (1, 5, 24 * 60, MessageType::VoiceCall, CallStatus::Missed, 0),
    (6, 0, 12 * 24 * 60 - 5, MessageType::VoiceCall, CallStatus::Ended, 12),
];

/// Fills an empty store; one that has people is left as it is.
pub(super) async fn fill(store: &Store, context: &ServerContext, now: Millis) -> Result<(), DemoError> {
    if store.has_users().await? {
        return Ok(());
    }
    let password_hash = context.demo_hash().await?;
    for (id, full_name, email, role) in PEOPLE {
        let user = User {
            id: id.to_owned(),
            full_name: full_name.to_owned(),
            email: email.to_owned(),
            password_hash: password_hash.clone(),
            role: role.to_owned(),
            avatar: None,
            last_seen: Some(now.0 - 2 * DAY),
            created_at: now.0 - 200 * DAY,
        };
        store.add_user(&user).await?;
    }
    for (number, (from, to, ago, is_read, words)) in WORDS.into_iter().enumerate() {
        let at = now.0 - ago * MINUTE;
        let mut message = bare(format!("3e5500000000000000000{number:03}"), from, to, at);
        message.content = words.to_owned();
        message.kind = MessageType::Text.as_str().to_owned();
        message.is_read = is_read;
        message.read_at = is_read.then_some(at + 2 * MINUTE);
        store.add_message(&message).await?;
    }
    for (number, (from, to, ago, kind, status, seconds)) in CALLS.into_iter().enumerate() {
        let at = now.0 - ago * MINUTE;
        let answered = (status == CallStatus::Ended).then_some(at + 6_000);
        let ended = answered.map_or(at + 45_000, |answered| answered + seconds * 1000);
        let mut message = bare(format!("ca1100000000000000000{number:03}"), from, to, at);
        message.kind = kind.as_str().to_owned();
        message.call_id = Some(message.id.clone());
        message.room_id = Some(format!("video_{at}_{number:016x}"));
        message.status = Some(status.as_str().to_owned());
        message.ring_until = Some(at + 45_000);
        message.answered_at = answered;
        message.ended_at = Some(ended);
        message.duration = answered.map(|_| seconds);
        message.sender_left = answered.map(|_| ended);
        message.receiver_left = answered.map(|_| ended);
        store.add_message(&message).await?;
    }
    Ok(())
}

/// A message between two of `PEOPLE`, already read and without words.
fn bare(id: String, from: usize, to: usize, at: i64) -> Message {
    let (sender, receiver) = (PEOPLE[from].0.to_owned(), PEOPLE[to].0.to_owned());
    Message {
        conversation: conversation_of(&sender, &receiver),
        id,
        sender,
        receiver,
        content: String::new(),
        kind: String::new(),
        is_read: true,
        read_at: None,
        created_at: at,
        updated_at: at,
        call_id: None,
        room_id: None,
        status: None,
        ring_until: None,
        answered_at: None,
        ended_at: None,
        duration: None,
        sender_left: None,
        receiver_left: None,
        recording_url: None,
        quality: None,
    }
}
