// Calls of several people. English.

import { count, number } from './count';

export const group = {
  both: (one: string, other: string) => `${one} and ${other}`,
  andOthers: (name: string, n: number) => `${name} and ${count(n, { one: '# other', other: '# others' })}`,
  also: (one: string, other: string) => `${one}, ${other}`,
  joined: (who: string) => `${who} joined`,
  left: (who: string) => `${who} left`,
  alone: 'No one else is in the call',

  state: {
    invited: 'Ringing…',
    connecting: 'Connecting…',
    connected: 'In the call',
    reconnecting: 'Reconnecting…',
    failed: 'Couldn’t connect',
  },
  muted: 'Muted',
  noMicrophone: 'No microphone',
  cameraOff: 'Camera off',
  noCamera: 'No camera',
  shares: 'Sharing screen',
  weak: 'Bad connection',
  pinned: 'Pinned',

  raise: 'Raise hand',
  lower: 'Lower hand',
  handUp: 'Hand raised',
  raised: (who: string) => `${who} raised a hand`,
  handsUp: (who: string) => `Hand raised: ${who}`,

  stage: 'People in the call',
  stageKeys: 'Arrow keys move between people, Enter pins one.',
  pin: (name: string) => `Pin ${name}`,
  unpin: (name: string) => `Unpin ${name}`,
  grid: 'Grid view',
  speaker: 'Speaker view',
  pages: 'More people',
  before: 'Previous people',
  after: 'Next people',
  page: (n: number, all: number) => `${number(n)} of ${number(all)}`,

  people: 'People',
  inCall: (n: number) => count(n, { one: '# person in the call', other: '# people in the call' }),
  add: {
    open: 'Add people',
    title: 'Add people to the call',
    search: 'Name or e-mail',
    limit: (n: number) => `There is room for ${count(n, { one: '# more person', other: '# more people' })}.`,
    nobody: 'Everyone in your list is already in the call',
    submit: 'Add to the call',
  },
  endForAll: 'End for everyone',
  endTitle: 'End the call for everyone?',
  endLead: 'The call ends for everyone in it. To go without ending it, leave instead.',
  stay: 'Stay in the call',

  ring: {
    video: 'Incoming group video call',
    voice: 'Incoming group voice call',
    invited: (who: string) => `Also invited: ${who}`,
    there: (who: string) => `Already in the call: ${who}`,
  },

  select: {
    start: 'Select people',
    stop: 'Cancel',
    name: (name: string) => `Select ${name}`,
    chosen: (n: number) => count(n, { one: '# selected', other: '# selected' }),
    limit: (n: number) => `You can call up to ${count(n, { one: '# person', other: '# people' })} at once.`,
    hint: 'Select the people you want in the call.',
    call: {
      voice: (n: number) => `Voice call with ${count(n, { one: '# person', other: '# people' })}`,
      video: (n: number) => `Video call with ${count(n, { one: '# person', other: '# people' })}`,
    },
    words: (n: number) => `Call ${count(n, { one: '# person', other: '# people' })}`,
  },

  keys: {
    view: 'Grid or speaker view',
    people: 'People in the call',
    hand: 'Raise or lower your hand',
    pin: 'Pin someone (when focused)',
  },
};
