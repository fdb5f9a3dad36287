//! Downlink: what comes to a member of another one, as a subscription in a room of Janus.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::{Handle, JanusError};
use super::link::{CONNECT_TIMEOUT, Happening, Order, Task};
use super::wire::{self, Event};
use crate::hearth::engine::Word;

/// `feed`: the publication of the other one. `pause`: before it is begun.
pub(super) async fn run(task: Task, feed: u64, pause: Duration) {
    tokio::select! {
        () = task.token.cancelled() => return,
        () = tokio::time::sleep(pause) => {}
    }
    task.with_handle(async move |task, handle| subscribe(task, handle, feed).await).await;
}

async fn subscribe(task: &mut Task, handle: &mut Handle, feed: u64) -> Result<(), JanusError> {
    let offered = handle.ask(wire::subscribe(task.place.number, feed), None).await?.jsep;
    let mut offer = task.say_offer(offered).await?;
    // An answer names no offer; a second one would be to an offer that Janus has closed.
    let mut awaits_answer = true;
    // Of the client's descriptions: web clients begin a new peer connection at each offer.
    let mut session: Option<String> = None;
    let (mut up, until) = (false, Some(Instant::now() + CONNECT_TIMEOUT));
    loop {
        match task.next(handle, until.filter(|_| !up)).await? {
            Some(Happening::Ordered(Order::Answer(answer))) => {
                if std::mem::take(&mut awaits_answer) {
                    let other = wire::session(&answer.sdp).map(str::to_owned);
                    if session.is_some() && other != session {
                        // What there is cannot go on with it, and is begun anew.
                        return Ok(());
                    }
                    session = other;
                    handle.ask(wire::take(), Some(&answer)).await?;
                }
            }
            Some(Happening::Ordered(Order::Candidate(candidate))) => {
                handle.trickle(candidate.as_ref()).await?
            }
            Some(Happening::Ordered(order @ (Order::Again | Order::Restart))) => {
                if awaits_answer {
                    task.say(Word::Offer(offer.clone())).await;
                } else if up && matches!(order, Order::Restart) {
                    let restarted = handle.ask(wire::restart(), None).await?.jsep;
                    offer = task.say_offer(restarted).await?;
                    awaits_answer = true;
                }
            }
            Some(Happening::Heard(Event::Offer(changed))) => {
                offer = task.say_offer(Some(changed)).await?;
                awaits_answer = true;
            }
            Some(Happening::Heard(Event::Candidate(candidate))) => task.say(Word::Candidate(candidate)).await,
            Some(Happening::Heard(Event::Up)) => up = true,
            Some(Happening::Ordered(Order::Offer(_))) => {}
            Some(Happening::Heard(Event::Down)) | None => return Ok(()),
        }
    }
}
