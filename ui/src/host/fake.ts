// A host without a program around it: starts in a named state and answers commands as an engine
// would, with made-up people and pictures. For development, screenshots and tests.

import type { CallId, CallState, CallStats, CallView, EngineView, Levels, NoticeEvent, StartInfo } from '../generated/bindings';
import { pattern } from './fake/pattern';
import { CONTACTS, call, customer, history, seller } from './fake/people';
import { PEERS, STATES, type FakeState } from './fake/states';
import { REMOTE, SELF, type Frame, type Host, type Stop, type Stream } from './host';

export { STATES };

export interface FakeOptions {
  /** Whether the picture pipe claims a GPU. */
  gpu?: boolean;
  /** Milliseconds between the steps of a call that is dialled or accepted; 0 leaves it standing. */
  pace?: number;
}

export interface FakeHost extends Host {
  /** Names of the commands called, newest last, with their arguments. */
  said: [string, ...unknown[]][];
  push(change: (view: EngineView) => EngineView): void;
  notice(notice: NoticeEvent): void;
}

export function fakeHost(name: string, options: FakeOptions = {}): FakeHost {
  const state: FakeState = STATES[name] ?? STATES['signin']!;
  const pace = options.pace ?? 0;
  const said: FakeHost['said'] = [];
  const views = new Set<(view: EngineView) => void>();
  const listeners = new Set<(notice: NoticeEvent) => void>();
  let view = state.view;
  let next = 20;

  function push(change: (view: EngineView) => EngineView): void {
    view = change(view);
    for (const seen of views) seen(view);
  }
  const calls = (change: (calls: CallView[]) => CallView[]) =>
    push((old) => ({ ...old, phone: { ...old.phone, calls: change(old.phone.calls) } }));
  const patch = (id: CallId, over: Partial<CallView>) =>
    calls((all) => all.map((one) => (one.id === id ? { ...one, ...over } : one)));
  const become = (id: CallId, to: CallState) => patch(id, { state: to });
  const find = (id: CallId) => view.phone.calls.find((one) => one.id === id);
  const step = (id: CallId, from: CallState['is'], then: () => void) => {
    if (pace > 0) setTimeout(() => find(id)?.state.is === from && then(), pace);
  };

  function connect(id: CallId): void {
    become(id, { is: 'connecting' });
    step(id, 'connecting', () => patch(id, { state: { is: 'connected' }, connected_ms: 0, waiting: false }));
  }
  function end(id: CallId, why: 'hung_up' | 'cancelled' | 'declined'): void {
    become(id, { is: 'ended', reason: { why } });
  }
  function answer(command: keyof NonNullable<FakeState['failing']>): Promise<void> {
    if (state.hanging === command) return new Promise(() => undefined);
    const words = state.failing?.[command];
    return words === undefined ? Promise.resolve() : Promise.reject({ message: words });
  }
  function told(...words: [string, ...unknown[]]): void {
    said.push(words);
  }

  return {
    said,
    push,
    notice: (notice) => listeners.forEach((heard) => heard(notice)),
    view(seen) {
      views.add(seen);
      return () => views.delete(seen);
    },
    notices(heard) {
      listeners.add(heard);
      const timer = setTimeout(() => state.notices?.forEach(heard), 0);
      return () => {
        clearTimeout(timer);
        listeners.delete(heard);
      };
    },
    levels: (heard) => every(100, (time) => heard(levelsAt(time))),
    stats: (heard) => every(1000, (time) => heard(statsAt(time, state.bad ?? false, view))),
    pictures: (_info, got) => pictures(got, () => view, state.noRemote ?? false),

    snapshot: () => Promise.resolve(view),
    startInfo: () => Promise.resolve<StartInfo>({ window: 'main', language: 'en-GB', prefill: null, notes: [], ...state.start }),
    frames: () => Promise.resolve({ url: 'ws://127.0.0.1:9', token: 'fake', gpu: options.gpu ?? false }),
    async signIn(request) {
      told('signIn', request);
      await answer('signIn');
      push((old) => ({ ...old, accounts: [request.role === 'seller' ? seller() : customer()] }));
    },
    signOut(account) {
      told('signOut', account);
      push((old) => ({ ...old, accounts: old.accounts.filter((one) => one.id !== account) }));
      return Promise.resolve();
    },
    async dial(account, peer, kind, subject) {
      told('dial', account, peer, kind, subject);
      await answer('dial');
      const id = (next += 1);
      calls((all) => [...all, call({ is: 'calling', ringing: false }, { id, account, peer, kind, subject })]);
      step(id, 'calling', () => {
        become(id, { is: 'calling', ringing: true });
        step(id, 'calling', () => connect(id));
      });
    },
    accept(id) {
      told('accept', id);
      connect(id);
      return Promise.resolve();
    },
    endAndAccept(id) {
      told('endAndAccept', id);
      for (const one of view.phone.calls) {
        if (one.id !== id && one.state.is !== 'ended' && one.state.is !== 'ringing') end(one.id, 'hung_up');
      }
      connect(id);
      return Promise.resolve();
    },
    decline(id) {
      told('decline', id);
      end(id, 'declined');
      return Promise.resolve();
    },
    silence(id) {
      told('silence', id);
      become(id, { is: 'ringing', silenced: true });
      return Promise.resolve();
    },
    hangUp(id) {
      told('hangUp', id);
      end(id, find(id)?.connected_ms == null ? 'cancelled' : 'hung_up');
      return Promise.resolve();
    },
    dismiss(id) {
      told('dismiss', id);
      calls((all) => all.filter((one) => one.id !== id));
      return Promise.resolve();
    },
    setMicrophone(on) {
      told('setMicrophone', on);
      push((old) => ({ ...old, phone: { ...old.phone, microphone: on } }));
      return Promise.resolve();
    },
    setCamera(on) {
      told('setCamera', on);
      push((old) => ({ ...old, phone: { ...old.phone, camera: on } }));
      return Promise.resolve();
    },
    async refreshContacts(account, search) {
      told('refreshContacts', account, search);
      await answer('refreshContacts');
      if (name === 'seller-empty' || name === 'seller-loading') return;
      const wanted = search.trim().toLowerCase();
      const matching = CONTACTS.filter(({ person, detail, subjects }) =>
        [person.name, detail, ...subjects.map((one) => one.subject.label)].some((text) => text.toLowerCase().includes(wanted)),
      );
      push((old) => ({
        ...old,
        accounts: old.accounts.map((one) => (one.id === account ? { ...one, contacts: matching, contacts_loaded: true } : one)),
      }));
    },
    async history(account, page) {
      told('history', account, page);
      if (state.hanging === 'history') await new Promise(() => undefined);
      await answer('history');
      if (state.emptyHistory) return { entries: [], page, pages: 0 };
      const role = view.accounts.find((one) => one.id === account)?.role === 'customer' ? 'customer' : 'seller';
      return { entries: history(page, PEERS[role]), page, pages: 3 };
    },
    setTile(stream, width, height) {
      told('setTile', stream, width, height);
      return Promise.resolve();
    },
  };
}

