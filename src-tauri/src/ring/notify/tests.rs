//! The notifications on the screen, against a service that records its calls.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwire_engine::CallId;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::model::{Notifier, Outcome};
use super::*;

/// A system in which notifications are numbered, and a person the test speaks for.
#[derive(Clone, Default)]
struct Screen {
    asked: Arc<Mutex<Vec<String>>>,
    told: Arc<tokio::sync::Notify>,
    hears: Arc<Mutex<Option<mpsc::Receiver<Outcome>>>>,
}

impl Screen {
    fn write(&self, what: String) {
        self.asked.lock().unwrap().push(what);
        self.told.notify_waiters();
    }

    /// Waits until that was asked, in that order.
    async fn wait_for(&self, expected: &[&str]) {
        let waiting = async {
            loop {
                let told = self.told.notified();
                if *self.asked.lock().unwrap() == expected {
                    return;
                }
                let _ = tokio::time::timeout(Duration::from_millis(50), told).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), waiting).await.is_err() {
            assert_eq!(*self.asked.lock().unwrap(), expected);
        }
    }
}

impl Notifier for Screen {
    type Shown = String;

    async fn show(&self, note: &NotificationContent, before: Option<String>) -> Option<String> {
        self.write(format!("{} {}", if before.is_some() { "replace" } else { "show" }, note.title));
        Some(note.title.clone())
    }

    async fn outcome(&self, _note: &NotificationContent, _shown: Option<&mut String>) -> Outcome {
        let hears = self.hears.lock().unwrap().take();
        let Some(mut hears) = hears else { return std::future::pending().await };
        let heard = hears.recv().await;
        *self.hears.lock().unwrap() = Some(hears);
        match heard {
            Some(heard) => heard,
            None => std::future::pending().await,
        }
    }

    async fn close(&self, shown: String) {
        self.write(format!("close {shown}"));
    }
}

fn note(call: u64, title: &str) -> NotificationContent {
    NotificationContent {
        topic: Topic::Ring(CallId(call)),
        title: title.into(),
        body: String::new(),
        buttons: Vec::new(),
        silent: false,
    }
}

struct Kept {
    screen: Screen,
    wanted: watch::Sender<Vec<NotificationContent>>,
    events: mpsc::Receiver<NotificationEvent>,
    person: mpsc::Sender<Outcome>,
    token: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn kept() -> Kept {
    let screen = Screen::default();
    let (person, hears) = mpsc::channel(4);
    *screen.hears.lock().unwrap() = Some(hears);
    let (wanted, notifications) = watch::channel(Vec::new());
    let (tell, events) = mpsc::channel(4);
    let token = CancellationToken::new();
    let task = tokio::spawn(keep(screen.clone(), notifications, tell, token.clone()));
    Kept { screen, wanted, events, person, token, task }
}

#[tokio::test]
async fn what_is_wanted_is_shown_and_what_is_not_goes() {
    let kept = kept();
    kept.wanted.send_replace(vec![note(1, "a")]);
    kept.screen.wait_for(&["show a"]).await;
    kept.wanted.send_replace(vec![note(1, "b")]);
    kept.screen.wait_for(&["show a", "replace b"]).await;
    kept.wanted.send_replace(Vec::new());
    kept.screen.wait_for(&["show a", "replace b", "close b"]).await;
}

#[tokio::test]
async fn answers_come_with_what_they_are_about() {
    let mut kept = kept();
    kept.wanted.send_replace(vec![note(7, "a")]);
    kept.person.send(Outcome::Action(NotificationAction::Silence)).await.unwrap();
    let events = kept.events.recv().await.unwrap();
    assert_eq!(
        events,
        NotificationEvent { topic: Topic::Ring(CallId(7)), action: NotificationAction::Silence }
    );
}

#[tokio::test]
async fn what_was_put_away_stays_away() {
    let mut kept = kept();
    kept.wanted.send_replace(vec![note(1, "a")]);
    kept.screen.wait_for(&["show a"]).await;
    kept.person.send(Outcome::Action(NotificationAction::Close)).await.unwrap();
    assert_eq!(kept.events.recv().await.unwrap().action, NotificationAction::Close);
    kept.wanted.send_replace(vec![note(1, "b")]);
    kept.wanted.send_replace(vec![note(2, "c")]);
    kept.screen.wait_for(&["show a", "close a", "show c"]).await;
}

#[tokio::test]
async fn a_service_that_began_anew_shows_it_again() {
    let kept = kept();
    kept.wanted.send_replace(vec![note(1, "a")]);
    kept.screen.wait_for(&["show a"]).await;
    kept.person.send(Outcome::Lost).await.unwrap();
    kept.screen.wait_for(&["show a", "show a"]).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_program_ends() {
    let kept = kept();
    kept.wanted.send_replace(vec![note(1, "a")]);
    kept.screen.wait_for(&["show a"]).await;
    kept.token.cancel();
    kept.task.await.unwrap();
    kept.screen.wait_for(&["show a", "close a"]).await;
}
