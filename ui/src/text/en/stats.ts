// Figures of a call. English.

export const stats = {
  title: 'Call details',
  code: 'Security code',
  codeHint: 'If the other side sees the same code, nobody is listening in.',
  codeMissing: 'Not known yet',
  received: 'Received',
  sent: 'Sent',
  none: 'No figures yet',
  quality: {
    good: 'Good connection',
    fair: 'Fair connection',
    poor: 'Poor connection',
  },
};
