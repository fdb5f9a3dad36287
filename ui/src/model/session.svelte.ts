// What the interface has been told by its host, as Svelte state. Holds no call state of its own:
// the newest snapshot replaces the one before.

import type {
  AccountId,
  AccountView,
  CallId,
  CallStats,
  CallView,
  Contact,
  DesktopView,
  DevicesView,
  EngineView,
  Levels,
  MediaKind,
  MemberId,
  Person,
  Settings,
  SettingsView,
  StartInfo,
  Subject,
  UiNotice,
} from '../generated/bindings';
import type { FailureCode } from '../generated/failures';
import { codeOf, wordsOf, type Host, type Stop } from '../host/host';
import { chosen, language, type Language } from '../text/text';
import { isLive } from './calls';
import { newsOf, unshownOf, type Unshown } from './devices';
import { arrivals, type Arrivals } from './arrivals';
import { Lately } from './last-calls.svelte';
import { remember, usualKind, type Known } from './quick';
import { QualityMeter, type Quality } from './quality';
import { inOrder } from './hands';
import { ActiveSpeaker, WeakConnections } from './speaker';
import { isGroup } from './stage';
import { Preference } from './theme.svelte';
import { whileOnScreen } from './visibility';

export const SECTIONS = ['general', 'sound', 'ringing', 'keys', 'calls', 'accounts', 'help'] as const;
export type Section = (typeof SECTIONS)[number];

export interface Question {
  title: string;
  lead: string;
  no: string;
  yes: string;
  run: () => void;
}

export interface Toast {
  id: number;
  kind: UiNotice['kind'] | 'note';
  text: string;
  /** What can be done about it. */
  action: Action | null;
}

export interface Action {
  label: string;
  run: () => void;
}

const MOST_TOASTS = 4;
const TOAST_MS = 8000;

export class Session {
  host: Host;
  view = $state.raw<EngineView | null>(null);
  start = $state.raw<StartInfo | null>(null);
  levels = $state.raw<Levels>({ microphone_db: -90, speaker_db: -90, muted_speech: false, members: [] });
  stats = $state.raw<CallStats | null>(null);
  /** `null` until the shell has said. */
  settings = $state.raw<SettingsView | null>(null);
  desktop = $state.raw<DesktopView | null>(null);
  devices = $state.raw<DevicesView | null>(null);
  /** How the call runs, and why; `null` without a call. */
  quality = $state.raw<Quality | null>(null);
  /** Who speaks, or spoke last, in a call of several; `null`: nobody yet. */
  speaker = $state<MemberId | null>(null);
  /** Everybody who speaks now. */
  speaking = $state.raw<ReadonlySet<MemberId>>(new Set());
  /** Whose connection is bad. */
  weak = $state.raw<ReadonlySet<MemberId>>(new Set());
  /** Whose hand is up in a call of several, the one that waits longest first. */
  hands = $state.raw<ReadonlySet<MemberId>>(new Set());
  /** The call in which our own hand is up; `null`: it is down. */
  handUp = $state<CallId | null>(null);
  /** What of the screen is shared; empty: not known by name. */
  shared = $state('');
  /** A thread that somebody asked to see. */
  wanted = $state.raw<{ account: AccountId; thread: string } | null>(null);
  /** An account is being added beside these; given up after a while, if it was one of them. */
  joining = $state.raw<{ beside: AccountId[]; until: number } | null>(null);
  toasts = $state<Toast[]>([]);
  /** The newest call with each person. */
  readonly lately: Lately;
  /** When people came into rooms, as far as it was seen. */
  arrivals = $state.raw<Arrivals>(new Map());
  /** Everybody who was in a list, also while a search hides them. */
  known = $state.raw<Known>(new Map());
  /** The section of the settings that is open; `null`: none is. */
  section = $state<Section | null>(null);
  /** Why the other side's picture cannot be shown; `null`: it can. */
  unshown = $state.raw<Unshown | null>(null);
  /** Quitting would end a call: the question is open. */
  quitting = $state(false);
  /** What a view asks before it goes on. */
  question = $state.raw<Question | null>(null);
  /** What was being written in each thread. */
  readonly drafts = new Map<string, string>();
  /** Advances four times a second while the window can be seen, for timers. */
  now = $state(performance.now());
  readonly prefers = new Preference();
  /** The chosen one, else the system's; changes at once. */
  readonly language: Language = $derived.by(() =>
    language(chosen(this.settings?.settings.language ?? null, this.start?.language ?? 'en'), this.#direction),
  );
  /** Why the start did not work; nothing else can be drawn then. */
  broken = $state<string | null>(null);

  #arrived = $state.raw(performance.now());
  #stops: Stop[] = [];
  #next = 0;
  #direction: 'ltr' | 'rtl' | undefined;
  #heardView = false;
  #putting: Promise<void> = Promise.resolve();
  #meter: { call: CallId; meter: QualityMeter } | null = null;
  #group: { call: CallId; active: ActiveSpeaker; weak: WeakConnections } | null = null;

  constructor(host: Host, direction?: 'ltr' | 'rtl') {
    this.host = host;
    this.lately = new Lately(host);
    this.#direction = direction;
    this.#stops.push(
      host.view((view) => {
        this.#heardView = true;
        this.#see(view);
      }),
      host.notices((notice) => this.#notice(notice)),
      host.levels((levels) => this.#hear(levels)),
      host.stats((stats) => this.#measure(stats)),
      host.settingsChanged((settings) => (this.settings = settings)),
      host.desktopChanged((desktop) => (this.desktop = desktop)),
      host.devicesChanged((devices) => (this.devices = devices)),
    );
    const beat = () => (this.now = performance.now());
    this.#stops.push(
      whileOnScreen(() => {
        beat();
        const timer = setInterval(beat, 250);
        return () => clearInterval(timer);
      }),
      () => this.prefers.close(),
    );
    void this.#begin(this.#look());
  }

  async #begin(looked: Promise<void>): Promise<void> {
    try {
      const [start, view] = await Promise.all([this.host.startInfo(), this.host.snapshot()]);
      // Else the first picture would be in another language and theme.
      await looked;
      this.start = start;
      // An event that came meanwhile is newer than the answer.
      if (!this.#heardView) this.#see(view);
    } catch (error) {
      this.broken = wordsOf(error);
    }
  }

  /** Calls go on without settings and devices, so their failure is only told. */
  async #look(): Promise<void> {
    try {
      const { host } = this;
      const [settings, desktop, devices] = await Promise.all([host.settings(), host.desktop(), host.devices()]);
      this.settings ??= settings;
      this.desktop ??= desktop;
      this.devices ??= devices;
    } catch (error) {
      this.tell('error', wordsOf(error));
    }
  }

  #see(view: EngineView): void {
    this.#arrived = performance.now();
    this.arrivals = arrivals(this.arrivals, this.view, this.known, view, performance.now());
    this.view = view;
    this.known = remember(this.known, view.accounts);
    if (!view.phone.calls.some((call) => call.state.is === 'connected' || call.state.is === 'reconnecting')) {
      this.stats = null;
      this.quality = null;
      this.unshown = null;
    }
    if (!view.phone.calls.some((call) => call.id === this.handUp && isLive(call))) this.handUp = null;
    if (!view.phone.sharing) this.shared = '';
    // Whatever was asked was asked before this call.
    if (!this.free) this.question = null;
  }

