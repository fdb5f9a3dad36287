// The shapes the shell sends and takes, field for field as crates/engine/src/view.rs and
// crates/call/src/{view,signal,id}.rs serialise them. Not a place for anything else.

export type AccountId = number;
export type CallId = number;
export type PersonId = string;
export type RemoteCallId = string;

export type MediaKind = 'voice' | 'video';
export type Direction = 'incoming' | 'outgoing';
export type LinkState = 'connecting' | 'online' | 'offline' | 'signed_out';

export interface Person {
  id: PersonId;
  name: string;
  avatar: string | null;
}

export interface Subject {
  id: string;
  label: string;
}

export type EndReason =
  | { why: 'hung_up' }
  | { why: 'remote_hung_up' }
  | { why: 'cancelled' }
  | { why: 'remote_cancelled' }
  | { why: 'declined' }
  | { why: 'remote_declined' }
  | { why: 'remote_busy' }
  | { why: 'missed' }
  | { why: 'remote_offline' }
  | { why: 'answered_elsewhere' }
  | { why: 'declined_elsewhere' }
  | { why: 'merged' }
  | { why: 'connection_lost' }
  | { why: 'connect_failed' }
  | { why: 'refused'; message: string }
  | { why: 'failed'; message: string };

export type CallState =
  | { is: 'calling'; ringing: boolean }
  | { is: 'ringing'; silenced: boolean }
  | { is: 'connecting' }
  | { is: 'connected' }
  | { is: 'reconnecting' }
  | { is: 'ended'; reason: EndReason };

export interface CallView {
  id: CallId;
  account: AccountId;
  remote_id: RemoteCallId | null;
  direction: Direction;
  kind: MediaKind;
  peer: Person;
  subject: Subject | null;
  state: CallState;
  waiting: boolean;
  connected_ms: number | null;
  remote_audio: boolean;
  remote_video: boolean;
  remote_sharing: boolean;
  signaling_lost: boolean;
}

export interface PhoneView {
  calls: CallView[];
  microphone: boolean;
  camera: boolean;
}

export interface SubjectView {
  subject: Subject;
  status: string;
  created_at: string;
  amount: string;
}

export interface ContactView {
  person: Person;
  detail: string;
  online: boolean;
  subjects: SubjectView[];
  total_orders: number;
  total_spent: string;
}

export interface AccountView {
  id: AccountId;
  dialect: string;
  server: string;
  me: Person;
  role: string;
  link: LinkState;
  contacts: ContactView[];
  contacts_loaded: boolean;
  can_call: boolean;
}

export interface EngineView {
  accounts: AccountView[];
  phone: PhoneView;
}

export interface HistoryEntry {
  account: AccountId;
  call: string;
  peer: Person;
  outgoing: boolean;
  status: string;
  started_at: string;
  duration_s: number;
  subject: Subject | null;
}

export interface HistoryPage {
  entries: HistoryEntry[];
  page: number;
  pages: number;
}

export interface SignIn {
  server: string;
  dialect: string | null;
  role: string;
  email: string;
  password: string;
  rest_base: string | null;
  socket_base: string | null;
}

export interface Levels {
  microphone_db: number;
  speaker_db: number;
}

export interface CallStats {
  frames_sent: number;
  frames_received: number;
  fps_sent: number;
  fps_received: number;
  width_sent: number;
  height_sent: number;
  width_received: number;
  height_received: number;
  freezes: number;
  freeze_ms: number;
  video_kbps_sent: number;
  video_kbps_received: number;
  audio_kbps_sent: number;
  audio_kbps_received: number;
  target_kbps: number;
  packets_lost: number;
  loss: number;
  rtt_ms: number;
  jitter_ms: number;
  audio_level_sent_db: number;
  audio_level_received_db: number;
  concealed: number;
  microphone_muted: boolean;
  camera_off: boolean;
  codec_sent: string;
  codec_received: string;
  av_offset_ms: number;
  answer_to_video_ms: number | null;
  answer_to_audio_ms: number | null;
  path: string;
  security_code: string;
}

export interface NoticeEvent {
  kind: 'missed' | 'ended' | 'device' | 'error';
  /** Empty for `missed` and `ended`: the words follow from the call. */
  text: string;
  call: CallView | null;
}

export interface FramesInfo {
  /** Base of the loopback socket, e.g. `ws://127.0.0.1:40123`. */
  url: string;
  /** One-time token; the socket's path. */
  token: string;
  /** False where drawing with WebGL would run on the processor. */
  gpu: boolean;
}

export interface StartInfo {
  window: 'main' | 'ring';
  /** BCP 47, e.g. `en-GB`. */
  language: string;
  prefill: { server: string; role: string | null; email: string } | null;
  /** What the user should know from the start, in words for people. */
  notes: string[];
}
