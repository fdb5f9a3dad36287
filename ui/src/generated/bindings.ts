// The shapes the shell sends and takes, field for field as crates/engine/src/view.rs,
// crates/call/src/{view,signal,id}.rs and crates/dialects/src/{capability,directory,entry}.rs
// serialise them. Not a place for anything else.

import type { DeviceNews } from './desktop';

export type * from './desktop';

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
  /** By its description the other side can send sound and pictures at all. */
  remote_has_microphone: boolean;
  remote_has_camera: boolean;
  signaling_lost: boolean;
}

export interface PhoneView {
  calls: CallView[];
  microphone: boolean;
  camera: boolean;
  /** The screen is sent instead of the camera. */
  sharing: boolean;
  /** There is a device that can be used. */
  has_microphone: boolean;
  has_camera: boolean;
}

export interface SubjectView {
  subject: Subject;
  status: string;
  created_at: string;
  amount: string;
}

/** What the lines of an account's list are. */
export type ListKind = 'people' | 'rooms' | 'conversations' | 'sessions' | 'appointments';

export interface Capabilities {
  video: boolean;
  voice: boolean;
  busy: boolean;
  media_state: boolean;
  screen_share: boolean;
  subjects: boolean;
  history: boolean;
  analytics: boolean;
  contacts: boolean;
  list: ListKind;
  chat: boolean;
  /** `null`: nobody rings, one waits in a room until the other side comes. */
  ring_timeout_s: number | null;
}

export interface LastMessage {
  text: string;
  at: string;
  from_me: boolean;
}

export type Phase = 'unconfirmed' | 'upcoming' | 'waiting' | 'in_progress' | 'ended' | 'cancelled';

export interface Slot {
  /** RFC 3339; empty if the backend does not say. */
  starts_at: string;
  /** 0: not said. */
  minutes: number;
  phase: Phase;
  /** The other side is in the room and we are not. */
  they_wait: boolean;
  label: string;
}

export interface ContactView {
  /** Unique in the list: id of the person, room, session or appointment. */
  id: string;
  person: Person;
  detail: string;
  online: boolean;
  subjects: SubjectView[];
  total_orders: number;
  total_spent: string;
  /** What a call from this line is about unless another subject is chosen. */
  subject: Subject | null;
  /** What its messages go by; `null`: no messages here. */
  thread: string | null;
  unread: number;
  last_message: LastMessage | null;
  slot: Slot | null;
  /** What can be placed from this line now. */
  voice: boolean;
  video: boolean;
}

export interface Message {
  /** Empty while it is on its way. */
  id: string;
  thread: string;
  from_me: boolean;
  sender: string;
  text: string;
  /** RFC 3339; empty if the backend does not say. */
  at: string;
  read: boolean;
  /** A call that stands in a message's place; `text` says it in English. */
  call?: ThreadCall;
}

/** A call that a backend keeps among the messages of a thread. */
export interface ThreadCall {
  kind: MediaKind;
  outcome: 'placed' | 'missed' | 'declined' | 'failed';
  /** 0 if nobody talked, or the backend does not say. */
  duration_s: number;
}

export interface ChatView {
  account: AccountId;
  thread: string;
  /** Oldest first. */
  messages: Message[];
  loaded: boolean;
  /** Name of whoever is typing. */
  typing: string | null;
  /** Why messages did not come or go, in words for people. */
  failed: string | null;
  /** Messages that were not understood. */
  left_out: number;
}

export interface AccountView {
  id: AccountId;
  dialect: string;
  /** What people call that backend. */
  label: string;
  server: string;
  me: Person;
  role: string;
  link: LinkState;
  contacts: ContactView[];
  contacts_loaded: boolean;
  can_call: boolean;
  capabilities: Capabilities;
  /** Rows of the list that were not understood and are not in `contacts`. */
  left_out: number;
  /** Why the list was not read the last time, a code of `ListError`; `null`: it was. */
  list_error: string | null;
  /** Until when the service asked not to be asked, RFC 3339; calls go on. */
  paused_until: string | null;
  /** Why calls cannot reach us although the service answers, a code of `LinkProblem`. */
  link_problem: string | null;
}

