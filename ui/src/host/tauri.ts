// The real host: commands and events of the desktop shell. The only file that imports its API.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { CallStats, EngineView, Levels, NoticeEvent } from '../generated/bindings';
import { openFrames } from './frames';
import type { Host, Stop } from './host';

function subscribe<T>(event: string, seen: (payload: T) => void): Stop {
  let stopped = false;
  let unlisten: Stop | null = null;
  listen<T>(event, (message) => {
    if (!stopped) seen(message.payload);
  }).then(
    (stop) => {
      if (stopped) stop();
      else unlisten = stop;
    },
    (error: unknown) => console.error(`cannot listen to ${event}`, error),
  );
  return () => {
    stopped = true;
    unlisten?.();
    unlisten = null;
  };
}

export const tauriHost: Host = {
  view: (seen) => subscribe<EngineView>('view', seen),
  notices: (heard) => subscribe<NoticeEvent>('notice', heard),
  levels: (heard) => subscribe<Levels>('levels', heard),
  stats: (heard) => subscribe<CallStats | null>('stats', heard),
  pictures: (info, got) => openFrames(info, got),

  snapshot: () => invoke('snapshot'),
  startInfo: () => invoke('start_info'),
  frames: () => invoke('frames'),
  discover: (server, reach) => invoke('discover', { request: { server, ...reach } }),
  dialects: () => invoke('dialects'),
  signIn: (request) => invoke('sign_in', { request }),
  signOut: (account) => invoke('sign_out', { account }),
  dial: (account, person, kind, subject) => invoke('dial', { account, person, kind, subject }),
  accept: (call) => invoke('accept', { call }),
  endAndAccept: (call) => invoke('end_and_accept', { call }),
  decline: (call) => invoke('decline', { call }),
  silence: (call) => invoke('silence', { call }),
  hangUp: (call) => invoke('hang_up', { call }),
  dismiss: (call) => invoke('dismiss', { call }),
  setMicrophone: (on) => invoke('set_microphone', { on }),
  setCamera: (on) => invoke('set_camera', { on }),
  setSharing: (on) => invoke('set_sharing', { on }),
  refreshContacts: (account, search) => invoke('refresh_contacts', { account, search }),
  history: (filter, page) => invoke('history', { filter, page }),
  openThread: (account, thread) => invoke('open_thread', { account, thread }),
  closeThread: (account, thread) => invoke('close_thread', { account, thread }),
  sendMessage: (account, thread, text) => invoke('send_message', { account, thread, text }),
  typing: (account, thread, on) => invoke('typing', { account, thread, on }),
  setTile: (stream, width, height) => invoke('set_tile', { stream, width, height }),
};
