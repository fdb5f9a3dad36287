//! Rooms: who is in which, and the links that their media needs. It decides; the links' tasks do.
//!
//! ```text
//!  offer ──► uplink ── carries media ──► published ──► a downlink to each of the others
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use bellwire_dialects::hearth::wire::SdpBody;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::connection::Connection;
use super::link::{Link, Order, Place, Report, Task, What};
use super::{downlink, uplink, wire};
use crate::auth::random_secret;
use crate::hearth::engine::{Request, Said};

/// Before what ended by itself is begun anew.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Reports that wait; full: the links wait.
const MAX_QUEUED_REPORTS: usize = 256;

#[derive(Debug)]
struct Uplink {
    link: Link,
    /// The session of the client's descriptions: another one is another peer connection of theirs.
    session: Option<String>,
    offer: SdpBody,
    feed: Option<u64>,
}

#[derive(Debug, Default)]
struct Member {
    peer: String,
    uplink: Option<Uplink>,
    /// By the one whose media it is.
    downlinks: BTreeMap<String, Link>,
}

impl Member {
    fn feed(&self) -> Option<u64> {
        self.uplink.as_ref().and_then(|uplink| uplink.feed)
    }
}

#[derive(Debug)]
struct Room {
    number: u64,
    secret: String,
    members: BTreeMap<String, Member>,
    links: TaskTracker,
}

pub(super) struct Rooms {
    connection: watch::Receiver<Option<Connection>>,
    said: mpsc::Sender<Said>,
    reports: mpsc::Sender<Report>,
    rooms: BTreeMap<String, Room>,
    last_link: u64,
}

/// Ids at Janus are numbers of JSON; zero is none.
fn random_id() -> u64 {
    u64::from(rand::random::<u32>()) + 1
}

impl Rooms {
    /// With what the links will report.
    pub(super) fn new(
        connection: watch::Receiver<Option<Connection>>,
        said: mpsc::Sender<Said>,
    ) -> (Self, mpsc::Receiver<Report>) {
        let (reports, queue) = mpsc::channel(MAX_QUEUED_REPORTS);
        (Self { connection, said, reports, rooms: BTreeMap::new(), last_link: 0 }, queue)
    }

    pub(super) fn handle(&mut self, request: Request) {
        match request {
            Request::Enter { room, member, peer } => self.enter(&room, member, peer),
            Request::Leave { room, member } => self.leave(&room, &member),
            Request::Offer { room, member, offer } => self.offer(&room, &member, offer),
            Request::Answer { room, member, of, answer } => {
                if let Some(link) = self.downlink(&room, &member, &of) {
                    link.send(Order::Answer(answer));
                }
            }
            Request::Candidate { room, member, of, candidate } => {
                let link = match &of {
                    Some(of) => self.downlink(&room, &member, of),
                    None => {
                        self.member(&room, &member).and_then(|member| Some(&member.uplink.as_ref()?.link))
                    }
                };
                if let Some(link) = link {
                    link.send(Order::Candidate(candidate));
                }
            }
            Request::Close { room } => self.close(&room),
        }
    }

    pub(super) fn report(&mut self, report: &Report) {
        let Report { room, member, of, link, what } = report;
        let Some(known) = self.rooms.get_mut(room) else { return };
        let Some(someone) = known.members.get_mut(member) else { return };
        match (of, what) {
            (None, What::Published(feed)) => {
                let Some(uplink) = someone.uplink.as_mut().filter(|uplink| uplink.link.id == *link) else {
                    return;
                };
                uplink.feed = Some(*feed);
                let others: Vec<String> =
                    known.members.keys().filter(|other| *other != member).cloned().collect();
                for other in others {
                    self.begin_downlink(room, &other, member, *feed, Duration::ZERO);
                }
            }
            (None, What::Ended) => {
                if someone.uplink.as_ref().is_some_and(|uplink| uplink.link.id == *link) {
                    self.unpublish(room, member);
                }
            }
            (Some(of), What::Ended) => {
                if someone.downlinks.get(of).is_none_or(|known| known.id != *link) {
                    return;
                }
                someone.downlinks.remove(of);
                if let Some(feed) = known.members.get(of).and_then(Member::feed) {
                    self.begin_downlink(room, member, of, feed, RETRY_INTERVAL);
                }
            }
            (Some(_), What::Published(_)) => {}
        }
    }

    fn member(&self, room: &str, member: &str) -> Option<&Member> {
        self.rooms.get(room)?.members.get(member)
    }

