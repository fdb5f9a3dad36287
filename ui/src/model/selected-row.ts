// Which line of a list has its page beside it. Rows ask; only a wide window has such a page.

import { getContext, setContext } from 'svelte';

export interface ChosenLine {
  /** Of the line; `null`: no page is shown. */
  readonly id: string | null;
}

const KEY = Symbol('line');

export function provideLine(line: ChosenLine): void {
  setContext(KEY, line);
}

export function chosenLine(): ChosenLine {
  return getContext<ChosenLine | undefined>(KEY) ?? { id: null };
}
