// The one door between the interface and the program around it. Components know this file only;
// tauri.ts and fake.ts stand behind it.

import type {
  AccountId,
  Analytics,
  CallId,
  CallStats,
  DesktopView,
  DevicesView,
  DialectView,
  Discovery,
  EngineView,
  ExportFormat,
  FramesInfo,
  HistoryFilter,
  HistoryPage,
  Levels,
  MediaKind,
  NoticeEvent,
  Person,
  SecretStore,
  Settings,
  SettingsView,
  ShareSource,
  SignIn,
  StartInfo,
  Subject,
  Typed,
} from '../generated/bindings';

/** Ends a subscription; safe to call twice. */
export type Stop = () => void;

/** One picture of one stream: I420 planes, tightly packed. */
export interface Frame {
  stream: Stream;
  seq: number;
  /** When it was captured, in the sender's milliseconds. */
  captured: number;
  width: number;
  height: number;
  planes: Uint8Array;
}

/** 0 is the other side, 1 is ourselves. */
export type Stream = 0 | 1;
export const REMOTE = 0 as const;
export const SELF = 1 as const;

/** How a server is reached where its address alone does not do. */
interface Reach {
  extra_ca: string | null;
  proxy: string | null;
}

export interface Host extends Surroundings {
  view(seen: (view: EngineView) => void): Stop;
  notices(heard: (notice: NoticeEvent) => void): Stop;
  levels(heard: (levels: Levels) => void): Stop;
  /** `null` when a call's media ended. */
  stats(heard: (stats: CallStats | null) => void): Stop;
  /** Newest frames as they come; `drawn` must be called once for each so that more are sent. */
  pictures(info: FramesInfo, got: (frame: Frame, drawn: () => void) => void): Stop;

  snapshot(): Promise<EngineView>;
  startInfo(): Promise<StartInfo>;
  frames(): Promise<FramesInfo>;
  /** Asks a server which backends it has; fails if nothing answers there or it does not say. */
  discover(server: string, reach: Reach): Promise<Discovery>;
  /** Every backend there is. */
  dialects(): Promise<DialectView[]>;
  signIn(request: SignIn): Promise<void>;
  signOut(account: AccountId): Promise<void>;
  dial(account: AccountId, person: Person, kind: MediaKind, subject: Subject | null): Promise<void>;
  accept(call: CallId): Promise<void>;
  endAndAccept(call: CallId): Promise<void>;
  /** With the camera off; ends the call that is going on, if any. */
  acceptUnseen(call: CallId): Promise<void>;
  decline(call: CallId): Promise<void>;
  silence(call: CallId): Promise<void>;
  hangUp(call: CallId): Promise<void>;
  dismiss(call: CallId): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** Sends a screen or window instead of the camera; `null` ends that. */
  setSharing(source: string | null): Promise<void>;
  refreshContacts(account: AccountId, search: string): Promise<void>;
  /** A page, from 1, of the calls of all accounts. */
  history(filter: HistoryFilter, page: number): Promise<HistoryPage>;
  /** The newest calls of all accounts from the log on this computer; no backend is asked. */
  recent(limit: number): Promise<HistoryPage>;
  /** The thread is on the screen from now on: its messages come in the view and count as read. */
  openThread(account: AccountId, thread: string): Promise<void>;
  closeThread(account: AccountId, thread: string): Promise<void>;
  /** A failure comes in the view, where the message stays without an id. */
  sendMessage(account: AccountId, thread: string, text: string): Promise<void>;
  /** Sends again, in their order, what did not get through in a thread. */
  retryMessages(account: AccountId, thread: string): Promise<void>;
  typing(account: AccountId, thread: string, on: boolean): Promise<void>;
  /** Tells the engine how large a stream is shown, in device pixels, so that it scales before sending. */
  setTile(stream: Stream, width: number, height: number): Promise<void>;
}

/** A view that can be asked for from outside. */
export type Place = 'history' | { account: AccountId; thread: string };

/** What there is around the calls. */
export interface Surroundings {
  settingsChanged(seen: (settings: SettingsView) => void): Stop;
  desktopChanged(seen: (desktop: DesktopView) => void): Stop;
  devicesChanged(seen: (devices: DevicesView) => void): Stop;
  /** Somebody asked for a view from outside, e.g. by a notification. */
  asked(heard: (place: Place) => void): Stop;

  settings(): Promise<SettingsView>;
  /** Takes effect at once; what is locked stays as it is. */
  setSettings(settings: Settings): Promise<SettingsView>;
  desktop(): Promise<DesktopView>;
  devices(): Promise<DevicesView>;

  /** Opens the chosen camera or microphone outside a call, for its picture and its level. */
  testDevices(camera: boolean, microphone: boolean): Promise<void>;
  testSpeaker(): Promise<void>;
  testRing(on: boolean): Promise<void>;
  /** Records some seconds and plays them back. */
  testEcho(on: boolean): Promise<void>;
  /** What of the screen can be shared, with small pictures. */
  shareSources(): Promise<ShareSource[]>;

  /** Declines and says why by message; only where the account has messages with that person. */
  declineWith(call: CallId, text: string): Promise<void>;
  deleteRecord(id: number): Promise<boolean>;
  /** Writes what the filter finds to the downloads folder; gives the file's path. */
  exportHistory(filter: HistoryFilter, format: ExportFormat): Promise<string>;
  /** Shows an exported file in its folder. */
  showExported(path: string): Promise<void>;
  missedSeen(): Promise<void>;
  analytics(account: AccountId): Promise<Analytics>;

  /** Places the call that was asked for from outside. */
  confirmCall(account: AccountId): Promise<void>;
  cancelPendingCall(): Promise<void>;
  /** The answer to `DesktopView.explain_close`. */
  answerClose(keepRunning: boolean): Promise<void>;
  setMini(on: boolean): Promise<void>;
  setFullScreen(on: boolean): Promise<void>;
  /** The answer window has drawn that call and needs so many CSS pixels in height. */
  ringDrawn(call: CallId, height: number): Promise<void>;
  showMain(): Promise<void>;
  quit(): Promise<void>;

  unlockSecrets(passphrase: string): Promise<void>;
  /** Keeps tokens there from now on; the passphrase is for `file`. */
  useSecrets(store: SecretStore, passphrase: string | null): Promise<void>;
  /** Tries the kept accounts that did not come back once more. */
  restore(): Promise<void>;
  /** What was typed to sign in there, for doing it again; `null`: there is no such account. */
  typed(account: AccountId): Promise<Typed | null>;
  /** What the program logged, without names, addresses and tokens. */
  supportText(): Promise<string>;
}

/** The words of a failed command as a sentence, whatever shape the host gave them. */
export function wordsOf(error: unknown): string {
  if (typeof error === 'string') return sentence(error);
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return sentence(error.message);
  }
  return '';
}

/** What failed, as in `Failure.code`; empty: only the words say. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** An error's words begin in lower case, as part of a longer line; alone they are a sentence. */
export function sentence(words: string): string {
  const trimmed = words.trim();
  const [first = ''] = trimmed;
  const whole = first.toLocaleUpperCase() + trimmed.slice(first.length);
  return /[\p{L}\p{N})\]"”’]$/u.test(whole) ? `${whole}.` : whole;
}
