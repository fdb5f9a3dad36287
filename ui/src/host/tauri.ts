// The real host: commands and events of the desktop shell. The only file that imports its API.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { CallStats, DesktopView, DevicesView, EngineView, Levels, NoticeEvent, SettingsView } from '../generated/bindings';
import { openFrames } from './frames';
import type { Host, Place, Stop } from './host';

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
  acceptUnseen: (call) => invoke('accept_unseen', { call }),
  decline: (call) => invoke('decline', { call }),
  silence: (call) => invoke('silence', { call }),
  hangUp: (call) => invoke('hang_up', { call }),
  dismiss: (call) => invoke('dismiss', { call }),
  setMicrophone: (on) => invoke('set_microphone', { on }),
  setCamera: (on) => invoke('set_camera', { on }),
  setSharing: (source) => invoke('set_sharing', { source }),
  refreshContacts: (account, search) => invoke('refresh_contacts', { account, search }),
  history: (filter, page) => invoke('history', { filter, page }),
  recent: (limit) => invoke('recent_calls', { limit }),
  openThread: (account, thread) => invoke('open_thread', { account, thread }),
  closeThread: (account, thread) => invoke('close_thread', { account, thread }),
  sendMessage: (account, thread, text) => invoke('send_message', { account, thread, text }),
  retryMessages: (account, thread) => invoke('retry_messages', { account, thread }),
  typing: (account, thread, on) => invoke('typing', { account, thread, on }),
  setTile: (stream, width, height) => invoke('set_tile', { stream, width, height }),

  settingsChanged: (seen) => subscribe<SettingsView>('settings', seen),
  desktopChanged: (seen) => subscribe<DesktopView>('desktop', seen),
  devicesChanged: (seen) => subscribe<DevicesView>('devices', seen),
  asked: (heard) => subscribe<Place>('go', heard),
  settings: () => invoke('settings'),
  setSettings: (settings) => invoke('set_settings', { settings }),
  desktop: () => invoke('desktop'),
  devices: () => invoke('devices'),
  testDevices: (camera, microphone) => invoke('test_devices', { camera, microphone }),
  testSpeaker: () => invoke('test_speaker'),
  testRing: (on) => invoke('test_ring', { on }),
  testEcho: (on) => invoke('test_echo', { on }),
  shareSources: () => invoke('share_sources'),
  declineWith: (call, text) => invoke('decline_with', { call, text }),
  deleteRecord: (id) => invoke('delete_record', { id }),
  exportHistory: (filter, format) => invoke('export_history', { filter, format }),
  showExported: (path) => invoke('show_exported', { path }),
  missedSeen: () => invoke('missed_seen'),
  analytics: (account) => invoke('analytics', { account }),
  confirmCall: (account) => invoke('confirm_call', { account }),
  cancelPendingCall: () => invoke('cancel_pending_call'),
  answerClose: (keepRunning) => invoke('answer_close', { keepRunning }),
  setMini: (on) => invoke('set_mini', { on }),
  setFullScreen: (on) => invoke('set_full_screen', { on }),
  ringDrawn: (call, height) => invoke('ring_drawn', { call, height }),
  showMain: () => invoke('show_main'),
  quit: () => invoke('quit'),
  unlockSecrets: (passphrase) => invoke('unlock_secrets', { passphrase }),
  useSecrets: (store, passphrase) => invoke('use_secrets', { store, passphrase }),
  restore: () => invoke('restore'),
  typed: (account) => invoke('typed', { account }),
  supportText: () => invoke('support_text'),
};
