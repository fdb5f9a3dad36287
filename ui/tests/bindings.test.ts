// What the shell really serialises (serialised.ts is kept by a test of it) against the interface's own data.
// That it has the generated types is a matter of the type check.

import { describe, expect, it } from 'vitest';

import { DESKTOP, SETTINGS } from '../src/host/fake/surroundings';
import { en } from '../src/text/en';
import { desktop, dialects, settings } from './serialised';

describe('what the shell sends', () => {
  it('the defaults of the fake host are those of the shell', () => {
    expect(SETTINGS).toEqual(settings);
    expect(Object.keys(DESKTOP).sort()).toEqual(Object.keys(desktop).sort());
  });

  it('every backend has words for people', () => {
    for (const one of dialects) {
      expect(Object.keys(en.signIn.about)).toContain(one.id);
      for (const { id } of one.roles) expect(Object.keys(en.signIn.roles)).toContain(id);
      for (const { id } of one.fields) expect(Object.keys(en.signIn.fields)).toContain(id);
    }
  });
});