  /** What is remembered of the call of several that goes on; `null`: none does. */
  #several(): { call: CallView; active: ActiveSpeaker; weak: WeakConnections } | null {
    const call = this.view?.phone.calls.find((one) => isLive(one) && isGroup(one));
    if (call === undefined) this.#group = null;
    else if (this.#group?.call !== call.id) {
      this.#group = { call: call.id, active: new ActiveSpeaker(), weak: new WeakConnections() };
    }
    return call === undefined || this.#group === null ? null : { ...this.#group, call };
  }

  #hear(levels: Levels): void {
    this.levels = levels;
    const group = this.#several();
    const at = performance.now();
    this.speaker =
      group?.active.hear(
        levels.members.filter(({ call }) => call === group.call.id),
        (id) => group.call.members.some((one) => one.id === id && one.audio),
        at,
      ) ?? null;
    const up = levels.members.filter((one) => one.hand_up && one.call === group?.call.id).map(({ member }) => member);
    this.hands = kept(this.hands, inOrder(this.hands, up));
    this.speaking = kept(this.speaking, group?.active.speaking(at) ?? []);
  }

  #measure(stats: CallStats | null): void {
    this.stats = stats;
    this.weak = kept(this.weak, this.#several()?.weak.read(stats?.members ?? []) ?? []);
    const call = this.view?.phone.calls.find((one) => one.state.is === 'connected' || one.state.is === 'reconnecting');
    if (stats === null || call === undefined) {
      this.quality = null;
      return;
    }
    if (this.#meter?.call !== call.id) this.#meter = { call: call.id, meter: new QualityMeter() };
    this.quality = this.#meter.meter.read(stats, {
      remoteVideo: call.remote_video,
      remoteSharing: call.remote_sharing,
      sharing: this.view?.phone.sharing === true,
      voice: call.kind === 'voice',
      seconds: (this.connectedFor(call) ?? 0) / 1000,
    });
  }

  #notice(notice: UiNotice): void {
    switch (notice.kind) {
      case 'missed':
      case 'ended':
        // The view says it already, in its place and with what can be done.
        if (notice.call !== null && this.#shows(notice.call.id)) return;
        this.tell(notice.kind, notice.text || this.#ending(notice.call));
        break;
      case 'device':
        if (notice.device?.device === 'received_video')
          this.unshown = notice.device.happened === 'lost' ? unshownOf(notice.device.problem) : null;
        this.tell(notice.kind, notice.device === null ? notice.text : newsOf(notice.device, this.language));
        break;
      case 'error':
        this.tell(notice.kind, this.wordsFor(notice.code ?? '') || notice.text);
        break;
    }
  }

  #ending(call: CallView | null): string {
    if (call === null || call.state.is !== 'ended') return '';
    const { text, isolate } = this.language;
    return text.ended.reason(call.state.reason, call.direction, isolate(call.peer.name || text.someone));
  }

  #shows(call: CallId): boolean {
    return this.view?.phone.calls.some((one) => one.id === call) ?? false;
  }

  /** Shows a line for a while. */
  tell(kind: Toast['kind'], text: string, action: Action | null = null): void {
    if (text === '' || (action === null && this.toasts.some((toast) => toast.text === text))) return;
    const id = (this.#next += 1);
    this.toasts = [...this.toasts, { id, kind, text, action }].slice(-MOST_TOASTS);
    setTimeout(() => this.untell(id), TOAST_MS);
  }

  untell(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** What failed, in the reader's language if its code is known, else in the host's words. */
  wordsOf(error: unknown): string {
    return this.wordsFor(codeOf(error)) || wordsOf(error);
  }

  /** Empty for a code without words. */
  wordsFor(code: string): string {
    const { failures } = this.language.text;
    return Object.hasOwn(failures, code) ? failures[code as FailureCode] : '';
  }

  /** Runs a command whose failure the user should read, in the host's words or in `otherwise`. */
  async run(command: Promise<void>, otherwise?: string): Promise<boolean> {
    try {
      await command;
      return true;
    } catch (error) {
      this.tell('error', this.wordsOf(error) || otherwise || this.language.text.home.commandFailed);
      return false;
    }
  }

  /** Places a call, and tells what did not work. */
  dial(account: AccountId, person: Person, kind: MediaKind, subject: Subject | null): Promise<boolean> {
    return this.run(this.host.dial(account, person, kind, subject), this.language.text.home.callFailed);
  }

  /** Calls several people at once, and tells what did not work. */
  callPeople(account: AccountId, people: Person[], kind: MediaKind): Promise<boolean> {
    return this.run(this.host.callPeople(account, people, kind), this.language.text.home.callFailed);
  }

  /** Calls somebody of an account's list, about what their line says or about something else. */
  call(account: AccountView, contact: Contact, kind = usualKind(contact), subject: Subject | null = null): void {
    void this.dial(account.id, contact.person, kind, subject ?? contact.subject);
  }

  /** Shares a screen or window in place of the camera; `null` ends that. */
  async share(source: { id: string; label: string } | null): Promise<boolean> {
    const before = this.shared;
    // Set first: the view that says so may come before the answer.
    this.shared = source?.label ?? '';
    const done = await this.run(this.host.setSharing(source?.id ?? null));
    if (!done) this.shared = before;
    return done;
  }

  /** Raises our hand in a call, or lowers it. */
  async raiseHand(call: CallId, up: boolean): Promise<void> {
    this.handUp = up ? call : null;
    if (!(await this.run(this.host.raiseHand(call, up)))) this.handUp = up ? null : call;
  }

  /** Ends the program; in a call only after a question. */
  quit(): void {
    if (this.view?.phone.calls.some(isLive) === true) this.quitting = true;
    else void this.run(this.host.quit());
  }

  /** Changes some settings; what an administrator fixed stays. Tells what did not work. */
  async set(change: Partial<Settings>): Promise<boolean> {
    const failed = await this.put(change);
    if (failed !== '') this.tell('error', failed);
    return failed === '';
  }

  /** As `set`, but hands back what did not work, for the place where it was changed; empty: it did. */
  put(change: Partial<Settings>): Promise<string> {
    // One after the other: each sends the whole, so two at once would undo one another.
    const done = this.#putting.then(() => this.#put(change));
    this.#putting = done.then(() => undefined);
    return done;
  }

  async #put(change: Partial<Settings>): Promise<string> {
    const before = this.settings?.settings;
    const { commandFailed } = this.language.text.home;
    if (before === undefined) return commandFailed;
    try {
      this.settings = await this.host.setSettings({ ...before, ...change });
      return '';
    } catch (error) {
      return this.wordsOf(error) || commandFailed;
    }
  }

  /** Whether an administrator fixed a setting, or the group it belongs to. */
  locked(name: string): boolean {
    return this.settings?.locked.some((one) => one === name || name.startsWith(`${one}.`)) ?? false;
  }

  /** A single key as it stands in a tooltip; empty where such keys are switched off. */
  keyHint(key: string): string {
    return this.singleKeys ? ` (${key})` : '';
  }

  /** Single keys such as M work in a call. */
  get singleKeys(): boolean {
    return this.settings?.settings.letter_keys !== false;
  }

  /** Nothing rings and nothing goes on: a key may place a call. */
  get free(): boolean {
    return !(this.view?.phone.calls.some((call) => isLive(call) || call.state.is === 'ringing') ?? false);
  }

  /** How long a call has been connected now, in milliseconds; `null` before that. */
  connectedFor(call: CallView): number | null {
    if (call.connected_ms === null) return null;
    const counts = call.state.is === 'connected' || call.state.is === 'reconnecting';
    return counts ? call.connected_ms + Math.max(0, this.now - this.#arrived) : call.connected_ms;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}

/** The set there is, unless another one is due. */
function kept<T>(before: ReadonlySet<T>, now: readonly T[]): ReadonlySet<T> {
  return before.size === now.length && now.every((one) => before.has(one)) ? before : new Set(now);
}
