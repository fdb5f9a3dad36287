//! The loop: everything that happens enters by one `select!`, everything to be done leaves by one
//! `match` (`perform.rs`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwire_call::{CallId, Event, Heard, Phone, Rings, Signal, UserAction};
use bellwire_media::{DeviceChange, DeviceKind, DeviceNews, MediaEvent};
use bellwire_peer::PeerEvent;
use bellwire_signaling::SessionEvent;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::accounts::{Account, Accounts};
use crate::clock::Clock;
use crate::config::EngineConfig;
use crate::conversation::{Conversation, Screens};
use crate::device_work::{DeviceDesk, look_for_devices};
use crate::devices::DeviceList;
use crate::handle::{ListError, Order};
use crate::history::History;
use crate::internal::Internal;
use crate::notice::Notice;
use crate::peer_task::PeerOrder;
use crate::view::{CallStats, EngineView, Levels, LinkState};

/// Where the loop's news goes.
#[derive(Debug)]
pub(crate) struct Outward {
    pub(crate) view: watch::Sender<Arc<EngineView>>,
    pub(crate) stats: watch::Sender<Option<CallStats>>,
    pub(crate) levels: watch::Sender<Levels>,
    pub(crate) devices: watch::Sender<Arc<DeviceList>>,
    pub(crate) notices: mpsc::Sender<Notice>,
}

pub(crate) struct Loop {
    pub(crate) phone: Phone,
    pub(crate) clock: Clock,
    pub(crate) config: EngineConfig,
    pub(crate) screens: Screens,
    pub(crate) accounts: Accounts,
    pub(crate) conversations: BTreeMap<CallId, Conversation>,
    pub(crate) out: Outward,
    pub(crate) internal: mpsc::Sender<Internal>,
    internal_rx: mpsc::Receiver<Internal>,
    pub(crate) token: CancellationToken,
    /// Media that is being closed on blocking threads.
    pub(crate) closing: JoinSet<()>,
    pub(crate) history: History,
    pub(crate) desk: DeviceDesk,
}

