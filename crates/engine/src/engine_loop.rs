//! The event loop: every event enters by one `select!`, every command of the phone leaves by one `match`
//! (`engine_loop/phone_commands.rs`). The parts of the engine own their state; the loop passes events on and
//! does what they lead to.

pub(crate) mod command;
mod internal_events;
mod phone_commands;
mod user_commands;

use std::sync::Arc;
use std::time::Duration;

use bellwire_call::{CallId, CallState, CallView, Event, Phone, PhoneView};
use bellwire_peer::NetworkWatch;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::accounts::Accounts;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::config::{EngineConfig, Screens};
use crate::devices::controller::DevicesController;
use crate::engine_loop::command::EngineCommand;
use crate::history::History;
use crate::internal::Internal;
use crate::network::Network;
use crate::notice::Notice;
use crate::task_set::TaskSet;
use crate::view::EngineView;

/// Internal events that wait for the loop; senders wait, but for media levels, which are dropped.
const INTERNAL_QUEUE_LEN: usize = 1024;
/// Others in a call that the engine connects to. Dialects give no more than eight seats where each connection takes what
/// we send; where a group engine passes it on, connections only bring theirs.
const MAX_MEMBERS: usize = 31;

pub(crate) struct EngineLoop {
    phone: Phone,
    clock: Clock,
    pub(crate) accounts: Accounts,
    pub(crate) calls: Calls,
    pub(crate) devices: DevicesController,
    pub(crate) history: History,
    pub(crate) view: watch::Sender<Arc<EngineView>>,
    notices: mpsc::Sender<Notice>,
    internal: mpsc::Receiver<Internal>,
    network: Network,
    /// Of the loop itself.
    tasks: TaskSet,
    token: CancellationToken,
}

impl EngineLoop {
    pub(crate) fn new(
        config: EngineConfig,
        screens: Screens,
        notices: mpsc::Sender<Notice>,
        token: CancellationToken,
    ) -> Self {
        let (sender, internal) = mpsc::channel(INTERNAL_QUEUE_LEN);
        let history = History::start(config.call_log.clone(), &token);
        let (network, watching) = NetworkWatch::of_system();
        let tasks = TaskSet::child_of(&token);
        tasks.spawn(watching);
        let calls = Calls::new(config.clone(), screens.clone(), sender.clone(), network.clone(), &token);
        let levels = calls.levels.clone();
        Self {
            phone: Phone::with_max_members(MAX_MEMBERS),
            clock: Clock::start(),
            accounts: Accounts::new(sender.clone()),
            calls,
            devices: DevicesController::new(&config, screens, levels, sender, &token),
            history,
            view: watch::Sender::new(Arc::new(EngineView::default())),
            notices,
            internal,
            network: Network::new(network),
            tasks,
            token,
        }
    }

    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<EngineCommand>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let deadline = self.phone.deadline().map(|d| self.clock.until(d));
            tokio::select! {
                Some(command) = commands.recv() => self.handle_command(command),
                Some(internal) = self.internal.recv() => self.on_internal(internal),
                (account, event) = self.accounts.next_event() => self.on_session_event(account, event),
                () = self.devices.discovered() => self.publish_devices(),
                problem = self.history.next_problem() => {
                    self.notify(Notice::Problem { code: problem.code(), text: problem.to_string() });
                }
                moved = self.network.changed() => self.accounts.network_changed(moved),
                () = sleep_or_never(deadline) => self.dispatch(Event::Time),
                _ = second.tick() => self.every_second(),
                () = self.token.cancelled() => break,
            }
        }
        self.shut_down().await;
    }

    /// Passes one event through the phone, performs its commands and publishes the view.
    fn dispatch(&mut self, event: Event) {
        debug!(?event, "Event");
        let commands = self.phone.handle(event, self.clock.now());
        for command in commands {
            debug!(?command, "Command");
            self.perform(command);
        }
        self.publish();
    }

    fn snapshot(&self) -> EngineView {
        let phone = self.phone_view();
        EngineView { accounts: self.accounts.view(), phone, chats: self.accounts.chats() }
    }

    fn phone_view(&self) -> PhoneView {
        self.phone.view(self.clock.now())
    }

    fn call_view(&self, call: CallId) -> Option<CallView> {
        self.phone_view().calls.into_iter().find(|c| c.id == call)
    }

    fn publish(&mut self) {
        let view = self.snapshot();
        self.calls.remove_absent_members(&view.phone);
        self.history.record(&view.phone);
        self.view.send_if_modified(|old| {
            let changed = **old != view;
            if changed {
                *old = Arc::new(view);
            }
            changed
        });
    }

    fn publish_devices(&mut self) {
        if let Some(event) = self.devices.usable_changed() {
            self.dispatch(event);
        }
        self.devices.publish(self.calls.devices_in_use());
    }

    fn notify(&self, notice: Notice) {
        if self.notices.try_send(notice).is_err() {
            debug!("Notices are not read, one was dropped");
        }
    }

    fn every_second(&mut self) {
        self.calls.request_stats();
        if self.accounts.give_up_messages() {
            self.publish();
        }
        self.devices.every_second();
        self.publish_devices();
        let phone = self.phone_view();
        // Its new path needs the backend: the growing waits of an idle program would be the longest part.
        for call in &phone.calls {
            if call.signaling_lost && call.state == CallState::Reconnecting {
                self.accounts.connect_now(call.account);
            }
        }
        self.history.record(&phone);
    }

    async fn shut_down(mut self) {
        // Tasks that are waited for below must not wait for this loop.
        self.internal.close();
        for account in self.accounts.ids() {
            self.dispatch(Event::AccountRemoved { account });
        }
        self.accounts.close().await;
        self.calls.close().await;
        self.devices.close().await;
        self.history.close().await;
        self.tasks.close().await;
    }
}

async fn sleep_or_never(after: Option<Duration>) {
    match after {
        Some(after) => tokio::time::sleep(after).await,
        None => std::future::pending().await,
    }
}
