//! What the shell and the user interface see of the engine: whole snapshots, newest wins.

use bellwire_call::{
    AccountId, CallId, MediaKind, MemberId, Person, PersonId, PhoneView, QualityLevel, Subject,
};
use bellwire_signaling::{Capabilities, Contact, LinkProblem, Message};
use serde::{Deserialize, Serialize};

/// Everything the interface draws, but for pictures, levels and statistics, which have their own pipes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EngineView {
    pub accounts: Vec<AccountView>,
    pub phone: PhoneView,
    /// Threads of messages that are open.
    pub chats: Vec<ChatView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountView {
    pub id: AccountId,
    /// Dialect id, e.g. `storefront`.
    pub dialect: String,
    /// What people call that backend, e.g. `Storefront`.
    pub label: String,
    /// Host the user typed, for showing.
    pub server: String,
    pub me: Person,
    /// The backend's word: `seller`, `customer`.
    pub role: String,
    pub link: LinkState,
    pub contacts: Vec<Contact>,
    /// False until the first list came.
    pub contacts_loaded: bool,
    /// Lines of the list that the backend sent and that could not be read.
    pub left_out: u32,
    /// Why the last list did not come: `not_understood`, `too_large`, `paused`, `unreachable`, `refused`,
    /// `signed_out`; `None`: it came.
    pub list_error: Option<String>,
    /// RFC 3339, UTC: until then the backend wants nothing asked that can wait. Calls are not held back.
    pub paused_until: Option<String>,
    /// Why the link does not come up.
    pub link_problem: Option<LinkProblem>,
    /// True where the backend offers a list of people to call.
    pub can_call: bool,
    pub capabilities: Capabilities,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Connecting,
    Online,
    Offline,
    /// The token is no longer accepted: sign in again.
    SignedOut,
}

/// One open thread of messages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChatView {
    pub account: AccountId,
    pub thread: String,
    /// Oldest first. Without an id: still on its way.
    pub messages: Vec<Message>,
    /// False until the messages came.
    pub loaded: bool,
    /// Messages that the backend sent and that could not be read.
    pub left_out: u32,
    /// Name of whoever is typing.
    pub typing: Option<String>,
    /// Why messages did not come or go, in words for people.
    pub failed: Option<String>,
}

/// One line of the call history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// Of the log's record; 0 for what comes straight from a backend.
    pub id: i64,
    /// `None`: nobody is signed in to that account now.
    pub account: Option<AccountId>,
    pub call: String,
    pub peer: Person,
    /// Everybody else who was in a call of several, the peer among them; empty: the peer alone.
    pub members: Vec<Person>,
    pub outgoing: bool,
    /// `ongoing`, `completed`, `missed`, `declined`, `busy`, `cancelled`, `failed`, `elsewhere` (another
    /// device of ours answered), `interrupted`. Straight from a backend: its own word.
    pub status: String,
    /// RFC 3339.
    pub started_at: String,
    pub duration_s: u32,
    pub subject: Option<Subject>,
    /// Voice or video; `None`: the backend does not say.
    pub kind: Option<MediaKind>,
    /// What people call the account's backend.
    pub account_label: String,
    /// Dialect id.
    pub dialect: String,
}

/// One page of past calls, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryPage {
    pub entries: Vec<HistoryEntry>,
    pub page: u32,
    pub pages: u32,
    /// Entries of this page that a backend sent and that could not be read.
    pub left_out: u32,
}

/// Which past calls are meant; the default means all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HistoryFilter {
    pub account: Option<AccountId>,
    /// Dialect id.
    pub dialect: Option<String>,
    /// Who was in the calls besides us; ids are a backend's own, so that `dialect` or `account` belongs to it.
    pub person: Option<PersonId>,
    /// Only incoming calls nobody answered.
    pub missed: bool,
    /// In somebody's name or what the call was about.
    pub search: String,
    /// RFC 3339, included; empty: no limit.
    pub from: String,
    /// RFC 3339, excluded; empty: no limit.
    pub until: String,
}

/// What a user types to sign in.
#[derive(Clone, Default, Deserialize)]
pub struct SignIn {
    /// Address of the server, with or without scheme; discovery by `/.well-known/bellwire.json`.
    pub server: String,
    /// Dialect id; `None` lets discovery decide.
    pub dialect: Option<String>,
    /// `seller` or `customer` for storefront.
    pub role: String,
    pub email: String,
    pub password: String,
    /// Manual bases where there is no discovery.
    pub rest_base: Option<String>,
    pub socket_base: Option<String>,
    /// Path or address of the login where it is not the usual one.
    #[serde(default)]
    pub login_path: Option<String>,
    /// PEM file with a certificate authority to trust beside the system's.
    #[serde(default)]
    pub extra_ca: Option<String>,
    /// `http`, `https` or `socks5` address; `None`: what the system says.
    #[serde(default)]
    pub proxy: Option<String>,
}

/// Without names, addresses and the password: a request may be traced.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("dialect", &self.dialect)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Ten times a second while a call has media.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Levels {
    /// dBFS, -90 is silence.
    pub microphone_db: f32,
    pub speaker_db: f32,
    /// Somebody speaks into the microphone that is off.
    pub muted_speech: bool,
    /// Of everybody else in the call.
    pub members: Vec<MemberLevel>,
}

/// How loud one of the others is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MemberLevel {
    pub call: CallId,
    pub member: MemberId,
    /// dBFS of the last tenth of a second, -90 is silence.
    pub db: f32,
    /// They would like to say something; only programs like this one tell.
    pub hand_up: bool,
}