    fn downlink(&self, room: &str, member: &str, of: &str) -> Option<&Link> {
        self.member(room, member)?.downlinks.get(of)
    }

    fn enter(&mut self, room: &str, member: String, peer: String) {
        let known = self.rooms.entry(room.to_owned()).or_insert_with(|| Room {
            number: random_id(),
            secret: random_secret(),
            members: BTreeMap::new(),
            links: TaskTracker::new(),
        });
        if let Some(same) = known.members.get(&member).filter(|known| known.peer == peer) {
            // Their socket was away.
            same.downlinks.values().for_each(|link| link.send(Order::Again));
            return;
        }
        if known.members.contains_key(&member) {
            self.unpublish(room, &member);
        }
        let Some(known) = self.rooms.get_mut(room) else { return };
        known.members.insert(member.clone(), Member { peer, ..Member::default() });
        let published: Vec<(String, u64)> =
            known.members.iter().filter_map(|(of, member)| Some((of.clone(), member.feed()?))).collect();
        for (of, feed) in published {
            self.begin_downlink(room, &member, &of, feed, Duration::ZERO);
        }
    }

    fn leave(&mut self, room: &str, member: &str) {
        self.unpublish(room, member);
        let Some(known) = self.rooms.get_mut(room) else { return };
        known.members.remove(member);
        if known.members.is_empty() {
            self.close(room);
        }
    }

    fn offer(&mut self, room: &str, member: &str, offer: SdpBody) {
        let session = wire::session(&offer.sdp).map(str::to_owned);
        let Some(someone) = self.rooms.get_mut(room).and_then(|room| room.members.get_mut(member)) else {
            return;
        };
        if let Some(uplink) = someone.uplink.as_mut().filter(|uplink| uplink.session == session) {
            let again = uplink.offer == offer;
            uplink.offer = offer.clone();
            uplink.link.send(Order::Offer(offer));
            if !again {
                // Their network has changed, for what they receive too.
                someone.downlinks.values().for_each(|link| link.send(Order::Restart));
            }
            return;
        }
        self.unpublish(room, member);
        let Some((link, task)) = self.link(room, member, None) else { return };
        let Some(known) = self.rooms.get_mut(room) else { return };
        known.links.spawn(uplink::run(task, random_id(), offer.clone()));
        if let Some(someone) = known.members.get_mut(member) {
            someone.uplink = Some(Uplink { link, session, offer, feed: None });
        }
    }

    /// What a member sends is gone, and with it what came of them to others.
    fn unpublish(&mut self, room: &str, member: &str) {
        let Some(known) = self.rooms.get_mut(room) else { return };
        if let Some(someone) = known.members.get_mut(member) {
            someone.uplink = None;
        }
        for other in known.members.values_mut() {
            other.downlinks.remove(member);
        }
    }

    fn begin_downlink(&mut self, room: &str, member: &str, of: &str, feed: u64, pause: Duration) {
        let Some((link, task)) = self.link(room, member, Some(of)) else { return };
        let Some(known) = self.rooms.get_mut(room) else { return };
        known.links.spawn(downlink::run(task, feed, pause));
        if let Some(someone) = known.members.get_mut(member) {
            someone.downlinks.insert(of.to_owned(), link);
        }
    }

    /// `None`: Janus is not there. Clients offer again.
    fn link(&mut self, room: &str, member: &str, of: Option<&str>) -> Option<(Link, Task)> {
        let connection = self.connection.borrow().clone()?;
        let Room { number, secret, .. } = self.rooms.get(room)?;
        let place = Place {
            room: room.to_owned(),
            member: member.to_owned(),
            number: *number,
            secret: secret.clone(),
        };
        self.last_link += 1;
        let (link, orders, token) = Link::new(self.last_link);
        let (said, reports) = (self.said.clone(), self.reports.clone());
        let of = of.map(str::to_owned);
        let session = random_id();
        Some((
            link,
            Task { id: self.last_link, session, place, of, connection, orders, token, said, reports },
        ))
    }

    /// The room is destroyed once its links have ended.
    fn close(&mut self, room: &str) {
        let Some(Room { number, secret, members, links }) = self.rooms.remove(room) else { return };
        drop(members);
        links.close();
        let Some(connection) = self.connection.borrow().clone() else { return };
        tokio::spawn(async move {
            links.wait().await;
            let Ok(handle) = connection.attach().await else { return };
            // Without an uplink there never was one.
            if let Err(error) = handle.ask(wire::destroy(number, &secret), None).await {
                debug!(%error, "A room was not destroyed");
            }
            handle.close().await;
        });
    }
}
