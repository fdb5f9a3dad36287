// Screens and windows that can be shared: their order, and how keys go through them. Pure.

import type { ShareSource } from '../generated/bindings';

export function sorted(sources: ShareSource[]): { screens: ShareSource[]; windows: ShareSource[] } {
  return { screens: sources.filter(({ kind }) => kind === 'screen'), windows: sources.filter(({ kind }) => kind === 'window') };
}

/** The program's word for the whole screen is English. */
export function nameOf(source: ShareSource, wholeScreen: string): string {
  return source.id === 'screen:' || source.label.trim() === '' ? wholeScreen : source.label;
}

/** Where a key leads in a grid that is `columns` wide; `null`: nowhere. */
export function move(
  key: string,
  all: ShareSource[],
  from: string | null,
  columns: number,
  direction: 'ltr' | 'rtl',
): string | null {
  const at = all.findIndex(({ id }) => id === from);
  const forward = direction === 'ltr' ? 1 : -1;
  const steps: Record<string, number> = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: columns, ArrowUp: -columns };
  if (key === 'Home') return all[0]?.id ?? null;
  if (key === 'End') return all.at(-1)?.id ?? null;
  const step = steps[key];
  if (step === undefined) return null;
  return all[at + step]?.id ?? null;
}
