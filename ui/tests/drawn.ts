// Draws the whole interface in a state of the fake host.

import { render, waitFor } from '@testing-library/svelte';
import { onTestFinished } from 'vitest';

import App from '../src/App.svelte';
import { fakeHost, type FakeHost } from '../src/host/fake';
import { Session } from '../src/model/session.svelte';

export const PATIENT = { timeout: 20_000 };

export async function draw(state: string): Promise<{ host: FakeHost; session: Session }> {
  const host = fakeHost(state);
  const session = new Session(host);
  onTestFinished(() => session.close());
  const { container } = render(App, { session });
  await waitFor(() => {
    if (container.querySelector('main, .ring') === null) throw new Error('nothing drawn yet');
  }, PATIENT);
  return { host, session };
}

/** The last call of a command, without its name. */
export function lastOf(host: FakeHost, command: string): unknown[] | undefined {
  return host.said
    .filter(([name]) => name === command)
    .at(-1)
    ?.slice(1);
}