/** Codes of `AccountView.list_error`; there may be others. */
export type ListError = 'not_understood' | 'too_large' | 'paused' | 'unreachable' | 'refused';

/** Codes of `AccountView.link_problem`; there may be others. */
export type LinkProblem = 'websocket_blocked' | 'access_denied' | 'unreachable';

export interface EngineView {
  accounts: AccountView[];
  phone: PhoneView;
  /** Threads of messages that are open. */
  chats: ChatView[];
}

export interface HistoryEntry {
  /** Of the log's record; 0 for what comes straight from a backend. */
  id: number;
  /** `null`: nobody is signed in to that account now. */
  account: AccountId | null;
  call: string;
  peer: Person;
  outgoing: boolean;
  /** `ongoing`, `completed`, `missed`, `declined`, `busy`, `cancelled`, `failed`, `elsewhere`, `interrupted`, or a backend's own word. */
  status: string;
  started_at: string;
  duration_s: number;
  subject: Subject | null;
  /** `null`: not known. */
  kind: MediaKind | null;
  account_label: string;
  dialect: string;
}

/** Which earlier calls; what is left out does not narrow. */
export interface HistoryFilter {
  account?: AccountId;
  dialect?: string;
  /** Ids are a backend's own, so that `account` or `dialect` belongs to it. */
  person?: PersonId;
  missed?: boolean;
  /** In the person's name or what the call was about. */
  search?: string;
  /** RFC 3339, included. */
  from?: string;
  /** RFC 3339, excluded. */
  until?: string;
}

export interface HistoryPage {
  entries: HistoryEntry[];
  page: number;
  pages: number;
  /** Calls of this page that were not understood. */
  left_out: number;
}

export interface SignIn {
  server: string;
  dialect: string | null;
  role: string;
  email: string;
  password: string;
  rest_base: string | null;
  socket_base: string | null;
  /** Path or address of the login where it is not the usual one. */
  login_path: string | null;
  /** PEM file with a certificate authority to trust beside the system's. */
  extra_ca: string | null;
  proxy: string | null;
}

/** One backend a server says it has. */
export interface Offered {
  dialect: string;
  label: string;
}

export interface Discovery {
  /** Empty: the server does not say. */
  offered: Offered[];
}

export interface RoleView {
  id: string;
  label: string;
}

/** One input of the sign-in form. */
export interface FieldView {
  id: string;
  label: string;
  secret: boolean;
  /** Asked for by this role only; `null`: by all. */
  only_for: string | null;
}

/** What is needed to sign in to a backend. */
export interface DialectView {
  id: string;
  label: string;
  /** The first one is the default. */
  roles: RoleView[];
  fields: FieldView[];
}

export interface Levels {
  microphone_db: number;
  speaker_db: number;
  /** Somebody speaks into the microphone that is off. */
  muted_speech: boolean;
}

export interface CallStats {
  frames_sent: number;
  /** Own pictures that this computer was too busy to encode. */
  frames_dropped: number;
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
  /** English; for `missed` and `ended` empty, because the words follow from the call. */
  text: string;
  call: CallView | null;
  /** For `device`. */
  device: DeviceNews | null;
  /** What failed, for `error`; the interface's words for it go before `text`. */
  code: string | null;
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
  window: 'main' | 'ring' | 'mini';
  /** BCP 47, e.g. `en-GB`. */
  language: string;
  prefill: { server: string; dialect: string | null; role: string | null; email: string } | null;
  /** What the user should know from the start. */
  notes: StartNote[];
}

export type StartNote =
  | 'no_camera_found'
  | 'camera_off'
  | 'test_picture'
  | 'film'
  | 'no_microphone_found'
  | 'microphone_off'
  | 'recording'
  | 'no_speaker_found'
  | 'speaker_off'
  | 'speaker_file'
  /** The settings file was not understood and is kept under another name. */
  | 'settings_damaged'
  /** Some settings could not be used and are as by default. */
  | 'settings_partly'
  /** Not all of the administrator's file was understood. */
  | 'managed_damaged';

/** A command that failed. */
export interface Failure {
  /** English. */
  message: string;
  /** What it was, e.g. `unreachable`, `wrong_credentials`; empty: only the message says. */
  code: string;
}
