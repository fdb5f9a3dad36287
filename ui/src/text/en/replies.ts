// Declining with a message. English.

export const replies = {
  open: 'Reply with a message',
  title: (name: string) => `Decline and write to ${name}`,
  usual: ['I’ll call you back', 'Can’t talk now', 'On my way'],
  own: 'Write your own…',
  send: 'Decline and send',
  close: 'Back to the call',
  failed: 'The message wasn’t sent.',
};
