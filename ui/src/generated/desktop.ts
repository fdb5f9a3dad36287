// The shapes of the desktop around the calls: settings, devices, what the shell is doing. Field for
// field as src-tauri serialises them.

import type { AccountId, MediaKind, Person, PersonId } from './bindings';

export type Theme = 'system' | 'light' | 'dark' | 'high_contrast';

/** Hours in which nothing rings. */
export interface QuietHours {
  on: boolean;
  /** Local time, `HH:MM`; before `from`, `until` is on the next day. */
  from: string;
  until: string;
  /** Monday first: the days on which they begin. */
  days: boolean[];
}

/** Global keys as accelerators, e.g. `CmdOrCtrl+Shift+M`; `null`: none. */
export interface Keys {
  mute: string | null;
  push_to_talk: string | null;
  answer: string | null;
  hang_up: string | null;
}
export type KeyAction = keyof Keys;

export interface Favourite {
  dialect: string;
  /** As `AccountView.server`. */
  server: string;
  person: PersonId;
  name: string;
}

/** Everything a user can set; the whole of it goes back and forth. */
export interface Settings {
  /** `en`, `de`, `ar`; `null`: the system's. */
  language: string | null;
  theme: Theme;
  /** `default`, a device's id or `none`. */
  microphone: string;
  speaker: string;
  camera: string;
  echo_cancellation: boolean;
  noise_suppression: boolean;
  automatic_gain: boolean;
  mirror_self: boolean;
  start_muted: boolean;
  start_camera_off: boolean;
  relay_only: boolean;
  /** Id of one of `DevicesView.ringtones`. */
  ringtone: string;
  /** 0..1. */
  ring_volume: number;
  /** `default` or a speaker's id. */
  ring_device: string;
  ring_second_device: string | null;
  do_not_disturb: boolean;
  /** When `do_not_disturb` ends by itself, RFC 3339; `null`: when it is switched off. */
  quiet_until: string | null;
  /** Favourites ring through. */
  quiet_favourites: boolean;
  /** A second call by the same person within three minutes rings through. */
  quiet_second_call: boolean;
  quiet_hours: QuietHours;
  /** Quiet too while the desktop's own do-not-disturb is on. */
  follow_system_quiet: boolean;
  notify_calls: boolean;
  notify_missed: boolean;
  notify_messages: boolean;
  /** Five minutes before an appointment or a session. */
  notify_soon: boolean;
  keys: Keys;
  /** How long one is still heard after letting go of the key. */
  push_to_talk_release_ms: number;
  /** Headset and media keys answer, hang up and mute. */
  media_keys: boolean;
  /** Single keys such as M work in a call. */
  letter_keys: boolean;
  start_at_login: boolean;
  /** Whether to start at login was asked and answered. */
  asked_login: boolean;
  close_to_tray: boolean;
  /** What can be sent instead of answering. */
  replies: string[];
  favourites: Favourite[];
}

export interface ManagedServer {
  label: string;
  server: string;
  dialect: string | null;
}

export interface SettingsView {
  settings: Settings;
  /** Names of settings that an administrator has fixed, e.g. `theme`, `keys.mute`. */
  locked: string[];
  managed: {
    servers: ManagedServer[];
    /** No other server may be used. */
    only: boolean;
  };
}

/** Why nothing rings now. */
export type Quiet = 'off' | 'own' | 'hours' | 'system';

/** Where tokens are kept: the system's keyring, a file under a passphrase, or only until the program ends. */
export type SecretStore = 'keyring' | 'file' | 'session';
export type SecretProblem = 'none' | 'locked' | 'missing' | 'wrong_passphrase' | 'damaged' | 'failed';

export interface SecretsView {
  store: SecretStore;
  /** Of the keyring or of the file. */
  problem: SecretProblem;
  /** There is a file to unlock. */
  file_exists: boolean;
}

/** What was typed to sign in to an account, but for the password. */
export interface Typed {
  server: string;
  dialect: string | null;
  role: string;
  email: string;
  rest_base: string | null;
  socket_base: string | null;
  login_path: string | null;
  extra_ca: string | null;
  proxy: string | null;
}

/** A kept account on its way back. */
export interface Restoring {
  label: string;
  server: string;
  name: string;
  /** Code of a failure as in `Failure`; `null`: still trying. */
  failed: string | null;
}

/** A call asked for from outside, e.g. by a link; nothing is dialled before it is confirmed. */
export interface PendingCall {
  /** Accounts it can be placed from; empty: nobody signed in knows that person. */
  accounts: AccountId[];
  person: Person;
  kind: MediaKind;
}

export interface KeyProblem {
  action: KeyAction;
  problem: 'taken' | 'invalid' | 'unsupported';
}

/** What the shell is doing. */
export interface DesktopView {
  quiet: Quiet;
  /** Missed calls nobody has looked at. */
  missed: number;
  /** Whether there is a tray to close to. */
  tray: boolean;
  /** The window was closed for the first time: explain where the program goes. */
  explain_close: boolean;
  pending_call: PendingCall | null;
  secrets: SecretsView;
  restoring: Restoring[];
  key_problems: KeyProblem[];
  /** The push-to-talk key is held, or was a moment ago. */
  talking: boolean;
  mini: boolean;
  full_screen: boolean;
  /** It shows the ring; the main window does not show it a second time. */
  answer_window: boolean;
}

export interface SoundDevice {
  id: string;
  label: string;
  /** What `default` means now. */
  default: boolean;
}

export interface Choice {
  id: string;
  label: string;
}

export type DeviceKind = 'microphone' | 'speaker' | 'camera' | 'sharing' | 'received_video';
export type DeviceProblem = 'missing' | 'busy' | 'denied' | 'failed' | 'too_large' | 'interlaced' | 'bit_depth' | 'chroma';

export interface DeviceFault {
  device: DeviceKind;
  problem: DeviceProblem;
}

/** What is tried outside a call. */
export interface DeviceTest {
  camera: boolean;
  microphone: boolean;
  speaker: boolean;
  ring: boolean;
  echo: 'idle' | 'recording' | 'playing';
  faults: DeviceFault[];
}

export interface DevicesView {
  microphones: SoundDevice[];
  speakers: SoundDevice[];
  cameras: Choice[];
  ringtones: Choice[];
  /** Labels of what a call or a test uses now; empty: nothing. */
  in_use: { microphone: string; speaker: string; camera: string };
  test: DeviceTest;
}

/** What happened to a device, told once. */
export interface DeviceNews {
  device: DeviceKind;
  /** `switched`: another one took its place. */
  happened: 'lost' | 'back' | 'switched';
  /** Of the device in use now, or of the one lost; may be empty. */
  name: string;
  problem: DeviceProblem | null;
}

export interface ShareSource {
  id: string;
  label: string;
  kind: 'screen' | 'window';
  /** `data:` URL of a small picture. */
  preview: string | null;
}

export type ExportFormat = 'csv' | 'json';

/** Figures of an account's calls, from its backend. */
export interface Analytics {
  total: number;
  accepted: number;
  declined: number;
  ended: number;
  average_duration_s: number;
  /** Percent, as the backend writes it. */
  acceptance_rate: string;
  completion_rate: string;
  by_type: Record<string, number>;
  by_status: Record<string, number>;
}
