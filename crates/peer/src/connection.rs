//! Set-up of the `webrtc` crate's connection for a call; its defaults are not used as they are.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bellwire_call::IceCandidate;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{ReceiverReportBuilder, Registry, Slot, TwccReceiverBuilder};
use rtc::peer_connection::configuration::RTCIceServer;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::shared::error::{Error, Result};
use tokio::sync::mpsc;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfiguration,
    RTCConfigurationBuilder, RTCIceTransportPolicy, RTCPeerConnectionIceEvent, RTCPeerConnectionState,
    SettingEngineBuilder,
};
use webrtc::runtime::default_runtime;

use crate::bandwidth::Limits;
use crate::check_pacing::PacedRuntime;
use crate::codecs;
use crate::config::PeerConfig;
use crate::delivery::DeliveryInterceptor;
use crate::event::{PeerEvent, PeerState};
use crate::event_task::carries_media;
use crate::incoming_streams::StreamLearner;
use crate::interceptor::Filtered;
use crate::local_addresses::LocalAddresses;
use crate::nack::generator::NackGenerator;
use crate::network_watch::RouteInUse;
use crate::pacer::Pacer;
use crate::picture_feedback::PictureFeedbacks;
use crate::relay_streams::StreamRelays;
use crate::remb::Remb;
use crate::report_interval::{self, Pace};
use crate::rtx::RtxUnwrap;
use crate::sender_reports::SenderReports;
use crate::shared::{Shared, lock};
use crate::stats_interceptor::StatsInterceptor;
use crate::transport_feedback::TransportFeedback;
use crate::wishes::Wishes;

/// Time between connectivity checks. At 20 ms set-up takes 50 ms after the answer, at 10 ms about 25;
/// the default of 200 ms makes it 400.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);
/// Checks before a pair is given up: 12 s, for an answer or a candidate slow to come.
const MAX_CHECKS_PER_PAIR: u16 = 1_200;
/// How long better paths are waited for before one by STUN or TURN is taken.
const REFLEXIVE_WAIT: Duration = Duration::from_millis(100);
const RELAY_WAIT: Duration = Duration::from_millis(300);
const DISCONNECTED_AFTER: Duration = Duration::from_secs(5);
/// A call outlives this without a path: as long as it does, the old pair may come back by itself.
const FAILED_AFTER: Duration = Duration::from_secs(90);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
/// Sound alone in long packets; with a higher one a thinner link would stay flooded.
const MIN_BITRATE_BPS: u32 = 20_000;

/// How our candidates are labelled: the section whose transport is used (all are bundled) and our ufrag.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// `None`: the other side names no sections.
    pub(crate) mid: Option<String>,
    pub(crate) index: u16,
    pub(crate) ufrag: Option<String>,
}

pub(crate) struct Handler {
    pub(crate) shared: Arc<Shared>,
    /// 256 is more candidates than any machine has; full: a candidate is lost and a warning logged.
    pub(crate) ordered: mpsc::Sender<PeerEvent>,
    pub(crate) label: Arc<std::sync::Mutex<Label>>,
}

