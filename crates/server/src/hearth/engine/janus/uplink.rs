//! Uplink: what a member sends, published in a room of Janus.

use bellwire_dialects::hearth::wire::SdpBody;
use tokio::time::Instant;

use super::connection::{Handle, JanusError};
use super::link::{CONNECT_TIMEOUT, Happening, Order, Task, What};
use super::wire::{self, Event};
use crate::hearth::engine::Word;

/// `feed`: the publication's id in the room.
pub(super) async fn run(task: Task, feed: u64, offer: SdpBody) {
    task.with_handle(async move |task, handle| publish(task, handle, feed, offer).await).await;
}

async fn publish(
    task: &mut Task,
    handle: &mut Handle,
    feed: u64,
    mut offer: SdpBody,
) -> Result<(), JanusError> {
    // On a handle with a description, Janus would not take it again after a refusal.
    let create = wire::create(task.place.number, &task.place.secret, handle.connection.admin_key());
    match handle.ask(create, None).await {
        // Another uplink made it.
        Ok(_) | Err(JanusError::Refused { code: wire::ROOM_EXISTS, .. }) => {}
        Err(error) => return Err(error),
    }
    let published = handle.ask(wire::publish(task.place.number, feed), Some(&offer)).await?;
    let mut answer = answer_to(&offer, task.own(published.jsep)?);
    task.say(Word::Answer(answer.clone())).await;
    let (mut up, until) = (false, Some(Instant::now() + CONNECT_TIMEOUT));
    loop {
        match task.next(handle, until.filter(|_| !up)).await? {
            Some(Happening::Ordered(Order::Offer(again))) => {
                if again != offer {
                    let configured = handle.ask(wire::configure(), Some(&again)).await?;
                    answer = answer_to(&again, task.own(configured.jsep)?);
                    offer = again;
                }
                task.say(Word::Answer(answer.clone())).await;
            }
            Some(Happening::Ordered(Order::Candidate(candidate))) => {
                handle.trickle(candidate.as_ref()).await?
            }
            Some(Happening::Heard(Event::Candidate(candidate))) => task.say(Word::Candidate(candidate)).await,
            Some(Happening::Heard(Event::Up)) => {
                if !std::mem::replace(&mut up, true) {
                    task.report(What::Published(feed)).await;
                }
            }
            Some(
                Happening::Heard(Event::Offer(_))
                | Happening::Ordered(Order::Answer(_) | Order::Again | Order::Restart),
            ) => {}
            Some(Happening::Heard(Event::Down)) | None => return Ok(()),
        }
    }
}

fn answer_to(offer: &SdpBody, answer: SdpBody) -> SdpBody {
    SdpBody { sdp: wire::with_feedback_for_sound(&answer.sdp, &offer.sdp), ..answer }
}
