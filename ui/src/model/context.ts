// Hands the session to every component below the root without threading it through.

import { getContext, setContext } from 'svelte';

import type { Session } from './session.svelte';

const KEY = Symbol('session');

export function provide(session: Session): void {
  setContext(KEY, session);
}

export function session(): Session {
  return getContext<Session>(KEY);
}
