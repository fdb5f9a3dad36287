// A host without a program around it: starts in a named state and answers commands as an engine
// would, with made-up people and pictures. For development, screenshots and tests.

import type {
  MemberView,
  AccountId,
  AccountView,
  CallId,
  CallState,
  CallView,
  ChatView,
  Contact,
  EngineView,
  UiNotice,
  SignIn,
  StartInfo,
} from '../generated/bindings';
import { dealer, patient, practitioner, provider, therapist } from './fake/backends';
import { chat } from './fake/chats';
import { DIALECTS } from './fake/dialects';
import { every, levelsAt, pictures, statsAt } from './fake/figures';
import { historyPage } from './fake/history';
import { call, customer, member, memberState, seller } from './fake/people';
import { STATES, type FakeState } from './fake/states';
import { surroundings, type FakeDesk } from './fake/surroundings';
import { wallNow } from '../model/wallclock';
import type { Host } from './host';

export { STATES };

export interface FakeOptions {
  /** Whether the picture pipe claims a GPU. */
  gpu?: boolean;
  /** Milliseconds between the steps of a call that is dialled or accepted; 0 leaves it standing. */
  pace?: number;
}

export interface FakeHost extends Host, FakeDesk {
  /** Names of the commands called, newest last, with their arguments. */
  said: [string, ...unknown[]][];
  push(change: (view: EngineView) => EngineView): void;
  notice(notice: UiNotice): void;
}

function stateOf(name: string): FakeState {
  const state = STATES[name] ?? STATES['signin'];
  if (state === undefined) throw new Error(`there is no fake state ${name}`);
  return state;
}

