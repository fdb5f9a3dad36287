//! Events of sessions, peer connections and media, passed to the part of the engine they belong to.

use std::time::Duration;

use bellwire_call::{
    AccountId, CallId, CallKey, CallReport, CallView, Event, MemberState, PathIssue, PeerOutcome, RingPolicy,
    UserAction,
};
use bellwire_signaling::{SessionEvent, SignInError, SignedIn};
use tracing::{debug, info};

use super::EngineLoop;
use crate::accounts::events::Effect;
use crate::calls::{DeviceReport, QualityFigures};
use crate::connection_id::ConnectionId;
use crate::error::ListError;
use crate::internal::Internal;
use crate::notice::Notice;
use crate::view::SignIn;

impl EngineLoop {
    pub(super) fn on_internal(&mut self, internal: Internal) {
        match internal {
            Internal::SignedIn { request, resumed, result, reply } => {
                let account = self.on_signed_in(&request, resumed, *result);
                let _ = reply.send(account);
            }
            Internal::Contacts { account, search, result } => {
                let Some(account) = self.accounts.by_id_mut(account) else { return };
                let (waiting, answer) = account.on_contacts(&search, result);
                self.publish();
                for reply in waiting {
                    // The caller may have given up.
                    let _ = reply.send(answer.clone().map_err(ListError::from));
                }
            }
            Internal::ListDue { account } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.list_due();
                }
            }
            Internal::Messages { account, thread, result } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.on_messages(&thread, result);
                }
                self.publish();
            }
            Internal::Peer { connection, outcome } => {
                if matches!(outcome, PeerOutcome::Connected) {
                    self.calls.path_up(connection);
                }
                self.report_path_issue(connection, &outcome);
                let ConnectionId { call, member, epoch } = connection;
                self.dispatch(Event::Peer { call, member, epoch, outcome });
            }
            Internal::PeerEvent { connection, event } => self.calls.on_peer_event(connection, event),
            Internal::PeerStats { connection, stats, code } => {
                let call = connection.call;
                let now = self.clock.now();
                let talked = self.phone.consented_at(call).map(|at| now.saturating_duration_since(at));
                if let Some(quality) = self.calls.on_peer_stats(connection, &stats, code, talked) {
                    self.report_quality(call, quality);
                }
            }
            Internal::Media { call, event } => {
                let report = self.calls.on_media_event(call, event);
                self.on_device_report(report);
            }
            Internal::MemberMedia { call, member, event } => {
                let report = self.calls.on_member_media(call, member, event);
                self.on_device_report(report);
            }
            Internal::DeviceTest { round, event } => {
                if self.devices.on_test_event(round, event) {
                    self.publish_devices();
                }
            }
        }
    }

    fn on_signed_in(
        &mut self,
        request: &SignIn,
        resumed: bool,
        result: Result<SignedIn, SignInError>,
    ) -> Result<AccountId, SignInError> {
        let signed_in = result?;
        if let Some(account) = self.accounts.renew(request, resumed, &signed_in) {
            info!(account = account.0, "Signed in again");
            self.publish();
            return Ok(account);
        }
        let (me, offers) = (signed_in.identity.person.clone(), signed_in.offers);
        let rings = match signed_in.capabilities.ring_timeout_s {
            Some(seconds) => RingPolicy::Timeout(Duration::from_secs(seconds.into())),
            None => RingPolicy::InRoom,
        };
        let added = self.accounts.add(request, signed_in);
        let account = added.view.id;
        info!(account = account.0, "Signed in");
        self.history.add_account(account, added.log.clone());
        added.list_changed();
        self.dispatch(Event::AccountAdded { account, me, offers, rings });
        Ok(account)
    }

    pub(super) fn on_session_event(&mut self, account: AccountId, event: Option<SessionEvent>) {
        match self.accounts.on_event(account, event) {
            Effect::Nothing => {}
            Effect::Publish => self.publish(),
            Effect::Phone(event) => self.dispatch(event),
        }
    }

    fn on_device_report(&mut self, report: Option<DeviceReport>) {
        let Some(report) = report else { return };
        if report.sharing_ended {
            self.dispatch(Event::User(UserAction::SetSharing(false)));
        }
        self.devices.on_device(&report.news);
        self.notify(Notice::Device { news: report.news, text: report.text });
        self.publish_devices();
    }

    fn report_quality(&self, call: CallId, figures: QualityFigures) {
        let Some(view) = self.call_view(call) else { return };
        let person = |id| view.members.iter().find(|member| member.id == id).map(|m| m.person.id.clone());
        let members = figures.members.iter().filter_map(|(id, quality)| Some((person(*id)?, *quality)));
        let report = CallReport::Quality { worst: figures.worst, members: members.collect() };
        self.report(&view, report);
    }

    /// What an outcome, which the phone has not heard yet, says of the path to a member.
    fn report_path_issue(&self, connection: ConnectionId, outcome: &PeerOutcome) {
        let Some(view) = self.call_view(connection.call) else { return };
        let Some(member) = view.members.iter().find(|member| member.id == connection.member) else { return };
        if let Some(issue) = path_issue(outcome, member.state) {
            self.report(&view, CallReport::PathIssue { member: member.person.id.clone(), issue });
        }
    }

    /// Reports about a call to backends that keep it.
    fn report(&self, call: &CallView, report: CallReport) {
        if let (Some(remote), Some(account)) = (call.remote_id.clone(), self.accounts.by_id(call.account))
            && let Err(error) = account.session.report(CallKey::Remote(remote), report)
        {
            debug!(%error, "Figures not reported");
        }
    }
}

/// What an outcome says of the path to a member in this state; once for each time that it goes.
fn path_issue(outcome: &PeerOutcome, state: MemberState) -> Option<PathIssue> {
    match outcome {
        PeerOutcome::PathLost => (state == MemberState::Connected).then_some(PathIssue::Lost),
        PeerOutcome::Failed | PeerOutcome::Unworkable { .. } => {
            (state != MemberState::Failed).then_some(PathIssue::Failed)
        }
        PeerOutcome::OfferMade(_)
        | PeerOutcome::AnswerMade(_)
        | PeerOutcome::AnswerApplied
        | PeerOutcome::Described { .. }
        | PeerOutcome::Candidate(_)
        | PeerOutcome::Connected
        | PeerOutcome::NewAddress
        | PeerOutcome::Rejected { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_goes_is_told_once() {
        let said = |outcome: &PeerOutcome| {
            use MemberState::{Connected, Connecting, Failed, Reconnecting};
            [Connecting, Connected, Reconnecting, Failed].map(|state| path_issue(outcome, state))
        };
        let (lost, failed) = (Some(PathIssue::Lost), Some(PathIssue::Failed));
        assert_eq!(said(&PeerOutcome::PathLost), [None, lost, None, None]);
        assert_eq!(said(&PeerOutcome::Failed), [failed, failed, failed, None]);
        assert_eq!(said(&PeerOutcome::Connected), [None; 4]);
    }
}