impl Default for Levels {
    fn default() -> Self {
        Self { microphone_db: -90.0, speaker_db: -90.0, muted_speech: false, members: Vec::new() }
    }
}

/// Once a second while a call has media; also what `bellwire-cli` prints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CallStats {
    /// Own pictures that the camera or what is shared gave.
    pub frames_captured: u64,
    /// Own pictures encoded; in a call of several some are, for different paths.
    pub frames_sent: u64,
    /// Own pictures that this computer was too busy to encode.
    pub frames_dropped: u64,
    pub frames_received: u64,
    pub fps_sent: f32,
    pub fps_received: f32,
    pub width_sent: u32,
    pub height_sent: u32,
    pub width_received: u32,
    pub height_received: u32,
    /// A freeze: no new picture for three times the usual gap and at least 150 ms.
    pub freezes: u32,
    pub freeze_ms: u32,
    /// The longest time without a new picture since the first packet; that there is none yet counts.
    pub longest_freeze_ms: u32,
    /// From the first packet of video to the first picture.
    pub first_picture_ms: Option<u32>,
    /// Pictures decoded, whether shown or not.
    pub frames_decoded: u64,
    /// Times a picture nobody needs was left out instead of waited for.
    pub frames_left_out: u64,
    /// Own pictures that the encoder's rate control left out.
    pub frames_skipped: u64,
    pub key_frames_sent: u64,
    pub key_frames_requested: u64,
    /// Pictures predicted from one that the other end kept, because others were lost: instead of key frames.
    pub recoveries_sent: u64,
    pub recoveries_requested: u64,
    /// What jitter and repairs of the video add to the shortest way, ms.
    pub video_delay_ms: u32,
    /// From a picture's capture to its display, ms; `None` until the sender's reports came.
    pub capture_to_display_ms: Option<f32>,
    /// Mean time to encode and to decode a picture, ms.
    pub encode_ms: f32,
    pub decode_ms: f32,
    /// Of the last picture sent, in the codec's own scale (H.264: 0..51).
    pub quantiser: Option<f32>,
    /// The path carries sound only, so no picture is sent.
    pub picture_paused: bool,
    pub video_kbps_sent: f32,
    pub video_kbps_received: f32,
    pub audio_kbps_sent: f32,
    pub audio_kbps_received: f32,
    pub target_kbps: f32,
    pub packets_lost: u64,
    /// Fraction 0..1 of the last second.
    pub loss: f32,
    pub rtt_ms: f32,
    /// Depth of the audio jitter buffer, ms.
    pub jitter_ms: f32,
    /// dBFS of the last second.
    pub audio_level_sent_db: f32,
    pub audio_level_received_db: f32,
    /// Samples made up because their packet was missing, as a fraction of all played.
    pub concealed: f32,
    /// Audio packets that came too late to be played, and that were restored from later ones.
    pub audio_late: u64,
    pub audio_restored: u64,
    pub microphone_muted: bool,
    pub camera_off: bool,
    pub codec_sent: String,
    pub codec_received: String,
    /// How far video is shown after (+) or before (-) its audio, ms.
    pub av_offset_ms: f32,
    /// From our answer (or theirs) to the first remote picture and sound; `None` until then.
    pub answer_to_video_ms: Option<f32>,
    pub answer_to_audio_ms: Option<f32>,
    /// `direct`, `reflexive` (through a NAT) or `relayed`; empty until a path is chosen.
    pub path: String,
    /// Short code both people can compare (hash of both DTLS fingerprints).
    pub security_code: String,
    pub transport: TransportStats,
    /// What was sent to all members in the last second, RTP headers and retransmissions included.
    pub upload_kbps: f32,
    /// Each of the others. The figures above are of the one whose connection is worst.
    pub members: Vec<MemberQuality>,
}

/// The connection to one of the others, in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemberQuality {
    pub member: MemberId,
    pub quality: QualityLevel,
    pub round_trip_ms: f32,
    /// Fraction 0..1 of the last second.
    pub loss: f32,
    /// Of their picture as it is received.
    pub fps: f32,
    pub width: u32,
    pub height: u32,
    /// To be compared with what they see for us; empty until the connection is encrypted.
    pub security_code: String,
}

/// Congestion control and retransmission of a call, counted from its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TransportStats {
    /// What delay and loss each would allow, and the rate that arrives; `None`: not known, or no limit.
    pub delay_based_kbps: Option<f32>,
    pub loss_based_kbps: Option<f32>,
    pub acknowledged_kbps: Option<f32>,
    /// Bursts sent to find out whether the path carries more.
    pub probes_sent: u64,
    pub padding_bytes_sent: u64,
    /// Packets that wait to leave, and how long that takes.
    pub pacer_packets: u64,
    pub pacer_queue_ms: f32,
    /// Own pictures dropped because more was made than the path carries.
    pub pacer_frames_dropped: u64,
    /// Messages that ask for packets again, and the packets they name.
    pub nacks_sent: u64,
    pub packets_requested: u64,
    pub nacks_received: u64,
    pub packets_requested_by_remote: u64,
    pub retransmissions_sent: u64,
    pub retransmissions_refused: u64,
    pub retransmissions_received: u64,
    pub key_frames_requested: u64,
    pub key_frames_requested_by_remote: u64,
    /// Asked for instead of key frames.
    pub recoveries_requested: u64,
    pub recoveries_requested_by_remote: u64,
}
