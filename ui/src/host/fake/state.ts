// What a state of the fake host is made of, and the short words the tables of states are written in.

import type {
  AccountView,
  CallStats,
  CallView,
  ChatView,
  EngineView,
  Levels,
  UiNotice,
  StartInfo,
} from '../../generated/bindings';
import { call } from './people';
import type { FakeSurroundings } from './surroundings';

/** A command of the host, by its name there; each can be made to fail or to hang. */
type Command = string;

export interface FakeState extends FakeSurroundings {
  view: EngineView;
  start?: Partial<StartInfo>;
  notices?: UiNotice[];
  /** Commands that fail, with the host's words; an empty string leaves the words to the interface. */
  failing?: Partial<Record<Command, string>>;
  /** A command that never answers. */
  hanging?: Command;
  /** Backends the server says it has; one if nothing is said here. */
  offered?: string[];
  emptyHistory?: boolean;
  /** Calls of the first page that were not understood. */
  historyLeftOut?: number;
  /** Pictures are not sent for these. */
  noRemote?: boolean;
  bad?: boolean;
  /** In place of what comes by itself. */
  levels?: Partial<Levels>;
  stats?: Partial<CallStats>;
}

interface Sends {
  has_microphone?: boolean;
  has_camera?: boolean;
  microphone?: boolean;
  camera?: boolean;
  sharing?: boolean;
}

export function view(accounts: AccountView[], calls: CallView[] = [], sends: Sends = {}, chats: ChatView[] = []): EngineView {
  return {
    accounts,
    phone: { calls, microphone: true, camera: true, sharing: false, has_microphone: true, has_camera: true, ...sends },
    chats,
  };
}

export const connected = (over: Partial<CallView> = {}) => call({ is: 'connected' }, { connected_ms: 185_000, ...over });
export const incoming = (over: Partial<CallView> = {}) =>
  call({ is: 'ringing', silenced: false }, { direction: 'incoming', ...over });