/** Calls with the seconds since the start, until stopped. */
function every(ms: number, then: (seconds: number) => void): Stop {
  const from = performance.now();
  const timer = setInterval(() => then((performance.now() - from) / 1000), ms);
  return () => clearInterval(timer);
}

function levelsAt(time: number): Levels {
  return { microphone_db: -40 + 22 * Math.sin(time * 3), speaker_db: -42 + 20 * Math.sin(time * 2.1) };
}

function pictures(got: (frame: Frame, drawn: () => void) => void, view: () => EngineView, noRemote: boolean): Stop {
  const flying = new Map<Stream, number>();
  let seq = 0;
  return every(66, (time) => {
    for (const stream of [REMOTE, SELF]) {
      if (stream === REMOTE && noRemote) continue;
      if (stream === SELF && !view().phone.camera) continue;
      if ((flying.get(stream) ?? 0) >= 2) continue;
      flying.set(stream, (flying.get(stream) ?? 0) + 1);
      const [width, height] = stream === REMOTE ? [640, 360] : [320, 180];
      const planes = pattern(stream === REMOTE ? 'remote' : 'self', width, height, time);
      seq += 1;
      got({ stream, seq, captured: time * 1000, width, height, planes }, () => flying.set(stream, (flying.get(stream) ?? 1) - 1));
    }
  });
}

function statsAt(time: number, bad: boolean, { phone }: EngineView): CallStats {
  const seconds = Math.floor(time);
  return {
    frames_sent: 30 * seconds,
    frames_received: 30 * seconds,
    fps_sent: 29.9,
    fps_received: bad ? 6.2 : 30,
    width_sent: 1280,
    height_sent: 720,
    width_received: bad ? 320 : 1280,
    height_received: bad ? 180 : 720,
    freezes: bad ? 7 : 0,
    freeze_ms: bad ? 4200 : 0,
    video_kbps_sent: 1480,
    video_kbps_received: bad ? 110 : 1510,
    audio_kbps_sent: 34,
    audio_kbps_received: 33,
    target_kbps: 1500,
    packets_lost: bad ? 412 : 3,
    loss: bad ? 0.12 : 0.001,
    rtt_ms: bad ? 480 : 38,
    jitter_ms: 40,
    audio_level_sent_db: -24,
    audio_level_received_db: -26,
    concealed: bad ? 0.04 : 0,
    microphone_muted: !phone.microphone,
    camera_off: !phone.camera,
    codec_sent: 'H264',
    codec_received: 'H264',
    av_offset_ms: 12,
    answer_to_video_ms: 410,
    answer_to_audio_ms: 320,
    path: bad ? 'relayed' : 'direct',
    security_code: '4821 0937 5526',
  };
}
