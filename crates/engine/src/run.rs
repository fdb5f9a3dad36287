//! The loop: everything that happens enters by one `select!`, everything to be done leaves by one
//! `match` (`perform.rs`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwire_call::{CallId, Event, Heard, Phone, Rings, UserAction};
use bellwire_media::{MediaEvent, TonePlayer};
use bellwire_peer::PeerEvent;
use bellwire_signaling::SessionEvent;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::accounts::{Account, Accounts};
use crate::call_log::Journal;
use crate::clock::Clock;
use crate::config::EngineConfig;
use crate::conversation::{Conversation, Screens};
use crate::handle::{ListError, Order};
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
    pub(crate) tones: Option<TonePlayer>,
    pub(crate) journal: Journal,
    log_problems: mpsc::Receiver<bellwire_log::Problem>,
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
        let (journal, log_problems) = Journal::start(config.call_log.clone());
        let tones = config.tones.then(|| TonePlayer::start(&config.speaker));
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
            tones,
            journal,
            log_problems,
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
                Some(problem) = self.log_problems.recv() => {
                    self.notice(Notice::Problem { text: problem.to_string() });
                }
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
        self.note_calls();
        self.publish();
    }

    fn note_calls(&mut self) {
        self.journal.note(&self.phone.view(self.clock.now()));
    }

    pub(crate) fn publish(&self) {
        let view = EngineView {
            accounts: self.accounts.view(),
            phone: self.phone.view(self.clock.now()),
            chats: Vec::new(),
        };
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

    fn obey(&mut self, order: Order) {
        match order {
            Order::SignIn { request, reply } => self.accounts.sign_in(request, reply, &self.internal),
            Order::SignOut(account) => {
                self.feed(Event::AccountRemoved { account });
                self.accounts.remove(account);
                self.publish();
            }
            Order::User(action) => self.obey_user(action),
            Order::Contacts { account, search, reply } => match self.accounts.by_id(account) {
                Some(account) => account.load_contacts(search, Some(reply), &self.internal),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            Order::History { account, page, reply } => match self.accounts.by_id(account) {
                Some(account) => account.load_history(page, Some(reply), &self.journal.log),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
        }
    }

    fn obey_user(&mut self, action: UserAction) {
        let accepted = match &action {
            UserAction::Accept(call) | UserAction::EndAndAccept(call) => Some(*call),
            UserAction::Dial { .. }
            | UserAction::Decline(_)
            | UserAction::Silence(_)
            | UserAction::HangUp(_)
            | UserAction::SetMicrophone(_)
            | UserAction::SetCamera(_)
            | UserAction::SetSharing(_)
            | UserAction::Dismiss(_) => None,
        };
        if matches!(action, UserAction::SetSharing(true)) && !self.may_share() {
            return self.notice(Notice::Problem { text: "This account cannot share the screen".into() });
        }
        if let Some(call) = accepted {
            self.conversations
                .entry(call)
                .or_default()
                .consent_at
                .get_or_insert_with(std::time::Instant::now);
        }
        self.feed(Event::User(action));
    }

    /// The account of the call that is going on may share the screen.
    fn may_share(&self) -> bool {
        let calls = self.phone.view(self.clock.now()).calls;
        let live = calls.iter().filter(|call| {
            !matches!(
                call.state,
                bellwire_call::CallState::Ended { .. } | bellwire_call::CallState::Ringing { .. }
            )
        });
        let mut accounts = live.filter_map(|call| self.accounts.by_id(call.account));
        accounts.any(|account| account.capabilities().screen_share)
    }

    fn note(&mut self, internal: Internal) {
        match internal {
            Internal::SignedIn { request, result, reply } => self.signed_in(&request, *result, reply),
            Internal::Session { account, event } => self.session_event(account, event),
            Internal::SessionOver { account } => {
                self.accounts.set_link(account, LinkState::Offline);
                self.publish();
            }
            Internal::Contacts { account, contacts, reply } => {
                self.accounts.set_contacts(account, contacts);
                self.publish();
                if let Some(reply) = reply {
                    let _ = reply.send(Ok(()));
                }
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
                if let Some(conversation) = self.conversation_of(call, epoch) {
                    let figures = conversation.stats(&stats, code);
                    self.out.stats.send_replace(figures);
                }
            }
            Internal::Media { call, event } => self.media_event(call, event),
        }
    }

    /// The conversation, if `epoch` is its present one.
    fn conversation_of(&mut self, call: CallId, epoch: bellwire_call::Epoch) -> Option<&mut Conversation> {
        self.conversations.get_mut(&call).filter(|c| c.peer.as_ref().is_some_and(|p| p.epoch == epoch))
    }

    fn signed_in(
        &mut self,
        request: &crate::view::SignIn,
        result: Result<bellwire_signaling::SignedIn, bellwire_signaling::SignInError>,
        reply: tokio::sync::oneshot::Sender<
            Result<bellwire_call::AccountId, bellwire_signaling::SignInError>,
        >,
    ) {
        match result {
            Ok(signed_in) => {
                let (me, offers) = (signed_in.identity.person.clone(), signed_in.offers);
                let rings = match signed_in.capabilities.ring_timeout_s {
                    Some(seconds) => Rings::For(Duration::from_secs(seconds.into())),
                    None => Rings::InRoom,
                };
                let account = self.accounts.add(request, signed_in, &self.internal);
                if let Some(known) = self.accounts.by_id(account) {
                    self.journal.account(known.view());
                }
                info!(account = account.0, "Signed in");
                self.feed(Event::AccountAdded { account, me, offers, rings });
                if let Some(account) = self.accounts.by_id(account) {
                    account.load_contacts(String::new(), None, &self.internal);
                    account.load_history(1, None, &self.journal.log);
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
                if matches!(signal, bellwire_call::Signal::Accept | bellwire_call::Signal::PeerJoined) {
                    self.consent_heard(&key);
                }
                self.feed(Event::Heard(Heard { account, call: key, signal }));
            }
            SessionEvent::Link { up } => {
                self.accounts.set_link(account, if up { LinkState::Online } else { LinkState::Offline });
                self.feed(Event::Link { account, up });
            }
            SessionEvent::Presence { person, online } => {
                self.accounts.set_presence(account, person, online);
                self.publish();
            }
            SessionEvent::ListChanged => {
                if let Some(account) = self.accounts.by_id(account) {
                    account.load_contacts(String::new(), None, &self.internal);
                }
            }
            SessionEvent::Message(_)
            | SessionEvent::ThreadRead { .. }
            | SessionEvent::Typing { .. }
            | SessionEvent::Renewed(_) => {}
            SessionEvent::TokenExpired => {
                self.accounts.set_link(account, LinkState::SignedOut);
                self.publish();
            }
        }
    }

    /// The other side agreed to talk: answer times count from here.
    fn consent_heard(&mut self, key: &bellwire_call::CallKey) {
        let bellwire_call::CallKey::Remote(remote) = key else { return };
        let view = self.phone.view(self.clock.now());
        if let Some(call) = view.calls.iter().find(|c| c.remote_id.as_ref() == Some(remote)) {
            let conversation = self.conversations.entry(call.id).or_default();
            conversation.consent_at.get_or_insert_with(std::time::Instant::now);
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
        let text = match event {
            MediaEvent::KeyFrameWanted => {
                if let Some(peer) = &conversation.peer {
                    peer.order(PeerOrder::RequestKeyFrame);
                }
                return;
            }
            MediaEvent::Levels { microphone_db, speaker_db } => {
                self.out.levels.send_replace(Levels { microphone_db, speaker_db });
                return;
            }
            MediaEvent::FirstVideo(_) | MediaEvent::FirstAudio(_) => return,
            MediaEvent::MicrophoneLost { message }
            | MediaEvent::SpeakerLost { message }
            | MediaEvent::CameraLost { message } => message,
            MediaEvent::MicrophoneBack => "The microphone is back".into(),
            MediaEvent::SpeakerBack => "The speaker is back".into(),
            MediaEvent::CameraBack => "The camera is back".into(),
            MediaEvent::SharingLost { message } => {
                self.feed(Event::User(UserAction::SetSharing(false)));
                format!("Sharing has ended: {message}")
            }
        };
        self.notice(Notice::Device { text });
    }

    fn every_second(&mut self) {
        self.note_calls();
        let mut talking = false;
        for conversation in self.conversations.values().filter(|c| c.media.is_some()) {
            talking = true;
            if let Some(peer) = &conversation.peer {
                peer.order(PeerOrder::Stats);
            }
        }
        if !talking {
            self.out.stats.send_if_modified(|s| s.take().is_some());
        }
    }

    async fn shut_down(mut self) {
        for account in self.accounts.ids() {
            self.feed(Event::AccountRemoved { account });
        }
        self.accounts.close_all().await;
        for conversation in std::mem::take(&mut self.conversations).values_mut() {
            if let Some(media) = conversation.take_media() {
                self.closing.spawn_blocking(move || drop(media));
            }
        }
        while self.closing.join_next().await.is_some() {}
        if let Some(tones) = self.tones.take() {
            let _ = tokio::task::spawn_blocking(move || drop(tones)).await;
        }
        self.journal.log.close().await;
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
