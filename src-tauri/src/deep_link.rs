//! Calls that are asked for from outside, by a link. They wait until the accounts are back, are shown, and
//! are dialled when somebody confirms them; never before.

mod resolve;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwire_engine::{AccountId, Handle, Link, ListError};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info};

use crate::command_error::Answer;
use crate::controller::UiNotice;
use crate::shell_state::{PendingCall, Surroundings};
use crate::ui::Ui;
use resolve::Found;

/// How long a link waits for accounts on their way back before it is shown as it is.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one waits in any case: right after a start nobody knows yet that accounts are on their way.
const GRACE: Duration = Duration::from_secs(2);

/// The call asked for last.
#[derive(Debug)]
pub(crate) struct Asked {
    engine: Handle,
    // Newest wins: who clicks another link means that one.
    link: watch::Sender<Option<Link>>,
    /// What is on the screen.
    found: Mutex<Option<Found>>,
}

impl Asked {
    pub(crate) fn new(engine: Handle, link: watch::Sender<Option<Link>>) -> Self {
        Self { engine, link, found: Mutex::new(None) }
    }

    pub(crate) fn cancel(&self) {
        self.link.send_replace(None);
    }

    /// Paths it from that account.
    pub(crate) async fn confirm(&self, account: AccountId) -> Answer {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let call = found.and_then(|found| found.from.into_iter().find(|from| from.account == account));
        let Some(call) = call else { Err(ListError::NoAccount)? };
        self.cancel();
        self.engine.dial(call.account, call.person, call.kind, call.subject).await;
        Ok(())
    }

    fn show(&self, found: Option<Found>, surroundings: &Surroundings) {
        surroundings.pending_call(found.as_ref().map(|found| PendingCall {
            accounts: found.from.iter().map(|from| from.account).collect(),
            person: found.person.clone(),
            kind: found.kind,
        }));
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

/// Takes a link in; one that is not understood is told to the windows.
pub(crate) fn open<D: Ui>(text: &str, links: &watch::Sender<Option<Link>>, desktop: Option<&D>) {
    match Link::parse(text) {
        Ok(link) => {
            info!("A link asks for a call");
            links.send_replace(Some(link));
        }
        Err(error) => {
            debug!(%error, "Link refused");
            if let Some(desktop) = desktop {
                let (text, code) = (error.to_string(), Some("bad_link"));
                desktop.emit("notice", UiNotice { kind: "error", text, call: None, device: None, code });
            }
        }
    }
}

/// Shows what is asked for, and keeps it as the accounts have it, until the program ends.
pub(crate) async fn follow<D: Ui>(asked: Arc<Asked>, surroundings: Arc<Surroundings>, desktop: Arc<D>) {
    let mut links = asked.link.subscribe();
    let mut views = asked.engine.view();
    let mut state = surroundings.subscribe();
    // There may be one from the command line.
    links.mark_changed();
    let mut asked_at = Instant::now();
    loop {
        if links.has_changed().unwrap_or(false) {
            asked_at = Instant::now();
            asked.show(None, &surroundings);
            if links.borrow_and_update().is_some() {
                desktop.show_main();
            }
        }
        let link = links.borrow().clone();
        let mut waiting = None;
        if let Some(link) = link {
            let view = views.borrow_and_update().clone();
            let on_their_way = state.borrow_and_update().restoring.iter().any(|one| one.failed.is_none());
            let found = resolve::resolve(&link, &view);
            let coming = on_their_way || resolve::loading(&link, &view);
            let until = asked_at + if coming { PATIENCE } else { GRACE };
            if found.from.is_empty() && Instant::now() < until {
                waiting = Some(until);
            } else {
                asked.show(Some(found), &surroundings);
            }
        }
        tokio::select! {
            Ok(()) = links.changed() => links.mark_changed(),
            Ok(()) = views.changed() => {}
            Ok(()) = state.changed() => {}
            () = elapsed(waiting), if waiting.is_some() => {}
            else => return,
        }
    }
}

async fn elapsed(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}
