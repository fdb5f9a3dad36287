//! Bot: a user of the engine without a person. It signs in, dials or answers, prints what it sees and hangs
//! up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bellwire_engine::{
    AccountId, CallId, CallState, CallView, Direction, Engine, EngineConfig, EngineView, Invite, MediaKind,
    Notice, Person, SignIn, Subject,
};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::args::{Args, Command, Common};
use crate::frame_log;
use crate::output::line;

pub(crate) struct Bot {
    engine: Engine,
    account: AccountId,
    /// Prints the notices of the engine; ends with it.
    notices: JoinHandle<()>,
}

impl Bot {
    pub(crate) async fn sign_in(args: &Args) -> anyhow::Result<Self> {
        let common = args.common();
        let echo = matches!(args.command, Command::Echo { .. });
        let (camera, microphone) = match &common.media {
            Some(film) => {
                let id = format!("file:{}", std::path::absolute(film)?.display());
                (id.clone(), id)
            }
            None if echo => ("echo".into(), "echo".into()),
            None => (common.camera.clone(), common.microphone.clone()),
        };
        let config = EngineConfig {
            camera,
            microphone,
            speaker: common.speaker.clone(),
            processing: !common.raw_audio && !echo,
            tones: false,
            start_bitrate: common.start_bitrate,
            max_bitrate: common.max_bitrate,
            relay_only: common.relay_only,
            ..EngineConfig::default()
        };
        let screens =
            frame_log::screens(common.frame_log.as_deref()).context("the frame log cannot be written")?;
        let (engine, notices) = Engine::start(config, screens);
        let notices = tokio::spawn(print_notices(notices));
        let request = SignIn {
            server: common.server.clone(),
            dialect: common.dialect.clone(),
            role: common.role.clone(),
            email: common.email.clone(),
            password: common.password.clone(),
            rest_base: common.rest_base.clone(),
            socket_base: common.socket_base.clone(),
            login_path: common.login_path.clone(),
            extra_ca: common.extra_ca.clone(),
            proxy: common.proxy.clone(),
        };
        let account = engine.handle.sign_in(request).await?;
        line("signed_in", json!({ "account": account }));
        Ok(Self { engine, account, notices })
    }

    pub(crate) async fn run(&mut self, args: &Args) -> anyhow::Result<()> {
        let common = args.common();
        match &args.command {
            Command::Call { to, order, voice, .. } => {
                let kind = if *voice { MediaKind::Voice } else { MediaKind::Video };
                self.dial(to, order.as_deref(), kind).await?;
                self.follow_call(common, |call| call.direction == Direction::Outgoing).await?;
                Ok(())
            }
            Command::Answer { forever, .. } => loop {
                let answered = self.follow_call(common, |call| call.direction == Direction::Incoming).await;
                if !forever {
                    return answered.map(drop);
                }
            },
            Command::Echo { .. } => loop {
                self.follow_call(common, |_| true).await?;
            },
            Command::Robot { to, after, .. } => {
                self.call_or_answer(common, to, Duration::from_secs(*after)).await
            }
        }
    }

    pub(crate) async fn stop(self) {
        self.engine.stop().await;
        let _ = self.notices.await;
    }

    /// Dials once after `after` unless a call came first, and answers every call.
    async fn call_or_answer(&mut self, common: &Common, to: &str, after: Duration) -> anyhow::Result<()> {
        let mut view = self.engine.handle.view();
        let rung = timeout(after, view.wait_for(|v| !v.phone.calls.is_empty())).await;
        if rung.is_err() {
            self.dial(&[to], None, MediaKind::Video).await?;
        }
        loop {
            self.follow_call(common, |_| true).await?;
        }
    }

    /// The order is about the first one.
    async fn dial(&self, to: &[impl AsRef<str>], order: Option<&str>, kind: MediaKind) -> anyhow::Result<()> {
        let (first, further) = to.split_first().context("nobody to call")?;
        let (to, subject) = self.find(first.as_ref(), order).await?;
        // Several who are named are called anew, even if there is a session that the first one is in.
        let subject = subject.filter(|_| further.is_empty() || order.is_some());
        let mut others = Vec::new();
        for name in further {
            others.push(self.find(name.as_ref(), None).await?.0);
        }
        line("dialling", json!({}));
        self.engine.handle.invite(self.account, Invite { to, others, kind, subject }).await;
        Ok(())
    }

