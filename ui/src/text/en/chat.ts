// Messages. English.

import { count } from './count';

export const chat = {
  back: 'Back to the list',
  region: (name: string) => `Messages with ${name}`,
  log: 'Messages',
  loading: 'Loading messages…',
  error: 'The messages couldn’t be loaded',
  empty: 'No messages yet',
  emptyHint: (name: string) => `Write the first one or call ${name}.`,
  unread: 'New',
  newer: 'Newer messages',
  typing: (name: string) => `${name} is typing…`,
  write: 'Message',
  placeholder: 'Write a message',
  send: 'Send',
  sending: 'Sending…',
  notSent: 'Not sent',
  again: 'Send again',
  sent: 'Sent',
  read: 'Read',
  you: 'You',
  failed: 'Some messages couldn’t be loaded or sent.',
  unsent: 'The message wasn’t sent.',
  tooLong: (n: number) => `Too long by ${count(n, { one: '# character', other: '# characters' })}. Send it in several messages.`,
  offline: 'You can write again once the server is back.',
  calls: {
    voice: {
      placed: 'Voice call',
      missed: 'Missed voice call',
      declined: 'Voice call, declined',
      unanswered: 'Voice call, no answer',
      failed: 'Voice call failed',
    },
    video: {
      placed: 'Video call',
      missed: 'Missed video call',
      declined: 'Video call, declined',
      unanswered: 'Video call, no answer',
      failed: 'Video call failed',
    },
  },
};
