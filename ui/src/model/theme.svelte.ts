// Which palette is drawn: the chosen theme over what the system prefers. Touches nothing but the root element.

import type { Theme } from '../generated/bindings';
import type { Stop } from '../host/host';

export interface Palette {
  scheme: 'light' | 'dark';
  contrast: boolean;
}

const DARK = '(prefers-color-scheme: dark)';
const CONTRAST = '(prefers-contrast: more)';

/** High contrast keeps to the system's light or dark; a system that asks for contrast gets it in every theme. */
export function palette(theme: Theme, prefersDark: boolean, prefersContrast: boolean): Palette {
  switch (theme) {
    case 'system':
      return { scheme: prefersDark ? 'dark' : 'light', contrast: prefersContrast };
    case 'light':
      return { scheme: 'light', contrast: prefersContrast };
    case 'dark':
      return { scheme: 'dark', contrast: prefersContrast };
    case 'high_contrast':
      return { scheme: prefersDark ? 'dark' : 'light', contrast: true };
  }
}

/** What the system prefers now, as Svelte state. */
export class Preference {
  dark = $state(false);
  contrast = $state(false);
  #stops: Stop[] = [];

  constructor() {
    this.#follow(DARK, (on) => (this.dark = on));
    this.#follow(CONTRAST, (on) => (this.contrast = on));
  }

  #follow(query: string, set: (on: boolean) => void): void {
    const list = matchMedia(query);
    const seen = () => set(list.matches);
    seen();
    list.addEventListener('change', seen);
    this.#stops.push(() => list.removeEventListener('change', seen));
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}

/** Marks the root element; app.css has the colours. */
export function paint(root: HTMLElement, theme: Theme, { scheme, contrast }: Palette): void {
  root.dataset['theme'] = theme;
  root.dataset['scheme'] = scheme;
  if (contrast) root.dataset['contrast'] = 'more';
  else delete root.dataset['contrast'];
}
