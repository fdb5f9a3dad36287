//! Uplink: what a member sends, published in a room of Janus.

use bellwire_dialects::hearth::wire::SdpBody;
use tokio::time::{Instant, sleep_until};

use super::connection::{Handle, JanusError};
use super::link::{CONNECT_TIMEOUT, Happening, Order, Task};
use super::rooms::What;
use super::wire::{self, Event};
use crate::hearth::hub::Relay;

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
    let mut answer = match begin(task, handle, feed, &offer).await {
        Err(JanusError::Refused { code: wire::NO_SUCH_ROOM, .. }) => {
            let (number, secret) = (task.place.number, &task.place.secret);
            let create = wire::create(number, secret, handle.connection.admin_key());
            match handle.ask(create, None).await {
                // Somebody else's uplink was faster.
                Ok(_) | Err(JanusError::Refused { code: wire::ROOM_EXISTS, .. }) => {}
                Err(error) => return Err(error),
            }
            begin(task, handle, feed, &offer).await?
        }
        begun => begun?,
    };
    task.say(Relay::Answer(answer.clone())).await;
    let (mut up, until) = (false, Instant::now() + CONNECT_TIMEOUT);
    loop {
        let happening = tokio::select! {
            happening = task.next(handle) => happening,
            () = sleep_until(until), if !up => return Err(JanusError::Silent),
        };
        match happening {
            Some(Happening::Ordered(Order::Offer(again))) => {
                if again != offer {
                    answer = described(handle.ask(wire::configure(), Some(&again)).await?.jsep)?;
                    offer = again;
                }
                task.say(Relay::Answer(answer.clone())).await;
            }
            Some(Happening::Ordered(Order::Candidate(candidate))) => {
                handle.trickle(candidate.as_ref()).await?
            }
            Some(Happening::Heard(Event::Candidate(candidate))) => {
                task.say(Relay::Candidate(candidate)).await
            }
            Some(Happening::Heard(Event::Up)) => {
                if !std::mem::replace(&mut up, true) {
                    task.report(What::Published(feed)).await;
                }
            }
            Some(Happening::Heard(Event::Offer(_)) | Happening::Ordered(Order::Answer(_) | Order::Again)) => {
            }
            Some(Happening::Heard(Event::Down)) | None => return Ok(()),
        }
    }
}

async fn begin(task: &Task, handle: &Handle, feed: u64, offer: &SdpBody) -> Result<SdpBody, JanusError> {
    described(handle.ask(wire::publish(task.place.number, feed), Some(offer)).await?.jsep)
}

fn described(jsep: Option<SdpBody>) -> Result<SdpBody, JanusError> {
    jsep.ok_or(JanusError::Nonsense)
}
