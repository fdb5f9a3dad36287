//! Data to show and to test with: two dealers, five technicians, rooms, messages and past calls. Dates are
//! counted back from the moment of filling.

use bellwire_dialects::dealerdesk::wire::{CallStatus, CallType, Room, UserType};

use super::party::Party;
use super::store::calls::NewCall;
use super::store::{Account, Store};
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::demo::DemoError;

/// Sign-in of the demo dealer.
pub(crate) const DEALER: &str = "dealer@demo.example";
/// Sign-in of the demo technician, who needs no password.
pub(crate) const TECHNICIAN: &str = "technician@demo.example";
/// Sign-in of another one, who needs none either.
pub(crate) const ANOTHER: &str = "technician2@demo.example";

const LONG: &str = "technician3@demo.example";
const RIGHT_TO_LEFT: &str = "technician4@demo.example";
const NEVER_SPOKEN_TO: &str = "technician5@demo.example";
const OTHER_DEALER: &str = "dealer2@demo.example";

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

const DEALERS: [(&str, &str); 2] =
    [("Harbour Street Motors", DEALER), ("Grüne Wiese Autohaus", OTHER_DEALER)];

const TECHNICIANS: [(&str, &str); 5] = [
    ("Tomás Ibarra", TECHNICIAN),
    ("Zoë Lindqvist", ANOTHER),
    ("Wolfeschlegelsteinhausenbergerdorff-Montgomery Mobile Diagnostics and Repair Services", LONG),
    ("سامر الخطيب", RIGHT_TO_LEFT),
    ("Quiet Quentin", NEVER_SPOKEN_TO),
];

/// Who else, post, days ago, and what was said: by the dealer or not, read or not.
type Talk = (&'static str, Option<&'static str>, i64, &'static [(bool, &'static str, bool)]);

const TALKS: [Talk; 6] = [
    (
        TECHNICIAN,
        None,
        0,
        &[
            (true, "Morning! Can you look at the blue hatchback today?", true),
            (false, "Sure, I am free from two.", true),
            (true, "Great. The gearbox whines in third.", true),
            (false, "Send me a recording if you can, or just call me.", false),
        ],
    ),
    (
        TECHNICIAN,
        Some("128"),
        2,
        &[
            (false, "I saw your post about the brake discs. 180 for both, parts included.", true),
            (true, "Agreed, Thursday then.", true),
        ],
    ),
    (
        ANOTHER,
        None,
        1,
        &[
            (true, "The diagnostics plug is behind the ashtray, believe it or not.", true),
            (false, "Found it!\nTwo error codes: P0301 and P0420.", false),
            (false, "Shall I order the coil?", false),
        ],
    ),
    (LONG, Some("131"), 5, &[(false, "Quote attached in the portal.", true)]),
    (RIGHT_TO_LEFT, None, 9, &[(false, "مرحبا، السيارة جاهزة للاستلام.", true), (true, "Thank you!", true)]),
    (RIGHT_TO_LEFT, Some("119"), 30, &[]),
];

/// Who else, by the dealer, kind, status, days ago, seconds talked.
const CALLS: [(&str, bool, CallType, CallStatus, i64, i64); 8] = [
    (TECHNICIAN, true, CallType::Video, CallStatus::Ended, 1, 431),
    (TECHNICIAN, false, CallType::Audio, CallStatus::Missed, 2, 0),
    (ANOTHER, true, CallType::Audio, CallStatus::Ended, 2, 66),
    (LONG, false, CallType::Video, CallStatus::Rejected, 5, 0),
    (RIGHT_TO_LEFT, true, CallType::Video, CallStatus::Missed, 9, 0),
    (RIGHT_TO_LEFT, false, CallType::Video, CallStatus::Ended, 9, 1_934),
    (TECHNICIAN, true, CallType::Video, CallStatus::Ended, 14, 12),
    (ANOTHER, false, CallType::Audio, CallStatus::Ended, 33, 308),
];

/// Fills empty tables; where there are accounts everything is left as it is.
pub(crate) async fn fill(store: &Store, context: &ServerContext, now: Millis) -> Result<(), DemoError> {
    if store.has_accounts().await? {
        return Ok(());
    }
    let hash = context.demo_hash().await?;
    let account = |name: &str, email: &str| Account {
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash: Some(hash.clone()),
        passwordless: [TECHNICIAN, ANOTHER].contains(&email),
        avatar: None,
    };
    let since = Millis(now.0 - 400 * DAY);
    for (name, email) in DEALERS {
        store.add_account(UserType::Dealer, &account(name, email), since).await?;
    }
    for (name, email) in TECHNICIANS {
        store.add_account(UserType::Technician, &account(name, email), since).await?;
    }
    // The second dealer knows one of the technicians, so that strangers have a room of their own.
    store.make_room(&Room::base(OTHER_DEALER, ANOTHER), since).await?;
    for (number, (technician, post, days, said)) in (0_i64..).zip(TALKS) {
        let room = Room { post: post.map(str::to_owned), ..Room::base(DEALER, technician) };
        let begun = now.0 - days * DAY - (20 + number * 7) * MINUTE;
        store.make_room(&room, Millis(begun - DAY)).await?;
        for (nth, (by_dealer, text, read)) in (0_i64..).zip(said) {
            let role = if *by_dealer { UserType::Dealer } else { UserType::Technician };
            let at = Millis(begun + nth * 3 * MINUTE);
            let row = store.add_message(&room, &Party::of(&room, role), text, at).await?;
            if let (true, Some(id)) = (*read, row.id.number()) {
                store.mark_read(id).await?;
            }
        }
    }
    for (number, (technician, by_dealer, call_type, status, days, talked)) in
        (0_i64..).zip(CALLS.into_iter().rev())
    {
        let room = Room::base(DEALER, technician);
        let started = Millis(now.0 - days * DAY - (90 + number * 37) * MINUTE);
        store.make_room(&room, started).await?;
        let answered = (talked > 0).then_some(Millis(started.0 + 6_000));
        let ended = Millis(answered.map_or(started.0 + 30_000, |at| at.0 + talked * 1000));
        let caller = if by_dealer { UserType::Dealer } else { UserType::Technician };
        let new = NewCall { room, caller, call_type, ring_until: Millis(started.0 + 30_000) };
        store.add_past_call(&new, status, started, answered, ended).await?;
    }
    Ok(())
}
