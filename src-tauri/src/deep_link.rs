//! Deep links (`bellwire://call/...`): calls requested from outside. They wait until the accounts are restored,
//! are shown, and are dialled only when the user confirms them.

mod resolve;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwire_engine::{AccountId, DeepLink, Handle, ListError};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info};

use crate::command_error::CommandResult;
use crate::events::{NoticeKind, UiNotice};
use crate::shell_state::{PendingCall, ShellState};
use crate::ui::Ui;
use resolve::Resolved;

/// How long a link waits for accounts that are being restored before it is shown unresolved.
const ACCOUNTS_RESTORE_LIMIT: Duration = Duration::from_secs(20);
/// Minimum wait: right after a start it is not known yet that accounts are being restored.
const MINIMUM_WAIT: Duration = Duration::from_secs(2);

/// The call that was requested last.
#[derive(Debug)]
pub(crate) struct PendingDial {
    engine: Handle,
    // Newest wins: another click replaces the link.
    link: watch::Sender<Option<DeepLink>>,
    /// As the windows show it.
    found: Mutex<Option<Resolved>>,
}

impl PendingDial {
    pub(crate) fn new(engine: Handle, link: watch::Sender<Option<DeepLink>>) -> Self {
        Self { engine, link, found: Mutex::new(None) }
    }

    pub(crate) fn cancel(&self) {
        self.link.send_replace(None);
    }

    /// Paths it from that account.
    pub(crate) async fn confirm(&self, account: AccountId) -> CommandResult {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let call = found.and_then(|found| found.from.into_iter().find(|from| from.account == account));
        let Some(call) = call else { Err(ListError::NoAccount)? };
        self.cancel();
        self.engine.dial(call.account, call.person, call.kind, call.subject).await;
        Ok(())
    }

    fn show(&self, found: Option<Resolved>, shell_state: &ShellState) {
        shell_state.pending_call(found.as_ref().map(|found| PendingCall {
            accounts: found.from.iter().map(|from| from.account).collect(),
            person: found.person.clone(),
            kind: found.kind,
        }));
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

/// Takes in a link; an invalid one is reported to the windows.
pub(crate) fn open<U: Ui>(text: &str, links: &watch::Sender<Option<DeepLink>>, ui: Option<&U>) {
    match DeepLink::parse(text) {
        Ok(link) => {
            info!("A link asks for a call");
            links.send_replace(Some(link));
        }
        Err(error) => {
            debug!(%error, "DeepLink refused");
            if let Some(ui) = ui {
                let (text, code) = (error.to_string(), Some("bad_link"));
                ui.emit(UiNotice { kind: NoticeKind::Error, text, call: None, device: None, code });
            }
        }
    }
}

/// Shows the requested call and keeps it up to date with the accounts.
pub(crate) async fn follow<U: Ui>(pending: Arc<PendingDial>, shell_state: Arc<ShellState>, ui: Arc<U>) {
    let mut links = pending.link.subscribe();
    let mut views = pending.engine.view();
    let mut state = shell_state.subscribe();
    // There may be one from the command line.
    links.mark_changed();
    let mut opened_at = Instant::now();
    loop {
        if links.has_changed().unwrap_or(false) {
            opened_at = Instant::now();
            pending.show(None, &shell_state);
            if links.borrow_and_update().is_some() {
                ui.show_main();
            }
        }
        let link = links.borrow().clone();
        let mut waiting = None;
        if let Some(link) = link {
            let view = views.borrow_and_update().clone();
            let restoring = state.borrow_and_update().restoring.iter().any(|one| one.failed.is_none());
            let found = resolve::resolve(&link, &view);
            let more_to_come = restoring || resolve::loading(&link, &view);
            let until = opened_at + if more_to_come { ACCOUNTS_RESTORE_LIMIT } else { MINIMUM_WAIT };
            if found.from.is_empty() && Instant::now() < until {
                waiting = Some(until);
            } else {
                pending.show(Some(found), &shell_state);
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
