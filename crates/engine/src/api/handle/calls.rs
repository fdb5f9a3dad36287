//! Calls: placing, answering, declining and ending them.

use bellwire_call::{AccountId, CallId, Invite, MediaKind, MemberId, Person, Subject, UserAction};
use tokio::sync::oneshot;

use super::Handle;
use crate::config::CallDefaults;
use crate::engine_loop::command::EngineCommand;
use crate::error::DeclineError;

impl Handle {
    pub async fn dial(&self, account: AccountId, to: Person, kind: MediaKind, subject: Option<Subject>) {
        self.invite(account, Invite { to, others: Vec::new(), kind, subject }).await;
    }

    /// Calls one person or several. More than the account's calls have seats for are refused.
    pub async fn invite(&self, account: AccountId, invite: Invite) {
        self.user(UserAction::Dial { account, invite }).await;
    }

    pub async fn accept(&self, call: CallId) {
        self.user(UserAction::Accept(call)).await;
    }

    /// Ends the call that is going on and accepts the waiting one.
    pub async fn end_and_accept(&self, call: CallId) {
        self.user(UserAction::EndAndAccept(call)).await;
    }

    /// Accepts with the camera off, and ends the call that is going on, if any.
    pub async fn accept_with_camera_off(&self, call: CallId) {
        self.user(UserAction::AcceptWithCameraOff(call)).await;
    }

    pub async fn decline(&self, call: CallId) {
        self.user(UserAction::Decline(call)).await;
    }

    /// Declines and writes `text` to the caller, in whose thread it goes. On an error nothing was done,
    /// and the call rings on.
    ///
    /// # Errors
    /// See [`DeclineError`].
    pub async fn decline_with(&self, call: CallId, text: String) -> Result<(), DeclineError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::DeclineWith { call, text, reply }).await;
        answer.await.unwrap_or(Err(DeclineError::Stopped))
    }

    pub async fn silence(&self, call: CallId) {
        self.user(UserAction::Silence(call)).await;
    }

    pub async fn hang_up(&self, call: CallId) {
        self.user(UserAction::HangUp(call)).await;
    }

    /// Ends a call of several that we placed for everybody in it; any other call as [`Self::hang_up`] does.
    pub async fn end_for_all(&self, call: CallId) {
        self.user(UserAction::EndForAll(call)).await;
    }

    /// Asks more people to come into a call that goes on; a call of two becomes one of several by it. Where that
    /// is not possible a notice (`people_not_added`, `too_many_people`) says so, and the call goes on as it is.
    pub async fn add_people(&self, call: CallId, people: Vec<Person>) {
        self.user(UserAction::AddPeople { call, people }).await;
    }

    /// How large a member's pictures are shown, in pixels; 0 x 0: not at all, and none is decoded until they are
    /// shown again.
    pub async fn show_member(&self, call: CallId, member: MemberId, width: u32, height: u32) {
        self.send(EngineCommand::ShowMember { call, member, size: (width, height) }).await;
    }

    /// Tells everybody else in the call that we would like to say something, or not any more.
    pub async fn raise_hand(&self, call: CallId, up: bool) {
        self.send(EngineCommand::RaiseHand { call, up }).await;
    }

    pub async fn set_microphone(&self, on: bool) {
        self.user(UserAction::SetMicrophone(on)).await;
    }

    pub async fn set_camera(&self, on: bool) {
        self.user(UserAction::SetCamera(on)).await;
    }

    /// Sends a screen or window (`screen:…`, or any camera id) instead of the camera; `None`: the camera
    /// again. Nothing happens outside a call and for accounts that may not share.
    pub async fn set_sharing(&self, source: Option<String>) {
        self.send(EngineCommand::ShareScreen(source)).await;
    }

    /// How calls start from the next one on; the path setting also counts for new paths of the present one.
    pub async fn set_call_defaults(&self, defaults: CallDefaults) {
        self.send(EngineCommand::SetCallDefaults(defaults)).await;
    }

    pub async fn dismiss(&self, call: CallId) {
        self.user(UserAction::Dismiss(call)).await;
    }

    async fn user(&self, action: UserAction) {
        self.send(EngineCommand::User(action)).await;
    }
}
