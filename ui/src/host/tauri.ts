// The real host: commands and events of the desktop shell. The only file that imports its API.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import { commands, type Events } from '../generated/commands';
import { whileOnScreen } from '../model/visibility';
import { openFrames } from './frames';
import type { Host, Stop, Subscribe } from './host';

const subscribe =
  <Name extends keyof Events>(event: Name): Subscribe<Name> =>
  (heard) => {
    let stopped = false;
    let unlisten: Stop | null = null;
    listen<Events[Name]>(event, (message) => {
      if (!stopped) heard(message.payload);
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
  };

/** For what comes many times a second or each second: a hidden window's web process sleeps through it. */
const subscribeOnScreen =
  <Name extends keyof Events>(event: Name): Subscribe<Name> =>
  (heard) =>
    whileOnScreen(() => subscribe(event)(heard));

export const tauriHost: Host = {
  ...commands(invoke),
  view: subscribe('view'),
  notices: subscribe('notice'),
  levels: subscribeOnScreen('levels'),
  stats: subscribeOnScreen('stats'),
  settingsChanged: subscribe('settings'),
  desktopChanged: subscribe('desktop'),
  devicesChanged: subscribe('devices'),
  asked: subscribe('go'),
  pictures: openFrames,
};
