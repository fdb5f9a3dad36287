// Chooses the host: the desktop shell's, or the fake one in a browser with `?fake=STATE` and, if wanted,
// `&lang=de`, `&theme=high_contrast`, `&dir=rtl`, `&gpu`, `&now=2026-03-17T10:40` (a time of this computer, at which the clock stands).

import type { Theme } from '../generated/bindings';
import { setWallClock } from '../model/wallclock';
import type { Host } from './host';
import { tauriHost } from './tauri';

const THEMES: readonly Theme[] = ['system', 'light', 'dark', 'high_contrast'];

export interface Picked {
  host: Host;
  /** Forces a writing direction; the fake host's way to look at right-to-left. */
  direction: 'ltr' | 'rtl' | undefined;
}

/** `null` in a plain browser that names no fake state. */
export async function pickHost(search: string): Promise<Picked | null> {
  // Left out of a production bundle.
  if (import.meta.env.MODE !== 'production') {
    const wanted = new URLSearchParams(search);
    const state = wanted.get('fake');
    if (state !== null) {
      // Before the made-up data, which is made as seen from now.
      const at = new Date(wanted.get('now') ?? '');
      if (!Number.isNaN(at.getTime())) setWallClock(at);
      const { fakeHost, STATES } = await import('./fake');
      const host = fakeHost(state, { gpu: wanted.has('gpu'), pace: 900 });
      const language = wanted.get('lang');
      const theme = THEMES.find((one) => one === wanted.get('theme'));
      host.pushSettings(({ settings, ...rest }) => ({
        ...rest,
        settings: { ...settings, language: language ?? settings.language, theme: theme ?? settings.theme },
      }));
      // For the scripts that walk through all of them.
      Object.assign(globalThis, { bellwireFakeStates: Object.keys(STATES), bellwireFakeHost: host });
      return {
        host,
        direction: wanted.get('dir') === 'rtl' ? 'rtl' : undefined,
      };
    }
  }
  return '__TAURI_INTERNALS__' in globalThis ? { host: tauriHost, direction: undefined } : null;
}
