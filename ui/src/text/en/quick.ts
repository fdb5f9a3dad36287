// The box that calls by a few letters. English.

import { count } from './count';

export const quick = {
  title: 'Quick call',
  search: 'Who do you want to call?',
  placeholder: 'Name, e-mail or order',
  people: 'People',
  found: (n: number) => count(n, { one: '# person', other: '# people' }),
  nobody: 'There is no one to call right now.',
  busy: 'You’re in a call. End it before you call someone else.',
  keys: 'Arrow keys to choose, Enter to call, Esc to close',
  keysBoth: 'Enter for a video call, Shift+Enter for a voice call, Esc to close',
};