impl Loop {
    pub(crate) fn new(
        config: EngineConfig,
        screens: Screens,
        out: Outward,
        token: CancellationToken,
    ) -> Self {
        // Senders wait when the loop is behind, but for media levels, which are dropped.
        let (internal, internal_rx) = mpsc::channel(1024);
        let (history, mut problems) = History::start(config.call_log.clone());
        let out_of_log = internal.clone();
        // Ends with the log, which the loop owns.
        tokio::spawn(async move {
            while let Some(problem) = problems.recv().await {
                let _ = out_of_log.send(Internal::LogProblem(problem)).await;
            }
        });
        let desk = DeviceDesk::new(&config);
        tokio::spawn(look_for_devices(desk.camera(), internal.clone(), token.clone()));
        Self {
            phone: Phone::new(),
            clock: Clock::start(),
            config,
            screens,
            accounts: Accounts::default(),
            conversations: BTreeMap::new(),
            out,
            internal,
            internal_rx,
            token,
            closing: JoinSet::new(),
            history,
            desk,
        }
    }

    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let deadline = self.phone.deadline().map(|d| self.clock.until(d));
            tokio::select! {
                Some(order) = orders.recv() => self.obey(order),
                Some(internal) = self.internal_rx.recv() => self.note(internal),
                () = sleep_or_never(deadline) => self.feed(Event::Time),
                _ = second.tick() => self.every_second(),
                Some(_) = self.closing.join_next() => {}
                () = self.token.cancelled() => break,
            }
        }
        self.shut_down().await;
    }

    /// One event through the phone, its commands performed, the view published.
    pub(crate) fn feed(&mut self, event: Event) {
        debug!(?event, "Event");
        let commands = self.phone.handle(event, self.clock.now());
        for command in commands {
            debug!(?command, "Command");
            self.perform(command);
        }
        self.publish();
    }

    pub(crate) fn snapshot(&self) -> EngineView {
        let phone = self.phone.view(self.clock.now());
        EngineView { accounts: self.accounts.view(), phone, chats: self.accounts.chats() }
    }

    pub(crate) fn publish(&mut self) {
        let view = self.snapshot();
        self.history.note(&view.phone);
        self.out.view.send_if_modified(|old| {
            let changed = **old != view;
            if changed {
                *old = Arc::new(view);
            }
            changed
        });
    }

    pub(crate) fn notice(&self, notice: Notice) {
        if self.out.notices.try_send(notice).is_err() {
            debug!("Nobody reads notices, one was dropped");
        }
    }

    fn note(&mut self, internal: Internal) {
        match internal {
            Internal::SignedIn { request, resumed, result, reply } => {
                self.signed_in(&request, resumed, *result, reply);
            }
            Internal::Session { account, event } => self.session_event(account, event),
            Internal::SessionOver { account } => {
                self.accounts.set_link(account, LinkState::Offline);
                self.publish();
            }
            Internal::Contacts { account, search, result } => {
                let (waiting, answer) = self.accounts.set_contacts(account, &search, result);
                self.publish();
                for reply in waiting {
                    // Whoever asked may have given up.
                    let _ = reply.send(answer.clone().map_err(ListError::from));
                }
            }
            Internal::ListDue { account } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.list_due(&self.internal);
                }
            }
            Internal::Messages { account, thread, result } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.messages_came(&thread, result);
                }
                self.publish();
            }
            Internal::LogProblem(problem) => {
                self.notice(Notice::Problem { code: problem.code(), text: problem.to_string() });
            }
            Internal::Peer { call, epoch, outcome } => {
                if matches!(outcome, bellwire_call::PeerOutcome::Connected)
                    && let Some(conversation) = self.conversation_of(call, epoch)
                {
                    conversation.path_up();
                }
                self.feed(Event::Peer { call, epoch, outcome });
            }
            Internal::PeerNews { call, epoch, event } => self.peer_news(call, epoch, event),
            Internal::PeerStats { call, epoch, stats, code } => {
                let now = self.clock.now();
                let talked = self.phone.consented_at(call).map(|at| now.saturating_duration_since(at));
                if let Some(conversation) = self.conversation_of(call, epoch) {
                    let figures = conversation.stats(&stats, code, talked);
                    let quality = figures.as_ref().and_then(|figures| conversation.report(figures));
                    self.out.stats.send_replace(figures);
                    if let Some(quality) = quality {
                        self.report(call, quality);
                    }
                }
            }
            Internal::Media { call, event } => self.media_event(call, event),
            Internal::Found(found) => self.found(found),
            Internal::Trial { round, event } => self.trial_event(round, event),
        }
    }

    /// The conversation, if `epoch` is its present one.
    fn conversation_of(&mut self, call: CallId, epoch: bellwire_call::Epoch) -> Option<&mut Conversation> {
        self.conversations.get_mut(&call).filter(|c| c.peer.as_ref().is_some_and(|p| p.epoch == epoch))
    }

    fn signed_in(
        &mut self,
        request: &crate::view::SignIn,
        resumed: bool,
        result: Result<bellwire_signaling::SignedIn, bellwire_signaling::SignInError>,
        reply: tokio::sync::oneshot::Sender<
            Result<bellwire_call::AccountId, bellwire_signaling::SignInError>,
        >,
    ) {
        match result {
            Ok(signed_in) => {
                if let Some(account) = self.accounts.renew(request, resumed, &signed_in) {
                    info!(account = account.0, "Signed in again");
                    self.publish();
                    let _ = reply.send(Ok(account));
                    return;
                }
                let (me, offers) = (signed_in.identity.person.clone(), signed_in.offers);
                let rings = match signed_in.capabilities.ring_timeout_s {
                    Some(seconds) => Rings::For(Duration::from_secs(seconds.into())),
                    None => Rings::InRoom,
                };
                let account = self.accounts.add(request, signed_in, &self.internal);
                info!(account = account.0, "Signed in");
                if let Some(known) = self.accounts.by_id(account) {
                    self.history.account(account, known.log().clone());
                }
                self.feed(Event::AccountAdded { account, me, offers, rings });
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.list_changed(&self.internal);
                }
                let _ = reply.send(Ok(account));
            }
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    fn session_event(&mut self, account: bellwire_call::AccountId, event: SessionEvent) {
        if self.accounts.by_id(account).is_none() {
            return;
        }
        match event {
            SessionEvent::Heard { key, signal } => {
                self.feed(Event::Heard(Heard { account, call: key, signal }));
            }
            SessionEvent::Link { up } => {
                self.accounts.set_link(account, if up { LinkState::Online } else { LinkState::Offline });
                self.feed(Event::Link { account, up });
            }
            SessionEvent::LinkProblem { problem } => {
                self.accounts.set_link_problem(account, problem);
                self.publish();
            }
            SessionEvent::Paused { until } => {
                self.accounts.set_pause(account, until, &self.internal);
                self.publish();
            }
            SessionEvent::Presence { person, online } => {
                self.accounts.set_presence(account, person, online);
                self.publish();
            }
            SessionEvent::ListChanged => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.list_changed(&self.internal);
                }
            }
            SessionEvent::Message(message) => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.message_heard(&message);
                }
                self.publish();
            }
            SessionEvent::MessageLost { thread, text } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.message_lost(&thread, &text);
                }
                self.publish();
            }
            SessionEvent::ThreadRead { thread, by_me } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.thread_read(&thread, by_me);
                }
                self.publish();
            }
            SessionEvent::Typing { thread, person, on } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.typing_heard(&thread, &person, on);
                }
                self.publish();
            }
            SessionEvent::Renewed(identity) => self.accounts.keepsakes.renewed(account, *identity),
            SessionEvent::TokenExpired => {
                self.accounts.set_link(account, LinkState::SignedOut);
                self.publish();
            }
        }
    }

    /// How a call goes, to backends that keep it.
    fn report(&self, call: CallId, quality: bellwire_call::Quality) {
        let Some(view) = self.call_view(call) else { return };
        if let (Some(remote), Some(account)) = (view.remote_id, self.accounts.by_id(view.account)) {
            let key = bellwire_call::CallKey::Remote(remote);
            if let Err(error) = account.session.say(key, Signal::Quality(quality)) {
                debug!(%error, "Quality not reported");
            }
        }
    }

    fn peer_news(&mut self, call: CallId, epoch: bellwire_call::Epoch, event: PeerEvent) {
        let Some(conversation) = self.conversation_of(call, epoch) else { return };
        match event {
            PeerEvent::KeyFrameWanted => conversation.key_frame_wanted_by_peer(),
            PeerEvent::TargetBitrate { bps } => conversation.set_target(bps),
            PeerEvent::SendCodec(codec) => conversation.set_codec(codec),
            PeerEvent::RemoteLoss { fraction } => conversation.set_remote_loss(fraction),
            PeerEvent::Candidate(_) | PeerEvent::State(_) | PeerEvent::PathSilent | PeerEvent::PathBack => {}
        }
    }

    fn media_event(&mut self, call: CallId, event: MediaEvent) {
        let Some(conversation) = self.conversations.get_mut(&call) else { return };
        conversation.note_first(&event);
        let (news, text) = match event {
            MediaEvent::KeyFrameWanted => {
                if let Some(peer) = &conversation.peer {
                    peer.order(PeerOrder::RequestKeyFrame);
                }
                return;
            }
            MediaEvent::Levels { microphone_db, speaker_db, muted_speech } => {
                self.out.levels.send_replace(Levels { microphone_db, speaker_db, muted_speech });
                return;
            }
            MediaEvent::FirstVideo(_) | MediaEvent::FirstAudio(_) => return,
            MediaEvent::Device(news) => {
                self.desk.lost.note(&news);
                let text = news.words();
                (news, text)
            }
            MediaEvent::SharingLost { problem, message } => {
                self.feed(Event::User(UserAction::SetSharing(false)));
                let (device, happened) = (DeviceKind::Sharing, DeviceChange::Lost);
                let news = DeviceNews { device, happened, name: String::new(), problem: Some(problem) };
                (news, format!("sharing has ended: {message}"))
            }
        };
        self.notice(Notice::Device { news, text });
        self.show_devices();
    }

    fn every_second(&mut self) {
        let mut talking = false;
        for conversation in self.conversations.values().filter(|c| c.media.is_some()) {
            talking = true;
            if let Some(peer) = &conversation.peer {
                peer.order(PeerOrder::Stats);
            }
        }
        if self.accounts.give_up_messages() {
            self.publish();
        }
        self.devices_each_second();
        let phone = self.phone.view(self.clock.now());
        self.history.note(&phone);
        if !talking {
            self.out.stats.send_if_modified(|s| s.take().is_some());
        }
    }

    async fn shut_down(mut self) {
        for account in self.accounts.ids() {
            self.feed(Event::AccountRemoved { account });
        }
        self.accounts.close_all().await;
        while let Ok(last) = self.internal_rx.try_recv() {
            if let Internal::Session { account, event: SessionEvent::Renewed(identity) } = last {
                self.accounts.keepsakes.renewed(account, *identity);
            }
        }
        for (_, mut conversation) in std::mem::take(&mut self.conversations) {
            self.close_media(&mut conversation);
        }
        while self.closing.join_next().await.is_some() {}
        let players = self.desk.take_players();
        let _ = tokio::task::spawn_blocking(move || drop(players)).await;
        self.history.close().await;
    }

    pub(crate) fn account(&self, id: bellwire_call::AccountId) -> Option<&Account> {
        self.accounts.by_id(id)
    }
}

async fn sleep_or_never(after: Option<Duration>) {
    match after {
        Some(after) => tokio::time::sleep(after).await,
        None => std::future::pending().await,
    }
}
