// Draws the whole interface in a state of the fake host.

import { render, waitFor } from '@testing-library/svelte';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { onTestFinished } from 'vitest';

import App from '../src/App.svelte';
import { fakeHost, type FakeHost } from '../src/host/fake';
import { Session } from '../src/model/session.svelte';

export async function draw(state: string): Promise<{ host: FakeHost; session: Session; user: UserEvent }> {
  const host = fakeHost(state);
  const session = new Session(host);
  onTestFinished(() => session.close());
  const { container } = render(App, { session });
  await waitFor(() => {
    if (container.querySelector('main, .ring') === null) throw new Error('nothing drawn yet');
  });
  return { host, session, user: userEvent.setup() };
}

/** The last call of a command, without its name. */
export function lastOf(host: FakeHost, command: string): unknown[] | undefined {
  return host.said
    .filter(([name]) => name === command)
    .at(-1)
    ?.slice(1);
}
