use super::waits::{MAX_SLEEP, nap};
use super::*;
use crate::Config;
use crate::config::Database;
use crate::passwords::Passwords;
use crate::store::Pools;

/// Orders whatever it is asked, and counts what has been done.
#[derive(Debug, Default)]
struct Clerk {
    done: usize,
    over: Vec<(SocketKey, SessionEnd)>,
}

#[derive(Debug, PartialEq)]
enum Order {
    End(usize),
    Report,
}

impl Hub for Clerk {
    const BACKEND: Backend = Backend::of(&bellwire_dialects::storefront::ENTRY);

    type Request = Order;
    type News = ();
    type Order = Order;

    fn asked(&mut self, _: SocketKey, request: Order, _: Millis) -> Vec<Reply<Order>> {
        vec![Reply::Order(request)]
    }

    fn told(&mut self, (): (), _: Millis) -> Vec<Reply<Order>> {
        self.done += 1;
        Vec::new()
    }

    fn session_over(&mut self, key: SocketKey, end: SessionEnd, _: Millis) -> Vec<Reply<Order>> {
        self.over.push((key, end));
        Vec::new()
    }

    fn disconnected(&mut self, _: SocketKey, _: Millis) -> Vec<Reply<Order>> {
        Vec::new()
    }

    fn deadline(&self) -> Option<Millis> {
        None
    }

    fn expire(&mut self, _: Millis) -> Vec<Reply<Order>> {
        Vec::new()
    }
}

impl super::Order for Order {
    fn may_be_lost(&self) -> bool {
        *self == Self::Report
    }
}

async fn context() -> Arc<ServerContext> {
    let pools = Pools::open(&Database::Memory).await.expect("a database");
    let passwords = Passwords::new().await.expect("passwords");
    ServerContext::new(Config::default(), Vec::new(), pools, passwords, None, "secret".to_owned())
}

#[tokio::test]
async fn every_order_is_carried_out_however_many_there_are_and_reports_give_way() {
    const ENDS: usize = 20_000;
    let (hub, actor, mut orders) = hub_actor(&context().await, Clerk::default());
    let stop = CancellationToken::new();
    let running = tokio::spawn(actor.run(stop.clone()));
    let asking = tokio::spawn({
        let hub = hub.clone();
        async move {
            for _ in 0..3 * MAX_QUEUED_ORDERS {
                hub.ask(SocketKey(1), Order::Report).await;
            }
            for number in 0..ENDS {
                hub.ask(SocketKey(2), Order::End(number)).await;
                hub.ask(SocketKey(1), Order::Report).await;
            }
        }
    });
    // The records begin when nothing moves any more: their queue is full by then.
    while orders.len() < MAX_QUEUED_ORDERS {
        tokio::task::yield_now().await;
    }

    let (mut ended, mut reports) = (Vec::new(), 0);
    while ended.len() < ENDS {
        match orders.recv().await.expect("an order").order {
            Order::End(number) => ended.push(number),
            Order::Report => reports += 1,
        }
        // What the records say is heard however many wait to be.
        hub.tell(()).await;
    }
    asking.await.expect("asked");

    assert_eq!(ended, (0..ENDS).collect::<Vec<_>>());
    assert!(reports < 3 * MAX_QUEUED_ORDERS + ENDS, "some were lost");
    let done = hub.look(|clerk| clerk.done).await.expect("it runs");
    assert!(done >= ENDS, "{done}");
    stop.cancel();
    running.await.expect("it ended");
}

#[tokio::test]
async fn sockets_end_with_their_sessions() {
    let (hub, actor, _orders) = hub_actor(&context().await, Clerk::default());
    let stop = CancellationToken::new();
    let running = tokio::spawn(actor.run(stop.clone()));
    let later = Millis::now().plus(Duration::from_secs(3600));
    let opened = |name: &str, until| Opened { name: Some(name.to_owned()), ..Opened::waiting(until) };
    for key in [1, 2, 5, 6, 7] {
        hub.signed_in(SocketKey(key), opened("a", later)).await;
    }
    // One has another session now, one is not signed in any more, one is gone.
    hub.signed_in(SocketKey(5), opened("c", later)).await;
    hub.forget_session(SocketKey(6)).await;
    hub.gone(SocketKey(7)).await;
    hub.signed_out("a".to_owned()).await;
    hub.signed_in(SocketKey(3), opened("b", Millis(0))).await;
    hub.signed_in(SocketKey(4), Opened::waiting(Millis(0))).await;

    let over = async || hub.look(|clerk| clerk.over.clone()).await.expect("it runs");
    while over().await.len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (out, expired) = (SessionEnd::SignedOut, SessionEnd::Expired);
    let ends = [(1, out), (2, out), (3, expired), (4, expired)].map(|(key, end)| (SocketKey(key), end));
    assert_eq!(over().await, ends);
    stop.cancel();
    running.await.expect("it ended");
}

#[test]
fn a_clock_that_is_set_back_is_noticed_within_a_second() {
    let deadline = Millis::from_seconds(1_000_000);

    // Set back by an hour while a ring has five seconds left.
    let now = Millis(deadline.0 - 3_605_000);
    assert_eq!(nap(now, deadline), MAX_SLEEP);
    assert_eq!(nap(Millis(deadline.0 - 300), deadline), Duration::from_millis(300));
    assert_eq!(nap(deadline.plus(MAX_SLEEP), deadline), Duration::ZERO);
}

#[tokio::test]
async fn an_order_that_panics_is_lost_alone() {
    let (say, orders) = mpsc::channel(8);
    for order in 0..3 {
        say.send(Job { order, asked_by: None }).await.expect("room");
    }
    drop(say);
    let (note, mut done) = mpsc::channel(8);

    carry_out(orders, |job: Job<usize>| {
        let note = note.clone();
        async move {
            assert!(job.order != 1, "this one panics");
            note.send(job.order).await.expect("room");
        }
    })
    .await;

    assert_eq!((done.recv().await, done.recv().await, done.len()), (Some(0), Some(2), 0));
}