impl Handler {
    fn tell(&self, event: PeerEvent) {
        // Runs on the driver's task, so it must not wait.
        if self.ordered.try_send(event).is_err() {
            tracing::warn!("the peer's event queue is full or gone");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        let Ok(candidate) = event.candidate.to_json() else { return };
        let label = lock(&self.label).clone();
        self.tell(PeerEvent::Candidate(IceCandidate {
            candidate: candidate.candidate,
            sdp_mid: label.mid,
            sdp_m_line_index: Some(label.index),
            username_fragment: label.ufrag,
        }));
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let state = match state {
            RTCPeerConnectionState::New | RTCPeerConnectionState::Unspecified => return,
            RTCPeerConnectionState::Connecting => PeerState::Connecting,
            RTCPeerConnectionState::Connected => PeerState::Connected,
            RTCPeerConnectionState::Disconnected => PeerState::Disconnected,
            RTCPeerConnectionState::Failed => PeerState::Failed,
            RTCPeerConnectionState::Closed => PeerState::Closed,
            _ => return,
        };
        let was = self.shared.connected.swap(carries_media(state), Ordering::Relaxed);
        if !was && carries_media(state) {
            // The first picture anyone sees has to be a whole one.
            self.shared.want_key_frame();
        }
        self.tell(PeerEvent::State(state));
    }
}

pub(crate) fn configuration(config: &PeerConfig, servers: Vec<RTCIceServer>) -> RTCConfiguration {
    let policy = if config.relay_only { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
    RTCConfigurationBuilder::default().with_ice_servers(servers).with_ice_transport_policy(policy).build()
}

fn interceptors(config: &PeerConfig, shared: &Arc<Shared>) -> Registry {
    let limits = Limits {
        start: f64::from(config.start_bitrate),
        min: f64::from(MIN_BITRATE_BPS.min(config.start_bitrate)),
        max: f64::from(config.max_bitrate.max(config.start_bitrate)),
    };
    Registry::new()
        .with(Slot::from(500), Filtered::new(StatsInterceptor::new(Arc::clone(shared))))
        .with(Slot::CongestionControl, Filtered::new(TransportFeedback::new(limits, Arc::clone(shared))))
        // Before retransmissions become what they repeat: each packet on the wire counts.
        .with(Slot::from(1_500), Filtered::new(Remb::new(limits, Arc::clone(shared))))
        .with(Slot::from(1_600), Filtered::new(Wishes::new(Arc::clone(shared))))
        .with(Slot::from(1_700), Filtered::new(PictureFeedbacks::new(Arc::clone(shared))))
        // Below the pacer, which drops packets that would be counted.
        .with(Slot::from(2_500), Filtered::new(SenderReports::new(Arc::clone(shared))))
        .with(Slot::Pacer, Filtered::new(Pacer::new(Arc::clone(shared))))
        .with(Slot::from(6_900), Filtered::new(RtxUnwrap::new(Arc::clone(shared))))
        .with(Slot::NackGenerator, Filtered::new(NackGenerator::new(Arc::clone(shared))))
        .with(
            Slot::TwccReceiver,
            StreamLearner::paced(
                TwccReceiverBuilder::new().with_interval(report_interval::MIN).build(),
                shared,
                Pace::TRANSPORT_WIDE,
            ),
        )
        .with(
            Slot::ReceiverReport,
            StreamLearner::paced(ReceiverReportBuilder::new().build(), shared, Pace::OF_STREAMS),
        )
        .with(Slot::from(14_000), Filtered::new(DeliveryInterceptor::new(Arc::clone(shared))))
}

pub(crate) async fn connect(
    config: &PeerConfig,
    servers: Vec<RTCIceServer>,
    shared: &Arc<Shared>,
    handler: Handler,
    network: (Arc<StreamRelays>, Arc<RouteInUse>),
) -> Result<Arc<dyn PeerConnection>> {
    let relay_wait = if config.relay_only { Duration::ZERO } else { RELAY_WAIT };
    let settings = SettingEngineBuilder::new()
        // Roles stay as first negotiated only if the answerer is the server; otherwise the
        // browser's next offer fails on a changed role.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        // Its socket cannot be had on a machine without a network, and then nothing works at all.
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(MAX_CHECKS_PER_PAIR))
        .with_ice_timeouts(Some(DISCONNECTED_AFTER), Some(FAILED_AFTER), Some(KEEPALIVE_INTERVAL))
        .with_host_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_srflx_acceptance_min_wait(Some(REFLEXIVE_WAIT))
        .with_relay_acceptance_min_wait(Some(relay_wait))
        // Binds anew on restart, which is what makes a restart follow a change of network.
        .with_discard_local_candidates_during_ice_restart(true)
        .build();
    let runtime = default_runtime().ok_or_else(|| Error::Other("no asynchronous runtime".to_owned()))?;
    let connection = PeerConnectionBuilder::new()
        .with_runtime(Arc::new(PacedRuntime::new(runtime, network.0, network.1)))
        .with_configuration(configuration(config, servers))
        .with_media_engine(codecs::media_engine(&config.video_codecs)?)
        .with_setting_engine(settings)
        .with_interceptor_registry(interceptors(config, shared))
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![LocalAddresses { fixed: config.bind.clone() }])
        .build()
        .await?;
    Ok(Arc::new(connection))
}
