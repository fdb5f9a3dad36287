// Every state of the fake host draws, without axe violations and without errors on the console.

import axe from 'axe-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { STATES } from '../src/host/fake';
import { draw } from './drawn';

describe('every state', () => {
  it.each(Object.keys(STATES))('%s is drawn and accessible', async (state) => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => errors.mockRestore());

    await draw(state);

    // jsdom draws nothing, so contrast is checked in a browser (npm run test:a11y).
    const { violations, passes } = await axe.run(document.body, {
      rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
    expect(passes.length).toBeGreaterThan(0);
    expect(errors).not.toHaveBeenCalled();
  });
});