    /// The person by e-mail address, name or id from the list; an id is taken as it is where the
    /// backend has no list (a storefront customer calls a seller by id).
    async fn find(&self, to: &str, order: Option<&str>) -> anyhow::Result<(Person, Option<Subject>)> {
        let mut view = self.engine.handle.view();
        let loaded = |v: &Arc<EngineView>| v.accounts.iter().any(|a| a.contacts_loaded || !a.can_call);
        let view = timeout(Duration::from_secs(20), view.wait_for(loaded))
            .await
            .context("the list of people did not come")??
            .clone();
        let contacts: Vec<_> = view.accounts.iter().flat_map(|a| &a.contacts).collect();
        // Of several appointments with one person, the one that can be entered now.
        let callable = contacts.iter().filter(|c| c.video || c.voice);
        let contact = callable.chain(&contacts).find(|c| {
            c.id == to || c.person.id.0 == to || c.detail.eq_ignore_ascii_case(to) || c.person.name == to
        });
        let Some(contact) = contact else {
            if view.accounts.iter().any(|a| a.can_call) {
                bail!("nobody in the list is called {to}");
            }
            let person = Person { id: bellwire_engine::PersonId(to.into()), name: to.into(), avatar: None };
            return Ok((person, None));
        };
        let subject = match order {
            None => contact.subject.clone(),
            Some(order) => Some(
                contact
                    .subjects
                    .iter()
                    .map(|s| &s.subject)
                    .find(|s| s.id == order || s.label.contains(order))
                    .with_context(|| format!("no order {order} with that person"))?
                    .clone(),
            ),
        };
        Ok((contact.person.clone(), subject))
    }

    /// Follows one call to its end, answering it if it rings; prints every state and the figures.
    async fn follow_call(
        &mut self,
        common: &Common,
        wanted: impl Fn(&CallView) -> bool,
    ) -> anyhow::Result<CallState> {
        let handle = self.engine.handle.clone();
        let (mut view, mut stats) = (handle.view(), handle.stats());
        let patience = (common.patience > 0).then(|| Instant::now() + Duration::from_secs(common.patience));
        let mut hang_up: Option<Instant> = None;
        let mut followed: Option<CallId> = None;
        let mut last: Option<CallState> = None;
        let mut figures = json!({});
        loop {
            let call = {
                let view = view.borrow_and_update();
                view.phone
                    .calls
                    .iter()
                    .find(|c| followed.map_or_else(|| c.state.is_live() && wanted(c), |id| c.id == id))
                    .cloned()
            };
            if let Some(call) = &call {
                followed = Some(call.id);
                if last.as_ref() != Some(&call.state) {
                    last = Some(call.state.clone());
                    line(
                        "state",
                        json!({ "call": call.id, "direction": call.direction, "state": call.state,
                        "subject": call.subject.as_ref().map(|s| &s.label) }),
                    );
                    match &call.state {
                        CallState::Ringing { .. } => handle.accept(call.id).await,
                        CallState::Connected if common.seconds > 0 && hang_up.is_none() => {
                            hang_up = Some(Instant::now() + Duration::from_secs(common.seconds));
                        }
                        CallState::Ended { reason } => {
                            line(
                                "ended",
                                json!({ "reason": reason, "connected_ms": call.connected_ms, "stats": figures }),
                            );
                            handle.dismiss(call.id).await;
                            return Ok(call.state.clone());
                        }
                        CallState::Calling { .. }
                        | CallState::Connecting
                        | CallState::Connected
                        | CallState::Reconnecting => {}
                    }
                }
            } else if let (Some(_), Some(state)) = (followed, &last) {
                return Ok(state.clone());
            }
            let waiting = followed.is_none() || last.as_ref().is_some_and(CallState::is_calling);
            let give_up = patience.filter(|_| waiting);
            tokio::select! {
                changed = view.changed() => changed.context("the engine stopped")?,
                Ok(()) = stats.changed() => {
                    let newest = stats.borrow_and_update().clone();
                    if let Some(newest) = newest {
                        figures = serde_json::to_value(&newest)?;
                        line("stats", newest);
                    }
                }
                () = sleep_until_or_never(hang_up) => {
                    hang_up = None;
                    if let Some(call) = followed {
                        handle.hang_up(call).await;
                    }
                }
                () = sleep_until_or_never(give_up) => bail!("nobody called or answered in {} s", common.patience),
            }
        }
    }
}

/// Prints what happens outside calls: devices that come and go, and problems.
async fn print_notices(mut notices: mpsc::Receiver<Notice>) {
    while let Some(notice) = notices.recv().await {
        match notice {
            Notice::Device { text, .. } | Notice::Problem { text, .. } => {
                line("notice", json!({ "text": text }))
            }
            Notice::Missed { .. } | Notice::Ended { .. } => {}
        }
    }
}

async fn sleep_until_or_never(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
