import { screen, waitFor } from '@testing-library/svelte';
import { expect, it } from 'vitest';

import { draw } from './drawn';

it('the earlier calls come up when a notification asks for them', async () => {
  const { host } = await draw('seller');
  const current = (id: string) => screen.getByTestId(id).getAttribute('aria-current');
  expect(current('history-tab')).toBeNull();
  host.ask('history');
  await waitFor(() => expect(current('history-tab')).toBe('page'));
});