export function fakeHost(name: string, options: FakeOptions = {}): FakeHost {
  const state = stateOf(name);
  const pace = options.pace ?? 0;
  const said: FakeHost['said'] = [];
  const views = new Set<(view: EngineView) => void>();
  const listeners = new Set<(notice: UiNotice) => void>();
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
  const account = (id: AccountId) => view.accounts.find((one) => one.id === id);
  const chats = (id: AccountId, thread: string, change: (one: ChatView) => ChatView) =>
    push((old) => ({ ...old, chats: old.chats.map((one) => (one.account === id && one.thread === thread ? change(one) : one)) }));
  /** Every line of the account there is, whatever was searched for. */
  const lines = new Map(view.accounts.map((one) => [one.id, one.contacts]));
  const become = (id: CallId, to: CallState, over: Partial<CallView> = {}) => {
    const members = to.is === 'ended' ? [] : (find(id)?.members ?? []);
    // Those who are rung come as the call is taken.
    const there = memberState(to);
    patch(id, {
      state: to,
      members: members.map((one) => (there === 'invited' ? one : { ...member(one.id, one.person, there), sharing: one.sharing })),
      ...over,
    });
  };
  const find = (id: CallId) => view.phone.calls.find((one) => one.id === id);
  const step = (id: CallId, from: CallState['is'], then: () => void) => {
    if (pace > 0) setTimeout(() => find(id)?.state.is === from && then(), pace);
  };

  function connect(id: CallId): void {
    become(id, { is: 'connecting' });
    step(id, 'connecting', () => become(id, { is: 'connected' }, { connected_ms: 0, waiting: false }));
  }
  function end(id: CallId, why: 'hung_up' | 'cancelled' | 'declined'): void {
    become(id, { is: 'ended', reason: { why } });
  }
  function answer(command: string): Promise<void> {
    if (state.hanging === command) return new Promise(() => undefined);
    const words = state.failing?.[command];
    return words === undefined ? Promise.resolve() : Promise.reject({ message: words });
  }
  function told(...words: [string, ...unknown[]]): void {
    said.push(words);
  }

  return {
    ...surroundings(state, told, answer),
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
    levels: (heard) => every(100, (time) => heard({ ...levelsAt(time, view), ...state.levels })),
    stats: (heard) => every(1000, (time) => heard({ ...statsAt(time, state.bad ?? false, view), ...state.stats })),
    pictures(_info, got) {
      const tiles = new Map<number, number>();
      return {
        show(stream, width, height) {
          tiles.set(stream, width);
          told('show', stream, width, height);
        },
        stop: pictures({
          got,
          view: () => view,
          tile: (stream) => tiles.get(stream) ?? Number.POSITIVE_INFINITY,
          noRemote: state.noRemote ?? false,
        }),
      };
    },

    snapshot: () => Promise.resolve(view),
    startInfo: () => Promise.resolve<StartInfo>({ window: 'main', language: 'en-GB', prefill: null, notes: [], ...state.start }),
    frames: () => Promise.resolve({ url: 'ws://127.0.0.1:9', token: 'fake', gpu: options.gpu ?? false }),
    async discover({ server }) {
      told('discover', server);
      await answer('discover');
      return {
        offered: (state.offered ?? ['storefront']).map((dialect) => ({
          dialect,
          label: DIALECTS.find(({ id }) => id === dialect)?.label ?? dialect,
        })),
      };
    },
    dialects: () => Promise.resolve(DIALECTS),
    async signIn(request) {
      told('signIn', request);
      await answer('signIn');
      const expired = view.accounts.find((one) => one.link === 'signed_out' && one.server === request.server);
      if (expired !== undefined) {
        push((old) => ({
          ...old,
          accounts: old.accounts.map((one) => (one.id === expired.id ? { ...one, link: 'online' } : one)),
        }));
        return expired.id;
      }
      const made = accountFor(request, view.accounts.length + 1);
      lines.set(made.id, made.contacts);
      push((old) => ({ ...old, accounts: [...old.accounts, made] }));
      return made.id;
    },
    signOut(id) {
      told('signOut', id);
      push((old) => ({ ...old, accounts: old.accounts.filter((one) => one.id !== id) }));
      return Promise.resolve();
    },
    async dial(from, peer, kind, subject) {
      told('dial', from, peer, kind, subject);
      await answer('dial');
      const id = (next += 1);
      const rings = account(from)?.capabilities.ring_timeout_s !== null;
      calls((all) => [
        ...all,
        call({ is: 'calling', ringing: false }, { id, account: from, peer, kind, subject, remote_video: kind === 'video' }),
      ]);
      step(id, 'calling', () => {
        become(id, { is: 'calling', ringing: rings });
        step(id, 'calling', () => connect(id));
      });
    },
    async callPeople(from, people, kind) {
      told('callPeople', from, people, kind);
      await answer('callPeople');
      const [peer] = people;
      if (peer === undefined) return;
      const id = (next += 1);
      const members = people.map((one, at) => member(at + 1, one, 'invited'));
      calls((all) => [
        ...all,
        call(
          { is: 'calling', ringing: true },
          { id, account: from, peer, members, kind, subject: null, remote_video: kind === 'video' },
        ),
      ]);
      step(id, 'calling', () => connect(id));
    },
    async addPeople(id, people) {
      told('addPeople', id, people);
      await answer('addPeople');
      const added = (all: MemberView[]) =>
        people.map((one, at) => member(Math.max(0, ...all.map((had) => had.id)) + at + 1, one, 'invited'));
      calls((all) => all.map((one) => (one.id === id ? { ...one, members: [...one.members, ...added(one.members)] } : one)));
    },
    endForAll(id) {
      told('endForAll', id);
      end(id, 'hung_up');
      return Promise.resolve();
    },
    raiseHand(id, up) {
      told('raiseHand', id, up);
      return answer('raiseHand');
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
    acceptWithCameraOff(id) {
      told('acceptWithCameraOff', id);
      for (const one of view.phone.calls) {
        if (one.id !== id && one.state.is !== 'ended' && one.state.is !== 'ringing') end(one.id, 'hung_up');
      }
      push((old) => ({ ...old, phone: { ...old.phone, camera: false } }));
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
    setSharing(source) {
      told('setSharing', source);
      return answer('setSharing').then(() => push((old) => ({ ...old, phone: { ...old.phone, sharing: source !== null } })));
    },
    async refreshContacts(id, search) {
      told('refreshContacts', id, search);
      await answer('refreshContacts');
      if (state.hanging === 'refreshContacts') return;
      const wanted = search.trim().toLowerCase();
      const matching = (lines.get(id) ?? []).filter(
        ({ person, detail, subjects, slot }) =>
          slot?.they_wait === true ||
          [person.name, detail, ...subjects.map((one) => one.subject.label)].some((text) => text.toLowerCase().includes(wanted)),
      );
      push((old) => ({
        ...old,
        accounts: old.accounts.map((one) => (one.id === id ? { ...one, contacts: matching, contacts_loaded: true } : one)),
      }));
    },
    async history(filter, page) {
      told('history', filter, page);
      await answer('history');
      if (state.emptyHistory) return { entries: [], page, pages: 0, left_out: 0 };
      return { ...historyPage(view.accounts, filter, page), left_out: page === 1 ? (state.historyLeftOut ?? 0) : 0 };
    },
    async recentCalls(limit) {
      told('recentCalls', limit);
      await answer('recentCalls');
      if (state.emptyHistory) return { entries: [], page: 1, pages: 0, left_out: 0 };
      return { ...historyPage(view.accounts, {}, 1), page: 1, pages: 1 };
    },
    async openThread(id, thread) {
      told('openThread', id, thread);
      await answer('openThread');
      const seen = (all: Contact[]) => all.map((line) => (line.thread === thread ? { ...line, unread: 0 } : line));
      lines.set(id, seen(lines.get(id) ?? []));
      const there = view.chats.some((one) => one.account === id && one.thread === thread);
      push((old) => ({
        ...old,
        chats: there ? old.chats : [...old.chats, chat(id, thread)],
        accounts: old.accounts.map((one) => ({ ...one, contacts: seen(one.contacts) })),
      }));
    },
    closeThread(id, thread) {
      told('closeThread', id, thread);
      push((old) => ({ ...old, chats: old.chats.filter((one) => one.account !== id || one.thread !== thread) }));
      return Promise.resolve();
    },
    async sendMessage(id, thread, text) {
      told('sendMessage', id, thread, text);
      await answer('sendMessage');
      const message = { id: '', thread, from_me: true, sender: 'me', text, at: '', read: false };
      chats(id, thread, (old) => ({ ...old, messages: [...old.messages, message] }));
      if (pace === 0) return;
      setTimeout(
        () =>
          chats(id, thread, (old) => ({
            ...old,
            messages: old.messages.map((one) =>
              one === message ? { ...one, id: `sent-${(next += 1)}`, at: wallNow().toISOString() } : one,
            ),
          })),
        pace,
      );
    },
    async retryMessages(id, thread) {
      told('retryMessages', id, thread);
      await answer('retryMessages');
      chats(id, thread, (old) => ({ ...old, failed: null }));
    },
    typing(id, thread, on) {
      told('typing', id, thread, on);
      return Promise.resolve();
    },
  };
}

/** The account that a successful sign-in gives. */
function accountFor({ dialect, role, server }: SignIn, id: AccountId): AccountView {
  switch (dialect) {
    case 'dealerdesk':
      return dealer({ id, server, role });
    case 'marketplace':
      return provider({ id, server, role });
    case 'hearth':
      return therapist({ id, server, role });
    case 'clinic':
      return role === 'patient' ? patient({ id, server }) : practitioner({ id, server });
    case null:
    default:
      return role === 'customer' ? customer({ id, server }) : seller({ id, server });
  }
}
