import { screen } from '@testing-library/svelte';
import { expect, it } from 'vitest';

import { draw } from './drawn';

it('a second call can be answered by keyboard from a sheet that is open, and nothing behind the sheet can be', async () => {
  const { user } = await draw('call-waiting');
  await screen.findByTestId('waiting-banner');
  await user.keyboard('?');
  await screen.findByRole('dialog');

  const forth = new Set<string>();
  for (let at = 0; at < 12; at += 1) {
    await user.tab();
    forth.add((document.activeElement as HTMLElement).dataset['testid'] ?? '');
  }
  const back = new Set<string>();
  for (let at = 0; at < 12; at += 1) {
    await user.tab({ shift: true });
    back.add((document.activeElement as HTMLElement).dataset['testid'] ?? '');
  }

  for (const reached of [forth, back]) {
    expect([...reached]).toEqual(expect.arrayContaining(['ring-decline', 'ring-accept']));
    expect([...reached]).not.toContain('call-mute');
  }
});
